import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden, NotFound } from '@edutrust/platform/errors';
import { payloadText, type TaskHandlers } from '@edutrust/platform/jobs';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { schoolYearAt } from '../calendar.ts';
import { keepCounts } from './counts.ts';
import { digestOf } from './digest.ts';
import { type Acceptor, applyPart, changesAtOnce, totalOf } from './part.ts';
import { recordedActor } from './plan.ts';
import type { Progress } from './population.ts';
import { undoDays } from './undo.ts';
import type { RosterTotals } from './view.ts';

interface PlanRow {
  readonly kind: string;
  readonly status: string;
  readonly totals: RosterTotals;
  readonly held_reason: Text | null;
  readonly school_year: number | null;
  readonly digest: Buffer | null;
  /** Of its changes as they are; only while it waits. */
  readonly actual: Buffer | null;
}

export interface ApplyOptions {
  readonly actor: Actor;
  /** The digest that was seen or approved, hex. Absent: the one that the plan was made with. */
  readonly digest?: string;
  /** A second person approved the plan: a held one is applied. Whether that is so is for the caller to know. */
  readonly isApproved?: boolean;
  /** Changes in one transaction; fewer in tests. */
  readonly atOnce?: number;
}

export interface Applied {
  readonly id: string;
  readonly totals: RosterTotals;
  /** A long plan goes on after the caller's transaction. */
  readonly isDone: boolean;
}

const goOn = 'roster.apply';

/**
 * Accepts a plan and does exactly what it says. The caller's transaction holds the acceptance and the first part: of a plan
 * of up to `changesAtOnce` changes that is all of it or nothing (D16, Q2). A longer one goes on part by part in a job,
 * whatever dies, each part with its events and its position in one transaction; who is changed by somebody else in the
 * meantime is passed over and told. A plan is applied once; applying it again answers with the same totals, or lets one
 * that stopped go on.
 *
 * @throws Conflict `roster/people-changed` when somebody of the plan was changed since, `roster/superseded`,
 * `roster/plan-changed` when its changes are not the ones of its digest; Forbidden `roster/second-person` for a held plan.
 */
export async function applyPlan(
  context: ServiceContext,
  transaction: Transaction,
  planId: string,
  { actor, digest, isApproved = false, atOnce = changesAtOnce }: ApplyOptions,
): Promise<Applied> {
  const { clock, jobs } = context;
  const schoolYear = schoolYearAt(clock.now());
  await sql`SELECT FROM registry.roster_plan WHERE id = ${planId} FOR UPDATE`.execute(transaction);
  const { rows } = await sql<PlanRow>`
    SELECT kind, status, totals, held_reason, school_year, digest,
      CASE WHEN status IN ('planned', 'held') THEN ${digestOf(planId)} END AS actual
    FROM registry.roster_plan WHERE id = ${planId}`.execute(transaction);
  const plan = rows[0];
  if (!plan) throw new NotFound('roster/no-plan', { vi: 'Không có kế hoạch nhập này.', en: 'There is no such plan.' });
  if (plan.status === 'applied') return { id: planId, totals: plan.totals, isDone: true };
  if (plan.status !== 'applying') {
    if (plan.actual === null || plan.school_year !== schoolYear) throw superseded();
    if (plan.status === 'held' && !isApproved) throw secondPerson(plan.held_reason);
    const seen = digest ?? plan.digest?.toString('hex');
    if (seen === undefined || seen !== plan.actual.toString('hex')) throw planChanged();
    if (plan.kind === 'learners' || plan.kind === 'staff')
      await keepCounts(transaction, planId, plan.kind === 'staff' ? 'staff' : 'learner', clock.now());
    await mustBeUnchanged(transaction, planId);
    // The plan's own rows are news to the planner, which would look them up one by one. Who has the table at the moment is
    // another plan that does the same: two schools of a year's plan do not wait for each other.
    if (totalOf(plan.totals) > 1_000) await sql`ANALYZE (SKIP_LOCKED) registry.roster_change`.execute(transaction);
    await forgetOld(transaction, clock.now());
    const acceptor: Acceptor = { ...recordedActor(actor), ...(actor.kind === 'person' ? { acr: actor.acr } : {}) };
    await sql`
      UPDATE registry.roster_plan SET status = 'applying', applied_row = -1, applied_by = ${JSON.stringify(acceptor)}::jsonb,
        digest = ${plan.actual} WHERE id = ${planId}`.execute(transaction);
  }
  const part = await applyPart(context, transaction, planId, atOnce);
  if (part && !part.isDone) await jobs.enqueue(transaction, goOn, { planId }, { key: `${goOn}/${planId}` });
  return { id: planId, totals: part?.totals ?? plan.totals, isDone: part?.isDone ?? true };
}

/** What people had before a plan is kept for as long as it can be undone. */
async function forgetOld(transaction: Transaction, now: Date): Promise<void> {
  const since = new Date(now.getTime() - undoDays * 86_400_000).toISOString();
  await sql`
    DELETE FROM registry.roster_undo WHERE plan_id IN (SELECT id FROM registry.roster_plan WHERE applied_at < ${since})`.execute(
    transaction,
  );
}

