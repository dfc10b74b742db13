import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testContext } from '@edutrust/testing/context';
import { fc } from '@edutrust/testing/property';
import { FF1 } from '@noble/ciphers/ff1.js';
import { migrations } from '../migrations.ts';
import { dammDigit } from './damm.ts';
import { createEducationIdIssuer, formatEducationId, parseEducationId } from './education-id.ts';
import { bodyCount, createPermutation } from './permutation.ts';

const body = fc.integer({ min: 100_000_000, max: 999_999_999 }).map(String);
const withCheck = (digits: string) => `${digits}${dammDigit(digits)}`;

test('the check digit is the one of the published example', () => assert.equal(dammDigit('572'), 4));

test('FF1 gives sample 1 of NIST SP 800-38G', () => {
  const key = Buffer.from('2B7E151628AED2A6ABF7158809CF4F3C', 'hex');
  assert.deepEqual(FF1(10, key).encrypt([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), [2, 4, 3, 3, 4, 7, 7, 4, 8, 4]);
});

test('every wrong digit and every swap of neighbours is refused', () => {
  fc.assert(
    fc.property(body, fc.nat(9), fc.integer({ min: 1, max: 9 }), fc.nat(8), (digits, position, by, swap) => {
      const id = [...withCheck(digits)];
      assert.equal(parseEducationId(id.join('')), id.join(''));
      const wrong = id.with(position, String((Number(id[position]) + by) % 10));
      assert.throws(() => parseEducationId(wrong.join('')), /education ID|phone/);
      const [left = '', right = ''] = [id[swap], id[swap + 1]];
      if (left !== right)
        assert.throws(() =>
          parseEducationId(
            id
              .with(swap, right)
              .with(swap + 1, left)
              .join(''),
          ),
        );
    }),
  );
});

test('it is typed with or without spaces, also full-width, and shown in groups', () => {
  const id = withCheck('790123456');
  assert.equal(parseEducationId(formatEducationId(id)), id);
  assert.equal(parseEducationId(` ${id.slice(0, 5)}-${id.slice(5)} `), id);
  assert.equal(parseEducationId([...id].map((digit) => String.fromCodePoint(0xff10 + Number(digit))).join('')), id);
  for (const [text, code] of [
    ['0901234567', 'education-id/leading-zero'],
    ['79012345', 'education-id/length'],
    ['79012345ab', 'education-id/not-digits'],
    ['', 'education-id/not-digits'],
  ] as const) {
    assert.throws(() => parseEducationId(text), { code });
  }
});

test('the permutation is one-to-one and stays in range', () => {
  const permutation = createPermutation(Buffer.alloc(32, 3));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bodyCount - 1 }), (position) => {
      const made = permutation.bodyOf(position);
      assert.match(made, /^[1-9]\d{8}$/);
      assert.equal(permutation.positionOf(made), position);
    }),
    { numRuns: 2_000 },
  );
  const first = Array.from({ length: 3_000 }, (_, position) => permutation.bodyOf(position));
  assert.equal(new Set(first).size, first.length);
});

test('IDs issued by many transactions at once are well formed and never the same', async () => {
  await using context = await testContext({ migrations: [migrations] });
  const issuer = createEducationIdIssuer(context);
  const issued = await Promise.all(
    Array.from({ length: 20 }, () => context.db.transaction().execute((tx) => issuer.issue(tx, 50))),
  );
  const ids = issued.flat();
  assert.equal(new Set(ids).size, 1_000);
  for (const id of ids) assert.equal(parseEducationId(id), id);
});
