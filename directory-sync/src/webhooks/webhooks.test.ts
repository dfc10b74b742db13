import assert from 'node:assert/strict';
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { outboxLag, readOutboxOnce } from '@edutrust/platform/outbox';
import { type DemoCity, seedDemo } from '@edutrust/registry/demo';
import { listNotices } from '@edutrust/registry/notices';
import { changePerson, leave } from '@edutrust/registry/people';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { TestClock } from '@edutrust/testing/clock';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { eventually } from '@edutrust/testing/eventually';
import { Receiver } from '../../testing/receiver.ts';
import { findAlarms } from '../alarms.ts';
import { addClient, endClient, type NewClient } from '../clients/clients.ts';
import { appendToFeed, feedTypes } from '../feed/feed.ts';
import { usualContract } from '../model/contract.ts';
import { listReleases } from '../releases/releases.ts';
import { migrations } from '../service.ts';
import { deliverDue, startDeliveries } from './deliver.ts';
import { sendTest } from './send.ts';
import { signedHeaders, verifierOf } from './signature.ts';
import { addWebhook, findWebhook, type NewWebhook, replay, rotateSecret, setState } from './webhooks.ts';

const system = { kind: 'system', name: 'test' } as const;
const today = '2026-11-23';

interface World extends AsyncDisposable {
  readonly context: TestContext;
  readonly clock: TestClock;
  readonly city: DemoCity;
  /** Where webhooks go, unless the test says something else. */
  readonly receiver: Receiver;
  /** Another name for a person: an event. */
  rename(personId: string): Promise<void>;
  /** Writes down what the outbox has. */
  catchUp(): Promise<void>;
  /** The same, and sends what is due. */
  send(): Promise<void>;
  client(more?: Partial<NewClient>): Promise<string>;
  hook(clientId: string, more?: Partial<NewWebhook>): Promise<{ id: string; secret: string }>;
}

/** One city for all of them; each test has clients and a receiver of its own. */
let shared: { readonly context: TestContext; readonly clock: TestClock; readonly city: DemoCity };
before(async () => {
  const clock = new TestClock();
  const context = await testContext({ migrations: [registryMigrations, migrations], clock, seed: demoSeed });
  shared = { context, clock, city: await seedDemo(context) };
});
after(() => shared.context[Symbol.asyncDispose]());

let clients = 0;
let names = 0;

async function openWorld(): Promise<World> {
  const { context, clock, city } = shared;
  const { db } = context;
  const receiver = await Receiver.start();
  const own: string[] = [];
  const catchUp = () =>
    eventually(async () => {
      await readOutboxOnce(db, {
        consumer: 'event-feed',
        types: feedTypes,
        handle: (events) => appendToFeed(db, events),
        batchSize: 2_000,
      });
      assert.equal((await outboxLag(db))['event-feed'], 0);
    });
  await catchUp();
  return {
    ...shared,
    receiver,
    rename: (personId) => {
      names += 1;
      const fullName = `Đặng Thị ${[...names.toString(26)].map((digit) => 'abcdefghiklmnopqrstuvxyabcd'[Number.parseInt(digit, 26)]).join('')}`;
      return db.transaction().execute((tx) => changePerson(tx, personId, { fullName }, system));
    },
    catchUp,
    send: async () => {
      await catchUp();
      await deliverDue(context);
    },
    client: async (more = {}) => {
      clients += 1;
      const client = { name: `hệ thống ${clients}`, kind: 'events', mayWrite: false, ...more } as const;
      const organisationId = more.organisationId ?? city.departmentId;
      const { id } = await db.transaction().execute((tx) => addClient(tx, { ...client, organisationId }, system));
      own.push(id);
      return id;
    },
    hook: (clientId, more = {}) => {
      const webhook = { clientId, url: receiver.url, types: feedTypes, scheme: 'v1', ...more } as const;
      return db.transaction().execute((tx) => addWebhook(context, tx, webhook, system));
    },
    clock,
    [Symbol.asyncDispose]: async () => {
      for (const id of own) await db.transaction().execute((tx) => endClient(tx, id, system));
      await receiver[Symbol.asyncDispose]();
    },
  };
}

