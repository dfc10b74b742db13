import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUuid, requestId, uuidv7 } from './ids.ts';

test('identifiers are version 7, unique, and in the order in which they were made even within a millisecond', () => {
  const made = Array.from({ length: 20_000 }, () => uuidv7());
  assert.ok(made.every((id) => isUuid(id) && id[14] === '7' && '89ab'.includes(id[19] ?? '')));
  assert.deepEqual(made, [...made].sort());
  assert.equal(new Set(made).size, made.length);
});

test('what a person reads out has no letter that is taken for another, and is another each time', () => {
  const made = Array.from({ length: 2_000 }, requestId);
  for (const id of made) assert.match(id, /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
  assert.equal(new Set(made).size, made.length);
});
