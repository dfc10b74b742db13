import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Transaction } from '@edutrust/platform/database';
import { listMail } from '@edutrust/platform/mail';
import { changeAddress } from '@edutrust/registry/addresses';
import { listNotices, noticeTasks, undoPath } from '@edutrust/registry/notices';
import { addressOf } from '@edutrust/registry/people';
import { TestAuthenticator } from '@edutrust/testing/authenticator';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { password, type TestIdp, testIdp } from '../../testing/idp.ts';
import { resume } from '../accounts/accounts.ts';
import { listPasskeys } from '../passkeys/passkeys.ts';
import { keepSecondFactor, proveSecondFactor } from '../second-factor/second-factor.ts';
import { newTotpSecret, stepOf, totpAt } from '../second-factor/totp.ts';
import { forgetOldChanges } from './changes.ts';

let world: TestIdp;
before(async () => {
  world = await testIdp();
});
after(() => world[Symbol.asyncDispose]());

const own = { kind: 'system', name: 'setup' } as const;
const inTransaction = <Value>(work: (transaction: Transaction) => Promise<Value>): Promise<Value> =>
  world.context.db.transaction().execute(work);

/** Mails what waits, and gives the links «not me» of the newest first with where they went. */
async function mailedLinks(personId: string): Promise<{ to: string; path: string }[]> {
  const { context } = world;
  const tasks = Object.values(noticeTasks(context));
  for (const { id } of (await listNotices(context.db, personId)).toReversed()) {
    for (const run of tasks) await run({ id });
  }
  return (await listMail(context.db, 100)).flatMap(({ to, body }) => {
    const links = body.vi.match(/https?:\S+/g) ?? [];
    const [link] = links;
    if (!link?.includes('/not-me?')) return [];
    assert.equal(links.length, 1, 'one link');
    const { pathname, search } = new URL(link);
    return [{ to, path: pathname + search }];
  });
}

const kindsOf = async (personId: string) => (await listNotices(world.context.db, personId)).map(({ kind }) => kind);
/** The link of the newest notice of the kind, as its mail has it. */
async function linkOf(personId: string, kind: string): Promise<string> {
  const notice = (await listNotices(world.context.db, personId)).find((one) => one.kind === kind);
  return undoPath(world.context.secrets, notice?.id ?? '');
}

/** As a stranger's browser that knows the link alone. */
async function press(path: string, browser = new TestBrowser()) {
  const { searchParams } = new URL(path, world.origin);
  return browser.post(`${world.origin}/not-me`, {
    notice: searchParams.get('notice') ?? '',
    key: searchParams.get('key') ?? '',
  });
}

async function addPasskey(browser: TestBrowser, authenticator: TestAuthenticator): Promise<void> {
  const api = `${world.origin}/api/v1/account/passkeys`;
  const { json } = await browser.json(`${api}/options`, {});
  const { status } = await browser.json(api, { credential: authenticator.create(json.options), name: 'Máy lạ' });
  assert.equal(status, 201);
}

async function opens(authenticator: TestAuthenticator): Promise<boolean> {
  const browser = new TestBrowser();
  const shown = await browser.get(`${world.origin}/signin?return_to=/`);
  const { options, verifyPath } = shown.page?.props.passkey ?? {};
  const { status, json } = await browser.json(`${world.origin}${verifyPath}`, {
    credential: authenticator.get(options),
  });
  return status === 200 && (await browser.get(`${world.origin}${json.location}`)).page?.name === 'launcher';
}

const isIn = async (browser: TestBrowser) => (await browser.get(`${world.origin}/account`)).page?.name === 'account';
const statusOf = async (personId: string) => {
  const { rows } = await sql<{ status: string; hasPassword: boolean }>`
    SELECT status, password_hash IS NOT NULL AS "hasPassword" FROM idp.account WHERE person_id = ${personId}`.execute(
    world.context.db,
  );
  return rows[0];
};

