import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const root = new URL('../..', import.meta.url).pathname;

/** Who may import whom: a workspace, and the workspaces below it (docs/architecture.md, Floors). */
const below: Readonly<Record<string, readonly string[]>> = {
  platform: [],
  registry: ['platform'],
  certs: ['platform', 'registry'],
  idp: ['platform', 'registry'],
  'directory-sync': ['platform', 'registry'],
  'signing-service': ['platform', 'registry', 'certs'],
  'admin-console': ['certs/pages', 'idp/pages', 'signing-service/judge-messages', 'signing-service/pages'],
  edutrust: ['platform', 'registry', 'certs', 'idp', 'directory-sync', 'signing-service', 'admin-console'],
  testing: ['platform'],
};

const importPattern =
  /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;

interface Import {
  readonly file: string;
  readonly target: string;
  readonly isType: boolean;
}

function importsOf(workspace: string): Import[] {
  const files = globSync(`${workspace}/**/*.{ts,tsx}`, {
    cwd: root,
    exclude: ['**/node_modules/**', '**/dist/**', '**/generated/**'],
  });
  return files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(importPattern)].map((match) => ({
      file,
      target: match[3] ?? match[4] ?? '',
      isType: match[2] !== undefined,
    })),
  );
}

function doorsOf(workspace: string): Record<string, string> {
  return JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8')).exports ?? {};
}

/** Tests, and what only they import: the folder `testing` of a workspace, and the workspace of that name. */
const isTest = (file: string) => file.endsWith('.test.ts') || /(?:^|\/)testing\//.test(file);

for (const [workspace, allowed] of Object.entries(below)) {
  test(`H1: ${workspace} imports only downward, through doors`, () => {
    const wrong: string[] = [];
    for (const { file, target, isType } of importsOf(workspace)) {
      if (target.startsWith('@edutrust/')) {
        const [, name = '', ...rest] = target.split('/');
        const door = rest.join('/');
        const isAllowed =
          name === workspace || allowed.includes(name) || (isType && allowed.includes(`${name}/${door}`));
        if (!isAllowed && !isTest(file)) wrong.push(`${file} imports ${target}: not below it`);
        if (!(`./${door}` in doorsOf(name))) wrong.push(`${file} imports ${target}: no such door`);
      } else if (target.startsWith('.')) {
        const path = normalize(join(dirname(file), target));
        if (!path.startsWith(`${workspace}/`)) wrong.push(`${file} reaches out of its workspace: ${target}`);
      }
    }
    assert.deepEqual(wrong, []);
  });
}

