import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { SignJWT } from 'jose';
import { type TestIdp, testIdp } from '../../testing/idp.ts';
import { changeApp, type NewApp, registerApp, rotateSecret } from './apps.ts';
import { assertionAlgorithms, type KeySet, keysOf } from './keys.ts';

const setup = { kind: 'system', name: 'setup' } as const;
const pairs = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  PS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  EdDSA: generateKeyPairSync('ed25519'),
};
const jwkOf = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid }) as KeySet['keys'][number];
const everyKey: KeySet = { keys: Object.entries(pairs).map(([kid, { publicKey }]) => jwkOf(publicKey, kid)) };
let world: TestIdp;

before(async () => {
  world = await testIdp();
});
after(() => world[Symbol.asyncDispose]());

const within = <Result>(act: (transaction: Parameters<typeof registerApp>[0]) => Promise<Result>) =>
  world.context.db.transaction().execute(act);

const register = (input: Partial<NewApp>) =>
  within((transaction) =>
    registerApp(
      transaction,
      {
        name: 'Máy đồng bộ',
        purpose: { vi: 'Thử.', en: 'A try.' },
        kind: 'machine',
        organisationId: world.city.departmentId,
        ...input,
      },
      setup,
      world.clock.now(),
    ),
  );

interface Signing {
  readonly alg?: (typeof assertionAlgorithms)[number];
  readonly key?: KeyObject;
  readonly claims?: Record<string, unknown>;
}

function assertion(clientId: string, { alg = 'ES256', key, claims = {} }: Signing = {}) {
  const pair = pairs[alg === 'Ed25519' ? 'EdDSA' : alg === 'RS256' ? 'PS256' : alg];
  const seconds = Math.floor(Date.now() / 1000); // the library's clock
  return new SignJWT({
    ...{ iss: clientId, sub: clientId, aud: world.origin, jti: randomUUID(), iat: seconds, exp: seconds + 60 },
    ...claims,
  })
    .setProtectedHeader({ alg })
    .sign(key ?? pair.privateKey);
}

async function tokenFor(client_assertion: string): Promise<{ status: number; error?: string }> {
  const response = await fetch(`${world.origin}/oidc/token`, {
    method: 'POST',
    body: new URLSearchParams({
      ...{ grant_type: 'client_credentials', client_assertion },
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    }),
  });
  const { error } = (await response.json()) as { error?: string };
  return { status: response.status, ...(error ? { error } : {}) };
}

const refused = { status: 401, error: 'invalid_client' };

test('P9: an app proves itself by each of its keys, and with no assertion that is not wholly right', async () => {
  const { app, clientSecret } = await register({ jwks: everyKey });
  assert.equal(clientSecret, undefined, 'no secret beside the keys');
  const { clientId } = app;
  for (const alg of assertionAlgorithms)
    assert.deepEqual(await tokenFor(await assertion(clientId, { alg })), { status: 200 }, alg);
  const seconds = Math.floor(Date.now() / 1000);
  const wrong: Record<string, Signing> = {
    'another key': { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey },
    'the token endpoint as audience': { claims: { aud: `${world.origin}/oidc/token` } },
    'more than one audience': { claims: { aud: [world.origin, 'https://other.example'] } },
    'another issuer': { claims: { iss: 'app-other' } },
    'over since a minute': { claims: { exp: seconds - 60 } },
    'for a day': { claims: { exp: seconds + 86_400 } },
    'without an end': { claims: { exp: undefined } },
    'without a number': { claims: { jti: undefined } },
  };
  for (const [how, signing] of Object.entries(wrong))
    assert.deepEqual(await tokenFor(await assertion(clientId, signing)), refused, how);
});

