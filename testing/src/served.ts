import { createHttpServer, type HttpServer } from '@edutrust/platform/http';
import { metricsText } from '@edutrust/platform/metrics';
import { addRoutes } from '@edutrust/platform/route';
import type { Service } from '@edutrust/platform/service';
import type { TestContext } from './context.ts';

type Options = Parameters<typeof createHttpServer>[0];

/** The real HTTP base without routes, where nobody is signed in; `changes` to its options. */
export async function bareServer(context: TestContext, changes: Partial<Options> = {}): Promise<HttpServer> {
  const { config, log, store, clock } = context;
  const disclosures = { has: () => true, keep: async () => undefined };
  const gate = { authenticate: async () => null, can: async () => false, disclosures };
  return createHttpServer({ config, log, store, clock, gate, readiness: {}, metrics: metricsText, ...changes });
}

/** The routes of a service on an HTTP server of its own, where nobody is signed in. */
export async function serve(context: TestContext, service: Pick<Service, 'routes'>): Promise<HttpServer> {
  const app = await bareServer(context);
  addRoutes(app, service.routes?.() ?? []);
  await app.ready();
  return app;
}
