import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { giveRole } from '@edutrust/registry/testing/give-role';
import { TestBrowser } from '@edutrust/testing/browser';
import { eventually } from '@edutrust/testing/eventually';
import { sql } from 'kysely';
import { authorizationRequest, redeem, redemption, type TestIdp, testIdp } from '../../testing/idp.ts';
import { changeApp, findApp, type NewApp, registerApp } from '../apps/apps.ts';
import { inventedPeople } from './people.ts';

const setup = { kind: 'system', name: 'setup' } as const;
const clientId = 'so-viet';
const callback = 'http://localhost:4001/callback';
const scopes = ['openid', 'profile', 'school', 'groups', 'email', 'birthdate', 'education_id', 'offline_access'];
let world: TestIdp;
/** Owner of the app, with a passkey. */
let developer: TestBrowser;

const register = (input: Partial<NewApp> = {}) =>
  world.context.db.transaction().execute((transaction) =>
    registerApp(
      transaction,
      {
        clientId,
        name: 'Sổ Việt',
        purpose: { vi: 'Thử.', en: 'A try.' },
        kind: 'web',
        organisationId: world.city.departmentId,
        redirectUris: [callback],
        isSandbox: true,
        scopes,
        ...input,
      },
      setup,
      world.clock.now(),
      `demo-secret-of-${input.clientId ?? clientId}`,
    ),
  );

before(async () => {
  world = await testIdp();
  const { people, departmentId } = world.city;
  await giveRole(world.context, { personId: people.teacher, role: 'app-owner', organisationId: departmentId });
  developer = await world.enter(people.teacher);
  await register();
});
after(() => world[Symbol.asyncDispose]());

const lan = inventedPeople[0];
const minh = inventedPeople[3];
assert.ok(lan && minh);

async function enterAs(person: string, extra: Record<string, string> = {}) {
  const request = authorizationRequest(world.origin, clientId, { redirect_uri: callback, prompt: 'consent', ...extra });
  const shown = await developer.get(request.url);
  assert.equal(shown.page?.name, 'sandbox', shown.body.slice(0, 300));
  const answer = new URL((await developer.post(`${world.origin}${shown.page?.props.action}`, { person })).url);
  const code = answer.searchParams.get('code') ?? '';
  assert.ok(code, answer.href);
  return { ...request, code };
}

async function tokensOf(person: string, extra: Record<string, string> = {}) {
  const { status, json } = await redeem(world.origin, clientId, redemption(await enterAs(person, extra)));
  assert.equal(status, 200, JSON.stringify(json));
  return json;
}