/** As a receiver verifies it (Standard Webhooks, "verifying webhook authenticity"), in code of its own. */
function isSignedBy(secret: string, { headers, body }: Receiver['received'][number]): boolean {
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return String(headers['webhook-signature'])
    .split(' ')
    .some((signature) => {
      const [version, value = ''] = signature.split(',');
      if ((version === 'v1') !== secret.startsWith('whsec_')) return false;
      if (version === 'v1')
        return (
          createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
            .update(content)
            .digest('base64') === value
        );
      const x = Buffer.from(secret.slice('whpk_'.length), 'base64').toString('base64url');
      const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
      return verify(null, Buffer.from(content), key, Buffer.from(value, 'base64'));
    });
}

test('a signature is the one that the reference library of Standard Webhooks makes', () => {
  const secret = Buffer.alloc(32, 7);
  assert.equal(verifierOf('v1', secret), 'whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=');
  const body =
    '{"type":"person.changed","timestamp":"2026-11-27T02:00:00.000Z","data":{"kind":"person","id":"0190f000-0000-7000-8000-000000000002"}}';
  const message = { id: '0190f000-0000-7000-8000-000000000001', at: new Date(1_764_208_800_000), body };
  assert.equal(
    signedHeaders(message, 'v1', [secret])['webhook-signature'],
    'v1,DXhMVbJTnwFoh797lTbmHH3wUg1u5IoiXtS9S+91Ex8=', // standardwebhooks 1.0.0 for Node
  );
});

test('the receiver in docs/directory-sync.md takes what we send, and neither another body, an old message nor another key', async () => {
  const docs = await readFile(new URL('../../../docs/directory-sync.md', import.meta.url), 'utf8');
  const code = /```js\n(import \{ createHmac[\s\S]+?)```/.exec(docs)?.[1] ?? assert.fail('the example is there');
  const { isGenuine } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const secret = Buffer.alloc(32, 7);
  const body = '{"type":"person.changed"}';
  const headers = (at: Date) => signedHeaders({ id: 'm1', at, body }, 'v1', [Buffer.alloc(32, 9), secret]);
  const shared = verifierOf('v1', secret);
  const now = new Date();
  assert.equal(isGenuine({ headers: headers(now), body }, shared), true, 'by one of two keys');
  assert.equal(isGenuine({ headers: headers(now), body: `${body} ` }, shared), false);
  assert.equal(isGenuine({ headers: headers(new Date(now.getTime() - 301_000)), body }, shared), false);
  assert.equal(isGenuine({ headers: headers(now), body }, verifierOf('v1', Buffer.alloc(32, 8))), false);
});

test('what happens arrives in its order, signed, and says nothing but which thing of which kind', async () => {
  await using world = await openWorld();
  const { city, receiver } = world;
  const { secret } = await world.hook(await world.client());
  const pair = await world.hook(await world.client(), { scheme: 'v1a' });
  for (const id of [city.people.pupil, city.people.teacher, city.people.pupil]) await world.rename(id);
  await world.send();
  assert.equal(receiver.received.length, 6);
  const shared = receiver.received.filter((message) => isSignedBy(secret, message));
  const paired = receiver.received.filter(({ headers }) => String(headers['webhook-signature']).startsWith('v1a,'));
  assert.deepEqual(
    shared.map(({ body }) => JSON.parse(body).data),
    [city.people.pupil, city.people.teacher, city.people.pupil].map((id) => ({ kind: 'person', id })),
  );
  assert.deepEqual(Object.keys(JSON.parse(shared[0]?.body ?? '')), ['type', 'timestamp', 'data']);
  assert.ok(paired.length === 3 && paired.every((message) => isSignedBy(pair.secret, message)));
  assert.ok(
    !isSignedBy(secret, { headers: shared[0]?.headers ?? {}, body: `${shared[0]?.body} ` }),
    'not a changed one',
  );
});

