import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import {
  appOrigins,
  authorizationRequest,
  bringing,
  fatherAgrees,
  redeem,
  redemption,
  type TestIdp,
  testIdp,
} from '../../testing/idp.ts';
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
      const { holder } = await world.idp.apps.holderOf(bringing(json.access_token));
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

  const detail = {
    type: 'https://cloudsignatureconsortium.org/2025/credential',
    credentialID: asked.credentialID,
    numSignatures: 1,
    documentDigests: [{ hash: asked.hashes, label: 'Quyết định 12' }],
    hashAlgorithmOID: asked.hashAlgorithmOID,
  };
  const rich = (details: unknown) => ({
    ...{ scope: undefined, credentialID: undefined, numSignatures: undefined },
    ...{ hashes: undefined, hashAlgorithmOID: undefined },
    authorization_details: JSON.stringify(details),
  });
  async function pushed(extra: Record<string, string | undefined>, app = 'lop-hoc') {
    const request = authorizationRequest(world.origin, app, { ...asked, ...extra });
    const secret = Buffer.from(`${app}:demo-secret-of-${app}`).toString('base64');
    const given = await fetch(`${world.origin}/oidc/par`, {
      method: 'POST',
      headers: { authorization: `Basic ${secret}` },
      body: request.url.searchParams,
    });
    const json = (await given.json()) as Record<string, string>;
    const url = new URL('/oidc/auth', world.origin);
    url.searchParams.set('client_id', app);
    url.searchParams.set('request_uri', json.request_uri ?? '');
    return { ...request, url, json };
  }

  test('rich authorization requests (RFC 9396) ask the same, in the address or pushed, and the token says what was confirmed', async () => {
    for (const type of [detail.type, 'credential'])
      for (const how of ['address', 'pushed']) {
        answer = { kind: 'ask', path: '/sign/authorise/1' };
        const details = [{ ...detail, type }];
        const extra = rich(details);
        const request =
          how === 'pushed'
            ? await pushed(extra)
            : authorizationRequest(world.origin, 'lop-hoc', { ...asked, ...extra });
        assert.equal(new URL((await browser.get(request.url)).url).pathname, '/sign/authorise/1', `${how} ${type}`);
        const { parameters } = questions.at(-1) ?? {};
        assert.deepEqual(JSON.parse(String(parameters?.authorization_details)), details);
        answer = { kind: 'confirmed' };
        const code = new URL((await again()).url).searchParams.get('code') ?? '';
        const { json } = await redeem(world.origin, 'lop-hoc', redemption({ ...request, code }));
        assert.deepEqual([json.scope, json.authorization_details], ['credential', details]);
        const { holder } = await world.idp.apps.holderOf(bringing(json.access_token));
        assert.deepEqual(holder?.scopes, ['credential']);
        const said = await fetch(`${world.origin}/oidc/token/introspection`, {
          method: 'POST',
          headers: { authorization: `Basic ${Buffer.from('lop-hoc:demo-secret-of-lop-hoc').toString('base64')}` },
          body: new URLSearchParams({ token: json.access_token ?? '' }),
        });
        assert.deepEqual(((await said.json()) as typeof json).authorization_details, details);
      }
    // What was confirmed belongs to that one request: the next token of the same grant says nothing of it.
    const plain = authorizationRequest(world.origin, 'lop-hoc', { scope: 'service', nonce: undefined });
    const code = new URL((await browser.get(plain.url)).url).searchParams.get('code') ?? '';
    const { json } = await redeem(world.origin, 'lop-hoc', redemption({ ...plain, code }));
    assert.deepEqual([json.scope, json.authorization_details], ['service', undefined]);
  });

  test('details that are not one credential alone, from an app without the scope, or put where they are kept, are refused', async () => {
    const count = questions.length;
    answer = { kind: 'confirmed' };
    await sql`UPDATE idp.app SET scopes = array_remove(scopes, 'credential'), version = version + 1 WHERE client_id = 'thu-vien-so'`.execute(
      world.context.db,
    );
    world.clock.moveSeconds(4);
    const kept = { credential_details: JSON.stringify([detail]) };
    for (const [extra, error, app] of [
      [rich([detail, detail]), 'invalid_authorization_details'],
      [rich([detail, { type: 'acting_for' }]), 'invalid_authorization_details'],
      [rich([{ ...detail, type: 'khac' }]), 'invalid_authorization_details'],
      [rich([detail]), 'invalid_authorization_details', 'thu-vien-so'],
      [kept, 'invalid_request'],
      [{ ...rich([detail]), ...kept }, 'invalid_request'],
    ] as const) {
      const given = JSON.stringify(extra).slice(0, 200);
      const shown = await browser.get(authorizationRequest(world.origin, app ?? 'lop-hoc', { ...asked, ...extra }).url);
      if (!('authorization_details' in extra && 'credential_details' in extra)) {
        assert.equal(new URL(shown.url).searchParams.get('error'), error, given);
        assert.equal((await pushed(extra, app)).json.error, error, given);
      }
    }
    await sql`UPDATE idp.app SET scopes = scopes || '{credential}', version = version + 1 WHERE client_id = 'thu-vien-so'`.execute(
      world.context.db,
    );
    world.clock.moveSeconds(4);
    // At the token endpoint nothing is asked for that nobody confirmed.
    const { request, shown } = await begin();
    const code = new URL(shown.url).searchParams.get('code') ?? '';
    const fields = { ...redemption({ ...request, code }), authorization_details: JSON.stringify([detail]) };
    assert.equal((await redeem(world.origin, 'lop-hoc', fields)).json.error, 'invalid_authorization_details');
    assert.ok(questions.length > count);
  });

  test('an app that nobody approved gets no key, and no token of its is one for signing', async () => {
    const count = questions.length;
    answer = { kind: 'confirmed' };
    const request = authorizationRequest(world.origin, 'thu-vien-so', asked);
    let shown = await browser.get(request.url);
    if (shown.page?.name === 'consent')
      await browser.post(`${world.origin}${shown.page.props.action}`, { decision: 'allow' });
    await fatherAgrees(world, 'thu-vien-so');
    shown = await browser.get(request.url);
    assert.equal(new URL(shown.url).searchParams.get('error'), 'access_denied');
    assert.equal(questions.length, count, 'nobody was asked');
  });

  test('a token of the service is the person’s for this app, until the app loses its approval or the person signs out', async () => {
    const request = authorizationRequest(world.origin, 'lop-hoc', { scope: 'service', nonce: undefined });
    const shown = await browser.get(request.url);
    const code = new URL(shown.url).searchParams.get('code') ?? '';
    const { json } = await redeem(world.origin, 'lop-hoc', redemption({ ...request, code }));
    const token = json.access_token ?? '';
    const holder = async (of = token) => (await world.idp.apps.holderOf(bringing(of))).holder;
    assert.deepEqual((await holder())?.scopes, ['service']);
    assert.equal(await holder(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`), undefined);
    await sql`UPDATE idp.app SET is_approved = false, version = version + 1 WHERE client_id = 'lop-hoc'`.execute(
      world.context.db,
    );
    world.clock.moveSeconds(4);
    assert.equal(await holder(), undefined);
    await sql`UPDATE idp.app SET is_approved = true, version = version + 1 WHERE client_id = 'lop-hoc'`.execute(
      world.context.db,
    );
    world.clock.moveSeconds(4);
    assert.ok(await holder());
    await sql`DELETE FROM idp.session`.execute(world.context.db);
    assert.equal(await holder(), undefined);
  });
});
