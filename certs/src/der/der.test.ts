import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import {
  bitString,
  boolean,
  DerError,
  type DerNode,
  element,
  enumerated,
  explicit,
  generalizedTime,
  ia5String,
  integer,
  integerContents,
  nullValue,
  octetString,
  oid,
  printableString,
  readBitString,
  readBoolean,
  readDer,
  readInteger,
  readOid,
  readSetOf,
  readSmallInteger,
  readTime,
  sequence,
  setOf,
  tag,
  time,
  utf8String,
} from './der.ts';

/** Everything that reads, on one node: what a parser may do with bytes of strangers. */
const readers: readonly ((node: DerNode) => unknown)[] = [
  readOid,
  readInteger,
  readSmallInteger,
  readBoolean,
  readBitString,
  readTime,
  ({ contents }) => integerContents(contents),
  (node) => (node.isConstructed ? readSetOf(node) : undefined),
];

/** Reads a tree to its leaves and gives the bytes that it was made of. */
function readAll(node: DerNode): Buffer {
  for (const read of readers) refusesOrReads(() => read(node));
  if (!node.isConstructed) return element(node.tag, node.contents);
  return element(node.tag, ...node.children().map(readAll));
}

/** Nothing but a DerError comes out. */
function refusesOrReads<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof DerError, String(error));
    return undefined;
  }
}

const isRefused = (read: () => unknown) => assert.throws(read, DerError);

const bytes = fc.uint8Array({ maxLength: 300 });
/** Bytes that often look like DER: tags, short lengths, and what is in them. */
const likely = fc
  .array(
    fc.tuple(
      fc.constantFrom(0x01, 0x02, 0x03, 0x05, 0x06, 0x17, 0x18, 0x24, 0x30, 0x31, 0x80, 0xa0, 0xa3),
      fc.constantFrom(0, 1, 2, 3, 13, 15, 0x7f, 0x80, 0x81, 0x82, 0x84),
      fc.uint8Array({ maxLength: 8 }),
    ),
    { maxLength: 40 },
  )
  .map((list) => Buffer.concat(list.map(([tagByte, length, rest]) => Buffer.of(tagByte, length, ...rest))));
/** A value as the writer makes it. */
const { tree: written } = fc.letrec<{ tree: Buffer; leaf: Buffer; node: Buffer }>((tie) => ({
  tree: fc.oneof({ maxDepth: 6, depthIdentifier: 'der' }, tie('leaf'), tie('node')),
  leaf: fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((some) => octetString(some)),
    fc.uint8Array({ maxLength: 40 }).map((some) => integer(some)),
    fc.boolean().map(boolean),
    fc.string({ unit: 'binary' }).map(utf8String),
    fc.constantFrom(nullValue, oid('2.5.4.3'), time(new Date(0)), enumerated(4)),
  ),
  node: fc
    .array(tie('tree'), { maxLength: 5, depthIdentifier: 'der' })
    .chain((parts) => fc.constantFrom(sequence(...parts), setOf(...parts), explicit(0, ...parts))),
}));

