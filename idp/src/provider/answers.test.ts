import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestAuthenticator } from '@edutrust/testing/authenticator';
import { TestBrowser } from '@edutrust/testing/browser';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { sql } from 'kysely';
import {
  appOrigins,
  authorizationRequest,
  codeFor,
  password,
  redeem,
  redemption,
  type TestIdp,
  testIdp,
} from '../../testing/idp.ts';
import { changeApp, registerApp } from '../apps/apps.ts';
import { audiences } from '../apps/audience.ts';

const actor = { kind: 'system', name: 'setup' } as const;
let world: TestIdp;
let browser: TestBrowser;
let educationId: string;
before(async () => {
  world = await testIdp();
  const scopes = ['openid', 'offline_access', 'profile', 'school'];
  const change = { scopes, audience: audiences }; // a principal goes there too
  await world.context.db.transaction().execute((transaction) => changeApp(transaction, 'lop-hoc', change, actor));
  educationId = await world.activate(world.city.people.teacher);
  browser = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(browser, educationId);
});
after(() => world[Symbol.asyncDispose]());

test('P2: a code that its app presents with a wrong verifier is burnt; another app cannot burn it', async () => {
  const granted = await codeFor(browser, world.origin, 'lop-hoc');
  const wrong = await redeem(world.origin, 'lop-hoc', { ...redemption(granted), code_verifier: 'x'.repeat(43) });
  assert.equal(wrong.json.error, 'invalid_grant');
  assert.equal((await redeem(world.origin, 'lop-hoc', redemption(granted))).json.error, 'invalid_grant');
  const other = await codeFor(browser, world.origin, 'lop-hoc');
  assert.equal((await redeem(world.origin, 'thu-vien-so', redemption(other))).json.error, 'invalid_grant');
  assert.equal((await redeem(world.origin, 'lop-hoc', redemption(other))).status, 200);
});

test('OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2: POST does what GET does', async () => {
  const request = authorizationRequest(world.origin, 'lop-hoc');
  const posted = await browser.request(`${world.origin}/oidc/auth`, {
    method: 'POST',
    body: request.url.searchParams,
    headers: { origin: 'http://localhost:4002', 'sec-fetch-site': 'cross-site' },
  });
  assert.equal(posted.status, 303);
  const answer = await browser.get(new URL(posted.headers.get('location') ?? '', world.origin));
  assert.ok(new URL(answer.url).searchParams.get('code'), answer.url);
  const twice = await browser.request(`${world.origin}/oidc/auth`, {
    method: 'POST',
    body: new URLSearchParams(`${request.url.searchParams}&state=other`),
  });
  assert.match(
    `${(await browser.get(new URL(twice.headers.get('location') ?? '', world.origin))).url}`,
    /invalid_request|oidc\/auth/,
    'duplicates are still refused',
  );
  const out = await browser.request(`${world.origin}/oidc/session/end`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: 'lop-hoc', state: 's' }),
  });
  assert.equal(
    (await browser.get(new URL(out.headers.get('location') ?? '', world.origin))).page?.name,
    'logoutConfirm',
  );
});

test('E14: NUL and overlong parameters of strangers are 400 and keep nothing', async () => {
  for (const name of ['state', 'nonce', 'login_hint']) {
    const url = authorizationRequest(world.origin, 'lop-hoc', { [name]: 'a\0b' }).url;
    assert.equal((await fetch(url, { redirect: 'manual' })).status, 400, name);
  }
  const before = await sql<{ count: number }>`SELECT count(*)::int AS count FROM platform.short_lived`.execute(
    world.context.db,
  );
  for (const [name, length] of [
    ['state', 2_049],
    ['nonce', 513],
    ['login_hint', 257],
    ['x', 2_049],
  ] as const) {
    const url = authorizationRequest(world.origin, 'lop-hoc', { [name]: 'a'.repeat(length) }).url;
    assert.equal((await fetch(url, { redirect: 'manual' })).status, 400, name);
  }
  const after = await sql<{ count: number }>`SELECT count(*)::int AS count FROM platform.short_lived`.execute(
    world.context.db,
  );
  assert.equal(after.rows[0]?.count, before.rows[0]?.count);
  const credentials = Buffer.from('lop-hoc:demo-secret-of-lop-hoc').toString('base64');
  const pushed = await fetch(`${world.origin}/oidc/par`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams([...authorizationRequest(world.origin, 'lop-hoc', { state: 'a\0b' }).url.searchParams]),
  });
  assert.equal(pushed.status, 400);
});

