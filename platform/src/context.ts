import type { Clock } from './clock.ts';
import type { Config } from './config/config.ts';
import type { Database } from './database/database.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Logger } from './log.ts';
import type { Mailer } from './mail/mail.ts';
import type { SecretBox } from './secrets/secrets.ts';
import type { ShortLivedStore } from './store/store.ts';

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
