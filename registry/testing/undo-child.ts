import process from 'node:process';
import { createPool, kyselyOn } from '@edutrust/platform/database';
import { createSecretBox } from '@edutrust/platform/secrets';
import { undoPlan } from '../src/changes/undo.ts';

/** A process of its own that undoes a plan, for tests that kill it: its database and the plan are its arguments. */
const [url = '', planId = ''] = process.argv.slice(2);
const db = kyselyOn(createPool(url, 2));
const context = { clock: { now: () => new Date() }, secrets: createSecretBox(Buffer.alloc(32, 0x5a)) }; // that of test contexts
process.stdout.write('ready\n');
await db
  .transaction()
  .execute((transaction) => undoPlan(context, transaction, planId, { kind: 'system', name: 'cli' }));
process.stdout.write('undone\n');
process.exit(0);
