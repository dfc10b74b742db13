import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { idpEvents } from '@edutrust/idp/events';
import { readOutboxOnce } from '@edutrust/platform/outbox';
import { openWitness } from '@edutrust/platform/witness';
import { runCommand } from '@edutrust/testing/command';
import type { TestDatabase } from '@edutrust/testing/database';
import { testDatabase } from '@edutrust/testing/database';
import { eventually } from '@edutrust/testing/eventually';
import { type TestInstallation, testInstallation } from '@edutrust/testing/installation';
import type pg from 'pg';
import { schemas } from './backup.ts';
import { listTables } from './catalog.ts';

/** Every row of every table that a backup holds, by what PostgreSQL says of it. */
async function contents(pool: pg.Pool): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { name, columns } of await listTables(pool, schemas)) {
    const { rows } = await pool.query<{ digest: string }>(
      `SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) AS digest
       FROM (SELECT ${columns.join(', ')} FROM ${name}) AS t`,
    );
    found.set(name, rows[0]?.digest ?? '');
  }
  return found;
}

const one = async <Value>(pool: pg.Pool, statement: string): Promise<Value> => {
  const { rows } = await pool.query<{ value: Value }>(`SELECT (${statement}) AS value`);
  assert.ok(rows[0], statement);
  return rows[0].value;
};

