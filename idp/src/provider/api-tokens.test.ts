import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { PersonActor } from '@edutrust/platform/actor';
import type { Transaction } from '@edutrust/platform/database';
import { TestBrowser } from '@edutrust/testing/browser';
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  jwtVerify,
  SignJWT,
} from 'jose';
import {
  appOrigins,
  authorizationRequest,
  codeFor,
  redeem,
  redemption,
  type TestIdp,
  testIdp,
} from '../../testing/idp.ts';
import { resume, suspend } from '../accounts/accounts.ts';
import { changeApp, type NewApp, registerApp } from '../apps/apps.ts';
import { endSessions } from '../sessions/end.ts';

const setup = { kind: 'system', name: 'setup' } as const;
const redirect_uri = 'http://localhost:4001/callback';
const resource = 'https://kho-sach.example/api';
const scope = 'openid profile sach.doc sach.muon';
const means = { vi: 'Xem sách.', en: 'See books.' };
const api = { identifier: resource, scopes: ['sach.doc', 'sach.muon', 'sach.xoa'].map((name) => ({ name, means })) };
const basic = (clientId: string, secret = `demo-secret-of-${clientId}`) =>
  `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
let world: TestIdp;
let teacher: TestBrowser;
let teacherId: string;

before(async () => {
  world = await testIdp();
  teacher = new TestBrowser({ stopAt: appOrigins });
  teacherId = await world.activate(world.city.people.teacher);
  await world.signIn(teacher, teacherId);
  await register('kho-sach', { api });
  await register('api-khac', { api: { identifier: 'https://khac.example/api', scopes: [{ name: 'doc', means }] } });
  await register('doc-sach', { apiAccess });
});
after(() => world[Symbol.asyncDispose]());

const apiAccess = [{ identifier: resource, scopes: ['sach.doc', 'sach.muon', 'sach.khong-co'] }];

const within = <Result>(act: (transaction: Transaction) => Promise<Result>) =>
  world.context.db.transaction().execute(act);

const register = (clientId: string, input: Partial<NewApp> = {}) =>
  within((transaction) =>
    registerApp(
      transaction,
      {
        kind: 'web',
        ...{ clientId, name: clientId, purpose: { vi: 'Thử.', en: 'A try.' } },
        ...{ organisationId: world.city.departmentId, redirectUris: [redirect_uri], isApproved: true },
        scopes: ['openid', 'profile', 'school', 'offline_access'],
        ...input,
      },
      setup,
      world.clock.now(),
      `demo-secret-of-${clientId}`,
    ),
  );

async function tokenFor(clientId: string, fields: Record<string, string> = {}) {
  const code = await codeFor(teacher, world.origin, clientId, { redirect_uri, resource, scope });
  return redeem(world.origin, clientId, { ...redemption(code), resource, ...fields });
}

const refresh = (clientId: string, refresh_token = '', of = resource) =>
  redeem(world.origin, clientId, { grant_type: 'refresh_token', refresh_token, resource: of });

async function introspect(clientId: string, token: string, secret?: string) {
  const response = await fetch(`${world.origin}/oidc/token/introspection`, {
    method: 'POST',
    headers: { authorization: basic(clientId, secret) },
    body: new URLSearchParams({ token }),
  });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

/** As an API does that asks nobody (RFC 9068 §4). */
async function judged(token: string, audience = resource) {
  const keys = (await (await fetch(`${world.origin}/oidc/jwks`)).json()) as JSONWebKeySet;
  const expected = { issuer: world.origin, audience, typ: 'at+jwt' };
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys), expected);
  return payload;
}

const userinfo = async (token: string) =>
  (await fetch(`${world.origin}/oidc/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status;

