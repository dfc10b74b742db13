import type { ServiceContext } from '@edutrust/platform/context';
import { personActor, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, listOf, Page, strict } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { tells } from '../accesses/operations.ts';
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

const listAll = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/organisations',
    access: requires('organisations.read'),
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
    handle: async (request) => {
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
  });

const readOne = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/organisations/:id',
    access: requires('organisations.read'),
    schema: { tags, summary: 'One organisation', params: IdParams, response: { 200: OrganisationView } },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async (request) => toOrganisationView(personActor(request))(await findOrganisation(db, request.params.id)),
  });

const create = ({ db }: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/organisations',
    access: requires('organisations.write'),
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
    resource: ({ body }) => ({
      organisationId: body.parentId,
    }),
    handle: async (request, reply) => {
      const id = await db.transaction().execute((tx) => createOrganisation(tx, request.body, personActor(request)));
      return reply.code(201).send(toOrganisationView(personActor(request))(await findOrganisation(db, id)));
    },
  });

const classesOf = ({ db, clock }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/organisations/:id/classes',
    access: requires('organisations.read'),
    schema: {
      tags,
      summary: "A school's classes of a year (its first calendar year; this year's when absent)",
      params: IdParams,
      querystring: Type.Object({ schoolYear: Type.Optional(Type.Integer({ minimum: 1976, maximum: 2200 })) }),
      response: { 200: Type.Object({ items: Type.Array(ClassSummary) }) },
    },
    resource: ({ params }) => ({ organisationId: params.id }),
    handle: async (request) => {
      const { params, query } = request;
      const classes = await listClasses(db, params.id, query.schoolYear ?? schoolYearAt(clock.now()));
      return { items: classes.map(toClassView(personActor(request))) };
    },
  });

const readClass = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/classes/:id',
    access: requires('people.read'),
    discloses: tells('classes.open'),
    schema: {
      tags,
      summary: 'A class and its learners, by given name',
      params: IdParams,
      response: { 200: ClassView },
    },
    resource: ({ params }) => ({ classId: params.id }),
    handle: async (request) => {
      const { id } = request.params;
      const summary = toClassView(personActor(request))(await findClass(db, id));
      return { ...summary, learners: await listLearners(db, id) };
    },
  });

export const organisationRoutes = (context: ServiceContext): Route[] => [
  listAll(context),
  readOne(context),
  create(context),
  classesOf(context),
  readClass(context),
];
