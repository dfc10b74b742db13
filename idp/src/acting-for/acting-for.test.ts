import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Transaction } from '@edutrust/platform/database';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import {
  appOrigins,
  authorizationRequest,
  codeFor,
  redeem,
  redemption,
  type TestIdp,
  testIdp,
} from '../../testing/idp.ts';
import { changeApp, type NewApp, registerApp } from '../apps/apps.ts';
import { withdrawConsent } from '../consent/consent.ts';
import { endSessions } from '../sessions/end.ts';

const setup = { kind: 'system', name: 'setup' } as const;
const api = 'https://hoc-tap.example/api';
const grant_type = 'urn:ietf:params:oauth:grant-type:token-exchange';
const subject_token_type = 'urn:ietf:params:oauth:token-type:access_token';
const scope = 'openid profile acting_for';
let world: TestIdp;
let guardian: string;
let child: string;
let parent: TestBrowser;

before(async () => {
  world = await testIdp();
  ({ guardian, pupil: child } = world.city.people);
  parent = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(parent, await world.activate(guardian));
  const means = { vi: 'Nộp bài.', en: 'Hand in work.' };
  await register('hoc-tap', {
    api: {
      identifier: api,
      scopes: [
        { name: 'nop-bai', means },
        { name: 'xem', means },
      ],
    },
  });
  await register('gia-dinh', { ...calling, scopes: ['openid', 'profile', 'acting_for'] });
  await register('dich-vu', {
    ...calling,
    api: { identifier: 'https://dich-vu.example', scopes: [{ name: 'goi', means }] },
  });
  await register('goi-truoc', { apiAccess: [{ identifier: 'https://dich-vu.example', scopes: ['goi'] }] });
});
after(() => world[Symbol.asyncDispose]());

const calling = { exchangesTokens: true, apiAccess: [{ identifier: api, scopes: ['nop-bai'] }] };

const within = <Result>(act: (transaction: Transaction) => Promise<Result>) =>
  world.context.db.transaction().execute(act);

const register = (clientId: string, input: Partial<NewApp> = {}) =>
  within((transaction) =>
    registerApp(
      transaction,
      {
        kind: 'web',
        ...{ clientId, name: 'Gia đình', purpose: { vi: 'Việc của con.', en: 'What children do.' } },
        ...{ organisationId: world.city.departmentId, isApproved: true },
        redirectUris: ['http://localhost:4001/callback'],
        ...input,
      },
      setup,
      world.clock.now(),
      `demo-secret-of-${clientId}`,
    ),
  );

// biome-ignore lint/suspicious/noExplicitAny: JSON as it came
type Json = any;

const tokensOf = async (browser = parent, clientId = 'gia-dinh', extra: Record<string, string> = { scope }) =>
  (
    await redeem(world.origin, clientId, {
      ...redemption(await codeFor(browser, world.origin, clientId, extra)),
      ...(extra.resource ? { resource: extra.resource } : {}),
    })
  ).json as Json;

const userinfo = async (token = '') =>
  (await (
    await fetch(`${world.origin}/oidc/userinfo`, { headers: { authorization: `Bearer ${token}` } })
  ).json()) as Json;

const exchange = async (fields: Record<string, string>, clientId = 'gia-dinh') =>
  (await redeem(world.origin, clientId, { grant_type, subject_token_type, resource: api, ...fields })).json as Json;

