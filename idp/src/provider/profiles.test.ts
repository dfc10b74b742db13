import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type JsonWebKey, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, generateKeyPair, jwtVerify } from 'jose';
import { answerOf, FapiApp } from '../../testing/fapi.ts';
import {
  appOrigins,
  authorizationRequest,
  codeFor,
  redeem,
  redemption,
  type TestIdp,
  testIdp,
} from '../../testing/idp.ts';
import type { KeySet } from '../apps/keys.ts';

let world: TestIdp;
let browser: TestBrowser;
let plain: FapiApp;
let signed: FapiApp;
before(async () => {
  world = await testIdp();
  browser = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(browser, await world.activate(world.city.people.teacher));
  plain = await FapiApp.register(world, 'fapi2');
  signed = await FapiApp.register(world, 'fapi2-signed');
});
after(() => world[Symbol.asyncDispose]());

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ours = () => createRemoteJWKSet(new URL('/oidc/jwks', world.origin));

test('an app of the FAPI profile pushes, signs people in, gets tokens bound to its key and refreshes them', async () => {
  const { answer, verifier } = await plain.enter(browser, {
    scope: 'openid profile offline_access',
    prompt: 'consent',
  });
  assert.equal(answer.get('iss'), world.origin);
  const { json } = await plain.token(plain.redemption(answer.get('code'), verifier));
  assert.equal(json.token_type, 'DPoP', JSON.stringify(json));
  const { payload } = await jwtVerify(json.id_token ?? '', ours(), { issuer: world.origin, audience: plain.clientId });
  const userinfo = await plain.userinfo(json.access_token ?? '');
  assert.equal(userinfo.status, 200, userinfo.body);
  assert.equal(userinfo.json.sub, payload.sub);
  const refresh = { grant_type: 'refresh_token', refresh_token: json.refresh_token };
  const again = await plain.token(refresh);
  assert.equal(again.status, 200, again.body);
  assert.equal(again.json.refresh_token, json.refresh_token, 'FAPI 2.0 §5.3.2.1: no rotation');
  assert.equal((await plain.token(refresh)).status, 200, 'also after an answer that was lost');
});

test('P8: a bound token is worth nothing without its key, without a nonce of now, or a second time', async () => {
  const { answer, verifier } = await plain.enter(browser);
  const { json } = await plain.token(plain.redemption(answer.get('code'), verifier));
  const token = json.access_token ?? '';
  const bearer = await plain.ask('GET', '/oidc/userinfo', undefined, { authorization: `Bearer ${token}` });
  assert.notEqual(bearer.status, 200, 'as a plain bearer');
  const jti = randomUUID();
  assert.equal((await plain.userinfo(token, { jti })).status, 200);
  assert.notEqual((await plain.userinfo(token, { jti })).status, 200, 'the same proof');
  assert.equal((await plain.userinfo(token, { nonce: 'made-up' })).status, 401);
  assert.equal((await plain.userinfo(token, { ath: plain.hashOf('other') })).status, 401);
  assert.equal((await plain.userinfo(token, { htu: `${world.origin}/oidc/token` })).status, 401);
  plain.changeProofKey();
  assert.equal((await plain.userinfo(token)).status, 401, 'another key');

  const without = await plain.enter(browser);
  const redeemed = await plain.ask('POST', '/oidc/token', {
    ...plain.redemption(without.answer.get('code'), without.verifier),
    ...(await plain.assertion()),
  });
  assert.equal(redeemed.json.error, 'invalid_grant', 'no proof at all');
});

