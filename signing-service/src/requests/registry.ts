import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import { findSigners, type Signer, type SignerTools } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import { isDeputy, isHead } from '../delegations/offices.ts';

// What signing reads of the registry: read only, in the form that documents and lists need (ADR 0036).

/**
 * The head who signs for the organisation: the one named, else its head, else another of its staff who signs. Teachers
 * sign for their classes, never for the school.
 *
 * @throws Conflict `signing/no-signer`
 */
export async function principalOf(tools: SignerTools, organisationId: string, personId?: string): Promise<Signer> {
  const signers = await findSigners(tools, { organisationId, ...(personId ? { personId } : {}) });
  const rank = ({ title, affiliation }: Signer) =>
    isHead(title) ? 0 : isDeputy(title) ? 2 : affiliation === 'teacher' ? undefined : 1;
  const [found] = signers
    .flatMap((signer) => {
      const ranked = rank(signer);
      return ranked === undefined
        ? []
        : [{ signer, ranked: signer.organisationId === organisationId ? ranked : ranked + 3 }];
    })
    .sort((one, other) => one.ranked - other.ranked);
  if (found) return found.signer;
  throw new Conflict(
    'signing/no-signer',
    {
      vi: 'Trường chưa có hiệu trưởng (hoặc người được chọn) giữ vai trò «người ký».',
      en: 'Neither the head of the school nor the person chosen holds the role "signer".',
    },
    {
      remedy: {
        vi: 'Nhờ quản trị của Sở giao vai trò «người ký» cho hiệu trưởng.',
        en: 'Ask the department to grant the head the role "signer".',
      },
    },
  );
}

/**
 * The class's own teacher, as a signer of the school.
 *
 * @throws Conflict `signing/no-class-teacher`, `signing/class-teacher-not-signer`
 */
export async function classTeacherOf(
  tools: SignerTools,
  { organisationId, homeroomTeacherId, homeroomTeacher, code }: ClassForTranscripts,
): Promise<Signer> {
  if (!homeroomTeacherId) {
    throw new Conflict(
      'signing/no-class-teacher',
      { vi: `Lớp ${code} chưa có giáo viên chủ nhiệm.`, en: `Class ${code} has no class teacher.` },
      { remedy: { vi: 'Phân công giáo viên chủ nhiệm cho lớp rồi trình lại.', en: 'Appoint one, then ask again.' } },
    );
  }
  const [found] = await findSigners(tools, { organisationId, personId: homeroomTeacherId });
  if (found) return found;
  throw new Conflict(
    'signing/class-teacher-not-signer',
    {
      vi: `Giáo viên chủ nhiệm ${homeroomTeacher} chưa được giao vai trò «người ký».`,
      en: `The class teacher ${homeroomTeacher} does not hold the role "signer".`,
    },
    {
      remedy: {
        vi: 'Nhờ quản trị của Sở giao vai trò «người ký», rồi giáo viên đăng ký điện thoại ở mục «Ký số».',
        en: 'Ask the department to grant the role, then the teacher enrols a phone under "Signing".',
      },
    },
  );
}

export interface ClassForTranscripts {
  readonly id: string;
  readonly code: string;
  readonly schoolYear: number;
  readonly organisationId: string;
  readonly organisationName: string;
  /** Name of the root of the tree: the department. */
  readonly departmentName: string;
  /** Of nursery groups it is below 1. */
  readonly grade: number | null;
  readonly homeroomTeacherId: string | null;
  readonly homeroomTeacher: string | null;
}

/** @throws NotFound */
export async function findClassForTranscripts(
  db: Database | Transaction,
  classId: string,
): Promise<ClassForTranscripts> {
  const { rows } = await sql<ClassForTranscripts>`
    SELECT c.id, c.code, c.grade, c.homeroom_teacher_id AS "homeroomTeacherId", c.school_year AS "schoolYear", o.id AS "organisationId", o.name AS "organisationName",
      root.name AS "departmentName", t.full_name AS "homeroomTeacher"
    FROM registry.class AS c JOIN registry.organisation AS o ON o.id = c.organisation_id
    JOIN registry.organisation AS root ON root.id = o.path[1]
    LEFT JOIN registry.person AS t ON t.id = c.homeroom_teacher_id
    WHERE c.id = ${classId}`.execute(db);
  if (!rows[0]) throw new NotFound('classes/not-found', { vi: 'Không có lớp này.', en: 'There is no such class.' });
  return rows[0];
}

export interface Learner {
  readonly personId: string;
  readonly educationId: string;
  readonly fullName: string;
  readonly birthDate: string | null;
  readonly gender: 'female' | 'male' | null;
}

/** The learners of the class. */
export async function listClassLearners(db: Database | Transaction, classId: string): Promise<Learner[]> {
  const { rows } = await sql<Learner>`
    SELECT p.id AS "personId", p.education_id AS "educationId", p.full_name AS "fullName", p.birth_date AS "birthDate", p.gender
    FROM registry.enrolment AS e JOIN registry.person AS p ON p.id = e.person_id
    WHERE e.class_id = ${classId} AND e.valid_until IS NULL AND p.status = 'active' ORDER BY p.id`.execute(db);
  return rows;
}

/** A person's name; empty for nobody. */
export async function nameOf(db: Database | Transaction, personId: string): Promise<string> {
  const { rows } = await sql<{ fullName: string }>`
    SELECT full_name AS "fullName" FROM registry.person WHERE id = ${personId}`.execute(db);
  return rows[0]?.fullName ?? '';
}

/** An organisation's name, and the department at the root of its tree. */
export async function officeOf(
  db: Database | Transaction,
  id: string,
): Promise<{ readonly name: string; readonly departmentName: string }> {
  const { rows } = await sql<{ name: string; departmentName: string }>`
    SELECT o.name, root.name AS "departmentName" FROM registry.organisation AS o
    JOIN registry.organisation AS root ON root.id = o.path[1] WHERE o.id = ${id}`.execute(db);
  return rows[0] ?? { name: '', departmentName: '' };
}

/** An organisation's name; empty for none. */
export async function nameOfOrganisation(db: Database | Transaction, id: string): Promise<string> {
  const { rows } = await sql<{ name: string }>`SELECT name FROM registry.organisation WHERE id = ${id}`.execute(db);
  return rows[0]?.name ?? '';
}

/** Whom documents are about; those that are about nobody are left out. */
export async function subjectsOf(db: Database, requestIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT DISTINCT subject_id AS id FROM signing.request
    WHERE id = ANY(${[...requestIds]}::uuid[]) AND subject_id IS NOT NULL`.execute(db);
  return rows.map(({ id }) => id);
}
