import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { outboxLag, readOutboxOnce } from '@edutrust/platform/outbox';
import { TestBrowser } from '@edutrust/testing/browser';
import { eventually } from '@edutrust/testing/eventually';
import { sql } from 'kysely';
import { appOrigins, codeFor, redeem, redemption, type TestIdp, testIdp } from '../../testing/idp.ts';
import { resume, suspend } from '../accounts/accounts.ts';
import { changeApp, registerApp } from '../apps/apps.ts';
import { idpErasures } from '../own-data/erasure.ts';
import { pushStream, signalReader } from './deliver.ts';

const actor = { kind: 'system', name: 'test' } as const;
const scopes = ['openid', 'profile', 'school', 'ssf.read', 'ssf.manage'];
const type = (name: string) => `https://schemas.openid.net/secevent/${name}`;
let world: TestIdp;
/** Of `lop-hoc`, and of another approved app that nobody has ever entered. */
const tokens: Record<'mine' | 'other', string> = { mine: '', other: '' };

before(async () => {
  world = await testIdp();
  const { db } = world.context;
  await db.transaction().execute((tx) => changeApp(tx, 'lop-hoc', { scopes }, actor));
  const { clientSecret = '' } = await db.transaction().execute((tx) =>
    registerApp(
      tx,
      {
        clientId: 'khac',
        name: 'Khác',
        purpose: { vi: 'Để thử.', en: 'For a test.' },
        kind: 'web',
        organisationId: world.city.departmentId,
        redirectUris: ['https://khac.example/callback'],
        isApproved: true,
        scopes,
      },
      actor,
      new Date(),
    ),
  );
  world.clock.moveSeconds(4); // what a process knows of an app is at most three seconds old
  const asked = { grant_type: 'client_credentials', scope: 'ssf.read ssf.manage' };
  tokens.mine = (await redeem(world.origin, 'lop-hoc', asked)).json.access_token ?? '';
  tokens.other = (await redeem(world.origin, 'khac', asked, clientSecret)).json.access_token ?? '';
});
after(() => world[Symbol.asyncDispose]());

