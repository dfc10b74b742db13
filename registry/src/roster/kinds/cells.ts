import { EduTrustError } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { parseClassCode } from '../../classes/grade.ts';
import { isMinistryId } from '../../people/identifiers.ts';
import { parseBirthDate, parseFullName } from '../../people/name.ts';
import type { Gender } from '../../tables.ts';
import type { FieldId } from '../columns/fields.ts';
import type { ColumnMap } from '../columns/match.ts';
import { createFontWitness } from '../read/legacy-fonts.ts';
import { legacyFont, mixedDates } from '../read/refusals.ts';
import type { Head, SheetRow } from '../read/table.ts';
import { dayOfSerial } from '../read/xlsx.ts';

/** Thrown while a row is parsed; caught by the parser of the row. */
export class RowRefused extends Error {
  readonly field: FieldId;
  readonly reason: Text;

  constructor(field: FieldId, reason: Text) {
    super(reason.en);
    this.field = field;
    this.reason = reason;
  }
}

/** What a row says in a column. Each method refuses the row with a sentence when the cell makes no sense. */
export interface Cells {
  readonly row: number;
  /** NFC, without spaces around. */
  text(field: FieldId): string;
  /** Also when the column is not in the file: false. */
  has(field: FieldId): boolean;
  name(field: FieldId): string;
  day(field: FieldId): string;
  gender(field: FieldId): Gender | null;
  /** Without what spreadsheets put around a code: `'0793…`, `7988000001.0`. */
  code(field: FieldId): string;
}

/** Control characters but tab and line breaks, and halves of surrogate pairs. */
const odd = /[^\P{Cc}\t\n\r]|\p{Cs}/u;

/** Fields that hold names of people: there a legacy font shows. */
const nameFields: readonly FieldId[] = [
  'fullName',
  'lastNames',
  'givenName',
  'childName',
  'fatherName',
  'motherName',
  'guardianName',
];
const dateFields: readonly FieldId[] = ['birthDate', 'childBirthDate'];

/**
 * Opens the rows of one file. What concerns the file as a whole is seen here: a month before a day, a legacy font.
 *
 * @throws InvalidInput `roster/mixed-dates`, `roster/legacy-font`
 */
export function createCellReader(columns: ColumnMap, { serials }: Pick<Head, 'serials'>) {
  const fonts = createFontWitness();
  let dayFirst: { row: number; text: string } | undefined;
  const raw = (cells: readonly string[], field: FieldId): string => {
    const index = columns.get(field);
    const cell = index === undefined ? undefined : cells[index];
    return cell ? cell.normalize('NFC').trim() : '';
  };

  function look({ row, cells }: SheetRow): void {
    for (const field of nameFields) {
      const proof = columns.has(field) ? fonts.look(row, raw(cells, field)) : undefined;
      if (proof) throw legacyFont(proof.row, proof.text, proof.font);
    }
    for (const field of dateFields) {
      const text = columns.has(field) ? raw(cells, field) : '';
      const local = /^(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}$/.exec(text);
      const [first, second] = [Number(local?.[1]), Number(local?.[2])];
      if (!local || first === 0 || second === 0) continue;
      if (first <= 12 && second > 12 && second <= 31) throw mixedDates({ row, text }, dayFirst);
      if (first > 12 && first <= 31 && second <= 12) dayFirst ??= { row, text };
    }
  }

  return {
    /** The row's cells. */
    open(sheetRow: SheetRow): Cells {
      look(sheetRow);
      const { row, cells } = sheetRow;
      const text = (field: FieldId): string => {
        const value = raw(cells, field);
        if (value !== '' && odd.test(value))
          throw new RowRefused(field, {
            vi: 'Ô có ký tự điều khiển (NUL, …) mà mắt không thấy; xoá và gõ lại ô này.',
            en: 'The cell has control characters (NUL, …) that nobody sees; clear it and type it again.',
          });
        return value;
      };
      return {
        row,
        text,
        has: (field) => columns.has(field) && raw(cells, field) !== '',
        name: (field) => taken(field, () => parseFullName(text(field))),
        day: (field) => day(field, text(field), serials),
        gender: (field) => gender(field, text(field)),
        code: (field) => code(text(field)),
      };
    },
    /** After the last row. @throws InvalidInput `roster/legacy-font` */
    end(): void {
      const proof = fonts.verdict();
      if (proof) throw legacyFont(proof.row, proof.text, proof.font);
    },
  };
}

export type CellReader = ReturnType<typeof createCellReader>;

