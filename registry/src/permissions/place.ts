import type { Actor } from '@edutrust/platform/actor';
import type { Database, Transaction } from '@edutrust/platform/database';
import { isUuid } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { type Action, narrowedTo, type Role, rolesWith } from './roles.ts';

/** Where a thing that is no person stands: all that deciding needs of it. */
export interface Place {
  /** Its organisation, from the root down. */
  readonly path: readonly string[];
  /** The homeroom teacher of the class that it is, or that it belongs to. */
  readonly classTeacherId?: string | null;
}

/** Whether a role of the actor's has the action for everything there: what `scopeOf` is for lists. */
export function reachesPlace(actor: Actor, action: Action, { path }: Place): boolean {
  return rolesWith(actor, action).some(
    ({ role, organisationId }) => path.includes(organisationId) && !narrowedTo(role as Role, action),
  );
}

/** Whether it is the actor's own class, and a role of theirs has the action for that. */
export function isOwnClass(actor: Actor, action: Action, { path, classTeacherId }: Place): boolean {
  if (actor.kind !== 'person' || classTeacherId !== actor.personId) return false;
  return rolesWith(actor, action).some(
    ({ role, organisationId }) => path.includes(organisationId) && narrowedTo(role as Role, action) === 'own-class',
  );
}

/**
 * Which of the actions the actor may do to a thing at this place, alone or with a second person: `may` of the API's views.
 * `decide` says the same of each, so that a screen offers nothing that the server refuses.
 */
export function actionsAt<Candidate extends Action>(
  actor: Actor,
  candidates: readonly Candidate[],
  place: Place,
): Candidate[] {
  if (actor.kind === 'system') return [...candidates];
  return candidates.filter((action) => reachesPlace(actor, action, place) || isOwnClass(actor, action, place));
}

/** Where an organisation stands; undefined when there is none. */
export async function placeOfOrganisation(db: Database | Transaction, id: string): Promise<Place | undefined> {
  return isUuid(id) ? (await placesOfOrganisations(db, [id])).get(id) : undefined;
}

/** Where each of the organisations stands; unknown ones are left out. */
export async function placesOfOrganisations(
  db: Database | Transaction,
  ids: readonly string[],
): Promise<Map<string, Place>> {
  const { rows } = await sql<{ id: string; path: string[] }>`
    SELECT id, path FROM registry.organisation WHERE id = ANY(${[...new Set(ids)]}::uuid[])`.execute(db);
  return new Map(rows.map(({ id, path }) => [id, { path }]));
}

/** Where a class stands; undefined when there is none. */
export async function placeOfClass(db: Database | Transaction, id: string): Promise<Place | undefined> {
  if (!isUuid(id)) return undefined;
  const { rows } = await sql<Place>`
    SELECT o.path, c.homeroom_teacher_id AS "classTeacherId" FROM registry.class AS c
    JOIN registry.organisation AS o ON o.id = c.organisation_id WHERE c.id = ${id}`.execute(db);
  return rows[0];
}
