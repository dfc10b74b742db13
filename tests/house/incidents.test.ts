import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);

test('every incident and check of docs/sync-incidents.md names a test that exists', () => {
  const text = readFileSync(new URL('docs/sync-incidents.md', root), 'utf8');
  const rows = [...text.matchAll(/^\| (.+) \| `([^`]+\.test\.ts)`: (.+) \|$/gm)];
  const lines = text.match(/^\| (?!---|reported|check ).+ \|$/gm) ?? [];
  assert.equal(rows.length, lines.length, 'each row ends with a file and words of a title');
  assert.ok(rows.length > 40, `${rows.length}`);
  const missing = rows.filter(([, , file = '', words = '']) => {
    const path = new URL(file, root);
    if (!existsSync(path)) return true;
    const titles = readFileSync(path, 'utf8').match(/^\s*test\(\s*['"`].+/gm) ?? [];
    return !titles.some((title) => title.includes(words));
  });
  assert.deepEqual(
    missing.map(([, what, file, words]) => `${what}: ${file}: ${words}`),
    [],
  );
});
