import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { callAs } from '../../testing/api.ts';
import { password, type TestIdp, testIdp } from '../../testing/idp.ts';
import { registerNetwork } from '../throttling/networks.ts';
import { suspendInactive } from './inactive.ts';

let world: TestIdp;
let plain: TestIdp;
const browsers = new Map<string, TestBrowser>();
const setup = { kind: 'system', name: 'setup' } as const;

before(async () => {
  [world, plain] = [await testIdp({ EDUTRUST_SECURITY_LEVEL: '3' }), await testIdp()];
});
after(async () => {
  await world?.[Symbol.asyncDispose]();
  await plain?.[Symbol.asyncDispose]();
});

const call = (personId: string, method: string, path: string, body?: object) =>
  callAs(world, browsers, personId, method, path, body);

/** Has this machine be in the network of the organisation while it works. */
async function inside(organisationId: string, work: () => Promise<void>): Promise<void> {
  const { db } = world.context;
  const add = (range: string) =>
    db.transaction().execute((tx) => registerNetwork(tx, { organisationId, range, name: 'Phòng máy' }, setup));
  await add('127.0.0.1/32');
  await add('::1/128');
  try {
    await work();
  } finally {
    await sql`DELETE FROM idp.network`.execute(db);
  }
}

test('R1, R3, W5: from outside a teacher needs a second factor, an administrator anywhere; a child and a guardian get in as before', async () => {
  const { teacher, schoolAdministrator, pupil, guardian } = world.city.people;
  const [school] = world.city.schools;
  assert.ok(school);
  const refused = async (id: string) => {
    const shown = await world.signIn(new TestBrowser(), id);
    assert.equal(shown.page?.name, 'signIn', shown.body.slice(0, 300));
    assert.match(JSON.stringify(shown.page?.props.error), /passkey/);
  };
  const teacherId = await world.activate(teacher);
  await refused(teacherId);
  await inside(school.id, async () => {
    assert.equal((await world.signIn(new TestBrowser(), teacherId)).page?.name, 'launcher', 'in the school’s network');
    await refused(await world.activate(schoolAdministrator));
  });
  for (const person of [pupil, guardian]) {
    const shown = await world.signIn(new TestBrowser(), await world.activate(person));
    assert.equal(shown.page?.name, 'launcher', person);
  }
  // Wrong passwords slow a guesser and shut nobody out, as without the switch.
  const wrong = await world.signIn(new TestBrowser(), teacherId, 'không phải mật khẩu này đâu');
  assert.doesNotMatch(JSON.stringify(wrong.page?.props.error), /passkey hoặc mã/, 'a wrong password learns nothing');
  // Without the switch nothing of it.
  const same = await plain.signIn(new TestBrowser(), await plain.activate(plain.city.people.teacher));
  assert.equal(same.page?.name, 'launcher');
});

test('S8: the session of staff ends after fifteen minutes unused, on a device of their own too', async () => {
  const { principal, guardian } = world.city.people;
  await world.enter(principal);
  const idleOf = async (personId: string, { context } = world) => {
    const { rows } = await sql<{ idle: number }>`
      SELECT idle_seconds AS idle FROM idp.session WHERE person_id = ${personId} ORDER BY created_at DESC LIMIT 1`.execute(
      context.db,
    );
    return rows[0]?.idle;
  };
  assert.equal(await idleOf(principal), 900);
  await world.enter(guardian);
  assert.equal(await idleOf(guardian), 86_400);
  await plain.enter(plain.city.people.principal);
  assert.equal(await idleOf(plain.city.people.principal, plain), 86_400);
});

test('S8: an officer’s session is short without the switch too: fifteen minutes unused, twelve hours in all, gone with the browser', async () => {
  const { administrator, securityOfficer, auditor, schoolAdministrator } = plain.city.people;
  for (const [personId, idle, hours] of [
    [administrator, 900, 12],
    [securityOfficer, 900, 12],
    [auditor, 900, 12],
    [schoolAdministrator, 86_400, 14 * 24],
  ] as const) {
    const browser = await plain.enter(personId);
    const { rows } = await sql<{ idle: number; hours: number }>`
      SELECT idle_seconds AS idle, round(extract(epoch FROM expires_at - now()) / 3600)::int AS hours FROM idp.session
      WHERE person_id = ${personId} ORDER BY created_at DESC LIMIT 1`.execute(plain.context.db);
    assert.deepEqual(rows[0], { idle, hours });
    const line = browser.setCookies.findLast((one) => one.startsWith('edutrust-session='));
    assert.equal(/expires|max-age/i.test(line ?? ''), idle !== 900, line);
    if (idle !== 900) continue;
    await sql`UPDATE idp.session SET last_seen_at = now() - interval '901 seconds' WHERE person_id = ${personId}`.execute(
      plain.context.db,
    );
    assert.equal((await browser.get(`${plain.origin}/account`)).page?.name, 'signIn');
  }
});

