import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { payloadText, type TaskHandlers } from '@edutrust/platform/jobs';
import { sql } from 'kysely';
import { runSource } from './run.ts';
import { readSources } from './store.ts';

const runTask = 'sync.read-source';
export const readSourcesTask = 'sync.read-sources';
/** What came of readings is looked at for as long. */
const keepRunsDays = 90;

/** One source is read once at a time; one that hangs holds up none of the others. */
export function askForRun(
  { jobs }: Pick<ServiceContext, 'jobs'>,
  transaction: Transaction,
  sourceId: string,
  { isForced }: { readonly isForced: boolean },
): Promise<unknown> {
  const options = { key: `${runTask}:${sourceId}`, queue: `sync-source:${sourceId}`, maxAttempts: 3 };
  return jobs.enqueue(transaction, runTask, { sourceId, isForced: String(isForced) }, options);
}

/** Every night all sources that are not paused. */
export const sourceTasks = (context: ServiceContext): TaskHandlers => ({
  [readSourcesTask]: async () => {
    const since = new Date(context.clock.now().getTime() - keepRunsDays * 86_400_000).toISOString();
    await sql`DELETE FROM sync.source_run WHERE started_at < ${since}`.execute(context.db);
    await context.db.transaction().execute(async (transaction) => {
      for (const { id, state } of await readSources(transaction))
        if (state === 'on') await askForRun(context, transaction, id, { isForced: false });
    });
  },
});

/** Readings themselves: they wait for other systems. */
export const sourceOutsideTasks = (context: ServiceContext): TaskHandlers => ({
  [runTask]: async (payload) => {
    await runSource(context, payloadText(payload, 'sourceId'), {
      isForced: payloadText(payload, 'isForced') === 'true',
    });
  },
});
