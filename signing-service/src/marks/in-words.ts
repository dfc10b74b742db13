import type { Database } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { columnsOf } from './columns.ts';
import { stageOf } from './curriculum.ts';
import { marksOfClasses } from './unusual.ts';
import type { MarkValue, MarkValues } from './values.ts';

/**
 * The marks of the year of each document, in one line: `Toán 9 · Ngữ văn 8,5 · … · Được lên lớp`. Nothing for a document
 * whose learner has none. The marks of a document on its way are locked: these are the ones that are printed on it.
 */
export async function marksInWords(
  db: Database,
  documents: readonly { readonly id: string; readonly classId: string | null; readonly subjectId: string | null }[],
): Promise<ReadonlyMap<string, string>> {
  const classIds = [...new Set(documents.flatMap(({ classId }) => classId ?? []))];
  if (classIds.length === 0) return new Map();
  const { rows } = await sql<{ id: string; grade: number }>`
    SELECT id, grade FROM registry.class WHERE id = ANY(${classIds}::uuid[]) AND grade IS NOT NULL`.execute(db);
  const grades = new Map(rows.map(({ id, grade }) => [id, grade]));
  const marks = await marksOfClasses(db, classIds);
  return new Map(
    documents.flatMap(({ id, classId, subjectId }): [string, string][] => {
      const grade = grades.get(classId ?? '');
      const values = marks.get(classId ?? '')?.get(subjectId ?? '');
      const line = grade !== undefined && values ? yearInWords(grade, values) : '';
      return line ? [[id, line]] : [];
    }),
  );
}

/** Subjects by name with what they came to, then the year's result and the outcome. */
export function yearInWords(grade: number, values: MarkValues): string {
  if (!stageOf(grade)) return '';
  const bySubject = new Map<string, MarkValue[]>();
  const results: MarkValue[] = [];
  for (const { key, subject } of columnsOf(grade)) {
    const value = values[key];
    if (value === undefined || !/(?:^outcome|\.year(?:\.test)?)$/.test(key)) continue;
    if (subject) bySubject.set(subject.name, [...(bySubject.get(subject.name) ?? []), value]);
    else results.push(value);
  }
  const subjects = [...bySubject].map(([name, own]) => `${name} ${own.map(written).join(' ')}`);
  return [...subjects, ...results.map(written)].join(' · ');
}

/** `8.5` → `8,5`, as marks are written here. */
const written = (value: MarkValue) => String(value).replace('.', ',');
