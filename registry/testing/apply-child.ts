import process from 'node:process';
import { createPool, kyselyOn } from '@edutrust/platform/database';
import { createSecretBox } from '@edutrust/platform/secrets';
import { finishPlan } from '../src/changes/apply.ts';

/** A process of its own that goes on applying a plan, for tests that kill it: its database, the plan and the size of a part. */
const [url = '', planId = '', atOnce = '0'] = process.argv.slice(2);
const context = {
  db: kyselyOn(createPool(url, 2)),
  secrets: createSecretBox(Buffer.alloc(32, 0x5a)), // that of test contexts
  clock: { now: () => new Date() },
};
process.stdout.write('ready\n');
await finishPlan(context, planId, {
  atOnce: Number(atOnce),
  onProgress: ({ done, total }) => process.stdout.write(`${done} of ${total}\n`),
});
process.exit(0);
