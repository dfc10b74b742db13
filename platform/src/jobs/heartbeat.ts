import type { Pool, PoolClient } from 'pg';
import { kyselyOn, statement } from '../database/database.ts';
import type { Logger } from '../log.ts';

/** How often a worker says that it lives, and after how long of silence it counts as dead. */
export interface Heartbeat {
  readonly everyMs: number;
  /** Of one whose connection stands: the process is there, stopped or busy, or its machine is cut off. Below a minute (J2). */
  readonly deadAfterMs: number;
  /** Of one whose connection is gone, as that of a killed process is at once. Default two beats. */
  readonly goneAfterMs?: number;
}

const usual: Heartbeat = { everyMs: 4_000, deadAfterMs: 40_000 };

/** A lock of the session by a worker's id: its connection says that its process is there. */
const keyOf = (id: string) => `hashtextextended('edutrust.worker.' || ${id}, 0)`;

/** Taken on the connection that a worker listens on as long as it runs, anew when that one was lost. Says nothing of whoever stopped in order. */
export const holdLife = (client: Pick<PoolClient, 'query'>, workerId: string) =>
  client.query(`SELECT pg_try_advisory_lock(${keyOf('$1::text')})`, [workerId]);

const dead = (silenceMs: string, goneMs: string) => `
  SELECT DISTINCT locked.id FROM (
    SELECT locked_by AS id, locked_at FROM graphile_worker._private_jobs WHERE locked_by IS NOT NULL
    UNION ALL
    SELECT locked_by, locked_at FROM graphile_worker._private_job_queues WHERE locked_by IS NOT NULL
  ) AS locked,
  (SELECT make_interval(secs => ${silenceMs}::float8 / 1000) AS length, make_interval(secs => ${goneMs}::float8 / 1000) AS gone) AS silence
  WHERE locked_at <= now() - least(length, gone)
    AND NOT EXISTS (SELECT FROM platform.worker AS w WHERE w.id = locked.id AND w.seen_at > now() - least(length, gone))
    AND NOT EXISTS (
      SELECT FROM platform.worker AS w JOIN pg_locks AS l ON l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
        AND (l.classid::int8 << 32 | l.objid::int8) = ${keyOf('w.id')}
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      WHERE w.id = locked.id AND w.seen_at > now() - length)`;

/**
 * Says that the worker lives, which this statement does not see yet of itself, and asks who else is dead and how many jobs could begin, in one round trip. Nobody waits for it,
 * so its commit waits for nothing: what a power cut loses comes again in seconds.
 */
const sayAlive = statement<
  { dead: string[]; due: number },
  [workerId: string, deadAfterMs: number, tasks: readonly string[], mostDue: number, goneAfterMs: number]
>(
  'platform.worker-alive',
  `WITH alive AS (
     INSERT INTO platform.worker (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET seen_at = now()
     RETURNING set_config('synchronous_commit', 'off', true))
   SELECT ARRAY(${dead('$2', '$5')} AND locked.id <> $1) AS dead, (SELECT count(*) FROM (
       SELECT FROM graphile_worker._private_jobs AS j JOIN graphile_worker._private_tasks AS t ON t.id = j.task_id
       WHERE j.is_available AND j.run_at <= now() AND t.identifier = ANY($3::text[]) LIMIT $4) AS one) AS due
   FROM alive`,
);

const findDead = statement<{ id: string }, [deadAfterMs: number]>('platform.worker-dead', dead('$1', '$1'));

/** A worker with its own tasks. */
export interface Living {
  readonly pool: Pool;
  readonly workerId: string;
  readonly tasks: readonly string[];
  readonly concurrency: number;
  /** Has so many idle workers look for a job now. */
  readonly nudge: (count: number) => unknown;
  readonly log: Logger;
  readonly heartbeat?: Heartbeat;
}

/**
 * Keeps a worker known as alive, gives back what dead ones hold, and wakes it for jobs whose time has come (ADR 0390). graphile-worker
 * itself waits four hours for the dead, because it cannot know, and has each of its workers ask for jobs by itself. By the
 * database's clock: those of the machines may differ.
 */
export async function startHeartbeat({
  pool,
  workerId,
  tasks,
  concurrency,
  nudge,
  log,
  heartbeat = usual,
}: Living): Promise<{ stop(): Promise<void> }> {
  const db = kyselyOn(pool);
  const beat = async () => {
    const { everyMs, deadAfterMs, goneAfterMs = 2 * everyMs } = heartbeat;
    const [found] = await sayAlive(db, workerId, deadAfterMs, tasks, concurrency, goneAfterMs);
    if (!found) return;
    await giveBack(pool, found.dead, log);
    // What was just given back waits for nobody's next beat.
    if (found.due > 0 || found.dead.length > 0) nudge(found.dead.length > 0 ? concurrency : found.due);
  };
  await pool.query('INSERT INTO platform.worker (id) VALUES ($1)', [workerId]);
  let underWay = Promise.resolve();
  const timer = setInterval(() => {
    underWay = underWay
      .then(beat)
      .catch((error: unknown) => log.warn({ code: (error as { code?: string }).code }, 'a heartbeat was missed'));
  }, heartbeat.everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await underWay;
      await pool.query('DELETE FROM platform.worker WHERE id = $1', [workerId]).catch(() => undefined);
    },
  };
}

/** Before this process starts its workers, when no other can be at work on the database: everything locked is free. */
export async function giveBackAllJobs(pool: Pool, log: Logger): Promise<void> {
  await pool.query('DELETE FROM platform.worker');
  const rows = await findDead(kyselyOn(pool), 0);
  await giveBack(
    pool,
    rows.map(({ id }) => id),
    log,
  );
}

async function giveBack(pool: Pool, dead: readonly string[], log: Logger): Promise<void> {
  if (dead.length === 0) return;
  await pool.query('SELECT graphile_worker.force_unlock_workers($1::text[])', [dead]);
  await pool.query(`DELETE FROM platform.worker WHERE id = ANY($1::text[]) OR seen_at < now() - interval '1 day'`, [
    dead,
  ]);
  log.warn({ workers: dead.length }, 'jobs of processes that died were given back');
}
