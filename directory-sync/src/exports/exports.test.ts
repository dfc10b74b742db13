import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { HttpServer } from '@edutrust/platform/http';
import { type DemoCity, seedDemo } from '@edutrust/registry/demo';
import { leave } from '@edutrust/registry/people';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { TestClock } from '@edutrust/testing/clock';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { serve } from '@edutrust/testing/served';
import { addClient, endClient, type NewClient } from '../clients/clients.ts';
import { usualContract } from '../model/contract.ts';
import { listReleases } from '../releases/releases.ts';
import { createDirectorySync, migrations } from '../service.ts';
import { addExport, askForScheduled } from './exports.ts';
import type { ExportFormat, ExportSchedule } from './formats.ts';
import { makeFile } from './make.ts';

const system = { kind: 'system', name: 'test' } as const;

let context: TestContext;
let city: DemoCity;
let app: HttpServer;
const clock = new TestClock();
before(async () => {
  context = await testContext({ migrations: [registryMigrations, migrations], clock, seed: demoSeed });
  city = await seedDemo(context);
  app = await serve(context, createDirectorySync(context));
});
after(async () => {
  await app.close();
  await context[Symbol.asyncDispose]();
});

let number = 0;
/** A client of the primary school with an export, and what it can do with its token. */
async function clientWith(format: ExportFormat, more: Partial<NewClient> = {}, schedule: ExportSchedule = 'daily') {
  number += 1;
  const organisationId = city.schools[0]?.id ?? '';
  const { db } = context;
  const made = await db.transaction().execute(async (tx) => {
    const kind = format.startsWith('oneroster') ? 'oneroster' : 'events';
    const client = { name: `tệp ${number}`, kind, mayWrite: false, organisationId, ...more } as const;
    const { id, token } = await addClient(tx, client, system);
    return { id, token, exportId: await addExport(tx, { clientId: id, format, schedule }, system) };
  });
  const files = async () => {
    const headers = { authorization: `Bearer ${made.token}` };
    return (await app.inject({ url: '/api/v1/exports', headers })).json().items as { url: string; sha256: string }[];
  };
  return {
    ...made,
    files,
    make: () => makeFile(context, made.exportId),
    /** The newest file, as whoever has its link gets it. */
    fetch: async () => {
      const [file] = await files();
      assert.ok(file);
      const answer = await app.inject({ url: file.url.replace(context.config.url.origin, '') });
      assert.equal(answer.statusCode, 200, answer.body);
      assert.equal(createHash('sha256').update(answer.rawPayload).digest('hex'), file.sha256);
      return answer.rawPayload;
    },
  };
}

test('D10: a table for Excel has the columns of the contract, and a name that a spreadsheet would compute is text', async () => {
  const { db, pool } = context;
  await pool.query('UPDATE registry.person SET full_name = \'=HYPERLINK("http://evil") Ba\' WHERE id = $1', [
    city.people.twins[0],
  ]);
  await pool.query('UPDATE registry.affiliation SET organisation_id = $1 WHERE person_id = $2', [
    city.schools[0]?.id,
    city.people.twins[0],
  ]);
  const csv = await clientWith('csv');
  await csv.make();
  const text = (await csv.fetch()).toString('utf8');
  assert.ok(text.startsWith('\ufeff"Mã định danh","Họ và tên","Vai trò","Trường","Lớp","Chức danh"\r\n'));
  assert.match(text, /"'=HYPERLINK\(""http:\/\/evil""\) Ba"/);
  assert.doesNotMatch(text, /\d{4}-\d{2}-\d{2}/, 'no birth dates');
  const plain = await clientWith('csv-plain');
  await plain.make();
  assert.ok((await plain.fetch()).toString('utf8').startsWith('"Mã'), 'without a byte order mark');
  const workbook = await clientWith('xlsx', { contract: { ...usualContract, roles: ['teacher'] } });
  await workbook.make();
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-xlsx-'));
  try {
    await writeFile(join(directory, 'it.zip'), await workbook.fetch());
    execFileSync('python3', ['-m', 'zipfile', '-e', 'it.zip', '.'], { cwd: directory });
    const sheet = await readFile(join(directory, 'xl/worksheets/sheet1.xml'), 'utf8');
    for (const words of ['Họ và tên', 'Chức danh', 'giáo viên'])
      assert.ok(sheet.toLowerCase().includes(words.toLowerCase()), words);
    assert.doesNotMatch(sheet, /<f>|Học sinh/, 'no formula, and nobody whom the contract leaves out');
  } finally {
    await rm(directory, { recursive: true });
  }
  const releases = await listReleases(db, city.people.pupil);
  const names = releases.map(({ recipient }) => recipient);
  assert.ok(names.includes('tệp 1') && names.includes('tệp 2'));
  assert.ok(!names.includes('tệp 3'), 'the contract has no learners');
  assert.ok(!releases.some(({ fields }) => fields.includes('birthDate')));
});

