import assert from 'node:assert/strict';
import { Buffer as NodeBuffer, isUtf8 as nodeIsUtf8 } from 'node:buffer';
import { isIP as nodeIsIP } from 'node:net';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { Buffer, isUtf8 } from './buffer.ts';
import { isIP } from './net.ts';

const bytes = fc.uint8Array({ maxLength: 40 });
const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 40 }));

test('bytes read as text are what Node reads, in every encoding', () => {
  const encodings = ['utf8', 'latin1', 'hex', 'base64', 'base64url', 'utf16le'] as const;
  fc.assert(
    fc.property(bytes, fc.constantFrom(...encodings), fc.nat(40), (given, encoding, start) => {
      assert.equal(Buffer.from(given).toString(encoding, start), NodeBuffer.from(given).toString(encoding, start));
    }),
    { numRuns: 500 },
  );
});

test('texts become the bytes that Node makes of them, also those that are no hexadecimal and no base64', () => {
  const alphabet = fc.string({ unit: fc.constantFrom(...'aZ09fF+/-_= \n.'), maxLength: 24 });
  const same = (text: string, encoding: 'utf8' | 'latin1' | 'hex' | 'base64' | 'base64url') =>
    assert.deepEqual([...Buffer.from(text, encoding)], [...NodeBuffer.from(text, encoding)]);
  fc.assert(fc.property(texts, fc.constantFrom('utf8', 'latin1', 'hex'), same), { numRuns: 1_000 });
  // Beyond ASCII Node reads letters of base64 out of halves of others; the judge asks for ASCII first, or writes it back.
  fc.assert(fc.property(alphabet, fc.constantFrom('hex', 'base64', 'base64url'), same), { numRuns: 2_000 });
});

test('searching, comparing, joining and reading numbers give what Node gives', () => {
  const few = fc.uint8Array({ maxLength: 12, max: 3 });
  fc.assert(
    fc.property(few, few, fc.nat(14), (one, other, at) => {
      const [ours, nodes] = [Buffer.from(one), NodeBuffer.from(one)];
      const word = NodeBuffer.from(other).toString('latin1');
      assert.equal(ours.indexOf(other, at), nodes.indexOf(other, at));
      assert.equal(ours.indexOf(word, at, 'latin1'), nodes.indexOf(word, at, 'latin1'));
      assert.equal(ours.includes(other), nodes.includes(NodeBuffer.from(other)));
      assert.equal(ours.equals(other), nodes.equals(other));
      assert.equal(Buffer.compare(one, other), NodeBuffer.compare(one, other));
      assert.deepEqual([...Buffer.concat([one, other])], [...NodeBuffer.concat([one, other])]);
      const numbers = [
        (buffer: typeof ours | typeof nodes) => buffer.readUIntBE(at, (other[0] ?? 0) + 1),
        (buffer: typeof ours | typeof nodes) => buffer.readUInt16LE(at),
        (buffer: typeof ours | typeof nodes) => buffer.readUInt32LE(at),
      ];
      for (const read of numbers)
        assert.equal(
          orRefusal(() => read(ours)),
          orRefusal(() => read(nodes)),
        );
      assert.deepEqual(
        orRefusal(() => [...Buffer.from(one).swap16()].join()),
        orRefusal(() => [...NodeBuffer.from(one).swap16()].join()),
      );
    }),
    { numRuns: 1_000 },
  );
});

function orRefusal<Value>(read: () => Value): Value | 'refused' {
  try {
    return read();
  } catch {
    return 'refused';
  }
}

test('numbers are written as Node writes them', () => {
  const written = (buffer: {
    writeInt32LE(value: number): number;
    writeUIntLE(value: number, at: number, count: number): number;
  }) => {
    buffer.writeInt32LE(-1_340);
    buffer.writeUIntLE(70_000, 4, 3);
    return [...(buffer as unknown as Uint8Array)];
  };
  assert.deepEqual(written(Buffer.alloc(8, 0xff)), written(NodeBuffer.alloc(8, 0xff)));
});

test('a part of bytes is a view with the same ways of reading, a copy is none', () => {
  const whole = Buffer.from('abcdef');
  const part = whole.subarray(1, 3);
  assert.ok(Buffer.isBuffer(part) && part.equals(Buffer.from('bc')));
  whole[1] = 0x7a;
  assert.equal(part.toString(), 'zc');
  assert.equal(Buffer.from(whole).buffer === whole.buffer, false);
  assert.equal(Buffer.from(whole.buffer, whole.byteOffset + 2, 2).toString(), 'cd');
});

test('UTF-8 and addresses are told apart as Node tells them', () => {
  fc.assert(
    fc.property(bytes, texts, (given, text) => {
      assert.equal(isUtf8(given), nodeIsUtf8(given));
      assert.equal(isUtf8(NodeBuffer.from(text)), nodeIsUtf8(NodeBuffer.from(text)));
    }),
  );
  const written = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string({ unit: fc.constantFrom(...'0123f:.'), maxLength: 16 }),
    fc.constantFrom('01.2.3.4', '1.2.3', '1.2.3.4.', '::ffff:1.2.3.4', '::1.2.3.04', '1::2::3', '', '256.1.1.1'),
  );
  fc.assert(
    fc.property(written, (text) => assert.equal(isIP(text), nodeIsIP(text))),
    { numRuns: 1_000 },
  );
});
