import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { ownTemporaryFolder } from '@edutrust/testing/temporary';
import { createUploads } from './uploads.ts';

const limits = { mostBytes: 1_000_000, mostBytesOfOne: 600_000, stallMs: 300 };
const mostBytes = 500_000;

function pieces(bytes: Buffer): Readable {
  return Readable.from(Array.from({ length: Math.ceil(bytes.length / 10_000) }, (_, n) => bytes.subarray(n * 10_000, (n + 1) * 10_000))); // biome-ignore format: one thought
}

test('E11: what is received reads back byte for byte, small or large, and leaves no file behind', async () => {
  await using folder = await ownTemporaryFolder();
  const uploads = createUploads(limits);
  for (const size of [0, 1, 65_536, 65_537, 300_000]) {
    const bytes = randomBytes(size);
    await using received = await uploads.receive(pieces(bytes), { mostBytes, from: 'a' });
    assert.equal(received.size, size);
    assert.deepEqual(await received.bytes(), bytes);
    assert.deepEqual(await received.bytes(), bytes, 'twice');
  }
  assert.deepEqual(await folder.names(''), []);
});

test('E11: the space is shared, one address cannot fill it, and what is disposed of is free again', async () => {
  const uploads = createUploads(limits);
  const big = randomBytes(400_000);
  const first = await uploads.receive(pieces(big), { mostBytes, from: 'a' });
  await assert.rejects(uploads.receive(pieces(big), { mostBytes, from: 'a' }), { code: 'request/busy', status: 503 });
  const second = await uploads.receive(pieces(big), { mostBytes, from: 'b' });
  await assert.rejects(uploads.receive(pieces(big), { mostBytes, from: 'c' }), { code: 'request/busy' });
  await first[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose](); // twice is once
  const third = await uploads.receive(pieces(big), { mostBytes, from: 'c' });
  for (const received of [second, third]) await received[Symbol.asyncDispose]();
  await using again = await uploads.receive(pieces(big), { mostBytes, from: 'a' });
  assert.equal(again.size, 400_000, 'refused ones hold nothing');
});

test('E11: too large, or stalled for too long, is refused and holds nothing', async () => {
  const uploads = createUploads({ ...limits, mostBytes: 500_000, mostBytesOfOne: 500_000 });
  await assert.rejects(uploads.receive(pieces(randomBytes(500_001)), { mostBytes, from: 'a' }), {
    code: 'request/too-large',
    status: 413,
  });
  const stalling = new PassThrough();
  stalling.write(randomBytes(400_000));
  await assert.rejects(uploads.receive(stalling, { mostBytes, from: 'a' }), { code: 'request/stalled', status: 400 });
  await using after = await uploads.receive(pieces(randomBytes(400_000)), { mostBytes, from: 'a' });
  assert.equal(after.size, 400_000);
});
