import { decodeStructureStream } from './filters.ts';
import type { Budget } from './limits.ts';
import { MalformedPdf, PdfBeyondLimits } from './malformed.ts';
import { as, integerOf, nameOf, type PdfDictionary, type PdfStream } from './object.ts';
import { Parser } from './parser.ts';

/** Where an object is, as one revision says. */
export type XrefEntry =
  | { readonly type: 'free' }
  | { readonly type: 'offset'; readonly offset: number; readonly generation: number }
  | { readonly type: 'compressed'; readonly stream: number; readonly index: number };

/** Where a section stands, although the file says one of the line ends before it (ISO 32000-1 §7.5.5 is read so by all). */
function afterBlanks(bytes: Buffer, offset: number): number {
  let at = offset;
  while (at < bytes.length && at < offset + mostBlanks && blanks.has(bytes[at] ?? 0)) at += 1;
  return at;
}

const blanks = new Set([0x00, 0x09, 0x0a, 0x0c, 0x0d, 0x20]);
const mostBlanks = 16;

/** One cross-reference section as it stands in the file (ISO 32000-1 §7.5.4, §7.5.8). */
export interface XrefSection {
  readonly kind: 'table' | 'stream';
  readonly offset: number;
  readonly entries: Map<number, XrefEntry>;
  /** Of a hybrid section: what only its stream lists, to be looked up after the table (ISO 32000-1 §7.5.8.4). */
  readonly hidden: ReadonlyMap<number, XrefEntry>;
  readonly trailer: PdfDictionary;
  /** The number after the `startxref` that closes this section. */
  readonly startxref: number;
  /** After `%%EOF`, without the line end. */
  readonly end: number;
}

/** Every section, newest first, by following /Prev. */
export function readSections(bytes: Buffer, budget: Budget): XrefSection[] {
  const sections: XrefSection[] = [];
  const seen = new Set<number>();
  let offset: number | undefined = lastStartxref(bytes);
  let objects = 0;
  while (offset !== undefined) {
    if (seen.has(offset)) throw new MalformedPdf('a circle of /Prev');
    if (seen.size >= budget.limits.maxRevisions) throw new PdfBeyondLimits('too many revisions');
    seen.add(offset);
    const section = readSection(bytes, offset, budget);
    objects += section.entries.size;
    if (objects > budget.limits.maxObjects) throw new PdfBeyondLimits('too many objects');
    sections.push(section);
    const previous = section.trailer.entries.get('Prev');
    if (previous !== undefined && integerOf(previous) === undefined) throw new MalformedPdf('/Prev is no integer');
    offset = integerOf(previous);
  }
  return sections;
}

function lastStartxref(bytes: Buffer): number {
  const tail = bytes.toString('latin1', Math.max(0, bytes.length - 1024));
  // The end, and nothing but white space behind it.
  const match = /startxref[ \t]*(?:\r\n|\r|\n)[ \t]*(\d{1,10})[ \t]*(?:\r\n|\r|\n)%%EOF[\0\t\n\f\r ]*$/u.exec(tail);
  if (!match?.[1]) throw new MalformedPdf('no startxref and %%EOF at the end');
  return Number(match[1]);
}

function readSection(bytes: Buffer, offset: number, budget: Budget): XrefSection {
  if (offset >= bytes.length) throw new MalformedPdf('cross-reference beyond the end');
  const start = afterBlanks(bytes, offset);
  const parser = new Parser(bytes, start, budget);
  const isTable = bytes.toString('latin1', start, start + 4) === 'xref';
  const section = isTable ? readTable(parser, budget) : readStream(parser, budget);
  parser.keyword('startxref');
  const startxref = parser.integer();
  // A comment to the tokenizer, so it is read by its bytes.
  const eof = bytes.indexOf('%%EOF', parser.position, 'latin1');
  if (
    eof < 0 ||
    !/^[\0\t\n\f\r ]+$/u.test(bytes.toString('latin1', parser.position, Math.min(eof, parser.position + 64)))
  ) {
    throw new MalformedPdf('no %%EOF after startxref');
  }
  return { ...section, offset, startxref, end: eof + 5 };
}

type Read = Pick<XrefSection, 'kind' | 'entries' | 'hidden' | 'trailer'>;

function readTable(parser: Parser, budget: Budget): Read {
  parser.keyword('xref');
  const entries = new Map<number, XrefEntry>();
  while (!parser.tryKeyword('trailer')) {
    const first = parser.integer();
    const count = parser.integer();
    if (first + count > 10_000_000 || count > budget.limits.maxObjects) throw new PdfBeyondLimits('too many objects');
    parser.skip();
    for (let index = 0; index < count; index++) {
      const entry = readTableEntry(parser.bytes, parser.position);
      if (!entry) parser.fail('bad cross-reference entry');
      // The head of the free list is object 0: some readers count from there, whatever the table says.
      if (first + index === 1 && isHeadOfFree(parser.bytes, parser.position))
        parser.fail('a table that starts at object 1');
      parser.position += 20;
      if (entries.has(first + index)) parser.fail(`object ${first + index} twice in one cross-reference table`);
      entries.set(first + index, entry);
    }
  }
  const trailer = as('dictionary', parser.object());
  if (!trailer) parser.fail('no trailer dictionary');
  const hybrid = trailer.entries.get('XRefStm');
  const hidden = hybrid === undefined ? new Map() : readHidden(parser, integerOf(hybrid), entries, budget);
  return { kind: 'table', entries, hidden, trailer };
}

