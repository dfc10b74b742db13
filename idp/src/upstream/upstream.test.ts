import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { createIdentifierVault } from '@edutrust/registry/people';
import { TestBrowser } from '@edutrust/testing/browser';
import { type OtherHouse, otherHouse } from '@edutrust/testing/other-house';
import { sql } from 'kysely';
import { type TestIdp, testIdp } from '../../testing/idp.ts';

let world: TestIdp;
let house: OtherHouse;
let evil: OtherHouse;
let directory: string;
const same = { 'sec-fetch-site': 'same-origin' };

before(async () => {
  [house, evil] = [await otherHouse(), await otherHouse()];
  directory = await mkdtemp(join(tmpdir(), 'edutrust-upstream-'));
  await writeFile(join(directory, 'secret'), 'a secret\n');
  const common = { clientId: 'edutrust', clientSecretFile: join(directory, 'secret') };
  const file = join(directory, 'upstream.json');
  await writeFile(
    file,
    JSON.stringify([
      {
        ...common,
        id: 'vneid',
        name: { vi: 'VNeID', en: 'VNeID' },
        issuer: house.issuer,
        personalNumberClaim: 'citizen_pid',
      },
      { ...common, id: 'other', name: { vi: 'Nơi khác', en: 'Another' }, issuer: evil.issuer },
    ]),
  );
  world = await testIdp({ EDUTRUST_UPSTREAM: file });
});
after(async () => {
  await world?.[Symbol.asyncDispose]();
  await house?.[Symbol.asyncDispose]();
  await evil?.[Symbol.asyncDispose]();
  if (directory) await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  for (const one of [house, evil])
    Object.assign(one, { lie: (claims: object) => claims, answersAs: one.issuer, forges: false });
});

const number = '079201012345';

/** The person's number on record, and a browser where they have just proved who they are. */
async function linked(personId: string, sub: string): Promise<TestBrowser> {
  const index = createIdentifierVault(world.context.secrets).indexOf('personal_number', number);
  await sql`UPDATE registry.person SET personal_number_index = NULL`.execute(world.context.db);
  await sql`UPDATE registry.person SET personal_number_index = ${index} WHERE id = ${personId}`.execute(
    world.context.db,
  );
  const browser = await world.enter(personId);
  house.who = { sub, claims: { citizen_pid: number } };
  const shown = await follow(browser, `${world.origin}/account/upstream/vneid/link`, same);
  assert.equal(shown.page?.name, 'upstream', shown.body.slice(0, 400));
  assert.ok(shown.page?.props.providers[0].linkedAt, JSON.stringify(shown.page?.props));
  return browser;
}

/** As a tap on a link of our own page: the first request says so, redirects follow. */
async function follow(browser: TestBrowser, address: string, headers: Record<string, string> = {}) {
  const response = await browser.request(address, { headers, redirect: 'manual' });
  const location = response.headers.get('location');
  assert.ok(location, `${response.status} ${await response.text()}`);
  return browser.get(new URL(location, address));
}

/** Goes to the other house from the sign-in page, and comes back. */
async function signInThere(browser: TestBrowser, provider = 'vneid') {
  const page = await browser.get(`${world.origin}/signin?return_to=/`);
  const path = page.page?.props.upstream.find((one: { path: string }) => one.path.endsWith(`/${provider}`)).path;
  return browser.get(`${world.origin}${path}`);
}

test('an account that is linked to nobody opens nothing and makes nobody; one that was linked opens its own person’s', async () => {
  const { teacher } = world.city.people;
  const { db } = world.context;
  house.who = {
    sub: 'stranger',
    claims: { citizen_pid: number, email: 'hieu.truong@example.edu.vn', email_verified: true },
  };
  const countOf = async () =>
    (await sql<{ n: number }>`SELECT count(*)::int AS n FROM idp.account`.execute(db)).rows[0]?.n;
  const accounts = await countOf();
  await sql`UPDATE registry.person SET email = 'hieu.truong@example.edu.vn' WHERE id = ${teacher}`.execute(db);
  const stranger = new TestBrowser();
  const refused = await signInThere(stranger);
  assert.equal(refused.page?.name, 'signIn');
  assert.match(refused.page?.props.error.detail, /chưa nối|not linked/, 'never by an e-mail address');
  assert.equal(
    stranger.cookie('edutrust-session') === undefined ||
      (await stranger.get(`${world.origin}/account`)).page?.name !== 'account',
    true,
  );
  assert.equal(await countOf(), accounts);

  await linked(teacher, 'teacher-there');
  const browser = new TestBrowser();
  assert.equal((await signInThere(browser)).page?.name, 'launcher');
  const account = await browser.get(`${world.origin}/account`);
  assert.equal(account.page?.name, 'account');
  const { rows } = await sql<{
    name: string;
  }>`SELECT full_name AS name FROM registry.person WHERE id = ${teacher}`.execute(db);
  assert.equal(account.page?.props.name, rows[0]?.name);
});

