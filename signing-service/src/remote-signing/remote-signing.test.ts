import assert from 'node:assert/strict';
import { createHash, randomBytes, verify, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { readCms } from '@edutrust/certs/cms';
import { sql } from 'kysely';
import { bearers, type TestCity, TestPhone, testCity } from '../../testing/city.ts';
import { tablePdf } from '../../testing/pdf-files.ts';
import { verifyFile } from '../public-verification/verify.ts';
import { signingOf } from '../tables.ts';
import { forgetAuthorisations } from './authorisations.ts';
import { answerCredentialSignIn } from './oauth.ts';
import type { TokenHolder } from './port.ts';
import { oids } from './request.ts';

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest();
const fields = ['credentialID', 'numSignatures', 'hashes', 'hashAlgorithmOID'] as const;

describe('remote signing (CSC API v2.2)', () => {
  const holders = new Map<string, TokenHolder>();
  const apps = new Map<string, { name: string; scopes: string[] }>([
    ['ky-so-cong', { name: 'Dịch vụ công', scopes: ['service'] }],
    ['ky-so-khac', { name: 'Ứng dụng khác', scopes: ['service'] }],
    ['trinh-ky', { name: 'Trình ký', scopes: ['service', 'credential'] }],
  ]);
  let world: TestCity;
  /** Its key is in the key store; the other's on the phone. */
  let stored: TestPhone;
  let held: TestPhone;

  before(async () => {
    world = await testCity(
      undefined,
      {},
      {
        holderOf: bearers(holders),
        app: async (clientId) => apps.get(clientId),
      },
    );
    stored = new TestPhone(world, world.city.people.principal, { hasPrf: false });
    await stored.enrolAndApprove();
    held = await world.phoneOf(world.classTeacherOf(0));
  });
  after(() => world[Symbol.asyncDispose]());

  function tokenOf(personId: string, clientId = 'ky-so-cong', scopes: readonly string[] = ['service']): string {
    const token = randomBytes(32).toString('base64url');
    holders.set(token, { clientId, personId, scopes });
    return token;
  }

  async function csc(token: string | undefined, method: string, body: unknown = {}) {
    const answer = await world.app.inject({
      method: 'POST',
      url: `/csc/v2/${method}`,
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      payload: JSON.stringify(body),
    });
    return { status: answer.statusCode, json: answer.json() };
  }

  const credentialOf = async (token: string): Promise<string> =>
    (await csc(tokenOf(holders.get(token)?.personId ?? ''), 'credentials/list')).json.credentialIDs[0];

  async function certificateOf(token: string): Promise<X509Certificate> {
    const { json } = await csc(token, 'credentials/info', { credentialID: await credentialOf(token) });
    return new X509Certificate(Buffer.from(json.cert.certificates[0], 'base64'));
  }

  const wish = async (token: string, hashes: readonly Buffer[], more: object = {}) => ({
    credentialID: await credentialOf(token),
    numSignatures: hashes.length,
    hashes: hashes.map((hash) => hash.toString('base64')),
    hashAlgorithmOID: oids.sha256,
    authData: [{ id: 'phone' }],
    ...more,
  });

  /** The question that waits on the phone. */
  async function waitingOn(phone: TestPhone): Promise<string> {
    return (await phone.call('GET', 'authorisations')).json.items[0]?.id;
  }

  /** Asks, has the person confirm, and gives the data to sign with. */
  async function activate(token: string, phone: TestPhone, hashes: readonly Buffer[], more: object = {}) {
    const asked = await csc(token, 'credentials/authorize', await wish(token, hashes, more));
    assert.equal(asked.status, 202, JSON.stringify(asked.json));
    const { handle } = asked.json;
    assert.deepEqual(await csc(token, 'credentials/authorizeCheck', { handle }), { status: 202, json: { handle } });
    assert.equal((await phone.confirmHashes(await waitingOn(phone))).status, 204);
    const { json } = await csc(token, 'credentials/authorizeCheck', { handle });
    assert.equal(json.expiresIn, 300);
    return { handle, SAD: json.SAD as string };
  }

  async function signHash(token: string, SAD: string | undefined, hashes: readonly Buffer[], more: object = {}) {
    return csc(token, 'signatures/signHash', {
      credentialID: await credentialOf(token),
      ...(SAD ? { SAD } : {}),
      hashes: hashes.map((hash) => hash.toString('base64')),
      signAlgo: oids.ecdsaWithSha256,
      ...more,
    });
  }

  const refusal = ({ status, json }: { status: number; json: { error?: string; error_description?: string } }) => [
    status,
    json.error,
    json.error_description,
  ];

  test('info says what there is, to anybody', async () => {
    const { status, json } = await csc(undefined, 'info', { lang: 'vi' });
    assert.equal(status, 200);
    assert.equal(json.specs, '2.2.0.0');
    assert.equal(json.oauth2Issuer, world.origin);
    assert.deepEqual(json.authType, ['oauth2code']);
    for (const method of json.methods.filter((name: string) => name !== 'info')) {
      assert.equal((await csc(undefined, method)).status, 401, method);
    }
    assert.equal((await csc(tokenOf(stored.personId), 'credentials/getChallenge')).status, 501);
  });

  test('a credential is the person’s own, with its certificate and how it is authorised', async () => {
    const token = tokenOf(stored.personId);
    const { json } = await csc(token, 'credentials/list', {
      credentialInfo: true,
      certificates: 'chain',
      certInfo: true,
      authInfo: true,
      onlyValid: true,
    });
    const [info] = json.credentialInfos;
    assert.equal(json.credentialIDs.length, 1);
    assert.equal(json.onlyValid, true);
    assert.deepEqual(info.key, { status: 'enabled', algo: [oids.ecdsaWithSha256], len: 256, curve: oids.p256 });
    assert.equal(info.cert.status, 'valid');
    assert.equal(info.cert.certificates.length, 3, 'to the root');
    assert.match(info.cert.validFrom, /^\d{14}Z$/);
    assert.match(info.cert.subjectDN, /CN=/);
    assert.deepEqual([info.auth.mode, info.auth.expression, info.SCAL], ['explicit', 'phone', '2']);
    assert.deepEqual(info.auth.objects[0].type, 'ChallengeResponseOOB');
    const ofApp = await csc(tokenOf(stored.personId, 'trinh-ky'), 'credentials/info', {
      credentialID: info.credentialID,
    });
    assert.equal(ofApp.json.auth.mode, 'oauth2code');
    const stranger = tokenOf(world.classTeacherOf(1));
    assert.deepEqual((await csc(stranger, 'credentials/list')).json.credentialIDs, []);
    assert.deepEqual(refusal(await csc(stranger, 'credentials/info', { credentialID: info.credentialID })), [
      400,
      'invalid_request',
      'Invalid parameter credentialID',
    ]);
    assert.deepEqual(refusal(await csc(token, 'credentials/list', { userID: stored.personId })), [
      400,
      'invalid_request',
      'userID parameter MUST be null',
    ]);
  });

  for (const where of ['in the key store', 'on the phone'] as const) {
    test(`K4: hashes are signed by a key ${where} once their person has confirmed them on the phone, each once`, async () => {
      const phone = where === 'on the phone' ? held : stored;
      const token = tokenOf(phone.personId);
      const messages = ['Quyết định số 1', 'Quyết định số 2'];
      const hashes = messages.map(sha256);
      const { SAD, handle } = await activate(token, phone, hashes, { description: 'Hai quyết định' });
      const { status, json } = await signHash(token, SAD, hashes);
      assert.equal(status, 200, JSON.stringify(json));
      const { publicKey } = await certificateOf(token);
      for (const [index, message] of messages.entries()) {
        assert.ok(verify('sha256', Buffer.from(message), publicKey, Buffer.from(json.signatures[index], 'base64')));
      }
      assert.deepEqual(refusal(await signHash(token, SAD, hashes)), [400, 'invalid_request', 'Invalid parameter SAD']);
      assert.equal((await csc(token, 'credentials/authorizeCheck', { handle })).status, 400, 'the data are given once');
      const { rows } = await sql<{ type: string }>`
        SELECT type FROM platform.ledger_entry WHERE type LIKE 'remote-authorisation.%' ORDER BY id DESC LIMIT 3`.execute(
        world.context.db,
      );
      assert.deepEqual(
        rows.map(({ type }) => type.split('.')[1]),
        ['signed', 'authorised', 'asked'],
      );
    });
  }

  test('clients of version 1 name the hashes otherwise (pyHanko’s does), and are held to the same', async () => {
    const token = tokenOf(stored.personId);
    const [hashes, other] = [[sha256('phiên bản 1')], sha256('khác')];
    const { SAD } = await activate(token, stored, hashes);
    const call = (hash: readonly Buffer[], hashAlgo: string) =>
      signHash(token, SAD, [], { hashes: undefined, hash: hash.map((one) => one.toString('base64')), hashAlgo });
    assert.equal((await call([other], oids.sha256)).status, 400);
    assert.equal((await call(hashes, oids.sha512)).status, 400);
    assert.equal((await call(hashes, oids.sha256)).status, 200);
    assert.equal((await call(hashes, oids.sha256)).status, 400, 'once');
  });

  test('a batch is signed in parts, and nothing twice: twenty calls at once sign each hash one time', async () => {
    const token = tokenOf(stored.personId);
    const hashes = Array.from({ length: 4 }, (_, index) => sha256(`văn bản ${index}`));
    const { SAD } = await activate(token, stored, hashes);
    const calls = await Promise.all(
      Array.from({ length: 20 }, (_, index) => signHash(token, SAD, [hashes[index % 4] ?? Buffer.alloc(0)])),
    );
    assert.equal(calls.filter(({ status }) => status === 200).length, 4);
    assert.ok(calls.every(({ status, json }) => status === 200 || json.error === 'invalid_request'));
  });

  test('the data sign these hashes, of this credential, for this app and person, and nothing else', async () => {
    const token = tokenOf(stored.personId);
    const hashes = [sha256('đã xem')];
    const { SAD } = await activate(token, stored, hashes);
    const other = sha256('chưa xem');
    for (const wanted of [[other], [...hashes, other], [...hashes, ...hashes]]) {
      assert.deepEqual(refusal(await signHash(token, SAD, wanted)), [
        400,
        'invalid_request',
        'Hash is not authorized by the SAD',
      ]);
    }
    const elsewhere = tokenOf(stored.personId, 'ky-so-khac');
    assert.equal((await signHash(elsewhere, SAD, hashes)).json.error_description, 'Invalid parameter SAD');
    const colleague = tokenOf(held.personId);
    const stolen = { ...(await wish(token, hashes)), SAD, signAlgo: oids.ecdsaWithSha256 };
    assert.equal((await csc(colleague, 'signatures/signHash', stolen)).status, 400);
    assert.equal((await signHash(token, 'x'.repeat(43), hashes)).json.error_description, 'Invalid parameter SAD');
    assert.equal((await signHash(token, SAD, hashes)).status, 200, 'and still these');
  });

  test('Q3: rows that an operator wrote sign nothing, whatever state they claim', async () => {
    const token = tokenOf(stored.personId);
    const seen = sha256('người ký đã xem');
    const unseen = sha256('người ký chưa xem');
    const { SAD } = await activate(token, stored, [seen]);
    await sql`UPDATE signing.remote_hash SET hash = ${unseen} WHERE hash = ${seen}`.execute(world.context.db);
    assert.deepEqual(refusal(await signHash(token, SAD, [unseen])).slice(0, 2), [400, 'access_denied']);
    // a whole row without an act behind it
    const handle = (await csc(token, 'credentials/authorize', await wish(token, [unseen]))).json.handle;
    await sql`
      UPDATE signing.remote_authorisation SET state = 'authorised', assertion = '{"id": "x", "response": {}}',
        assertion_sha256 = '\\x00' WHERE handle_sha256 = ${sha256(handle)}`.execute(world.context.db);
    const { json } = await csc(token, 'credentials/authorizeCheck', { handle });
    const forged = await signHash(token, json.SAD, [unseen]);
    assert.equal(forged.status, 400, JSON.stringify(forged.json));
    assert.match(forged.json.error_description, /no evidence/);
  });

  test('W2: what was confirmed is for five minutes; what nobody confirmed ends too, and an act is answered once', async () => {
    const token = tokenOf(stored.personId);
    const hashes = [sha256('chậm')];
    const { SAD } = await activate(token, stored, hashes);
    await sql`UPDATE signing.remote_authorisation SET expires_at = now() - interval '1 second' WHERE sad_sha256 = ${sha256(SAD)}`.execute(
      world.context.db,
    );
    assert.deepEqual(refusal(await signHash(token, SAD, hashes)), [400, 'invalid_request', 'SAD expired']);
    const { handle } = (await csc(token, 'credentials/authorize', await wish(token, hashes))).json;
    const id = await waitingOn(stored);
    await sql`UPDATE signing.remote_authorisation SET expires_at = now() - interval '1 second' WHERE id = ${id}`.execute(
      world.context.db,
    );
    assert.equal((await stored.confirmHashes(id)).json.code, 'signing/session-expired');
    assert.equal((await csc(token, 'credentials/authorizeCheck', { handle })).status, 400);
    await forgetAuthorisations(world.context);
    const left = await signingOf(world.context.db)
      .selectFrom('signing.remote_authorisation')
      .select('id')
      .where('state', 'in', ['waiting', 'authorised'])
      .where('expires_at', '<=', new Date())
      .execute();
    assert.deepEqual(left, []);
  });

  test('W4: another person’s phone confirms nothing; what the person refuses is refused to the app', async () => {
    const token = tokenOf(stored.personId);
    const { handle } = (await csc(token, 'credentials/authorize', await wish(token, [sha256('của ai')]))).json;
    const id = await waitingOn(stored);
    assert.equal((await held.call('GET', `authorisations/${id}`)).status, 404);
    const { json } = await stored.call('GET', `authorisations/${id}`);
    const foreign = { assertion: held.authenticator.get(json.assertionOptions), signatures: [] };
    assert.equal((await held.call('POST', `authorisations/${id}/confirm`, foreign)).status, 404);
    assert.equal((await stored.call('POST', `authorisations/${id}/refuse`)).status, 204);
    assert.deepEqual(refusal(await csc(token, 'credentials/authorizeCheck', { handle })).slice(0, 2), [
      400,
      'access_denied',
    ]);
    assert.equal((await stored.confirmHashes(id)).json.code, 'signing/session-used');
  });

  test('W1: an assertion over something else uses the question up and signs nothing', async () => {
    const token = tokenOf(stored.personId);
    const { handle } = (await csc(token, 'credentials/authorize', await wish(token, [sha256('giả')]))).json;
    const id = await waitingOn(stored);
    const wrong = await stored.confirmHashes(id, { challenge: Buffer.alloc(32).toString('base64url') });
    assert.equal(wrong.json.code, 'signing/passkey-refused');
    assert.equal((await stored.confirmHashes(id)).json.code, 'signing/session-used');
    assert.equal((await csc(token, 'credentials/authorizeCheck', { handle })).json.error, 'access_denied');
  });

  test('a phone that signs another hash than it was shown has confirmed nothing', async () => {
    const token = tokenOf(held.personId);
    await csc(token, 'credentials/authorize', await wish(token, [sha256('một')]));
    const id = await waitingOn(held);
    const { json } = await held.call('GET', `authorisations/${id}`);
    const body = {
      assertion: held.authenticator.get(json.assertionOptions),
      signatures: [Buffer.alloc(64, 1).toString('base64url')],
    };
    const { json: refused } = await held.call('POST', `authorisations/${id}/confirm`, body);
    assert.equal(refused.code, 'signing/wrong-signature');
  });

  test('a newer question of the same app takes the place of the older one; another app’s stays', async () => {
    const [one, other] = [tokenOf(stored.personId), tokenOf(stored.personId, 'ky-so-khac')];
    for (const token of [one, one, other, one])
      assert.equal((await csc(token, 'credentials/authorize', await wish(token, [sha256('nữa')]))).status, 202);
    const { items } = (await stored.call('GET', 'authorisations')).json;
    assert.deepEqual(items.map(({ app }: { app: string }) => app).sort(), ['Dịch vụ công', 'Ứng dụng khác']);
  });

  test('errors are the specification’s, word for word', async () => {
    const token = tokenOf(stored.personId);
    const good = await wish(token, [sha256('x')]);
    for (const [change, words] of [
      [{ credentialID: undefined }, 'Missing (or invalid type) string parameter credentialID'],
      [{ credentialID: 7 }, 'Missing (or invalid type) string parameter credentialID'],
      [{ credentialID: 'x' }, 'Invalid parameter credentialID'],
      [{ numSignatures: '1' }, 'Missing (or invalid type) integer parameter numSignatures'],
      [{ numSignatures: 0 }, 'Invalid value for parameter numSignatures'],
      [{ numSignatures: 101 }, 'Numbers of signatures is too high'],
      [{ numSignatures: 2 }, 'Invalid value for parameter numSignatures'],
      [{ hashes: 'x' }, 'Missing (or invalid type) array parameter hashes'],
      [{ hashes: [] }, 'Empty hash array'],
      [{ hashes: ['!'] }, 'Invalid Base64 hash string parameter'],
      [{ hashes: ['AAAA'] }, 'Invalid digest value length'],
      [{ hashAlgorithmOID: undefined }, 'Missing (or invalid type) string parameter hashAlgorithmOID'],
      [{ hashAlgorithmOID: oids.sha512 }, 'Invalid parameter hashAlgorithmOID'],
      [{ authData: undefined }, 'Missing (or invalid type) array parameter authData'],
      [{ authData: [{ id: 'PIN', value: '1234' }] }, 'The authentication data is invalid'],
    ] as const) {
      const answer = await csc(token, 'credentials/authorize', { ...good, ...change });
      assert.deepEqual(refusal(answer), [400, 'invalid_request', words], JSON.stringify(change));
    }
    const hashed = { signAlgo: oids.ecdsaWithSha256, SAD: 'x', ...good };
    for (const [change, words] of [
      [{ SAD: undefined }, 'Missing (or invalid type) string parameter SAD'],
      [{ signAlgo: undefined }, 'Missing (or invalid type) string parameter signAlgo'],
      [{ signAlgo: '1.2.840.113549.1.1.11' }, 'Invalid parameter signAlgo'],
      [{ operationMode: 'A' }, 'Invalid parameter operationMode'],
    ] as const) {
      const answer = await csc(token, 'signatures/signHash', { ...hashed, ...change });
      assert.deepEqual(refusal(answer), [400, 'invalid_request', words], JSON.stringify(change));
    }
    assert.deepEqual(refusal(await csc('x'.repeat(43), 'credentials/list')), [
      401,
      'invalid_token',
      'The access token is not valid',
    ]);
    const noScope = tokenOf(stored.personId, 'ky-so-cong', ['openid']);
    assert.equal((await csc(noScope, 'credentials/list')).json.error, 'invalid_scope');
    assert.deepEqual(refusal(await csc(token, 'credentials/list', [])).slice(0, 2), [400, 'invalid_request']);
  });

  test('OAuth: the hashes of the request are what the person confirms, and the token signs them without more', async () => {
    const token = tokenOf(stored.personId, 'trinh-ky', ['credential']);
    const service = tokenOf(stored.personId, 'trinh-ky');
    const credentialID = await credentialOf(service);
    const hash = sha256('qua OAuth');
    const parameters = {
      credentialID,
      numSignatures: '1',
      hashes: hash.toString('base64url'),
      hashAlgorithmOID: oids.sha256,
    };
    const signIn = { interaction: 'uid-1', personId: stored.personId, clientId: 'trinh-ky', parameters };
    const asked = await answerCredentialSignIn(world.context, signIn);
    assert.equal(asked.kind, 'ask');
    assert.deepEqual(await answerCredentialSignIn(world.context, signIn), asked, 'opened again, the same question');
    assert.equal((await signHash(token, undefined, [hash])).status, 400, 'a token alone signs nothing');
    assert.equal((await stored.confirmHashes(await waitingOn(stored))).status, 204);
    assert.deepEqual(await answerCredentialSignIn(world.context, signIn), { kind: 'confirmed' });
    const thief = { ...signIn, personId: held.personId };
    assert.equal((await answerCredentialSignIn(world.context, thief)).kind, 'error');
    assert.equal((await signHash(token, undefined, [sha256('khác')])).status, 400);
    assert.equal((await signHash(service, token, [hash])).status, 200, 'the token as the data (§11.10)');
    assert.equal((await signHash(token, undefined, [hash])).status, 400, 'once');
    for (const [index, name] of fields.entries()) {
      const less = { ...signIn, interaction: `uid-less-${index}`, parameters: { ...parameters, [name]: undefined } };
      const answer = await answerCredentialSignIn(world.context, less);
      assert.equal(answer.kind === 'error' && answer.error, 'invalid_request', name);
    }
    const details = [
      {
        type: 'https://cloudsignatureconsortium.org/2025/credential',
        credentialID,
        numSignatures: 1,
        documentDigests: [{ hash: hash.toString('base64'), label: 'Quyết định 12' }],
        hashAlgorithmOID: oids.sha256,
      },
    ];
    const rich = { authorization_details: JSON.stringify(details) };
    assert.equal(
      (await answerCredentialSignIn(world.context, { ...signIn, interaction: 'uid-2', parameters: rich })).kind,
      'ask',
    );
    const { json } = await stored.call('GET', `authorisations/${await waitingOn(stored)}`);
    assert.deepEqual(json.hashes, [{ hashHex: hash.toString('hex'), label: 'Quyết định 12' }]);
    assert.equal(json.continueAt, '/signin/uid-2');
  });

  test('signDoc: PDF and any file signed as B-B and B-T, which everybody judges valid; another document is not', async () => {
    const token = tokenOf(stored.personId);
    const pdf = tablePdf();
    const file = Buffer.from('bất cứ tệp nào', 'utf8');
    const { SAD } = await activate(token, stored, [sha256(pdf), sha256(file), sha256('digest')]);
    const signAlgo = oids.ecdsaWithSha256;
    const call = async (body: object) =>
      csc(token, 'signatures/signDoc', { credentialID: await credentialOf(token), SAD, ...body });
    const p = { document: pdf.toString('base64'), signature_format: 'P', conformance_level: 'Ades-B-T', signAlgo };
    const other = await call({
      documents: [{ ...p, document: Buffer.concat([pdf, Buffer.from('\n')]).toString('base64') }],
    });
    assert.equal(other.status, 400);
    const c = { document: file.toString('base64'), signature_format: 'C', signAlgo };
    const { status, json } = await call({ documents: [p, c] });
    assert.equal(status, 200, JSON.stringify(json));
    const [signedPdf, signedFile] = json.DocumentWithSignature.map((one: string) => Buffer.from(one, 'base64'));
    const levels = await Promise.all(
      [signedPdf, signedFile].map(async (bytes) => {
        const report = await verifyFile(world.context, bytes);
        return [report.verdict, report.signatures[0]?.level];
      }),
    );
    assert.deepEqual(levels, [
      ['valid', 'B-T'],
      ['valid', 'B-B'],
    ]);
    const digest = await call({
      documentDigests: [{ hashes: [sha256('digest').toString('base64')], signature_format: 'P', signAlgo }],
    });
    const [cms] = digest.json.SignatureObject;
    assert.equal(readCms(Buffer.from(cms, 'base64'), 'none').certificates.length > 0, true);
    const ofPhone = tokenOf(held.personId);
    const { SAD: own } = await activate(ofPhone, held, [sha256(pdf)]);
    const refused = await csc(ofPhone, 'signatures/signDoc', {
      credentialID: await credentialOf(ofPhone),
      SAD: own,
      documents: [p],
    });
    assert.match(refused.json.error_description, /signs hashes only/);
  });

  test('a time stamp is over the hash, with the nonce', async () => {
    const token = tokenOf(stored.personId);
    const hash = sha256('mốc').toString('base64');
    const { json } = await csc(token, 'signatures/timestamp', { hash, hashAlgo: oids.sha256, nonce: 'f00d' });
    const der = Buffer.from(json.timestamp, 'base64');
    assert.ok(der.includes(sha256('mốc')));
    assert.ok(der.includes(Buffer.from('020300f00d', 'hex')));
    for (const body of [
      { hash, hashAlgo: '1.2.3' },
      { hash: 'AAAA', hashAlgo: oids.sha256 },
      { hash, hashAlgo: oids.sha256, nonce: 'x' },
    ])
      assert.equal((await csc(token, 'signatures/timestamp', body)).json.error, 'invalid_request');
  });

  test('a revoked phone’s certificate signs no more, although its person had confirmed', async () => {
    const token = tokenOf(stored.personId);
    const hashes = [sha256('cuối')];
    const { SAD } = await activate(token, stored, hashes);
    await stored.call('POST', 'enrolment/revoke', { reason: 'lost' });
    const { status } = await csc(token, 'signatures/signHash', {
      credentialID: 'x',
      SAD,
      hashes: hashes.map((hash) => hash.toString('base64')),
      signAlgo: oids.ecdsaWithSha256,
    });
    assert.equal(status, 400);
    assert.deepEqual((await csc(token, 'credentials/list')).json.credentialIDs, []);
    const { id } = await signingOf(world.context.db)
      .selectFrom('signing.enrolment')
      .select('id')
      .where('person_id', '=', stored.personId)
      .executeTakeFirstOrThrow();
    const named = await csc(token, 'signatures/signHash', {
      credentialID: id,
      SAD,
      hashes: hashes.map((hash) => hash.toString('base64')),
      signAlgo: oids.ecdsaWithSha256,
    });
    assert.deepEqual(refusal(named), [400, 'invalid_request', 'Signing certificate is expired']);
  });
});
