import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seedDemo } from '@edutrust/registry/demo';
import { rolesOf } from '@edutrust/registry/permissions';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { testContext } from '@edutrust/testing/context';
import { attestExisting } from './attest-existing.ts';
import { allMigrations } from './context.ts';

test('Q3: roles of before are attested once, and never on the word of a log that somebody has cut', async () => {
  await using context = await testContext({ migrations: allMigrations, seed: demoSeed });
  const city = await seedDemo(context);
  const { administrator, pupil } = city.people;
  while ((await context.ledger.integrate()) > 0);
  const held = async (personId: string) => (await rolesOf(context, personId)).length;
  const granted = await held(administrator);
  assert.ok(granted > 0);
  // As an installation of before this version has them.
  await context.pool.query(`UPDATE registry.role_assignment SET attestation = NULL`);
  assert.equal(await held(administrator), 0);

  // An entry is taken out: nothing is attested, however often it is asked for.
  await context.pool.query(`CREATE TABLE kept AS SELECT * FROM platform.ledger_leaf WHERE log = 'audit' AND index = 2`);
  await context.pool.query(`DELETE FROM platform.ledger_leaf WHERE log = 'audit' AND index = 2`);
  for (let time = 0; time < 2; time += 1) {
    await attestExisting(context);
    assert.equal(await held(administrator), 0);
  }
  const said = async () =>
    (await context.pool.query(`SELECT FROM platform.ledger_entry WHERE type = 'rows.attested'`)).rows.length;
  assert.equal(await said(), 0);

  // The log is whole again: once.
  await context.pool.query(`INSERT INTO platform.ledger_leaf SELECT * FROM kept`);
  await attestExisting(context);
  assert.equal(await held(administrator), granted);
  assert.equal(await said(), 1);
  await context.pool.query(
    `
    INSERT INTO registry.role_assignment (id, person_id, role, organisation_id)
    VALUES (gen_random_uuid(), $1, 'department-administrator', $2)`,
    [pupil, city.departmentId],
  );
  await attestExisting(context);
  assert.equal(await held(pupil), 0, 'a row of later is not made true by it');

  // Nor when the entry that says so is taken out of the log.
  while ((await context.ledger.integrate()) > 0);
  await context.pool.query(
    `DELETE FROM platform.ledger_leaf WHERE entry_id IN (SELECT id FROM platform.ledger_entry WHERE type = 'rows.attested')`,
  );
  await context.pool.query(`DELETE FROM platform.ledger_entry WHERE type = 'rows.attested'`);
  await attestExisting(context);
  assert.equal(await held(pupil), 0, 'the log has a gap');
});