async function ask(method: string, path: string, body?: object, token = tokens.mine) {
  const response = await fetch(`${world.origin}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
}

/** The only stream of the app, made anew. */
async function newStream(body: object = {}, token = tokens.mine): Promise<string> {
  for (const { stream_id } of (await ask('GET', '/ssf/streams', undefined, token)).json)
    await ask('DELETE', `/ssf/streams?stream_id=${stream_id}`, undefined, token);
  const { status, json } = await ask('POST', '/ssf/streams', body, token);
  assert.equal(status, 201, JSON.stringify(json));
  return json.stream_id;
}

/** Gives the reader everything that the outbox has. */
const catchUp = () =>
  eventually(async () => {
    await readOutboxOnce(world.context.db, { ...signalReader(world.context), batchSize: 10_000 });
    assert.equal((await outboxLag(world.context.db))['idp.shared-signals'], 0);
  });

/** Checks a token by hand, as a receiver does, against the published keys; gives its claims. */
async function claimsOf(token: string) {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const { kid, ...named } = JSON.parse(Buffer.from(header, 'base64url').toString());
  assert.deepEqual(named, { alg: 'RS256', typ: 'secevent+jwt' });
  const { keys } = (await (await fetch(`${world.origin}/oidc/jwks`)).json()) as { keys: { kid: string }[] };
  const jwk = keys.find((key) => key.kid === kid);
  assert.ok(jwk, 'a published key');
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  const isGenuine = verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
  assert.ok(isGenuine && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048);
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}

/** Polls once and takes everything. */
async function poll(stream: string, token = tokens.mine) {
  const { status, json } = await ask('POST', `/ssf/poll/${stream}`, { returnImmediately: true }, token);
  assert.equal(status, 200, JSON.stringify(json));
  const jtis = Object.keys(json.sets);
  const claims = await Promise.all(Object.values<string>(json.sets).map(claimsOf));
  await ask('POST', `/ssf/poll/${stream}`, { ack: jtis, maxEvents: 0 }, token);
  return claims;
}

/** A person who entered `lop-hoc`; gives by what it knows them. */
async function enter(personId: string): Promise<string> {
  const educationId = await world.activate(personId);
  const browser = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(browser, educationId);
  const { json } = await redeem(world.origin, 'lop-hoc', redemption(await codeFor(browser, world.origin, 'lop-hoc')));
  return JSON.parse(Buffer.from(json.id_token?.split('.')[1] ?? '', 'base64url').toString()).sub;
}

const transact = (work: Parameters<ReturnType<TestIdp['context']['db']['transaction']>['execute']>[0]) =>
  world.context.db.transaction().execute(work);

test('an app hears of those who entered it, by the name that it knows them by, and of nobody else; an app that nobody entered hears nothing', async () => {
  const { pupil, teacher } = world.city.people;
  const sub = await enter(pupil);
  await world.activate(teacher); // who never was there
  await catchUp();
  const mine = await newStream();
  const others = await newStream({}, tokens.other);
  for (const personId of [pupil, teacher]) {
    await transact((tx) => suspend(tx, world.context, personId, actor));
    await transact((tx) => resume(tx, personId, actor));
  }
  await catchUp();
  const claims = await poll(mine);
  const told = claims.map(({ events }) => Object.keys(events)[0]);
  assert.deepEqual(
    [...new Set(told)], // of each of the pupil's sessions one
    [
      type('caep/event-type/session-revoked'),
      type('risc/event-type/account-disabled'),
      type('risc/event-type/account-enabled'),
    ],
  );
  for (const claim of claims) {
    const { iss, aud, sub_id, jti, iat, events, ...more } = claim;
    assert.deepEqual([iss, aud, more], [world.origin, 'lop-hoc', {}], 'no sub, no exp: never an ID token');
    assert.deepEqual(sub_id, { format: 'iss_sub', iss: world.origin, sub });
    assert.ok(jti && Number.isInteger(iat));
    assert.ok(!JSON.stringify(claim).includes(pupil), 'nothing of ours by which another app could know them');
    assert.equal(Object.keys(events).length, 1);
  }
  assert.deepEqual(await poll(mine), [], 'what was acknowledged does not come again');
  assert.deepEqual(await poll(others, tokens.other), []);

  await sql`UPDATE idp.app SET is_approved = false WHERE client_id = 'lop-hoc'`.execute(world.context.db);
  await transact((tx) => suspend(tx, world.context, pupil, actor));
  await catchUp();
  await sql`UPDATE idp.app SET is_approved = true WHERE client_id = 'lop-hoc'`.execute(world.context.db);
  assert.deepEqual(await poll(mine), [], 'nor does an app that is no longer approved');
  await transact((tx) => resume(tx, pupil, actor));
});

test('a stream is its app’s alone: without a token 401, without the scope 403, another’s 404; a second one is 409', async () => {
  const stream = await newStream({ description: 'cổng học' });
  const { json: known } = await ask('GET', `/ssf/streams?stream_id=${stream}`);
  assert.deepEqual(known.events_delivered, known.events_supported);
  assert.equal(known.delivery.method, 'urn:ietf:rfc:8936');
  assert.equal((await ask('POST', '/ssf/streams', {})).status, 409);
  const attempts: [string, string, object?][] = [
    ['GET', `/ssf/streams?stream_id=${stream}`],
    ['PATCH', '/ssf/streams', { stream_id: stream, description: 'x' }],
    ['PUT', '/ssf/streams', { stream_id: stream }],
    ['GET', `/ssf/status?stream_id=${stream}`],
    ['POST', '/ssf/status', { stream_id: stream, status: 'disabled' }],
    ['POST', '/ssf/verification', { stream_id: stream }],
    ['POST', `/ssf/poll/${stream}`, {}],
    ['DELETE', `/ssf/streams?stream_id=${stream}`],
  ];
  const weak = (await redeem(world.origin, 'lop-hoc', { grant_type: 'client_credentials' })).json.access_token ?? '';
  for (const [method, path, body] of attempts) {
    assert.equal((await ask(method, path, body, tokens.other)).status, 404, `${method} ${path} of another app`);
    assert.equal((await ask(method, path, body, weak)).status, 403, `${method} ${path} without the scope`);
    assert.equal((await ask(method, path, body, 'x'.repeat(43))).status, 401, `${method} ${path} without a token`);
  }
  assert.equal((await ask('GET', `/ssf/status?stream_id=${stream}`)).json.status, 'enabled');
  const changed = await ask('PATCH', '/ssf/streams', {
    stream_id: stream,
    events_requested: [type('caep/event-type/session-revoked'), 'urn:x'],
  });
  assert.deepEqual(changed.json.events_delivered, [type('caep/event-type/session-revoked')]);
  assert.equal(changed.json.description, 'cổng học', 'what is not named stays');
  assert.equal((await ask('DELETE', `/ssf/streams?stream_id=${stream}`)).status, 204);
  assert.equal((await ask('GET', `/ssf/streams?stream_id=${stream}`)).status, 404);
});

test('a verification carries the receiver’s own words, once a minute; a paused stream holds what happens, a disabled one keeps nothing', async () => {
  const stream = await newStream();
  const verification = () => ask('POST', '/ssf/verification', { stream_id: stream, state: 'xin chào' });
  assert.equal((await verification()).status, 204);
  assert.equal((await verification()).status, 429);
  const [claims] = await poll(stream);
  assert.deepEqual(claims.events, { [type('ssf/event-type/verification')]: { state: 'xin chào' } });
  assert.deepEqual(claims.sub_id, { format: 'opaque', id: stream });
  world.clock.moveSeconds(61);
  const set = (status: string) => ask('POST', '/ssf/status', { stream_id: stream, status, reason: 'bảo trì' });
  await set('paused');
  assert.equal((await verification()).status, 204);
  assert.deepEqual(await poll(stream), []);
  assert.deepEqual((await set('enabled')).json, { stream_id: stream, status: 'enabled', reason: 'bảo trì' });
  assert.equal((await poll(stream)).length, 1);
  world.clock.moveSeconds(61);
  await set('paused');
  await verification();
  await set('disabled');
  await set('enabled');
  assert.deepEqual(await poll(stream), []);
});

test('pushed tokens come one after another with the receiver’s own secret, again with the same id until they are taken; addresses inside are refused', async () => {
  for (const endpoint_url of ['https://10.0.0.8/events', 'http://khac.example/events', 'https://169.254.169.254/']) {
    const delivery = { method: 'urn:ietf:rfc:8935', endpoint_url };
    assert.equal(
      (await ask('PUT', '/ssf/streams', { stream_id: await newStream(), delivery })).status,
      400,
      endpoint_url,
    );
  }
  const received: { headers: IncomingHttpHeaders; body: string }[] = [];
  let status = 503;
  const receiver = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part);
      received.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
      response.writeHead(status).end();
    })();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  try {
    const endpoint_url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/events`;
    const delivery = { method: 'urn:ietf:rfc:8935', endpoint_url, authorization_header: 'Bearer bi-mat' };
    const stream = await newStream({ delivery });
    const { json } = await ask('GET', `/ssf/streams?stream_id=${stream}`);
    assert.deepEqual(json.delivery, { method: 'urn:ietf:rfc:8935', endpoint_url }, 'the secret is told to nobody');
    world.clock.moveSeconds(61);
    await ask('POST', '/ssf/verification', { stream_id: stream, state: 'một' });
    await assert.rejects(pushStream(world.context, stream), /503/);
    status = 202;
    await pushStream(world.context, stream);
    await pushStream(world.context, stream);
    assert.equal(received.length, 2, 'what was taken is not sent again');
    const [first, second] = await Promise.all(received.map(({ body }) => claimsOf(body)));
    assert.equal(first.jti, second.jti);
    assert.deepEqual(
      [received[0]?.headers.authorization, received[0]?.headers['content-type']],
      ['Bearer bi-mat', 'application/secevent+jwt'],
    );
    // Moved elsewhere, the kept secret does not go along.
    await ask('PATCH', '/ssf/streams', {
      stream_id: stream,
      delivery: { method: 'urn:ietf:rfc:8935', endpoint_url: `${endpoint_url}2` },
    });
    world.clock.moveSeconds(61);
    await ask('POST', '/ssf/verification', { stream_id: stream });
    await pushStream(world.context, stream);
    assert.equal(received[2]?.headers.authorization, undefined);
  } finally {
    receiver.close();
    receiver.closeAllConnections();
  }
});

