import { Unavailable } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { ShortLivedStore } from './short-lived-store.ts';

/** After a call that the first store did not answer, it is left alone for so long. */
const restMs = 2_000;
/** How often a process looks whether another one has met an outage. */
const lookEveryMs = 1_000;
/** As long as anything that was stored during an outage lives. */
const rememberedSeconds = 2 * 3600;
const outageKey = 'store:outage';

/**
 * A store that goes on in the second one while the first does not answer (O1): a sign-in does not hang on Redis. What
 * was stored during the outage is found afterwards, by every process, before what the first store has of earlier; what
 * was taken is gone from both. What lay in the first store alone is missing while it is away, and never comes twice.
 * `now` counts in milliseconds from anywhere.
 */
export function withFallback(
  first: ShortLivedStore,
  second: ShortLivedStore,
  log?: Pick<Logger, 'warn' | 'info'>,
  now: () => number = () => performance.now(),
): ShortLivedStore {
  let restsUntil = Number.NEGATIVE_INFINITY;
  let isAway = false;
  let outageUntil = Number.NEGATIVE_INFINITY;
  let lookedAt = Number.NEGATIVE_INFINITY;

  /** The first store's answer; undefined when it does not give one. */
  async function ask<Value>(call: () => Promise<Value>): Promise<{ readonly value: Value } | undefined> {
    if (now() < restsUntil) return undefined;
    try {
      const value = await call();
      if (isAway) log?.info('the short-lived store answers again');
      isAway = false;
      return { value };
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      restsUntil = now() + restMs;
      if (!isAway) log?.warn('the short-lived store does not answer: PostgreSQL takes over');
      isAway = true;
      return undefined;
    }
  }

  /** Whether the second store may hold something: an outage was met here or elsewhere. */
  async function hadOutage(): Promise<boolean> {
    const time = now();
    if (time < restsUntil || time < outageUntil) return true;
    if (time - lookedAt < lookEveryMs) return false;
    lookedAt = time;
    if ((await second.get(outageKey)) === undefined) return false;
    outageUntil = time + lookEveryMs;
    return true;
  }

  /** Said before anything is stored in the second store, so that who reads later looks there. */
  async function noteOutage(): Promise<ShortLivedStore> {
    if (now() >= outageUntil) {
      await second.put(outageKey, true, rememberedSeconds);
      outageUntil = now() + rememberedSeconds * 500; // renewed half way
    }
    return second;
  }

  return {
    put: async (key, value, lifetimeSeconds) => {
      const done = await ask(() => first.put(key, value, lifetimeSeconds));
      if (!done) return (await noteOutage()).put(key, value, lifetimeSeconds);
      if (await hadOutage()) await second.delete(key);
    },
    putIfAbsent: async (key, value, lifetimeSeconds) => {
      if ((await hadOutage()) && (await second.get(key)) !== undefined) return false;
      const placed = await ask(() => first.putIfAbsent(key, value, lifetimeSeconds));
      return placed ? placed.value : (await noteOutage()).putIfAbsent(key, value, lifetimeSeconds);
    },
    get: async <Value>(key: string) => {
      const looksTwice = await hadOutage();
      if (looksTwice) {
        const newer = await second.get<Value>(key);
        if (newer !== undefined) return newer;
      }
      const found = await ask(() => first.get<Value>(key));
      if (found?.value !== undefined || looksTwice) return found?.value;
      return second.get<Value>(key); // stored a moment ago by a process whose way to the first store is cut
    },
    take: async <Value>(key: string) => {
      const looksTwice = await hadOutage();
      if (looksTwice) {
        const newer = await second.take<Value>(key);
        if (newer !== undefined) {
          await ask(() => first.delete(key));
          return newer;
        }
      }
      const taken = await ask(() => first.take<Value>(key));
      if (taken?.value !== undefined || looksTwice) return taken?.value;
      return second.take<Value>(key);
    },
    delete: async (key) => {
      const done = await ask(() => first.delete(key));
      if (!done || (await hadOutage())) await second.delete(key);
    },
    increment: async (key, lifetimeSeconds, by) => {
      const counted = await ask(() => first.increment(key, lifetimeSeconds, by));
      return counted ? counted.value : second.increment(key, lifetimeSeconds, by);
    },
    ping: async () => {
      if (!(await ask(() => first.ping()))) await second.ping();
    },
    close: async () => {
      await first.close();
      await second.close();
    },
  };
}
