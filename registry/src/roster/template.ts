import type { Locale } from '@edutrust/platform/messages';
import { headerOf } from './columns/fields.ts';
import { toCsv } from './csv.ts';
import type { RosterKind } from './kinds/kind.ts';
import { writeWorkbook } from './read/xlsx-writer.ts';

export interface Template {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

const fileNames = { learners: 'hoc-sinh', staff: 'nhan-su', schools: 'don-vi', guardians: 'nguoi-giam-ho' } as const;

/**
 * A roster's template: every column that is read, a filled example, and in a workbook a second sheet with notes. What is
 * downloaded can be imported as it is.
 */
export function makeTemplate(kind: RosterKind, format: 'csv' | 'xlsx', locale: Locale): Template {
  const fields = kind.fields.filter(({ id }) => id !== 'lastNames' && id !== 'givenName');
  const header = fields.map(headerOf);
  const rows = kind.examples.map((example) => fields.map(({ id }) => example[id] ?? ''));
  const name = `mau-${fileNames[kind.id]}.${format}`;
  if (format === 'csv') return { name, contentType: 'text/csv; charset=utf-8', bytes: toCsv([header, ...rows]) };
  const notes = [
    ...kind.notes.map((note) => [note[locale]]),
    [''],
    ...fields.flatMap((field) => (field.note ? [[`${headerOf(field)}: ${field.note[locale]}`]] : [])),
  ];
  return {
    name,
    contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    bytes: writeWorkbook([
      { name: kind.name.vi, rows: [header, ...rows], isHeaderBold: true },
      { name: locale === 'vi' ? 'Hướng dẫn' : 'Notes', rows: notes },
    ]),
  };
}
