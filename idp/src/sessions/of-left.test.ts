import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PersonActor } from '@edutrust/platform/actor';
import { decidesFor, listChildren } from '@edutrust/registry/guardians';
import { comeBack, findByEducationId, leave } from '@edutrust/registry/people';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { badgeClass } from '../../testing/badges.ts';
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
import { createActivationCode, suspend } from '../accounts/accounts.ts';
import { invitingTakesTwo } from '../accounts/inviting.ts';
import { issueBadge } from '../badges/badges.ts';
import { leaversReader } from './leavers.ts';
import { isOwnOfLeft } from './of-left.ts';

const actor = { kind: 'system', name: 'setup' } as const;
const today = '2026-11-23';
let world: TestIdp;
/** To whom a transcript was issued. */
const issued = new Set<string>();
before(async () => {
  const document = (personId: string) => ({
    id: '0197c2b0-0000-7000-8000-000000000001',
    personId,
    title: 'Học bạ lớp 5A, năm học 2026–2027',
    issuedAt: new Date('2027-06-01T03:00:00Z'),
    code: 'ABCD-EFGH-JK',
  });
  world = await testIdp(
    {},
    {
      issuedTo: async (ids) => ids.filter((id) => issued.has(id)).map(document),
      waitingFor: async () => ({ count: 3, batches: [] }),
    },
  );
});
after(() => world?.[Symbol.asyncDispose]());

const inTransaction = <Value>(work: Parameters<ReturnType<TestIdp['context']['db']['transaction']>['execute']>[0]) =>
  world.context.db.transaction().execute(work) as Promise<Value>;
const leaves = (personId: string) => inTransaction((transaction) => leave(transaction, personId, { actor, today }));
const bornBefore = (personId: string, age: string) =>
  sql`UPDATE registry.person SET birth_date = now() - ${age}::interval WHERE id = ${personId}`.execute(
    world.context.db,
  );
const nameOf = async (browser: TestBrowser, path: string) => (await browser.get(`${world.origin}${path}`)).page?.name;

async function json(browser: TestBrowser, path: string): Promise<{ status: number; code: string | undefined }> {
  const response = await browser.request(`${world.origin}${path}`, {
    headers: { accept: 'application/json', 'sec-fetch-site': 'same-origin' },
  });
  const text = await response.text();
  return { status: response.status, code: /"code":"([^"]+)"/.exec(text)?.[1] };
}

/** Who activated with a password, went into an app and left. */
async function whoLeft(personId: string) {
  const educationId = await world.activate(personId);
  const old = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(old, educationId);
  const tokens = (await redeem(world.origin, 'lop-hoc', redemption(await codeFor(old, world.origin, 'lop-hoc')))).json;
  await leaves(personId);
  return { educationId, old, tokens };
}

