import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { EduTrustError } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { syncOf } from '../tables.ts';
import { findTarget, openTarget, readTargets, type TargetRow } from '../targets/store.ts';
import { applyDirectly } from './apply.ts';
import { endInterrupted } from './converge.ts';
import { leaversOf, unusual } from './hold.ts';
import { queueOf, withTarget } from './lock.ts';
import { planPeople } from './plan.ts';

/** The job that brings the people who changed to one target; by the target's id. */
export const liveTask = 'sync.live';

const batchSize = 200;

/**
 * Notes for every target that these people changed; each target's own job brings them there. A target that is behind gets
 * them with its next full run: a server that hangs costs the others nothing.
 */
export async function noteChanges(context: ServiceContext, personIds: readonly string[]): Promise<void> {
  await context.db.transaction().execute(async (transaction) => {
    for (const target of await readTargets(transaction)) {
      if (target.state === 'paused') continue;
      await sql`
        INSERT INTO sync.pending (target_id, person_id) SELECT ${target.id}, unnest(${[...personIds]}::uuid[])
        ON CONFLICT (target_id, person_id) DO UPDATE SET added_at = clock_timestamp()`.execute(transaction);
      if (target.state !== 'slow') await enqueueLive(context, transaction, target.id);
    }
  });
}

async function enqueueLive({ jobs }: ServiceContext, transaction: Transaction, targetId: string): Promise<void> {
  const options = { key: `${liveTask}:${targetId}`, queue: queueOf(targetId) };
  await jobs.enqueue(transaction, liveTask, { targetId }, options);
}

/** Sees to runs that a dead process left as running: the job of their target ends them first (J3). */
export async function resumeInterrupted(context: ServiceContext): Promise<void> {
  await context.db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ id: string }>`
      SELECT id FROM sync.target AS t WHERE (held_by IS NULL OR held_until < now())
        AND EXISTS (SELECT FROM sync.run WHERE target_id = t.id AND state = 'running')`.execute(transaction);
    for (const { id } of rows) await enqueueLive(context, transaction, id);
  });
}

/**
 * Brings those who wait to a target. One that does not answer, or refuses, is noted for a full run: the change is late
 * there, not lost. Leavers that are unusually many are left to the full run, which holds them (D14).
 *
 * @throws Conflict `sync/running`: the job tries again.
 */
export async function bringPending(context: ServiceContext, targetId: string): Promise<void> {
  const { db } = context;
  await withTarget(context, targetId, async (lease) => {
    await endInterrupted(context, await findTarget(db, targetId), lease);
    for (;;) {
      const target = await findTarget(db, targetId);
      const waiting = await syncOf(db)
        .selectFrom('sync.pending')
        .select(['person_id', sql<string>`added_at::text`.as('added_at')])
        .where('target_id', '=', targetId)
        .orderBy('added_at')
        .limit(batchSize)
        .execute();
      if (waiting.length === 0 || target.state === 'paused') return;
      const personIds = waiting.map(({ person_id }) => person_id);
      if (!(await bring(context, target, personIds, lease))) {
        await syncOf(db)
          .updateTable('sync.target')
          .set({ needs_full_run: true, state: 'slow' })
          .where('id', '=', targetId)
          .execute();
        return; // the full run brings them, and takes them off the list
      }
      // Who changed again meanwhile has a later time, and stays.
      await sql`
        DELETE FROM sync.pending AS p USING unnest(
          ${personIds}::uuid[], ${waiting.map(({ added_at }) => added_at)}::timestamptz[]
        ) AS done (person_id, added_at)
        WHERE p.target_id = ${targetId} AND p.person_id = done.person_id AND p.added_at <= done.added_at`.execute(db);
    }
  });
}

/** Whether everything arrived that may arrive without a second person. */
async function bring(
  context: ServiceContext,
  target: TargetRow,
  personIds: readonly string[],
  lease: AbortSignal,
): Promise<boolean> {
  try {
    await using connection = await openTarget(context, target);
    const plan = await planPeople(context.db, connection, target, personIds);
    const isHeld = (await unusual(context, target, [leaversOf(plan)])) !== undefined;
    const changes = isHeld ? plan.filter(({ ofLeaver }) => !ofLeaver) : plan;
    if (changes.length > 0 && target.state === 'new') await connection.prepare();
    const refused = await applyDirectly(context, connection, target, changes, lease);
    return refused === undefined && !isHeld;
  } catch (error) {
    if (!(error instanceof EduTrustError)) throw error;
    context.log.warn({ err: error, target: target.id }, 'live sync; a full run will follow');
    return false;
  }
}
