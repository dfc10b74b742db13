import { freeBytes } from '@edutrust/platform/alarms';
import type { Config } from '@edutrust/platform/config';
import { newsOf } from '@edutrust/platform/database';
import { createHttpServer, type Gate, type HttpServer } from '@edutrust/platform/http';
import { ledgerRoutes } from '@edutrust/platform/ledger-routes';
import { metricsText } from '@edutrust/platform/metrics';
import { addRoutes } from '@edutrust/platform/route';
import type { Service } from '@edutrust/platform/service';
import type { OpenContext } from './context.ts';
import { type Pages, screenRoutes } from './screens.ts';
import type { ServiceName } from './service-names.ts';
import { buildServices } from './services.ts';

export { allMigrations, openContext } from './context.ts';
export { loadPages } from './screens.ts';
export { serviceNames } from './service-names.ts';
export { approvalKinds, personalData } from './services.ts';

export interface ComposedApp {
  /** Every route of the services; not yet listening. */
  readonly app: HttpServer;
  readonly services: readonly Service[];
}

/**
 * One HTTP server with the routes of the named services. `onServer` is called before the first route is added;
 * `authenticate` says who calls in place of the provider's session (for tests of who may do what).
 */
export async function composeApp(
  context: OpenContext,
  names: readonly ServiceName[],
  pages: Pages,
  options: {
    readonly onServer?: (app: HttpServer) => void;
    readonly authenticate?: Gate['authenticate'];
    readonly storeAnswersWithinMs?: number;
  } = {},
): Promise<ComposedApp> {
  const { selected, gate } = await buildServices(context, names, pages);
  const app = await createHttpServer({
    config: context.config,
    log: context.log,
    store: context.store,
    clock: context.clock,
    news: newsOf(context.db),
    storeAnswersWithinMs: options.storeAnswersWithinMs,
    gate: options.authenticate ? { ...gate, authenticate: options.authenticate } : gate,
    readiness: {
      database: () => context.database.pool.query('SELECT 1'),
      store: () => context.store.ping(),
      disk: () => mustHaveRoom(context.config),
    },
    metrics: metricsText,
    errorPage: (problem, locale) => pages.idpPages.error({ problem }, { locale, path: '' }),
    apiPage: (document, view) => pages.apiDocs({ document, origin: context.config.url.origin }, view),
  });
  options.onServer?.(app);
  for (const service of selected) addRoutes(app, service.routes?.() ?? []);
  addRoutes(app, ledgerRoutes(context));
  if (names.includes('console')) addRoutes(app, await screenRoutes(pages.client, { isDemo: context.config.seedsDemo }));
  return { app, services: selected };
}

/** The embedded database's disk; of a database elsewhere its own machine knows. */
async function mustHaveRoom({ databaseUrl, dataDirectory }: Config): Promise<void> {
  const free = databaseUrl ? undefined : await freeBytes(dataDirectory);
  if (free !== undefined && free < leastFreeBytes) throw new Error(`${free} bytes free in ${dataDirectory}`);
}

/** A segment of PostgreSQL's log and a little: below it writing fails at any moment. */
const leastFreeBytes = 32 * 1024 ** 2;
