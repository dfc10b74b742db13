import { personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { strict, Uuid } from '@edutrust/platform/schemas';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import type { IdpTools } from '../tools.ts';
import { listNetworks, registerNetwork, removeNetwork } from './networks.ts';

const tags = ['organisations'];
const Network = Type.Object({ id: Uuid, organisationId: Uuid, range: Type.String(), name: Type.String() });

const Body = Type.Object(
  { range: Type.String({ maxLength: 60 }), name: Type.String({ minLength: 1, maxLength: 100 }) },
  strict,
);

const list = ({ context: { db } }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/organisations/:id/networks',
    access: requires('organisations.read'),
    schema: {
      tags,
      summary: 'The registered networks of an organisation',
      params: Type.Object({ id: Uuid }),
      response: { 200: Type.Object({ items: Type.Array(Network), nextCursor: Type.Null() }) },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async ({ params }) => ({ items: await listNetworks(db, params.id), nextCursor: null }),
  });

const register = ({ context: { db } }: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/organisations/:id/networks',
    access: requires('organisations.write'),
    schema: {
      tags,
      summary: 'Registers a network of an organisation',
      params: Type.Object({ id: Uuid }),
      body: Body,
      response: { 201: Type.Object({ id: Uuid }) },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async (request, reply) => {
      const input = { ...request.body, organisationId: request.params.id };
      const id = await db
        .transaction()
        .execute((transaction) => registerNetwork(transaction, input, personActor(request)));
      return reply.code(201).send({ id });
    },
  });

const remove = ({ context: { db } }: IdpTools) =>
  route({
    method: 'DELETE',
    url: '/api/v1/organisations/:id/networks/:networkId',
    access: requires('organisations.write'),
    schema: {
      tags,
      summary: 'Removes a network of an organisation',
      params: Type.Object({ id: Uuid, networkId: Type.String({ maxLength: 64 }) }),
      response: { 204: Type.Null() },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async (request, reply) => {
      const which = { id: request.params.networkId, organisationId: request.params.id };
      await db.transaction().execute((transaction) => removeNetwork(transaction, which, personActor(request)));
      return reply.code(204).send(null);
    },
  });

/** The networks from which a school reaches us: its computers are shared, and guesses there slow nobody of the school. */
export const networkRoutes = (tools: IdpTools): Route[] => [list(tools), register(tools), remove(tools)];
