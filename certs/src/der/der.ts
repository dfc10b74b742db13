/**
 * DER (ITU-T X.690 §10) by hand: a writer for what we make, a strict reader for what we are given. The reader refuses
 * everything that is BER but not DER, and works within a budget, so that no input takes more than its size deserves.
 */

export class DerError extends Error {
  override readonly name = 'DerError';
}

export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

// ————— writing —————

export function element(tagByte: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.of(tagByte), encodeLength(length), ...contents]);
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.of(0x80 | bytes.length, ...bytes);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => element(tag.sequence, ...parts);
/** SET OF: the elements in the order that DER wants (X.690 §11.6). */
export const setOf = (...parts: readonly Uint8Array[]): Buffer => element(tag.set, ...[...parts].sort(Buffer.compare));
export const octetString = (bytes: Uint8Array): Buffer => element(tag.octetString, bytes);
export const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer =>
  element(tag.bitString, Buffer.of(unusedBits), bytes);
export const boolean = (value: boolean): Buffer => element(tag.boolean, Buffer.of(value ? 0xff : 0));
export const nullValue: Buffer = Buffer.of(tag.null, 0);
export const utf8String = (text: string): Buffer => element(tag.utf8String, Buffer.from(text, 'utf8'));
export const printableString = (text: string): Buffer => element(tag.printableString, Buffer.from(text, 'latin1'));
export const ia5String = (text: string): Buffer => element(tag.ia5String, Buffer.from(text, 'latin1'));
export const enumerated = (value: number): Buffer => element(tag.enumerated, Buffer.of(value));
/** `[n]` around the parts, tagged explicitly. */
export const explicit = (number: number, ...parts: readonly Uint8Array[]): Buffer => element(0xa0 | number, ...parts);
/** `[n]` in place of a primitive's own tag. */
export const implicit = (number: number, contents: Uint8Array): Buffer => element(0x80 | number, contents);

/** A non-negative INTEGER, from a number or from big-endian bytes. */
export function integer(value: number | Uint8Array): Buffer {
  const hex = typeof value === 'number' ? value.toString(16) : Buffer.from(value).toString('hex');
  const bytes = Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex || '00', 'hex');
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const magnitude = bytes.subarray(start);
  return element(tag.integer, ...((magnitude[0] ?? 0) & 0x80 ? [Buffer.of(0)] : []), magnitude);
}

const oidCache = new Map<string, Buffer>();

export function oid(dotted: string): Buffer {
  const known = oidCache.get(dotted);
  if (known) return known;
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt); // an arc may be a UUID (ITU-T X.667)
  const encoded = element(tag.oid, Buffer.from([first * 40n + second, ...rest].flatMap(base128)));
  oidCache.set(dotted, encoded);
  return encoded;
}

function base128(value: bigint): number[] {
  const bytes = [Number(value & 0x7fn)];
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) bytes.unshift(Number(rest & 0x7fn) | 0x80);
  return bytes;
}

const twoDigits = (value: number) => String(value).padStart(2, '0');

/** GeneralizedTime to whole seconds, `Z` (RFC 5280 §4.1.2.5.2). */
export function generalizedTime(at: Date): Buffer {
  return element(tag.generalizedTime, Buffer.from(`${at.toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`, 'latin1'));
}

/** UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5). */
export function time(at: Date): Buffer {
  const year = at.getUTCFullYear();
  if (year >= 2050 || year < 1950) return generalizedTime(at);
  const rest = at
    .toISOString()
    .replaceAll(/[-:T]|\.\d+/g, '')
    .slice(4);
  return element(tag.utcTime, Buffer.from(`${twoDigits(year % 100)}${rest}`, 'latin1'));
}

// ————— reading —————

/** What one reading may cost. */
interface Budget {
  nodes: number;
}

/** Also the most children that are held at once. */
const mostNodes = 20_000;
const deepest = 32;

