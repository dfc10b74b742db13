import type { Database, Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { isUuid } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import type { Acceptor } from '../changes/part.ts';
import type { SchoolState, YearPlanState } from './states.ts';

/** What the schools of a plan have together, in each state. */
export interface YearTotals {
  readonly schools: Readonly<Partial<Record<SchoolState, number>>>;
  /** Of schools that are done or would be: before, and after. */
  readonly learners: number;
  readonly up: number;
  readonly graduating: number;
  readonly classesBefore: number;
  readonly classesAfter: number;
}

export interface YearPlan {
  readonly id: string;
  readonly organisationId: string;
  readonly organisationName: string;
  readonly schoolYear: number;
  readonly state: YearPlanState;
  readonly createdAt: Date;
  readonly createdBy: Acceptor;
  readonly appliedAt: Date | null;
  readonly approvalId: string | null;
  /** It waits for its maker or a second person. */
  readonly isAsked: boolean;
  readonly totals: YearTotals;
  /** SHA-256 over every school and the digest of its plan, hex. */
  readonly digest: string;
}

const counted = (column: string) =>
  sql`coalesce((SELECT sum(${sql.ref(`s.${column}`)}) FROM registry.year_plan_school AS s
    WHERE s.year_plan_id = y.id AND s.state IN ('ready', 'applied', 'undone', 'failed')), 0)::int`;

const columns = sql`
  y.id, y.organisation_id AS "organisationId", o.name AS "organisationName", y.school_year AS "schoolYear", y.state,
  y.created_at AS "createdAt", y.created_by AS "createdBy", y.applied_at AS "appliedAt", y.approval_id AS "approvalId",
  EXISTS (SELECT FROM registry.approval AS a
    WHERE a.id = y.approval_id AND a.state IN ('proposed', 'confirmed')) AS "isAsked",
  jsonb_build_object('schools', coalesce((SELECT jsonb_object_agg(state, schools) FROM (
      SELECT state, count(*) AS schools FROM registry.year_plan_school WHERE year_plan_id = y.id GROUP BY state) AS n), '{}'),
    'learners', ${counted('learners')}, 'up', ${counted('up')}, 'graduating', ${counted('graduating')},
    'classesBefore', ${counted('classes_before')}, 'classesAfter', ${counted('classes_after')}) AS totals,
  (SELECT encode(sha256(coalesce(string_agg(sha256(s.organisation_id::text::bytea || s.digest), ''::bytea ORDER BY s.organisation_id), ''::bytea)), 'hex')
    FROM registry.year_plan_school AS s WHERE s.year_plan_id = y.id AND s.state IN ('ready', 'applied')) AS digest
  FROM registry.year_plan AS y JOIN registry.organisation AS o ON o.id = y.organisation_id`;

/** @throws NotFound `year-plan/none` */
export async function findYearPlan(db: Database | Transaction, id: string): Promise<YearPlan> {
  const { rows } = isUuid(id) ? await sql<YearPlan>`SELECT ${columns} WHERE y.id = ${id}`.execute(db) : { rows: [] };
  if (!rows[0])
    throw new NotFound('year-plan/none', {
      vi: 'Không có kế hoạch năm học này.',
      en: 'There is no such plan of a year.',
    });
  return rows[0];
}

/** Locked until the transaction ends. @throws NotFound `year-plan/none` */
export async function lockYearPlan(transaction: Transaction, id: string): Promise<YearPlan> {
  if (isUuid(id)) await sql`SELECT FROM registry.year_plan WHERE id = ${id} FOR UPDATE`.execute(transaction);
  return findYearPlan(transaction, id);
}

/** The newest plan of the organisation, unless it was discarded. */
export async function newestYearPlan(db: Database, organisationId: string): Promise<YearPlan | undefined> {
  const { rows } = await sql<YearPlan>`
    SELECT ${columns} WHERE y.organisation_id = ${organisationId} AND y.state <> 'discarded' ORDER BY y.id DESC LIMIT 1`.execute(
    db,
  );
  return rows[0];
}

export interface YearSchool {
  readonly id: string;
  readonly name: string;
  readonly state: SchoolState;
  readonly code: string | null;
  readonly planId: string | null;
  readonly learners: number;
  readonly up: number;
  readonly graduating: number;
  readonly classesBefore: number;
  readonly classesAfter: number;
}

/** What needs somebody first, then the largest. */
const rank = sql`CASE s.state WHEN 'failed' THEN 0 WHEN 'stopped' THEN 1 WHEN 'empty' THEN 3 ELSE 2 END`;

export async function schoolsOfYear(
  db: Database,
  yearPlanId: string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<YearSchool[]> {
  const key = sql`(${rank}, -s.learners, s.organisation_id)`;
  const after = cursor
    ? sql`AND ${key} > (SELECT ${key} FROM registry.year_plan_school AS s WHERE s.year_plan_id = ${yearPlanId} AND s.organisation_id = ${cursor}::uuid)`
    : sql``;
  const { rows } = await sql<YearSchool>`
    SELECT o.id, o.name, s.state, s.code, s.plan_id AS "planId", s.learners, s.up, s.graduating,
      s.classes_before AS "classesBefore", s.classes_after AS "classesAfter"
    FROM registry.year_plan_school AS s JOIN registry.organisation AS o ON o.id = s.organisation_id
    WHERE s.year_plan_id = ${yearPlanId} ${after} ORDER BY ${rank}, -s.learners, s.organisation_id LIMIT ${limit}`.execute(
    db,
  );
  return rows;
}
