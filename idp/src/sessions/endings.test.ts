import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { merge } from '@edutrust/registry/merging';
import { leave } from '@edutrust/registry/people';
import { TestAuthenticator } from '@edutrust/testing/authenticator';
import { TestBrowser } from '@edutrust/testing/browser';
import { eventually } from '@edutrust/testing/eventually';
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
import { resume, suspend } from '../accounts/accounts.ts';
import { changeApp } from '../apps/apps.ts';
import { endSessions, tokenTables } from './end.ts';

/** 200 take four minutes on two busy cores; `EDUTRUST_TEST_ROUNDS=200` for the long run. */
const rounds = Number(process.env.EDUTRUST_TEST_ROUNDS ?? 25);
const actor = { kind: 'system', name: 'setup' } as const;
const offline = { scope: 'openid offline_access', prompt: 'consent' };
let world: TestIdp;
let second: { origin: string; close(): Promise<void> };
before(async () => {
  world = await testIdp();
  second = await world.secondInstance();
  await world.idp.start?.();
  const scopes = ['openid', 'offline_access', 'profile', 'school'];
  await world.context.db
    .transaction()
    .execute((transaction) =>
      changeApp(transaction, 'lop-hoc', { scopes, backchannelLogoutUri: 'http://localhost:4002/out' }, actor),
    );
});
after(async () => {
  await world.idp.close?.();
  await second.close();
  await world[Symbol.asyncDispose]();
});

const isIn = async (browser: TestBrowser, origin = world.origin) =>
  (await browser.get(`${origin}/`)).page?.name === 'launcher';

const refresh = (token: string | undefined, origin = world.origin) =>
  redeem(origin, 'lop-hoc', { grant_type: 'refresh_token', refresh_token: token ?? '' });

