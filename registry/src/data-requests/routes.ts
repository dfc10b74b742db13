import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { personActor, refersTo } from '@edutrust/platform/http';
import type { KeptData } from '@edutrust/platform/personal';
import { type Route, route } from '@edutrust/platform/route';
import {
  FullName,
  IdParams,
  listOf,
  nullable,
  OfficialName,
  Page,
  PersonId,
  strict,
  Time,
  Uuid,
} from '@edutrust/platform/schemas';
import Type from 'typebox';
import { tells } from '../accesses/operations.ts';
import { ProposedApproval } from '../approvals/approvals.ts';
import { countKept, proposeErasure } from '../erasure/approval.ts';
import { requires, scopeOf } from '../permissions/permissions.ts';
import { requestKindNames, requestMoves } from './kinds.ts';
import {
  acknowledgeRequest,
  answerRequest,
  type DataRequestRow,
  extendRequest,
  findRequest,
  keepRequest,
  requestsOfDesk,
} from './requests.ts';

const tags = ['data-protection'];
const Words = Type.Object({ vi: Type.String(), en: Type.String() });
const Reason = Type.String({ minLength: 3, maxLength: 1_000 });
const Kept = Type.Array(Type.Object({ what: Words, why: Words, count: Type.Integer() }));

const DataRequest = Type.Object({
  id: Uuid,
  kind: Type.Enum(requestKindNames),
  subject: Type.Object({ id: PersonId, fullName: FullName }),
  askedBy: nullable(Type.Object({ id: Uuid, fullName: OfficialName })),
  askedAs: Type.Enum(['person', 'guardian', 'paper']),
  wish: Type.String(),
  organisation: Type.Object({ id: Uuid, name: Type.String() }),
  state: Type.Enum([...requestMoves.states]),
  receivedAt: Time,
  acknowledgeBy: Time,
  acknowledgedAt: nullable(Time),
  dueAt: Time,
  extendedAt: nullable(Time),
  extensionReason: nullable(Type.String()),
  closedAt: nullable(Time),
  answer: nullable(Type.String()),
  approvalId: nullable(Uuid),
  outcome: nullable(
    Type.Object({
      erased: Type.Array(Type.Object({ code: Type.String(), count: Type.Integer() })),
      kept: Kept,
      recipients: Type.Array(Type.String()),
    }),
  ),
});

const instant = (at: Date | null) => at?.toISOString() ?? null;

function viewOf(row: DataRequestRow): Type.Static<typeof DataRequest> {
  const {
    subjectId,
    subjectName,
    educationId: _id,
    askedById,
    askedByName,
    organisationId,
    organisationName,
    outcome,
    ...rest
  } = row;
  return {
    ...rest,
    // What is kept of the person stands beside whom it is about.
    subject: { id: subjectId, fullName: subjectName },
    askedBy: askedById ? { id: askedById, fullName: askedByName ?? '' } : null,
    organisation: { id: organisationId, name: organisationName },
    receivedAt: row.receivedAt.toISOString(),
    acknowledgeBy: row.acknowledgeBy.toISOString(),
    acknowledgedAt: instant(row.acknowledgedAt),
    dueAt: row.dueAt.toISOString(),
    extendedAt: instant(row.extendedAt),
    closedAt: instant(row.closedAt),
    outcome: outcome && {
      erased: outcome.erased.map((one) => ({ ...one })),
      kept: outcome.kept.map((one) => ({ ...one })),
      recipients: [...outcome.recipients],
    },
  };
}

const resourceOf =
  (db: Database) =>
  async ({ params }: { params: { id: string } }) => ({
    organisationId: (await findRequest(db, params.id)).organisationId,
  });

const list = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/data-requests',
    access: requires('data-requests.read'),
    discloses: tells('data-requests.open'),
    schema: {
      tags,
      summary: 'Requests about personal data: open ones by when they are due, or closed ones, newest first',
      querystring: Type.Object({ which: Type.Enum(['open', 'closed'], { default: 'open' }), ...Page }),
      response: { 200: listOf(DataRequest) },
    },
    handle: async (request) => {
      const { which, limit, cursor } = request.query;
      const scope = scopeOf(personActor(request), 'data-requests.read');
      const rows = await requestsOfDesk(db, scope, { isOpen: which === 'open', limit, ...(cursor ? { cursor } : {}) });
      return { items: rows.map(viewOf), nextCursor: rows.length === limit ? (rows.at(-1)?.id ?? null) : null };
    },
  });

