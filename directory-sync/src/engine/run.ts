import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict, EduTrustError } from '@edutrust/platform/errors';
import { record } from '@edutrust/platform/events';
import type { Actor } from '@edutrust/platform/http';
import { uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { LdapServer } from '../ldap/server.ts';
import { type RunTotals, syncOf } from '../tables.ts';
import { addressOf, findTarget, type TargetRow } from '../targets/store.ts';
import { type Plan, type PlannedChange, planEverything, planPeople } from './plan.ts';

export interface RunResult {
  readonly id: string;
  readonly state: 'done' | 'held' | 'failed';
  readonly totals: RunTotals;
}

const nothing: RunTotals = { added: 0, changed: 0, disabled: 0, unchanged: 0, failed: 0 };
const counted = { add: 'added', change: 'changed', disable: 'disabled' } as const;

/**
 * Brings a target in step, or with `plan` only says what that would be. One run of a target at a time; every write sets
 * a state, so that a run that was killed is simply run again.
 *
 * @throws Conflict `sync/running`; NotFound.
 */
export async function runTarget(
  context: ServiceContext,
  targetId: string,
  {
    mode,
    actor,
    approved = false,
  }: { readonly mode: 'plan' | 'apply'; readonly actor: Actor; readonly approved?: boolean },
): Promise<RunResult> {
  const { db, clock } = context;
  const target = await findTarget(db, targetId);
  return db.connection().execute(async (connection) => {
    const lock = sql`hashtextextended(${`edutrust.sync.${targetId}`}, 0)`;
    const { rows } = await sql<{ got: boolean }>`SELECT pg_try_advisory_lock(${lock}) AS got`.execute(connection);
    if (!rows[0]?.got)
      throw new Conflict('sync/running', {
        vi: 'Đích này đang được đồng bộ.',
        en: 'This target is being synchronised.',
      });
    try {
      const id = uuidv7();
      await syncOf(db)
        .insertInto('sync.run')
        .values({
          id,
          target_id: targetId,
          mode,
          state: 'running',
          totals: nothing,
          held_reason: null,
          failure: null,
          started_at: clock.now(),
          finished_at: null,
        })
        .execute();
      return await perform(context, target, id, mode, actor, approved);
    } finally {
      await sql`SELECT pg_advisory_unlock(${lock})`.execute(connection);
    }
  });
}

async function perform(
  context: ServiceContext,
  target: TargetRow,
  id: string,
  mode: 'plan' | 'apply',
  actor: Actor,
  approved: boolean,
): Promise<RunResult> {
  const { db } = context;
  try {
    await using server = await LdapServer.open(addressOf(context, target));
    const plan = await planEverything(db, server, target.organisation_id);
    const isHeld = plan.heldReason !== undefined && !approved;
    if (mode === 'plan' || isHeld) {
      await keepChanges(context, id, plan.changes, new Map());
      return finish(context, target, id, mode, actor, isHeld ? 'held' : 'done', totalsOf(plan, 0), plan);
    }
    await server.ensureBranches();
    const errors = await apply(server, plan.changes);
    await keepChanges(context, id, plan.changes, errors);
    return finish(
      context,
      target,
      id,
      mode,
      actor,
      errors.size > 0 ? 'failed' : 'done',
      totalsOf(plan, errors.size),
      plan,
    );
  } catch (error) {
    if (!(error instanceof EduTrustError)) throw error;
    return finish(context, target, id, mode, actor, 'failed', nothing, undefined, error.code);
  }
}

/** Does the changes in order, people before groups; one that fails does not stop the others. */
async function apply(server: LdapServer, changes: readonly PlannedChange[]): Promise<Map<number, string>> {
  const errors = new Map<number, string>();
  for (const [number, change] of changes.entries()) {
    try {
      if (change.action === 'add') await server.add(change);
      else await server.replace(change.dn, change.attributes);
    } catch (error) {
      errors.set(number, error instanceof Error ? error.message.slice(0, 300) : String(error));
    }
  }
  return errors;
}

function totalsOf(plan: Plan, failed: number): RunTotals {
  const totals = { ...nothing, unchanged: plan.unchanged, failed };
  for (const { action } of plan.changes) totals[counted[action]] += 1;
  return totals;
}

async function keepChanges(
  { db }: ServiceContext,
  runId: string,
  changes: readonly PlannedChange[],
  errors: ReadonlyMap<number, string>,
): Promise<void> {
  const rows = changes.map(({ action, dn, attributes }, number) => ({
    run_id: runId,
    number,
    action,
    dn,
    attributes: Object.keys(attributes),
    error: errors.get(number) ?? null,
  }));
  for (let from = 0; from < rows.length; from += 1_000) {
    await syncOf(db)
      .insertInto('sync.change')
      .values(rows.slice(from, from + 1_000))
      .execute();
  }
}

async function finish(
  { db, clock }: ServiceContext,
  target: TargetRow,
  id: string,
  mode: 'plan' | 'apply',
  actor: Actor,
  state: RunResult['state'],
  totals: RunTotals,
  plan: Plan | undefined,
  failure?: string,
): Promise<RunResult> {
  const now = clock.now();
  await db.transaction().execute(async (transaction) => {
    const tables = syncOf(transaction);
    await tables
      .updateTable('sync.run')
      .set({ state, totals, held_reason: plan?.heldReason ?? null, failure: failure ?? null, finished_at: now })
      .where('id', '=', id)
      .execute();
    if (mode === 'apply') {
      const isDone = state === 'done';
      await tables
        .updateTable('sync.target')
        .set({ last_run_at: now, needs_full_run: !isDone, state: isDone ? 'healthy' : 'slow' })
        .where('id', '=', target.id)
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
  return { id, state, totals };
}

/**
 * Reconciles some people at once. A target that does not answer is noted for a full run: the change is late there, not
 * lost, and other targets do not wait for it.
 */
export async function reconcilePeople(
  context: ServiceContext,
  target: TargetRow,
  personIds: readonly string[],
): Promise<void> {
  try {
    await using server = await LdapServer.open(addressOf(context, target));
    await server.ensureBranches();
    const plan = await planPeople(context.db, server, target.organisation_id, personIds);
    const errors = await apply(server, plan.changes);
    if (errors.size === 0) return;
  } catch (error) {
    context.log.warn({ err: error, target: target.id }, 'live sync; a full run will follow');
  }
  await syncOf(context.db)
    .updateTable('sync.target')
    .set({ needs_full_run: true, state: 'slow' })
    .where('id', '=', target.id)
    .execute();
}
