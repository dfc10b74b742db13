import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { appOrigins, authorizationRequest, redeem, redemption, type TestIdp, testIdp } from '../../testing/idp.ts';
import type { CredentialAnswer, CredentialSignIn } from '../tools.ts';

const asked = {
  scope: 'credential',
  nonce: undefined,
  credentialID: 'GX0112348',
  numSignatures: '1',
  hashes: 'MTIzNDU2Nzg5MHF3ZXJ0enVpb3Bhc2RmZ2hqa2zDtnl4',
  hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
};

describe('a sign-in for the use of a person’s key (CSC API v2.2 §8.4.2)', () => {
  let world: TestIdp;
  let educationId: string;
  let browser: TestBrowser;
  const questions: CredentialSignIn[] = [];
  let answer: CredentialAnswer = { kind: 'ask', path: '/sign/authorise/1' };

  before(async () => {
    world = await testIdp({}, undefined, async (signIn) => {
      questions.push(signIn);
      return answer;
    });
    await sql`UPDATE idp.app SET scopes = scopes || '{service,credential}' WHERE client_id IN ('lop-hoc', 'thu-vien-so')`.execute(
      world.context.db,
    );
    educationId = await world.activate(world.city.people.pupil);
    browser = new TestBrowser({ stopAt: appOrigins });
    await world.signIn(browser, educationId);
  });
  after(() => world[Symbol.asyncDispose]());

  const begin = async (extra: Record<string, string | undefined> = {}, app = 'lop-hoc') => {
    const request = authorizationRequest(world.origin, app, { ...asked, ...extra });
    return { request, shown: await browser.get(request.url) };
  };
  const again = () => browser.get(`${world.origin}/signin/${questions.at(-1)?.interaction}`);

  test('waits for the person’s act, whatever was agreed to before, and gives the code when it was done', async () => {
    for (const round of [1, 2]) {
      answer = { kind: 'ask', path: '/sign/authorise/1' };
      const { request, shown } = await begin();
      assert.equal(new URL(shown.url).pathname, '/sign/authorise/1', `round ${round}`);
      const question = questions.at(-1);
      assert.deepEqual([question?.clientId, question?.personId], ['lop-hoc', world.city.people.pupil]);
      assert.deepEqual(
        [question?.parameters.credentialID, question?.parameters.hashes, question?.parameters.numSignatures],
        [asked.credentialID, asked.hashes, '1'],
      );
      assert.equal(new URL((await again()).url).pathname, '/sign/authorise/1', 'not before');
      answer = { kind: 'confirmed' };
      const code = new URL((await again()).url).searchParams.get('code') ?? '';
      const { json } = await redeem(world.origin, 'lop-hoc', redemption({ ...request, code }));
      assert.equal(json.scope, 'credential');
      const holder = await world.idp.apps.holderOf(json.access_token ?? '');
      assert.deepEqual(holder, { clientId: 'lop-hoc', personId: world.city.people.pupil, scopes: ['credential'] });
      assert.equal(json.refresh_token, undefined);
    }
  });

  test('a refusal is the app’s error, and nothing is given without the page (prompt=none)', async () => {
    answer = { kind: 'error', error: 'invalid_request', description: 'Invalid parameter hashes' };
    const told = new URL((await begin()).shown.url).searchParams;
    assert.deepEqual(
      [told.get('error'), told.get('error_description')],
      ['invalid_request', 'Invalid parameter hashes'],
    );
    answer = { kind: 'confirmed' };
    const silent = new URL((await begin({ prompt: 'none' })).shown.url).searchParams;
    assert.deepEqual([silent.get('error'), silent.get('code')], ['interaction_required', null]);
  });

  test('an app that nobody approved gets no key, and no token of its is one for signing', async () => {
    const count = questions.length;
    answer = { kind: 'confirmed' };
    const request = authorizationRequest(world.origin, 'thu-vien-so', asked);
    let shown = await browser.get(request.url);
    if (shown.page?.name === 'consent')
      shown = await browser.post(`${world.origin}${shown.page.props.action}`, { decision: 'allow' });
    assert.equal(new URL(shown.url).searchParams.get('error'), 'access_denied');
    assert.equal(questions.length, count, 'nobody was asked');
  });

  test('a token of the service is the person’s for this app, until the app loses its approval or the person signs out', async () => {
    const request = authorizationRequest(world.origin, 'lop-hoc', { scope: 'service', nonce: undefined });
    const shown = await browser.get(request.url);
    const code = new URL(shown.url).searchParams.get('code') ?? '';
    const { json } = await redeem(world.origin, 'lop-hoc', redemption({ ...request, code }));
    const token = json.access_token ?? '';
    assert.deepEqual((await world.idp.apps.holderOf(token))?.scopes, ['service']);
    assert.equal(await world.idp.apps.holderOf(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`), undefined);
    await sql`UPDATE idp.app SET is_approved = false, version = version + 1 WHERE client_id = 'lop-hoc'`.execute(
      world.context.db,
    );
    world.clock.moveSeconds(4);
    assert.equal(await world.idp.apps.holderOf(token), undefined);
    await sql`UPDATE idp.app SET is_approved = true, version = version + 1 WHERE client_id = 'lop-hoc'`.execute(
      world.context.db,
    );
    world.clock.moveSeconds(4);
    assert.ok(await world.idp.apps.holderOf(token));
    await sql`DELETE FROM idp.session`.execute(world.context.db);
    assert.equal(await world.idp.apps.holderOf(token), undefined);
  });
});