test('P17: what weakens the profile is refused: no push, no PKCE, a secret, a request for another app', async () => {
  const { fields } = plain.parameters();
  const direct = new URL('/oidc/auth', world.origin);
  for (const [name, value] of Object.entries(fields)) direct.searchParams.set(name, value ?? '');
  const shown = await browser.get(direct);
  assert.equal(new URL(shown.url).searchParams.get('error'), 'invalid_request', shown.body);
  assert.equal((await plain.push({ ...fields, code_challenge: undefined })).json.error, 'invalid_request');
  assert.equal((await plain.push({ ...fields, code_challenge_method: 'plain' })).json.error, 'invalid_request');
  assert.equal((await plain.push({ ...fields, redirect_uri: undefined })).json.error, 'invalid_request');
  assert.equal((await plain.push({ ...fields, redirect_uri: 'http://localhost:4001/other' })).status, 400);
  const secret = { client_id: plain.clientId, client_secret: 'kept as a hash' };
  assert.equal((await plain.push(fields, secret)).json.error, 'invalid_client');
  const assertion = await plain.assertion();
  assert.equal((await plain.push(fields, assertion)).status, 201);
  assert.equal((await plain.push(fields, assertion)).json.error, 'invalid_client', 'P9: the same assertion again');
  const endpoint = await plain.sign({ sub: plain.clientId, jti: randomUUID(), aud: `${world.origin}/oidc/par` });
  assert.equal((await plain.push(fields, { ...assertion, client_assertion: endpoint })).json.error, 'invalid_client');

  const pushed = await plain.push(fields);
  const stolen = signed.pushedUrl(pushed.json.request_uri ?? '');
  assert.match((await browser.get(stolen)).url, /\/oidc\/auth/, 'another app gets nothing of it');
  const own = plain.pushedUrl(pushed.json.request_uri ?? '');
  assert.ok(new URL((await browser.get(own)).url).searchParams.get('code'));
  assert.equal(new URL((await browser.get(own)).url).searchParams.get('code'), null, 'P12: used once');
});

test('Message Signing: request, answer, userinfo and introspection are signed, and each says for whom', async () => {
  const { fields, verifier } = signed.parameters({ response_mode: 'jwt' });
  const pushed = await signed.push({ request: await signed.sign({ ...fields }), client_id: signed.clientId });
  assert.equal(pushed.status, 201, pushed.body);
  const shown = await browser.get(signed.pushedUrl(pushed.json.request_uri ?? ''));
  const { searchParams } = new URL(shown.url);
  assert.deepEqual([...searchParams.keys()], ['response'], shown.url);
  const { payload } = await jwtVerify(searchParams.get('response') ?? '', ours(), {
    issuer: world.origin,
    audience: signed.clientId,
  });
  assert.equal(payload.state, 'a-state');
  const { json } = await signed.token(signed.redemption(String(payload.code), verifier));
  assert.equal(json.token_type, 'DPoP', JSON.stringify(json));
  const userinfo = await signed.userinfo(json.access_token ?? '', {}, 'application/jwt');
  assert.equal(userinfo.status, 200, userinfo.body);
  const told = await jwtVerify(userinfo.body, ours(), { issuer: world.origin, audience: signed.clientId });
  assert.equal(told.payload.sub, decodeJwt(json.id_token ?? '').sub);
  assert.ok(told.payload.name);
  const introspected = await signed.ask(
    'POST',
    '/oidc/token/introspection',
    { token: json.access_token, ...(await signed.assertion()) },
    { accept: 'application/token-introspection+jwt' },
  );
  assert.equal(introspected.status, 200, introspected.body);
  assert.equal(decodeProtectedHeader(introspected.body).typ, 'token-introspection+jwt');
  const said = await jwtVerify(introspected.body, ours(), { issuer: world.origin });
  assert.equal((said.payload.token_introspection as { active: boolean }).active, true);
});

