import type { Budget } from './limits.ts';
import { MalformedPdf, PdfBeyondLimits } from './malformed.ts';
import type { PdfObject, PdfString } from './object.ts';

const whitespace = new Set([0x00, 0x09, 0x0a, 0x0c, 0x0d, 0x20]);
const delimiters = new Set([...'()<>[]{}/%'].map((character) => character.charCodeAt(0)));
const isRegular = (byte: number) => !whitespace.has(byte) && !delimiters.has(byte);
const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;

/** Reads objects from bytes, one after another (ISO 32000-1 §7.2, §7.3). Strict: what is not by the book is an error. */
export class Parser {
  readonly bytes: Buffer;
  readonly #budget: Budget;
  /** Whether offsets are those of the file, and not of an object stream's content. */
  readonly #isFile: boolean;
  position: number;

  constructor(bytes: Buffer, position: number, budget: Budget, isFile = true) {
    this.bytes = bytes;
    this.position = position;
    this.#budget = budget;
    this.#isFile = isFile;
  }

  fail(fault: string): never {
    throw new MalformedPdf(`${fault} at ${this.#isFile ? '' : 'object stream '}offset ${this.position}`);
  }

  /** Past white space and comments. */
  skip(): void {
    for (;;) {
      const byte = this.bytes[this.position];
      if (byte === undefined) return;
      if (whitespace.has(byte)) this.position++;
      else if (byte === 0x25) {
        while (this.position < this.bytes.length && byte !== undefined) {
          const next = this.bytes[this.position];
          if (next === 0x0a || next === 0x0d) break;
          this.position++;
        }
      } else return;
    }
  }

  /** Takes the keyword when it is next. */
  tryKeyword(word: string): boolean {
    this.skip();
    const end = this.position + word.length;
    if (this.bytes.toString('latin1', this.position, end) !== word) return false;
    const after = this.bytes[end];
    if (after !== undefined && isRegular(after)) return false;
    this.position = end;
    return true;
  }

  keyword(word: string): void {
    if (!this.tryKeyword(word)) this.fail(`"${word}" expected`);
  }

  /** A non-negative integer without a sign. */
  integer(maxDigits = 10): number {
    this.skip();
    const start = this.position;
    while (isDigit(this.bytes[this.position] ?? 0)) this.position++;
    const length = this.position - start;
    const after = this.bytes[this.position];
    if (length === 0 || length > maxDigits || (after !== undefined && isRegular(after))) this.fail('integer expected');
    return Number(this.bytes.toString('latin1', start, this.position));
  }

  /** The next object; a stream's dictionary without its data. */
  object(depth = 0): PdfObject {
    this.#budget.takeToken();
    if (depth > this.#budget.limits.maxDepth) throw new PdfBeyondLimits('too deeply nested');
    this.skip();
    const byte = this.bytes[this.position];
    if (byte === undefined) this.fail('object expected, but the file ends');
    if (byte === 0x2f) return { kind: 'name', name: this.#name() };
    if (byte === 0x28) return this.#literalString();
    if (byte === 0x3c) {
      return this.bytes[this.position + 1] === 0x3c ? this.#dictionary(depth) : this.#hexString();
    }
    if (byte === 0x5b) return this.#array(depth);
    if (isDigit(byte) || byte === 0x2b || byte === 0x2d || byte === 0x2e) return this.#numberOrReference();
    if (this.tryKeyword('true')) return true;
    if (this.tryKeyword('false')) return false;
    if (this.tryKeyword('null')) return null;
    this.fail('object expected');
  }

  #name(): string {
    this.position++;
    const start = this.position;
    while (this.position < this.bytes.length && isRegular(this.bytes[this.position] ?? 0)) this.position++;
    if (this.position - start > 1000) this.fail('name too long');
    const raw = this.bytes.toString('latin1', start, this.position);
    if (!raw.includes('#')) return raw;
    // Two spellings of one name must be one name: /#42yteRange is /ByteRange (§7.3.5).
    const plain = raw.replace(/#([0-9a-fA-F]{2})/gu, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (/#(?![0-9a-fA-F]{2})/u.test(raw)) this.fail('bad escape in a name');
    return plain;
  }

  #literalString(): PdfString {
    const start = this.position++;
    const bytes: number[] = [];
    let open = 1;
    for (;;) {
      const byte = this.bytes[this.position++];
      if (byte === undefined) this.fail('unfinished string');
      if (byte === 0x5c) {
        this.#escape(bytes);
        continue;
      }
      if (byte === 0x28) open++;
      if (byte === 0x29 && --open === 0) break;
      if (byte === 0x0d) {
        if (this.bytes[this.position] === 0x0a) this.position++;
        bytes.push(0x0a);
      } else bytes.push(byte);
    }
    return this.#string(bytes, false, start);
  }