test('accounts of staff unused for 45 days are suspended, once; pupils’, guardians’ and the last officers’ are not', async () => {
  const { db } = world.context;
  const { teacher, pupil, guardian, administrator, securityOfficer } = world.city.people;
  const old = (days: number) =>
    sql`UPDATE idp.account SET status = 'active', activated_at = now() - make_interval(days => ${days}),
    created_at = now() - make_interval(days => ${days}), last_sign_in_at = now() - make_interval(days => ${days})`.execute(
      db,
    );
  const statusOf = async (personId: string) => {
    const { rows } = await sql<{
      status: string;
    }>`SELECT status FROM idp.account WHERE person_id = ${personId}`.execute(db);
    return rows[0]?.status;
  };
  for (const person of [teacher, pupil, guardian, administrator, securityOfficer]) await world.code(person);
  await old(44);
  assert.equal(await suspendInactive(world.context), 0);
  await old(46);
  assert.ok((await suspendInactive(world.context)) > 0);
  assert.equal(await statusOf(teacher), 'suspended');
  for (const person of [pupil, guardian, administrator, securityOfficer])
    assert.equal(await statusOf(person), 'active');
  assert.equal(await suspendInactive(world.context), 0, 'again');
  await sql`UPDATE idp.account SET status = 'active', last_sign_in_at = now()`.execute(db);
  assert.equal(await suspendInactive(plain.context), 0, 'without the switch');
});

test('each try is kept with address and port, and who read the log is kept too; a school administrator reads none', async () => {
  const { db } = world.context;
  const { securityOfficer, schoolAdministrator, teacher } = world.city.people;
  await sql`TRUNCATE idp.sign_in_log, registry.access`.execute(db);
  const { rows } = await sql<{
    id: string;
  }>`SELECT education_id AS id FROM registry.person WHERE id = ${teacher}`.execute(db);
  await world.signIn(new TestBrowser(), rows[0]?.id ?? '', 'sai mật khẩu hoàn toàn');
  await world.signIn(new TestBrowser(), '9999999999', password);
  const { status, json } = await call(securityOfficer, 'GET', '/security/sign-ins');
  assert.equal(status, 200, JSON.stringify(json));
  const refusals = json.items.filter(({ outcome }: { outcome: string }) => outcome !== 'signed-in');
  assert.equal(refusals.length, 2);
  for (const one of json.items) assert.ok(one.address && one.port > 0, JSON.stringify(one));
  assert.ok(
    refusals.some(({ person }: { person: { id: string } | null }) => person?.id === teacher),
    'whose account it was',
  );
  const { rows: read } = await sql`SELECT FROM registry.access WHERE operation = 'sign-ins.list'`.execute(db);
  assert.equal(read.length, 1);
  assert.equal((await call(schoolAdministrator, 'GET', '/security/sign-ins')).status, 403);
  const { json: level } = await call(securityOfficer, 'GET', '/security/level');
  assert.deepEqual([level.level, level.measures.every(({ isOn }: { isOn: boolean }) => isOn)], [3, true]);
});

test('a review of accounts is of exactly the list that was seen, leaves its digest, and the other school’s is nobody’s business', async () => {
  const { db } = world.context;
  const { schoolAdministrator, teacher } = world.city.people;
  const [own, other] = world.city.schools;
  assert.ok(own && other);
  const path = `/organisations/${own.id}/account-review`;
  const { status, json } = await call(schoolAdministrator, 'GET', path);
  assert.equal(status, 200, JSON.stringify(json));
  assert.equal(json.lastReviewedAt, null);
  const kinds = new Map(json.accounts.map(({ id, kind }: { id: string; kind: string }) => [id, kind]));
  assert.equal(kinds.get(schoolAdministrator), 'administration');
  assert.equal(kinds.get(teacher), 'operation');
  await sql`UPDATE idp.account SET status = 'suspended' WHERE person_id = ${teacher}`.execute(db);
  const stale = await call(schoolAdministrator, 'POST', path, { digest: json.digest, note: '' });
  assert.deepEqual([stale.status, stale.json.code], [409, 'accounts/review-changed']);
  const { json: now } = await call(schoolAdministrator, 'GET', path);
  assert.equal((await call(schoolAdministrator, 'POST', path, { digest: now.digest, note: 'đủ người' })).status, 204);
  const { json: after } = await call(schoolAdministrator, 'GET', path);
  assert.ok(after.lastReviewedAt && after.dueAt > after.lastReviewedAt);
  const { rows } = await sql<{ data: { digest: string } }>`
    SELECT data FROM platform.ledger_entry WHERE type = 'accounts.reviewed'`.execute(db);
  assert.deepEqual(
    rows.map(({ data }) => data.digest),
    [now.digest],
  );
  assert.equal((await call(schoolAdministrator, 'GET', `/organisations/${other.id}/account-review`)).status, 403);
});
