import type { ServiceContext } from '@edutrust/platform/context';
import { type App, personActor, refersTo } from '@edutrust/platform/http';
import { IdParams, listOf, Page, strict } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { schoolYearAt } from '../calendar.ts';
import { findClass, listClasses, listLearners } from '../classes/classes.ts';
import { toClassView } from '../classes/view.ts';
import { requires, scopeOf } from '../permissions/permissions.ts';
import {
  ClassSummary,
  ClassView,
  OrganisationKind,
  OrganisationView,
  OrganisationWithCounts,
  SchoolLevel,
} from '../schemas.ts';
import { createOrganisation, findOrganisation, listOrganisations } from './organisations.ts';
import { toOrganisationView } from './view.ts';

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
    async (request) => {
      const { query } = request;
      const actor = personActor(request);
      const found = await listOrganisations(db, {
        scope: scopeOf(actor, 'organisations.read'),
        limit: query.limit,
        ...(query.parent ? { parentId: query.parent } : {}),
        ...(query.kind ? { kind: query.kind } : {}),
        ...(query.q ? { query: query.q } : {}),
        ...(query.cursor ? { cursor: query.cursor } : {}),
      });
      const nextCursor = found.length === query.limit ? (found.at(-1)?.id ?? null) : null;
      return { items: found.map(toOrganisationView(actor)), nextCursor };
    },
  );

  app.get(
    '/api/v1/organisations/:id',
    {
      config: { access: requires('organisations.read', organisationOf) },
      schema: { tags, summary: 'One organisation', params: IdParams, response: { 200: OrganisationView } },
    },
    async (request) => toOrganisationView(personActor(request))(await findOrganisation(db, request.params.id)),
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
        response: { 201: OrganisationView },
      },
    },
    async (request, reply) => {
      const id = await db.transaction().execute((tx) => createOrganisation(tx, request.body, personActor(request)));
      return reply.code(201).send(toOrganisationView(personActor(request))(await findOrganisation(db, id)));
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
    async (request) => {
      const { params, query } = request;
      const classes = await listClasses(db, params.id, query.schoolYear ?? schoolYearAt(clock.now()));
      return { items: classes.map(toClassView(personActor(request))) };
    },
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
    async (request) => {
      const { id } = request.params;
      const summary = toClassView(personActor(request))(await findClass(db, id));
      return { ...summary, learners: await listLearners(db, id) };
    },
  );
}
