import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { metricsText } from '@edutrust/platform/metrics';
import { TestBrowser } from '@edutrust/testing/browser';
import { type Exchanged, exchange } from '@edutrust/testing/exchange';
import { sql } from 'kysely';
import { appOrigins, codeFor, redeem, redemption, type TestIdp, testIdp } from '../../testing/idp.ts';
import { registerApp } from '../apps/apps.ts';

let world: TestIdp;
before(async () => {
  world = await testIdp();
});
after(() => world[Symbol.asyncDispose]());

/** The same request answered directly (when it is) and by the framework, which gets whatever announces a body. */
async function both(path: string, headers: Record<string, string> = {}): Promise<[Exchanged, Exchanged]> {
  return [
    await exchange(`${world.origin}${path}`, { headers }),
    await exchange(`${world.origin}${path}`, { headers: { ...headers, 'content-length': '0' } }),
  ];
}

function same([direct, routed]: [Exchanged, Exchanged], what: string): void {
  const plain = ({ status, headers: { 'x-request-id': id, ...headers }, body }: Exchanged) => {
    assert.ok(id, what);
    return { status, headers, body: body.toString() };
  };
  assert.deepEqual(plain(direct), plain(routed), what);
}

async function tokenOf(personId: string, clientId: string, scope: string): Promise<string> {
  const browser = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(browser, await world.activate(personId));
  const code = await codeFor(browser, world.origin, clientId, { scope });
  const { json } = await redeem(world.origin, clientId, redemption(code));
  return json.access_token ?? '';
}

test('discovery and keys are the same from both ways, for whoever asks', async () => {
  for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', '/oidc/jwks'])
    for (const headers of [{}, { origin: 'https://elsewhere.example' }, { 'if-none-match': '*' }, { cookie: 'a=b' }])
      same(await both(path, headers as Record<string, string>), `${path} ${JSON.stringify(headers)}`);
});

test('userinfo is the same from both ways: what it says, whom it refuses, and why', async () => {
  const { people } = world.city;
  const token = await tokenOf(people.teacher, 'lop-hoc', 'openid profile school');
  const pupil = await tokenOf(people.pupil, 'lop-hoc', 'openid profile');
  const requests: Record<string, string>[] = [
    { authorization: `Bearer ${token}` },
    { authorization: `bearer ${token}` },
    { authorization: `Bearer ${pupil}` },
    { authorization: `Bearer ${token}`, origin: 'https://elsewhere.example' },
    { authorization: `Bearer ${token}`, origin: world.origin },
    { authorization: `Bearer  ${token}` },
    { authorization: `Bearer ${token}x` },
    { authorization: `Basic ${token}` },
    { authorization: `DPoP ${token}`, dpop: 'a.b.c' },
    { authorization: `Bearer ${token}`, dpop: 'a.b.c' },
    { authorization: 'Bearer ' },
    { authorization: `Bearer ${'A'.repeat(43)}` },
    {},
  ];
  for (const headers of requests) same(await both('/oidc/userinfo', headers), JSON.stringify(headers));
  const [direct] = await both('/oidc/userinfo', { authorization: `Bearer ${token}` });
  assert.equal(direct.status, 200);
  const claims = JSON.parse(direct.body.toString()) as Record<string, unknown>;
  assert.deepEqual(Object.keys(claims).sort(), [
    'affiliations',
    'family_name',
    'given_name',
    'name',
    'preferred_username',
    'sub',
  ]);
  const answered = /edutrust_http_request_seconds_count\{method="GET",route="\/oidc\/userinfo",status="2xx"\} (\d+)/;
  const before = Number(answered.exec(await metricsText())?.[1]);
  const [ofPupil] = await both('/oidc/userinfo', { authorization: `Bearer ${pupil}` });
  assert.deepEqual(Object.keys(JSON.parse(ofPupil.body.toString())).sort(), [
    'family_name',
    'given_name',
    'name',
    'preferred_username',
    'sub',
  ]);
  assert.equal(Number(answered.exec(await metricsText())?.[1]), before + 1, 'one of the two ways is the direct one');
});