test('W7: «not me» in a mail puts back how one signed in for a day, ends everything and lets nobody in', async () => {
  const { context, city, origin } = world;
  const { teacher, schoolAdministrator } = city.people;
  const [mine, thiefs] = [new TestAuthenticator(origin), new TestAuthenticator(origin)];
  const browser = await world.enter(teacher, mine);
  await inTransaction((tx) => changeAddress(tx, teacher, 'co@truong.example', own));
  // The thief sits at the open computer: the warnings elsewhere first, then another passkey, then away with the owner's.
  await inTransaction((tx) => changeAddress(tx, teacher, 'ke-gian@xa.example', own));
  await addPasskey(browser, thiefs);
  const [ownPasskey] = await listPasskeys(context.db, teacher);
  await browser.post(`${origin}/account/passkeys/${ownPasskey?.id}/remove`, {});
  assert.equal(await opens(mine), false, 'a removed passkey opens nothing, also while it could come back');
  assert.equal(await opens(thiefs), true);
  await world.code(teacher); // which the thief may have read from somebody's desk

  const link = (await mailedLinks(teacher)).find(({ to }) => to === 'co@truong.example')?.path ?? '';
  const asked = await new TestBrowser().get(`${origin}${link}`);
  assert.equal(asked.page?.props.step, 'ask');
  assert.equal(await isIn(browser), true, 'what scans links in a mailbox changes nothing');

  const pressing = new TestBrowser();
  assert.equal((await press(link, pressing)).page?.props.step, 'done');
  assert.equal(await isIn(browser), false, 'the thief’s session ended');
  assert.equal(await isIn(pressing), false, 'and the link opened none');
  assert.deepEqual(
    (await listPasskeys(context.db, teacher)).map(({ id }) => id),
    [ownPasskey?.id],
  );
  assert.equal(await addressOf(context.db, teacher), 'co@truong.example');
  assert.deepEqual(await statusOf(teacher), { status: 'suspended', hasPassword: false });
  assert.equal(await opens(mine), false, 'the school sees the person first');
  const { rows: codes } = await sql`
    SELECT FROM idp.activation WHERE person_id = ${teacher} AND used_at IS NULL AND revoked_at IS NULL`.execute(
    context.db,
  );
  assert.equal(codes.length, 0, 'no code that lies about works');
  assert.ok((await kindsOf(schoolAdministrator)).includes('account.not-me'), 'the desk knows');
  const { rows: ended } = await sql`
    SELECT FROM platform.ledger_entry WHERE type = 'session.ended' AND data->>'reason' = 'not-me'`.execute(context.db);
  assert.ok(ended.length >= 2, 'as apps are told of each');

  await inTransaction((tx) => resume(tx, teacher, own));
  assert.deepEqual([await opens(mine), await opens(thiefs)], [true, false]);
});

test('W7: the link is of one notice, works once, for 24 hours, and is not guessed; what it did has no link', async () => {
  const { context, city, clock, origin } = world;
  const person = city.people.principal;
  const browser = await world.enter(person);
  await addPasskey(browser, new TestAuthenticator(origin));
  const link = await linkOf(person, 'passkey.added');
  const [notice = '', key = ''] = [...new URL(link, origin).searchParams.values()];
  const others = await listNotices(context.db, city.people.teacher);
  for (const forged of [
    `/not-me?notice=${notice}&key=${'A'.repeat(43)}`,
    `/not-me?notice=${others[0]?.id}&key=${key}`,
    `/not-me?notice=nonsense&key=${key}`,
    `/not-me?notice=${notice}&key=${key.slice(0, 20)}`,
    undoPath(context.secrets, 'nonsense'),
  ]) {
    assert.equal((await press(forged)).status, 404, forged);
    assert.equal((await new TestBrowser().get(`${origin}${forged}`)).page?.props.step, 'gone');
  }
  const { rows } = await sql`
    SELECT FROM registry.notice AS n, idp.undoable_change AS c
    WHERE position(${key} IN n::text) > 0 OR position(${key} IN c::text) > 0`.execute(context.db);
  assert.equal(rows.length, 0, 'the key stands in no table');
  clock.moveSeconds(86_400 + 60);
  assert.equal((await press(link)).status, 404, 'a day later');
  clock.moveSeconds(-86_400 - 60);
  assert.equal(await isIn(browser), true, 'all of that did nothing');

  const both = await Promise.all([press(link), press(link)]);
  assert.deepEqual(
    both.map(({ page }) => page?.props.step),
    ['done', 'done'],
  );
  const takenBack = async () => {
    const { rows: acts } = await sql`
      SELECT FROM platform.ledger_entry WHERE type = 'account.taken-back' AND subject_id = ${person}`.execute(
      context.db,
    );
    return acts.length;
  };
  assert.equal(await takenBack(), 1, 'of two at once one did it');
  await inTransaction((tx) => resume(tx, person, own));
  assert.equal((await press(link)).page?.props.step, 'done');
  assert.deepEqual([await takenBack(), (await statusOf(person))?.status], [1, 'active'], 'a used one does nothing');
  const told = await listNotices(context.db, person);
  for (const { id, kind } of told.filter((one) => one.kind.startsWith('account.')))
    assert.equal((await press(undoPath(context.secrets, id))).status, 404, `no undo of an undo: ${kind}`);
});

