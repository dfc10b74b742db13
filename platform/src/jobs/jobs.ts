import { parseCronItems, run, runMigrations, Logger as WorkerLogger } from 'graphile-worker';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import type { Logger } from '../context.ts';
import type { Transaction } from '../database/database.ts';
import type { Json } from '../events/events.ts';

export interface EnqueueOptions {
  /** Jobs of one named queue run one after another. */
  readonly queue?: string;
  readonly runAt?: Date;
  /** A second job with the same key replaces the first while it waits. */
  readonly key?: string;
  /** Default 25, with growing pauses between: about three days. */
  readonly maxAttempts?: number;
}

/** Work that outlives a request, run by graphile-worker at least once: handlers are idempotent. */
export interface Jobs {
  /** Enqueues in the caller's transaction: the job exists exactly when the effect does. */
  enqueue(
    transaction: Transaction,
    task: string,
    payload: { [key: string]: Json },
    options?: EnqueueOptions,
  ): Promise<void>;
}

export type TaskHandlers = Readonly<Record<string, (payload: { [key: string]: Json }) => Promise<void>>>;

/** The text under a name in a payload that we made ourselves; anything else is a bug of ours. */
export function payloadText(payload: { [key: string]: Json }, name: string): string {
  const value = payload[name];
  if (typeof value !== 'string') throw new TypeError(`a job without ${name}`);
  return value;
}

/** Brings graphile-worker's own schema up to date. Safe for several processes at once: it locks. */
export async function migrateJobs(pool: Pool): Promise<void> {
  await runMigrations({ pgPool: pool });
}

export function createJobs(): Jobs {
  return {
    enqueue: async (transaction, task, payload, { queue, runAt, key, maxAttempts } = {}) => {
      await sql`SELECT graphile_worker.add_job(
        ${task}, payload => ${JSON.stringify(payload)}::json, queue_name => ${queue ?? null},
        run_at => ${runAt ?? null}::timestamptz, max_attempts => ${maxAttempts ?? null}::int, job_key => ${key ?? null}
      )`.execute(transaction);
    },
  };
}

export interface WorkerOptions {
  readonly pool: Pool;
  readonly handlers: TaskHandlers;
  /** Task → cron pattern (UTC, five fields). */
  readonly schedule?: Readonly<Record<string, string>>;
  readonly concurrency: number;
  readonly log: Logger;
}

/** Runs the jobs whose handlers this process has, until it is stopped; a job under way is finished first. */
export async function startWorker({
  pool,
  handlers,
  schedule,
  concurrency,
  log,
}: WorkerOptions): Promise<{ stop(): Promise<void> }> {
  const taskList = Object.fromEntries(
    Object.entries(handlers).map(([name, handle]) => [
      name,
      (payload: unknown) => handle(payload as { [key: string]: Json }),
    ]),
  );
  const parsedCronItems = parseCronItems(
    Object.entries(schedule ?? {}).map(([task, match]) => ({ task, match, identifier: task })),
  );
  const runner = await run({
    pgPool: pool,
    taskList,
    parsedCronItems,
    concurrency,
    pollInterval: 1_000,
    noHandleSignals: true,
    // Only what went wrong, and of that the task and the reason: payloads stay out of logs.
    logger: new WorkerLogger(() => (level, message) => {
      if (level === 'error') log.error({ worker: message.slice(0, 500) }, 'job');
      else if (level === 'warning') log.warn({ worker: message.slice(0, 500) }, 'job');
    }),
  });
  return { stop: () => runner.stop() };
}
