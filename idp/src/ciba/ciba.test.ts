import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Transaction } from '@edutrust/platform/database';
import { listNotices } from '@edutrust/registry/notices';
import { TestAuthenticator } from '@edutrust/testing/authenticator';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { type TestIdp, testIdp } from '../../testing/idp.ts';
import { type Asking, askingAt } from '../../testing/phone.ts';
import { changeApp, type NewApp } from '../apps/apps.ts';
import { endSessions } from '../sessions/end.ts';

const setup = { kind: 'system', name: 'setup' } as const;
const app = 'tong-dai';
let world: TestIdp;
let phone: TestBrowser;
let key: TestAuthenticator;
let principal: string;
let teacher: TestBrowser;
let teacherId: string;
let asking: Asking;

before(async () => {
  world = await testIdp();
  principal = world.city.people.principal;
  key = new TestAuthenticator(world.origin);
  phone = await world.enter(principal, key);
  const { rows } = await sql<{ education_id: string }>`
    SELECT education_id FROM registry.person WHERE id = ${principal}`.execute(world.context.db);
  asking = askingAt(world, app, rows[0]?.education_id ?? '');
  teacher = new TestBrowser();
  teacherId = await world.activate(world.city.people.teacher);
  await world.signIn(teacher, teacherId);
  await register(app);
});
after(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  await sql`DELETE FROM idp.backchannel_request`.execute(world.context.db);
});

const within = <Result>(act: (transaction: Transaction) => Promise<Result>) =>
  world.context.db.transaction().execute(act);

const post = (path: string, fields: Record<string, string>, clientId?: string) => asking.post(path, fields, clientId);
const pollAtOnce = (id: string) => asking.pollAtOnce(id);
const register = (clientId: string, input?: Partial<NewApp>) => asking.register(clientId, input);
const ask = (fields?: Record<string, string>, clientId?: string) => asking.ask(fields, clientId);
const begun = (fields?: Record<string, string>, clientId?: string) => asking.begun(fields, clientId);
const poll = (id: string, clientId?: string) => asking.poll(id, clientId);
const shown = (browser: TestBrowser) => asking.shown(browser);
const allow = (browser = phone, authenticator = key, props?: unknown) => asking.allow(browser, authenticator, props);

const userinfo = async (token = '') =>
  fetch(`${world.origin}/oidc/userinfo`, { headers: { authorization: `Bearer ${token}` } });

const claimsOf = (jwt = '') => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());

test('an app asks, the person reads the same line on their phone and allows it by passkey, and the app is let in, once', async () => {
  const id = await begun({ binding_message: 'Quầy 4, số 17' });
  assert.equal((await poll(id)).error, 'authorization_pending');
  const [told] = await listNotices(world.context.db, principal);
  assert.equal(told?.kind, 'sign-in.asked');
  assert.match(told?.title.vi ?? '', /Tổng đài/);
  const home = await phone.get(`${world.origin}/`);
  assert.deepEqual(home.page?.props.signInRequests, { apps: ['Tổng đài'], href: '/sign-in-requests' });
  const page = await shown(phone);
  assert.deepEqual([page.step, page.app.name, page.message, page.more], ['ask', 'Tổng đài', 'Quầy 4, số 17', 0]);
  assert.ok(
    !page.allowAction.includes(id) && !page.passkey.verifyPath.includes(id),
    'no address has the secret of the app',
  );
  const { status, json } = await allow();
  assert.deepEqual([status, json.location], [200, '/sign-in-requests?done=allowed'], JSON.stringify(json));
  const given = await Promise.all(Array.from({ length: 20 }, () => poll(id)));
  const [tokens, ...more] = given.filter(({ access_token }) => access_token);
  assert.deepEqual(more, [], 'P3: of twenty polls at once one gets the tokens');
  const { acr, amr, auth_time: at, iss, aud } = claimsOf(tokens?.id_token);
  assert.deepEqual([acr, amr, iss, aud], ['passkey', ['pop', 'user', 'mfa'], world.origin, app]);
  assert.ok(Math.abs(at - world.clock.now().getTime() / 1000) < 60);
  const types = await sql<{ type: string }>`
    SELECT type FROM platform.ledger_entry WHERE subject_id = ${principal} AND type LIKE 'sign-in.%' ORDER BY id`.execute(
    world.context.db,
  );
  assert.deepEqual(
    types.rows.map(({ type }) => type),
    ['sign-in.asked', 'sign-in.allowed'],
  );
});

