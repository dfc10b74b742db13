export { schoolYearAt } from '../calendar.ts';

import type { Actor } from '@edutrust/platform/actor';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { compareByGivenName } from '../people/name.ts';
import { registryOf } from '../tables.ts';
import { parseClassCode } from './grade.ts';

export interface ClassSummary {
  readonly id: string;
  readonly organisationId: string;
  readonly organisationName: string;
  /** From the root to the organisation itself. */
  readonly organisationPath: readonly string[];
  readonly code: string;
  /** -3 (nursery) to 12, see `grade.ts`. */
  readonly grade: number;
  readonly schoolYear: number;
  readonly teacher: { readonly id: string; readonly fullName: string } | null;
  readonly learnerCount: number;
}

export interface ClassLearner {
  readonly id: string;
  readonly educationId: string;
  readonly fullName: string;
  readonly birthDate: string | null;
  readonly gender: 'female' | 'male' | null;
}

export interface NewClass {
  readonly organisationId: string;
  readonly schoolYear: number;
  readonly code: string;
  readonly grade: number;
  readonly homeroomTeacherId?: string;
}

/**
 * Opens a class.
 *
 * @throws Conflict `classes/code-taken`; InvalidInput `classes/bad-code`, `classes/bad-teacher`.
 */
export async function createClass(transaction: Transaction, input: NewClass, actor: Actor): Promise<string> {
  const id = uuidv7();
  const code = parseClassCode(input.code);
  await mustBeFree(transaction, { ...input, code });
  if (input.homeroomTeacherId) await mustTeachAt(transaction, input.homeroomTeacherId, input.organisationId);
  await registryOf(transaction)
    .insertInto('registry.class')
    .values({
      id,
      organisation_id: input.organisationId,
      school_year: input.schoolYear,
      code,
      grade: input.grade,
      homeroom_teacher_id: input.homeroomTeacherId ?? null,
    })
    .execute();
  await record(transaction, {
    type: 'class.created',
    actor,
    subject: { kind: 'class', id },
    organisationId: input.organisationId,
  });
  return id;
}

export interface ClassChange {
  readonly code?: string;
  readonly grade?: number;
  /** null: the class has none for now. */
  readonly homeroomTeacherId?: string | null;
}

/**
 * Renames a class, corrects its grade, or names its homeroom teacher. Unchanged values make no event.
 *
 * @throws NotFound; Conflict `classes/code-taken`; InvalidInput `classes/bad-code`, `classes/bad-teacher`.
 */
export async function changeClass(
  transaction: Transaction,
  id: string,
  change: ClassChange,
  actor: Actor,
): Promise<void> {
  const db = registryOf(transaction);
  const before = isUuid(id)
    ? await db.selectFrom('registry.class').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
    : undefined;
  if (!before) throw noClass();
  const after = {
    code: change.code === undefined ? before.code : parseClassCode(change.code),
    grade: change.grade ?? before.grade,
    homeroom_teacher_id: change.homeroomTeacherId === undefined ? before.homeroom_teacher_id : change.homeroomTeacherId,
  };
  const fields = (Object.keys(after) as (keyof typeof after)[]).filter((field) => after[field] !== before[field]);
  if (fields.length === 0) return;
  const organisationId = before.organisation_id;
  if (after.code !== before.code)
    await mustBeFree(transaction, { organisationId, schoolYear: before.school_year, code: after.code, id });
  if (fields.includes('homeroom_teacher_id') && after.homeroom_teacher_id)
    await mustTeachAt(transaction, after.homeroom_teacher_id, organisationId);
  await db.updateTable('registry.class').set(after).where('id', '=', id).execute();
  await record(transaction, {
    type: 'class.changed',
    actor,
    subject: { kind: 'class', id },
    organisationId,
    data: { fields, ...(after.homeroom_teacher_id ? { homeroomTeacherId: after.homeroom_teacher_id } : {}) },
  });
}

async function mustBeFree(
  transaction: Transaction,
  { organisationId, schoolYear, code, id }: Pick<NewClass, 'organisationId' | 'schoolYear' | 'code'> & { id?: string },
): Promise<void> {
  const { rows } = await sql`
    SELECT FROM registry.class WHERE organisation_id = ${organisationId} AND school_year = ${schoolYear}
      AND lower(code) = lower(${code}) AND id IS DISTINCT FROM ${id ?? null}::uuid`.execute(transaction);
  if (rows.length === 0) return;
  throw new Conflict('classes/code-taken', {
    vi: `Năm học này trường đã có lớp ${code}.`,
    en: `The school already has a class ${code} this year.`,
  });
}

