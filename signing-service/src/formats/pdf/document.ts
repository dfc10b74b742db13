import { type Decrypt, openEncryption } from './encryption.ts';
import { decodeStructureStream } from './filters.ts';
import { Budget, defaultLimits, type PdfLimits } from './limits.ts';
import { EncryptedPdf, MalformedPdf, NotAPdf, PdfBeyondLimits } from './malformed.ts';
import { as, integerOf, nameOf, type PdfDictionary, type PdfObject, sameObject } from './object.ts';
import { Parser } from './parser.ts';
import { readSections, readStreamData, type XrefEntry, type XrefSection } from './xref.ts';

/** What one saving of the file added: its own cross-reference, and the bytes up to its `%%EOF`. */
export interface Revision {
  readonly kind: 'table' | 'stream';
  /** Where the previous revision ended (after its `%%EOF`), 0 for the first. */
  readonly start: number;
  /** After `%%EOF`, without the line end. */
  readonly end: number;
  /** Offset of its cross-reference section, as `startxref` gives it. */
  readonly xrefOffset: number;
  readonly entries: ReadonlyMap<number, XrefEntry>;
  readonly trailer: PdfDictionary;
}

/** An object of the file and the bytes that it takes, from its number to `endobj`. */
export interface PlacedObject {
  readonly object: PdfObject;
  readonly start: number;
  readonly end: number;
}

/** A PDF read strictly, revision by revision (ISO 32000-1 §7.5.6). */
export interface PdfFile {
  readonly bytes: Buffer;
  /** Oldest first. */
  readonly revisions: readonly Revision[];
  readonly current: PdfView;
  /** The document as it was after the revision of this index. */
  at(revision: number): PdfView;
  /** Reads the object that stands at an offset, no matter what refers to it. */
  placedAt(offset: number, number: number, generation: number, view: PdfView): PlacedObject;
}

/** The document as one revision left it. */
export interface PdfView {
  readonly revision: number;
  readonly trailer: PdfDictionary;
  /** One more than the highest object number. */
  readonly size: number;
  /** `undefined` for a number that never was used. */
  entry(number: number): XrefEntry | undefined;
  /** The object, `null` when there is none (ISO 32000-1 §7.3.10). */
  get(number: number, generation?: number): PdfObject;
  /** Follows a reference to what is no reference. */
  resolve(value: PdfObject | undefined): PdfObject;
  dictionary(value: PdfObject | undefined): PdfDictionary | undefined;
  array(value: PdfObject | undefined): readonly PdfObject[] | undefined;
  /** Every object number in use. */
  numbers(): Set<number>;
}

export interface OpenOptions {
  readonly limits?: PdfLimits;
  /** With it, if only the empty one, encrypted files are read; without it they are refused, as nothing can be added to them. */
  readonly password?: string | undefined;
}

/**
 * Reads a PDF's structure; objects are read when they are asked for.
 *
 * Throws `NotAPdf`, `MalformedPdf` for what breaks the rules or could be read in two ways, `EncryptedPdf` where the
 * password does not open the file, and `PdfBeyondLimits`.
 */
export function openPdf(input: Uint8Array, { limits = defaultLimits, password }: OpenOptions = {}): PdfFile {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (!/^%PDF-[12]\.\d/u.test(bytes.toString('latin1', 0, 8))) throw new NotAPdf();
  if (bytes.length > limits.maxBytes) throw new PdfBeyondLimits('too many bytes');
  const budget = new Budget(limits);
  const revisions = groupSections(readSections(bytes, budget));
  let decrypt: Decrypt = (object) => object; // until the dictionary that says how is read, which is plain itself
  const placed = new Map<number, PlacedObject>();
  const placedAt = (offset: number, number: number, generation: number, view: PdfView): PlacedObject => {
    const known = placed.get(offset);
    const found = known ?? readPlaced(bytes, offset, number, generation, view, budget);
    if (!known) placed.set(offset, { ...found, object: decrypt(found.object, number, generation) });
    else checkHeader(new Parser(bytes, offset, budget), number, generation);
    return placed.get(offset) ?? found;
  };
  const views = new Map<number, PdfView>();
  const at = (revision: number): PdfView => {
    const known = views.get(revision);
    if (known) return known;
    const view = createView(revisions, revision, placedAt, budget);
    views.set(revision, view);
    return view;
  };
  const encrypt = encryptionOf(revisions, at);
  if (encrypt && password === undefined) throw new EncryptedPdf();
  if (encrypt) decrypt = openEncryption(encrypt.dictionary, encrypt.id, password ?? '', budget);
  return { bytes, revisions, current: at(revisions.length - 1), at, placedAt };
}

