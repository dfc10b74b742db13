import { InvalidInput, TooLarge } from '@edutrust/platform/errors';
import { CsvError, parse } from 'csv-parse/sync';

/** A class's file is small; a larger one is something else. */
export const largestMarksBytes = 2 * 1024 * 1024;
const mostRows = 500;
/** Title lines above the header. */
const mostTitleRows = 15;

/** A file's cells below its header, with the row numbers that a spreadsheet shows. */
export interface MarksTable {
  readonly header: readonly string[];
  readonly rows: readonly { readonly row: number; readonly cells: readonly string[] }[];
}

/**
 * Reads a CSV file (UTF-8; comma, semicolon or tab) from the row that `isHeader` recognises.
 *
 * @throws InvalidInput `marks/not-utf-8`, `marks/no-header`, `marks/not-a-table`; TooLarge.
 */
export function readMarksTable(bytes: Buffer, isHeader: (cells: readonly string[]) => boolean): MarksTable {
  const text = decode(bytes);
  const lines = text.split(/\r\n|\n|\r/, mostTitleRows);
  const count = (separator: string) => lines.join('\n').split(separator).length;
  const delimiter = [';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best), ',');
  const parsed = parseCells(text, delimiter);
  const at = parsed.findIndex(({ cells }, index) => index < mostTitleRows && isHeader(cells));
  const header = parsed[at]?.cells;
  if (!header) {
    throw new InvalidInput(
      'marks/no-header',
      {
        vi: 'Không thấy dòng tiêu đề có cột «Mã giáo dục» và các cột điểm của lớp.',
        en: 'There is no header row with «Mã giáo dục» and the columns of the class.',
      },
      {
        remedy: { vi: 'Tải tệp mẫu của lớp và nhập điểm vào đó.', en: 'Download the class’s template and fill it in.' },
      },
    );
  }
  const rows = parsed.slice(at + 1).filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  if (rows.length > mostRows) throw tooLarge();
  return { header, rows };
}

function parseCells(text: string, delimiter: string): MarksTable['rows'] {
  try {
    // its types do not know what `info` makes of the records
    const records = parse(text, {
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      info: true,
    }) as unknown as { record: string[]; info: { records: number; empty_lines: number } }[];
    return records.map(({ record, info }) => ({ row: info.records + info.empty_lines, cells: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InvalidInput('marks/not-a-table', {
      vi: 'Tệp không đọc được: một dấu ngoặc kép mở mà không đóng, hoặc không phải CSV.',
      en: 'The file cannot be read: a quotation mark is never closed, or it is no CSV.',
    });
  }
}

function decode(bytes: Buffer): string {
  if (bytes.length > largestMarksBytes) throw tooLarge();
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidInput(
      'marks/not-utf-8',
      {
        vi: 'Tệp không ở bảng mã UTF-8 nên chữ tiếng Việt sẽ bị sai.',
        en: 'The file is not UTF-8, so Vietnamese letters would be wrong.',
      },
      {
        remedy: {
          vi: 'Trong Excel chọn Lưu thành → «CSV UTF-8» rồi nhập lại.',
          en: 'In Excel choose Save as → "CSV UTF-8" and import again.',
        },
      },
    );
  }
}

function tooLarge(): TooLarge {
  return new TooLarge(
    'marks/too-large',
    {
      vi: `Tệp lớn hơn 2 MiB hoặc hơn ${mostRows} dòng.`,
      en: `The file is larger than 2 MiB or has more than ${mostRows} rows.`,
    },
    { remedy: { vi: 'Mỗi tệp là điểm của một lớp.', en: 'A file is the marks of one class.' } },
  );
}
