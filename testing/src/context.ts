import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { dateInVietnam } from '@edutrust/platform/calendar';
import { type Clock, systemClock } from '@edutrust/platform/clock';
import { type Config, readConfig } from '@edutrust/platform/config';
import type { ServiceContext } from '@edutrust/platform/context';
import { createJobs } from '@edutrust/platform/jobs';
import { createLedger } from '@edutrust/platform/ledger';
import { createMailer } from '@edutrust/platform/mail';
import type { SchemaMigrations } from '@edutrust/platform/migrations';
import { platformMigrations } from '@edutrust/platform/own-migrations';
import { createSecretBox } from '@edutrust/platform/secrets';
import { attestedStore, openStore } from '@edutrust/platform/store';
import type pg from 'pg';
import { pino } from 'pino';
import { type Seed, type TestDatabase, testDatabase } from './database.ts';

/** Of this process alone: whatever a server that somebody started here keeps, its witness above all, is not the tests'. */
const folder = join(tmpdir(), `edutrust-test-${process.pid}`);
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

/** The configuration of a test: defaults, with what the test says. */
export function testConfig(environment: Record<string, string> = {}): Config {
  mkdirSync(folder, { recursive: true });
  return readConfig({ EDUTRUST_LOG_LEVEL: 'silent', EDUTRUST_DATA: join(folder, 'var'), ...environment });
}

export interface TestContext extends ServiceContext, AsyncDisposable {
  readonly pool: pg.Pool;
  readonly databaseUrl: string;
}

/** What is put into the database once and copied for every test that begins with it. */
export interface ContextSeed {
  /** The same key is the same content, beside the migrations and the moment. */
  readonly key: string;
  fill(context: TestContext): Promise<unknown>;
}

/** A whole service context on a fresh database, as the composition root would build it. */
export async function testContext({
  migrations,
  environment = {},
  clock = systemClock,
  server,
  seed,
}: {
  migrations: readonly SchemaMigrations[];
  environment?: Record<string, string>;
  clock?: Clock;
  /** The URL of another PostgreSQL server than that of this process. */
  server?: string;
  seed?: ContextSeed;
}): Promise<TestContext> {
  const sets = [platformMigrations, ...migrations.filter((set) => set !== platformMigrations)];
  const filled: Seed | undefined = seed && {
    key: `${seed.key} ${momentOf(clock)}`,
    fill: async (database) => {
      const context = await contextOn(database, {}, clock);
      await seed.fill(context);
      await context.store.close();
    },
  };
  const database = await testDatabase(sets, server, filled);
  const context = await contextOn(database, environment, clock);
  return {
    ...context,
    [Symbol.asyncDispose]: async () => {
      await context.store.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

const nearMs = 3_600_000;

/** The day of a clock that runs with ours; the very moment of another. */
function momentOf(clock: Clock): string {
  const now = clock.now();
  return Math.abs(now.getTime() - Date.now()) < nearMs ? dateInVietnam(now) : now.toISOString();
}

async function contextOn(
  database: Pick<TestDatabase, 'db' | 'pool' | 'url'>,
  environment: Record<string, string>,
  clock: Clock,
): Promise<TestContext> {
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
    [Symbol.asyncDispose]: async () => undefined, // whoever opened the database closes it
  };
}