test('S2: what ends a token ends it on both ways, at once', async () => {
  const { db } = world.context;
  const { people } = world.city;
  const cases: readonly (readonly [string, (personId: string) => Promise<unknown>])[] = [
    ['suspended', (id) => sql`UPDATE idp.account SET status = 'suspended' WHERE person_id = ${id}`.execute(db)],
    ['left', (id) => sql`UPDATE registry.person SET status = 'left' WHERE id = ${id}`.execute(db)],
    ['session ended', (id) => sql`DELETE FROM idp.session WHERE person_id = ${id}`.execute(db)],
    [
      'session idle',
      (id) => sql`UPDATE idp.session SET last_seen_at = now() - interval '2 days' WHERE person_id = ${id}`.execute(db),
    ],
    [
      'session of another grant',
      (id) =>
        sql`UPDATE idp.session SET payload = jsonb_set(payload, '{authorizations,lop-hoc,grantId}', '"other"') WHERE person_id = ${id}`.execute(
          db,
        ),
    ],
    ['grant gone', (id) => sql`DELETE FROM idp.oauth_grant WHERE person_id = ${id}`.execute(db)],
    [
      'grant of another app',
      (id) =>
        sql`UPDATE idp.oauth_grant SET payload = jsonb_set(payload, '{clientId}', '"other"') WHERE person_id = ${id}`.execute(
          db,
        ),
    ],
    [
      'expired',
      (id) =>
        sql`UPDATE idp.access_token SET expires_at = now() - interval '1 second' WHERE person_id = ${id}`.execute(db),
    ],
    [
      'bound to a key',
      (id) =>
        sql`UPDATE idp.access_token SET payload = payload || '{"jkt": "a-key"}' WHERE person_id = ${id}`.execute(db),
    ],
    [
      'for another API',
      (id) =>
        sql`UPDATE idp.access_token SET payload = payload || '{"aud": "https://api.example"}' WHERE person_id = ${id}`.execute(
          db,
        ),
    ],
    [
      'without openid',
      (id) =>
        sql`UPDATE idp.access_token SET payload = payload || '{"scope": "profile"}' WHERE person_id = ${id}`.execute(
          db,
        ),
    ],
  ];
  for (const [what, change] of cases) {
    const token = await tokenOf(people.principal, 'lop-hoc', 'openid profile');
    const ask = () => both('/oidc/userinfo', { authorization: `Bearer ${token}` });
    assert.equal((await ask())[0].status, 200, what);
    await change(people.principal);
    const answers = await ask();
    assert.notEqual(answers[0].status, 200, what);
    same(answers, what);
    await sql`UPDATE idp.account SET status = 'active' WHERE person_id = ${people.principal}`.execute(db);
    await sql`UPDATE registry.person SET status = 'active' WHERE id = ${people.principal}`.execute(db);
  }
});

