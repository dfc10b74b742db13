import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type TestCity, type TestPhone, testCity } from '@edutrust/signing-service/testing/city';
import { verifyFile } from '@edutrust/signing-service/verify';
import { sql } from 'kysely';
import { milliseconds, quartile, type Row } from '../measure.ts';
import { cpuOfPostgres, cpuOfProcess, postmasterOf } from '../processor.ts';

/** A class book: one page of one document a teacher and period. */
const pagesOfBooks = 30;
const worker = fileURLToPath(new URL('../sealing/worker.ts', import.meta.url));

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

/** Each has one seal more, one leaf and one archive; the log is whole and its numbers follow one another; a sample is valid. */
async function mustBeSealedOnce({ context }: TestCity, count: number): Promise<void> {
  const { rows } = await sql<Record<string, number>>`
    SELECT (SELECT count(*)::int FROM signing.request WHERE state = 'issued') AS issued,
      (SELECT count(*)::int FROM signing.archive) AS archives,
      (SELECT count(DISTINCT ledger_entry_id)::int FROM signing.session_item AS i
        JOIN signing.session AS s ON s.id = i.session_id WHERE s.purpose = 'seal' AND i.state = 'signed') AS leaves,
      (SELECT count(*)::int FROM platform.outbox WHERE type = 'signing-request.issued') AS events`.execute(context.db);
  for (const [what, found] of Object.entries(rows[0] ?? {}))
    if (found !== count) throw new Error(`${found} ${what} of ${count}`);
  const log = await context.ledger.verify('signatures');
  if (!log.intact) throw new Error(`the log: ${log.reason}`);
  const files = await sql<{ bytes: Buffer }>`
    SELECT d.bytes FROM signing.request AS r JOIN signing.document AS d ON d.id = r.signed_document_id
    ORDER BY r.code LIMIT 50`.execute(context.db);
  for (const { bytes } of files.rows) {
    const { verdict, signatures } = await verifyFile(context, bytes);
    const seals = signatures.filter(({ format }) => format === 'PAdES').length;
    if (verdict !== 'valid' || seals !== 3) throw new Error(`${verdict} with ${seals} signatures`);
  }
}

/** Nothing of the demo city waits any more. */
async function clear({ context }: TestCity): Promise<void> {
  await sql`UPDATE signing.step SET state = 'cancelled' WHERE state IN ('due', 'pending') AND request_id IN (
    SELECT id FROM signing.request WHERE state IN ('waiting', 'signed'))`.execute(context.db);
  await sql`UPDATE signing.request SET state = 'withdrawn' WHERE state IN ('waiting', 'signed')`.execute(context.db);
}

interface Copies {
  readonly count: number;
  /** Whose turn it is; of a document that waits for the seal nobody's by name. */
  readonly signerId?: string;
}

/** Requests for the same document, as if each had been asked for: only their ids and codes differ. */
async function cloneRequest({ context }: TestCity, source: string, { count, signerId }: Copies): Promise<void> {
  const state = signerId ? 'waiting' : 'signed';
  await sql`
    WITH copy AS (
      SELECT gen_random_uuid() AS id, upper(left(md5(random()::text || n), 12)) AS code FROM generate_series(1, ${count}::int) AS n),
    requests AS (
      INSERT INTO signing.request SELECT (jsonb_populate_record(r, jsonb_build_object('id', c.id, 'code', c.code, 'kind', 'upload',
        'class_id', null, 'subject_id', null, 'run_id', null, 'state', ${state}::text, 'closed_at', null)
        || CASE WHEN ${signerId ?? null}::text IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('signer_id', ${signerId ?? null}::text) END)).*
      FROM signing.request AS r, copy AS c WHERE r.id = ${source} RETURNING id)
    INSERT INTO signing.step SELECT (jsonb_populate_record(s, jsonb_build_object('request_id', c.id, 'session_id', null)
      || CASE WHEN s.state = 'done' THEN '{}'::jsonb
        WHEN ${signerId ?? null}::text IS NULL THEN jsonb_build_object('state', 'due')
        WHEN s.position = 1 THEN jsonb_build_object('state', 'due', 'signer_id', ${signerId ?? null}::text, 'role', 'signer')
        ELSE jsonb_build_object('state', 'pending') END)).*
    FROM signing.step AS s, copy AS c WHERE s.request_id = ${source}`.execute(context.db);
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
