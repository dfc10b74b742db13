import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Transaction } from '@edutrust/platform/database';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import {
  appOrigins,
  authorizationRequest,
  codeFor,
  redeem,
  redemption,
  type TestIdp,
  testIdp,
} from '../../testing/idp.ts';
import { changeApp, findApp } from '../apps/apps.ts';
import { endToken, makeToken, type TokenPolicy } from './tokens.ts';

const setup = { kind: 'system', name: 'setup' } as const;
let world: TestIdp;
before(async () => {
  world = await testIdp();
});
after(() => world[Symbol.asyncDispose]());

const within = <Result>(act: (transaction: Transaction) => Promise<Result>) =>
  world.context.db.transaction().execute(act);

const tokenFor = (policy: Partial<TokenPolicy> = {}) =>
  within((transaction) =>
    makeToken(
      transaction,
      {
        organisationId: world.city.departmentId,
        scopes: ['openid', 'profile', 'school'],
        isSandbox: false,
        hasStandardDefaults: false,
        uses: 5,
        expiresAt: new Date(world.clock.now().getTime() + 3_600_000),
        ...policy,
      },
      setup,
      world.clock.now(),
    ),
  );

// biome-ignore lint/suspicious/noExplicitAny: JSON as it came
type Json = any;

async function call(
  method: string,
  url: string,
  token: string,
  body?: object,
): Promise<{ status: number; json: Json }> {
  const response = await fetch(url.startsWith('http') ? url : `${world.origin}${url}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return { status: response.status, json: text ? JSON.parse(text) : undefined };
}

const wish = { client_name: 'Vở số', redirect_uris: ['http://localhost:4001/callback'] };
const register = (token: string, more: object = {}) => call('POST', '/oidc/register', token, { ...wish, ...more });

test('RFC 7591: software registers an app that signs people in, waits for approval as others do, and is found on its page', async () => {
  const { token } = await tokenFor();
  const discovery = (await (await fetch(`${world.origin}/.well-known/openid-configuration`)).json()) as Json;
  assert.equal(discovery.registration_endpoint, `${world.origin}/oidc/register`);
  const initiate_login_uri = 'https://app.example/begin';
  const { status, json } = await register(token, {
    ...{ logo_uri: 'http://169.254.169.254/x', unknown: 1, initiate_login_uri },
  });
  assert.equal(status, 201, JSON.stringify(json));
  assert.deepEqual(
    [json.client_secret_expires_at, json.token_endpoint_auth_method, json.subject_type, json.scope],
    [0, 'client_secret_basic', 'pairwise', 'openid profile school'],
  );
  const app = await findApp(world.context.db, json.client_id);
  assert.deepEqual([json.initiate_login_uri, app.homeUri], [initiate_login_uri, initiate_login_uri], 'its tile');
  assert.deepEqual([app.isApproved, app.isSandbox, app.organisationId], [false, false, world.city.departmentId]);
  const teacher = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(teacher, await world.activate(world.city.people.teacher));
  const asked = await teacher.get(authorizationRequest(world.origin, json.client_id).url);
  assert.equal(asked.page?.name, 'consent', 'nobody approved it');
  const granted = await codeFor(teacher, world.origin, json.client_id);
  const tokens = await redeem(world.origin, json.client_id, redemption(granted), json.client_secret);
  assert.ok(tokens.json.id_token, JSON.stringify(tokens.json));
  const { rows } = await sql<{ actor: Json }>`
    SELECT actor FROM platform.ledger_entry WHERE type = 'app.registered' AND subject_id = ${json.client_id}`.execute(
    world.context.db,
  );
  assert.deepEqual(rows[0]?.actor, { kind: 'app', clientId: json.client_id });
});

test('a token of the sandbox makes apps of the sandbox, public ones are of their kind, keys stand in for a secret', async () => {
  const { token } = await tokenFor({ isSandbox: true });
  const spa = await register(token, { token_endpoint_auth_method: 'none' });
  assert.deepEqual([spa.status, spa.json.client_secret], [201, undefined]);
  assert.equal((await findApp(world.context.db, spa.json.client_id)).isSandbox, true);
  const away = await register(token, { redirect_uris: ['https://app.example/callback'] });
  assert.deepEqual([away.status, away.json.error], [400, 'invalid_redirect_uri'], 'the sandbox is on this machine');
  const native = await register((await tokenFor()).token, {
    application_type: 'native',
    redirect_uris: ['vn.example.app:/callback'],
  });
  assert.equal((await findApp(world.context.db, native.json.client_id)).kind, 'native');
});

test('a token lets nobody do more than it says, or than an app page would', async () => {
  const { token } = await tokenFor({ scopes: ['openid', 'profile'], uses: 50 });
  for (const [more, error] of [
    [{ scope: 'openid birthdate' }, 'invalid_client_metadata'],
    [{ scope: 'openid ssf.manage' }, 'invalid_client_metadata'],
    [{ grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
    [{ grant_types: ['urn:openid:params:grant-type:ciba'] }, 'invalid_client_metadata'],
    [{ response_types: ['token'] }, 'invalid_client_metadata'],
    [{ subject_type: 'public' }, 'invalid_client_metadata'],
    [{ token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
    [
      { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'http://169.254.169.254/keys' },
      'invalid_client_metadata',
    ],
    [
      { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ kty: 'oct', k: 'AA' }] } },
      'invalid_client_metadata',
    ],
    [{ backchannel_logout_uri: 'https://10.0.0.1/logout' }, 'invalid_client_metadata'],
    [{ redirect_uris: [] }, 'invalid_client_metadata'],
    [{ initiate_login_uri: 'http://localhost:4001/begin' }, 'invalid_client_metadata'],
    [{ initiate_login_uri: 'https://user@app.example/begin' }, 'invalid_client_metadata'],
    [{ redirect_uris: ['http://evil.example/callback'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['https://*.example/callback'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    ...[
      '',
      'Vở\u202ephấn',
      'Vở\u200bsố',
      'Vở số\nđã được Sở duyệt',
      'Vở\u2028số',
      '\u3164',
      'Lớp h\u043ec',
      'ＬＯＰ',
      '𝐋ớp học',
      'EduTrust',
      'E.d u-Trúst Sở',
    ].map((client_name) => [{ client_name }, 'invalid_client_metadata'] as const),
  ] as const) {
    const { status, json } = await register(token, more);
    assert.deepEqual([status, json.error], [400, error], `${JSON.stringify(more)} ${JSON.stringify(json)}`);
  }
  const withKeys = await register(token, { jwks_uri: 'https://app.example/jwks' });
  assert.deepEqual(
    [withKeys.status, withKeys.json.jwks_uri, Boolean(withKeys.json.client_secret)],
    [201, undefined, true],
  );
  const rich = await register(token, {
    isApproved: true,
    is_approved: true,
    client_id: 'edutrust',
    requires_pkce: false,
    code_protection: 'none',
  });
  assert.equal(rich.status, 201);
  const app = await findApp(world.context.db, rich.json.client_id);
  assert.deepEqual([app.isApproved, app.codeProtection, app.clientId === 'edutrust'], [false, 'pkce', false]);
});

test('without a token, with an old, ended or used one nothing is registered; of twenty at once as many as it has uses', async () => {
  const ended = await tokenFor();
  await within((transaction) =>
    endToken(transaction, { id: world.city.departmentId, tokenId: ended.id }, setup, world.clock.now()),
  );
  const old = await tokenFor({ expiresAt: new Date(world.clock.now().getTime() - 1) });
  for (const token of ['', 'x'.repeat(43), ended.token, old.token]) {
    const { status, json } = await register(token);
    assert.deepEqual([status, json.error], [401, 'invalid_token']);
  }
  const { token } = await tokenFor({ uses: 3 });
  const answers = await Promise.all(Array.from({ length: 20 }, () => register(token)));
  assert.equal(answers.filter(({ status }) => status === 201).length, 3);
  assert.equal(
    (await register(token, { redirect_uris: ['x'] })).status,
    401,
    'a refused one uses none up, and none is left',
  );
});

test('RFC 7592: the app reads, changes and ends itself, and nobody else; a change ends its approval, and no scope is gained', async () => {
  const { token } = await tokenFor();
  const one = (await register(token, { scope: 'openid profile' })).json;
  const other = (await register(token)).json;
  const { registration_client_uri: at, registration_access_token: own } = one;
  assert.equal((await call('GET', at, own)).json.client_name, 'Vở số');
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const body = method === 'PUT' ? wish : undefined;
    for (const wrong of ['', token, other.registration_access_token])
      assert.equal((await call(method, at, wrong, body)).status, 401, `${method} ${wrong}`);
  }
  await within((transaction) => changeApp(transaction, one.client_id, { isApproved: true }, setup));
  const more = await call('PUT', at, own, { ...wish, scope: 'openid profile school' });
  assert.deepEqual([more.status, more.json.error], [400, 'invalid_client_metadata']);
  assert.equal((await findApp(world.context.db, one.client_id)).isApproved, true);
  const renamed = await call('PUT', at, own, { ...wish, client_name: 'Vở khác', scope: 'openid' });
  assert.deepEqual([renamed.status, renamed.json.client_name], [200, 'Vở khác'], JSON.stringify(renamed.json));
  assert.equal((await findApp(world.context.db, one.client_id)).isApproved, false);
  const kind = await call('PUT', at, own, { ...wish, token_endpoint_auth_method: 'none' });
  assert.equal(kind.json.error, 'invalid_client_metadata');
  assert.equal((await call('DELETE', at, own)).status, 204);
  assert.equal((await call('GET', at, own)).status, 401);
  await assert.rejects(findApp(world.context.db, one.client_id));
});

test('T5: tokens are made by whoever may register apps there, and by nobody else', async () => {
  const body = { scopes: ['openid'], isSandbox: true, uses: 1, days: 1 };
  const at = `${world.origin}/api/v1/organisations/${world.city.departmentId}/registration-tokens`;
  const administrator = await world.enter(world.city.people.administrator);
  const made = await administrator.json(at, body);
  assert.equal(made.status, 201, JSON.stringify(made.json));
  const registered = await register((made.json as Json).token);
  assert.equal(registered.status, 201);
  const teacher = new TestBrowser();
  const { rows } = await sql<{ id: string }>`
    SELECT education_id AS id FROM registry.person WHERE id = ${world.city.people.teacher}`.execute(world.context.db);
  await world.signIn(teacher, rows[0]?.id ?? '');
  assert.equal((await teacher.json(at, body)).status, 403);

  const list = async (browser = administrator) =>
    JSON.parse((await browser.get(`${world.origin}/api/v1/registration-tokens`)).body).items as Json[];
  const other = (await administrator.json(at, { ...body, uses: 2 })).json as Json;
  const [newest, used] = await list();
  assert.deepEqual([newest.id, newest.state, newest.usesLeft, newest.apps], [other.id, 'usable', 2, []]);
  assert.deepEqual([used.state, used.usesLeft, used.madeBy.id], ['used-up', 0, world.city.people.administrator]);
  assert.deepEqual(
    used.apps.map((app: Json) => [app.clientId, app.name, app.isEnded]),
    [[registered.json.client_id, 'Vở số', false]],
    'what was registered with it',
  );
  assert.doesNotMatch(JSON.stringify(await list()), new RegExp((made.json as Json).token), 'shown once');
  const { registration_client_uri: self, registration_access_token: own } = registered.json;
  assert.equal((await call('DELETE', self, own)).status, 204);
  assert.equal((await list())[1].apps[0].isEnded, true, 'also when the app removed itself');
  world.clock.moveSeconds(2 * 24 * 3600);
  assert.equal((await list())[0].state, 'expired');
  assert.equal((await list()).at(-1).madeBy, null, 'made at the server');
  assert.equal((await teacher.get(`${world.origin}/api/v1/registration-tokens`)).status, 403);
});

test('a token may say that what is left out is as OpenID Connect has it; what keeps no secret has PKCE all the same', async () => {
  const { token } = await tokenFor({ hasStandardDefaults: true });
  const app = async (more: object) => {
    const { status, json } = await register(token, more);
    assert.equal(status, 201, JSON.stringify(json));
    return { json, ...(await findApp(world.context.db, json.client_id)) };
  };
  const web = await app({});
  assert.deepEqual([web.idTokenAlg, web.codeProtection, web.isApproved], ['RS256', 'nonce', false]);
  assert.equal((await app({ id_token_signed_response_alg: 'ES256' })).idTokenAlg, 'ES256', 'what is said holds');
  assert.equal((await app({ token_endpoint_auth_method: 'none' })).codeProtection, 'pkce');
  const native = { application_type: 'native', redirect_uris: ['vn.example.app:/callback'] };
  assert.equal((await app(native)).codeProtection, 'pkce');
  const { registration_client_uri: at, registration_access_token: own } = web.json;
  assert.equal((await call('PUT', at, own, { ...wish, code_protection: 'none' })).status, 200);
  const after = await findApp(world.context.db, web.clientId);
  assert.deepEqual([after.idTokenAlg, after.codeProtection], ['RS256', 'nonce'], 'it stays as it was registered');
  const teacher = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(teacher, await world.activate(world.city.people.principal));
  const none = { code_challenge: undefined, code_challenge_method: undefined, nonce: undefined };
  const refused = await teacher.get(authorizationRequest(world.origin, web.clientId, none).url);
  assert.equal(new URL(refused.url).searchParams.get('error'), 'invalid_request', 'neither PKCE nor nonce');
});
