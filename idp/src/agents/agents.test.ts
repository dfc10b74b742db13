import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { authorizationRequest, codeFor, type TestIdp, testIdp } from '../../testing/idp.ts';
import { endApp, findApp } from '../apps/apps.ts';
import { isDocumentId, returnAddressesOf } from './document.ts';

const setup = { kind: 'system', name: 'setup' } as const;
const redirect_uri = 'http://127.0.0.1:51234/callback';
/** What is answered at each path, and how often each was asked for. */
const documents = new Map<string, { status?: number; headers?: Record<string, string>; body: string }>();
const asked = new Map<string, number>();
let server: Server;
let origin: string;
let world: TestIdp;
let teacher: TestBrowser;

before(async () => {
  server = createServer(({ url = '' }, response) => {
    asked.set(url, (asked.get(url) ?? 0) + 1);
    const { status = 200, headers = {}, body } = documents.get(url) ?? { status: 404, body: '' };
    response.writeHead(status, headers);
    response.end(body);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  world = await testIdp({ EDUTRUST_AGENT_ORIGINS: origin });
  teacher = new TestBrowser({ stopAt: ['http://127.0.0.1:51234', 'http://127.0.0.1:60000'] });
  await world.signIn(teacher, await world.activate(world.city.people.teacher));
});
after(async () => {
  await world?.[Symbol.asyncDispose]();
  server.close();
});

const documentOf = (id: string, more: object = {}) =>
  JSON.stringify({ client_id: id, client_name: 'Trợ lý của Sở', redirect_uris: [redirect_uri], ...more });

/** Puts a document at the path; gives its client id. */
function publish(path: string, more: object = {}): string {
  documents.set(path, { body: documentOf(`${origin}${path}`, more) });
  return `${origin}${path}`;
}

const ask = (clientId: string, extra: Record<string, string | undefined> = {}) =>
  teacher.get(authorizationRequest(world.origin, clientId, { redirect_uri, scope: 'openid profile', ...extra }).url);

test('P12: a document makes its address a public client for people who agree: by its host, with PKCE, told the name alone', async () => {
  const clientId = publish('/agent', {
    scope: 'openid profile school education_id',
    logo_uri: 'http://169.254.169.254/logo',
    is_approved: true,
  });
  const discovery = await fetch(`${world.origin}/.well-known/openid-configuration`);
  assert.equal(((await discovery.json()) as Record<string, unknown>).client_id_metadata_document_supported, true);
  const shown = await ask(clientId);
  assert.equal(shown.page?.name, 'consent', shown.body);
  const { app } = shown.page?.props ?? {};
  assert.equal(app.name, new URL(origin).host, 'not the name that it gives itself');
  assert.match(app.purpose, /ngoài ngành/);
  const granted = await codeFor(teacher, world.origin, clientId, { redirect_uri, scope: 'openid profile' });
  const redeemed = await fetch(`${world.origin}/oidc/token`, {
    method: 'POST',
    body: new URLSearchParams({
      ...{ grant_type: 'authorization_code', client_id: clientId, code: granted.code },
      ...{ redirect_uri, code_verifier: granted.verifier },
    }),
  });
  const { access_token, refresh_token } = (await redeemed.json()) as Record<string, string>;
  const userinfo = await fetch(`${world.origin}/oidc/userinfo`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  const claims = Object.keys((await userinfo.json()) as object).sort();
  assert.deepEqual(claims, ['family_name', 'given_name', 'name', 'preferred_username', 'sub']);
  assert.equal(refresh_token, undefined);
  for (const scope of ['openid school', 'openid education_id', 'openid email', 'openid documents'])
    assert.equal(new URL((await ask(clientId, { scope })).url).searchParams.get('error'), 'invalid_scope', scope);
  const noPkce = await ask(clientId, { code_challenge: undefined, code_challenge_method: undefined });
  assert.equal(new URL(noPkce.url).searchParams.get('error'), 'invalid_request');
  assert.equal((await ask(clientId, { redirect_uri: 'http://127.0.0.1:60000/other' })).status, 400);
  assert.equal(asked.get('/agent'), 1, 'read once in ten minutes');
  const pupil = new TestBrowser({ stopAt: ['http://127.0.0.1:51234'] });
  await world.signIn(pupil, await world.activate(world.city.people.pupil));
  const refused = await pupil.get(authorizationRequest(world.origin, clientId, { redirect_uri, scope: 'openid' }).url);
  assert.equal(new URL(refused.url).searchParams.get('error'), 'access_denied', 'no pupil is asked');
});

test('P12: the document decides, within ten minutes; nobody approves or changes an agent, and an ended one stays ended', async () => {
  const clientId = publish('/changing');
  assert.equal((await ask(clientId)).page?.name, 'consent');
  const administrator = await world.enter(world.city.people.administrator);
  const at = `${world.origin}/api/v1/apps/${encodeURIComponent(clientId)}`;
  for (const [path, body, method] of [
    [at, { name: 'Sở Giáo dục' }, 'PATCH'],
    [`${at}/approval`, {}, 'POST'],
  ] as const) {
    const response = await administrator.request(path, {
      method,
      headers: { origin: world.origin, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [409, 'apps/agent'], path);
  }
  publish('/changing', { redirect_uris: ['http://127.0.0.1:60000/new'] });
  world.clock.moveSeconds(601);
  assert.equal((await ask(clientId)).status, 400, 'the address before');
  assert.equal((await ask(clientId, { redirect_uri: 'http://127.0.0.1:60000/new' })).page?.name, 'consent');
  documents.delete('/changing');
  world.clock.moveSeconds(601);
  assert.equal(
    (await ask(clientId, { redirect_uri: 'http://127.0.0.1:60000/new' })).status,
    400,
    'the document is gone',
  );
  const { db } = world.context;
  await db.transaction().execute((transaction) => endApp(transaction, clientId, setup, world.clock.now()));
  publish('/changing');
  world.clock.moveSeconds(601);
  assert.equal((await ask(clientId)).status, 400, 'ended');
});

test('P12: a hostile document, one elsewhere, a redirect and an endless one make no client, and are not asked for again at once', async () => {
  const hostile: Record<string, { status?: number; headers?: Record<string, string>; body: string }> = {
    '/of-another': { body: documentOf(`${origin}/agent`) },
    '/moved': { status: 302, headers: { location: '/agent' }, body: '' },
    '/long': { body: documentOf(`${origin}/long`, { padding: 'x'.repeat(6_000) }) },
    '/broken': { body: '{"client_id":' },
    '/error': { status: 500, body: documentOf(`${origin}/error`) },
  };
  for (const [path, answer] of Object.entries(hostile)) {
    documents.set(path, answer);
    for (let time = 0; time < 3; time += 1) {
      const shown = await ask(`${origin}${path}`);
      assert.deepEqual([shown.status, shown.page?.name], [400, 'error'], path);
      world.clock.moveSeconds(4); // beyond what the directory holds
    }
    assert.equal(asked.get(path), 1, path);
    await assert.rejects(findApp(world.context.db, `${origin}${path}`), { code: 'apps/not-found' });
  }
  for (const id of [
    `${origin}/agent?x=1`,
    `${origin}/agent#x`,
    `${origin}/../agent`,
    'https://elsewhere.example/agent',
  ])
    assert.equal((await ask(id)).status, 400, id);
});

test('client ids are addresses below a named origin, as they stand; where none is named there is none', () => {
  const origins = ['https://agents.example'];
  assert.ok(isDocumentId('https://agents.example/a/b.json', origins));
  for (const id of [
    'https://agents.example',
    'https://agents.example/',
    'https://agents.example.evil.example/a',
    'https://agents.example@evil.example/a',
    'https://user@agents.example/a',
    'https://agents.example:8443/a',
    'http://agents.example/a',
    'HTTPS://agents.example/a',
    'https://AGENTS.example/a',
    'https://agents.example/a/../b',
    'https://agents.example/a/%2e%2E/b',
    'https://agents.example/a\\b',
    'https://agents.example/a b',
    'https://agents.example/a?b',
    'https://agents.example/a#b',
    `https://agents.example/${'a'.repeat(100)}`,
  ])
    assert.equal(isDocumentId(id, origins), false, id);
  assert.equal(isDocumentId('https://agents.example/a', []), false);
});

test('a document names its own origin or this machine to return to, and no secret, key or other grant', () => {
  const id = 'https://agents.example/a';
  const own = ['https://agents.example/callback', 'http://127.0.0.1/cb', 'http://[::1]:4000/cb'];
  assert.deepEqual(returnAddressesOf(documentOf(id, { redirect_uris: own }), id), own);
  for (const more of [
    { client_id: 'https://agents.example/b' },
    { client_id: undefined },
    { redirect_uris: undefined },
    { redirect_uris: [] },
    { redirect_uris: 'https://agents.example/callback' },
    { redirect_uris: Array(11).fill(own[0]) },
    { redirect_uris: [{}] },
    { redirect_uris: ['https://evil.example/callback'] },
    { redirect_uris: ['https://agents.example.evil.example/callback'] },
    { redirect_uris: ['https://agents.example@evil.example/'] },
    { redirect_uris: [...own, 'http://localhost:1/cb'] },
    { redirect_uris: ['http://127.0.0.1.evil.example/cb'] },
    { redirect_uris: ['http://127.0.0.1:1@evil.example/cb'] },
    { redirect_uris: ['https://agents.example/a/../../b'] },
    { redirect_uris: ['com.example.agent:/cb'] },
    { redirect_uris: ['javascript:alert(1)'] },
    { token_endpoint_auth_method: 'client_secret_basic' },
    { token_endpoint_auth_method: 'private_key_jwt' },
    { client_secret: 'x' },
    { jwks_uri: 'http://169.254.169.254/' },
    { grant_types: ['client_credentials'] },
    { response_types: ['token'] },
  ])
    assert.throws(() => returnAddressesOf(documentOf(id, more), id), { name: 'Error' }, JSON.stringify(more));
  for (const text of ['', 'null', '[]', '"x"', '<html>']) assert.throws(() => returnAddressesOf(text, id), text);
});
