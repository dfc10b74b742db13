import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRegistry } from '../../testing/registry.ts';
import { listChildren } from './children.ts';

test('a limit on a guardian names its decision, is the child’s school’s to write, and is told and logged', async () => {
  await using world = await openRegistry();
  const { context, city, call } = world;
  const { guardian, pupil, schoolAdministrator } = city.people;
  const { json: person } = await call(schoolAdministrator, 'GET', `people/${pupil}`);
  const { guardianshipId, scope } = person.guardians.find(({ id }: { id: string }) => id === guardian);
  assert.equal(scope, 'full');
  const path = `guardianships/${guardianshipId}`;
  const none = { scope: 'none', reason: 'QĐ 12/2026/QĐST-HNGĐ, TAND Quận 1', until: null };
  const unnamed = await call(schoolAdministrator, 'PATCH', path, { ...none, reason: ' ' });
  assert.deepEqual([unnamed.status, unnamed.json.code], [400, 'guardians/no-reason']);
  const other = city.schools[1]?.administratorId ?? '';
  assert.equal((await call(other, 'PATCH', path, none)).status, 403);
  assert.equal((await call(schoolAdministrator, 'PATCH', path, none)).status, 204);
  assert.deepEqual(await listChildren(context.db, guardian, new Date()), []);
  const { json: limited } = await call(schoolAdministrator, 'GET', `people/${pupil}`);
  assert.equal(limited.guardians.find(({ id }: { id: string }) => id === guardian).scope, 'none');
  const { rows } = await context.pool.query<{ data: object }>(
    "SELECT data FROM platform.ledger_entry WHERE type = 'guardianship.limited'",
  );
  assert.deepEqual(
    rows[0]?.data,
    { guardianshipId, guardianId: guardian, scope: 'none' },
    'not why: that stays in the record',
  );
  const { rows: told } = await context.pool.query('SELECT FROM registry.notice WHERE person_id = $1', [guardian]);
  assert.equal(told.length, 1);
  assert.equal(
    (await call(schoolAdministrator, 'PATCH', path, { scope: 'full', reason: '', until: null })).status,
    204,
  );
  assert.equal((await listChildren(context.db, guardian, new Date())).length, 1);
});
