import type { ServiceContext } from '@edutrust/platform/context';
import { personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, nullable, strict, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { requires, scopeOf } from '../permissions/permissions.ts';
import { type BreachRow, breachedData, changeBreach, findBreach, listBreaches, openBreach } from './breaches.ts';

const tags = ['data-protection'];
const Words = Type.String({ minLength: 3, maxLength: 4_000 });
const People = Type.Integer({ minimum: 0, maximum: 100_000_000 });

const Breach = Type.Object({
  id: Uuid,
  organisation: Type.Object({ id: Uuid, name: Type.String() }),
  foundAt: Time,
  what: Type.String(),
  dataKinds: Type.Array(Type.Enum([...breachedData])),
  peopleCount: nullable(Type.Integer()),
  measures: Type.String(),
  tellsPeople: Type.Boolean({ description: 'Location or biometrics: the people are told within 72 hours too' }),
  reportBy: Time,
  reportedAt: nullable(Time),
  peopleToldAt: nullable(Time),
  closedAt: nullable(Time),
});

function viewOf({ organisationId, organisationName, ...row }: BreachRow): Type.Static<typeof Breach> {
  return {
    ...row,
    organisation: { id: organisationId, name: organisationName },
    foundAt: row.foundAt.toISOString(),
    reportBy: row.reportBy.toISOString(),
    reportedAt: row.reportedAt?.toISOString() ?? null,
    peopleToldAt: row.peopleToldAt?.toISOString() ?? null,
    closedAt: row.closedAt?.toISOString() ?? null,
  };
}

const list = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/data-breaches',
    access: requires('data-breaches.read'),
    schema: {
      tags,
      summary: 'Files on breaches of personal data with their 72-hour clock, open ones first',
      response: { 200: Type.Object({ items: Type.Array(Breach) }) },
    },
    handle: async (request) => ({
      items: (await listBreaches(db, scopeOf(personActor(request), 'data-breaches.read'))).map(viewOf),
    }),
  });

const open = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/data-breaches',
    access: requires('data-breaches.write'),
    schema: {
      tags,
      summary: 'Opens a file; 72 hours run from `foundAt`',
      body: Type.Object(
        {
          organisationId: refersTo('organisation'),
          foundAt: Time,
          what: Words,
          dataKinds: Type.Array(Type.Enum([...breachedData]), {
            minItems: 1,
            maxItems: breachedData.length,
            uniqueItems: true,
          }),
          peopleCount: Type.Optional(People),
          measures: Type.String({ maxLength: 4_000 }),
        },
        strict,
      ),
      response: { 201: Type.Object({ id: Uuid }) },
    },
    resource: ({ body }) => ({ organisationId: body.organisationId }),
    handle: async (request, reply) => {
      const { foundAt, peopleCount = null, ...rest } = request.body;
      const breach = { ...rest, peopleCount, foundAt: new Date(foundAt) };
      const id = await openBreach(context, breach, personActor(request));
      return reply.code(201).send({ id });
    },
  });

const change = (context: ServiceContext) =>
  route({
    method: 'PATCH',
    url: '/api/v1/data-breaches/:id',
    access: requires('data-breaches.write'),
    schema: {
      tags,
      summary:
        'Adds to a file: what is known, what was done, that the authority and the people were told, that it is closed',
      params: IdParams,
      body: Type.Object(
        {
          what: Type.Optional(Words),
          peopleCount: Type.Optional(People),
          measures: Type.Optional(Words),
          isReported: Type.Optional(Type.Literal(true)),
          arePeopleTold: Type.Optional(Type.Literal(true)),
          isClosed: Type.Optional(Type.Literal(true)),
        },
        strict,
      ),
      response: { 200: Breach },
    },
    resource: async ({ params }) => ({ organisationId: (await findBreach(context.db, params.id)).organisationId }),
    handle: async (request) => {
      await changeBreach(context, request.params.id, request.body, personActor(request));
      return viewOf(await findBreach(context.db, request.params.id));
    },
  });

/** Files on breaches of personal data (Law 91/2025, article 23; Decree 356/2025, articles 28 and 29). */
export const dataBreachRoutes = (context: ServiceContext): Route[] => [list(context), open(context), change(context)];
