import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate } from '@edutrust/platform/migrations';
import { testDatabase } from '@edutrust/testing/database';
import { migrations } from './migrations.ts';

test('B6: targets, runs and changes of before keep what they were; what waited is compared anew', async () => {
  const before = { ...migrations, migrations: migrations.migrations.slice(0, 2) };
  await using database = await testDatabase([before]);
  const { pool } = database;
  await pool.query(`
    INSERT INTO sync.target (id, name, kind, url, base_dn, bind_dn, sealed_bind_password, organisation_id, state, needs_full_run)
    VALUES ('00000000-0000-7000-8000-000000000001', 'so', 'ldap', 'ldaps://x', 'dc=x', 'cn=a', 'sealed', gen_random_uuid(), 'healthy', false);
    INSERT INTO sync.run (id, target_id, mode, state, totals, held, started_at) VALUES
      ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', 'apply', 'held', '{"added": 0}', '[]', now());
    INSERT INTO sync.change (run_id, number, action, dn, attributes, error, held) VALUES
      ('00000000-0000-7000-8000-000000000002', 0, 'disable', 'uid=7901234568,ou=people,dc=x', '{employeeType}', NULL, true),
      ('00000000-0000-7000-8000-000000000002', 1, 'change', 'cn=school-TH001,ou=groups,dc=x', '{member}', 'no', false)`);
  await migrate(pool, [migrations]);
  const { rows: targets } = await pool.query(
    'SELECT settings, sealed_secret::text, needs_full_run, contract FROM sync.target',
  );
  assert.deepEqual(targets[0].settings, { url: 'ldaps://x', baseDn: 'dc=x', bindDn: 'cn=a' });
  assert.equal(targets[0].sealed_secret, `\\x${Buffer.from('sealed').toString('hex')}`);
  assert.equal(targets[0].needs_full_run, true);
  assert.ok(!targets[0].contract.learners.includes('birthDate'));
  const { rows: runs } = await pool.query('SELECT state FROM sync.run');
  assert.deepEqual(runs, [{ state: 'superseded' }]);
  const { rows: changes } = await pool.query(
    'SELECT kind, key, after, of_leaver, state, error FROM sync.change ORDER BY number',
  );
  assert.deepEqual(changes, [
    { kind: 'person', key: '7901234568', after: { employeeType: [] }, of_leaver: true, state: 'waiting', error: null },
    { kind: 'group', key: 'school-TH001', after: { member: [] }, of_leaver: false, state: 'failed', error: 'no' },
  ]);
});
