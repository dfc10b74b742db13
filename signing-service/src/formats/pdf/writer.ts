import type { PdfFile } from './document.ts';
import { PdfBeyondLimits } from './malformed.ts';
import { array, as, dictionary, number, type PdfDictionary, type PdfObject, reference } from './object.ts';

/** Text of an object as it stands in a file. Streams: {@link IncrementalUpdate}. */
export function serialize(value: PdfObject): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  switch (value.kind) {
    case 'number':
      return value.text;
    case 'name':
      return nameText(value.name);
    case 'string':
      return `<${value.bytes.toString('hex')}>`;
    case 'reference':
      return `${value.number} ${value.generation} R`;
    case 'array':
      return `[${value.items.map(serialize).join(' ')}]`;
    case 'dictionary': {
      let text = '<<';
      for (const [key, entry] of value.entries)
        text += `${text.length > 2 ? ' ' : ''}${nameText(key)} ${serialize(entry)}`;
      return `${text}>>`;
    }
    case 'stream':
      throw new TypeError('a stream is written by an incremental update');
  }
}

/** A name with what is no regular character escaped (ISO 32000-1 §7.3.5). */
function nameText(name: string): string {
  if (/^[A-Za-z0-9]*$/u.test(name)) return `/${name}`;
  return `/${name.replace(/[^!-~]|[()<>[\]{}/%#]/gu, (c) => `#${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}`;
}

interface Written {
  readonly number: number;
  readonly generation: number;
  readonly offset: number;
}

/**
 * Adds a revision behind a file's last byte (ISO 32000-1 §7.5.6); what was there stays byte for byte. Objects are put
 * in the order of the calls; the cross-reference is of the kind that the file has.
 */
export class IncrementalUpdate {
  readonly #file: PdfFile;
  readonly #chunks: Buffer[] = [];
  readonly #written: Written[] = [];
  #length: number;
  #nextNumber: number;

  constructor(file: PdfFile) {
    this.#file = file;
    this.#length = file.bytes.length;
    this.#nextNumber = Math.max(file.current.size, sizeEntry(file.current.trailer));
    const last = file.bytes[file.bytes.length - 1];
    if (last !== 0x0a && last !== 0x0d) this.#append('\n');
  }

  /** Bytes of the file and of what was put so far: the offset of what comes next. */
  get length(): number {
    return this.#length;
  }

  /** A number that no revision of the file has used. */
  newReference() {
    return reference(this.#nextNumber++);
  }

  /** Puts an object; with `data` it is a stream, whose /Length is set here. */
  put(at: { readonly number: number; readonly generation: number }, value: PdfObject, data?: Uint8Array): void {
    this.#begin(at);
    const streamDictionary = data && as('dictionary', value);
    if (data && streamDictionary) {
      const entries = new Map(streamDictionary.entries).set('Length', number(data.length));
      this.#append(`${serialize({ kind: 'dictionary', entries })}\nstream\n`);
      this.#append(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
      this.#append('\nendstream');
    } else this.#append(serialize(value));
    this.#append('\nendobj\n');
  }

  /** Puts an object whose text is given; returns the offset at which the text begins. */
  putText(at: { readonly number: number; readonly generation: number }, text: string): number {
    this.#begin(at);
    const offset = this.#length;
    this.#append(`${text}\nendobj\n`);
    return offset;
  }

  /** Closes the revision and gives the whole new file. */
  finish(): Buffer {
    const newest = this.#file.revisions.at(-1);
    if (!newest) throw new TypeError('a file has a revision');
    const previous = newest.xrefOffset;
    const trailer: Record<string, PdfObject | undefined> = {
      Root: newest.trailer.entries.get('Root'),
      Info: newest.trailer.entries.get('Info'),
      ID: newest.trailer.entries.get('ID'),
      Prev: number(previous),
    };
    const start = this.#length;
    if (newest.kind === 'table') this.#append(this.#table(trailer));
    else this.#stream(trailer);
    this.#append(`startxref\n${start}\n%%EOF\n`);
    const out = Buffer.allocUnsafe(this.#length);
    let at = this.#file.bytes.copy(out);
    for (const chunk of this.#chunks) at += chunk.copy(out, at);
    return out;
  }

  #begin(at: { readonly number: number; readonly generation: number }): void {
    this.#written.push({ number: at.number, generation: at.generation, offset: this.#length });
    this.#append(`${at.number} ${at.generation} obj\n`);
  }

  #append(chunk: string | Buffer): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk;
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    if (this.#length > 9_999_999_999) throw new PdfBeyondLimits('too many bytes');
  }

  /** Neighbouring numbers as one subsection. */
  #subsections(): Written[][] {
    const sorted = this.#written.toSorted((a, b) => a.number - b.number);
    const groups: Written[][] = [];
    for (const entry of sorted) {
      const group = groups.at(-1);
      if (group?.at(-1)?.number === entry.number - 1) group.push(entry);
      else groups.push([entry]);
    }
    return groups;
  }

  #table(trailer: Record<string, PdfObject | undefined>): string {
    let text = 'xref\n';
    for (const group of this.#subsections()) {
      text += `${group[0]?.number} ${group.length}\n`;
      for (const { offset, generation } of group) {
        text += `${String(offset).padStart(10, '0')} ${String(generation).padStart(5, '0')} n \n`;
      }
    }
    return `${text}trailer\n${serialize(dictionary({ Size: number(this.#nextNumber), ...trailer }))}\n`;
  }

  #stream(trailer: Record<string, PdfObject | undefined>): void {
    const own = this.newReference();
    this.#written.push({ ...own, offset: this.#length });
    const groups = this.#subsections();
    const rows = Buffer.alloc(8 * this.#written.length);
    let at = 0;
    for (const { offset, generation } of groups.flat()) {
      rows.writeUInt8(1, at);
      rows.writeUIntBE(offset, at + 1, 5);
      rows.writeUInt16BE(generation, at + 6);
      at += 8;
    }
    const entries = dictionary({
      Type: { kind: 'name', name: 'XRef' },
      Size: number(this.#nextNumber),
      W: array([number(1), number(5), number(2)]),
      Index: array(groups.flatMap((group) => [number(group[0]?.number ?? 0), number(group.length)])),
      ...trailer,
      Length: number(rows.length),
    });
    this.#append(`${own.number} 0 obj\n${serialize(entries)}\nstream\n`);
    this.#append(rows);
    this.#append('\nendstream\nendobj\n');
  }
}

function sizeEntry(trailer: PdfDictionary): number {
  const size = as('number', trailer.entries.get('Size'));
  return size?.isInteger && size.value > 0 && size.value < 10_000_000 ? size.value : 0;
}