test('a client hears of its own school, of the roles in its contract, and nothing of anyone else', async () => {
  await using world = await openWorld();
  const { city, receiver, context } = world;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  await world.hook(await world.client({ organisationId: lower.id }));
  await world.hook(
    await world.client({ organisationId: primary.id, contract: { ...usualContract, roles: ['teacher', 'staff'] } }),
  );
  await world.rename(city.people.pupil); // of the primary school
  await world.send();
  assert.deepEqual(receiver.received, [], 'another school, and a contract without learners');
  await world.rename(city.people.teacher);
  await world.send();
  assert.equal(receiver.received.length, 1);
  const [release] = await listReleases(context.db, city.people.teacher);
  assert.deepEqual([release?.recipient, release?.fields], [`hệ thống ${clients}`, ['id']], 'on record for the person');
  const told = await listReleases(context.db, city.people.pupil);
  assert.ok(!told.some(({ recipient }) => recipient === `hệ thống ${clients}`));
});

test('the school that somebody leaves hears of it; what the client’s access ended before is not sent', async () => {
  await using world = await openWorld();
  const { city, receiver, context } = world;
  const clientId = await world.client({ organisationId: city.schools[0]?.id ?? '' });
  await world.hook(clientId);
  const { db } = context;
  const { rows } = await context.pool.query<{ id: string }>(
    `SELECT person_id AS id FROM registry.affiliation WHERE role = 'learner' AND valid_until IS NULL AND organisation_id = $1
       AND person_id <> $2 LIMIT 1`,
    [city.schools[0]?.id, city.people.pupil],
  );
  await db.transaction().execute((tx) => leave(tx, rows[0]?.id ?? '', { actor: system, today }));
  await world.send();
  assert.deepEqual(receiver.types, ['person.left']);
  await db.transaction().execute((tx) => endClient(tx, clientId, system));
  await world.rename(city.people.teacher);
  await world.send();
  assert.equal(receiver.received.length, 1);
});

test('what is not taken is tried again for three days with the same id; then it is disabled, and the person told', async () => {
  await using world = await openWorld();
  const { city, receiver, context, clock } = world;
  const { id } = await world.hook(await world.client());
  await context.pool.query('UPDATE sync.webhook SET created_by = $1', [city.people.administrator]);
  receiver.answer = (response) => response.writeHead(500).end();
  await world.rename(city.people.pupil);
  await world.rename(city.people.pupil);
  const began = clock.now().getTime();
  for (let tries = 0; (await findWebhook(context.db, id)).state === 'on'; tries += 1) {
    assert.ok(tries < 20);
    await world.send();
    const { next_at } = await findWebhook(context.db, id);
    clock.moveSeconds((next_at.getTime() - clock.now().getTime()) / 1_000 + 0.01);
  }
  assert.equal(new Set(receiver.ids).size, 1, 'the second waits behind the first');
  assert.equal(receiver.received.length, 10);
  const days = (clock.now().getTime() - began) / 86_400_000;
  assert.ok(days > 2.5 && days < 5, `${days} days`);
  assert.equal((await findWebhook(context.db, id)).disabled_reason, 'failing');
  assert.equal((await findAlarms(context)).filter(({ code }) => code === 'webhook-disabled').length, 1);
  const [notice] = await listNotices(context.db, city.people.administrator);
  assert.equal(notice?.kind, 'webhook.disabled');
  receiver.answer = (response) => response.writeHead(204).end();
  await world.send();
  assert.equal(receiver.received.length, 10, 'nothing is sent by itself any longer');
  const by = { actor: system, now: clock.now() };
  const disabled = await findWebhook(context.db, id);
  await context.db.transaction().execute((tx) => setState(tx, disabled, 'on', by));
  await world.send();
  assert.equal(receiver.received.length, 12, 'nothing was lost');
});

test('an address that says 410 is not called again; a busy one is left alone for as long as it asks', async () => {
  await using world = await openWorld();
  const { city, receiver, context, clock } = world;
  const { id } = await world.hook(await world.client());
  receiver.answer = (response) => response.writeHead(429, { 'retry-after': '7200' }).end();
  await world.rename(city.people.pupil);
  await world.send();
  clock.moveSeconds(3_600);
  await world.send();
  assert.equal(receiver.received.length, 1);
  clock.moveSeconds(3_601);
  receiver.answer = (response) => response.writeHead(410).end();
  await world.send();
  const { state, disabled_reason } = await findWebhook(context.db, id);
  assert.deepEqual([receiver.received.length, state, disabled_reason], [2, 'disabled', 'gone']);
});

