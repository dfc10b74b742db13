import type { Actor } from '@edutrust/platform/actor';
import { dateInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, NotFound } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';
import { type RegistryEvent, record } from '../events.ts';
import { hasLostRoleIn, holdsAboveTeacher, restoreTeacherRoles } from '../permissions/bulk.ts';
import { forgetCounts } from './counts.ts';
import { changesAtOnce as chunk } from './part.ts';
import { restoreBefore, stateDigest, stateOf } from './state.ts';

/** For how long an applied plan can be undone, and for how long the state before it is kept. */
export const undoDays = 7;

/** Named in one answer; the others are counted. */
const mostNamed = 20;

export interface Undo {
  readonly planId: string;
  /** Until when it can be undone. */
  readonly until: Date;
  readonly isUndone: boolean;
  /** People who get back what they had, and new records that belong nowhere afterwards. */
  readonly restored: number;
  readonly withdrawn: number;
  /** Where restored people were before and where the plan put them: who undoes governs all of these. */
  readonly organisationIds: readonly string[];
  /** Why it cannot be undone: people who were changed since, by name; empty when it can. */
  readonly blocked: readonly { readonly personId: string; readonly fullName: string; readonly reason: Text }[];
  readonly blockedCount: number;
}

const reasons: Readonly<Record<string, Text>> = {
  changed: {
    vi: 'hồ sơ đã được thay đổi sau khi áp dụng kế hoạch',
    en: 'the record was changed after the plan was applied',
  },
  taken: {
    vi: 'mã định danh trước đây của người này nay thuộc hồ sơ khác',
    en: "the person's earlier identifier now belongs to another record",
  },
  role: {
    vi: 'kế hoạch đã kết thúc một vai trò mà chỉ hai người mới giao lại được',
    en: 'the plan ended a role that only two people can give back',
  },
};

/**
 * What undoing an applied plan would do, and what stands in its way; changes nothing.
 *
 * @throws NotFound; Conflict `roster/not-applied`, `roster/undo-too-late`, `roster/undo-not-here`
 */
export async function findUndo(
  { clock }: Pick<ServiceContext, 'clock'>,
  transaction: Transaction,
  planId: string,
): Promise<Undo> {
  const { rows } = await sql<{ kind: string; status: string; applied_at: Date | null; organisation_ids: string[] }>`
    SELECT kind, status, applied_at, organisation_ids FROM registry.roster_plan WHERE id = ${planId} FOR UPDATE`.execute(
    transaction,
  );
  const plan = rows[0];
  if (!plan) throw new NotFound('roster/no-plan', { vi: 'Không có kế hoạch nhập này.', en: 'There is no such plan.' });
  const isUndone = plan.status === 'undone';
  if (!plan.applied_at || !(isUndone || plan.status === 'applied')) throw notApplied();
  if (plan.kind === 'schools') throw notHere();
  const until = new Date(plan.applied_at.getTime() + undoDays * 86_400_000);
  if (!isUndone && clock.now() > until) throw tooLate();
  const counted = await countTouched(transaction, planId);
  const blocked = isUndone ? [] : await findBlocked(transaction, planId);
  return {
    planId,
    until,
    isUndone,
    restored: counted.restored,
    withdrawn: counted.withdrawn,
    organisationIds: [...new Set([...plan.organisation_ids, ...counted.organisationIds])],
    blocked: blocked.slice(0, mostNamed).map(({ id, name, reason }) => ({
      personId: id,
      fullName: name,
      reason: reasons[reason] ?? { vi: reason, en: reason },
    })),
    blockedCount: blocked.length,
  };
}

/** New people of a plan: those of whom no state before is kept. */
const added = (planId: string) => sql`registry.person AS p WHERE p.id IN (
    SELECT c.person_id FROM registry.roster_change AS c WHERE c.plan_id = ${planId} AND c.action = 'added' AND c.version IS NULL)
  AND NOT EXISTS (SELECT FROM registry.roster_undo AS u WHERE u.plan_id = ${planId} AND u.person_id = p.id)`;

async function countTouched(transaction: Transaction, planId: string) {
  const { rows } = await sql<{ restored: number; withdrawn: number; organisationIds: string[] }>`
    SELECT (SELECT count(*) FROM registry.roster_undo WHERE plan_id = ${planId}) AS restored,
      (SELECT count(*) FROM ${added(planId)}) AS withdrawn,
      ARRAY(SELECT DISTINCT (f->>'organisation_id')::uuid FROM registry.roster_undo AS u, jsonb_array_elements(u.before->'affiliations') AS f
        WHERE u.plan_id = ${planId} AND f->>'valid_until' IS NULL) AS "organisationIds"`.execute(transaction);
  return rows[0] ?? { restored: 0, withdrawn: 0, organisationIds: [] };
}

