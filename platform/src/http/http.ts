import { createServer } from 'node:http';
import formbody from '@fastify/formbody';
import multipart from '@fastify/multipart';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { PersonActor } from '../actor.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { News } from '../database/news.ts';
import { requestId } from '../ids.ts';
import type { Logger } from '../log.ts';
import { countError, observeRequest } from '../metrics/metrics.ts';
import type { ShortLivedStore } from '../store/store.ts';
import type { Access, Gate, Resource } from './access.ts';
import { createCompilers } from './compile.ts';
import { isCrossSite } from './cross-site.ts';
import { createDirect, type Direct, type DirectPath, sayTooSlow } from './direct.ts';
import { disclosureKeywords, keepDisclosures } from './disclosures.ts';
import { securityHeaders } from './headers.ts';
import { openapiOptions } from './openapi.ts';
import { type OperationOptions, operationRoutes } from './operations.ts';
import {
  crossSite,
  kindOf,
  localeOf,
  notAllowed,
  notFound,
  type Problem,
  passkeyNeeded,
  problemOf,
  signInNeeded,
  stepUpNeeded,
} from './problem.ts';
import { createProxyWatch, type ProxyWatch } from './proxies.ts';
import { createRateLimiter, type RateLimiter } from './rate-limits.ts';
import { referenceKeywords, referencesOf, referredBy } from './references.ts';
import { addRoutes } from './route.ts';
import type { HttpServer } from './server.ts';
import { closeInTime } from './shutdown.ts';
import { createStreams } from './streams.ts';
import { createUploads, type UploadLimits } from './uploads.ts';
import { illFormed, illFormedAt, isWellFormedText } from './well-formed.ts';

export { type Access, anyone, type Gate, type Resource, signedIn } from './access.ts';
export { createClientCertificates } from './client-certificate.ts';
export type { DirectAnswer, DirectBodyAnswerer } from './direct.ts';
export type { Disclosure, Disclosures } from './disclosure.ts';
export { answersOf, disclose } from './disclosures.ts';
export type { PresentedToken, TokenRequest } from './presented-token.ts';
export { kindOf, localeOf, notAllowed, type Problem, passkeyNeeded, stepUpNeeded } from './problem.ts';
export { canonicalAddress } from './rate-limits.ts';
export { type ReferredKind, refersTo, visit } from './references.ts';
export type { HttpServer } from './server.ts';
export { streamLastsMs } from './streams.ts';
export type { ReceivedFile } from './uploads.ts';
export { illFormedAt } from './well-formed.ts';

export interface HttpOptions extends OperationOptions {
  readonly log: Logger;
  readonly gate: Gate;
  /** Where the processes count requests together; `clock` says which minute it is. */
  readonly store: ShortLivedStore;
  readonly clock?: Clock;
  /** Wakes streams at once; without it they look now and then. */
  readonly news?: Pick<News, 'subscribe'> | undefined;
  /** As the limiter of requests has it. */
  readonly storeAnswersWithinMs?: number | undefined;
  /** A page for a person who meets an error outside the API; without it the problem's text. */
  readonly errorPage?: (problem: Problem, locale: 'vi' | 'en') => string;
  /** Smaller in tests. */
  readonly uploadLimits?: UploadLimits;
  readonly answerWithinMs?: number;
}

/**
 * No request waits longer for what we need, a database above all (E13): it is answered 503 then. Routes that take longer
 * by nature say so with `handlerTimeout`.
 */
const answerWithinMs = 30_000;
/** For routes that read a large file or write thousands of rows. */
export const longAnswerMs = 10 * 60_000;
/** Beyond any school's or proxy's need; each costs memory before it has said who it is. */
const mostConnections = 4_096;

/** Multipart uploads: one file of at most 64 MiB, unless a route says otherwise. */
const uploadLimits = { files: 1, fields: 20, fieldSize: 100_000, fileSize: 64 * 1024 * 1024, parts: 25 };

/**
 * The HTTP base that every service adds its routes to: access checked before the handler runs, security headers,
 * cross-site refusal, problem details, request ids, limits, health, metrics and the OpenAPI document.
 */