/** An element of a DER encoding. Children are read when asked for, each within the one budget of the whole. */
export class DerNode {
  /** Identifier octet. */
  readonly tag: number;
  /** The contents octets. */
  readonly contents: Buffer;
  /** The whole encoding, with identifier and length. */
  readonly bytes: Buffer;
  readonly #budget: Budget;
  readonly #depth: number;

  constructor(tagByte: number, contents: Buffer, bytes: Buffer, budget: Budget, depth: number) {
    this.tag = tagByte;
    this.contents = contents;
    this.bytes = bytes;
    this.#budget = budget;
    this.#depth = depth;
  }

  get isConstructed(): boolean {
    return (this.tag & 0x20) !== 0;
  }

  children(): DerNode[] {
    const children: DerNode[] = [];
    for (const child of this.each()) {
      if (children.length === mostNodes) throw new DerError('too many elements');
      children.push(child);
    }
    return children;
  }

  /** The children one after the other, for lists that are too long to hold. */
  each(): Generator<DerNode> {
    if (!this.isConstructed) throw new DerError('not a constructed element');
    return readEach(this.contents, this.#budget, this.#depth + 1);
  }
}

/**
 * Reads exactly one element that fills the bytes.
 *
 * @param nodes how many elements may be read in it, children and theirs included
 * @throws DerError
 */
export function readDer(bytes: Uint8Array, nodes: number = mostNodes): DerNode {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [node, ...rest] = readEach(buffer, { nodes }, 0);
  if (!node || rest.length > 0) throw new DerError('not exactly one element');
  return node;
}

function* readEach(bytes: Buffer, budget: Budget, depth: number): Generator<DerNode> {
  if (depth > deepest) throw new DerError('nested too deeply');
  for (let at = 0; at < bytes.length; ) {
    budget.nodes -= 1;
    if (budget.nodes < 0) throw new DerError('too many elements');
    const tagByte = bytes[at] ?? 0;
    if ((tagByte & 0x1f) === 0x1f) throw new DerError('a high tag number, which no format of ours uses');
    const { length, start } = readLength(bytes, at + 1);
    if (length > bytes.length - start) throw new DerError('longer than its surroundings');
    const end = start + length;
    yield new DerNode(tagByte, bytes.subarray(start, end), bytes.subarray(at, end), budget, depth);
    at = end;
  }
}

function readLength(bytes: Buffer, at: number): { length: number; start: number } {
  const first = bytes[at];
  if (first === undefined) throw new DerError('no length');
  if (first < 0x80) return { length: first, start: at + 1 };
  const count = first & 0x7f;
  if (count === 0 || count > 4 || at + count >= bytes.length) throw new DerError('a length that DER does not write');
  const length = bytes.readUIntBE(at + 1, count);
  if (length < 0x80 || bytes[at + 1] === 0) throw new DerError('a length that is not the shortest');
  return { length, start: at + 1 + count };
}

/** The children of a node with this tag. */
export function childrenOf(node: DerNode | undefined, expected: number): DerNode[] {
  return expectTag(node, expected).children();
}

export function expectTag(node: DerNode | undefined, expected: number): DerNode {
  if (node?.tag !== expected)
    throw new DerError(`tag ${node?.tag.toString(16) ?? 'none'} where ${expected.toString(16)} belongs`);
  return node;
}

/** The elements of a SET OF, also with an implicit tag; DER writes them in ascending order (X.690 §11.6). */
export function readSetOf(node: DerNode): DerNode[] {
  const elements = node.children();
  const isSorted = elements.every(
    ({ bytes }, index) => index === 0 || Buffer.compare(elements[index - 1]?.bytes ?? bytes, bytes) <= 0,
  );
  if (!isSorted) throw new DerError('a set in an order that DER does not write');
  return elements;
}

export function readOid(node: DerNode | undefined): string {
  const { contents } = expectTag(node, tag.oid);
  const arcs: bigint[] = [];
  let arc = 0n;
  let arcBytes = 0;
  for (const byte of contents) {
    if (arcBytes === 0 && byte === 0x80) throw new DerError('an arc that is not the shortest');
    arcBytes += 1;
    if (arcBytes > 19) throw new DerError('an arc beyond 128 bits');
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte & 0x80) continue;
    arcs.push(arc);
    arc = 0n;
    arcBytes = 0;
  }
  const [head, ...rest] = arcs;
  if (arcBytes > 0 || head === undefined) throw new DerError('an object identifier that ends early');
  const root = head < 80n ? head / 40n : 2n;
  return [root, head - root * 40n, ...rest].join('.');
}

