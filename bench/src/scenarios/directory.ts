import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createDirectorySync, migrations } from '@edutrust/directory-sync/service';
import { addTarget, runTarget, writeLoadFile } from '@edutrust/directory-sync/targets';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { makeCrowd } from '@edutrust/registry/testing/crowd';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { startServer } from '@edutrust/testing/server';
import { type Slapd, startSlapd } from '@edutrust/testing/slapd';
import { Attribute, Change, Client, type Entry } from 'ldapts';
import { cpuInTurn, quartile, type Row } from '../measure.ts';
import { cpuOfPostgres, cpuOfProcess, postmasterOf } from '../processor.ts';

const people = 3_000;
const queued = 2_000;
const inFlight = 8;
const actor = { kind: 'system', name: 'bench' } as const;

/**
 * OpenLDAP kept in step, against a bare client that writes the same entries with as many requests at once: the first
 * load, a run that finds nothing, one that finds two in a hundred changed, and a queue of people who changed, by the wall
 * clock; and one person's change, by all CPU that it takes here, in PostgreSQL and in OpenLDAP, and by the wall clock. No
 * server waits for a disk: what is measured is work, all of it on the processors of this machine.
 */
export const directory = () => directoryOf({ isDurable: false });

/** The same as it is deployed: PostgreSQL and both OpenLDAP servers wait for the disk with each change, as they do unless told not to. */
export const directoryOnDisk = () => directoryOf({ isDurable: true });

interface Disk {
  readonly isDurable: boolean;
}

async function directoryOf(disk: Disk): Promise<Row[]> {
  const server = disk.isDurable ? { server: (await startServer(disk)).url } : {};
  await using context = await testContext({ migrations: [registryMigrations, migrations], ...server });
  const { rootId } = await makeCrowd(context.db, people);
  await context.pool.query('VACUUM ANALYZE');
  const { first, ours, targetId } = await firstLoads(context, rootId, disk);
  await using _ = ours;
  await using theirs = await startSlapd(disk);
  await writeAll(theirs, await readAll(ours));
  const run = () => runOnce(context, targetId);
  const same = await run();
  await rename(context, people / 50, 0, 'Nguyễn Thị Đổi Tên');
  const changed = await run();
  const queue = await deliveries(context, targetId, theirs);
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const { one, modify, oneMs, modifyMs } = await costOfOne(context, targetId, ours, theirs);
  return [
    {
      what: `LDAP, first load of ${people} people, delivered`,
      value: seconds(first.deliveredMs),
      against: `a bare client writes the same ${first.entries} entries in ${seconds(first.bareMs)}`,
      goal: { figure: first.bareMs / first.deliveredMs, unit: '×', atLeast: 0.9 },
    },
    {
      what: '… and proved by reading it again',
      value: seconds(first.wholeMs),
      against: `${(first.bareMs / first.wholeMs).toFixed(2)} × of the bare client, which proves nothing`,
    },
    { what: '… nothing changed', value: seconds(same.ms), against: `${same.totals.unchanged} people compared` },
    { what: '… two in a hundred changed', value: seconds(changed.ms), against: `${changed.totals.changed} changes` },
    {
      what: `… ${queued} changed people waited, brought live`,
      value: seconds(queue.liveMs),
      against: `a bare client modifies the same in ${seconds(queue.bareMs)}`,
      goal: { figure: queue.bareMs / queue.liveMs, unit: '×', atLeast: 0.9 },
    },
    {
      what: '… one person changed, live',
      value: `${one.toFixed(2)} ms`,
      against: `one bare modify ${modify.toFixed(2)} ms; all CPU`,
      goal: { figure: one / modify, unit: '×', atMost: 3 },
    },
    {
      what: '… one person changed, live, until it is written down',
      value: `${oneMs.toFixed(2)} ms`,
      against: `one bare modify ${modifyMs.toFixed(2)} ms; wall clock, medians`,
      goal: { figure: oneMs / modifyMs, unit: '×', atMost: 3 },
    },
  ];
}

async function runOnce(context: TestContext, targetId: string) {
  const from = performance.now();
  const { id, state, totals, failure } = await runTarget(context, targetId, { mode: 'apply', actor });
  if (state !== 'done') throw new Error(`${state}: ${JSON.stringify(failure)}`);
  return { id, ms: performance.now() - from, totals };
}

async function addLdap(context: TestContext, organisationId: string, slapd: Slapd): Promise<string> {
  const { url, baseDn, bindDn, bindPassword: secret } = slapd;
  const settings = { url, baseDn, bindDn };
  const input = { name: `bench ${slapd.pid}`, kind: 'ldap', settings, secret, organisationId };
  return context.db.transaction().execute((transaction) => addTarget(context, transaction, input, actor));
}

