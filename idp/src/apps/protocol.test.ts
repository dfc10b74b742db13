import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PersonActor } from '@edutrust/platform/actor';
import { TestBrowser } from '@edutrust/testing/browser';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { sql } from 'kysely';
import {
  appOrigins,
  authorizationRequest,
  codeFor,
  fatherAgrees,
  password,
  redeem,
  redemption,
  type TestIdp,
  testIdp,
} from '../../testing/idp.ts';
import { rotateSigningKeys } from '../provider/keys.ts';
import { changeApp, type NewApp, registerApp } from './apps.ts';
import { idTokenAlgorithms } from './protocol.ts';

const setup = { kind: 'system', name: 'setup' } as const;
const callback = 'http://localhost:4001/callback';
let world: TestIdp;
/** A teacher with an e-mail address. */
let teacher: TestBrowser;
let teacherId: string;
let pupil: TestBrowser;

before(async () => {
  world = await testIdp();
  const { people } = world.city;
  await sql`UPDATE registry.person SET email = 'co.lan@truong.edu.vn' WHERE id = ${people.teacher}`.execute(
    world.context.db,
  );
  teacher = new TestBrowser({
    stopAt: [...appOrigins, 'http://127.0.0.1:51234', 'http://127.0.0.1:60999', 'http://[::1]:5'],
  });
  teacherId = await world.activate(people.teacher);
  await world.signIn(teacher, teacherId);
  pupil = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(pupil, await world.activate(people.pupil));
});
after(() => world[Symbol.asyncDispose]());

const register = (clientId: string, input: Partial<NewApp> = {}) =>
  world.context.db.transaction().execute((transaction) =>
    registerApp(
      transaction,
      {
        clientId,
        name: clientId,
        purpose: { vi: 'Thử.', en: 'A try.' },
        kind: 'web',
        organisationId: world.city.departmentId,
        redirectUris: [callback],
        isApproved: true,
        ...input,
      },
      setup,
      world.clock.now(),
      `demo-secret-of-${clientId}`,
    ),
  );

const ownerActor = (): PersonActor => ({
  kind: 'person',
  personId: world.city.people.teacher,
  sessionId: '',
  roles: [],
  acr: 'passkey',
  authenticatedAt: new Date(),
});

async function jwks(): Promise<JSONWebKeySet> {
  return (await (await fetch(`${world.origin}/oidc/jwks`)).json()) as JSONWebKeySet;
}

/** As a running client does: with the keys it knows, and with fresh ones for a kid that it does not. */
async function verified(token: string, known: JSONWebKeySet, audience: string) {
  const options = { issuer: world.origin, audience };
  const check = async (keys: JSONWebKeySet) => (await jwtVerify(token, createLocalJWKSet(keys), options)).payload;
  return check(known).catch(async (error: { code?: string }) => {
    if (error.code !== 'ERR_JWKS_NO_MATCHING_KEY') throw error;
    return check(await jwks());
  });
}

async function signIn(browser: TestBrowser, clientId: string, extra: Record<string, string | undefined> = {}) {
  const { status, json } = await redeem(
    world.origin,
    clientId,
    redemption(await codeFor(browser, world.origin, clientId, { redirect_uri: callback, ...extra })),
  );
  assert.equal(status, 200, JSON.stringify(json));
  const userinfo = await fetch(`${world.origin}/oidc/userinfo`, {
    headers: { authorization: `Bearer ${json.access_token}` },
  });
  return { idToken: json.id_token ?? '', userinfo: (await userinfo.json()) as Record<string, unknown> };
}

const payloadOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
const headerOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());

