import type { Logger } from 'pino';
import type { Config } from './config/config.ts';
import type { Database } from './database/database.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Mailer } from './mail/mail.ts';
import type { SecretBox } from './secrets/secrets.ts';
import type { ShortLivedStore } from './store/store.ts';

/** Where the time comes from; tests pass their own. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** What every service is given by the composition root. Nothing in it is global. */
export interface ServiceContext {
  readonly config: Config;
  readonly db: Database;
  readonly store: ShortLivedStore;
  readonly jobs: Jobs;
  readonly ledger: Ledger;
  readonly mailer: Mailer;
  readonly secrets: SecretBox;
  readonly clock: Clock;
  readonly log: Logger;
}

export type { Logger };
