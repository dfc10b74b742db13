import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { decodeJwt } from 'jose';
import { FapiApp } from '../../testing/fapi.ts';
import { appOrigins, codeFor, redeem, redemption, type TestIdp, testIdp } from '../../testing/idp.ts';
import { changeApp } from '../apps/apps.ts';

/** Where the proxy asks for certificates; it passes the host on. */
const mtlsHost = 'mtls.localhost:8443';
const asked = { EDUTRUST_MTLS_URL: `https://${mtlsHost}`, EDUTRUST_TRUSTED_PROXIES: 'loopback' };
const setup = { kind: 'system', name: 'setup' } as const;
let world: TestIdp;
let browser: TestBrowser;
let own: string;
let others: string;
let short: string;

async function certificate(
  name: string,
  days: number,
  kind = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-mtls-'));
  const file = (ending: string) => join(folder, `${name}.${ending}`);
  const key = ['-newkey', ...kind, '-nodes', '-keyout', file('key')];
  const about = ['-subj', `/CN=${name}`, '-days', String(days), '-out', file('pem')];
  execFileSync('openssl', ['req', '-x509', ...key, ...about], { stdio: 'ignore' });
  return readFile(file('pem'), 'utf8');
}

before(async () => {
  [own, others, short] = await Promise.all([
    certificate('hoc-ba', 30),
    certificate('hoc-ba', 30), // the same name
    certificate('cu', 1),
  ]);
  world = await testIdp(asked);
  browser = new TestBrowser({ stopAt: appOrigins });
  await world.signIn(browser, await world.activate(world.city.people.teacher));
});
after(() => world[Symbol.asyncDispose]());

/** As nginx writes it (`$ssl_client_escaped_cert`), and as RFC 9440 has it. */
const escaped = (pem: string) => encodeURIComponent(pem);
const structured = (pem: string) => `:${pem.replaceAll(/-----[A-Z ]+-----|\s/g, '')}:`;

