import type { ServiceContext } from '@edutrust/platform/context';
import { type Database, statement, type Transaction } from '@edutrust/platform/database';
import { Conflict, EduTrustError } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import type { Connection } from '../connectors/connector.ts';
import { syncOf } from '../tables.ts';
import { type Connections, createConnections } from '../targets/connections.ts';
import { findTarget, openTarget, readTargets, type TargetRow } from '../targets/store.ts';
import { applyDirectly } from './apply.ts';
import { endInterrupted } from './converge.ts';
import { findDrift } from './drift.ts';
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

/**
 * Looks for people whom somebody else changed at a target, and has them brought again. One that is behind, or where
 * disabling waits for a second person, differs anyway: its full run sees to it. One that is busy or away is looked at
 * the next time.
 */
export async function noteDrift(context: ServiceContext, targetId: string): Promise<void> {
  try {
    await withTarget(context, targetId, () => noteDriftAt(context, targetId));
  } catch (error) {
    if (!(error instanceof EduTrustError)) throw error;
    context.log.info({ err: error, target: targetId }, 'not looked for drift');
  }
}

async function noteDriftAt(context: ServiceContext, targetId: string): Promise<void> {
  const { db } = context;
  const target = await findTarget(db, targetId);
  if (target.state !== 'healthy' || (await isHeld(db, targetId))) return;
  await using connection = await openTarget(context, target);
  const { personIds = [] } = (await findDrift(context, connection, target)) ?? {};
  if (personIds.length === 0) return;
  await db.transaction().execute(async (transaction) => {
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

/** What a job begins with: whether a dead process left a run, and who waits. */
const look = statement<
  { readonly isInterrupted: boolean; readonly waiting: Pending[] },
  [targetId: string, mostWaiting: number]
>(
  'sync.live-look',
  `SELECT EXISTS (SELECT FROM sync.run WHERE target_id = $1 AND state = 'running') AS "isInterrupted", coalesce((
     SELECT jsonb_agg(jsonb_build_object('personId', person_id, 'addedAt', added_at::text) ORDER BY added_at)
     FROM (SELECT * FROM sync.pending WHERE target_id = $1 ORDER BY added_at LIMIT $2) AS first), '[]') AS waiting`,
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
    const target = await findTarget(db, targetId);
    for (;;) {
      const [{ isInterrupted, waiting } = nobody] = await look(db, targetId, batchSize);
      if (isInterrupted) await endInterrupted(context, target, lease);
      if (target.state === 'paused' || waiting.length === 0) return;
      if ((await bringOrGiveUp(context, connections, target, waiting, lease)).state !== 'done') {
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

interface Pending {
  readonly personId: string;
  readonly addedAt: string;
}

const nobody = { isInterrupted: false, waiting: [] };

/** Takes those who were brought off the list; people who changed again meanwhile have a later time, and stay. */
const takeOff = statement<never, [targetId: string, personIds: readonly string[], times: readonly string[]]>(
  'sync.live-take-off',
  `DELETE FROM sync.pending AS p USING unnest($2::uuid[], $3::timestamptz[]) AS done (person_id, added_at)
   WHERE p.target_id = $1 AND p.person_id = done.person_id AND p.added_at <= done.added_at`,
);

/** What came of bringing people: all there, refused by the target, or left to a run that a second person releases. */
export type Brought =
  | { readonly state: 'done' }
  | { readonly state: 'held' }
  | { readonly state: 'refused'; readonly why: string };

/** @throws Unavailable when the target does not answer. */
async function bring(
  context: ServiceContext,
  connection: Connection,
  target: TargetRow,
  waiting: readonly Pending[],
  lease: AbortSignal,
): Promise<Brought> {
  const personIds = waiting.map(({ personId }) => personId);
  const plan = await planPeople(context.db, connection, target, personIds);
  const leavers = leaversOf(plan);
  const isHeld = leavers.length > 0 && (await unusual(context, target, [leavers])) !== undefined;
  const changes = isHeld ? plan.filter(({ ofLeaver }) => !ofLeaver) : plan;
  if (changes.length > 0 && target.state === 'new') await connection.prepare();
  const refused = await applyDirectly(context, connection, target, changes, lease, async (transaction, isDone) => {
    if (!isDone || isHeld) return;
    const times = waiting.map(({ addedAt }) => addedAt);
    await takeOff(transaction, target.id, personIds, times);
  });
  if (refused !== undefined) return { state: 'refused', why: refused };
  return { state: isHeld ? 'held' : 'done' };
}

/** The same, where one that does not answer is only late. */
async function bringOrGiveUp(
  context: ServiceContext,
  connections: Connections,
  target: TargetRow,
  waiting: readonly Pending[],
  lease: AbortSignal,
): Promise<Brought> {
  try {
    return await connections.use(target, (connection) => bring(context, connection, target, waiting, lease));
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
    const target = await findTarget(context.db, targetId);
    if (target.state === 'paused')
      throw new Conflict('sync/paused', {
        vi: 'Đích này đang tạm dừng; hãy cho chạy tiếp trước.',
        en: 'This target is paused; resume it first.',
      });
    await endInterrupted(context, target, lease);
    const { rows } = await sql<{ now: string }>`SELECT clock_timestamp()::text AS now`.execute(context.db);
    await using connection = await openTarget(context, target);
    return await bring(context, connection, target, [{ personId, addedAt: rows[0]?.now ?? '' }], lease);
  });
}