test('a graduate signs in with the password of before, and reaches their own papers, data and rights, and nothing of a school', async () => {
  const personId = world.city.people.movedPupil;
  await bornBefore(personId, '18 years 1 day');
  issued.add(personId);
  const { educationId, old, tokens } = await whoLeft(personId);
  // S2: what began before they left is over, also while nobody has ended it yet.
  assert.equal(await nameOf(old, '/account'), 'signIn');
  assert.equal((await json(old, '/api/v1/account')).status, 401);
  const userinfo = await fetch(`${world.origin}/oidc/userinfo`, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  });
  assert.equal(userinfo.status, 401);

  const browser = new TestBrowser({ stopAt: appOrigins });
  const shown = await world.signIn(browser, educationId);
  assert.equal(shown.page?.name, 'launcher', shown.body);
  const { left, apps, ownPages, children, classes, waiting, place, isShared, address } = shown.page.props;
  assert.deepEqual(
    { apps, ownPages, children, classes, waiting, place, isShared, address: address.kind },
    {
      apps: [],
      ownPages: [],
      children: null,
      classes: [],
      waiting: null,
      place: null,
      isShared: true,
      address: 'adult',
    },
  );
  assert.deepEqual(
    left.documents.map(({ title, filePath }: Record<string, string>) => [title, filePath]),
    [['Học bạ lớp 5A, năm học 2026–2027', '/api/v1/account/documents/0197c2b0-0000-7000-8000-000000000001/file']],
  );
  assert.equal(await nameOf(browser, '/account'), 'account');
  assert.equal(await nameOf(browser, '/account/looks'), 'looks');
  assert.equal(await nameOf(browser, '/account/data-requests'), 'data-requests');
  assert.equal((await json(browser, '/api/v1/account/data')).status, 200, 'all that is kept of them');
  const added = await browser.get(`${world.origin}/account/passkey`);
  assert.equal(added.page?.name, 'passkeyAdd', 'a way of their own');
  const again = await browser.get(`${world.origin}/signin?return_to=/account&fresh=0`);
  assert.equal(again.page?.name, 'stepUp', 'who confirms is known');
  const confirmed = await browser.post(`${world.origin}${again.page.props.action}`, { password });
  assert.equal(confirmed.page?.name, 'account', confirmed.body);

  // What is closed says so, and sends nobody round in a circle.
  const closed = await browser.get(`${world.origin}/account/children`);
  assert.deepEqual([closed.status, closed.page?.props.problem?.code], [403, 'account/left']);
  assert.equal((await json(browser, '/api/v1/account/children')).status, 401);
  assert.equal(await nameOf(browser, '/signin?return_to=%2Fadmin%2Fpeople'), 'launcher');
  const { rows } = await sql<{ type: string }>`
    SELECT DISTINCT type FROM platform.ledger_entry WHERE subject_id = ${personId} AND type IN ('account.signed-in', 'personal-data.copied')
    ORDER BY type`.execute(world.context.db);
  assert.deepEqual(
    rows.map(({ type }) => type),
    ['account.signed-in', 'personal-data.copied'],
  );

  // An app is told nothing: with their session, silently; with their password, in a sentence.
  const silent = await browser.get(authorizationRequest(world.origin, 'lop-hoc', { prompt: 'none' }).url);
  assert.equal(new URL(silent.url).searchParams.get('error'), 'login_required', silent.body);
  const elsewhere = new TestBrowser({ stopAt: appOrigins });
  const asked = await elsewhere.get(authorizationRequest(world.origin, 'lop-hoc').url);
  const refused = await elsewhere.post(`${world.origin}${asked.page?.props.action}`, {
    identifier: educationId,
    password,
  });
  assert.equal(refused.page?.name, 'signIn', refused.body);
  assert.match(refused.page.props.error.detail, /không vào được ứng dụng này/);
  assert.equal(await nameOf(elsewhere, '/account'), 'signIn', 'and no session began');

  // Who comes back signs in anew: the session of one who left opens nothing of a school, nor does it wake.
  const organisationId = world.city.schools[0]?.id ?? '';
  await inTransaction((transaction) =>
    comeBack(transaction, personId, { organisationId, role: 'learner' }, { actor, today }),
  );
  assert.equal(await nameOf(browser, '/account'), 'signIn');
  const back = await world.signIn(new TestBrowser(), educationId);
  assert.deepEqual([back.page?.name, back.page?.props.left], ['launcher', null]);
});

test('an agreement that was begun before leaving gives an app nothing after it', async () => {
  const personId = world.city.people.twins[0];
  await bornBefore(personId, '17 years');
  const educationId = await world.activate(personId);
  const browser = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(browser, educationId);
  const request = authorizationRequest(world.origin, 'thu-vien-so', { prompt: 'consent' });
  const consent = await browser.get(request.url);
  assert.equal(consent.page?.name, 'consent', consent.body);
  await leaves(personId);
  const answer = await browser.post(`${world.origin}${consent.page.props.action}`, { decision: 'allow' });
  assert.equal(new URL(answer.url).searchParams.get('code'), null, answer.url);
  // Also not by the session of one who left, put into the place of the old one.
  await world.signIn(browser, educationId);
  const again = await browser.post(`${world.origin}${consent.page.props.action}`, { decision: 'allow' });
  assert.equal(new URL(again.url).searchParams.get('code'), null, again.url);
});

