import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
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
import { registerApp, rotateSecret } from '../apps/apps.ts';

let world: TestIdp;
let browser: TestBrowser;
before(async () => {
  world = await testIdp();
  browser = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(browser, await world.activate(world.city.people.teacher));
});
after(() => world[Symbol.asyncDispose]());

const userinfo = (token: string | undefined) =>
  fetch(`${world.origin}/oidc/userinfo`, { headers: { authorization: `Bearer ${token}` } });

test('P1: no mutation of redirect_uri is followed; the refusal is our own page', async () => {
  const good = 'http://localhost:4001/callback';
  const hosts = [
    'localhost:4001',
    'LOCALHOST:4001',
    'localhost:4002',
    'localhost',
    'localhost:40010',
    '127.0.0.1:4001',
  ];
  const mutations = new Set<string>([
    ...[
      '/',
      '/x',
      '?x=1',
      '#x',
      '?',
      '%20',
      '%2e',
      '/.',
      '/..',
      '/../callback',
      '//',
      ';x',
      '%00',
      '\\',
      '%23',
      '&a=b',
    ].map((suffix) => `${good}${suffix}`),
    ...[
      '/Callback',
      '/callback%2f',
      '/%63allback',
      '/./callback',
      '/x/../callback',
      '//callback',
      '/callbac',
      '/',
      '',
    ].map((path) => `http://localhost:4001${path}`),
    ...hosts.filter((host) => host !== 'localhost:4001').map((host) => `http://${host}/callback`),
    ...['https', 'HTTP', 'ftp', 'javascript', 'data', 'custom'].map((scheme) => good.replace('http:', `${scheme}:`)),
    ...['evil@', 'evil:x@', 'localhost:4001@evil.example/', 'evil.example/', 'evil.example#', 'evil.example?'].map(
      (prefix) => good.replace('http://', `http://${prefix}`),
    ),
    'http://localhost:4001.evil.example/callback',
    'http://evil.localhost:4001/callback',
    'http://localhost.:4001/callback',
    'http://[::1]:4001/callback',
    'http://0.0.0.0:4001/callback',
    'http://2130706433:4001/callback',
    'http://127.1:4001/callback',
    'http://localhost:4001\\@evil.example/callback',
    'http://evil.example/?http://localhost:4001/callback',
    'http://evil.example',
    '//localhost:4001/callback',
    '//evil.example/callback',
    '/callback',
    'callback',
    '',
    ' http://localhost:4001/callback',
    'http://localhost:4001/callback ',
    'http://localhost:4001/call\nback',
    'http:/localhost:4001/callback',
    'http:\\\\localhost:4001\\callback',
    'javascript:alert(1)',
    'data:text/html,x',
    'http://localhost:4001/callback?a=1&redirect_uri=http://evil.example',
    'http://xn--lcalhost-54a:4001/callback',
    'http://localhost:04001/callback',
    'http://localhost:4001/callback?redirect_uri=http%3A%2F%2Fevil.example',
  ]);
  assert.ok(mutations.size >= 60, `${mutations.size} mutations`);
  assert.ok(!mutations.has(good));
  for (const redirect_uri of mutations) {
    const { url } = authorizationRequest(world.origin, 'thu-vien-so', { redirect_uri });
    const response = await browser.request(url);
    const body = await response.text();
    assert.equal(response.status, 400, redirect_uri);
    assert.equal(response.headers.get('location'), null, redirect_uri);
    assert.match(body, /<title>error<\/title>/, redirect_uri);
  }
});

test('P2: every app needs PKCE with S256, and a downgrade either way is refused', async () => {
  for (const extra of [
    { code_challenge: undefined, code_challenge_method: undefined },
    { code_challenge_method: 'plain' },
    { code_challenge_method: undefined },
    { code_challenge: 'short' },
  ]) {
    const shown = await browser.get(authorizationRequest(world.origin, 'lop-hoc', extra).url);
    const answer = new URL(shown.url);
    assert.equal(answer.searchParams.get('error'), 'invalid_request', JSON.stringify(extra));
    assert.equal(answer.searchParams.get('code'), null);
  }
  for (const verifier of [undefined, '', 'x'.repeat(43)]) {
    const granted = await codeFor(browser, world.origin, 'lop-hoc');
    const { code_verifier: _verifier, ...fields } = redemption(granted);
    const { status, json } = await redeem(world.origin, 'lop-hoc', {
      ...fields,
      ...(verifier === undefined ? {} : { code_verifier: verifier }),
    });
    assert.equal(status, 400);
    assert.equal(json.error, 'invalid_grant');
  }
});