const userinfo = async (token: string | undefined) =>
  (await fetch(`${world.origin}/oidc/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status;

/** Backchannel logouts that wait to be sent, by what they are about. */
async function logoutsTo(personId: string): Promise<string[]> {
  const { rows } = await sql<{ client: string }>`
    SELECT payload->>'clientId' AS client FROM graphile_worker._private_jobs
    WHERE payload->>'personId' = ${personId}`.execute(world.context.db);
  return rows.map(({ client }) => client);
}

test('S9: nothing comes back of a session that ended while twelve requests and four rotations were under way, on two processes', async () => {
  const { context, city } = world;
  const personId = city.people.teacher;
  const educationId = await world.activate(personId);
  const origins = [world.origin, second.origin];
  const host = new URL(world.origin).host;
  for (let round = 0; round < rounds; round += 1) {
    const browser = new TestBrowser({ stopAt: appOrigins });
    await world.signIn(browser, educationId);
    const families = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const granted = await codeFor(browser, world.origin, 'lop-hoc', { scope: 'openid offline_access' });
        return (await redeem(world.origin, 'lop-hoc', redemption(granted))).json;
      }),
    );
    const cookie = `edutrust-session=${browser.cookie('edutrust-session')}; edutrust-session.sig=${browser.cookie('edutrust-session.sig')}`;
    const polls = Array.from({ length: 12 }, (_, index) => {
      const request = authorizationRequest(origins[index % 2] ?? '', 'lop-hoc', { scope: 'openid offline_access' });
      return fetch(request.url, { headers: { cookie }, redirect: 'manual' }).then((answer) => ({ answer, request }));
    });
    const rotations = families.map(({ refresh_token }, index) => refresh(refresh_token, origins[index % 2]));
    const ending = context.db.transaction().execute(async (transaction) => {
      if (round % 2)
        return suspend(transaction, context, personId, actor).then(() => resume(transaction, personId, actor));
      await endSessions(transaction, context.jobs, { personId }, { actor, reason: 'ended-by-administrator' });
    });
    const [answers, rotated] = await Promise.all([Promise.all(polls), Promise.all(rotations), ending]);
    for (const { answer, request } of answers) {
      const code = new URL(answer.headers.get('location') ?? '/', world.origin).searchParams.get('code');
      if (code)
        assert.equal(
          (await redeem(world.origin, 'lop-hoc', redemption({ ...request, code }))).status,
          400,
          `code, round ${round}`,
        );
      const thief = new TestBrowser();
      for (const line of [cookie, ...answer.headers.getSetCookie()]) {
        for (const [, name = '', value = ''] of line.matchAll(/(edutrust-session(?:\.sig)?)=([^;]*)/g))
          thief.setCookie(name, value, host);
      }
      assert.equal(await isIn(thief), false, `session, round ${round}`);
    }
    for (const { refresh_token } of families)
      assert.equal((await refresh(refresh_token)).status, 400, `refresh, round ${round}`);
    for (const { json } of rotated) {
      assert.equal((await refresh(json.refresh_token)).status, 400, `rotated, round ${round}`);
      assert.equal(await userinfo(json.access_token), 401, `access token, round ${round}`);
    }
  }
  const { rows } = await sql`
    SELECT 1 FROM idp.session WHERE person_id = ${personId} UNION ALL SELECT 1 FROM idp.oauth_grant WHERE person_id = ${personId}
    UNION ALL SELECT 1 FROM idp.refresh_token WHERE person_id = ${personId}`.execute(context.db);
  assert.equal(rows.length, 0, 'nothing of the person is kept');
});

test('S2: what a person or a session holds is found by an index in each table, however many others sign in', async () => {
  await world.context.db.transaction().execute(async (transaction) => {
    await sql`SET LOCAL enable_seqscan = off`.execute(transaction);
    for (const table of tokenTables)
      for (const column of ['person_id', 'session_uid'] as const) {
        const value = column === 'person_id' ? sql`'00000000-0000-7000-8000-000000000000'::uuid` : sql`'none'`;
        const { rows } = await sql<{ 'QUERY PLAN': string }>`
          EXPLAIN DELETE FROM ${table} WHERE ${sql.ref(column)} = ${value}`.execute(transaction);
        const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
        assert.match(plan, new RegExp(`Index Cond: \\(${column} = `), plan);
      }
  });
});

test('S2: recovering with a passkey ends every session, token, code and the old password', async () => {
  const personId = world.city.people.schoolAdministrator;
  const educationId = await world.activate(personId);
  const thief = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(thief, educationId);
  const tokens = (
    await redeem(world.origin, 'lop-hoc', redemption(await codeFor(thief, world.origin, 'lop-hoc', offline)))
  ).json;
  const pending = await codeFor(thief, world.origin, 'lop-hoc', offline);

  const browser = new TestBrowser();
  const code = await world.code(personId);
  const confirm = await browser.post(`${world.origin}/activate`, { code });
  const { ticket } = confirm.page?.props ?? {};
  const choose = await browser.post(`${world.origin}/activate/confirm`, { ticket, answer: 'yes' });
  const { optionsPath, verifyPath } = choose.page?.props.passkey ?? {};
  const { json } = await browser.json(`${world.origin}${optionsPath}`, { ticket });
  const credential = new TestAuthenticator(world.origin).create(json.options);
  assert.equal((await browser.json(`${world.origin}${verifyPath}`, { ticket, credential })).status, 200);

  assert.equal(await isIn(thief), false);
  assert.equal(await userinfo(tokens.access_token), 401);
  assert.equal((await refresh(tokens.refresh_token)).status, 400);
  assert.equal((await redeem(world.origin, 'lop-hoc', redemption(pending))).status, 400);
  assert.notEqual((await world.signIn(new TestBrowser(), educationId)).page?.name, 'launcher', 'the old password');
  assert.ok((await logoutsTo(personId)).includes('lop-hoc'));
});

test('S2: leaving and merging end everything for good and tell the apps; a return brings nothing back', async () => {
  const { context, city } = world;
  const today = '2026-11-23';
  const ways = {
    left: city.people.guardian,
    merged: city.people.twins[1],
  };
  for (const [way, personId] of Object.entries(ways)) {
    const educationId = await world.activate(personId);
    const browser = new TestBrowser({ stopAt: appOrigins });
    await world.signIn(browser, educationId);
    const tokens = (
      await redeem(world.origin, 'lop-hoc', redemption(await codeFor(browser, world.origin, 'lop-hoc', offline)))
    ).json;
    await context.db
      .transaction()
      .execute((transaction) =>
        way === 'left'
          ? leave(transaction, personId, { actor, today })
          : merge(transaction, personId, city.people.twins[0], { actor, today }),
      );
    const silent = authorizationRequest(world.origin, 'lop-hoc', { prompt: 'none' });
    const refused = await browser.get(silent.url);
    assert.equal(new URL(refused.url).searchParams.get('error'), 'login_required', refused.body);
    const asked = await browser.get(authorizationRequest(world.origin, 'lop-hoc').url);
    assert.equal(asked.page?.name, 'signIn', 'the next person at this computer can sign in');
    await eventually(async () => assert.ok((await logoutsTo(personId)).includes('lop-hoc'), way));
    await sql`UPDATE registry.person SET status = 'active' WHERE id = ${personId}`.execute(context.db);
    assert.equal(await isIn(browser), false, way);
    assert.equal((await refresh(tokens.refresh_token)).status, 400, way);
  }
});

test('offline_access outlives a plain sign-out, not a suspension; then the app is told of the person', async () => {
  const { context, city } = world;
  const personId = city.people.securityOfficer;
  const educationId = await world.activate(personId);
  const browser = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(browser, educationId);
  const tokens = (
    await redeem(world.origin, 'lop-hoc', redemption(await codeFor(browser, world.origin, 'lop-hoc', offline)))
  ).json;
  await browser.post(`${world.origin}/sign-out`, {});
  assert.equal(await isIn(browser), false);
  const kept = await refresh(tokens.refresh_token);
  assert.equal(kept.status, 200, JSON.stringify(kept.json));
  await sql`DELETE FROM graphile_worker._private_jobs`.execute(context.db);
  await context.db.transaction().execute((transaction) => suspend(transaction, context, personId, actor));
  assert.equal((await refresh(kept.json.refresh_token)).status, 400);
  assert.deepEqual(await logoutsTo(personId), ['lop-hoc']);
});

test('six consents at once in one browser all succeed, and what each app was given works', async () => {
  const { city } = world;
  const personId = city.people.principal;
  const educationId = await world.activate(personId);
  const browser = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(browser, educationId, password);
  const open = await Promise.all(
    Array.from({ length: 6 }, async (_, index) => {
      const request = authorizationRequest(world.origin, 'thu-vien-so', { state: `tab-${index}`, prompt: 'consent' });
      return { request, shown: await browser.get(request.url) };
    }),
  );
  const answered = await Promise.all(
    open.map(async ({ request, shown }) => {
      assert.equal(shown.page?.name, 'consent', shown.body);
      return {
        request,
        shown: await browser.post(`${world.origin}${shown.page?.props.action}`, { decision: 'allow' }),
      };
    }),
  );
  for (const [index, { request, shown }] of answered.entries()) {
    const answer = new URL(shown.url).searchParams;
    assert.equal(answer.get('state'), `tab-${index}`, `${shown.status} ${shown.url}`);
    const tokens = await redeem(
      world.origin,
      'thu-vien-so',
      redemption({ ...request, code: answer.get('code') ?? '' }),
    );
    assert.equal(tokens.status, 200, JSON.stringify(tokens.json));
    assert.equal(await userinfo(tokens.json.access_token), 200);
  }
  assert.equal(await isIn(browser), true);
});

test('six sign-ins at once in one browser all succeed', async () => {
  const educationId = await world.activate(world.city.people.movedPupil, 'ba con mèo nhỏ');
  const browser = new TestBrowser({ stopAt: appOrigins });
  const open = await Promise.all(
    Array.from({ length: 6 }, (_, index) =>
      browser.get(authorizationRequest(world.origin, 'lop-hoc', { state: `tab-${index}` }).url),
    ),
  );
  const answered = await Promise.all(
    open.map((shown) =>
      browser.post(`${world.origin}${shown.page?.props.action}`, {
        identifier: educationId,
        password: 'ba con mèo nhỏ',
      }),
    ),
  );
  for (const [index, shown] of answered.entries()) {
    assert.equal(
      new URL(shown.url).searchParams.get('state'),
      `tab-${index}`,
      `${shown.status} ${shown.url} ${shown.body.slice(0, 300)}`,
    );
    assert.ok(new URL(shown.url).searchParams.get('code'), shown.url);
  }
  assert.equal(await isIn(browser), true);
});
