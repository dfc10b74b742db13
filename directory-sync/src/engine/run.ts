import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError } from '@edutrust/platform/errors';
import { record } from '@edutrust/platform/events';
import { uuidv7 } from '@edutrust/platform/ids';
import type { Text } from '@edutrust/platform/messages';
import { LdapServer } from '../ldap/server.ts';
import { type RunTotals, syncOf } from '../tables.ts';
import { addressOf, findTarget, type TargetRow } from '../targets/store.ts';
import { apply, rememberDisabled } from './apply.ts';
import { digestOfHeld, holdLeavers, leaversOf, type Split, unusual } from './guard.ts';
import { supersedeHeld, waitingOf } from './held.ts';
import { withTarget } from './lock.ts';
import { digestOf, type Plan, type PlannedChange, planEverything } from './plan.ts';

export interface RunResult {
  readonly id: string;
  readonly state: 'done' | 'held' | 'failed';
  readonly totals: RunTotals;
  /** SHA-256 of what the plan would change, hexadecimal; null when there was no plan. */
  readonly digest: string | null;
  /** Why a second person has to look first. */
  readonly heldReason: Text | null;
  readonly failure: { readonly code: string; readonly detail: Text } | null;
}

const nothing: RunTotals = { added: 0, changed: 0, disabled: 0, unchanged: 0, failed: 0 };
const counted = { add: 'added', change: 'changed', disable: 'disabled' } as const;

export interface RunOptions {
  readonly mode: 'plan' | 'apply';
  readonly actor: Actor;
  /** What was seen in a plan, hexadecimal: another plan is not applied (D16). */
  readonly digest?: string;
}

/**
 * Brings a target in step, or with `plan` only says what that would be. One run of a target at a time. Leavers that are
 * unusually many wait for a second person, whoever or whatever asks for the run; everything else is done.
 *
 * @throws Conflict `sync/running`; NotFound.
 */
export async function runTarget(context: ServiceContext, targetId: string, options: RunOptions): Promise<RunResult> {
  const { db, clock } = context;
  const target = await findTarget(db, targetId);
  return withTarget(context, targetId, async () => {
    const id = uuidv7();
    const startedAt = clock.now();
    await syncOf(db)
      .insertInto('sync.run')
      .values({
        id,
        target_id: targetId,
        mode: options.mode,
        state: 'running',
        totals: nothing,
        held_reason: null,
        failure: null,
        failure_detail: null,
        digest: null,
        held: null,
        approval_id: null,
        started_at: startedAt,
        finished_at: null,
      })
      .execute();
    return perform(context, target, { id, startedAt, ...options });
  });
}

interface Run extends RunOptions {
  readonly id: string;
  readonly startedAt: Date;
}

async function perform(context: ServiceContext, target: TargetRow, run: Run): Promise<RunResult> {
  const { db } = context;
  try {
    await using server = await LdapServer.open(addressOf(context, target));
    const plan = await planEverything(db, server, target.organisation_id);
    const digest = digestOf(plan.changes);
    const heldReason = await unusual(context, target, leaversOf(plan.changes));
    if (run.mode === 'plan') {
      await keepChanges(context, run.id, plan.changes, new Map());
      return await finish(context, target, run, { state: 'done', totals: totalsOf(plan, 0), digest, heldReason });
    }
    if (run.digest !== undefined && run.digest !== digest.toString('hex')) {
      return await finish(context, target, run, { state: 'failed', totals: nothing, digest, failure: planChanged });
    }
    const split: Split = heldReason ? holdLeavers(plan.changes) : { now: plan.changes, held: [] };
    await server.ensureBranches();
    const errors = await apply(server, split.now);
    const done = split.now.filter((_, number) => !errors.has(number));
    await rememberDisabled(context, target, done, { approved: false });
    await keepChanges(context, run.id, split.now, errors);
    await keepChanges(
      context,
      run.id,
      plan.changes.filter(({ action }) => heldReason && action === 'disable'),
      new Map(),
      {
        held: true,
        from: split.now.length,
      },
    );
    const totals = totalsOf(plan, errors.size);
    const failed = errors.size > 0 ? { failure: someFailed(errors) } : {};
    if (split.held.length === 0) {
      await supersedeHeld(context, target, run.actor);
      return await finish(context, target, run, {
        state: errors.size > 0 ? 'failed' : 'done',
        totals,
        digest,
        ...failed,
      });
    }
    const heldDigest = digestOfHeld(split.held);
    const waiting = await waitingOf(db, target.id);
    if (waiting?.digest?.equals(heldDigest)) {
      // The very same waits already: what could be done beside it was.
      return await finish(context, target, run, {
        state: errors.size > 0 ? 'failed' : 'done',
        totals,
        digest,
        heldReason,
        ...failed,
      });
    }
    await supersedeHeld(context, target, run.actor);
    return await finish(context, target, run, {
      state: 'held',
      totals,
      digest: heldDigest,
      heldReason,
      held: split.held,
      ...failed,
    });
  } catch (error) {
    if (!(error instanceof EduTrustError)) throw error;
    const failure = { code: error.code, detail: error.detail };
    return finish(context, target, run, { state: 'failed', totals: nothing, failure });
  }
}

