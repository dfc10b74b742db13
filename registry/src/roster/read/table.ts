import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { readCsv } from './csv.ts';
import { count, type RosterFile, type RosterTable, spool } from './file.ts';
import { fromTcvn3 } from './legacy-fonts.ts';
import { foreignFormatOf, isOfPackage, isZip, otherArchiveOf, otherFileOf } from './other-files.ts';
import { readPackage } from './packages/package.ts';
import {
  foreignFormat,
  legacyFont,
  mostColumns,
  mostRosterRows,
  mostTitleRows,
  noHeader,
  noSuchSheet,
  type RosterKindId,
  severalSheets,
  tooLarge,
  tooManyColumns,
} from './refusals.ts';
import type { SheetRow } from './row.ts';
import { decode } from './text.ts';
import { withWorkbook } from './xlsx.ts';
import { readZipDirectory } from './zip.ts';

export type { SheetRow } from './row.ts';

/** The header of the table, with the rows that come first below it. */
export interface Head {
  readonly row: number;
  readonly cells: readonly string[];
  readonly sample: readonly SheetRow[];
  /** Of a workbook: the sheet, and every sheet that has a header. */
  readonly sheet: string | undefined;
  readonly sheets: readonly string[];
  /** How days are counted where a cell holds a bare number: only workbooks say. */
  readonly serials: '1900' | '1904' | undefined;
}

export interface TableReader {
  /** Which roster is looked for: for the sentences that lead to its template. */
  readonly kind: RosterKindId;
  /** A few headers, for the sentence that says what is missing. */
  readonly example: string;
  readonly sheet?: string;
  /** The row where the header stands, when a person said so. */
  readonly headerRow?: number;
  /** Without a header that is known, the widest of the first rows is offered as one; and the first of several sheets. */
  readonly guesses?: true;
  /** The person says that the file holds everybody: one of changes alone is refused. */
  readonly isDeclaredComplete?: boolean;
  isHeader(cells: readonly string[]): boolean;
  onHead(head: Head): void;
  /** At most `rowsAtOnce`. */
  onRows(rows: readonly SheetRow[], bytesRead: number): Promise<void>;
}

const rowsAtOnce = 2_000;
const sampleRows = 20;

/**
 * Reads a roster's table, from CSV in Unicode or from an Excel workbook, in bounded memory. Title lines above the header
 * are passed over. Resolves with the SHA-256 of the bytes.
 *
 * @throws InvalidInput `roster/…` that names what the file is or lacks; TooLarge.
 */
export async function readTable(file: RosterFile | RosterTable, reader: TableReader): Promise<{ sha256: string }> {
  if ('rows' in file) return readRows(file, reader);
  const counted = await count(file);
  const other = otherFileOf(counted.opening);
  if (other) throw other;
  const take = (row: SheetRow, table: TableState) => table.take(row);
  if (!isZip(counted.opening)) {
    const table = createTable(reader, () => counted.read.count, { sheet: undefined, sheets: [], serials: undefined });
    await readCsv(decode(counted.opening, counted.bytes), (row) => take(row, table));
    await table.end();
    return { sha256: counted.sha256() };
  }
  await using spooled = await spool(counted);
  const { kind, isDeclaredComplete = false } = reader;
  const joined = await readPackage(spooled.path, kind, { isDeclaredComplete });
  if (joined) {
    const table = createTable(reader, () => counted.read.count, { sheet: undefined, sheets: [], serials: undefined });
    for (const row of joined) await take(row, table);
    await table.end();
    return { sha256: counted.sha256() };
  }
  await mustBeWorkbook(spooled.path);
  await withWorkbook(spooled.path, async (workbook) => {
    const sheets: string[] = [];
    for (const name of workbook.sheets) {
      let seen = 0;
      let isFound = false;
      await workbook.readSheet(name, ({ cells }) => {
        if (cells.length === 0) return true;
        isFound = readsAsHeader(reader, seen + 1, trimmed(cells));
        seen += 1;
        return !isFound && seen < mostTitleRows;
      });
      if (isFound) sheets.push(name);
    }
    if (sheets.length === 0 && (reader.guesses || reader.headerRow)) sheets.push(...workbook.sheets.slice(0, 1));
    const sheet = reader.sheet ?? (sheets.length === 1 || reader.guesses ? sheets[0] : undefined);
    if (sheet === undefined && sheets.length > 1) throw severalSheets(sheets);
    if (sheet === undefined) throw noHeader(reader.kind, reader.example);
    if (!sheets.includes(sheet)) throw noSuchSheet(sheet, sheets);
    const serials = workbook.from1904 ? ('1904' as const) : ('1900' as const);
    const table = createTable(reader, () => counted.read.count, { sheet, sheets, serials });
    await workbook.readSheet(sheet, async (row) => {
      await take(row, table);
      return true;
    });
    await table.end();
  });
  return { sha256: counted.sha256() };
}

