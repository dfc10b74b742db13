import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { Conflict } from '../errors.ts';

/** One step forward. Its text never changes once released: the next change is the next migration. */
export interface Migration {
  /** `001-accounts`; applied in the order of the list. */
  readonly name: string;
  readonly sql: string;
}

/** The migrations of one workspace; they write only to its schema. */
export interface SchemaMigrations {
  readonly schema: string;
  readonly migrations: readonly Migration[];
}

/** Any constant that only EduTrust's migrations lock on. */
const migrationLock = '7307498251361';

/**
 * Brings every schema up to date: forward only, each migration in a transaction of its own, all under one advisory
 * lock, so that processes which start at once do it once. Returns the names of what was applied.
 *
 * @throws Conflict `database/newer` when a migration was applied that this program does not know; Error when an applied
 * migration's text has changed since.
 */
export async function migrate(pool: Pool, sets: readonly SchemaMigrations[]): Promise<string[]> {
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    try {
      return await applyAll(client, sets);
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [migrationLock]);
    }
  } finally {
    client.release();
  }
}

/**
 * The same in a transaction that the caller has open, for a database that nobody else uses yet: all of it or nothing.
 */
export async function migrateInside(client: PoolClient, sets: readonly SchemaMigrations[]): Promise<string[]> {
  return applyAll(client, sets, { isOpen: true });
}

/** The names of what {@link migrate} would apply; nothing is changed. */
export async function pendingMigrations(pool: Pool, sets: readonly SchemaMigrations[]): Promise<string[]> {
  const known = await readApplied(pool);
  return sets.flatMap(({ schema, migrations }) =>
    migrations.map(({ name }) => `${schema}/${name}`).filter((name) => !known.has(name)),
  );
}

/** @throws Conflict `database/newer` when a migration was applied that this program does not know. */
export async function mustKnowMigrations(pool: Pool, sets: readonly SchemaMigrations[]): Promise<void> {
  mustKnow(await readApplied(pool), sets);
}

/** SHA-256 of each applied migration, by `schema/name`. */
async function readApplied(client: Pick<Pool | PoolClient, 'query'>): Promise<Map<string, string>> {
  const { rows: tables } = await client.query<{ there: boolean }>(
    `SELECT to_regclass('platform.migration') IS NOT NULL AS there`,
  );
  if (!tables[0]?.there) return new Map();
  const { rows } = await client.query<{ schema_name: string; name: string; sha256: string }>(
    'SELECT schema_name, name, sha256 FROM platform.migration',
  );
  return new Map(rows.map((row) => [`${row.schema_name}/${row.name}`, row.sha256]));
}

function mustKnow(known: ReadonlyMap<string, string>, sets: readonly SchemaMigrations[]): void {
  const ours = new Set(sets.flatMap(({ schema, migrations }) => migrations.map(({ name }) => `${schema}/${name}`)));
  const newer = [...known.keys()].find((name) => !ours.has(name));
  if (newer) throw newerSchema(newer);
}

async function applyAll(
  client: PoolClient,
  sets: readonly SchemaMigrations[],
  { isOpen = false } = {},
): Promise<string[]> {
  await client.query(`
    CREATE SCHEMA IF NOT EXISTS platform;
    CREATE TABLE IF NOT EXISTS platform.migration (
      schema_name text NOT NULL,
      name text NOT NULL,
      sha256 text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (schema_name, name)
    )`);
  const known = await readApplied(client);
  mustKnow(known, sets);
  const applied: string[] = [];
  for (const { schema, migrations } of sets) {
    for (const { name, sql } of migrations) {
      const sha256 = createHash('sha256').update(sql).digest('hex');
      const before = known.get(`${schema}/${name}`);
      if (before === sha256) continue;
      if (before) throw new Error(`Migration ${schema}/${name} has changed since it was applied`);
      if (!isOpen) await client.query('BEGIN');
      try {
        await client.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
        await client.query(sql);
        await client.query('INSERT INTO platform.migration (schema_name, name, sha256) VALUES ($1, $2, $3)', [
          schema,
          name,
          sha256,
        ]);
        if (!isOpen) await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK');
        throw new Error(`Migration ${schema}/${name} failed`, { cause: error });
      }
      applied.push(`${schema}/${name}`);
    }
  }
  return applied;
}

/** B6: what a newer version keeps in columns that we do not know would be lost by what we write beside them. */
function newerSchema(name: string): Conflict {
  return new Conflict(
    'database/newer',
    {
      vi: `Cơ sở dữ liệu này thuộc về một phiên bản EduTrust mới hơn (${name}); phiên bản đang chạy cũ hơn nên không mở.`,
      en: `A newer EduTrust has changed this database (${name}); this older version does not open it.`,
    },
    {
      remedy: {
        vi: 'Chạy phiên bản mới hơn, hoặc khôi phục bản sao lưu của phiên bản này vào một cơ sở dữ liệu trống.',
        en: 'Run the newer version, or restore a backup of this version into an empty database.',
      },
    },
  );
}