/**
 * First loads of empty servers, ours and the bare client's in turn after one of each that warms up; the lower quartile. The
 * last one of ours stays.
 */
async function firstLoads(context: TestContext, rootId: string, disk: Disk) {
  const figures: { deliveredMs: number; wholeMs: number; bareMs: number; entries: number }[] = [];
  for (let round = 0; ; round += 1) {
    const ours = await startSlapd(disk);
    const targetId = await addLdap(context, rootId, ours);
    const { id, ms: wholeMs } = await runOnce(context, targetId);
    const { rows } = await context.pool.query<{ ms: number }>(
      'SELECT extract(epoch FROM delivered_at - started_at)::float8 * 1000 AS ms FROM sync.run WHERE id = $1',
      [id],
    );
    const entries = await readAll(ours);
    await using theirs = await startSlapd(disk);
    const bareMs = await writeAll(theirs, entries);
    if (round > 0) figures.push({ deliveredMs: rows[0]?.ms ?? Number.NaN, wholeMs, bareMs, entries: entries.length });
    if (round < 4) {
      await ours.stop();
      await context.pool.query('DELETE FROM sync.target WHERE id = $1', [targetId]);
      continue;
    }
    const of = (name: 'deliveredMs' | 'wholeMs' | 'bareMs') => quartile(figures.map((figure) => figure[name]));
    const first = {
      deliveredMs: of('deliveredMs'),
      wholeMs: of('wholeMs'),
      bareMs: of('bareMs'),
      entries: entries.length,
    };
    return { first, ours, targetId };
  }
}

const loaded = 100_000;

/** The first load as a file: written, loaded by `slapadd`, and adopted by the next run. */
export async function directoryByFile(): Promise<Row[]> {
  await using context = await testContext({ migrations: [registryMigrations, migrations] });
  const { rootId } = await makeCrowd(context.db, loaded);
  await context.pool.query('VACUUM ANALYZE');
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-bench-'));
  const path = join(folder, 'first-load.ldif');
  const nowhere = { url: 'ldap://127.0.0.1:1', baseDn: 'dc=so,dc=edu,dc=vn', bindDn: 'cn=admin,dc=so,dc=edu,dc=vn' };
  const input = { name: 'bench', kind: 'ldap', settings: nowhere, secret: 'x', organisationId: rootId };
  const targetId = await context.db.transaction().execute((tx) => addTarget(context, tx, input, actor));
  const file = createWriteStream(path);
  const from = performance.now();
  await writeLoadFile(context, targetId, actor, async (part) => {
    if (!file.write(part)) await once(file, 'drain');
  });
  file.end();
  await once(file, 'close');
  const writtenMs = performance.now() - from;
  const { size } = await stat(path);
  const loading = performance.now();
  await using slapd = await startSlapd({ ldif: path });
  const loadedMs = performance.now() - loading;
  await rm(folder, { recursive: true });
  const adopted = await runOnce(context, await addLdap(context, rootId, slapd));
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return [
    { what: `LDIF of ${loaded} people, written`, value: seconds(writtenMs), against: `${Math.round(size / 1e6)} MB` },
    { what: '… slapadd -q, and slapd answers', value: seconds(loadedMs) },
    {
      what: '… adopted by the next run',
      value: seconds(adopted.ms),
      against: `${adopted.totals.added} added, ${adopted.totals.unchanged} as they should be`,
    },
  ];
}

/** Milliseconds that it takes to bring people who wait, and to modify the same with a bare client; the lower quartile of eight each. */
async function deliveries(
  context: TestContext,
  targetId: string,
  theirs: Slapd,
): Promise<{ liveMs: number; bareMs: number }> {
  const live = createDirectorySync(context).outsideTasks?.['sync.live'];
  if (!live) throw new Error('there is no live task');
  const client = await bound(theirs);
  const figures: { liveMs: number; bareMs: number }[] = [];
  for (let round = 0; round < 8; round += 1) {
    const name = `Lê Thị Lượt ${round}`;
    const { rows } = await rename(context, queued, 0, name);
    await context.pool.query('INSERT INTO sync.pending (target_id, person_id) SELECT $1, unnest($2::uuid[])', [
      targetId,
      rows.map(({ id }: { id: string }) => id),
    ]);
    const from = performance.now();
    await live({ targetId });
    const liveMs = performance.now() - from;
    const left = rows.map(({ education_id }: { education_id: string }) => education_id);
    const bareFrom = performance.now();
    const work = async () => {
      for (let uid = left.pop(); uid; uid = left.pop())
        await client.modify(`uid=${uid},ou=people,${theirs.baseDn}`, nameOf(name));
    };
    await Promise.all(Array.from({ length: inFlight }, work));
    figures.push({ liveMs, bareMs: performance.now() - bareFrom });
  }
  await client.unbind();
  return {
    liveMs: quartile(figures.map(({ liveMs }) => liveMs)),
    bareMs: quartile(figures.map(({ bareMs }) => bareMs)),
  };
}