describe('backup and restore', () => {
  let installation: TestInstallation;
  let folder: string;
  let taken: Map<string, string>;

  before(async () => {
    installation = await testInstallation();
    assert.equal((await installation.run('seed', 'demo')).code, 0);
    const { pool, db } = installation.database;
    // What a year of use leaves: a session, a half-read outbox, and numbers of transactions that no new server reaches.
    await pool.query(`
      INSERT INTO idp.session (uid, id_hash, payload, device, expires_at) VALUES ('s', 'h', '{}', 'x', now() + interval '1 day');
      UPDATE platform.outbox SET transaction_id = (transaction_id::text::bigint + 4000000000)::text::xid8;`);
    await pool.query(`
      INSERT INTO certs.certificate (serial, issuer_id, profile, subject, request_key, state, tbs, der, not_before, not_after, public_key_sha256)
      SELECT '4' || n, 'people', 'official', 'x', 'test/' || n, 'issued', '', '', now(), now() + interval '1 year', sha256(n::text::bytea)
      FROM generate_series(1, 3) AS n`);
    const seen: string[] = [];
    await pool.query("UPDATE platform.outbox SET transaction_id = '5' WHERE position <= 7");
    await eventually(async () => {
      await readOutboxOnce(db, {
        consumer: 'test',
        handle: async (events) => void seen.push(...events.map(({ id }) => id)),
      });
      assert.equal(seen.length, 7);
    });
    folder = join(installation.directory, 'backup');
    const made = await installation.run('backup', folder);
    assert.equal(made.code, 0, made.stderr);
    taken = await contents(pool);
    const [{ rows, tables }] = made.lines;
    assert.equal(tables, taken.size);
    assert.equal(
      rows,
      [...taken.values()].reduce((sum, digest) => sum + Number.parseInt(digest, 10), 0),
    );
  });
  after(() => installation?.[Symbol.asyncDispose]());

  const into = (database: TestDatabase) => ({ ...installation.environment, DATABASE_URL: database.url });
  const restore = (database: TestDatabase, from: string, ...options: string[]) =>
    runCommand(['--json', 'restore', from, ...options], into(database));

  test('a backup is whole: sha256sum agrees, nobody else may read it, and it is not written over', async () => {
    const checked = spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder, encoding: 'utf8' });
    assert.equal(checked.status, 0, checked.stdout);
    assert.equal(checked.stdout.split('\n').filter(Boolean).length, taken.size + 1);
    assert.equal((await stat(folder)).mode & 0o077, 0);
    for (const file of await readdir(folder)) assert.equal((await stat(join(folder, file))).mode & 0o077, 0, file);
    assert.deepEqual(
      (await readdir(installation.directory)).filter((name) => name.includes('.part')),
      [],
    );
    const again = await installation.run('backup', folder);
    assert.deepEqual([again.code, again.error.code], [2, 'backup/not-empty']);
  });

  test('K1: no key and no secret is in a backup in clear', async () => {
    const secret = (await readFile(installation.environment.EDUTRUST_SECRET_FILE ?? '', 'utf8')).trim();
    for (const name of await readdir(folder)) {
      const file = join(folder, name);
      const { stdout: text } = spawnSync(
        'sh',
        ['-c', 'case "$1" in *.gz) gzip -dc "$1";; *) cat "$1";; esac', '-', file],
        {
          encoding: 'utf8',
          maxBuffer: 2 ** 28,
        },
      );
      assert.doesNotMatch(text, /PRIVATE KEY|"d": ?"/, name);
      assert.ok(!text.includes(secret), name);
    }
  });

  test('B1: a move restores every row, sequence and log as it was; the log goes on and readers miss nothing', async () => {
    await using target = await testDatabase([]);
    const restored = await restore(target, folder, '--move');
    assert.equal(restored.code, 0, restored.stderr);
    assert.deepEqual(
      restored.lines[0].logs.map(({ intact, log }: { intact: boolean; log: string }) => [log, intact]),
      [
        ['audit', true],
        ['signatures', true],
        ['accesses', true],
      ],
    );
    const now = await contents(target.pool);
    // The restore is one event more; the outbox is numbered anew and its reader with it.
    const told = [...taken.keys()].filter((name) => taken.get(name) !== now.get(name));
    assert.deepEqual(
      told.filter((name) => !name.startsWith('platform.ledger_') && !name.startsWith('platform.outbox')),
      [],
    );
    assert.equal(now.size, taken.size);
    const count = (pool: pg.Pool, table: string) => one<number>(pool, `SELECT count(*) FROM ${table}`);
    const source = installation.database.pool;
    for (const table of ['platform.outbox', 'platform.ledger_leaf'])
      assert.equal(await count(target.pool, table), (await count(source, table)) + 1, table);
    assert.equal(
      await one(target.pool, 'SELECT last_value FROM registry.education_id_position'),
      await one(source, 'SELECT last_value FROM registry.education_id_position'),
    );
    assert.equal((await runCommand(['--json', 'log', 'verify'], into(target))).code, 0);
    const head = await one<string>(
      source,
      "SELECT note FROM platform.ledger_checkpoint WHERE log = 'audit' ORDER BY size DESC LIMIT 1",
    );
    const witness = join(installation.directory, 'witness.txt');
    await writeFile(witness, head);
    assert.equal((await runCommand(['--json', 'log', 'verify', '--witnessed', witness], into(target))).code, 0);

    const order = await source.query<{ id: string }>(
      'SELECT id FROM platform.outbox ORDER BY transaction_id, position',
    );
    await target.db.transaction().execute((transaction) =>
      idpEvents.record(transaction, {
        type: 'sessions.forgotten',
        actor: { kind: 'system', name: 'test' },
        subject: { kind: 'installation', id: 'x' },
      }),
    );
    const read: { id: string; type: string }[] = [];
    const reader = {
      consumer: 'test',
      handle: async (events: readonly { id: string; type: string }[]) => void read.push(...events),
    };
    await eventually(async () => {
      await readOutboxOnce(target.db, reader);
      assert.equal(read.at(-1)?.type, 'sessions.forgotten');
    });
    assert.deepEqual(
      read.slice(0, -2).map(({ id }) => id),
      order.rows.slice(7).map(({ id }) => id),
      'what was not read yet, in its order',
    );
    assert.deepEqual(
      read.slice(-2).map(({ type }) => type),
      ['backup.restored', 'sessions.forgotten'],
    );
  });

  test('B2: after a loss nobody is signed in, no old code works, and no education ID is given twice', async () => {
    const { pool } = installation.database;
    const { rows: unused } = await pool.query(
      'SELECT FROM idp.activation WHERE used_at IS NULL AND revoked_at IS NULL',
    );
    assert.ok(unused.length > 0);
    // Given out after the backup and lost with the database.
    await using target = await testDatabase([]);
    const restored = await restore(target, folder);
    assert.equal(restored.code, 0, restored.stderr);
    assert.equal(await one(target.pool, 'SELECT count(*) FROM idp.session'), 0);
    assert.equal(
      await one(target.pool, 'SELECT count(*) FROM idp.activation WHERE used_at IS NULL AND revoked_at IS NULL'),
      0,
    );
    const position = 'SELECT last_value FROM registry.education_id_position';
    assert.ok((await one<number>(target.pool, position)) >= (await one<number>(pool, position)) + 1_000_000);
    const twice = await restore(target, folder);
    assert.deepEqual([twice.code, twice.error.code], [2, 'restore/not-empty']);
  });

  test('B3, B5: a restored older backup takes later revocations from the list outside it, and says what it lacks', async () => {
    const { pool } = installation.database;
    const serials = (
      await pool.query<{ serial: string }>(
        `SELECT serial FROM certs.certificate WHERE request_key LIKE 'test/%' ORDER BY serial`,
      )
    ).rows.map(({ serial }) => serial);
    const [one = '', two = '', three = ''] = serials;
    await using target = await testDatabase([]);
    const without = await runCommand(['restore', folder], into(target));
    assert.equal(without.code, 0, without.stderr);
    assert.match(without.stdout, /NOTE: there is no list of revocations/);

    const witness = join(installation.directory, 'outside');
    const at = new Date().toISOString();
    await openWitness(witness, { now: () => new Date() }).addRevocations([
      { at, serial: one, reason: 'keyCompromise' },
      { at, serial: one, reason: null }, // nobody takes a final revocation back
      { at, serial: two, reason: 'certificateHold' },
      { at, serial: three, reason: 'certificateHold' },
      { at, serial: three, reason: null },
      { at, serial: 'abcdef', reason: 'superseded' },
    ]);
    await using second = await testDatabase([]);
    const environment = { ...into(second), EDUTRUST_WITNESS: witness };
    const restored = await runCommand(['--json', 'restore', folder], environment);
    assert.equal(restored.code, 0, restored.stderr);
    assert.deepEqual(restored.lines[0].revocations, { applied: [one, two], unknown: ['abcdef'], until: at });
    const { rows } = await second.pool.query(
      `SELECT serial, revocation_reason FROM certs.certificate WHERE revoked_at IS NOT NULL AND serial = ANY($1) ORDER BY serial`,
      [serials],
    );
    assert.deepEqual(rows, [
      { serial: one, revocation_reason: 'keyCompromise' },
      { serial: two, revocation_reason: 'certificateHold' },
    ]);
    assert.equal((await runCommand(['--json', 'log', 'verify'], environment)).code, 0);
  });

  test('a damaged, altered or foreign backup leaves the database empty, and a good one still fits', async () => {
    await using target = await testDatabase([]);
    const copy = async (name: string, change: (to: string) => Promise<void>) => {
      const to = join(installation.directory, name);
      await cp(folder, to, { recursive: true });
      await change(to);
      return to;
    };
    const people = 'registry.person.copy.gz';
    const flipped = await copy('flipped', async (to) => {
      const bytes = await readFile(join(to, people));
      bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
      await writeFile(join(to, people), bytes);
    });
    const edited = await copy('edited', async (to) => {
      const manifest = await readFile(join(to, 'manifest.json'), 'utf8');
      await writeFile(join(to, 'manifest.json'), manifest.replace('"format": 1', '"format": 1 '));
    });
    for (const [from, code] of [
      [flipped, 'restore/damaged'],
      [edited, 'restore/not-ours'],
      [installation.directory, 'restore/no-backup'],
    ] as const) {
      const refused = await restore(target, from);
      assert.deepEqual([refused.code, refused.error.code], [2, code]);
    }
    await writeFile(join(installation.directory, 'other.key'), `${'a5'.repeat(32)}\n`);
    const other = { ...into(target), EDUTRUST_SECRET_FILE: join(installation.directory, 'other.key') };
    const foreign = await runCommand(['--json', 'restore', folder], other);
    assert.deepEqual([foreign.code, foreign.error.code], [2, 'restore/not-ours']);
    assert.equal(
      await one(target.pool, "SELECT count(*) FROM pg_namespace WHERE nspname = 'registry'"),
      0,
      'untouched',
    );
    assert.equal((await restore(target, folder)).code, 0);
  });

  test('a log that was altered before the backup is found, kept out, and let in only on demand', async () => {
    const { pool } = installation.database;
    await pool.query(`UPDATE platform.ledger_entry SET type = 'nothing.happened' WHERE id = (
      SELECT entry_id FROM platform.ledger_leaf WHERE log = 'audit' AND index = 3)`);
    const altered = join(installation.directory, 'altered');
    assert.equal((await installation.run('backup', altered)).code, 0);
    await using target = await testDatabase([]);
    const refused = await restore(target, altered);
    assert.deepEqual([refused.code, refused.error.code], [2, 'restore/log-altered']);
    assert.match(refused.error.detail, /number 3/);
    assert.equal(await one(target.pool, 'SELECT count(*) FROM registry.person'), 0, 'nothing half done');
    const accepted = await restore(target, altered, '--accept-altered-log');
    assert.deepEqual([accepted.code, accepted.lines[0].logs[0].firstBadIndex], [1, 3]);
  });
});
