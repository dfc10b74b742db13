import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { refusals } from './reason.ts';

test('V1: the manual has every reason, with its section and its sentence, and no other', async () => {
  const manual = await readFile(new URL('../../../docs/path-validation.md', import.meta.url), 'utf8');
  const [, reasons = ''] = manual.split('\n## Reasons\n');
  const rows = [...(reasons.split('\n## ')[0] ?? '').matchAll(/^\| `([^`]+)` \| (.+?) \| (.+) \|$/gm)].map((row) =>
    row.slice(1),
  );
  assert.deepEqual(
    rows,
    Object.entries(refusals).map(([code, { section, text }]) => [code, section, text.en]),
  );
});

test('V1: every reason is a sentence in both languages, with a section', () => {
  for (const [code, { section, text }] of Object.entries(refusals)) {
    assert.match(code, /^[a-z0-9]+(?:-[a-z0-9]+)*$/);
    assert.match(section, /§|own|EN 319/, code);
    for (const sentence of [text.vi, text.en]) assert.match(sentence, /^\p{Lu}.+\.$/u, code);
    assert.notEqual(text.vi, text.en);
  }
});
