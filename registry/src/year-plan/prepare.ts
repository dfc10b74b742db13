import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, EduTrustError, InvalidInput } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { schoolYearAt } from '../calendar.ts';
import { discardPlans } from '../changes/discard.ts';
import { actorOf } from '../changes/part.ts';
import { recordedActor } from '../changes/plan.ts';
import { record } from '../events.ts';
import { planRollOver, proposeRollOver, type RollOverProposal } from '../lifecycle/roll-over.ts';
import { inLanes } from './lanes.ts';
import { type Stop, yearPlanMoves } from './states.ts';
import { findYearPlan, lockYearPlan } from './store.ts';

export const prepareTask = 'registry.prepare-year';

/**
 * Begins the plan of a new school year for every school of a ward or of the city: a job looks at each and plans it as it is
 * proposed, with nothing changed. Gives its id.
 *
 * @throws InvalidInput `year-plan/of-one-school`; Conflict `year-plan/open`
 */
export async function beginYearPlan(
  { db, clock, jobs }: Pick<ServiceContext, 'db' | 'clock' | 'jobs'>,
  organisationId: string,
  actor: Actor,
): Promise<string> {
  return db.transaction().execute(async (transaction) => {
    const id = uuidv7(clock.now().getTime());
    const by = { ...recordedActor(actor), ...(actor.kind === 'person' ? { acr: actor.acr } : {}) };
    const { rows } = await sql<{ kind: string }>`
      SELECT kind FROM registry.organisation WHERE id = ${organisationId}`.execute(transaction);
    if (rows[0]?.kind !== 'department' && rows[0]?.kind !== 'ward') throw ofOneSchool();
    const { numAffectedRows } = await sql`
      INSERT INTO registry.year_plan (id, organisation_id, school_year, state, created_at, created_by)
      VALUES (${id}, ${organisationId}, ${schoolYearAt(clock.now())}, 'preparing', ${clock.now()}, ${JSON.stringify(by)}::jsonb)
      ON CONFLICT (organisation_id) WHERE state IN ('preparing', 'ready', 'applying', 'undoing') DO NOTHING`.execute(
      transaction,
    );
    if (numAffectedRows === 0n) throw isOpen();
    await sql`
      INSERT INTO registry.year_plan_school (year_plan_id, organisation_id, state)
      SELECT ${id}, id, 'waiting' FROM registry.organisation
      WHERE kind IN ('school', 'centre') AND path && ARRAY[${organisationId}::uuid]`.execute(transaction);
    await record(transaction, {
      type: 'year-plan.moved',
      actor,
      subject: { kind: 'year-plan', id },
      organisationId,
      data: { state: 'preparing' },
    });
    await jobs.enqueue(transaction, prepareTask, { id }, { key: `${prepareTask}:${id}` });
    return id;
  });
}

/** Looks again at the schools that were left out. @throws Conflict `year-plan/not-now`, `year-plan/asked` */
export async function prepareAgain({ db, jobs }: Pick<ServiceContext, 'db' | 'jobs'>, id: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const plan = await lockYearPlan(transaction, id);
    yearPlanMoves.mustMove(plan.state, 'preparing');
    if (plan.isAsked) throw isAsked();
    await sql`UPDATE registry.year_plan SET state = 'preparing' WHERE id = ${id}`.execute(transaction);
    await sql`
      UPDATE registry.year_plan_school SET state = 'waiting', code = NULL
      WHERE year_plan_id = ${id} AND state IN ('stopped', 'empty')`.execute(transaction);
    await jobs.enqueue(transaction, prepareTask, { id }, { key: `${prepareTask}:${id}` });
  });
}

