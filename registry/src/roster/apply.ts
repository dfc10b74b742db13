import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden, NotFound } from '@edutrust/platform/errors';
import { type DomainEvent, type RecordedActor, record } from '@edutrust/platform/events';
import type { Actor } from '@edutrust/platform/http';
import { uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import { dateInVietnam, schoolYearAt } from '../calendar.ts';
import { gradeOfClassCode } from '../classes/grade.ts';
import { createEducationIdIssuer } from '../education-id/education-id.ts';
import type { Progress, RosterTotals } from './roster.ts';

interface PlanRow {
  readonly status: string;
  readonly totals: RosterTotals;
  readonly created_by: RecordedActor;
}

const chunk = 5_000;

/**
 * Does exactly what the plan says, in one transaction: all of it or nothing. A plan is applied once; applying it again
 * answers with the same totals.
 *
 * @throws Conflict `roster/people-changed` when somebody of the plan was changed since; Forbidden `roster/second-person`
 * for a held plan and whoever made it.
 */
export async function applyImport(
  context: ServiceContext,
  planId: string,
  actor: Actor,
  options: { readonly onProgress?: (progress: Progress) => void; readonly approvesLeavers?: boolean } = {},
): Promise<{ readonly id: string; readonly totals: RosterTotals }> {
  const { db, clock } = context;
  const today = dateInVietnam(clock.now());
  const schoolYear = schoolYearAt(clock.now());
  return db.transaction().execute(async (transaction) => {
    const { rows } = await sql<PlanRow>`
      SELECT status, totals, created_by FROM registry.roster_plan WHERE id = ${planId} FOR UPDATE`.execute(transaction);
    const plan = rows[0];
    if (!plan)
      throw new NotFound('roster/no-plan', { vi: 'Không có kế hoạch nhập này.', en: 'There is no such plan.' });
    if (plan.status === 'applied') return { id: planId, totals: plan.totals };
    mustBeAllowed(planId, plan, actor, options.approvesLeavers ?? false);
    await mustBeUnchanged(transaction, planId);
    const total = plan.totals.added + plan.totals.changed + plan.totals.left;
    const report = (done: number) => options.onProgress?.({ step: 'apply', done, total });
    await makeClasses(transaction, planId, schoolYear, actor);
    await addPeople(context, transaction, planId, plan.totals.added, report);
    await changePeople(transaction, planId);
    await enrol(transaction, planId, schoolYear, today);
    await endLeavers(transaction, planId, today);
    if (total >= chunk)
      await sql`ANALYZE registry.person, registry.class, registry.enrolment, registry.affiliation`.execute(transaction);
    await recordChanges(transaction, planId, actor, (done) => report(plan.totals.added + done));
    await sql`
      UPDATE registry.roster_plan SET status = 'applied', applied_at = ${clock.now().toISOString()} WHERE id = ${planId}`.execute(
      transaction,
    );
    await record(transaction, {
      type: 'roster.applied',
      actor,
      subject: { kind: 'roster-plan', id: planId },
      data: { ...plan.totals },
    });
    report(total);
    return { id: planId, totals: plan.totals };
  });
}

function mustBeAllowed(planId: string, plan: PlanRow, actor: Actor, approvesLeavers: boolean): void {
  if (plan.status !== 'held') return;
  if (approvesLeavers && !isMaker(plan.created_by, actor)) return;
  throw new Forbidden(
    'roster/second-person',
    {
      vi: 'Quá nhiều học sinh sẽ rời trường nên kế hoạch này cần người thứ hai duyệt.',
      en: 'So many learners would leave that a second person has to approve this plan.',
    },
    {
      remedy: {
        vi: `Kiểm tra tệp có đủ học sinh chưa; nếu đúng, nhờ người khác duyệt trên trang quản trị hoặc bằng tài khoản máy của họ: edutrust people import --approve ${planId} --apply`,
        en: `Check that the file is complete; if it is, somebody else approves it in the console or, with their own account of the machine, by edutrust people import --approve ${planId} --apply`,
      },
    },
  );
}

/** The person who made the plan, or the account at the command line that did. */
function isMaker(maker: RecordedActor, actor: Actor): boolean {
  if (actor.kind === 'person') return maker.kind === 'person' && maker.personId === actor.personId;
  return actor.kind === 'system' && maker.kind === 'system' && maker.name === actor.name;
}

async function mustBeUnchanged(transaction: Transaction, planId: string): Promise<void> {
  const { rows } = await sql<{ stale: number }>`
    SELECT count(*) AS stale FROM registry.roster_change AS c LEFT JOIN registry.person AS p ON p.id = c.person_id
    WHERE c.plan_id = ${planId} AND c.version IS DISTINCT FROM p.version`.execute(transaction);
  const taken = await sql<{ taken: number }>`
    SELECT count(*) AS taken FROM registry.roster_change AS c
    JOIN registry.person AS p ON p.moet_id_index = c.moet_id_index AND p.status <> 'merged' AND p.id <> c.person_id
    WHERE c.plan_id = ${planId}`.execute(transaction);
  if (rows[0]?.stale === 0 && taken.rows[0]?.taken === 0) return;
  throw new Conflict(
    'roster/people-changed',
    {
      vi: 'Có người trong kế hoạch đã được thay đổi sau khi lập kế hoạch.',
      en: 'Somebody of the plan was changed after the plan was made.',
    },
    { remedy: { vi: 'Nhập lại tệp để lập kế hoạch mới.', en: 'Import the file again to make a new plan.' } },
  );
}

async function makeClasses(transaction: Transaction, planId: string, schoolYear: number, actor: Actor): Promise<void> {
  const { rows } = await sql<{ organisation_id: string; class_code: string }>`
    SELECT DISTINCT c.organisation_id, c.class_code FROM registry.roster_change AS c
    WHERE c.plan_id = ${planId} AND c.action <> 'left' AND NOT EXISTS (
      SELECT FROM registry.class AS k WHERE k.organisation_id = c.organisation_id AND k.school_year = ${schoolYear} AND k.code = c.class_code)
    ORDER BY 1, 2`.execute(transaction);
  const made = rows.map((row) => ({ ...row, id: uuidv7(), grade: gradeOfClassCode(row.class_code) }));
  for (let from = 0; from < made.length; from += chunk) {
    const part = made.slice(from, from + chunk);
    await sql`
      INSERT INTO registry.class (id, organisation_id, school_year, code, grade)
      SELECT id, organisation_id, ${schoolYear}, class_code, grade
      FROM jsonb_to_recordset(${JSON.stringify(part)}::jsonb) AS r (id uuid, organisation_id uuid, class_code text, grade int)`.execute(
      transaction,
    );
    const events = part.map(
      ({ id, organisation_id }): DomainEvent => ({
        type: 'class.created',
        actor,
        subject: { kind: 'class', id },
        organisationId: organisation_id,
      }),
    );
    await record(transaction, ...events);
  }
}

async function addPeople(
  context: ServiceContext,
  transaction: Transaction,
  planId: string,
  count: number,
  report: (done: number) => void,
): Promise<void> {
  const issuer = createEducationIdIssuer(context);
  for (let done = 0; done < count; done += chunk) {
    const ids = await issuer.issue(transaction, Math.min(chunk, count - done));
    await sql`
      INSERT INTO registry.person (id, education_id, full_name, birth_date, gender, moet_id_sealed, moet_id_index,
        personal_number_sealed, personal_number_index, details)
      SELECT c.person_id, issued.education_id, c.full_name, c.birth_date, c.gender, c.moet_id_sealed, c.moet_id_index,
        c.personal_number_sealed, c.personal_number_index, c.details
      FROM (SELECT *, row_number() OVER (ORDER BY row) AS nth FROM (
              SELECT * FROM registry.roster_change WHERE plan_id = ${planId} AND action = 'added' ORDER BY row
              LIMIT ${chunk} OFFSET ${done}) AS page) AS c
      JOIN unnest(${ids}::text[]) WITH ORDINALITY AS issued (education_id, nth) ON issued.nth = c.nth`.execute(
      transaction,
    );
    report(done + ids.length);
  }
}

async function changePeople(transaction: Transaction, planId: string): Promise<void> {
  await sql`
    UPDATE registry.person AS p SET full_name = c.full_name, birth_date = c.birth_date, gender = coalesce(c.gender, p.gender),
      moet_id_sealed = coalesce(c.moet_id_sealed, p.moet_id_sealed), moet_id_index = coalesce(c.moet_id_index, p.moet_id_index),
      personal_number_sealed = coalesce(c.personal_number_sealed, p.personal_number_sealed),
      personal_number_index = coalesce(c.personal_number_index, p.personal_number_index),
      details = p.details || c.details, status = 'active', version = p.version + 1
    FROM registry.roster_change AS c
    WHERE c.plan_id = ${planId} AND c.action = 'changed' AND p.id = c.person_id`.execute(transaction);
}

/** Puts everybody of the plan into the school and the class that the file says; ends the learner's other ones. */
async function enrol(transaction: Transaction, planId: string, schoolYear: number, today: string): Promise<void> {
  const target = sql`
    SELECT c.person_id, c.organisation_id, k.id AS class_id FROM registry.roster_change AS c
    JOIN registry.class AS k ON k.organisation_id = c.organisation_id AND k.school_year = ${schoolYear} AND k.code = c.class_code
    WHERE c.plan_id = ${planId} AND c.action <> 'left'`;
  await sql`
    UPDATE registry.affiliation AS f SET valid_until = ${today} FROM (${target}) AS t
    WHERE f.person_id = t.person_id AND f.role = 'learner' AND f.valid_until IS NULL AND f.organisation_id <> t.organisation_id`.execute(
    transaction,
  );
  await sql`
    UPDATE registry.enrolment AS e SET valid_until = ${today} FROM (${target}) AS t
    WHERE e.person_id = t.person_id AND e.valid_until IS NULL AND e.class_id <> t.class_id`.execute(transaction);
  await sql`
    INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from)
    SELECT gen_random_uuid(), person_id, organisation_id, 'learner', ${today} FROM (${target}) AS t ON CONFLICT DO NOTHING`.execute(
    transaction,
  );
  await sql`
    INSERT INTO registry.enrolment (id, person_id, class_id, valid_from)
    SELECT gen_random_uuid(), person_id, class_id, ${today} FROM (${target}) AS t ON CONFLICT DO NOTHING`.execute(
    transaction,
  );
}

async function endLeavers(transaction: Transaction, planId: string, today: string): Promise<void> {
  const leavers = sql`(SELECT person_id FROM registry.roster_change WHERE plan_id = ${planId} AND action = 'left')`;
  await sql`UPDATE registry.affiliation SET valid_until = ${today} WHERE valid_until IS NULL AND role = 'learner' AND person_id IN ${leavers}`.execute(
    transaction,
  );
  await sql`UPDATE registry.enrolment SET valid_until = ${today} WHERE valid_until IS NULL AND person_id IN ${leavers}`.execute(
    transaction,
  );
  await sql`UPDATE registry.person SET status = 'left', version = version + 1 WHERE id IN ${leavers}`.execute(
    transaction,
  );
}

const eventTypes = { added: 'person.created', changed: 'person.changed', left: 'person.left' } as const;

async function recordChanges(
  transaction: Transaction,
  planId: string,
  actor: Actor,
  report: (done: number) => void,
): Promise<void> {
  let done = 0;
  for (const action of ['added', 'changed', 'left'] as const) {
    for (let after = 0; ; ) {
      const { rows } = await sql<{ row: number; person_id: string; organisation_id: string }>`
        SELECT row, person_id, organisation_id FROM registry.roster_change
        WHERE plan_id = ${planId} AND action = ${action} AND row > ${after} ORDER BY row LIMIT ${chunk}`.execute(
        transaction,
      );
      if (rows.length === 0) break;
      const events = rows.map(
        ({ person_id, organisation_id }): DomainEvent => ({
          type: eventTypes[action],
          actor,
          subject: { kind: 'person', id: person_id },
          organisationId: organisation_id,
          data: { planId },
        }),
      );
      await record(transaction, ...events);
      after = rows.at(-1)?.row ?? 0;
      if (action !== 'added') done += rows.length;
      report(done);
    }
  }
}
