import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startWorker } from '@edutrust/platform/jobs';
import { leave } from '@edutrust/registry/people';
import { TestBrowser } from '@edutrust/testing/browser';
import { eventually } from '@edutrust/testing/eventually';
import { freePort } from '@edutrust/testing/port';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { sql } from 'kysely';
import { appOrigins, codeFor, password, redeem, redemption, type TestIdp, testIdp } from '../../testing/idp.ts';
import { endSessions, suspend } from '../accounts/accounts.ts';
import { changeApp } from '../apps/apps.ts';
import { logoutTask } from './end.ts';

const actor = { kind: 'system', name: 'setup' } as const;
let world: TestIdp;
before(async () => {
  world = await testIdp();
  const scopes = ['openid', 'offline_access'];
  await world.context.db
    .transaction()
    .execute((transaction) => changeApp(transaction, 'lop-hoc', { scopes: [...scopes, 'profile', 'school'] }, actor));
});
after(() => world[Symbol.asyncDispose]());

async function signedIn(personId: string): Promise<{ browser: TestBrowser; educationId: string }> {
  const educationId = await world.activate(personId);
  const browser = new TestBrowser({ stopAt: appOrigins });
  assert.equal((await world.signIn(browser, educationId)).page?.name, 'launcher');
  return { browser, educationId };
}

const isIn = async (browser: TestBrowser) => (await browser.get(`${world.origin}/`)).page?.name === 'launcher';

/** A refresh token and an access token of the app `lop-hoc`, made to keep access. */
async function tokensOf(browser: TestBrowser) {
  const granted = await codeFor(browser, world.origin, 'lop-hoc', {
    scope: 'openid offline_access',
    prompt: 'consent',
  });
  return (await redeem(world.origin, 'lop-hoc', redemption(granted))).json;
}

async function areDead(tokens: Record<string, string>): Promise<boolean> {
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  const userinfo = await fetch(`${world.origin}/oidc/userinfo`, { headers });
  const refresh = await redeem(world.origin, 'lop-hoc', {
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token ?? '',
  });
  return userinfo.status === 401 && refresh.json.error === 'invalid_grant';
}