test('a link opens one file until it expires, is counted, and is nobody else’s: changed, of another file, of an ended client', async () => {
  const csv = await clientWith('csv');
  await csv.make();
  await csv.fetch();
  const other = await clientWith('csv');
  await other.make();
  const [file] = await csv.files();
  const [foreign] = await other.files();
  assert.ok(file && foreign);
  const open = async (url: string) =>
    (await app.inject({ url: url.replace(context.config.url.origin, '') })).statusCode;
  assert.equal(await open(file.url), 200);
  const { rows } = await context.pool.query('SELECT downloads FROM sync.export_file WHERE export_id = $1', [
    csv.exportId,
  ]);
  assert.deepEqual(rows, [{ downloads: 2 }]);
  const [own, theirs] = [new URL(file.url), new URL(foreign.url)];
  assert.equal(await open(`${theirs.pathname}${own.search}`), 404, 'another file');
  own.searchParams.set('expires', String(Number(own.searchParams.get('expires')) + 1));
  assert.equal(await open(`${own.pathname}${own.search}`), 404, 'a later end');
  assert.equal(await open(own.pathname), 400, 'no signature');
  assert.equal((await app.inject({ url: '/api/v1/exports' })).statusCode, 401);
  assert.equal((await other.files()).length, 1, 'each sees its own alone');
  clock.moveSeconds(15 * 60 + 1);
  assert.equal(await open(file.url), 404, 'expired');
  const [fresh] = await csv.files();
  await context.db.transaction().execute((tx) => endClient(tx, csv.id, system));
  assert.equal(await open(fresh?.url ?? ''), 404, 'its access has ended');
  await csv.make();
  const after = await context.pool.query('SELECT FROM sync.export_file WHERE export_id = $1', [csv.exportId]);
  assert.equal(after.rowCount, 1, 'and no more files are made');
});

/** Files of a ZIP as `unzip` reads it. */
async function unzip(zip: Buffer): Promise<Map<string, string[][]>> {
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-zip-'));
  try {
    await writeFile(join(directory, 'it.zip'), zip);
    execFileSync('python3', ['-m', 'zipfile', '-e', 'it.zip', '.'], { cwd: directory });
    const names = execFileSync('ls', { cwd: directory, encoding: 'utf8' })
      .split('\n')
      .filter((name) => name.endsWith('.csv'));
    const tables = names.map(async (name): Promise<[string, string[][]]> => {
      const text = await readFile(join(directory, name), 'utf8');
      const lines = text.trimEnd().split('\r\n');
      return [name, lines.map((line) => line.slice(1, -1).split('","'))];
    });
    return new Map(await Promise.all(tables));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

test('OneRoster CSV: a manifest that names each file, references that lead somewhere, then only what changed and what is gone', async () => {
  const { db, pool } = context;
  const delta = await clientWith('oneroster-delta');
  await delta.make();
  const whole = await unzip(await delta.fetch());
  const manifest = new Map(whole.get('manifest.csv') as unknown as [string, string][]);
  assert.deepEqual(
    [manifest.get('oneroster.version'), manifest.get('file.users'), manifest.get('file.results')],
    ['1.2', 'bulk', 'absent'],
  );
  for (const [name, how] of manifest)
    if (name.startsWith('file.')) assert.equal(how === 'bulk', whole.has(`${name.slice(5)}.csv`), name);
  const ids = (file: string) =>
    new Set(
      whole
        .get(`${file}.csv`)
        ?.slice(1)
        .map(([id]) => id),
    );
  const column = (file: string, header: string) => {
    const [head = [], ...rows] = whole.get(`${file}.csv`) ?? [];
    return rows.map((row) => row[head.indexOf(header)]);
  };
  for (const [file, header, to] of [
    ['enrollments', 'userSourcedId', 'users'],
    ['enrollments', 'classSourcedId', 'classes'],
    ['roles', 'userSourcedId', 'users'],
    ['roles', 'orgSourcedId', 'orgs'],
    ['classes', 'courseSourcedId', 'courses'],
    ['classes', 'schoolSourcedId', 'orgs'],
  ] as const) {
    assert.ok(column(file, header).length > 0, file);
    assert.deepEqual(
      column(file, header).filter((id) => !ids(to).has(id)),
      [],
      `${file}.${header}`,
    );
  }
  assert.deepEqual([...new Set(column('users', 'status'))], [''], 'bulk has no status');
  await pool.query("UPDATE registry.person SET full_name = 'Đặng Thị Mới' WHERE id = $1", [city.people.pupil]);
  const gone = city.people.twins[0];
  await db.transaction().execute((tx) => leave(tx, gone, { actor: system, today: '2026-11-27' }));
  await delta.make();
  const changed = await unzip(await delta.fetch());
  const lines = changed
    .get('users.csv')
    ?.slice(1)
    .map(([id, status, at]) => [id, status, at !== '']);
  assert.deepEqual(lines, [
    [city.people.pupil, 'active', true],
    [gone, 'tobedeleted', true],
  ]);
  assert.equal(changed.get('orgs.csv')?.length, 1, 'nothing of what is as before');
  const empty = await clientWith('oneroster', { organisationId: city.wardIds[0] ?? '' });
  await empty.make();
  assert.ok((await empty.fetch()).length > 0);
});

test('each night the daily files are asked for, on Mondays the weekly ones too, of clients that still have access', async () => {
  const { db, pool } = context;
  const daily = await clientWith('csv');
  const weekly = await clientWith('csv', {}, 'weekly');
  const never = await clientWith('csv', {}, 'none');
  const ended = await clientWith('csv');
  await db.transaction().execute((tx) => endClient(tx, ended.id, system));
  const askedAt = async (now: string) => {
    await pool.query(`DELETE FROM graphile_worker._private_jobs`);
    await askForScheduled({ db, clock: { now: () => new Date(now) } });
    const { rows } = await pool.query<{ key: string }>('SELECT key FROM graphile_worker.jobs');
    return [daily, weekly, never, ended].map(({ exportId }) => rows.some(({ key }) => key.endsWith(exportId)));
  };
  assert.deepEqual(
    await askedAt('2026-11-29T19:00:00Z'),
    [true, true, false, false],
    'Monday, two in the morning in Vietnam',
  );
  assert.deepEqual(await askedAt('2026-11-28T19:00:00Z'), [true, false, false, false], 'Sunday');
});
