import type { Database } from '@edutrust/platform/database';
import { recordedRolesOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';

/** Whether the person works somewhere, or has a role: who is neither a pupil nor a guardian alone. */
export async function isStaff(db: Database, personId: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM registry.affiliation AS f
    WHERE f.person_id = ${personId} AND f.valid_until IS NULL AND f.role IN ('teacher', 'staff') LIMIT 1`.execute(db);
  return rows.length > 0 || (await recordedRolesOf(db, personId)).length > 0;
}

/** Who works for the whole department: what their session opens reaches everybody. */
const officers: ReadonlySet<string> = new Set(['department-administrator', 'security-officer', 'auditor']);

/** Whether the person is one of the department's officers; their sessions are short everywhere (ADR 0311). */
export async function isOfficer(db: Database, personId: string): Promise<boolean> {
  return (await recordedRolesOf(db, personId)).some(({ role }) => officers.has(role));
}
