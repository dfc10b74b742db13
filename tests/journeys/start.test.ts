import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { runCommand } from '@edutrust/testing/command';
import { Platform } from '@edutrust/testing/platform';
import { freePort } from '@edutrust/testing/port';

test('story 1: one command serves everything, stops cleanly, keeps all data, and refuses a second process and a port that is taken', async () => {
  await using platform = await Platform.start();
  assert.equal(platform.welcome?.url, platform.url);
  assert.match(platform.welcome?.administratorLink ?? '', /\/activate/);
  assert.ok((platform.welcome?.people.length ?? 0) >= 4);
  for (const path of [
    '/health/live',
    '/health/ready',
    '/.well-known/openid-configuration',
    '/verify',
    '/pki/root.crt',
    '/api/openapi.json',
  ]) {
    assert.equal((await fetch(`${platform.url}${path}`)).status, 200, path);
  }
  const second = await runCommand(['serve'], {
    ...platform.environment,
    EDUTRUST_URL: `http://localhost:${await freePort()}`,
  });
  assert.equal(second.code, 2);
  assert.match(second.stderr, /đang phục vụ thư mục dữ liệu/);
  assert.equal(await platform.end('SIGINT'), 0, 'Ctrl-C is a clean end');
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number }; // a TCP server's address
  const taken = await runCommand(['serve'], { ...platform.environment, EDUTRUST_URL: `http://localhost:${port}` });
  other.close();
  assert.equal(taken.code, 2, taken.stderr);
  assert.match(taken.stderr, /Cổng \d+ của \S+ đang được dùng/);
  await platform.serve();
  const doctor = await platform.run('--json', 'doctor');
  assert.equal(doctor.code, 0, doctor.stderr);
  assert.match(doctor.stdout, /"check":"ledger","ok":true/);
});

test('bad input: each gets a sentence that says what is wrong, and the documented exit code', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-bad-'));
  const base = {
    PATH: process.env.PATH ?? '',
    HOME: directory,
    EDUTRUST_DATA: join(directory, 'var'),
    LANG: 'en_US.UTF-8',
  };
  try {
    const secret = join(directory, 'secret');
    await writeFile(secret, '00'.repeat(32));
    const cases: [string, Record<string, string>, string[], number, RegExp][] = [
      ['a wrong EDUTRUST_URL', { EDUTRUST_URL: 'id.example.edu.vn' }, ['serve'], 2, /EDUTRUST_URL must be an address/],
      ['http in the open', { EDUTRUST_URL: 'http://id.example.edu.vn' }, ['serve'], 2, /https/],
      ['a variable that does not exist', { EDUTRUST_POTR: '1' }, ['serve'], 2, /EDUTRUST_POTR is not a variable/],
      [
        'an unreachable database',
        { DATABASE_URL: 'postgres://x@127.0.0.1:1/x', EDUTRUST_SECRET_FILE: secret },
        ['migrate'],
        3,
        /does not answer/,
      ],
      [
        'no secret beside a database',
        { DATABASE_URL: 'postgres://x@127.0.0.1:1/x' },
        ['migrate'],
        2,
        /EDUTRUST_SECRET_FILE/,
      ],
      ['an unknown command', {}, ['sevre'], 2, /unknown command/],
      ['an unknown service', {}, ['serve', '--only', 'idp,foo'], 2, /no service "foo"/],
    ];
    for (const [name, environment, args, code, sentence] of cases) {
      const outcome = await runCommand(args, { ...base, ...environment });
      assert.equal(outcome.code, code, `${name}: ${outcome.stderr}${outcome.stdout}`);
      assert.match(outcome.stderr + outcome.stdout, sentence, name);
      assert.doesNotMatch(outcome.stderr, /\n {4}at /, `${name}: no stack`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('a full disk is said, and nothing is half done', {
  skip: process.getuid?.() !== 0 && 'mounting a small disk needs root',
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', directory]);
  try {
    const outcome = await runCommand(['migrate'], {
      PATH: process.env.PATH ?? '',
      HOME: '/',
      EDUTRUST_DATA: join(directory, 'var'),
      LANG: 'en_US.UTF-8',
    });
    assert.equal(outcome.code, 3, outcome.stderr);
    assert.match(outcome.stderr, /No space left on device/);
    assert.match(outcome.stderr, /free disk space/);
  } finally {
    execFileSync('umount', ['-l', directory]);
    await rm(directory, { recursive: true, force: true });
  }
});
