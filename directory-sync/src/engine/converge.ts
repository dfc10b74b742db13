import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import type { Text } from '@edutrust/platform/messages';
import { type Selectable, sql } from 'kysely';
import type { Connection } from '../connectors/connector.ts';
import { record } from '../events.ts';
import { type RunTotals, type SyncTables, syncOf } from '../tables.ts';
import { openTarget, type TargetRow } from '../targets/store.ts';
import { applyEach, applyRun } from './apply.ts';
import { supersedeHeld, waitingOf } from './approve.ts';
import type { Proof } from './digest.ts';
import { unusualInRun } from './hold.ts';
import { withTarget } from './lock.ts';
import { noTotals, planEverything, type WrittenPlan } from './plan.ts';
import { proveRun } from './proof.ts';

const system = { kind: 'system', name: 'sync' } as const;

export interface RunResult {
  readonly id: string;
  readonly state: 'done' | 'held' | 'failed';
  readonly totals: RunTotals;
  /** SHA-256 of what the plan would change, hexadecimal; null when there was no plan. */
  readonly digest: string | null;
  /** Why a second person has to look first. */
  readonly heldReason: Text | null;
  readonly failure: { readonly code: string; readonly detail: Text } | null;
  /** What the target was found to hold afterwards; null of a preview, and of a target that went away. */
  readonly proof: Proof | null;
}

export interface RunOptions {
  readonly mode: 'plan' | 'apply';
  readonly actor: Actor;
  /** What was seen in a plan, hexadecimal: another plan is not applied (D16). */
  readonly digest?: string;
}

type RunRow = Selectable<SyncTables['sync.run']>;

/**
 * Brings a target in step, or with `plan` only says what that would be. One run of a target at a time. Leavers that are
 * unusually many wait for a second person, whoever or whatever asks for the run; everything else is done. A run that a
 * dead process left is ended first.
 *
 * @throws Conflict `sync/running`; NotFound.
 */
export async function runTarget(context: ServiceContext, targetId: string, options: RunOptions): Promise<RunResult> {
  const { db, clock } = context;
  return withTarget(context, targetId, async ({ target, signal: lease }) => {
    await endInterrupted(context, target, lease);
    const id = uuidv7();
    await sql`
      INSERT INTO sync.run (id, target_id, mode, state, totals, started_at)
      VALUES (${id}, ${targetId}, ${options.mode}, 'running', ${JSON.stringify(noTotals)}::jsonb, ${clock.now()})`.execute(
      db,
    );
    return endingWith(context, target, id, options.actor, async () => {
      await using connection = await openTarget(context, target);
      const isSentAtOnce = options.mode === 'apply' && options.digest === undefined;
      if (isSentAtOnce) await connection.prepare();
      const plan = isSentAtOnce
        ? await planAndSend(context, connection, target, id, lease)
        : await planEverything(context, connection, target, id);
      const heldReason = plan.leavers > 0 ? await unusualInRun(context, target, id) : undefined;
      await db.transaction().execute(async (transaction) => {
        if (heldReason)
          await sql`UPDATE sync.change SET held = true WHERE run_id = ${id} AND of_leaver`.execute(transaction);
        await syncOf(transaction)
          .updateTable('sync.run')
          .set({
            totals: plan.totals,
            digest: plan.digest,
            held_digest: heldReason ? plan.leaversDigest : null,
            held_reason: json(heldReason),
            planned_at: clock.now(),
          })
          .where('id', '=', id)
          .execute();
      });
      if (options.mode === 'plan') return;
      if (options.digest !== undefined) {
        if (options.digest !== plan.digest.toString('hex')) throw planChanged();
        await connection.prepare();
      }
      await applyRun(context, connection, target, id, { held: false, lease });
      await proveRun(context, connection, target, id, plan);
    });
  });
}

/**
 * Plans, and sends each page of people while the next is planned: who comes or changes is held back by nothing that the
 * rest of the plan may say. Groups and leavers follow when it is whole.
 */
async function planAndSend(
  context: ServiceContext,
  connection: Connection,
  target: TargetRow,
  runId: string,
  lease: AbortSignal,
): Promise<WrittenPlan> {
  let sending = Promise.resolve();
  try {
    return await planEverything(context, connection, target, runId, async (changes) => {
      await sending;
      sending = applyEach(context, connection, target, changes, { runId, held: false, lease });
      sending.catch(() => undefined); // told when it is waited for
    });
  } finally {
    await sending;
  }
}

/** A run that still says that it is running was left by a process that died: written down, it is done to its end. */
export async function endInterrupted(context: ServiceContext, target: TargetRow, lease: AbortSignal): Promise<void> {
  const { db } = context;
  const left = await syncOf(db)
    .selectFrom('sync.run')
    .selectAll()
    .where('target_id', '=', target.id)
    .where('state', '=', 'running')
    .execute();
  for (const { id, mode, planned_at } of left)
    await endingWith(context, target, id, system, async () => {
      if (mode === 'plan' || !planned_at) throw new Ended('sync/interrupted', interrupted);
      await using connection = await openTarget(context, target);
      await connection.prepare();
      await applyRun(context, connection, target, id, { held: false, lease });
      await proveRun(context, connection, target, id);
    });
}

/** Why a run ended without its work, for those who look at it. */
class Ended extends Error {
  readonly code: string;
  readonly detail: Text;

  constructor(code: string, detail: Text) {
    super(detail.en);
    this.code = code;
    this.detail = detail;
  }
}

const interrupted = {
  vi: 'Lượt chạy bị ngắt giữa chừng (máy chủ dừng đột ngột); lượt sau làm lại.',
  en: 'The run was cut off (the server stopped suddenly); the next one starts over.',
};