  #escape(bytes: number[]): void {
    const byte = this.bytes[this.position++];
    if (byte === undefined) this.fail('unfinished string');
    const control = { n: 0x0a, r: 0x0d, t: 0x09, b: 0x08, f: 0x0c }[String.fromCharCode(byte)];
    if (control !== undefined) bytes.push(control);
    else if (byte === 0x0d) {
      if (this.bytes[this.position] === 0x0a) this.position++;
    } else if (byte >= 0x30 && byte <= 0x37) {
      let code = byte - 0x30;
      for (let more = 0; more < 2; more++) {
        const next = this.bytes[this.position] ?? 0;
        if (next < 0x30 || next > 0x37) break;
        code = code * 8 + next - 0x30;
        this.position++;
      }
      bytes.push(code & 0xff);
    } else if (byte !== 0x0a) bytes.push(byte);
  }

  #hexString(): PdfString {
    const start = this.position++;
    const end = this.bytes.indexOf(0x3e, this.position);
    if (end < 0) this.fail('unfinished string');
    const text = this.bytes.toString('latin1', this.position, end);
    let hex = text;
    if (/[^0-9a-fA-F]/u.test(text)) {
      hex = text.replace(/[\0\t\n\f\r ]/gu, '');
      if (/[^0-9a-fA-F]/u.test(hex)) this.fail('not a hexadecimal digit in a string');
    }
    this.position = end + 1;
    return this.#string(Buffer.from(hex.length % 2 ? `${hex}0` : hex, 'hex'), true, start);
  }

  #string(bytes: number[] | Buffer, isHex: boolean, start: number): PdfString {
    const [from, to] = this.#isFile ? [start, this.position] : [-1, -1];
    return { kind: 'string', bytes: Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes), isHex, start: from, end: to };
  }

  #array(depth: number): PdfObject {
    this.position++;
    const items: PdfObject[] = [];
    for (;;) {
      this.skip();
      if (this.bytes[this.position] === 0x5d) break;
      items.push(this.object(depth + 1));
    }
    this.position++;
    return { kind: 'array', items };
  }

  #dictionary(depth: number): PdfObject {
    this.position += 2;
    const entries = new Map<string, PdfObject>();
    for (;;) {
      this.skip();
      const byte = this.bytes[this.position];
      if (byte === 0x3e && this.bytes[this.position + 1] === 0x3e) break;
      if (byte !== 0x2f) this.fail('name expected in a dictionary');
      const key = this.#name();
      // Readers disagree on which of two equal keys counts: the opening for showing one thing and signing another.
      if (entries.has(key)) this.fail(`/${key} twice in one dictionary`);
      const value = this.object(depth + 1);
      // An entry of null is the same as none (§7.3.7).
      if (value !== null) entries.set(key, value);
    }
    this.position += 2;
    return { kind: 'dictionary', entries };
  }

  #numberOrReference(): PdfObject {
    const start = this.position;
    while (this.position < this.bytes.length && isRegular(this.bytes[this.position] ?? 0)) this.position++;
    const text = this.bytes.toString('latin1', start, Math.min(this.position, start + 64));
    if (!/^[+-]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})$/u.test(text)) {
      this.position = start;
      this.fail('bad number');
    }
    if (/^\d{1,7}$/u.test(text)) {
      const reference = this.#referenceAfter(Number(text));
      if (reference) return reference;
    }
    return { kind: 'number', value: Number(text), isInteger: !text.includes('.'), text };
  }

  #referenceAfter(number: number): PdfObject | undefined {
    const back = this.position;
    this.skip();
    const start = this.position;
    while (isDigit(this.bytes[this.position] ?? 0) && this.position - start < 6) this.position++;
    const generation = Number(this.bytes.toString('latin1', start, this.position));
    const after = this.bytes[this.position];
    if (this.position > start && generation <= 65_535 && after !== undefined && whitespace.has(after)) {
      if (this.tryKeyword('R')) return { kind: 'reference', number, generation };
    }
    this.position = back;
    return undefined;
  }
}
