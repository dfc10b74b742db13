import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MalformedJson, readJson } from './read.ts';

const read = (text: string) => readJson(Buffer.from(text, 'utf8'));

test('a document of many megabytes in a string is read', () => {
  const payload = 'A'.repeat(32 * 1024 * 1024);
  assert.deepEqual(read(`{"payload":"${payload}","signature":"x"}`), { payload, signature: 'x' });
});

test('a member that stands twice is refused, however its name is written, and one that only looks so is not', () => {
  for (const text of [
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"a\\"b":"\\\\","a\\"b":2}',
    '[{"b":{"a":"}","a":[]}}]',
    '{"":1,"":2}',
  ])
    assert.throws(() => read(text), MalformedJson, text);
  for (const text of ['{"a":"a","b":["a","a"],"c":{"a":1}}', '{"a\\\\":"\\"a","a":",\\"a\\":"}', '"a"', '[]'])
    assert.deepEqual(read(text), JSON.parse(text), text);
});
