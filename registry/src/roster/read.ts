import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { InvalidInput, TooLarge } from '@edutrust/platform/errors';
import Papa from 'papaparse';
import { type ColumnMap, mustHaveColumns, readHeader } from './columns.ts';

export const largestRosterBytes = 512 * 1024 * 1024;
export const mostRosterRows = 2_000_000;
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

/**
 * Reads a CSV file in bounded memory and gives its rows; the separator (comma, semicolon or tab) and title lines above
 * the header are found by themselves. Resolves with the SHA-256 of the bytes.
 *
 * @throws InvalidInput `roster/not-utf-8`, `roster/missing-column`, `roster/no-header`; TooLarge.
 */
export async function readRoster(
  file: RosterFile,
  onRows: (rows: RawRow[], bytesRead: number) => Promise<void>,
): Promise<{ sha256: string }> {
  const hash = createHash('sha256');
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  let bytesRead = 0;
  const decode = (chunk: Buffer): string => {
    bytesRead += chunk.length;
    if (bytesRead > largestRosterBytes) throw tooLarge();
    hash.update(chunk);
    if (bytesRead === chunk.length && /^(?:\xff\xfe|\xfe\xff)/.test(chunk.subarray(0, 2).toString('latin1')))
      throw notUtf8();
    try {
      return decoder.decode(chunk, { stream: true });
    } catch {
      throw notUtf8();
    }
  };
  const text = Readable.from(
    (async function* () {
      for await (const chunk of file.stream) yield decode(chunk as Buffer);
      try {
        decoder.decode();
      } catch {
        throw notUtf8();
      }
    })(),
    { objectMode: true },
  );
  const parser = Papa.parse(Papa.NODE_STREAM_INPUT, { skipEmptyLines: false, delimitersToGuess: [',', ';', '\t'] });
  text.on('error', (error) => parser.destroy(error));
  text.pipe(parser);

  let columns: ColumnMap | undefined;
  let row = 0;
  let batch: RawRow[] = [];
  for await (const cells of parser as AsyncIterable<string[]>) {
    row += 1;
    if (row > mostRosterRows + mostTitleRows) throw tooLarge();
    if (!columns) {
      columns = readHeader(cells);
      if (columns) mustHaveColumns(columns);
      else if (row > mostTitleRows) throw noHeader();
      continue;
    }
    if (cells.every((cell) => cell.trim() === '')) continue;
    batch.push({ row, cells, columns });
    if (batch.length >= 2_000) {
      await onRows(batch, bytesRead);
      batch = [];
    }
  }
  if (!columns) throw noHeader();
  if (batch.length > 0) await onRows(batch, bytesRead);
  return { sha256: hash.digest('hex') };
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
