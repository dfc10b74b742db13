import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { type FieldError, InvalidInput } from '@edutrust/platform/errors';
import { findMarkedClass, type MarksChange, writeMarks } from './marks.ts';
import { type MarkValue, parseRow } from './values.ts';

/** One learner's row of the form: all values from now on, as they were typed. */
export interface FormRow {
  readonly personId: string;
  readonly version: number;
  readonly values: Readonly<Record<string, MarkValue | null>>;
}

/**
 * Saves the form's changed rows, all or none; says how many learners' marks changed.
 *
 * @throws InvalidInput `marks/wrong-values` naming each cell; what `writeMarks` throws.
 */
export async function saveForm(
  { db, clock }: ServiceContext,
  classId: string,
  rows: readonly FormRow[],
  actor: Actor,
): Promise<number> {
  const marked = await findMarkedClass(db, classId);
  const fields: FieldError[] = [];
  const changes: MarksChange[] = [];
  for (const { personId, version, values } of rows) {
    const parsed = parseRow(marked.columns, Object.entries(values));
    fields.push(
      ...parsed.wrong.map(({ pointer, detail }) => ({ pointer: `/rows/${personId}/values/${pointer}`, detail })),
    );
    changes.push({ personId, baseVersion: version, values: parsed.values });
  }
  if (fields.length > 0) {
    throw new InvalidInput(
      'marks/wrong-values',
      { vi: 'Có ô nhập chưa đúng. Chưa lưu gì.', en: 'Some cells are not right. Nothing was saved.' },
      { fields },
    );
  }
  if (new Set(changes.map(({ personId }) => personId)).size !== changes.length) {
    throw new InvalidInput('marks/twice', { vi: 'Một em có hai dòng.', en: 'One learner has two rows.' });
  }
  return db
    .transaction()
    .execute((transaction) => writeMarks(transaction, marked, changes, { actor, source: 'form', now: clock.now() }));
}
