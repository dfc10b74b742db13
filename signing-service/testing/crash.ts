// A process of its own that completes a session, or renews archives (`renewal`), and kills itself before the n-th statement.
import { systemClock } from '@edutrust/platform/clock';
import { createPool, kyselyOn } from '@edutrust/platform/database';
import { createJobs } from '@edutrust/platform/jobs';
import { createLedger } from '@edutrust/platform/ledger';
import { createMailer } from '@edutrust/platform/mail';
import { createSecretBox } from '@edutrust/platform/secrets';
import { openStore } from '@edutrust/platform/store';
import { testConfig } from '@edutrust/testing/context';
import { pino } from 'pino';
import { completeSession } from '../src/activation/complete.ts';
import { renewArchives } from '../src/long-term/archive.ts';
import { dyingBefore } from './dying.ts';

const [, , databaseUrl = '', what = '', dieBefore = ''] = process.argv;
const pool = createPool(databaseUrl, 4);
const death = dyingBefore(pool, Number(dieBefore));
const db = kyselyOn(pool);
const config = testConfig();
const log = pino({ level: 'silent' });
const secrets = createSecretBox(Buffer.alloc(32, 0x5a)); // as testContext's
const jobs = createJobs();
const ledger = await createLedger({ db, secrets, config, clock: systemClock, log });
death.begin(); // from here on it is the work that counts
const store = await openStore(config, pool);
const mailer = createMailer(config, jobs);
const context = { config, db, store, jobs, ledger, mailer, secrets, clock: systemClock, log };
if (what === 'renewal') await renewArchives(context);
else await completeSession(context, what);
await pool.end();