test('what was let in ends with the session of the phone, and is told of it', async () => {
  await register('co-dang-xuat', { backchannelLogoutUri: 'http://localhost:4001/logout' });
  const id = await begun({}, 'co-dang-xuat');
  await allow();
  const { access_token, id_token } = await poll(id, 'co-dang-xuat');
  assert.equal((await userinfo(access_token)).status, 200);
  const authorization = `Bearer ${access_token}`;
  const interaction = 'C770aeF3-6784-41f7-8e0e-ff5f97bddb3a'; // FAPI 1.0 Part 1 §6.2.1
  const named = await fetch(`${world.origin}/oidc/userinfo`, {
    headers: { authorization, 'x-fapi-interaction-id': interaction },
  });
  assert.equal(named.headers.get('x-fapi-interaction-id'), interaction);
  const { sid } = claimsOf(id_token);
  assert.ok(sid, 'the app can be told which session ended');
  const { rows } = await sql<{ uid: string }>`
    SELECT uid FROM idp.session WHERE person_id = ${principal} AND payload->'authorizations' ? 'co-dang-xuat'`.execute(
    world.context.db,
  );
  await within((transaction) =>
    endSessions(transaction, world.context.jobs, { uid: rows[0]?.uid ?? '' }, { actor: setup, reason: 'signed-out' }),
  );
  assert.equal((await userinfo(access_token)).status, 401);
  const jobs = await sql<{ payload: Record<string, string> }>`
    SELECT payload FROM graphile_worker._private_jobs`.execute(world.context.db);
  assert.ok(jobs.rows.some(({ payload }) => payload.sid === sid));
  phone = new TestBrowser();
  await signInByPasskey(phone, key);
});

async function signInByPasskey(browser: TestBrowser, authenticator: TestAuthenticator): Promise<void> {
  const page = await browser.get(`${world.origin}/signin?return_to=/`);
  // biome-ignore lint/suspicious/noExplicitAny: props as the page prints them
  const { passkey } = (page.page?.props ?? {}) as any;
  const { json } = await browser.json(`${world.origin}${passkey.verifyPath}`, {
    credential: authenticator.get(passkey.options),
  });
  await browser.get(`${world.origin}${json.location}`);
}

test('who refuses gives nothing, and neither does time', async () => {
  const refused = await begun();
  const { refuseAction } = await shown(phone);
  assert.equal((await phone.post(`${world.origin}${refuseAction}`, {})).page?.props.step, 'refused');
  assert.equal((await poll(refused)).error, 'access_denied');
  assert.equal((await phone.post(`${world.origin}${refuseAction}`, {})).status, 404, 'it is answered once');

  const late = await begun({ requested_expiry: '60' });
  const page = await shown(phone);
  await sql`UPDATE idp.backchannel_request SET payload = payload || jsonb_build_object('exp', extract(epoch FROM now())::int - 1)`.execute(
    world.context.db,
  );
  assert.equal((await shown(phone)).step, 'none');
  assert.equal((await allow(phone, key, page)).status, 404);
  assert.equal((await poll(late)).error, 'expired_token');
});

test('RFC 8628 §3.5: an app that hurries is slowed down', async () => {
  const id = await begun();
  assert.equal((await pollAtOnce(id)).error, 'authorization_pending');
  assert.equal((await pollAtOnce(id)).error, 'slow_down');
});