/** CPU milliseconds that one person's change takes, and the modify alone; and both by the wall clock. */
async function costOfOne(
  context: TestContext,
  targetId: string,
  ours: Slapd,
  theirs: Slapd,
): Promise<{ one: number; modify: number; oneMs: number; modifyMs: number }> {
  const live = createDirectorySync(context).outsideTasks?.['sync.live'];
  if (!live) throw new Error('there is no live task');
  const client = await bound(theirs);
  const postmaster = await postmasterOf(context.databaseUrl);
  let number = 0;
  const note = async () => {
    number += 1;
    const { rows } = await rename(context, 1, 200 + (number % 1_000), `Trần Văn Số ${number}`);
    await context.pool.query('INSERT INTO sync.pending (target_id, person_id) VALUES ($1, $2)', [targetId, rows[0].id]);
    return { uid: rows[0].education_id, name: `Trần Văn Số ${number}` };
  };
  const noted = async () => {
    const one = await note();
    await context.pool.query('DELETE FROM sync.pending');
    return one;
  };
  const ms: Record<'live' | 'modify', number[]> = { live: [], modify: [] };
  const timed = async (name: 'live' | 'modify', work: () => Promise<unknown>) => {
    const from = performance.now();
    await work();
    ms[name].push(performance.now() - from);
  };
  const cost = await cpuInTurn(
    {
      live: async () => {
        await note();
        await timed('live', () => live({ targetId }));
      },
      modify: async () => {
        const { uid, name } = await noted();
        await timed('modify', () => client.modify(`uid=${uid},ou=people,${theirs.baseDn}`, nameOf(name)));
      },
      noted,
    },
    {
      rounds: 16,
      count: 40,
      read: () =>
        cpuOfPostgres(postmaster) +
        [process.pid, ours.pid, theirs.pid].reduce((sum, pid) => sum + cpuOfProcess(pid), 0),
    },
  );
  await client.unbind();
  const median = (figures: number[]) => figures.sort((one, other) => one - other)[Math.floor(figures.length / 2)];
  return {
    one: cost.live - cost.noted,
    modify: cost.modify - cost.noted,
    oneMs: median(ms.live) ?? Number.NaN,
    modifyMs: median(ms.modify) ?? Number.NaN,
  };
}

const rename = (context: TestContext, limit: number, offset: number, name: string) =>
  context.pool.query(
    `UPDATE registry.person SET full_name = $3 WHERE id IN (SELECT id FROM registry.person ORDER BY id LIMIT $1 OFFSET $2)
     RETURNING id, education_id`,
    [limit, offset, name],
  );

const nameOf = (name: string) =>
  ['cn', 'displayName', 'sn', 'givenName'].map(
    (type) => new Change({ operation: 'replace', modification: new Attribute({ type, values: [name] }) }),
  );

async function bound({ url, bindDn, bindPassword }: Slapd): Promise<Client> {
  const client = new Client({ url });
  await client.bind(bindDn, bindPassword);
  return client;
}

/** Every entry below the base, people before groups. */
async function readAll(slapd: Slapd): Promise<Entry[]> {
  const client = await bound(slapd);
  const entries: Entry[] = [];
  for (const branch of ['people', 'groups'])
    for await (const page of client.searchPaginated(`ou=${branch},${slapd.baseDn}`, { scope: 'one', paged: true }))
      entries.push(...page.searchEntries);
  await client.unbind();
  return entries;
}

/** Milliseconds that writing the entries takes, several at once and one add each. */
async function writeAll(slapd: Slapd, entries: readonly Entry[]): Promise<number> {
  const client = await bound(slapd);
  for (const branch of ['people', 'groups'])
    await client.add(`ou=${branch},${slapd.baseDn}`, { objectClass: 'organizationalUnit' });
  const from = performance.now();
  const left = [...entries].reverse();
  const work = async () => {
    for (let entry = left.pop(); entry; entry = left.pop()) {
      const { dn, ...attributes } = entry;
      const filled = Object.entries(attributes).filter(([, value]) => value.length > 0);
      await client.add(dn, Object.fromEntries(filled.map(([name, value]) => [name, value as string | string[]])));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  const ms = performance.now() - from;
  await client.unbind();
  return ms;
}
