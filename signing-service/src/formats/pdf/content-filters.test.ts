import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { decodeContentStream } from './content-filters.ts';
import { Budget, defaultLimits } from './limits.ts';
import { MalformedPdf, PdfBeyondLimits } from './malformed.ts';
import { array, dictionary, name, number } from './object.ts';

const decode = (data: Buffer, filters: readonly string[], parameters = dictionary({}), limits = defaultLimits) =>
  decodeContentStream(
    {
      kind: 'stream',
      dictionary: dictionary({ Filter: array(filters.map(name)), DecodeParms: array(filters.map(() => parameters)) }),
      data,
    },
    new Budget(limits),
  ).toString('latin1');

test('the filters that text comes through are undone, one after another (ISO 32000-1 §7.4)', () => {
  assert.equal(decode(Buffer.from('8,5'), []), '8,5');
  assert.equal(decode(Buffer.from('38 2c\n35>'), ['ASCIIHexDecode']), '8,5');
  assert.equal(decode(Buffer.from('9jqo^BlbD-~>'), ['ASCII85Decode']), 'Man is d');
  assert.equal(decode(Buffer.from('z87cUR~>'), ['ASCII85Decode']), '\0\0\0\0Hell');
  assert.equal(decode(Buffer.of(2, 0x38, 0x2c, 0x35, 254, 0x41, 128, 0x42), ['RunLengthDecode']), '8,5AAA');
  // The example of §7.4.4.2.
  const lzw = Buffer.from('800b6050220c0c8501', 'hex');
  assert.equal(decode(lzw, ['LZWDecode']), '-----A---B');
  const packed = deflateSync(Buffer.from('8,5'));
  assert.equal(decode(Buffer.from(`${packed.toString('hex')}>`), ['ASCIIHexDecode', 'FlateDecode']), '8,5');
});

test('LZW codes grow to twelve bits and begin anew, with the table early or late', () => {
  const bytes = Buffer.from(Array.from({ length: 9_000 }, (_, at) => (at * at * 7 + (at >> 3)) & 0xff));
  for (const early of [0, 1]) {
    const parameters = dictionary({ EarlyChange: number(early) });
    assert.equal(decode(lzwOf(bytes, early), ['LZWDecode'], parameters), bytes.toString('latin1'));
  }
});

test('E3: damaged, unknown and endless data is an error of its own', () => {
  for (const [data, filter] of [
    ['8x>', 'ASCIIHexDecode'],
    ['\x7f~>', 'ASCII85Decode'],
    ['s8W-"~>', 'ASCII85Decode'],
    ['\xff\xff\xff', 'LZWDecode'],
    ['x', 'DCTDecode'],
  ] as const)
    assert.throws(() => decode(Buffer.from(data, 'latin1'), [filter]), MalformedPdf, filter);
  const small = { ...defaultLimits, maxInflatedBytes: 100 };
  assert.throws(() => decode(Buffer.of(129, 0x41), ['RunLengthDecode'], undefined, small), PdfBeyondLimits);
  assert.throws(() => decode(lzwOf(Buffer.alloc(300), 1), ['LZWDecode'], undefined, small), PdfBeyondLimits);
  assert.throws(
    () =>
      decode(
        Buffer.alloc(0),
        Array.from({ length: 5 }, () => 'ASCIIHexDecode'),
      ),
    MalformedPdf,
  );
});

/** Packs as a writer does: the longest sequence that is known, a new table when the old one is full. */
function lzwOf(bytes: Buffer, early: number): Buffer {
  let bits = '';
  let table = new Map<string, number>();
  const put = (code: number) => {
    bits += code.toString(2).padStart(Math.min(12, Math.max(9, (table.size + 1 + early).toString(2).length)), '0');
  };
  const reset = () => {
    put(256);
    table = new Map(Array.from({ length: 256 }, (_, byte) => [String.fromCharCode(byte), byte]));
  };
  table = new Map(Array.from({ length: 256 }, (_, byte) => [String.fromCharCode(byte), byte]));
  reset();
  let known = '';
  for (const letter of bytes.toString('latin1')) {
    if (table.has(known + letter)) {
      known += letter;
      continue;
    }
    put(table.get(known) ?? 0);
    table.set(known + letter, table.size + 2);
    if (table.size > 3_800) reset();
    known = letter;
  }
  put(table.get(known) ?? 0);
  put(257);
  return Buffer.from(
    (bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/gu) ?? []).map((byte) => Number.parseInt(byte, 2)),
  );
}
