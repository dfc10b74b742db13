import type { Pool } from 'pg';
import { kyselyOn, statement } from '../database/database.ts';
import type { Logger } from '../log.ts';

/** How often a worker says that it lives, and after how long of silence it counts as dead. */
export interface Heartbeat {
  readonly everyMs: number;
  readonly deadAfterMs: number;
}

/** Together below a minute: a job of a dead process runs again within it (J2). */
const usual: Heartbeat = { everyMs: 8_000, deadAfterMs: 40_000 };

const dead = (silenceMs: string) => `
  SELECT DISTINCT locked.id FROM (
    SELECT locked_by AS id, locked_at FROM graphile_worker._private_jobs WHERE locked_by IS NOT NULL
    UNION ALL
    SELECT locked_by, locked_at FROM graphile_worker._private_job_queues WHERE locked_by IS NOT NULL
  ) AS locked, (SELECT make_interval(secs => ${silenceMs}::float8 / 1000) AS length) AS silence
  WHERE locked_at <= now() - length
    AND NOT EXISTS (SELECT FROM platform.worker AS w WHERE w.id = locked.id AND w.seen_at > now() - length)`;

/**
 * Says that the worker lives, and asks who is dead and how many jobs could begin, in one round trip. Nobody waits for it,
 * so its commit waits for nothing: what a power cut loses comes again in seconds.
 */
const sayAlive = statement<
  { dead: string[]; due: number },
  [workerId: string, deadAfterMs: number, tasks: readonly string[], mostDue: number]
>(
  'platform.worker-alive',
  `WITH alive AS (
     INSERT INTO platform.worker (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET seen_at = now()
     RETURNING set_config('synchronous_commit', 'off', true))
   SELECT ARRAY(${dead('$2')}) AS dead, (SELECT count(*) FROM (
       SELECT FROM graphile_worker._private_jobs AS j JOIN graphile_worker._private_tasks AS t ON t.id = j.task_id
       WHERE j.is_available AND j.run_at <= now() AND t.identifier = ANY($3::text[]) LIMIT $4) AS one) AS due
   FROM alive`,
);

const findDead = statement<{ id: string }, [deadAfterMs: number]>('platform.worker-dead', dead('$1'));

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
 * Keeps a worker known as alive, gives back what dead ones hold, and wakes it for jobs whose time has come. graphile-worker
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
    const [found] = await sayAlive(db, workerId, heartbeat.deadAfterMs, tasks, concurrency);
    if (!found) return;
    await giveBack(pool, found.dead, log);
    if (found.due > 0) nudge(found.due);
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
