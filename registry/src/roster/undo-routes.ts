import type { ServiceContext } from '@edutrust/platform/context';
import { localeOf, longAnswerMs, notAllowed, personActor } from '@edutrust/platform/http';
import type { Locale } from '@edutrust/platform/messages';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, strict } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { tells } from '../accesses/operations.ts';
import { requires } from '../permissions/permissions.ts';
import { mustBeFresh } from './fresh.ts';
import { mayUndo } from './rights.ts';
import { findPlan, findUndo, type Undo, undoPlan } from './roster.ts';
import { UndoView } from './schemas.ts';

const preview = (context: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/roster/plans/:id/undo',
    access: requires('roster.import'),
    discloses: tells('roster.undo'),
    schema: {
      tags: ['roster'],
      summary: 'What undoing the applied plan would do, and who stands in its way',
      params: IdParams,
      response: { 200: UndoView },
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request) => {
      const actor = personActor(request);
      const plan = await findPlan(context.db, request.params.id, actor);
      if (!(await mayUndo(context.db, plan, actor))) throw notAllowed();
      const undo = await context.db.transaction().execute((transaction) => findUndo(context, transaction, plan.id));
      if (!(await mayUndo(context.db, plan, actor, undo.organisationIds))) throw notAllowed();
      return toView(undo, localeOf(request));
    },
  });

const undo = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/roster/plans/:id/undo',
    access: requires('roster.import'),
    discloses: tells('roster.undo'),
    schema: {
      tags: ['roster'],
      summary: 'Gives everybody of the applied plan back what they had, or names who was changed since',
      params: IdParams,
      body: Type.Object({}, strict),
      response: { 200: UndoView },
    },
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request) => {
      const actor = personActor(request);
      const plan = await findPlan(context.db, request.params.id, actor);
      if (!(await mayUndo(context.db, plan, actor))) throw notAllowed();
      if (plan.heldReason) mustBeFresh(context.clock, actor, 'people.leave');
      if (plan.kind === 'staff') mustBeFresh(context.clock, actor, 'roles.grant');
      const undo = await context.db.transaction().execute(async (transaction) => {
        const found = await findUndo(context, transaction, plan.id);
        if (!(await mayUndo(context.db, plan, actor, found.organisationIds))) throw notAllowed();
        return undoPlan(context, transaction, plan.id, actor);
      });
      return toView(undo, localeOf(request));
    },
  });

/** Undoing an applied roster: what it would do, and doing it. */
export const undoRoutes = (context: ServiceContext): Route[] => [preview(context), undo(context)];

function toView({ until, isUndone, restored, withdrawn, blocked, blockedCount }: Undo, locale: Locale) {
  return {
    until: until.toISOString(),
    isUndone,
    restored,
    withdrawn,
    blocked: blocked.map(({ personId, fullName, reason }) => ({ personId, fullName, reason: reason[locale] })),
    blockedCount,
  };
}
