import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Transaction } from '@edutrust/platform/database';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { type TestIdp, testIdp } from '../../testing/idp.ts';
import { suspend } from '../accounts/accounts.ts';
import { changeApp, type NewApp, registerApp } from '../apps/apps.ts';
import { endSessions } from '../sessions/end.ts';

const setup = { kind: 'system', name: 'setup' } as const;
const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
let world: TestIdp;
let teacher: TestBrowser;
let teacherId: string;

before(async () => {
  world = await testIdp();
  teacher = new TestBrowser();
  teacherId = await world.activate(world.city.people.teacher);
  await world.signIn(teacher, teacherId);
  await register('bang-lop');
});
after(() => world[Symbol.asyncDispose]());

const within = <Result>(act: (transaction: Transaction) => Promise<Result>) =>
  world.context.db.transaction().execute(act);

const register = (clientId: string, input: Partial<NewApp> = {}) =>
  within((transaction) =>
    registerApp(
      transaction,
      {
        kind: 'device',
        ...{ clientId, name: 'Bảng lớp', purpose: { vi: 'Chiếu bài.', en: 'Shows lessons.' } },
        ...{ organisationId: world.city.departmentId, isApproved: true },
        scopes: ['openid', 'profile', 'offline_access'],
        ...input,
      },
      setup,
      world.clock.now(),
    ),
  );

type Json = Record<string, string>;

async function post(path: string, fields: Record<string, string>): Promise<{ status: number; json: Json }> {
  const response = await fetch(`${world.origin}${path}`, { method: 'POST', body: new URLSearchParams(fields) });
  return { status: response.status, json: (await response.json()) as Json };
}

/** What a device shows: the codes of RFC 8628 §3.2. */
async function begin(
  client_id = 'bang-lop',
  scope = 'openid profile',
): Promise<{ device: string; user: string; json: Json }> {
  const { status, json } = await post('/oidc/device_authorization', { client_id, scope });
  assert.equal(status, 200, JSON.stringify(json));
  return { device: json.device_code ?? '', user: json.user_code ?? '', json };
}

const pollAtOnce = async (device_code: string, client_id = 'bang-lop') =>
  (await post('/oidc/token', { grant_type, device_code, client_id })).json;

/** As a device does that waits between its questions. */
const poll = async (device_code: string, client_id = 'bang-lop') => {
  await sql`DELETE FROM platform.short_lived WHERE key LIKE 'idp:device-poll:%'`.execute(world.context.db);
  return pollAtOnce(device_code, client_id);
};

const userinfo = async (token = '') =>
  fetch(`${world.origin}/oidc/userinfo`, { headers: { authorization: `Bearer ${token}` } });

const refresh = async (refresh_token = '') =>
  (await post('/oidc/token', { grant_type: 'refresh_token', refresh_token, client_id: 'bang-lop' })).json;

const fieldsOf = (shown: { page?: { props: Record<string, unknown> } | undefined } | undefined) =>
  (shown?.page?.props.fields ?? {}) as Record<string, string>;

/** Types the code into the page; gives the page that follows, and the fields of its form. */
async function type(browser: TestBrowser, user_code: string) {
  const form = await browser.get(`${world.origin}/device`);
  const fields = fieldsOf(form);
  return browser.post(`${world.origin}/device`, { ...fields, user_code });
}

async function answer(browser: TestBrowser, user: string, button: 'confirm' | 'abort' = 'confirm') {
  const shown = await type(browser, user);
  assert.equal(shown.page?.props.step, 'confirm', shown.body.slice(0, 400));
  const fields = fieldsOf(shown);
  return browser.post(`${world.origin}/device`, { ...fields, [button]: 'yes' });
}

const detailOf = (shown: Awaited<ReturnType<typeof type>>) =>
  (shown.page?.props.error as { detail?: string } | undefined)?.detail;

test('a person types the code of a device, compares and confirms it, and the device is signed in, once', async () => {
  const { device, user, json } = await begin();
  assert.match(user, /^[B-Z]{4}-[B-Z]{4}$/);
  assert.equal(json.verification_uri, `${world.origin}/device`);
  assert.equal((await poll(device)).error, 'authorization_pending');

  const linked = await teacher.get(json.verification_uri_complete ?? '');
  assert.deepEqual([linked.page?.props.step, linked.page?.props.code], ['code', user], 'a link confirms nothing');
  const confirm = await type(teacher, user.toLowerCase().replace('-', ' '));
  assert.deepEqual(
    [confirm.page?.props.step, confirm.page?.props.code, confirm.page?.props.app, confirm.page?.props.name],
    ['confirm', user, { name: 'Bảng lớp', purpose: 'Chiếu bài.' }, 'Đỗ Ngọc Uyên'],
  );
  assert.equal((await poll(device)).error, 'authorization_pending', 'looking at it allows nothing');
  const done = await answer(teacher, user);
  assert.deepEqual([done.page?.props.step, done.page?.props.isAllowed], ['done', true], done.body.slice(0, 300));

  const { rows } = await sql<{
    data: unknown;
  }>`SELECT data FROM platform.ledger_entry WHERE type = 'device.allowed'`.execute(world.context.db);
  assert.equal(rows.length, 1, 'it is in what happened to the account');

  const given = await Promise.all(Array.from({ length: 20 }, () => poll(device)));
  const tokens = given.filter(({ access_token }) => access_token);
  assert.equal(tokens.length, 1, 'P3: of twenty polls at once one gets the tokens');
});

