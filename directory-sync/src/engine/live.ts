import { randomUUID } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { type Database, statement, type Transaction } from '@edutrust/platform/database';
import { Conflict, EduTrustError } from '@edutrust/platform/errors';
import { type DirectoryPersonRow, directoryPersonText, readDirectoryPerson } from '@edutrust/registry/people';
import { sql } from 'kysely';
import { syncOf } from '../tables.ts';
import { type Connections, createConnections } from '../targets/connections.ts';
import { openTarget, readTargets, type TargetRow } from '../targets/store.ts';
import { endInterrupted } from './converge.ts';
import {
  type Batch,
  type Brought,
  broughtBy,
  keep,
  nothingSent,
  readBatch,
  type Sending,
  send,
  type Waiting,
} from './deliver.ts';
import { forgetDelivered } from './delivered.ts';
import { findDrift } from './drift.ts';
import { type Lease, queueOf, quickText, type TakeAsSeen, takeAsSeenText, withTarget } from './lock.ts';

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

/** One who waits; `person` null of somebody whom the organisation never had. */
type WaitingRow = readonly [
  personId: string,
  addedAt: string,
  version: string | null,
  groups: readonly string[] | null,
  person: DirectoryPersonRow | null,
];

interface Look {
  readonly isInterrupted: boolean;
  readonly waiting: readonly WaitingRow[];
}

/**
 * Whether a dead process left a run, and who waits at the organisation of `taken`, but those who are on their way. They are
 * put down as a flight: if this process dies while it sends, what is known of them is not believed, and the next one looks
 * at the target itself. It does not wait for the disk: what a crash of the database takes away is mended ({@link mend}).
 */
const lookText = `
     crashed AS (DELETE FROM sync.flight USING taken WHERE target_id = $1 AND holder <> $2 RETURNING person_ids),
     lost AS (SELECT unnest(person_ids) AS person_id FROM crashed),
     forgotten AS (DELETE FROM sync.delivered AS d USING lost WHERE d.target_id = $1 AND d.person_id = lost.person_id),
     waiting AS MATERIALIZED (SELECT person_id, added_at FROM sync.pending
       WHERE target_id = $1 AND person_id <> ALL ($5::uuid[]) AND EXISTS (SELECT FROM taken) ORDER BY added_at LIMIT $4),
     flight AS (INSERT INTO sync.flight (target_id, id, holder, person_ids)
       SELECT $1, $3, $2, array_agg(person_id) FROM waiting HAVING count(*) > 0),
     look AS (SELECT
       EXISTS (SELECT FROM sync.run WHERE target_id = $1 AND state = 'running') AS "isInterrupted",
       coalesce((SELECT json_agg(json_build_array(w.person_id, w.added_at::text, encode(d.version, 'hex'), d.groups,
           ${directoryPersonText({ organisationId: 'taken.organisation_id', personId: 'w.person_id' })}) ORDER BY w.added_at)
         FROM waiting AS w LEFT JOIN sync.delivered AS d
           ON d.target_id = $1 AND d.person_id = w.person_id AND w.person_id NOT IN (SELECT person_id FROM lost)), '[]') AS waiting
       FROM taken)`;

type Looking = [targetId: string, holder: string, flightId: string, mostWaiting: number, onTheirWay: readonly string[]];

const look = statement<Look, [...Looking, organisationId: string]>(
  'sync.live-look',
  `WITH ${quickText}, taken AS (SELECT $6::uuid AS organisation_id FROM quick), ${lookText} SELECT * FROM look`,
);

/** The same with the target, which is taken by it. */
const takeAndLook = statement<TargetRow & Look, Looking>(
  'sync.live-take',
  `WITH ${quickText}, ${takeAsSeenText}, taken AS (SELECT organisation_id FROM lease, quick), ${lookText}
   SELECT lease.*, look.* FROM lease, look`,
);

/**
 * The row is in an UNLOGGED table: a crash of the database empties it, and the next process that takes the target finds that
 * flights may be lost. Whoever was in one still waits, since that is written down later; none of those is believed.
 */
const mend = statement<never, [targetId: string]>(
  'sync.live-mend',
  `WITH broken AS (INSERT INTO sync.unbroken (target_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING target_id)
   DELETE FROM sync.delivered AS d USING broken, sync.pending AS p
   WHERE d.target_id = $1 AND p.target_id = $1 AND p.person_id = d.person_id`,
);

/** People on their way: a row of theirs says so until it is written down what came of it. */
interface Flight extends Batch {
  readonly id: string;
  readonly isInterrupted: boolean;
}

