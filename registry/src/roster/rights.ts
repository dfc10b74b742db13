import type { Actor, PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { notAllowed } from '@edutrust/platform/http';
import { type Action, can, scopeOf } from '../permissions/permissions.ts';
import type { RosterKind } from './kinds/kind.ts';
import { kindOf } from './kinds/kinds.ts';
import { findPlan, type RosterPlan, undoDays } from './roster.ts';

/** Whether the actor made the plan. */
const isMine = ({ createdBy }: RosterPlan, actor: Actor) =>
  actor.kind === 'person' && createdBy.kind === 'person' && createdBy.personId === actor.personId;

/** A roster of organisations asks for more than one of people. @throws Forbidden */
export function mayImport(actor: Actor, id: string | undefined): RosterKind {
  const kind = kindOf(id ?? 'learners');
  if (scopeOf(actor, kind.action).length === 0) throw notAllowed();
  return kind;
}

/** The school chosen for the file: one of the caller's, or the request is refused. @throws Forbidden */
export async function placeIn(
  db: Database,
  actor: Actor,
  kind: RosterKind,
  organisationId: string | undefined,
): Promise<string | undefined> {
  if (organisationId === undefined) return undefined;
  if (!(await can(db)(actor, kind.action, { organisationId }))) throw notAllowed();
  return organisationId;
}

/** Whether the actor may do it in every one of the organisations, of which there is one at least. */
export async function mayForAll(db: Database, actor: Actor, action: Action, organisationIds: readonly string[]) {
  for (const organisationId of organisationIds) if (!(await can(db)(actor, action, { organisationId }))) return false;
  return organisationIds.length > 0;
}

/**
 * Who made a plan sees it, anyone who may import for every school of it, and who could be the second person, whose reach
 * covers also the schools that people would leave by it.
 *
 * @throws NotFound, Forbidden
 */
export async function visiblePlan(db: Database, actor: PersonActor, id: string): Promise<RosterPlan> {
  const plan = await findPlan(db, id, actor);
  const isVisible =
    isMine(plan, actor) ||
    (await mayForAll(db, actor, kindOf(plan.kind).action, plan.organisationIds)) ||
    (await mayForAll(db, actor, 'approvals.approve', [...plan.organisationIds, ...plan.originIds]));
  if (!isVisible) throw notAllowed();
  return plan;
}

/** What the actor may do with the plan as it stands. */
export async function mayOf(
  { db, clock }: ServiceContext,
  plan: RosterPlan,
  actor: Actor,
): Promise<('apply' | 'propose' | 'undo')[]> {
  const { added, changed, left } = plan.totals;
  const mayImportAll = () => mayForAll(db, actor, kindOf(plan.kind).action, plan.organisationIds);
  if (plan.status === 'planned') return added + changed + left > 0 && (await mayImportAll()) ? ['apply'] : [];
  if (plan.status === 'applied')
    return canStillUndo(plan, clock.now()) && (await mayUndo(db, plan, actor)) ? ['undo'] : [];
  return plan.status === 'held' && !plan.isAsked && (await mayImportAll()) ? ['propose'] : [];
}

/**
 * Who may undo an applied plan: who governs every organisation that it touched, as for applying it; what two people did
 * is not undone by the one who made it, and roles of teachers are given back by who may give them.
 */
export async function mayUndo(
  db: Database,
  plan: RosterPlan,
  actor: Actor,
  organisationIds: readonly string[] = [...plan.organisationIds, ...plan.originIds],
): Promise<boolean> {
  if (plan.heldReason && isMine(plan, actor)) return false;
  const kind = kindOf(plan.kind);
  for (const organisationId of organisationIds) {
    if (!(await can(db)(actor, kind.action, { organisationId }))) return false;
    if (plan.heldReason && !(await can(db)(actor, 'approvals.approve', { organisationId }))) return false;
    if (plan.kind === 'staff' && !(await can(db)(actor, 'roles.grant', { organisationId }))) return false;
  }
  return organisationIds.length > 0;
}

/** Within the days that the state before is kept. */
const canStillUndo = ({ kind, appliedAt }: RosterPlan, now: Date) =>
  kind !== 'schools' && appliedAt !== null && now.getTime() - appliedAt.getTime() < undoDays * 86_400_000;
