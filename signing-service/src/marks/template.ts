import type { Database } from '@edutrust/platform/database';
import { listClassLearners } from '../requests/registry.ts';
import { currentMarks, findMarkedClass } from './marks.ts';
import { byGivenName } from './sheet.ts';
import type { MarkValue } from './values.ts';

/** Headers that say who a row is about; the rest are the columns of the class. */
export const identityHeaders = {
  number: 'STT',
  educationId: 'Mã giáo dục',
  fullName: 'Họ và tên',
  birthDate: 'Ngày sinh',
} as const;

/** A class's template: its header and a row for each of its learners, with the marks that are there. */
export interface MarksTemplate {
  readonly fileName: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** @throws NotFound; Conflict `marks/no-transcript`. */
export async function marksTemplate(db: Database, classId: string): Promise<MarksTemplate> {
  const marked = await findMarkedClass(db, classId);
  const learners = (await listClassLearners(db, classId)).sort(byGivenName);
  const marks = await currentMarks(db, classId);
  return {
    fileName: `diem-lop-${marked.code.replaceAll(/[^\p{L}\d.-]/gu, '-')}-${marked.schoolYear}.csv`,
    header: [...Object.values(identityHeaders), ...marked.columns.map(({ label }) => label)],
    rows: learners.map(({ personId, educationId, fullName, birthDate }, index) => [
      String(index + 1),
      educationId,
      fullName,
      birthDate?.split('-').reverse().join('/') ?? '',
      ...marked.columns.map(({ key }) => cellText(marks.get(personId)?.values[key] ?? null)),
    ]),
  };
}

/** `8.5` → `8,5`, as Vietnamese spreadsheets write it. */
export function cellText(value: MarkValue | null): string {
  return typeof value === 'number' ? String(value).replace('.', ',') : (value ?? '');
}

/**
 * CSV (RFC 4180) for Excel with Vietnamese settings: UTF-8 with a byte order mark, semicolons because the comma stands in
 * numbers. A cell that begins like a formula is no formula here.
 */
export function toCsv({ header, rows }: MarksTemplate): Buffer {
  const cell = (text: string) => {
    const safe = /^[=+@\t\r-]/.test(text) ? `'${text}` : text;
    return /[";\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = [header, ...rows].map((line) => line.map(cell).join(';'));
  return Buffer.from(`\uFEFF${lines.join('\r\n')}\r\n`, 'utf8');
}