test('S7: no answer names an origin that is no app’s; a registered one is named, never with credentials', async () => {
  await world.context.db.transaction().execute((transaction) =>
    registerApp(
      transaction,
      {
        clientId: 'bang-ve',
        name: 'Bảng vẽ',
        purpose: { vi: 'Vẽ.', en: 'Drawing.' },
        kind: 'spa',
        organisationId: world.city.departmentId,
        redirectUris: ['http://localhost:4003/callback'],
        scopes: ['openid'],
        isApproved: true,
      },
      actor,
      new Date(),
    ),
  );
  const preflight = { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST' } };
  for (const path of ['/oidc/userinfo', '/oidc/token', '/oidc/token/revocation']) {
    for (const [origin, named] of [
      ['http://localhost:4003', 'http://localhost:4003'],
      ['http://evil.example', null],
      ['null', null],
      ['http://localhost:40034', null],
    ] as const) {
      const asked = await fetch(`${world.origin}${path}`, { ...preflight, headers: { ...preflight.headers, origin } });
      assert.equal(asked.headers.get('access-control-allow-origin'), named, `${path} ${origin}`);
      assert.equal(asked.headers.get('access-control-allow-credentials'), null);
      const called = await fetch(`${world.origin}${path}`, {
        method: 'POST',
        headers: { origin },
        body: new URLSearchParams(),
      });
      assert.notEqual(
        called.headers.get('access-control-allow-origin'),
        (named ?? origin === 'null') ? 'x' : origin,
        path,
      );
    }
  }
  const discovery = await fetch(`${world.origin}/.well-known/openid-configuration`, {
    ...preflight,
    headers: { ...preflight.headers, origin: 'http://a.example' },
  });
  assert.equal(discovery.status, 204);
  assert.equal(discovery.headers.get('access-control-allow-origin'), '*');
});

test('RFC 7009 §2.2: the answer to a revocation has no body, and says no type of it', async () => {
  const tokens = await redeem(world.origin, 'lop-hoc', redemption(await codeFor(browser, world.origin, 'lop-hoc')));
  const credentials = Buffer.from('lop-hoc:demo-secret-of-lop-hoc').toString('base64');
  const answer = await fetch(`${world.origin}/oidc/token/revocation`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ token: tokens.json.access_token ?? '' }),
  });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), null);
});

test('P8: a family that began with a DPoP proof cannot go on without one, also for a client with a secret', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  const proof = () =>
    new SignJWT({ htm: 'POST', htu: `${world.origin}/oidc/token`, jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setIssuedAt()
      .sign(privateKey);
  const post = async (fields: Record<string, string>, dpop?: string) => {
    const response = await fetch(`${world.origin}/oidc/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from('lop-hoc:demo-secret-of-lop-hoc').toString('base64')}`,
        ...(dpop ? { dpop } : {}),
      },
      body: new URLSearchParams(fields),
    });
    return (await response.json()) as Record<string, string>;
  };
  const granted = await codeFor(browser, world.origin, 'lop-hoc', {
    scope: 'openid offline_access',
    prompt: 'consent',
  });
  const first = await post(redemption(granted), await proof());
  assert.equal(first.token_type, 'DPoP', JSON.stringify(first));
  const refresh = { grant_type: 'refresh_token', refresh_token: first.refresh_token ?? '' };
  assert.equal((await post(refresh)).error, 'invalid_grant');
  const second = await post(refresh, await proof());
  assert.equal(second.token_type, 'DPoP', JSON.stringify(second));
  assert.equal(
    (await post({ ...refresh, refresh_token: second.refresh_token ?? '' })).error,
    'invalid_grant',
    'also later',
  );
});

test('A1: every ID token says how and when; acr_values steps up for real, and a password does not do', async () => {
  const plain = await redeem(world.origin, 'lop-hoc', redemption(await codeFor(browser, world.origin, 'lop-hoc')));
  const claims = decodeJwt(plain.json.id_token ?? '');
  assert.equal(claims.acr, 'pwd');
  assert.deepEqual(claims.amr, ['pwd']);
  assert.ok(Math.abs(Number(claims.auth_time) - Date.now() / 1000) < 600);

  const strong = { acr_values: 'passkey' };
  const silent = await browser.get(authorizationRequest(world.origin, 'lop-hoc', { ...strong, prompt: 'none' }).url);
  assert.equal(new URL(silent.url).searchParams.get('error'), 'login_required');
  const request = authorizationRequest(world.origin, 'lop-hoc', strong);
  const asked = await browser.get(request.url);
  assert.equal(asked.page?.name, 'stepUp', asked.body);
  assert.equal(asked.page?.props.hasPassword, false);
  const refused = await browser.post(`${world.origin}${asked.page?.props.action}`, { password });
  assert.match(refused.page?.props.error.detail, /passkey/);

  const authenticator = new TestAuthenticator(world.origin);
  const mine = await world.enter(world.city.people.principal, authenticator);
  await mine.post(`${world.origin}/sign-out`, {});
  const page = await mine.get(request.url);
  const { options, verifyPath } = page.page?.props.passkey ?? {};
  const proved = await mine.json(`${world.origin}${verifyPath}`, { credential: authenticator.get(options) });
  assert.equal(proved.status, 200, JSON.stringify(proved.json));
  const resumed = await mine.request(`${world.origin}${proved.json.location}`);
  const code = new URL(resumed.headers.get('location') ?? '', world.origin).searchParams.get('code');
  const tokens = await redeem(world.origin, 'lop-hoc', redemption({ ...request, code: code ?? '' }));
  assert.equal(decodeJwt(tokens.json.id_token ?? '').acr, 'passkey');

  const either = await browser.get(authorizationRequest(world.origin, 'lop-hoc', { acr_values: 'passkey pwd' }).url);
  assert.ok(new URL(either.url).searchParams.get('code'), 'either will do');
  const unknown = await browser.get(authorizationRequest(world.origin, 'lop-hoc', { acr_values: 'urn:gold' }).url);
  assert.ok(new URL(unknown.url).searchParams.get('code'), 'a wish that nobody can fulfil is no reason to refuse');
});

