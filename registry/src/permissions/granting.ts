import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden, NotFound } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { registryOf } from '../tables.ts';
import { attestRole } from './attestation.ts';
import { placeOfOrganisation } from './place.ts';
import { mayGrant, protectedRoles, type Role, rolesWith, separateDuties } from './roles.ts';
import { findStanding, verdictOn } from './standing.ts';

interface Grant {
  readonly personId: string;
  readonly role: Role;
  readonly organisationId: string;
}

/**
 * Grants a role to somebody of the staff. Nobody grants what lies above their own, to people whom they do not govern,
 * or to themselves (T5); nobody gets two of the duties that are separate (T8).
 *
 * @throws Forbidden `roles/above-own`; Conflict `roles/held`, `roles/separate-duties`, `roles/not-staff`.
 */
export async function grantRole(
  transaction: Transaction,
  { secrets }: Pick<ServiceContext, 'secrets'>,
  input: Grant,
  actor: Actor,
  approvalId?: string,
): Promise<string> {
  await mustBeGrantable(transaction, input, actor);
  if (protectedRoles.has(input.role)) mustBeOfTwo(actor, approvalId);
  const id = uuidv7();
  const row = { id, person_id: input.personId, role: input.role, organisation_id: input.organisationId };
  const inserted = await registryOf(transaction)
    .insertInto('registry.role_assignment')
    .values({ ...row, ended_at: null, attestation: attestRole(secrets, row) })
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
    data: { role: input.role, ...(approvalId ? { approval: approvalId } : {}) },
  });
  return id;
}

/**
 * Whether the actor may propose or make this grant; the rules of {@link grantRole}.
 *
 * @throws Forbidden, Conflict as there.
 */
export async function mustBeGrantable(transaction: Transaction, input: Grant, actor: Actor): Promise<void> {
  // Two grants to one person wait for each other, so that both see what the other gave.
  await sql`SELECT FROM registry.person WHERE id = ${input.personId} FOR UPDATE`.execute(transaction);
  await mustGovern(transaction, actor, input);
  await mustBeEligible(transaction, input);
}

/** Whether the person can have the role, whoever gives it. @throws Conflict `roles/not-staff`, `roles/separate-duties` */
export async function mustBeEligible(transaction: Transaction, input: Grant): Promise<void> {
  await mustBeStaff(transaction, input.personId);
  await mustSeparateDuties(transaction, input);
}

/** A person alone never gives or ends what takes two. @throws Forbidden `roles/second-person` */
function mustBeOfTwo(actor: Actor, approvalId: string | undefined): void {
  if (actor.kind !== 'person' || approvalId !== undefined) return;
  throw new Forbidden('roles/second-person', {
    vi: 'Vai trò này do hai người cùng giao hoặc thu.',
    en: 'It takes two people to grant or end this role.',
  });
}

/** @throws NotFound, Forbidden `roles/above-own`, `roles/second-person` */
export async function endRole(transaction: Transaction, id: string, actor: Actor, approvalId?: string): Promise<void> {
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
  if (separateDuties.has(role as Role)) mustBeOfTwo(actor, approvalId);
  await db
    .updateTable('registry.role_assignment')
    .set({ ended_at: sql`now()`, attestation: null }) // whoever turns the row back has to have kept a copy
    .where('id', '=', id)
    .execute();
  await record(transaction, {
    type: 'role.ended',
    actor,
    subject: { kind: 'person', id: personId },
    organisationId,
    data: { role, ...(approvalId ? { approval: approvalId } : {}) },
  });
}

async function mustGovern(
  transaction: Transaction,
  actor: Actor,
  { personId, role, organisationId }: Grant,
): Promise<void> {
  if (actor.kind === 'system' && actor.name === 'setup') return;
  const scope = rolesWith(actor, 'roles.grant')
    .filter((held) => mayGrant(held.role, role))
    .map((held) => held.organisationId);
  const person = await findStanding(transaction, personId);
  const governs = actor.kind === 'person' && person !== undefined && verdictOn(actor, 'roles.grant', person) !== 'no';
  const place = await placeOfOrganisation(transaction, organisationId);
  if (!governs || !scope.some((own) => place?.path.includes(own))) {
    throw new Forbidden('roles/above-own', {
      vi: 'Anh/chị không được giao hoặc thu vai trò này của người này ở đơn vị này.',
      en: 'You may not grant or end this role of this person here.',
    });
  }
}

async function mustBeStaff(transaction: Transaction, personId: string): Promise<void> {
  const { rows } = await sql`
    SELECT FROM registry.affiliation AS f JOIN registry.person AS p ON p.id = f.person_id
    WHERE p.id = ${personId} AND p.status = 'active' AND f.valid_until IS NULL AND f.role IN ('staff', 'teacher') LIMIT 1`.execute(
    transaction,
  );
  if (rows.length > 0) return;
  throw new Conflict('roles/not-staff', {
    vi: 'Chỉ cán bộ, giáo viên đang làm việc mới được giao vai trò.',
    en: 'Roles are for staff and teachers who belong somewhere now.',
  });
}

async function mustSeparateDuties(transaction: Transaction, { personId, role }: Grant): Promise<void> {
  if (!separateDuties.has(role)) return;
  const others = [...separateDuties].filter((duty) => duty !== role);
  const { rows } = await sql`
    SELECT FROM registry.role_assignment
    WHERE person_id = ${personId} AND ended_at IS NULL AND role = ANY(${others}) LIMIT 1`.execute(transaction);
  if (rows.length === 0) return;
  throw new Conflict(
    'roles/separate-duties',
    {
      vi: 'Một người không thể vừa quản trị, vừa là cán bộ an toàn thông tin, vừa là thanh tra.',
      en: 'One person cannot hold two of these: department administrator, security officer, auditor.',
    },
    { remedy: { vi: 'Giao vai trò này cho người khác.', en: 'Give this role to somebody else.' } },
  );
}
