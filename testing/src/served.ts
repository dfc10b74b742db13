import { createHttpServer, type HttpServer } from '@edutrust/platform/http';
import type { Service } from '@edutrust/platform/service';
import type { TestContext } from './context.ts';

/** The routes of a service on an HTTP server of its own, where nobody is signed in. */
export async function serve(context: TestContext, service: Pick<Service, 'routes'>): Promise<HttpServer> {
  const { config, log, store, clock } = context;
  const app = await createHttpServer({
    config,
    log,
    store,
    clock,
    gate: { authenticate: async () => null, can: async () => false },
    readiness: {},
    metrics: async () => '',
  });
  await service.routes?.(app);
  await app.ready();
  return app;
}
