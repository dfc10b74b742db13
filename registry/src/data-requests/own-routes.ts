import type { ServiceContext } from '@edutrust/platform/context';
import { personActor, signedIn } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, nullable, strict, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { requestKindNames, requestMoves } from './kinds.ts';
import { askForData, requestsOfAsker, withdrawRequest } from './requests.ts';

const tags = ['account'];

const OwnRequest = Type.Object({
  id: Uuid,
  kind: Type.Enum(requestKindNames),
  /** Whose data: one's own, or a child's. */
  subjectId: Uuid,
  state: Type.Enum([...requestMoves.states]),
  receivedAt: Time,
  dueAt: Time,
  extensionReason: nullable(Type.String()),
  answer: nullable(Type.String()),
});

const list = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/account/data-requests',
    access: signedIn,
    schema: {
      tags,
      summary: 'What the caller asked about personal data of their own or of their children, newest first',
      response: { 200: Type.Object({ items: Type.Array(OwnRequest) }) },
    },
    handle: async (request) => ({
      items: (await requestsOfAsker(db, personActor(request).personId)).map(
        ({ id, kind, subjectId, state, receivedAt, dueAt, extensionReason, answer }) => ({
          id,
          kind,
          subjectId,
          state,
          receivedAt: receivedAt.toISOString(),
          dueAt: dueAt.toISOString(),
          extensionReason,
          answer,
        }),
      ),
    }),
  });

const ask = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/account/data-requests',
    access: signedIn,
    schema: {
      tags,
      summary: 'Asks for a right over personal data: for oneself, or for a child for whom the caller decides',
      body: Type.Object(
        { subjectId: Uuid, kind: Type.Enum(requestKindNames), wish: Type.String({ maxLength: 2_000 }) },
        strict,
      ),
      response: { 201: Type.Object({ id: Uuid }) },
    },
    handle: async (request, reply) =>
      reply.code(201).send({ id: await askForData(context, request.body, personActor(request)) }),
  });

const withdraw = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/account/data-requests/:id/withdraw',
    access: signedIn,
    schema: {
      tags,
      summary: 'Withdraws a request that the caller made',
      params: IdParams,
      response: { 204: Type.Null() },
    },
    handle: async (request, reply) => {
      await withdrawRequest(context, request.params.id, personActor(request));
      return reply.code(204).send(null);
    },
  });

/** What people ask of their data; the desk's side is in `routes.ts`. */
export const ownDataRequestRoutes = (context: ServiceContext): Route[] => [
  list(context),
  ask(context),
  withdraw(context),
];
