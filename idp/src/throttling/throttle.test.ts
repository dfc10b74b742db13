import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { uuidv7 } from '@edutrust/platform/ids';
import { listNotices } from '@edutrust/registry/notices';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { password, type TestIdp, testIdp } from '../../testing/idp.ts';
import { createKnownDevices } from './devices.ts';
import { listNetworks, registerNetwork } from './networks.ts';
import { createThrottle, type Origin, type Throttle } from './throttle.ts';

const actor = { kind: 'system', name: 'test' } as const;
const school = '203.0.113.7';
let world: TestIdp;
let throttle: Throttle;
before(async () => {
  world = await testIdp();
  throttle = createThrottle(world.context);
});
after(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  await sql`DELETE FROM idp.throttle`.execute(world.context.db);
  await sql`DELETE FROM idp.network`.execute(world.context.db);
  await sql`DELETE FROM platform.short_lived`.execute(world.context.db);
});

const from = (ip: string, deviceCookie?: string): Origin => ({ ip, isBehindUndeclaredProxy: false, deviceCookie });

/** Whether a try is judged at all; then it is right or wrong. */
async function attempt(origin: Origin, personId: string | undefined, isRight: boolean, account = personId ?? uuidv7()) {
  const guesser = await throttle.guesserOf(origin, account, personId);
  const begun = await throttle.begin(guesser).catch(() => undefined);
  if (!begun) return 'refused';
  await (isRight ? throttle.succeeded(guesser, begun) : throttle.failed(guesser));
  return isRight ? 'in' : 'wrong';
}

async function many<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
    }),
  );
}

async function eventsOf(type: string): Promise<{ subject_id: string; data: Record<string, unknown> }[]> {
  const { rows } = await sql<{ subject_id: string; data: Record<string, unknown> }>`
    SELECT subject_id, data FROM platform.ledger_entry WHERE type = ${type} ORDER BY id`.execute(world.context.db);
  return rows;
}

const staffOf = async (organisationId: string) => {
  const { rows } = await sql<{ id: string }>`
    SELECT person_id AS id FROM registry.affiliation
    WHERE organisation_id = ${organisationId} AND valid_until IS NULL AND role <> 'guardian' LIMIT 20`.execute(
    world.context.db,
  );
  return rows.map(({ id }) => id);
};

test('R7: 600 wrong guesses from a school refuse neither known devices nor its own people, and an officer reads of them', async () => {
  const { context, city } = world;
  const organisationId = city.schools[0]?.id ?? '';
  await context.db
    .transaction()
    .execute((transaction) =>
      registerNetwork(transaction, { organisationId, range: '203.0.113.0/28', name: 'Phòng máy' }, actor),
    );
  const people = await staffOf(organisationId);
  assert.ok(people.length >= 10);
  const strangers: string[] = [];
  await many(
    Array.from({ length: 600 }, (_, index) => index),
    async () => {
      strangers.push(await attempt(from(school), undefined, false));
    },
  );
  await many(
    people.flatMap((id) => Array.from({ length: 30 }, () => id)),
    async (id) => {
      await attempt(from(school), id, false);
    },
  );
  for (const id of people) assert.equal(await attempt(from(school), id, true), 'in');
  const guest = city.people.auditor;
  const cookie = createKnownDevices(context.secrets).remember(undefined, guest);
  assert.equal(await attempt(from(school, cookie), guest, true), 'in', 'a known device of somebody else’s school');
  assert.ok(strangers.filter((answer) => answer === 'refused').length > 400, 'made-up IDs are slowed');
  const [alarm, ...more] = await eventsOf('sign-in.spraying');
  assert.ok(alarm && more.length === 0, 'once in a window');
  assert.doesNotMatch(JSON.stringify(alarm), /203\.0\.113/, 'no address in clear');
});