const userinfo = async (token: string | undefined) => {
  const response = await fetch(`${world.origin}/oidc/userinfo`, { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
};
const payloadOf = (token = '') => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

test('a developer enters as an invented person, and the app learns nothing of anybody real', async () => {
  const scope = scopes.filter((one) => one !== 'offline_access').join(' ');
  const tokens = await tokensOf(lan.id, { scope });
  const { json } = await userinfo(tokens.access_token);
  assert.equal(json.sub, payloadOf(tokens.id_token).sub);
  assert.deepEqual([json.name, json.birthdate], [lan.claims.name, lan.claims.birthdate]);
  assert.deepEqual((json.affiliations as object[])[0], lan.claims.affiliations[0]);
  const { rows } = await sql<{ name: string; email: string | null; id: string }>`
    SELECT full_name AS name, email, education_id AS id FROM registry.person`.execute(world.context.db);
  const told = JSON.stringify([json, payloadOf(tokens.id_token)]);
  for (const { name, id } of rows)
    assert.ok(!told.includes(`"${name}"`) && !told.includes(id), 'nobody of the registry');
  const introspected = await fetch(`${world.origin}/oidc/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:demo-secret-of-${clientId}`).toString('base64')}` },
    body: new URLSearchParams({ token: tokens.access_token ?? '' }),
  });
  assert.equal(((await introspected.json()) as { sub: string }).sub, json.sub);
});

test('each invented person has a subject of its own at the app, and choosing another ends the tokens of the one before', async () => {
  const first = await tokensOf(lan.id, { scope: 'openid profile offline_access' });
  const again = await tokensOf(lan.id);
  assert.equal(payloadOf(first.id_token).sub, payloadOf(again.id_token).sub);
  const other = await tokensOf(minh.id, { scope: 'openid profile email offline_access' });
  assert.notEqual(payloadOf(first.id_token).sub, payloadOf(other.id_token).sub);
  assert.equal((await userinfo(again.access_token)).status, 401);
  const refresh = (token = '') => redeem(world.origin, clientId, { grant_type: 'refresh_token', refresh_token: token });
  assert.equal((await refresh(first.refresh_token)).json.error, 'invalid_grant');
  const refreshed = await refresh(other.refresh_token);
  assert.equal(payloadOf(refreshed.json.id_token).sub, payloadOf(other.id_token).sub);
  const { json } = await userinfo(refreshed.json.access_token);
  assert.deepEqual([json.name, json.email], [minh.claims.name, minh.claims.email]);
});

test('nobody but its developers enters an app in its sandbox, whatever is posted', async () => {
  const browser = new TestBrowser({ stopAt: ['http://localhost:4001'] });
  await world.signIn(browser, await world.activate(world.city.people.pupil));
  const request = authorizationRequest(world.origin, clientId, { redirect_uri: callback });
  const shown = await browser.get(request.url);
  assert.deepEqual([shown.status, shown.page?.props.problem.code], [403, 'apps/sandbox']);
  for (const [path, fields] of [
    ['sandbox', { person: lan.id }],
    ['consent', { decision: 'allow' }],
  ] as const) {
    const answer = await browser.post(`${shown.url}/${path}`, fields);
    assert.ok(answer.status >= 400, path);
    assert.doesNotMatch(answer.url, /code=/, path);
  }
  const again = await developer.get(authorizationRequest(world.origin, clientId, { prompt: 'consent' }).url);
  const real = await developer.post(`${again.url}/sandbox`, { person: world.city.people.pupil });
  assert.equal(real.status, 400, 'only who is invented');
  assert.ok(
    (await developer.post(`${again.url}/consent`, { decision: 'allow' })).status >= 400,
    'not as oneself either',
  );
});

test('an app in its sandbox is on this machine, is not approved, and does not come back from real use', async () => {
  const { db } = world.context;
  const change = (input: Parameters<typeof changeApp>[2], id = clientId) =>
    db.transaction().execute((transaction) => changeApp(transaction, id, input, setup));
  for (const uri of ['https://app.example/callback', 'http://192.168.1.2/callback', 'https://localhost/callback'])
    await assert.rejects(
      register({ clientId: 'xa', redirectUris: [uri] }),
      ({ code }) => /^apps\/(sandbox|bad)-address$/.test(code),
      uri,
    );
  await assert.rejects(change({ redirectUris: ['https://app.example/callback'] }), { code: 'apps/sandbox-address' });
  await assert.rejects(change({ backchannelLogoutUri: 'https://app.example/x' }), { code: 'apps/sandbox-address' });
  await assert.rejects(change({ isApproved: true }), /app_sandbox_check/);
  assert.equal((await findApp(db, clientId)).isSandbox, true);
  const tokens = await tokensOf(lan.id, { scope: 'openid offline_access' });
  const late = await developer.get(authorizationRequest(world.origin, clientId, { prompt: 'consent' }).url);
  await change({ isSandbox: false, redirectUris: [callback] });
  const chosen = await developer.post(`${late.url}/sandbox`, { person: lan.id });
  assert.deepEqual([chosen.status, /code=/.test(chosen.url)], [404, false], 'by a process that has not heard of it');
  world.clock.moveSeconds(4);
  assert.equal((await userinfo(tokens.access_token)).status, 401, 'what the sandbox gave ends with it');
  const shown = await developer.get(authorizationRequest(world.origin, clientId, { redirect_uri: callback }).url);
  assert.equal(shown.page?.name, 'consent', 'real people are asked');
  await assert.rejects(change({ isSandbox: true }), { code: 'apps/real' });
});

test('the exact reason of a refusal is kept for the developer, without secrets, and what worked of a sandbox', async () => {
  await register({ clientId: 'nhat-ky', scopes: scopes.filter((scope) => scope !== 'groups') });
  const { db } = world.context;
  const requests = async () => {
    const shown = await developer.request(`${world.origin}/api/v1/apps/nhat-ky/requests`);
    assert.equal(shown.status, 200);
    return ((await shown.json()) as { items: Record<string, unknown>[] }).items;
  };
  const ask = (extra: Record<string, string | undefined>) =>
    developer.get(authorizationRequest(world.origin, 'nhat-ky', { redirect_uri: callback, ...extra }).url);
  await ask({ redirect_uri: `${callback}/` });
  await ask({ code_challenge: undefined, code_challenge_method: undefined });
  await ask({ scope: 'openid groups' });
  const posted = (fields: Record<string, string>, secret?: string) => redeem(world.origin, 'nhat-ky', fields, secret);
  const code = { grant_type: 'authorization_code', code: 'ma-bi-mat-cua-toi', redirect_uri: callback };
  await posted(code);
  await posted(code, 'sai-bi-mat-nao-do');
  const page = await ask({ prompt: 'consent' });
  const answer = new URL((await developer.post(`${page.url}/sandbox`, { person: lan.id })).url);
  await posted({ ...code, code: answer.searchParams.get('code') ?? '', code_verifier: 'x'.repeat(43) });
  const kept = await eventually(async () => {
    const items = await requests();
    assert.ok(items.length >= 7, items.map(({ endpoint, detail }) => `${endpoint} ${detail}`).join());
    return items;
  }, 5_000);
  const reasons = kept.map(({ reason }) => reason);
  for (const reason of ['redirect-uri', 'pkce-missing', 'scope', 'code-unknown', 'secret', 'verifier', null])
    assert.ok(reasons.includes(reason), `${reason} of ${reasons.join()}`);
  const wrong = kept.find(({ reason }) => reason === 'redirect-uri');
  assert.equal((wrong?.sent as Record<string, string> | undefined)?.redirect_uri, `${callback}/`);
  const { rows } = await sql<{ row: string }>`SELECT to_jsonb(r)::text AS row FROM idp.app_request AS r`.execute(db);
  for (const secret of ['ma-bi-mat-cua-toi', 'sai-bi-mat', 'x'.repeat(43), 'a-state', 'a-nonce', 'demo-secret', 'Lan'])
    for (const { row } of rows) assert.ok(!row.includes(secret), secret);
  const stranger = await world.enter(world.city.people.schoolAdministrator);
  for (const path of ['requests', 'preview'])
    assert.equal((await stranger.request(`${world.origin}/api/v1/apps/nhat-ky/${path}`)).status, 403, path);
});

test('the last fifty requests of an app are kept, however many come, and an app in real use keeps no successes', async () => {
  const url = authorizationRequest(world.origin, 'lop-hoc', { redirect_uri: 'http://localhost:4009/callback' }).url;
  await Promise.all(Array.from({ length: 70 }, () => fetch(url, { headers: { accept: 'text/html' } })));
  const count = async () => {
    const { rows } = await sql<{ count: number }>`
      SELECT count(*)::int AS count FROM idp.app_request WHERE client_id = 'lop-hoc'`.execute(world.context.db);
    return rows[0]?.count;
  };
  await eventually(async () => assert.equal(await count(), 50));
  await redeem(world.origin, 'lop-hoc', { grant_type: 'authorization_code', code: 'x' });
  const { rows } = await sql<{
    error: string | null;
  }>`SELECT error FROM idp.app_request WHERE client_id = 'lop-hoc'`.execute(world.context.db);
  assert.ok(rows.every(({ error }) => error !== null));
});

test('the preview says what the app would read of an invented person, as registered now', async () => {
  const shown = await developer.request(`${world.origin}/api/v1/apps/nhat-ky/preview?person=${minh.id}`);
  const {
    people,
    userinfo: claims,
    idToken,
    guarded,
  } = (await shown.json()) as Record<string, Record<string, unknown>>;
  assert.equal(Object.keys(people ?? {}).length, inventedPeople.length);
  assert.equal(claims?.email, minh.claims.email);
  assert.equal(idToken?.name, undefined);
  assert.deepEqual(guarded, ['birthdate', 'education_id']);
  const bad = await developer.request(`${world.origin}/api/v1/apps/nhat-ky/preview?person=${world.city.people.pupil}`);
  assert.equal(bad.status, 400, 'nobody real');
});
