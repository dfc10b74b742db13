import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '@edutrust/platform/database';
import { testDatabase } from '@edutrust/testing/database';
import { explaining, stepsOf } from '@edutrust/testing/explaining';
import { sql } from 'kysely';
import { makeCrowd } from '../../testing/crowd.ts';
import { migrations } from '../migrations.ts';
import { listOrganisations } from '../organisations/organisations.ts';
import { countPeople, listPeople, peopleCountedUpTo } from './people.ts';

/** Enough that reading a table to its end costs more than any index, and few enough to be made in a few seconds. */
const people = 40_000;

test('searching people reads no table of people to its end, whoever asks and whatever they type', async () => {
  await using database = await testDatabase([migrations]);
  const { rootId, schoolIds } = await makeCrowd(database.db, people);
  await database.pool.query('VACUUM registry.person, registry.affiliation');
  const { rows } = await sql<{ id: string; school: string; educationId: string; name: string }>`
    SELECT id, home_organisation_id AS school, education_id AS "educationId", full_name AS name FROM registry.person
    WHERE home_organisation_id = ${schoolIds[3]} ORDER BY id LIMIT 1`.execute(database.db);
  const [one] = rows;
  assert.ok(one);
  const { db, plans } = explaining(database.pool);
  const search = (scope: string, filter: Partial<Parameters<typeof listPeople>[1]>) =>
    listPeople(db, { scope: [scope], detailScope: [scope], limit: 50, ...filter });
  const finds = async (found: Promise<readonly { id: string }[]>) =>
    assert.ok((await found).some(({ id }) => id === one.id));
  await finds(search(rootId, { query: one.educationId }));
  await finds(search(rootId, { query: one.educationId.replace(/^(...)(...)(...)/, '$1 $2 $3 ') }));
  await finds(search(rootId, { query: one.educationId.slice(0, 6) }));
  await finds(search(one.school, { query: one.educationId }));
  await finds(search(one.school, { query: one.name }));
  await finds(search(one.school, { query: one.name.split(' ').at(-1) ?? '' }));
  const before = plans.length;
  await finds(search(rootId, { query: one.educationId }));
  const [reach = ''] = plans.slice(before).filter((plan) => !plan.includes('person'));
  assert.match(reach, /on organisation\S* .*never executed/, 'who reaches all lists no organisations');
  assert.ok((await search(rootId, { query: one.name })).length > 0);
  assert.deepEqual(await search(schoolIds[4] ?? '', { query: one.educationId }), []);
  assert.deepEqual(await search(rootId, { query: 'qz' }), []);
  assert.equal((await search(rootId, { role: 'teacher' })).length, 50);
  assert.equal((await search(one.school, {})).length, 50);
  assert.ok((await search(rootId, { organisationId: one.school, role: 'teacher' })).length > 0);
  assert.deepEqual(await search(rootId, { status: 'left' }), []);
  for (const plan of plans) {
    assert.doesNotMatch(
      plan,
      /Seq Scan on (person|affiliation|enrolment|education_id_alias)\b(?!.*never executed)/,
      plan,
    );
    // An index walked to its end is as bad: no step reads a tenth of the city.
    for (const [step, read] of stepsOf(plan)) assert.ok(read < people / 10, `${step}\n${plan}`);
  }
});

test('a list says how many it holds and of each role, for whoever asks; what is too many to count is said to be so', async () => {
  await using database = await testDatabase([migrations]);
  const { db } = database;
  const { rootId, schoolIds } = await makeCrowd(db, peopleCountedUpTo + 100);
  const [school = '', elsewhere = ''] = schoolIds;
  await addRole(db, school);
  await sql`
    INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from)
    SELECT gen_random_uuid(), person_id, ${elsewhere}, 'guardian', valid_from FROM registry.affiliation
    WHERE organisation_id = ${school} AND role = 'learner' LIMIT 3`.execute(db);
  const ask = { scope: [school], detailScope: [school] };
  for (const filter of [
    ask,
    { ...ask, query: 'nguyen' },
    { ...ask, query: 'qz' },
    { ...ask, status: 'left' as const },
  ]) {
    const listed = await listPeople(db, { ...filter, limit: 1_000 });
    const { all, roles } = await countPeople(db, filter);
    assert.equal(all, listed.length);
    for (const role of ['learner', 'teacher', 'staff', 'guardian'] as const)
      assert.equal(roles[role] ?? 0, (await listPeople(db, { ...filter, role, limit: 1_000 })).length, role);
  }
  assert.equal(
    (await countPeople(db, ask)).roles.guardian,
    undefined,
    'what somebody is at another school is not told',
  );
  const city = { scope: [rootId], detailScope: [rootId] };
  assert.deepEqual(await countPeople(db, city), { all: peopleCountedUpTo, roles: {} });
});

test('an organisation shows how many belong to it and below it; who teaches and works there counts once', async () => {
  await using database = await testDatabase([migrations]);
  const { rootId, schoolIds } = await makeCrowd(database.db, 1_300);
  await addRole(database.db, schoolIds[0] ?? '');
  const { rows } = await sql<{ id: string; learners: number; staff: number }>`
    SELECT o.id, count(DISTINCT f.person_id) FILTER (WHERE f.role = 'learner') AS learners,
      count(DISTINCT f.person_id) FILTER (WHERE f.role <> 'learner') AS staff
    FROM registry.organisation AS o JOIN registry.organisation AS b ON o.id = ANY(b.path)
    LEFT JOIN registry.affiliation AS f ON f.organisation_id = b.id AND f.valid_until IS NULL GROUP BY 1`.execute(
    database.db,
  );
  const expected = new Map(rows.map(({ id, ...counts }) => [id, counts]));
  const shown = await listOrganisations(database.db, { scope: [rootId], limit: 50 });
  assert.equal(shown.length, expected.size);
  for (const { id, counts } of shown) assert.deepEqual(counts, expected.get(id));
});

async function addRole(db: Database, school: string): Promise<void> {
  await sql`
    INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from)
    SELECT gen_random_uuid(), person_id, organisation_id, 'staff', valid_from FROM registry.affiliation
    WHERE organisation_id = ${school} AND role = 'teacher' LIMIT 2`.execute(db);
}