/** Nobody wants it any longer; its schools can be planned by themselves. @throws Conflict `year-plan/not-now`, `year-plan/asked` */
export async function discardYearPlan({ db }: Pick<ServiceContext, 'db'>, id: string, actor: Actor): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const plan = await lockYearPlan(transaction, id);
    yearPlanMoves.mustMove(plan.state, 'discarded');
    if (plan.isAsked) throw isAsked();
    await sql`UPDATE registry.year_plan SET state = 'discarded' WHERE id = ${id}`.execute(transaction);
    const { rows } = await sql<{ plan: string }>`
      SELECT plan_id AS plan FROM registry.year_plan_school WHERE year_plan_id = ${id} AND plan_id IS NOT NULL`.execute(
      transaction,
    );
    await discardPlans(
      transaction,
      rows.map(({ plan: planId }) => planId),
    );
    await record(transaction, {
      type: 'year-plan.moved',
      actor,
      subject: { kind: 'year-plan', id },
      organisationId: plan.organisationId,
      data: { state: 'discarded' },
    });
  });
}

/** The job: school by school; what it did before it died is done. */
export async function prepareYear(context: ServiceContext, id: string): Promise<void> {
  const { db } = context;
  const plan = await findYearPlan(db, id);
  const actor = await db.transaction().execute((tx) => actorOf(context, tx, plan.createdBy));
  for (;;) {
    const { rows } = await sql<{ school: string }>`
      SELECT s.organisation_id AS school FROM registry.year_plan_school AS s
      JOIN registry.year_plan AS y ON y.id = s.year_plan_id AND y.state = 'preparing'
      WHERE s.year_plan_id = ${id} AND s.state = 'waiting' ORDER BY 1 LIMIT 200`.execute(db);
    if (rows.length === 0) break;
    await inLanes(rows, ({ school }) =>
      prepareSchool(context, { id, school, schoolYear: plan.schoolYear, since: plan.createdAt }, actor),
    );
  }
  await db.transaction().execute(async (transaction) => {
    const now = await lockYearPlan(transaction, id);
    if (now.state !== 'preparing') return;
    await sql`UPDATE registry.year_plan SET state = 'ready' WHERE id = ${id}`.execute(transaction);
    await record(transaction, {
      type: 'year-plan.moved',
      actor: { kind: 'system', name: 'year-plan' },
      subject: { kind: 'year-plan', id },
      organisationId: now.organisationId,
      data: { state: 'ready' },
    });
  });
}

interface Where {
  readonly id: string;
  readonly school: string;
  readonly schoolYear: number;
  readonly since: Date;
}

async function prepareSchool(context: ServiceContext, where: Where, actor: Actor): Promise<void> {
  const { db } = context;
  await forgetUnfinished(db, where, actor);
  const proposal = await proposeRollOver(context, where.school);
  const stop = await db.transaction().execute((tx) => whyStopped(tx, where, proposal, context.clock.now()));
  if (stop || proposal.classes.length === 0) return keep(db, where, { state: stop ? 'stopped' : 'empty', code: stop });
  try {
    const planId = await planRollOver(context, {
      organisationId: where.school,
      classes: proposal.classes.map(({ id, next }) => ({ classId: id, next: next?.code ?? null })),
      repeating: [],
      actor,
      proposal,
    });
    await keep(db, where, { state: 'ready', planId, proposal });
  } catch (error) {
    if (!(error instanceof EduTrustError)) throw error;
    await keep(db, where, { state: 'stopped', code: error.code });
  }
}

/** A job that died between a school's plan and writing it down made one that belongs to nothing. */
async function forgetUnfinished(db: ServiceContext['db'], { school, since }: Where, actor: Actor): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ id: string }>`
      SELECT id FROM registry.roster_plan AS p WHERE status IN ('planned', 'held') AND organisation_ids = ARRAY[${school}::uuid]
        AND created_at >= ${since} AND created_by = ${JSON.stringify(recordedActor(actor))}::jsonb AND file_sha256 = ''
        AND NOT EXISTS (SELECT FROM registry.year_plan_school AS s WHERE s.plan_id = p.id)`.execute(transaction);
    await discardPlans(
      transaction,
      rows.map(({ id }) => id),
    );
  });
}

