import process from 'node:process';
import { createPool, kyselyOn } from '@edutrust/platform/database';
import { undoPlan } from '../src/changes/undo.ts';

/** A process of its own that undoes a plan, for tests that kill it: its database and the plan are its arguments. */
const [url = '', planId = ''] = process.argv.slice(2);
const db = kyselyOn(createPool(url, 2));
process.stdout.write('ready\n');
await db
  .transaction()
  .execute((transaction) =>
    undoPlan({ clock: { now: () => new Date() } }, transaction, planId, { kind: 'system', name: 'cli' }),
  );
process.stdout.write('undone\n');
process.exit(0);
