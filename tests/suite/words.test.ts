import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = new URL('../..', import.meta.url).pathname;

test('every event that the code records has a Vietnamese and an English name in the console', () => {
  const words = readFileSync(join(root, 'admin-console/src/console/words.ts'), 'utf8');
  const types = new Set<string>();
  const sources = globSync('{platform,registry,certs,idp,signing-service,directory-sync,edutrust}/src/**/*.ts', {
    cwd: root,
    exclude: (path) => path.endsWith('.test.ts') || path.includes('/testing'),
  });
  for (const source of sources) {
    const text = readFileSync(join(root, source), 'utf8');
    for (const [, type = ''] of text.matchAll(/\btype: '([a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*)'/g)) types.add(type);
  }
  const events = [...types].filter((type) => !type.startsWith('webauthn.')); // a WebAuthn client data type is no event
  assert.ok(events.length > 30, `found ${events.length} events`);
  assert.deepEqual(
    events.filter((type) => !words.includes(`'${type}': t(`)),
    [],
    'add these to admin-console/src/console/words.ts',
  );
});
