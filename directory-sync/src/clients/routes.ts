import type { ServiceContext } from '@edutrust/platform/context';
import { personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, nullable, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { requires, scopeOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import Type from 'typebox';
import { Contract } from '../model/contract.ts';
import { addClient, type ClientRow, clientKinds, endClient, findClient } from './clients.ts';

const tags = ['sync'];
const Kind = Type.Enum([...clientKinds]);

const Client = Type.Object({
  id: Uuid,
  name: Type.String(),
  kind: Kind,
  organisationId: Uuid,
  mayWrite: Type.Boolean(),
  contract: Contract,
  createdAt: Time,
  endedAt: nullable(Time),
});

const listAll = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sync/clients',
    access: requires('sync.read'),
    schema: {
      tags,
      summary: 'Systems that read people and groups by SCIM or OneRoster',
      response: { 200: Type.Object({ items: Type.Array(Client) }) },
    },
    handle: async ({ actor }) => {
      const scope = actor ? scopeOf(actor, 'sync.read') : [];
      const { rows } = await sql<ClientRow>`
        SELECT c.* FROM sync.client AS c JOIN registry.organisation AS o ON o.id = c.organisation_id
        WHERE o.path && ${[...scope]}::uuid[] ORDER BY c.id`.execute(db);
      return { items: rows.map(toClient) };
    },
  });

const add = ({ db }: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sync/clients',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Lets a system read (and, by SCIM, write); its token is in this answer and never again',
      body: Type.Object(
        {
          name: Type.String({ minLength: 1, maxLength: 60 }),
          kind: Kind,
          organisationId: refersTo('organisation'),
          mayWrite: Type.Boolean(),
          contract: Type.Optional(Contract),
        },
        strict,
      ),
      response: { 201: Type.Object({ id: Uuid, token: Type.String() }) },
    },
    resource: ({ body }) => ({ organisationId: body.organisationId }),
    handle: async (request, reply) => {
      const made = await db.transaction().execute((tx) => addClient(tx, request.body, personActor(request)));
      return reply.code(201).header('cache-control', 'no-store').send(made);
    },
  });

const end = ({ db }: ServiceContext) =>
  route({
    method: 'DELETE',
    url: '/api/v1/sync/clients/:id',
    access: requires('sync.write'),
    schema: { tags, summary: 'Ends a system’s access', params: IdParams, response: { 204: Type.Null() } },
    resource: async ({ params }) => ({ organisationId: (await findClient(db, params.id)).organisation_id }),
    handle: async (request, reply) => {
      await db.transaction().execute((tx) => endClient(tx, request.params.id, personActor(request)));
      return reply.code(204).send(null);
    },
  });

/** Systems that ask us: who they are, what they get, and the token that is shown once. */
export const clientRoutes = (context: ServiceContext): Route[] => [listAll(context), add(context), end(context)];

function toClient({ id, name, kind, contract, organisation_id, may_write, created_at, ended_at }: ClientRow) {
  return {
    id,
    name,
    kind,
    contract,
    organisationId: organisation_id,
    mayWrite: may_write,
    createdAt: created_at.toISOString(),
    endedAt: ended_at?.toISOString() ?? null,
  };
}
