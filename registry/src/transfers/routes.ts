import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import {
  Day,
  FullName,
  IdParams,
  listOf,
  nullable,
  Page,
  PersonId,
  personal,
  strict,
  Time,
  Uuid,
} from '@edutrust/platform/schemas';
import Type from 'typebox';
import { tells } from '../accesses/operations.ts';
import { can, requires, scopeOf } from '../permissions/permissions.ts';
import { notHere } from './errors.ts';
import { type TransferSide, transferMoves, transferSides } from './states.ts';
import { findSchools, findTransfer, listTransfers, type TransferRow } from './store.ts';
import { acceptTransfer, declineTransfer, offerTransfer, requestTransfer, withdrawTransfer } from './transfers.ts';

const tags = ['people'];
const School = Type.Object({ id: Uuid, name: Type.String() });
const Note = Type.String({ minLength: 3, maxLength: 1_000 });

const Transfer = Type.Object({
  id: Uuid,
  learner: Type.Object({ id: PersonId, fullName: FullName, educationId: Type.String(personal) }),
  from: School,
  to: School,
  /** Which of the two asked. */
  askedBy: Type.Enum([...transferSides]),
  note: Type.String(),
  className: nullable(Type.String()),
  state: Type.Enum([...transferMoves.states]),
  askedAt: Time,
  expiresAt: Time,
  closedAt: nullable(Time),
  answer: nullable(Type.String()),
  may: Type.Array(Type.Enum(['answer', 'withdraw']), { description: 'What the caller may do to it' }),
});
const Answered = Type.Object({ state: Type.Enum([...transferMoves.states]) });

const action = 'people.write';

/** Who decides for a side: for the school where the learner is, who governs them; for the other, who governs the school. */
const sideOf = ({ personId, fromId, toId, state, isThere }: TransferRow, side: TransferSide) => {
  if (side === 'to') return { organisationId: toId };
  return state === 'waiting' && isThere ? { personId } : { organisationId: fromId };
};
const otherThan = ({ askedSide }: TransferRow) => (askedSide === 'from' ? 'to' : 'from');

async function viewOf(db: ServiceContext['db'], row: TransferRow, actor: Actor): Promise<Type.Static<typeof Transfer>> {
  const isOpen = row.state === 'waiting';
  const mine = actor.kind === 'person' && row.askedBy === actor.personId;
  const [answers, withdraws] = isOpen
    ? await Promise.all([
        !mine && can(db)(actor, action, sideOf(row, otherThan(row))),
        can(db)(actor, action, sideOf(row, row.askedSide)),
      ])
    : [false, false];
  return {
    id: row.id,
    learner: { id: row.personId, fullName: row.personName, educationId: row.educationId },
    from: { id: row.fromId, name: row.fromName },
    to: { id: row.toId, name: row.toName },
    askedBy: row.askedSide,
    note: row.note,
    className: row.className,
    state: row.state,
    askedAt: row.askedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    closedAt: row.closedAt?.toISOString() ?? null,
    answer: row.answer,
    may: [...(answers ? (['answer'] as const) : []), ...(withdraws ? (['withdraw'] as const) : [])],
  };
}

const list = ({ db, clock }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/transfers',
    access: requires(action),
    discloses: tells('transfers.open'),
    schema: {
      tags,
      summary: "Transfers from and to the caller's schools: open ones, or closed ones, newest first",
      querystring: Type.Object({ which: Type.Enum(['open', 'closed'], { default: 'open' }), ...Page }),
      response: { 200: listOf(Transfer) },
    },
    handle: async (request) => {
      const actor = personActor(request);
      const { which, limit, cursor } = request.query;
      const isOpen = which === 'open';
      const rows = await listTransfers(db, scopeOf(actor, action), { isOpen, limit, cursor, now: clock.now() });
      const items: Type.Static<typeof Transfer>[] = [];
      for (const row of rows) items.push(await viewOf(db, row, actor));
      return { items, nextCursor: rows.length === limit ? (rows.at(-1)?.id ?? null) : null };
    },
  });