test('P3: the second use of a code is refused, and what the first use gave stops working', async () => {
  const granted = await codeFor(browser, world.origin, 'lop-hoc');
  const first = await redeem(world.origin, 'lop-hoc', redemption(granted));
  assert.equal(first.status, 200);
  assert.equal((await userinfo(first.json.access_token)).status, 200);
  const second = await redeem(world.origin, 'lop-hoc', redemption(granted));
  assert.equal(second.json.error, 'invalid_grant');
  assert.equal((await userinfo(first.json.access_token)).status, 401);
});

test('P3: a code redeemed fifty times at once over two instances succeeds exactly once', async () => {
  const second = await world.secondInstance();
  try {
    for (let round = 0; round < 3; round += 1) {
      const granted = await codeFor(browser, world.origin, 'lop-hoc');
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          redeem(index % 2 ? second.origin : world.origin, 'lop-hoc', redemption(granted)),
        ),
      );
      const won = answers.filter(({ status }) => status === 200);
      assert.equal(won.length, 1);
      for (const { status, json } of answers) if (status !== 200) assert.equal(json.error, 'invalid_grant');
      assert.equal((await userinfo(won[0]?.json.access_token)).status, 401, 'a code that leaked gives nothing lasting');
    }
  } finally {
    await second.close();
  }
});

test('P4: a code lives a minute at most and belongs to its app and its redirect_uri', async () => {
  const granted = await codeFor(browser, world.origin, 'lop-hoc');
  const other = await redeem(world.origin, 'thu-vien-so', redemption(granted));
  assert.equal(other.json.error, 'invalid_grant');
  const moved = await redeem(world.origin, 'lop-hoc', {
    ...redemption(granted),
    redirect_uri: 'http://localhost:4001/callback',
  });
  assert.equal(moved.json.error, 'invalid_grant');
  const late = await codeFor(browser, world.origin, 'lop-hoc');
  const { rows } = await sql<{ seconds: number }>`
    SELECT extract(epoch FROM max(expires_at) - now())::float8 AS seconds FROM idp.authorization_code`.execute(
    world.context.db,
  );
  assert.ok((rows[0]?.seconds ?? 99) <= 60, 'at most a minute');
  await sql`UPDATE idp.authorization_code SET expires_at = now()`.execute(world.context.db);
  assert.equal((await redeem(world.origin, 'lop-hoc', redemption(late))).json.error, 'invalid_grant');
});

test('P5: every authorization response, good or bad, names its issuer', async () => {
  const { answer } = await codeFor(browser, world.origin, 'lop-hoc');
  assert.equal(answer.searchParams.get('iss'), world.origin);
  const refused = await new TestBrowser({ stopAt: appOrigins }).get(
    authorizationRequest(world.origin, 'lop-hoc', { prompt: 'none' }).url,
  );
  const error = new URL(refused.url).searchParams;
  assert.equal(error.get('error'), 'login_required');
  assert.equal(error.get('iss'), world.origin);
});

test('P6: a refresh token rotates, its life is absolute, and an old one used again ends the whole family', async () => {
  const { context } = world;
  await context.db.transaction().execute((transaction) =>
    registerApp(
      transaction,
      {
        clientId: 'so-tay',
        name: 'Sổ tay',
        purpose: { vi: 'Ghi chú.', en: 'Notes.' },
        kind: 'web',
        organisationId: world.city.departmentId,
        redirectUris: ['http://localhost:4001/callback'],
        scopes: ['openid', 'offline_access'],
        isApproved: true,
      },
      { kind: 'system', name: 'setup' },
      new Date(),
      'demo-secret-of-so-tay',
    ),
  );
  const granted = await codeFor(browser, world.origin, 'so-tay', { scope: 'openid offline_access', prompt: 'consent' });
  const first = await redeem(world.origin, 'so-tay', redemption(granted));
  assert.ok(first.json.refresh_token, JSON.stringify(first.json));
  const refresh = (token: string | undefined) =>
    redeem(world.origin, 'so-tay', { grant_type: 'refresh_token', refresh_token: token ?? '' });
  await sql`
    UPDATE idp.refresh_token SET expires_at = now() + interval '100 seconds',
      payload = payload || jsonb_build_object('exp', extract(epoch FROM now())::bigint + 100)`.execute(context.db);
  const second = await refresh(first.json.refresh_token);
  assert.equal(second.status, 200, JSON.stringify(second.json));
  assert.notEqual(second.json.refresh_token, first.json.refresh_token);
  const { rows } = await sql<{ seconds: number }>`
    SELECT extract(epoch FROM max(expires_at) - now())::float8 AS seconds FROM idp.refresh_token`.execute(context.db);
  assert.ok((rows[0]?.seconds ?? 999) <= 101, 'rotation adds no life');
  // The answer was lost: the same app asks again within ten seconds and gets what it should have got.
  const again = await refresh(first.json.refresh_token);
  assert.equal(again.json.refresh_token, second.json.refresh_token);
  assert.equal((await userinfo(again.json.access_token)).status, 200);
  assert.equal((await userinfo(second.json.access_token)).status, 200);
  const third = await refresh(second.json.refresh_token);
  assert.equal(third.status, 200, JSON.stringify(third.json));
  // The successor was used: whoever still has the first is not the one whose answer was lost.
  assert.equal((await refresh(first.json.refresh_token)).json.error, 'invalid_grant');
  assert.equal((await refresh(third.json.refresh_token)).json.error, 'invalid_grant');
  assert.equal((await userinfo(third.json.access_token)).status, 401);
});

