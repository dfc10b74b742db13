import type { Transaction } from '@edutrust/platform/database';
import { Forbidden } from '@edutrust/platform/errors';
import type { Actor } from '@edutrust/platform/http';
import { sql } from 'kysely';

/** Roles that answer for everybody in their organisation; a teacher answers for the own class only (A5). */
const widely = new Set(['department-administrator', 'school-administrator']);

/**
 * A code lets its holder choose new credentials, so it may not reach upwards: a teacher makes codes for learners of
 * the own class, a school's administrator for nobody who holds a role above the school. Nobody makes one for themselves.
 *
 * @throws Forbidden `accounts/not-yours`
 */
export async function mustInvite(
  transaction: Transaction,
  actor: Extract<Actor, { kind: 'person' }>,
  personId: string,
): Promise<void> {
  if (actor.personId === personId) throw notYours();
  const isDepartment = actor.roles.some(({ role }) => role === 'department-administrator');
  if (isDepartment) return;
  if (actor.roles.some(({ role }) => widely.has(role))) {
    const { rows } = await sql`
      SELECT 1 FROM registry.role_assignment WHERE person_id = ${personId} AND ended_at IS NULL
        AND role IN ('department-administrator', 'security-officer', 'auditor', 'school-administrator')`.execute(
      transaction,
    );
    if (rows.length > 0) throw notYours();
    return;
  }
  const { rows } = await sql`
    SELECT 1 FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
    WHERE e.person_id = ${personId} AND e.valid_until IS NULL AND c.homeroom_teacher_id = ${actor.personId}
      AND NOT EXISTS (SELECT 1 FROM registry.affiliation AS f WHERE f.person_id = e.person_id
        AND f.valid_until IS NULL AND f.role <> 'learner')`.execute(transaction);
  if (rows.length === 0) throw notYours();
}

function notYours(): Forbidden {
  return new Forbidden(
    'accounts/not-yours',
    {
      vi: 'Bạn không được cấp mã kích hoạt cho người này.',
      en: 'You may not make an activation code for this person.',
    },
    {
      remedy: {
        vi: 'Giáo viên chủ nhiệm cấp mã cho học sinh lớp mình; quản trị viên của trường hoặc Sở cấp cho người khác.',
        en: "A class teacher makes codes for the own class; the school's or department's administrator for others.",
      },
    },
  );
}
