import type { ServiceContext } from '@edutrust/platform/context';
import type { HttpServer } from '@edutrust/platform/http';
import { type Route, route, scope } from '@edutrust/platform/route';
import { hide } from '@edutrust/platform/schemas';
import type { FastifyRequest } from 'fastify';
import { type RawBuilder, sql } from 'kysely';
import Type from 'typebox';
import { Lists } from '../lists/lists.ts';
import {
  academicSessions,
  type Collection,
  classes,
  courses,
  demographics,
  enrollments,
  orgs,
  part,
  users,
} from './collections.ts';
import { isTheOne, type Reader, readPage, seeingOf } from './pages.ts';
import { isId, type Listing, OneRosterError, readListing, select } from './query.ts';
import { type Grant, giveToken, mustBeGranted, scopes, TokenRefused } from './token.ts';

const base = '/ims/oneroster/rostering/v1p2';
const access = { kind: 'self-authenticating', scheme: 'OneRoster access token' } as const;

/** The parts of collections that have addresses of their own. */
const schools = part(orgs, { single: 'org', plural: 'orgs' }, sql`o.kind IN ('school', 'centre')`);
const terms = part(
  academicSessions,
  { single: 'academicSession', plural: 'academicSessions' },
  sql`part.type = 'term'`,
);
const gradingPeriods = part(terms, { single: 'academicSession', plural: 'academicSessions' }, sql`false`);
const withRole = (role: string) =>
  part(
    users,
    { single: 'user', plural: 'users' },
    sql`EXISTS (SELECT FROM registry.affiliation AS r WHERE r.person_id = p.id AND r.valid_until IS NULL AND r.role = ${role})`,
  );
const students = withRole('learner');
const teachers = withRole('teacher');

const collections: Readonly<Record<string, Collection>> = {
  academicSessions,
  terms,
  gradingPeriods,
  orgs,
  schools,
  courses,
  classes,
  enrollments,
  users,
  students,
  teachers,
  demographics,
};

type Condition = (params: Readonly<Record<string, string>>) => RawBuilder<boolean>;
const inClass =
  (role: string): Condition =>
  ({ classId, id }) =>
    role === 'learner'
      ? sql`EXISTS (SELECT FROM registry.enrolment AS e WHERE e.person_id = p.id AND e.valid_until IS NULL AND ${isId(sql`e.class_id`, classId ?? id)})`
      : sql`EXISTS (SELECT FROM registry.class AS h WHERE h.homeroom_teacher_id = p.id AND ${isId(sql`h.id`, classId ?? id)})`;
const atSchool: Condition = ({ id }) =>
  sql`EXISTS (SELECT FROM registry.affiliation AS s WHERE s.person_id = p.id AND s.valid_until IS NULL AND ${isId(sql`s.organisation_id`, id)})`;
const classesOf: Condition = ({ id }) =>
  sql`c.id IN (SELECT h.id FROM registry.class AS h WHERE ${isId(sql`h.homeroom_teacher_id`, id)}
    UNION ALL SELECT e.class_id FROM registry.enrolment AS e WHERE e.valid_until IS NULL AND ${isId(sql`e.person_id`, id)})`;
const ofSchool: Condition = ({ id }) => isId(sql`c.organisation_id`, id);
const always: Condition = () => sql`true`;

/** What belongs to something: the address, what is listed, and on which condition (REST binding, table 3.1). */
const belonging: readonly (readonly [string, Collection, Condition])[] = [
  ['/schools/:id/classes', classes, ofSchool],
  ['/schools/:id/courses', courses, always],
  ['/schools/:id/enrollments', enrollments, ofSchool],
  ['/schools/:id/students', students, atSchool],
  ['/schools/:id/teachers', teachers, atSchool],
  ['/schools/:id/terms', terms, always],
  ['/schools/:id/classes/:classId/enrollments', enrollments, ({ classId }) => isId(sql`n.class_id`, classId)],
  ['/schools/:id/classes/:classId/students', students, inClass('learner')],
  ['/schools/:id/classes/:classId/teachers', teachers, inClass('teacher')],
  ['/classes/:id/students', students, inClass('learner')],
  ['/classes/:id/teachers', teachers, inClass('teacher')],
  ['/courses/:id/classes', classes, ({ id }) => sql`('grade-' || c.grade = ${id})`],
  ['/students/:id/classes', classes, classesOf],
  ['/teachers/:id/classes', classes, classesOf],
  ['/users/:id/classes', classes, classesOf],
  ['/terms/:id/classes', classes, ({ id }) => sql`(${id} LIKE 'sy-' || c.school_year || '-_')`],
  ['/terms/:id/gradingPeriods', gradingPeriods, always],
];

/** OneRoster 1.2, rostering, as a provider (REST binding of 2022-09-19). */
export function oneRosterRoutes(context: ServiceContext): Route[] {
  const reader: Reader = { ...context, lists: new Lists(context.clock), base: new URL(base, context.config.url).href };
  return [giveTokens(context), scope({ prefix: base, prepare: tellErrors, routes: served(reader) })];
}

const served = (context: Reader): Route[] => [
  ...Object.entries(collections).flatMap(([name, collection]) => [
    list(context, `/${name}`, collection, scopesOf(name)),
    readOne(context, `/${name}/:id`, collection, scopesOf(name)),
  ]),
  ...belonging.map((one) => listBelonging(context, ...one)),
];