test('S1: the cookie is HttpOnly, SameSite and new after each sign-in and step-up; the old one is dead', async () => {
  const { browser } = await signedIn(world.city.people.teacher);
  const cookie = browser.setCookies.find((line) => line.startsWith('edutrust-session='));
  assert.match(cookie ?? '', /; httponly/i);
  assert.match(cookie ?? '', /; samesite=lax/i);
  assert.match(cookie ?? '', /; path=\//i);
  const before = browser.cookie('edutrust-session') ?? '';
  const stepUp = await browser.get(`${world.origin}/signin?return_to=/account&fresh=0`);
  assert.equal(stepUp.page?.name, 'stepUp', stepUp.body);
  const done = await browser.post(`${world.origin}${stepUp.page?.props.action}`, { password });
  assert.equal(done.page?.name, 'account', done.body);
  const now = browser.cookie('edutrust-session') ?? '';
  assert.notEqual(now, before);
  const thief = new TestBrowser();
  thief.setCookie('edutrust-session', before, new URL(world.origin).host);
  assert.equal(await isIn(thief), false);
  const { rows } = await sql`SELECT 1 FROM idp.session WHERE payload::text LIKE ${`%${now}%`}`.execute(
    world.context.db,
  );
  assert.equal(rows.length, 0, 'the cookie is nowhere in the table');
});

test('S1: on https the cookie is __Host- and Secure', async () => {
  await using secure = await testIdp({ EDUTRUST_URL: 'https://id.example.edu.vn' });
  const answer = await secure.app.inject({ url: '/signin?return_to=/' });
  const started = await secure.app.inject({ url: String(answer.headers.location) });
  const lines = [started.headers['set-cookie']].flat().map(String);
  assert.ok(lines.length > 0);
  for (const line of lines) {
    assert.match(line, /^__(Host|Secure)-/);
    assert.match(line, /; secure/i);
    assert.match(line, /; httponly/i);
  }
});

test('S2: suspending, leaving, a new password and sign-out everywhere end sessions and tokens at once', async () => {
  const { context, city } = world;
  const ways: [string, string, (personId: string, browser: TestBrowser) => Promise<unknown>][] = [
    [
      'suspended',
      city.people.auditor,
      (personId) => context.db.transaction().execute((transaction) => suspend(transaction, context, personId, actor)),
    ],
    [
      'ended by an administrator',
      city.people.principal,
      (personId) =>
        context.db.transaction().execute((transaction) => endSessions(transaction, context, personId, actor)),
    ],
    [
      'left',
      city.people.movedPupil,
      (personId) =>
        context.db.transaction().execute((transaction) => leave(transaction, personId, { actor, today: '2026-11-23' })),
    ],
    [
      'signed out everywhere',
      city.people.guardian,
      (_personId, browser) => browser.post(`${world.origin}/account/sessions/end`, {}),
    ],
    [
      'a new password by a new code',
      city.people.securityOfficer,
      (personId) => world.activate(personId, 'năm con mèo rừng đi dạo'),
    ],
  ];
  for (const [way, personId, end] of ways) {
    const { browser } = await signedIn(personId);
    const tokens = await tokensOf(browser);
    assert.ok(tokens.refresh_token, way);
    assert.equal(await isIn(browser), true, way);
    await end(personId, browser);
    assert.equal(await isIn(browser), false, way);
    assert.ok(await areDead(tokens), way);
  }
});

test('S2: a password changed in the account keeps this session and ends the others', async () => {
  const { browser, educationId } = await signedIn(world.city.people.schoolAdministrator);
  const elsewhere = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(elsewhere, educationId);
  const changed = await browser.post(`${world.origin}/account/password`, {
    current: password,
    password: 'sáu con chim sẻ bay lượn',
    repeat: 'sáu con chim sẻ bay lượn',
  });
  assert.equal(new URL(changed.url).search, '?done=password', changed.body);
  assert.equal(await isIn(browser), true);
  assert.equal(await isIn(elsewhere), false);
});

test('S3: no state changes for another site: forms, JSON as text, method override', async () => {
  const { browser } = await signedIn(world.city.people.twins[0]);
  const paths = [
    '/sign-out',
    '/account/password',
    '/account/sessions/end',
    '/account/apps/lop-hoc/withdraw',
    '/activate',
  ];
  for (const path of paths) {
    const hostile: RequestInit[] = [
      { headers: { 'sec-fetch-site': 'cross-site' }, body: new URLSearchParams({ a: 'b' }) },
      { headers: { origin: 'http://evil.example' }, body: new URLSearchParams({ a: 'b' }) },
      { headers: { origin: 'null' }, body: new URLSearchParams({ a: 'b' }) },
      { headers: { 'content-type': 'text/plain', 'sec-fetch-site': 'cross-site' }, body: '{"a":"b"}' },
    ];
    for (const init of hostile) {
      const response = await browser.request(`${world.origin}${path}`, { method: 'POST', ...init });
      assert.equal(response.status, 403, path);
    }
    const override = await browser.request(`${world.origin}${path}?_method=POST`, {
      headers: { 'x-http-method-override': 'POST' },
    });
    assert.equal(override.status, path === '/activate' ? 200 : 404, path);
  }
  assert.equal(await isIn(browser), true);
});

test('P11: a link of another site cannot sign anybody out: the person confirms, and may decline', async () => {
  const { browser } = await signedIn(world.city.people.twins[1]);
  const asked = await browser.get(`${world.origin}/oidc/session/end`);
  assert.equal(asked.page?.name, 'logoutConfirm', asked.body);
  assert.equal(await isIn(browser), true);
  const { action } = asked.page?.props ?? {};
  await browser.post(`${world.origin}${action}`, { xsrf: 'guessed', logout: 'yes' });
  assert.equal(await isIn(browser), true);
  const again = await browser.get(`${world.origin}/oidc/session/end`);
  const out = await browser.post(`${world.origin}${again.page?.props.action}`, {
    ...again.page?.props.fields,
    logout: 'yes',
  });
  assert.equal(out.page?.name, 'loggedOut', out.body);
  assert.equal(await isIn(browser), false);
});

test('P11: signing out tells an app once, also one that hears of it before the session is gone', async ({ mock }) => {
  const { browser } = await signedIn(world.city.people.guardian);
  await codeFor(browser, world.origin, 'lop-hoc');
  const enqueue = mock.method(world.context.jobs, 'enqueue');
  const asked = await browser.get(`${world.origin}/oidc/session/end`);
  const { action, fields } = asked.page?.props ?? {};
  await browser.post(`${world.origin}${action}`, { ...fields, logout: 'yes' });
  assert.equal(await isIn(browser), false);
  const told = enqueue.mock.calls.filter(({ arguments: [, task] }) => task === logoutTask);
  assert.deepEqual(
    told.map(({ arguments: [, , payload] }) => (payload as { clientId: string }).clientId),
    ['lop-hoc'],
  );
});

test('P11: a logout token is signed, has no nonce, and is delivered again until the app takes it', async () => {
  const { context } = world;
  const received: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      received.push(new URLSearchParams(body).get('logout_token') ?? '');
      response.writeHead(received.length === 1 ? 503 : 204).end();
    });
  }).listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // listening on a port
  await context.db
    .transaction()
    .execute((transaction) =>
      changeApp(transaction, 'lop-hoc', { backchannelLogoutUri: `http://localhost:${port}/out` }, actor),
    );
  world.clock.moveSeconds(4); // what a process knows of an app is at most three seconds old
  const { browser } = await signedIn(world.city.people.pupil);
  await codeFor(browser, world.origin, 'lop-hoc');
  await sql`DELETE FROM graphile_worker._private_jobs`.execute(context.db); // other tests' apps do not listen
  await browser.post(`${world.origin}/sign-out`, {});
  const worker = await startWorker({
    pool: context.pool,
    handlers: { ...world.idp.tasks, ...world.idp.outsideTasks },
    concurrency: 1,
    log: context.log,
  });
  try {
    await eventually(async () => assert.ok(received.length >= 1, 'first try'));
    await sql`UPDATE graphile_worker._private_jobs SET run_at = now() WHERE attempts > 0`.execute(context.db);
    await eventually(async () => assert.ok(received.length >= 2, 'second try'));
    const token = received[1] ?? '';
    assert.equal(decodeProtectedHeader(token).typ, 'logout+jwt');
    const claims = decodeJwt(token);
    assert.equal(claims.aud, 'lop-hoc');
    assert.equal(claims.iss, world.origin);
    assert.ok(claims.sid && claims.jti && claims.exp);
    assert.ok(!('nonce' in claims));
    assert.notEqual(claims.sub, world.city.people.pupil, 'pairwise');
  } finally {
    await worker.stop();
    server.close();
    server.closeAllConnections();
  }
});

