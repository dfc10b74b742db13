import type { Actor, RecordedActor } from '@edutrust/platform/actor';
import { dateInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import type { Text } from '@edutrust/platform/messages';
import { type RawBuilder, sql } from 'kysely';
import { record } from '../events.ts';
import { rolesOf } from '../permissions/permissions.ts';
import { populationOf } from './populations.ts';
import { rememberAfter, rememberBefore, stateDigest } from './state.ts';
import type { RosterTotals } from './view.ts';

/**
 * Changes that are done in one transaction. Long enough to be quick, short enough that nobody who follows the outbox
 * waits for more than some seconds.
 */
export const changesAtOnce = 5_000;

/** Who accepted a plan, and how strongly they had signed in when they did (`acr`). */
export type Acceptor = RecordedActor & { readonly acr?: string };

interface Applied {
  readonly kind: string;
  readonly school_year: number;
  readonly totals: RosterTotals;
  readonly applied_row: number;
  readonly applied_count: number;
  readonly applied_by: Acceptor;
  readonly digest: Buffer;
}

/** How far a plan is. */
export interface PartDone {
  readonly totals: RosterTotals;
  readonly done: number;
  readonly total: number;
  readonly isDone: boolean;
}

/**
 * Does the next part of a plan that is being applied, with its undo, its events and the new position in the caller's
 * transaction: killed at any moment a part has happened or has not. Undefined for a plan that is not being applied.
 *
 * Somebody who was changed since the plan was accepted is passed over, and told among the refused rows.
 */
export async function applyPart(
  context: Pick<ServiceContext, 'secrets' | 'clock'>,
  transaction: Transaction,
  planId: string,
  atOnce = changesAtOnce,
): Promise<PartDone | undefined> {
  const plan = await lockApplying(transaction, planId);
  if (!plan) return undefined;
  const population = populationOf(plan.kind);
  const after = plan.applied_row;
  const { rows } = await sql<{ until: number | null; count: number }>`
    SELECT max(row) AS until, count(*) FROM (SELECT row FROM registry.roster_change WHERE plan_id = ${planId} AND row > ${after}
      ORDER BY row ${population.inOneGo ? sql`` : sql`LIMIT ${atOnce}`}) AS part`.execute(transaction);
  const { until = null, count = 0 } = rows[0] ?? {};
  const total = totalOf(plan.totals);
  if (until === null) return finish(context, transaction, planId, plan);
  const within = sql`c.plan_id = ${planId} AND c.row > ${after} AND c.row <= ${until}`;
  const passedOver = await findChanged(transaction, planId, within);
  const part =
    passedOver.length === 0 ? within : sql`${within} AND c.row <> ALL(${passedOver.map(({ row }) => row)}::int[])`;
  await rememberBefore(transaction, planId, part, plan.school_year);
  await population.apply({
    context,
    transaction,
    planId,
    part,
    actor: await actorOf(context, transaction, plan.applied_by),
    schoolYear: plan.school_year,
    today: dateInVietnam(context.clock.now()),
  });
  await rememberAfter(transaction, planId);
  const totals = { ...plan.totals };
  for (const { action } of passedOver) {
    totals[action] -= 1;
    totals.refused += 1;
  }
  const done = plan.applied_count + count;
  await sql`
    UPDATE registry.roster_plan SET applied_row = ${until}, applied_count = ${done}, totals = ${JSON.stringify(totals)}::jsonb
    WHERE id = ${planId}`.execute(transaction);
  const isLast = population.inOneGo === true || count < atOnce;
  if (isLast) return finish(context, transaction, planId, { ...plan, totals, applied_count: done });
  // What the planner knows of tables that a first roster fills is nothing.
  if (plan.applied_count === 0)
    await sql`ANALYZE (SKIP_LOCKED) registry.person, registry.class, registry.enrolment, registry.affiliation`.execute(
      transaction,
    );
  return { totals, done, total, isDone: false };
}

/** Every change that a plan holds. */
export const totalOf = ({ added, changed, left, referred }: RosterTotals) => added + changed + left + referred;

async function lockApplying(transaction: Transaction, planId: string): Promise<Applied | undefined> {
  const { rows } = await sql<Applied>`
    SELECT kind, school_year, totals, applied_row, applied_count, applied_by, digest FROM registry.roster_plan
    WHERE id = ${planId} AND status = 'applying' FOR UPDATE`.execute(transaction);
  return rows[0];
}

async function finish(
  { clock }: Pick<ServiceContext, 'clock'>,
  transaction: Transaction,
  planId: string,
  { totals, applied_by, applied_count, digest }: Applied,
): Promise<PartDone> {
  await sql`
    UPDATE registry.roster_plan SET status = 'applied', applied_at = ${clock.now().toISOString()} WHERE id = ${planId}`.execute(
    transaction,
  );
  await record(transaction, {
    type: 'roster.applied',
    actor: withoutSession(applied_by, []),
    subject: { kind: 'roster-plan', id: planId },
    data: { ...totals, digest: digest.toString('hex') },
  });
  return { totals, done: applied_count, total: applied_count, isDone: true };
}

/**
 * People of the part who are not as the plan saw them, by whoever else. What an earlier part of the same plan did to them
 * is no change: their state is then the one that it left, digest for digest.
 */
async function findChanged(transaction: Transaction, planId: string, part: RawBuilder<unknown>) {
  await sql`
    SELECT FROM registry.person WHERE id IN (SELECT c.person_id FROM registry.roster_change AS c WHERE ${part}) ORDER BY id FOR UPDATE`.execute(
    transaction,
  );
  const { rows } = await sql<{ row: number; action: 'added' | 'changed' | 'left' | 'referred' }>`
    SELECT c.row, c.action FROM registry.roster_change AS c LEFT JOIN registry.person AS p ON p.id = c.person_id
    WHERE ${part} AND c.version IS NOT NULL AND c.version IS DISTINCT FROM p.version AND NOT EXISTS (
      SELECT FROM registry.roster_undo AS u WHERE u.plan_id = ${planId} AND u.person_id = p.id AND u.after_digest = ${stateDigest})
    UNION SELECT c.row, c.action FROM registry.roster_change AS c
    JOIN registry.person AS p ON p.moet_id_index = c.moet_id_index AND p.status <> 'merged' AND p.id <> c.person_id
    WHERE ${part} AND c.action <> 'referred'`.execute(transaction);
  if (rows.length > 0)
    await sql`
      INSERT INTO registry.roster_refusal (plan_id, row, column_name, value, reason)
      SELECT ${planId}, row, '', '', ${JSON.stringify(changedMeanwhile)}::jsonb
      FROM unnest(${rows.map(({ row }) => row)}::int[]) AS one (row) ON CONFLICT DO NOTHING`.execute(transaction);
  return rows;
}

const changedMeanwhile: Text = {
  vi: 'Hồ sơ này đã được thay đổi trong lúc danh sách đang được áp dụng, nên dòng này chưa được làm; nhập lại tệp.',
  en: 'The record was changed while the roster was being applied, so this row was not done; import the file again.',
};

/** Who accepted the plan, with the roles that they hold now: a role that ended since gives nothing any longer. */
export async function actorOf(
  { secrets }: Pick<ServiceContext, 'secrets'>,
  transaction: Transaction,
  recorded: Acceptor,
): Promise<Actor> {
  const roles = recorded.kind === 'person' ? await rolesOf({ db: transaction, secrets }, recorded.personId) : [];
  return withoutSession(recorded, roles);
}

/** Somebody who is not there at the moment: only who they are and what they may do counts. */
function withoutSession(acceptor: Acceptor, roles: Extract<Actor, { kind: 'person' }>['roles']): Actor {
  if (acceptor.kind === 'system') return { kind: 'system', name: acceptor.name };
  if (acceptor.kind === 'app') return { kind: 'app', clientId: acceptor.clientId, scopes: [] };
  const { personId, acr = '' } = acceptor;
  return { kind: 'person', personId, roles, acr, sessionId: '', authenticatedAt: new Date(0) };
}
