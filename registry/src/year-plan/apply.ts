import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError } from '@edutrust/platform/errors';
import { payloadText, type TaskHandlers } from '@edutrust/platform/jobs';
import { sql } from 'kysely';
import { applyPlan, finishPlan } from '../changes/apply.ts';
import { actorOf } from '../changes/part.ts';
import { undoPlan } from '../changes/undo.ts';
import { record } from '../events.ts';
import { inLanes } from './lanes.ts';
import { prepareTask, prepareYear } from './prepare.ts';
import { findYearPlan, lockYearPlan, type YearPlan } from './store.ts';

export const applyYearTask = 'registry.apply-year';
export const undoYearTask = 'registry.undo-year';

interface Step {
  readonly from: 'ready' | 'applied';
  readonly to: 'applied' | 'undone';
  readonly state: YearPlan['state'];
  readonly end: 'applied' | 'undone';
}

const applying: Step = { from: 'ready', to: 'applied', state: 'applying', end: 'applied' };
const undoing: Step = { from: 'applied', to: 'undone', state: 'undoing', end: 'undone' };

/**
 * Goes through the schools of an approved plan, each in transactions of its own: killed at any moment a school is done or is
 * not, and the job goes on with the rest. Where somebody was changed meanwhile, that school is told and the others go on.
 */
async function eachSchool(
  context: ServiceContext,
  id: string,
  step: Step,
  act: (
    school: { readonly id: string; readonly planId: string; readonly digest: Buffer },
    actor: Actor,
  ) => Promise<void>,
): Promise<void> {
  const { db } = context;
  const plan = await findYearPlan(db, id);
  if (plan.state !== step.state) return;
  const actor = await db.transaction().execute((tx) => actorOf(context, tx, plan.createdBy));
  const { rows } = await sql<{ id: string; planId: string; digest: Buffer }>`
    SELECT organisation_id AS id, plan_id AS "planId", digest FROM registry.year_plan_school
    WHERE year_plan_id = ${id} AND state = ${step.from} AND plan_id IS NOT NULL ORDER BY organisation_id`.execute(db);
  await inLanes(rows, async (school) => {
    try {
      await act(school, actor);
    } catch (error) {
      if (!(error instanceof EduTrustError)) throw error;
      await sql`
        UPDATE registry.year_plan_school SET state = 'failed', code = ${error.code}
        WHERE year_plan_id = ${id} AND organisation_id = ${school.id}`.execute(db);
    }
  });
  await finish(context, id, step);
}

async function finish({ db, clock }: ServiceContext, id: string, { state, end }: Step): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const plan = await lockYearPlan(transaction, id);
    if (plan.state !== state) return;
    await sql`
      UPDATE registry.year_plan SET state = ${end}, applied_at = CASE WHEN ${end} = 'applied' THEN ${clock.now()}::timestamptz ELSE applied_at END
      WHERE id = ${id}`.execute(transaction);
    await record(transaction, {
      type: 'year-plan.moved',
      actor: { kind: 'system', name: 'year-plan' },
      subject: { kind: 'year-plan', id },
      organisationId: plan.organisationId,
      data: { state: end, schools: plan.totals.schools[end] ?? 0, failed: plan.totals.schools.failed ?? 0 },
    });
  });
}

const mark = (id: string, school: string, state: string) => sql`
  UPDATE registry.year_plan_school SET state = ${state}, code = NULL WHERE year_plan_id = ${id} AND organisation_id = ${school}`;

/** Applies every school's plan as it was approved, digest for digest. */
export function applyYear(context: ServiceContext, id: string): Promise<void> {
  return eachSchool(context, id, applying, async ({ id: school, planId, digest }, actor) => {
    const { isDone } = await context.db.transaction().execute(async (transaction) => {
      const applied = await applyPlan(context, transaction, planId, {
        actor,
        digest: digest.toString('hex'),
        isApproved: true,
      });
      if (applied.isDone) await mark(id, school, 'applied').execute(transaction);
      return applied;
    });
    if (isDone) return;
    await finishPlan(context, planId);
    await mark(id, school, 'applied').execute(context.db);
  });
}

/** Gives every school back what it had, digest for digest. */
export function undoYear(context: ServiceContext, id: string): Promise<void> {
  return eachSchool(context, id, undoing, ({ id: school, planId }, actor) =>
    context.db.transaction().execute(async (transaction) => {
      await undoPlan(context, transaction, planId, actor);
      await mark(id, school, 'undone').execute(transaction);
    }),
  );
}

export const yearPlanTasks = (context: ServiceContext): TaskHandlers => ({
  [prepareTask]: (payload) => prepareYear(context, payloadText(payload, 'id')),
  [applyYearTask]: (payload) => applyYear(context, payloadText(payload, 'id')),
  [undoYearTask]: (payload) => undoYear(context, payloadText(payload, 'id')),
});
