import type { MarksColumn } from './columns.ts';
import { leastElectives, stageOf } from './curriculum.ts';
import type { MarkValues } from './values.ts';

/** What a learner's marks lack before a transcript may be made of them. */
export interface Completeness {
  /** Keys of the columns that are still empty. */
  readonly missing: readonly string[];
  /** How many electives are still to be chosen and marked. */
  readonly electivesShort: number;
  /** The result is open until summer work has been judged. */
  readonly isHeldBack: boolean;
}

/**
 * What is missing: every required column, and of an elective that has one value all of its others. Grades 10 to 12 have
 * at least four electives.
 */
export function completenessOf(columns: readonly MarksColumn[], values: MarkValues, grade: number): Completeness {
  const taken = new Set(
    columns.flatMap(({ key, subject }) => (subject?.isElective && values[key] !== undefined ? [subject.id] : [])),
  );
  const missing = columns
    .filter(({ isRequired, subject }) => isRequired || (subject?.isElective && taken.has(subject.id)))
    .map(({ key }) => key)
    .filter((key) => values[key] === undefined);
  const stage = stageOf(grade);
  const electives = [...taken].filter((id) => id !== 'foreign-language-2' && id !== 'ethnic-language').length;
  const isHeldBack = columns.some(
    ({ key, choices }) => choices?.find(({ value }) => value === values[key])?.holdsBack === true,
  );
  return { missing, electivesShort: Math.max(0, (stage ? leastElectives[stage] : 0) - electives), isHeldBack };
}

/** Whether a transcript may be made. */
export function isComplete({ missing, electivesShort, isHeldBack }: Completeness): boolean {
  return missing.length === 0 && electivesShort === 0 && !isHeldBack;
}
