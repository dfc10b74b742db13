import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden } from '@edutrust/platform/errors';
import { Sha256Hex, strict, Uuid } from '@edutrust/platform/schemas';
import { sql } from 'kysely';
import Type from 'typebox';
import { type ApprovalKind, type ProposedApproval, propose } from '../approvals/approvals.ts';
import { undoDays } from '../changes/undo.ts';
import { record } from '../events.ts';
import { decide } from '../permissions/permissions.ts';
import { applyYearTask, undoYearTask } from './apply.ts';
import { isAsked } from './prepare.ts';
import { yearPlanMoves } from './states.ts';
import { findYearPlan, lockYearPlan } from './store.ts';

/** What the two people see; the digest is of every change of every school. */
const Content = Type.Object(
  {
    yearPlan: Uuid,
    organisation: Type.String(),
    schoolYear: Type.Integer(),
    digest: Sha256Hex,
    schools: Type.Integer(),
    stopped: Type.Integer(),
    learners: Type.Integer(),
    up: Type.Integer(),
    graduating: Type.Integer(),
    classes: Type.Integer(),
  },
  strict,
);
type Content = Type.Static<typeof Content>;

const same = (text: string) => ({ vi: text, en: text });
const yearOf = ({ schoolYear }: Content) => `${schoolYear}–${schoolYear + 1}`;

const factsOf = (content: Content) => [
  { label: { vi: 'Ở đâu', en: 'Where' }, value: same(content.organisation) },
  {
    label: { vi: 'Số trường', en: 'Schools' },
    value: {
      vi: `${content.schools} trường; ${content.stopped} trường để lại, có lý do`,
      en: `${content.schools} schools; ${content.stopped} left out with a reason`,
    },
  },
  {
    label: { vi: 'Học sinh', en: 'Learners' },
    value: {
      vi: `${content.learners} em: ${content.up} lên lớp, ${content.graduating} ra trường`,
      en: `${content.learners}: ${content.up} go up, ${content.graduating} graduate`,
    },
  },
  { label: { vi: 'Lớp của năm mới', en: 'Classes of the new year' }, value: same(`${content.classes}`) },
  { label: { vi: 'Mã băm của mọi thay đổi', en: 'Digest of every change' }, value: same(content.digest) },
];

function kindOf(act: 'apply' | 'undo'): ApprovalKind<Content> {
  const [state, task] = act === 'apply' ? (['applying', applyYearTask] as const) : (['undoing', undoYearTask] as const);
  return {
    kind: `year.${act}`,
    content: Content,
    approve: 'approvals.approve',
    concerns: () => undefined,
    /** A learner of the city does not decide about their own class. */
    concernsToo: async (transaction, _content, personId) => {
      const { rows } = await sql`
        SELECT FROM registry.affiliation WHERE person_id = ${personId} AND role = 'learner' AND valid_until IS NULL`.execute(
        transaction,
      );
      return rows.length > 0;
    },
    page: ({ yearPlan }) => `/admin/import/year/${yearPlan}`,
    describe: (content) => ({
      title:
        act === 'apply'
          ? {
              vi: `Lên lớp năm học ${yearOf(content)}: ${content.schools} trường, ${content.learners} em`,
              en: `The school year ${yearOf(content)}: ${content.schools} schools, ${content.learners} learners`,
            }
          : {
              vi: `Hoàn tác lên lớp năm học ${yearOf(content)}: ${content.schools} trường, ${content.learners} em`,
              en: `Undo the school year ${yearOf(content)}: ${content.schools} schools, ${content.learners} learners`,
            },
      facts: factsOf(content),
    }),
    apply: async (transaction, content, { context, maker, approver }) => {
      const plan = await lockYearPlan(transaction, content.yearPlan);
      yearPlanMoves.mustMove(plan.state, state);
      await mustReach(transaction, maker, plan.organisationId);
      if (plan.digest !== content.digest) throw changed();
      await sql`UPDATE registry.year_plan SET state = ${state} WHERE id = ${plan.id}`.execute(transaction);
      await record(transaction, {
        type: 'year-plan.moved',
        actor: approver,
        subject: { kind: 'year-plan', id: plan.id },
        organisationId: plan.organisationId,
        data: { state, digest: content.digest },
      });
      await context.jobs.enqueue(transaction, task, { id: plan.id }, { key: `${task}:${plan.id}` });
      return undefined;
    },
  };
}

export const applyYearKind = kindOf('apply');
export const undoYearKind = kindOf('undo');

async function mustReach(transaction: Transaction, actor: PersonActor, organisationId: string): Promise<void> {
  if ((await decide(transaction, actor, 'roster.import', { organisationId })) === 'alone') return;
  throw new Forbidden('roster/beyond-reach', {
    vi: 'Người lập không còn quyền nhập danh sách cho mọi đơn vị của kế hoạch này.',
    en: 'Its maker may not import for every organisation of this plan.',
  });
}

/**
 * Asks for a second person: that exactly what was planned for every school be done, or within seven days be undone.
 *
 * @throws Conflict `year-plan/not-now`, `year-plan/asked`, `year-plan/nothing`, `roster/undo-too-late`
 */
export async function proposeYear(
  context: ServiceContext,
  id: string,
  act: 'apply' | 'undo',
  actor: PersonActor,
): Promise<ProposedApproval> {
  const found = await findYearPlan(context.db, id);
  return context.db.transaction().execute(async (transaction) => {
    const plan = await lockYearPlan(transaction, found.id);
    yearPlanMoves.mustMove(plan.state, act === 'apply' ? 'applying' : 'undoing');
    if (plan.isAsked) throw isAsked();
    const { schools, learners, up, graduating, classesAfter } = plan.totals;
    const count = (act === 'apply' ? schools.ready : schools.applied) ?? 0;
    if (count === 0) throw nothing();
    if (act === 'undo' && !isUndoable(plan.appliedAt, context.clock.now())) throw tooLate();
    const proposed = await propose(
      transaction,
      context,
      act === 'apply' ? applyYearKind : undoYearKind,
      {
        content: {
          yearPlan: id,
          organisation: plan.organisationName,
          schoolYear: plan.schoolYear,
          digest: plan.digest,
          schools: count,
          stopped: schools.stopped ?? 0,
          learners,
          up,
          graduating,
          classes: classesAfter,
        },
        organisationId: plan.organisationId,
      },
      actor,
    );
    await sql`UPDATE registry.year_plan SET approval_id = ${proposed.approval.id} WHERE id = ${id}`.execute(
      transaction,
    );
    return proposed;
  });
}

export const isUndoable = (appliedAt: Date | null, now: Date): boolean =>
  appliedAt !== null && now.getTime() - appliedAt.getTime() < undoDays * 86_400_000;

function changed(): Conflict {
  return new Conflict('year-plan/changed', {
    vi: 'Kế hoạch không còn là kế hoạch đã xem.',
    en: 'The plan is no longer the one that was seen.',
  });
}

function nothing(): Conflict {
  return new Conflict('year-plan/nothing', {
    vi: 'Không có trường nào để làm.',
    en: 'There is no school to do it for.',
  });
}

function tooLate(): Conflict {
  return new Conflict('roster/undo-too-late', {
    vi: `Chỉ hoàn tác được trong ${undoDays} ngày sau khi áp dụng.`,
    en: `A plan can be undone for ${undoDays} days after it was applied.`,
  });
}