test('each app is answered in its algorithm; a rotation, planned or of leaked keys, breaks no running client', async () => {
  for (const idTokenAlg of idTokenAlgorithms) await register(`app-${idTokenAlg.toLowerCase()}`, { idTokenAlg });
  const known = await jwks();
  assert.doesNotMatch(JSON.stringify(known), /"(d|p|q|dp|dq|qi|k|oth)":/, 'P10: no private member');
  assert.equal(new Set(known.keys.map(({ kid }) => kid)).size, idTokenAlgorithms.length);
  const { rows } = await sql<{ row: string }>`SELECT to_jsonb(k)::text AS row FROM idp.signing_key AS k`.execute(
    world.context.db,
  );
  for (const { row } of rows) assert.doesNotMatch(row, /kty/, 'sealed');
  const kids = new Map<string, string>();
  const tokens: { token: string; clientId: string }[] = [];
  const everyAlgorithm = async (isNewKey: boolean) => {
    for (const alg of idTokenAlgorithms) {
      const clientId = `app-${alg.toLowerCase()}`;
      const { idToken } = await signIn(teacher, clientId);
      const { kid, alg: signedBy } = headerOf(idToken);
      assert.equal(signedBy, alg);
      assert.equal(kids.get(alg) !== kid, isNewKey, `${alg} after the rotation`);
      kids.set(alg, kid);
      await verified(idToken, known, clientId);
      tokens.push({ token: idToken, clientId });
    }
  };
  await everyAlgorithm(true);
  await rotateSigningKeys(world.context, setup);
  world.clock.moveSeconds(31);
  await everyAlgorithm(false); // the next generation is published and does not sign
  assert.equal((await jwks()).keys.length, 2 * idTokenAlgorithms.length);
  await sql`UPDATE idp.signing_key SET activates_at = activates_at - interval '61 minutes'`.execute(world.context.db);
  world.clock.moveSeconds(31);
  await everyAlgorithm(true);
  for (const { token, clientId } of tokens) await verified(token, await jwks(), clientId);
  await rotateSigningKeys(world.context, setup, { compromised: true });
  world.clock.moveSeconds(31);
  await everyAlgorithm(true);
  const old = tokens.at(-5);
  assert.ok(old);
  await assert.rejects(
    verified(old.token, await jwks(), old.clientId),
    'what leaked keys signed is believed no longer',
  );
});

test('K2: keys that are ninety days old are rotated by themselves, once, and younger ones are not', async () => {
  const { db } = world.context;
  const generations = async () => (await jwks()).keys.length / idTokenAlgorithms.length;
  const before = await generations();
  const daily = async () => {
    await world.idp.tasks?.['idp.rotate-signing-keys']?.({});
    world.clock.moveSeconds(31);
    return generations();
  };
  await sql`UPDATE idp.signing_key SET created_at = now() - interval '89 days'`.execute(db);
  assert.equal(await daily(), before);
  await sql`UPDATE idp.signing_key SET created_at = now() - interval '91 days'`.execute(db);
  const { idToken } = await signIn(teacher, 'app-es256');
  assert.equal(await daily(), before + 1);
  assert.equal(await daily(), before + 1);
  await verified(idToken, await jwks(), 'app-es256');
  assert.equal(
    headerOf((await signIn(teacher, 'app-es256')).idToken).kid,
    headerOf(idToken).kid,
    'it signs an hour later',
  );
});

test('keys of a version that had ES256 alone go on signing and get the others beside them, once', async () => {
  await sql`UPDATE idp.signing_key SET sealed_others = NULL`.execute(world.context.db);
  const before = (await jwks()).keys.filter(({ alg }) => alg === 'ES256').map(({ kid }) => kid);
  const second = await world.secondInstance();
  const third = await world.secondInstance();
  try {
    const keysOf = async (origin: string) => (await (await fetch(`${origin}/oidc/jwks`)).json()) as JSONWebKeySet;
    const keys = await keysOf(second.origin);
    assert.deepEqual(keys, await keysOf(third.origin));
    assert.ok(before.every((kid) => keys.keys.some((key) => key.kid === kid)));
    assert.ok(idTokenAlgorithms.every((alg) => keys.keys.some((key) => key.alg === alg)));
  } finally {
    await second.close();
    await third.close();
  }
});

