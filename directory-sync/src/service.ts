import type { ServiceContext } from '@edutrust/platform/context';
import { payloadText } from '@edutrust/platform/jobs';
import { readOutbox } from '@edutrust/platform/outbox';
import type { Service } from '@edutrust/platform/service';
import { sql } from 'kysely';
import { clientRoutes } from './clients/routes.ts';
import { releaseTask } from './engine/approve.ts';
import { forgetOldRuns, runTarget } from './engine/converge.ts';
import { bringPending, liveTask, noteChanges, noteDrift, resumeInterrupted } from './engine/live.ts';
import { queueOf } from './engine/lock.ts';
import { applyReleased } from './engine/release.ts';
import { askForScheduled, makeFileTask } from './exports/exports.ts';
import { forgetOldFiles, makeFile } from './exports/make.ts';
import { exportRoutes } from './exports/routes.ts';
import { appendToFeed, feedTypes, forgetOldEvents } from './feed/feed.ts';
import { FeedNews } from './feed/news.ts';
import { feedRoutes } from './feed/routes.ts';
import { oneRosterRoutes } from './oneroster/routes.ts';
import { syncRetention } from './releases/retention.ts';
import { releaseRoutes } from './releases/routes.ts';
import { scimRoutes } from './scim/routes.ts';
import { sourceRoutes } from './sources/routes.ts';
import { readSourcesTask, sourceOutsideTasks, sourceTasks } from './sources/schedule.ts';
import { createConnections } from './targets/connections.ts';
import { findingRoutes } from './targets/findings.ts';
import { forgetOldLag, sampleLag } from './targets/lag.ts';
import { personRoutes } from './targets/person.ts';
import { targetRoutes } from './targets/routes.ts';
import { readTargets } from './targets/store.ts';
import { startDeliveries } from './webhooks/deliver.ts';
import { forgetOldAttempts, webhookRoutes } from './webhooks/routes.ts';

export { releaseKind } from './engine/approve.ts';
export { migrations } from './migrations.ts';
export { syncPersonal } from './releases/own-data.ts';
export { listSystemRecipients } from './releases/recipients.ts';
export { listReleases } from './releases/releases.ts';
export { syncRetention } from './releases/retention.ts';
export { sourceNames } from './sources/store.ts';
export { clientNames, targetNames } from './targets/names.ts';

const actor = { kind: 'system', name: 'sync' } as const;
const fullRunTask = 'sync.full-run';
const catchUpTask = 'sync.catch-up';
const runTask = 'sync.run';
const lookForDriftTask = 'sync.look-for-drift';
const driftTask = 'sync.drift';

/** 01:10 in Vietnam; every five minutes; every hour; 23:10, so that what comes in goes on to the targets at night. */
const schedule = {
  [fullRunTask]: '10 18 * * *',
  [catchUpTask]: '*/5 * * * *',
  [lookForDriftTask]: '40 * * * *',
  [readSourcesTask]: '10 16 * * *',
};

/** Keeps other directories in step: at once by the outbox, and by a full comparison every night. */
export function createDirectorySync(context: ServiceContext): Service {
  const { db, jobs } = context;
  const connections = createConnections(context);
  const news = new FeedNews();
  let parts: { stop(): Promise<void> }[] = [];

  /** A job for each target: one that hangs holds up none of the others. */
  const runAll = async (onlyLate: boolean) => {
    await db.transaction().execute(async (transaction) => {
      for (const { id, state, needs_full_run } of await readTargets(transaction)) {
        if (state === 'paused' || (onlyLate && !needs_full_run)) continue;
        const options = { key: `${runTask}:${id}`, queue: queueOf(id), maxAttempts: 3 };
        await jobs.enqueue(transaction, runTask, { targetId: id }, options);
      }
    });
  };

  return {
    name: 'sync',
    retention: syncRetention,
    routes: () => [
      ...targetRoutes(context),
      ...personRoutes(context),
      ...findingRoutes(context),
      ...releaseRoutes(context),
      ...clientRoutes(context),
      ...scimRoutes(context),
      ...oneRosterRoutes(context),
      ...feedRoutes(context, news),
      ...webhookRoutes(context),
      ...exportRoutes(context),
      ...sourceRoutes(context),
    ],
    tasks: {
      [fullRunTask]: async () => {
        await forgetOldRuns(context);
        await forgetOldLag(context);
        await forgetOldEvents(db, context.clock.now());
        await forgetOldAttempts(db, context.clock.now());
        await forgetOldFiles(db, context.clock.now());
        await askForScheduled(context);
        await runAll(false);
      },
      [catchUpTask]: async () => {
        await sampleLag(context);
        await resumeInterrupted(context);
        await runAll(true);
      },
      [lookForDriftTask]: () => lookForDrift(context),
      [makeFileTask]: (payload) => makeFile(context, payloadText(payload, 'exportId')),
      ...sourceTasks(context),
    },
    outsideTasks: {
      ...sourceOutsideTasks(context),
      [runTask]: async (payload) => {
        await runTarget(context, payloadText(payload, 'targetId'), { mode: 'apply', actor });
      },
      [driftTask]: (payload) => noteDrift(context, payloadText(payload, 'targetId')),
      [liveTask]: (payload) => bringPending(context, payloadText(payload, 'targetId'), connections),
      [releaseTask]: (payload) =>
        applyReleased(context, payloadText(payload, 'runId'), payloadText(payload, 'approvalId')),
    },
    schedule,
    start: () => {
      parts = [startTargetReader(context), ...startFeed(context, news)];
    },
    close: async () => {
      for (const part of parts) await part.stop();
      await connections[Symbol.asyncDispose]();
    },
  };
}

/** A job for each target that marks what was touched; the other ones are read whole every night. */
async function lookForDrift({ db, jobs }: ServiceContext): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ id: string }>`SELECT DISTINCT target_id AS id FROM sync.mark`.execute(transaction);
    for (const { id } of rows)
      await jobs.enqueue(
        transaction,
        driftTask,
        { targetId: id },
        { key: `${driftTask}:${id}`, queue: queueOf(id), maxAttempts: 1 },
      );
  });
}

/** Notes who changed, for the targets. */
function startTargetReader(context: ServiceContext): { stop(): Promise<void> } {
  return readOutbox(
    context.db,
    {
      consumer: 'directory-sync',
      types: ['person.', 'affiliation.'],
      handle: async (events) => {
        const personIds = [
          ...new Set(events.filter(({ subject }) => subject.kind === 'person').map(({ subject }) => subject.id)),
        ];
        if (personIds.length > 0) await noteChanges(context, personIds);
      },
    },
    (error) => context.log.error({ err: error }, 'sync reader'),
  );
}

/** Writes down what happened for systems outside, tells those who listen, and sends it to webhooks. */
function startFeed(context: ServiceContext, news: FeedNews): { stop(): Promise<void> }[] {
  const deliveries = startDeliveries(context);
  const reader = readOutbox(
    context.db,
    {
      consumer: 'event-feed',
      types: feedTypes,
      handle: async (events) => {
        await appendToFeed(context.db, events);
        news.ring();
        deliveries.ring();
      },
    },
    (error) => context.log.error({ err: error }, 'event feed'),
  );
  return [reader, deliveries];
}