/** `nnnnnnnnnn ggggg n` or `f` and an end of line of two bytes (ISO 32000-1 §7.5.4); undefined for anything else. */
function readTableEntry(bytes: Buffer, at: number): XrefEntry | undefined {
  const offset = digits(bytes, at, 10);
  const generation = digits(bytes, at + 11, 5);
  const isSpaced = bytes[at + 10] === 0x20 && bytes[at + 16] === 0x20;
  const [last, end] = [bytes[at + 18], bytes[at + 19]];
  const isEnded = (last === 0x20 && (end === 0x0d || end === 0x0a)) || (last === 0x0d && end === 0x0a);
  if (offset === undefined || generation === undefined || !isSpaced || !isEnded) return undefined;
  if (bytes[at + 17] === 0x66) return { type: 'free' };
  return bytes[at + 17] === 0x6e ? { type: 'offset', offset, generation } : undefined;
}

const isHeadOfFree = (bytes: Buffer, at: number) => bytes.toString('latin1', at + 11, at + 18) === '65535 f';

function digits(bytes: Buffer, at: number, count: number): number | undefined {
  let value = 0;
  for (let index = at; index < at + count; index++) {
    const digit = (bytes[index] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

/** What a hybrid section's stream lists beside its table: the table goes first, also where it lists an object otherwise. */
function readHidden(
  parser: Parser,
  offset: number | undefined,
  entries: ReadonlyMap<number, XrefEntry>,
  budget: Budget,
): Map<number, XrefEntry> {
  if (offset === undefined || offset >= parser.bytes.length) parser.fail('bad /XRefStm');
  const stream = readStream(new Parser(parser.bytes, offset, budget), budget);
  const isOpen = (number: number) => (entries.get(number)?.type ?? 'free') === 'free';
  return new Map([...stream.entries].filter(([number]) => isOpen(number)));
}

function readStream(parser: Parser, budget: Budget): Read {
  parser.integer();
  parser.integer();
  parser.keyword('obj');
  const trailer = as('dictionary', parser.object());
  if (!trailer || nameOf(trailer.entries.get('Type')) !== 'XRef') parser.fail('no cross-reference where one should be');
  // Nothing can be looked up yet, so its length stands in it (ISO 32000-1 §7.5.8.2).
  const length = integerOf(trailer.entries.get('Length'));
  const stream = readStreamData(parser, trailer, length);
  parser.keyword('endobj');
  const entries = streamEntries(decodeStructureStream(stream, budget), trailer, budget);
  return { kind: 'stream', entries, hidden: new Map(), trailer };
}

function streamEntries(content: Buffer, dictionary: PdfDictionary, budget: Budget): Map<number, XrefEntry> {
  const integers = (key: string) =>
    as('array', dictionary.entries.get(key))?.items.map((item) => integerOf(item) ?? -1);
  const [typeWidth = -1, secondWidth = -1, thirdWidth = -1, ...more] = integers('W') ?? [];
  const isSane = [typeWidth, secondWidth, thirdWidth].every((width) => width >= 0 && width <= 8) && more.length === 0;
  const rowLength = typeWidth + secondWidth + thirdWidth;
  if (!isSane || rowLength === 0) throw new MalformedPdf('bad /W');
  const size = integerOf(dictionary.entries.get('Size')) ?? -1;
  const index = integers('Index') ?? [0, size];
  // Some write eight bytes always; what does not fit into 48 bits is no offset in any file.
  const field = (at: number, width: number) =>
    content.subarray(at, at + width).reduce((value, byte) => value * 256 + byte, 0);
  const entries = new Map<number, XrefEntry>();
  let at = 0;
  for (let part = 0; part < index.length; part += 2) {
    const first = index[part] ?? -1;
    const count = index[part + 1] ?? -1;
    if (first < 0 || count < 0) throw new MalformedPdf('bad /Index');
    if (entries.size + count > budget.limits.maxObjects) throw new PdfBeyondLimits('too many objects');
    for (let number = first; number < first + count; number++, at += rowLength) {
      if (at + rowLength > content.length) throw new MalformedPdf('cross-reference stream too short');
      if (entries.has(number)) throw new MalformedPdf(`object ${number} twice in one cross-reference`);
      const type = typeWidth === 0 ? 1 : field(at, typeWidth);
      const second = field(at + typeWidth, secondWidth);
      const third = field(at + typeWidth + secondWidth, thirdWidth);
      if (type === 0) entries.set(number, { type: 'free' });
      else if (type === 1) entries.set(number, { type: 'offset', offset: second, generation: third });
      else if (type === 2) entries.set(number, { type: 'compressed', stream: second, index: third });
      else throw new MalformedPdf(`cross-reference entry of type ${type}`);
    }
  }
  if (at !== content.length) throw new MalformedPdf('cross-reference stream too long');
  return entries;
}

/** The data behind a stream's dictionary, from `stream` to `endstream` (ISO 32000-1 §7.3.8). Strict about its length. */
export function readStreamData(parser: Parser, dictionary: PdfDictionary, length: number | undefined): PdfStream {
  parser.keyword('stream');
  if (parser.bytes[parser.position] === 0x0d) parser.position++;
  if (parser.bytes[parser.position] !== 0x0a) parser.fail('no line end after "stream"');
  parser.position++;
  if (length === undefined || length < 0 || parser.position + length > parser.bytes.length) parser.fail('bad /Length');
  const data = parser.bytes.subarray(parser.position, parser.position + length);
  parser.position += length;
  const next = parser.bytes.toString('latin1', parser.position, parser.position + 11);
  const match = /^(?:\r\n|\r|\n)?endstream/u.exec(next);
  if (!match) parser.fail('no "endstream" where /Length says');
  parser.position += match[0].length;
  if (dictionary.entries.has('F')) parser.fail('a stream in another file');
  return { kind: 'stream', dictionary, data };
}