test('H1: what is made for tests stays out of src, and only tests reach for it', () => {
  const inSrc = sources().filter((file) => /\/src\/(?:.*\/)?(?:testing\/|test-|testing\.)/.test(file));
  assert.deepEqual(inSrc, [], 'it belongs to the folder `testing` beside src');
  const reached = Object.keys(below)
    .flatMap(importsOf)
    .filter(({ file, target }) => !isTest(file) && /(?:^|\/)testing\//.test(target));
  assert.deepEqual(reached, []);
});

test('H1: every door leads to a file', () => {
  for (const workspace of Object.keys(below)) {
    for (const [door, path] of Object.entries(doorsOf(workspace))) {
      assert.ok(existsSync(join(root, workspace, path)), `${workspace} ${door} → ${path}`);
    }
  }
});

test('H1: no circle among the files of a workspace, types counted', () => {
  for (const workspace of Object.keys(below)) {
    const graph = new Map<string, string[]>();
    for (const { file, target, isType } of importsOf(workspace)) {
      if (!target.startsWith('.') || isTest(file)) continue;
      if (isType && workspace === 'admin-console') continue; // a screen and its parts name each other's props
      const path = normalize(join(dirname(file), target));
      graph.set(file, [...(graph.get(file) ?? []), path]);
    }
    const done = new Set<string>();
    const visit = (file: string, trail: readonly string[]): void => {
      assert.ok(!trail.includes(file), `circle: ${[...trail.slice(trail.indexOf(file)), file].join(' → ')}`);
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
  }
});

/** The ids that docs/checks.md explains, with what it promises of each. */
function explainedChecks(): Set<string> {
  const page = readFileSync(join(root, 'docs/checks.md'), 'utf8');
  return new Set([...page.matchAll(/^\| ([A-Z]\d{1,2}) \|/gm)].map(([, id = '']) => id));
}

const sources = () =>
  globSync('**/*.{ts,tsx}', { cwd: root, exclude: ['**/node_modules/**', '**/dist/**', '**/generated/**'] });

/** The ids at the beginning of the titles of a test file: `T5, D3: …`. */
function idsInTitles(file: string): string[] {
  const titles = readFileSync(join(root, file), 'utf8').matchAll(
    /\b(?:test|describe)\(\s*['"`]((?:[A-Z]\d{1,2}(?:, | and )?)+):/g,
  );
  return [...titles].flatMap(([, ids = '']) => ids.split(/, | and /));
}

// A title names a promise of docs/checks.md, never the number of somebody's report.
test('every check id in a test title is explained in docs/checks.md', () => {
  const explained = explainedChecks();
  const wrong = sources()
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => idsInTitles(file).map((id) => ({ file, id })))
    .filter(({ id }) => !explained.has(id));
  assert.deepEqual(wrong, []);
});

test('every check id in a comment is explained in docs/checks.md', () => {
  const explained = explainedChecks();
  const wrong: string[] = [];
  for (const file of sources()) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [comment] of text.matchAll(/\/\*\*?[\s\S]*?\*\/|(?<![:'"`\w])\/\/ .*/g)) {
      for (const [, ids = ''] of comment.matchAll(/\(((?:[A-Z]\d{1,2}(?:, | and )?)+)\)/g)) {
        for (const id of ids.split(/, | and /)) if (!explained.has(id)) wrong.push(`${file}: ${id}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('docs/checks.md explains no check that no title names: what is not kept yet stands below', () => {
  const page = readFileSync(join(root, 'docs/checks.md'), 'utf8');
  const [, notYet = ''] = page.split('\n## Not yet');
  const tried = new Set([
    ...sources()
      .filter((file) => file.endsWith('.test.ts'))
      .flatMap(idsInTitles),
  ]);
  assert.deepEqual(
    [...explainedChecks()].filter((id) => !tried.has(id) && !new RegExp(`\\b${id}\\b`).test(notYet)),
    [],
  );
});

test('SECURITY.md promises nothing that no test tries to break, and everything that one does', () => {
  const page = readFileSync(join(root, 'SECURITY.md'), 'utf8');
  const promised = [...page.matchAll(/^\|[^|]*\|([^|]*)\|$/gm)].flatMap(
    ([, ids = '']) => ids.match(/[A-Z]\d{1,2}/g) ?? [],
  );
  const tried = new Set(
    sources()
      .filter((file) => file.endsWith('.test.ts'))
      .flatMap(idsInTitles),
  );
  assert.ok(promised.length > 20, 'the table of promises was not found');
  assert.deepEqual(
    promised.filter((id) => !tried.has(id)),
    [],
  );
  // What is not a promise of safety: the screens', and what is kept in part.
  const checks = readFileSync(join(root, 'docs/checks.md'), 'utf8');
  const elsewhere = new Set(checks.slice(checks.indexOf('## Screens')).match(/\b[A-Z]\d{1,2}\b/g));
  assert.deepEqual(
    [...tried].filter((id) => !promised.includes(id) && !elsewhere.has(id)),
    [],
    'name these in SECURITY.md',
  );
});

/** The nearest line above, or the line itself, that begins at the margin: what the line is inside of. */
function outermost(lines: readonly string[], index: number): string {
  for (let at = index; at >= 0; at -= 1) if (/^[a-z]/i.test(lines[at] ?? '')) return lines[at] ?? '';
  return '';
}

test('E15: formatters of Intl are made once, at the margin of a module: each holds memory that no collection counts', () => {
  const wrong: string[] = [];
  for (const file of sources().filter((name) => !name.endsWith('.test.ts'))) {
    const lines = readFileSync(join(root, file), 'utf8').split('\n');
    const isScreen = file.startsWith('admin-console/');
    for (const [index, line] of lines.entries()) {
      if (!/new Intl\./.test(line) && !(isScreen && /\.toLocale(Date|Time)?String\(/.test(line))) continue;
      const holder = outermost(lines, index);
      if (!/^(export )?const \w+ = (?!.*=>)/.test(holder) || !/new Intl\./.test(line))
        wrong.push(`${file}:${index + 1}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('a day of a moment is Vietnam’s, whatever the zone of the connection: no cast of a time to a date in SQL', () => {
  const wrong = sources().filter(
    (name) =>
      !name.endsWith('.test.ts') &&
      /\bat::date\b|now\(\)::date|current_date|7 \* 3_?600/i.test(readFileSync(join(root, name), 'utf8')),
  );
  assert.deepEqual(wrong, ['platform/src/vietnam-time.ts']);
});

/** Sources that ask the machine for the time instead of the clock that they are given, and why. */
const ownClocks: Readonly<Record<string, string>> = {
  'directory-sync/src/connectors/ldap/examine.ts': 'compares the clock of this machine with a server’s',
  'platform/src/clock.ts': 'is the clock',
  'platform/src/ids.ts': 'the time in a UUID of version 7 is that of its making',
  'platform/src/events/record.ts': 'an event is of when it is written; nothing is decided by it',
  'registry/src/people/name.ts': 'nobody is born later than tomorrow: a bound that is a day wide',
  'certs/src/cms/time-stamp-token.ts': 'judged as of now, unless the caller names a moment',
  'certs/src/path/batch.ts': 'as above',
  'signing-service/src/public-verification/verify.ts': 'as above',
  'signing-service/src/validation/surroundings.ts': 'as above',
  'signing-service/src/formats/signing-certificate.ts': 'as above',
  'idp/src/provider/library-time.ts': 'oidc-provider goes by the machine, and so does what is compared with its times',
  'directory-sync/src/connectors/scim/http.ts': "Retry-After names a time of the other server's",
};

test('time comes from the clock that is passed in, so that a test can move it', () => {
  const files = globSync('{platform,registry,certs,idp,directory-sync,signing-service}/src/**/*.ts', { cwd: root });
  const asking = files.filter(
    (file) => !isTest(file) && /\bDate\.now\(\)|\bnew Date\(\)/.test(readFileSync(join(root, file), 'utf8')),
  );
  assert.deepEqual(asking.sort(), Object.keys(ownClocks).sort(), 'context.clock, or performance.now() for a deadline');
});

/** Tests that wait for a time or are bound by one, and why no event or state can be waited for. */
const waiting: Readonly<Record<string, string>> = {
  'platform/src/http/deadline.test.ts': 'the loser of a race: nobody waits for it when all is well',
  'platform/src/http/direct.test.ts': 'bytes that are to arrive one by one',
  'platform/src/ledger/ledger.test.ts': 'the rhythm of writers beside the reader',
  'platform/src/store/store.test.ts': 'what expires in Redis and PostgreSQL goes by their clocks',
  'registry/src/changes/undo.test.ts': 'the moment of a kill, anywhere in the work',
  'tests/faults/kill.test.ts': 'as above',
  'tests/faults/sync-kill.test.ts': 'asks often how far the work is, to kill in its middle',
  'tests/faults/uploads.test.ts': 'memory is looked at for two seconds; E12 promises an end within twenty',
};

test('no test sleeps or is bound by the time that a busy machine takes', () => {
  const wrong = sources()
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      const isBound = /\.now\(\) *[<>]|\.now\(\) - [a-z]\w*\)? *(?:\/ *1_?000 *)?[<>;]/.test(text);
      return isBound || /\b(?:pause|setTimeout)\(/.test(text);
    });
  assert.deepEqual(wrong.sort(), Object.keys(waiting).sort(), '`eventually`, an event, or a clock that the test moves');
});

/** Who reads or writes `registry.role_assignment` besides registry/src/permissions, and why. */
const roleReaders: Readonly<Record<string, string>> = {
  'registry/src/migrations.ts': 'makes the table',
  'registry/src/tables.ts': 'types it',
  'registry/src/people/people.ts': 'a person who leaves loses every role, in the same statement as their affiliations',
  'idp/src/activation/code-approval.ts': 'names the roles in what two people sign about a code; it decides by can()',
  'registry/src/setup/setup.ts': 'whether anybody administers yet, before anybody may be asked',
};

test('H1: one place decides on roles: nothing outside registry/permissions reads who holds them', () => {
  const files = globSync('{platform,registry,certs,idp,directory-sync,signing-service,edutrust}/src/**/*.ts', {
    cwd: root,
  });
  const readers = files.filter(
    (file) =>
      !isTest(file) &&
      !file.startsWith('registry/src/permissions/') &&
      readFileSync(join(root, file), 'utf8').includes('role_assignment'),
  );
  assert.deepEqual(
    readers.filter((file) => !(file in roleReaders)),
    [],
    'ask can() or a function of @edutrust/registry/permissions',
  );
});

/** Tables: a line an attack, a rule or a route. */
const tables = ['certs/testing/rules.ts', 'certs/testing/hostile.ts', 'tests/house/routes.ts'];

test('no file but a table and a test is longer than 400 lines', () => {
  const long = sources()
    .filter((file) => !file.endsWith('.test.ts'))
    .filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length - 1 > 400);
  assert.deepEqual(long.sort(), tables.sort(), 'ask what it hides');
});

test('a file stands on the list of those with a function of more than 60 lines only while it has one', () => {
  const { overrides } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
  const listed: string[] = overrides
    .flatMap(({ includes }: { includes: string[] }) => includes)
    .filter((pattern: string) => !pattern.includes('*')); // what is left are pages and tests
  const rule = '--only=complexity/noExcessiveLinesPerFunction'; // asked alone it heeds no override
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/biome'), ['lint', rule, '--reporter=json', ...listed], {
    cwd: root,
    encoding: 'utf8',
  });
  const long = new Set<string>(
    JSON.parse(stdout).diagnostics.map(({ location }: { location: { path: string } }) => location.path),
  );
  assert.deepEqual(
    listed.filter((file) => !long.has(file)),
    [],
    'take it off the list in biome.json',
  );
});

test('every endpoint is a value (ADR 0081): nothing outside platform/http adds one to the framework by hand', () => {
  const byHand = /\b(?:app|own|scope|server|fastify)\.(?:get|post|put|patch|delete|head|options|all|route)\s*[(<]/;
  const wrong = sources().filter(
    (file) =>
      !isTest(file) && !file.startsWith('platform/src/http/') && byHand.test(readFileSync(join(root, file), 'utf8')),
  );
  assert.deepEqual(wrong, []);
});