test('RFC 8628 §3.5: a device that hurries is slowed down, and gets its tokens all the same once it is allowed', async () => {
  const { device, user } = await begin();
  assert.equal((await pollAtOnce(device)).error, 'authorization_pending');
  assert.equal((await pollAtOnce(device)).error, 'slow_down');
  assert.equal((await pollAtOnce((await begin()).device)).error, 'authorization_pending', 'another one is not');
  await type(teacher, user);
  await answer(teacher, user);
  assert.ok((await pollAtOnce(device)).access_token);
});

test('who is not signed in signs in after the confirmation; the device is told of them alone', async () => {
  const { device, user } = await begin();
  const browser = new TestBrowser();
  const signIn = await answer(browser, user);
  assert.equal(signIn.page?.name, 'signIn', signIn.body.slice(0, 300));
  assert.equal((signIn.page?.props.app as { host?: unknown } | undefined)?.host, null);
  const done = await browser.post(`${world.origin}${signIn.page?.props.action}`, {
    identifier: teacherId,
    password: 'bốn con mèo nằm ngủ',
  });
  assert.equal(done.page?.props.isAllowed, true, done.body.slice(0, 300));
  const { access_token, id_token } = await poll(device);
  assert.ok(id_token);
  assert.equal(((await (await userinfo(access_token)).json()) as { name: string }).name, 'Đỗ Ngọc Uyên');
});

test('who refuses, at the comparison or at the sign-in, gives the device nothing, and the code is used up', async () => {
  const first = await begin();
  assert.equal((await answer(teacher, first.user, 'abort')).page?.props.isAllowed, false);
  assert.equal(detailOf(await type(teacher, first.user)), 'Mã này đã được dùng. Lấy mã mới trên thiết bị.');
  assert.equal((await poll(first.device)).error, 'access_denied');

  const second = await begin();
  const browser = new TestBrowser();
  const signIn = await answer(browser, second.user);
  const refused = await browser.post(`${world.origin}${signIn.page?.props.cancelAction}`, {});
  assert.deepEqual(
    [refused.page?.props.step, refused.page?.props.isAllowed],
    ['done', false],
    refused.body.slice(0, 300),
  );
  assert.equal((await poll(second.device)).error, 'access_denied');
});

test('N2: whom the app is not for is asked what it would learn, and may say no', async () => {
  await register('bang-nho', { audience: ['learner'] });
  const { device, user } = await begin('bang-nho');
  const asked = await answer(teacher, user);
  assert.equal(asked.page?.name, 'consent', asked.body.slice(0, 300));
  assert.equal((await poll(device, 'bang-nho')).error, 'authorization_pending');
  const refused = await teacher.post(`${world.origin}${asked.page?.props.action}`, { decision: 'refuse' });
  assert.equal(refused.page?.props.isAllowed, false, refused.body.slice(0, 300));
  assert.equal((await poll(device, 'bang-nho')).error, 'access_denied');
  const again = await begin('bang-nho');
  const page = await answer(teacher, again.user);
  const done = await teacher.post(`${world.origin}${page.page?.props.action}`, { decision: 'allow' });
  assert.equal(done.page?.props.isAllowed, true, done.body.slice(0, 300));
  assert.ok((await poll(again.device, 'bang-nho')).access_token);
});

test('of two browsers that confirm one code at once one goes on, and of two people one', async () => {
  const { device, user } = await begin();
  const browsers = Array.from({ length: 6 }, () => new TestBrowser());
  const pages = await Promise.all(browsers.map((browser) => type(browser, user)));
  const confirmed = await Promise.all(
    browsers.map((browser, index) => {
      return browser.post(`${world.origin}/device`, { ...fieldsOf(pages[index]), confirm: 'yes' });
    }),
  );
  assert.equal(confirmed.filter(({ page }) => page?.name === 'signIn').length, 1);
  assert.equal((await poll(device)).error, 'authorization_pending');
});

test('a code ends after ten minutes, for the person and for the device', async () => {
  const { device, user } = await begin();
  await sql`UPDATE idp.device_code SET expires_at = now() - interval '1 minute',
      payload = payload || jsonb_build_object('exp', extract(epoch FROM now())::int - 60)
    WHERE payload->>'userCode' = ${user.replace('-', '')}`.execute(world.context.db);
  assert.equal(detailOf(await type(teacher, user)), 'Mã này đã hết hạn. Lấy mã mới trên thiết bị.');
  assert.equal((await poll(device)).error, 'expired_token');
});

