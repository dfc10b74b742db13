import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { dateInVietnam } from '../calendar.ts';
import { createEducationIdIssuer } from '../education-id/education-id.ts';
import { createOrganisation, findOrganisationByCode } from '../organisations/organisations.ts';
import { createIdentifierVault, createPerson } from '../people/people.ts';
import { grantRole } from '../permissions/permissions.ts';

const actor = { kind: 'system', name: 'setup' } as const;

export interface Founding {
  readonly department: { readonly name: string; readonly code: string };
  readonly administrator: { readonly fullName: string; readonly title?: string };
}

/** Whether nothing is here yet: no department, so nobody who could administer anything. */
export async function isUnfounded(db: Database | Transaction): Promise<boolean> {
  const { rows } = await sql`SELECT FROM registry.organisation LIMIT 1`.execute(db);
  return rows.length === 0;
}

/**
 * The department and its first administrator, in the caller's transaction. Of several at once one wins. Also the way
 * back when every administrator has left: the department that is there is kept.
 *
 * @throws Conflict `setup/done` while somebody administers, `setup/other-department`; InvalidInput for a bad name.
 */
export async function foundDepartment(
  transaction: Transaction,
  context: Pick<ServiceContext, 'secrets' | 'clock'>,
  { department, administrator }: Founding,
): Promise<{ readonly organisationId: string; readonly personId: string; readonly educationId: string }> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('edutrust.setup', 0))`.execute(transaction);
  const { rows: held } = await sql<{ education_id: string }>`
    SELECT p.education_id FROM registry.role_assignment AS r JOIN registry.person AS p ON p.id = r.person_id
    WHERE r.role = 'department-administrator' AND r.ended_at IS NULL AND p.status = 'active' ORDER BY r.id LIMIT 1`.execute(
    transaction,
  );
  if (held[0]) throw done(held[0].education_id);
  const { rows: roots } = await sql<{ code: string }>`
    SELECT code FROM registry.organisation WHERE parent_id IS NULL`.execute(transaction);
  const other = roots.find(({ code }) => code !== department.code);
  if (other) throw otherDepartment(other.code);
  const organisationId =
    roots.length > 0
      ? (await findOrganisationByCode(transaction, department.code)).id
      : await createOrganisation(transaction, { kind: 'department', parentId: null, ...department }, actor);
  const { fullName, title } = administrator;
  const tools = { issuer: createEducationIdIssuer(context), vault: createIdentifierVault(context.secrets) };
  const person = await createPerson(
    transaction,
    tools,
    { fullName, affiliations: [{ organisationId, role: 'staff', ...(title ? { title } : {}) }] },
    { actor, today: dateInVietnam(context.clock.now()) },
  );
  await grantRole(transaction, { personId: person.id, role: 'department-administrator', organisationId }, actor);
  return { organisationId, personId: person.id, educationId: person.educationId };
}

function done(educationId: string): Conflict {
  return new Conflict(
    'setup/done',
    { vi: 'Hệ thống đã có quản trị viên của Sở.', en: 'There already is an administrator of the department.' },
    {
      remedy: {
        vi: `Nếu người đó chưa kích hoạt hoặc mất phương tiện đăng nhập: edutrust people invite ${educationId}`,
        en: `If they have not activated yet or lost what they sign in with: edutrust people invite ${educationId}`,
      },
    },
  );
}

function otherDepartment(code: string): Conflict {
  return new Conflict(
    'setup/other-department',
    {
      vi: `Ở đây đã có đơn vị gốc mang mã ${code}.`,
      en: `There already is a root organisation with the code ${code}.`,
    },
    { remedy: { vi: `Dùng --code ${code}.`, en: `Use --code ${code}.` } },
  );
}
