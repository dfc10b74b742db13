import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as node from 'node:zlib';
import { fc } from '@edutrust/testing/property';
import * as browser from './zlib.ts';

const most = { maxOutputLength: 20_000 };

/** What came out, or the kind of refusal: too large is told apart, since the judge does. */
function outcome(unpack: () => Uint8Array): string {
  try {
    return Buffer.from(unpack()).toString('hex');
  } catch (error) {
    return (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? 'too large' : 'damaged';
  }
}

/** Deflated data as it is, cut short, followed by more, or with a byte changed. */
const packed = (deflate: (data: Uint8Array) => Buffer) =>
  fc
    .tuple(
      fc
        .tuple(fc.nat(40_000), fc.nat(250))
        .map(([length, step]) => Uint8Array.from({ length }, (_, at) => (at * step) % 251)),
      fc.constantFrom('whole', 'cut', 'longer', 'changed'),
      fc.nat(),
      fc.nat(255),
    )
    .map(([data, what, place, value]) => {
      const whole = deflate(data);
      const at = place % whole.length;
      if (what === 'cut') return whole.subarray(0, at);
      if (what === 'longer') return Buffer.concat([whole, Buffer.alloc(1 + (place % 5), value)]);
      if (what === 'changed') whole[at] = value;
      return whole;
    });

test('compressed data is unpacked, or refused, as Node does it', () => {
  fc.assert(
    fc.property(packed(node.deflateSync), (data) => {
      assert.equal(
        outcome(() => browser.inflateSync(data, most)),
        outcome(() => node.inflateSync(data, most)),
      );
    }),
    { numRuns: 400 },
  );
});

test('raw data besides says how many of its bytes were used', () => {
  const used = (unpacked: unknown) => (unpacked as { engine: { bytesWritten: number } }).engine.bytesWritten;
  fc.assert(
    fc.property(packed(node.deflateRawSync), (data) => {
      const read = (unpack: () => unknown) => outcome(() => Buffer.from([used(unpack())]));
      const info = { ...most, info: true } as const;
      assert.equal(
        read(() => browser.inflateRawSync(data, info)),
        read(() => node.inflateRawSync(data, info)),
      );
      assert.equal(
        outcome(() => browser.inflateRawSync(data, info).buffer),
        outcome(() => node.inflateRawSync(data, most)),
      );
    }),
    { numRuns: 400 },
  );
});

test('checksums are those of Node', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (data, more) => {
      assert.equal(browser.crc32(data), node.crc32(data));
      assert.equal(browser.crc32(more, browser.crc32(data)), node.crc32(Buffer.concat([data, more])));
    }),
  );
});