test('R3, R7: 2,000 pupils with 15 % typos behind one unregistered address meet no refusal', async () => {
  const pupils = Array.from({ length: 2_000 }, (_, index) => ({ id: uuidv7(), mistypes: index % 20 < 3 }));
  let refused = 0;
  await many(pupils, async ({ id, mistypes }) => {
    if (mistypes && (await attempt(from(school), id, false)) === 'refused') refused += 1;
    if ((await attempt(from(school), id, true)) === 'refused') refused += 1;
  });
  assert.equal(refused, 0);
});

test('R2: who guesses twenty times at each of 300 accounts, from forty addresses, shuts none of their owners out', async () => {
  const pupils = Array.from({ length: 300 }, () => uuidv7());
  await many(
    pupils.flatMap((id) => Array.from({ length: 20 }, (_, index) => ({ id, index }))),
    async ({ id, index }) => {
      await attempt(from(`198.51.${100 + (index % 2)}.${1 + ((index * 7) % 20)}`), id, false);
    },
  );
  const refused: string[] = [];
  await many(
    pupils.map((id, index) => ({ id, index })),
    async ({ id, index }) => {
      // Each at a home of their own, in a browser that was never seen.
      if ((await attempt(from(`203.${index % 100}.113.${1 + (index % 200)}`), id, true)) === 'refused')
        refused.push(id);
    },
  );
  assert.deepEqual(refused, []);
});

test('R4: one password against many accounts from one address is seen, limited and an event', async () => {
  const seen = (await eventsOf('sign-in.spraying')).length;
  const answers: string[] = [];
  await many(
    Array.from({ length: 1_000 }, () => uuidv7()),
    async (id) => {
      answers.push(await attempt(from('198.51.100.9'), id, false));
    },
  );
  assert.ok(answers.filter((answer) => answer === 'wrong').length < 130, 'about a hundred are judged');
  assert.equal((await eventsOf('sign-in.spraying')).length, seen + 1);
  assert.equal(await attempt(from('198.51.100.10'), uuidv7(), true), 'in', 'its neighbour is not punished');
});

test('R1, R8: 25 guesses at one account slow the one who guesses; the owner is not refused, at home, at school or anywhere else', async () => {
  const { context, city } = world;
  const owner = city.people.teacher;
  const cookie = createKnownDevices(context.secrets).remember(undefined, owner);
  const answers: string[] = [];
  for (let count = 0; count < 25; count += 1) answers.push(await attempt(from('198.51.100.9'), owner, false));
  assert.equal(answers.filter((answer) => answer === 'wrong').length, 6, 'five are free, the sixth begins the wait');
  assert.equal(await attempt(from('192.0.2.1', cookie), owner, true), 'in');
  assert.equal(await attempt(from('192.0.2.1'), owner, true), 'in');
  assert.equal(await attempt(from('198.51.100.9', cookie), owner, true), 'in', 'even beside the attacker');
  for (let count = 0; count < 200; count += 1) await attempt(from(`198.51.${count % 100}.${count}`), owner, false);
  assert.equal(await attempt(from('192.0.2.2', cookie), owner, true), 'in', 'from a hundred addresses');
  assert.equal(await attempt(from('192.0.2.3'), owner, true), 'refused', 'strangers together are slowed');
  const failing = (await eventsOf('sign-in.failing')).filter(({ subject_id }) => subject_id === owner);
  assert.ok(failing.length >= 3 && failing.length <= 10, `${failing.length} events of 225 tries`);
});

test('R5: every address of an IPv6 /64 is one address, and a hundred guesses at once are a hundred', async () => {
  const owner = world.city.people.pupil;
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) => attempt(from(`2001:db8:1:2:${index.toString(16)}::1`), owner, false)),
  );
  assert.ok(answers.filter((answer) => answer === 'wrong').length <= 7);
  assert.equal(await attempt(from('2001:db8:1:3::1'), owner, true), 'in', 'the next /64 is somebody else');
});

test('an undeclared proxy stands for everybody: its address slows nobody, accounts are still counted', async () => {
  const proxy: Origin = { ip: '127.0.0.1', isBehindUndeclaredProxy: true, deviceCookie: undefined };
  await many(
    Array.from({ length: 300 }, (_, index) => index),
    async () => {
      await attempt(proxy, undefined, false);
    },
  );
  assert.equal(await attempt(proxy, world.city.people.teacher, true), 'in');
  const answers: string[] = [];
  for (let count = 0; count < 60; count += 1) answers.push(await attempt(proxy, world.city.people.pupil, false));
  assert.equal(answers.filter((answer) => answer === 'wrong').length, 51);
});