/** Everybody of the plan is locked, in one order, and then looked at. */
async function findBlocked(
  transaction: Transaction,
  planId: string,
): Promise<{ id: string; name: string; reason: string }[]> {
  await sql`
    SELECT FROM registry.person WHERE id IN (SELECT person_id FROM registry.roster_undo WHERE plan_id = ${planId}
      UNION SELECT person_id FROM registry.roster_change WHERE plan_id = ${planId} AND person_id IS NOT NULL) ORDER BY id FOR UPDATE`.execute(
    transaction,
  );
  const { rows } = await sql<{ id: string; name: string; reason: string }>`
    SELECT p.id, p.full_name AS name, CASE WHEN u.after_digest IS DISTINCT FROM ${stateDigest} THEN 'changed'
      WHEN EXISTS (SELECT FROM registry.person AS o WHERE o.moet_id_index = (u.before->'person'->>'moet_id_index')::bytea AND o.id <> p.id
        AND o.status NOT IN ('merged', 'erased') AND NOT EXISTS (SELECT FROM registry.roster_undo AS v WHERE v.plan_id = u.plan_id AND v.person_id = o.id)) THEN 'taken'
      WHEN ${hasLostRoleIn(sql`u.before->'roles'`)} THEN 'role' END AS reason
    FROM registry.roster_undo AS u JOIN registry.person AS p ON p.id = u.person_id WHERE u.plan_id = ${planId}
    UNION ALL
    SELECT p.id, p.full_name, 'changed' FROM ${added(planId)} AND (p.version <> 1 OR p.status <> 'active'
      OR EXISTS (SELECT FROM registry.affiliation AS f WHERE f.person_id = p.id AND (f.valid_until IS NOT NULL OR NOT EXISTS (
        SELECT FROM registry.roster_change AS c WHERE c.plan_id = ${planId} AND c.person_id = p.id AND c.organisation_id = f.organisation_id)))
      OR EXISTS (SELECT FROM registry.enrolment AS e WHERE e.person_id = p.id AND e.valid_until IS NOT NULL)
      OR EXISTS (SELECT FROM registry.guardianship AS g WHERE p.id IN (g.child_id, g.guardian_id) AND NOT EXISTS (
        SELECT FROM registry.roster_change AS c WHERE c.plan_id = ${planId} AND c.person_id = g.guardian_id AND c.child_id = g.child_id))
      OR ${holdsAboveTeacher}
      OR EXISTS (SELECT FROM registry.class AS k WHERE k.homeroom_teacher_id = p.id AND NOT EXISTS (
        SELECT FROM registry.roster_change AS c WHERE c.plan_id = ${planId} AND c.person_id = p.id AND c.homeroom_of = k.code)))
    ORDER BY name`.execute(transaction);
  return rows.filter(({ reason }) => reason !== null);
}

/**
 * Undoes an applied plan: everybody whom it touched has again, digest for digest, what they had; or nothing is done and
 * who was changed since is named. Records that it added stay, because an education ID is given once for life: they
 * belong nowhere, have left, and their identifiers are free. Classes that it opened stay too. What followed elsewhere,
 * ended sessions and revoked certificates, is not given back. Undoing again does nothing.
 *
 * @throws as `findUndo`; Conflict `roster/changed-since`
 */
export async function undoPlan(
  context: Pick<ServiceContext, 'clock' | 'secrets'>,
  transaction: Transaction,
  planId: string,
  actor: Actor,
): Promise<Undo> {
  const undo = await findUndo(context, transaction, planId);
  if (undo.isUndone) return undo;
  if (undo.blockedCount > 0) throw changedSince(undo);
  const today = dateInVietnam(context.clock.now());
  const before = await sql<{ id: string; status: string }>`
    SELECT p.id, p.status FROM registry.roster_undo AS u JOIN registry.person AS p ON p.id = u.person_id
    WHERE u.plan_id = ${planId} ORDER BY p.id`.execute(transaction);
  await restoreTeacherRoles(
    transaction,
    context,
    sql`SELECT person_id FROM registry.roster_undo WHERE plan_id = ${planId} UNION SELECT p.id FROM ${added(planId)}`,
    sql`SELECT person_id, before->'roles' AS roles FROM registry.roster_undo WHERE plan_id = ${planId}`,
    actor,
  );
  await withdrawAdded(transaction, planId, today);
  await restoreBefore(transaction, planId);
  await mustBeAsBefore(transaction, planId);
  await forgetCounts(transaction, planId);
  await sql`UPDATE registry.roster_plan SET status = 'undone' WHERE id = ${planId}`.execute(transaction);
  await record(transaction, {
    type: 'roster.undone',
    actor,
    subject: { kind: 'roster-plan', id: planId },
    data: { restored: undo.restored, withdrawn: undo.withdrawn },
  });
  await tell(transaction, planId, actor, before.rows);
  await sql`DELETE FROM registry.roster_undo WHERE plan_id = ${planId}`.execute(transaction);
  return { ...undo, isUndone: true };
}

