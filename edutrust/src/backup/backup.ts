import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Conflict } from '@edutrust/platform/errors';
import type { LogName } from '@edutrust/platform/ledger';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { allMigrations, type OpenContext } from '../process/context.ts';
import { listSequences, listTables, type Table } from './catalog.ts';
import { fileOf, type Manifest, writeManifest } from './manifest.ts';

/** Ours, and that of the jobs that wait. */
export const schemas = [...new Set(allMigrations.map(({ schema }) => schema)), 'graphile_worker'];

/**
 * Writes what the database holds into a new folder: one snapshot while everything goes on, a COPY of each table, and a
 * manifest with checksums and the heads of both logs. The folder appears whole or not at all. The secret file is not in
 * it: one without the other is useless, so keep them apart.
 *
 * @throws Conflict `backup/not-empty`
 */
export async function backup({ database, secrets, clock }: OpenContext, directory: string): Promise<Manifest> {
  const target = resolve(directory);
  const there = await readdir(target).catch(() => undefined);
  if (there && there.length > 0) throw notEmpty(directory);
  await mkdir(dirname(target), { recursive: true });
  const draft = `${target}.part-${process.pid}`;
  await mkdir(draft, { mode: 0o700 });
  const client = await database.pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const takenAt = clock.now().toISOString();
    const tables: Manifest['tables'][number][] = [];
    for (const table of await listTables(client, schemas))
      tables.push({ ...table, ...(await write(client, table, draft)) });
    const manifest: Manifest = {
      format: 1,
      takenAt,
      migrations: await appliedMigrations(client),
      tables,
      sequences: await listSequences(client, schemas), // counts on in no transaction: read last, it is never behind the rows
      heads: await readHeads(client),
    };
    await client.query('COMMIT');
    await writeManifest(draft, manifest, secrets);
    if (there) await rmdir(target);
    await rename(draft, target);
    return manifest;
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
    client.release();
    await rm(draft, { recursive: true, force: true });
  }
}

async function write(
  client: pg.PoolClient,
  { name, columns }: Table,
  directory: string,
): Promise<{ rows: number; sha256: string }> {
  const copy = client.query(copyTo(`COPY ${name} (${columns.join(', ')}) TO STDOUT`));
  const hash = createHash('sha256');
  const hashing = new PassThrough().on('data', (bytes: Buffer) => hash.update(bytes));
  const file = createWriteStream(join(directory, fileOf(name)), { mode: 0o600, flush: true });
  await pipeline(copy, createGzip({ level: 1 }), hashing, file);
  return { rows: copy.rowCount, sha256: hash.digest('hex') };
}

async function appliedMigrations(client: pg.PoolClient): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT schema_name || '/' || name AS name FROM platform.migration ORDER BY applied_at, name",
  );
  return rows.map(({ name }) => name);
}

async function readHeads(client: pg.PoolClient): Promise<Partial<Record<LogName, string>>> {
  const { rows } = await client.query<{ log: LogName; note: string }>(
    'SELECT DISTINCT ON (log) log, note FROM platform.ledger_checkpoint ORDER BY log, size DESC',
  );
  return Object.fromEntries(rows.map(({ log, note }) => [log, note]));
}

function notEmpty(directory: string): Conflict {
  return new Conflict(
    'backup/not-empty',
    { vi: `Thư mục ${directory} không trống.`, en: `The folder ${directory} is not empty.` },
    { remedy: { vi: 'Chọn một thư mục mới cho mỗi bản.', en: 'Name a new folder for each backup.' } },
  );
}
