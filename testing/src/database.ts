import { createHash } from 'node:crypto';
import { createPool, type Database, kyselyOn } from '@edutrust/platform/database';
import { uuidv7 } from '@edutrust/platform/ids';
import { migrateJobs } from '@edutrust/platform/jobs';
import { migrate, type SchemaMigrations } from '@edutrust/platform/migrations';
import pg from 'pg';
import { testServer } from './server.ts';

/** A fresh, migrated database of a real PostgreSQL; dropped when disposed. */
export interface TestDatabase extends AsyncDisposable {
  readonly db: Database;
  readonly pool: pg.Pool;
  /** For a second process or an independent client. */
  readonly url: string;
}

/** What many tests begin with, put into a database once and copied from then on. */
export interface Seed {
  /** The same key is the same content. */
  readonly key: string;
  fill(database: OpenDatabase): Promise<void>;
}

type OpenDatabase = Pick<TestDatabase, 'db' | 'pool' | 'url'>;

/** On the server of this process where no other is given. */
export async function testDatabase(
  migrations: readonly SchemaMigrations[],
  server?: string,
  seed?: Seed,
): Promise<TestDatabase> {
  const serverUrl = server ?? (await testServer());
  const name = `test_${uuidv7().replaceAll('-', '')}`;
  // Without migrations it is empty: a dump goes in.
  const template = migrations.length > 0 ? await templateOf(serverUrl, migrations, seed) : 'template1';
  await administer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`);
  const database = opened(serverUrl, name, 12);
  return {
    ...database,
    [Symbol.asyncDispose]: async () => {
      await database.pool.end();
      await administer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

function opened(serverUrl: string, name: string, connections: number): OpenDatabase {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const pool = createPool(url.href, connections);
  return { db: kyselyOn(pool), pool, url: url.href };
}

const templates = new Map<string, Promise<string>>();

/**
 * The database that a test's own is copied from: these migrations and what the seed put in, done once a server and never
 * opened again. Its name is their digest, so a changed migration makes another one.
 */
function templateOf(serverUrl: string, migrations: readonly SchemaMigrations[], seed?: Seed): Promise<string> {
  const digest = createHash('sha256')
    .update(JSON.stringify([migrations, seed?.key]))
    .digest('hex')
    .slice(0, 24);
  const key = `${serverUrl} ${digest}`;
  const known = templates.get(key) ?? makeTemplate(serverUrl, migrations, digest, seed);
  templates.set(key, known);
  return known;
}

async function makeTemplate(serverUrl: string, migrations: readonly SchemaMigrations[], digest: string, seed?: Seed) {
  const bare = seed ? await templateOf(serverUrl, migrations) : 'template1';
  const name = `template_${digest}`;
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]); // test files start at once
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount) return name;
    const draft = `draft_${digest}`; // a run that is killed here leaves no half template
    await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${draft} TEMPLATE ${bare} STRATEGY FILE_COPY`);
    const database = opened(serverUrl, draft, seed ? 12 : 2);
    if (seed) await seed.fill(database);
    else {
      await migrate(database.pool, migrations);
      await migrateJobs(database.pool);
    }
    await database.pool.end();
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
    return name;
  } finally {
    await client.end();
  }
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