const planChanged = () =>
  new Ended('sync/plan-changed', {
    vi: 'Từ lúc xem trước đã có thay đổi khác; chưa có gì được ghi. Hãy xem trước lại.',
    en: 'Something changed since the preview; nothing was written. Preview again.',
  });

/** Does the work of a run and writes down how it ended, well or not. */
async function endingWith(
  context: ServiceContext,
  target: TargetRow,
  id: string,
  actor: Actor,
  work: () => Promise<void>,
): Promise<RunResult> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof EduTrustError || error instanceof Ended)) throw error;
    return finish(context, target, id, actor, { code: error.code, detail: error.detail });
  }
  return finish(context, target, id, actor, await refusals(context, id));
}

/** What the target refused of a run. */
async function refusals({ db }: ServiceContext, runId: string): Promise<RunResult['failure']> {
  const { rows } = await sql<{ count: number; first: string | null }>`
    SELECT count(*), (array_agg(error ORDER BY kind, number))[1] AS first
    FROM sync.change WHERE run_id = ${runId} AND state = 'failed'`.execute(db);
  const { count = 0, first = '' } = rows[0] ?? {};
  if (count === 0) return null;
  return {
    code: 'sync/changes-refused',
    detail: {
      vi: `Đích từ chối ${count} thay đổi; thay đổi đầu tiên: ${first}`,
      en: `The target refused ${count} changes; the first: ${first}`,
    },
  };
}

const json = (value: unknown) => (value ? JSON.stringify(value) : null) as never; // kysely has no input type for jsonb

async function finish(
  context: ServiceContext,
  target: TargetRow,
  id: string,
  actor: Actor,
  failure: RunResult['failure'],
): Promise<RunResult> {
  const { db, clock } = context;
  const now = clock.now();
  const { row, state } = await db.transaction().execute(async (transaction) => {
    const tables = syncOf(transaction);
    await sql`SELECT FROM sync.run WHERE id = ${id} FOR UPDATE`.execute(transaction); // held first, looked at then
    const { rows } = await sql<RunRow & { failed: number }>`
      SELECT r.*, (SELECT count(*) FROM sync.change WHERE run_id = r.id AND state = 'failed') AS failed
      FROM sync.run AS r WHERE id = ${id}`.execute(transaction);
    const [row] = rows;
    if (!row) throw new TypeError('the run is gone'); // only with its target, which is taken
    const isApplied = row.mode === 'apply' && row.planned_at !== null && (!failure || row.failed > 0);
    const isNewlyHeld = isApplied && row.held_digest !== null && !(await isWaiting(transaction, target, row));
    const state = isNewlyHeld ? 'held' : failure ? 'failed' : 'done';
    // What waited is no longer all that there is to wait for.
    if (isNewlyHeld || (isApplied && !row.held_digest)) await supersedeHeld(transaction, context, target.id, actor);
    const totals = { ...row.totals, failed: row.failed };
    await tables
      .updateTable('sync.run')
      .set({ state, totals, failure: failure?.code ?? null, failure_detail: json(failure?.detail), finished_at: now })
      .where('id', '=', id)
      .execute();
    // A preview says nothing of the target, nor does an apply that found something else than was seen.
    if (row.mode === 'apply' && failure?.code !== 'sync/plan-changed')
      await keepStanding(transaction, target, row, { isInStep: !failure, now });
    await record(transaction, {
      type: 'sync.run-finished',
      actor,
      subject: { kind: 'sync-target', id: target.id },
      organisationId: target.organisation_id,
      data: { runId: id, mode: row.mode, state, ...totals },
    });
    return { row: { ...row, totals }, state } as const;
  });
  return {
    id,
    state,
    totals: row.totals,
    digest: row.digest?.toString('hex') ?? null,
    heldReason: row.held_reason,
    failure,
    proof: row.proof,
  };
}

/** Whether the very same waits already. */
async function isWaiting(
  transaction: Parameters<typeof waitingOf>[0],
  target: TargetRow,
  { held_digest }: RunRow,
): Promise<boolean> {
  const waiting = await waitingOf(transaction, target.id);
  return waiting?.held_digest?.equals(held_digest ?? Buffer.alloc(0)) ?? false;
}

/** How the target is after a run. What waits for a second person is no reason to compare everything every five minutes. */
async function keepStanding(
  transaction: Parameters<typeof waitingOf>[0],
  target: TargetRow,
  run: RunRow,
  { isInStep, now }: { readonly isInStep: boolean; readonly now: Date },
): Promise<void> {
  const tables = syncOf(transaction);
  await tables
    .updateTable('sync.target')
    .set({
      last_run_at: now,
      needs_full_run: !isInStep,
      state: sql`CASE WHEN state = 'paused' THEN state ELSE ${isInStep ? 'healthy' : 'slow'} END`,
    })
    .where('id', '=', target.id)
    .execute();
  if (isInStep)
    await sql`
      WITH gone AS (DELETE FROM sync.pending WHERE target_id = ${target.id} AND added_at < ${run.started_at} RETURNING person_id)
      DELETE FROM sync.delivered AS d USING gone WHERE d.target_id = ${target.id} AND d.person_id = gone.person_id`.execute(
      transaction,
    );
}

const keptDays = 90;

/** Old runs carry names; nobody looks at them after a while. */
export async function forgetOldRuns({ db, clock }: Pick<ServiceContext, 'db' | 'clock'>): Promise<void> {
  const before = (days: number) => new Date(clock.now().getTime() - days * 86_400_000);
  await syncOf(db)
    .deleteFrom('sync.run')
    .where('state', 'not in', ['running', 'held', 'released'])
    .where('finished_at', '<', before(keptDays))
    .execute();
  await syncOf(db).deleteFrom('sync.disabled').where('at', '<', before(7)).execute();
}