/** A relying app of the examples, in its own process, on its registered port. */
async function startExample(clientId: 'thu-vien-so' | 'lop-hoc', port: number): Promise<ChildProcess> {
  const main = fileURLToPath(import.meta.resolve('../../../examples/relying-app/src/main.ts'));
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      CLIENT_ID: clientId,
      CLIENT_SECRET: `demo-secret-of-${clientId}`,
      ISSUER: world.origin,
      APP_NAME: clientId,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout as NodeJS.EventEmitter, 'data'); // it says its address once it listens
  return child;
}

test('the example apps, on openid-client: one sign-in for both, signing out of one ends the other', async () => {
  const { context } = world;
  const ports = { 'thu-vien-so': await freePort(), 'lop-hoc': await freePort() } as const;
  for (const [clientId, port] of Object.entries(ports)) {
    const origin = `http://localhost:${port}`;
    const change = {
      redirectUris: [`${origin}/callback`],
      postLogoutRedirectUris: [`${origin}/`],
      backchannelLogoutUri: `${origin}/backchannel-logout`,
    };
    await context.db.transaction().execute((transaction) => changeApp(transaction, clientId, change, actor));
  }
  world.clock.moveSeconds(4); // what a process knows of an app is at most three seconds old
  const worker = await startWorker({
    pool: context.pool,
    handlers: { ...world.idp.tasks, ...world.idp.outsideTasks },
    concurrency: 2,
    log: context.log,
  });
  const library = `http://localhost:${ports['thu-vien-so']}`;
  const lessons = `http://localhost:${ports['lop-hoc']}`;
  const children = [
    await startExample('thu-vien-so', ports['thu-vien-so']),
    await startExample('lop-hoc', ports['lop-hoc']),
  ];
  try {
    const educationId = await world.activate(world.city.people.teacher);
    const browser = new TestBrowser();
    const signIn = await browser.get(`${library}/sign-in`);
    assert.equal(signIn.page?.name, 'signIn', signIn.body);
    let shown = await browser.post(`${world.origin}${signIn.page?.props.action}`, {
      identifier: educationId,
      password,
    });
    assert.equal(shown.page?.name, 'consent', shown.body);
    shown = await browser.post(`${world.origin}${shown.page?.props.action}`, { decision: 'allow' });
    assert.equal(shown.url, `${library}/`);
    assert.match(shown.body, /data-claim="affiliations"/);
    const other = await browser.get(`${lessons}/sign-in`);
    assert.equal(other.url, `${lessons}/`, 'no prompt for the second app');
    assert.match(other.body, /Xin chào/);

    const leaving = await browser.post(`${library}/sign-out`, {});
    assert.equal(leaving.page?.name, 'logoutConfirm', leaving.body);
    const out = await browser.post(`${world.origin}${leaving.page?.props.action}`, {
      ...leaving.page?.props.fields,
      logout: 'yes',
    });
    assert.equal(out.url.split('?')[0], `${library}/`);
    await eventually(async () =>
      assert.match((await browser.get(`${lessons}/`)).body, /chưa đăng nhập/, 'the other app is told'),
    );
  } finally {
    for (const child of children) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await worker.stop();
  }
});
