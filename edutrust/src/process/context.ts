import { migrations as certsMigrations } from '@edutrust/certs/migrations';
import { migrations as syncMigrations } from '@edutrust/directory-sync/migrations';
import { migrations as idpMigrations } from '@edutrust/idp/migrations';
import { systemClock } from '@edutrust/platform/clock';
import type { Config } from '@edutrust/platform/config';
import type { ServiceContext } from '@edutrust/platform/context';
import { type OpenDatabase, openDatabase } from '@edutrust/platform/database';
import { createJobs, migrateJobs } from '@edutrust/platform/jobs';
import { createLedger } from '@edutrust/platform/ledger';
import type { Logger } from '@edutrust/platform/log';
import { createMailer } from '@edutrust/platform/mail';
import { migrate, type SchemaMigrations } from '@edutrust/platform/migrations';
import { platformMigrations } from '@edutrust/platform/own-migrations';
import { loadSecretBox } from '@edutrust/platform/secrets';
import { attestedStore, openStore } from '@edutrust/platform/store';
import { migrations as registryMigrations } from '@edutrust/registry/migrations';
import { migrations as signingMigrations } from '@edutrust/signing-service/migrations';
import { attestExisting } from './attest-existing.ts';

/** Every schema of the platform, lower floors first. */
export const allMigrations: readonly SchemaMigrations[] = [
  platformMigrations,
  registryMigrations,
  certsMigrations,
  idpMigrations,
  signingMigrations,
  syncMigrations,
];

export interface OpenContext extends ServiceContext {
  readonly database: OpenDatabase;
  close(): Promise<void>;
}

/** Opens the database, brings it up to date, and builds what every service is given. */
export async function openContext(config: Config, log: Logger, { serves }: { serves: boolean }): Promise<OpenContext> {
  const database = await openDatabase(config, { serves, log });
  try {
    const secrets = await loadSecretBox(config.secret);
    await migrate(database.pool, allMigrations);
    await migrateJobs(database.pool);
    const store = attestedStore(await openStore(config, database.pool, log), secrets);
    const context = await contextOn({ config, log, database, secrets, store });
    await attestExisting(context);
    return {
      ...context,
      close: async () => {
        await store.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** What every service is given, on a database that is up to date; closing it is the caller's. */
export async function contextOn({
  config,
  log,
  database,
  secrets,
  store,
}: Pick<OpenContext, 'config' | 'log' | 'database' | 'secrets' | 'store'>): Promise<OpenContext> {
  const jobs = createJobs();
  return {
    config,
    db: database.db,
    store,
    jobs,
    ledger: await createLedger({ db: database.db, secrets, config, clock: systemClock, log }),
    mailer: createMailer(config, jobs),
    secrets,
    clock: systemClock,
    log,
    database,
    close: async () => undefined,
  };
}
