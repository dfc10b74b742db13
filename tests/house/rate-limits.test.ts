import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { composeApp, loadPages, openContext, serviceNames } from '@edutrust/edutrust/app';
import type { Actor } from '@edutrust/platform/actor';
import { readConfig } from '@edutrust/platform/config';
import type { HttpServer } from '@edutrust/platform/http';
import { testDatabase } from '@edutrust/testing/database';
import { startRedis, type TestRedis } from '@edutrust/testing/redis';
import { pino } from 'pino';

/** 08:30 on a Monday in September, in Hồ Chí Minh City. */
const schoolBegins = Date.UTC(2026, 8, 7, 1, 30, 10);
/** A school's 2,000 pupils, seen from outside (RFC 5737). */
const school = '203.0.113.7';

interface World extends AsyncDisposable {
  /** Two processes' worth of the whole platform over one database and one store. */
  readonly nodes: readonly [HttpServer, HttpServer];
  readonly clock: { ms: number };
  /** Tells the store what a third process has counted of the school's address in this minute. */
  countedElsewhere(limit: string, times: number): Promise<unknown>;
}

async function openWorld(redis?: TestRedis): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await testDatabase([]));
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-limits-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const secretFile = join(directory, 'secret.key');
  await writeFile(secretFile, '5a'.repeat(32));
  const config = readConfig({
    DATABASE_URL: database.url,
    EDUTRUST_SECRET_FILE: secretFile,
    EDUTRUST_DATA: directory,
    ...(redis ? { REDIS_URL: redis.url.href } : {}),
  });
  const clock = { ms: schoolBegins };
  const pages = await loadPages();
  const open = async () => {
    const context = await openContext(config, pino({ level: 'silent' }), { serves: false });
    stack.defer(() => context.close());
    const timed = { ...context, clock: { now: () => new Date(clock.ms) } };
    const { app } = await composeApp(timed, serviceNames, pages, {
      authenticate: async ({ headers }) =>
        typeof headers['x-person'] === 'string' ? person(headers['x-person']) : null,
      // What is counted together is looked at, not how fast a busy machine answers; of Redis that hangs it is.
      ...(redis ? {} : { storeAnswersWithinMs: 600_000 }),
    });
    await app.ready();
    stack.defer(() => app.close());
    return { app, store: context.store };
  };
  const [one, other] = [await open(), await open()];
  const kept = stack.move();
  return {
    nodes: [one.app, other.app],
    clock,
    countedElsewhere: (limit, times) =>
      one.store.increment(`rate:${limit}:${Math.floor(clock.ms / 60_000)}:${school}`, 60, times),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function person(personId: string): Actor {
  return { kind: 'person', personId, sessionId: 's', roles: [], acr: 'pwd', authenticatedAt: new Date(schoolBegins) };
}

interface Call {
  readonly method?: 'GET' | 'POST';
  readonly url: string;
  readonly from?: string;
  readonly as?: string;
}

async function ask(app: HttpServer, { method = 'GET', url, from = school, as }: Call) {
  return app.inject({
    method,
    url,
    remoteAddress: from,
    headers: { 'sec-fetch-site': 'same-origin', 'accept-language': 'en', ...(as ? { 'x-person': as } : {}) },
  });
}

/** The answers of `count` calls, the nodes in turn, sixteen at once. */
async function statuses(nodes: readonly HttpServer[], calls: readonly Call[]): Promise<Map<number, number>> {
  const counted = new Map<number, number>();
  const left = calls.entries();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const [index, call] of left) {
        const app = nodes[index % nodes.length];
        assert.ok(app);
        const { statusCode } = await ask(app, call);
        await setImmediate(); // an injected call never waits for the network: let the store's answers in
        counted.set(statusCode, (counted.get(statusCode) ?? 0) + 1);
      }
    }),
  );
  return counted;
}

const times = (count: number, call: Call): Call[] => Array.from({ length: count }, () => call);
/** Asks for a role, which nobody here has: what gets past the limit is a 403. */
const costly = (as: string): Call => ({ method: 'POST', url: '/api/v1/roster/plans', as });

