// A process of its own that takes a job and never ends it: for jobs.test.ts, which kills it.
import { pino } from 'pino';
import { createPool } from '../src/database/database.ts';
import { startWorker } from '../src/jobs/jobs.ts';

const [, , databaseUrl = ''] = process.argv;
const pool = createPool(databaseUrl, 4);
await startWorker({
  pool,
  concurrency: 1,
  log: pino({ level: 'silent' }),
  heartbeat: { everyMs: 200, deadAfterMs: 10 * 60_000, goneAfterMs: 10 * 60_000 },
  handlers: {
    'test.work': () => {
      process.stdout.write('working\n');
      return new Promise(() => setInterval(() => undefined, 1_000));
    },
  },
});
