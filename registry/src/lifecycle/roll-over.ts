import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { schoolYearAt } from '../calendar.ts';
import { planChanges, type RowSource } from '../changes/plan.ts';
import { learners } from '../changes/populations.ts';
import type { Incoming, PersonRow } from '../changes/row.ts';
import { parseClassCode } from '../classes/grade.ts';
import type { SchoolLevel } from '../tables.ts';
import { lastGradeOf, nextClassCode } from './next-class.ts';

/** A class of last year, and what its learners would be this year. */
export interface LeavingClass {
  readonly id: string;
  readonly code: string;
  readonly grade: number;
  /** Learners who are in no class of this year yet. */
  readonly learners: number;
  /** Null: its learners graduate. */
  readonly next: { readonly code: string; readonly grade: number } | null;
}

export interface RollOverProposal {
  readonly organisationId: string;
  /** The year that begins: classes of it are formed. */
  readonly schoolYear: number;
  readonly classes: readonly LeavingClass[];
}

export interface RollOverInput {
  readonly organisationId: string;
  /** Where each class goes; null: its learners graduate. A class that is not named stays as it is. */
  readonly classes: readonly { readonly classId: string; readonly next: string | null }[];
  /** Learners who repeat their grade, and the class of this year that they repeat it in. */
  readonly repeating: readonly { readonly personId: string; readonly code: string }[];
  readonly actor: Actor;
  /** What was proposed a moment ago; absent: it is looked up. */
  readonly proposal?: RollOverProposal;
}

/**
 * The classes of last year that still have learners, each with what a year later is likely to be; nothing is written. The
 * school year begins on 1 August.
 */
export async function proposeRollOver(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  organisationId: string,
): Promise<RollOverProposal> {
  const schoolYear = schoolYearAt(clock.now());
  const { rows } = await sql<Omit<LeavingClass, 'next'> & { level: SchoolLevel | null }>`
    SELECT k.id, k.code, k.grade, o.level, count(*) AS learners FROM ${waiting(organisationId, schoolYear)}
    GROUP BY k.id, o.level ORDER BY k.grade, k.code`.execute(db);
  return {
    organisationId,
    schoolYear,
    classes: rows.map(({ level, ...one }) => ({
      ...one,
      next: one.grade >= lastGradeOf(level) ? null : { code: nextClassCode(one.code, one.grade), grade: one.grade + 1 },
    })),
  };
}

/** Learners of the school who are in a class of last year and in none of this year. */
const waiting = (organisationId: string, schoolYear: number) => sql`
  registry.class AS k JOIN registry.organisation AS o ON o.id = k.organisation_id
  JOIN registry.enrolment AS e ON e.class_id = k.id AND e.valid_until IS NULL
  JOIN registry.person AS p ON p.id = e.person_id AND p.status = 'active'
  JOIN registry.affiliation AS f ON f.person_id = p.id AND f.organisation_id = k.organisation_id AND f.role = 'learner' AND f.valid_until IS NULL
  WHERE k.organisation_id = ${organisationId} AND k.school_year = ${schoolYear - 1} AND NOT EXISTS (
    SELECT FROM registry.enrolment AS n JOIN registry.class AS m ON m.id = n.class_id
    WHERE n.person_id = p.id AND n.valid_until IS NULL AND m.school_year = ${schoolYear})`;

/**
 * Makes one plan of a school's new year: who goes up, who repeats, who graduates, which classes are opened. It is a plan
 * of changes like that of a roster: looked at, held for a second person when too many would leave, applied by its digest,
 * undone for seven days. Gives its id.
 *
 * @throws Conflict `lifecycle/nothing-to-roll-over`; InvalidInput `lifecycle/not-of-last-year`, `classes/bad-code`
 */
export async function planRollOver(
  context: ServiceContext,
  { organisationId, classes, repeating, actor, proposal }: RollOverInput,
): Promise<string> {
  const schoolYear = schoolYearAt(context.clock.now());
  const found = proposal ?? (await proposeRollOver(context, organisationId));
  const known = new Map(found.classes.map((one) => [one.id, one]));
  const strange = classes.find(({ classId }) => !known.has(classId));
  if (strange) throw notOfLastYear();
  if (classes.length === 0) throw nothingToDo();
  const goals = new Map(
    classes.map(({ classId, next }) => [classId, next === null ? null : parseClassCode(next)] as const),
  );
  const repeats = new Map(repeating.map(({ personId, code }) => [personId, parseClassCode(code)] as const));
  const people = await learnersOf(context.db, organisationId, schoolYear, [...goals.keys()]);
  const ids = new Set(people.map(({ personId }) => personId));
  if ([...repeats.keys()].some((id) => !ids.has(id))) throw notOfLastYear();
  const rows = people.map(({ personId, classId, classCode, grade }, nth): PersonRow => {
    const repeated = repeats.get(personId);
    const next = goals.get(classId) ?? null;
    const goes =
      repeated !== undefined
        ? { classCode: repeated, grade }
        : next === null
          ? { classCode, grade, gone: 'Tốt nghiệp' }
          : { classCode: next, grade: grade + 1 };
    return { ...nobody, row: nth + 1, organisationId, personId, ...goes };
  });
  return planChanges(context, {
    population: learners,
    source: sourceOf(`Lên lớp ${schoolYear}–${schoolYear + 1}`, rows),
    organisationId,
    actor,
  });
}

const nobody = { fullName: null, birthDate: null, moetId: null, personalNumber: null, localCode: null } as const;

interface Learner {
  readonly personId: string;
  readonly classId: string;
  readonly classCode: string;
  readonly grade: number;
}

async function learnersOf(
  db: Database,
  organisationId: string,
  schoolYear: number,
  classIds: readonly string[],
): Promise<Learner[]> {
  const { rows } = await sql<Learner>`
    SELECT DISTINCT ON (p.id) p.id AS "personId", k.id AS "classId", k.code AS "classCode", k.grade
    FROM ${waiting(organisationId, schoolYear)} AND k.id = ANY(${[...classIds]}::uuid[])
    ORDER BY p.id, e.valid_from DESC`.execute(db);
  return rows.sort((one, other) => one.grade - other.grade || one.classCode.localeCompare(other.classCode, 'vi'));
}

/** Rows that come out of the registry itself: there is no file, and no column of one. */
function sourceOf(name: string, rows: readonly PersonRow[]): RowSource {
  return {
    name,
    rows: (async function* (): AsyncGenerator<Incoming<PersonRow>> {
      for (const row of rows) yield { row };
    })(),
    facts: () => ({ sha256: '', columns: [] }),
    columnName: (field) => ({ classCode: 'Lớp', grade: 'Khối' })[field] ?? field,
  };
}

function nothingToDo(): Conflict {
  return new Conflict(
    'lifecycle/nothing-to-roll-over',
    {
      vi: 'Trường không còn lớp nào của năm học trước để lên lớp.',
      en: 'The school has no class of last year to roll over.',
    },
    {
      remedy: {
        vi: 'Năm học mới bắt đầu ngày 1 tháng 8; trước ngày đó chưa lên lớp được.',
        en: 'The school year begins on 1 August; before that day nothing rolls over.',
      },
    },
  );
}

function notOfLastYear(): InvalidInput {
  return new InvalidInput(
    'lifecycle/not-of-last-year',
    {
      vi: 'Có lớp hoặc học sinh không thuộc các lớp năm học trước của trường này.',
      en: "A class or a learner does not belong to this school's classes of last year.",
    },
    {
      remedy: { vi: 'Mở lại trang để xem danh sách hiện tại.', en: 'Open the page again to see them as they are now.' },
    },
  );
}
