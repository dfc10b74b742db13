import type { ServiceContext } from '@edutrust/platform/context';
import { type Database, statement, type Transaction } from '@edutrust/platform/database';
import { Conflict, EduTrustError } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { syncOf } from '../tables.ts';
import { type Connections, createConnections } from '../targets/connections.ts';
import { openTarget, readTargets, type TargetRow } from '../targets/store.ts';
import { endInterrupted } from './converge.ts';
import { type Brought, deliver, type Waiting } from './deliver.ts';
import { forgetDelivered } from './delivered.ts';
import { findDrift } from './drift.ts';
import { type Lease, queueOf, withTarget } from './lock.ts';

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

/**
 * Looks for people whom somebody else changed at a target, and has them brought again. One that is behind, or where
 * disabling waits for a second person, differs anyway: its full run sees to it. One that is busy or away is looked at
 * the next time.
 */
export async function noteDrift(context: ServiceContext, targetId: string): Promise<void> {
  try {
    await withTarget(context, targetId, ({ target }) => noteDriftAt(context, target));
  } catch (error) {
    if (!(error instanceof EduTrustError)) throw error;
    context.log.info({ err: error, target: targetId }, 'not looked for drift');
  }
}

async function noteDriftAt(context: ServiceContext, target: TargetRow): Promise<void> {
  const { db } = context;
  const targetId = target.id;
  if (target.state !== 'healthy' || (await isHeld(db, targetId))) return;
  await using connection = await openTarget(context, target);
  const { personIds = [] } = (await findDrift(context, connection, target)) ?? {};
  if (personIds.length === 0) return;
  await db.transaction().execute(async (transaction) => {
    await forgetDelivered(transaction, targetId, personIds);
    await sql`
      INSERT INTO sync.pending (target_id, person_id) SELECT ${targetId}, unnest(${[...personIds]}::uuid[])
      ON CONFLICT (target_id, person_id) DO UPDATE SET added_at = clock_timestamp()`.execute(transaction);
    await enqueueLive(context, transaction, targetId);
  });
}

async function isHeld(db: Database, targetId: string): Promise<boolean> {
  const { rows } = await sql`SELECT FROM sync.run WHERE target_id = ${targetId} AND state = 'held'`.execute(db);
  return rows.length > 0;
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
 * What a job begins with: whether a dead process left a run, and who waits. What is known of them is taken out: if this
 * process dies while it sends, the next one looks at the target itself.
 */
const look = statement<
  { readonly isInterrupted: boolean; readonly waiting: Waiting[] },
  [targetId: string, mostWaiting: number]
>(
  'sync.live-look',
  `WITH waiting AS (SELECT person_id, added_at FROM sync.pending WHERE target_id = $1 ORDER BY added_at LIMIT $2),
     known AS (DELETE FROM sync.delivered AS d USING waiting AS w
       WHERE d.target_id = $1 AND d.person_id = w.person_id RETURNING d.person_id, d.version, d.groups)
   SELECT EXISTS (SELECT FROM sync.run WHERE target_id = $1 AND state = 'running') AS "isInterrupted", coalesce((
     SELECT jsonb_agg(jsonb_build_object('personId', w.person_id, 'addedAt', w.added_at::text, 'delivered',
       CASE WHEN k.person_id IS NULL THEN NULL
         ELSE jsonb_build_object('version', encode(k.version, 'hex'), 'groups', k.groups) END) ORDER BY w.added_at)
     FROM waiting AS w LEFT JOIN known AS k USING (person_id)), '[]') AS waiting`,
);

/**
 * Brings those who wait to a target. One that does not answer, or refuses, is noted for a full run: the change is late
 * there, not lost. Leavers that are unusually many are left to the full run, which holds them (D14).
 *
 * @throws Conflict `sync/running`: the job tries again.
 */
export async function bringPending(
  context: ServiceContext,
  targetId: string,
  connections?: Connections,
): Promise<void> {
  if (!connections) {
    await using own = createConnections(context);
    return await bringPending(context, targetId, own);
  }
  const { db } = context;
  await withTarget(context, targetId, async (lease) => {
    const { target } = lease;
    for (;;) {
      if (target.state === 'paused') return;
      const [{ isInterrupted, waiting } = nobody] = await look(db, targetId, batchSize);
      if (isInterrupted) await endInterrupted(context, target, lease.signal);
      if (waiting.length === 0) return;
      const brought = await bringOrGiveUp(context, connections, isInterrupted ? waiting.map(unknown) : waiting, lease);
      if (brought.state !== 'done') {
        await syncOf(db)
          .updateTable('sync.target')
          .set({ needs_full_run: true, state: 'slow' })
          .where('id', '=', targetId)
          .where('state', '<>', 'paused') // by somebody, meanwhile
          .execute();
        return; // the full run brings them, and takes them off the list
      }
      if (waiting.length < batchSize) return; // who is noted from now on has a job of their own
    }
  });
}

const nobody = { isInterrupted: false, waiting: [] };
const unknown = (waiting: Waiting): Waiting => ({ ...waiting, delivered: null });

/** Brings people; a target that does not answer is only late. */
async function bringOrGiveUp(
  context: ServiceContext,
  connections: Connections,
  waiting: readonly Waiting[],
  lease: Lease,
): Promise<Brought> {
  const { target } = lease;
  let known = waiting;
  try {
    return await connections.use(target, (connection) => {
      const these = known;
      known = waiting.map(unknown); // begun again on another connection, nobody knows how far the first one came
      return deliver(context, connection, these, lease, { isLast: waiting.length < batchSize });
    });
  } catch (error) {
    if (!(error instanceof EduTrustError)) throw error;
    context.log.warn({ err: error, target: target.id }, 'live sync; a full run will follow');
    return { state: 'refused', why: error.code };
  }
}

/**
 * Brings one person now, past the queue, and says what came of it.
 *
 * @throws Conflict `sync/running`, `sync/paused`; Unavailable when the target does not answer; NotFound.
 */
export async function bringOne(context: ServiceContext, targetId: string, personId: string): Promise<Brought> {
  return withTarget(context, targetId, async (lease) => {
    const { target } = lease;
    if (target.state === 'paused')
      throw new Conflict('sync/paused', {
        vi: 'Đích này đang tạm dừng; hãy cho chạy tiếp trước.',
        en: 'This target is paused; resume it first.',
      });
    await endInterrupted(context, target, lease.signal);
    const { rows } = await sql<{ now: string }>`
      WITH known AS (DELETE FROM sync.delivered WHERE target_id = ${targetId} AND person_id = ${personId})
      SELECT clock_timestamp()::text AS now`.execute(context.db);
    const waiting = [{ personId, addedAt: rows[0]?.now ?? '', delivered: null }];
    await using connection = await openTarget(context, target);
    return await deliver(context, connection, waiting, lease, { isLast: true });
  });
}