describe('E4: DER is read strictly and within bounds', () => {
  test('E4: whatever the bytes are, reading them gives a value or a DerError', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, likely), (some) => {
        const node = refusesOrReads(() => readDer(some));
        if (node) refusesOrReads(() => readAll(node));
      }),
      { numRuns: 5_000 },
    );
  });

  test('E4: what is read is what was written, and a value has one encoding: what is accepted comes back byte for byte', () => {
    fc.assert(fc.property(written, (der) => assert.deepEqual(readAll(readDer(der)), der)));
    fc.assert(
      fc.property(fc.oneof(bytes, likely), (some) => {
        const read = refusesOrReads(() => readAll(readDer(some)));
        if (read) assert.deepEqual(read, Buffer.from(some));
      }),
      { numRuns: 5_000 },
    );
  });

  test('E4: numbers, identifiers, times, flags and bits come back as they were written', () => {
    fc.assert(
      fc.property(fc.nat(0x7fff_ffff), (value) => assert.equal(readSmallInteger(readDer(integer(value))), value)),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 200n }), (value) => {
        const hex = value.toString(16);
        const contents = readInteger(readDer(integer(Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex'))));
        assert.equal(BigInt(`0x${contents.toString('hex')}`), value);
      }),
    );
    const arcs = fc.array(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.nat(2), fc.nat(39), arcs, (first, second, rest) => {
        const dotted = [first, second, ...rest].join('.');
        assert.equal(readOid(readDer(oid(dotted))), dotted);
      }),
    );
    fc.assert(fc.property(fc.boolean(), (value) => assert.equal(readBoolean(readDer(boolean(value))), value)));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (some) =>
        assert.deepEqual(readBitString(readDer(bitString(some))).bytes, Buffer.from(some)),
      ),
    );
    const moments = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moments, (moment) => {
        const whole = new Date(Math.floor(moment.getTime() / 1000) * 1000);
        assert.deepEqual(readTime(readDer(time(whole))), whole);
        assert.deepEqual(readTime(readDer(generalizedTime(whole))), whole);
      }),
    );
  });

  test('E4: a time that does not exist, or is not written as RFC 5280 allows, is refused', () => {
    const utc = (text: string) => () => readTime(readDer(element(tag.utcTime, Buffer.from(text, 'latin1'))));
    const general = (text: string) => () =>
      readTime(readDer(element(tag.generalizedTime, Buffer.from(text, 'latin1'))));
    for (const text of ['250229000000Z', '250431000000Z', '251301000000Z', '250001000000Z', '250100000000Z'])
      isRefused(utc(text));
    for (const text of [
      '250101240000Z',
      '250101006000Z',
      '250101000060Z',
      '2501010000Z',
      '250101000000',
      '25010100000 Z',
    ])
      isRefused(utc(text));
    for (const text of ['250101000000+0000', '２50101000000Z', '-50101000000Z', '250101000000z', ''])
      isRefused(utc(text));
    for (const text of ['20250101000000.0Z', '2025010100Z', '20250101000000+0700', '250101000000Z'])
      isRefused(general(text));
    assert.deepEqual(utc('240229235959Z')(), new Date('2024-02-29T23:59:59Z'));
    assert.deepEqual(general('00500101000000Z')(), new Date('0050-01-01T00:00:00Z'));
    assert.deepEqual(utc('500101000000Z')(), new Date('1950-01-01T00:00:00Z'));
    assert.deepEqual(utc('491231235959Z')(), new Date('2049-12-31T23:59:59Z'));
  });

  test('E4: BER that is not DER is refused', () => {
    // A length in more octets than it needs, of any value, at any depth, and one without an end
    fc.assert(
      fc.property(written, fc.integer({ min: 1, max: 3 }), (der, zeros) => {
        const { contents, tag: tagByte } = readDer(der);
        const octets = Buffer.alloc(4);
        octets.writeUInt32BE(contents.length);
        const long = Buffer.concat([Buffer.of(tagByte, 0x84), octets, contents]);
        const longer = Buffer.concat([Buffer.of(tagByte, 0x84 + zeros), Buffer.alloc(zeros), octets, contents]);
        const endless = Buffer.concat([Buffer.of(tagByte | 0x20, 0x80), contents, Buffer.of(0, 0)]);
        for (const one of [contents.length < 2 ** 24 ? long : longer, longer, endless]) {
          isRefused(() => readDer(one));
          isRefused(() => readAllOrThrow(readDer(sequence(nullValue, one))));
        }
      }),
    );
    // BOOLEAN: every TRUE but one
    for (let value = 1; value < 255; value += 1)
      isRefused(() => readBoolean(readDer(element(tag.boolean, Buffer.of(value)))));
    for (const length of [0, 2]) isRefused(() => readBoolean(readDer(element(tag.boolean, Buffer.alloc(length)))));
    // INTEGER: none, or padded
    isRefused(() => readInteger(readDer(element(tag.integer))));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (some) => {
        const padding = (some[0] ?? 0) >= 0x80 ? 0xff : 0;
        isRefused(() => readInteger(readDer(element(tag.integer, Buffer.of(padding), some))));
      }),
    );
    // OBJECT IDENTIFIER: arcs that are padded or do not end
    for (const contents of [
      [],
      [0x80, 0x01],
      [0x2a, 0x80, 0x01],
      [0x2a, 0x86],
      [0x2a, ...Array<number>(20).fill(0xff), 1],
    ])
      isRefused(() => readOid(readDer(element(tag.oid, Buffer.from(contents)))));
    // BIT STRING: unused bits that are set, too many of them, none at all
    for (const contents of [[], [8, 0], [1], [1, 0xff], [7, 0x40]])
      isRefused(() => readBitString(readDer(element(tag.bitString, Buffer.from(contents)))));
    // SET OF: out of order
    const [first, second] = [integer(1), integer(2)];
    assert.equal(readSetOf(readDer(element(tag.set, first, second))).length, 2);
    isRefused(() => readSetOf(readDer(element(tag.set, second, first))));
    // Strings in pieces: a primitive type that is constructed is another tag
    const pieces = element(tag.octetString | 0x20, octetString(Buffer.of(1)), octetString(Buffer.of(2)));
    isRefused(() => readBitString(readDer(element(tag.bitString | 0x20, bitString(Buffer.of(1))))));
    assert.notEqual(readDer(pieces).tag, tag.octetString);
  });

  test('E4: depth, number of elements, and lengths are bounded before anything is made of them', () => {
    let deep: Buffer = nullValue;
    for (let depth = 0; depth < 100; depth += 1) deep = sequence(deep);
    isRefused(() => readAllOrThrow(readDer(deep)));
    const bottomless = Buffer.alloc(400_000, Buffer.of(0x30, 0x83, 0x0f, 0xff));
    isRefused(() => readAllOrThrow(readDer(bottomless)));
    const wide = sequence(Buffer.alloc(100_000, nullValue));
    isRefused(() => readDer(wide).children());
    isRefused(() => readDer(wide, 1_000_000).children());
    let seen = 0;
    for (const _ of readDer(wide, 1_000_000).each()) seen += 1;
    assert.equal(seen, 50_000, 'one after the other they are read');
    for (const length of [[0x84, 0xff, 0xff, 0xff, 0xff], [0x88, ...Array<number>(8).fill(0xff)], [0xff], [0x82, 1]])
      isRefused(() => readDer(Buffer.from([tag.octetString, ...length, 1, 2, 3])));
    isRefused(() => readDer(Buffer.of(0x1f, 0x81, 0x01, 0)));
    isRefused(() => readDer(Buffer.concat([nullValue, nullValue])));
    isRefused(() => readDer(Buffer.alloc(0)));
  });

  test('E4: a set is written in the order that DER wants, whatever order it was given in', () => {
    const texts = fc.array(fc.string({ maxLength: 10 }).map(ia5String), { maxLength: 8 });
    fc.assert(
      fc.property(texts, (parts) => {
        assert.deepEqual(setOf(...parts), setOf(...[...parts].reverse()));
        const children = readDer(setOf(...parts)).children();
        assert.ok(
          children.every(
            (one, index) => index === 0 || Buffer.compare(children[index - 1]?.bytes ?? one.bytes, one.bytes) <= 0,
          ),
        );
      }),
    );
    assert.deepEqual(readDer(printableString('VN')).contents, Buffer.from('VN'));
  });
});

function readAllOrThrow(node: DerNode): void {
  if (node.isConstructed) for (const child of node.children()) readAllOrThrow(child);
}