test('P7, P14: request objects that are unsigned, signed by somebody else or by no key at all are refused', async () => {
  const { fields } = signed.parameters({ response_mode: 'jwt' });
  const push = async (request: string, client = signed) =>
    (await client.push({ request, client_id: client.clientId })).json.error;
  const now = Math.floor(Date.now() / 1000);
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { ...fields, iss: signed.clientId, aud: world.origin, iat: now, nbf: now, exp: now + 60 };
  const unsigned = `${base64({ alg: 'none' })}.${base64(claims)}.`;
  assert.equal(await push(unsigned), 'invalid_request_object');
  assert.equal((await signed.push(fields)).json.error, 'invalid_request', 'by parameters alone');
  const jwk = signed.keys.publicKey.export({ format: 'jwk' });
  const pem = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const confused = await signed.sign({ ...fields }, { alg: 'HS256', key: Buffer.from(pem) });
  assert.equal(await push(confused), 'invalid_request_object', 'the public key as a secret');
  const hashed = await signed.sign({ ...fields }, { alg: 'HS256', key: Buffer.from('kept as a hash') });
  assert.equal(await push(hashed), 'invalid_request_object');
  const other = await generateKeyPair('ES256');
  const { privateKey } = other as unknown as { privateKey: (typeof signed.keys)['privateKey'] };
  assert.equal(await push(await signed.sign({ ...fields }, { key: privateKey })), 'invalid_request_object');
  const [header = '', , signature = ''] = (await signed.sign({ ...fields })).split('.');
  assert.equal(
    await push(`${header}.${base64({ ...claims, redirect_uri: 'https://evil.example' })}.${signature}`),
    'invalid_request_object',
  );
  const wrong: Record<string, object> = {
    'for somebody else': { aud: 'https://other.example' },
    'of another app': { iss: plain.clientId },
    'about another app': { client_id: plain.clientId },
    over: { nbf: now - 120, exp: now - 60 },
    'for a day': { exp: now + 86_400 },
    'without an end': { exp: undefined },
    'without a beginning': { nbf: undefined },
    'of yesterday': { nbf: now - 86_400 },
    'from tomorrow': { nbf: now + 86_400, exp: now + 86_460 },
    'with a request in it': { request: unsigned },
    'with an address of a request': { request_uri: 'https://169.254.169.254/' },
  };
  for (const [how, more] of Object.entries(wrong))
    assert.match((await push(await signed.sign({ ...fields, ...more }))) ?? '', /invalid_request/, how);
  assert.equal(
    await push(await signed.sign({ ...fields, response_mode: 'query' })),
    'invalid_request',
    'an answer in clear',
  );

  // what stands beside the object does not count
  const beside = await signed.push({
    ...{ request: await signed.sign({ ...fields }), client_id: signed.clientId },
    ...{ redirect_uri: 'https://evil.example/', state: 'other' },
  });
  const shown = await browser.get(signed.pushedUrl(beside.json.request_uri ?? ''));
  assert.equal(answerOf(new URL(shown.url).searchParams).state, 'a-state');
});

test('RFC 9101: an app of the standard profile may sign its request with its keys, and one without keys may not', async () => {
  const standard = await FapiApp.register(world, 'standard');
  const { fields } = standard.parameters();
  const url = new URL('/oidc/auth', world.origin);
  url.searchParams.set('client_id', standard.clientId);
  url.searchParams.set('request', await standard.sign({ ...fields }));
  url.searchParams.set('scope', 'openid');
  url.searchParams.set('response_type', 'code');
  const shown = await browser.get(url);
  assert.ok(new URL(shown.url).searchParams.get('code'), shown.body);
  const { privateKey } = (await generateKeyPair('ES256')) as unknown as {
    privateKey: (typeof signed.keys)['privateKey'];
  };
  const request = await standard.sign({ iss: 'lop-hoc', client_id: 'lop-hoc' }, { key: privateKey });
  const refused = await browser.get(authorizationRequest(world.origin, 'lop-hoc', { request }).url);
  assert.match(refused.url, /invalid_request_object|\/oidc\/auth/);
  assert.doesNotMatch(refused.url, /[?&]code=/);
});

test('userinfo is a JWT of the algorithm of the app for who asks for one, and JSON for everybody else', async () => {
  const { json } = await redeem(world.origin, 'lop-hoc', redemption(await codeFor(browser, world.origin, 'lop-hoc')));
  const ask = async (accept?: string) => {
    const headers = { authorization: `Bearer ${json.access_token}`, ...(accept ? { accept } : {}) };
    const response = await fetch(`${world.origin}/oidc/userinfo`, { headers });
    return { type: response.headers.get('content-type') ?? '', body: await response.text() };
  };
  for (const accept of [undefined, '*/*', 'application/json', 'application/json, application/jwt'])
    assert.match((await ask(accept)).type, /json/, accept);
  const { type, body } = await ask('application/jwt');
  assert.match(type, /^application\/jwt/);
  const { payload } = await jwtVerify(body, ours(), { issuer: world.origin, audience: 'lop-hoc' });
  assert.ok(payload.name);
});