/** One sentence for somebody of another school and for nobody: who asks learns nothing of the other school. */
async function mustTeachAt(transaction: Transaction, personId: string, organisationId: string): Promise<void> {
  const { rows } = await sql`
    SELECT FROM registry.affiliation AS f JOIN registry.person AS p ON p.id = f.person_id AND p.status = 'active'
    WHERE f.person_id = ${personId} AND f.organisation_id = ${organisationId} AND f.valid_until IS NULL
      AND f.role IN ('teacher', 'staff')`.execute(transaction);
  if (rows.length > 0) return;
  throw new InvalidInput(
    'classes/bad-teacher',
    { vi: 'Người này không phải giáo viên của trường.', en: 'This person is not a teacher at the school.' },
    { remedy: { vi: 'Thêm giáo viên vào trường trước.', en: 'Add the teacher to the school first.' } },
  );
}

const noClass = () => new NotFound('classes/not-found', { vi: 'Không có lớp này.', en: 'There is no such class.' });

const columns = sql`
  c.id, c.organisation_id AS "organisationId", o.name AS "organisationName", o.path AS "organisationPath", c.code, c.grade, c.school_year AS "schoolYear",
  CASE WHEN t.id IS NULL THEN NULL ELSE jsonb_build_object('id', t.id, 'fullName', t.full_name) END AS teacher,
  (SELECT count(*) FROM registry.enrolment AS e WHERE e.class_id = c.id AND e.valid_until IS NULL) AS "learnerCount"`;
const tables = sql`registry.class AS c JOIN registry.organisation AS o ON o.id = c.organisation_id
  LEFT JOIN registry.person AS t ON t.id = c.homeroom_teacher_id`;

/** A school's classes of one year, by grade and code. */
export async function listClasses(
  db: Database | Transaction,
  organisationId: string,
  schoolYear: number,
): Promise<ClassSummary[]> {
  const { rows } = await sql<ClassSummary>`
    SELECT ${columns} FROM ${tables}
    WHERE c.organisation_id = ${organisationId} AND c.school_year = ${schoolYear} ORDER BY c.grade, c.code`.execute(db);
  return rows;
}

/** The classes that a person is class teacher of in one year. */
export async function listClassesOfTeacher(
  db: Database | Transaction,
  teacherId: string,
  schoolYear: number,
): Promise<ClassSummary[]> {
  const { rows } = await sql<ClassSummary>`
    SELECT ${columns} FROM ${tables}
    WHERE c.homeroom_teacher_id = ${teacherId} AND c.school_year = ${schoolYear} ORDER BY c.grade, c.code`.execute(db);
  return rows;
}

/** @throws NotFound */
export async function findClass(db: Database | Transaction, id: string): Promise<ClassSummary> {
  const { rows } = isUuid(id)
    ? await sql<ClassSummary>`SELECT ${columns} FROM ${tables} WHERE c.id = ${id}`.execute(db)
    : { rows: [] };
  if (!rows[0]) throw noClass();
  return rows[0];
}

/** The grades of the classes that a learner is in now, -3 to 12. */
export async function gradesOf(db: Database | Transaction, personId: string): Promise<number[]> {
  const { rows } = await sql<{ grade: number }>`
    SELECT c.grade FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
    WHERE e.person_id = ${personId} AND e.valid_until IS NULL`.execute(db);
  return rows.map(({ grade }) => grade);
}

/** The learners of a class, sorted as class lists are: by given name. */
export async function listLearners(db: Database | Transaction, classId: string): Promise<ClassLearner[]> {
  const { rows } = await sql<ClassLearner>`
    SELECT p.id, p.education_id AS "educationId", p.full_name AS "fullName", p.birth_date AS "birthDate", p.gender
    FROM registry.enrolment AS e JOIN registry.person AS p ON p.id = e.person_id
    WHERE e.class_id = ${classId} AND e.valid_until IS NULL AND p.status = 'active'`.execute(db);
  return rows.sort((one, other) => compareByGivenName(one.fullName, other.fullName));
}