export async function createHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { config, log, store, clock = systemClock, storeAnswersWithinMs } = options;
  const limiter = createRateLimiter({ store, clock, log, storeAnswersWithinMs });
  const proxies = createProxyWatch(config, log);
  const direct = createDirect({
    ...{ config, log, limiter, proxies },
    answerWithinMs: options.answerWithinMs ?? answerWithinMs,
  });
  const compilers = createCompilers();
  const app: HttpServer = Fastify({
    // pino's own logger has every method that Fastify calls; the types differ in generics only
    loggerInstance: log as unknown as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    bodyLimit: 1024 * 1024,
    requestTimeout: 120_000,
    handlerTimeout: options.answerWithinMs ?? answerWithinMs,
    connectionTimeout: 0,
    keepAliveTimeout: 65_000,
    routerOptions: { maxParamLength: 512 },
    forceCloseConnections: 'idle',
    serverFactory: (framework, { requestTimeout, keepAliveTimeout }) =>
      Object.assign(createServer(direct.before(framework)), { requestTimeout, keepAliveTimeout }),
    schemaController: { compilersFactory: compilers.factories },
    ajv: {
      customOptions: {
        keywords: [...referenceKeywords, ...disclosureKeywords],
        removeAdditional: false,
        coerceTypes: 'array',
        allErrors: false,
      },
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.server.maxConnections = mostConnections;
  closeInTime(app);
  app.decorate('compileSchemas', compilers.compileAll);
  app.decorate('uploads', createUploads(options.uploadLimits));
  app.removeContentTypeParser('text/plain'); // S3: JSON in a text/plain body is a cross-site form's trick
  await app.register(formbody, { bodyLimit: 256 * 1024 });
  await app.register(multipart, { limits: uploadLimits });
  await app.register(swagger, openapiOptions(config.url));

  app.decorate('direct', direct as Direct);
  const streams = createStreams({ news: options.news, mayStill: (request) => mayStill(options, request) });
  app.decorate('streams', streams);
  app.addHook('preClose', (done) => {
    direct.stop();
    streams.close();
    done();
  });
  app.decorateRequest('actor', null);
  app.decorateRequest('isBehindUndeclaredProxy', false);
  refuseUndeclared(app);
  openEachRequest(app, options, { limiter, proxies, direct });
  decideEachRequest(app, options);
  keepDisclosures(app, options.gate);
  app.addHook('onRequest', async (_request, reply) => answerHijackedInTime(reply, options.answerWithinMs));
  recordEachRequest(app);
  app.setErrorHandler((error, request, reply) => answerProblem(error, request, reply, options));
  app.setNotFoundHandler((request, reply) => answerProblem(notFound(), request, reply, options));
  addRoutes(app, operationRoutes(app, options, proxies));
  return app;
}

/** A route that says nothing of who may call it, or names things of others and asks for no action, stops the start. */
function refuseUndeclared(app: HttpServer): void {
  app.addHook('onRoute', (route) => {
    if (!route.config?.access) throw new Error(`${route.method} ${route.url} names no access`);
    const references = referencesOf(route.schema);
    if (references.length > 0 && route.config.access.kind !== 'action') {
      throw new Error(`${route.method} ${route.url} names things of others and asks for no action`);
    }
  });
}

/** Headers, limits, the site it comes from and who calls: before anything of the body is read. */
function openEachRequest(
  app: HttpServer,
  options: HttpOptions,
  { limiter, proxies, direct }: { limiter: RateLimiter; proxies: ProxyWatch; direct: DirectPath },
): void {
  const { config, gate } = options;
  const headers = securityHeaders(config.url);
  const countRequest = async (request: FastifyRequest) => {
    if (!direct.wasCounted(request.raw)) await limiter.countRequest(request);
  };
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers);
    reply.header('x-request-id', request.id);
    request.isBehindUndeclaredProxy = proxies.isUndeclared(request.raw);
    if (!isWellFormedText(request.raw.url ?? '')) throw illFormed('/');
    const access = request.routeOptions.config.access;
    // The 404 route has no access. A protocol's own credential is looked at later: until then the address counts.
    if (!access || access.kind === 'self-authenticating') return countRequest(request);
    if (isCrossSite(request, config.url.origin)) throw crossSite();
    request.actor = await gate.authenticate(request);
    await countRequest(request);
    if (access.kind === 'anyone') return;
    if (!request.actor) throw signInNeeded();
    if (access.kind === 'action' && !access.resource) await decide(options, request, access);
  });
}

