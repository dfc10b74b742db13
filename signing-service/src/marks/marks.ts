import type { Actor } from '@edutrust/platform/actor';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, type EduTrustError, type FieldError, InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { type ClassForTranscripts, findClassForTranscripts, listClassLearners } from '../requests/registry.ts';
import { signingOf } from '../tables.ts';
import { columnsOf, type MarksColumn } from './columns.ts';
import type { MarksSource, MarkValues } from './values.ts';

/** The marks of one learner as they are now. Version 0: none were entered yet. */
export interface CurrentMarks {
  readonly personId: string;
  readonly version: number;
  readonly values: MarkValues;
  readonly enteredBy: string | null;
  readonly enteredAt: Date | null;
}

/** A class whose grade has a transcript, with the columns of its marks. */
export interface MarkedClass extends ClassForTranscripts {
  readonly grade: number;
  readonly columns: readonly MarksColumn[];
}

/**
 * @throws NotFound; Conflict `marks/no-transcript` for a grade that has none.
 */
export async function findMarkedClass(db: Database | Transaction, classId: string): Promise<MarkedClass> {
  const found = await findClassForTranscripts(db, classId);
  const columns = found.grade === null ? [] : columnsOf(found.grade);
  if (found.grade !== null && columns.length > 0) return { ...found, grade: found.grade, columns };
  throw new Conflict('marks/no-transcript', {
    vi: `Lớp ${found.code} không thuộc khối 1–12 nên không có học bạ.`,
    en: `Class ${found.code} is not of grades 1 to 12, so it has no transcript.`,
  });
}

/** The latest version of each learner who has marks in the class. */
export async function currentMarks(db: Database | Transaction, classId: string): Promise<Map<string, CurrentMarks>> {
  const { rows } = await sql<CurrentMarks>`
    SELECT DISTINCT ON (person_id) person_id AS "personId", version, content AS "values", entered_by AS "enteredBy",
      entered_at AS "enteredAt"
    FROM signing.marks WHERE class_id = ${classId} ORDER BY person_id, version DESC`.execute(db);
  return new Map(rows.map((row) => [row.personId, row]));
}

/** New values for one learner, made on top of a version. */
export interface MarksChange {
  readonly personId: string;
  /** The version that was seen: another in between refuses the change. */
  readonly baseVersion: number;
  /** All values of the learner from now on. */
  readonly values: MarkValues;
}

/** One writer at a time for a class's marks, and no transcript is made of them meanwhile. */
export async function lockMarks(transaction: Transaction, classId: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`signing.marks/${classId}`}, 0))`.execute(transaction);
}

/** Learners whose transcript is being signed or is issued: their marks stay as they are, until two people agree to a correction. */
export async function lockedLearners(db: Database | Transaction, classId: string): Promise<Set<string>> {
  const rows = await signingOf(db)
    .selectFrom('signing.request')
    .select('subject_id')
    .where('class_id', '=', classId)
    .where('state', 'in', ['waiting', 'signed', 'issued'])
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('signing.correction')
            .select('request_id')
            .whereRef('request_id', '=', 'signing.request.id')
            .where('signing.request.state', '=', 'issued'),
        ),
      ),
    )
    .execute();
  return new Set(rows.flatMap(({ subject_id }) => subject_id ?? []));
}

/**
 * Writes a new version for each learner whose values differ, all or none, and says how many. Every earlier version stays.
 *
 * @throws Conflict `marks/changed-since` when somebody else wrote one of them meanwhile, `marks/locked` when a transcript
 *   is being signed or is issued; InvalidInput `marks/not-in-class`.
 */
export async function writeMarks(
  transaction: Transaction,
  { id: classId, organisationId }: Pick<ClassForTranscripts, 'id' | 'organisationId'>,
  changes: readonly MarksChange[],
  { actor, source, now }: { readonly actor: Actor; readonly source: MarksSource; readonly now: Date },
): Promise<number> {
  await lockMarks(transaction, classId);
  const current = await currentMarks(transaction, classId);
  const learners = new Set((await listClassLearners(transaction, classId)).map(({ personId }) => personId));
  const locked = await lockedLearners(transaction, classId);
  const differing = changes.filter(({ personId, values }) => !sameValues(current.get(personId)?.values ?? {}, values));
  refuseIf(differing, ({ personId }) => !learners.has(personId), notInClass);
  refuseIf(
    differing,
    ({ personId, baseVersion }) => (current.get(personId)?.version ?? 0) !== baseVersion,
    changedSince,
  );
  refuseIf(differing, ({ personId }) => locked.has(personId), lockedMarks);
  if (differing.length === 0) return 0;
  await signingOf(transaction)
    .insertInto('signing.marks')
    .values(
      differing.map(({ personId, baseVersion, values }) => ({
        class_id: classId,
        person_id: personId,
        version: baseVersion + 1,
        content: JSON.stringify(values),
        source,
        entered_by: actor.kind === 'person' ? actor.personId : null,
        entered_at: now,
      })),
    )
    .execute();
  await record(transaction, {
    type: 'marks.entered',
    actor,
    subject: { kind: 'class', id: classId },
    organisationId,
    data: { source, learners: differing.length },
  });
  return differing.length;
}

/** Whether two learners' values are the same, in any order of keys. */
export function sameValues(one: MarkValues, other: MarkValues): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}

/** Why changes are refused: what is wrong with each learner's, and the error that says it of all. */
interface Refusal {
  readonly detail: Text;
  readonly error: (fields: readonly FieldError[]) => EduTrustError;
}

function refuseIf(
  changes: readonly MarksChange[],
  isRefused: (change: MarksChange) => boolean,
  { detail, error }: Refusal,
): void {
  const fields = changes.filter(isRefused).map(({ personId }) => ({ pointer: `/rows/${personId}`, detail }));
  if (fields.length > 0) throw error(fields);
}

const notInClass: Refusal = {
  detail: { vi: 'Không học lớp này.', en: 'Does not belong to this class.' },
  error: (fields) =>
    new InvalidInput(
      'marks/not-in-class',
      { vi: 'Có người không học lớp này.', en: 'Somebody does not belong to this class.' },
      { fields },
    ),
};

const changedSince: Refusal = {
  detail: { vi: 'Đã được sửa sau khi mở trang này.', en: 'Was changed after you opened it.' },
  error: (fields) =>
    new Conflict(
      'marks/changed-since',
      {
        vi: 'Có người vừa sửa điểm của lớp này. Chưa lưu gì.',
        en: 'Somebody has just changed marks of this class. Nothing was saved.',
      },
      {
        remedy: {
          vi: 'Tải lại bảng điểm rồi nhập lại phần của mình.',
          en: 'Reload the marks and enter yours again.',
        },
        fields,
      },
    ),
};

const lockedMarks: Refusal = {
  detail: { vi: 'Học bạ đang chờ ký hoặc đã phát hành.', en: 'The transcript is being signed or is issued.' },
  error: (fields) =>
    new Conflict(
      'marks/locked',
      {
        vi: 'Học bạ của em này đang chờ ký hoặc đã phát hành nên không sửa điểm được. Chưa lưu gì.',
        en: 'The transcript of this learner is being signed or has been issued, so the marks cannot change. Nothing was saved.',
      },
      {
        remedy: {
          vi: 'Nếu học bạ còn chờ ký: rút trình ký, sửa điểm, rồi trình lại.',
          en: 'If it still waits for signatures: withdraw the request, correct the marks, and ask again.',
        },
        fields,
      },
    ),
};