const planChanged = {
  code: 'sync/plan-changed',
  detail: {
    vi: 'Từ lúc xem trước đã có thay đổi khác; chưa có gì được ghi. Hãy xem trước lại.',
    en: 'Something changed since the preview; nothing was written. Preview again.',
  },
};

function someFailed(errors: ReadonlyMap<number, string>) {
  const [first = ''] = errors.values();
  return {
    code: 'sync/changes-refused',
    detail: {
      vi: `Máy chủ từ chối ${errors.size} thay đổi; thay đổi đầu tiên: ${first}`,
      en: `The server refused ${errors.size} changes; the first: ${first}`,
    },
  };
}

function totalsOf(plan: Plan, failed: number): RunTotals {
  const totals = { ...nothing, unchanged: plan.unchanged, failed };
  for (const { action } of plan.changes) totals[counted[action]] += 1;
  return totals;
}

export async function keepChanges(
  { db }: ServiceContext,
  runId: string,
  changes: readonly PlannedChange[],
  errors: ReadonlyMap<number, string>,
  { held = false, from: first = 0 } = {},
): Promise<void> {
  const rows = changes.map(({ action, dn, attributes, members }, number) => ({
    run_id: runId,
    number: first + number,
    action,
    dn,
    attributes: [...Object.keys(attributes), ...(members ? ['member'] : [])],
    error: errors.get(number) ?? null,
    held,
  }));
  for (let from = 0; from < rows.length; from += 1_000) {
    await syncOf(db)
      .insertInto('sync.change')
      .values(rows.slice(from, from + 1_000))
      .execute();
  }
}

interface Outcome {
  readonly state: RunResult['state'];
  readonly totals: RunTotals;
  readonly digest?: Buffer;
  readonly heldReason?: Text | undefined;
  readonly held?: Split['held'];
  readonly failure?: NonNullable<RunResult['failure']>;
}

async function finish(
  { db, clock }: ServiceContext,
  target: TargetRow,
  { id, mode, actor, startedAt }: Run,
  { state, totals, digest, heldReason, held, failure }: Outcome,
): Promise<RunResult> {
  const now = clock.now();
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value)) as never; // jsonb
  await db.transaction().execute(async (transaction) => {
    const tables = syncOf(transaction);
    await tables
      .updateTable('sync.run')
      .set({
        state,
        totals,
        held_reason: json(heldReason),
        failure: failure?.code ?? null,
        failure_detail: json(failure?.detail),
        digest: digest ?? null,
        held: json(held),
        finished_at: now,
      })
      .where('id', '=', id)
      .execute();
    if (mode === 'apply' && failure?.code !== planChanged.code) {
      // What waits for a second person is no reason to compare everything again every five minutes.
      const isInStep = state === 'done' || (state === 'held' && !failure);
      await tables
        .updateTable('sync.target')
        .set({ last_run_at: now, needs_full_run: !isInStep, state: isInStep ? 'healthy' : 'slow' })
        .where('id', '=', target.id)
        .execute();
      if (isInStep)
        await tables
          .deleteFrom('sync.pending')
          .where('target_id', '=', target.id)
          .where('added_at', '<', startedAt)
          .execute();
    }
    await record(transaction, {
      type: 'sync.run-finished',
      actor,
      subject: { kind: 'sync-target', id: target.id },
      organisationId: target.organisation_id,
      data: { runId: id, mode, state, ...totals },
    });
  });
  return {
    id,
    state,
    totals,
    digest: digest?.toString('hex') ?? null,
    heldReason: heldReason ?? null,
    failure: failure ?? null,
  };
}