const schools = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/organisations/:id/transfer-schools',
    access: requires(action),
    schema: {
      tags,
      summary: 'Schools of the city by words of their name or by code: where a learner of the school can be offered to',
      params: IdParams,
      querystring: Type.Object({ q: Type.String({ maxLength: 100, default: '' }) }),
      response: {
        200: Type.Object({
          items: Type.Array(Type.Object({ ...School.properties, code: Type.String(), place: nullable(Type.String()) })),
        }),
      },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async ({ query }) => ({ items: query.q.trim().length < 2 ? [] : await findSchools(db, query.q) }),
  });

const readOne = ({ db, clock }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/transfers/:id',
    access: requires(action),
    discloses: tells('transfers.open'),
    schema: { tags, summary: 'One transfer, for both of its schools', params: IdParams, response: { 200: Transfer } },
    resource: async ({ params, actor }) => {
      const { fromId, toId } = await findTransfer(db, params.id, clock.now());
      const isTo = actor !== null && (await can(db)(actor, action, { organisationId: toId }));
      return { organisationId: isTo ? toId : fromId };
    },
    handle: async (request) => viewOf(db, await findTransfer(db, request.params.id, clock.now()), personActor(request)),
  });

const offer = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/people/:id/transfer-offers',
    access: requires(action),
    schema: {
      tags,
      summary: 'Offers a learner to another school (`toId`); nothing changes until somebody of that school accepts',
      params: IdParams,
      body: Type.Object({ toId: Uuid, note: Note }, strict),
      response: { 201: Type.Object({ id: Uuid }) },
    },
    resource: ({ params }) => ({ personId: params.id }),
    handle: async (request, reply) => {
      const input = { personId: request.params.id, ...request.body };
      return reply.code(201).send({ id: await offerTransfer(context, input, personActor(request)) });
    },
  });

const ask = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/organisations/:id/transfer-requests',
    access: requires(action),
    schema: {
      tags,
      summary: 'Asks for a learner of another school by education ID and date of birth; that school answers',
      params: IdParams,
      body: Type.Object(
        {
          educationId: Type.String({ maxLength: 40 }),
          birthDate: Day,
          classId: Type.Optional(refersTo('class')),
          note: Note,
        },
        strict,
      ),
      response: { 201: Type.Object({ id: Uuid }) },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async (request, reply) => {
      const { classId, ...body } = request.body;
      const input = { toId: request.params.id, ...body, ...(classId ? { classId } : {}) };
      return reply.code(201).send({ id: await requestTransfer(context, input, personActor(request)) });
    },
  });

const answerer =
  ({ db, clock }: ServiceContext) =>
  async ({ params }: { params: { id: string } }) => {
    const row = await findTransfer(db, params.id, clock.now());
    return sideOf(row, otherThan(row));
  };

const accept = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/transfers/:id/accept',
    access: requires(action),
    schema: {
      tags,
      summary: 'The other school says yes: the learner goes today, into the class (`classId`) where one is named',
      params: IdParams,
      body: Type.Object({ classId: Type.Optional(Uuid) }, strict),
      response: { 200: Answered },
    },
    resource: answerer(context),
    handle: async (request) => {
      const { id } = request.params;
      if (!(await acceptTransfer(context, { id, classId: request.body.classId }, personActor(request))))
        throw notHere();
      return { state: 'accepted' as const };
    },
  });

const decline = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/transfers/:id/decline',
    access: requires(action),
    schema: {
      tags,
      summary: 'The other school says no, with a reason that the first one and the family read',
      params: IdParams,
      body: Type.Object({ reason: Note }, strict),
      response: { 200: Answered },
    },
    resource: answerer(context),
    handle: async (request) => {
      await declineTransfer(context, { id: request.params.id, ...request.body }, personActor(request));
      return { state: 'declined' as const };
    },
  });

const withdraw = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/transfers/:id/withdraw',
    access: requires(action),
    schema: {
      tags,
      summary: 'The school that asked takes it back',
      params: IdParams,
      response: { 200: Answered },
    },
    resource: async ({ params }) => {
      const row = await findTransfer(context.db, params.id, context.clock.now());
      return sideOf(row, row.askedSide);
    },
    handle: async (request) => {
      await withdrawTransfer(context, request.params.id, personActor(request));
      return { state: 'withdrawn' as const };
    },
  });

/** Learners who go from one school to another: one asks, the other answers. */
export const transferRoutes = (context: ServiceContext): Route[] => [
  list(context),
  schools(context),
  readOne(context),
  offer(context),
  ask(context),
  accept(context),
  decline(context),
  withdraw(context),
];
