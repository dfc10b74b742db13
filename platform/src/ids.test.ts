import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUuid, readSayable, readTypable, requestId, sayable, typable, uuidv7 } from './ids.ts';

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

test('a code is read as people type it, and what is no letter of one stays wrong', () => {
  const code = sayable(12);
  for (const typed of [code, code.toLowerCase(), ` ${code.replaceAll(/(.{4})(?=.)/g, '$1–')}.`])
    assert.equal(readSayable(typed), code);
  assert.equal(readSayable('oil7-kq4m'), '0117KQ4M');
  assert.equal(readSayable('７ＫＱ４'), '7KQ4', 'of a keyboard of wide letters');
  assert.equal(readSayable('U7KQ/'), 'U7KQ/');
});

test('what a child types off a slip has no letter that looks like another, and is read with any case and separators', () => {
  const made = typable(2_000);
  assert.match(made, /^[2-9A-HJKMNP-TV-Z]{2000}$/);
  assert.equal(new Set(made).size, 30, 'each letter of the alphabet comes');
  const code = typable(12);
  for (const typed of [code, ` ${code.toLowerCase()} `, code.replaceAll(/(.{4})(?=.)/g, '$1-'), `${code}.`])
    assert.equal(readTypable(typed), code);
  assert.equal(readTypable('oil7'), 'OIL7', 'a letter that is in no code is not read as another');
});
