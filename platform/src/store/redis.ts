import { createClient } from 'redis';
import { Unavailable } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { ShortLivedStore } from './short-lived-store.ts';

/** Counts and gives the first count its life, in one step (Redis 7: no command does both). */
const incrementScript = `
  local count = redis.call('INCRBY', KEYS[1], ARGV[2])
  if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
  return count`;

const answersWithinMs = 1_000;

/**
 * The store in Redis or Valkey. While the server is away every call fails within a second with Unavailable, and
 * works again once it is back.
 */
export async function openRedisStore(url: URL, log?: Logger): Promise<ShortLivedStore> {
  const client = createClient({
    url: url.href,
    disableOfflineQueue: true,
    socket: { connectTimeout: answersWithinMs, reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, 1_000) },
  });
  client.on('error', (error: Error & { code?: string }) => log?.warn({ code: error.code }, 'redis'));
  const connecting = client.connect().catch(() => undefined); // it goes on trying; calls say that it is away
  await Promise.race([connecting, new Promise((resolve) => setTimeout(resolve, answersWithinMs).unref())]);

  const call = async <Result>(run: () => Promise<Result>): Promise<Result> => {
    const late = new Promise<never>((_resolve, reject) => {
      setTimeout(() => reject(new Error('no answer')), answersWithinMs).unref();
    });
    try {
      return await Promise.race([run(), late]);
    } catch (cause) {
      throw new Unavailable(
        'store/unavailable',
        { vi: 'Bộ nhớ tạm (Redis) không trả lời.', en: 'The short-lived store (Redis) does not answer.' },
        { retryAfterSeconds: 2, cause },
      );
    }
  };
  const milliseconds = (seconds: number) => Math.max(1, Math.round(seconds * 1000));
  const parse = <Value>(text: string | null) => (text === null ? undefined : (JSON.parse(text) as Value));
  return {
    put: async (key, value, lifetimeSeconds) => {
      await call(() => client.set(key, JSON.stringify(value), { PX: milliseconds(lifetimeSeconds) }));
    },
    putIfAbsent: (key, value, lifetimeSeconds) =>
      call(async () => {
        const done = await client.set(key, JSON.stringify(value), { PX: milliseconds(lifetimeSeconds), NX: true });
        return done === 'OK';
      }),
    get: <Value>(key: string) => call(async () => parse<Value>(await client.get(key))),
    take: <Value>(key: string) => call(async () => parse<Value>(await client.getDel(key))),
    delete: async (key) => {
      await call(() => client.del(key));
    },
    increment: (key, lifetimeSeconds, by = 1) =>
      call(async () =>
        Number(
          await client.eval(incrementScript, {
            keys: [key],
            arguments: [String(milliseconds(lifetimeSeconds)), String(by)],
          }),
        ),
      ),
    ping: async () => {
      await call(() => client.ping());
    },
    close: async () => {
      client.destroy();
    },
  };
}