const scopesOf = (name: string) => (name === 'demographics' ? [scopes.demographics] : [scopes.core, scopes.roster]);

const giveTokens = (context: ServiceContext) =>
  route({
    method: 'POST',
    url: '/ims/oneroster/token',
    access,
    schema: hide,
    handle: async (request, reply) => {
      try {
        const given = await giveToken(context, request.headers.authorization, (request.body ?? {}) as object as Query); // a form
        return reply.header('cache-control', 'no-store').send(given);
      } catch (error) {
        if (!(error instanceof TokenRefused)) throw error;
        if (error.status === 401) reply.header('www-authenticate', 'Basic realm="oneroster"');
        return reply.code(error.status).send({ error: error.error });
      }
    },
  });

/** Errors as the binding has them (§3.3). */
function tellErrors(app: HttpServer): void {
  app.setErrorHandler(async (error, _request, reply) => {
    const refusal =
      (error as { code?: string }).code === '57014'
        ? new OneRosterError(400, 'server_busy', 'The filter finds too much.')
        : error;
    if (!(refusal instanceof OneRosterError)) throw error;
    return reply.code(refusal.status).send(refusal.toJSON());
  });
  app.setNotFoundHandler(async () => {
    throw unknownObject();
  });
}

const list = (context: Reader, url: string, collection: Collection, accepted: readonly string[]) =>
  route({
    method: 'GET',
    url,
    access,
    schema: hide,
    handle: async (request, reply) => {
      const grant = await mustBeGranted(context, request.headers.authorization, accepted);
      const listing = readListing(queryOf(request), collection.fields);
      const { told, total } = await readPage(context, grant, collection, { ...listing, list: listOf(request) });
      linkPages(reply, request, context, listing, total);
      return { [collection.plural]: told.map(({ resource }) => select(resource, listing)) };
    },
  });

const readOne = (context: Reader, url: string, collection: Collection, accepted: readonly string[]) =>
  route({
    method: 'GET',
    url,
    access,
    schema: { ...hide, params: Type.Object({ id: Type.String() }) },
    handle: async (request) => {
      const grant = await mustBeGranted(context, request.headers.authorization, accepted);
      const listing = { ...readListing({ fields: queryOf(request).fields }, collection.fields), limit: 1 };
      const isIt = isTheOne(collection, request.params.id);
      const { told } = await readPage(context, grant, collection, { ...listing, list: request.url }, isIt);
      if (!told[0]) throw unknownObject();
      return { [collection.single]: select(told[0].resource, listing) };
    },
  });

const listBelonging = (context: Reader, url: string, collection: Collection, condition: Condition) =>
  route({
    method: 'GET',
    url,
    access,
    schema: { ...hide, params: Type.Record(Type.String(), Type.String()) },
    handle: async (request, reply) => {
      const grant = await mustBeGranted(context, request.headers.authorization, [scopes.core, scopes.roster]);
      const listing = readListing(queryOf(request), collection.fields);
      await mustExist(context, grant, url, request.params);
      const asked = { ...listing, list: listOf(request) };
      const { told, total } = await readPage(context, grant, collection, asked, condition(request.params));
      linkPages(reply, request, context, listing, total);
      return { [collection.plural]: told.map(({ resource }) => select(resource, listing)) };
    },
  });

type Query = Readonly<Record<string, unknown>>;
const queryOf = (request: FastifyRequest) => request.query as Query; // of a URL

const unknownObject = () => new OneRosterError(404, 'unknownobject', 'There is no such thing here.');

/** What is asked for but for its page: the place, the filter and the order. */
function listOf(request: FastifyRequest): string {
  const { filter = '', sort = '', orderBy = '' } = queryOf(request);
  return JSON.stringify([request.url.split('?')[0], filter, sort, orderBy]);
}

/** That to which something belongs is there, and seen by the client. @throws OneRosterError 404 */
async function mustExist(
  context: Reader,
  grant: Grant,
  path: string,
  { id, classId }: Readonly<Record<string, string>>,
): Promise<void> {
  const owner = collections[path.split('/')[1] ?? ''];
  for (const [collection, key] of [
    [owner, id],
    [classes, classId],
  ] as const) {
    if (!collection || key === undefined) continue;
    const seeing = await seeingOf(context, context.db, grant);
    const { rows } = await sql`
      SELECT 1 FROM ${collection.from(seeing)} AND ${isTheOne(collection, key)} LIMIT 1`.execute(context.db);
    if (rows.length === 0) throw unknownObject();
  }
}

/** `X-Total-Count` and `Link` (REST binding §3.4.1). */
function linkPages(
  reply: { header(name: string, value: string): unknown },
  request: FastifyRequest,
  { config }: Reader,
  { limit, offset }: Listing,
  total: number,
): void {
  const at = (from: number, rel: string) => {
    const url = new URL(request.url, config.url);
    url.searchParams.set('limit', String(limit));
    url.searchParams.set('offset', String(from));
    return `<${url.href}>; rel="${rel}"`;
  };
  const last = Math.max(0, Math.ceil(total / limit) - 1) * limit;
  reply.header('x-total-count', String(total));
  reply.header(
    'link',
    [
      ...(offset + limit < total ? [at(offset + limit, 'next')] : []),
      ...(offset > 0 ? [at(Math.max(0, offset - limit), 'prev')] : []),
      at(0, 'first'),
      at(last, 'last'),
    ].join(', '),
  );
}
