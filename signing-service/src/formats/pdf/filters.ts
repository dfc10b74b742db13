import { inflateSync } from 'node:zlib';
import type { Budget } from './limits.ts';
import { MalformedPdf, PdfBeyondLimits } from './malformed.ts';
import { as, integerOf, nameOf, type PdfDictionary, type PdfStream } from './object.ts';

/**
 * The content of a cross-reference or object stream: no filter, or Flate once with a PNG predictor or none. More is
 * legal for pages (ISO 32000-1 §7.4), which we never decode, and nobody writes it here but to blow readers up.
 */
export function decodeStructureStream(stream: PdfStream, budget: Budget): Buffer {
  const filters = filterNames(stream.dictionary);
  if (filters.length === 0) return stream.data;
  if (filters.length > 1 || filters[0] !== 'FlateDecode') throw new MalformedPdf(`filter ${filters.join(' ')}`);
  const parameterEntry = stream.dictionary.entries.get('DecodeParms');
  const parameters = as('dictionary', as('array', parameterEntry)?.items[0] ?? parameterEntry);
  return unpredict(inflate(stream.data, budget), parameters);
}

function filterNames(dictionary: PdfDictionary): string[] {
  const filter = dictionary.entries.get('Filter');
  if (filter === undefined) return [];
  return (as('array', filter)?.items ?? [filter]).map((item) => nameOf(item) ?? 'unknown');
}

function inflate(data: Buffer, budget: Budget): Buffer {
  if (budget.inflatedBytesLeft < 1) throw new PdfBeyondLimits('too much compressed data');
  try {
    const inflated = inflateSync(data, { maxOutputLength: budget.inflatedBytesLeft });
    budget.takeInflated(inflated.length);
    return inflated;
  } catch (error) {
    const isTooLarge =
      error instanceof RangeError ||
      (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE');
    if (isTooLarge) throw new PdfBeyondLimits('too much compressed data');
    if (error instanceof PdfBeyondLimits) throw error;
    throw new MalformedPdf('damaged compressed data');
  }
}

/** Undoes the PNG predictors (ISO 32000-1 §7.4.4.4; PNG, RFC 2083 §6). */
function unpredict(data: Buffer, parameters: PdfDictionary | undefined): Buffer {
  const entry = (key: string, otherwise: number) => {
    const value = parameters?.entries.get(key);
    return value === undefined ? otherwise : (integerOf(value) ?? -1);
  };
  const predictor = entry('Predictor', 1);
  if (predictor === 1) return data;
  const columns = entry('Columns', 1);
  const isPlain = entry('Colors', 1) === 1 && entry('BitsPerComponent', 8) === 8;
  if (predictor < 10 || predictor > 15 || !isPlain || columns < 1 || columns > 64) {
    throw new MalformedPdf(`predictor ${predictor}`);
  }
  if (data.length % (columns + 1) !== 0) throw new MalformedPdf('predicted rows of the wrong length');
  return unfilter(data, columns, 1);
}

/**
 * Undoes PNG row filters: each row of `rowBytes` is preceded by its filter's number (RFC 2083 §6.2–6.6).
 * Throws `MalformedPdf` for a filter that does not exist.
 */
export function unfilter(data: Buffer, rowBytes: number, bytesPerPixel: number): Buffer {
  const rows = Math.floor(data.length / (rowBytes + 1));
  const out = Buffer.alloc(rows * rowBytes);
  for (let row = 0; row < rows; row++) {
    const filter = data[row * (rowBytes + 1)] ?? 0;
    if (filter > 4) throw new MalformedPdf(`row filter ${filter}`);
    for (let column = 0; column < rowBytes; column++) {
      const at = row * rowBytes + column;
      const left = column >= bytesPerPixel ? (out[at - bytesPerPixel] ?? 0) : 0;
      const up = row > 0 ? (out[at - rowBytes] ?? 0) : 0;
      const upLeft = row > 0 && column >= bytesPerPixel ? (out[at - rowBytes - bytesPerPixel] ?? 0) : 0;
      const guess =
        filter === 0
          ? 0
          : filter === 1
            ? left
            : filter === 2
              ? up
              : filter === 3
                ? (left + up) >> 1
                : paeth(left, up, upLeft);
      out[at] = ((data[row * (rowBytes + 1) + 1 + column] ?? 0) + guess) & 0xff;
    }
  }
  return out;
}

function paeth(left: number, up: number, upLeft: number): number {
  const estimate = left + up - upLeft;
  const [toLeft, toUp, toUpLeft] = [left, up, upLeft].map((value) => Math.abs(estimate - value)) as [
    number,
    number,
    number,
  ]; // three in, three out
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}