test('R6: a photographed badge opens nothing once its child has left, and ends for good with the archive', async () => {
  const { context, city } = world;
  const { pupil: personId } = city.people;
  const school = await badgeClass(world);
  const sheet = await school.sheets(personId);
  assert.equal((await school.enter(new TestBrowser(), sheet.address, sheet.pin)).status, 200);
  await leaves(personId);
  const shown = await school.show(new TestBrowser(), { scanned: sheet.address });
  assert.equal(shown.json.code, 'badges/elsewhere');
  await assert.rejects(
    inTransaction((transaction) => issueBadge(transaction, context, { personId, isStandIn: false }, actor)),
    { code: 'accounts/person-left' },
  );
  const working = async () => {
    const { rows } = await sql`
      SELECT FROM idp.badge AS b JOIN idp.pin AS p USING (person_id) WHERE b.person_id = ${personId} AND b.ended_at IS NULL`.execute(
      context.db,
    );
    return rows.length;
  };
  const event = { type: 'person.archived', subject: { kind: 'person', id: personId } };
  const archive = () => leaversReader(context).handle([event] as never);
  await archive();
  assert.equal(await working(), 1, 'who came back, or has not been archived, keeps the badge');
  await sql`UPDATE registry.person SET status = 'archived' WHERE id = ${personId}`.execute(context.db);
  await archive();
  assert.equal(await working(), 0);
  await inTransaction((transaction) =>
    comeBack(transaction, personId, { organisationId: school.schoolId, role: 'learner' }, { actor, today }),
  );
});

test('at a computer where one who left forgot to sign out, whoever activates comes in as themselves, and a sign-out ends it', async () => {
  const { guardian, principal } = world.city.people;
  const educationId = await world.activate(principal);
  await leaves(principal);
  const browser = new TestBrowser();
  assert.ok((await world.signIn(browser, educationId)).page?.props.left);
  const confirm = await browser.post(`${world.origin}/activate`, { code: await world.code(guardian) });
  const { ticket } = confirm.page?.props ?? {};
  const choose = await browser.post(`${world.origin}/activate/confirm`, { ticket, answer: 'yes' });
  const chosen = { ticket, password, repeat: password };
  const done = await browser.post(`${world.origin}${choose.page?.props.action}`, chosen);
  assert.deepEqual([done.page?.name, done.page?.props.left], ['launcher', null], done.body);
  await browser.post(`${world.origin}/sign-out`, {});
  assert.ok((await world.signIn(browser, educationId)).page?.props.left);
  await browser.post(`${world.origin}/sign-out`, {});
  assert.equal(await nameOf(browser, '/account'), 'signIn');
  const { rows } = await sql`SELECT FROM idp.session WHERE person_id = ${principal} AND is_of_left`.execute(
    world.context.db,
  );
  assert.equal(rows.length, 0);
});

test('staff who left have no role, no work and nobody: an open session is over at once, and a new one opens their own record', async () => {
  const personId = world.city.people.teacher;
  const educationId = await world.activate(personId);
  const old = new TestBrowser();
  const before = await world.signIn(old, educationId);
  assert.ok(before.page?.props.waiting && before.page.props.ownPages.length > 0, before.body);
  await leaves(personId);
  const status = `/api/v1/people/${world.city.people.pupil}/account`;
  assert.equal((await json(old, status)).status, 401);
  const browser = new TestBrowser();
  const { page } = await world.signIn(browser, educationId);
  assert.deepEqual([page?.props.ownPages, page?.props.waiting, page?.props.classes], [[], null, []]);
  for (const path of [status, '/api/v1/account/lesson', '/api/v1/account/children'])
    assert.equal((await json(browser, path)).status, 401, path);
  assert.equal((await json(browser, '/api/v1/account')).status, 200);
});

