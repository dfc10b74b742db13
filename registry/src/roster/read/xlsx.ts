import { type FileHandle, open } from 'node:fs/promises';
import { posix } from 'node:path';
import { EduTrustError } from '@edutrust/platform/errors';
import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { badWorkbook, mostColumns, mostRosterRows, mostTitleRows, tooLarge, tooManyColumns } from './refusals.ts';
import type { SheetRow } from './row.ts';
import { readZipDirectory, readZipEntry, type ZipEntry } from './zip.ts';

/** Characters of shared strings, all together. */
const mostSharedText = 200 * 1024 * 1024;
/** A part that is read whole: workbook, styles, relations. */
const largestSmallPart = 32 * 1024 * 1024;

export interface Workbook {
  /** Those that people see, in their order. */
  readonly sheets: readonly string[];
  /** Whether days are counted from 1904, as old Macs do (ECMA-376 part 1, 18.17.4.1). */
  readonly from1904: boolean;
  /** Rows of a sheet from its top; false from `onRow` ends the reading. */
  readSheet(name: string, onRow: (row: SheetRow) => Promise<boolean> | boolean): Promise<void>;
}

/**
 * Opens a SpreadsheetML workbook (ECMA-376). Declared dimensions are not believed, every cell says where it stands;
 * formats decide what is a date; nothing is computed, fetched or expanded.
 *
 * @throws InvalidInput `roster/bad-workbook`, `roster/too-many-columns`; TooLarge.
 */
export async function withWorkbook<Result>(
  path: string,
  work: (workbook: Workbook) => Promise<Result>,
): Promise<Result> {
  const file = await open(path, 'r');
  try {
    return await work(await openWorkbook(file));
  } catch (error) {
    throw error instanceof XmlFault ? badWorkbook(error) : error;
  } finally {
    await file.close();
  }
}

/** What the XML reader found wrong. */
class XmlFault extends Error {}

async function openWorkbook(file: FileHandle): Promise<Workbook> {
  const entries = await readZipDirectory(file);
  const root = await relationsOf(file, entries, '');
  const workbookPath = root.find(({ type }) => type === 'officeDocument')?.target ?? 'xl/workbook.xml';
  const relations = await relationsOf(file, entries, workbookPath);
  const pathOf = (kind: string) => relations.find(({ type }) => type === kind)?.target;
  const sheets: { name: string; path: string }[] = [];
  let from1904 = false;
  await readXml(file, must(entries, workbookPath), {
    open: ({ name, attributes }) => {
      if (name === 'workbookPr') from1904 = ['1', 'true'].includes(attributes.date1904 ?? '');
      if (name !== 'sheet' || (attributes.state ?? 'visible') !== 'visible') return;
      const target = relations.find(({ id, type }) => id === attributes.id && type === 'worksheet')?.target;
      if (target) sheets.push({ name: attributes.name ?? '', path: target });
    },
  });
  const dateStyles = await readDateStyles(file, entries.get(pathOf('styles') ?? ''));
  const strings = await readSharedStrings(file, entries.get(pathOf('sharedStrings') ?? ''));
  return {
    sheets: sheets.map(({ name }) => name),
    from1904,
    readSheet: async (name, onRow) => {
      const sheet = sheets.find((one) => one.name === name);
      if (!sheet) throw badWorkbook();
      await readRows(file, must(entries, sheet.path), { strings, dateStyles, from1904 }, onRow);
    },
  };
}

function must(entries: ReadonlyMap<string, ZipEntry>, path: string): ZipEntry {
  const entry = entries.get(path);
  if (!entry) throw badWorkbook();
  return entry;
}

interface Relation {
  readonly id: string;
  /** The last word of its type: `worksheet`, `styles`, … */
  readonly type: string;
  /** The part's path in the archive. */
  readonly target: string;
}

