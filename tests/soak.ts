/**
 * `npm run soak [-- MINUTES]` (E15): one server with its demo city under a steady light load of signed-in people, sign-ins,
 * refused guesses, public pages and files to verify; says every half minute what it holds. Ends with 1 when the last
 * third of the run holds a tenth more than the middle one: the first third is what warms up.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { appOrigins, authorizationRequest } from '@edutrust/idp/testing/idp';
import { TestBrowser } from '@edutrust/testing/browser';
import { activateWithCode, signInWithPassword } from '@edutrust/testing/forms';
import { Platform } from '@edutrust/testing/platform';

const minutes = Number(process.argv[2] ?? 10);
assert.ok(minutes > 0, 'npm run soak -- MINUTES');
const password = 'một câu đủ dài để nhớ lâu';
const everyMs = 100;
const sampleMs = 30_000;
const mostGrowth = 1.1;

const mebibytes = (kibibytes: number) => Math.round(kibibytes / 1024);

/** Resident memory of the process, and what it has open (Linux). */
async function held(pid: number): Promise<{ rss: number; peak: number; threads: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return { rss: mebibytes(read('VmRSS')), peak: mebibytes(read('VmHWM')), threads: read('Threads') };
}

const median = (values: readonly number[]) => [...values].sort((one, other) => one - other)[values.length >> 1] ?? 0;

await using platform = await Platform.start();
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
    const { rss, peak, threads } = await held(platform.pid);
    samples.push(rss);
    process.stdout.write(
      `${(samples.length * sampleMs) / 1000} s  ${turn} requests  ${rss} MiB  peak ${peak}  ${threads} threads\n`,
    );
  }
  await pause(Math.max(0, everyMs - (performance.now() - began)));
}
const third = Math.floor(samples.length / 3);
const [middle, last] = [median(samples.slice(third, 2 * third)), median(samples.slice(2 * third))];
process.stdout.write(
  `${turn} requests ${JSON.stringify(Object.fromEntries(statuses))}: ${middle} MiB in the middle, ${last} MiB at the end\n`,
);
const failed = [...statuses].filter(([status]) => !/^[234]/.test(status));
if (third > 0 && (last > middle * mostGrowth || failed.length > 0)) process.exitCode = 1;