test('a child who left is still a child: whose data guardians decide takes no copy, and a guardian who left reaches nobody', async () => {
  const { pupil, guardian } = world.city.people;
  const now = world.context.clock.now();
  await bornBefore(pupil, '10 years');
  const educationId = await world.activate(pupil);
  await leaves(pupil);
  const browser = new TestBrowser();
  const { page } = await world.signIn(browser, educationId);
  assert.equal(page?.props.address.kind, 'pupil');
  assert.equal((await json(browser, '/api/v1/account/data')).code, 'account/guardians-decide');
  assert.ok(await decidesFor(world.context.db, guardian, pupil, now), 'the father decides for a child who moved away');
  await leaves(guardian);
  assert.deepEqual(await listChildren(world.context.db, guardian, now), []);
  assert.equal(await decidesFor(world.context.db, guardian, pupil, now), false);
  const counting = { alsoOfWhoLeft: true };
  assert.ok(await decidesFor(world.context.db, guardian, pupil, now, counting), 'what he said before still stands');
});

test('suspended, merged and erased people stay out, whether before or after they left', async () => {
  const { context, city } = world;
  const personId = city.people.auditor;
  const educationId = await world.activate(personId);
  await sql`UPDATE registry.person SET status = 'left' WHERE id = ${personId}`.execute(context.db);
  const browser = new TestBrowser();
  assert.equal((await world.signIn(browser, educationId)).page?.name, 'launcher');
  await inTransaction((transaction) => suspend(transaction, context, personId, actor));
  assert.equal(await nameOf(browser, '/account'), 'signIn', 'at once');
  const refused = await world.signIn(new TestBrowser(), educationId);
  assert.match(refused.page?.props.error.detail, /tạm khoá/);
  await sql`UPDATE idp.account SET status = 'active' WHERE person_id = ${personId}`.execute(context.db);
  for (const status of ['merged', 'erased']) {
    await sql`UPDATE registry.person SET status = ${status} WHERE id = ${personId}`.execute(context.db);
    const { page } = await world.signIn(new TestBrowser(), educationId);
    assert.deepEqual([page?.name, /không đúng/.test(page?.props.error.detail)], ['signIn', true], status);
  }
  await sql`UPDATE registry.person SET status = 'archived' WHERE id = ${personId}`.execute(context.db);
  assert.equal((await world.signIn(new TestBrowser(), educationId)).page?.name, 'launcher', 'archived: for life');
});

