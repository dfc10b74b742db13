import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden, NotFound } from '@edutrust/platform/errors';
import { record } from '@edutrust/platform/events';
import type { Access, Actor, Resource, RoleAssignment } from '@edutrust/platform/http';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { isWithin } from '../organisations/organisations.ts';
import { registryOf } from '../tables.ts';
import { type Action, narrowedTo, type Role, roleActions, rolesThatMayGrant } from './roles.ts';

export { type Action, actions, type Role, roleActions, roles } from './roles.ts';
export { findSigners, type Signer, type SigningRole } from './signers.ts';

/**
 * Whether the actor may do the action to the resource: the one place that decides. Without a resource: whether the
 * actor may do it anywhere (lists then narrow to `scopeOf`, and to what is the actor's own).
 */
export function can(db: Database): (actor: Actor, action: string, resource?: Resource) => Promise<boolean> {
  return async (actor, action, resource) => {
    if (actor.kind === 'system') return true;
    if (actor.kind === 'app') return false;
    if (!mayAnywhere(actor, action)) return false;
    if (resource === undefined) return true;
    if (await isOwn(db, actor, action, resource)) return true;
    const scope = scopeOf(actor, action);
    const organisations = resource.organisationId
      ? [resource.organisationId]
      : resource.classId
        ? await organisationOfClass(db, resource.classId)
        : resource.personId
          ? await organisationsOfPerson(db, resource.personId)
          : [];
    for (const organisationId of organisations) {
      if (isUuid(organisationId) && (await isWithin(db, organisationId, scope))) return true;
    }
    return false;
  };
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

function rolesWith(actor: Actor, action: string): readonly RoleAssignment[] {
  if (actor.kind !== 'person') return [];
  return actor.roles.filter(({ role }) => roleActions[role as Role]?.includes(action as Action));
}

/** Roles that have an action only for what is their holder's: the class that is theirs, the document that names them. */
async function isOwn(
  db: Database,
  actor: Extract<Actor, { kind: 'person' }>,
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

async function isClassTeacher(db: Database, personId: string, classId: string, within: string): Promise<boolean> {
  if (!isUuid(classId)) return false;
  const { rows } = await sql`
    SELECT FROM registry.class AS c JOIN registry.organisation AS o ON o.id = c.organisation_id
    WHERE c.id = ${classId} AND c.homeroom_teacher_id = ${personId} AND ${within}::uuid = ANY(o.path)`.execute(db);
  return rows.length > 0;
}

async function organisationOfClass(db: Database, classId: string): Promise<string[]> {
  if (!isUuid(classId)) return [];
  const { rows } = await sql<{ organisation_id: string }>`
    SELECT organisation_id FROM registry.class WHERE id = ${classId}`.execute(db);
  return rows.map(({ organisation_id }) => organisation_id);
}

/** A route's access that asks for an action. The resource is found from the request's validated parameters. */
export function requires(
  action: Action,
  resource?: Extract<Access, { kind: 'action' }>['resource'],
  freshWithinSeconds?: number,
): Access {
  return {
    kind: 'action',
    action,
    ...(resource ? { resource } : {}),
    ...(freshWithinSeconds === undefined ? {} : { freshWithinSeconds }),
  };
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

/** Where a person belongs now; where they belonged last when they belong nowhere. */
async function organisationsOfPerson(db: Database, personId: string): Promise<string[]> {
  if (!isUuid(personId)) return [];
  const { rows } = await sql<{ organisation_id: string; valid_until: string | null }>`
    SELECT organisation_id, valid_until FROM registry.affiliation WHERE person_id = ${personId}
    UNION SELECT organisation_id, NULL FROM registry.role_assignment WHERE person_id = ${personId} AND ended_at IS NULL
    ORDER BY valid_until DESC NULLS FIRST`.execute(db);
  const current = rows.filter(({ valid_until }) => valid_until === null);
  return (current.length > 0 ? current : rows.slice(0, 1)).map(({ organisation_id }) => organisation_id);
}

/**
 * Grants a role. Nobody grants what lies above their own (T5), nor to themselves.
 *
 * @throws Forbidden, Conflict `roles/held`.
 */
export async function grantRole(
  transaction: Transaction,
  input: { readonly personId: string; readonly role: Role; readonly organisationId: string },
  actor: Actor,
): Promise<string> {
  await mustGovern(transaction, actor, input);
  const id = uuidv7();
  const inserted = await registryOf(transaction)
    .insertInto('registry.role_assignment')
    .values({ id, person_id: input.personId, role: input.role, organisation_id: input.organisationId, ended_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows === 0n) {
    throw new Conflict('roles/held', { vi: 'Người này đã có vai trò đó.', en: 'The person already holds this role.' });
  }
  await record(transaction, {
    type: 'role.granted',
    actor,
    subject: { kind: 'person', id: input.personId },
    organisationId: input.organisationId,
    data: { role: input.role },
  });
  return id;
}

export async function endRole(transaction: Transaction, id: string, actor: Actor): Promise<void> {
  const db = registryOf(transaction);
  const found = await db
    .selectFrom('registry.role_assignment')
    .selectAll()
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!found) throw new NotFound('roles/not-found', { vi: 'Không có vai trò này.', en: 'There is no such role.' });
  const { person_id: personId, role, organisation_id: organisationId } = found;
  await mustGovern(transaction, actor, { personId, role: role as Role, organisationId });
  await db.updateTable('registry.role_assignment').set({ ended_at: new Date() }).where('id', '=', id).execute();
  await record(transaction, {
    type: 'role.ended',
    actor,
    subject: { kind: 'person', id: personId },
    organisationId,
    data: { role },
  });
}

async function mustGovern(
  transaction: Transaction,
  actor: Actor,
  { personId, role, organisationId }: { personId: string; role: Role; organisationId: string },
): Promise<void> {
  if (actor.kind === 'system' && (actor.name === 'setup' || actor.name === 'cli')) return;
  const scope =
    actor.kind === 'person'
      ? actor.roles
          .filter((held) => rolesThatMayGrant(role).includes(held.role as Role))
          .map((held) => held.organisationId)
      : [];
  const isOwn = actor.kind === 'person' && actor.personId === personId;
  if (isOwn || scope.length === 0 || !(await isWithin(transaction, organisationId, scope))) {
    throw new Forbidden('roles/above-own', {
      vi: 'Bạn không được giao hoặc thu vai trò này ở đơn vị này.',
      en: 'You may not grant or end this role here.',
    });
  }
}
