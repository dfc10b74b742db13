import { createHash } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { type Clock, systemClock } from '../clock.ts';
import { type Config, readConfig } from '../config/config.ts';
import type { ServiceContext } from '../context.ts';
import { createPool, type Database, kyselyOn } from '../database/database.ts';
import { migrate, type SchemaMigrations } from '../database/migrations.ts';
import { uuidv7 } from '../ids.ts';
import { createJobs, migrateJobs } from '../jobs/jobs.ts';
import { createLedger } from '../ledger/ledger.ts';
import { createMailer } from '../mail/mail.ts';
import { platformMigrations } from '../migrations.ts';
import { createSecretBox } from '../secrets/secrets.ts';
import { attestedStore, openStore } from '../store/store.ts';

export { type Exchanged, exchange } from './exchange.ts';

import { testServer } from './server.ts';

export { startRedis, type TestRedis } from './redis.ts';

/** A fresh, migrated database of a real PostgreSQL; dropped when disposed. */
export interface TestDatabase extends AsyncDisposable {
  readonly db: Database;
  readonly pool: pg.Pool;
  /** For a second process or an independent client. */
  readonly url: string;
}

export async function testDatabase(migrations: readonly SchemaMigrations[]): Promise<TestDatabase> {
  const serverUrl = await testServer();
  const name = `test_${uuidv7().replaceAll('-', '')}`;
  // Without migrations it is empty: a dump goes in.
  const template = migrations.length > 0 ? await migratedTemplate(serverUrl, migrations) : 'template1';
  await administer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const pool = createPool(url.href, 12);
  return {
    db: kyselyOn(pool),
    pool,
    url: url.href,
    [Symbol.asyncDispose]: async () => {
      await pool.end();
      await administer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/**
 * The database that a test's own is copied from: these migrations, applied once a server and never opened again. Its
 * name is their digest, so a changed migration makes another one.
 */
async function migratedTemplate(serverUrl: string, migrations: readonly SchemaMigrations[]): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(migrations)).digest('hex').slice(0, 24);
  const name = `template_${digest}`;
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]); // test files start at once
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount) return name;
    const draft = `draft_${digest}`; // a run that is killed here leaves no half template
    await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${draft}`);
    const url = new URL(serverUrl);
    url.pathname = `/${draft}`;
    const pool = createPool(url.href, 2);
    await migrate(pool, migrations);
    await migrateJobs(pool);
    await pool.end();
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

/** The configuration of a test: defaults, with what the test says. */
export function testConfig(environment: Record<string, string> = {}): Config {
  return readConfig({ EDUTRUST_LOG_LEVEL: 'silent', ...environment });
}

export interface TestContext extends ServiceContext, AsyncDisposable {
  readonly pool: pg.Pool;
  readonly databaseUrl: string;
}

/** A whole service context on a fresh database, as the composition root would build it. */
export async function testContext({
  migrations,
  environment = {},
  clock = systemClock,
}: {
  migrations: readonly SchemaMigrations[];
  environment?: Record<string, string>;
  clock?: Clock;
}): Promise<TestContext> {
  const database = await testDatabase([platformMigrations, ...migrations.filter((set) => set !== platformMigrations)]);
  const config = testConfig(environment);
  const log = pino({ level: 'silent' });
  const secrets = createSecretBox(Buffer.alloc(32, 0x5a));
  const jobs = createJobs();
  const store = attestedStore(await openStore(config, database.pool, log), secrets);
  return {
    config,
    db: database.db,
    pool: database.pool,
    databaseUrl: database.url,
    store,
    jobs,
    ledger: await createLedger({ db: database.db, secrets, config, clock, log }),
    mailer: createMailer(config, jobs),
    secrets,
    clock,
    log,
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

/**
 * Asks again until the answer is there; fails with the last reason after the deadline. What an outbox reader has read is
 * such a thing: another database of the same server holds it up while a transaction there is open.
 */
export async function eventually<Value>(ask: () => Promise<Value>, withinMs = 60_000): Promise<Value> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
