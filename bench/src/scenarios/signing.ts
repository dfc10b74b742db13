import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { type TestCity, type TestPhone, testCity } from '@edutrust/signing-service/testing/city';
import { clear, cloneRequest, mustBeSealedOnce, worker } from '@edutrust/signing-service/testing/many';
import { sql } from 'kysely';
import { milliseconds, quartile, type Row } from '../measure.ts';
import { cpuOfPostgres, cpuOfProcess, postmasterOf } from '../processor.ts';

/** A class book: one page of one document a teacher and period. */
const pagesOfBooks = 30;

/**
 * Every teacher signs the class books of a period at once: each on an own phone (an assertion over the list, a signature by the phone's own key for
 * each), through the HTTP base, every page drawn by the phone, until the receipt says "signed". The phones' own work is part of it: they run in the
 * same process.
 */
export async function burst(): Promise<Row[]> {
  await using world = await testCity();
  const teachers = world.city.schools.flatMap((school) => school.teacherIds);
  const phones: TestPhone[] = [];
  for (const id of new Set(teachers)) {
    const phone = await world.phoneOf(id).catch(() => undefined); // not everybody who teaches is a signer
    if (phone) phones.push(phone);
  }
  const [source] = await (await world.phoneOf(world.classTeacherOf(0))).inbox();
  await clear(world);
  for (const { personId } of phones)
    await cloneRequest(world, source?.id ?? '', { count: pagesOfBooks, signerId: personId });
  const postmaster = await postmasterOf(world.context.databaseUrl);
  const cpu = () => cpuOfProcess(process.pid) + cpuOfPostgres(postmaster);
  const [before, started] = [cpu(), performance.now()];
  const waits: number[] = [];
  await Promise.all(
    phones.map(async (phone) => {
      const from = performance.now();
      const ids = (await phone.inbox()).map(({ id }) => id);
      const session = await phone.open(ids);
      const confirmation = await phone.confirmation(session);
      let { json } = await phone.confirm(session, confirmation);
      while (json.state === 'completing') json = (await phone.confirm(session, confirmation)).json;
      if (json.items.some(({ state }: { state: string }) => state !== 'signed')) throw new Error(JSON.stringify(json));
      waits.push(performance.now() - from);
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const signed = phones.length * pagesOfBooks;
  const perSignature = (cpu() - before) / signed;
  const rate = signed / seconds;
  const sorted = waits.toSorted((one, other) => one - other);
  return [
    {
      what: `class books: ${phones.length} teachers at once, ${pagesOfBooks} each`,
      value: `${rate.toFixed(0)}/s`,
      against: `all CPU ${milliseconds(perSignature)} a signature, phones too; ${(rate * 300).toFixed(0)} in five minutes`,
    },
    {
      what: '… from the tap to the receipt',
      value: `${(quartile(waits) / 1000).toFixed(1)} s`,
      against: `lower quartile; the last ${((sorted.at(-1) ?? 0) / 1000).toFixed(1)} s`,
    },
  ];
}

/**
 * Sealing of many documents by jobs that are killed three times, as many as are asked for; else some with keys of the soft store, and of a SoftHSM2
 * token.
 */
export async function sealing(count?: number): Promise<Row[]> {
  if (count !== undefined) return sealed(count, {});
  return [...(await sealed(2_000, {})), ...(await withToken((environment) => sealed(500, environment)))];
}

async function sealed(count: number, environment: Record<string, string>): Promise<Row[]> {
  await using world = await testCity(undefined, environment);
  const { perAct } = await confirmed(world, count);
  const { seconds, kills, samples } = await workUntilDone(world, count, environment);
  await mustBeSealedOnce(world, count);
  const where = 'EDUTRUST_PKCS11_MODULE' in environment ? 'SoftHSM2' : 'soft keys';
  const [first, last] = [quarterOf(samples, 0), quarterOf(samples, 3)];
  return [
    {
      what: `${count} documents sealed and archived, ${where}`,
      value: milliseconds(first.node + first.postgres),
      against: `CPU a document, of it ${milliseconds(first.postgres)} in PostgreSQL; ${(count / seconds).toFixed(0)}/s with all waits and ${kills} kills, each sealed once`,
    },
    {
      what: '… the last quarter of them',
      value: milliseconds(last.node + last.postgres),
      against: `of it ${milliseconds(last.postgres)} in PostgreSQL; ${((last.node + last.postgres) / (first.node + first.postgres)).toFixed(2)} × of the first`,
    },
    {
      what: '… memory of the worker, the most of the last quarter',
      value: `${last.megabytes.toFixed(0)} MB`,
      against: `${first.megabytes.toFixed(0)} MB in the first`,
    },
    { what: '… a clerk’s act over 100, without their completion', value: milliseconds(perAct) },
  ];
}

/** Archives whose time stamps grow old, renewed as in a night, in this process; of as many documents as are asked for. */
export async function renewal(count = 400): Promise<Row[]> {
  await using world = await testCity();
  const { context } = world;
  await confirmed(world, count);
  await workUntilDone(world, count, {});
  const postmaster = await postmasterOf(context.databaseUrl);
  const cpu = () => cpuOfProcess(process.pid) + cpuOfPostgres(postmaster);
  const due = sql`UPDATE signing.archive SET good_until = now() + interval '100 days'`;
  await due.execute(context.db);
  const { 'signing.renew-archives': renew } = world.service.tasks ?? {};
  const parts: { readonly cpu: number; readonly seconds: number; readonly megabytes: number }[] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const [from, started] = [cpu(), performance.now()];
    await renew?.(after === '' ? {} : { after });
    const seconds = (performance.now() - started) / 1000;
    parts.push({ cpu: cpu() - from, seconds, megabytes: residentMegabytes(process.pid) });
    const { rows } = await sql<{ after: string }>`
      WITH gone AS (DELETE FROM graphile_worker._private_jobs WHERE key = 'signing.renew-archives:next' RETURNING payload)
      SELECT payload ->> 'after' AS after FROM gone`.execute(context.db);
    after = rows[0]?.after;
  }
  const { rows } = await sql<{ renewed: number }>`
    SELECT count(*)::int AS renewed FROM (SELECT request_id FROM signing.archive GROUP BY request_id HAVING count(*) = 2) AS twice`.execute(
    context.db,
  );
  if (rows[0]?.renewed !== count) throw new Error(`${rows[0]?.renewed} renewed of ${count}`);
  const sum = (of: (part: (typeof parts)[number]) => number) => parts.reduce((total, part) => total + of(part), 0);
  const perDocument = sum((part) => part.cpu) / count;
  const [first, last] = [parts[0], parts.findLast((part) => part.cpu > 0)];
  return [
    {
      what: `archives renewed, ${count} of them`,
      value: milliseconds(perDocument),
      against: `all CPU; ${(count / sum((part) => part.seconds)).toFixed(0)}/s; a million in ${((perDocument * 1e6) / 3.6e6).toFixed(1)} hours of one processor`,
    },
    {
      what: '… memory behind the last part',
      value: `${last?.megabytes.toFixed(0)} MB`,
      against: `${first?.megabytes.toFixed(0)} MB behind the first, of 200`,
    },
  ];
}

/** As many documents that a clerk has confirmed for the seal: their completion is left to the jobs. */
async function confirmed(world: TestCity, count: number): Promise<{ readonly perAct: number }> {
  const school = world.city.schools[0];
  await world.giveSeal(0);
  await world.passToPrincipal(0);
  const principal = await world.phoneOf(school?.principalId ?? '');
  const [source = ''] = await principal.signAll();
  await clear(world);
  await cloneRequest(world, source, { count });
  const clerk = await world.phoneOf(school?.clerkId ?? '');
  const confirming = performance.now();
  await confirmAll(world, clerk);
  return { perAct: (performance.now() - confirming) / Math.ceil(count / 100) };
}

/** The clerk confirms them all, a hundred at once; their completion is left to the jobs. */
async function confirmAll({ context }: TestCity, clerk: TestPhone): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ id: string }>`
      SELECT r.id FROM signing.request AS r JOIN signing.step AS s ON s.request_id = r.id AND s.role = 'school-seal'
      WHERE r.state = 'signed' AND s.session_id IS NULL ORDER BY r.id LIMIT 100`.execute(context.db);
    if (rows.length === 0) return;
    const session = await clerk.open(
      rows.map(({ id }) => id),
      'seal',
    );
    await clerk.authorise(session, await clerk.confirmation(session));
  }
}

