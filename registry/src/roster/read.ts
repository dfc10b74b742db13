import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InvalidInput, TooLarge } from '@edutrust/platform/errors';
import { CsvError, parse } from 'csv-parse';
import { type ColumnMap, mustHaveColumns, readHeader } from './columns.ts';

export const largestRosterBytes = 512 * 1024 * 1024;
export const mostRosterRows = 2_000_000;
const rowsAtOnce = 2_000;
/** Characters in which the separator is looked for. */
const openingLength = 16 * 1024;
/** A row, or a cell whose quote is never closed, that goes on for longer than this is no roster. */
const largestRowBytes = 1024 * 1024;
/** Title lines that a template may carry above its header. */
const mostTitleRows = 15;

export interface RosterFile {
  /** For messages only. */
  readonly name: string;
  readonly bytes: number;
  readonly stream: Readable;
}

/** @throws TooLarge before a byte is read. */
export async function openRosterFile(path: string): Promise<RosterFile> {
  const { size } = await stat(path);
  if (size > largestRosterBytes) throw tooLarge();
  return {
    name: path.split('/').at(-1) ?? path,
    bytes: size,
    stream: createReadStream(path, { highWaterMark: 256 * 1024 }),
  };
}

function tooLarge(): TooLarge {
  return new TooLarge(
    'roster/too-large',
    {
      vi: `Tệp lớn hơn ${largestRosterBytes / 2 ** 20} MiB hoặc hơn ${mostRosterRows.toLocaleString('vi')} dòng.`,
      en: `The file is larger than ${largestRosterBytes / 2 ** 20} MiB or has more than ${mostRosterRows.toLocaleString('en')} rows.`,
    },
    {
      remedy: {
        vi: 'Chia tệp theo trường rồi nhập từng tệp.',
        en: 'Split the file by school and import one after another.',
      },
    },
  );
}

function notUtf8(): InvalidInput {
  return new InvalidInput(
    'roster/not-utf-8',
    {
      vi: 'Tệp không ở bảng mã UTF-8 nên chữ tiếng Việt sẽ bị sai.',
      en: 'The file is not UTF-8, so Vietnamese letters would be wrong.',
    },
    {
      remedy: {
        vi: 'Trong Excel chọn Lưu thành → «CSV UTF-8 (phân tách bằng dấu phẩy)» rồi nhập lại.',
        en: 'In Excel choose Save as → "CSV UTF-8 (Comma delimited)" and import again.',
      },
    },
  );
}

/** One row below the header: its number in the file as a spreadsheet shows it, and its cells. */
export interface RawRow {
  readonly row: number;
  readonly cells: readonly string[];
  readonly columns: ColumnMap;
}

interface ParsedRecord {
  readonly record: string[];
  readonly info: { readonly records: number; readonly empty_lines: number };
}

/**
 * Reads a CSV file (RFC 4180) in bounded memory and gives its rows; the separator (comma, semicolon or tab) and title
 * lines above the header are found by themselves. Resolves with the SHA-256 of the bytes.
 *
 * @throws InvalidInput `roster/not-utf-8`, `roster/missing-column`, `roster/no-header`, `roster/endless-row`; TooLarge.
 */
export async function readRoster(
  file: RosterFile,
  onRows: (rows: RawRow[], bytesRead: number) => Promise<void>,
): Promise<{ sha256: string }> {
  const read = { hash: createHash('sha256'), bytes: 0 };
  const text = decode(file.stream, read);
  const opening = await text.next();
  const start = opening.done ? '' : opening.value;
  const parser = parse({
    delimiter: separatorOf(start),
    max_record_size: largestRowBytes,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    info: true, // the numbers of rows, empty ones counted
  });
  let row = 0;
  const parsed = pipeline(
    async function* () {
      yield start;
      yield* text;
    },
    parser,
    async (records: AsyncIterable<ParsedRecord>) => {
      let columns: ColumnMap | undefined;
      let batch: RawRow[] = [];
      for await (const { record: cells, info } of records) {
        row = info.records + info.empty_lines;
        if (row > mostRosterRows + mostTitleRows) throw tooLarge();
        if (!columns) {
          columns = readHeader(cells);
          if (columns) mustHaveColumns(columns);
          else if (row > mostTitleRows) throw noHeader();
          continue;
        }
        if (cells.every((cell) => cell.trim() === '')) continue;
        batch.push({ row, cells, columns });
        if (batch.length >= rowsAtOnce) {
          await onRows(batch, read.bytes);
          batch = [];
        }
      }
      if (!columns) throw noHeader();
      if (batch.length > 0) await onRows(batch, read.bytes);
    },
  );
  await parsed.catch((error: unknown) => {
    throw error instanceof CsvError ? endlessRow(row + 1) : error;
  });
  return { sha256: read.hash.digest('hex') };
}

/** The text of the bytes; the first piece is long enough to see the header in. */
async function* decode(stream: Readable, read: { readonly hash: Hash; bytes: number }): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  let start = '';
  let hasStarted = false;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (read.bytes === 0 && /^(?:\xff\xfe|\xfe\xff)/.test(chunk.subarray(0, 2).toString('latin1'))) throw notUtf8();
      read.bytes += chunk.length;
      if (read.bytes > largestRosterBytes) throw tooLarge();
      read.hash.update(chunk);
      const text = decoder.decode(chunk, { stream: true });
      if (hasStarted) yield text;
      else start += text;
      if (!hasStarted && start.length >= openingLength) {
        hasStarted = true;
        yield start;
      }
    }
    const end = decoder.decode();
    yield hasStarted ? end : start + end;
  } catch (error) {
    throw isCode(error, 'ERR_ENCODING_INVALID_ENCODED_DATA') ? notUtf8() : error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** The separator that stands most often in the opening lines. */
function separatorOf(opening: string): string {
  const lines = opening.split(/\r\n|\n|\r/, mostTitleRows).join('\n');
  const count = (separator: string) => lines.split(separator).length;
  return [';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best), ',');
}

function endlessRow(row: number): InvalidInput {
  return new InvalidInput(
    'roster/endless-row',
    {
      vi: `Dòng ${row} không kết thúc: một dấu ngoặc kép mở mà không đóng, hoặc tệp không phải CSV.`,
      en: `Row ${row} does not end: a quotation mark is open and never closed, or the file is no CSV.`,
    },
    {
      remedy: {
        vi: 'Mở tệp bằng phần mềm bảng tính, sửa dòng đó và lưu lại dạng CSV UTF-8.',
        en: 'Open the file in a spreadsheet, mend that row and save it as CSV UTF-8 again.',
      },
    },
  );
}

function noHeader(): InvalidInput {
  return new InvalidInput(
    'roster/no-header',
    {
      vi: 'Không tìm thấy dòng tiêu đề (Mã lớp, Họ và tên, Ngày sinh, …) ở đầu tệp.',
      en: 'There is no header row (Mã lớp, Họ và tên, Ngày sinh, …) at the top of the file.',
    },
    { remedy: { vi: 'Tải tệp mẫu và dán dữ liệu vào đó.', en: 'Download the template and paste the rows into it.' } },
  );
}