async function introspect(token: string, clientId = 'hoc-tap'): Promise<Json> {
  const response = await fetch(`${world.origin}/oidc/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:demo-secret-of-${clientId}`).toString('base64')}` },
    body: new URLSearchParams({ token }),
  });
  return response.json();
}

const subOf = async (sector: string, personId: string) =>
  (
    await sql<{
      sub: string;
    }>`SELECT sub FROM idp.subject WHERE sector = ${sector} AND person_id = ${personId}`.execute(world.context.db)
  ).rows[0]?.sub;

const actingFor = (sub: string) => JSON.stringify([{ type: 'acting_for', sub }]);

async function acting(): Promise<{ token: string; sub: string }> {
  const { access_token: token } = await tokensOf();
  const [one] = (await userinfo(token)).acting_for;
  return { token, sub: one.sub };
}

test('a guardian agrees, child by child named, and the app learns for whom they act, also an approved one', async () => {
  const asked = await parent.get(authorizationRequest(world.origin, 'gia-dinh', { scope }).url);
  assert.equal(asked.page?.name, 'consent', 'the approval of the department does not agree for a guardian');
  const { fullName } = (
    await sql<{ fullName: string }>`SELECT full_name AS "fullName" FROM registry.person WHERE id = ${child}`.execute(
      world.context.db,
    )
  ).rows[0] ?? { fullName: '' };
  assert.deepEqual(asked.page?.props.actsFor, [`${fullName} (5A)`]);
  const { access_token } = await tokensOf();
  const { acting_for } = await userinfo(access_token);
  assert.deepEqual(acting_for, [{ sub: await subOf('gia-dinh', child), relation: 'father', name: fullName }]);
  const children = await parent.request(`${world.origin}/api/v1/account/children`, {
    headers: { accept: 'application/json', 'sec-fetch-site': 'same-origin' },
  });
  const [seen] = (JSON.parse(await children.text()) as Json).items;
  assert.ok(
    seen.apps.some(({ clientId }: Json) => clientId === 'gia-dinh'),
    'the family reads which app knows of the child',
  );
  const again = await parent.get(authorizationRequest(world.origin, 'gia-dinh', { scope }).url);
  assert.ok(new URL(again.url).searchParams.get('code'), 'asked once');
});

test('whoever has no child is not asked, and acts for nobody', async () => {
  const teacher = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(teacher, await world.activate(world.city.people.teacher));
  const shown = await teacher.get(authorizationRequest(world.origin, 'gia-dinh', { scope }).url);
  assert.ok(new URL(shown.url).searchParams.get('code'), shown.body.slice(0, 300));
  const { access_token } = await tokensOf(teacher);
  assert.deepEqual((await userinfo(access_token)).acting_for, []);
  const { sub } = await acting();
  const { error } = await exchange({ subject_token: access_token, authorization_details: actingFor(sub) });
  assert.equal(error, 'invalid_authorization_details', 'another’s child');
});

test('RFC 8693: the app goes on as the child, with the guardian as actor, and the API hears both under its own names', async () => {
  const { token, sub } = await acting();
  const given = await exchange({ subject_token: token, authorization_details: actingFor(sub), scope: 'nop-bai' });
  assert.equal(given.issued_token_type, subject_token_type, JSON.stringify(given));
  const [childAtApi, selfAtApi] = [await subOf('hoc-tap', child), await subOf('hoc-tap', guardian)];
  assert.notEqual(childAtApi, sub, 'pairwise: nobody joins two apps by it');
  assert.deepEqual(given.authorization_details, [{ type: 'acting_for', sub, relation: 'father' }]);
  const said = await introspect(given.access_token);
  assert.deepEqual(
    [said.active, said.sub, said.act, said.client_id, said.aud, said.scope],
    [true, childAtApi, { sub: selfAtApi }, 'gia-dinh', api, 'nop-bai'],
  );
  assert.deepEqual(said.authorization_details, [{ type: 'acting_for', sub: childAtApi, relation: 'father' }]);
  assert.equal((await introspect(given.access_token, 'goi-truoc')).active, false, 'no other app is told');
  assert.notEqual((await userinfo(given.access_token)).sub, sub, 'it opens nothing else');
  const { rows } = await sql<{ actor: Json }>`
    SELECT actor FROM platform.ledger_entry WHERE type = 'child.acted-for' AND subject_id = ${child}`.execute(
    world.context.db,
  );
  assert.equal(rows[0]?.actor.personId, guardian, 'the family reads who it was');
  for (const [fields, error] of [
    [{ scope: 'xem' }, 'invalid_scope'],
    [{ resource: 'https://la.example' }, 'invalid_target'],
    [{ authorization_details: actingFor('x') }, 'invalid_authorization_details'],
    [{ authorization_details: JSON.stringify([{ type: 'acting_for' }]) }, 'invalid_authorization_details'],
    [{ authorization_details: JSON.stringify([{ type: 'khac' }]) }, 'invalid_authorization_details'],
    [
      { authorization_details: JSON.stringify([{ type: 'acting_for', sub, actions: ['x'] }]) },
      'invalid_authorization_details',
    ],
    [{ subject_token: given.access_token }, 'invalid_request'],
    [{ subject_token: 'x'.repeat(43) }, 'invalid_request'],
    [{ subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }, 'invalid_request'],
    [{ actor_token: token }, 'invalid_request'],
  ] as const) {
    const refused = await exchange({ subject_token: token, authorization_details: actingFor(sub), ...fields });
    assert.equal(refused.error, error, JSON.stringify(fields));
  }
});

test('RFC 9396: a request names one child, is shown in words, and the tokens and introspection say it', async () => {
  const { sub } = await acting();
  const details = { scope: 'openid nop-bai', resource: api, authorization_details: actingFor(sub) };
  const asked = await parent.get(authorizationRequest(world.origin, 'gia-dinh', details).url);
  assert.equal(asked.page?.name, 'consent', `${asked.url} ${asked.body.slice(0, 300)}`);
  assert.equal((asked.page.props.actsFor as string[]).length, 1);
  const tokens = await tokensOf(parent, 'gia-dinh', details);
  assert.deepEqual(
    tokens.authorization_details,
    [{ type: 'acting_for', sub, relation: 'father' }],
    JSON.stringify(tokens),
  );
  const said = await introspect(tokens.access_token);
  const atApi = [{ type: 'acting_for', sub: await subOf('hoc-tap', child), relation: 'father' }];
  assert.deepEqual(
    [said.sub, said.authorization_details],
    [await subOf('hoc-tap', guardian), atApi],
    'the API has its own names',
  );
  assert.deepEqual(
    (await introspect(tokens.access_token, 'gia-dinh')).authorization_details,
    tokens.authorization_details,
  );
  const until = (set: string) =>
    sql`UPDATE registry.guardianship SET ${sql.raw(set)} WHERE guardian_id = ${guardian} AND child_id = ${child}`.execute(
      world.context.db,
    );
  await until('valid_until = now()');
  assert.equal((await introspect(tokens.access_token)).authorization_details, undefined, 'asked about, not believed');
  await until('valid_until = NULL');
  const refused = await parent.get(authorizationRequest(world.origin, 'dich-vu', { ...details, scope: 'openid' }).url);
  assert.equal(
    new URL(refused.url).searchParams.get('error'),
    'invalid_authorization_details',
    'not registered for it',
  );
});

test('T3: what acts for a child ends at once with the guardianship, a court’s limit, the sixteenth birthday and the agreement', async () => {
  const { db, jobs } = world.context;
  const { rows } = await sql<{ birth_date: string }>`
    SELECT birth_date::text FROM registry.person WHERE id = ${child}`.execute(db);
  const born = (date: string) =>
    sql`UPDATE registry.person SET birth_date = ${date}::date WHERE id = ${child}`.execute(db);
  const guardianship = (set: string) =>
    sql`UPDATE registry.guardianship SET ${sql.raw(set)} WHERE guardian_id = ${guardian} AND child_id = ${child}`.execute(
      db,
    );
  const ways: readonly (readonly [string, () => Promise<unknown>, () => Promise<unknown>])[] = [
    ['ended', () => guardianship('valid_until = now()'), () => guardianship('valid_until = NULL')],
    ['limited', () => guardianship("scope = 'documents'"), () => guardianship("scope = 'full'")],
    ['sixteen', () => born('2005-01-01'), () => born(rows[0]?.birth_date ?? '')],
  ];
  for (const [name, end, undo] of ways) {
    const { token, sub } = await acting();
    const given = await exchange({ subject_token: token, authorization_details: actingFor(sub) });
    assert.equal((await introspect(given.access_token)).active, true, name);
    await end();
    assert.equal((await introspect(given.access_token)).active, false, name);
    assert.deepEqual((await userinfo(token)).acting_for, [], name);
    const { error } = await exchange({ subject_token: token, authorization_details: actingFor(sub) });
    assert.equal(error, 'invalid_authorization_details', name);
    await undo();
  }
  const { token, sub } = await acting();
  const given = await exchange({ subject_token: token, authorization_details: actingFor(sub) });
  await within((transaction) => withdrawConsent(transaction, guardian, 'gia-dinh'));
  assert.equal((await introspect(given.access_token)).active, false, 'withdrawn');
  const anew = await acting();
  const last = await exchange({ subject_token: anew.token, authorization_details: actingFor(anew.sub) });
  await within((transaction) =>
    endSessions(transaction, jobs, { personId: guardian }, { actor: setup, reason: 'suspended' }),
  );
  assert.equal((await introspect(last.access_token)).active, false, 'signed out');
  parent = new TestBrowser({ stopAt: appOrigins });
  const { educationId } = (
    await sql<{
      educationId: string;
    }>`SELECT education_id AS "educationId" FROM registry.person WHERE id = ${guardian}`.execute(db)
  ).rows[0] ?? { educationId: '' };
  await world.signIn(parent, educationId);
});

test('a service goes on to another API as the person who called it, says so, and ends with their session', async () => {
  const { access_token: called } = await tokensOf(parent, 'goi-truoc', {
    scope: 'openid goi',
    resource: 'https://dich-vu.example',
  });
  assert.ok(called.includes('.'), 'a JWT for its API');
  const given = await exchange({ subject_token: called }, 'dich-vu');
  const said = JSON.parse(Buffer.from(given.access_token.split('.')[1], 'base64url').toString());
  assert.deepEqual(
    [said.aud, said.client_id, said.scope, said.act, said.acr],
    [api, 'dich-vu', 'nop-bai', { sub: 'dich-vu' }, 'pwd'],
  );
  assert.equal(said.sub, await subOf('hoc-tap', guardian));
  assert.ok(given.expires_in <= 300);
  assert.equal((await introspect(given.access_token)).active, true);
  assert.equal((await exchange({ subject_token: called }, 'gia-dinh')).error, 'invalid_request', 'not for its API');
  assert.match((await exchange({ subject_token: called }, 'goi-truoc')).error, /invalid_request|unauthorized_client/);
  const { sub } = await acting();
  const asChild = await exchange({ subject_token: called, authorization_details: actingFor(sub) }, 'dich-vu');
  assert.equal(asChild.error, 'invalid_authorization_details', 'a service acts for no child');
  await parent.post(`${world.origin}/sign-out`, {});
  assert.equal((await introspect(given.access_token)).active, false);
  assert.equal((await exchange({ subject_token: called }, 'dich-vu')).error, 'invalid_request');
});

test('N2: without the approval nothing is exchanged, and no app that cannot keep a secret does', async () => {
  await assert.rejects(register('trinh-duyet', { kind: 'spa', exchangesTokens: true }), /./);
  await within((transaction) => changeApp(transaction, 'gia-dinh', { isApproved: false }, setup));
  world.clock.moveSeconds(4);
  assert.match((await exchange({ subject_token: 'x' })).error, /invalid_request|unauthorized_client/);
});
