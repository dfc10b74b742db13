import type { Pool } from 'pg';
import type { ShortLivedStore } from './short-lived-store.ts';

/** The store in an UNLOGGED table: gone after a database crash, which by contract breaks no promise. */
export function createPostgresStore(pool: Pool): ShortLivedStore {
  const expiry = 'now() + make_interval(secs => $3)';
  return {
    put: async (key, value, lifetimeSeconds) => {
      await pool.query(
        `INSERT INTO platform.short_lived (key, value, expires_at) VALUES ($1, $2, ${expiry})
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
        [key, JSON.stringify(value), lifetimeSeconds],
      );
    },
    putIfAbsent: async (key, value, lifetimeSeconds) => {
      const { rowCount } = await pool.query(
        `INSERT INTO platform.short_lived AS held (key, value, expires_at) VALUES ($1, $2, ${expiry})
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
         WHERE held.expires_at <= now()`,
        [key, JSON.stringify(value), lifetimeSeconds],
      );
      return rowCount === 1;
    },
    get: async <Value>(key: string) => {
      const { rows } = await pool.query<{ value: Value }>(
        'SELECT value FROM platform.short_lived WHERE key = $1 AND expires_at > now()',
        [key],
      );
      return rows[0]?.value;
    },
    take: async <Value>(key: string) => {
      const { rows } = await pool.query<{ value: Value; live: boolean }>(
        'DELETE FROM platform.short_lived WHERE key = $1 RETURNING value, expires_at > now() AS live',
        [key],
      );
      return rows[0]?.live ? rows[0].value : undefined;
    },
    delete: async (key) => {
      await pool.query('DELETE FROM platform.short_lived WHERE key = $1', [key]);
    },
    increment: async (key, lifetimeSeconds, by = 1) => {
      const { rows } = await pool.query<{ count: number }>(
        `INSERT INTO platform.short_lived AS held (key, value, expires_at) VALUES ($1, to_jsonb($3::bigint), now() + make_interval(secs => $2))
         ON CONFLICT (key) DO UPDATE SET
           value = CASE WHEN held.expires_at > now() THEN to_jsonb(held.value::bigint + $3) ELSE excluded.value END,
           expires_at = CASE WHEN held.expires_at > now() THEN held.expires_at ELSE excluded.expires_at END
         RETURNING value::bigint AS count`,
        [key, lifetimeSeconds, by],
      );
      return Number(rows[0]?.count);
    },
    ping: async () => {
      await pool.query('SELECT 1');
    },
    close: async () => undefined, // the pool belongs to the database
  };
}

/** Removes what has expired; run by a scheduled job. */
export async function sweepPostgresStore(pool: Pool): Promise<void> {
  await pool.query('DELETE FROM platform.short_lived WHERE expires_at < now()');
}
