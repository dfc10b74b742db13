import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '@edutrust/testing/database';
import { eventually } from '@edutrust/testing/eventually';
import { startRedis } from '@edutrust/testing/redis';
import type { Pool } from 'pg';
import { Unavailable } from '../errors.ts';
import { platformMigrations } from '../migrations.ts';
import { createPostgresStore, sweepPostgresStore } from './postgres.ts';
import { openRedisStore } from './redis.ts';
import { once, openStore, type ShortLivedStore } from './store.ts';
import { withFallback } from './with-fallback.ts';

async function contract(store: ShortLivedStore): Promise<void> {
  await store.ping();
  assert.equal(await store.get('none'), undefined);
  await store.put('a', { text: 'Ánh', list: [1, null] }, 60);
  assert.deepEqual(await store.get('a'), { text: 'Ánh', list: [1, null] });
  await store.put('a', 'second', 60);
  assert.equal(await store.take('a'), 'second');
  assert.equal(await store.get('a'), undefined);

  await store.put('race', { winner: true }, 60);
  const taken = await Promise.all(Array.from({ length: 30 }, () => store.take('race')));
  assert.equal(taken.filter((value) => value !== undefined).length, 1, 'exactly one takes');
  const placed = await Promise.all(Array.from({ length: 30 }, (_, index) => store.putIfAbsent('free', index, 60)));
  assert.equal(placed.filter(Boolean).length, 1, 'exactly one places');
  const counts = await Promise.all(Array.from({ length: 30 }, () => store.increment('count', 60)));
  assert.deepEqual(
    counts.sort((one, other) => one - other),
    Array.from({ length: 30 }, (_, index) => index + 1),
  );

  assert.equal(await store.increment('count', 60, 12), 42, 'several at once');

  // Expiry by the shortest life there is, asked until it is over: nothing here depends on how fast we are.
  await store.put('short', 1, 0.01);
  await store.increment('short-count', 0.01);
  while ((await store.get('short')) !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await store.putIfAbsent('short', 2, 60), true, 'an expired key is free');
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await store.increment('short-count', 60), 1, 'an expired count starts anew');
  await store.delete('short');
  assert.equal(await store.get('short'), undefined);

  let done = 0;
  const work = async () => {
    done += 1;
    if (done === 1) throw new Error('away');
  };
  await assert.rejects(once(store, 'told', 60, work), /away/);
  await Promise.all(Array.from({ length: 10 }, () => once(store, 'told', 60, work)));
  assert.equal(done, 2, 'what failed is tried again, and done once');
}

test('the store in PostgreSQL keeps the contract', async () => {
  await using database = await testDatabase([platformMigrations]);
  const store = createPostgresStore(database.pool);
  await contract(store);
  await store.put('old', 1, -1);
  await sweepPostgresStore(database.pool);
  const { rows } = await database.pool.query("SELECT count(*) AS left FROM platform.short_lived WHERE key = 'old'");
  assert.deepEqual(rows, [{ left: 0 }]);
});

test('O1: the store in Redis keeps the contract, says when the server is away, and comes back with it', async () => {
  const redis = await startRedis();
  const store = await openRedisStore(redis.url);
  try {
    await contract(store);
    await redis.stop();
    await assert.rejects(store.get('a'), { code: 'store/unavailable' });
    const again = await startRedis(redis.port);
    try {
      await eventually(() => store.put('b', 1, 60));
      assert.equal(await store.get('b'), 1);
    } finally {
      await again.stop();
    }
  } finally {
    await store.close();
    await redis.stop();
  }
});

test('O1: while Redis is away PostgreSQL takes over for every process; nothing of the outage is lost or taken twice', async () => {
  await using database = await testDatabase([platformMigrations]);
  const redis = await startRedis();
  const [one, other] = [
    await openStore({ redisUrl: redis.url }, database.pool),
    await openStore({ redisUrl: redis.url }, database.pool),
  ];
  try {
    await contract(one);
    await one.put('sign-in', { step: 'before' }, 600);
    await one.put('challenge', 'of before', 600);
    await one.put('asked for meanwhile', 'of before', 600);
    redis.hang();
    await one.put('sign-in', { step: 'during' }, 600);
    await one.put('fresh', 'during', 600);
    assert.deepEqual(await other.get('sign-in'), { step: 'during' });
    assert.equal(await other.take('asked for meanwhile'), undefined, 'out of reach, so not given');
    assert.equal(await one.increment('wrong', 600), 1, 'counted on, neither open nor closed');
    assert.equal(await other.increment('wrong', 600), 2);
    await one.ping();
    redis.resume();
    // Redis is back with what it knew: what was stored meanwhile is newer, on both processes.
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    assert.deepEqual(await one.get('sign-in'), { step: 'during' });
    assert.deepEqual(await other.get('sign-in'), { step: 'during' });
    assert.equal(await other.putIfAbsent('fresh', 'again', 600), false);
    const taken = await Promise.all(
      [one, other, one, other].flatMap((store) => [store.take('fresh'), store.take('challenge')]),
    );
    assert.deepEqual(taken.filter((value) => value !== undefined).sort(), ['during', 'of before']);
    await other.put('sign-in', { step: 'after' }, 600);
    assert.deepEqual(await one.get('sign-in'), { step: 'after' });
  } finally {
    await one.close();
    await other.close();
    await redis.stop();
  }
});

