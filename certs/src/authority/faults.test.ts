import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openWorkshop } from '../../testing/workshop.ts';
import { parseCertificate } from '../certificate/certificate.ts';
import { parseRevocationList } from '../path/crl.ts';
import { newestRevocationList, publishRevocationList } from '../revocation/revocation-list.ts';
import { timeStamp } from '../time-stamp/time-stamp.ts';
import { revokeCertificate } from './authority.ts';

/** `EDUTRUST_TEST_FAULTS=200` for the long run: that many kills, and 10^5 certificates by two processes. */
const runs = Number(process.env.EDUTRUST_TEST_FAULTS ?? 10);
const certificatesEach = runs >= 200 ? 50_000 : runs * 100;
const actor = { kind: 'system', name: 'test' } as const;
const script = new URL('../../testing/faults.ts', import.meta.url).pathname;
type Workshop = Awaited<ReturnType<typeof openWorkshop>>;

interface Worker {
  readonly child: ChildProcess;
  /** Resolves at the first line that begins so. */
  readonly says: (start: string) => Promise<void>;
  readonly ended: Promise<unknown>;
}

/** Starts a process; everything that it acknowledges is added to `acknowledged`. */
function start(shop: Workshop, acknowledged: Map<string, Set<string>>, ...args: string[]): Worker {
  const child = spawn(process.execPath, [script, shop.context.databaseUrl, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const waiting: { start: string; resolve: () => void }[] = [];
  lines.on('line', (line) => {
    const [kind = '', what = ''] = line.split(' ');
    const known = acknowledged.get(kind) ?? new Set();
    acknowledged.set(kind, known.add(what));
    for (const { start: wanted, resolve } of waiting) if (line.startsWith(wanted)) resolve();
  });
  return {
    child,
    ended: Promise.all([once(child, 'close'), once(lines, 'close')]),
    says: (wanted) => new Promise((resolve) => waiting.push({ start: wanted, resolve })),
  };
}

const all = (acknowledged: Map<string, Set<string>>, kind: string) => [...(acknowledged.get(kind) ?? [])];

/** What must be true whatever happened: nothing acknowledged is lost, nothing is twice, the log is complete. */
async function mustHold({ context }: Workshop, acknowledged: Map<string, Set<string>>): Promise<void> {
  const { rows } = await sql<{
    serial: string;
    state: string;
    der: Buffer | null;
    revoked: boolean;
    listed_in: number | null;
  }>`
    SELECT serial, state, der, revoked_at IS NOT NULL AS revoked, listed_in FROM certs.certificate`.execute(context.db);
  const bySerial = new Map(rows.map((row) => [row.serial, row]));
  for (const row of rows) if (row.der) assert.equal(parseCertificate(row.der).serialHex, row.serial);
  for (const serial of all(acknowledged, 'issued'))
    assert.equal(bySerial.get(serial)?.state, 'issued', `issued ${serial} is lost`);
  const newest = parseRevocationList((await newestRevocationList(context.db, 'people'))?.der ?? assert.fail('no list'));
  for (const serial of all(acknowledged, 'revoked')) {
    assert.ok(bySerial.get(serial)?.revoked, `the revocation of ${serial} is lost`);
    assert.ok(newest.revoked.has(serial), `${serial} is not in the newest list`);
  }
  for (const row of rows) if (row.revoked) assert.ok(row.listed_in !== null, 'revoked and in no list');
  const lists = await sql<{ number: number; der: Buffer }>`
    SELECT number, der FROM certs.revocation_list WHERE issuer_id = 'people' ORDER BY number`.execute(context.db);
  for (const { number, der } of lists.rows) assert.equal(Number(parseRevocationList(der).number), number);
  const numbers = new Set(lists.rows.map(({ number }) => String(number)));
  for (const number of all(acknowledged, 'list')) assert.ok(numbers.has(number), `list ${number} is lost`);
  const stamps = await sql<{ count: number }>`SELECT count(*) AS count FROM certs.time_stamp`.execute(context.db);
  assert.ok((stamps.rows[0]?.count ?? 0) >= all(acknowledged, 'stamped').length, 'a token without its record');

  while ((await context.ledger.integrate()) > 0);
  for (const log of ['audit', 'signatures'] as const) assert.ok((await context.ledger.verify(log)).intact, log);
  const { rows: counts } = await sql<Record<string, number>>`
    SELECT (SELECT count(*) FROM certs.certificate WHERE state = 'issued') AS issued,
      (SELECT count(*) FROM certs.certificate AS c JOIN platform.ledger_leaf AS leaf ON leaf.entry_id = c.ledger_entry) AS logged,
      (SELECT count(*) FROM platform.outbox WHERE type = 'certificate.issued') AS announced,
      (SELECT count(*) FROM certs.certificate WHERE revoked_at IS NOT NULL) AS revoked,
      (SELECT count(*) FROM platform.outbox WHERE type = 'certificate.revoked') AS told`.execute(context.db);
  const { issued, logged, announced, revoked, told } = counts[0] ?? {};
  assert.equal(logged, issued, 'a certificate that is not in the public log');
  assert.equal(announced, (issued ?? 0) - 2, 'an event for each, but the two that the ceremony made');
  assert.equal(told, revoked, 'an event for each revocation');
}

test(`G1: kill -9 ×${runs} while certificates, revocations, lists and time stamps are made loses nothing that was acknowledged`, async () => {
  await using shop = await openWorkshop();
  const acknowledged = new Map<string, Set<string>>();
  for (let run = 0; run < runs; run += 1) {
    const worker = start(shop, acknowledged, `run-${run}`, '1000000');
    await worker.says('ready');
    // by the work done, not by the clock: a slow machine kills at the same kind of place
    for (let step = randomInt(1, 40); step > 0; step -= 1) await worker.says('');
    worker.child.kill('SIGKILL');
    await worker.ended;
  }
  await mustHold(shop, acknowledged);
  assert.ok(all(acknowledged, 'issued').length >= runs && all(acknowledged, 'revoked').length > 0);
});

test(`C1: two processes issue ${certificatesEach * 2} certificates on one database: no serial twice, none lost, the log complete`, async () => {
  await using shop = await openWorkshop();
  const acknowledged = new Map<string, Set<string>>();
  const workers = ['one', 'other'].map((name) => start(shop, acknowledged, name, String(certificatesEach), 'issue'));
  await Promise.all(workers.map(({ ended }) => ended));
  assert.equal(all(acknowledged, 'issued').length, certificatesEach * 2);
  await mustHold(shop, acknowledged);
});

test('G9: when one INSERT or UPDATE fails, nothing is half done, and it works again afterwards', async () => {
  await using shop = await openWorkshop();
  const { context } = shop;
  const { db } = context;
  await sql`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$`.execute(
    db,
  );
  const snapshot = async () => {
    const { rows } = await sql<Record<string, number>>`
      SELECT (SELECT count(*) FROM certs.certificate WHERE state = 'issued') AS issued,
        (SELECT count(*) FROM certs.certificate WHERE revoked_at IS NOT NULL) AS revoked,
        (SELECT count(*) FROM certs.revocation_list) AS lists,
        (SELECT count(*) FROM platform.outbox) AS events,
        (SELECT count(*) FROM platform.ledger_entry) AS entries`.execute(db);
    return rows[0];
  };
  const { serial } = await shop.issue('Để thu hồi');
  const operations = {
    issue: () => shop.issue(`Lần ${Math.random()}`),
    revoke: () => revokeCertificate(context, serial, 'superseded', actor),
    publish: () => db.transaction().execute((transaction) => publishRevocationList(context, transaction, 'people')),
    stamp: () => timeStamp(context, Buffer.alloc(32, 1)),
  };
  const broken: readonly (readonly [keyof typeof operations, string, string])[] = [
    ['issue', 'INSERT', 'certs.certificate'],
    ['issue', 'UPDATE', 'certs.certificate'],
    ['issue', 'INSERT', 'platform.ledger_entry'],
    ['issue', 'INSERT', 'platform.ledger_pending'],
    ['issue', 'INSERT', 'platform.outbox'],
    ['revoke', 'UPDATE', 'certs.certificate'],
    ['revoke', 'INSERT', 'certs.revocation_list'],
    ['revoke', 'INSERT', 'platform.outbox'],
    ['revoke', 'INSERT', 'platform.ledger_entry'],
    ['publish', 'INSERT', 'certs.revocation_list'],
    ['stamp', 'INSERT', 'certs.time_stamp'],
  ];
  for (const [operation, action, table] of broken) {
    const before = await snapshot();
    await sql`CREATE TRIGGER fail BEFORE ${sql.raw(action)} ON ${sql.table(table)} EXECUTE FUNCTION fail()`.execute(db);
    await assert.rejects(operations[operation](), /disk full/, `${operation} without ${action} on ${table}`);
    await sql`DROP TRIGGER fail ON ${sql.table(table)}`.execute(db);
    assert.deepEqual(await snapshot(), before, `${operation} without ${action} on ${table} left something`);
  }
  for (const operate of Object.values(operations)) await operate();
  await mustHold(shop, new Map([['revoked', new Set([serial])]]));
});