test('only an app with a secret may do without PKCE, only if it is registered so, and then with a nonce', async () => {
  await register('cu', { codeProtection: 'nonce' });
  const none = { code_challenge: undefined, code_challenge_method: undefined, redirect_uri: callback };
  const { code } = await codeFor(teacher, world.origin, 'cu', none);
  const redeemed = await redeem(world.origin, 'cu', { grant_type: 'authorization_code', code, redirect_uri: callback });
  assert.equal(redeemed.status, 200);
  assert.equal(payloadOf(redeemed.json.id_token ?? '').nonce, 'a-nonce');
  const errorOf = async (clientId: string, extra: Record<string, string | undefined>) =>
    new URL((await teacher.get(authorizationRequest(world.origin, clientId, extra).url)).url).searchParams.get('error');
  assert.equal(await errorOf('cu', { ...none, nonce: undefined }), 'invalid_request', 'neither PKCE nor nonce');
  assert.equal(await errorOf('app-es256', none), 'invalid_request', 'another app with a nonce');
  assert.equal(await errorOf('cu', { redirect_uri: callback, code_challenge_method: 'plain' }), 'invalid_request');
  const challenged = await codeFor(teacher, world.origin, 'cu', { redirect_uri: callback });
  const { code_verifier: _verifier, ...without } = redemption(challenged);
  assert.equal(
    (await redeem(world.origin, 'cu', without)).json.error,
    'invalid_grant',
    'who began with it ends with it',
  );
  for (const kind of ['spa', 'native'] as const) {
    const redirectUris = [kind === 'spa' ? callback : 'http://127.0.0.1/callback'];
    await assert.rejects(register(`cong-khai-${kind}`, { kind, redirectUris, codeProtection: 'nonce' }), {
      code: 'apps/needs-pkce',
    });
    await register(kind, { kind, redirectUris });
    await assert.rejects(
      world.context.db.transaction().execute((tx) => changeApp(tx, kind, { codeProtection: 'nonce' }, setup)),
      { code: 'apps/needs-pkce' },
    );
  }
});