/** The relations of a part (ECMA-376 part 2, 9.3). */
async function relationsOf(
  file: FileHandle,
  entries: ReadonlyMap<string, ZipEntry>,
  part: string,
): Promise<readonly Relation[]> {
  const folder = part === '' ? '' : posix.dirname(part);
  const entry = entries.get(posix.join(folder, '_rels', `${posix.basename(part)}.rels`));
  const found: Relation[] = [];
  if (!entry) return found;
  await readXml(file, entry, {
    open: ({ name, attributes }) => {
      if (name !== 'Relationship') return;
      const { Id: id = '', Type: type = '', Target: target = '' } = attributes;
      const path = target.startsWith('/') ? target.slice(1) : posix.join(folder, target);
      found.push({ id, type: type.split('/').at(-1) ?? '', target: path });
    },
  });
  return found;
}

interface Handlers {
  /** Names and attributes without their prefix. */
  open?(tag: { readonly name: string; readonly attributes: Readonly<Record<string, string>> }): void;
  close?(name: string): void;
  text?(text: string): void;
  /** After each piece of the file; false ends the reading. */
  pause?(): Promise<boolean> | boolean;
}

const local = (name: string) => name.slice(name.indexOf(':') + 1);

/** XML without a document type: no entities of its own, so nothing expands. */
async function readXml(
  file: FileHandle,
  entry: ZipEntry,
  { open: onOpen, close, text, pause }: Handlers,
  largest: number | undefined = largestSmallPart,
): Promise<void> {
  const parser = new SaxesParser();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const stop = new XmlFault('enough');
  parser.on('doctype', () => {
    throw new XmlFault('a document type');
  });
  parser.on('error', (error) => {
    throw new XmlFault(error.message);
  });
  parser.on('opentag', (tag: SaxesTagPlain) => {
    const attributes: Record<string, string> = {};
    for (const key in tag.attributes) attributes[local(key)] = tag.attributes[key] ?? '';
    onOpen?.({ name: local(tag.name), attributes });
  });
  parser.on('closetag', (tag) => close?.(local(tag.name)));
  if (text) {
    parser.on('text', text);
    parser.on('cdata', text);
  }
  const feed = async (piece: string) => {
    parser.write(piece);
    if (pause && (await pause()) === false) throw stop;
  };
  try {
    await readZipEntry(file, entry, (bytes) => feed(decoder.decode(bytes, { stream: true })), largest);
    await feed(decoder.decode());
    parser.close();
  } catch (error) {
    if (error === stop) return;
    if (error instanceof XmlFault || error instanceof EduTrustError) throw error;
    if (error instanceof TypeError) throw new XmlFault('no UTF-8', { cause: error });
    throw error;
  }
}

/** Formats that Excel knows by number and that show a day (ECMA-376 part 1, 18.8.30). */
const isBuiltInDate = (id: number) =>
  (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);

