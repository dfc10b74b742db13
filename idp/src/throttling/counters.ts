import { type Database, statement } from '@edutrust/platform/database';

/** Beyond the free tries each further one waits twice as long, up to this. Slow, never locked (R1). */
const longestWaitSeconds = 900;
/** Forgotten after this long without a try. */
const forgetSeconds = 24 * 3600;

/** The wrong tries in a row of one account from one kind of place; a row of `idp.throttle` once there is one. */
export interface Counter {
  readonly key: Buffer;
  /** So many tries wait for nothing. */
  readonly free: number;
}

/** Those that a try must pass, the narrowest first: it alone remembers a stranger who goes on. */
export type Counters = readonly [Counter] | readonly [narrow: Counter, wide: Counter];

/**
 * One more try of the counter `key`, unless it has to wait. No wait is no time at all: two tries at once are not in each
 * other's way.
 */
const countInto = (key: string, free: string, from: string) => `
  INSERT INTO idp.throttle AS t (key, person_id, failures, blocked_until, last_at)
  SELECT ${key}::bytea, $1::uuid, 1, '-infinity', now() ${from}
  ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN t.last_at < now() - make_interval(secs => $2) THEN 1 ELSE t.failures + 1 END,
    last_at = now(),
    blocked_until = CASE
      WHEN t.failures < ${free}::int OR t.last_at < now() - make_interval(secs => $2) THEN '-infinity'
      ELSE now() + make_interval(secs => least($3::int, 2 ^ least(t.failures - ${free}::int, 20))) END
  WHERE t.blocked_until <= now()
  RETURNING failures`;

/**
 * Counts in the first and, when that let it pass, in the second; null where it has to wait. The commit does not wait for
 * the disk: a power cut loses the tries of half a second, and the sign-in that follows a right one waits.
 */
const count = statement<
  { first: number | null; second: number | null },
  [
    personId: string | null,
    forgetSeconds: number,
    longestWaitSeconds: number,
    firstKey: Buffer,
    firstFree: number,
    secondKey: Buffer | null,
    secondFree: number,
  ]
>(
  'idp.throttle-count',
  `WITH first AS (${countInto('$4', '$5', '')}),
     second AS (${countInto('$6', '$7', 'FROM first WHERE $6::bytea IS NOT NULL')})
   SELECT (SELECT failures FROM first) AS first, (SELECT failures FROM second) AS second,
     set_config('synchronous_commit', 'off', true)`,
);
const forget = statement<never, [keys: readonly Buffer[]]>(
  'idp.throttle-forget',
  `WITH gone AS (DELETE FROM idp.throttle WHERE key = ANY($1))
   SELECT WHERE set_config('synchronous_commit', 'off', true) IS NULL`,
);
const secondsBlocked = statement<{ seconds: number | null }, [keys: readonly Buffer[]]>(
  'idp.throttle-blocked',
  `SELECT ceil(extract(epoch FROM max(blocked_until) - now()))::int AS seconds FROM idp.throttle
   WHERE key = ANY($1) AND blocked_until > now()`,
);

/**
 * Counts one more try in each, as far as none has to wait; gives how many there were in a row in the last, and undefined
 * when the try has to wait.
 */
export async function countTry(
  db: Database,
  [first, second]: Counters,
  personId: string | undefined,
): Promise<number | undefined> {
  const limits = [forgetSeconds, longestWaitSeconds] as const;
  const narrow = [first.key, first.free] as const;
  const wide = [second?.key ?? null, second?.free ?? 0] as const;
  const [row] = await count(db, personId ?? null, ...limits, ...narrow, ...wide);
  return (second ? row?.second : row?.first) ?? undefined;
}

/** How long the next try of these has to wait; 0 for not at all. */
export async function secondsToWait(db: Database, counters: Counters): Promise<number> {
  const [row] = await secondsBlocked(
    db,
    counters.map(({ key }) => key),
  );
  return row?.seconds ?? 0;
}

/** Forgets the counters with these keys, hexadecimal. */
export async function forgetTries(db: Database, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await forget(
    db,
    keys.map((key) => Buffer.from(key, 'hex')),
  );
}