test('nobody answers for another person, and an assertion answers no other request', async () => {
  const id = await begun();
  const page = await shown(phone);
  assert.equal((await shown(teacher)).step, 'none');
  for (const path of ['allowAction', 'refuseAction'])
    assert.equal((await teacher.post(`${world.origin}${page[path]}`, {})).status, 404);
  assert.equal((await allow(teacher, new TestAuthenticator(world.origin), page)).status, 404);
  const stranger = await phone.json(`${world.origin}${page.passkey.verifyPath}`, {
    credential: new TestAuthenticator(world.origin).get(page.passkey.options),
  });
  assert.equal(stranger.status, 400);
  assert.equal((await phone.post(`${world.origin}${page.allowAction}`, {})).status, 403, 'who has a passkey shows it');

  const { options } = page.passkey; // of a request that another one has replaced since
  const newer = await begun({ binding_message: 'khác' });
  const now = await shown(phone);
  const replayed = await phone.json(`${world.origin}${now.passkey.verifyPath}`, { credential: key.get(options) });
  assert.equal(replayed.status, 400);
  assert.equal((await poll(id)).error, 'access_denied', 'the newest takes its place');
  assert.equal((await poll(newer)).error, 'authorization_pending');
});

test('who has no passkey answers after a fresh sign-in, and not at all where the app asks for more', async () => {
  const id = await begun({ login_hint: teacherId });
  const page = await shown(teacher);
  assert.equal(page.passkey, undefined);
  world.clock.moveSeconds(301);
  const again = await teacher.post(`${world.origin}${page.allowAction}`, {});
  assert.equal(again.page?.props.step, 'ask', 'led to prove it again, and back');
  assert.equal((await poll(id)).error, 'authorization_pending');
  teacher = new TestBrowser();
  await world.signIn(teacher, teacherId);
  const done = await teacher.post(`${world.origin}${page.allowAction}`, {});
  assert.equal(done.page?.props.step, 'allowed', done.body.slice(0, 300));
  assert.equal(claimsOf((await poll(id)).id_token).acr, 'pwd');
  await begun({ login_hint: teacherId, acr_values: 'passkey' });
  assert.equal((await teacher.post(`${world.origin}${(await shown(teacher)).allowAction}`, {})).status, 400);
});

test('nobody is worn down: after five requests that were not allowed the app waits an hour, others do not', async () => {
  await register('khac');
  for (let asked = 0; asked < 5; asked += 1) await begun();
  const { status, json } = await ask();
  assert.deepEqual([status, json.error], [400, 'access_denied']);
  const { rows } = await sql`SELECT 1 FROM idp.backchannel_request WHERE answered_at IS NULL`.execute(world.context.db);
  assert.equal(rows.length, 1, 'one waits');
  for (let asked = 0; asked < 4; asked += 1) await begun({}, 'khac');
  await allow(); // one of the first app
  await begun();
  const at = (text: string) =>
    sql`UPDATE idp.backchannel_request SET created_at = created_at - ${text}::interval`.execute(world.context.db);
  for (let asked = 0; asked < 4; asked += 1) await ask({}, 'khac');
  assert.equal((await ask({}, 'khac')).json.error, 'access_denied', 'all apps together: ten');
  await at('61 minutes');
  await begun();
});

test('twenty requests at once are counted one after another', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask()));
  assert.equal(answers.filter(({ status }) => status === 200).length, 5);
  for (const { status, json } of answers)
    assert.ok(status === 200 || json.error === 'access_denied', JSON.stringify(json));
});