test('a token for a machine is the same from both ways: what it says, whom it refuses, and what is stored', async () => {
  const { db, store } = world.context;
  const purpose = { vi: 'Để thử.', en: 'For a test.' };
  const app = { clientId: 'may-in', kind: 'machine', name: 'Máy in', purpose } as const;
  const { clientSecret: secret = '' } = await db
    .transaction()
    .execute((transaction) =>
      registerApp(
        transaction,
        { ...app, organisationId: world.city.departmentId },
        { kind: 'system', name: 'test' },
        new Date(),
      ),
    );

  const authorization = basic(`may-in:${secret}`);

  const ask = (type: string, body: string, headers: Record<string, string>) =>
    exchange(`${world.origin}/oidc/token`, {
      method: 'POST',
      body: Buffer.from(body),
      headers: { 'content-type': type, ...headers },
    });
  const plain = ({ status, headers: { 'x-request-id': _id, ...headers }, body }: Exchanged) => {
    const { access_token: token, ...said } = JSON.parse(body.toString()) as Record<string, string>;
    return { answer: { status, headers, said, length: token?.length }, token };
  };
  const machine = 'grant_type=client_credentials';
  const requests: readonly (readonly [string, Record<string, string>])[] = [
    [machine, { authorization }],
    [machine, { authorization: authorization.replace('Basic', 'basic') }],
    [machine, { authorization, origin: 'https://elsewhere.example' }],
    [machine, { authorization, dpop: 'a.b.c' }],
    [machine, { authorization: basic(`may-in:${secret}x`) }],
    [machine, { authorization: basic('may-in:') }],
    [machine, { authorization: basic(`lop-hoc:demo-secret-of-lop-hoc`) }],
    [machine, { authorization: basic(`nobody:${secret}`) }],
    [machine, { authorization: `${authorization}!` }],
    [machine, {}],
    [`${machine}&scope=openid`, { authorization }],
    [`${machine}&client_id=may-in&client_secret=${secret}`, {}],
    [`${machine}&${machine}`, { authorization }],
    [`${machine}&resource=https%3A%2F%2Fapi.example`, { authorization }],
    ['grant_type=password', { authorization }],
    ['', { authorization }],
  ];
  for (const [body, headers] of requests) {
    const what = `${body} ${JSON.stringify(headers)}`;
    const [direct, routed] = [await ask(form, body, headers), await ask(`${form};charset=utf-8`, body, headers)];
    assert.deepEqual(plain(direct).answer, plain(routed).answer, what);
  }
  const stored = async (type: string) => {
    const { token = '' } = plain(await ask(type, machine, { authorization }));
    const kept = await store.get<Record<string, unknown>>(
      `idp:machine-token:${createHash('sha256').update(token).digest('base64url')}`,
    );
    const { iat, exp, ...payload } = kept ?? {};
    return { ...payload, seconds: Number(exp) - Number(iat) };
  };
  const [direct, routed] = [await stored(form), await stored(`${form};charset=utf-8`)];
  assert.deepEqual(direct, routed);
  assert.deepEqual(direct, { kind: 'ClientCredentials', clientId: 'may-in', seconds: 600 });
});

const form = 'application/x-www-form-urlencoded';
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

/** The same form answered directly (when it is) and by the framework, which gets every other type. */
const bothForms = (path: string, body: string, headers: Record<string, string>) =>
  Promise.all(
    [form, `${form};charset=utf-8`].map((type) =>
      exchange(`${world.origin}${path}`, {
        method: 'POST',
        body: Buffer.from(body),
        headers: { 'content-type': type, ...headers },
      }),
    ),
  ) as Promise<[Exchanged, Exchanged]>;

const introspect = (body: string, headers: Record<string, string> = { authorization: ofClass }) =>
  bothForms('/oidc/token/introspection', body, headers);
const ofClass = basic('lop-hoc:demo-secret-of-lop-hoc');
const isActive = ({ body }: Exchanged) => (JSON.parse(body.toString()) as { active: boolean }).active;