/** How the file is encrypted: every revision alike, since one reader would otherwise show what another cannot. */
function encryptionOf(revisions: readonly Revision[], at: PdfFile['at']) {
  const [first, ...later] = revisions.map(({ trailer }) => trailer.entries.get('Encrypt'));
  if (later.some((entry) => entry !== first && !sameObject(entry, first)))
    throw new MalformedPdf('revisions are encrypted in different ways');
  if (first === undefined) return undefined;
  const dictionary = at(0).dictionary(first);
  if (!dictionary || !sameObject(dictionary, at(revisions.length - 1).dictionary(first)))
    throw new MalformedPdf('no dictionary of the encryption, or two');
  const [id] = as('array', revisions[0]?.trailer.entries.get('ID'))?.items ?? [];
  return { dictionary, id: as('string', id)?.bytes ?? Buffer.alloc(0) };
}

/** One revision a section, but for linearized files, whose first page has a section of its own at the front (ISO 32000-1 annex F). */
function groupSections(newestFirst: readonly XrefSection[]): Revision[] {
  const revisions: Revision[] = [];
  for (let index = 0; index < newestFirst.length; index++) {
    const section = newestFirst[index];
    if (!section) break;
    const main = newestFirst[index + 1];
    let { end } = section;
    const entries = new Map(section.entries);
    if (section.startxref !== section.offset) {
      const isLinearized = section.startxref === 0 && main?.startxref === section.offset;
      if (!isLinearized || main.offset < section.offset || index + 2 !== newestFirst.length)
        throw new MalformedPdf('startxref leads elsewhere');
      for (const [number, entry] of main.entries) if (!entries.has(number)) entries.set(number, entry);
      end = main.end;
      index++;
    }
    addHidden(entries, section, newestFirst.slice(index + 1));
    revisions.unshift({
      kind: section.kind,
      start: 0,
      end,
      xrefOffset: section.offset,
      entries,
      trailer: section.trailer,
    });
  }
  return revisions.map((revision, index) => {
    const start = revisions[index - 1]?.end ?? 0;
    // A later revision lies behind the earlier ones: otherwise what was signed could refer to what came after.
    if (index > 0 && revision.xrefOffset < start) throw new MalformedPdf('revisions out of order');
    for (const [number, entry] of revision.entries) {
      const isBeyond = entry.type === 'offset' && entry.offset >= revision.end;
      if (isBeyond) throw new MalformedPdf(`object ${number} behind the revision that lists it`);
    }
    return { ...revision, start };
  });
}

/**
 * The objects that a hybrid section's stream lists. Programs that sign keep `/XRefStm` of an earlier revision in their own
 * trailer: what an older section says just the same is left to it; where an older section says otherwise, one reader would
 * show another object than the next.
 */
function addHidden(entries: Map<number, XrefEntry>, { hidden }: XrefSection, older: readonly XrefSection[]): void {
  for (const [number, entry] of hidden) {
    const known = older.flatMap((section) => section.entries.get(number) ?? section.hidden.get(number) ?? []);
    const isOlder = older.some((section) => section.hidden.has(number));
    const [newest] = known.filter(({ type }) => type !== 'free');
    if (entry.type === 'free') continue;
    if (!newest || !isOlder) entries.set(number, entry);
    else if (!isSamePlace(newest, entry))
      throw new MalformedPdf(`object ${number} in two parts of a hybrid cross-reference`);
  }
}

function isSamePlace(a: XrefEntry, b: XrefEntry): boolean {
  if (a.type === 'offset' && b.type === 'offset') return a.offset === b.offset && a.generation === b.generation;
  return a.type === 'compressed' && b.type === 'compressed' && a.stream === b.stream && a.index === b.index;
}

function checkHeader(parser: Parser, number: number, generation: number): void {
  const isThere = parser.integer() === number && parser.integer(5) === generation && parser.tryKeyword('obj');
  if (!isThere) throw new MalformedPdf(`object ${number} ${generation} is not where the cross-reference says`);
}

