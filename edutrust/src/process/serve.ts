import { once } from 'node:events';
import type { Config } from '@edutrust/platform/config';
import { Conflict } from '@edutrust/platform/errors';
import type { App } from '@edutrust/platform/http';
import { startWorker, type TaskHandlers } from '@edutrust/platform/jobs';
import { mailTasks } from '@edutrust/platform/mail';
import type { Service } from '@edutrust/platform/service';
import { sweepPostgresStore } from '@edutrust/platform/store';
import { pino } from 'pino';
import type { Output } from '../output.ts';
import { composeApp } from './app.ts';
import { type OpenContext, openContext } from './context.ts';
import { greet, prepareFirstStart } from './first-start.ts';
import { loadPages } from './screens.ts';
import type { ServiceName } from './service-names.ts';

/** Serves until SIGINT or SIGTERM, then finishes what is under way and lets go in order. */
export async function serve(config: Config, names: readonly ServiceName[], output: Output): Promise<void> {
  // stderr: what the start says to the person goes to stdout
  const log = pino(
    { level: config.logLevel, redact: ['req.headers.authorization', 'req.headers.cookie'] },
    pino.destination(2),
  );
  const stopped = untilStopped();
  const pages = await loadPages(config.dataDirectory);
  const context = await openContext(config, log, { serves: true });
  const closers: (() => Promise<void>)[] = [() => context.close()];
  try {
    const welcome = await prepareFirstStart(context, output);
    const { app, services } = await composeApp(context, names, pages);
    await listen(app, config);
    closers.push(() => app.close());
    await startBackground(context, services, closers);
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

/** Starts the sequencer, the worker and what services run beside requests; adds what stops each. */
async function startBackground(
  context: OpenContext,
  services: readonly Service[],
  closers: (() => Promise<void>)[],
): Promise<void> {
  const { database, log, ledger } = context;
  const sequencer = ledger.start();
  closers.push(() => sequencer.stop());
  const sweep = 'platform.sweep-store';
  const handlers: TaskHandlers = Object.assign(
    { [sweep]: () => sweepPostgresStore(database.pool) },
    mailTasks(context.config, context.db),
    ...services.map((service) => service.tasks ?? {}),
  );
  const schedule = Object.assign({ [sweep]: '*/10 * * * *' }, ...services.map((service) => service.schedule ?? {}));
  const worker = await startWorker({ pool: database.pool, handlers, schedule, concurrency: 4, log });
  closers.push(() => worker.stop());
  for (const service of services) {
    closers.push(async () => service.close?.());
    await service.start?.();
  }
}

async function untilStopped(): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}
