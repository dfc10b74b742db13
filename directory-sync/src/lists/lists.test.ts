import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestClock } from '@edutrust/testing/clock';
import { Lists } from './lists.ts';

const list = 'a list';

test('E5: a page begins at the last place that is known before it, of this list alone, and for a while', () => {
  const clock = new TestClock();
  const lists = new Lists(clock);
  assert.equal(lists.placeUpTo(list, 400), undefined);
  lists.keepPlace(list, 200, { id: 'b' });
  lists.keepPlace(list, 400, { id: 'd', value: 'lê' });
  assert.deepEqual(lists.placeUpTo(list, 400), { index: 400, place: { id: 'd', value: 'lê' } });
  assert.deepEqual(lists.placeUpTo(list, 399), { index: 200, place: { id: 'b' } });
  assert.equal(lists.placeUpTo(list, 199), undefined);
  assert.equal(lists.placeUpTo('another', 400), undefined);
  lists.keepPlace(list, 400, { id: 'c' }); // read again: somebody has come before
  assert.equal(lists.placeUpTo(list, 500)?.place.id, 'c');
  clock.moveSeconds(15 * 60);
  assert.equal(lists.placeUpTo(list, 400), undefined);
});

test('a long list is counted once for everybody who asks within a minute; a short one each time; a failure is not remembered', async () => {
  const clock = new TestClock();
  const lists = new Lists(clock);
  let counts = 0;
  const counting = (count: number) => async () => {
    counts += 1;
    return count;
  };
  const both = await Promise.all([lists.total(list, counting(2_600_000)), lists.total(list, counting(1))]);
  assert.deepEqual([both, counts], [[2_600_000, 2_600_000], 1]);
  assert.equal(await lists.total(list, counting(1)), 2_600_000);
  clock.moveSeconds(60);
  assert.equal(await lists.total(list, counting(10_000)), 10_000);
  assert.equal(await lists.total(list, counting(10_001)), 10_001);
  await assert.rejects(lists.total('broken', async () => Promise.reject(new Error('away'))));
  assert.equal(await lists.total('broken', counting(3)), 3);
});

test('what is remembered is bounded, whatever is asked for', () => {
  const lists = new Lists(new TestClock());
  lists.keepPlace(list, 1, { id: 'a' });
  for (let index = 2; index <= 101; index += 1) lists.keepPlace(list, index, { id: 'b' });
  assert.equal(lists.placeUpTo(list, 1), undefined);
  for (let number = 0; number < 500; number += 1) lists.keepPlace(`list ${number}`, 1, { id: 'a' });
  assert.equal(lists.placeUpTo(list, 101), undefined);
});
