import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { rangesOf } from './apply.ts';
import { Joining } from './joining.ts';

test('numbers that were done are ranges, each of them in one and nothing else in any', () => {
  assert.equal(rangesOf([]), '{}');
  assert.equal(rangesOf([7, 0, 1, 2, 4]), '{[0,3),[4,5),[7,8)}');
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(60)), (numbers) => {
      const ranges = [...rangesOf(numbers).matchAll(/\[(\d+),(\d+)\)/g)].map(([, from, to]) => [
        Number(from),
        Number(to),
      ]);
      const read = ranges.flatMap(([from = 0, to = 0]) =>
        Array.from({ length: to - from }, (_, index) => from + index),
      );
      assert.deepEqual(
        read,
        numbers.toSorted((one, other) => one - other),
      );
    }),
  );
});

test('a group that is not there is made once, with its first members; the others come in pieces, however often it is gathered', async () => {
  const joining = new Joining(async (groups) => groups.filter((group) => group === 'new'));
  const take = (from: number, count: number) => {
    for (let number = from; number < from + count; number += 1)
      joining.takenFrom({ key: `k${number}`, personId: '', person: undefined, join: ['new', 'old'], leave: [] });
  };
  take(0, 2_600);
  const first = await joining.changes();
  assert.deepEqual(
    first.map(({ kind, key, after }) => [kind, key, after.members?.length]),
    [
      ['group', 'new', 2_000],
      ['membership', 'new', 500],
      ['membership', 'new', 100],
      ...Array.from({ length: 5 }, () => ['membership', 'old', 500]),
      ['membership', 'old', 100],
    ],
  );
  take(2_600, 1);
  assert.deepEqual(
    (await joining.changes()).map(({ kind, key }) => [kind, key]),
    [
      ['membership', 'new'],
      ['membership', 'old'],
    ],
  );
  assert.deepEqual(await joining.changes(), []);
});
