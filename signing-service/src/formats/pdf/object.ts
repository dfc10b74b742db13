/** PDF objects as plain data (ISO 32000-1 §7.3). A number keeps its text, so that it is written back as it was read. */
export interface PdfNumber {
  readonly kind: 'number';
  readonly value: number;
  readonly isInteger: boolean;
  readonly text: string;
}
export interface PdfName {
  readonly kind: 'name';
  readonly name: string;
}
export interface PdfString {
  readonly kind: 'string';
  readonly bytes: Buffer;
  readonly isHex: boolean;
  /** Offsets of the token with its delimiters in the file; -1 for a string that is not directly in it. */
  readonly start: number;
  readonly end: number;
}
export interface PdfReference {
  readonly kind: 'reference';
  readonly number: number;
  readonly generation: number;
}
export interface PdfArray {
  readonly kind: 'array';
  readonly items: readonly PdfObject[];
}
export interface PdfDictionary {
  readonly kind: 'dictionary';
  readonly entries: ReadonlyMap<string, PdfObject>;
}
export interface PdfStream {
  readonly kind: 'stream';
  readonly dictionary: PdfDictionary;
  /** As stored, before its filters. */
  readonly data: Buffer;
}
export type PdfObject =
  | null
  | boolean
  | PdfNumber
  | PdfName
  | PdfString
  | PdfReference
  | PdfArray
  | PdfDictionary
  | PdfStream;

export const name = (text: string): PdfName => ({ kind: 'name', name: text });
export const reference = (number: number, generation = 0): PdfReference => ({ kind: 'reference', number, generation });
export const array = (items: readonly PdfObject[]): PdfArray => ({ kind: 'array', items });

/** A number; more than four decimals are never needed on a page. */
export function number(value: number): PdfNumber {
  const isInteger = Number.isInteger(value);
  const text = isInteger ? String(value) : value.toFixed(4).replace(/\.?0+$/u, '');
  return { kind: 'number', value, isInteger, text };
}

export function string(bytes: Uint8Array): PdfString {
  return { kind: 'string', bytes: Buffer.from(bytes), isHex: true, start: -1, end: -1 };
}

/** A text string: ASCII as it is, else UTF-16BE with its mark (ISO 32000-1 §7.9.2.2). */
export function textString(text: string): PdfString {
  const isAscii = /^[\x20-\x7e]*$/u.test(text);
  return string(isAscii ? Buffer.from(text, 'latin1') : Buffer.from(`\ufeff${text}`, 'utf16le').swap16());
}

/** The text of a text string: UTF-16BE, UTF-8 with its mark, else Latin-1 in place of PDFDocEncoding. */
export function textOf(value: PdfString): string {
  const { bytes } = value;
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    return Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2)))
      .swap16()
      .toString('utf16le');
  }
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return bytes.subarray(3).toString('utf8');
  return bytes.toString('latin1');
}

export function dictionary(entries: Readonly<Record<string, PdfObject | undefined>>): PdfDictionary {
  const kept = Object.entries(entries).filter((entry): entry is [string, PdfObject] => entry[1] !== undefined);
  return { kind: 'dictionary', entries: new Map(kept) };
}

/** The dictionary with some entries put or, where `undefined`, taken away. */
export function withEntries(
  base: PdfDictionary,
  changes: Readonly<Record<string, PdfObject | undefined>>,
): PdfDictionary {
  const entries = new Map(base.entries);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) entries.delete(key);
    else entries.set(key, value);
  }
  return { kind: 'dictionary', entries };
}

type Kinds = { [O in Exclude<PdfObject, null | boolean> as O['kind']]: O };

/** Narrows an object to a kind; `undefined` when it is another. */
export function as<Kind extends keyof Kinds>(kind: Kind, value: PdfObject | undefined): Kinds[Kind] | undefined {
  // The discriminant was just compared, which TypeScript does not follow through a generic.
  return typeof value === 'object' && value?.kind === kind ? (value as Kinds[Kind]) : undefined;
}

export const nameOf = (value: PdfObject | undefined): string | undefined => as('name', value)?.name;
export const integerOf = (value: PdfObject | undefined): number | undefined => {
  const found = as('number', value);
  return found?.isInteger ? found.value : undefined;
};

/** Whether two objects say the same, references compared by their numbers and not by what they lead to. */
export function sameObject(a: PdfObject | undefined, b: PdfObject | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  switch (a.kind) {
    case 'number':
      return b.kind === 'number' && a.value === b.value;
    case 'name':
      return b.kind === 'name' && a.name === b.name;
    case 'string':
      return b.kind === 'string' && a.bytes.equals(b.bytes);
    case 'reference':
      return b.kind === 'reference' && a.number === b.number && a.generation === b.generation;
    case 'array':
      return (
        b.kind === 'array' &&
        a.items.length === b.items.length &&
        a.items.every((item, index) => sameObject(item, b.items[index]))
      );
    case 'dictionary':
      return (
        b.kind === 'dictionary' &&
        a.entries.size === b.entries.size &&
        [...a.entries].every(([key, value]) => b.entries.has(key) && sameObject(value, b.entries.get(key)))
      );
    case 'stream':
      return b.kind === 'stream' && sameObject(a.dictionary, b.dictionary) && a.data.equals(b.data);
  }
}