test('A1: max_age asks again who signed in before that, and only a new proof of the same person moves auth_time', async () => {
  const person = new TestBrowser({ stopAt: appOrigins });
  world.clock.moveSeconds(-600); // ten minutes ago
  await world.signIn(person, educationId);
  world.clock.moveSeconds(600);
  const authTimeOf = async (code: Parameters<typeof redemption>[0]) => {
    const { json } = await redeem(world.origin, 'lop-hoc', redemption(code));
    return Number(decodeJwt(json.id_token ?? '').auth_time);
  };
  const agoOf = (seconds: number) => Date.now() / 1000 - seconds;
  const recent = await authTimeOf(await codeFor(person, world.origin, 'lop-hoc', { max_age: '3600' }));
  assert.ok(agoOf(recent) >= 600, 'within the hour nobody is asked, and nothing is made younger');

  const strict = authorizationRequest(world.origin, 'lop-hoc', { max_age: '300' });
  const silent = await person.get(
    authorizationRequest(world.origin, 'lop-hoc', { max_age: '300', prompt: 'none' }).url,
  );
  assert.equal(new URL(silent.url).searchParams.get('error'), 'login_required');
  const asked = await person.get(strict.url);
  const wrong = await person.post(`${world.origin}${asked.page?.props.action}`, { password: 'một mật khẩu khác' });
  assert.doesNotMatch(wrong.url, /code=/);
  const again = await person.get(`${world.origin}/oidc/auth/${new URL(asked.url).pathname.split('/').at(-1)}`);
  assert.doesNotMatch(again.url, /code=/, 'going on without an answer');
  const page = await person.get(strict.url);
  const proved = await person.post(`${world.origin}${page.page?.props.action}`, { password });
  const code = new URL(proved.url).searchParams.get('code') ?? '';
  assert.ok(agoOf(await authTimeOf({ ...strict, code })) < 300, proved.url);
});

test('a pushed request enters once, of a person who is signed in as well', async () => {
  const request = authorizationRequest(world.origin, 'lop-hoc');
  const pushed = await fetch(`${world.origin}/oidc/par`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('lop-hoc:demo-secret-of-lop-hoc').toString('base64')}` },
    body: request.url.searchParams,
  });
  const { request_uri } = (await pushed.json()) as { request_uri: string };
  const url = `${world.origin}/oidc/auth?${new URLSearchParams({ client_id: 'lop-hoc', request_uri })}`;
  const code = new URL((await browser.get(url)).url).searchParams.get('code') ?? '';
  const { status, json } = await redeem(world.origin, 'lop-hoc', redemption({ ...request, code }));
  assert.equal(status, 200, JSON.stringify(json));
  assert.doesNotMatch((await browser.get(url)).url, /code=/, 'twice');
});

test('O2: while PostgreSQL is away sign-in and tokens say 503 with Retry-After, on a page and in JSON', async () => {
  const granted = await codeFor(browser, world.origin, 'lop-hoc');
  await sql`ALTER TABLE idp.session RENAME TO session_away`.execute(world.context.db);
  await sql`ALTER TABLE idp.authorization_code RENAME TO authorization_code_away`.execute(world.context.db);
  // A table that is locked away and answers with the state of a database that shuts down.
  await sql`CREATE FUNCTION idp.away() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'away' USING ERRCODE = '57P01'; END $$`.execute(
    world.context.db,
  );
  await sql`CREATE VIEW idp.session AS SELECT *, idp.away() AS gone FROM idp.session_away WHERE idp.away() IS NOT NULL`.execute(
    world.context.db,
  );
  await sql`CREATE VIEW idp.authorization_code AS SELECT * FROM idp.authorization_code_away WHERE idp.away() IS NOT NULL`.execute(
    world.context.db,
  );
  try {
    const page = await browser.request(authorizationRequest(world.origin, 'lop-hoc').url);
    assert.equal(page.status, 503);
    assert.ok(page.headers.get('retry-after'));
    assert.match(page.headers.get('content-type') ?? '', /html/);
    const token = await redeem(world.origin, 'lop-hoc', redemption(granted));
    assert.equal(token.status, 503, JSON.stringify(token.json));
    assert.equal(token.json.error, 'temporarily_unavailable');
    assert.ok(token.headers.get('retry-after'));
  } finally {
    await sql`DROP VIEW idp.session`.execute(world.context.db);
    await sql`DROP VIEW idp.authorization_code`.execute(world.context.db);
    await sql`ALTER TABLE idp.session_away RENAME TO session`.execute(world.context.db);
    await sql`ALTER TABLE idp.authorization_code_away RENAME TO authorization_code`.execute(world.context.db);
  }
  assert.equal((await redeem(world.origin, 'lop-hoc', redemption(granted))).status, 200, 'nothing was used up');
});
