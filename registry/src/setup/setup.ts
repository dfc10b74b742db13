import { dateInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { createEducationIdIssuer } from '../education-id/education-id.ts';
import { createOrganisation, findOrganisationByCode } from '../organisations/organisations.ts';
import { createIdentifierVault, createPerson } from '../people/people.ts';
import { grantRole, type Role } from '../permissions/permissions.ts';

const actor = { kind: 'system', name: 'setup' } as const;

interface FirstPerson {
  readonly fullName: string;
  readonly title?: string;
}

export interface Founding {
  readonly department: { readonly name: string; readonly code: string };
  readonly administrator: FirstPerson;
  readonly officer: FirstPerson;
}

export interface Founded {
  readonly personId: string;
  readonly educationId: string;
}

/** Whether nothing is here yet: no department, so nobody who could administer anything. */
export async function isUnfounded(db: Database | Transaction): Promise<boolean> {
  const { rows } = await sql`SELECT FROM registry.organisation LIMIT 1`.execute(db);
  return rows.length === 0;
}

/**
 * The department with its first administrator and its first security officer, in the caller's transaction: what takes two
 * people has two from the first hour. Of several at once one wins. Also the way back when nobody holds one of the two
 * roles any more: the department and the other person are kept, and null stands for who is there already.
 *
 * @throws Conflict `setup/done` while both roles are held, `setup/other-department`; InvalidInput for a bad name.
 */
export async function foundDepartment(
  transaction: Transaction,
  context: Pick<ServiceContext, 'secrets' | 'clock'>,
  { department, administrator, officer }: Founding,
): Promise<{
  readonly organisationId: string;
  readonly administrator: Founded | null;
  readonly officer: Founded | null;
}> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('edutrust.setup', 0))`.execute(transaction);
  const administering = await holderOf(transaction, 'department-administrator');
  const guarding = await holderOf(transaction, 'security-officer');
  if (administering && guarding) throw done(administering, guarding);
  const { rows: roots } = await sql<{ code: string }>`
    SELECT code FROM registry.organisation WHERE parent_id IS NULL`.execute(transaction);
  const other = roots.find(({ code }) => code !== department.code);
  if (other) throw otherDepartment(other.code);
  const organisationId =
    roots.length > 0
      ? (await findOrganisationByCode(transaction, department.code)).id
      : await createOrganisation(transaction, { kind: 'department', parentId: null, ...department }, actor);
  const tools = { issuer: createEducationIdIssuer(context), vault: createIdentifierVault(context.secrets) };
  const appoint = async ({ fullName, title }: FirstPerson, role: Role): Promise<Founded> => {
    const person = await createPerson(
      transaction,
      tools,
      { fullName, affiliations: [{ organisationId, role: 'staff', ...(title ? { title } : {}) }] },
      { actor, today: dateInVietnam(context.clock.now()) },
    );
    await grantRole(transaction, context, { personId: person.id, role, organisationId }, actor);
    return { personId: person.id, educationId: person.educationId };
  };
  return {
    organisationId,
    administrator: administering ? null : await appoint(administrator, 'department-administrator'),
    officer: guarding ? null : await appoint(officer, 'security-officer'),
  };
}

/** The education ID of somebody who holds the role now. */
async function holderOf(transaction: Transaction, role: Role): Promise<string | undefined> {
  const { rows } = await sql<{ education_id: string }>`
    SELECT p.education_id FROM registry.role_assignment AS r JOIN registry.person AS p ON p.id = r.person_id
    WHERE r.role = ${role} AND r.ended_at IS NULL AND p.status = 'active' ORDER BY r.id LIMIT 1`.execute(transaction);
  return rows[0]?.education_id;
}

function done(administrator: string, officer: string): Conflict {
  return new Conflict(
    'setup/done',
    {
      vi: 'Hệ thống đã có quản trị viên và cán bộ an toàn thông tin của Sở.',
      en: 'The department has an administrator and a security officer.',
    },
    {
      remedy: {
        vi: `Nếu người đó chưa kích hoạt hoặc mất phương tiện đăng nhập: edutrust people invite ${administrator} (quản trị viên), ${officer} (cán bộ an toàn)`,
        en: `If they have not activated yet or lost what they sign in with: edutrust people invite ${administrator} (administrator), ${officer} (security officer)`,
      },
    },
  );
}

function otherDepartment(code: string): Conflict {
  return new Conflict(
    'setup/other-department',
    {
      vi: `Ở đây đã có đơn vị gốc mang mã ${code}.`,
      en: `A root organisation with the code ${code} exists already.`,
    },
    { remedy: { vi: `Dùng --code ${code}.`, en: `Use --code ${code}.` } },
  );
}
