import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { HttpServer } from '@edutrust/platform/http';
import { uuidv7 } from '@edutrust/platform/ids';
import { outboxLag } from '@edutrust/platform/outbox';
import { type DemoCity, seedDemo } from '@edutrust/registry/demo';
import { changePerson } from '@edutrust/registry/people';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { TestClock } from '@edutrust/testing/clock';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { eventually } from '@edutrust/testing/eventually';
import { serve } from '@edutrust/testing/served';
import { addClient, endClient } from '../clients/clients.ts';
import { type Contract, usualContract } from '../model/contract.ts';
import { createDirectorySync, migrations } from '../service.ts';
import { appendToFeed, endsOfFeed, forgetOldEvents } from './feed.ts';

const system = { kind: 'system', name: 'test' } as const;
const clock = new TestClock();
let context: TestContext;
let city: DemoCity;
let app: HttpServer;
let service: ReturnType<typeof createDirectorySync>;
before(async () => {
  context = await testContext({ migrations: [registryMigrations, migrations], clock, seed: demoSeed });
  city = await seedDemo(context);
  service = createDirectorySync(context);
  app = await serve(context, service);
  await app.listen({ host: '127.0.0.1', port: 0 });
  await service.start?.();
});
after(async () => {
  await service.close?.();
  await app.close();
  await context[Symbol.asyncDispose]();
});

/** Everything that happened is in the feed. */
const caughtUp = () => eventually(async () => assert.equal((await outboxLag(context.db))['event-feed'], 0));

let names = 0;
async function rename(personId: string): Promise<void> {
  names += 1;
  const fullName = `Đặng Thị ${'abcdefghiklmnop'[names] ?? ''}`;
  await context.db.transaction().execute((tx) => changePerson(tx, personId, { fullName }, system));
}

let clients = 0;
async function client(organisationId = city.departmentId, contract?: Contract) {
  clients += 1;
  const { id, token } = await context.db
    .transaction()
    .execute((tx) =>
      addClient(
        tx,
        { name: `nghe ${clients}`, kind: 'events', mayWrite: false, organisationId, ...(contract ? { contract } : {}) },
        system,
      ),
    );
  const get = async (query: string) => {
    const answer = await app.inject({ url: `/api/v1/feed?${query}`, headers: { authorization: `Bearer ${token}` } });
    return { status: answer.statusCode, body: answer.json() };
  };
  return { id, token, get };
}

test('a cursor gives what happened after it, once and in order, and only what is the client’s', async () => {
  await caughtUp();
  const { get } = await client();
  const elsewhere = await client(city.schools[1]?.id);
  const start = (await get('after=now')).body;
  assert.deepEqual([start.items, start.hasMore], [[], false]);
  for (const id of [city.people.pupil, city.people.teacher]) await rename(id);
  await caughtUp();
  const { body } = await get(`after=${start.cursor}`);
  assert.deepEqual(
    body.items.map(({ type, data }: { type: string; data: { id: string } }) => [type, data.id]),
    [
      ['person.changed', city.people.pupil],
      ['person.changed', city.people.teacher],
    ],
  );
  assert.deepEqual(Object.keys(body.items[0]), ['id', 'type', 'timestamp', 'data']);
  assert.deepEqual((await get(`after=${body.cursor}`)).body.items, []);
  assert.deepEqual((await get(`after=${start.cursor}&types=class.changed`)).body.items, []);
  assert.deepEqual((await elsewhere.get(`after=${start.cursor}`)).body.items, [], 'of another school');
  let [cursor, count] = [undefined as string | undefined, 0];
  for (;;) {
    const page = (await get(cursor === undefined ? '' : `after=${cursor}`)).body;
    count += page.items.length;
    cursor = page.cursor;
    if (!page.hasMore) break;
  }
  assert.ok(count > 200, 'from the beginning, page by page');
});

test('without a token, with an ended one, and with a cursor that is none or too old, nothing is given', async () => {
  await caughtUp();
  const { id, get } = await client();
  assert.equal((await app.inject({ url: '/api/v1/feed' })).statusCode, 401);
  for (const cursor of ['-1', 'x', '1 OR 1=1', '9'.repeat(16)])
    assert.equal((await get(`after=${encodeURIComponent(cursor)}`)).status, 400);
  const { last } = await endsOfFeed(context.db);
  assert.equal((await get(`after=${last + 1}`)).body.code, 'feed/expired-cursor', 'of the future');
  await forgetOldEvents(context.db, new Date(clock.now().getTime() + 31 * 86_400_000));
  assert.equal((await get(`after=${last - 1}`)).body.code, 'feed/expired-cursor');
  assert.equal((await get(`after=${last}`)).status, 200, 'who has read everything goes on');
  await context.db.transaction().execute((tx) => endClient(tx, id, system));
  assert.equal((await get('after=now')).status, 401);
});