const flightOf = (id: string, { isInterrupted, waiting }: Look): Flight => ({
  id,
  isInterrupted,
  waiting: waiting.map(([personId, addedAt, version, groups]) => ({ personId, addedAt, version, groups })),
  people: waiting.flatMap(([, , , , person]) => (person ? [readDirectoryPerson(person)] : [])),
});

async function takeOff(
  { db }: ServiceContext,
  { target, holder }: Lease,
  onTheirWay: readonly string[],
): Promise<Flight> {
  const id = randomUUID();
  const [found] = await look(db, target.id, holder, id, batchSize, onTheirWay, target.organisation_id);
  return flightOf(id, found ?? { isInterrupted: false, waiting: [] });
}

/** The first flight, with the target that it goes to. */
const takeWithFlight =
  ({ db }: ServiceContext, targetId: string): TakeAsSeen<Flight> =>
  async (holder) => {
    const id = randomUUID();
    const [row] = await takeAndLook(db, targetId, holder, id, batchSize, []);
    if (!row) return undefined;
    const { isInterrupted, waiting, ...target } = row;
    return { target, found: flightOf(id, { isInterrupted, waiting }) };
  };

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
  const work = async (lease: Lease, found?: Flight) => {
    const { target } = lease;
    if (target.state === 'paused') return;
    if (!found) await mend(db, targetId);
    let first = found ?? (await takeOff(context, lease, []));
    if (first.isInterrupted) {
      await endInterrupted(context, target, lease.signal);
      first = { ...first, ...(await readBatch(context, target, first.waiting.map(unknown))) }; // as they are after it
    }
    if (await bringAll(context, connections, lease, first)) return;
    await syncOf(db)
      .updateTable('sync.target')
      .set({ needs_full_run: true, state: 'slow' })
      .where('id', '=', targetId)
      .where('state', '<>', 'paused') // by somebody, meanwhile
      .execute(); // the full run brings them, and takes them off the list
  };
  await withTarget(context, targetId, work, takeWithFlight(context, targetId));
}

const unknown = (waiting: Waiting): Waiting => ({ ...waiting, version: null, groups: null });
const idsOf = (waiting: readonly Waiting[]) => waiting.map(({ personId }) => personId);

/**
 * Batch after batch: while one is sent, the next is read and the last is written down. Nobody is in two of these three, so
 * that what is written down of somebody is what was sent to them last.
 */
async function bringAll(
  context: ServiceContext,
  connections: Connections,
  lease: Lease,
  first: Flight,
): Promise<boolean> {
  let now = first;
  let keeping = { ids: [] as string[], ended: Promise.resolve() };
  let reading: Promise<Flight> | undefined;
  try {
    for (;;) {
      const { id: flightId, waiting } = now;
      if (waiting.length === 0) return true;
      const isLast = waiting.length < batchSize; // who is noted from now on has a job of their own
      const onTheirWay = [...idsOf(waiting), ...keeping.ids];
      reading = isLast ? undefined : takeOff(context, lease, onTheirWay);
      reading?.catch(() => undefined); // told when it is waited for
      const sending = nothingSent();
      const last = keeping.ended;
      let brought: Brought;
      try {
        brought = await sendOrGiveUp(context, connections, now, lease, sending);
      } finally {
        const landed = last.then(() => keep(context, lease, waiting, sending, { isLast, flightId }));
        landed.catch(() => undefined);
        keeping = { ids: idsOf(waiting), ended: landed };
      }
      await last;
      if (brought.state !== 'done') return false;
      if (!reading) return true;
      now = await reading;
    }
  } finally {
    await Promise.allSettled([reading]);
    await keeping.ended;
  }
}

/** Sends a batch; a target that does not answer is only late. */
async function sendOrGiveUp(
  context: ServiceContext,
  connections: Connections,
  batch: Batch,
  lease: Lease,
  sending: Sending,
): Promise<Brought> {
  const { target } = lease;
  let these = batch;
  try {
    await connections.use(target, (connection) => {
      const now = these;
      these = { ...batch, waiting: batch.waiting.map(unknown) }; // on another connection nobody knows how far the first came
      return send(context, connection, now, lease, sending);
    });
    return broughtBy(sending);
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
    const waiting = [{ personId, addedAt: rows[0]?.now ?? '', version: null, groups: null }];
    await using connection = await openTarget(context, target);
    const sending = nothingSent();
    try {
      await send(context, connection, await readBatch(context, target, waiting), lease, sending);
    } finally {
      await keep(context, lease, waiting, sending, { isLast: true, flightId: null });
    }
    return broughtBy(sending);
  });
}
