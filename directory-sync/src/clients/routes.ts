import type { ServiceContext } from '@edutrust/platform/context';
import { disclose, personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, nullable, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { listDirectoryPeople } from '@edutrust/registry/people';
import { actionsAt, placesOfOrganisations, requires, scopeOf } from '@edutrust/registry/permissions';
import { sql } from 'kysely';
import Type from 'typebox';
import { Contract, preview } from '../model/contract.ts';
import { FieldView } from '../targets/schemas.ts';
import { addClient, type ClientRow, clientKinds, endClient, findClient, renewToken } from './clients.ts';

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
  lastUsedAt: nullable(Time),
  /** Until when the token of before still works. */
  oldTokenUntil: nullable(Time),
  may: Type.Array(Type.Literal('sync.write'), { description: 'What the caller may do to it' }),
});

const listAll = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sync/clients',
    access: requires('sync.read'),
    schema: {
      tags,
      summary: 'Systems that read people and groups by SCIM or OneRoster, or hear what happened',
      response: { 200: Type.Object({ items: Type.Array(Client) }) },
    },
    handle: async ({ actor }) => {
      const scope = actor ? scopeOf(actor, 'sync.read') : [];
      const { rows } = await sql<ClientRow>`
        SELECT c.* FROM sync.client AS c JOIN registry.organisation AS o ON o.id = c.organisation_id
        WHERE o.path && ${[...scope]}::uuid[] ORDER BY c.id`.execute(db);
      const places = await placesOfOrganisations(
        db,
        rows.map(({ organisation_id }) => organisation_id),
      );
      return {
        items: rows.map((row) => ({
          ...toClient(row),
          may: actor ? actionsAt(actor, ['sync.write'], places.get(row.organisation_id) ?? { path: [] }) : [],
        })),
      };
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

const renew = ({ db }: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/sync/clients/:id/token',
    access: requires('sync.write'),
    schema: {
      tags,
      summary: 'Makes another token, in this answer and never again; the one of before works for a day more',
      params: IdParams,
      response: { 201: Type.Object({ token: Type.String() }) },
    },
    resource: async ({ params }) => ({ organisationId: (await findClient(db, params.id)).organisation_id }),
    handle: async (request, reply) => {
      const token = await db.transaction().execute((tx) => renewToken(tx, request.params.id, personActor(request)));
      return reply.code(201).header('cache-control', 'no-store').send({ token });
    },
  });

const previewOf = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/sync/clients/:id/people/:person',
    access: requires('sync.read'),
    discloses: tells('sync.open'),
    schema: {
      tags,
      summary: 'What a client gets to know of one person, field by field, and why not the rest',
      params: Type.Object({ id: Uuid, person: refersTo('person', 'people.read') }),
      response: { 200: Type.Object({ fields: Type.Array(FieldView) }) },
    },
    resource: async ({ params }) => ({ organisationId: (await findClient(db, params.id)).organisation_id }),
    handle: async (request) => {
      const { id, person: personId } = request.params;
      disclose(request, [personId]);
      const { organisation_id: organisationId, contract } = await findClient(db, id);
      const [person] = await listDirectoryPeople(db, { organisationId, personIds: [personId] });
      const fields = person ? preview(person, contract) : [];
      return { fields: fields.map(({ values, ...field }) => ({ ...field, values: [...values] })) };
    },
  });

/** Systems that ask us: who they are, what they get, and the token that is shown once. */
export const clientRoutes = (context: ServiceContext): Route[] => [
  listAll(context),
  add(context),
  renew(context),
  previewOf(context),
  end(context),
];

function toClient({ id, name, kind, contract, organisation_id, may_write, created_at, ended_at, ...row }: ClientRow) {
  const { last_used_at, old_token_until } = row;
  return {
    id,
    name,
    kind,
    contract,
    organisationId: organisation_id,
    mayWrite: may_write,
    createdAt: created_at.toISOString(),
    endedAt: ended_at?.toISOString() ?? null,
    lastUsedAt: last_used_at?.toISOString() ?? null,
    oldTokenUntil: old_token_until?.toISOString() ?? null,
  };
}