/** Whether each cell style shows a date. */
async function readDateStyles(file: FileHandle, entry: ZipEntry | undefined): Promise<readonly boolean[]> {
  const styles: boolean[] = [];
  if (!entry) return styles;
  const custom = new Map<number, boolean>();
  let isInCellStyles = false;
  await readXml(file, entry, {
    open: ({ name, attributes }) => {
      if (name === 'numFmt') {
        const code = (attributes.formatCode ?? '').replaceAll(/"[^"]*"|\\.|\[[^\]]*\]|_.|\*./g, '');
        custom.set(Number(attributes.numFmtId), /[dy]/i.test(code) && !/[#0?]/.test(code.replaceAll(/[dmyhs]/gi, '')));
      }
      if (name === 'cellXfs') isInCellStyles = true;
      if (name === 'xf' && isInCellStyles) {
        const id = Number(attributes.numFmtId ?? 0);
        styles.push(custom.get(id) ?? isBuiltInDate(id));
      }
    },
    close: (name) => {
      if (name === 'cellXfs') isInCellStyles = false;
    },
  });
  return styles;
}

async function readSharedStrings(file: FileHandle, entry: ZipEntry | undefined): Promise<readonly string[]> {
  const strings: string[] = [];
  if (!entry) return strings;
  let one = '';
  let total = 0;
  let isText = false;
  let phonetic = 0; // how to pronounce it, not what it says
  await readXml(
    file,
    entry,
    {
      open: ({ name }) => {
        if (name === 'si') one = '';
        if (name === 'rPh') phonetic += 1;
        isText = name === 't' && phonetic === 0;
      },
      text: (text) => {
        if (isText) one += text;
      },
      close: (name) => {
        isText = false;
        if (name === 'rPh') phonetic -= 1;
        if (name !== 'si') return;
        total += one.length;
        if (total > mostSharedText) throw tooLarge();
        strings.push(unescapeText(one));
      },
    },
    undefined,
  );
  return strings;
}

/** `_x000D_` as SpreadsheetML writes characters that XML cannot hold (ECMA-376 part 1, 22.4.2.4). */
function unescapeText(text: string): string {
  return text.includes('_x')
    ? text.replaceAll(/_x([0-9A-Fa-f]{4})_/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text;
}

interface CellMeaning {
  readonly strings: readonly string[];
  readonly dateStyles: readonly boolean[];
  readonly from1904: boolean;
}

async function readRows(
  file: FileHandle,
  entry: ZipEntry,
  meaning: CellMeaning,
  onRow: (row: SheetRow) => Promise<boolean> | boolean,
): Promise<void> {
  let rows: SheetRow[] = [];
  let row = 0;
  let cells: string[] = [];
  let column = -1;
  let type = '';
  let style = 0;
  let value = '';
  let isValue = false;
  const put = (text: string) => {
    if (text === '') return;
    if (column >= mostColumns) throw tooManyColumns(row);
    while (cells.length < column) cells.push('');
    cells[column] = text;
  };
  await readXml(
    file,
    entry,
    {
      open: ({ name, attributes }) => {
        if (name === 'row') {
          row = attributes.r ? Number(attributes.r) : row + 1;
          if (!Number.isSafeInteger(row) || row > mostRosterRows + mostTitleRows) throw tooLarge();
          cells = [];
          column = -1;
        } else if (name === 'c') {
          column = attributes.r ? columnOf(attributes.r) : column + 1;
          type = attributes.t ?? 'n';
          style = Number(attributes.s ?? 0);
          value = '';
        }
        isValue = name === 'v' || name === 't';
      },
      text: (text) => {
        if (isValue) value += text;
      },
      close: (name) => {
        isValue = false;
        if (name === 'c') put(cellText(value, type, style, meaning));
        else if (name === 'row') rows.push({ row, cells });
      },
      pause: async () => {
        const ready = rows;
        rows = [];
        for (const one of ready) if ((await onRow(one)) === false) return false;
        return true;
      },
    },
    undefined,
  );
}

/** `BS4` → 70. */
function columnOf(reference: string): number {
  let column = 0;
  for (const letter of reference) {
    const digit = letter.charCodeAt(0) - 64;
    if (digit < 1 || digit > 26) break;
    column = column * 26 + digit;
  }
  return column - 1;
}

function cellText(value: string, type: string, style: number, { strings, dateStyles, from1904 }: CellMeaning): string {
  if (type === 's') return strings[Number(value)] ?? '';
  if (type === 'n') {
    if (value === '') return '';
    const number = Number(value);
    if (!Number.isFinite(number)) return value;
    if (dateStyles[style]) return dayOfSerial(number, from1904) ?? value;
    // A code that Excel took for a number: 7988000001, never 7.988000001E9 or 7988000001.0.
    return Number.isSafeInteger(number) ? number.toFixed(0) : String(number);
  }
  if (type === 'd') return value.slice(0, 10);
  if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE';
  return unescapeText(value);
}

/** The day that a spreadsheet counts, `YYYY-MM-DD`; undefined outside of 1900–2100 (ECMA-376 part 1, 18.17.4.1). */
export function dayOfSerial(serial: number, from1904: boolean): string | undefined {
  const days = Math.floor(serial) + (from1904 ? 1462 : 0);
  if (days < 61 || days > 73_415) return undefined; // before 1 March 1900 the count has a day that never was
  return new Date(Date.UTC(1899, 11, 30) + days * 86_400_000).toISOString().slice(0, 10);
}