describe('rate limits', () => {
  test('R3: 2,000 pupils behind one address sign in within one minute and nobody is refused', async () => {
    await using world = await openWorld();
    await world.countedElsewhere('sign-in', 1_600 * 2); // of the other pupils
    await world.countedElsewhere('ordinary', 1_600 * 2);
    const pupils = Array.from({ length: 400 }, () => randomUUID());
    const calls = pupils.flatMap((pupil): Call[] => [
      { url: '/signin/unknown' },
      { method: 'POST', url: '/signin/unknown' },
      { method: 'POST', url: '/signin/unknown' }, // mistyped once
      { url: '/no-such-page' },
      { url: '/api/v1/me', as: pupil },
    ]);
    const counted = await statuses(world.nodes, calls);
    assert.equal(counted.get(429), undefined, JSON.stringify([...counted]));
    assert.equal(
      [...counted.values()].reduce((one, other) => one + other),
      calls.length,
    );
  });

  test('R5: one address that floods is refused, and neither another one nor who is signed in behind it', async () => {
    await using world = await openWorld();
    const [app] = world.nodes;
    await world.countedElsewhere('ordinary', 28_000);
    const flood = await statuses(world.nodes, times(6_000, { url: '/no-such-page' }));
    const through = 28_000 + (flood.get(404) ?? 0);
    assert.ok(through <= 33_000 && through >= 30_000, `${through} passed`); // 1,500 more for each process, and what is under way
    assert.ok((flood.get(429) ?? 0) > 0);
    const refused = await ask(app, { url: '/no-such-page' });
    assert.equal(refused.statusCode, 429);
    assert.match(String(refused.headers['content-type']), /^application\/problem\+json/);
    assert.deepEqual([refused.json().code, refused.headers['retry-after']], ['request/too-many', '50']);
    assert.match(refused.json().remedy, /Wait 50 seconds/);
    assert.equal(
      (await ask(app, { url: '/no-such-page', from: '::ffff:203.0.113.7' })).statusCode,
      429,
      'same address',
    );
    assert.equal((await ask(app, { url: '/no-such-page', from: '203.0.113.8' })).statusCode, 404);
    assert.notEqual((await ask(app, { url: '/api/v1/me', as: randomUUID() })).statusCode, 429);
    for (const url of ['/health/live', '/health/ready', '/pki/ocsp/AAAA', '/log/key', '/assets/none.js'])
      assert.notEqual((await ask(app, { url })).statusCode, 429, url);
    assert.equal((await ask(app, { url: '/metrics', from: '127.0.0.1' })).statusCode, 200);
    world.clock.ms += 50_000;
    assert.equal((await ask(app, { url: '/no-such-page' })).statusCode, 404, 'the next minute is a new one');
  });

  test('R5: of a hundred costly requests at once over two processes exactly thirty pass, whatever the address', async () => {
    await using world = await openWorld();
    const somebody = randomUUID();
    const calls = times(100, costly(somebody)).map((call, index) => ({ ...call, from: `198.51.100.${index}` }));
    const counted = await statuses(world.nodes, calls);
    assert.deepEqual([counted.get(403), counted.get(429)], [30, 70]);
    assert.equal((await ask(world.nodes[0], costly(randomUUID()))).statusCode, 403, 'somebody else is not counted');
    assert.notEqual(
      (await ask(world.nodes[0], { url: '/api/v1/me', as: somebody })).statusCode,
      429,
      'nor cheap requests',
    );
  });

  test('R5: what is costly is limited for each person, and a sign-in more loosely than that', async () => {
    await using world = await openWorld();
    const [app] = world.nodes;
    const limits = {
      '/api/v1/roster/plans': 30,
      '/api/v1/audit/verify': 30,
      '/api/v1/signing/sessions': 30,
      '/api/v1/sync/targets/00000000-0000-7000-8000-000000000000/runs': 30,
      '/account/password': 30,
      '/account/sessions/end': 30,
      '/api/v1/account/passkeys': 30,
      '/signin/unknown': 60,
      '/activate': 60,
      '/verify': 120,
      '/verify/diploma': 20,
    };
    for (const [url, most] of Object.entries(limits)) {
      const call: Call = { method: 'POST', url, as: randomUUID() };
      for (let count = 1; count <= most; count += 1) assert.notEqual((await ask(app, call)).statusCode, 429, url);
      assert.equal((await ask(app, call)).statusCode, 429, url);
    }
    const copies = times(31, { url: '/api/v1/account/data', as: randomUUID() });
    assert.equal((await statuses(world.nodes, copies)).get(429), 1, 'a copy of one’s data reads everything');
  });

  test('R5: codes on paper cannot be guessed faster by asking two processes or the addresses of one network', async () => {
    await using world = await openWorld();
    const calls = Array.from(
      { length: 400 },
      (_, index): Call => ({
        url: '/api/v1/verify/0000-0000-0000',
        from: `2001:db8:1:2:${index.toString(16)}::1`,
      }),
    );
    const counted = await statuses(world.nodes, calls);
    const through = counted.get(404) ?? 0;
    assert.ok(through >= 110 && through <= 150, `${through} passed`); // 120, 6 for each process and 16 under way
    const other = await ask(world.nodes[0], { url: '/api/v1/verify/0000-0000-0000', from: '2001:db8:1:3::1' });
    assert.equal(other.statusCode, 404);
  });

  test('R5: with Redis hung or gone each process counts for itself: neither open nor closed', async () => {
    const redis = await startRedis();
    try {
      await using world = await openWorld(redis);
      const somebody = randomUUID();
      const before = await statuses(world.nodes, times(100, costly(somebody)));
      assert.equal(before.get(403), 30, 'Redis counts for both');
      redis.hang();
      const hung = await statuses(world.nodes, times(200, costly(randomUUID())));
      assert.deepEqual([hung.get(403), hung.get(429)], [60, 140], JSON.stringify([...hung]));
      redis.resume();
      await redis.stop();
      world.clock.ms += 60_000;
      const gone = await statuses(world.nodes, times(200, costly(randomUUID())));
      assert.deepEqual([gone.get(403), gone.get(429)], [60, 140], JSON.stringify([...gone]));
    } finally {
      await redis.stop();
    }
  });
});
