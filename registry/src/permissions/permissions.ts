import type { Actor, PersonActor, RoleAssignment } from '@edutrust/platform/actor';
import type { Database, Transaction } from '@edutrust/platform/database';
import type { Access, Resource } from '@edutrust/platform/http';
import { isUuid } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { isWithin } from '../organisations/organisations.ts';
import { registryOf } from '../tables.ts';
import { type Action, freshWithinSeconds, narrowedTo, type Role, rolesWith } from './roles.ts';
import { findStanding, type Verdict, verdictOn } from './standing.ts';

export { endRole, grantRole } from './granting.ts';
export { countHolders, holdersOf } from './holders.ts';
export {
  type Action,
  actions,
  credentialsTakeTwo,
  mayGrant,
  needPasskey,
  protectedRoles,
  type Role,
  roleActions,
  roleNames,
  roles,
} from './roles.ts';
export { findSigners, type Signer, type SigningRole } from './signers.ts';
export type { Verdict } from './standing.ts';

/**
 * Whether the actor may do the action to the resource: the one place that decides. Without a resource: whether the
 * actor may do it anywhere (lists then narrow to `scopeOf`, and to what is the actor's own). Of several things every one has to be within reach.
 * What takes a second person is allowed only to those who propose it (`how`).
 */
export function can(
  db: Database | Transaction,
): (actor: Actor, action: string, resource?: Resource, how?: 'alone' | 'proposed') => Promise<boolean> {
  return async (actor, action, resource, how = 'alone') => {
    const verdict = await decide(db, actor, action, resource);
    return verdict === 'alone' || (verdict === 'together' && how === 'proposed');
  };
}

/** As `can`, but says whether the act takes a second person. */
export async function decide(
  db: Database | Transaction,
  actor: Actor,
  action: string,
  resource?: Resource,
): Promise<Verdict> {
  if (actor.kind === 'system') return 'alone';
  if (actor.kind === 'app') return 'no';
  if (!mayAnywhere(actor, action)) return 'no';
  if (resource === undefined || (await isOwn(db, actor, action, resource))) return 'alone';
  const scope = scopeOf(actor, action);
  const { organisationId, classId, personId } = resource;
  const verdicts: Verdict[] = [];
  if (organisationId !== undefined) verdicts.push((await reaches(db, organisationId, scope)) ? 'alone' : 'no');
  if (classId !== undefined) verdicts.push((await reachesClass(db, classId, scope)) ? 'alone' : 'no');
  if (personId !== undefined) {
    const person = await findStanding(db, personId);
    verdicts.push(person ? verdictOn(actor, action as Action, person) : 'no');
  }
  if (verdicts.length === 0 || verdicts.includes('no')) return 'no';
  return verdicts.includes('together') ? 'together' : 'alone';
}

/** Which of the actions the actor may do to the resource now, alone or with a second person: `may` of the API's views. */
export async function actionsOn(
  db: Database | Transaction,
  actor: Actor,
  candidates: readonly Action[],
  resource: Resource,
): Promise<Action[]> {
  const verdicts = await Promise.all(candidates.map((action) => decide(db, actor, action, resource)));
  return candidates.filter((_action, index) => verdicts[index] !== 'no');
}

async function reaches(db: Database | Transaction, organisationId: string, scope: readonly string[]): Promise<boolean> {
  return isUuid(organisationId) && isWithin(db, organisationId, scope);
}

async function reachesClass(db: Database | Transaction, classId: string, scope: readonly string[]): Promise<boolean> {
  if (!isUuid(classId)) return false;
  const { rows } = await sql<{ within: boolean }>`
    SELECT o.path && ${[...scope]}::uuid[] AS within FROM registry.class AS c
    JOIN registry.organisation AS o ON o.id = c.organisation_id WHERE c.id = ${classId}`.execute(db);
  return rows[0]?.within ?? false;
}

/** Whether one of the actor's roles has the action at all, be it only for what is their own. */
export function mayAnywhere(actor: Actor, action: string): boolean {
  return rolesWith(actor, action).length > 0;
}

/** The organisations in and below which the actor may do the action to everything, not only to what is their own. */
export function scopeOf(actor: Actor, action: string): string[] {
  const wide = rolesWith(actor, action).filter(({ role }) => !narrowedTo(role as Role, action as Action));
  return [...new Set(wide.map(({ organisationId }) => organisationId))];
}

/** Roles that have an action only for what is their holder's: the class that is theirs, the document that names them. */
async function isOwn(
  db: Database | Transaction,
  actor: PersonActor,
  action: string,
  { classId, assigneeIds }: Resource,
): Promise<boolean> {
  for (const { role, organisationId } of rolesWith(actor, action)) {
    const narrowing = narrowedTo(role as Role, action as Action);
    if (narrowing === 'assigned' && assigneeIds?.includes(actor.personId)) return true;
    if (narrowing === 'own-class' && classId && (await isClassTeacher(db, actor.personId, classId, organisationId))) {
      return true;
    }
  }
  return false;
}

async function isClassTeacher(
  db: Database | Transaction,
  personId: string,
  classId: string,
  within: string,
): Promise<boolean> {
  if (!isUuid(classId)) return false;
  const { rows } = await sql`
    SELECT FROM registry.class AS c JOIN registry.organisation AS o ON o.id = c.organisation_id
    WHERE c.id = ${classId} AND c.homeroom_teacher_id = ${personId} AND ${within}::uuid = ANY(o.path)`.execute(db);
  return rows.length > 0;
}

/** A route's access that asks for an action, as fresh as the action wants. The resource is found from the request's validated parameters. */
export function requires(action: Action, resource?: Extract<Access, { kind: 'action' }>['resource']): Access {
  const fresh = freshWithinSeconds(action);
  return {
    kind: 'action',
    action,
    ...(resource ? { resource } : {}),
    ...(fresh === undefined ? {} : { freshWithinSeconds: fresh }),
  };
}

/** The access of a list of what waits for the action: seeing it asks for no recent sign-in, acting on it does. */
export function lists(action: Action): Access {
  return { kind: 'action', action };
}

/** As `requires`, for a route that only proposes what takes a second person (registry/approvals). */
export function proposes(action: Action, resource: Extract<Access, { kind: 'action' }>['resource']): Access {
  return { ...requires(action, resource), proposes: true } as Access;
}

/** The resource of what concerns everybody: only who has the role for the whole department may do it. */
export function ofDepartment(db: Database): () => Promise<Resource> {
  return async () => {
    const department = await registryOf(db)
      .selectFrom('registry.organisation')
      .select('id')
      .where('parent_id', 'is', null)
      .executeTakeFirst();
    return department ? { organisationId: department.id } : {};
  };
}

/** The roles that the person holds now. A person who has left holds none. */
export async function rolesOf(db: Database | Transaction, personId: string): Promise<RoleAssignment[]> {
  const { rows } = await sql<RoleAssignment>`
    SELECT r.role, r.organisation_id AS "organisationId"
    FROM registry.role_assignment AS r JOIN registry.person AS p ON p.id = r.person_id
    WHERE r.person_id = ${personId} AND r.ended_at IS NULL AND p.status = 'active' ORDER BY r.id`.execute(db);
  return rows;
}
