import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { startWorker } from '@edutrust/platform/jobs';
import { TestAuthenticator } from '@edutrust/testing/authenticator';
import type { TestBrowser } from '@edutrust/testing/browser';
import { eventually } from '@edutrust/testing/eventually';
import { SignJWT } from 'jose';
import { sql } from 'kysely';
import { type TestIdp, testIdp } from '../../testing/idp.ts';
import { type Asking, askingAt } from '../../testing/phone.ts';
import { createAppDirectory } from '../apps/directory.ts';
import { pingApp } from './ping.ts';

let world: TestIdp;
let phone: TestBrowser;
let key: TestAuthenticator;
let educationId: string;
let asking: Asking;

before(async () => {
  world = await testIdp();
  const { principal } = world.city.people;
  key = new TestAuthenticator(world.origin);
  phone = await world.enter(principal, key);
  const { rows } = await sql<{ education_id: string }>`
    SELECT education_id FROM registry.person WHERE id = ${principal}`.execute(world.context.db);
  educationId = rows[0]?.education_id ?? '';
  asking = askingAt(world, 'duoc-goi', educationId);
});
after(() => world[Symbol.asyncDispose]());

test('ping: the app is told that there is an answer, with its own token, and asks', async (context) => {
  const heard: { headers: IncomingMessage['headers']; body: string }[] = [];
  let status = 204;
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    heard.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(status, { location: '/elsewhere' }).end();
  });
  context.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const notificationUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping`;
  await asking.register('duoc-goi', { ciba: { delivery: 'ping', notificationUri } });
  assert.equal((await asking.ask({}, 'duoc-goi')).json.error, 'invalid_request', 'a token to be called with is needed');
  const id = await asking.begun({ client_notification_token: 'cua-ung-dung-1234' }, 'duoc-goi');
  await asking.allow(phone, key);
  const worker = await startWorker({
    pool: world.context.pool,
    handlers: world.idp.outsideTasks ?? {},
    concurrency: 1,
    log: world.context.log,
  });
  try {
    await eventually(async () => assert.equal(heard.length, 1));
  } finally {
    await worker.stop();
  }
  assert.equal(heard[0]?.headers.authorization, 'Bearer cua-ung-dung-1234');
  assert.deepEqual(JSON.parse(heard[0]?.body ?? ''), { auth_req_id: id });
  assert.ok((await asking.poll(id, 'duoc-goi')).access_token);
  // §10.2: who says that we are wrong, or that it is elsewhere, is not asked again; who has trouble is
  const { rows } = await sql<{ handle: string }>`SELECT handle FROM idp.backchannel_request`.execute(world.context.db);
  const apps = createAppDirectory(world.context.db, world.clock);
  const ping = () => pingApp(world.context, apps, rows[0]?.handle ?? '');
  for (status of [200, 302, 401, 403]) await ping();
  assert.equal(heard.length, 5, 'no redirect is followed');
  status = 503;
  await assert.rejects(ping(), /503/);
  await assert.rejects(
    asking.register('sai', { ciba: { delivery: 'ping', notificationUri: null } }),
    /apps\/bad-ciba|ping/,
  );
  await assert.rejects(
    asking.register('sai2', { kind: 'spa', ciba: { delivery: 'poll', notificationUri: null } }),
    /./,
  );
});

test('a signed request is taken by its signature, and where the profile asks for one nothing else is', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' } as never] };
  await asking.register('ky-yeu-cau', { jwks, securityProfile: 'fapi2-signed' });
  const signed = (claims: object, by: KeyObject = privateKey, seconds = 300) =>
    new SignJWT({ nbf: Math.floor(Date.now() / 1000), jti: crypto.randomUUID(), ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .setIssuer('ky-yeu-cau')
      .setAudience(world.origin)
      .setIssuedAt()
      .setExpirationTime(`${seconds}s`)
      .sign(by);
  const send = async (fields: Record<string, string>) => {
    const client_assertion = await signed({ sub: 'ky-yeu-cau' });
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    const body = new URLSearchParams({
      ...fields,
      client_id: 'ky-yeu-cau',
      client_assertion,
      client_assertion_type: type,
    });
    const response = await fetch(`${world.origin}/oidc/backchannel`, { method: 'POST', body });
    return { status: response.status, json: (await response.json()) as Record<string, string> };
  };
  const request = { scope: 'openid', login_hint: educationId, binding_message: 'A1' };
  const taken = await send({ request: await signed(request) });
  assert.equal(taken.status, 200, JSON.stringify(taken.json));
  assert.equal((await asking.shown(phone)).message, 'A1');
  const { privateKey: another } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  for (const fields of [
    request,
    { request: await signed({ ...request, jti: '' }) },
    { request: await signed({ ...request, jti: undefined }) },
    { request: await signed(request, another) },
    { request: await signed(request, privateKey, 7200) },
  ])
    assert.equal((await send(fields)).json.error, 'invalid_request');
});
