import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atOnce } from './at-once.ts';

test('never more than so many are at work, and the results stand in the order of the items', async () => {
  const gates: PromiseWithResolvers<void>[] = [];
  let working = 0;
  let most = 0;
  const all = atOnce([30, 10, 20, 40, 50], 2, async (item) => {
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    most = Math.max(most, ++working);
    await gate.promise;
    working -= 1;
    return item * 2;
  });
  while (gates.length < 5) {
    gates.at(-1)?.resolve(); // the later one first
    await new Promise((resolve) => setImmediate(resolve));
    gates.at(-2)?.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const gate of gates) gate.resolve();
  assert.deepEqual(await all, [60, 20, 40, 80, 100]);
  assert.equal(most, 2);
});

test('the first error ends it, and nothing more is begun', async () => {
  const begun: number[] = [];
  const all = atOnce([1, 2, 3, 4, 5, 6], 2, async (item) => {
    begun.push(item);
    if (item === 2) throw new Error('not this one');
    await new Promise((resolve) => setImmediate(resolve));
  });
  await assert.rejects(all, /not this one/);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(begun, [1, 2]);
});
