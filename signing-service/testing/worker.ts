// A process of its own that does the jobs of signing until it is killed, or kills itself before the n-th statement (`many.ts`).
import process from 'node:process';
import { systemClock } from '@edutrust/platform/clock';
import { createPool, kyselyOn } from '@edutrust/platform/database';
import { createJobs, startWorker } from '@edutrust/platform/jobs';
import { createLedger } from '@edutrust/platform/ledger';
import { createLogger } from '@edutrust/platform/logging';
import { createMailer } from '@edutrust/platform/mail';
import { createSecretBox } from '@edutrust/platform/secrets';
import { openStore } from '@edutrust/platform/store';
import { testConfig } from '@edutrust/testing/context';
import { createSigning } from '../src/service.ts';
import { dyingBefore } from './dying.ts';

const [, , databaseUrl = '', environment = '{}', dieBefore = '', pulse = ''] = process.argv;
const pool = createPool(databaseUrl, 10);
const death = dyingBefore(pool, Number(dieBefore));
const db = kyselyOn(pool);
const config = testConfig(JSON.parse(environment));
const log = createLogger('silent');
const secrets = createSecretBox(Buffer.alloc(32, 0x5a)); // as testContext's
const jobs = createJobs();
const ledger = await createLedger({ db, secrets, config, clock: systemClock, log });
const store = await openStore(config, pool);
const mailer = createMailer(config, jobs);
const context = { config, db, store, jobs, ledger, mailer, secrets, clock: systemClock, log };
const page = () => '';
const pages = { verify: page, verifyReport: page, verifyCode: page, diploma: page };
const { tasks = {}, schedule = {} } = createSigning(context, pages);
ledger.start();
death.begin();
// Jobs of a process that died are given back after a second, or after a minute as in an installation.
const heartbeat = pulse === 'usual' ? {} : { heartbeat: { everyMs: 250, deadAfterMs: 1_000 } };
// What a dead process had in hand is taken up by the clock, each minute, as in an installation.
await startWorker({ pool, handlers: tasks, schedule, concurrency: 5, log, ...heartbeat });
