import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Locale } from '@edutrust/platform/messages';
import { totalOf } from '../changes/part.ts';
import { mayOf } from './rights.ts';
import type { RosterPlan } from './roster.ts';

/** A plan as `PlanView`: with what the reader may do with it, in their language. */
export async function toPlanView(context: ServiceContext, plan: RosterPlan, actor: Actor, locale: Locale) {
  return {
    ...toPlanSummary(plan),
    sheet: plan.sheet,
    completeness: plan.completeness,
    schoolYear: plan.schoolYear,
    digest: plan.digest,
    heldReason: plan.heldReason?.[locale] ?? null,
    may: await mayOf(context, plan, actor),
    approvalId: plan.approvalId,
    questions: plan.questions,
    ignoredColumns: plan.columns
      .filter(({ field, header }) => field === null && header !== '')
      .map(({ header, doubt }) => ({ header, doubt: doubt?.[locale] ?? null })),
    notes: plan.notes.map((note) => note[locale]),
    places: [...plan.places],
    changes: plan.changes,
    refusals: plan.refusals.map((refusal) => ({ ...refusal, reason: refusal.reason[locale] })),
    skipped: plan.skipped.map((one) => ({ ...one, reason: one.reason[locale] })),
  };
}

/** A plan as `PlanSummary`. */
export function toPlanSummary(plan: RosterPlan) {
  return {
    id: plan.id,
    kind: plan.kind,
    fileName: plan.fileName,
    status: plan.status,
    createdAt: plan.createdAt.toISOString(),
    appliedAt: plan.appliedAt?.toISOString() ?? null,
    progress: plan.status === 'applying' ? { done: plan.appliedCount, total: totalOf(plan.totals) } : null,
    totals: plan.totals,
  };
}
