/**
 * What the judge uses of Node's `Buffer`, for a browser: the build puts it in the place of the global (ADR 0198). A property
 * test holds each function to Node's own.
 */

type Encoding = 'utf8' | 'latin1' | 'hex' | 'base64' | 'base64url' | 'utf16le';

/** Bytes with Node's way of reading them. */
class Bytes extends Uint8Array {
  equals(other: Uint8Array): boolean {
    return compare(this, other) === 0;
  }

  override toString(encoding: Encoding = 'utf8', start = 0, end = this.length): string {
    return decoders[encoding](this.subarray(start, end));
  }

  /** Where a byte, bytes or a text begins, at or behind an index; -1 when it does not. */
  override indexOf(wanted: number | string | Uint8Array, from = 0, encoding: Encoding = 'utf8'): number {
    if (typeof wanted === 'number') return super.indexOf(wanted, from);
    const bytes = typeof wanted === 'string' ? fromText(wanted, encoding) : wanted;
    const [first] = bytes;
    if (first === undefined) return Math.min(from, this.length);
    for (let at = super.indexOf(first, from); at >= 0; at = super.indexOf(first, at + 1)) {
      if (at + bytes.length > this.length) return -1;
      if (bytes.every((byte, index) => this[at + index] === byte)) return at;
    }
    return -1;
  }

  override includes(wanted: number | string | Uint8Array, from = 0): boolean {
    return this.indexOf(wanted, from) >= 0;
  }

  readUInt16LE(at: number): number {
    return this.#view.getUint16(at, true);
  }

  readUInt32LE(at: number): number {
    return this.#view.getUint32(at, true);
  }

  /** Of at most 6 bytes. @throws RangeError for more, for none, and beyond the end */
  readUIntBE(at: number, count: number): number {
    if (count < 1 || count > 6 || at < 0 || at + count > this.length) throw new RangeError('out of range');
    return this.subarray(at, at + count).reduce((value, byte) => value * 256 + byte, 0);
  }

  writeInt32LE(value: number, at = 0): number {
    this.#view.setInt32(at, value, true);
    return at + 4;
  }

  writeUIntLE(value: number, at: number, count: number): number {
    for (let index = 0; index < count; index++) this[at + index] = Math.floor(value / 256 ** index) % 256;
    return at + count;
  }

  swap16(): this {
    if (this.length % 2 === 1) throw new RangeError('no whole number of 16-bit units');
    for (let at = 0; at < this.length; at += 2) this.set([this[at + 1] ?? 0, this[at] ?? 0], at);
    return this;
  }

  get #view(): DataView {
    return new DataView(this.buffer, this.byteOffset, this.byteLength);
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const unitsAtOnce = 8_192;

/** A text of code units, in parts: an engine takes so many arguments and no more. */
function textOf(units: Uint8Array | Uint16Array): string {
  let text = '';
  for (let at = 0; at < units.length; at += unitsAtOnce)
    text += String.fromCharCode(...units.subarray(at, at + unitsAtOnce));
  return text;
}

const toBase64 = (bytes: Uint8Array) => btoa(textOf(bytes));

const decoders: Readonly<Record<Encoding, (bytes: Uint8Array) => string>> = {
  utf8: (bytes) => utf8.decode(bytes),
  latin1: textOf,
  hex: (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''),
  base64: toBase64,
  base64url: (bytes) => toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
  utf16le: (bytes) => textOf(Uint16Array.from({ length: bytes.length >> 1 }, (_, at) => unitAt(bytes, 2 * at))),
};

const unitAt = (bytes: Uint8Array, at: number) => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);

/** Either alphabet; what is in none is passed over, and `=` ends it, as Node reads it. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const [written = ''] = text.split('=', 1);
  const letters = written
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replaceAll(/[^A-Za-z0-9+/]/g, '');
  // A last letter alone is less than a byte.
  const whole = letters.length % 4 === 1 ? letters.slice(0, -1) : letters;
  return Uint8Array.from(atob(whole), (letter) => letter.charCodeAt(0));
}

/** Up to the first pair that is none, as Node reads it. */
function fromHex(text: string): number[] {
  const [pairs = ''] = /^(?:[\da-f]{2})*/i.exec(text) ?? [];
  return (pairs.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

function fromText(text: string, encoding: Encoding): Uint8Array<ArrayBuffer> {
  switch (encoding) {
    case 'utf8':
      return new TextEncoder().encode(text);
    case 'latin1':
      return Uint8Array.from({ length: text.length }, (_, at) => text.charCodeAt(at) & 0xff);
    case 'hex':
      return Uint8Array.from(fromHex(text));
    case 'base64':
    case 'base64url':
      return fromBase64(text);
    default:
      throw new TypeError(`no text is written in ${encoding} here`);
  }
}

const own = (bytes: Uint8Array<ArrayBuffer>) => new Bytes(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function from(given: string | ArrayBufferLike | ArrayLike<number>, second?: string | number, length?: number): Bytes {
  if (typeof given === 'string') return own(fromText(given, (second ?? 'utf8') as Encoding)); // one of ours, or it throws
  if (given instanceof ArrayBuffer) return new Bytes(given, Number(second ?? 0), length);
  return new Bytes(given as ArrayLike<number>); // a copy, as Node makes one
}

function concat(parts: readonly Uint8Array[]): Bytes {
  const whole = new Bytes(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function compare(one: Uint8Array, other: Uint8Array): -1 | 0 | 1 {
  const differs = one.findIndex((byte, at) => byte !== other[at]);
  const [left, right] = differs < 0 ? [one.length, other.length] : [one[differs] ?? 0, other[differs] ?? -1];
  return left < right ? -1 : left > right ? 1 : 0;
}

export const Buffer = {
  from,
  concat,
  compare,
  of: (...bytes: number[]) => new Bytes(bytes),
  alloc: (length: number, byte = 0) => new Bytes(length).fill(byte),
  isBuffer: (value: unknown) => value instanceof Bytes,
};
export type BrowserBuffer = Bytes;

/** `isUtf8` of node:buffer. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
