import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
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
import { registerApp } from '../apps/apps.ts';

let world: TestIdp;
const asked: string[] = [];
before(async () => {
  world = await testIdp();
  // The class of this pool's connections alone: everything that goes to the database passes here.
  const { prototype } = (world.context.pool.options as unknown as { Client: { prototype: Connection } }).Client;
  const { query } = prototype;
  prototype.query = function (...given) {
    const [config] = given as [string | { text: string }];
    asked.push(typeof config === 'string' ? config : config.text);
    return query.apply(this, given);
  };
});
after(() => world[Symbol.asyncDispose]());

interface Connection {
  query(this: unknown, ...given: unknown[]): unknown;
}

/** What is not a request's: told later and waited for by nobody, or read once in some seconds for all requests. */
const ofNobody = /pg_notify|from "idp"\."app"|idp\.signing_key/;
/** Waits for the disk: a commit of something logged, unless it says that it does not wait. */
const waits = (text: string) =>
  text === 'commit' ||
  (/\b(INSERT INTO|DELETE FROM|UPDATE \w+\.\w+)\b/.test(text) &&
    !/synchronous_commit|platform\.short_lived/.test(text));

/** How many statements the work takes, and how many commits that wait for the disk. */
async function costOf(work: () => Promise<unknown>): Promise<{ statements: number; commits: number; texts: string[] }> {
  asked.length = 0;
  await work();
  const texts = asked.filter((text) => !ofNobody.test(text)).map((text) => text.replaceAll(/\s+/g, ' ').trim());
  const alone = texts.filter((_text, index) => !isInside(texts, index));
  return { statements: texts.length, commits: alone.filter(waits).length, texts };
}

/** Whether the statement stands between `begin` and its end, which commits for it. */
function isInside(texts: readonly string[], index: number): boolean {
  const began = texts.slice(0, index).filter((text) => text === 'begin').length;
  const ended = texts.slice(0, index).filter((text) => text === 'commit' || text === 'rollback').length;
  return began > ended && texts[index] !== 'commit';
}

function mostly(
  what: string,
  { statements, commits, texts }: Awaited<ReturnType<typeof costOf>>,
  most: number,
  disk: number,
) {
  const said = `${what}: ${statements} statements, ${commits} commits\n${texts.join('\n')}`;
  assert.ok(statements > 0, said);
  assert.ok(statements <= most, said);
  assert.ok(commits <= disk, said);
}

/** Enters the app in a browser that knows nothing; gives the tokens. */
async function signInAtApp(educationId: string, browser: TestBrowser): Promise<Record<string, string>> {
  const request = authorizationRequest(world.origin, 'lop-hoc', { scope: 'openid profile' });
  const shown = await browser.get(request.url);
  const fields = { identifier: educationId, password };
  const entered = await browser.post(`${world.origin}${shown.page?.props.action}`, fields);
  const code = new URL(entered.url).searchParams.get('code') ?? '';
  const { status, json } = await redeem(world.origin, 'lop-hoc', redemption({ ...request, code }));
  assert.equal(status, 200, JSON.stringify(json));
  return json;
}

test('what a sign-in, an entry with a session, userinfo and introspection cost in statements and commits', async () => {
  const educationId = await world.activate(world.city.people.pupil);
  await signInAtApp(educationId, new TestBrowser({ stopAt: appOrigins }));
  const browser = new TestBrowser({ stopAt: appOrigins });
  mostly('sign-in with a password', await costOf(() => signInAtApp(educationId, browser)), 14, 3);
  let token = '';
  const enter = async () => {
    const code = await codeFor(browser, world.origin, 'lop-hoc', { scope: 'openid profile' });
    token = (await redeem(world.origin, 'lop-hoc', redemption(code))).json.access_token ?? '';
  };
  mostly('entry with a session', await costOf(enter), 4, 2);
  const authorization = `Bearer ${token}`;
  const userinfo = async () => {
    const { status } = await fetch(`${world.origin}/oidc/userinfo`, { headers: { authorization } });
    assert.equal(status, 200);
  };
  mostly('userinfo', await costOf(userinfo), 1, 0);
  const introspect = async () => {
    const headers = { authorization: `Basic ${btoa('lop-hoc:demo-secret-of-lop-hoc')}` };
    const body = new URLSearchParams({ token });
    const answer = await fetch(`${world.origin}/oidc/token/introspection`, { method: 'POST', headers, body });
    assert.equal(((await answer.json()) as { active: boolean }).active, true);
  };
  mostly('introspection', await costOf(introspect), 1, 0);
});

test('what a refresh and a token of a machine cost in statements and commits', async () => {
  const { db } = world.context;
  const purpose = { vi: 'Để đếm.', en: 'For counting.' };
  const organisationId = world.city.departmentId;
  const [redirectUri] = ['http://localhost:4001/callback'];
  const apps = await db.transaction().execute(async (transaction) => {
    const register = async (
      app: Pick<Parameters<typeof registerApp>[1], 'clientId' | 'kind' | 'redirectUris' | 'scopes'>,
    ) => {
      const whole = { ...app, name: 'Để đếm', purpose, organisationId, isApproved: true };
      return (await registerApp(transaction, whole, { kind: 'system', name: 'test' }, new Date())).clientSecret;
    };
    const scopes = ['openid', 'profile', 'offline_access'];
    return {
      diary: await register({ clientId: 'so-tay', kind: 'web', redirectUris: [redirectUri], scopes }),
      machine: await register({ clientId: 'may', kind: 'machine' }),
    };
  });
  const browser = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(browser, await world.activate(world.city.people.teacher));
  const code = await codeFor(browser, world.origin, 'so-tay', {
    scope: 'openid profile offline_access',
    prompt: 'consent',
  });
  let { json } = await redeem(world.origin, 'so-tay', redemption(code), apps.diary);
  const refresh = async () => {
    const fields = { grant_type: 'refresh_token', refresh_token: json.refresh_token ?? '' };
    const answer = await redeem(world.origin, 'so-tay', fields, apps.diary);
    assert.equal(answer.status, 200, JSON.stringify(answer.json));
    json = answer.json;
  };
  await refresh();
  mostly('refresh', await costOf(refresh), 2, 1);
  const machine = async () => {
    const { status } = await redeem(world.origin, 'may', { grant_type: 'client_credentials' }, apps.machine);
    assert.equal(status, 200);
  };
  await machine();
  mostly('client credentials', await costOf(machine), 1, 0);
});
