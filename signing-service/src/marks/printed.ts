import type { TranscriptMarks } from '../templates/transcript/data.ts';
import { type MarksColumn, periodsOf } from './columns.ts';
import { type Stage, stageOf, subjectsOf } from './curriculum.ts';
import type { MarkValues } from './values.ts';

/** The columns of the printed table: a period, and in primary school its word and its test side by side. */
const printedColumns: Readonly<Record<Stage, readonly { readonly title: string; readonly suffix: string }[]>> = {
  primary: [
    { title: 'Mức HK I', suffix: 'term1' },
    { title: 'Điểm HK I', suffix: 'term1.test' },
    { title: 'Mức cả năm', suffix: 'year' },
    { title: 'Điểm cả năm', suffix: 'year.test' },
  ],
  'lower-secondary': [
    { title: 'Học kỳ I', suffix: 'term1' },
    { title: 'Học kỳ II', suffix: 'term2' },
    { title: 'Cả năm', suffix: 'year' },
  ],
  'upper-secondary': [
    { title: 'Học kỳ I', suffix: 'term1' },
    { title: 'Học kỳ II', suffix: 'term2' },
    { title: 'Cả năm', suffix: 'year' },
  ],
};

/**
 * The table and the results of a transcript from a learner's marks. Electives that the learner does not take are not
 * printed.
 */
export function printedMarks(columns: readonly MarksColumn[], values: MarkValues, grade: number): TranscriptMarks {
  const stage = stageOf(grade) ?? 'lower-secondary';
  const table = printedColumns[stage];
  const row = (id: string, name: string) => ({
    name,
    marks: table.map(({ suffix }) => {
      const value = values[`${id}.${suffix}`] ?? null;
      return suffix.endsWith('.test') && value !== null ? String(value) : value; // a whole number is printed as one
    }),
  });
  const subjects = subjectsOf(grade)
    .map(({ id, name }) => row(id, name))
    .filter(({ marks }, index) => !subjectsOf(grade)[index]?.isElective || marks.some((mark) => mark !== null));
  const results = resultNames(columns)
    .map(([id, name]) => row(id, name))
    .filter(({ marks }) => marks.some((mark) => mark !== null));
  const text = (key: string) => {
    const value = values[key];
    return typeof value === 'string' ? value : undefined;
  };
  const absentDays = values['absent-days'];
  const [award, outcome, remarks] = [text('award'), text('outcome'), text('remarks')];
  return {
    columns: table.map(({ title }) => title),
    subjects,
    results,
    ...(typeof absentDays === 'number' ? { absentDays } : {}),
    ...(award ? { award } : {}),
    ...(outcome ? { outcome } : {}),
    ...(remarks ? { remarks } : {}),
  };
}

/** The rows below the subjects: what is judged of the whole learner, by period. */
function resultNames(columns: readonly MarksColumn[]): (readonly [id: string, name: string])[] {
  const periods = new Set(Object.values(periodsOf).flatMap((list) => list.map(({ key }) => key)));
  const names = new Map<string, string>();
  for (const { key, label, subject } of columns) {
    const [id = '', period = ''] = key.split('.');
    if (!subject && periods.has(period)) names.set(id, label.split(' – ')[0] ?? label);
  }
  return [...names];
}