test('P2: a web app approved to have neither PKCE nor nonce goes without; nobody else does, and a request lowers nothing', async () => {
  const neither = {
    ...{ code_challenge: undefined, code_challenge_method: undefined, nonce: undefined },
    redirect_uri: callback,
  };
  const answerOf = async (clientId: string, extra: Record<string, string | undefined>) =>
    new URL((await teacher.get(authorizationRequest(world.origin, clientId, extra).url)).url).searchParams;
  await register('moodle-cu', { codeProtection: 'none' });
  const { code } = await codeFor(teacher, world.origin, 'moodle-cu', neither);
  const fields = { grant_type: 'authorization_code', code, redirect_uri: callback };
  assert.equal((await redeem(world.origin, 'moodle-cu', fields, 'not-its-secret')).json.error, 'invalid_client');
  const redeemed = await redeem(world.origin, 'moodle-cu', fields);
  assert.equal(redeemed.status, 200, JSON.stringify(redeemed.json));
  assert.equal((await redeem(world.origin, 'moodle-cu', fields)).json.error, 'invalid_grant', 'a code is used once');

  // what a request begins with it ends with; a challenge that somebody took out of it is missed (RFC 9700 §4.8.2)
  const challenged = redemption(await codeFor(teacher, world.origin, 'moodle-cu', { redirect_uri: callback }));
  const { code_verifier: _verifier, ...without } = challenged;
  assert.equal((await redeem(world.origin, 'moodle-cu', without)).json.error, 'invalid_grant');
  const stripped = await codeFor(teacher, world.origin, 'moodle-cu', neither);
  const withVerifier = { ...fields, code: stripped.code, code_verifier: challenged.code_verifier ?? '' };
  assert.equal((await redeem(world.origin, 'moodle-cu', withVerifier)).json.error, 'invalid_grant', 'downgraded');
  const plain = { ...neither, code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' };
  assert.equal((await answerOf('moodle-cu', plain)).get('error'), 'invalid_request');

  // nobody approved it
  await register('chua-duyet', { codeProtection: 'none', isApproved: false });
  assert.equal((await answerOf('chua-duyet', neither)).get('error'), 'invalid_request');
  for (const wish of ['code_protection', 'codeProtection', 'requires_pkce'])
    assert.equal((await answerOf('app-es256', { ...neither, [wish]: 'none' })).get('error'), 'invalid_request', wish);
  // its owner changes it: what holds from then on waits for the approval
  await register('truoc-day');
  await world.context.db
    .transaction()
    .execute((tx) => changeApp(tx, 'truoc-day', { codeProtection: 'none' }, ownerActor()));
  assert.equal((await answerOf('truoc-day', neither)).get('error'), 'invalid_request');

  for (const [kind, uri] of [
    ['spa', callback],
    ['native', 'http://127.0.0.1/callback'],
    ['device', undefined],
    ['machine', undefined],
  ] as const)
    await assert.rejects(
      register(`tran-${kind}`, { kind, redirectUris: uri ? [uri] : [], codeProtection: 'none' }),
      { code: 'apps/needs-pkce' },
      kind,
    );
  await assert.rejects(
    sql`UPDATE idp.app SET code_protection = 'none' WHERE client_id = 'spa'`.execute(world.context.db),
    /app_pkce_check/,
    'nor by the table',
  );
});

test('claims stand in the ID token of an app that is registered so, of what it asked for and may have; of no other', async () => {
  const scopes = ['openid', 'profile', 'school', 'groups', 'email', 'birthdate', 'education_id'];
  await register('doc-token', { hasClaimsInIdToken: true, scopes });
  await register('doc-userinfo', { scopes });
  const scope = 'openid profile groups email';
  const { idToken, userinfo } = await signIn(teacher, 'doc-token', { scope });
  const claims = payloadOf(idToken);
  for (const [name, value] of Object.entries(userinfo)) assert.deepEqual(claims[name], value, name);
  assert.deepEqual([claims.email, claims.email_verified], ['co.lan@truong.edu.vn', false]);
  assert.equal(claims.affiliations, undefined, 'not asked for');
  assert.ok(claims.roles.includes('teacher'));
  assert.ok(
    claims.groups.some((group: string) => /^[A-Z0-9]+\/teacher$/.test(group)),
    claims.groups.join(),
  );
  const plain = payloadOf((await signIn(teacher, 'doc-userinfo', { scope })).idToken);
  assert.deepEqual([plain.name, plain.email, plain.groups], [undefined, undefined, undefined]);
  await register('la', { hasClaimsInIdToken: true, scopes, isApproved: false });
  await assert.rejects(signIn(pupil, 'la', { scope: scopes.join(' ') }), /no code/);
  await fatherAgrees(world, 'la');
  const guarded = payloadOf((await signIn(pupil, 'la', { scope: scopes.join(' ') })).idToken);
  assert.ok(guarded.name);
  assert.deepEqual([guarded.birthdate, guarded.education_id, guarded.email], [undefined, undefined, undefined]);
});

test('a user name never changes, is another in every app, and no app gets what it was not registered for', async () => {
  const scope = 'openid profile';
  const [first, again, elsewhere] = [
    (await signIn(teacher, 'doc-token', { scope })).userinfo,
    (await signIn(teacher, 'doc-token', { scope: 'openid profile school' })).userinfo,
    (await signIn(teacher, 'doc-userinfo', { scope })).userinfo,
  ];
  assert.match(String(first.preferred_username), /^u[a-z2-9]{15}$/);
  assert.equal(first.preferred_username, again.preferred_username);
  assert.notEqual(first.preferred_username, elsewhere.preferred_username);
  const refused = await teacher.get(
    authorizationRequest(world.origin, 'lop-hoc', { scope: 'openid email groups' }).url,
  );
  assert.equal(new URL(refused.url).searchParams.get('error'), 'invalid_scope');
});

test('an installed app returns to its own port of the loopback address, and to nothing else that looks like it', async () => {
  const redirectUris = ['http://127.0.0.1/callback', 'http://[::1]/callback', 'vn.edu.so-viet:/callback'];
  await register('cai-may', { kind: 'native', redirectUris });
  const answerTo = async (redirect_uri: string) => {
    let shown = await teacher.get(authorizationRequest(world.origin, 'cai-may', { redirect_uri }).url);
    if (shown.page?.name !== 'consent') return shown;
    const { action } = shown.page.props;
    const response = await teacher.request(`${world.origin}${action}`, {
      method: 'POST',
      body: new URLSearchParams({ decision: 'allow' }),
      headers: { origin: world.origin },
    });
    const next = await teacher.request(new URL(response.headers.get('location') ?? '', world.origin));
    shown = { ...shown, url: next.headers.get('location') ?? '', status: next.status };
    return shown;
  };
  for (const good of ['http://127.0.0.1:51234/callback', 'http://[::1]:5/callback', 'vn.edu.so-viet:/callback']) {
    const { url } = await answerTo(good);
    assert.ok(url.startsWith(good) && url.includes('code='), `${good} ${url}`);
  }
  for (const bad of [
    'http://127.0.0.1:51234/callback2',
    'http://127.0.0.1:51234/',
    'https://127.0.0.1:51234/callback',
    'http://localhost:51234/callback',
    'http://127.0.0.2:51234/callback',
    'http://127.0.0.1.evil.example:51234/callback',
    'http://127.0.0.1:51234@evil.example/callback',
    'vn.edu.so-viet://evil/callback',
    'vn.edu.so-khac:/callback',
  ]) {
    const shown = await answerTo(bad);
    assert.deepEqual([shown.status, shown.page?.name], [400, 'error'], bad);
  }
  for (const uri of [
    'http://localhost/callback',
    'http://192.168.1.2/callback',
    'http://127.0.0.1.evil.example/callback',
    'myapp:/callback',
    'javascript:alert(1)',
    'data:text/html,x',
    'vn.edu.so-viet:',
    'vn.edu.*:/callback',
    'vn.edu.so-viet:/a#b',
    'https://localhost/callback',
  ]) {
    await assert.rejects(register('xau', { kind: 'native', redirectUris: [uri] }), { code: 'apps/bad-address' }, uri);
  }
  await assert.rejects(register('xau', { redirectUris: ['vn.edu.so-viet:/callback'] }), { code: 'apps/bad-address' });
  const web = await teacher.get(
    authorizationRequest(world.origin, 'lop-hoc', { redirect_uri: 'http://localhost:4003/callback' }).url,
  );
  assert.equal(web.status, 400, 'the port of a web app is part of its address');
});

test('prompt=select_account asks who it is, goes on as the same person, or lets somebody else sign in', async () => {
  const browser = new TestBrowser({ stopAt: appOrigins });
  const ask = () => browser.get(authorizationRequest(world.origin, 'lop-hoc', { prompt: 'select_account' }).url);
  assert.equal((await ask()).page?.name, 'signIn', 'nobody is there to choose');
  const first = await ask();
  const done = await browser.post(`${world.origin}${first.page?.props.action}`, {
    identifier: teacherId,
    password,
  });
  assert.match(done.url, /code=/, 'who has just signed in is not asked again');
  const chosen = await ask();
  assert.equal(chosen.page?.name, 'selectAccount');
  const silent = await browser.get(authorizationRequest(world.origin, 'lop-hoc', { prompt: 'none' }).url);
  assert.match(silent.url, /code=/);
  assert.match((await browser.post(`${world.origin}${chosen.page?.props.action}`, {})).url, /code=/);
  const other = await ask();
  const changed = await browser.post(`${world.origin}${other.page?.props.someoneElseAction}`, {});
  assert.equal(changed.page?.name, 'signIn');
});

test('N2: a change of how an app signs in ends its approval', async () => {
  const { db } = world.context;
  for (const change of [
    { idTokenAlg: 'RS256' },
    { codeProtection: 'nonce' },
    { codeProtection: 'none' },
    { hasClaimsInIdToken: true },
  ] as const) {
    const clientId = `doi-${Object.entries(change).flat().join('-')}`.toLowerCase();
    await register(clientId);
    const app = await db.transaction().execute((tx) => changeApp(tx, clientId, change, ownerActor()));
    assert.equal(app.isApproved, false, clientId);
  }
});