test('W7: who holds the mailbox alone gains nothing by undoing what the owner did against them', async () => {
  const { context, city, origin } = world;
  const { guardian } = city.people;
  const [mine, thiefs] = [new TestAuthenticator(origin), new TestAuthenticator(origin)];
  const educationId = await world.activate(guardian);
  const browser = new TestBrowser();
  await world.signIn(browser, educationId);
  await addPasskey(browser, thiefs);
  const theirs = await listPasskeys(context.db, guardian);
  // The owner comes back by the desk, and throws out what is not theirs.
  const owner = await world.enter(guardian, mine);
  await owner.post(`${origin}/account/passkeys/${theirs[0]?.id}/remove`, {});
  assert.equal(await opens(thiefs), false);
  assert.equal((await press(await linkOf(guardian, 'passkey.removed'))).page?.props.step, 'done');
  assert.equal(await opens(thiefs), false, 'it is back, and opens nothing');
  const knowing = new TestBrowser();
  assert.notEqual((await world.signIn(knowing, educationId)).page?.name, 'launcher', 'nor does the password of before');
  assert.deepEqual(await statusOf(guardian), { status: 'suspended', hasPassword: false });
  const unused = await linkOf(guardian, 'password.changed');
  await press(unused);
  await inTransaction((tx) => resume(tx, guardian, own));
  assert.notEqual(
    (await world.signIn(knowing, educationId)).page?.name,
    'launcher',
    'also when it is taken back itself',
  );
});

test('W7: an authenticator app and its codes come back with what was used of them; one’s own page offers it for a day', async () => {
  const { context, city, origin } = world;
  const { db, secrets, clock } = context;
  const teacher = city.schools[1]?.teacherIds[0] ?? '';
  const educationId = await world.activate(teacher);
  const secret = newTotpSecret();
  const add = (kept: Buffer) =>
    inTransaction((tx) =>
      keepSecondFactor(tx, context, { personId: teacher, secret: kept, typed: totpAt(kept, stepOf(clock.now())) }, own),
    );
  const codes = await add(secret);
  const browser = new TestBrowser();
  const second = await world.signIn(browser, educationId);
  await browser.post(`${origin}${second.page?.props.action}`, { code: codes[0] ?? '' });
  await add(newTotpSecret());
  const account = await browser.get(`${origin}/account`);
  const offered = account.page?.props.notices.filter((notice: { notMePath?: string }) => notice.notMePath);
  assert.ok(offered.length >= 2, JSON.stringify(account.page?.props.notices));
  assert.equal((await press(offered[0].notMePath)).page?.props.step, 'done');
  const prove = (typed: string) => proveSecondFactor({ db, secrets, clock }, teacher, typed);
  await assert.rejects(prove(codes[0] ?? ''), 'a used code stays used');
  assert.equal(await prove(codes[1] ?? ''), 'recovery-code');

  await forgetOldChanges(db, new Date(clock.now().getTime() + 25 * 3_600_000));
  const { rows } = await sql`SELECT FROM idp.undoable_change`.execute(db);
  assert.equal(rows.length, 0, 'how one signed in before is forgotten after a day');
});

test('W7: for a child the class teacher takes it back, no link does, and another teacher is refused', async () => {
  const { context, city, origin } = world;
  const { pupil } = city.people;
  const pupilId = await world.activate(pupil);
  const child = new TestBrowser();
  await world.signIn(child, pupilId);
  const page = await child.get(`${origin}/account`);
  assert.ok(page.page?.props.notices.every((notice: { notMePath?: string }) => !notice.notMePath));
  const [changed] = await listNotices(context.db, pupil);
  const { rows } = await sql<{ teacher: string; other: string }>`
    SELECT c.homeroom_teacher_id AS teacher, (SELECT homeroom_teacher_id FROM registry.class AS d
      WHERE d.organisation_id = c.organisation_id AND d.homeroom_teacher_id <> c.homeroom_teacher_id LIMIT 1) AS other
    FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
    WHERE e.person_id = ${pupil} AND e.valid_until IS NULL AND c.homeroom_teacher_id IS NOT NULL`.execute(context.db);
  const { teacher = '', other = '' } = rows[0] ?? {};
  const takeBack = (browser: TestBrowser, id = pupil) =>
    browser.json(`${origin}/api/v1/people/${id}/changes/${changed?.id}/take-back`, {});
  assert.equal((await takeBack(await world.enter(other))).status, 403);
  const desk = await world.enter(teacher);
  const shown = await desk.request(`${origin}/api/v1/people/${pupil}/account`);
  assert.equal((await shown.json()).undoable[0]?.id, changed?.id);
  assert.equal((await takeBack(desk)).status, 204);
  assert.equal(await isIn(child), false);
  assert.deepEqual(await statusOf(pupil), { status: 'active', hasPassword: false }, 'a new code opens it');
  assert.equal((await takeBack(desk)).status, 404, 'once');
  await world.activate(pupil, `${password} nữa`);
  const again = new TestBrowser();
  assert.equal((await world.signIn(again, pupilId, `${password} nữa`)).page?.name, 'launcher');
});
