import { createHash } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { rolesOf } from '@edutrust/registry/permissions';
import { acceptImport, discardPlans, planImport, type RosterKindId, type RosterPlan } from '@edutrust/registry/roster';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { type SourceRunState, syncOf } from '../tables.ts';
import type { Snapshot } from './source.ts';
import { findSource, openSource, type SourceRow } from './store.ts';

/** Teachers get their role by a roster of staff: that is nobody's but a person's who has just signed in (T5). */
const appliedAlone: readonly RosterKindId[] = ['learners', 'guardians'];

export interface SourceRun {
  readonly id: string;
  readonly state: SourceRunState;
  readonly plans: readonly RosterPlan[];
}

/**
 * Reads a source once, as a plan for each of its rosters: with the rights of who set it up, as they are now, so that no
 * source brings more than that person could by a file. Where its system marks what is touched and nothing was, nothing is
 * read (but when it is forced: somebody may have answered a question). What was not read to its end is a failed run, and nothing follows.
 *
 * @throws NotFound `sync/no-source`
 */
export async function runSource(
  context: ServiceContext,
  sourceId: string,
  { isForced = false }: { readonly isForced?: boolean } = {},
): Promise<SourceRun> {
  const { db, clock } = context;
  const source = await findSource(db, sourceId);
  const id = uuidv7(clock.now().getTime());
  const before = await beginRun(context, source, id);
  try {
    await using snapshot = await openSource(context, source);
    const mark = await markOf(source, snapshot);
    if (!isForced && mark !== null && source.mark?.equals(mark))
      return await endRun(context, source, id, { state: 'same', plans: [] });
    const plans: RosterPlan[] = [];
    const actor = await ownerOf(context, source);
    for (const kind of source.rosters) plans.push(await planOne(context, source, snapshot, kind, actor));
    const state = await settle(context, source, plans, before, actor);
    return await endRun(context, source, id, { state, plans, mark });
  } catch (error) {
    await endRun(context, source, id, { state: 'failed', plans: [], error });
    throw error;
  }
}

/** A run of before that never ended died: it counts as a failed one. Gives the plans that a newer run takes the place of. */
async function beginRun({ db, clock }: ServiceContext, source: SourceRow, id: string): Promise<string[]> {
  return db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ id: string }>`
      SELECT unnest(plan_ids) AS id FROM sync.source_run WHERE source_id = ${source.id} AND state = 'waiting'`.execute(
      transaction,
    );
    await sql`
      UPDATE sync.source_run SET state = 'failed', failure = 'sync/interrupted', finished_at = ${clock.now().toISOString()}
      WHERE source_id = ${source.id} AND state = 'running'`.execute(transaction);
    await syncOf(transaction)
      .insertInto('sync.source_run')
      .values({
        id,
        source_id: source.id,
        state: 'running',
        plan_ids: [],
        failure: null,
        failure_detail: null,
        started_at: clock.now(),
        finished_at: null,
      })
      .execute();
    return rows.map((row) => row.id);
  });
}

/** What the system marks, together with what the source is asked for: other settings read anew. */
async function markOf(source: SourceRow, snapshot: Snapshot): Promise<Buffer | null> {
  if (!snapshot.mark) return null;
  const asked = JSON.stringify([source.settings, source.rosters, source.is_whole]);
  return createHash('sha256')
    .update(asked)
    .update(await snapshot.mark())
    .digest();
}

/** Who set the source up, signed in as they were then, with the roles that they hold now; who has left holds none, and every row is refused. */
async function ownerOf(
  { db, secrets }: ServiceContext,
  { owner_id: personId, owner_acr: acr }: SourceRow,
): Promise<PersonActor> {
  const roles = await rolesOf({ db, secrets }, personId);
  return { kind: 'person', personId, roles, acr, sessionId: '', authenticatedAt: new Date(0) };
}

function planOne(
  context: ServiceContext,
  source: SourceRow,
  snapshot: Snapshot,
  kind: RosterKindId,
  actor: PersonActor,
): Promise<RosterPlan> {
  const isOfPeople = kind === 'learners' || kind === 'staff';
  return planImport(context, {
    kind,
    file: 'file' in snapshot ? snapshot.file() : { name: source.name, rows: () => snapshot.rows(kind) },
    organisationId: source.organisation_id,
    completeness: source.is_whole && isOfPeople ? 'schools' : 'partial',
    actor,
  });
}

/** Applies what may be applied alone, forgets what changes nothing, and leaves the rest to people. */
async function settle(
  context: ServiceContext,
  source: SourceRow,
  plans: readonly RosterPlan[],
  before: readonly string[],
  actor: PersonActor,
): Promise<SourceRunState> {
  const changes = ({ totals }: RosterPlan) => totals.added + totals.changed + totals.left + totals.referred;
  const isNothing = (plan: RosterPlan) => changes(plan) + plan.totals.refused === 0;
  await context.db
    .transaction()
    .execute((transaction) => discardPlans(transaction, [...before, ...plans.filter(isNothing).map(({ id }) => id)]));
  const rest = plans.filter((plan) => !isNothing(plan));
  if (rest.length === 0) return 'same';
  let isWaiting = false;
  for (const plan of rest) {
    const isAlone =
      source.applies && plan.status === 'planned' && appliedAlone.includes(plan.kind) && changes(plan) > 0;
    if (isAlone) await acceptImport(context, plan.id, actor);
    isWaiting ||= !isAlone || plan.totals.refused > 0;
  }
  return isWaiting ? 'waiting' : 'applied';
}

interface Ended {
  readonly state: SourceRunState;
  readonly plans: readonly RosterPlan[];
  readonly mark?: Buffer | null;
  readonly error?: unknown;
}

async function endRun(
  { db, clock }: ServiceContext,
  source: SourceRow,
  id: string,
  { state, plans, mark, error }: Ended,
): Promise<SourceRun> {
  const failure = error instanceof EduTrustError ? error : undefined;
  const code = error === undefined ? undefined : (failure?.code ?? 'sync/failed');
  const kept = state === 'same' ? [] : plans;
  await db.transaction().execute(async (transaction) => {
    await syncOf(transaction)
      .updateTable('sync.source_run')
      .set({
        state,
        plan_ids: kept.map((plan) => plan.id),
        failure: code ?? null,
        failure_detail: failure ? (JSON.stringify(failure.detail) as never) : null,
        finished_at: clock.now(),
      })
      .where('id', '=', id)
      .execute();
    if (mark !== undefined)
      await syncOf(transaction).updateTable('sync.source').set({ mark }).where('id', '=', source.id).execute();
    await record(transaction, {
      type: 'sync-source.run-finished',
      actor: { kind: 'system', name: 'sync' },
      subject: { kind: 'sync-source', id: source.id },
      organisationId: source.organisation_id,
      data: { runId: id, state, planIds: kept.map((plan) => plan.id), ...(code ? { code } : {}) },
    });
  });
  return { id, state, plans: kept };
}