/** Rows of another system. Resolves with the SHA-256 of what they say. */
async function readRows({ rows }: RosterTable, reader: TableReader): Promise<{ sha256: string }> {
  const hash = createHash('sha256');
  let count = 0;
  const table = createTable(reader, () => count, { sheet: undefined, sheets: [], serials: undefined });
  for await (const row of rows()) {
    count += 1;
    hash.update(JSON.stringify(row.cells));
    await table.take(row);
  }
  await table.end();
  return { sha256: hash.digest('hex') };
}

async function mustBeWorkbook(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const other = otherArchiveOf(new Set((await readZipDirectory(file)).keys()));
    if (other) throw other;
  } finally {
    await file.close();
  }
}

/** @throws InvalidInput for the header of something else. */
function readsAsHeader(reader: TableReader, row: number, cells: readonly string[]): boolean {
  const foreign = foreignFormatOf(cells);
  if (foreign) throw foreignFormat(foreign, reader.kind, isOfPackage(foreign));
  if (reader.isHeader(cells)) return true;
  if (reader.isHeader(cells.map(fromTcvn3))) throw legacyFont(row, cells.join(' ').slice(0, 60), 'TCVN3 (ABC)');
  return false;
}

/** Without the empty cells that spreadsheets leave at the end of a row. */
function trimmed(cells: readonly string[]): readonly string[] {
  let length = cells.length;
  while (length > 0 && (cells[length - 1] ?? '').trim() === '') length -= 1;
  return length === cells.length ? cells : cells.slice(0, length);
}

interface TableState {
  take(row: SheetRow): Promise<void> | void;
  end(): Promise<void>;
}

/** Finds the header, gathers the rows below it, and hands them on in batches. */
function createTable(
  reader: TableReader,
  bytesRead: () => number,
  of: Pick<Head, 'sheet' | 'sheets' | 'serials'>,
): TableState {
  let header: SheetRow | undefined;
  let isHeadTold = false;
  let titles: SheetRow[] = [];
  let batch: SheetRow[] = [];
  const flush = async () => {
    if (!header) return;
    if (!isHeadTold) {
      isHeadTold = true;
      reader.onHead({ ...header, ...of, sample: batch.slice(0, sampleRows) });
    }
    const rows = batch;
    batch = [];
    if (rows.length > 0) await reader.onRows(rows, bytesRead());
  };
  /** @throws InvalidInput `roster/no-header` */
  const guess = () => {
    const [widest] = titles.toSorted((one, other) => other.cells.length - one.cells.length);
    if (!reader.guesses || !widest || widest.cells.length < 2) throw noHeader(reader.kind, reader.example);
    header = widest;
    batch = titles.filter(({ row }) => row > widest.row);
    titles = [];
  };
  return {
    take({ row, cells: all }) {
      const cells = trimmed(all);
      if (cells.length > mostColumns) throw tooManyColumns(row);
      if (row > mostRosterRows + mostTitleRows) throw tooLarge();
      if (cells.length === 0) return;
      if (!header) {
        const isIt = reader.headerRow === undefined ? readsAsHeader(reader, row, cells) : row === reader.headerRow;
        if (isIt) header = { row, cells };
        else titles.push({ row, cells });
        if (!header && titles.length >= mostTitleRows) guess();
        return;
      }
      batch.push({ row, cells });
      if (batch.length >= rowsAtOnce) return flush();
    },
    async end() {
      if (!header) guess();
      await flush();
    },
  };
}