/** The contents of an INTEGER, two’s complement; longer than needed is refused. */
export function readInteger(node: DerNode | undefined): Buffer {
  return integerContents(expectTag(node, tag.integer).contents);
}

/** Contents octets that an INTEGER may have, also under an implicit tag. @throws DerError */
export function integerContents(contents: Buffer): Buffer {
  const [first = 0, second = 0] = contents;
  if (contents.length === 0) throw new DerError('an empty integer');
  if (contents.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw new DerError('an integer that is not the shortest');
  }
  return contents;
}

export function readSmallInteger(node: DerNode | undefined): number {
  const contents = readInteger(node);
  if (contents.length > 4 || (contents[0] ?? 0) >= 0x80) throw new DerError('an integer out of range');
  return contents.readUIntBE(0, contents.length);
}

export function readBoolean(node: DerNode | undefined): boolean {
  const { contents } = expectTag(node, tag.boolean);
  if (contents.length !== 1 || (contents[0] !== 0 && contents[0] !== 0xff))
    throw new DerError('a boolean that DER does not write');
  return contents[0] === 0xff;
}

/** The bytes of a BIT STRING, those not used zero; `expected` when it has an implicit tag. */
export function readBitString(
  node: DerNode | undefined,
  expected: number = tag.bitString,
): { bytes: Buffer; unusedBits: number } {
  const { contents } = expectTag(node, expected);
  const unusedBits = contents[0] ?? 8;
  const bytes = contents.subarray(1);
  if (unusedBits > 7 || (bytes.length === 0 && unusedBits > 0)) throw new DerError('a malformed bit string');
  if (((bytes.at(-1) ?? 0) & ((1 << unusedBits) - 1)) !== 0) throw new DerError('unused bits that are not zero');
  return { bytes, unusedBits };
}

/** UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 allows them: whole seconds, `Z`. Large lists have many: no strings. */
export function readTime(node: DerNode | undefined): Date {
  const isShort = node?.tag === tag.utcTime;
  if (!isShort && node?.tag !== tag.generalizedTime) throw new DerError('not a time');
  const { contents } = node;
  const start = isShort ? 2 : 4; // after the year
  if (contents.length !== start + 11 || contents[start + 10] !== 0x5a)
    throw new DerError('a time in a form that RFC 5280 does not allow');
  const shortYear = twoDigitsAt(contents, start - 2);
  const year = isShort ? (shortYear < 50 ? 2000 : 1900) + shortYear : twoDigitsAt(contents, 0) * 100 + shortYear;
  const month = twoDigitsAt(contents, start) - 1;
  const day = twoDigitsAt(contents, start + 2);
  const hour = twoDigitsAt(contents, start + 4);
  const minute = twoDigitsAt(contents, start + 6);
  const second = twoDigitsAt(contents, start + 8);
  // Date.UTC takes a year below 100 for one of the last century; the calendar repeats itself.
  const at = new Date(Date.UTC(year + 400, month, day, hour, minute, second) - fourHundredYearsMs);
  // what does not exist rolls over
  if (month < 0 || month > 11 || hour > 23 || minute > 59 || second > 59 || at.getUTCDate() !== day)
    throw new DerError('no such time');
  return at;
}

const fourHundredYearsMs = 146_097 * 24 * 3_600_000;

function twoDigitsAt(bytes: Buffer, at: number): number {
  const [tens, ones] = [(bytes[at] ?? 0) - 0x30, (bytes[at + 1] ?? 0) - 0x30];
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) throw new DerError('a time in a form that RFC 5280 does not allow');
  return tens * 10 + ones;
}
