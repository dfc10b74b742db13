import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seatNames } from './seat-names.ts';

const names = (...fullNames: string[]) => [
  ...seatNames(fullNames.map((fullName, index) => ({ id: String(index), fullName }))).values(),
];

test('a seat says the given name; who shares it says more; true twins get a letter in the order of the list', () => {
  assert.deepEqual(names('Trần Bảo Nam', 'Phạm Thái Sơn'), ['Nam', 'Sơn']);
  assert.deepEqual(names('Nguyễn Minh Khôi', 'Lê Gia Khôi'), ['Minh Khôi', 'Gia Khôi']);
  assert.deepEqual(names('Nguyễn Minh Khôi', 'Trần An', 'Nguyễn Minh Khôi'), ['Khôi (A)', 'An', 'Khôi (B)']);
  assert.deepEqual(names('Y', 'Lê Y'), ['Y', 'Lê Y']);
});