/** A request as a proxy sends it on: with the header, for the host. */
function through(
  path: string,
  fields: Record<string, string | undefined> | undefined,
  { cert, host = mtlsHost, origin = world.origin, ...headers }: Record<string, string | undefined>,
): Promise<{ status: number; json: Record<string, string> }> {
  return new Promise((resolve, reject) => {
    const url = new URL(path, origin);
    const body =
      fields && new URLSearchParams(Object.entries(fields).flatMap(([n, v]) => (v ? [[n, v]] : []))).toString();
    const sent = request(
      url,
      {
        method: body ? 'POST' : 'GET',
        headers: {
          host,
          ...(cert ? { 'client-cert': cert } : {}),
          ...(body ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
          ...(headers.authorization ? { authorization: headers.authorization } : {}),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response
          .on('data', (chunk) => chunks.push(chunk))
          .on('end', () => {
            const text = Buffer.concat(chunks).toString();
            resolve({ status: response.statusCode ?? 0, json: text.startsWith('{') ? JSON.parse(text) : {} });
          });
      },
    );
    sent.on('error', reject).end(body);
  });
}

test('P16: an app proves itself by its certificate, and its tokens are worth nothing without it', async () => {
  const app = await FapiApp.register(world, 'fapi2', { certificates: [own] });
  const { fields, verifier } = app.parameters();
  for (const cert of [escaped(own), structured(own)])
    assert.equal((await through('/oidc/par', fields, { cert })).status, 201, cert.slice(0, 20));
  const pushed = await through('/oidc/par', fields, { cert: escaped(own) });
  const shown = await browser.get(app.pushedUrl(pushed.json.request_uri ?? ''));
  const code = new URL(shown.url).searchParams.get('code');
  const redemption = { ...app.redemption(code, verifier), client_id: app.clientId };
  const { json } = await through('/oidc/token', redemption, { cert: structured(own) });
  assert.equal(json.token_type, 'Bearer', JSON.stringify(json));
  const authorization = `Bearer ${json.access_token}`;
  const userinfo = (sent: Record<string, string>) => through('/oidc/userinfo', undefined, { authorization, ...sent });
  assert.equal((await userinfo({ cert: escaped(own) })).status, 200);
  assert.equal((await userinfo({})).status, 401, 'without it');
  assert.equal((await userinfo({ cert: escaped(others) })).status, 401, 'with another one');
  assert.equal(
    (await userinfo({ cert: escaped(own), host: new URL(world.origin).host })).status,
    401,
    'at the address where none is asked for',
  );
  assert.equal((await fetch(`${world.origin}/oidc/userinfo`, { headers: { authorization } })).status, 401);
});

test('P16: what an app with a certificate gets by an exchange is bound to it as well', async () => {
  const means = { vi: 'Gọi.', en: 'Call.' };
  const [called, calling] = ['https://duoc-goi.example', 'https://dich-vu.example'];
  const apiOf = (identifier: string) => ({ api: { identifier, scopes: [{ name: 'goi', means }] } });
  const access = (identifier: string) => ({ apiAccess: [{ identifier, scopes: ['goi'] }] });
  await FapiApp.register(world, 'standard', apiOf(called));
  const exchanges = { certificates: [own], exchangesTokens: true, ...apiOf(calling), ...access(called) };
  const app = await FapiApp.register(world, 'standard', exchanges);
  await world.context.db.transaction().execute((tx) => changeApp(tx, 'lop-hoc', access(calling), setup));
  world.clock.moveSeconds(4);
  const asked = { scope: 'openid goi', resource: calling };
  const code = await codeFor(browser, world.origin, 'lop-hoc', asked);
  const given = await redeem(world.origin, 'lop-hoc', { ...redemption(code), resource: calling });
  const { json } = await through(
    '/oidc/token',
    {
      client_id: app.clientId,
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: given.json.access_token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: called,
    },
    { cert: escaped(own) },
  );
  const held = decodeJwt<{ cnf?: { 'x5t#S256'?: string } }>(json.access_token ?? '');
  const thumbprint = createHash('sha256').update(new X509Certificate(own).raw).digest('base64url');
  assert.equal(held.cnf?.['x5t#S256'], thumbprint, JSON.stringify(json));
});

test('P16: a certificate that is not exactly one of the app, is over, or is no certificate proves nothing', async () => {
  const app = await FapiApp.register(world, 'fapi2', { certificates: [own, short] });
  const { fields } = app.parameters();
  const push = async (cert?: string, more: Record<string, string> = {}) =>
    (await through('/oidc/par', fields, { ...(cert ? { cert } : {}), ...more })).json.error;
  assert.equal(await push(escaped(own)), undefined);
  assert.equal(await push(escaped(short)), undefined);
  world.clock.moveSeconds(2 * 24 * 3600);
  assert.equal(await push(escaped(short)), 'invalid_client', 'over since a day');
  assert.equal(await push(escaped(own)), undefined);
  for (const [how, cert] of Object.entries({
    'of the same name': escaped(others),
    'no base64': ':%%%:',
    'base64 of nothing': ':AAAA:',
    'a header': '-----BEGIN CERTIFICATE-----',
    'two of them': `${structured(own)}, ${structured(others)}`,
  }))
    assert.equal(await push(cert), 'invalid_client', how);
  assert.equal(await push(), 'invalid_client', 'none');
  const secret = { client_secret: 'kept as a hash' };
  assert.equal((await through('/oidc/par', { ...fields, ...secret }, {})).json.error, 'invalid_client');
});

test('P16: what strangers write into the header is never believed', async () => {
  for (const environment of [
    { ...asked, EDUTRUST_TRUSTED_PROXIES: '192.0.2.7' },
    { EDUTRUST_TRUSTED_PROXIES: 'loopback' },
  ]) {
    await using other = await testIdp(environment);
    const app = await FapiApp.register(other, 'standard', { certificates: [own] });
    const { fields } = app.parameters();
    const refused = await through('/oidc/par', fields, { cert: escaped(own), origin: other.origin });
    assert.match(refused.json.error ?? '', /^invalid_client/, JSON.stringify(environment));
  }
  const app = await FapiApp.register(world, 'fapi2', { certificates: [own] });
  const { fields } = app.parameters();
  for (const host of [new URL(world.origin).host, 'mtls.localhost', 'mtls.localhost:443', ''])
    assert.notEqual((await through('/oidc/par', fields, { cert: escaped(own), host })).status, 201, `host ${host}`);
});

test('discovery names the addresses where certificates are asked for, and they are the address of the operator', async () => {
  const response = await fetch(`${world.origin}/.well-known/openid-configuration`, {
    headers: { host: 'evil.example' },
  });
  const known = (await response.json()) as { mtls_endpoint_aliases: Record<string, string> };
  assert.equal(known.mtls_endpoint_aliases.token_endpoint, `https://${mtlsHost}/oidc/token`);
  assert.equal(known.mtls_endpoint_aliases.pushed_authorization_request_endpoint, `https://${mtlsHost}/oidc/par`);
  for (const address of Object.values(known.mtls_endpoint_aliases)) assert.equal(new URL(address).host, mtlsHost);
});

test('only what is a certificate of an app that can keep its key is registered', async () => {
  const bad = { code: 'apps/bad-certificate' };
  await assert.rejects(FapiApp.register(world, 'standard', { certificates: ['no certificate'] }), bad);
  await assert.rejects(FapiApp.register(world, 'standard', { certificates: [own], kind: 'spa' }), bad);
  const short = await certificate('ngan', 1, ['rsa:1024']);
  await assert.rejects(FapiApp.register(world, 'standard', { certificates: [short] }), bad);
  await assert.rejects(
    FapiApp.register(world, 'standard', { certificates: [own], jwksUri: 'https://app.example/jwks' }),
    bad,
  );
});
