import type { ServiceContext } from '@edutrust/platform/context';
import type { HttpServer } from '@edutrust/platform/http';
import { type Route, route, scope } from '@edutrust/platform/route';
import { hide } from '@edutrust/platform/schemas';
import type { FastifyRequest } from 'fastify';
import { type RawBuilder, sql } from 'kysely';
import Type from 'typebox';
import { recordReleases } from '../releases/releases.ts';
import {
  academicSessions,
  type Collection,
  classes,
  courses,
  demographics,
  enrollments,
  orgs,
  part,
  type Seeing,
  type Told,
  users,
} from './collections.ts';
import { type Listing, OneRosterError, readListing, select } from './query.ts';
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
      ? sql`EXISTS (SELECT FROM registry.enrolment AS e WHERE e.person_id = p.id AND e.valid_until IS NULL AND e.class_id::text = ${classId ?? id})`
      : sql`EXISTS (SELECT FROM registry.class AS h WHERE h.homeroom_teacher_id = p.id AND h.id::text = ${classId ?? id})`;
const atSchool: Condition = ({ id }) =>
  sql`EXISTS (SELECT FROM registry.affiliation AS s WHERE s.person_id = p.id AND s.valid_until IS NULL AND s.organisation_id::text = ${id})`;
const classesOf: Condition = ({ id }) =>
  sql`(c.homeroom_teacher_id::text = ${id} OR EXISTS (SELECT FROM registry.enrolment AS e
    WHERE e.class_id = c.id AND e.valid_until IS NULL AND e.person_id::text = ${id}))`;
const ofSchool: Condition = ({ id }) => sql`(c.organisation_id::text = ${id})`;
const always: Condition = () => sql`true`;

/** What belongs to something: the address, what is listed, and on which condition (REST binding, table 3.1). */
const belonging: readonly (readonly [string, Collection, Condition])[] = [
  ['/schools/:id/classes', classes, ofSchool],
  ['/schools/:id/courses', courses, always],
  ['/schools/:id/enrollments', enrollments, ofSchool],
  ['/schools/:id/students', students, atSchool],
  ['/schools/:id/teachers', teachers, atSchool],
  ['/schools/:id/terms', terms, always],
  ['/schools/:id/classes/:classId/enrollments', enrollments, ({ classId }) => sql`(n.class_id::text = ${classId})`],
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
export const oneRosterRoutes = (context: ServiceContext): Route[] => [
  giveTokens(context),
  scope({
    prefix: base,
    prepare: tellErrors,
    routes: [
      ...Object.entries(collections).flatMap(([name, collection]) => [
        list(context, `/${name}`, collection, scopesOf(name)),
        readOne(context, `/${name}/:id`, collection, scopesOf(name)),
      ]),
      ...belonging.map((one) => listBelonging(context, ...one)),
    ],
  }),
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

const list = (context: ServiceContext, url: string, collection: Collection, accepted: readonly string[]) =>
  route({
    method: 'GET',
    url,
    access,
    schema: hide,
    handle: async (request, reply) => {
      const grant = await mustBeGranted(context, request.headers.authorization, accepted);
      const listing = readListing(queryOf(request), collection.fields);
      const { told, total } = await read(context, grant, collection, listing);
      linkPages(reply, request, context, listing, total);
      return { [collection.plural]: told.map(({ resource }) => select(resource, listing)) };
    },
  });

const readOne = (context: ServiceContext, url: string, collection: Collection, accepted: readonly string[]) =>
  route({
    method: 'GET',
    url,
    access,
    schema: { ...hide, params: Type.Object({ id: Type.String() }) },
    handle: async (request) => {
      const grant = await mustBeGranted(context, request.headers.authorization, accepted);
      const listing = { ...readListing({ fields: queryOf(request).fields }, collection.fields), limit: 1 };
      const isIt = sql<boolean>`${collection.id}::text = ${request.params.id}`;
      const { told } = await read(context, grant, collection, listing, isIt);
      if (!told[0]) throw unknownObject();
      return { [collection.single]: select(told[0].resource, listing) };
    },
  });

const listBelonging = (context: ServiceContext, url: string, collection: Collection, condition: Condition) =>
  route({
    method: 'GET',
    url,
    access,
    schema: { ...hide, params: Type.Record(Type.String(), Type.String()) },
    handle: async (request, reply) => {
      const grant = await mustBeGranted(context, request.headers.authorization, [scopes.core, scopes.roster]);
      const listing = readListing(queryOf(request), collection.fields);
      await mustExist(context, grant, url, request.params);
      const { told, total } = await read(context, grant, collection, listing, condition(request.params));
      linkPages(reply, request, context, listing, total);
      return { [collection.plural]: told.map(({ resource }) => select(resource, listing)) };
    },
  });

type Query = Readonly<Record<string, unknown>>;
const queryOf = (request: FastifyRequest) => request.query as Query; // of a URL

const unknownObject = () => new OneRosterError(404, 'unknownobject', 'There is no such thing here.');

/** A page, counted, with what it tells of people on record. The client’s filter is a group of its own: it widens nothing. */
async function read(
  { db, clock, config }: ServiceContext,
  { client }: Grant,
  collection: Collection,
  { limit, offset, where, orderBy }: Listing,
  condition: RawBuilder<boolean> = sql`true`,
): Promise<{ readonly told: Told[]; readonly total: number }> {
  const seeing: Seeing = { client, now: clock.now(), base: new URL(base, config.url).href };
  const from = sql`FROM ${collection.from(seeing)} AND (${condition}) AND (${where ?? sql`true`})`;
  const order = orderBy ? sql`${orderBy}, ${collection.id}` : sql`${collection.id}`;
  return db.transaction().execute(async (transaction) => {
    await sql`SET LOCAL statement_timeout = '10s'`.execute(transaction);
    const counted = await sql<{ count: number }>`SELECT count(*) ${from}`.execute(transaction);
    const { rows } = await sql<Query>`
      SELECT ${collection.columns} ${from} ORDER BY ${order} LIMIT ${limit} OFFSET ${offset}`.execute(transaction);
    const told = await collection.tell(transaction, seeing, rows);
    const recipient = { id: `client:${client.id}`, name: client.name };
    await recordReleases(
      transaction,
      recipient,
      told.flatMap(({ about }) => (about && about.fields.length > 0 ? [about] : [])),
      seeing.now,
    );
    return { told, total: counted.rows[0]?.count ?? 0 };
  });
}

/** That to which something belongs is there, and seen by the client. @throws OneRosterError 404 */
async function mustExist(
  context: ServiceContext,
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
    const seeing: Seeing = { client: grant.client, now: context.clock.now(), base };
    const { rows } = await sql`
      SELECT 1 FROM ${collection.from(seeing)} AND ${collection.id}::text = ${key} LIMIT 1`.execute(context.db);
    if (rows.length === 0) throw unknownObject();
  }
}

/** `X-Total-Count` and `Link` (REST binding §3.4.1). */
function linkPages(
  reply: { header(name: string, value: string): unknown },
  request: FastifyRequest,
  { config }: ServiceContext,
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
