import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { exportJWK, SignJWT } from 'jose';
import { sql } from 'kysely';
import * as oidc from 'openid-client';
import { FapiApp } from '../../testing/fapi.ts';
import { type TestIdp, testIdp } from '../../testing/idp.ts';

/** What the world sees; the service itself listens elsewhere, behind a proxy. */
const address = 'https://id.so.example';
const mtlsAddress = 'https://mtls.id.so.example';
const environment = { EDUTRUST_URL: address, EDUTRUST_MTLS_URL: mtlsAddress, EDUTRUST_TRUSTED_PROXIES: 'loopback' };
const streams = '/ssf/streams';
const fapiMachine = { kind: 'machine', redirectUris: [], scopes: ['ssf.read', 'documents'] } as const;

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

describe('an access token at an API of ours', () => {
  let world: TestIdp;
  let second: Awaited<ReturnType<TestIdp['secondInstance']>>;
  let folder: string;
  let own: string;
  let others: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edutrust-bound-'));
    world = await testIdp(environment);
    second = await world.secondInstance();
    [own, others] = await Promise.all([certificate('own'), certificate('others')]);
  });
  after(async () => {
    await second?.close();
    await world?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function certificate(name: string): Promise<string> {
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
    const out = ['-subj', '/CN=van-thu', '-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)];
    execFileSync('openssl', ['req', ...kind, ...out], { stdio: 'ignore' });
    return readFile(join(folder, `${name}.pem`), 'utf8');
  }

  /** The proxy: at the host of certificates, and there alone, it says which one it saw. */
  function through(
    url: string,
    { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string },
    { certificate: seen, at = world.origin }: { certificate?: string | undefined; at?: string } = {},
  ): Promise<Answered> {
    const { host, pathname, search } = new URL(url);
    const { 'client-cert': forged, ...rest } = headers;
    const passed = host === new URL(mtlsAddress).host ? seen && encodeURIComponent(seen) : forged;
    return new Promise((resolve, reject) => {
      const sent = { ...rest, host, ...(passed ? { 'client-cert': passed } : {}) };
      const asking = request(`${at}${pathname}${search}`, { method, headers: sent }, (response) => {
        const chunks: Buffer[] = [];
        response
          .on('data', (chunk) => chunks.push(chunk))
          .on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString(),
            }),
          );
      });
      asking.on('error', reject).end(body);
    });
  }

  /** openid-client, which is nothing of ours, for an app with its key or its certificate. */
  async function libraryFor(app: FapiApp, seen?: string): Promise<oidc.Configuration> {
    const { privateKey } = app.keys;
    const key = await crypto.subtle.importKey(
      'jwk',
      privateKey.export({ format: 'jwk' }),
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    );
    const fetched: oidc.CustomFetch = async (url, { method, headers, body }) => {
      const text = body === undefined || body === null ? {} : { body: String(body) };
      const answer = await through(url, { method, headers, ...text }, { certificate: seen });
      const named = Object.entries(answer.headers).flatMap(([name, value]) => (value ? [[name, String(value)]] : []));
      return new Response(answer.status === 204 ? null : answer.body, {
        status: answer.status,
        headers: named as [string, string][],
      });
    };
    const authentication = seen ? oidc.TlsClientAuth() : oidc.PrivateKeyJwt(key);
    return oidc.discovery(
      new URL(address),
      app.clientId,
      { use_mtls_endpoint_aliases: seen !== undefined },
      authentication,
      {
        [oidc.customFetch]: fetched,
      },
    );
  }

  type Claims = Readonly<Record<string, unknown>>;
  type ProofKeys = { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  const newKeys = (): ProofKeys => generateKeyPairSync('ec', { namedCurve: 'P-256' });

  async function proofBy({ privateKey, publicKey }: ProofKeys, claims: Claims, jwk?: object): Promise<string> {
    const iat = Math.floor(Date.now() / 1000);
    return new SignJWT({ htm: 'GET', htu: `${address}${streams}`, jti: randomUUID(), iat, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: jwk ?? (await exportJWK(publicKey)) })
      .sign(privateKey);
  }

  const athOf = (token: string) => createHash('sha256').update(token).digest('base64url');

  /** A token of an app for itself, bound to a key whose proofs are made here. */
  async function boundToken(profile: 'standard' | 'fapi2' = 'fapi2') {
    const app = await FapiApp.register(world, profile, fapiMachine);
    const keys = newKeys();
    const nonces: string[] = [];
    const htu = `${address}/oidc/token`;
    const ask = async () => {
      const assertion = await app.sign({ sub: app.clientId, jti: randomUUID(), aud: address });
      const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
      const form = { client_id: app.clientId, client_assertion_type: type, client_assertion: assertion };
      const nonce = nonces.at(-1);
      const answer = await through(htu, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          dpop: await proofBy(keys, { htm: 'POST', htu, ...(nonce ? { nonce } : {}) }),
        },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'ssf.read', ...form }).toString(),
      });
      if (answer.headers['dpop-nonce']) nonces.push(String(answer.headers['dpop-nonce']));
      return JSON.parse(answer.body);
    };
    const first = await ask();
    const { access_token: token, token_type } = first.error === 'use_dpop_nonce' ? await ask() : first;
    assert.equal(token_type, 'DPoP');
    return { app, keys, token, nonce: nonces.at(-1) ?? '' };
  }

  const get = (headers: Record<string, string>, options?: { at?: string; url?: string }) =>
    through(options?.url ?? `${address}${streams}`, { headers }, options);

  test('P8: openid-client gets one that is bound to its key and goes on with it, nonces and all', async () => {
    const app = await FapiApp.register(world, 'fapi2', fapiMachine);
    const library = await libraryFor(app);
    const DPoP = oidc.getDPoPHandle(library, await oidc.randomDPoPKeyPair('ES256'));
    const wish = { scope: 'ssf.read' };
    const { access_token, token_type } = await oidc.clientCredentialsGrant(library, wish, { DPoP });
    assert.equal(token_type, 'dpop');
    for (const path of [streams, streams, '/ssf/status?stream_id=none']) {
      const url = new URL(path, address);
      const answer = await oidc.fetchProtectedResource(library, access_token, url, 'GET', null, undefined, { DPoP });
      assert.equal(answer.status, path === streams ? 200 : 404, `${path} ${await answer.text()}`);
    }
    const other = oidc.getDPoPHandle(library, await oidc.randomDPoPKeyPair('ES256'));
    const stolen = oidc.fetchProtectedResource(
      library,
      access_token,
      new URL(streams, address),
      'GET',
      null,
      undefined,
      {
        DPoP: other,
      },
    );
    await assert.rejects(stolen, (error) => error instanceof oidc.WWWAuthenticateChallengeError);
  });

  test('P8: bound to a key it is worth nothing without it, as a plain one, or with a proof that is not of this request', async () => {
    const { keys, token, nonce } = await boundToken();
    const ath = athOf(token);
    const attempt = async (claims: Claims = {}, by = keys, jwk?: object) =>
      get({ authorization: `DPoP ${token}`, dpop: await proofBy(by, { ath, nonce, ...claims }, jwk) });
    assert.equal((await attempt()).status, 200, 'the nonce of the token endpoint is one here');
    const refused = async (how: string, answer: Answered, error: string) => {
      assert.equal(answer.status, 401, how);
      assert.match(String(answer.headers['www-authenticate']), new RegExp(`^DPoP .*error="${error}"`), how);
    };
    const downgraded = { authorization: `Bearer ${token}` };
    await refused('as a plain one', await get(downgraded), 'invalid_token');
    const right = await proofBy(keys, { ath, nonce });
    await refused('as a plain one with a proof', await get({ ...downgraded, dpop: right }), 'invalid_token');
    await refused('another key', await attempt({}, newKeys()), 'invalid_token');
    await refused('no proof', await get({ authorization: `DPoP ${token}` }), 'invalid_dpop_proof');
    for (const [how, claims] of Object.entries({
      'another method': { htm: 'POST' },
      'another path': { htu: `${address}/ssf/status` },
      'where the service listens': { htu: `${world.origin}${streams}` },
      'another scheme': { htu: `http://id.so.example${streams}` },
      'another token': { ath: athOf('other') },
      'no token': { ath: undefined },
      'no jti': { jti: undefined },
      'no time': { iat: undefined },
      'over by itself': { exp: 1 },
    }))
      await refused(how, await attempt(claims), 'invalid_dpop_proof');
    await refused(
      'a private key in it',
      await attempt({}, keys, await exportJWK(keys.privateKey)),
      'invalid_dpop_proof',
    );
    const [, payload = ''] = right.split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'dpop+jwt', jwk: await exportJWK(keys.publicKey) }));
    const unsigned = `${none.toString('base64url')}.${payload}.`;
    for (const dpop of [unsigned, `${right}, ${right}`, 'x'])
      await refused(dpop.slice(-9), await get({ authorization: `DPoP ${token}`, dpop }), 'invalid_dpop_proof');
    for (const wrong of [undefined, 'made-up']) {
      const answer = await attempt({ nonce: wrong });
      await refused(`nonce ${wrong}`, answer, 'use_dpop_nonce');
      const given = String(answer.headers['dpop-nonce']);
      assert.equal((await attempt({ nonce: given })).status, 200, 'with the nonce of the refusal');
    }
  });

  test('P8: a proof is taken once, by whichever process, for as long as a fast clock makes it last', async () => {
    const { keys, token, nonce } = await boundToken();
    const bound = { authorization: `DPoP ${token}`, dpop: await proofBy(keys, { ath: athOf(token), nonce }) };
    assert.equal((await get(bound)).status, 200);
    const again = await get(bound, { at: second.origin });
    assert.equal(again.status, 401, 'another process');
    assert.match(String(again.headers['www-authenticate']), /error="invalid_dpop_proof"/);
    const many = { authorization: bound.authorization, dpop: await proofBy(keys, { ath: athOf(token), nonce }) };
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => get(many, index % 2 ? { at: second.origin } : {})),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(7).fill(401)]);

    const plain = await boundToken('standard');
    const ahead = Math.floor(Date.now() / 1000) + 280;
    const jti = randomUUID();
    const proof = await proofBy(plain.keys, { ath: athOf(plain.token), jti, iat: ahead });
    assert.equal(
      (await get({ authorization: `DPoP ${plain.token}`, dpop: proof })).status,
      200,
      'no nonce is asked for',
    );
    const id = createHash('sha256').update(`${plain.app.clientId}\0${jti}`).digest('base64url');
    const { rows } = await sql<{ isKept: boolean }>`
      SELECT expires_at > to_timestamp(${ahead + 300}) AS "isKept" FROM idp.replay WHERE id = ${id}`.execute(
      world.context.db,
    );
    assert.deepEqual(rows, [{ isKept: true }], 'until the proof itself is too old');
    for (const iat of [ahead + 60, ahead - 620]) {
      const late = await proofBy(plain.keys, { ath: athOf(plain.token), iat });
      assert.equal((await get({ authorization: `DPoP ${plain.token}`, dpop: late })).status, 401, String(iat));
    }
  });

  test('P16: bound to a certificate it is worth nothing without it, with another one, or where none is asked for', async () => {
    const app = await FapiApp.register(world, 'fapi2', { ...fapiMachine, certificates: [own] });
    const library = await libraryFor(app, own);
    const { access_token } = await oidc.clientCredentialsGrant(library, { scope: 'ssf.read' });
    const url = `${mtlsAddress}${streams}`;
    const answer = await oidc.fetchProtectedResource(library, access_token, new URL(url), 'GET');
    assert.equal(answer.status, 200, await answer.text());
    const headers = { authorization: `Bearer ${access_token}` };
    const status = async (at: string, seen?: string, more: Record<string, string> = {}) =>
      (await through(at, { headers: { ...headers, ...more } }, { certificate: seen })).status;
    assert.equal(await status(url), 401, 'without it');
    assert.equal(await status(url, others), 401, 'another one');
    const forged = { 'client-cert': encodeURIComponent(own) };
    assert.equal(await status(`${address}${streams}`, undefined, forged), 401, 'written by the caller');
    world.clock.moveSeconds(31 * 24 * 3600);
    assert.equal(await status(url, own), 401, 'a certificate that is over');
  });

  test('a plain one stays plain: no proof makes it a bound one, and none at all is told both schemes', async () => {
    const none = await get({});
    assert.equal(none.status, 401);
    assert.match(String(none.headers['www-authenticate']), /^Bearer realm="[^"]+", DPoP realm="[^"]+", algs="ES256 /);
    assert.doesNotMatch(String(none.headers['www-authenticate']), /error/);
    const token = 'a'.repeat(43);
    const keys = newKeys();
    const dpop = await proofBy(keys, { ath: athOf(token) });
    assert.equal((await get({ authorization: `DPoP ${token}`, dpop })).status, 401, 'of no token');
    const query = await get({}, { url: `${address}${streams}?access_token=${token}` });
    assert.equal(query.status, 401, 'in the address');
  });
});
