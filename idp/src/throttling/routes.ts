import { type HttpServer, personActor } from '@edutrust/platform/http';
import { strict, Uuid } from '@edutrust/platform/schemas';
import { requires } from '@edutrust/registry/permissions';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { IdpTools } from '../tools.ts';
import { listNetworks, registerNetwork, removeNetwork } from './networks.ts';

const tags = ['organisations'];
const Network = Type.Object({ id: Uuid, organisationId: Uuid, range: Type.String(), name: Type.String() });

const ofPath = async (request: FastifyRequest) => ({ organisationId: (request.params as { id: string }).id });

/** The networks from which a school reaches us: its computers are shared, and guesses there slow nobody of the school. */
export function addNetworkRoutes(app: HttpServer, { context }: IdpTools): void {
  const { db } = context;

  app.get(
    '/api/v1/organisations/:id/networks',
    {
      config: { access: requires('organisations.read', ofPath) },
      schema: {
        tags,
        summary: 'The registered networks of an organisation',
        params: Type.Object({ id: Uuid }),
        response: { 200: Type.Object({ items: Type.Array(Network), nextCursor: Type.Null() }) },
      },
    },
    async ({ params }) => ({ items: await listNetworks(db, params.id), nextCursor: null }),
  );

  const Body = Type.Object(
    { range: Type.String({ maxLength: 60 }), name: Type.String({ minLength: 1, maxLength: 100 }) },
    strict,
  );
  app.post(
    '/api/v1/organisations/:id/networks',
    {
      config: { access: requires('organisations.write', ofPath) },
      schema: {
        tags,
        summary: 'Registers a network of an organisation',
        params: Type.Object({ id: Uuid }),
        body: Body,
        response: { 201: Type.Object({ id: Uuid }) },
      },
    },
    async (request, reply) => {
      const input = { ...request.body, organisationId: request.params.id };
      const id = await db
        .transaction()
        .execute((transaction) => registerNetwork(transaction, input, personActor(request)));
      return reply.code(201).send({ id });
    },
  );

  app.delete(
    '/api/v1/organisations/:id/networks/:networkId',
    {
      config: { access: requires('organisations.write', ofPath) },
      schema: {
        tags,
        summary: 'Removes a network of an organisation',
        params: Type.Object({ id: Uuid, networkId: Type.String({ maxLength: 64 }) }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const which = { id: request.params.networkId, organisationId: request.params.id };
      await db.transaction().execute((transaction) => removeNetwork(transaction, which, personActor(request)));
      return reply.code(204).send(null);
    },
  );
}
