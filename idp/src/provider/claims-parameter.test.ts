import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { decodeJwt } from 'jose';
import {
  appOrigins,
  authorizationRequest,
  codeFor,
  fatherAgrees,
  redeem,
  redemption,
  type TestIdp,
  testIdp,
} from '../../testing/idp.ts';
import { changeApp } from '../apps/apps.ts';
import { audiences } from '../apps/audience.ts';

let world: TestIdp;
let teacher: TestBrowser;
let pupil: TestBrowser;
before(async () => {
  world = await testIdp();
  const change = { scopes: ['openid', 'profile', 'birthdate'], audience: audiences, isApproved: false };
  await world.context.db
    .transaction()
    .execute((transaction) => changeApp(transaction, 'thu-vien-so', change, { kind: 'system', name: 'setup' }));
  teacher = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(teacher, await world.activate(world.city.people.teacher));
  pupil = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(pupil, await world.activate(world.city.people.pupil));
});
after(() => world[Symbol.asyncDispose]());

async function told(browser: TestBrowser, clientId: string, claims: object, scope = 'openid') {
  const code = await codeFor(browser, world.origin, clientId, { scope, claims: JSON.stringify(claims) });
  const { json } = await redeem(world.origin, clientId, redemption(code));
  const response = await fetch(`${world.origin}/oidc/userinfo`, {
    headers: { authorization: `Bearer ${json.access_token}` },
  });
  const userinfo = (await response.json()) as Record<string, unknown>;
  return { idToken: decodeJwt(json.id_token ?? '') as Record<string, unknown>, userinfo };
}

test('OpenID Connect Core §5.5: an app gets the claims that it asks for one by one, where it asks for them', async () => {
  const { idToken, userinfo } = await told(teacher, 'lop-hoc', {
    id_token: { name: { essential: true }, auth_time: null },
    userinfo: { affiliations: null },
  });
  assert.ok(idToken.name);
  assert.equal(idToken.affiliations, undefined);
  assert.equal(idToken.given_name, undefined, 'nothing else of the same scope');
  assert.ok(userinfo.affiliations);
  assert.equal(userinfo.name, undefined);
});

test('N2: claims are no way round what the app is registered for, what was agreed to, or what is guarded for pupils', async () => {
  const greedy = {
    id_token: { birthdate: { essential: true }, education_id: null, email: null, name: null, no_such: null },
    userinfo: { birthdate: null, education_id: null, email: null, groups: { value: 'x' } },
  };
  const ofTeacher = await told(teacher, 'lop-hoc', greedy);
  assert.ok(ofTeacher.idToken.name);
  for (const name of ['birthdate', 'education_id', 'email', 'groups', 'no_such'])
    assert.deepEqual([ofTeacher.idToken[name], ofTeacher.userinfo[name]], [undefined, undefined], name);

  const request = authorizationRequest(world.origin, 'thu-vien-so', {
    scope: 'openid',
    claims: JSON.stringify({ userinfo: { name: null, birthdate: null } }),
  });
  const { page } = await pupil.get(request.url);
  assert.equal(page?.name, 'consent', 'who is not asked by scopes is asked by claims');
  const named = page?.props.data.map(({ claim }: { claim: string }) => claim);
  assert.deepEqual(named, ['name'], 'a pupil’s birth date is not even offered');
  await assert.rejects(told(pupil, 'thu-vien-so', greedy), /no code/, 'a child waits for a guardian');
  await fatherAgrees(world, 'thu-vien-so');
  const ofPupil = await told(pupil, 'thu-vien-so', greedy);
  assert.ok(ofPupil.idToken.name);
  assert.equal(ofPupil.idToken.birthdate, undefined);
  assert.equal(ofPupil.userinfo.birthdate, undefined);
});

test('A1: an essential acr steps up as acr_values does, a stronger one is enough, and one that nobody has is refused', async () => {
  const asking = (acr: object) => ({ claims: JSON.stringify({ id_token: { acr } }) });
  const url = (acr: object, extra: Record<string, string> = {}) =>
    authorizationRequest(world.origin, 'lop-hoc', { ...asking(acr), ...extra }).url;
  const weaker = await teacher.get(url({ essential: true, values: ['passkey'] }));
  assert.equal(weaker.page?.name, 'stepUp');
  const silent = await teacher.get(url({ essential: true, value: 'passkey' }, { prompt: 'none' }));
  assert.equal(new URL(silent.url).searchParams.get('error'), 'login_required');
  const enough = await teacher.get(url({ essential: true, values: ['badge'] }));
  assert.ok(new URL(enough.url).searchParams.get('code'), 'pwd is more than badge');
  const unknown = await teacher.get(url({ essential: true, value: 'urn:gold' }));
  assert.equal(new URL(unknown.url).searchParams.get('error'), 'invalid_request');
  const wish = await teacher.get(url({ value: 'urn:gold' }));
  assert.ok(new URL(wish.url).searchParams.get('code'), 'a wish is not essential');
});

test('P15: what is no claims parameter is refused, and says so to the app', async () => {
  for (const claims of [
    'no JSON',
    '[]',
    '1',
    '{"userinfo":1}',
    '{"id_token":{"name":"x"}}',
    '{}',
    '{"id_token":[1]}',
  ]) {
    const answer = await teacher.get(authorizationRequest(world.origin, 'lop-hoc', { claims }).url);
    assert.equal(new URL(answer.url).searchParams.get('error'), 'invalid_request', claims);
  }
  const proto = await teacher.get(
    authorizationRequest(world.origin, 'lop-hoc', { claims: '{"id_token":{"__proto__":null,"constructor":null}}' }).url,
  );
  assert.ok(new URL(proto.url).searchParams.get('code'));
});
