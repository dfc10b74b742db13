import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import {
  appOrigins,
  authorizationRequest,
  codeFor,
  redeem,
  redemption,
  type TestIdp,
  testIdp,
} from '../testing/idp.ts';

let world: TestIdp;
before(async () => {
  world = await testIdp();
});
after(() => world[Symbol.asyncDispose]());

test('a teacher activates with a printed code, signs in to our own pages, and sees the launcher', async () => {
  const educationId = await world.activate(world.city.people.teacher);
  const browser = new TestBrowser({ stopAt: appOrigins });
  const shown = await world.signIn(browser, educationId);
  assert.equal(shown.page?.name, 'launcher', shown.body);
  assert.equal(shown.url, `${world.origin}/`);
});

test('one sign-in opens two apps: consent is asked once by the one, never by the approved one', async () => {
  const educationId = await world.activate(world.city.people.principal);
  const browser = new TestBrowser({ stopAt: appOrigins });
  const first = authorizationRequest(world.origin, 'thu-vien-so');
  const signIn = await browser.get(first.url);
  assert.equal(signIn.page?.name, 'signIn', signIn.body);
  assert.equal(signIn.page?.props.app.name, 'Thư viện số');
  const consent = await browser.post(`${world.origin}${signIn.page?.props.action}`, {
    identifier: educationId,
    password: 'bốn con mèo nằm ngủ',
  });
  assert.equal(consent.page?.name, 'consent', consent.body);
  const values = consent.page?.props.data.map((datum: { value: string }) => datum.value);
  assert.ok(
    values.some((value: string) => value.startsWith('Trường')),
    JSON.stringify(values),
  );
  const back = await browser.post(`${world.origin}${consent.page?.props.action}`, { decision: 'allow' });
  const answer = new URL(back.url);
  assert.equal(answer.origin, 'http://localhost:4001', back.body);
  assert.equal(answer.searchParams.get('iss'), world.origin, 'P5');
  const tokens = await redeem(
    world.origin,
    'thu-vien-so',
    redemption({ ...first, code: answer.searchParams.get('code') ?? '' }),
  );
  assert.equal(tokens.status, 200, JSON.stringify(tokens.json));
  const userinfo = await fetch(`${world.origin}/oidc/userinfo`, {
    headers: { authorization: `Bearer ${tokens.json.access_token}` },
  });
  const claims = (await userinfo.json()) as { name: string; sub: string; affiliations: unknown[] };
  assert.equal(userinfo.status, 200);
  assert.ok(claims.name && claims.affiliations.length > 0);

  const second = await codeFor(browser, world.origin, 'lop-hoc');
  const other = await redeem(world.origin, 'lop-hoc', redemption(second));
  assert.equal(other.status, 200);
  const again = await browser.get(authorizationRequest(world.origin, 'thu-vien-so').url);
  assert.equal(new URL(again.url).origin, 'http://localhost:4001', 'asked once only');
});