test('a token for an API is a JWT for it alone, and knows the person as the app of the API does', async () => {
  const request = authorizationRequest(world.origin, 'doc-sach', { redirect_uri, resource, scope });
  assert.match((await teacher.get(request.url)).url, /code=/, 'nobody is asked what two people approved');
  const { status, json } = await tokenFor('doc-sach');
  assert.equal(status, 200, JSON.stringify(json));
  const claims = await judged(json.access_token ?? '');
  const own = await redeem(
    world.origin,
    'kho-sach',
    redemption(await codeFor(teacher, world.origin, 'kho-sach', { redirect_uri })),
  );
  assert.equal(claims.sub, decodeJwt(own.json.id_token ?? '').sub);
  assert.notEqual(claims.sub, decodeJwt(json.id_token ?? '').sub);
  assert.equal(claims.scope, 'sach.doc sach.muon');
  assert.deepEqual([claims.client_id, claims.acr, claims.amr], ['doc-sach', 'pwd', ['pwd']]);
  assert.equal(Number(claims.exp) - Number(claims.iat), 300);
  await assert.rejects(judged(json.access_token ?? '', 'https://khac.example/api'));
  assert.equal(await userinfo(json.access_token ?? ''), 401, 'it opens nothing here');
  for (const key of [
    String(claims.jti),
    createHash('sha256')
      .update(json.access_token ?? '')
      .digest('base64url'),
  ])
    assert.notEqual(await userinfo(key), 200, 'nor does what it is kept under');
  assert.deepEqual(
    Object.keys(decodeJwt(json.id_token ?? '')).filter((claim) => claim.endsWith('name')),
    [],
  );
});

