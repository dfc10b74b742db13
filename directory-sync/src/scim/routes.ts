import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError, InvalidInput } from '@edutrust/platform/errors';
import type { HttpServer } from '@edutrust/platform/http';
import { type Route, route, scope } from '@edutrust/platform/route';
import { hide } from '@edutrust/platform/schemas';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bearerOf, type ClientRow, clientOfToken } from '../clients/clients.ts';
import { runBulk } from './bulk.ts';
import { ScimError, scimError } from './errors.ts';
import { parseFilter } from './filter.ts';
import { cursorAfter, cursorOf, listResponse, type Page, pageOf, project, sortOf } from './resource.ts';
import { limits, resourceTypes, schemas, serviceProviderConfig } from './schemas.ts';
import { createScim, type Endpoint, type Scim, type ScimRequest } from './scim.ts';

const access = { kind: 'self-authenticating', scheme: 'SCIM bearer token' } as const;
const mediaType = 'application/scim+json; charset=utf-8';
const knownPath = /^\/scim\/v2\/(ServiceProviderConfig|Schemas|ResourceTypes|Users|Groups|Bulk|Me)([/?]|$)/;

/** SCIM 2.0 (RFC 7643, 7644) at `/scim/v2`. */
export const scimRoutes = (context: ServiceContext): Route[] => [
  scope({ prefix: '/scim/v2', prepare: (app) => speakScim(app, context), routes: served(context) }),
];

/** The media type and the errors of RFC 7644 §3.1, §3.12. */
function speakScim(app: HttpServer, context: ServiceContext): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser(
    'application/scim+json',
    { parseAs: 'string', bodyLimit: limits.payloadBytes },
    // Clients name the type of a body that is not there (DELETE).
    (request, text, done) => (text === '' ? done(null, undefined) : parse(request, text as string, done)), // parsed as
  );
  app.setErrorHandler(async (error, _request, reply) => {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    if (refusal.status === 401) reply.header('www-authenticate', 'Bearer realm="scim"');
    return send(reply.code(refusal.status), refusal.toJSON(), context);
  });
  app.setNotFoundHandler(async ({ url }) => {
    throw knownPath.test(url) ? scimError(405, 'There is no such method here.') : scimError(404, 'Nothing is here.');
  });
}

