import type { Pool } from 'pg';
import type { Logger } from '../log.ts';

/** How often a worker says that it lives, and after how long of silence it counts as dead. */
export interface Heartbeat {
  readonly everyMs: number;
  readonly deadAfterMs: number;
}

/** Together below a minute: a job of a dead process runs again within it (J2). */
const usual: Heartbeat = { everyMs: 10_000, deadAfterMs: 40_000 };

/**
 * Keeps a worker known as alive, and gives back what dead ones hold. graphile-worker itself waits four hours, because it
 * cannot know. By the database's clock: those of the machines may differ.
 */
export async function startHeartbeat({
  pool,
  workerId,
  log,
  heartbeat = usual,
}: {
  readonly pool: Pool;
  readonly workerId: string;
  readonly log: Logger;
  readonly heartbeat?: Heartbeat;
}): Promise<{ stop(): Promise<void> }> {
  const beat = async () => {
    // Nobody waits for it, so its commit waits for nothing: what a power cut loses comes again in seconds.
    await pool.query(
      `INSERT INTO platform.worker (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET seen_at = now()
       RETURNING set_config('synchronous_commit', 'off', true)`,
      [workerId],
    );
    await giveBack(pool, heartbeat.deadAfterMs, log);
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
  await giveBack(pool, 0, log);
}

async function giveBack(pool: Pool, deadAfterMs: number, log: Logger): Promise<void> {
  const { rows } = await pool.query<{ id: string }>(
    `WITH locked AS (
       SELECT locked_by AS id, locked_at FROM graphile_worker._private_jobs WHERE locked_by IS NOT NULL
       UNION ALL
       SELECT locked_by, locked_at FROM graphile_worker._private_job_queues WHERE locked_by IS NOT NULL
     ), silence AS (SELECT make_interval(secs => $1::float8 / 1000) AS length)
     SELECT DISTINCT id FROM locked, silence WHERE locked_at <= now() - length
       AND NOT EXISTS (SELECT FROM platform.worker AS w WHERE w.id = locked.id AND w.seen_at > now() - length)`,
    [deadAfterMs],
  );
  if (rows.length === 0) return;
  const dead = rows.map(({ id }) => id);
  await pool.query('SELECT graphile_worker.force_unlock_workers($1::text[])', [dead]);
  await pool.query(`DELETE FROM platform.worker WHERE id = ANY($1::text[]) OR seen_at < now() - interval '1 day'`, [
    dead,
  ]);
  log.warn({ workers: dead.length }, 'jobs of processes that died were given back');
}
