import type { Transaction } from '@edutrust/platform/database';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import { strict, Uuid } from '@edutrust/platform/schemas';
import { sql } from 'kysely';
import Type from 'typebox';
import type { ApprovalKind, Fact } from '../approvals/approvals.ts';
import { notify } from '../notices/notices.ts';
import { endRole, grantRole } from './granting.ts';
import { protectedRoles, type Role, roleNames, separateDuties } from './roles.ts';

const Common = {
  personId: Uuid,
  personName: Type.String(),
  educationId: Type.String(),
  organisationId: Uuid,
  organisationName: Type.String(),
};
const GrantedRole = Type.Object(
  { ...Common, role: Type.Enum([...protectedRoles]), personVersion: Type.Integer() },
  strict,
);
const EndedRole = Type.Object({ ...Common, role: Type.Enum([...separateDuties]), assignmentId: Uuid }, strict);
type GrantedRole = Type.Static<typeof GrantedRole>;
type EndedRole = Type.Static<typeof EndedRole>;

const facts = ({ personName, educationId, role, organisationName }: GrantedRole | EndedRole): Fact[] => [
  { label: { vi: 'Người', en: 'Person' }, value: { vi: personName, en: personName } },
  { label: { vi: 'Mã giáo dục', en: 'Education ID' }, value: { vi: educationId, en: educationId } },
  { label: { vi: 'Vai trò', en: 'Role' }, value: roleNames[role] },
  { label: { vi: 'Tại', en: 'At' }, value: { vi: organisationName, en: organisationName } },
];

/** A role with which one can sign, or decide about others' means: granted by two people. */
export const grantRoleKind: ApprovalKind<GrantedRole> = {
  kind: 'role.grant',
  content: GrantedRole,
  approve: 'approvals.approve',
  describe: (content) => ({
    title: {
      vi: `Giao vai trò «${roleNames[content.role].vi}» cho ${content.personName}`,
      en: `Grant the role “${roleNames[content.role].en}” to ${content.personName}`,
    },
    facts: facts(content),
  }),
  concerns: ({ personId }) => personId,
  apply: async (transaction, content, { context, maker, approvalId }) => {
    await mustBeAsDescribed(transaction, content, content.personVersion);
    const { personId, role, organisationId } = content;
    await grantRole(transaction, context, { personId, role, organisationId }, maker, approvalId);
    await notify(transaction, {
      personId,
      kind: 'role.granted',
      data: { role: roleNames[role].vi, organisation: content.organisationName },
    });
    return undefined;
  },
};

/** The end of a role without which the department cannot act: by two people. */
export const endRoleKind: ApprovalKind<EndedRole> = {
  kind: 'role.end',
  content: EndedRole,
  approve: 'approvals.approve',
  describe: (content) => ({
    title: {
      vi: `Thu vai trò «${roleNames[content.role].vi}» của ${content.personName}`,
      en: `End the role “${roleNames[content.role].en}” of ${content.personName}`,
    },
    facts: facts(content),
  }),
  concerns: ({ personId }) => personId,
  apply: async (transaction, content, { maker, approvalId }) => {
    await endRole(transaction, content.assignmentId, maker, approvalId);
    await notify(transaction, {
      personId: content.personId,
      kind: 'role.ended',
      data: { role: roleNames[content.role].vi, organisation: content.organisationName },
    });
    return undefined;
  },
};

/** What a grant covers, as the registry has it now. @throws NotFound */
export async function describeGrant(
  transaction: Transaction,
  {
    personId,
    role,
    organisationId,
  }: { readonly personId: string; readonly role: Role; readonly organisationId: string },
): Promise<GrantedRole> {
  const { rows } = await sql<Omit<GrantedRole, 'role'>>`
    SELECT p.id AS "personId", p.full_name AS "personName", p.education_id AS "educationId", p.version AS "personVersion",
      o.id AS "organisationId", o.name AS "organisationName"
    FROM registry.person AS p, registry.organisation AS o
    WHERE p.id = ${personId} AND p.status = 'active' AND o.id = ${organisationId}`.execute(transaction);
  if (!rows[0]) throw new NotFound('people/not-found', { vi: 'Không có người này.', en: 'There is no such person.' });
  return { ...rows[0], role }; // the kind's schema knows only roles that take two
}

/** What an ending covers; undefined for a role that one person ends. */
export async function describeEnd(transaction: Transaction, assignmentId: string): Promise<EndedRole | undefined> {
  const { rows } = await sql<EndedRole>`
    SELECT r.id AS "assignmentId", r.role, p.id AS "personId", p.full_name AS "personName", p.education_id AS "educationId",
      o.id AS "organisationId", o.name AS "organisationName"
    FROM registry.role_assignment AS r JOIN registry.person AS p ON p.id = r.person_id
    JOIN registry.organisation AS o ON o.id = r.organisation_id
    WHERE r.id = ${assignmentId} AND r.ended_at IS NULL AND r.role = ANY(${[...separateDuties]}::text[])`.execute(
    transaction,
  );
  return rows[0];
}

async function mustBeAsDescribed(
  transaction: Transaction,
  { personId, personName, organisationId, organisationName }: GrantedRole,
  personVersion: number,
): Promise<void> {
  const { rows } = await sql`
    SELECT 1 FROM registry.person AS p, registry.organisation AS o
    WHERE p.id = ${personId} AND p.full_name = ${personName} AND p.version = ${personVersion} AND p.status = 'active'
      AND o.id = ${organisationId} AND o.name = ${organisationName} FOR UPDATE OF p`.execute(transaction);
  if (rows.length > 0) return;
  throw new Conflict(
    'roles/person-changed',
    {
      vi: 'Hồ sơ của người này đã được sửa sau khi lập đề nghị.',
      en: 'The record of this person was changed after this was proposed.',
    },
    { remedy: { vi: 'Lập lại đề nghị với thông tin mới.', en: 'Propose it again with the present record.' } },
  );
}
