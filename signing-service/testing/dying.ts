import process from 'node:process';
import type pg from 'pg';

/** Kills this process before the n-th statement of the pool, counted from `begin` on; never when it is zero. To be called before its first connection. */
export function dyingBefore(pool: pg.Pool, n: number): { begin(): void } {
  let statements = Number.NEGATIVE_INFINITY;
  pool.on('connect', (client: pg.PoolClient) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown;
    // biome-ignore lint/suspicious/noExplicitAny: pg's overloads are passed through as they come
    (client as any).query = (...given: unknown[]) => {
      statements += 1;
      if (statements === n) process.kill(process.pid, 'SIGKILL');
      return query(...given);
    };
  });
  return {
    begin: () => {
      statements = 0;
    },
  };
}
