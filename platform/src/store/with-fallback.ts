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
/** Stands in the second store where a value was since the first one answers again: who still lets it rest asks it for that. */
const back = { isBack: true };
const isBack = (value: unknown) => typeof value === 'object' && value !== null && 'isBack' in value;

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
  const breaker = circuitBreaker(log, now);
  const outage = outageOf(breaker, second, now);
  const { ask } = breaker;

  /** What was stored during an outage goes before what the first store has of earlier; `found` is told of the former. */
  async function newest<Value>(
    read: (store: ShortLivedStore) => Promise<Value | undefined>,
    found?: () => Promise<unknown>,
  ): Promise<Value | undefined> {
    const looksTwice = await outage.mayHaveBeen();
    const newer = looksTwice ? await read(second) : undefined;
    if (newer !== undefined && !isBack(newer)) {
      await found?.();
      return newer;
    }
    const kept = await ask(() => read(first), { isBack: newer !== undefined });
    if (kept?.value !== undefined || looksTwice) return kept?.value;
    const late = await read(second); // stored a moment ago by a process whose way to the first store is cut
    if (late !== undefined) outage.met();
    return isBack(late) ? undefined : late;
  }

  return {
    put: async (key, value, lifetimeSeconds) => {
      const done = await ask(() => first.put(key, value, lifetimeSeconds));
      if (!done) return (await outage.note()).put(key, value, lifetimeSeconds);
      if (await outage.mayHaveBeen()) await second.put(key, back, lifetimeSeconds);
    },
    putIfAbsent: async (key, value, lifetimeSeconds) => {
      const newer = (await outage.mayHaveBeen()) ? await second.get(key) : undefined;
      if (newer !== undefined && !isBack(newer)) return false;
      const place = () => first.putIfAbsent(key, value, lifetimeSeconds);
      const placed = await ask(place, { isBack: newer !== undefined });
      return placed ? placed.value : (await outage.note()).putIfAbsent(key, value, lifetimeSeconds);
    },
    get: (key) => newest((store) => store.get(key)),
    take: (key) =>
      newest(
        (store) => store.take(key),
        () => ask(() => first.delete(key)),
      ),
    delete: async (key) => {
      const done = await ask(() => first.delete(key));
      if (!done || (await outage.mayHaveBeen())) await second.delete(key);
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

interface CircuitBreaker {
  /** The first store's answer; undefined when it does not give one. Where it is known to be back it is not let rest. */
  ask<Value>(
    call: () => Promise<Value>,
    options?: { readonly isBack: boolean },
  ): Promise<{ readonly value: Value } | undefined>;
  /** Whether it is not asked at all for now. */
  isOpen(): boolean;
}

function circuitBreaker(log: Pick<Logger, 'warn' | 'info'> | undefined, now: () => number): CircuitBreaker {
  let restsUntil = Number.NEGATIVE_INFINITY;
  let isAway = false;
  const isOpen = () => now() < restsUntil;
  return {
    isOpen,
    ask: async (call, options) => {
      if (isOpen() && !options?.isBack) return undefined;
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
    },
  };
}

/** What all processes know of an outage: it is written in the second store, which each looks at now and then. */
function outageOf(breaker: CircuitBreaker, second: ShortLivedStore, now: () => number) {
  let knownUntil = Number.NEGATIVE_INFINITY;
  let lookedAt = Number.NEGATIVE_INFINITY;
  return {
    /** Whether the second store may hold something: an outage was met here or elsewhere. */
    mayHaveBeen: async (): Promise<boolean> => {
      const time = now();
      if (breaker.isOpen() || time < knownUntil) return true;
      if (time - lookedAt < lookEveryMs) return false;
      lookedAt = time;
      if ((await second.get(outageKey)) === undefined) return false;
      knownUntil = time + lookEveryMs;
      return true;
    },
    /** Something of an outage was found here. */
    met: (): void => {
      knownUntil = Math.max(knownUntil, now() + lookEveryMs);
    },
    /** Said before anything is stored in the second store, so that who reads later looks there. */
    note: async (): Promise<ShortLivedStore> => {
      if (now() >= knownUntil) {
        await second.put(outageKey, true, rememberedSeconds);
        knownUntil = now() + rememberedSeconds * 500; // renewed half way
      }
      return second;
    },
  };
}