test('P6: after ten seconds a used refresh token ends the family, also when its successor was never used', async () => {
  const granted = await codeFor(browser, world.origin, 'so-tay', { scope: 'openid offline_access', prompt: 'consent' });
  const first = await redeem(world.origin, 'so-tay', redemption(granted));
  const refresh = (token: string | undefined) =>
    redeem(world.origin, 'so-tay', { grant_type: 'refresh_token', refresh_token: token ?? '' });
  const second = await refresh(first.json.refresh_token);
  await sql`UPDATE idp.refresh_token SET consumed_at = consumed_at - interval '11 seconds'`.execute(world.context.db);
  assert.equal((await refresh(first.json.refresh_token)).json.error, 'invalid_grant');
  assert.equal((await refresh(second.json.refresh_token)).json.error, 'invalid_grant');
});

test('P6: a refresh token used twenty times at once on two instances has one successor', async () => {
  const second = await world.secondInstance();
  try {
    const granted = await codeFor(browser, world.origin, 'so-tay', {
      scope: 'openid offline_access',
      prompt: 'consent',
    });
    const first = await redeem(world.origin, 'so-tay', redemption(granted));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        redeem(index % 2 ? world.origin : second.origin, 'so-tay', {
          grant_type: 'refresh_token',
          refresh_token: first.json.refresh_token ?? '',
        }),
      ),
    );
    assert.ok(
      answers.every(({ status }) => status === 200),
      JSON.stringify(answers.map(({ json }) => json)),
    );
    assert.equal(new Set(answers.map(({ json }) => json.refresh_token)).size, 1);
  } finally {
    await second.close();
  }
});

