import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { personClaims } from '@edutrust/registry/people';
import { giveRole } from '@edutrust/registry/testing/give-role';
import { twoPeople } from '@edutrust/registry/testing/two-people';
import { TestAuthenticator } from '@edutrust/testing/authenticator';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { callAs } from '../../testing/api.ts';
import { type TestIdp, testIdp } from '../../testing/idp.ts';
import { isForPerson, releasedScopes } from '../apps/release.ts';
import { releaseAppKind } from '../apps/release-approval.ts';
import { listTiles } from '../apps/tiles.ts';
import { endSessions, suspend } from './accounts.ts';

let world: TestIdp;
const browsers = new Map<string, TestBrowser>();
before(async () => {
  world = await testIdp();
});
after(() => world[Symbol.asyncDispose]());

const as = (personId: string, method: string, path: string, body?: object) =>
  callAs(world, browsers, personId, method, path, body);

test('A5: codes never reach upwards or sideways: a class teacher makes them for the own class only', async () => {
  const { city } = world;
  const { administrator, schoolAdministrator, teacher, pupil, principal, twins } = city.people;
  const invite = async (who: string, whom: string) => (await as(who, 'POST', `/people/${whom}/activation-code`)).status;
  assert.equal(await invite(administrator, principal), 202, 'whoever signs is not reset by one person');
  assert.equal(await invite(administrator, schoolAdministrator), 202);
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

test('T3: a list says how people stand with signing in only of those whose accounts the reader may open, each as their page says', async () => {
  const { teacher, pupil, principal, schoolAdministrator, securityOfficer, guardian } = world.city.people;
  const other = world.city.schools.at(-1)?.teacherIds[0] ?? '';
  const asked = [pupil, principal, teacher, other, securityOfficer, guardian];
  const readers = [teacher, schoolAdministrator, world.city.people.administrator];
  for (const reader of readers) {
    const { status, json } = await as(reader, 'POST', '/accounts/states', { personIds: asked });
    assert.equal(status, 200, JSON.stringify(json));
    const told = new Map(json.items.map((item: { personId: string }) => [item.personId, item]));
    for (const personId of asked) {
      const own = await as(reader, 'GET', `/people/${personId}/account`);
      const item = told.get(personId) as { status: string; lastSignInAt: string | null } | undefined;
      assert.equal(own.status === 200, item !== undefined, `${reader} about ${personId}`);
      if (item) assert.deepEqual([item.status, item.lastSignInAt], [own.json.status, own.json.lastSignInAt]);
    }
  }
  assert.equal((await as(pupil, 'POST', '/accounts/states', { personIds: [pupil] })).status, 403);
  const { rows } = await sql<{ people: string[] }>`
    SELECT people FROM registry.access WHERE reader_id = ${teacher} AND operation = 'accounts.open'
    ORDER BY id LIMIT 1`.execute(world.context.db);
  const told = rows[0]?.people ?? [];
  assert.ok(told.length > 0 && told.every((id) => asked.includes(id)) && !told.includes(principal), told.join());
});

test('T3: how many of an organisation have activated is told of those in reach, and of no other', async () => {
  const { teacher, pupil, schoolAdministrator, administrator } = world.city.people;
  const [own, other] = world.city.schools.map(({ id }) => id);
  const ask = async (reader: string) => {
    const { status, json } = await as(reader, 'POST', '/accounts/coverage', { organisationIds: [own, other] });
    assert.equal(status, 200, JSON.stringify(json));
    return json.items as { organisationId: string; people: number; active: number }[];
  };
  const city = await ask(administrator);
  assert.deepEqual(city.map(({ organisationId }) => organisationId).sort(), [own, other].sort());
  const { rows } = await sql<{ people: number; active: number }>`
    SELECT count(*)::int AS people, (count(*) FILTER (WHERE EXISTS (
      SELECT FROM idp.account AS a WHERE a.person_id = p.person_id AND a.status = 'active')))::int AS active
    FROM (SELECT DISTINCT person_id FROM registry.affiliation
      WHERE organisation_id = ${own} AND valid_until IS NULL AND role <> 'guardian') AS p`.execute(world.context.db);
  const [ofSchool, ...more] = await ask(schoolAdministrator);
  assert.deepEqual([ofSchool, more], [{ organisationId: own, ...rows[0] }, []]);
  assert.ok((ofSchool?.people ?? 0) > 100);
  assert.deepEqual(await ask(teacher), [], 'a teacher reads accounts of the own class alone');
  assert.equal((await as(pupil, 'POST', '/accounts/coverage', { organisationIds: [own] })).status, 403);
});

test('S2: a class’s page hears of its accounts until the session ends, which listening does not prolong; another school’s administrator hears nothing', async () => {
  const { schoolAdministrator, teacher } = world.city.people;
  const actor = { kind: 'system', name: 'setup' } as const;
  const { rows } = await sql<{ id: string; pupil: string }>`
    SELECT c.id, e.person_id AS pupil FROM registry.class AS c JOIN registry.enrolment AS e ON e.class_id = c.id
    WHERE c.homeroom_teacher_id = ${teacher} AND e.valid_until IS NULL ORDER BY e.person_id LIMIT 1`.execute(
    world.context.db,
  );
  const listen = (browser: TestBrowser) =>
    browser.request(`${world.origin}/api/v1/classes/${rows[0]?.id}/accounts`, {
      headers: { accept: 'text/event-stream', 'sec-fetch-site': 'same-origin' },
    });
  const stranger = await listen(await world.enter(world.city.schools.at(-1)?.administratorId ?? ''));
  assert.equal(stranger.status, 403);
  assert.doesNotMatch(await stranger.text(), /data:/);
  const { db } = world.context;
  const seenAt = async () =>
    (
      await sql<{ at: Date }>`
        SELECT max(last_seen_at) AS at FROM idp.session WHERE person_id = ${schoolAdministrator}`.execute(db)
    ).rows[0]?.at;
  const suspendOne = () =>
    db.transaction().execute((transaction) => suspend(transaction, world.context, rows[0]?.pupil ?? '', actor));
  const page = await listen(await world.enter(schoolAdministrator));
  assert.equal(page.status, 200);
  let heard = '';
  let idleSince: Date | undefined;
  let hasEnded = false;
  for await (const chunk of (page.body ?? []) as AsyncIterable<Uint8Array>) {
    heard += new TextDecoder().decode(chunk);
    const looks = heard.match(/data: look/g)?.length ?? 0;
    if (looks === 1 && !idleSince) {
      await sql`
        UPDATE idp.session SET last_seen_at = now() - interval '2 minutes'
        WHERE person_id = ${schoolAdministrator}`.execute(db);
      idleSince = await seenAt();
      await suspendOne();
    } else if (looks === 2 && !hasEnded) {
      assert.deepEqual(await seenAt(), idleSince);
      hasEnded = true;
      await db
        .transaction()
        .execute((transaction) => endSessions(transaction, world.context, schoolAdministrator, actor));
    }
  }
  browsers.delete(schoolAdministrator); // the next test enters anew
  assert.ok(hasEnded, heard);
  assert.equal(heard.match(/data: look/g)?.length, 2);
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

test('the desk sees that somebody has an authenticator app and takes it away; another school’s desk does neither', async () => {
  const { schoolAdministrator } = world.city.people;
  const teacher = world.city.schools[0]?.teacherIds.at(-1) ?? ''; // of a subject: signs nothing
  const stranger = world.city.schools[1]?.administratorId ?? '';
  const account = async (id: string) => (await as(schoolAdministrator, 'GET', `/people/${id}/account`)).json;
  const hasApp = async () => {
    const { hasSecondFactor, mayRemoveSecondFactor } = await account(teacher);
    assert.equal(mayRemoveSecondFactor, hasSecondFactor);
    return hasSecondFactor;
  };
  assert.equal(await hasApp(), false);
  await sql`INSERT INTO idp.second_factor (person_id, sealed_secret, added_at, last_step, failures)
    VALUES (${teacher}, '\\x00', now(), 0, 0)`.execute(world.context.db);
  assert.equal(await hasApp(), true);
  assert.equal((await as(stranger, 'GET', `/people/${teacher}/account`)).status, 403);
  assert.equal((await as(stranger, 'DELETE', `/people/${teacher}/second-factor`)).status, 403);
  assert.equal(await hasApp(), true);
  assert.equal((await as(schoolAdministrator, 'DELETE', `/people/${teacher}/second-factor`)).status, 204);
  assert.equal(await hasApp(), false);
  // Of a guardian a code takes two people: what one alone is refused is not offered to one alone.
  const { guardian } = world.city.people;
  await sql`INSERT INTO idp.second_factor (person_id, sealed_secret, added_at, last_step, failures)
    VALUES (${guardian}, '\\x00', now(), 0, 0)`.execute(world.context.db);
  const { hasSecondFactor, mayRemoveSecondFactor } = await account(guardian);
  assert.deepEqual([hasSecondFactor, mayRemoveSecondFactor], [true, false]);
  assert.equal((await as(schoolAdministrator, 'DELETE', `/people/${guardian}/second-factor`)).status, 403);
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

/** How old the proof of the person's sessions is. */
const age = (personId: string, seconds: number) =>
  sql`UPDATE idp.session SET signed_in_at = now() - make_interval(secs => ${seconds}) WHERE person_id = ${personId}`.execute(
    world.context.db,
  );

test('T5: an old session, and a password alone, act on nobody: credentials, standing, roles and apps ask for a passkey of now', async () => {
  const { administrator, pupil, teacher } = world.city.people;
  const { departmentId } = world.city;
  const acts = [
    ['POST', `/people/${pupil}/activation-code`],
    ['POST', `/people/${pupil}/suspend`],
    ['POST', `/people/${pupil}/sessions/end`],
    ['POST', '/apps', { name: 'Bản đồ', kind: 'machine', organisationId: departmentId }],
    ['PATCH', '/apps/lop-hoc', { name: 'Khác' }],
    ['POST', '/apps/lop-hoc/secret'],
    ['DELETE', '/apps/lop-hoc'],
  ] as const;
  await as(administrator, 'GET', '/apps');
  await age(administrator, 600);
  for (const [method, path, body] of acts) {
    const { status, json } = await as(administrator, method, path, body);
    assert.deepEqual([status, json.code, json.acr], [401, 'session/step-up-required', undefined], path);
  }
  await age(administrator, 0);
  const byPassword = new TestBrowser();
  await world.signIn(byPassword, await world.activate(administrator));
  browsers.set(administrator, byPassword);
  for (const [method, path, body] of [...acts, ['GET', '/apps'], ['GET', `/people/${pupil}/account`]] as const) {
    const { status, json } = await as(administrator, method, path, body);
    assert.deepEqual([status, json.code, json.acr], [401, 'session/step-up-required', 'passkey'], path);
  }
  assert.equal((await as(teacher, 'GET', '/apps')).status, 403, 'a passkey would not change this answer');
  browsers.delete(administrator);
});

test('W5, A1: an administrator’s password opens nothing and changes no credential; the last passkey stays', async () => {
  const { securityOfficer } = world.city.people;
  const phone = new TestAuthenticator(world.origin);
  const strong = await world.enter(securityOfficer, phone);
  const account = (path: string) => `${world.origin}/api/v1/account/${path}`;
  const own = await strong.request(`${world.origin}/api/v1/account`, { headers: { 'sec-fetch-site': 'same-origin' } });
  const { passkeys } = await own.json();
  const removing = await strong.request(account(`passkeys/${passkeys[0].id}`), {
    method: 'DELETE',
    headers: { 'sec-fetch-site': 'same-origin' },
  });
  assert.equal(removing.status, 409);
  assert.equal((await removing.json()).code, 'passkeys/role-needs-one');
  const short = await strong.post(`${world.origin}/account/password`, { password: 'tám chữ!', repeat: 'tám chữ!' });
  assert.match(short.page?.props.error?.detail ?? '', /15/, 'eight characters are too few, passkey or not');

  const thief = new TestBrowser();
  await world.signIn(thief, await world.activate(securityOfficer));
  const adding = await thief.json(account('passkeys/options'), {});
  assert.deepEqual([adding.status, adding.json.acr], [401, 'passkey']);
  const changing = await thief.post(`${world.origin}/account/password`, { password: 'x', repeat: 'x' });
  assert.equal(changing.page?.name, 'stepUp');
  assert.equal(changing.page?.props.hasPassword, false, 'the password does not confirm what a passkey has to');
  const me = await thief.get(`${world.origin}/signin?return_to=/&acr=passkey`);
  assert.equal(me.page?.name, 'stepUp');
});

test('T5, N2: an owner never approves their own app, and a change takes the approval back; pupils’ data stays until the department and the school say so', async () => {
  const { administrator, principal, pupil, securityOfficer } = world.city.people;
  const [school, other] = world.city.schools;
  assert.ok(school && other);
  const { db } = world.context;
  await giveRole(world.context, { personId: principal, role: 'app-owner', organisationId: school.id });
  const input = {
    name: 'Kẻ tò mò',
    kind: 'spa',
    organisationId: school.id,
    redirectUris: ['https://evil.example/cb'],
    homeUri: 'https://evil.example/',
    scopes: ['openid', 'profile', 'birthdate', 'education_id'],
  };
  assert.equal((await as(principal, 'POST', '/apps', { ...input, isApproved: true })).status, 400, 'no such field');
  const { json: made } = await as(principal, 'POST', '/apps', input);
  assert.equal(made.isApproved, false);
  const path = `/apps/${made.clientId}`;
  assert.equal((await as(administrator, 'PATCH', path, { isApproved: true })).status, 400, 'nor here');
  assert.equal((await as(principal, 'POST', `${path}/approval`)).status, 403, 'an owner does not even propose it');
  for (const uri of [
    'https:evil.example/cb',
    'https://evil.example/\tcb',
    ' https://evil.example/cb',
    'https:\\\\evil.example',
  ])
    assert.equal((await as(principal, 'PATCH', path, { redirectUris: [uri] })).json.code, 'apps/bad-address', uri);
  for (const backchannelLogoutUri of ['https://169.254.169.254/', 'https://10.0.0.1/', 'https://[fd00::1]/'])
    assert.equal((await as(principal, 'PATCH', path, { backchannelLogoutUri })).json.code, 'apps/private-address');

  const app = { clientId: made.clientId as string };
  const claims = await personClaims(db, pupil);
  const released = async (isApproved: boolean) =>
    releasedScopes({ isApproved }, claims, input.scopes, await isForPerson(db, app, pupil));
  assert.deepEqual(await released(false), ['openid', 'profile']);
  await as(administrator, 'PATCH', path, { isExternal: true });
  const { json } = await as(administrator, 'POST', `${path}/approval`);
  await sql`DELETE FROM registry.credential_act`.execute(world.context.db); // as if the codes of today were old
  const two = twoPeople(world.context, [releaseAppKind]);
  const isApproved = async () => (await as(administrator, 'GET', path)).json.isApproved;
  await two.confirm(json.approval.id, administrator);
  await assert.rejects(two.approve(json.approval.id, administrator), 'its maker');
  await assert.rejects(two.approve(json.approval.id, principal), { code: 'approvals/not-found' });
  assert.equal(await isApproved(), false);
  await two.approve(json.approval.id, securityOfficer);
  assert.equal(await isApproved(), true);
  assert.deepEqual(await released(true), ['openid', 'profile'], 'from outside: the school has not activated it');
  const tiles = async (personId: string) => (await listTiles(db, personId)).map(({ clientId }) => clientId);
  assert.ok(!(await tiles(pupil)).includes(app.clientId));
  const activation = `/organisations/${school.id}/apps/${made.clientId}`;
  const offered = async (who: string) => {
    const { status, json } = await as(who, 'GET', `/organisations/${school.id}/apps`);
    return status === 200
      ? json.items.find(({ clientId }: { clientId: string }) => clientId === made.clientId)?.activatedAt
      : status;
  };
  assert.equal(await offered(world.city.people.schoolAdministrator), null);
  assert.equal(await offered(other.administratorId), 403);
  assert.equal((await as(other.administratorId, 'PUT', activation)).status, 403);
  assert.equal((await as(world.city.people.schoolAdministrator, 'PUT', activation)).status, 204);
  assert.match(await offered(world.city.people.schoolAdministrator), /^20\d\d-/);
  assert.deepEqual(await released(true), input.scopes);
  assert.ok((await tiles(pupil)).includes(app.clientId));
  assert.ok(!(await tiles(other.administratorId)).includes(app.clientId), 'another school sees no tile');
  assert.equal((await as(principal, 'PATCH', path, { picture: 'books', name: input.name })).json.isApproved, true);
  for (const who of [principal, administrator]) {
    const changed = await as(who, 'PATCH', path, { redirectUris: [`https://evil.example/${who}`] });
    assert.equal(changed.json.isApproved, false, 'what was approved is what the app was');
    const again = (await as(administrator, 'POST', `${path}/approval`)).json.approval.id;
    await two.both(again, administrator, securityOfficer);
    assert.equal(await isApproved(), true);
  }
  assert.equal((await as(principal, 'DELETE', `${path}/approval`)).status, 403);
  assert.equal((await as(administrator, 'DELETE', `${path}/approval`)).status, 204, 'ending it takes one');
  assert.equal(await isApproved(), false);
});

test('Q2, T5: an app is approved as both saw it or not at all, and never by who owns it', async () => {
  const { administrator, securityOfficer } = world.city.people;
  const input = {
    name: 'Bản đồ',
    kind: 'spa',
    organisationId: world.city.departmentId,
    redirectUris: ['https://map.example/cb'],
    scopes: ['openid', 'profile', 'birthdate'],
  };
  const { json: made } = await as(administrator, 'POST', '/apps', input);
  const path = `/apps/${made.clientId}`;
  await sql`DELETE FROM registry.credential_act`.execute(world.context.db); // as if the codes of today were old
  const two = twoPeople(world.context, [releaseAppKind]);
  const proposed = async () => {
    const { approval } = (await as(administrator, 'POST', `${path}/approval`)).json;
    await two.confirm(approval.id, administrator);
    return approval.id;
  };
  const isApproved = async () => (await as(administrator, 'GET', path)).json.isApproved;
  const changes = [
    { name: 'Bản đồ khác' },
    { redirectUris: ['https://map.example/other'] },
    { scopes: ['openid', 'profile', 'birthdate', 'education_id'] },
    { isExternal: true },
    { homeUri: 'https://map.example/' },
  ];
  for (const change of changes) {
    const id = await proposed();
    assert.equal((await as(administrator, 'PATCH', path, change)).status, 200);
    await assert.rejects(two.approve(id, securityOfficer), { code: 'apps/changed' }, JSON.stringify(change));
    assert.equal(await isApproved(), false);
  }
  const id = await proposed();
  await giveRole(world.context, {
    personId: securityOfficer,
    role: 'app-owner',
    organisationId: world.city.departmentId,
  });
  await assert.rejects(two.approve(id, securityOfficer), { code: 'approvals/concerns-you' });
  assert.equal(await isApproved(), false);
});
