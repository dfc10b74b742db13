import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRegistry } from '../../testing/registry.ts';

test('T3: the home of a department counts the city, of a school itself alone, of a teacher the own class and nothing else', async () => {
  await using world = await openRegistry();
  const { city, call } = world;
  const { administrator, teacher, auditor, pupil } = city.people;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const home = async (person: string) => (await call(person, 'GET', 'home')).json;

  const whole = await home(administrator);
  assert.deepEqual(
    [whole.filled.schools, whole.filled.wards, whole.filled.schoolsWithAdministrator, whole.filled.securityOfficers],
    [3, 2, 3, 1],
  );
  assert.equal(whole.filled.classes, 12);
  assert.deepEqual(whole.classes, []);

  const own = await home(primary.administratorId);
  assert.deepEqual([own.filled.schools, own.filled.classes, own.filled.schoolsWithAdministrator], [1, 5, 1]);
  assert.equal(own.filled.securityOfficers, 0, 'who guards the department is not counted for a school');
  const other = await home(lower.administratorId);
  assert.ok(own.filled.learners + other.filled.learners < whole.filled.learners);

  const taught = await home(teacher);
  assert.equal(taught.filled, null);
  assert.deepEqual(
    taught.classes.map(({ code, teacher: of }: { code: string; teacher: { id: string } }) => [code, of.id]),
    [['5A', teacher]],
  );
  for (const person of [auditor, pupil])
    assert.deepEqual({ ...(await home(person)), schoolYear: 0 }, { schoolYear: 0, classes: [], filled: null });
});
