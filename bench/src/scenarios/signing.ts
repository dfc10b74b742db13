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

/** Sealing of many documents by jobs that are killed three times; with keys of the soft store and of a SoftHSM2 token. */
export async function sealing(): Promise<Row[]> {
  return [...(await sealed(2_000, {})), ...(await withToken((environment) => sealed(500, environment)))];
}

/** By its name alone: takes a quarter of an hour and some gigabytes. */
export const sealingOfMany = (): Promise<Row[]> => sealed(20_000, {});

async function sealed(count: number, environment: Record<string, string>): Promise<Row[]> {
  await using world = await testCity(undefined, environment);
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
  const perAct = (performance.now() - confirming) / Math.ceil(count / 100);
  const { seconds, mostMegabytes, kills, rate } = await workUntilDone(world, count, environment);
  await mustBeSealedOnce(world, count);
  const where = 'EDUTRUST_PKCS11_MODULE' in environment ? 'SoftHSM2' : 'soft keys';
  return [
    {
      what: `${count} documents sealed and archived, ${where}`,
      value: `${rate.toFixed(0)}/s`,
      against: `sealed until the first kill; with archives and ${kills} kills ${(count / seconds).toFixed(0)}/s; a million in ${(1e6 / (count / seconds) / 3600).toFixed(1)} hours`,
    },
    { what: '… memory of the worker at the most', value: `${mostMegabytes.toFixed(0)} MB` },
    { what: '… a clerk’s act over 100, without their completion', value: milliseconds(perAct) },
  ];
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

/** Jobs by a process of their own, which is killed at a quarter, a half and three quarters. */
async function workUntilDone({ context }: TestCity, count: number, environment: Record<string, string>) {
  const argv = [worker, context.databaseUrl, JSON.stringify(environment)];
  const start = () => spawn(process.execPath, argv, { stdio: ['ignore', 'inherit', 'inherit'] });
  const started = performance.now();
  let child: ChildProcess = start();
  let [mostMegabytes, kills, rate] = [0, 0, 0];
  for (;;) {
    await pause(200);
    mostMegabytes = Math.max(mostMegabytes, residentMegabytes(child.pid));
    const { rows } = await sql<{ issued: number; archived: number }>`
      SELECT (SELECT count(*)::int FROM signing.request WHERE state = 'issued') AS issued,
        (SELECT count(*)::int FROM signing.archive) AS archived`.execute(context.db);
    const { issued = 0, archived = 0 } = rows[0] ?? {};
    if (child.exitCode !== null) throw new Error(`the worker ended by itself with ${child.exitCode}`);
    if (archived >= count) break;
    if (kills < 3 && issued > ((kills + 1) * count) / 4) {
      if (kills === 0) rate = (1000 * issued) / (performance.now() - started);
      child.kill('SIGKILL');
      await once(child, 'exit');
      kills += 1;
      child = start();
    }
  }
  const seconds = (performance.now() - started) / 1000;
  child.kill('SIGKILL');
  await once(child, 'exit');
  return { seconds, mostMegabytes, kills, rate };
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