test('a JWT as answer is there for every app that asks, in its own algorithm', async () => {
  const { url } = authorizationRequest(world.origin, 'lop-hoc', { response_mode: 'query.jwt' });
  const response = new URL((await browser.get(url)).url).searchParams.get('response') ?? '';
  const { payload } = await jwtVerify(response, ours(), { issuer: world.origin, audience: 'lop-hoc' });
  assert.ok(payload.code);
});

test('P17: the profile is one choice: nothing weaker beside it is registered', async () => {
  const weak = { code: 'apps/not-safe-enough' };
  await assert.rejects(FapiApp.register(world, 'fapi2', { jwks: null }), weak);
  await assert.rejects(FapiApp.register(world, 'fapi2', { idTokenAlg: 'RS256' }), weak);
  for (const codeProtection of ['nonce', 'none'] as const)
    await assert.rejects(FapiApp.register(world, 'fapi2', { codeProtection }), weak);
  const key = { ...(rsa.publicKey.export({ format: 'jwk' }) as KeySet['keys'][number]), alg: 'RS256' };
  await assert.rejects(FapiApp.register(world, 'fapi2', { jwks: { keys: [key] } }), weak);
  await assert.rejects(FapiApp.register(world, 'fapi2', { kind: 'spa', jwks: null }), weak);
});

test('P17: a key that could sign RS256 does so for an app of the standard profile, never for one of FAPI', async () => {
  const jwks = { keys: [rsa.publicKey.export({ format: 'jwk' }) as KeySet['keys'][number]] };
  const answers = async (profile: 'standard' | 'fapi2' | 'fapi2-signed', alg: 'RS256' | 'PS256') => {
    const app = await FapiApp.register(world, profile, { jwks });
    const signing = { alg, key: rsa.privateKey };
    const assertion = async () => ({
      ...(await app.assertion()),
      client_assertion: await app.sign({ sub: app.clientId, jti: randomUUID() }, signing),
    });
    const { fields } = app.parameters(profile === 'fapi2-signed' ? { response_mode: 'jwt' } : {});
    const request = { request: await app.sign({ ...fields }, signing), client_id: app.clientId };
    const ofRequest = await app.push(request, {
      ...(await app.assertion()),
      client_assertion: await app.sign({ sub: app.clientId, jti: randomUUID() }, { ...signing, alg: 'PS256' }),
    });
    const ofAssertion = await app.push(profile === 'fapi2-signed' ? request : fields, await assertion());
    return [ofAssertion.json.error, ofRequest.json.error];
  };
  assert.deepEqual(await answers('standard', 'RS256'), [undefined, undefined]);
  for (const profile of ['fapi2', 'fapi2-signed'] as const) {
    assert.deepEqual(await answers(profile, 'PS256'), [undefined, undefined], profile);
    assert.deepEqual(await answers(profile, 'RS256'), ['invalid_client', 'invalid_request_object'], profile);
  }
});

test('discovery says what there is, and nothing that is off', async () => {
  const response = await fetch(`${world.origin}/.well-known/openid-configuration`);
  const known = (await response.json()) as Record<string, unknown>;
  assert.deepEqual(known.request_object_signing_alg_values_supported, ['ES256', 'PS256', 'EdDSA', 'Ed25519', 'RS256']);
  assert.equal(known.claims_parameter_supported, true);
  assert.equal(known.request_uri_parameter_supported, false);
  assert.ok((known.response_modes_supported as string[]).includes('jwt'));
  assert.equal(known.backchannel_authentication_endpoint, `${world.origin}/oidc/backchannel`);
  assert.deepEqual(known.backchannel_token_delivery_modes_supported, ['poll', 'ping']);
  assert.deepEqual(known.authorization_details_types_supported, [
    'acting_for',
    'credential',
    'https://cloudsignatureconsortium.org/2025/credential',
  ]);
  assert.equal(known.registration_endpoint, `${world.origin}/oidc/register`);
  for (const name of ['mtls_endpoint_aliases', 'client_id_metadata_document_supported'])
    assert.equal(known[name], undefined, name);
  assert.doesNotMatch(JSON.stringify(known), /HS256|"none"\]?,"HS|RSA1_5/);
});
