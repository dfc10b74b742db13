/**
 * `npm run soak [-- MINUTES]` (E15): one server with its demo city under a steady light load of signed-in people, sign-ins,
 * refused guesses, public pages and files to verify; says every half minute what it holds. Ends with 1 when after a full
 * collection the last third of the run holds a tenth more than the middle one: the first third is what warms up. The
 * resident size is told, not judged: between collections it is V8's to choose, which takes what the machine has.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { appOrigins, authorizationRequest } from '@edutrust/idp/testing/idp';
import { TestBrowser } from '@edutrust/testing/browser';
import { eventually } from '@edutrust/testing/eventually';
import { activateWithCode, signInWithPassword } from '@edutrust/testing/forms';
import { Platform } from '@edutrust/testing/platform';

const minutes = Number(process.argv[2] ?? 10);
assert.ok(minutes > 0, 'npm run soak -- MINUTES');
const password = 'một câu đủ dài để nhớ lâu';
const everyMs = 100;
const sampleMs = 30_000;
const mostGrowth = 1.1;

const directory = await mkdtemp(join(tmpdir(), 'edutrust-soak-'));
const heapFile = join(directory, 'heap');
/** What the server loads besides: at SIGUSR2 it collects twice, as the first only finds what was to be finalised. */
const collector = `import { renameSync, writeFileSync } from 'node:fs';
  const file = ${JSON.stringify(heapFile)};
  process.on('SIGUSR2', () => {
    gc();
    gc();
    const { heapUsed, external } = process.memoryUsage();
    writeFileSync(file + '.new', String(heapUsed + external));
    renameSync(file + '.new', file);
  });`;

/** Bytes that the process holds after a full collection; its resident and highest size in MiB (Linux). */
async function held(pid: number): Promise<{ heap: number; rss: number; peak: number }> {
  await rm(heapFile, { force: true });
  process.kill(pid, 'SIGUSR2');
  const heap = await eventually(async () => Number(await readFile(heapFile, 'utf8')));
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const read = (name: string) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024);
  return { heap, rss: read('VmRSS'), peak: read('VmHWM') };
}

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

const median = (values: readonly number[]) => [...values].sort((one, other) => one - other)[values.length >> 1] ?? 0;

await using platform = await Platform.start({
  NODE_OPTIONS: `--expose-gc --import data:text/javascript,${encodeURIComponent(collector)}`,
});
const { url } = platform;
const identifiers: string[] = [];
for (const role of ['Học sinh', 'Giáo viên', 'Phụ huynh']) {
  const person = platform.welcome?.people.find((one) => one.role.startsWith(role));
  if (!person) continue;
  await activateWithCode(url, person.code, password);
  identifiers.push(person.educationId);
}
assert.ok(identifiers.length > 0, 'the demo city has people');
const signIn = async (identifier: string) => {
  const browser = new TestBrowser({ stopAt: appOrigins });
  await signInWithPassword(browser, url, identifier, password);
  return browser;
};
const people = await Promise.all(identifiers.map(signIn));
const file = () => {
  const form = new FormData();
  form.set('file', new Blob(['%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%EOF\n']), 'plain.pdf');
  return form;
};

const statuses = new Map<string, number>();
const count = (what: string) => statuses.set(what, (statuses.get(what) ?? 0) + 1);
const someone = (turn: number) => people[turn % people.length] ?? assert.fail();
/** What one turn asks; of fifty turns most are pages of people who are signed in. */
async function ask(turn: number): Promise<number> {
  const browser = someone(turn);
  const step = turn % 50;
  if (step === 0) {
    people[turn % people.length] = await signIn(identifiers[turn % identifiers.length] ?? '');
    return 200;
  }
  if (step === 25) return (await fetch(`${url}/api/v1/verify`, { method: 'POST', body: file() })).status;
  if (step % 10 === 5) {
    await browser.get(authorizationRequest(url, 'lop-hoc').url);
    return 200;
  }
  const path = ['/', '/account', '/api/v1/me', '/.well-known/openid-configuration', '/verify'][step % 5] ?? '/';
  return (await browser.request(`${url}${path}`)).status;
}

const samples: number[] = [];
const until = performance.now() + minutes * 60_000;
let nextSample = performance.now() + sampleMs;
let turn = 0;
for (; performance.now() < until; turn += 1) {
  const began = performance.now();
  count(await ask(turn).then(String, (error: Error) => error.name));
  if (performance.now() >= nextSample) {
    nextSample += sampleMs;
    const { heap, rss, peak } = await held(platform.pid);
    samples.push(heap);
    process.stdout.write(
      `${(samples.length * sampleMs) / 1000} s  ${turn} requests  ${mebibytes(heap)} MiB in use  ${rss} resident  ${peak} at most\n`,
    );
  }
  await pause(Math.max(0, everyMs - (performance.now() - began)));
}
const third = Math.floor(samples.length / 3);
const [middle, last] = [median(samples.slice(third, 2 * third)), median(samples.slice(2 * third))];
process.stdout.write(
  `${turn} requests ${JSON.stringify(Object.fromEntries(statuses))}: ${mebibytes(middle)} MiB in use in the middle, ${mebibytes(last)} at the end\n`,
);
const failed = [...statuses].filter(([status]) => !/^[234]/.test(status));
if (third > 0 && (last > middle * mostGrowth || failed.length > 0)) process.exitCode = 1;
await rm(directory, { recursive: true, force: true });