function readPlaced(
  bytes: Buffer,
  offset: number,
  number: number,
  generation: number,
  view: PdfView,
  budget: Budget,
): PlacedObject {
  if (offset >= bytes.length) throw new MalformedPdf(`object ${number} beyond the end`);
  const parser = new Parser(bytes, offset, budget);
  parser.skip();
  const start = parser.position;
  checkHeader(parser, number, generation);
  let object = parser.object();
  parser.skip();
  if (bytes.toString('latin1', parser.position, parser.position + 6) === 'stream') {
    const dictionary = as('dictionary', object);
    if (!dictionary) throw new MalformedPdf(`object ${number} is a stream without a dictionary`);
    const lengthEntry = dictionary.entries.get('Length');
    if (as('reference', lengthEntry)?.number === number) parser.fail('bad /Length');
    object = readStreamData(parser, dictionary, integerOf(view.resolve(lengthEntry)));
  }
  parser.keyword('endobj');
  return { object, start, end: parser.position };
}

function createView(
  revisions: readonly Revision[],
  index: number,
  placedAt: PdfFile['placedAt'],
  budget: Budget,
): PdfView {
  const newest = revisions[index];
  if (!newest) throw new RangeError('no such revision');
  const visible = revisions.slice(0, index + 1).reverse();
  const containers = new Map<number, ReadonlyMap<number, { readonly number: number; readonly object: PdfObject }>>();
  const resolving = new Set<number>();
  const view: PdfView = {
    revision: index,
    trailer: newest.trailer,
    size: 0,
    entry: (number) => {
      for (const revision of visible) {
        const entry = revision.entries.get(number);
        if (entry) return entry;
      }
      return undefined;
    },
    get: (number, generation = 0) => {
      const entry = view.entry(number);
      if (!entry || entry.type === 'free') return null;
      if (entry.type === 'compressed')
        return generation === 0 ? fromContainer(entry.stream, entry.index, number) : null;
      if (entry.generation !== generation) return null;
      // An indirect /Length may lead back to the stream that it belongs to.
      if (resolving.has(number)) throw new MalformedPdf(`object ${number} needs itself`);
      resolving.add(number);
      try {
        const found = placedAt(entry.offset, number, generation, view);
        if (found.end > newest.end) throw new MalformedPdf(`object ${number} reaches into a later revision`);
        return found.object;
      } finally {
        resolving.delete(number);
      }
    },
    resolve: (value) => {
      let found = value ?? null;
      for (let hops = 0; hops < 16; hops++) {
        const link = as('reference', found);
        if (!link) return found;
        found = view.get(link.number, link.generation);
      }
      throw new MalformedPdf('a circle of references');
    },
    dictionary: (value) => as('dictionary', view.resolve(value)),
    array: (value) => as('array', view.resolve(value))?.items,
    numbers: () => {
      const all = new Set<number>();
      for (const { entries } of visible) for (const number of entries.keys()) all.add(number);
      for (const number of all) if ((view.entry(number)?.type ?? 'free') === 'free') all.delete(number);
      return all;
    },
  };
  function fromContainer(stream: number, position: number, number: number): PdfObject {
    const known = containers.get(stream);
    const objects = known ?? readContainer(stream);
    if (!known) containers.set(stream, objects);
    const found = objects.get(position);
    if (found?.number !== number) throw new MalformedPdf(`object ${number} is not in object stream ${stream}`);
    return found.object;
  }
  function readContainer(number: number) {
    // Only a directly placed stream: so object streams cannot lie in each other or go in circles (§7.5.7).
    const entry = view.entry(number);
    const stream = entry?.type === 'offset' ? as('stream', view.get(number, entry.generation)) : undefined;
    if (!stream || nameOf(stream.dictionary.entries.get('Type')) !== 'ObjStm') {
      throw new MalformedPdf(`object stream ${number} is missing`);
    }
    return readObjectStream(stream.dictionary, decodeStructureStream(stream, budget), number, budget);
  }
  let size = 0;
  for (const { entries } of visible) for (const number of entries.keys()) size = Math.max(size, number + 1);
  return Object.assign(view, { size });
}

function readObjectStream(dictionary: PdfDictionary, content: Buffer, number: number, budget: Budget) {
  const count = integerOf(dictionary.entries.get('N')) ?? -1;
  const first = integerOf(dictionary.entries.get('First')) ?? -1;
  if (count < 0 || first < 0 || first > content.length) throw new MalformedPdf(`object stream ${number}`);
  if (count > budget.limits.maxObjects) throw new PdfBeyondLimits('too many objects');
  const header = new Parser(content.subarray(0, first), 0, budget, false);
  const objects = new Map<number, { readonly number: number; readonly object: PdfObject }>();
  for (let index = 0; index < count; index++) {
    const inner = header.integer();
    const offset = header.integer();
    if (first + offset > content.length) throw new MalformedPdf(`object stream ${number}`);
    const parser = new Parser(content, first + offset, budget, false);
    objects.set(index, { number: inner, object: parser.object() });
  }
  return objects;
}
