/**
 * `npm test`: everything that decides whether a change is good, on a machine where nothing was prepared by hand.
 * Debian's tools are installed when we may; the screens are built, and bundles of what every process reads. Then types, lint
 * and dead code, the tests beside the code and those in tests/: five files at once on two cores, as each waits for its
 * database or browser nearly half the time, those that take longest first. Their database and their files lie in memory
 * where there is room.
 * `npm test -- PATTERN…` runs the test files whose path contains one of the patterns.
 */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { builtScreens } from '@edutrust/admin-console/build';
import { startServer } from '@edutrust/testing/server';
import { bundle, program } from './bundles.ts';
import { ensurePackages } from './debian.ts';

const root = new URL('..', import.meta.url).pathname;
process.chdir(root);
const patterns = process.argv.slice(2);
const durationsFile = join(root, 'node_modules/.cache/edutrust-tests/seconds.json');
// Every test file and every server is a process that reads the same TypeScript.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/edutrust');

ensurePackages();
const screens = builtScreens(join(tmpdir(), 'edutrust-screens'));
const [{ url, folder }] = await Promise.all([startServer(), screens, bundle()]); // the server ends with this process
process.env.EDUTRUST_TEST_POSTGRES = url;
process.env.EDUTRUST_TEST_PROGRAM = program;
process.env.TMPDIR = folder;
process.env.EDUTRUST_TEST_CITIES = join(folder, 'cities');
process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --import=${new URL('libraries.ts', import.meta.url)}`;
/** A file that takes longer hangs: how fast the machine is fails no test. */
const hangMs = 1_200_000;
const seconds = new Map<string, number>();
const beside = globSync('*/{src,testing}/**/*.test.ts');
const others = globSync('{admin-console/*,examples/**/*,tests/*/*}.test.ts', {
  exclude: ['**/node_modules/**'],
});
const { passed, failed } = await runFiles(longestFirst([...beside, ...others]));
keepDurations();
const slowest = [...seconds].sort(([, one], [, other]) => other - one).slice(0, 10);
process.stdout.write(`\nslowest files, in seconds:\n`);
for (const [file, taken] of slowest) process.stdout.write(`${taken.toFixed(1).padStart(8)}  ${file}\n`);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

/** By what the last run here took; types and lint before all, as they say most in the shortest time. */
function longestFirst(files: readonly string[]): string[] {
  const last = lastDurations();
  const length = (file: string) => (file === 'tests/house/check.test.ts' ? Infinity : (last[file] ?? guess(file)));
  return [...files].sort((one, other) => length(other) - length(one));
}

/** The seconds of a file that was never run here: what starts servers and browsers is not left for the end. */
function guess(file: string): number {
  if (file.startsWith('tests/journeys/')) return 90;
  return file.startsWith('tests/') ? 30 : 5;
}

function lastDurations(): Record<string, number> {
  return existsSync(durationsFile) ? JSON.parse(readFileSync(durationsFile, 'utf8')) : {};
}

function keepDurations(): void {
  mkdirSync(dirname(durationsFile), { recursive: true });
  writeFileSync(durationsFile, JSON.stringify({ ...lastDurations(), ...Object.fromEntries(seconds) }));
}

async function runFiles(all: readonly string[]): Promise<{ passed: number; failed: number }> {
  const files = all.filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)));
  const found = { passed: 0, failed: 0 };
  if (files.length === 0) return found;
  const stream = run({ files: files.map((file) => join(root, file)), concurrency: 5, timeout: hangMs });
  stream.on('test:pass', ({ details }) => {
    if (details.type !== 'suite') found.passed += 1;
  });
  stream.on('test:fail', () => {
    found.failed += 1;
  });
  stream.on('test:summary', ({ file, duration_ms: tookMs }) => {
    if (file) seconds.set(relative(root, file), tookMs / 1_000); // without a file it is the summary of all
  });
  for await (const text of stream.compose(spec())) process.stdout.write(text);
  return found;
}
