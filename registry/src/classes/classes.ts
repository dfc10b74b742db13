import type { Database, Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { record } from '@edutrust/platform/events';
import type { Actor } from '@edutrust/platform/http';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { compareByGivenName } from '../people/name.ts';
import { registryOf } from '../tables.ts';

export interface ClassSummary {
  readonly id: string;
  readonly organisationId: string;
  readonly organisationName: string;
  readonly code: string;
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

/** `5A`, `5/2`, `10A1`: begins with the grade. Undefined when it does not. */
export function gradeOfClassCode(code: string): number | undefined {
  const match = /^(1[0-2]|[1-9])(?:[A-Za-zĐđ]\d{0,2}|[/.]\d{1,2})[A-Za-z]{0,3}$/.exec(code);
  return match ? Number(match[1]) : undefined;
}

export interface NewClass {
  readonly organisationId: string;
  readonly schoolYear: number;
  readonly code: string;
  readonly grade: number;
  readonly homeroomTeacherId?: string;
}

export async function createClass(transaction: Transaction, input: NewClass, actor: Actor): Promise<string> {
  const id = uuidv7();
  await registryOf(transaction)
    .insertInto('registry.class')
    .values({
      id,
      organisation_id: input.organisationId,
      school_year: input.schoolYear,
      code: input.code,
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

const columns = sql`
  c.id, c.organisation_id AS "organisationId", o.name AS "organisationName", c.code, c.grade, c.school_year AS "schoolYear",
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

/** @throws NotFound */
export async function findClass(db: Database | Transaction, id: string): Promise<ClassSummary> {
  const { rows } = isUuid(id)
    ? await sql<ClassSummary>`SELECT ${columns} FROM ${tables} WHERE c.id = ${id}`.execute(db)
    : { rows: [] };
  if (!rows[0]) throw new NotFound('classes/not-found', { vi: 'Không có lớp này.', en: 'There is no such class.' });
  return rows[0];
}

/** The learners of a class, sorted as class lists are: by given name. */
export async function listLearners(db: Database | Transaction, classId: string): Promise<ClassLearner[]> {
  const { rows } = await sql<ClassLearner>`
    SELECT p.id, p.education_id AS "educationId", p.full_name AS "fullName", p.birth_date AS "birthDate", p.gender
    FROM registry.enrolment AS e JOIN registry.person AS p ON p.id = e.person_id
    WHERE e.class_id = ${classId} AND e.valid_until IS NULL AND p.status = 'active'`.execute(db);
  return rows.sort((one, other) => compareByGivenName(one.fullName, other.fullName));
}