/** How far the jobs were, and what they had taken by then: milliseconds of CPU. */
interface Sample {
  readonly archived: number;
  readonly node: number;
  readonly postgres: number;
  readonly megabytes: number;
}

/** Jobs by a process of their own, which is killed at a quarter, a half and three quarters. */
async function workUntilDone({ context }: TestCity, count: number, environment: Record<string, string>) {
  const argv = [worker, context.databaseUrl, JSON.stringify(environment), '', 'usual'];
  const start = () => spawn(process.execPath, argv, { stdio: ['ignore', 'inherit', 'inherit'] });
  const postmaster = await postmasterOf(context.databaseUrl);
  const postgresBefore = cpuOfPostgres(postmaster);
  const started = performance.now();
  let child: ChildProcess = start();
  let [kills, ofTheDead, ofThis] = [0, 0, 0];
  const samples: Sample[] = [];
  for (;;) {
    await pause(500);
    const { rows } = await sql<{ archived: number }>`SELECT count(*)::int AS archived FROM signing.archive`.execute(
      context.db,
    );
    const archived = rows[0]?.archived ?? 0;
    if (child.exitCode !== null) throw new Error(`the worker ended by itself with ${child.exitCode}`);
    ofThis = cpuOfProcess(child.pid ?? 0);
    samples.push({
      archived,
      node: ofTheDead + ofThis,
      postgres: cpuOfPostgres(postmaster) - postgresBefore,
      megabytes: residentMegabytes(child.pid),
    });
    if (archived >= count) break;
    if (kills < 3 && archived > ((kills + 1) * count) / 4) {
      child.kill('SIGKILL');
      await once(child, 'exit');
      kills += 1;
      ofTheDead += ofThis;
      child = start();
    }
  }
  const seconds = (performance.now() - started) / 1000;
  child.kill('SIGKILL');
  await once(child, 'exit');
  return { seconds, kills, samples };
}