async function withdrawAdded(transaction: Transaction, planId: string, today: string): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => statement.execute(transaction);
  const people = sql`(SELECT p.id FROM ${added(planId)})`;
  await run(
    sql`UPDATE registry.affiliation SET valid_until = ${today} WHERE person_id IN ${people} AND valid_until IS NULL`,
  );
  await run(
    sql`UPDATE registry.enrolment SET valid_until = ${today} WHERE person_id IN ${people} AND valid_until IS NULL`,
  );
  await run(
    sql`UPDATE registry.guardianship SET valid_until = ${today} WHERE guardian_id IN ${people} AND valid_until IS NULL`,
  );
  await run(sql`DELETE FROM registry.local_code WHERE person_id IN ${people}`);
  await run(sql`UPDATE registry.class SET homeroom_teacher_id = NULL WHERE homeroom_teacher_id IN ${people}`);
  await run(sql`
    UPDATE registry.person SET status = 'left', moet_id_sealed = NULL, moet_id_index = NULL, personal_number_sealed = NULL,
      personal_number_index = NULL, details = '{}', version = version + 1 WHERE id IN ${people}`);
}

/** The promise of the undo, looked at before it is kept: a state that is not the one of before is rolled back. */
async function mustBeAsBefore(transaction: Transaction, planId: string): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    SELECT p.id FROM registry.roster_undo AS u JOIN registry.person AS p ON p.id = u.person_id
    WHERE u.plan_id = ${planId} AND u.before <> ${stateOf} LIMIT 1`.execute(transaction);
  if (rows[0]) throw new Error(`undoing plan ${planId} would not give back what person ${rows[0].id} had`);
}

/** One event a person, for those who follow the registry. */
async function tell(
  transaction: Transaction,
  planId: string,
  actor: Actor,
  before: readonly { readonly id: string; readonly status: string }[],
): Promise<void> {
  const hadLeft = new Set(before.filter(({ status }) => status === 'left').map(({ id }) => id));
  const { rows } = await sql<{ id: string; home: string | null; status: string }>`
    SELECT p.id, p.home_organisation_id AS home, p.status FROM registry.person AS p WHERE p.id = ANY(${before.map(({ id }) => id)}::uuid[])
    UNION ALL SELECT p.id, p.home_organisation_id, p.status FROM ${added(planId)} ORDER BY id`.execute(transaction);
  const events = rows.map(({ id, home, status }): RegistryEvent => {
    const about = {
      actor,
      subject: { kind: 'person', id },
      ...(home ? { organisationId: home } : {}),
    } as const;
    if (status !== 'left' && hadLeft.has(id)) return { type: 'person.returned', ...about };
    return { type: status === 'left' ? 'person.left' : 'person.changed', ...about, data: { planId } };
  });
  for (let from = 0; from < events.length; from += chunk)
    await record(transaction, ...events.slice(from, from + chunk));
}

/** For what only an applied plan has. */
export function notApplied(): Conflict {
  return new Conflict('roster/not-applied', {
    vi: 'Kế hoạch này chưa được áp dụng xong.',
    en: 'The plan was not applied, or is still being applied.',
  });
}

function notHere(): Conflict {
  return new Conflict('roster/undo-not-here', {
    vi: 'Danh sách đơn vị không hoàn tác được; sửa từng đơn vị trên trang của nó.',
    en: 'A roster of organisations cannot be undone; change each organisation on its page.',
  });
}

function tooLate(): Conflict {
  return new Conflict('roster/undo-too-late', {
    vi: `Chỉ hoàn tác được trong ${undoDays} ngày sau khi áp dụng.`,
    en: `A plan can be undone for ${undoDays} days after it was applied.`,
  });
}

function changedSince({ blocked, blockedCount }: Undo): Conflict {
  const list = (locale: 'vi' | 'en') =>
    blocked.map(({ fullName, reason }) => `${fullName}: ${reason[locale]}`).join('; ');
  const more = blockedCount > blocked.length ? '; …' : '';
  return new Conflict(
    'roster/changed-since',
    {
      vi: `Không hoàn tác được vì ${blockedCount} người: ${list('vi')}${more}.`,
      en: `Not undone because of ${blockedCount} people: ${list('en')}${more}.`,
    },
    {
      remedy: {
        vi: 'Đưa các hồ sơ đó về như sau khi áp dụng, hoặc sửa từng người, hoặc nhập tệp đúng.',
        en: 'Put those records back as the plan left them, correct each person, or import the right file.',
      },
    },
  );
}