test('P3: a code redeemed thirty times at once for an API gives one token', async () => {
  const code = await codeFor(teacher, world.origin, 'doc-sach', { redirect_uri, resource, scope });
  const fields = { ...redemption(code), resource };
  const answers = await Promise.all(Array.from({ length: 30 }, () => redeem(world.origin, 'doc-sach', fields)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
});

test('its own app and the app of the API are told of a token, others nothing, however the API proves itself', async () => {
  const token = (await tokenFor('doc-sach')).json.access_token ?? '';
  const { jti: _number, ...claims } = decodeJwt(token);
  for (const told of ['kho-sach', 'doc-sach'])
    assert.deepEqual((await introspect(told, token)).json, { active: true, token_type: 'Bearer', ...claims }, told);
  assert.deepEqual((await introspect('api-khac', token)).json, { active: false });
  assert.equal((await introspect('kho-sach', token, 'another secret')).status, 401);
  const forged = await new SignJWT({ ...decodeJwt(token), scope: 'sach.xoa' })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .sign(Buffer.alloc(32));
  for (const wrong of [forged, `${token}x`, token.replace(/[^.]+$/, ''), 'a.b.c', 'e30.e30.e30', '.'])
    assert.deepEqual((await introspect('kho-sach', wrong)).json, { active: false }, wrong.slice(-20));

  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'a' }] } as NewApp['jwks'];
  await register('api-khoa', { jwks: jwks ?? null, api: { ...api, identifier: 'https://khoa.example/api' } });
  await register('goi-khoa', { apiAccess: [{ identifier: 'https://khoa.example/api', scopes: ['sach.doc'] }] });
  const of = { resource: 'https://khoa.example/api' };
  const code = await codeFor(teacher, world.origin, 'goi-khoa', { redirect_uri, scope, ...of });
  const { json } = await redeem(world.origin, 'goi-khoa', { ...redemption(code), ...of });
  const client_assertion = await new SignJWT({ iss: 'api-khoa', sub: 'api-khoa', aud: world.origin, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(privateKey);
  const body = new URLSearchParams({
    ...{ token: json.access_token ?? '', client_assertion },
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  });
  const answer = await fetch(`${world.origin}/oidc/token/introspection`, { method: 'POST', body });
  assert.equal(((await answer.json()) as { active?: boolean }).active, true);
});

const lasting = { scope: 'openid sach.doc offline_access', prompt: 'consent' };

test('S2: with the session, the account, a revocation or its grant a token for an API ends', async () => {
  const { context, city } = world;
  const ended = async (how: string, end: () => Promise<unknown>) => {
    const token = (await tokenFor('doc-sach')).json.access_token ?? '';
    assert.equal((await introspect('kho-sach', token)).json.active, true, how);
    await end();
    assert.deepEqual((await introspect('kho-sach', token)).json, { active: false }, how);
  };
  const why = { actor: setup, reason: 'signed-out' } as const;
  await ended('signed out', () =>
    within((tx) => endSessions(tx, context.jobs, { personId: city.people.teacher }, why)),
  );
  await world.signIn(teacher, teacherId);
  const token = (await tokenFor('doc-sach')).json.access_token ?? '';
  const revoke = (clientId: string) =>
    fetch(`${world.origin}/oidc/token/revocation`, {
      method: 'POST',
      headers: { authorization: basic(clientId) },
      body: new URLSearchParams({ token }),
    });
  await revoke('kho-sach');
  assert.equal((await introspect('kho-sach', token)).json.active, true, 'only the app that it was given to revokes it');
  await revoke('doc-sach');
  assert.equal((await introspect('kho-sach', token)).json.active, false);

  const code = await codeFor(teacher, world.origin, 'doc-sach', { redirect_uri, resource, ...lasting });
  const { json } = await redeem(world.origin, 'doc-sach', { ...redemption(code), resource });
  await ended('suspended', () => within((tx) => suspend(tx, context, city.people.teacher, setup)));
  assert.deepEqual((await introspect('kho-sach', json.access_token ?? '')).json, { active: false });
  const again = await refresh('doc-sach', json.refresh_token);
  assert.equal(again.json.error, 'invalid_grant', 'nor is there a new one');
  await within((tx) => resume(tx, city.people.teacher, setup));
  await world.signIn(teacher, teacherId);
});

test('an app gets at the token endpoint what it asked for at sign-in and is allowed then, for one API at a time', async () => {
  const other = { identifier: 'https://bo.example/api', scopes: [{ name: 'doc', means }] };
  await register('sap-bo', { api: other });
  await register('hai-api', { apiAccess: [...apiAccess, { identifier: other.identifier, scopes: ['doc'] }] });
  const code = await codeFor(teacher, world.origin, 'hai-api', { redirect_uri, resource, ...lasting });
  const fields = redemption(code);
  const both = new URLSearchParams([...Object.entries(fields), ['resource', resource], ['resource', other.identifier]]);
  const answer = await fetch(`${world.origin}/oidc/token`, {
    ...{ method: 'POST', body: both },
    headers: { authorization: basic('hai-api') },
  });
  assert.equal(((await answer.json()) as { error?: string }).error, 'invalid_target', 'two at once');
  const again = await codeFor(teacher, world.origin, 'hai-api', { redirect_uri, resource, ...lasting });
  const not = await redeem(world.origin, 'hai-api', { ...redemption(again), resource: other.identifier });
  assert.equal(not.json.error, 'invalid_target', 'another API than the one that the person was sent for');

  const asked = {
    redirect_uri,
    resource: other.identifier,
    scope: 'openid doc sach.xoa offline_access',
    prompt: 'consent',
  };
  const third = await codeFor(teacher, world.origin, 'hai-api', asked);
  const { json } = await redeem(world.origin, 'hai-api', { ...redemption(third), resource: other.identifier });
  assert.equal((await judged(json.access_token ?? '', other.identifier)).scope, 'doc');
  await within((tx) => changeApp(tx, 'sap-bo', { api: null }, setup));
  world.clock.moveSeconds(4);
  assert.equal((await introspect('sap-bo', json.access_token ?? '')).json.active, false, 'the API was taken away');
  const gone = await refresh('hai-api', json.refresh_token, other.identifier);
  assert.equal(gone.json.error, 'invalid_target');
});

test('P8: a token for an API that is bound to a key says to which, in itself and at introspection', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  const dpop = await new SignJWT({ htm: 'POST', htu: `${world.origin}/oidc/token`, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
    .setIssuedAt()
    .sign(privateKey);
  const code = await codeFor(teacher, world.origin, 'doc-sach', { redirect_uri, resource, scope });
  const body = new URLSearchParams({ ...redemption(code), resource });
  const headers = { authorization: basic('doc-sach'), dpop };
  const json = (await (await fetch(`${world.origin}/oidc/token`, { method: 'POST', headers, body })).json()) as {
    access_token: string;
    token_type: string;
  };
  const cnf = { jkt: await calculateJwkThumbprint(jwk) };
  assert.deepEqual([json.token_type, (await judged(json.access_token)).cnf], ['DPoP', cnf]);
  const told = (await introspect('kho-sach', json.access_token)).json;
  assert.deepEqual([told.active, told.token_type, told.cnf], [true, 'DPoP', cnf]);
});

test('an app that acts for itself gets a token that says so', async () => {
  await register('may-sach', { kind: 'machine', redirectUris: [], apiAccess });
  const fields = { grant_type: 'client_credentials', resource, scope: 'sach.doc sach.xoa' };
  const { status, json } = await redeem(world.origin, 'may-sach', fields);
  assert.equal(status, 200, JSON.stringify(json));
  const claims = await judged(json.access_token ?? '');
  assert.deepEqual([claims.sub, claims.client_id, claims.scope], ['may-sach', 'may-sach', 'sach.doc']);
  assert.equal((await introspect('kho-sach', json.access_token ?? '')).json.active, true);
});

test('N2: no token for an API that the approval does not name, nor where either app lost its approval', async () => {
  const machine = { kind: 'machine', redirectUris: [] } as const;
  await register('chua-duyet', { ...machine, apiAccess, isApproved: false });
  await register('khong-khai', machine);
  await register('hai-ben', { ...machine, apiAccess });
  const ask = async (clientId: string, of = resource) => {
    const { json } = await redeem(world.origin, clientId, { grant_type: 'client_credentials', resource: of });
    return json.error ?? 'given';
  };
  assert.equal(await ask('hai-ben'), 'given');
  assert.equal(await ask('hai-ben', 'https://khac.example/api'), 'invalid_target');
  assert.equal(await ask('hai-ben', 'https://nobody.example/api'), 'invalid_target');
  assert.equal(await ask('chua-duyet'), 'invalid_target');
  assert.equal(await ask('khong-khai'), 'invalid_target');
  const change = (isApproved: boolean) => within((tx) => changeApp(tx, 'kho-sach', { isApproved }, setup));
  await change(false);
  world.clock.moveSeconds(4);
  assert.equal(await ask('hai-ben'), 'invalid_target');
  await change(true);
  world.clock.moveSeconds(4);
  assert.equal(await ask('hai-ben'), 'given');
});

test('N2: approval does not reach people whom one of the two apps is not for', async () => {
  await register('cho-hoc-sinh', { apiAccess, audience: ['learner'] });
  const { status, json } = await tokenFor('cho-hoc-sinh');
  assert.deepEqual([status, json.error], [400, 'invalid_target']);
  const outside = 'https://ben-ngoai.example/api';
  await register('ben-ngoai', { api: { ...api, identifier: outside }, isExternal: true }); // no school activated it
  await register('goi-ra', { apiAccess: [{ identifier: outside, scopes: ['sach.doc'] }] });
  const code = await codeFor(teacher, world.origin, 'goi-ra', { redirect_uri, resource: outside, scope });
  const refused = await redeem(world.origin, 'goi-ra', { ...redemption(code), resource: outside });
  assert.equal(refused.json.error, 'invalid_target', 'it is not theirs who owns the API');
});

test('N2: declaring an API, or asking for one, ends an approval; an identifier belongs to one app', async () => {
  const owner: PersonActor = {
    kind: 'person',
    personId: world.city.people.teacher,
    sessionId: '',
    roles: [],
    acr: 'passkey',
    authenticatedAt: new Date(),
  };
  const mine = { identifier: 'https://moi.example/api', scopes: [{ name: 'doc', means }] };
  for (const change of [{ api: mine }, { apiAccess }]) {
    const clientId = `khai-${Object.keys(change)[0]?.toLowerCase()}`;
    await register(clientId);
    const app = await within((tx) => changeApp(tx, clientId, change, owner));
    assert.equal(app.isApproved, false, clientId);
  }
  await assert.rejects(register('trung', { api: mine }), { code: 'apps/api-taken' });
  const bad = [
    { ...mine, identifier: 'https://moi.example/api#x' },
    { ...mine, identifier: 'urn:x' },
    { ...mine, identifier: 'https://a.example', scopes: [] },
    { ...mine, identifier: 'https://b.example', scopes: [{ name: 'openid', means }] },
    { ...mine, identifier: 'https://b.example', scopes: [{ name: 'ssf.read', means }] },
    { ...mine, identifier: 'https://c.example', scopes: [{ name: 'hai chữ', means }] },
  ];
  for (const api of bad)
    await assert.rejects(register('sai', { api }), { code: /^apps\/bad-(api|address)$/ }, JSON.stringify(api));
});