/** CPU a document of a quarter of the documents, and the most memory meanwhile. */
function quarterOf(samples: readonly Sample[], quarter: number): Omit<Sample, 'archived'> {
  const count = samples.at(-1)?.archived ?? 0;
  const at = (part: number) => samples.findIndex(({ archived }) => archived >= part * count);
  const [from, to] = [quarter === 0 ? 0 : at(quarter / 4), at((quarter + 1) / 4)];
  const [begin, end] = [samples[from], samples[to]];
  if (!begin || !end) throw new Error('nothing was measured');
  const before = quarter === 0 ? { archived: 0, node: 0, postgres: 0 } : begin;
  const done = end.archived - before.archived;
  return {
    node: (end.node - before.node) / done,
    postgres: (end.postgres - before.postgres) / done,
    megabytes: Math.max(...samples.slice(from, to + 1).map(({ megabytes }) => megabytes)),
  };
}

function residentMegabytes(pid: number | undefined): number {
  try {
    return Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;
  } catch {
    return 0; // it has just been killed
  }
}

/** Does something with a new token of SoftHSM2. */
async function withToken<Value>(use: (environment: Record<string, string>) => Promise<Value>): Promise<Value> {
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-bench-token-'));
  await mkdir(join(folder, 'tokens'));
  process.env.SOFTHSM2_CONF = join(folder, 'softhsm2.conf');
  await writeFile(
    process.env.SOFTHSM2_CONF,
    `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\n`,
  );
  await writeFile(join(folder, 'pin'), '271828\n');
  const pins = ['--pin', '271828', '--so-pin', '314159'];
  execFileSync('softhsm2-util', ['--init-token', '--free', '--label', 'bench', ...pins]);
  try {
    return await use({
      EDUTRUST_PKCS11_MODULE: '/usr/lib/softhsm/libsofthsm2.so',
      EDUTRUST_PKCS11_TOKEN: 'bench',
      EDUTRUST_PKCS11_PIN_FILE: join(folder, 'pin'),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}