test('a link takes a fresh proof here, the number on record, and a tap on our own page; another person’s account stays theirs', async () => {
  const { teacher, principal } = world.city.people;
  const browser = await linked(teacher, 'teacher-there-2').catch(async () => world.enter(teacher));
  // From another site: nothing begins.
  const outside = await follow(browser, `${world.origin}/account/upstream/vneid/link`, {
    'sec-fetch-site': 'cross-site',
  });
  assert.equal(new URL(outside.url).pathname, '/account/upstream');
  // Somebody whose number is another one.
  house.who = { sub: 'of somebody else', claims: { citizen_pid: '079201099999' } };
  const head = await world.enter(principal);
  const wrong = await follow(head, `${world.origin}/account/upstream/vneid/link`, same);
  assert.match(wrong.page?.props.error.detail, /số định danh|personal number/);
  // An old session proves again first.
  world.clock.moveSeconds(1000);
  const stale = await head.request(`${world.origin}/account/upstream/vneid/link`, {
    headers: same,
    redirect: 'manual',
  });
  assert.match(stale.headers.get('location') ?? '', /^\/signin\?return_to=/);
});

test('Q3: a link that somebody wrote or moved by SQL opens nothing', async () => {
  const { teacher, principal } = world.city.people;
  const { db } = world.context;
  await sql`DELETE FROM idp.upstream_link`.execute(db);
  await linked(teacher, 'moved');
  await sql`UPDATE idp.upstream_link SET person_id = ${principal} WHERE subject = 'moved'`.execute(db);
  house.who = { sub: 'moved', claims: {} };
  assert.equal((await signInThere(new TestBrowser())).page?.name, 'signIn');
});

test('mix-up, replay and forged answers are refused: state, browser, issuer, nonce, audience, key, time', async () => {
  const { teacher } = world.city.people;
  await sql`DELETE FROM idp.upstream_link`.execute(world.context.db);
  await linked(teacher, 'victim');
  house.who = { sub: 'victim', claims: {} };
  const isRefused = async (why: string, work: () => Promise<{ page: { name: string } | undefined }>) =>
    assert.equal((await work()).page?.name, 'error', why);
  const telling = (change: object) => (claims: object) => ({ ...claims, ...change });
  const lies: [string, Partial<OtherHouse>][] = [
    ['another issuer in the answer (RFC 9207)', { answersAs: evil.issuer }],
    ['another nonce', { lie: telling({ nonce: 'another' }) }],
    ['another audience', { lie: telling({ aud: 'another-client' }) }],
    ['another issuer in the token', { lie: telling({ iss: evil.issuer }) }],
    ['a token of yesterday', { lie: telling({ exp: 1_000, iat: 900 }) }],
    ['a key that nobody published', { forges: true }],
  ];
  for (const [why, lie] of lies) {
    Object.assign(house, lie);
    await isRefused(why, () => signInThere(new TestBrowser()));
    Object.assign(house, { lie: (claims: object) => claims, answersAs: house.issuer, forges: false });
  }
  // Another house that says the same subject is another person.
  evil.who = { sub: 'victim' };
  assert.equal((await signInThere(new TestBrowser(), 'other')).page?.name, 'signIn', 'sub is of its issuer alone');

  // An answer that was caught: for another browser, at another provider's address, or a second time.
  const browser = new TestBrowser({ stopAt: [house.issuer] });
  const page = await browser.get(`${world.origin}/signin?return_to=/`);
  const away = await browser.request(`${world.origin}${page.page?.props.upstream[0].path}`, { redirect: 'manual' });
  const there = await fetch(away.headers.get('location') ?? '', { redirect: 'manual' });
  const answer = there.headers.get('location') ?? '';
  assert.match(answer, /\/upstream\/vneid\/callback\?/);
  await isRefused('another browser', () => new TestBrowser().get(answer));
  await isRefused('used up by it', () => browser.get(answer));
});