/** Sentences of the registry's own parsers become the row's. */
function taken<Value>(field: FieldId, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (error instanceof EduTrustError) throw new RowRefused(field, error.detail);
    throw error;
  }
}

/** `dd/mm/yyyy` (also with - or .), `yyyy-mm-dd`, or a workbook's number of a day. */
function day(field: FieldId, text: string, serials: Head['serials']): string {
  const local = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(text);
  const number = /^\d{5}(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
  if (number !== undefined && serials === undefined) {
    throw new RowRefused(field, {
      vi: `Đây là số thứ tự ngày của Excel (${text} là ngày ${shown(dayOfSerial(number, false))}); nhập tệp .xlsx, hoặc định dạng cột là Ngày rồi lưu lại.`,
      en: `This is Excel's number of a day (${text} is ${shown(dayOfSerial(number, false))}); import the .xlsx file, or format the column as Date and save again.`,
    });
  }
  const iso =
    number === undefined
      ? local
        ? `${local[3]}-${local[2]?.padStart(2, '0')}-${local[1]?.padStart(2, '0')}`
        : text.replace(/[T ]00:00:00.*$/, '')
      : (dayOfSerial(number, serials === '1904') ?? text);
  try {
    return parseBirthDate(iso);
  } catch {
    throw new RowRefused(field, {
      vi: 'Không có ngày này trong lịch; ghi dạng ngày/tháng/năm, ví dụ 05/09/2015.',
      en: 'There is no such day; write day/month/year, such as 05/09/2015.',
    });
  }
}

function shown(iso: string | undefined): string {
  return iso ? iso.split('-').reverse().join('/') : '?';
}

function gender(field: FieldId, text: string): Gender | null {
  const folded = fold(text);
  if (folded === '') return null;
  if (folded === 'nam') return 'male';
  if (folded === 'nu') return 'female';
  throw new RowRefused(field, { vi: 'Giới tính ghi Nam hoặc Nữ.', en: 'Gender is Nam or Nữ.' });
}

function code(text: string): string {
  const bare = /^="?(.*?)"?$/.exec(text)?.[1] ?? text;
  return bare
    .replace(/^'/, '')
    .replace(/^(\d+)\.0+$/, '$1')
    .replaceAll(/\s/g, '');
}

/** Without marks and case. */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[đĐ]/g, 'd')
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Twelve digits, or none. */
export function personalNumberOf(cells: Cells, field: FieldId): string | null {
  const number = cells.code(field);
  if (number === '') return null;
  if (/^\d{12}$/.test(number)) return number;
  throw new RowRefused(field, {
    vi: 'Số định danh cá nhân có đúng 12 chữ số; định dạng cột là văn bản để không mất số 0 đầu.',
    en: 'A personal number has exactly 12 digits; format the column as text to keep leading zeros.',
  });
}

/** The ministry's identifier, or none. */
export function moetIdOf(cells: Cells, field: FieldId): string | null {
  const id = cells.code(field);
  if (id === '') return null;
  if (/^\d+(?:[.,]\d+)?E\+?\d+$/i.test(id))
    throw new RowRefused(field, {
      vi: 'Excel đã đổi mã thành dạng 7.9E+09; định dạng cột là văn bản rồi gõ lại mã.',
      en: 'Excel turned the identifier into 7.9E+09; format the column as text and type it again.',
    });
  if (isMinistryId(id)) return id;
  throw new RowRefused(field, {
    vi: 'Mã định danh Bộ GD&ĐT gồm 4–40 chữ và số.',
    en: "The ministry's identifier has 4–40 letters and digits.",
  });
}

/** A school's own code of a person, or none. */
export function localCodeOf(cells: Cells): string | null {
  const local = cells.code('localCode');
  if (local === '') return null;
  if (local.length <= 40 && !/[<>{}|\\^~[\]`]/.test(local)) return local.toUpperCase();
  throw new RowRefused('localCode', {
    vi: 'Mã do trường cấp dài nhất 40 ký tự, không có ký hiệu lạ.',
    en: "A school's own code has at most 40 characters and no odd symbols.",
  });
}

export function classCodeOf(cells: Cells, field: FieldId): string {
  return taken(field, () => parseClassCode(cells.text(field)));
}

/** The full name, also from two columns; null when the row has none. */
export function fullNameOf(cells: Cells): string | null {
  if (cells.has('fullName')) return cells.name('fullName');
  if (!cells.has('givenName') && !cells.has('lastNames')) return null;
  return taken('givenName', () => parseFullName(`${cells.text('lastNames')} ${cells.text('givenName')}`));
}
