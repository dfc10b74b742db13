import { type HttpServer, personActor } from '@edutrust/platform/http';
import { IdParams, nullable, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { requires } from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
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

const ofPath = async (request: FastifyRequest) => ({ organisationId: (request.params as { id: string }).id }); // checked by Params

/** The computers of a school on which its pupils' badges work; each is enrolled in its own browser, once. */
export function addRoomRoutes(app: HttpServer, { context: { db, clock } }: IdpTools): void {
  app.get(
    '/api/v1/organisations/:id/room-computers',
    {
      config: { access: requires('organisations.read', ofPath) },
      schema: {
        tags,
        summary: 'The computers on which badges work',
        params: IdParams,
        response: { 200: Type.Object({ items: Type.Array(RoomComputer) }) },
      },
    },
    async ({ params }) => ({
      items: (await listRooms(db, params.id)).map(({ id, name, enrolledAt, lastUsedAt }) => ({
        id,
        name,
        enrolledAt: enrolledAt.toISOString(),
        lastUsedAt: lastUsedAt?.toISOString() ?? null,
      })),
    }),
  );

  app.post(
    '/api/v1/organisations/:id/room-computers',
    {
      config: { access: requires('accounts.invite', ofPath) },
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
    },
    async (request, reply) => {
      const input = { ...request.body, organisationId: request.params.id, now: clock.now() };
      const id = await db.transaction().execute((transaction) => enrolRoom(transaction, input, personActor(request)));
      return reply.code(201).send({ id });
    },
  );

  app.delete(
    '/api/v1/organisations/:id/room-computers/:computerId',
    {
      config: { access: requires('accounts.invite', ofPath) },
      schema: {
        tags,
        summary: 'Badges no longer work on the computer',
        params: Type.Object({ id: Uuid, computerId: Type.String({ maxLength: 64 }) }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const which = { id: request.params.computerId, organisationId: request.params.id, now: clock.now() };
      await db.transaction().execute((transaction) => endRoom(transaction, which, personActor(request)));
      return reply.code(204).send(null);
    },
  );
}