async function keep(
  db: ServiceContext['db'],
  { id, school }: Where,
  found: {
    readonly state: 'ready' | 'stopped' | 'empty';
    readonly code?: string | undefined;
    readonly planId?: string;
    readonly proposal?: RollOverProposal;
  },
): Promise<void> {
  const classes = found.proposal?.classes ?? [];
  const sum = (some: typeof classes) => some.reduce((all, { learners }) => all + learners, 0);
  const goesUp = classes.filter(({ next }) => next !== null);
  await sql`
    UPDATE registry.year_plan_school SET state = ${found.state}, code = ${found.code ?? null}, plan_id = ${found.planId ?? null}::uuid,
      digest = (SELECT digest FROM registry.roster_plan WHERE id = ${found.planId ?? null}::uuid),
      learners = ${sum(classes)}, up = ${sum(goesUp)}, graduating = ${sum(classes) - sum(goesUp)},
      classes_before = ${classes.length}, classes_after = ${new Set(goesUp.map(({ next }) => next?.code)).size}
    WHERE year_plan_id = ${id} AND organisation_id = ${school} AND state = 'waiting'`.execute(db);
}

/** What somebody has to look at before the school can go up with the others. */
async function whyStopped(
  transaction: Transaction,
  { school, schoolYear, id }: Where,
  { classes }: RollOverProposal,
  now: Date,
): Promise<Stop | undefined> {
  const codes = classes.flatMap(({ next }) => (next ? [next.code.toLowerCase()] : []));
  const { rows } = await sql<{ transfers: boolean; other: boolean; taken: boolean; unplaced: boolean }>`
    SELECT EXISTS (SELECT FROM registry.transfer AS t WHERE t.closed_at IS NULL AND t.expires_at > ${now} AND ${school} IN (t.from_id, t.to_id)) AS transfers,
      EXISTS (SELECT FROM registry.roster_plan AS p WHERE p.status IN ('held', 'applying') AND p.organisation_ids @> ARRAY[${school}::uuid]
        AND NOT EXISTS (SELECT FROM registry.year_plan_school AS s WHERE s.year_plan_id = ${id} AND s.plan_id = p.id)) AS other,
      EXISTS (SELECT FROM registry.class AS k JOIN registry.enrolment AS e ON e.class_id = k.id AND e.valid_until IS NULL
        WHERE k.organisation_id = ${school} AND k.school_year = ${schoolYear} AND lower(k.code) = ANY(${codes})) AS taken,
      EXISTS (SELECT FROM registry.affiliation AS f WHERE f.organisation_id = ${school} AND f.role = 'learner' AND f.valid_until IS NULL
        AND NOT EXISTS (SELECT FROM registry.enrolment AS e JOIN registry.class AS k ON k.id = e.class_id
          WHERE e.person_id = f.person_id AND e.valid_until IS NULL AND k.organisation_id = ${school})) AS unplaced`.execute(
    transaction,
  );
  const [found] = rows;
  if (found?.transfers) return 'transfers';
  if (found?.other) return 'other-plan';
  if (classes.length === 0) return found?.unplaced ? 'no-classes' : undefined;
  if (found?.taken || new Set(codes).size < codes.length) return 'clash';
  return undefined;
}

function ofOneSchool(): InvalidInput {
  return new InvalidInput('year-plan/of-one-school', {
    vi: 'Kế hoạch này là của phường hoặc của Sở; một trường lập ở trang «Lên lớp năm học mới».',
    en: 'This plan is for a ward or the department; a school makes its own under “The new school year”.',
  });
}

function isOpen(): Conflict {
  return new Conflict('year-plan/open', {
    vi: 'Đã có một kế hoạch năm học đang làm dở.',
    en: 'A plan of the year is under way already.',
  });
}

export function isAsked(): Conflict {
  return new Conflict('year-plan/asked', {
    vi: 'Kế hoạch đang chờ người thứ hai duyệt; rút đề nghị trước.',
    en: 'The plan waits for a second person; withdraw that first.',
  });
}