test('N2: only an approved app of this kind gets codes, and one that loses its approval redeems none', async () => {
  const ask = async (client_id: string) =>
    (await post('/oidc/device_authorization', { client_id, scope: 'openid' })).json;
  await register('chua-duyet', { isApproved: false });
  await register('cai-may', { kind: 'native', redirectUris: ['http://127.0.0.1/x'] });
  for (const clientId of ['chua-duyet', 'cai-may'])
    assert.match((await ask(clientId)).error ?? '', /unauthorized_client|invalid_request/);
  await register('se-thoi');
  const { device, user } = await begin('se-thoi');
  await answer(teacher, user);
  await within((tx) => changeApp(tx, 'se-thoi', { isApproved: false }, setup));
  world.clock.moveSeconds(4);
  assert.equal((await poll(device, 'se-thoi')).error, 'invalid_request');
  const auth = `${world.origin}/oidc/auth?client_id=bang-lop&response_type=code&scope=openid&redirect_uri=http://localhost:4001/callback`;
  assert.doesNotMatch((await teacher.get(auth)).url, /code=/, 'nor has it another way in');
});

test('another app, the user code, or what the tables hold redeem nothing', async () => {
  const { device, user } = await begin();
  await answer(teacher, user);
  await register('bang-khac');
  assert.equal((await poll(device, 'bang-khac')).error, 'invalid_grant');
  const { rows } = await sql<{ id: string }>`SELECT encode(id_hash, 'base64') AS id FROM idp.device_code
    WHERE payload->>'userCode' = ${user.replace('-', '')}`.execute(world.context.db);
  const hash = Buffer.from(rows[0]?.id ?? '', 'base64').toString('base64url');
  for (const wrong of [user, user.replace('-', ''), hash, `#${hash}`])
    assert.equal((await poll(wrong)).error, 'invalid_grant', wrong);
  assert.ok((await poll(device)).access_token);
});

test('S1: a form of another browser, or without its secret, confirms nothing', async () => {
  const { device, user } = await begin();
  const stranger = new TestBrowser();
  const form = await stranger.get(`${world.origin}/device`);
  const fields = fieldsOf(form);
  for (const sent of [fields, {}]) {
    const shown = await teacher.post(`${world.origin}/device`, { ...sent, user_code: user, confirm: 'yes' });
    assert.equal(shown.page?.props.step, 'code', 'typed again');
  }
  assert.equal((await poll(device)).error, 'authorization_pending');
});

test('S2: what a device got ends with the session, unless it may stay, and with the account at once', async () => {
  const { context, city } = world;
  const enter = async (scope: string) => {
    const { device, user } = await begin('bang-lop', scope);
    await answer(teacher, user);
    return device;
  };
  const bound = await poll(await enter('openid profile'));
  const lasting = await poll(await enter('openid profile offline_access'));
  const waiting = await enter('openid profile');
  assert.ok(lasting.refresh_token && !bound.refresh_token);
  const why = { actor: setup, reason: 'signed-out' } as const;
  const { rows } = await sql<{
    uid: string;
  }>`SELECT uid FROM idp.session WHERE person_id = ${city.people.teacher}`.execute(context.db);
  for (const { uid } of rows) await within((tx) => endSessions(tx, context.jobs, { uid }, why));
  assert.equal((await userinfo(bound.access_token)).status, 401);
  assert.equal((await poll(waiting)).error, 'invalid_grant', 'allowed, and not yet redeemed');
  const next = await refresh(lasting.refresh_token);
  assert.ok(next.access_token, JSON.stringify(next));

  await world.signIn(teacher, teacherId);
  const last = await enter('openid profile offline_access');
  await within((tx) => suspend(tx, context, city.people.teacher, setup));
  assert.equal((await refresh(next.refresh_token)).error, 'invalid_grant');
  assert.equal((await userinfo(next.access_token)).status, 401);
  assert.equal((await poll(last)).error, 'invalid_grant');
});

test('R3: codes are not guessed: beyond a hundred wrong ones an address waits, a right one as well', async () => {
  const browser = new TestBrowser();
  const { user } = await begin();
  const wrong = 'BBBB-BBBB';
  assert.match(detailOf(await type(browser, wrong)) ?? '', /Không có mã này/);
  const form = await browser.get(`${world.origin}/device`);
  const fields = fieldsOf(form);
  let shown = await browser.post(`${world.origin}/device`, { ...fields, user_code: wrong });
  for (let tries = 0; tries < 100; tries++) {
    shown = await browser.post(`${world.origin}/device`, { ...fieldsOf(shown), user_code: wrong });
  }
  const slowed = await type(browser, user);
  assert.deepEqual([slowed.status, slowed.page?.props.step], [429, 'code'], slowed.body.slice(0, 300));
});

test('a stale address and a form without its cookie lead to where the code is typed, in a session that is kept', async () => {
  for (const [method, path] of [
    ['GET', `/device/${crypto.randomUUID()}`],
    ['POST', '/device'],
  ] as const) {
    const answer = await fetch(`${world.origin}${path}`, { method, redirect: 'manual' });
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/device'], `${method} ${path}`);
  }
  assert.equal((await new TestBrowser().request(`${world.origin}/device`)).status, 200);
});