test('N2: an app that is not approved, or not for the person, asks nobody; and it learns nothing of who there is', async () => {
  await register('chua-duyet', { isApproved: false });
  await register('khong-xin', { ciba: null });
  for (const clientId of ['chua-duyet', 'khong-xin'])
    assert.match((await ask({}, clientId)).json.error ?? '', /unauthorized_client|invalid_request/);
  await register('cua-hoc-sinh', { audience: ['learner'] });
  const errors = await Promise.all([
    ask({}, 'cua-hoc-sinh'),
    ask({ login_hint: '7901234568' }),
    ask({ login_hint: 'không phải mã' }),
    ask({ login_hint: 'x'.repeat(300) }),
  ]);
  assert.deepEqual(new Set(errors.map(({ json }) => JSON.stringify(json))).size, 1);
  assert.equal(errors[0]?.json.error, 'unknown_user_id');
  for (const [fields, error] of [
    [{ binding_message: 'x'.repeat(61) }, 'invalid_binding_message'],
    [{ binding_message: '<b>tin</b>' }, 'invalid_binding_message'],
    [{ id_token_hint: 'a.b.c' }, 'invalid_request'],
    [{ login_hint: '' }, 'invalid_request'],
    [{ acr_values: 'loa3' }, 'invalid_request'],
    [{ requested_expiry: '-1' }, 'invalid_request'],
    [{ scope: 'openid birthdate' }, 'invalid_scope'],
  ] as const)
    assert.equal((await ask(fields)).json.error, error, JSON.stringify(fields));
  const twice = new URLSearchParams({ scope: 'openid', login_hint: teacherId });
  twice.append('login_hint', '7901234568');
  const doubled = await fetch(`${world.origin}/oidc/backchannel`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${app}:secret-of-${app}`).toString('base64')}` },
    body: twice,
  });
  assert.equal(((await doubled.json()) as { error: string }).error, 'invalid_request', 'P15');
});

test('an app that loses its approval while it waits redeems nothing', async () => {
  await register('se-thoi');
  const id = await begun({}, 'se-thoi');
  await allow();
  await within((transaction) => changeApp(transaction, 'se-thoi', { isApproved: false }, setup));
  world.clock.moveSeconds(4);
  assert.match((await poll(id, 'se-thoi')).error ?? '', /unauthorized_client|invalid_request/);
});

test('S2: signing out everywhere and suspension end what waits', async () => {
  const id = await begun();
  await within((transaction) =>
    endSessions(transaction, world.context.jobs, { personId: principal }, { actor: setup, reason: 'suspended' }),
  );
  assert.equal((await poll(id)).error, 'invalid_grant');
  phone = new TestBrowser();
  await signInByPasskey(phone, key);
});

test('the app names a person by an ID token of its own, and by nobody else’s', async () => {
  const first = await begun();
  await allow();
  const { id_token = '' } = await poll(first);
  const hinted = await post('/oidc/backchannel', { scope: 'openid', id_token_hint: id_token });
  assert.equal(hinted.status, 200, JSON.stringify(hinted.json));
  assert.equal((await shown(phone)).step, 'ask');
  await register('la');
  const other = await post('/oidc/backchannel', { scope: 'openid', id_token_hint: id_token }, 'la');
  assert.match(other.json.error ?? '', /invalid_request|unknown_user_id/);
});

test('with offline_access the app keeps access when the phone signs out; the person takes it back as ever', async () => {
  const id = await begun({ scope: 'openid offline_access' });
  await allow();
  const { refresh_token = '' } = await poll(id);
  assert.ok(refresh_token);
  await phone.post(`${world.origin}/sign-out`, {});
  const refreshed = await post('/oidc/token', { grant_type: 'refresh_token', refresh_token });
  assert.equal(refreshed.status, 200, JSON.stringify(refreshed.json));
  await within((transaction) =>
    endSessions(transaction, world.context.jobs, { personId: principal }, { actor: setup, reason: 'suspended' }),
  );
  const ended = await post('/oidc/token', {
    grant_type: 'refresh_token',
    refresh_token: refreshed.json.refresh_token ?? '',
  });
  assert.equal(ended.json.error, 'invalid_grant');
  phone = new TestBrowser();
  await signInByPasskey(phone, key);
});
