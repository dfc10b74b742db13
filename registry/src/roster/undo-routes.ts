import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { type HttpServer, localeOf, longAnswerMs, notAllowed, personActor } from '@edutrust/platform/http';
import type { Locale } from '@edutrust/platform/messages';
import { IdParams, strict } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { can, requires } from '../permissions/permissions.ts';
import { mustBeFresh } from './fresh.ts';
import { kindOf } from './kinds/kinds.ts';
import { findPlan, findUndo, type RosterPlan, type Undo, undoPlan } from './roster.ts';
import { UndoView } from './schemas.ts';

type Decide = ReturnType<typeof can>;

const isMine = ({ createdBy }: RosterPlan, actor: Actor) =>
  actor.kind === 'person' && createdBy.kind === 'person' && createdBy.personId === actor.personId;

/**
 * Who may undo an applied plan: who governs every organisation that it touched, as for applying it; what two people did
 * is not undone by the one who made it, and roles of teachers are given back by who may give them.
 */
export async function mayUndo(
  decide: Decide,
  plan: RosterPlan,
  actor: Actor,
  organisationIds: readonly string[] = [...plan.organisationIds, ...plan.originIds],
): Promise<boolean> {
  if (plan.heldReason && isMine(plan, actor)) return false;
  const kind = kindOf(plan.kind);
  for (const organisationId of organisationIds) {
    if (!(await decide(actor, kind.action, { organisationId }))) return false;
    if (plan.heldReason && !(await decide(actor, 'roster.approve', { organisationId }))) return false;
    if (plan.kind === 'staff' && !(await decide(actor, 'roles.grant', { organisationId }))) return false;
  }
  return organisationIds.length > 0;
}

/** Undoing an applied roster: what it would do, and doing it. */
export function addUndoRoutes(app: HttpServer, context: ServiceContext): void {
  const { db } = context;
  const decide = can(db);

  app.get(
    '/api/v1/roster/plans/:id/undo',
    {
      handlerTimeout: longAnswerMs,
      config: { access: requires('roster.import') },
      schema: {
        tags: ['roster'],
        summary: 'What undoing the applied plan would do, and who stands in its way',
        params: IdParams,
        response: { 200: UndoView },
      },
    },
    async (request) => {
      const actor = personActor(request);
      const plan = await findPlan(db, request.params.id, actor);
      if (!(await mayUndo(decide, plan, actor))) throw notAllowed();
      const undo = await db.transaction().execute((transaction) => findUndo(context, transaction, plan.id));
      if (!(await mayUndo(decide, plan, actor, undo.organisationIds))) throw notAllowed();
      return toView(undo, localeOf(request));
    },
  );

  app.post(
    '/api/v1/roster/plans/:id/undo',
    {
      handlerTimeout: longAnswerMs,
      config: { access: requires('roster.import') },
      schema: {
        tags: ['roster'],
        summary: 'Gives everybody of the applied plan back what they had, or names who was changed since',
        params: IdParams,
        body: Type.Object({}, strict),
        response: { 200: UndoView },
      },
    },
    async (request) => {
      const actor = personActor(request);
      const plan = await findPlan(db, request.params.id, actor);
      if (!(await mayUndo(decide, plan, actor))) throw notAllowed();
      if (plan.heldReason) mustBeFresh(actor, 'roster.approve');
      if (plan.kind === 'staff') mustBeFresh(actor, 'roles.grant');
      const undo = await db.transaction().execute(async (transaction) => {
        const found = await findUndo(context, transaction, plan.id);
        if (!(await mayUndo(decide, plan, actor, found.organisationIds))) throw notAllowed();
        return undoPlan(context, transaction, plan.id, actor);
      });
      return toView(undo, localeOf(request));
    },
  );
}

function toView({ until, isUndone, restored, withdrawn, blocked, blockedCount }: Undo, locale: Locale) {
  return {
    until: until.toISOString(),
    isUndone,
    restored,
    withdrawn,
    blocked: blocked.map(({ fullName, reason }) => ({ fullName, reason: reason[locale] })),
    blockedCount,
  };
}
