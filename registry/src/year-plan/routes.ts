import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { localeOf, personActor } from '@edutrust/platform/http';
import type { Locale } from '@edutrust/platform/messages';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, listOf, nullable, Page, Sha256Hex, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { ProposedApproval } from '../approvals/approvals.ts';
import { undoDays } from '../changes/undo.ts';
import { requires } from '../permissions/permissions.ts';
import { isUndoable, proposeYear } from './approval.ts';
import { beginYearPlan, discardYearPlan, prepareAgain } from './prepare.ts';
import { schoolStates, stops, yearPlanMoves } from './states.ts';
import { findYearPlan, newestYearPlan, schoolsOfYear, type YearPlan, type YearSchool } from './store.ts';

const tags = ['roster'];
const Count = Type.Integer({ minimum: 0 });

const Plan = Type.Object({
  id: Uuid,
  organisation: Type.Object({ id: Uuid, name: Type.String() }),
  schoolYear: Type.Integer(),
  state: Type.Enum([...yearPlanMoves.states]),
  createdAt: Time,
  appliedAt: nullable(Time),
  undoUntil: nullable(Time),
  approvalId: nullable(Uuid),
  isAsked: Type.Boolean(),
  digest: Sha256Hex,
  schools: Type.Object(
    Object.fromEntries(schoolStates.map((state) => [state, Count])) as Record<
      (typeof schoolStates)[number],
      typeof Count
    >,
  ),
  learners: Count,
  up: Count,
  graduating: Count,
  classesBefore: Count,
  classesAfter: Count,
});

const School = Type.Object({
  id: Uuid,
  name: Type.String(),
  state: Type.Enum([...schoolStates]),
  reason: nullable(Type.String({ description: 'Why it is left out or failed, in words' })),
  planId: nullable(Uuid),
  learners: Count,
  up: Count,
  graduating: Count,
  classesBefore: Count,
  classesAfter: Count,
});

function viewOf(plan: YearPlan, now: Date): Type.Static<typeof Plan> {
  const { organisationId, organisationName, createdBy: _by, createdAt, appliedAt, totals, ...rest } = plan;
  const { schools, ...sums } = totals;
  const isOpen = plan.state === 'applied' && isUndoable(appliedAt, now);
  return {
    ...rest,
    ...sums,
    organisation: { id: organisationId, name: organisationName },
    createdAt: createdAt.toISOString(),
    appliedAt: appliedAt?.toISOString() ?? null,
    undoUntil: isOpen && appliedAt ? new Date(appliedAt.getTime() + undoDays * 86_400_000).toISOString() : null,
    schools: Object.fromEntries(schoolStates.map((state) => [state, schools[state] ?? 0])) as Type.Static<
      typeof Plan
    >['schools'],
  };
}

/** A reason of our own, else that something stood in the way: a message could name people. */
function reasonOf({ state, code }: YearSchool, locale: Locale): string | null {
  if (code === null) return null;
  const known = Object.hasOwn(stops, code) ? stops[code as keyof typeof stops][locale] : undefined;
  if (known) return known;
  const changed = {
    vi: `có hồ sơ đã đổi từ khi lập kế hoạch; trường làm riêng ở trang Lên lớp (mã lỗi ${code})`,
    en: `records were changed since it was planned; the school rolls over by itself (error ${code})`,
  };
  return state === 'failed' || state === 'stopped' ? changed[locale] : null;
}

const resourceOf =
  (db: Database) =>
  async ({ params }: { params: { id: string } }) => ({
    organisationId: (await findYearPlan(db, params.id)).organisationId,
  });

const newest = ({ db, clock }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/organisations/:id/year-plan',
    access: requires('roster.import'),
    schema: {
      tags,
      summary: 'The newest plan of a school year of a ward or of the city',
      params: IdParams,
      response: { 200: Type.Object({ plan: nullable(Plan) }) },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async ({ params }) => {
      const plan = await newestYearPlan(db, params.id);
      return { plan: plan ? viewOf(plan, clock.now()) : null };
    },
  });

const begin = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/organisations/:id/year-plan',
    access: requires('roster.import'),
    schema: {
      tags,
      summary: 'Begins the plan of the new school year for every school below; a job makes it, nothing is changed',
      params: IdParams,
      response: { 201: Type.Object({ id: Uuid }) },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async (request, reply) =>
      reply.code(201).send({ id: await beginYearPlan(context, request.params.id, personActor(request)) }),
  });

const readOne = ({ db, clock }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/year-plans/:id',
    access: requires('roster.import'),
    schema: { tags, summary: 'One plan of a school year, with its sums', params: IdParams, response: { 200: Plan } },
    resource: resourceOf(db),
    watch: async (request) => {
      const { state, totals, isAsked } = await findYearPlan(db, request.params.id);
      return [state, isAsked, totals.schools];
    },
    handle: async ({ params }) => viewOf(await findYearPlan(db, params.id), clock.now()),
  });

const readSchools = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/year-plans/:id/schools',
    access: requires('roster.import'),
    schema: {
      tags,
      summary: 'Its schools: what needs somebody first, then the largest; before and after',
      params: IdParams,
      querystring: Type.Object(Page),
      response: { 200: listOf(School) },
    },
    resource: resourceOf(db),
    handle: async (request) => {
      const { limit, cursor } = request.query;
      const rows = await schoolsOfYear(db, request.params.id, { limit, cursor });
      const locale = localeOf(request);
      return {
        items: rows.map(({ code, ...one }) => ({ ...one, reason: reasonOf({ code, ...one }, locale) })),
        nextCursor: rows.length === limit ? (rows.at(-1)?.id ?? null) : null,
      };
    },
  });

const again = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/year-plans/:id/again',
    access: requires('roster.import'),
    schema: {
      tags,
      summary: 'Looks again at the schools that were left out',
      params: IdParams,
      response: { 204: Type.Null() },
    },
    resource: resourceOf(context.db),
    handle: async (request, reply) => {
      await prepareAgain(context, request.params.id);
      return reply.code(204).send(null);
    },
  });

const discard = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/year-plans/:id/discard',
    access: requires('roster.import'),
    schema: { tags, summary: 'Forgets a plan that was not applied', params: IdParams, response: { 204: Type.Null() } },
    resource: resourceOf(context.db),
    handle: async (request, reply) => {
      await discardYearPlan(context, request.params.id, personActor(request));
      return reply.code(204).send(null);
    },
  });

const proposing = (context: ServiceContext, act: 'apply' | 'undo', summary: string) =>
  route({
    method: 'POST',
    url: act === 'apply' ? '/api/v1/year-plans/:id/release' : '/api/v1/year-plans/:id/undo',
    access: requires('roster.import'),
    schema: { tags, summary, params: IdParams, response: { 202: ProposedApproval } },
    resource: resourceOf(context.db),
    handle: async (request, reply) =>
      reply.code(202).send(await proposeYear(context, request.params.id, act, personActor(request))),
  });

/** The new school year of a ward or of the city as one plan. */
export const yearPlanRoutes = (context: ServiceContext): Route[] => [
  newest(context),
  begin(context),
  readOne(context),
  readSchools(context),
  again(context),
  discard(context),
  proposing(context, 'apply', 'Proposes that the plan be applied; a second person approves its digest'),
  proposing(
    context,
    'undo',
    'Proposes within seven days that every school get back what it had; a second person approves',
  ),
];
