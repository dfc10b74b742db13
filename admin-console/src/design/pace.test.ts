import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paceOf } from './pace.ts';

test('long work says how fast it goes and what is left, and nothing where that would be a guess', () => {
  const first = { at: 1_000, done: 100 };
  assert.deepEqual(paceOf(first, { at: 11_000, done: 600 }, 2_600), { perSecond: 50, secondsLeft: 40 });
  assert.equal(paceOf(first, { at: 2_000, done: 600 }, 2_600), undefined, 'a second is too short');
  assert.equal(paceOf(first, { at: 61_000, done: 100 }, 2_600), undefined, 'it stands still');
  assert.equal(paceOf(first, { at: 61_000, done: 50 }, 2_600), undefined, 'it began anew');
  assert.equal(paceOf(first, { at: 11_000, done: 2_600 }, 2_600), undefined, 'it is over');
});
