import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { addTarget } from '@edutrust/directory-sync/targets';
import { seedDemo } from '@edutrust/registry/demo';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { runCommand } from '@edutrust/testing/command';
import { testContext } from '@edutrust/testing/context';
import { startSlapd } from '@edutrust/testing/slapd';
import { allMigrations } from '../process/context.ts';

test('edutrust sync ldif writes what slapadd loads, and edutrust sync run adopts it; no other kind is loaded from a file', async () => {
  await using context = await testContext({ migrations: allMigrations, seed: demoSeed });
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-ldif-'));
  try {
    await writeFile(join(folder, 'secret.key'), `${'5a'.repeat(32)}\n`);
    const environment = {
      PATH: process.env.PATH ?? '',
      LANG: 'en_US.UTF-8',
      DATABASE_URL: context.databaseUrl,
      EDUTRUST_DATA: join(folder, 'var'),
      EDUTRUST_SECRET_FILE: join(folder, 'secret.key'),
    };
    const { departmentId: organisationId } = await seedDemo(context);
    const add = (name: string, kind: string, settings: object, secret: string) =>
      context.db.transaction().execute((tx) =>
        addTarget(
          context,
          tx,
          { name, kind, settings: { ...settings }, secret, organisationId },
          {
            kind: 'system',
            name: 'test',
          },
        ),
      );
    const nowhere = { url: 'ldap://127.0.0.1:1', baseDn: 'dc=so,dc=edu,dc=vn', bindDn: 'cn=admin,dc=so,dc=edu,dc=vn' };
    await add('file', 'ldap', nowhere, 'x');
    await add('scim', 'scim', { url: 'https://scim.example/v2', matchBy: 'externalId', groups: true }, 'x');
    const written = await runCommand(['sync', 'ldif', 'file'], environment);
    assert.equal(written.code, 0, written.stderr);
    const [, people = ''] = /^(\d+) people, \d+ groups\.\n$/.exec(written.stderr) ?? [];
    const path = join(folder, 'first-load.ldif');
    await writeFile(path, written.stdout);
    await using slapd = await startSlapd({ ldif: path });
    const { url, baseDn, bindDn, bindPassword } = slapd;
    await add('there', 'ldap', { url, baseDn, bindDn }, bindPassword);
    const run = await runCommand(['--json', 'sync', 'run', 'there', '--apply'], environment);
    assert.equal(run.code, 0, run.stderr);
    const { totals } = run.lines[0];
    assert.deepEqual([totals.added, totals.changed, totals.memberships, String(totals.unchanged)], [0, 0, 0, people]);
    const refused = await runCommand(['--json', 'sync', 'ldif', 'scim'], environment);
    assert.deepEqual([refused.code === 0, refused.error?.code, refused.stdout], [false, 'sync/no-load-file', '']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
