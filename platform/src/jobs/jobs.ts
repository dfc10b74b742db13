import { EventEmitter } from 'node:events';
import type { WorkerEvents, WorkerPool } from 'graphile-worker';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import type { Database, Transaction } from '../database/database.ts';
import type { Json } from '../json.ts';
import type { Logger } from '../log.ts';
import { type Heartbeat, holdLife, startHeartbeat } from './heartbeat.ts';

export { giveBackAllJobs } from './heartbeat.ts';

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

/**
 * What does a job, by task. A handler returns when the effect is there, and throws when it is not: a job is gone only
 * then (J1), and comes again with growing pauses otherwise.
 */
export type TaskHandlers = Readonly<Record<string, (payload: { [key: string]: Json }) => Promise<void>>>;

/** The text under a name in a payload that we made ourselves; anything else is a bug of ours. */
export function payloadText(payload: { [key: string]: Json }, name: string): string {
  const value = payload[name];
  if (typeof value !== 'string') throw new TypeError(`a job without ${name}`);
  return value;
}

/** Brings graphile-worker's own schema up to date. Safe for several processes at once: it locks. */
export async function migrateJobs(pool: Pool): Promise<void> {
  const { runMigrations } = await import('graphile-worker');
  await runMigrations({ pgPool: pool });
}

/** Gives jobs that have used up their tries all of them again; gives how many. */
export async function retryDeadJobs(pool: Pool, task?: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*) AS count FROM graphile_worker.reschedule_jobs(
       (SELECT coalesce(array_agg(id), '{}') FROM graphile_worker.jobs
        WHERE attempts >= max_attempts AND locked_at IS NULL AND ($1::text IS NULL OR task_identifier = $1)),
       run_at => now(), attempts => 0)`,
    [task ?? null],
  );
  return rows[0]?.count ?? 0;
}

/** Jobs that failed so far: how many are tried again, how many gave up, and what the latest one said. */
export interface FailingJobs {
  readonly retrying: number;
  readonly givenUp: number;
  readonly lastError: string | null;
}

/** Of the task's jobs those whose payload has the text under the name. */
export async function failingJobs(db: Database, task: string, name: string, text: string): Promise<FailingJobs> {
  const { rows } = await sql<FailingJobs>`
    SELECT count(*) FILTER (WHERE attempts < max_attempts)::int AS retrying,
      count(*) FILTER (WHERE attempts >= max_attempts)::int AS "givenUp",
      (array_agg(last_error ORDER BY updated_at DESC))[1] AS "lastError"
    FROM graphile_worker._private_jobs AS j JOIN graphile_worker._private_tasks AS t ON t.id = j.task_id
    WHERE t.identifier = ${task} AND j.last_error IS NOT NULL AND j.payload->>${name} = ${text}`.execute(db);
  return rows[0] ?? { retrying: 0, givenUp: 0, lastError: null };
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
  /** Shorter in tests. */
  readonly heartbeat?: Heartbeat;
}

/**
 * Runs the jobs whose handlers this process has, until it is stopped; a job under way is finished first. Jobs of a
 * process that died are given back in seconds, of a machine that is cut off within a minute (J2).
 */
export async function startWorker({
  pool,
  handlers,
  schedule,
  concurrency,
  log,
  heartbeat,
}: WorkerOptions): Promise<{ stop(): Promise<void> }> {
  const { Logger: WorkerLogger, parseCronItems, run } = await import('graphile-worker');
  const taskList = Object.fromEntries(
    Object.entries(handlers).map(([name, handle]) => [
      name,
      (payload: unknown) => handle(payload as { [key: string]: Json }),
    ]),
  );
  const parsedCronItems = parseCronItems(
    Object.entries(schedule ?? {}).map(([task, match]) => ({ task, match, identifier: task })),
  );
  const events: WorkerEvents = new EventEmitter();
  let isStopping = false;
  let made: WorkerPool | undefined;
  events.on('pool:create', ({ workerPool }) => {
    made = workerPool;
  });
  // Its connection for news is there as long as the process is; it begins by listening.
  const isLost = (error: unknown) => log.warn({ code: (error as { code?: string }).code }, 'a connection was lost');
  events.on('pool:listen:success', ({ workerPool, client }) =>
    client.once('drain', () => void holdLife(client, workerPool.id).catch(isLost)),
  );
  const runner = await run({
    events,
    pgPool: pool,
    taskList,
    parsedCronItems,
    concurrency,
    pollInterval: 5 * 60_000, // a job is announced when it is enqueued; the heartbeat looks for what runs later
    noHandleSignals: true,
    // Only what went wrong, and of that the task and the error: payloads and what they name stay out of logs.
    logger: new WorkerLogger(() => (level, message, meta) => {
      const job = meta?.job as { task_identifier?: string; attempts?: number } | undefined;
      const error = meta?.error ?? meta?.fatalError;
      const about = job
        ? { task: job.task_identifier, attempt: job.attempts, err: error }
        : { worker: message.slice(0, 200) };
      if (level === 'error') log.error(about, 'job');
      else if (level === 'warning') log.warn(about, 'job');
    }),
  });
  const heart = await startHeartbeat({
    pool,
    workerId: made?.id ?? '', // what its jobs are locked by
    tasks: Object.keys(handlers),
    concurrency,
    nudge: (count) => isStopping || made?.nudge(count),
    log,
    ...(heartbeat ? { heartbeat } : {}),
  });
  return {
    stop: async () => {
      isStopping = true;
      await runner.stop();
      await heart.stop();
    },
  };
}