type Work = (client: ClientRow, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
type Query = Readonly<Record<string, unknown>>;

function served(context: ServiceContext): Route[] {
  const scim = createScim(context);
  const one = (method: Endpoint | 'GET', url: string, work: Work) =>
    route({
      method,
      url,
      access,
      schema: hide,
      handle: async (request, reply) => {
        const token = bearerOf(request.headers.authorization);
        const client = token ? await clientOfToken(context, token, 'scim') : undefined;
        if (!client) throw scimError(401, 'A bearer token is needed.');
        return send(reply, await work(client, request, reply), context);
      },
    });
  return [
    one('GET', '/ServiceProviderConfig', async () => serviceProviderConfig),
    ...described('/Schemas', schemas).map(([path, work]) => one('GET', path, work)),
    ...described('/ResourceTypes', resourceTypes).map(([path, work]) => one('GET', path, work)),
    ...(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).map((method) =>
      one(method, '/Me', async () => {
        throw scimError(501, 'A client is no user.');
      }),
    ),
    one('POST', '/.search', (client, request) => search(scim, ['Users', 'Groups'], client, bodyOf(request))),
    ...(['Users', 'Groups'] as const).flatMap((type) => {
      const change = (method: Endpoint, path: string) => one(method, path, changing(context, scim, method, type));
      return [
        one('GET', `/${type}`, (client, request) => search(scim, [type], client, queryOf(request))),
        one('POST', `/${type}/.search`, (client, request) => search(scim, [type], client, bodyOf(request))),
        one('GET', `/${type}/:id`, reading(scim, type)),
        change('POST', `/${type}`),
        change('PUT', `/${type}/:id`),
        change('PATCH', `/${type}/:id`),
        change('DELETE', `/${type}/:id`),
      ];
    }),
    one('POST', '/Bulk', (client, request) => runBulk(scim, client, request.body, refusalOf)),
  ];
}

/** What says how we speak SCIM: a list, and one by one (RFC 7644 §4). */
const described = (path: string, items: readonly { readonly id: string }[]): [string, Work][] => [
  [
    path,
    async (_client, request) => {
      if (queryOf(request).filter !== undefined) throw scimError(403, 'These are not filtered.');
      return listResponse(items, items.length, 1);
    },
  ],
  [
    `${path}/:id`,
    async (_client, request) => {
      const found = items.find(({ id }) => id === idOf(request));
      if (!found) throw scimError(404, 'There is no such thing.');
      return found;
    },
  ],
];

const reading =
  (scim: Scim, type: 'Users' | 'Groups'): Work =>
  async (client, request, reply) => {
    const resource = await scim[type].get(client, idOf(request), queryOf(request));
    reply.header('etag', resource.meta.version);
    if (request.headers['if-none-match'] === resource.meta.version) return reply.code(304).send();
    return project(resource, queryOf(request));
  };

const changing =
  ({ config }: ServiceContext, scim: Scim, method: Endpoint, type: 'Users' | 'Groups'): Work =>
  async (client, request, reply) => {
    const { status, resource } = await scim.change(client, method, type, toScimRequest(request));
    reply.code(status);
    if (!resource) return undefined;
    reply.header('etag', resource.meta.version);
    if (status === 201) reply.header('location', new URL(resource.meta.location, config.url).href);
    return project(resource, queryOf(request));
  };

/** A page over the types, one after another; a type that has not what the filter names has nothing of it. */
async function search(scim: Scim, types: readonly ('Users' | 'Groups')[], client: ClientRow, given: Query) {
  const { startIndex, count } = pageOf(given);
  const filter = typeof given.filter === 'string' && given.filter !== '' ? parseFilter(given.filter) : undefined;
  const after = cursorOf(given);
  const sort = sortOf(given);
  const [type] = types;
  if (after !== undefined && sort) throw scimError(400, 'A list that is sorted is paged by index.', 'invalidCursor');
  if (after !== undefined && type !== undefined) {
    if (types.length > 1)
      throw scimError(400, 'Users and groups are paged by cursor each for themselves.', 'invalidCursor');
    const page = await scim[type].list(client, { filter, startIndex: 1, count, after }, given);
    const resources = page.resources.map((one) => project(one, given));
    const { startIndex: _, ...response } = listResponse(resources, page.total, 1);
    return { ...response, ...(page.next ? { nextCursor: cursorAfter(page.next) } : {}) };
  }
  const found: object[] = [];
  let total = 0;
  for (const type of types) {
    const page: Page = { filter, sort, startIndex: Math.max(1, startIndex - total), count: count - found.length };
    const part = await scim[type].list(client, page, given).catch((error: unknown) => {
      const isOther = error instanceof ScimError && error.scimType === 'invalidFilter';
      if (types.length > 1 && isOther) return undefined;
      throw error;
    });
    total += part?.total ?? 0;
    found.push(...(part?.resources ?? []).map((resource) => project(resource, given)));
  }
  return listResponse(found, total, startIndex);
}

const idOf = (request: FastifyRequest) => String((request.params as { id?: string }).id ?? '');
const queryOf = (request: FastifyRequest) => request.query as Query; // the query of a URL

const bodyOf = (request: FastifyRequest): Query => {
  if (typeof request.body !== 'object' || request.body === null) throw scimError(400, 'No search.', 'invalidSyntax');
  return request.body as Query; // its members are read one by one
};

const toScimRequest = (request: FastifyRequest): ScimRequest => ({
  id: idOf(request),
  body: request.body,
  preconditions: { ifMatch: request.headers['if-match'] },
});

/** What a client is told of an error; undefined for one that is ours. */
function refusalOf(error: unknown): ScimError | undefined {
  if (error instanceof ScimError) return error;
  if (error instanceof InvalidInput) return scimError(400, error.detail.en, 'invalidValue');
  if (error instanceof EduTrustError) return scimError(error.status, error.detail.en);
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string };
  if (code === '57014') return scimError(400, 'The filter finds too much.', 'tooMany');
  if (statusCode === 413) return scimError(413, `A request has at most ${limits.payloadBytes} bytes.`);
  if (statusCode && statusCode >= 400 && statusCode < 500) return scimError(statusCode, message ?? '', 'invalidSyntax');
  return undefined;
}

/** Places are absolute on the wire. */
function send(reply: FastifyReply, answer: unknown, { config }: ServiceContext) {
  if (reply.sent || answer === reply) return reply;
  if (answer === undefined) return reply.code(204).send();
  const text = JSON.stringify(answer, (name, value: unknown) =>
    (name === 'location' || name === '$ref') && typeof value === 'string' && value.startsWith('/')
      ? new URL(value, config.url).href
      : value,
  );
  return reply.header('content-type', mediaType).send(text);
}
