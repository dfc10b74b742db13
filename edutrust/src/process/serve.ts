import { once } from 'node:events';
import type { Config } from '@edutrust/platform/config';
import { Conflict } from '@edutrust/platform/errors';
import { type App, createHttpServer } from '@edutrust/platform/http';
import { startWorker } from '@edutrust/platform/jobs';
import { addLedgerRoutes } from '@edutrust/platform/ledger';
import { metricsText } from '@edutrust/platform/metrics';
import type { Service } from '@edutrust/platform/service';
import { pino } from 'pino';
import type { Output } from '../output.ts';
import { type OpenContext, openContext } from './context.ts';
import { greet, prepareFirstStart } from './first-start.ts';
import { addScreens, loadPages } from './screens.ts';
import { buildServices, type ServiceName } from './services.ts';

/** Serves until SIGINT or SIGTERM, then finishes what is under way and lets go in order. */
export async function serve(config: Config, names: readonly ServiceName[], output: Output): Promise<void> {
  // stderr: what the start says to the person goes to stdout
  const log = pino(
    { level: config.logLevel, redact: ['req.headers.authorization', 'req.headers.cookie'] },
    pino.destination(2),
  );
  const stopped = untilStopped();
  const pages = await loadPages();
  const context = await openContext(config, log, { serves: true });
  const closers: (() => Promise<void>)[] = [() => context.close()];
  try {
    const welcome = await prepareFirstStart(context, output);
    const { selected, gate } = await buildServices(context, names, pages);
    const app = await createHttpServer({
      config,
      log,
      gate,
      readiness: { database: () => context.database.pool.query('SELECT 1'), store: () => context.store.ping() },
      metrics: metricsText,
      errorPage: (problem, locale) => pages.idpPages.error({ problem }, { locale, path: '' }),
    });
    for (const service of selected) await service.routes?.(app);
    addLedgerRoutes(app, context);
    if (names.includes('console')) await addScreens(app);
    await listen(app, config);
    closers.push(() => app.close());
    closers.push(await startBackground(context, selected));
    greet(config, output, welcome);
    await stopped;
  } finally {
    for (const close of closers.reverse())
      await close().catch((error: unknown) => log.error({ err: error }, 'shutdown'));
  }
}

async function listen(app: App, { host, port }: Config): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Conflict(
      'serve/port-taken',
      { vi: `Cổng ${port} của ${host} đang được dùng.`, en: `Port ${port} of ${host} is taken.` },
      {
        remedy: {
          vi: 'Dừng chương trình kia, hoặc đặt EDUTRUST_URL (và EDUTRUST_PORT) sang cổng khác.',
          en: 'Stop the other program, or set EDUTRUST_URL (and EDUTRUST_PORT) to another port.',
        },
      },
    );
  }
}

/** Starts the sequencer, the worker and what services run beside requests; gives what stops them. */
async function startBackground(context: OpenContext, services: readonly Service[]): Promise<() => Promise<void>> {
  const { database, log, ledger } = context;
  const sequencer = await ledger.start();
  const handlers = Object.assign({}, ...services.map((service) => service.tasks ?? {}));
  const worker = await startWorker({ pool: database.pool, handlers, concurrency: 4, log });
  for (const service of services) await service.start?.();
  return async () => {
    for (const service of services) await service.close?.();
    await worker.stop();
    await sequencer.stop();
  };
}

async function untilStopped(): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}
