import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/config.ts';
import { hide } from '../schemas/schemas.ts';
import { anyone } from './access.ts';
import { localeOf, notAllowed } from './problem.ts';
import type { ProxyWatch } from './proxies.ts';
import { type Route, route } from './route.ts';
import type { HttpServer } from './server.ts';

export interface OperationOptions {
  readonly config: Config;
  /** Each resolves when what it stands for answers; they decide `/health/ready`. */
  readonly readiness: Readonly<Record<string, () => Promise<unknown>>>;
  /** The text of `/metrics`. */
  readonly metrics: () => Promise<string>;
  /** `/api/docs`: the OpenAPI document for people; there is no such page without it. */
  readonly apiPage?: (document: object, view: { readonly locale: 'vi' | 'en'; readonly path: string }) => string;
}

const readLive = route({
  method: 'GET',
  url: '/health/live',
  access: anyone,
  schema: hide,
  handle: async () => ({ status: 'live' }),
});

const readReady = ({ readiness }: OperationOptions, proxies: ProxyWatch) =>
  route({
    method: 'GET',
    url: '/health/ready',
    access: anyone,
    schema: hide,
    handle: async (_request, reply) => {
      const checks = await Promise.all(
        Object.entries(readiness).map(async ([name, check]) => [name, await answersInTime(check)] as const),
      );
      const ready = checks.every(([, ok]) => ok);
      return reply.code(ready ? 200 : 503).send({
        status: ready ? 'ready' : 'unready',
        checks: Object.fromEntries(checks),
        ...(proxies.hasSeenUndeclared ? { warnings: ['undeclared-proxy'] } : {}),
      });
    },
  });

const readMetrics = ({ config, metrics }: OperationOptions) =>
  route({
    method: 'GET',
    url: '/metrics',
    access: { kind: 'self-authenticating', scheme: 'metrics token or loopback' },
    schema: hide,
    handle: async (request, reply) => {
      if (!mayReadMetrics(request, config)) throw notAllowed();
      return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics());
    },
  });

const readOpenApi = (app: HttpServer) =>
  route({ method: 'GET', url: '/api/openapi.json', access: anyone, schema: hide, handle: async () => app.swagger() });

const showApi = (app: HttpServer, apiPage: NonNullable<OperationOptions['apiPage']>) =>
  route({
    method: 'GET',
    url: '/api/docs',
    access: anyone,
    schema: hide,
    handle: async (request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .send(apiPage(app.swagger(), { locale: localeOf(request), path: request.url })),
  });

/** What every server answers beside its services: health, metrics, and what its API is. */
export const operationRoutes = (app: HttpServer, options: OperationOptions, proxies: ProxyWatch): Route[] => [
  readLive,
  readReady(options, proxies),
  readMetrics(options),
  readOpenApi(app),
  ...(options.apiPage ? [showApi(app, options.apiPage)] : []),
];

async function answersInTime(check: () => Promise<unknown>): Promise<boolean> {
  const late = new Promise<false>((resolve) => setTimeout(resolve, 2_000, false).unref());
  return Promise.race([
    check().then(
      () => true,
      () => false,
    ),
    late,
  ]);
}

function mayReadMetrics(request: FastifyRequest, { metricsToken: token, trustedProxies }: Config): boolean {
  if (!token) {
    // Through a proxy that nobody declared everybody comes from this machine.
    const isForwarded = ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'].some((name) => name in request.headers);
    if (isForwarded && trustedProxies.length === 0) return false;
    return ['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(request.ip);
  }
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
