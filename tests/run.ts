/**
 * `npm test`: everything that decides whether a change is good, on a machine where nothing was prepared by hand.
 * Debian's tools are installed when we may; then types, lint and dead code; then the tests beside the code; then the
 * journeys in a real browser. `npm test -- PATTERN…` runs the test files whose path contains one of the patterns.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { startEmbedded } from '@edutrust/platform/embedded';
import { ensurePackages } from './debian.ts';

const root = new URL('..', import.meta.url).pathname;
process.chdir(root);
const patterns = process.argv.slice(2);
// Every test file and every server is a process that reads the same TypeScript.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/edutrust');

ensurePackages();
if (patterns.length === 0) npm('check'); // a file that needs the screens builds them when they are stale

const directory = await mkdtemp(join(tmpdir(), 'edutrust-suite-'));
const server = await startEmbedded(directory);
process.env.EDUTRUST_TEST_POSTGRES = server.url;
let totals = { passed: 0, failed: 0 };
try {
  const beside = globSync(
    '{platform,registry,certs,idp,signing-service,directory-sync,admin-console,edutrust,bench,examples}/**/*.test.ts',
    {
      exclude: ['**/node_modules/**'],
    },
  );
  totals = add(totals, await runFiles([...beside, ...globSync('tests/{house,attacks}/*.test.ts')], 2));
  // A journey waits for its browser as often as for the machine: two at once. What is killed, starved or upgraded is alone.
  totals = add(totals, await runFiles(globSync('tests/journeys/**/*.test.ts'), 2));
  totals = add(totals, await runFiles(globSync('tests/{faults,upgrade}/**/*.test.ts'), 1));
} finally {
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed\n`);
process.exit(totals.failed > 0 || totals.passed === 0 ? 1 : 0);

function npm(script: string): void {
  const { status } = spawnSync('npm', ['run', '--silent', script], { stdio: 'inherit' });
  if (status !== 0) {
    process.stdout.write(`\nnpm run ${script} failed\n`);
    process.exit(1);
  }
}

async function runFiles(all: string[], concurrency: number): Promise<typeof totals> {
  const files = all
    .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
    .sort();
  if (files.length === 0) return { passed: 0, failed: 0 };
  const found = { passed: 0, failed: 0 };
  const stream = run({ files: files.map((file) => join(root, file)), concurrency, timeout: 300_000 });
  stream.on('test:pass', ({ details }) => {
    if (details.type !== 'suite') found.passed += 1;
  });
  stream.on('test:fail', () => {
    found.failed += 1;
  });
  const report = stream.compose(spec());
  for await (const text of report) process.stdout.write(text);
  return found;
}

function add(one: typeof totals, other: typeof totals): typeof totals {
  return { passed: one.passed + other.passed, failed: one.failed + other.failed };
}
