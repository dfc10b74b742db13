import type { PersonActor } from '@edutrust/platform/actor';
import type { Database, Transaction } from '@edutrust/platform/database';
import { can } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import type Type from 'typebox';
import { type Learner, listClassLearners } from '../requests/registry.ts';
import type { RequestState } from '../requests/states.ts';
import { completenessOf, isComplete } from './completeness.ts';
import { type CurrentMarks, currentMarks, findMarkedClass, lockedLearners, type MarkedClass } from './marks.ts';
import type { ClassMarks } from './schemas.ts';

export type MarksSheet = Type.Static<typeof ClassMarks>;

const collator = new Intl.Collator('vi');

/** Class lists are sorted by given name, then by the rest, in Vietnamese order. */
export function byGivenName(one: Pick<Learner, 'fullName'>, other: Pick<Learner, 'fullName'>): number {
  const given = (name: string) => name.split(' ').at(-1) ?? name;
  return collator.compare(given(one.fullName), given(other.fullName)) || collator.compare(one.fullName, other.fullName);
}

/** The marks of a class with everything that the form shows. @throws NotFound; Conflict `marks/no-transcript`. */
export async function marksSheet(db: Database, classId: string, actor: PersonActor): Promise<MarksSheet> {
  const marked = await findMarkedClass(db, classId);
  const learners = (await listClassLearners(db, classId)).sort(byGivenName);
  const marks = await currentMarks(db, classId);
  const transcripts = await latestTranscripts(db, classId);
  const locked = await lockedLearners(db, classId);
  const names = await namesOf(
    db,
    [...marks.values()].flatMap(({ enteredBy }) => enteredBy ?? []),
  );
  const decide = can(db);
  const may = [
    ...((await decide(actor, 'marks.write', { classId })) ? (['write'] as const) : []),
    ...((await decide(actor, 'signing.request', { classId })) ? (['request'] as const) : []),
  ];
  return {
    class: { id: marked.id, code: marked.code, grade: marked.grade, schoolYear: marked.schoolYear },
    organisation: { id: marked.organisationId, name: marked.organisationName },
    classTeacher: marked.homeroomTeacher,
    columns: marked.columns.map(({ key, label, kind, choices = [], isRequired, subject }) => ({
      key,
      label,
      kind,
      choices: choices.map(({ value }) => value),
      isRequired,
      subject: subject?.name ?? null,
    })),
    rows: learners.map((learner) => ({
      ...rowOf(marked, learner, marks.get(learner.personId), transcripts, names),
      isLocked: locked.has(learner.personId),
    })),
    may,
  };
}

function rowOf(
  { columns, grade }: MarkedClass,
  learner: Learner,
  marks: CurrentMarks | undefined,
  transcripts: ReadonlyMap<string, NonNullable<MarksSheet['rows'][number]['transcript']>>,
  names: ReadonlyMap<string, string>,
): Omit<MarksSheet['rows'][number], 'isLocked'> {
  const values = marks?.values ?? {};
  const completeness = completenessOf(columns, values, grade);
  const transcript = transcripts.get(learner.personId) ?? null;
  const enteredBy = marks?.enteredBy ?? null;
  return {
    person: personOf(learner),
    version: marks?.version ?? 0,
    values: { ...values },
    ...completeness,
    missing: [...completeness.missing],
    isComplete: isComplete(completeness),
    enteredBy: enteredBy ? { id: enteredBy, fullName: names.get(enteredBy) ?? '' } : null,
    enteredAt: marks?.enteredAt?.toISOString() ?? null,
    transcript,
  };
}

export function personOf({ personId, fullName, educationId, birthDate }: Learner) {
  return { id: personId, fullName, educationId, birthDate };
}

async function latestTranscripts(db: Database | Transaction, classId: string) {
  const { rows } = await sql<{ personId: string; id: string; state: RequestState; reason: string | null }>`
    SELECT DISTINCT ON (subject_id) subject_id AS "personId", id, state, reason FROM signing.request
    WHERE class_id = ${classId} AND kind IN ('transcript', 'school-report') AND subject_id IS NOT NULL ORDER BY subject_id, id DESC`.execute(
    db,
  );
  return new Map(rows.map(({ personId, ...transcript }) => [personId, transcript]));
}

async function namesOf(db: Database, ids: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; fullName: string }>`
    SELECT id, full_name AS "fullName" FROM registry.person WHERE id = ANY(${[...new Set(ids)]}::uuid[])`.execute(db);
  return new Map(rows.map(({ id, fullName }) => [id, fullName]));
}