test('nobody alone makes a way into the account of who left, and a slip of before opens nothing', async () => {
  const { context, city } = world;
  const { people, schools } = city;
  const { rows } = await sql<{ id: string; educationId: string }>`
    SELECT p.id, p.education_id AS "educationId" FROM registry.person AS p JOIN registry.affiliation AS f ON f.person_id = p.id
    WHERE f.role = 'learner' AND f.valid_until IS NULL AND f.organisation_id = ${schools[0]?.id} AND p.id <> ALL(${[people.pupil, people.movedPupil, ...people.twins]}::uuid[])
    ORDER BY p.id LIMIT 1`.execute(context.db);
  const [graduate] = rows;
  assert.ok(graduate);
  await world.activate(graduate.id);
  const teacher: PersonActor = {
    kind: 'person',
    personId: people.schoolAdministrator,
    sessionId: 'a session',
    roles: [{ role: 'school-administrator', organisationId: schools[0]?.id ?? '' }],
    acr: 'passkey',
    authenticatedAt: new Date(),
  };
  const takesTwo = (by: PersonActor) =>
    inTransaction<boolean>((transaction) => invitingTakesTwo(transaction, by, graduate.id));
  assert.equal(await takesTwo(teacher), false, 'while they learn here');
  const slip = await inTransaction<{ code: string }>((transaction) =>
    createActivationCode(transaction, context, graduate.id, teacher),
  );
  await leaves(graduate.id);
  const typed = await new TestBrowser().post(`${world.origin}/activate`, { code: slip.code });
  assert.equal(typed.page?.props.step, 'code', 'the slip in the drawer');
  assert.equal(await takesTwo(teacher), true);
  const elsewhere = { ...teacher, roles: [{ role: 'school-administrator', organisationId: schools[1]?.id ?? '' }] };
  await assert.rejects(takesTwo(elsewhere as PersonActor), { code: 'accounts/not-yours' });
  await assert.rejects(
    inTransaction((transaction) => createActivationCode(transaction, context, graduate.id, teacher)),
    { code: 'accounts/person-left' },
  );
  const { code } = await inTransaction<{ code: string }>((transaction) =>
    createActivationCode(transaction, context, graduate.id, teacher, { isForTwo: true, alsoBy: people.administrator }),
  );
  const browser = new TestBrowser();
  const confirm = await browser.post(`${world.origin}/activate`, { code });
  const { ticket } = confirm.page?.props ?? {};
  const choose = await browser.post(`${world.origin}/activate/confirm`, { ticket, answer: 'yes' });
  const chosen = 'mười hai con vịt qua sông';
  const done = await browser.post(`${world.origin}${choose.page?.props.action}`, {
    ticket,
    password: chosen,
    repeat: chosen,
  });
  assert.deepEqual([done.page?.name, done.page?.props.left !== null], ['launcher', true], done.body);
  assert.equal((await findByEducationId(context.db, graduate.educationId))?.status, 'left');
  assert.equal((await world.signIn(new TestBrowser(), graduate.educationId)).page?.name, 'signIn', 'the old password');
  assert.equal((await world.signIn(new TestBrowser(), graduate.educationId, chosen)).page?.name, 'launcher');
});

test('what is theirs for life is a list: every other path is closed, also one that is spelled in another way', async () => {
  const urls = new Set<string>();
  const ignore = () => undefined;
  const direct = { get: ignore, post: ignore };
  const listing = { route: ({ url }: { url: string }) => urls.add(url), register: ignore, direct };
  for (const one of world.idp.routes?.() ?? []) one.addTo(listing as never);
  const open = [...urls].filter((url) => isOwnOfLeft(url) && !url.startsWith('/signin')).sort();
  assert.deepEqual(open, openToLeft);
  for (const path of [
    '/account/children',
    '/account/children/0197c2b0-0000-7000-8000-000000000001/looks',
    '/api/v1/account/children',
    '/api/v1/account/lesson',
    '/api/v1/me',
    '/api/v1/home',
    '/api/v1/approvals',
    '/api/v1/sign-ins',
    '/sign-in-requests',
    '/admin',
    '/teach',
    '/sign/',
    '/lab',
    '/accounts',
    '/account/',
    '//account',
    '/%61ccount',
    '/account/../admin',
    '/account%2fchildren',
    '/ACCOUNT',
    '/account/looksx',
    '/api/v1/accountx',
  ])
    assert.equal(isOwnOfLeft(path), false, path);
});

const openToLeft = [
  '/',
  '/account',
  '/account/apps/:id/receipt.pdf',
  '/account/apps/:id/withdraw',
  '/account/data-requests',
  '/account/data-requests/:id/withdraw',
  '/account/looks',
  '/account/passkey',
  '/account/passkeys/:id/remove',
  '/account/password',
  '/account/second-factor',
  '/account/second-factor/remove',
  '/account/sessions/:id/end',
  '/account/sessions/end',
  '/account/upstream',
  '/account/upstream/:provider/link',
  '/account/upstream/links/:id/remove',
  '/activate',
  '/activate/confirm',
  '/activate/first',
  '/activate/passkey',
  '/activate/passkey/options',
  '/activate/password',
  '/api/v1/account',
  '/api/v1/account/data',
  '/api/v1/account/passkeys',
  '/api/v1/account/passkeys/:id',
  '/api/v1/account/passkeys/options',
  '/api/v1/account/sessions',
  '/api/v1/account/sessions/:id',
  '/not-me',
  '/sign-out',
  '/signed-out',
];