test('P9: of fifty uses of one assertion at once one succeeds', async () => {
  const { app } = await register({ jwks: everyKey });
  const once = await assertion(app.clientId);
  const answers = await Promise.all(Array.from({ length: 50 }, () => tokenFor(once)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
});

test('keys end the secret for good, and an app with keys gets no other', async () => {
  const { app, clientSecret = '' } = await register({});
  const { clientId } = app;
  const withSecret = async () => {
    const response = await fetch(`${world.origin}/oidc/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    return response.status;
  };
  assert.equal(await withSecret(), 200);
  assert.deepEqual(await tokenFor(await assertion(clientId)), refused, 'no keys yet');
  await within((transaction) => changeApp(transaction, clientId, { jwks: everyKey }, setup));
  world.clock.moveSeconds(4);
  assert.equal(await withSecret(), 401);
  assert.deepEqual(await tokenFor(await assertion(clientId)), { status: 200 });
  await assert.rejects(
    within((transaction) => rotateSecret(transaction, clientId, setup, world.clock.now())),
    { code: 'apps/has-keys' },
  );
  await within((transaction) => changeApp(transaction, clientId, { jwks: null }, setup));
  world.clock.moveSeconds(4);
  assert.equal(await withSecret(), 401, 'it does not come back');
  assert.deepEqual(await tokenFor(await assertion(clientId)), refused);
  const { clientSecret: next } = await within((transaction) =>
    rotateSecret(transaction, clientId, setup, world.clock.now()),
  );
  assert.ok(next);
});

test('keys are read at the address that the app gives, as far as it is short and says keys', async () => {
  let answer: { status: number; body: string } = { status: 200, body: JSON.stringify(everyKey) };
  const server = createServer((_request, response) => {
    response.writeHead(answer.status, { location: '/other', 'cache-control': 'max-age=31536000' });
    response.end(answer.body);
  });
  const { port } = await listening(server);
  const addressed = async () => (await register({ jwksUri: `http://localhost:${port}/jwks` })).app.clientId;
  assert.deepEqual(await tokenFor(await assertion(await addressed())), { status: 200 });
  for (const bad of [
    { status: 302, body: '' },
    { status: 200, body: `{"keys":[${' '.repeat(70_000)}]}` },
    { status: 200, body: 'no JSON' },
    { status: 200, body: '{"keys":[]}' },
  ]) {
    answer = bad;
    assert.notEqual((await tokenFor(await assertion(await addressed()))).status, 200, JSON.stringify(bad).slice(0, 40));
  }
  server.close();
});

test('P12: an address inside private networks is refused when it is registered', async () => {
  const administrator = await world.enter(world.city.people.administrator);
  for (const address of ['https://169.254.169.254/jwks', 'https://10.1.2.3/jwks', 'https://[fd00::1]/jwks']) {
    const { status, json } = await administrator.json(`${world.origin}/api/v1/apps`, {
      ...{ name: 'Máy', kind: 'machine', organisationId: world.city.departmentId, jwksUri: address },
    });
    assert.deepEqual([status, json.code], [400, 'apps/private-address'], address);
  }
});

test('only public keys of the allowed kinds are taken, and only from those who can keep the private half', async () => {
  const bad: Record<string, KeySet['keys'][number]> = {
    'a private key': jwkOf(pairs.ES256.privateKey, 'private'),
    'a short RSA key': jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey, 'short'),
    'another curve': jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey, 'curve'),
    'another algorithm than ours': { ...jwkOf(pairs.PS256.publicKey, 'rs'), alg: 'RS512' },
    'no key': { kty: 'EC' },
  };
  for (const [what, key] of Object.entries(bad))
    assert.throws(() => keysOf({ jwks: { keys: [key] } }), { code: 'apps/bad-keys' }, what);
  const kept = keysOf({ jwks: { keys: [{ ...jwkOf(pairs.ES256.publicKey, 'k'), ...{ more: 'x'.repeat(9) } }] } });
  assert.doesNotMatch(JSON.stringify(kept), /more/);
  await assert.rejects(register({ jwks: everyKey, jwksUri: 'https://app.example/jwks' }), { code: 'apps/bad-keys' });
  await assert.rejects(register({ kind: 'spa', redirectUris: ['https://app.example/in'], jwks: everyKey }), {
    code: 'apps/bad-keys',
  });
});

async function listening(server: Server): Promise<AddressInfo> {
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return server.address() as AddressInfo;
}
