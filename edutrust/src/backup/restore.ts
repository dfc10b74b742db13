import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { forgetSessions } from '@edutrust/idp/accounts';
import type { Actor } from '@edutrust/platform/actor';
import { systemClock } from '@edutrust/platform/clock';
import type { Config } from '@edutrust/platform/config';
import { type Database, kyselyOn, openDatabase, type Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { installationEvents } from '@edutrust/platform/installation-events';
import { migrateJobs } from '@edutrust/platform/jobs';
import { createLedger, type LedgerVerdict, logNames } from '@edutrust/platform/ledger';
import type { Logger } from '@edutrust/platform/log';
import { migrate, migrateInside } from '@edutrust/platform/migrations';
import { loadSecretBox, type SecretBox } from '@edutrust/platform/secrets';
import { configuredWitness } from '@edutrust/platform/witness';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { allMigrations } from '../process/context.ts';
import { schemas } from './backup.ts';
import { findRow, listTables } from './catalog.ts';
import { applyLaterRevocations, type LaterRevocations } from './later-revocations.ts';
import { fileOf, type Manifest, readManifest } from './manifest.ts';

/** Education IDs that may have been given out between the backup and the loss, and are never given again. */
const skippedIds = 1_000_000;

export interface RestoreOptions {
  /** Nothing happened after the backup: sessions, codes and sequences go on where they were. */
  readonly isMove: boolean;
  /** Restores even a log that does not verify, for those who have to find out what happened. */
  readonly acceptsAlteredLog: boolean;
  readonly actor: Actor;
}

export interface Restored {
  readonly takenAt: string;
  readonly rows: number;
  readonly logs: readonly LedgerVerdict[];
  /** What was revoked after the backup, from the list that is kept outside it; undefined when there is no list. */
  readonly revocations: LaterRevocations | undefined;
}

/**
 * Fills an empty database from a backup, in one transaction: checksums before, counts while, both logs verified against
 * the backup's heads before it is kept.
 *
 * @throws InvalidInput `restore/…` for a backup that is not whole, not ours or altered; Conflict `restore/not-empty`,
 * `restore/newer`.
 */
export async function restore(
  config: Config,
  log: Logger,
  directory: string,
  options: RestoreOptions,
): Promise<Restored> {
  const { secret } = config;
  // A new key would open nothing.
  const secrets = await loadSecretBox(secret.kind === 'file' ? { ...secret, mayBeMade: false } : secret);
  const manifest = await readManifest(directory, secrets);
  const known = allMigrations.flatMap(({ schema, migrations }) => migrations.map(({ name }) => `${schema}/${name}`));
  const unknown = manifest.migrations.find((name) => !known.includes(name));
  if (unknown) throw newer(unknown);
  const database = await openDatabase(config, { serves: true, log }); // nobody serves the folder meanwhile
  try {
    // As it was when the backup was taken; what has come since is added to the data.
    await migrate(
      database.pool,
      allMigrations.map(({ schema, migrations }) => ({
        schema,
        migrations: migrations.filter(({ name }) => manifest.migrations.includes(`${schema}/${name}`)),
      })),
    );
    await migrateJobs(database.pool);
    const client = await database.pool.connect();
    let logs: LedgerVerdict[];
    let revocations: LaterRevocations | undefined;
    try {
      await client.query('BEGIN');
      ({ logs, revocations } = await fill(client, { config, log, secrets, directory, manifest, options }));
      await client.query('COMMIT');
    } finally {
      await client.query('ROLLBACK').catch(() => undefined);
      client.release();
    }
    await database.pool.query('ANALYZE');
    await tellWitness(config, logs);
    return {
      takenAt: manifest.takenAt,
      rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
      logs,
      revocations,
    };
  } finally {
    await database.close();
  }
}

interface Filling {
  readonly config: Config;
  readonly log: Logger;
  readonly secrets: SecretBox;
  readonly directory: string;
  readonly manifest: Manifest;
  readonly options: RestoreOptions;
}

async function fill(
  client: pg.PoolClient,
  filling: Filling,
): Promise<{ logs: LedgerVerdict[]; revocations: LaterRevocations | undefined }> {
  const { manifest, directory, options } = filling;
  const taken = await findRow(client, await listTables(client, schemas));
  if (taken) throw notEmpty(taken);
  for (const { name, columns, rows } of manifest.tables) {
    const copy = client.query(copyFrom(`COPY ${name} (${columns.join(', ')}) FROM STDIN`));
    await pipeline(createReadStream(join(directory, fileOf(name))), createGunzip(), copy);
    if (copy.rowCount !== rows) throw new Error(`${name} has ${copy.rowCount} rows, the backup says ${rows}`);
  }
  for (const [name, value] of Object.entries(manifest.sequences)) {
    const skipped = name === 'registry.education_id_position' && !options.isMove ? skippedIds : 0;
    await client.query('SELECT setval($1, $2)', [name, value + skipped]);
  }
  await migrateInside(client, allMigrations); // from here on the data is as this version has it
  await makeReadable(client);
  const db = databaseOf(client);
  const logs = await verifyLogs(db, filling);
  const transaction = db as unknown as Transaction; // what it says goes to a connection inside BEGIN
  const { actor, isMove } = options;
  await installationEvents.record(transaction, {
    type: 'backup.restored',
    actor,
    subject: { kind: 'installation', id: 'database' },
    data: { takenAt: manifest.takenAt, isMove },
  });
  if (!isMove) await forgetSessions(transaction, actor);
  return { logs, revocations: await applyLaterRevocations(client, transaction, filling.config, actor) };
}

/** The log goes on from where the backup ends: what was witnessed after that is no longer to be found in it. */
async function tellWitness(config: Config, logs: readonly LedgerVerdict[]): Promise<void> {
  const witness = configuredWitness({ config, clock: systemClock });
  for (const { log, size } of witness ? logs : []) await witness?.restored(log, size);
}

/**
 * The numbers of transactions were another database's: readers of the outbox would wait for ever, or skip what comes.
 * In this database everything so far came before any transaction of its own, in the same order.
 */
async function makeReadable(client: pg.PoolClient): Promise<void> {
  await client.query(`
    CREATE TEMPORARY TABLE reordered ON COMMIT DROP AS
      SELECT id, transaction_id, position, row_number() OVER (ORDER BY transaction_id, position) AS place FROM platform.outbox;
    CREATE INDEX ON reordered (transaction_id, position);
    UPDATE platform.outbox_checkpoint AS c SET held_by = NULL, held_until = NULL, transaction_id = '1', position = coalesce((
      SELECT max(place) FROM reordered AS r WHERE (r.transaction_id, r.position) <= (c.transaction_id, c.position)), 0);
    CREATE TEMPORARY TABLE moved ON COMMIT DROP AS SELECT o.*, r.place FROM platform.outbox AS o JOIN reordered AS r USING (id);
    DELETE FROM platform.outbox;
    INSERT INTO platform.outbox (id, transaction_id, position, at, type, actor, subject_kind, subject_id, organisation_id, data)
      OVERRIDING SYSTEM VALUE
      SELECT id, '1', place, at, type, actor, subject_kind, subject_id, organisation_id, data FROM moved;
    SELECT setval(pg_get_serial_sequence('platform.outbox', 'position'),
      greatest(1, (SELECT max(place) FROM reordered)));
    UPDATE graphile_worker._private_jobs SET locked_at = NULL, locked_by = NULL;
    UPDATE graphile_worker._private_job_queues SET locked_at = NULL, locked_by = NULL;`);
}

/** Statements of the connection whose transaction is open, as the workspaces speak. */
function databaseOf(client: pg.PoolClient): Database {
  const connection = { query: client.query.bind(client), release: () => undefined };
  const pool = { connect: async () => connection, end: async () => undefined };
  return kyselyOn(pool as unknown as pg.Pool); // a pool of one connection
}

async function verifyLogs(db: Database, filling: Filling): Promise<LedgerVerdict[]> {
  const { config, log, secrets, manifest, options } = filling;
  const ledger = await createLedger({ db, secrets, config, clock: systemClock, log });
  const verdicts: LedgerVerdict[] = [];
  for (const name of logNames) {
    const witnessed = manifest.heads[name];
    const verdict = await ledger.verify(name, { inside: db, ...(witnessed ? { witnessed: [witnessed] } : {}) });
    if (!verdict.intact && !options.acceptsAlteredLog) throw altered(verdict);
    verdicts.push(verdict);
  }
  return verdicts;
}

function notEmpty(table: string): Conflict {
  return new Conflict(
    'restore/not-empty',
    { vi: `Cơ sở dữ liệu không trống: ${table} đã có dữ liệu.`, en: `The database is not empty: ${table} has rows.` },
    {
      remedy: {
        vi: 'Chỉ khôi phục vào cơ sở dữ liệu mới: đặt DATABASE_URL hoặc EDUTRUST_DATA tới nơi trống.',
        en: 'Restore into a new database only: set DATABASE_URL or EDUTRUST_DATA to an empty place.',
      },
    },
  );
}

function newer(migration: string): Conflict {
  return new Conflict(
    'restore/newer',
    {
      vi: `Bản sao lưu thuộc phiên bản mới hơn (${migration}).`,
      en: `The backup is of a newer version (${migration}).`,
    },
    { remedy: { vi: 'Cài phiên bản đó rồi khôi phục.', en: 'Install that version and restore with it.' } },
  );
}

function altered({ log, firstBadIndex, reason }: Extract<LedgerVerdict, { intact: false }>): InvalidInput {
  return new InvalidInput(
    'restore/log-altered',
    {
      vi: `Nhật ký ${log} trong bản sao lưu đã bị sửa, mục sai đầu tiên là số ${firstBadIndex}: ${reason}.`,
      en: `The log ${log} in the backup was altered, the first bad entry is number ${firstBadIndex}: ${reason}.`,
    },
    {
      remedy: {
        vi: 'Dùng bản sao lưu cũ hơn; để điều tra vẫn có thể khôi phục với --accept-altered-log.',
        en: 'Use an older backup; to find out what happened it can be restored with --accept-altered-log.',
      },
    },
  );
}