/** What the body and the parameters name is decided on once they are valid. */
function decideEachRequest(app: HttpServer, options: HttpOptions): void {
  app.addHook('preValidation', async (request) => {
    const pointer = illFormedAt(request.body);
    if (pointer) throw illFormed(pointer);
  });
  // With a resource the decision waits until the parameters have been validated.
  app.addHook('preHandler', async (request) => {
    const access = request.routeOptions.config.access;
    if (access?.kind === 'action') await decideOnNamed(options, request, access);
  });
}

async function decideOnNamed(
  options: HttpOptions,
  request: FastifyRequest,
  access: Extract<Access, { kind: 'action' }>,
): Promise<void> {
  if (access.resource) await decide(options, request, access, await access.resource(request));
  for (const { resource, action } of referredBy(request))
    await decide(options, request, { ...access, action: action ?? access.action }, resource);
}

/** Whether a request that was let in would be let in now; not where that cannot be found out. */
async function mayStill(options: HttpOptions, request: FastifyRequest): Promise<boolean> {
  const { access } = request.routeOptions.config;
  const { gate } = options;
  try {
    request.actor = await (gate.authenticateAgain ?? gate.authenticate)(request);
    if (access?.kind !== 'action') return request.actor !== null;
    if (!access.resource) await decide(options, request, access);
    await decideOnNamed(options, request, access);
    return true;
  } catch {
    return false;
  }
}

function recordEachRequest(app: HttpServer): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    observeRequest(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    request.log.info(
      {
        method: request.method,
        route, // the pattern: a path may carry codes and identifiers
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      'request',
    );
  });
}

/** The same deadline for what answers by itself on the raw connection (the provider), where Fastify's does not reach. */
function answerHijackedInTime(reply: FastifyReply, ms = answerWithinMs): void {
  const { raw } = reply;
  const timer = setTimeout(() => {
    if (reply.sent) sayTooSlow(raw);
  }, ms);
  timer.unref();
  raw.once('close', () => clearTimeout(timer));
}

/** The signed-in person behind the request; for handlers whose access let only people through. */
export function personActor(request: FastifyRequest): PersonActor {
  if (request.actor?.kind !== 'person') throw signInNeeded();
  return request.actor;
}

async function decide(
  { gate, clock = systemClock }: HttpOptions,
  request: FastifyRequest,
  access: Extract<Access, { kind: 'action' }>,
  resource?: Resource,
): Promise<void> {
  const { actor } = request;
  if (!actor) throw signInNeeded();
  const how = access.proposes ? 'proposed' : 'alone';
  if (!(await gate.can(actor, access.action, resource, how))) {
    const isWeak = actor.kind === 'person' && actor.acr !== 'passkey';
    const stronger = isWeak && (await gate.can({ ...actor, acr: 'passkey' }, access.action, resource, how));
    throw stronger ? passkeyNeeded() : notAllowed();
  }
  if (access.freshWithinSeconds !== undefined && actor.kind === 'person') {
    const ageSeconds = (clock.now().getTime() - actor.authenticatedAt.getTime()) / 1000;
    if (ageSeconds > access.freshWithinSeconds) throw stepUpNeeded();
  }
}

const closingCodes: ReadonlySet<string> = new Set(['request/busy', 'request/stalled', 'request/too-large']);

function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, { errorPage }: HttpOptions) {
  const kind = kindOf(error);
  if (kind.status >= 500) countError(kind.code);
  if (closingCodes.has(kind.code)) reply.header('connection', 'close'); // the rest of the body is not waited for
  if (kind.status >= 500) request.log.error({ err: kind.cause ?? kind, code: kind.code }, 'request failed');
  const locale = localeOf(request);
  const problem = problemOf(kind, locale, request.id);
  reply.code(kind.status).header('cache-control', 'no-store');
  if (kind.retryAfterSeconds !== undefined) reply.header('retry-after', String(kind.retryAfterSeconds));
  const wantsPage = !request.url.startsWith('/api/') && (request.headers.accept ?? '').includes('text/html');
  if (wantsPage && errorPage) return reply.type('text/html; charset=utf-8').send(errorPage(problem, locale));
  return reply.type('application/problem+json; charset=utf-8').send(JSON.stringify(problem));
}
