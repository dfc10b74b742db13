import type { FieldError } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import type { MarksColumn } from './columns.ts';

export type MarkValue = number | string;

/** A learner's marks: the values under the keys of the columns; what is not there is not known yet. */
export type MarkValues = Readonly<Record<string, MarkValue>>;

/** A value as it is kept, nothing (an empty cell), or why it is none. */
export type ParsedValue =
  | { readonly kind: 'value'; readonly value: MarkValue }
  | { readonly kind: 'empty' }
  | { readonly kind: 'wrong'; readonly reason: Text };

const longestText = 500;
/** No school year has more days. */
const mostDays = 300;

/**
 * Reads one cell as its column wants it: `8,5` and `8.5`, `Đ` and `Đạt`, `T` and `Hoàn thành tốt`. What a spreadsheet
 * makes of a number (`9.0`, `8.50`) is read as that number, and nothing is rounded.
 */
export function parseValue(column: MarksColumn, cell: MarkValue | null): ParsedValue {
  const text = typeof cell === 'number' ? String(cell) : (cell ?? '').normalize('NFC').replaceAll(/\s+/g, ' ').trim();
  if (text === '') return { kind: 'empty' };
  switch (column.kind) {
    case 'mark':
      return parseMark(text);
    case 'test':
      return parseWhole(text, 1, 10, {
        vi: 'Điểm kiểm tra định kì là số nguyên từ 1 đến 10.',
        en: 'A periodic test is a whole number from 1 to 10.',
      });
    case 'count':
      return parseWhole(text, 0, mostDays, {
        vi: `Phải là số nguyên từ 0 đến ${mostDays}.`,
        en: `This is a whole number from 0 to ${mostDays}.`,
      });
    case 'choice':
      return parseChoice(column, text);
    case 'text':
      return parseText(text);
  }
}

/** A decimal number with at most one place that is not zero, as hundredths-free tenths. */
function parseMark(text: string): ParsedValue {
  const match = /^(\d{1,2})(?:[.,](\d)0*)?$/.exec(text);
  const value = match ? Number(`${match[1]}.${match[2] ?? '0'}`) : Number.NaN;
  if (value >= 0 && value <= 10) return { kind: 'value', value };
  return {
    kind: 'wrong',
    reason: {
      vi: 'Điểm phải từ 0 đến 10, nhiều nhất một chữ số thập phân.',
      en: 'A mark is from 0 to 10 with at most one decimal.',
    },
  };
}

function parseWhole(text: string, least: number, most: number, reason: Text): ParsedValue {
  const match = /^(\d{1,3})(?:[.,]0+)?$/.exec(text);
  const value = match ? Number(match[1]) : Number.NaN;
  return value >= least && value <= most ? { kind: 'value', value } : { kind: 'wrong', reason };
}

function parseChoice({ choices = [] }: MarksColumn, text: string): ParsedValue {
  const asked = folded(text);
  const found = choices.find((choice) =>
    [choice.value, ...(choice.alsoWritten ?? [])].some((word) => folded(word) === asked),
  );
  if (found) return { kind: 'value', value: found.value };
  const list = choices.map(({ value }) => `«${value}»`).join(', ');
  return { kind: 'wrong', reason: { vi: `Phải là một trong: ${list}.`, en: `This is one of ${list}.` } };
}

/** Case does not matter; letters do: «Đạt» is not «Dat», but «Đ» and «đ» are one. */
function folded(text: string): string {
  return text.normalize('NFC').toLocaleLowerCase('vi');
}

function parseText(text: string): ParsedValue {
  if (text.length <= longestText && !/[\p{Cc}\p{Co}\p{Cn}]/u.test(text)) return { kind: 'value', value: text };
  return {
    kind: 'wrong',
    reason: {
      vi: `Dài nhất ${longestText} ký tự, không có ký tự điều khiển.`,
      en: `At most ${longestText} characters, no control characters.`,
    },
  };
}

/** What came of reading the cells of one learner. */
export interface ParsedRow {
  /** The values that were given. */
  readonly values: MarkValues;
  /** The keys of cells that were given empty. */
  readonly empty: readonly string[];
  /** What is wrong, by the column's key. */
  readonly wrong: readonly FieldError[];
}

/** Reads the cells of one learner; a key that no column has is wrong. */
export function parseRow(
  columns: readonly MarksColumn[],
  cells: Iterable<readonly [key: string, cell: MarkValue | null]>,
): ParsedRow {
  const byKey = new Map(columns.map((column) => [column.key, column]));
  const values: Record<string, MarkValue> = {};
  const empty: string[] = [];
  const wrong: FieldError[] = [];
  for (const [key, cell] of cells) {
    const column = byKey.get(key);
    if (!column) {
      const detail = { vi: 'Lớp này không có cột đó.', en: 'This class has no such column.' };
      wrong.push({ pointer: key.slice(0, 60), detail });
      continue;
    }
    const parsed = parseValue(column, cell);
    if (parsed.kind === 'value') values[key] = parsed.value;
    else if (parsed.kind === 'empty') empty.push(key);
    else wrong.push({ pointer: key, detail: parsed.reason });
  }
  return { values, empty, wrong };
}

/** Where a version came from. */
export type MarksSource = 'form' | 'file' | 'demo';