const readOne = ({ db }: ServiceContext, kept: readonly KeptData[]) =>
  route({
    method: 'GET',
    url: '/api/v1/data-requests/:id',
    access: requires('data-requests.read'),
    discloses: tells('data-requests.open'),
    schema: {
      tags,
      summary: 'One request, and what an erasure would keep by law (`wouldKeep`)',
      params: IdParams,
      response: { 200: Type.Object({ ...DataRequest.properties, wouldKeep: Kept }) },
    },
    resource: resourceOf(db),
    handle: async ({ params }) => {
      const row = await findRequest(db, params.id);
      const isOpen = row.kind === 'erase' && (row.state === 'received' || row.state === 'acknowledged');
      return { ...viewOf(row), wouldKeep: isOpen ? await countKept(db, kept, [row.subjectId]) : [] };
    },
  });

const write = ({ db, clock }: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/data-requests',
    access: requires('data-requests.handle'),
    schema: {
      tags,
      summary: 'Writes down a request that came on paper, or by somebody who has no account',
      body: Type.Object(
        {
          subjectId: refersTo('person', 'people.read-details'),
          kind: Type.Enum(requestKindNames),
          wish: Type.String({ maxLength: 2_000 }),
        },
        strict,
      ),
      response: { 201: Type.Object({ id: Uuid }) },
    },
    resource: ({ body }) => ({ personId: body.subjectId }),
    handle: async (request, reply) => {
      const actor = personActor(request);
      const id = await db
        .transaction()
        .execute((tx) => keepRequest(tx, clock.now(), { ...request.body, askedAs: 'paper' }, actor));
      return reply.code(201).send({ id });
    },
  });

const acknowledge = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/data-requests/:id/acknowledge',
    access: requires('data-requests.handle'),
    schema: {
      tags,
      summary: 'Takes a request in hand; who asked is told until when',
      params: IdParams,
      response: { 204: Type.Null() },
    },
    resource: resourceOf(context.db),
    handle: async (request, reply) => {
      await acknowledgeRequest(context, request.params.id, personActor(request));
      return reply.code(204).send(null);
    },
  });

const extend = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/data-requests/:id/extend',
    access: requires('data-requests.handle'),
    schema: {
      tags,
      summary: 'Extends the time once, by as many days, with a reason that who asked reads',
      params: IdParams,
      body: Type.Object({ reason: Reason }, strict),
      response: { 204: Type.Null() },
    },
    resource: resourceOf(context.db),
    handle: async (request, reply) => {
      await extendRequest(context, request.params.id, request.body.reason, personActor(request));
      return reply.code(204).send(null);
    },
  });

const answer = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/data-requests/:id/answer',
    access: requires('data-requests.handle'),
    schema: {
      tags,
      summary: 'Closes a request, done or refused, with what who asked reads',
      params: IdParams,
      body: Type.Object({ state: Type.Enum(['done', 'refused']), answer: Reason }, strict),
      response: { 204: Type.Null() },
    },
    resource: resourceOf(context.db),
    handle: async (request, reply) => {
      await answerRequest(context, request.params.id, request.body, personActor(request));
      return reply.code(204).send(null);
    },
  });

const erase = (context: ServiceContext, kept: readonly KeptData[]) =>
  route({
    method: 'POST',
    url: '/api/v1/data-requests/:id/erasure',
    access: requires('data-requests.handle'),
    schema: {
      tags,
      summary: 'Proposes the erasure that a request asks for; a second person approves, and one job erases everywhere',
      params: IdParams,
      response: { 202: ProposedApproval },
    },
    resource: resourceOf(context.db),
    handle: async (request, reply) =>
      reply.code(202).send(await proposeErasure(context, kept, request.params.id, personActor(request))),
  });

/** The desk for personal data: requests with their clocks (Law 91/2025, article 4; Decree 356/2025, article 5). */
export const dataRequestRoutes = (context: ServiceContext, kept: readonly KeptData[]): Route[] => [
  list(context),
  readOne(context, kept),
  write(context),
  acknowledge(context),
  extend(context),
  answer(context),
  erase(context, kept),
];
