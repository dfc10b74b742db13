import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { getCACertificates } from 'node:tls';
import { readConfig, trustAuthorities } from './config.ts';

test('each bad value is refused with its name and the reason', () => {
  const bad: [string, string][] = [
    ['EDUTRUST_TRUSTED_PROXIES', 'banana'],
    ['EDUTRUST_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['EDUTRUST_TRUSTED_PROXIES', '127.0.0.1,'.concat('::1/129')],
    ['EDUTRUST_HOST', 'not a host!!'],
    ['EDUTRUST_MAIL_FROM', 'a@b.vn\r\nBcc: c@d.vn'],
    ['EDUTRUST_MAIL_FROM', 'nobody'],
    ['EDUTRUST_SECRET', '00'.repeat(32)],
    ['EDUTRUST_METRICS_TOKEN', 'x'],
    ['DATABASE_URL', 'postgres://u@h1,h2:5433/db?target_session_attrs=read-write'],
    ['DATABASE_URL', 'mysql://h/db'],
    ['EDUTRUST_RELATED_ORIGINS', 'http://id.example.edu.vn'],
    ['EDUTRUST_RELATED_ORIGINS', 'https://id.example.edu.vn/path'],
    ['EDUTRUST_RELATED_ORIGINS', 'https://a.vn,https://b.vn,https://c.vn,https://d.vn,https://e.vn,https://f.vn'],
    ['EDUTRUST_AGENT_ORIGINS', 'https://*.example'],
    ['EDUTRUST_AGENT_ORIGINS', 'https://user@agents.example'],
  ];
  for (const [name, value] of bad)
    assert.throws(
      () => readConfig({ [name]: value }),
      (error: Error & { code?: string }) => error.code === 'config/bad-variable' && error.message.includes(name),
      `${name}=${value}`,
    );
});

test('the forms that people bring are taken', () => {
  const good: [string, string][] = [
    ['EDUTRUST_TRUSTED_PROXIES', '10.0.0.0/8, ::1, loopback'],
    ['EDUTRUST_HOST', '::'],
    ['EDUTRUST_RELATED_ORIGINS', 'https://id.example.edu.vn, https://ID2.example.edu.vn/'],
    ['EDUTRUST_AGENT_ORIGINS', ''],
    ['EDUTRUST_HOST', '0.0.0.0'],
    ['EDUTRUST_MAIL_FROM', 'Sở GD&ĐT <so@example.edu.vn>'],
    ['EDUTRUST_MAIL_FROM', 'so@example.edu.vn'],
    ['EDUTRUST_METRICS_TOKEN', 'a-long-enough-token'],
  ];
  for (const [name, value] of good) assert.doesNotThrow(() => readConfig({ [name]: value }), `${name}=${value}`);
  const secret = { EDUTRUST_SECRET: 'b6'.repeat(32) };
  const socket = readConfig({ ...secret, DATABASE_URL: 'postgres:///edutrust?host=/var/run/postgresql' });
  assert.equal(socket.databaseUrl?.searchParams.get('host'), '/var/run/postgresql');
});

test('authorities of the operator’s are trusted beside the system’s; a file without one is refused', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-ca-'));
  const file = (name: string) => join(directory, name);
  await writeFile(file('none.pem'), 'nothing');
  for (const name of ['none.pem', 'missing.pem'])
    assert.throws(() => trustAuthorities({ authoritiesFile: file(name) }), { code: 'config/bad-authorities' });
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
  const out = ['-keyout', file('key.pem'), '-out', file('ca.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...out], { stdio: 'ignore' });
  const [key, cert] = await Promise.all([readFile(file('key.pem')), readFile(file('ca.pem'))]);
  const server = createServer({ key, cert }, (_request, response) => response.end('hello')).listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = () =>
    new Promise<number | undefined>((resolve, reject) => {
      get(`https://localhost:${port}`, { agent: false }, (answer) => resolve(answer.resume().statusCode)).on(
        'error',
        reject,
      );
    });
  try {
    await assert.rejects(ask, { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    trustAuthorities({ authoritiesFile: file('ca.pem') });
    assert.equal(await ask(), 200);
    assert.ok(getCACertificates('default').length > 10, 'the others are trusted as before');
  } finally {
    server.close();
  }
});
