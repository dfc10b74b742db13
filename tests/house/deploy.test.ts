import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfig, variables } from '@edutrust/platform/config';

const root = new URL('../..', import.meta.url).pathname;

test('every variable that a file of deploy/ or the operations manual names is one of ours', () => {
  const files = globSync('{deploy/**/*,docs/operations.md}', { cwd: root, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  assert.ok(files.length > 8);
  for (const file of files) {
    const path = join(file.parentPath, file.name);
    for (const [name] of readFileSync(path, 'utf8').matchAll(/\b(?:EDUTRUST_[A-Z0-9_]+|DATABASE_URL|REDIS_URL)\b/g)) {
      assert.ok(Object.hasOwn(variables, name), `${name} in ${path}`);
    }
  }
});

test('what compose gives to a process is a configuration that starts', () => {
  const compose = readFileSync(join(root, 'deploy/compose.production.yaml'), 'utf8');
  const block = /environment: &environment\n((?: {4}.+\n)+)/.exec(compose)?.[1] ?? '';
  const environment = Object.fromEntries(
    [...block.matchAll(/^ {4}(\w+): (.+)$/gm)].map(([, name, value = '']) => [
      name,
      value
        .replace(/^'(.*)'$/, '$1')
        .replace(/\$\{EDUTRUST_URL[^}]*\}/, 'https://id.example.edu.vn')
        .replace(/\$\{\w+:-([^}]*)\}/, '$1')
        .replace(/\$\{\w+:\?[^}]*\}/, 'x'),
    ]),
  );
  const config = readConfig(environment);
  assert.equal(config.url.href, 'https://id.example.edu.vn/');
});
