import assert from 'node:assert/strict';
import { createHash, randomUUID, verify, X509Certificate } from 'node:crypto';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { FapiApp } from '@edutrust/idp/testing/fapi';
import { appOrigins, authorizationRequest, redeem, redemption, type TestIdp, testIdp } from '@edutrust/idp/testing/idp';
import { answerCredentialSignIn } from '@edutrust/signing-service/remote-signing';
import { type TestCity, type TestPhone, testCity } from '@edutrust/signing-service/testing/city';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';

const client = 'lop-hoc';
const sha256 = (text: string) => createHash('sha256').update(text).digest();
const oid = { sha256: '2.16.840.1.101.3.4.2.1', ecdsaWithSha256: '1.2.840.10045.4.3.2' };

/** The provider and who signs, each with a city of its own: the provider's people are known by name to the other. */
describe('an app of the CSC API has hashes signed that it asked for by a rich authorization request, from sign-in to signature', () => {
  let idp: TestIdp;
  let city: TestCity;
  let phone: TestPhone;
  let other: TestPhone;
  let browser: TestBrowser;
  const known = new Map<string, string>();

  before(async () => {
    const nobody = '00000000-0000-7000-8000-000000000000';
    const here = (personId: string) => known.get(personId) ?? nobody;
    city = await testCity(
      undefined,
      {},
      {
        holderOf: async (request) => {
          const { holder, ...held } = await idp.idp.apps.holderOf(request);
          return { ...held, holder: holder && { ...holder, personId: here(holder.personId) } };
        },
        app: async () => ({ name: 'Lớp học', scopes: ['service', 'credential'] }),
        appOf: (request) => idp.idp.apps.appOf(request),
      },
    );
    idp = await testIdp({}, undefined, (signIn) =>
      answerCredentialSignIn(city.context, { ...signIn, personId: here(signIn.personId) }),
    );
    await sql`UPDATE idp.app SET scopes = scopes || '{service,credential}' WHERE client_id = ${client}`.execute(
      idp.context.db,
    );
    phone = await city.phoneOf(city.classTeacherOf(0));
    other = await city.phoneOf(city.classTeacherOf(1));
    const educationId = await idp.activate(idp.city.people.pupil);
    known.set(idp.city.people.pupil, phone.personId);
    browser = new TestBrowser({ stopAt: appOrigins });
    await idp.signIn(browser, educationId);
  });
  after(async () => {
    await idp?.[Symbol.asyncDispose]();
    await city?.[Symbol.asyncDispose]();
  });

  async function csc(token: string, method: string, body: object) {
    const answer = await city.app.inject({
      method: 'POST',
      url: `/csc/v2/${method}`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      payload: JSON.stringify(body),
    });
    return { status: answer.statusCode, json: answer.json() };
  }

  const credentialOf = async ({ personId }: TestPhone) => {
    const { rows } = await sql<{ id: string }>`SELECT id FROM signing.enrolment WHERE person_id = ${personId}`.execute(
      city.context.db,
    );
    return rows[0]?.id ?? '';
  };

  const detailsOf = (credentialID: string, hashes: readonly Buffer[]) => [
    {
      type: 'https://cloudsignatureconsortium.org/2025/credential',
      credentialID,
      numSignatures: hashes.length,
      documentDigests: hashes.map((hash, index) => ({ hash: hash.toString('base64'), label: `Quyết định ${index}` })),
      hashAlgorithmOID: oid.sha256,
    },
  ];

  /** The app pushes its request, and sends the person's browser there. */
  async function begin(details: unknown) {
    const request = authorizationRequest(idp.origin, client, {
      ...{ scope: undefined, nonce: undefined },
      authorization_details: JSON.stringify(details),
    });
    const pushed = await fetch(`${idp.origin}/oidc/par`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${client}:demo-secret-of-${client}`).toString('base64')}` },
      body: request.url.searchParams,
    });
    const { request_uri = '' } = (await pushed.json()) as { request_uri?: string };
    const url = new URL('/oidc/auth', idp.origin);
    url.search = new URLSearchParams({ client_id: client, request_uri }).toString();
    return { request, shown: await browser.get(url) };
  }

  const signHash = (token: string, credentialID: string, hashes: readonly Buffer[]) =>
    csc(token, 'signatures/signHash', {
      credentialID,
      hashes: hashes.map((hash) => hash.toString('base64')),
      hashAlgorithmOID: oid.sha256,
      signAlgo: oid.ecdsaWithSha256,
    });

  test('what the person confirmed is signed, each hash once; others, more, or of another’s credential are not', async () => {
    const [credentialID, hashes] = [await credentialOf(phone), [sha256('Quyết định 0'), sha256('Quyết định 1')]];
    const details = detailsOf(credentialID, hashes);
    const { request, shown } = await begin(details);
    const id = /^\/sign\/authorise\/(.+)$/.exec(new URL(shown.url).pathname)?.[1] ?? '';
    const { json: asked } = await phone.call('GET', `authorisations/${id}`);
    assert.deepEqual(
      asked.hashes.map(({ label }: { label: string }) => label),
      ['Quyết định 0', 'Quyết định 1'],
    );
    assert.equal((await phone.confirmHashes(id)).status, 204);
    const code = new URL((await browser.get(`${idp.origin}${asked.continueAt}`)).url).searchParams.get('code') ?? '';
    const { json } = await redeem(idp.origin, client, redemption({ ...request, code }));
    assert.deepEqual(json.authorization_details, details);
    const token = json.access_token ?? '';
    for (const wrong of [
      [sha256('khác')],
      [...hashes, sha256('thêm')],
      [hashes[0], hashes[0]],
      [hashes[0], sha256('x')],
    ])
      assert.equal((await signHash(token, credentialID, wrong as Buffer[])).json.error, 'invalid_request');
    assert.equal((await signHash(token, await credentialOf(other), hashes)).json.error, 'invalid_request');
    const { json: signed, status } = await signHash(token, credentialID, hashes);
    assert.equal(status, 200, JSON.stringify(signed));
    const { json: info } = await csc(token, 'credentials/info', { credentialID, certificates: 'single' });
    const { publicKey } = new X509Certificate(Buffer.from(info.cert.certificates[0], 'base64'));
    for (const index of [0, 1])
      assert.ok(
        verify(
          'sha256',
          Buffer.from(`Quyết định ${index}`),
          publicKey,
          Buffer.from(signed.signatures[index], 'base64'),
        ),
      );
    assert.equal((await signHash(token, credentialID, hashes)).json.error, 'invalid_request', 'once');
  });

  test('P8: an app of the FAPI profile calls both APIs with its bound tokens, which are nobody’s without its key', async () => {
    const app = await FapiApp.register(idp, 'fapi2', { scopes: ['openid', 'service', 'credential'] });
    const tokenFor = async (asked: Record<string, string>) => {
      const { answer, verifier } = await app.enter(browser, { nonce: undefined, ...asked });
      return (await app.token(app.redemption(answer.get('code'), verifier))).json;
    };
    const { access_token: token = '', token_type } = await tokenFor({ scope: 'service' });
    assert.equal(token_type, 'DPoP');
    const path = '/csc/v2/credentials/list';
    const list = async (headers: Record<string, string>) =>
      city.app.inject({
        method: 'POST',
        url: path,
        headers: { 'content-type': 'application/json', ...headers },
        payload: '{}',
      });
    const listed = await list(await app.bound('POST', path, token));
    assert.deepEqual(listed.json().credentialIDs, [await credentialOf(phone)], listed.body);
    const downgraded = await list({ authorization: `Bearer ${token}` });
    assert.deepEqual([downgraded.statusCode, downgraded.json().error], [401, 'invalid_token']);
    assert.match(String(downgraded.headers['www-authenticate']), /^DPoP .*error="invalid_token"/);
    const elsewhere = await app.bound('POST', '/csc/v2/credentials/info', token);
    assert.equal((await list(elsewhere)).statusCode, 401, 'a proof for another method of the API');

    // CSC §11.10: a second token as a parameter is held with the key that the request proved, or not at all
    const plain = {
      headers: { authorization: `Bearer ${'a'.repeat(43)}` },
      method: 'GET',
      url: '/',
      raw: new IncomingMessage(new Socket()),
    };
    assert.equal(await (await idp.idp.apps.holderOf(plain)).beside(token), undefined, 'beside nothing');
    const bound = { ...plain, method: 'POST', url: path, headers: await app.bound('POST', path, token) };
    const { beside } = await idp.idp.apps.holderOf(bound);
    assert.deepEqual((await beside(token))?.scopes, ['service']);
    app.changeProofKey();
    const { access_token: ofOtherKey = '' } = await tokenFor({ scope: 'service' });
    assert.equal(await beside(ofOtherKey), undefined, 'bound to another key');

    const machine = { kind: 'machine', redirectUris: [], scopes: ['documents'] } as const;
    const sending = await FapiApp.register(idp, 'fapi2', machine);
    const { json } = await sending.token({ grant_type: 'client_credentials', scope: 'documents' });
    const url = `/api/v1/app-documents/${randomUUID()}`;
    const read = async (headers: Record<string, string>) =>
      (await city.app.inject({ method: 'GET', url, headers })).statusCode;
    assert.equal(await read(await sending.bound('GET', url, json.access_token ?? '')), 404, 'it may ask');
    assert.equal(await read({ authorization: `Bearer ${json.access_token}` }), 401);
    assert.equal(await read(await sending.bound('POST', url, json.access_token ?? '')), 401, 'a proof for writing');
    sending.changeProofKey();
    assert.equal(await read(await sending.bound('GET', url, json.access_token ?? '')), 401, 'a thief');
  });

  test('details that cannot be put before the person are the app’s error, and nobody is asked', async () => {
    const [mine, theirs] = [await credentialOf(phone), await credentialOf(other)];
    const [good] = detailsOf(mine, [sha256('x')]);
    for (const detail of [
      ...detailsOf(theirs, [sha256('x')]),
      { ...good, numSignatures: 2 },
      { ...good, documentDigests: [] },
      { ...good, documentDigests: [{ hash: 'AAAA' }] },
      { ...good, hashAlgorithmOID: '1.3.14.3.2.26' },
      { ...good, credentialID: undefined },
    ]) {
      const { shown } = await begin([detail]);
      assert.equal(new URL(shown.url).searchParams.get('error'), 'invalid_request', JSON.stringify(detail));
    }
    assert.deepEqual((await phone.call('GET', 'authorisations')).json.items, []);
    assert.deepEqual((await other.call('GET', 'authorisations')).json.items, []);
  });
});
