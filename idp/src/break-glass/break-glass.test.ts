import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { callAs } from '../../testing/api.ts';
import { type TestIdp, testIdp } from '../../testing/idp.ts';
import { closeGlass, type GlassRole, linkToOpen, openGlass } from './glass.ts';
import { findGlassAlarms } from './review.ts';

let world: TestIdp;
const browsers = new Map<string, TestBrowser>();
const operator = { kind: 'system', name: 'cli:vanhanh' } as const;

before(async () => {
  world = await testIdp({ EDUTRUST_SECURITY_LEVEL: '3' });
});
after(() => world?.[Symbol.asyncDispose]());
beforeEach(async () => {
  const { db } = world.context;
  await sql`DELETE FROM idp.break_glass_review`.execute(db);
  await sql`DELETE FROM idp.break_glass`.execute(db);
});

const call = (personId: string, method: string, path: string, body?: object) =>
  callAs(world, browsers, personId, method, path, body);

const open = (personId: string, role: GlassRole = 'security-officer', hours = 4) =>
  world.context.db
    .transaction()
    .execute((tx) =>
      openGlass(tx, world.context, { personId, role, hours, reason: 'Hai cán bộ mất điện thoại cùng ngày' }, operator),
    );

/** Opens the link in a new browser, as its person does. */
async function enterBy(link: string): Promise<TestBrowser> {
  const browser = new TestBrowser();
  const shown = await browser.get(link);
  assert.equal(shown.page?.props.step, 'ask', shown.body.slice(0, 300));
  const { token, action } = shown.page?.props ?? {};
  await browser.post(`${world.origin}${action}`, { token });
  return browser;
}

/** What the doctor says of it; those of other tests here are in the log and, as rows, gone. */
const alarmsOf = async (id: string) =>
  (await findGlassAlarms(world.context)).filter(({ about }) => about === id).map(({ code }) => code);