test('introspection is the same from both ways: what it says, to whom, and whom it refuses', async () => {
  const { db } = world.context;
  const purpose = { vi: 'Để thử.', en: 'For a test.' };
  const { clientSecret: other = '' } = await db
    .transaction()
    .execute((transaction) =>
      registerApp(
        transaction,
        { clientId: 'may-khac', kind: 'machine', name: 'Máy khác', purpose, organisationId: world.city.departmentId },
        { kind: 'system', name: 'test' },
        new Date(),
      ),
    );
  const token = await tokenOf(world.city.people.teacher, 'lop-hoc', 'openid profile school');
  const requests: readonly (readonly [string, Record<string, string>?])[] = [
    [`token=${token}`],
    [`token=${token}&token_type_hint=access_token`],
    [`token=${token}&token_type_hint=refresh_token`],
    [`token_type_hint=access_token&token=${token}`],
    [`token=${token}&client_id=lop-hoc`],
    [`token=${token}&token=${token}`],
    [`token=${token}&more=1`],
    [`token=${token}x`],
    [`token=${'A'.repeat(43)}`],
    ['token=a.b.c'],
    ['token='],
    [`token=${token}`, {}],
    [`token=${token}`, { authorization: basic('lop-hoc:wrong') }],
    [`token=${token}`, { authorization: basic(`may-khac:${other}`) }],
    [`token=${token}`, { authorization: basic('nobody:demo-secret-of-lop-hoc') }],
    [`token=${token}`, { authorization: `Bearer ${token}` }],
    [`token=${token}&client_id=lop-hoc&client_secret=demo-secret-of-lop-hoc`, {}],
    [`token=${token}`, { authorization: ofClass, origin: 'https://elsewhere.example' }],
    [`token=${token}`, { authorization: ofClass, origin: world.origin }],
    [`token=${token}`, { authorization: ofClass, dpop: 'a.b.c' }],
  ];
  for (const [body, headers] of requests) same(await introspect(body, headers), `${body} ${JSON.stringify(headers)}`);
  for (const { body, headers } of await introspect(`token=${token}`, {
    authorization: ofClass,
    accept: `application/token-introspection+jwt`,
  }))
    assert.match(
      `${headers['content-type']} ${body}`,
      /^application\/token-introspection\+jwt.* eyJ/,
      'signed from both',
    );
  const answered =
    /edutrust_http_request_seconds_count\{method="POST",route="\/oidc\/token\/introspection",status="2xx"\} (\d+)/;
  const before = Number(answered.exec(await metricsText())?.[1]);
  const [direct] = await introspect(`token=${token}`);
  assert.equal(Number(answered.exec(await metricsText())?.[1]), before + 1, 'one of the two ways is the direct one');
  const { exp, iat, sid, sub, ...said } = JSON.parse(direct.body.toString()) as Record<string, unknown>;
  assert.deepEqual(said, {
    active: true,
    client_id: 'lop-hoc',
    iss: world.origin,
    scope: 'openid profile school',
    token_type: 'Bearer',
  });
  assert.equal(Number(exp) - Number(iat), 600);
  assert.ok(sub && sub !== world.city.people.teacher);
  const [, ofOther] = await introspect(`token=${token}`, { authorization: basic(`may-khac:${other}`) });
  assert.equal(isActive(ofOther), false, 'an app is told of its own tokens alone');
});

test('S2: what ends a token ends its introspection on both ways, at once', async () => {
  const { db } = world.context;
  const { principal } = world.city.people;
  const cases: readonly (readonly [string, ReturnType<typeof sql>])[] = [
    ['session ended', sql`DELETE FROM idp.session WHERE person_id = ${principal}`],
    [
      'session idle',
      sql`UPDATE idp.session SET last_seen_at = now() - interval '2 days' WHERE person_id = ${principal}`,
    ],
    [
      'session of another grant',
      sql`UPDATE idp.session SET payload = jsonb_set(payload, '{authorizations,lop-hoc,grantId}', '"other"') WHERE person_id = ${principal}`,
    ],
    ['grant gone', sql`DELETE FROM idp.oauth_grant WHERE person_id = ${principal}`],
    [
      'grant of another app',
      sql`UPDATE idp.oauth_grant SET payload = jsonb_set(payload, '{clientId}', '"other"') WHERE person_id = ${principal}`,
    ],
    [
      'expired',
      sql`UPDATE idp.access_token SET expires_at = now() - interval '1 second' WHERE person_id = ${principal}`,
    ],
    [
      'of another app',
      sql`UPDATE idp.access_token SET payload = payload || '{"clientId": "other"}' WHERE person_id = ${principal}`,
    ],
  ];
  for (const [what, change] of cases) {
    const token = await tokenOf(principal, 'lop-hoc', 'openid profile');
    assert.equal(isActive((await introspect(`token=${token}`))[0]), true, what);
    await change.execute(db);
    const answers = await introspect(`token=${token}`);
    assert.equal(isActive(answers[0]), false, what);
    same(answers, what);
  }
  const token = await tokenOf(principal, 'lop-hoc', 'openid profile');
  await sql`UPDATE idp.access_token SET payload = payload || '{"jkt": "a-key"}' WHERE person_id = ${principal}`.execute(
    db,
  );
  const bound = await introspect(`token=${token}`);
  same(bound, 'bound to a key');
  assert.deepEqual(JSON.parse(bound[0].body.toString()).cnf, { jkt: 'a-key' });
  const { status } = await exchange(`${world.origin}/oidc/token/revocation`, {
    method: 'POST',
    body: Buffer.from(`token=${token}`),
    headers: { 'content-type': form, authorization: ofClass },
  });
  assert.equal(status, 200);
  const revoked = await introspect(`token=${token}`);
  same(revoked, 'revoked');
  assert.equal(isActive(revoked[0]), false);
});