test('the same event comes into the feed once, whoever reads the outbox again', async () => {
  await rename(city.people.pupil);
  await caughtUp();
  const { rows } = await context.pool.query(
    `SELECT id, at, type, actor, subject_kind, subject_id, organisation_id AS "organisationId", data FROM platform.outbox
     WHERE type = 'person.changed' ORDER BY position DESC LIMIT 1`,
  );
  const [row] = rows;
  const before = await endsOfFeed(context.db);
  const event = { ...row, subject: { kind: row.subject_kind, id: row.subject_id } };
  await Promise.all([appendToFeed(context.db, [event]), appendToFeed(context.db, [event])]);
  assert.deepEqual(await endsOfFeed(context.db), before);
});

/** Server-sent events as they come, until the test has seen enough. */
async function listen(
  token: string,
  headers: Record<string, string>,
  enough: (text: string) => boolean,
): Promise<string> {
  const { port } = app.server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port,
        path: '/api/v1/feed/stream',
        headers: { authorization: `Bearer ${token}`, ...headers },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          if (!enough(text)) return;
          asking.destroy();
          resolve(text);
        });
        answer.once('end', () => resolve(text));
      },
    );
    asking.on('error', reject);
    asking.end();
  });
}

test('a stream tells at once, and goes on after the last id; a fourth of one client is refused', async () => {
  await caughtUp();
  const { token, get } = await client();
  const { cursor } = (await get('after=now')).body;
  let isOpen = false;
  const text = await listen(token, {}, (heard) => {
    if (!isOpen) void rename(city.people.pupil);
    isOpen = true;
    return heard.includes('event: person.changed');
  });
  assert.match(text, /id: \d+\nevent: person\.changed\ndata: \{"id":"[0-9a-f-]{36}","type":"person\.changed"/);
  const again = await listen(token, { 'last-event-id': cursor }, (more) => more.includes('event: person.changed'));
  assert.equal(/data: .*/.exec(again)?.[0], /data: .*/.exec(text)?.[0]);
  const { port } = app.server.address() as AddressInfo;
  const open = await Promise.all(
    [1, 2, 3].map(
      () =>
        new Promise<ReturnType<typeof request>>((resolve) => {
          const asking = request(
            { host: '127.0.0.1', port, path: '/api/v1/feed/stream', headers: { authorization: `Bearer ${token}` } },
            () => resolve(asking),
          );
          asking.on('error', () => undefined);
          asking.end();
        }),
    ),
  );
  const fourth = await app.inject({ url: '/api/v1/feed/stream', headers: { authorization: `Bearer ${token}` } });
  assert.equal(fourth.statusCode, 429);
  for (const one of open) one.destroy();
});

test('documents are told of to those whose contract names their app, of their own organisation and below', async () => {
  await caughtUp();
  const [school, elsewhere] = city.schools;
  assert.ok(school && elsewhere);
  const listener = (organisationId: string, documentsOf?: string[]) =>
    client(organisationId, documentsOf && { ...usualContract, documentsOf });
  const told = {
    ofApp: await listener(school.id, ['van-thu-so']),
    ofSchool: await listener(school.id, ['*']),
    ofDepartment: await listener(city.departmentId, ['van-thu-so', 'khac']),
  };
  const untold = {
    withoutDocuments: await listener(city.departmentId),
    ofOtherApp: await listener(school.id, ['van-thu']), // a name that begins as the other
    ofNoApp: await listener(school.id, []),
    elsewhere: await listener(elsewhere.id, ['van-thu-so', '*']),
  };
  const after = (await told.ofApp.get('after=now')).body.cursor;
  const event = (id: string, data: Record<string, string>, type = 'signing-request.issued') => ({
    id: uuidv7(),
    at: clock.now(),
    type,
    actor: { kind: 'system', name: 'signing' } as const,
    subject: { kind: 'signing-request', id },
    organisationId: school.id,
    data,
  });
  const [ofApp, ofPerson] = [uuidv7(), uuidv7()];
  const happened = [
    event(ofApp, { app: 'van-thu-so', documentId: uuidv7() }),
    event(ofPerson, { documentId: uuidv7() }),
    event(ofApp, { app: 'van-thu-so' }, 'signing-request.archived'), // not of the feed
  ];
  await appendToFeed(context.db, happened);
  await appendToFeed(context.db, happened);
  const heard = async ({ get }: { get: (query: string) => Promise<{ body: { items: { data: object }[] } }> }) =>
    (await get(`after=${after}`)).body.items.map(({ data }) => data);
  const said = (id: string) => ({ kind: 'signing-request', id });
  assert.deepEqual(await heard(told.ofApp), [said(ofApp)]);
  assert.deepEqual(await heard(told.ofDepartment), [said(ofApp)]);
  assert.deepEqual(await heard(told.ofSchool), [said(ofApp), said(ofPerson)]);
  for (const [name, one] of Object.entries(untold)) assert.deepEqual(await heard(one), [], name);
  for (const { id } of [...Object.values(told), ...Object.values(untold)])
    await context.db.transaction().execute((tx) => endClient(tx, id, system));
  await context.pool.query(`UPDATE sync.client SET ended_at = now() WHERE contract ? 'documentsOf'`);
  const { last } = await endsOfFeed(context.db);
  await appendToFeed(context.db, [event(uuidv7(), { app: 'van-thu-so' })]);
  assert.equal((await endsOfFeed(context.db)).last, last, 'where nobody hears of documents none is written down');
});
