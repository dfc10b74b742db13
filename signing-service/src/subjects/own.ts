import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { type FieldError, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { findSigners } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import type Type from 'typebox';
import type { MarksColumn } from '../marks/columns.ts';
import { completenessOf } from '../marks/completeness.ts';
import type { FormRow } from '../marks/form.ts';
import {
  type CurrentMarks,
  currentMarks,
  findMarkedClass,
  lockedLearners,
  lockMarks,
  type MarkedClass,
  type MarksChange,
  sameValues,
  writeMarks,
} from '../marks/marks.ts';
import { byGivenName, personOf } from '../marks/sheet.ts';
import { type MarkValues, parseRow } from '../marks/values.ts';
import { listClassLearners } from '../requests/registry.ts';
import { signingOf } from '../tables.ts';
import type { OwnMarks, OwnSubject } from './schemas.ts';
import { assignmentsOf } from './teachers.ts';

/** A class as the teacher of some of its subjects may see it. */
interface OwnClass {
  readonly marked: MarkedClass;
  readonly columns: readonly MarksColumn[];
}

/**
 * The class with the columns of the subjects that the caller teaches there, as a signer of its school.
 *
 * @throws NotFound `marks/not-your-subject`, the same for a class that there is not
 */
async function ownClass(context: ServiceContext, classId: string, { personId }: PersonActor): Promise<OwnClass> {
  const own = (await assignmentsOf(context.db, classId)).filter((one) => one.personId === personId);
  if (own.length === 0) throw notYours();
  const marked = await findMarkedClass(context.db, classId);
  const [signer] = await findSigners(context, { organisationId: marked.organisationId, personId });
  if (!signer) throw notYours();
  const columns = marked.columns.filter(({ subject }) => own.some((one) => one.subject === subject?.id));
  return { marked, columns };
}

/** Every class in which the caller teaches a subject, of this school year and the one before. */
export async function ownSubjects(
  context: ServiceContext,
  actor: PersonActor,
): Promise<Type.Static<typeof OwnSubject>[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT DISTINCT t.class_id AS id FROM signing.subject_teacher AS t JOIN registry.class AS c ON c.id = t.class_id
    WHERE t.person_id = ${actor.personId} AND c.school_year >= (SELECT max(school_year) - 1 FROM registry.class)
    ORDER BY 1 LIMIT 60`.execute(context.db);
  const found: Type.Static<typeof OwnSubject>[] = [];
  for (const { id } of rows) {
    const sheet = await ownMarks(context, id, actor).catch((error: unknown) => {
      if (error instanceof NotFound) return undefined; // no longer a signer there
      throw error;
    });
    if (!sheet) continue;
    const { code, schoolYear } = sheet.class;
    found.push({
      class: { id, code, schoolYear },
      organisation: sheet.organisation,
      subjects: [...new Set(sheet.columns.flatMap(({ subject }) => subject ?? []))],
      learners: sheet.rows.length,
      complete: sheet.rows.filter(({ missing }) => missing.length === 0).length,
    });
  }
  return found.sort((one, other) => one.class.code.localeCompare(other.class.code, 'vi'));
}

/** The caller's own columns of a class's marks: nothing of another subject, of results or remarks. */
export async function ownMarks(
  context: ServiceContext,
  classId: string,
  actor: PersonActor,
): Promise<Type.Static<typeof OwnMarks>> {
  const { db } = context;
  const { marked, columns } = await ownClass(context, classId, actor);
  const learners = (await listClassLearners(db, classId)).sort(byGivenName);
  const [marks, locked] = [await currentMarks(db, classId), await lockedLearners(db, classId)];
  return {
    class: { id: marked.id, code: marked.code, grade: marked.grade, schoolYear: marked.schoolYear },
    organisation: { id: marked.organisationId, name: marked.organisationName },
    columns: columns.map(({ key, label, kind, choices = [], isRequired, subject }) => ({
      key,
      label,
      kind,
      choices: choices.map(({ value }) => value),
      isRequired,
      subject: subject?.name ?? null,
    })),
    rows: learners.map((learner) => {
      const values = marks.get(learner.personId)?.values ?? {};
      const { missing } = completenessOf(marked.columns, values, marked.grade);
      return {
        person: personOf(learner),
        version: marks.get(learner.personId)?.version ?? 0,
        values: { ...only(values, columns) },
        missing: missing.filter((key) => columns.some((column) => column.key === key)),
        isLocked: locked.has(learner.personId),
      };
    }),
  };
}

/**
 * Writes the caller's own columns, all rows or none, and leaves every other column as it is. What somebody wrote meanwhile in other
 * columns is no conflict; in one of these it is.
 *
 * @throws NotFound `marks/not-your-subject`; InvalidInput `marks/wrong-values`, also for a column of another subject; what `writeMarks` throws
 */
export async function saveOwnMarks(
  context: ServiceContext,
  classId: string,
  rows: readonly FormRow[],
  actor: PersonActor,
): Promise<number> {
  const { db, clock } = context;
  const { marked, columns } = await ownClass(context, classId, actor);
  const fields: FieldError[] = [];
  const parsed = rows.map(({ personId, version, values }) => {
    const row = parseRow(columns, Object.entries(values));
    fields.push(
      ...row.wrong.map(({ pointer, detail }) => ({ pointer: `/rows/${personId}/values/${pointer}`, detail })),
    );
    return { personId, version, values: row.values };
  });
  if (fields.length > 0) throw wrongValues(fields);
  return db.transaction().execute(async (transaction) => {
    await lockMarks(transaction, classId);
    const current = await currentMarks(transaction, classId);
    const changes: MarksChange[] = [];
    for (const { personId, version, values } of parsed) {
      const now: Pick<CurrentMarks, 'version' | 'values'> = current.get(personId) ?? { version: 0, values: {} };
      const seen = version === now.version ? now.values : await valuesAt(transaction, { classId, personId, version });
      const isUntouched = sameValues(only(seen, columns), only(now.values, columns));
      const others = Object.entries(now.values).filter(([key]) => !columns.some((column) => column.key === key));
      changes.push({
        personId,
        baseVersion: isUntouched ? now.version : version, // refused below as changed since
        values: { ...Object.fromEntries(others), ...values },
      });
    }
    return writeMarks(transaction, marked, changes, { actor, source: 'form', now: clock.now() });
  });
}

/** A learner's marks as a version had them; none before the first. */
async function valuesAt(
  transaction: Parameters<typeof lockMarks>[0],
  { classId, personId, version }: { readonly classId: string; readonly personId: string; readonly version: number },
): Promise<MarkValues> {
  const found = await signingOf(transaction)
    .selectFrom('signing.marks')
    .select('content')
    .where('class_id', '=', classId)
    .where('person_id', '=', personId)
    .where('version', '=', version)
    .executeTakeFirst();
  return found?.content ?? {};
}

function only(values: MarkValues, columns: readonly MarksColumn[]): MarkValues {
  return Object.fromEntries(Object.entries(values).filter(([key]) => columns.some((column) => column.key === key)));
}

function notYours(): NotFound {
  return new NotFound(
    'marks/not-your-subject',
    { vi: 'Thầy/cô chưa được phân công dạy môn nào của lớp này.', en: 'You teach no subject of this class.' },
    {
      remedy: {
        vi: 'Nhờ giáo viên chủ nhiệm hoặc quản trị trường phân công ở trang «Giáo viên môn học» của lớp.',
        en: 'Ask the class teacher or the school’s administrator to name you on the class’s page.',
      },
    },
  );
}

function wrongValues(fields: readonly FieldError[]): InvalidInput {
  return new InvalidInput(
    'marks/wrong-values',
    { vi: 'Có ô nhập chưa đúng. Chưa lưu gì.', en: 'Some cells are not right. Nothing was saved.' },
    { fields },
  );
}
