import type { Actor, PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { uuidv7 } from '@edutrust/platform/ids';
import { type RawBuilder, sql } from 'kysely';
import { type RegistryEvent, record } from '../events.ts';
import { attestRole } from './attestation.ts';
import { type Action, coveredRoles, mayGrant, type Role, rolesWith } from './roles.ts';

/**
 * The rule of `verdictOn` for many people at once, as a condition on `registry.person AS p`: the home organisation and
 * every role held lie inside the reach in which the actor may do the action; nobody governs themselves.
 */
export function governedPeople(actor: Actor, action: Action): RawBuilder<boolean> {
  if (actor.kind === 'system') return sql`true`;
  if (actor.kind === 'app') return sql`false`;
  const scope = heldFor(actor, action).map(({ organisation_id }) => organisation_id);
  return sql`(p.id <> ${actor.personId}::uuid
    AND EXISTS (SELECT FROM registry.organisation AS h
      WHERE h.path && ${scope}::uuid[] AND (h.id = p.home_organisation_id OR p.home_organisation_id IS NULL AND h.parent_id IS NULL))
    AND ${coversEveryRole(actor, action)})`;
}

function heldFor(actor: PersonActor, action: Action) {
  return rolesWith(actor, action).map(({ role, organisationId }) => ({
    organisation_id: organisationId,
    covers: coveredRoles[role as Role],
  }));
}

/**
 * Whether every role that `registry.person AS p` holds is one that the actor may act on: for ending what somebody is at
 * the actor's own school, wherever their home is.
 */
export function coversEveryRole(actor: Actor, action: Action): RawBuilder<boolean> {
  if (actor.kind === 'system') return sql`true`;
  if (actor.kind === 'app') return sql`false`;
  return sql`NOT EXISTS (SELECT FROM registry.role_assignment AS ra JOIN registry.organisation AS ro ON ro.id = ra.organisation_id
    WHERE ra.person_id = p.id AND ra.ended_at IS NULL AND NOT EXISTS (
      SELECT FROM jsonb_to_recordset(${JSON.stringify(heldFor(actor, action))}::jsonb) AS own (organisation_id uuid, covers text[])
      WHERE own.organisation_id = ANY(ro.path) AND ra.role = ANY(own.covers)))`;
}

interface Placed {
  readonly personId: string;
  readonly organisationId: string;
}

/**
 * Gives the role of a teacher to those who teach at a school, where they do not hold it: only in organisations where the
 * actor may give it.
 */
export async function grantTeachers(
  transaction: Transaction,
  { secrets }: Pick<ServiceContext, 'secrets'>,
  teachers: readonly Placed[],
  actor: Actor,
): Promise<void> {
  const scope = rolesWith(actor, 'roles.grant')
    .filter(({ role }) => mayGrant(role, 'teacher'))
    .map(({ organisationId }) => organisationId);
  const within = actor.kind === 'system' ? sql`true` : sql`o.path && ${scope}::uuid[]`;
  const granted = teachers.map(({ personId, organisationId }) => {
    const row = { id: uuidv7(), person_id: personId, role: 'teacher', organisation_id: organisationId };
    return { ...row, attestation: attestRole(secrets, row).toString('hex') };
  });
  const { rows } = await sql<{ person_id: string; organisation_id: string }>`
    INSERT INTO registry.role_assignment (id, person_id, role, organisation_id, attestation)
    SELECT t.id, t.person_id, t.role, t.organisation_id, decode(t.attestation, 'hex')
    FROM jsonb_to_recordset(${JSON.stringify(granted)}::jsonb)
      AS t (id uuid, person_id uuid, role text, organisation_id uuid, attestation text)
    JOIN registry.organisation AS o ON o.id = t.organisation_id AND ${within}
    ON CONFLICT DO NOTHING RETURNING person_id, organisation_id`.execute(transaction);
  await record(
    transaction,
    ...rows.map(
      ({ person_id, organisation_id }): RegistryEvent => ({
        type: 'role.granted',
        actor,
        subject: { kind: 'person', id: person_id },
        organisationId: organisation_id,
        data: { role: 'teacher' },
      }),
    ),
  );
}

/** Ends every role that people held at a school that they leave. */
export async function endRolesAt(transaction: Transaction, leavers: readonly Placed[], actor: Actor): Promise<void> {
  const { rows } = await sql<{ person_id: string; organisation_id: string; role: string }>`
    UPDATE registry.role_assignment AS ra SET ended_at = now(), attestation = NULL
    FROM jsonb_to_recordset(${JSON.stringify(leavers)}::jsonb) AS t ("personId" uuid, "organisationId" uuid)
    WHERE ra.person_id = t."personId" AND ra.organisation_id = t."organisationId" AND ra.ended_at IS NULL
    RETURNING ra.person_id, ra.organisation_id, ra.role`.execute(transaction);
  await record(
    transaction,
    ...rows.map(
      ({ person_id, organisation_id, role }): RegistryEvent => ({
        type: 'role.ended',
        actor,
        subject: { kind: 'person', id: person_id },
        organisationId: organisation_id,
        data: { role },
      }),
    ),
  );
}

/** The roles that `registry.person AS p` holds now, as JSON: for comparing what somebody has with what they had. */
export const rolesHeld: RawBuilder<unknown> = sql`(
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'role', a.role, 'organisation', a.organisation_id) ORDER BY a.id), '[]')
  FROM registry.role_assignment AS a WHERE a.person_id = p.id AND a.ended_at IS NULL)`;

/** Whether a role of `had`, as `rolesHeld` wrote it, has ended since that is more than a teacher's. */
export function hasLostRoleIn(had: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql`EXISTS (SELECT FROM jsonb_to_recordset(${had}) AS r (id uuid, role text)
    JOIN registry.role_assignment AS a ON a.id = r.id WHERE r.role <> 'teacher' AND a.ended_at IS NOT NULL)`;
}

/** Whether `registry.person AS p` holds more than the role of a teacher. */
export const holdsAboveTeacher: RawBuilder<boolean> = sql`EXISTS (SELECT FROM registry.role_assignment AS a
  WHERE a.person_id = p.id AND a.ended_at IS NULL AND a.role <> 'teacher')`;

/**
 * Ends the roles of teachers that `people` (their ids) did not have and gives back those that they had, by `had`
 * (`person_id`, and `roles` as `rolesHeld` wrote them). Higher roles are never touched.
 */
export async function restoreTeacherRoles(
  transaction: Transaction,
  { secrets }: Pick<ServiceContext, 'secrets'>,
  people: RawBuilder<unknown>,
  had: RawBuilder<unknown>,
  actor: Actor,
): Promise<void> {
  const kept = sql`EXISTS (SELECT FROM (${had}) AS h, jsonb_to_recordset(h.roles) AS r (id uuid)
    WHERE h.person_id = a.person_id AND r.id = a.id)`;
  const { rows } = await sql<{
    id: string;
    person_id: string;
    organisation_id: string;
    role: string;
    isEnded: boolean;
  }>`
    UPDATE registry.role_assignment AS a SET ended_at = CASE WHEN a.ended_at IS NULL THEN now() END, attestation = NULL
    WHERE a.person_id IN (${people}) AND a.role = 'teacher' AND (a.ended_at IS NULL AND NOT ${kept} OR a.ended_at IS NOT NULL AND ${kept})
    RETURNING a.id, a.person_id, a.organisation_id, a.role, a.ended_at IS NOT NULL AS "isEnded"`.execute(transaction);
  // A role that ended lost its attestation: given back without one it would give nothing.
  const attested = rows
    .filter(({ isEnded }) => !isEnded)
    .map((row) => ({ id: row.id, attestation: attestRole(secrets, row).toString('hex') }));
  await sql`
    UPDATE registry.role_assignment AS a SET attestation = decode(t.attestation, 'hex')
    FROM jsonb_to_recordset(${JSON.stringify(attested)}::jsonb) AS t (id uuid, attestation text) WHERE a.id = t.id`.execute(
    transaction,
  );
  const events = rows.map(
    ({ person_id, organisation_id, role, isEnded }): RegistryEvent => ({
      type: isEnded ? 'role.ended' : 'role.granted',
      actor,
      subject: { kind: 'person', id: person_id },
      organisationId: organisation_id,
      data: { role },
    }),
  );
  await record(transaction, ...events);
}