test('P7: implicit, hybrid, password grants and unsigned request objects are not there', async () => {
  for (const response_type of ['token', 'id_token', 'code id_token', 'code token', 'id_token token', 'none']) {
    const shown = await browser.get(authorizationRequest(world.origin, 'lop-hoc', { response_type }).url);
    assert.doesNotMatch(shown.url, /access_token|id_token=|code=/, response_type);
    assert.match(`${shown.url} ${shown.status}`, /error=|400/, response_type);
  }
  const password = await redeem(world.origin, 'lop-hoc', { grant_type: 'password', username: 'x', password: 'y' });
  assert.equal(password.json.error, 'unsupported_grant_type');
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.`;
  const object = await browser.get(authorizationRequest(world.origin, 'lop-hoc', { request: unsigned }).url);
  assert.equal(new URL(object.url).searchParams.get('error'), 'invalid_request_object');
});

test('P10: discovery and keys are the same on two instances, and no private member is in them', async () => {
  const second = await world.secondInstance();
  try {
    for (const path of ['/.well-known/openid-configuration', '/oidc/jwks']) {
      const [one, two] = await Promise.all(
        [world.origin, second.origin].map(async (origin) => (await fetch(`${origin}${path}`)).text()),
      );
      assert.equal(one, two);
      assert.doesNotMatch(one ?? '', /"(d|p|q|dp|dq|qi|k)":/);
    }
    const metadata = (await (await fetch(`${second.origin}/.well-known/openid-configuration`)).json()) as Record<
      string,
      unknown
    >;
    assert.equal(metadata.issuer, world.origin);
    for (const [name, value] of Object.entries(metadata)) {
      if (name.endsWith('_endpoint') || name === 'jwks_uri')
        assert.ok(String(value).startsWith(`${world.origin}/oidc/`), name);
    }
    assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
    assert.deepEqual(metadata.id_token_signing_alg_values_supported, ['ES256', 'RS256', 'PS256', 'EdDSA']);
  } finally {
    await second.close();
  }
});

test('P13: errors repeat no markup of the request, and nothing with a secret in it is cached', async () => {
  const markup = '"><script>alert(1)</script>';
  for (const extra of [{ redirect_uri: markup }, { client_id: markup }, { scope: markup, redirect_uri: markup }]) {
    const shown = await browser.get(authorizationRequest(world.origin, 'lop-hoc', extra).url);
    assert.ok(!shown.body.includes('<script>alert'), JSON.stringify(extra));
    assert.equal(shown.headers.get('cache-control'), 'no-store');
  }
  const granted = await codeFor(browser, world.origin, 'lop-hoc');
  const tokens = await redeem(world.origin, 'lop-hoc', redemption(granted));
  assert.match(tokens.headers.get('cache-control') ?? '', /no-store/);
  assert.match((await userinfo(tokens.json.access_token)).headers.get('cache-control') ?? '', /no-store/);
  const signIn = await new TestBrowser().get(authorizationRequest(world.origin, 'lop-hoc').url);
  assert.equal(signIn.page?.name, 'signIn');
  assert.match(signIn.headers.get('cache-control') ?? '', /no-store/);
  assert.match(signIn.headers.get('content-security-policy') ?? '', /default-src 'none'/);
});

test('P15: duplicate parameters are refused at every endpoint', async () => {
  for (const name of ['client_id', 'redirect_uri', 'scope', 'state', 'response_type', 'code_challenge']) {
    const { url } = authorizationRequest(world.origin, 'lop-hoc');
    url.searchParams.append(name, url.searchParams.get(name) ?? '');
    const shown = await browser.get(url);
    assert.match(`${shown.url} ${shown.status}`, /error=invalid_request| 400/, name);
    assert.doesNotMatch(shown.url, /[?&]code=/, name);
  }
  const granted = await codeFor(browser, world.origin, 'lop-hoc');
  const body = new URLSearchParams(redemption(granted));
  body.append('code', granted.code);
  const response = await fetch(`${world.origin}/oidc/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('lop-hoc:demo-secret-of-lop-hoc').toString('base64')}` },
    body,
  });
  assert.equal(response.status, 400);
});

test('S6: Host and X-Forwarded-* of the request change neither issuer nor links', async () => {
  const { app } = world;
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' };
  for (const path of [
    '/.well-known/openid-configuration',
    '/oidc/auth?client_id=lop-hoc',
    authorizationRequest(world.origin, 'lop-hoc').url.href,
  ]) {
    const { body, headers: answered } = await app.inject({ url: path.replace(world.origin, ''), headers });
    assert.ok(!`${body}${JSON.stringify(answered)}`.includes('evil.example'), path);
  }
});

test('an app is given a subject of its own: two apps cannot compare notes', async () => {
  const subjects = await Promise.all(
    (['thu-vien-so', 'lop-hoc'] as const).map(async (clientId) => {
      const { json } = await redeem(world.origin, clientId, redemption(await codeFor(browser, world.origin, clientId)));
      return ((await (await userinfo(json.access_token)).json()) as { sub: string }).sub;
    }),
  );
  assert.notEqual(subjects[0], subjects[1]);
  assert.ok(!subjects.includes(world.city.people.teacher));
});

test('secrets are kept as hashes only; after a rotation the old one works for a day beside the new one', async () => {
  const { db } = world.context;
  const works = async (secret: string) =>
    (await redeem(world.origin, 'lop-hoc', { grant_type: 'authorization_code' }, secret)).status !== 401;
  assert.equal(await works('kept as a hash'), false);
  const old = 'demo-secret-of-lop-hoc';
  assert.equal(await works(old), true);
  const { clientSecret } = await db
    .transaction()
    .execute((transaction) => rotateSecret(transaction, 'lop-hoc', { kind: 'system', name: 'setup' }, new Date()));
  const kept = await sql<{ row: string }>`SELECT to_jsonb(a)::text AS row FROM idp.app AS a`.execute(db);
  for (const { row } of kept.rows) {
    for (const secret of [old, clientSecret]) {
      assert.ok(!row.includes(secret) && !row.includes(Buffer.from(secret).toString('hex')));
    }
  }
  world.clock.moveSeconds(4); // what a process knows of an app is at most three seconds old
  assert.equal(await works(clientSecret), true);
  assert.equal(await works(old), true);
  await sql`UPDATE idp.app SET previous_secret_until = now(), version = version + 1`.execute(db);
  world.clock.moveSeconds(4);
  assert.equal(await works(old), false);
  assert.equal(await works(clientSecret), true);
});
