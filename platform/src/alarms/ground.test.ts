import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryAlarms } from './ground.ts';

const [mebibyte, gibibyte] = [2 ** 20, 2 ** 30];

test('a database of a city that keeps 128 MiB in memory is told; a small one, and one with memory for it, is not', () => {
  const codes = (size: number, memory: number) =>
    memoryAlarms({ size, memory, shown: '128MB' }).map(({ code }) => code);
  assert.deepEqual(codes(12 * gibibyte, 128 * mebibyte), ['database-memory']);
  assert.deepEqual(codes(12 * gibibyte, gibibyte), []);
  assert.deepEqual(codes(2 * gibibyte - 1, mebibyte), []);
  const [alarm] = memoryAlarms({ size: 12 * gibibyte, memory: 128 * mebibyte, shown: '128MB' });
  assert.match(alarm?.sentence.vi ?? '', /12 GiB dữ liệu mà chỉ dành 128MB/);
  assert.equal(alarm?.isWarning, true);
});