test('a new secret signs beside the old one for a day, and alone after it', async () => {
  await using world = await openWorld();
  const { city, receiver, context, clock } = world;
  const { id, secret } = await world.hook(await world.client());
  const webhook = await findWebhook(context.db, id);
  const rotated = await context.db.transaction().execute((tx) => rotateSecret(context, tx, webhook, system));
  await world.rename(city.people.pupil);
  await world.send();
  clock.moveSeconds(24 * 3_600 + 1);
  await world.rename(city.people.pupil);
  await world.send();
  const [first, second] = receiver.received;
  assert.ok(first && second);
  assert.deepEqual([isSignedBy(secret, first), isSignedBy(rotated.secret, first)], [true, true]);
  assert.deepEqual([isSignedBy(secret, second), isSignedBy(rotated.secret, second)], [false, true]);
});

test('one message or a range is sent again with its ids, before what is newer; nobody else’s can be', async () => {
  await using world = await openWorld();
  const { city, receiver, context, clock } = world;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const own = await world.hook(await world.client({ organisationId: primary.id }));
  const other = await world.hook(await world.client({ organisationId: lower.id }));
  const began = new Date();
  await world.rename(city.people.pupil);
  await world.rename(city.people.pupil);
  await world.send();
  const [first, second] = receiver.ids;
  const again = async (id: string, range: Parameters<typeof replay>[2]) => {
    const webhook = await findWebhook(context.db, id);
    return context.db.transaction().execute((tx) => replay(tx, webhook, range, { actor: system, now: clock.now() }));
  };
  assert.equal(await again(own.id, { eventId: String(second) }), true);
  await world.rename(city.people.pupil);
  await world.send();
  const third = receiver.ids[3];
  assert.deepEqual(receiver.ids, [first, second, second, third]);
  await again(own.id, { from: began, to: new Date(Date.now() + 60_000) });
  await world.send();
  assert.deepEqual(receiver.ids.slice(4), [first, second, third]);
  await again(other.id, { eventId: String(first) });
  await world.send();
  assert.equal(receiver.received.length, 7, 'an id of another school brings nothing');
});

test('a test message moves nothing; addresses inside and plain http are refused at a real installation', async () => {
  await using world = await openWorld();
  const { receiver, context, city } = world;
  const { id } = await world.hook(await world.client());
  const webhook = await findWebhook(context.db, id);
  const { status, failure } = await sendTest(context, webhook);
  assert.deepEqual([status, failure, receiver.types], [204, null, ['webhook.test']]);
  assert.equal((await findWebhook(context.db, id)).position, webhook.position);
  const real = { ...context, config: { ...context.config, url: new URL('https://id.example.edu.vn') } };
  const inside = await sendTest(real, webhook);
  assert.deepEqual([inside.status, inside.failure, receiver.received.length], [null, 'private-address', 1]);
  const clientId = await world.client({ organisationId: city.departmentId });
  for (const url of [
    'http://sis.example.edu.vn/hook',
    'https://10.0.0.1/hook',
    'https://169.254.169.254/',
    'https://localhost/',
    'https://me:secret@sis.example.edu.vn/',
    'file:///etc/passwd',
  ])
    await assert.rejects(
      () =>
        context.db
          .transaction()
          .execute((tx) => addWebhook(real, tx, { clientId, url, types: feedTypes, scheme: 'v1' }, system)),
      { code: 'webhooks/bad-address' },
      url,
    );
});

test('O3: addresses that hang keep nobody waiting, and of two processes one sends', async () => {
  await using world = await openWorld();
  const { city, receiver, context } = world;
  await using hanging = await Receiver.start();
  hanging.answer = () => undefined;
  await world.hook(await world.client());
  for (let count = 0; count < 20; count += 1) await world.hook(await world.client(), { url: hanging.url });
  const arrived = new Promise<void>((resolve) => {
    receiver.answer = (response) => {
      response.writeHead(204).end();
      if (receiver.received.length === 3) resolve();
    };
  });
  for (let count = 0; count < 3; count += 1) await world.rename(city.people.pupil);
  await world.catchUp();
  const processes = [startDeliveries(context), startDeliveries(context)];
  for (const { ring } of processes) ring();
  await arrived;
  for (const { stop } of processes) await stop();
  assert.equal(new Set(receiver.ids).size, 3);
  assert.equal(receiver.received.length, 3);
});
