import { once } from 'node:events';
import process from 'node:process';
import type { Config } from '@edutrust/platform/config';
import { Conflict } from '@edutrust/platform/errors';
import type { HttpServer } from '@edutrust/platform/http';
import { giveBackAllJobs, startWorker, type TaskHandlers } from '@edutrust/platform/jobs';
import type { Logger } from '@edutrust/platform/log';
import { createLogger } from '@edutrust/platform/logging';
import { mailTasks } from '@edutrust/platform/mail';
import { dropHandledEvents } from '@edutrust/platform/outbox';
import { applyRetention } from '@edutrust/platform/retention';
import type { Service } from '@edutrust/platform/service';
import { startSiem } from '@edutrust/platform/siem';
import { sweepPostgresStore } from '@edutrust/platform/store';
import type { Output } from '../output.ts';
import { raiseAlarms } from './alarms.ts';
import { composeApp } from './app.ts';
import { type OpenContext, openContext } from './context.ts';
import { addFigures } from './figures.ts';
import { greet, prepareFirstStart } from './first-start.ts';
import { loadPages } from './screens.ts';
import type { ServiceName } from './service-names.ts';
import { startOutsideCopies, startWitnesses } from './witness.ts';

/** From the signal to the end of the process, whatever is open (E12): Kubernetes kills after 30 seconds. */
const shutdownMs = 18_000;

/** What ends a process, in the order in which it is done; what stands in one list ends at once. */
interface Ending {
  /** Requests, readers and jobs: what is under way is finished. */
  readonly work: (() => Promise<void>)[];
  /** The sequencer and the witness: what was acknowledged last is covered. */
  readonly log: (() => Promise<void>)[];
  /** The database and the store. */
  readonly ground: (() => Promise<void>)[];
}

/** Serves until SIGINT or SIGTERM, then finishes what is under way and lets go in order. */
export async function serve(config: Config, names: readonly ServiceName[], output: Output): Promise<void> {
  const log = createLogger(config.logLevel);
  const stopped = untilStopped();
  const pages = await loadPages(config.dataDirectory);
  const context = await openContext(config, log, { serves: true });
  const ending: Ending = { work: [], log: [], ground: [() => context.close()] };
  try {
    const welcome = await prepareFirstStart(context, output);
    const { app, services } = await composeApp(context, names, pages);
    await listen(app, config);
    ending.work.push(() => app.close());
    await startBackground(context, services, ending);
    greet(config, output, welcome);
    await stopped;
  } finally {
    await end(ending, log);
  }
}

async function end({ work, log: logs, ground }: Ending, log: Logger): Promise<void> {
  // What hangs is interrupted: its job is given back, its request was answered 503 or its client asks again.
  const late = setTimeout(() => {
    log.warn('shutdown took too long; what was still under way is interrupted');
    process.exit();
  }, shutdownMs);
  for (const stage of [work, logs, ground]) {
    await Promise.all(stage.map((close) => close().catch((error: unknown) => log.error({ err: error }, 'shutdown'))));
  }
  clearTimeout(late);
}

async function listen(app: HttpServer, { host, port }: Config): Promise<void> {
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

/** Starts the sequencer, the workers and what services run beside requests; adds what stops each. */
async function startBackground(context: OpenContext, services: readonly Service[], ending: Ending): Promise<void> {
  const { database, log, ledger, config } = context;
  const sequencer = ledger.start();
  ending.log.push(() => sequencer.stop());
  const outsideCopies = startOutsideCopies(context);
  if (outsideCopies) ending.log.push(() => outsideCopies.stop());
  const witnesses = await startWitnesses(context);
  if (witnesses) ending.work.push(() => witnesses.stop());
  const siem = startSiem(context);
  if (siem) ending.work.push(() => siem.stop());
  addFigures(context);
  const sweep = 'platform.sweep-store';
  const alarmTask = 'platform.raise-alarms';
  const retentionTask = 'platform.apply-retention';
  const rules = services.flatMap(({ retention = [] }) => retention);
  const handlers: TaskHandlers = Object.assign(
    {
      [sweep]: () => sweepGround(context),
      [alarmTask]: () => raiseAlarms(context),
      [retentionTask]: () => applyRetention(context, rules),
    },
    ...services.map((service) => service.tasks ?? {}),
  );
  const schedule: Record<string, string> = Object.assign(
    { [sweep]: '*/10 * * * *', [alarmTask]: '3,13,23,33,43,53 * * * *', [retentionTask]: '0 20 * * *' }, // 3:00 in Vietnam
    ...services.map((service) => service.schedule ?? {}),
  );
  // The embedded database is served by one process, which is this one.
  if (!config.databaseUrl) await giveBackAllJobs(database.pool, log);
  const outside = [await mailTasks(config, context.db), ...services.map((service) => service.outsideTasks ?? {})];
  for (const [index, tasks] of [handlers, ...outside].entries()) {
    if (Object.keys(tasks).length === 0) continue;
    const own = Object.fromEntries(Object.entries(schedule).filter(([task]) => task in tasks));
    const concurrency = index === 0 ? 4 : 6; // outside they wait, here they work
    const worker = await startWorker({ pool: database.pool, handlers: tasks, schedule: own, concurrency, log });
    ending.work.push(() => worker.stop());
  }
  for (const service of services) {
    ending.work.push(async () => service.close?.());
    await service.start?.();
  }
}

async function sweepGround({ database, db }: OpenContext): Promise<void> {
  await sweepPostgresStore(database.pool);
  await dropHandledEvents(db);
}

async function untilStopped(): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}
