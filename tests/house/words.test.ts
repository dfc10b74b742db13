import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { test } from 'node:test';
import { feedTypes } from '@edutrust/directory-sync/webhooks';
import { eventCatalogue } from '@edutrust/edutrust/events';

const kept = new URL('../../admin-console/events.json', import.meta.url).pathname;

test('every event of the catalogue has one name and its words in Vietnamese and English', () => {
  const names = eventCatalogue.map(([name]) => name);
  assert.ok(names.length > 70, `found ${names.length} events`);
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
    'two workspaces declare the same event',
  );
  const odd = eventCatalogue.filter(
    ([name, { vi, en }]) =>
      !/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/.test(name) || !vi.trim() || !en.trim() || vi === en || en.endsWith('.'),
  );
  assert.deepEqual(odd, []);
});

test('what webhooks and the feed tell of are events of the catalogue', () => {
  const names = new Set<string>(eventCatalogue.map(([name]) => name));
  assert.deepEqual(
    feedTypes.filter((type) => !names.has(type)),
    [],
  );
});

test('the console has the words of every event, and of no other', async () => {
  const words = Object.fromEntries(
    [...eventCatalogue]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, { vi, en }]) => [name, { vi, en }]),
  );
  // `npm run api` writes it.
  if (process.env.EDUTRUST_TEST_WRITE_API) await writeFile(kept, `${JSON.stringify(words, null, 2)}\n`);
  assert.deepEqual(
    JSON.parse(await readFile(kept, 'utf8')),
    words,
    'the events have changed: run `npm run api` and commit admin-console/events.json',
  );
});