/** Two processes over one PostgreSQL and a stand-in for Redis that may be away: what is sent to it then arrives late. */
function twoProcesses(pool: Pool) {
  const second = createPostgresStore(pool);
  const redis = createPostgresStore(pool);
  const named = (key: string) => `redis:${key}`;
  const at = { isAway: false, time: 0 };
  const answer = async <Value>(does: Promise<Value>): Promise<Value> => {
    const value = await does;
    if (at.isAway) throw new Unavailable('store/unavailable', { vi: 'Không trả lời.', en: 'No answer.' });
    return value;
  };
  const first: ShortLivedStore = {
    ...redis,
    put: (key, value, seconds) => answer(redis.put(named(key), value, seconds)),
    putIfAbsent: (key, value, seconds) => answer(redis.putIfAbsent(named(key), value, seconds)),
    get: (key) => answer(redis.get(named(key))),
    take: (key) => answer(at.isAway ? Promise.resolve(undefined) : redis.take(named(key))),
    delete: (key) => answer(at.isAway ? Promise.resolve() : redis.delete(named(key))),
  };
  const open = () => withFallback(first, second, undefined, () => at.time);
  return { at, one: open(), other: open() };
}

test('O1: what one process has back in the first store is found, and taken once, by another that still lets it rest', async () => {
  await using database = await testDatabase([platformMigrations]);
  const { at, one, other } = twoProcesses(database.pool);
  at.isAway = true;
  await one.put('sign-in', { step: 'asked' }, 600);
  at.time = 1_500;
  await other.put('another', 1, 600); // from here on the other one lets it rest for two seconds
  at.isAway = false;
  at.time = 2_100;
  await one.put('sign-in', { step: 'answered' }, 600);
  assert.deepEqual(await other.get('sign-in'), { step: 'answered' });
  assert.equal(await other.putIfAbsent('sign-in', { step: 'begun anew' }, 600), false);
  const taken = await Promise.all([other, one, other, one].map((store) => store.take('sign-in')));
  assert.deepEqual(
    taken.filter((value) => value !== undefined),
    [{ step: 'answered' }],
  );
  assert.equal(await one.get('sign-in'), undefined);
});

test('O1: what was taken or deleted while the first store was away is not there again with it, nor what reached it late', async () => {
  await using database = await testDatabase([platformMigrations]);
  const { at, one, other } = twoProcesses(database.pool);
  await one.put('token', 'revoked meanwhile', 600);
  at.isAway = true;
  await one.put('ticket', 'late', 600);
  assert.equal(await other.take('ticket'), 'late');
  await other.delete('token');
  assert.equal(await one.putIfAbsent('place', 'of one', 600), true);
  at.isAway = false;
  for (const time of [500, 2_500, 60_000]) {
    at.time = time;
    for (const store of [one, other]) {
      assert.equal(await store.take('ticket'), undefined);
      assert.equal(await store.get('token'), undefined);
      assert.equal(await store.putIfAbsent('place', 'of another', 600), false);
    }
  }
  await one.put('ticket', 'a new one', 600);
  assert.equal(await other.take('ticket'), 'a new one');
  assert.equal(await one.take('ticket'), undefined);
});

test('O1: one call waits for a store that does not answer, and then none until it has rested', async () => {
  await using database = await testDatabase([platformMigrations]);
  const second = createPostgresStore(database.pool);
  let calls = 0;
  const away = async () => {
    calls += 1;
    throw new Unavailable('store/unavailable', { vi: 'Không trả lời.', en: 'No answer.' });
  };
  const first: ShortLivedStore = {
    put: away, putIfAbsent: away, get: away, take: away, delete: away, increment: away, ping: away, close: async () => {},
  }; // biome-ignore format: a table
  let time = 0;
  const store = withFallback(first, second, undefined, () => time);
  await store.put('one', 1, 600);
  await store.put('two', 2, 600);
  assert.equal(await store.get('two'), 2);
  assert.equal(await store.increment('count', 600), 1);
  await store.ping();
  assert.equal(calls, 1, 'a sign-in waits once, not at each step');
  time = 2_001;
  assert.equal(await store.take('one'), 1);
  await store.put('three', 3, 600);
  assert.ok(calls > 1, 'asked again, so that it is found when it is back');
});
