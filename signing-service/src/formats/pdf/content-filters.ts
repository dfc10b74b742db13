import { decodeStructureStream } from './filters.ts';
import type { Budget } from './limits.ts';
import { MalformedPdf, PdfBeyondLimits } from './malformed.ts';
import { as, dictionary, integerOf, nameOf, type PdfDictionary, type PdfObject, type PdfStream } from './object.ts';

/** More of them are piled up by nobody who means to be read. */
const mostFilters = 4;

/**
 * The content of a page, a form or a look, which any program may have written, by the filters that text comes through
 * (ISO 32000-1 §7.4.2–§7.4.5). Pictures' own filters are none of them.
 *
 * @throws MalformedPdf for another filter or damaged data, PdfBeyondLimits
 */
export function decodeContentStream(stream: PdfStream, budget: Budget): Buffer {
  const listOf = (entry: PdfObject | undefined) => as('array', entry)?.items ?? (entry === undefined ? [] : [entry]);
  const { entries } = stream.dictionary;
  const filters = listOf(entries.get('Filter')).map((item) => nameOf(item) ?? 'unknown');
  const parameters = listOf(entries.get('DecodeParms'));
  if (filters.length > mostFilters) throw new MalformedPdf(`${filters.length} filters`);
  return filters.reduce((data, filter, index) => {
    const own = as('dictionary', parameters[index]);
    const decoded = decodeOne(data, filter, own, budget);
    if (filter !== 'FlateDecode') budget.takeInflated(decoded.length);
    return decoded;
  }, stream.data);
}

function decodeOne(data: Buffer, filter: string, parameters: PdfDictionary | undefined, budget: Budget): Buffer {
  if (filter === 'FlateDecode') {
    const flate = dictionary({ Filter: { kind: 'name', name: filter }, DecodeParms: parameters });
    return decodeStructureStream({ kind: 'stream', dictionary: flate, data }, budget);
  }
  if (filter === 'ASCIIHexDecode') return ofHex(data);
  if (filter === 'ASCII85Decode') return of85(data);
  if (filter === 'RunLengthDecode') return ofRuns(data, budget.inflatedBytesLeft);
  if (filter === 'LZWDecode' && (integerOf(parameters?.entries.get('Predictor')) ?? 1) === 1)
    return ofLzw(data, integerOf(parameters?.entries.get('EarlyChange')) ?? 1, budget.inflatedBytesLeft);
  throw new MalformedPdf(`filter ${filter}`);
}

const blanks = /[\0\t\n\f\r ]/gu;

/** Up to the mark that ends it, when it is there. */
function textBefore(data: Buffer, end: string): string {
  const text = data.toString('latin1');
  const at = text.indexOf(end);
  return (at < 0 ? text : text.slice(0, at)).replaceAll(blanks, '');
}

function ofHex(data: Buffer): Buffer {
  const text = textBefore(data, '>');
  if (/[^0-9a-fA-F]/u.test(text)) throw new MalformedPdf('damaged hexadecimal data');
  return Buffer.from(text.length % 2 ? `${text}0` : text, 'hex');
}

/** Five letters are four bytes, `z` is four zeros (§7.4.3). */
function of85(data: Buffer): Buffer {
  const text = textBefore(data, '~').replaceAll('z', '!!!!!');
  if (/[^!-u]/u.test(text)) throw new MalformedPdf('damaged base 85 data');
  const out = Buffer.alloc(Math.ceil(text.length / 5) * 4);
  let length = 0;
  for (let at = 0; at < text.length; at += 5) {
    const group = text.slice(at, at + 5);
    const value = [...group.padEnd(5, 'u')].reduce((sum, letter) => sum * 85 + letter.charCodeAt(0) - 33, 0);
    if (value > 0xffffffff || group.length === 1) throw new MalformedPdf('damaged base 85 data');
    out.set(
      [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) & 0xff),
      length,
    );
    length += group.length - 1;
  }
  return out.subarray(0, length);
}

/** §7.4.5: a length, then so many bytes, or one byte so often. */
function ofRuns(data: Buffer, most: number): Buffer {
  const parts: Buffer[] = [];
  let total = 0;
  for (let at = 0; at < data.length && data[at] !== 128; ) {
    const length = data[at] ?? 128;
    const part = length < 128 ? data.subarray(at + 1, at + 2 + length) : Buffer.alloc(257 - length, data[at + 1]);
    total += part.length;
    if (total > most) throw new PdfBeyondLimits('too much compressed data');
    parts.push(part);
    at += length < 128 ? length + 2 : 2;
  }
  return Buffer.concat(parts);
}

const [clearTable, endOfData] = [256, 257];
const mostCodes = 4096;

/** §7.4.4: codes of 9 to 12 bits, each a sequence that came before and one byte more. */
function ofLzw(data: Buffer, early: number, most: number): Buffer {
  let table: Buffer[] = [];
  const reset = () => {
    table = Array.from({ length: endOfData + 1 }, (_, byte) => Buffer.of(byte & 0xff));
  };
  reset();
  const parts: Buffer[] = [];
  let [total, bits, held, width] = [0, 0, 0, 9];
  let before: Buffer | undefined;
  for (const byte of data) {
    held = (held << 8) | byte;
    bits += 8;
    if (bits < width) continue;
    bits -= width;
    const code = held >> bits;
    held &= (1 << bits) - 1;
    if (code === endOfData) break;
    if (code === clearTable) {
      reset();
      before = undefined;
    } else {
      const known = table[code];
      const repeated = before && code === table.length ? Buffer.concat([before, before.subarray(0, 1)]) : undefined;
      const found = known ?? repeated;
      if (!found || table.length > mostCodes) throw new MalformedPdf('damaged compressed data');
      if (before) table.push(Buffer.concat([before, found.subarray(0, 1)]));
      total += found.length;
      if (total > most) throw new PdfBeyondLimits('too much compressed data');
      parts.push(found);
      before = found;
    }
    width = Math.min(12, Math.max(9, 32 - Math.clz32(table.length + early)));
  }
  return Buffer.concat(parts);
}