test('many people are known on one browser; a tag is worth nothing on another, and the newest hundred stay', () => {
  const devices = createKnownDevices(world.context.secrets);
  const people = Array.from({ length: 120 }, () => uuidv7());
  let cookie: string | undefined;
  for (const id of people) cookie = devices.remember(cookie, id);
  assert.ok((cookie ?? '').length < 1_000);
  assert.equal(devices.deviceOf(cookie, people[0] ?? ''), undefined);
  for (const id of people.slice(-100)) assert.ok(devices.deviceOf(cookie, id));
  const [, tags = ''] = (cookie ?? '').split('.');
  assert.equal(devices.deviceOf(`${'A'.repeat(16)}.${tags}`, people.at(-1) ?? ''), undefined);
  assert.equal(devices.deviceOf('x'.repeat(5_000), people[0] ?? ''), undefined);
});

test('a wrong token of a link counts for nothing, however often a page elsewhere asks for it', async () => {
  const browser = new TestBrowser();
  for (let count = 0; count < 210; count += 1) {
    const answer = await browser.request(`${world.origin}/activate/first?token=wrong${count}`);
    await answer.arrayBuffer();
    assert.equal(answer.status, 400);
  }
  const code = await world.code(world.city.people.pupil);
  assert.equal((await browser.post(`${world.origin}/activate`, { code })).page?.props.step, 'confirm');
});

test('networks: a range is kept as its first address, too wide or malformed ones are refused', async () => {
  const { context, city } = world;
  const organisationId = city.schools[0]?.id ?? '';
  const add = (range: string) =>
    context.db
      .transaction()
      .execute((transaction) => registerNetwork(transaction, { organisationId, range, name: 'x' }, actor));
  for (const range of ['203.0.113.77/24', '198.51.100.1', '2001:db8:aaaa:bbbb::1/48', '::ffff:192.0.2.1'])
    await add(range);
  assert.deepEqual((await listNetworks(context.db, organisationId)).map(({ range }) => range).sort(), [
    '192.0.2.1/32',
    '198.51.100.1/32',
    '2001:db8:aaaa::/48',
    '203.0.113.0/24',
  ]);
  for (const range of [
    '0.0.0.0/0',
    '10.0.0.0/8',
    '::/0',
    '2001:db8::/32',
    'school',
    '1.2.3.4/33',
    '1.2.3/24',
    '1.2.3.4/24/2',
    '',
  ])
    await assert.rejects(add(range), { code: 'networks/bad-range' }, range);
  await assert.rejects(add('203.0.113.1/24'), { code: 'networks/known' });
});

