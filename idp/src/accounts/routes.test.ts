import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { TestBrowser } from '../testing/test-browser.ts';
import { type TestIdp, testIdp } from '../testing/test-idp.ts';

let world: TestIdp;
const browsers = new Map<string, TestBrowser>();
before(async () => {
  world = await testIdp();
});
after(() => world[Symbol.asyncDispose]());

/** Calls the API as a person who signed in. */
async function as(personId: string, method: string, path: string, body?: object) {
  let browser = browsers.get(personId);
  if (!browser) {
    browser = new TestBrowser();
    await world.signIn(browser, await world.activate(personId));
    browsers.set(personId, browser);
  }
  const response = await browser.request(`${world.origin}/api/v1${path}`, {
    method,
    ...(body ? { body: JSON.stringify(body) } : {}),
    headers: {
      accept: 'application/json',
      'sec-fetch-site': 'same-origin',
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
  });
  const text = await response.text();
  return { status: response.status, json: text ? JSON.parse(text) : undefined };
}

test('A5: codes never reach upwards or sideways: a class teacher makes them for the own class only', async () => {
  const { city } = world;
  const { administrator, schoolAdministrator, teacher, pupil, principal, twins } = city.people;
  const invite = async (who: string, whom: string) => (await as(who, 'POST', `/people/${whom}/activation-code`)).status;
  assert.equal(await invite(administrator, principal), 403, 'whoever signs is not reset by one person');
  assert.equal(await invite(administrator, schoolAdministrator), 201);
  assert.equal(await invite(schoolAdministrator, principal), 403);
  assert.equal(await invite(administrator, administrator), 403, 'not for oneself');
  assert.equal(await invite(schoolAdministrator, administrator), 403);
  assert.equal(await invite(pupil, twins[0]), 403);
  const { rows } = await sql<{ person_id: string }>`
    SELECT e.person_id FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
    WHERE c.homeroom_teacher_id = ${teacher} AND e.valid_until IS NULL LIMIT 1`.execute(world.context.db);
  assert.equal(await invite(teacher, rows[0]?.person_id ?? ''), 201, 'a learner of the own class');
  assert.equal(await invite(teacher, principal), 403);
  assert.equal(await invite(teacher, administrator), 403);
  const strangers = city.schools.flatMap(({ teacherIds }) => teacherIds).filter((id) => id !== teacher);
  assert.equal(await invite(strangers.at(-1) ?? '', pupil), 403, 'a teacher of another school');
});

test('why a person cannot sign in is a list of steps; suspended and resumed show in it', async () => {
  const { administrator, guardian } = world.city.people;
  const before = await as(administrator, 'GET', `/people/${guardian}/account`);
  assert.equal(before.json.status, 'invited');
  const failing = before.json.checks.filter(({ ok }: { ok: boolean }) => !ok).map(({ step }: { step: string }) => step);
  assert.deepEqual(failing, ['activated', 'credential']);
  assert.equal((await as(administrator, 'POST', `/people/${guardian}/suspend`)).status, 204);
  assert.equal((await as(administrator, 'GET', `/people/${guardian}/account`)).json.status, 'suspended');
  assert.equal((await as(administrator, 'POST', `/people/${guardian}/resume`)).status, 204);
  assert.equal((await as(administrator, 'GET', `/people/${guardian}/account`)).json.status, 'invited');
  assert.equal((await as(administrator, 'POST', `/people/${administrator}/suspend`)).status, 409, 'not oneself');
});

test('an app is registered, changed, given a new secret and ended; its secret is shown once', async () => {
  const { administrator, teacher } = world.city.people;
  const input = {
    name: 'Bản đồ trường',
    kind: 'web',
    organisationId: world.city.departmentId,
    redirectUris: ['https://map.example.edu.vn/callback'],
  };
  assert.equal((await as(teacher, 'POST', '/apps', input)).status, 403);
  const made = await as(administrator, 'POST', '/apps', input);
  assert.equal(made.status, 201, JSON.stringify(made.json));
  const { clientId, clientSecret } = made.json;
  assert.ok(clientSecret.length >= 43);
  const shown = await as(administrator, 'GET', `/apps/${clientId}`);
  assert.equal(shown.json.name, input.name);
  assert.ok(!JSON.stringify(shown.json).includes(clientSecret));
  const changed = await as(administrator, 'PATCH', `/apps/${clientId}`, { name: 'Bản đồ các trường' });
  assert.equal(changed.json.name, 'Bản đồ các trường');
  const rotated = await as(administrator, 'POST', `/apps/${clientId}/secret`);
  assert.notEqual(rotated.json.clientSecret, clientSecret);
  for (const uri of [
    'http://map.example.edu.vn/',
    'https://x/#y',
    'https://*.example/',
    'javascript:alert(1)',
    'https://a@b/',
  ]) {
    const bad = await as(administrator, 'PATCH', `/apps/${clientId}`, { redirectUris: [uri] });
    assert.equal(bad.json.code, 'apps/bad-address', uri);
  }
  assert.equal((await as(administrator, 'DELETE', `/apps/${clientId}`)).status, 204);
  const names = (await as(administrator, 'GET', '/apps')).json.items.map((app: { clientId: string }) => app.clientId);
  assert.deepEqual(names.toSorted(), ['lop-hoc', 'thu-vien-so']);
});

test('T1: a caller without a role sees no account and no app, and nobody gets in without signing in', async () => {
  const { pupil, principal } = world.city.people;
  for (const [method, path] of [
    ['GET', `/people/${principal}/account`],
    ['POST', `/people/${principal}/suspend`],
    ['POST', `/people/${principal}/sessions/end`],
    ['GET', '/apps'],
    ['GET', '/apps/lop-hoc'],
    ['POST', '/apps/lop-hoc/secret'],
    ['DELETE', '/apps/lop-hoc'],
    ['GET', '/apps/none'],
  ] as const) {
    assert.equal((await as(pupil, method, path)).status, 403, `${method} ${path}`);
    const nobody = await fetch(`${world.origin}/api/v1${path}`, {
      method,
      headers: { 'sec-fetch-site': 'same-origin' },
    });
    assert.equal(nobody.status, 401, `${method} ${path}`);
  }
});