/** Goes on with a plan that was accepted, part by part, to its end: two that do so at once take turns. */
export async function finishPlan(
  context: Pick<ServiceContext, 'db' | 'secrets' | 'clock'>,
  planId: string,
  { atOnce, onProgress }: { readonly atOnce?: number; readonly onProgress?: (progress: Progress) => void } = {},
): Promise<void> {
  for (let isDone = false; !isDone; ) {
    const part = await context.db
      .transaction()
      .execute((transaction) => applyPart(context, transaction, planId, atOnce));
    if (part) onProgress?.({ step: 'apply', done: part.done, total: part.total });
    isDone = part?.isDone ?? true;
  }
}

/** The job that goes on with long plans. */
export const applyTasks = (context: ServiceContext): TaskHandlers => ({
  [goOn]: (payload) => finishPlan(context, payloadText(payload, 'planId')),
});

/**
 * Accepts a plan by itself; a held one goes through `proposePlan`.
 *
 * @throws as `applyPlan`
 */
export async function acceptImport(
  context: ServiceContext,
  planId: string,
  actor: Actor,
  { atOnce, isApproved }: Pick<ApplyOptions, 'atOnce' | 'isApproved'> = {},
): Promise<Applied> {
  return context.db.transaction().execute((transaction) =>
    applyPlan(context, transaction, planId, {
      actor,
      ...(atOnce ? { atOnce } : {}),
      ...(isApproved ? { isApproved } : {}),
    }),
  );
}

/** As `acceptImport`, and stays until the last part is done. */
export async function applyImport(
  context: ServiceContext,
  planId: string,
  actor: Actor,
  options: {
    readonly onProgress?: (progress: Progress) => void;
    readonly atOnce?: number;
    readonly isApproved?: boolean;
  } = {},
): Promise<Applied> {
  const accepted = await acceptImport(context, planId, actor, options);
  if (accepted.isDone) return accepted;
  await finishPlan(context, planId, options);
  return { ...accepted, totals: await totalsOf(context, planId), isDone: true };
}

async function totalsOf({ db }: Pick<ServiceContext, 'db'>, planId: string): Promise<RosterTotals> {
  const { rows } = await sql<{ totals: RosterTotals }>`
    SELECT totals FROM registry.roster_plan WHERE id = ${planId}`.execute(db);
  if (!rows[0]) throw new Error('an applied plan is gone');
  return rows[0].totals;
}

function secondPerson(reason: Text | null): Forbidden {
  return new Forbidden(
    'roster/second-person',
    {
      vi: `Kế hoạch này cần hai người. ${reason?.vi ?? ''}`.trim(),
      en: `This plan takes two people. ${reason?.en ?? ''}`.trim(),
    },
    {
      remedy: {
        vi: 'Kiểm tra lại tệp; nếu đúng, mở kế hoạch ở trang «Nhập danh sách» và đề nghị người thứ hai duyệt.',
        en: 'Check the file; if it is right, open the plan under “Import a roster” and ask for a second person.',
      },
    },
  );
}

const importAgain: Text = {
  vi: 'Nhập lại tệp để lập kế hoạch mới.',
  en: 'Import the file again to make a new plan.',
};

function superseded(): Conflict {
  return new Conflict(
    'roster/superseded',
    { vi: 'Kế hoạch này đã cũ.', en: 'This plan is out of date.' },
    { remedy: importAgain },
  );
}

function planChanged(): Conflict {
  return new Conflict(
    'roster/plan-changed',
    {
      vi: 'Nội dung của kế hoạch không còn là nội dung đã xem.',
      en: 'The plan is no longer the one that was seen.',
    },
    { remedy: importAgain },
  );
}

async function mustBeUnchanged(transaction: Transaction, planId: string): Promise<void> {
  const { rows } = await sql<{ stale: number }>`
    SELECT count(*) AS stale FROM registry.roster_change AS c LEFT JOIN registry.person AS p ON p.id = c.person_id
    WHERE c.plan_id = ${planId} AND c.version IS DISTINCT FROM p.version`.execute(transaction);
  const taken = await sql<{ taken: number }>`
    SELECT count(*) AS taken FROM registry.roster_change AS c
    JOIN registry.person AS p ON p.moet_id_index = c.moet_id_index AND p.status <> 'merged' AND p.id <> c.person_id
    WHERE c.plan_id = ${planId} AND c.action <> 'referred'`.execute(transaction);
  if (rows[0]?.stale === 0 && taken.rows[0]?.taken === 0) return;
  throw new Conflict(
    'roster/people-changed',
    {
      vi: 'Có người trong kế hoạch đã được thay đổi sau khi lập kế hoạch.',
      en: 'Somebody in the plan was changed after the plan was made.',
    },
    { remedy: importAgain },
  );
}
