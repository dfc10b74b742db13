import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { startSlapd } from '@edutrust/testing/slapd';
import { Client } from 'ldapts';
import type { Finding } from '../connector.ts';
import type { Settings } from './client.ts';
import { examineLdap } from './examine.ts';

/** What is said of the first step that is not good; a remedy stands beside everything that is not. */
async function firstFault(settings: Settings, secret: string): Promise<Finding | undefined> {
  const found: Finding[] = [];
  for await (const finding of examineLdap({ settings, secret } as Parameters<typeof examineLdap>[0]))
    found.push(finding);
  for (const { state, next } of found) assert.equal(next !== null, state !== 'good');
  return found.find(({ state }) => state !== 'good');
}

async function untrustedServer(days: string, name: string) {
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-tls-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const given = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`];
  execFileSync('openssl', ['req', ...given, '-days', days, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const server = createServer({ key: await readFile(key), cert: await readFile(certificate) }).listen(0, '127.0.0.1');
  await rm(folder, { recursive: true });
  const port = () => (server.address() as AddressInfo).port;
  return { url: () => `ldaps://localhost:${port()}`, [Symbol.asyncDispose]: async () => void server.close() };
}

test('what is wrong with a directory is one sentence with a remedy, for each kind of fault', async () => {
  await using slapd = await startSlapd();
  const right = { url: slapd.url, baseDn: slapd.baseDn, bindDn: slapd.bindDn };
  const fault = async (other: Partial<Settings>, secret = slapd.bindPassword) => {
    const found = await firstFault({ ...right, ...other }, secret);
    return [found?.step, found?.next?.en ?? ''] as const;
  };
  assert.equal(await firstFault(right, slapd.bindPassword), undefined);
  const told: [string | undefined, RegExp, readonly [string | undefined, string]][] = [
    ['connection', /firewall/, await fault({ url: 'ldap://127.0.0.1:1' })],
    ['credentials', /password again/, await fault({}, 'wrong')],
    ['base', /Create it/, await fault({ baseDn: 'ou=khac,dc=so,dc=edu,dc=vn' })],
    ['schema', /nis/, await fault({ profile: 'posix' })],
    ['schema', /Active Directory/, await fault({ profile: 'activeDirectory', domain: 'so.edu.vn' })],
  ];
  for (const [step, remedy, [at, next]] of told) {
    assert.equal(at, step);
    assert.match(next, remedy);
  }
});

test('a certificate that nobody trusts is told from a server that is away', async () => {
  await using server = await untrustedServer('30', 'localhost');
  const found = await firstFault({ url: server.url(), baseDn: 'dc=x', bindDn: 'cn=x' }, 'x');
  assert.equal(found?.step, 'connection');
  assert.match(found?.next?.en ?? '', /does not trust its issuer.*NODE_EXTRA_CA_CERTS/);
});

test('D4: an account that may not read everyone is known by the doctor, not by people who are missing', async () => {
  const account = 'cn=edutrust,dc=so,dc=edu,dc=vn';
  const lines = [
    'access to * by * manage',
    'limits dn.exact="cn=edutrust,dc=so,dc=edu,dc=vn" size.prtotal=600 size.hard=600',
  ];
  await using slapd = await startSlapd({ lines });
  const client = new Client({ url: slapd.url });
  await client.bind(slapd.bindDn, slapd.bindPassword);
  await client.add(account, { objectClass: ['organizationalRole', 'simpleSecurityObject'], userPassword: 'mat-khau' });
  await client.add(`ou=people,${slapd.baseDn}`, { objectClass: 'organizationalUnit' });
  const add = (uid: string) =>
    client.add(`uid=${uid},ou=people,${slapd.baseDn}`, { objectClass: 'inetOrgPerson', cn: uid, sn: uid });
  for (let number = 0; number < 700; number += 1) await add(String(number));
  await client.unbind();
  const found = await firstFault({ url: slapd.url, baseDn: slapd.baseDn, bindDn: account }, 'mat-khau');
  assert.equal(found?.step, 'limits');
  assert.match(found?.sentence.en ?? '', /stops after 500 people/);
  assert.match(found?.next?.en ?? '', /limits dn\.exact="cn=edutrust,dc=so,dc=edu,dc=vn" size=unlimited/);
});
