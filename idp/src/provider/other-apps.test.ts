import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { freePort } from '@edutrust/testing/port';
import {
  appOrigins,
  authorizationRequest,
  codeFor,
  redeem,
  redemption,
  type TestIdp,
  testIdp,
} from '../../testing/idp.ts';
import { changeApp } from '../apps/apps.ts';
import { makeToken } from '../registration/tokens.ts';

const actor = { kind: 'system', name: 'test' } as const;
const mine = 'thu-vien-so';
const theirs = 'lop-hoc';

describe('the developer of one app', () => {
  let world: TestIdp;
  let browser: TestBrowser;
  let educationId: string;
  /** What the other app got for the same person. */
  let held: Record<string, string>;
  let idToken: string;
  before(async () => {
    world = await testIdp();
    await world.context.db
      .transaction()
      .execute((tx) => changeApp(tx, theirs, { scopes: ['openid', 'profile', 'offline_access', 'ssf.read'] }, actor));
    world.clock.moveSeconds(4);
    educationId = await world.activate(world.city.people.teacher);
    browser = new TestBrowser({ stopAt: appOrigins });
    await world.signIn(browser, educationId);
    const scope = 'openid profile offline_access';
    const request = await codeFor(browser, world.origin, theirs, { scope, prompt: 'consent' });
    held = (await redeem(world.origin, theirs, redemption(request))).json;
    const machine = { grant_type: 'client_credentials', scope: 'ssf.read' };
    held.machine = (await redeem(world.origin, theirs, machine)).json.access_token ?? '';
    const own = await codeFor(browser, world.origin, mine);
    idToken = (await redeem(world.origin, mine, redemption(own))).json.id_token ?? '';
    assert.ok(held.access_token && held.refresh_token && held.machine && idToken);
  });
  after(() => world[Symbol.asyncDispose]());

  const authorization = (clientId: string) =>
    `Basic ${Buffer.from(`${clientId}:demo-secret-of-${clientId}`).toString('base64')}`;
  const post = async (path: string, clientId: string, fields: Record<string, string>) => {
    const body = new URLSearchParams(fields);
    const headers = { authorization: authorization(clientId) };
    const answer = await fetch(`${world.origin}${path}`, { method: 'POST', headers, body });
    const text = await answer.text();
    return { status: answer.status, json: text ? JSON.parse(text) : {} };
  };

  test('reads, ends, refreshes and exchanges nothing that another app holds', async () => {
    const { access_token = '', refresh_token = '', machine = '' } = held;
    for (const token of [access_token, refresh_token, machine]) {
      for (const token_type_hint of ['access_token', 'refresh_token', '']) {
        const hint: Record<string, string> = token_type_hint ? { token_type_hint } : {};
        const told = await post('/oidc/token/introspection', mine, { token, ...hint });
        assert.deepEqual(told.json, { active: false }, token_type_hint);
        await post('/oidc/token/revocation', mine, { token, ...hint });
      }
      const told = await post('/oidc/token/introspection', theirs, { token });
      assert.equal(told.json.active, true, 'it is as it was');
    }
    for (const [fields, error] of [
      [{ grant_type: 'refresh_token', refresh_token }, 'invalid_grant'],
      [{ grant_type: 'client_credentials', scope: 'ssf.read' }, ''],
      [
        {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: access_token,
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          resource: 'https://api.example/',
        },
        '',
      ],
    ] as const) {
      const answer = await redeem(world.origin, mine, { ...fields });
      assert.equal(answer.status, 400, JSON.stringify(answer.json));
      if (error) assert.equal(answer.json.error, error);
      assert.equal(answer.json.access_token, undefined);
    }
    const again = await redeem(world.origin, theirs, { grant_type: 'refresh_token', refresh_token });
    assert.equal(again.status, 200, 'the attempt ended no family');
    held = { ...held, ...again.json };
  });

  test('gets no scope, subject or session of another by what it sends as a hint', async () => {
    const ofOther = held.id_token ?? '';
    const forged = `${idToken.split('.').slice(0, 2).join('.')}.${ofOther.split('.')[2]}`;
    const quiet = async (extra: Record<string, string>, from = browser) => {
      const shown = await from.get(authorizationRequest(world.origin, mine, { prompt: 'none', ...extra }).url);
      return { ...shown, error: new URL(shown.url).searchParams.get('error'), code: /[?&]code=/.test(shown.url) };
    };
    assert.equal((await quiet({ id_token_hint: idToken })).code, true, 'its own');
    for (const [how, hint] of Object.entries({ 'of another app': ofOther, forged, 'no token': 'x' })) {
      const shown = await quiet({ id_token_hint: hint });
      assert.deepEqual([shown.code, shown.error], [false, 'invalid_request'], how);
    }
    const principal = new TestBrowser({ stopAt: appOrigins });
    await world.signIn(principal, await world.activate(world.city.people.principal));
    const other = await quiet({ id_token_hint: idToken }, principal);
    assert.deepEqual([other.code, other.error], [false, 'login_required'], 'of a person who is not signed in here');
    const stranger = await quiet({}, new TestBrowser({ stopAt: appOrigins }));
    assert.equal(stranger.error, 'login_required');
    const unasked = await quiet({}, principal);
    assert.deepEqual([unasked.code, unasked.error], [false, 'consent_required'], 'nobody agreed');
    const shown = (hint: string) =>
      new TestBrowser().get(authorizationRequest(world.origin, mine, { login_hint: hint }).url);
    const [known, unknown] = await Promise.all([shown(educationId), shown('0000000000')]);
    const without = (body: string) => body.replaceAll(/[\w-]{20,}/g, '').replaceAll(/\d{10}/g, '');
    assert.equal(without(known.body), without(unknown.body), 'a hint says nothing of who there is');

    const end = new URL('/oidc/session/end', world.origin);
    const endWith = async (fields: Record<string, string>) => {
      end.search = new URLSearchParams(fields).toString();
      return browser.get(end);
    };
    for (const fields of [
      { id_token_hint: idToken, post_logout_redirect_uri: 'https://evil.example/' },
      { id_token_hint: ofOther, client_id: mine, post_logout_redirect_uri: 'http://localhost:4001/' },
      { client_id: mine, post_logout_redirect_uri: 'http://localhost:4002/' },
    ])
      assert.notEqual(new URL((await endWith(fields)).url).origin, 'https://evil.example', JSON.stringify(fields));
    assert.equal((await quiet({})).code, true, 'nobody was signed out by an address');
  });

  test('P12: has the server fetch nothing by a request, however it is written', async () => {
    const port = await freePort();
    const asked: string[] = [];
    const listener = createServer((request, response) => {
      asked.push(String(request.url));
      response.end('{}');
    });
    await new Promise<void>((resolve) => listener.listen(port, '127.0.0.1', resolve));
    const here = `http://127.0.0.1:${port}`;
    for (const extra of [
      { request_uri: `${here}/request` },
      { request_uri: `${here}/request#sha256-x` },
      { request_uri: 'urn:ietf:params:oauth:request_uri:made-up' },
      {
        request: Buffer.from(JSON.stringify({ alg: 'none', jku: `${here}/jku`, x5u: `${here}/x5u` })).toString(
          'base64url',
        ),
      },
      { sector_identifier_uri: `${here}/sector`, jwks_uri: `${here}/keys`, logo_uri: `${here}/logo` },
      { claims: JSON.stringify({ _claim_sources: { a: { endpoint: `${here}/claims` } } }) },
    ])
      await browser.get(authorizationRequest(world.origin, mine, extra).url);
    const { token } = await world.context.db.transaction().execute((tx) => {
      const expiresAt = new Date(world.clock.now().getTime() + 60_000);
      const policy = { organisationId: world.city.departmentId, scopes: ['openid'], uses: 9, expiresAt };
      return makeToken(tx, { ...policy, isSandbox: true, hasStandardDefaults: false }, actor, world.clock.now());
    });
    const registered = await fetch(`${world.origin}/oidc/register`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        client_name: 'Vở số',
        redirect_uris: ['http://localhost:4001/callback'],
        ...{ logo_uri: `${here}/logo`, policy_uri: `${here}/policy`, tos_uri: `${here}/tos` },
        ...{ sector_identifier_uri: `${here}/sector`, request_uris: [`${here}/request`], client_uri: here },
        software_statement: 'eyJhbGciOiJub25lIn0.e30.',
      }),
    });
    assert.equal(registered.status, 201);
    const app = (await registered.json()) as Record<string, string>;
    // RFC 7592: what was made for the sandbox leaves it neither by its own change nor by what it calls itself
    const leaving = await fetch(app.registration_client_uri ?? '', {
      method: 'PUT',
      headers: { authorization: `Bearer ${app.registration_access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        client_name: 'Vở số',
        redirect_uris: ['https://vo-so.example/callback'],
        is_sandbox: false,
      }),
    });
    assert.equal(leaving.status, 400);
    const elsewhere = new TestBrowser({ stopAt: appOrigins });
    await world.signIn(elsewhere, educationId);
    const shown = await elsewhere.get(authorizationRequest(world.origin, app.client_id ?? '', { scope: 'openid' }).url);
    assert.equal(/code=/.test(shown.url), false, 'no real person enters it');
    assert.deepEqual(asked, []);
    listener.close();
  });
});
