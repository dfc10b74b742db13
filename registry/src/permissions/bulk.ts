import type { Actor } from '@edutrust/platform/http';
import { type RawBuilder, sql } from 'kysely';
import { type Action, coveredRoles, type Role, roleActions } from './roles.ts';

/**
 * The rule of `verdictOn` for many people at once, as a condition on `registry.person AS p`: the home organisation and
 * every role held lie inside the reach in which the actor may do the action; nobody governs themselves.
 */
export function governedPeople(actor: Actor, action: Action): RawBuilder<boolean> {
  if (actor.kind === 'system') return sql`true`;
  if (actor.kind === 'app') return sql`false`;
  const held = actor.roles
    .filter(({ role }) => roleActions[role as Role]?.includes(action))
    .map(({ role, organisationId }) => ({ organisation_id: organisationId, covers: coveredRoles[role as Role] }));
  const scope = held.map(({ organisation_id }) => organisation_id);
  return sql`(p.id <> ${actor.personId}::uuid
    AND EXISTS (SELECT FROM registry.organisation AS h
      WHERE h.path && ${scope}::uuid[] AND (h.id = p.home_organisation_id OR p.home_organisation_id IS NULL AND h.parent_id IS NULL))
    AND NOT EXISTS (SELECT FROM registry.role_assignment AS ra JOIN registry.organisation AS ro ON ro.id = ra.organisation_id
      WHERE ra.person_id = p.id AND ra.ended_at IS NULL AND NOT EXISTS (
        SELECT FROM jsonb_to_recordset(${JSON.stringify(held)}::jsonb) AS own (organisation_id uuid, covers text[])
        WHERE own.organisation_id = ANY(ro.path) AND ra.role = ANY(own.covers))))`;
}