test('N4: who is erased is erased at the apps too: told by the name that each knows, though nothing here knows it any more', async () => {
  const { guardian } = world.city.people;
  const sub = await enter(guardian);
  await catchUp();
  const mine = await newStream();
  const others = await newStream({}, tokens.other);
  await transact((tx) => suspend(tx, world.context, guardian, actor));
  await catchUp();
  const [account] = idpErasures;
  assert.ok(account);
  const person = { ids: [guardian], names: [], educationIds: [], addresses: [], evidenceKinds: [] };
  await assert.rejects(
    transact(async (tx) => {
      await account.erase(tx, person);
      throw new Error('dies');
    }),
  );
  await transact((tx) => account.erase(tx, person));
  await transact((tx) => account.erase(tx, person)); // a job runs at least once
  await catchUp();
  const claims = await poll(mine);
  assert.deepEqual(
    claims.map(({ events, sub_id }) => [Object.keys(events), sub_id]),
    [[[type('risc/event-type/account-purged')], { format: 'iss_sub', iss: world.origin, sub }]],
    'once, and nothing of before',
  );
  assert.ok(!JSON.stringify(claims).includes(guardian));
  assert.deepEqual(await poll(others, tokens.other), [], 'an app that never had them hears nothing');
  const { rows } = await sql`SELECT 1 FROM idp.subject WHERE person_id = ${guardian}`.execute(world.context.db);
  assert.deepEqual(rows, [], 'and sending it made no new name for them');
});
