import { readFile } from 'node:fs/promises';
import { zstdDecompressSync } from 'node:zlib';
import type { TestDatabase } from '@edutrust/testing/database';
import pg from 'pg';

/** The SQL of the database that a released version left; made by `tests/upgrade/dump.ts`. */
export async function readDump(name: string): Promise<string> {
  return zstdDecompressSync(await readFile(new URL(`./${name}.sql.zst`, import.meta.url))).toString();
}

/** Fills the test's empty database with it. psql's own commands, which newer versions of pg_dump write, are left out. */
export async function loadDump(database: TestDatabase, name: string): Promise<void> {
  await database.pool.query('DROP SCHEMA IF EXISTS platform, graphile_worker CASCADE'); // the dump makes every schema itself
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query((await readDump(name)).replaceAll(/^\\(?:un)?restrict .*$/gm, ''));
  } finally {
    await client.end();
  }
}
