import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCommand } from '@edutrust/testing/command';
import { type TestDatabase, testDatabase } from '@edutrust/testing/database';
import { loadDump } from '../upgrade/load.ts';

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly code?: string;
  readonly detail: string;
}

describe('edutrust doctor', () => {
  let database: TestDatabase;
  let directory: string;
  let environment: Record<string, string>;

  before(async () => {
    database = await testDatabase([]);
    await loadDump(database, 'dbbd385');
    directory = await mkdtemp(join(tmpdir(), 'edutrust-doctor-'));
    await writeFile(join(directory, 'secret.key'), `${'5a'.repeat(32)}\n`);
    environment = {
      PATH: process.env.PATH ?? '',
      LANG: 'en_US.UTF-8',
      DATABASE_URL: database.url,
      EDUTRUST_DATA: join(directory, 'var'),
      EDUTRUST_SECRET_FILE: join(directory, 'secret.key'),
    };
  });
  after(async () => {
    await database?.[Symbol.asyncDispose]();
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  async function doctor(more: Record<string, string> = {}): Promise<{ code: number | null; findings: Finding[] }> {
    const { code, stdout, stderr } = await runCommand(['--json', 'doctor'], { ...environment, ...more });
    assert.doesNotMatch(stderr, /\n {4}at /, 'no stack');
    return {
      code,
      findings: stdout
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    };
  }
  const codesOf = (findings: readonly Finding[]) =>
    new Set(findings.flatMap(({ ok, code }) => (ok || !code ? [] : [code])));

  test('it changes nothing: an older schema is said, and stays as it is', async () => {
    const count = async () =>
      (await database.pool.query('SELECT count(*) AS count FROM platform.migration')).rows[0].count;
    const before = await count();
    const { code, findings } = await doctor();
    assert.equal(code, 1);
    assert.ok(codesOf(findings).has('schema/old'), JSON.stringify(findings));
    assert.equal(await count(), before);
    const nothing = await doctor({ DATABASE_URL: '', EDUTRUST_DATA: join(directory, 'fresh') });
    assert.ok(codesOf(nothing.findings).has('database/none'));
    assert.equal((await runCommand(['migrate'], environment)).code, 0);
  });

  test('it names each fault, in a sentence that says what to do, and looks at everything else even so', async () => {
    // Lists of the dump's day are over by now: what is certified is another test's.
    const ill = codesOf((await doctor()).findings);
    for (const code of [
      'jobs-dead',
      'signature-stuck',
      'target-behind',
      'mail-failing',
      'proxy-undeclared',
      'witness-stale',
      'disk-full',
    ])
      assert.ok(!ill.has(code), `${code} before anything is wrong`);

    await database.pool.query(`
      SELECT graphile_worker.add_job('mail.send', '{}'), graphile_worker.add_job('signing.complete-session', '{}');
      UPDATE graphile_worker._private_jobs SET attempts = CASE WHEN task_id = (
          SELECT id FROM graphile_worker._private_tasks WHERE identifier = 'mail.send') THEN 5 ELSE max_attempts END,
        last_error = 'refused';
      UPDATE signing.session SET state = 'authorised', authorised_at = now() - interval '1 hour', completed_at = NULL;
      INSERT INTO sync.target (id, name, kind, settings, sealed_secret, contract, organisation_id, created_at)
        SELECT gen_random_uuid(), 'LDAP', 'ldap', '{"url": "ldaps://x", "baseDn": "dc=x", "bindDn": "cn=x"}', '',
          '{"learners": [], "others": [], "roles": ["learner"]}', id, now() - interval '1 hour'
        FROM registry.organisation LIMIT 1`);
    const { code, findings } = await doctor({
      EDUTRUST_URL: 'https://id.example.edu.vn',
      EDUTRUST_WITNESS: join(directory, 'witness'),
    });
    assert.equal(code, 1);
    const found = codesOf(findings);
    for (const wanted of [
      'jobs-dead',
      'signature-stuck',
      'target-behind',
      'mail-failing',
      'proxy-undeclared',
      'witness-stale',
    ])
      assert.ok(found.has(wanted), `${wanted} in ${[...found]}`);
    for (const { detail } of findings) assert.ok(detail.length > 2);
    assert.ok(findings.some(({ check, ok }) => check === 'ledger' && ok));

    const retried = await runCommand(['--json', 'jobs', 'retry', 'signing.complete-session'], environment);
    assert.equal(JSON.parse(retried.stdout).retried, 1);
    assert.ok(!codesOf((await doctor()).findings).has('jobs-dead'));
  });

  test('a full disk is named', { skip: process.getuid?.() !== 0 && 'mounting a small disk needs root' }, async () => {
    const small = join(directory, 'small');
    await mkdir(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', small]);
    try {
      const { findings } = await doctor({ EDUTRUST_WITNESS: join(small) });
      assert.ok(codesOf(findings).has('disk-full'), JSON.stringify(findings));
    } finally {
      execFileSync('umount', ['-l', small]);
    }
  });

  test('with the wrong key, or a database that is away, the other checks are made', async () => {
    await writeFile(join(directory, 'other.key'), `${'b6'.repeat(32)}\n`);
    const wrongKey = await doctor({ EDUTRUST_SECRET_FILE: join(directory, 'other.key') });
    assert.ok(codesOf(wrongKey.findings).has('secrets/other-key'), JSON.stringify(wrongKey.findings));
    assert.ok(wrongKey.findings.some(({ check, ok }) => check === 'database' && ok));
    const away = await doctor({ DATABASE_URL: 'postgres://x@127.0.0.1:1/x' });
    assert.deepEqual([away.code, [...codesOf(away.findings)]], [1, ['database/unreachable']]);
    assert.ok(away.findings.some(({ check, ok }) => check === 'secret' && ok));
  });
});