test('S8: a pupil’s session ends with the browser and after 15 minutes unused; staff may say that a computer is shared', async () => {
  const { context, city, origin } = world;
  const lines = (browser: TestBrowser) => browser.setCookies.filter((line) => /^edutrust-session=./.test(line));
  const idle = (seconds: number) =>
    sql`UPDATE idp.session SET last_seen_at = now() - make_interval(secs => ${seconds})`.execute(context.db);
  const enter = async (educationId: string, chosen: string, fields: Record<string, string>) => {
    const browser = new TestBrowser();
    const shown = await browser.get(`${origin}/signin?return_to=/`);
    const answer = await browser.post(`${origin}${shown.page?.props.action}`, {
      identifier: educationId,
      password: chosen,
      ...fields,
    });
    assert.equal(answer.page?.name, 'launcher', answer.body);
    return {
      browser,
      isShared: answer.page?.props.isShared as boolean,
      offered: shown.page?.props.isShared as boolean,
    };
  };
  const pupil = await world.activate(city.people.pupil, 'ba con mèo nhỏ');
  const teacher = await world.activate(city.people.teacher);
  const ways = [
    { who: 'pupil', ...(await enter(pupil, 'ba con mèo nhỏ', {})), shared: true },
    { who: 'teacher at home', ...(await enter(teacher, password, {})), shared: false },
    { who: 'teacher in a lab', ...(await enter(teacher, password, { shared: 'yes' })), shared: true },
  ];
  for (const { who, browser, isShared, shared } of ways) {
    assert.equal(isShared, shared, who);
    for (const line of lines(browser)) assert.equal(/expires=|max-age=/i.test(line), !shared, `${who}: ${line}`);
  }
  await idle(14 * 60);
  for (const { browser } of ways) assert.equal((await browser.get(`${origin}/`)).page?.name, 'launcher');
  await idle(16 * 60);
  for (const { who, browser, shared } of ways)
    assert.equal((await browser.get(`${origin}/`)).page?.name, shared ? 'signIn' : 'launcher', who);

  await context.db
    .transaction()
    .execute((transaction) =>
      registerNetwork(
        transaction,
        { organisationId: city.schools[0]?.id ?? '', range: '127.0.0.1', name: 'Phòng máy' },
        actor,
      ),
    );
  const shown = await new TestBrowser().get(`${origin.replace('localhost', '127.0.0.1')}/signin?return_to=/`);
  assert.equal(shown.page?.props.isShared ?? true, true, 'ticked in a registered network');
});

test('after activation the person is signed in, and nobody who was before is', async () => {
  const { city, origin } = world;
  const browser = new TestBrowser();
  await world.signIn(browser, await world.activate(city.people.teacher));
  const confirm = await browser.post(`${origin}/activate`, { code: await world.code(city.people.guardian) });
  const { ticket } = confirm.page?.props ?? {};
  await browser.post(`${origin}/activate/confirm`, { ticket, answer: 'yes' });
  const done = await browser.post(`${origin}/activate/password`, { ticket, password, repeat: password });
  assert.equal(done.page?.name, 'launcher', done.body);
  const { rows } = await sql<{ full_name: string }>`
    SELECT full_name FROM registry.person WHERE id = ${city.people.guardian}`.execute(world.context.db);
  assert.equal(done.page?.props.name, rows[0]?.full_name);
  assert.equal(browser.cookie('edutrust-activated'), undefined);
});

test('«Không phải em?»: the session that was left open ends, and the next person signs in to the same app', async () => {
  const { city, origin } = world;
  const browser = new TestBrowser();
  await world.signIn(browser, await world.activate(city.people.teacher));
  const stepUp = await browser.get(`${origin}/signin?return_to=/account&fresh=0`);
  assert.equal(stepUp.page?.name, 'stepUp');
  const ended = await browser.request(`${origin}${stepUp.page?.props.someoneElseAction}`, {
    method: 'POST',
    body: new URLSearchParams(),
    headers: { origin, 'sec-fetch-site': 'same-origin' },
  });
  assert.equal(ended.headers.get('clear-site-data'), '"cache"', '«Back» shows nothing of who was there (S10)');
  const next = await browser.get(new URL(ended.headers.get('location') ?? '', origin));
  assert.equal(next.page?.name, 'signIn', next.body);
  assert.notEqual((await browser.get(`${origin}/`)).page?.name, 'launcher');
});

test('W7: people are told of passkeys, passwords, codes made for them, and staff of a browser that never saw them', async () => {
  const { context, city, origin } = world;
  const personId = city.people.principal;
  const educationId = await world.activate(personId);
  const kinds = async () => (await listNotices(context.db, personId)).map(({ kind }) => kind);
  await world.code(personId);
  await world.signIn(new TestBrowser(), educationId);
  assert.deepEqual(await kinds(), ['sign-in.new-device', 'activation-code.created', 'password.changed']);
  const known = new TestBrowser();
  await world.signIn(known, educationId);
  const before = (await kinds()).length;
  await known.post(`${origin}/sign-out`, {});
  await world.signIn(known, educationId);
  assert.equal((await kinds()).length, before, 'a known browser is no news');
});
