import assert from 'node:assert/strict';
import { test } from 'node:test';
import { footPlaces } from './places.ts';

test('blocks at the foot of a page lie inside it, over none of the others, the last one at the right', () => {
  for (const page of [
    { width: 595, height: 842 },
    { width: 420, height: 595 },
    { width: 842, height: 595 },
  ]) {
    for (let count = 1; count <= 7; count += 1) {
      const places = footPlaces(page, count);
      assert.equal(places.length, count);
      for (const [index, [left, bottom, right, top]] of places.entries()) {
        assert.ok(left >= 0 && bottom >= 0 && right <= page.width && top <= page.height, `${count} on ${page.width}`);
        for (const other of places.slice(index + 1))
          assert.ok(right <= other[0] || other[2] <= left || top <= other[1] || other[3] <= bottom, `${places}`);
      }
      assert.equal(places.at(-1)?.[2], page.width - 42);
    }
  }
});
