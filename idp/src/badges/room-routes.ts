import { personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, nullable, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import type { IdpTools } from '../tools.ts';
import { endRoom, enrolRoom, listRooms } from './rooms.ts';

const tags = ['badges'];
const Coordinate = Type.String({ pattern: '^[\\w-]{43}$' });
const RoomComputer = Type.Object({
  id: Uuid,
  name: Type.String(),
  enrolledAt: Time,
  lastUsedAt: nullable(Time),
});

const list = ({ context: { db } }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/organisations/:id/room-computers',
    access: requires('organisations.read'),
    schema: {
      tags,
      summary: 'The computers on which badges work',
      params: IdParams,
      response: { 200: Type.Object({ items: Type.Array(RoomComputer) }) },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async ({ params }) => ({
      items: (await listRooms(db, params.id)).map(({ id, name, enrolledAt, lastUsedAt }) => ({
        id,
        name,
        enrolledAt: enrolledAt.toISOString(),
        lastUsedAt: lastUsedAt?.toISOString() ?? null,
      })),
    }),
  });

const enrol = ({ context: { db, clock } }: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/organisations/:id/room-computers',
    access: requires('accounts.invite'),
    schema: {
      tags,
      summary: 'Enrols this browser: it keeps the private key, which cannot be read out',
      params: IdParams,
      body: Type.Object(
        {
          name: Type.String({ minLength: 1, maxLength: 100 }),
          publicKey: Type.Object(
            { kty: Type.Literal('EC'), crv: Type.Literal('P-256'), x: Coordinate, y: Coordinate },
            strict,
          ),
        },
        strict,
      ),
      response: { 201: Type.Object({ id: Uuid }) },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async (request, reply) => {
      const input = { ...request.body, organisationId: request.params.id, now: clock.now() };
      const id = await db.transaction().execute((transaction) => enrolRoom(transaction, input, personActor(request)));
      return reply.code(201).send({ id });
    },
  });

const end = ({ context: { db, clock } }: IdpTools) =>
  route({
    method: 'DELETE',
    url: '/api/v1/organisations/:id/room-computers/:computerId',
    access: requires('accounts.invite'),
    schema: {
      tags,
      summary: 'Badges no longer work on the computer',
      params: Type.Object({ id: Uuid, computerId: Type.String({ maxLength: 64 }) }),
      response: { 204: Type.Null() },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async (request, reply) => {
      const which = { id: request.params.computerId, organisationId: request.params.id, now: clock.now() };
      await db.transaction().execute((transaction) => endRoom(transaction, which, personActor(request)));
      return reply.code(204).send(null);
    },
  });

/** The computers of a school on which its pupils' badges work; each is enrolled in its own browser, once. */
export const roomRoutes = (tools: IdpTools): Route[] => [list(tools), enrol(tools), end(tools)];
