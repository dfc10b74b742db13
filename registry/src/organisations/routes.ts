import type { ServiceContext } from '@edutrust/platform/context';
import { type App, personActor, refersTo } from '@edutrust/platform/http';
import Type from 'typebox';
import { schoolYearAt } from '../calendar.ts';
import { findClass, listClasses, listLearners } from '../classes/classes.ts';
import { requires, scopeOf } from '../permissions/permissions.ts';
import {
  ClassSummary,
  ClassView,
  IdParams,
  listOf,
  OrganisationKind,
  OrganisationSummary,
  OrganisationWithCounts,
  Page,
  SchoolLevel,
  strict,
} from '../schemas.ts';
import { createOrganisation, findOrganisation, listOrganisations } from './organisations.ts';

const tags = ['organisations'];
const organisationOf = (request: { params: unknown }) => ({ organisationId: (request.params as { id: string }).id });

export function addOrganisationRoutes(app: App, { db, clock }: ServiceContext): void {
  app.get(
    '/api/v1/organisations',
    {
      config: { access: requires('organisations.read') },
      schema: {
        tags,
        summary: 'Organisations whom the caller may see',
        querystring: Type.Object({
          parent: Type.Optional(refersTo('organisation')),
          kind: Type.Optional(OrganisationKind),
          q: Type.Optional(Type.String({ maxLength: 100 })),
          ...Page,
        }),
        response: { 200: listOf(OrganisationWithCounts) },
      },
    },
    async ({ query, actor }) => {
      const items = await listOrganisations(db, {
        scope: actor ? scopeOf(actor, 'organisations.read') : [],
        limit: query.limit,
        ...(query.parent ? { parentId: query.parent } : {}),
        ...(query.kind ? { kind: query.kind } : {}),
        ...(query.q ? { query: query.q } : {}),
        ...(query.cursor ? { cursor: query.cursor } : {}),
      });
      return { items, nextCursor: items.length === query.limit ? (items.at(-1)?.id ?? null) : null };
    },
  );

  app.get(
    '/api/v1/organisations/:id',
    {
      config: { access: requires('organisations.read', organisationOf) },
      schema: { tags, summary: 'One organisation', params: IdParams, response: { 200: OrganisationSummary } },
    },
    async ({ params }) => findOrganisation(db, params.id),
  );

  app.post(
    '/api/v1/organisations',
    {
      config: {
        access: requires('organisations.write', (request) => ({
          organisationId: (request.body as { parentId: string }).parentId,
        })),
      },
      schema: {
        tags,
        summary: 'Adds an organisation below another',
        body: Type.Object(
          {
            kind: OrganisationKind,
            level: Type.Optional(SchoolLevel),
            code: Type.String({ pattern: '^[A-Za-z0-9._-]{1,40}$' }),
            name: Type.String({ minLength: 1, maxLength: 200 }),
            parentId: refersTo('organisation'),
          },
          strict,
        ),
        response: { 201: OrganisationSummary },
      },
    },
    async (request, reply) => {
      const id = await db.transaction().execute((tx) => createOrganisation(tx, request.body, personActor(request)));
      return reply.code(201).send(await findOrganisation(db, id));
    },
  );

  app.get(
    '/api/v1/organisations/:id/classes',
    {
      config: { access: requires('organisations.read', organisationOf) },
      schema: {
        tags,
        summary: "A school's classes of a year (its first calendar year; this year's when absent)",
        params: IdParams,
        querystring: Type.Object({ schoolYear: Type.Optional(Type.Integer({ minimum: 1976, maximum: 2200 })) }),
        response: { 200: Type.Object({ items: Type.Array(ClassSummary) }) },
      },
    },
    async ({ params, query }) => ({
      items: await listClasses(db, params.id, query.schoolYear ?? schoolYearAt(clock.now())),
    }),
  );

  app.get(
    '/api/v1/classes/:id',
    {
      config: {
        access: requires('people.read', (request) => ({ classId: (request.params as { id: string }).id })),
      },
      schema: {
        tags,
        summary: 'A class and its learners, by given name',
        params: IdParams,
        response: { 200: ClassView },
      },
    },
    async ({ params }) => ({ ...(await findClass(db, params.id)), learners: await listLearners(db, params.id) }),
  );
}