const ask = async (browser: TestBrowser, method: string, path: string, body?: object) => {
  const response = await browser.request(`${world.origin}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      accept: 'application/json',
      'sec-fetch-site': 'same-origin',
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) : null };
};

test('T5, L4: by broken glass a principal is an officer for hours, and everybody who guards the department hears of it', async () => {
  const { principal, securityOfficer: officer, administrator, auditor } = world.city.people;
  await world.enter(principal);
  const { link, id } = await open(principal);
  // Drawing a preview of the link uses nothing up.
  await new TestBrowser().get(link);
  const browser = await enterBy(link);
  assert.equal((await ask(browser, 'GET', '/api/v1/security/sign-ins')).status, 200);
  const { rows: told } = await sql<{ person: string; data: { name: string } }>`
    SELECT person_id AS person, data FROM registry.notice WHERE kind = 'break-glass.opened'`.execute(world.context.db);
  assert.deepEqual(told.map(({ person }) => person).sort(), [principal, officer, administrator, auditor].sort());
  assert.ok(
    told.every(({ data }) => data.name.length > 3),
    'with the name',
  );
  const { rows: events } = await sql<{ type: string; actor: { name?: string } }>`
    SELECT type, actor FROM platform.ledger_entry WHERE type LIKE 'break-glass.%' AND data->>'glass' = ${id} ORDER BY id`.execute(
    world.context.db,
  );
  assert.deepEqual(
    events.map(({ type }) => type),
    ['break-glass.opened', 'break-glass.link-made', 'break-glass.used'],
  );
  assert.equal(events[0]?.actor.name, 'cli:vanhanh');
  assert.deepEqual(await alarmsOf(id), ['break-glass-open']);
  // The link is used up, also for who kept a copy.
  assert.equal((await new TestBrowser().get(link)).page?.props.step, 'gone');
});

test('Q3: broken glass changes no account, opens no app, and is nobody outside the console', async () => {
  const { principal } = world.city.people;
  await world.enter(principal);
  const browser = await enterBy((await open(principal, 'department-administrator')).link);
  // Nothing of an account: a passkey would last.
  const passkey = await ask(browser, 'POST', '/api/v1/account/passkeys/options', {});
  assert.deepEqual(
    [passkey.status, passkey.json?.code],
    [403, 'account/not-by-break-glass'],
    passkey.text.slice(0, 300),
  );
  for (const path of ['/account', '/account/children', '/account/data-requests', '/'])
    assert.doesNotMatch((await ask(browser, 'GET', path)).text, /"name":"(account|children|launcher)"/, path);
  // No app: whoever is asked for a session of the own has none.
  const app = await browser.get(
    `${world.origin}/oidc/auth?${new URLSearchParams({
      client_id: 'thu-vien-so',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: 'http://localhost:4001/callback',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })}`,
  );
  assert.match(String(app.page?.name), /stepUp|signIn/, app.body.slice(0, 300));
});

async function reviewAs(reviewer: string, whose: string) {
  const { items } = (await call(reviewer, 'GET', '/break-glass')).json;
  const { id, digest } = items.find(({ person }: { person: { id: string } }) => person.id === whose);
  return call(reviewer, 'POST', `/break-glass/${id}/reviews`, { digest, note: 'Đã xem' });
}

test('L4, T5: nobody makes it quiet: two others review the very acts, once it is over, and what SQL writes is no review', async () => {
  const { principal, securityOfficer: officer, administrator, auditor } = world.city.people;
  const { db } = world.context;
  await world.enter(principal);
  const { id, link } = await open(principal);
  const browser = await enterBy(link);
  const early = await reviewAs(officer, principal);
  assert.deepEqual([early.status, early.json.code], [409, 'break-glass/still-open']);
  // Who got in cannot review, not by the glass and not as whoever they are otherwise.
  const own = await ask(browser, 'POST', `/api/v1/break-glass/${id}/reviews`, { digest: '0'.repeat(64), note: '' });
  assert.deepEqual([own.status, own.json.code], [403, 'break-glass/own']);
  await db.transaction().execute((tx) => closeGlass(tx, world.context, operator));
  assert.equal((await ask(browser, 'GET', '/api/v1/security/level')).status, 401, 'closed: its session is ended');
  const stateOf = async () => {
    const { items } = (await call(auditor, 'GET', '/break-glass')).json;
    return items[0];
  };
  const seen = await stateOf();
  assert.ok(
    seen.acts.some(({ type }: { type: string }) => type === 'account.signed-in'),
    'the acts are listed',
  );
  assert.equal(seen.state, 'to-review');
  const other = await call(officer, 'POST', `/break-glass/${id}/reviews`, { digest: '0'.repeat(64), note: '' });
  assert.deepEqual([other.status, other.json.code], [409, 'break-glass/acts-changed']);
  assert.equal((await reviewAs(officer, principal)).status, 204);
  const twice = await reviewAs(officer, principal);
  assert.deepEqual([twice.status, twice.json.code], [409, 'break-glass/reviewed-by-you']);
  // A second review with SQL alone, as a copy of the first: none.
  await sql`
    INSERT INTO idp.break_glass_review SELECT glass_id, ${administrator}, at, acts, digest, note, attestation
    FROM idp.break_glass_review`.execute(db);
  assert.equal((await stateOf()).state, 'to-review');
  assert.deepEqual(await alarmsOf(id), ['break-glass-unreviewed']);
  await sql`DELETE FROM idp.break_glass_review WHERE reviewer_id = ${administrator}`.execute(db);
  assert.equal((await reviewAs(auditor, principal)).status, 204);
  assert.equal((await stateOf()).state, 'reviewed');
  assert.deepEqual(await alarmsOf(id), []);
  // The row gone: the log still knows.
  await sql`DELETE FROM idp.break_glass_review`.execute(db);
  await sql`DELETE FROM idp.break_glass`.execute(db);
  assert.deepEqual(await alarmsOf(id), ['break-glass-altered']);
});

// The last: it moves the clock, and the log goes by the database's.
test('S8: nobody prolongs it: not by a link, a second one, a changed row or a session that was left over', async () => {
  const { principal, teacher, auditor, pupil } = world.city.people;
  const { db } = world.context;
  for (const one of [principal, teacher]) await world.enter(one);
  const refusedAs = (code: string) => (error: unknown) => (error as { code?: string }).code === code;
  await assert.rejects(open(principal, 'security-officer', 9), refusedAs('break-glass/hours'));
  await assert.rejects(open(world.city.people.schoolAdministrator), refusedAs('break-glass/no-account'));
  await world.enter(auditor);
  await assert.rejects(open(auditor), refusedAs('roles/separate-duties'));
  await world.activate(pupil);
  await assert.rejects(open(pupil), refusedAs('roles/not-staff'));

  const first = await open(principal, 'security-officer', 1);
  await assert.rejects(open(teacher), refusedAs('break-glass/open'), 'one at a time');
  const again = await db.transaction().execute((tx) => linkToOpen(tx, world.context, operator));
  assert.deepEqual(again.endsAt, first.endsAt, 'another link, the same end');
  assert.equal((await new TestBrowser().get(first.link)).page?.props.step, 'gone', 'the earlier link ended');
  const browser = await enterBy(again.link);
  const reads = async () => (await ask(browser, 'GET', '/api/v1/security/level')).status;
  assert.equal(await reads(), 200);
  // With SQL alone: a later end, another role.
  for (const [change, back] of [
    [sql`ends_at = ends_at + interval '9 hours'`, sql`ends_at = ends_at - interval '9 hours'`],
    [sql`role = 'department-administrator'`, sql`role = 'security-officer'`],
  ] as const) {
    await sql`UPDATE idp.break_glass SET ${change}`.execute(db);
    assert.equal(await reads(), 401, 'a row that was changed opens nothing');
    assert.ok((await alarmsOf(first.id)).includes('break-glass-altered'));
    await sql`UPDATE idp.break_glass SET ${back}`.execute(db);
  }
  assert.equal(await reads(), 200);
  world.clock.moveSeconds(61 * 60);
  assert.equal(await reads(), 401, 'its hour is over');
  await assert.rejects(open(principal), refusedAs('break-glass/unreviewed'), 'not the same person before the review');
  await open(teacher);
  assert.equal(await reads(), 401, 'what is open to another is not mine');
  await db.transaction().execute((tx) => closeGlass(tx, world.context, operator));
  // After the review the same person can get in again, by the new link alone: the session that was left over stays nobody.
  for (const reviewer of [world.city.people.securityOfficer, world.city.people.administrator])
    await reviewAs(reviewer, principal);
  await open(principal);
  assert.equal(await reads(), 401);
});
