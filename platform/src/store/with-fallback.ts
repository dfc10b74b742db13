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
 * What the second store says of a key's value in the first one, once an outage was met: `void`, not to be believed, as it
 * was replaced, deleted or may still arrive late; `back`, it is there again, also for who still lets the first one rest.
 */
type InFirst = 'void' | 'back';
const inFirst = (key: string) => `store:in-first:${key}`;

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

  const said = (key: string) => second.get<InFirst>(inFirst(key));
  const say = (key: string, what: InFirst) => second.put(inFirst(key), what, rememberedSeconds);

  /** What was stored during an outage goes before what the first store has of earlier. */
  async function newest<Value>(
    key: string,
    read: (store: ShortLivedStore) => Promise<Value | undefined>,
  ): Promise<Value | undefined> {
    if (await outage.mayHaveBeen()) {
      const newer = await read(second);
      if (newer !== undefined) return newer;
      const state = await said(key);
      return state === 'void' ? undefined : (await ask(() => read(first), state))?.value;
    }
    const kept = await ask(() => read(first));
    if (kept?.value !== undefined) return kept.value;
    const late = await read(second); // stored a moment ago by a process whose way to the first store is cut
    if (late !== undefined) outage.met();
    return late;
  }

  return {
    put: async (key, value, lifetimeSeconds) => {
      const done = await ask(() => first.put(key, value, lifetimeSeconds));
      if (!done) {
        await outage.note();
        await say(key, 'void');
        return second.put(key, value, lifetimeSeconds);
      }
      if (await outage.mayHaveBeen()) {
        await say(key, 'back');
        await second.delete(key);
      }
    },
    putIfAbsent: async (key, value, lifetimeSeconds) => {
      const mayHaveBeen = await outage.mayHaveBeen();
      if (mayHaveBeen && (await second.get(key)) !== undefined) return false;
      const state = mayHaveBeen ? await said(key) : undefined;
      if (state !== 'void') {
        const placed = await ask(() => first.putIfAbsent(key, value, lifetimeSeconds), state);
        if (placed) return placed.value;
        await outage.note();
        await say(key, 'void');
      }
      return second.putIfAbsent(key, value, lifetimeSeconds);
    },
    get: (key) => newest(key, (store) => store.get(key)),
    take: (key) => newest(key, (store) => store.take(key)),
    delete: async (key) => {
      const done = await ask(() => first.delete(key));
      if (!done) {
        await outage.note();
        await say(key, 'void');
      }
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
  /** The first store's answer; undefined when it does not give one. For what is `back` in it, it is not let rest. */
  ask<Value>(call: () => Promise<Value>, state?: InFirst): Promise<{ readonly value: Value } | undefined>;
  /** Whether it is not asked at all for now. */
  isOpen(): boolean;
}

function circuitBreaker(log: Pick<Logger, 'warn' | 'info'> | undefined, now: () => number): CircuitBreaker {
  let restsUntil = Number.NEGATIVE_INFINITY;
  let isAway = false;
  const isOpen = () => now() < restsUntil;
  return {
    isOpen,
    ask: async (call, state) => {
      if (isOpen() && state !== 'back') return undefined;
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
    note: async (): Promise<void> => {
      if (now() >= knownUntil) {
        await second.put(outageKey, true, rememberedSeconds);
        knownUntil = now() + rememberedSeconds * 500; // renewed half way
      }
    },
  };
}
