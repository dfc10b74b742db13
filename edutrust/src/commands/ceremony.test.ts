import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCommand } from '@edutrust/testing/command';
import { type TestInstallation, testInstallation } from '@edutrust/testing/installation';

/** The commands of docs/certificates.md, in their order, as people type them. */
describe('edutrust certs: a ceremony and what follows it', () => {
  let installation: TestInstallation;
  const file = (name: string) => join(installation.directory, name);
  const shares = (...numbers: number[]) => numbers.map((number) => file(`root-1/share-${number}.txt`));
  before(async () => {
    installation = await testInstallation();
  });
  after(() => installation?.[Symbol.asyncDispose]());

  test('request, ceremony, install: the root’s key is in shares, its minutes are signed, and a second time is refused', async () => {
    assert.equal((await installation.run('certs', 'request', '--out', file('requests.json'))).code, 0);
    // Offline: without the installation's database and secret.
    const { PATH = '', HOME = '/' } = installation.environment;
    const ceremony = ['certs', 'ceremony', '--requests', file('requests.json'), '--out', file('root-1')];
    const people = ['--present', 'Trần Văn An', 'Lê Thị Bình', '--threshold', '2', '--shares', '3'];
    const held = await runCommand(['--json', ...ceremony, ...people], { PATH, HOME, LANG: 'en_US.UTF-8' });
    assert.equal(held.code, 0, held.stderr);
    for (const name of ['root.key', 'share-1.txt', 'share-3.txt'])
      assert.equal((await stat(file(`root-1/${name}`))).mode & 0o077, 0, name);
    const minutes = ['-verify', 'root.pub', '-signature', 'script.md.sig', 'script.md'];
    execFileSync('openssl', ['dgst', '-sha384', ...minutes], { cwd: file('root-1'), stdio: 'pipe' });
    assert.equal((await installation.run('certs', 'install', file('root-1/hierarchy.json'))).code, 0);
    const { rows } = await installation.database.pool.query(
      "SELECT DISTINCT actor ->> 'name' AS name FROM platform.outbox WHERE type = 'authority.created'",
    );
    assert.match(rows.map(({ name }) => name).join(), /^cli:[\w.-]+$/, 'who installed it, by account');
    const twice = await installation.run('certs', 'install', file('root-1/hierarchy.json'));
    assert.deepEqual([twice.code, twice.error.code], [2, 'authorities/other-generation']);
    assert.equal((await installation.run('doctor')).code, 0);
  });

  test('certs verify trusts this installation’s roots when none is named, and knows what they revoked', async () => {
    const { issuing } = JSON.parse(await readFile(file('root-1/hierarchy.json'), 'utf8'));
    await writeFile(file('people.crt'), issuing.people);
    const good = await installation.run('certs', 'verify', file('people.crt'));
    assert.deepEqual([good.code, good.lines[0].verdict, good.lines[0].chain.length], [0, 'valid', 2]);
    const { serial } = good.lines[0].chain[0];
    const list = ['certs', 'root-list', '--root', file('root-1'), '--out', file('root.crl')];
    const few = await installation.run(...list, '--share', ...shares(1));
    assert.deepEqual([few.code, few.error.code], [2, 'ceremony/shares']);
    const made = await installation.run(...list, '--share', ...shares(1, 3), '--revoke', `${serial}:keyCompromise`);
    assert.equal(made.code, 0, made.stderr);
    assert.equal((await installation.run('certs', 'install', file('root.crl'))).code, 0);
    const revoked = await installation.run('certs', 'verify', file('people.crt'));
    assert.deepEqual([revoked.code, revoked.lines[0].code], [1, 'revoked']);
  });

  test('K1: the key-encryption key may come from the environment or a command, and is the same key', async () => {
    const secret = (await readFile(installation.environment.EDUTRUST_SECRET_FILE ?? '', 'utf8')).trim();
    const { EDUTRUST_SECRET_FILE: _file, ...others } = installation.environment;
    await writeFile(file('vault'), `#!/bin/sh\necho ${secret}\n`);
    await chmod(file('vault'), 0o700);
    for (const source of [{ EDUTRUST_SECRET: secret }, { EDUTRUST_SECRET_COMMAND: file('vault') }])
      assert.equal((await runCommand(['--json', 'log', 'verify'], { ...others, ...source })).code, 0);
    const other = await runCommand(['--json', 'log', 'verify'], { ...others, EDUTRUST_SECRET: 'b6'.repeat(32) });
    assert.deepEqual([other.code, other.error.code], [2, 'secrets/other-key']);
    const both = await runCommand(['--json', 'doctor'], { ...installation.environment, EDUTRUST_SECRET: secret });
    assert.deepEqual([both.code, both.error.code], [2, 'config/bad-variable']);
    const none = await runCommand(['--json', 'log', 'verify'], { ...others, EDUTRUST_SECRET_COMMAND: 'exit 3' });
    assert.deepEqual([none.code, none.error.code], [3, 'secrets/no-answer']);
  });
});
