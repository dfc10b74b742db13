import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { combine as combineElsewhere, split as splitElsewhere } from 'shamir-secret-sharing';
import { combine, type Share, split } from './shamir.ts';

// The audited library writes a share as its bytes and then its x; the field and the polynomial are the same.
const written = ({ x, bytes }: Share): Uint8Array => Uint8Array.from([...bytes, x]);
const read = (share: Uint8Array): Share => ({ x: share.at(-1) ?? 0, bytes: Buffer.from(share.subarray(0, -1)) });

test('Shamir: an audited library gives back what we shared, and we what it shared', async () => {
  const sizes = fc.tuple(fc.integer({ min: 2, max: 7 }), fc.integer({ min: 0, max: 7 }));
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 48 }), sizes, async (secret, [threshold, more]) => {
      const count = threshold + more;
      const ours = split(secret, threshold, count).slice(-threshold);
      assert.deepEqual(Buffer.from(await combineElsewhere(ours.map(written))), Buffer.from(secret));
      const theirs = (await splitElsewhere(secret, count, threshold)).slice(-threshold);
      assert.deepEqual(combine(theirs.map(read)), Buffer.from(secret));
    }),
  );
});

test('Shamir: one share too few gives other bytes to us and to the audited library alike', async () => {
  const secret = Buffer.alloc(32, 0x5a);
  const few = split(secret, 4, 6).slice(0, 3);
  const guess = combine(few);
  assert.notDeepEqual(guess, secret);
  assert.deepEqual(Buffer.from(await combineElsewhere(few.map(written))), guess);
});
