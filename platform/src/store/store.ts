import type { Pool } from 'pg';
import type { Config } from '../config/config.ts';
import type { Logger } from '../log.ts';
import { createPostgresStore } from './postgres.ts';
import type { ShortLivedStore } from './short-lived-store.ts';
import { withFallback } from './with-fallback.ts';

export { attestedStore } from './attested.ts';
export { once } from './once.ts';
export { sweepPostgresStore } from './postgres.ts';
export type { ShortLivedStore } from './short-lived-store.ts';

/** The configured store: Redis at `REDIS_URL`, for which PostgreSQL takes over while it is away; else PostgreSQL. */
export async function openStore(config: Pick<Config, 'redisUrl'>, pool: Pool, log?: Logger): Promise<ShortLivedStore> {
  const postgres = createPostgresStore(pool);
  if (!config.redisUrl) return postgres;
  const { openRedisStore } = await import('./redis.ts'); // 300 files that an installation without Redis does not read
  return withFallback(await openRedisStore(config.redisUrl, log), postgres, log);
}
