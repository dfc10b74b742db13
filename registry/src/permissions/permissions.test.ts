import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PersonActor } from '@edutrust/platform/actor';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import { demoSeed } from '../../testing/demo.ts';
import { seedDemo } from '../demo/demo.ts';
import { createEducationIdIssuer } from '../education-id/education-id.ts';
import { migrations } from '../migrations.ts';
import { merge } from '../people/merge.ts';
import { affiliate, createIdentifierVault, createPerson, leave, transfer } from '../people/people.ts';
import { can, decide, findSigners, grantRole, rolesOf } from './permissions.ts';
import { coveredRoles, governingActions, hasAction, type Role, roles, separateDuties } from './roles.ts';
import { type Standing, verdictOn } from './standing.ts';

const actor = { kind: 'system', name: 'setup' } as const;
const today = '2026-11-23';
const options = { actor, today };

function actorWith(held: PersonActor['roles'], personId = '00000000-0000-7000-8000-0000000000aa'): PersonActor {
  return { kind: 'person', personId, sessionId: 's', acr: 'passkey', authenticatedAt: new Date(), roles: held };
}

async function openCity() {
  const context = await testContext({ migrations: [migrations], seed: demoSeed });
  const city = await seedDemo(context);
  const tools = { issuer: createEducationIdIssuer(context), vault: createIdentifierVault(context.secrets) };
  return { context, city, tools, [Symbol.asyncDispose]: () => context[Symbol.asyncDispose]() };
}

async function homeOf({ db }: Pick<TestContext, 'db'>, personId: string): Promise<string | null> {
  const { rows } = await sql<{ home: string | null }>`
    SELECT home_organisation_id AS home FROM registry.person WHERE id = ${personId}`.execute(db);
  return rows[0]?.home ?? null;
}

/** What the rule says of everybody, computed anew; the column has to agree. */
async function wrongHomes({ db }: Pick<TestContext, 'db'>): Promise<unknown[]> {
  const { rows } = await sql`
    SELECT p.id, p.home_organisation_id FROM registry.person AS p WHERE CASE
      WHEN EXISTS (SELECT FROM registry.affiliation AS f WHERE f.person_id = p.id AND f.valid_until IS NULL AND f.role <> 'guardian')
      THEN NOT EXISTS (SELECT FROM registry.affiliation AS f WHERE f.person_id = p.id AND f.valid_until IS NULL
        AND f.role <> 'guardian' AND f.organisation_id = p.home_organisation_id)
      ELSE p.home_organisation_id IS DISTINCT FROM coalesce(p.home_organisation_id, (SELECT f.organisation_id
        FROM registry.affiliation AS f WHERE f.person_id = p.id AND f.role <> 'guardian' LIMIT 1)) END`.execute(db);
  return rows;
}

test('T7: everybody has one home, whatever path changed where they belong', async () => {
  await using world = await openCity();
  const { context, city, tools } = world;
  const [primary, lower, upper] = city.schools;
  assert.ok(primary && lower && upper);
  assert.deepEqual(await wrongHomes(context), []);
  assert.equal(await homeOf(context, city.people.guardian), null, 'a guardian alone has none');
  assert.equal(await homeOf(context, city.people.movedPupil), lower.id);
  const [shared = ''] = lower.teacherIds;
  assert.equal(await homeOf(context, shared), lower.id, 'a guest teacher stays at home');

  const write = <Value>(work: Parameters<ReturnType<typeof context.db.transaction>['execute']>[0]) =>
    context.db.transaction().execute(work) as Promise<Value>;
  const { id } = await write<{ id: string }>((tx) =>
    createPerson(
      tx,
      tools,
      { fullName: 'Lê An', affiliations: [{ organisationId: primary.id, role: 'learner' }] },
      options,
    ),
  );
  assert.equal(await homeOf(context, id), primary.id);
  await write((tx) => affiliate(tx, id, { organisationId: upper.id, role: 'staff' }, options));
  assert.equal(await homeOf(context, id), primary.id, 'another school does not take a home by adding itself');
  await write((tx) => transfer(tx, id, { organisationId: lower.id }, options));
  assert.equal(await homeOf(context, id), upper.id, 'staff before learner when the old home ends');
  await write((tx) => leave(tx, id, options));
  assert.equal(await homeOf(context, id), upper.id, 'a leaver is governed where they were');
  await write((tx) => transfer(tx, id, { organisationId: primary.id }, options));
  assert.equal(await homeOf(context, id), primary.id);
  // By hand and by the million it is the same table.
  await sql`UPDATE registry.affiliation SET valid_until = ${today} WHERE organisation_id = ${upper.id}`.execute(
    context.db,
  );
  await sql`
    INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from)
    SELECT gen_random_uuid(), id, ${lower.id}, 'learner', ${today} FROM registry.person WHERE home_organisation_id = ${upper.id}`.execute(
    context.db,
  );
  await sql`DELETE FROM registry.affiliation WHERE organisation_id = ${primary.id} AND role = 'guardian'`.execute(
    context.db,
  );
  assert.deepEqual(await wrongHomes(context), []);
  const [twin, other] = city.people.twins;
  await write((tx) => merge(tx, other, twin, options));
  assert.deepEqual(await wrongHomes(context), []);
});

test('T7: of 64 pairs of roles none governs its equal below the department or one above; a role never widens reach', () => {
  const department = ['d'];
  const school = ['d', 'w', 's'];
  const other = ['d', 'w', 't'];
  const standing = (held: Standing['roles'], home: readonly string[] | null = school): Standing => ({
    personId: 'p',
    home,
    belongs: [home ?? school],
    roles: held,
    children: [school],
    isLearnerOnly: false,
    hasLeft: false,
    classTeachers: [],
  });
  let pairs = 0;
  for (const acting of roles) {
    for (const held of roles) {
      pairs += 1;
      for (const action of governingActions) {
        const may = hasAction(acting, action) && acting !== 'teacher';
        const at = (organisationId: string) => actorWith([{ role: acting, organisationId }]);
        const verdict = verdictOn(at('s'), action, standing([{ role: held, path: school }]));
        const expected = may && coveredRoles[acting].includes(held);
        assert.equal(verdict !== 'no', expected, `${acting} ${action} ${held} at one school`);
        assert.equal(verdictOn(at('s'), action, standing([{ role: held, path: department }])), 'no', 'never upwards');
        assert.equal(verdictOn(at('s'), action, standing([{ role: held, path: other }])), 'no', 'never sideways');
        assert.equal(
          verdictOn(at('s'), action, standing([{ role: held, path: school }], other)),
          'no',
          'a role at this school does not make a stranger belong to it',
        );
        const fromAbove = verdictOn(at('d'), action, standing([{ role: held, path: other }], other));
        assert.equal(fromAbove !== 'no', expected, `${acting} of the department ${action} ${held}`);
      }
    }
  }
  assert.equal(pairs, 64);
});

test('T4, T7: a school administrator gains nothing over strangers by a role of the own school', async () => {
  await using world = await openCity();
  const { context, city } = world;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const administrator = actorWith(await rolesOf(context, primary.administratorId), primary.administratorId);
  const strangers = [
    lower.principalId,
    city.people.administrator,
    city.people.auditor,
    city.people.movedPupil,
    city.people.securityOfficer,
  ];
  for (const stranger of strangers) {
    for (const role of ['teacher', 'signer', 'app-owner', 'school-administrator'] as const) {
      const granting = context.db
        .transaction()
        .execute((tx) =>
          grantRole(tx, context, { personId: stranger, role, organisationId: primary.id }, administrator),
        );
      await assert.rejects(granting, { code: 'roles/above-own' });
    }
    // Even a role that is there already does not let the school act on them.
    await sql`INSERT INTO registry.role_assignment (id, person_id, role, organisation_id)
      VALUES (gen_random_uuid(), ${stranger}, 'teacher', ${primary.id})`.execute(context.db);
    for (const action of ['people.read', ...governingActions] as const)
      assert.equal(await can(context.db)(administrator, action, { personId: stranger }, 'proposed'), false, action);
  }
});

test('T7: a principal is not reset by the own school, and by the department with two people only', async () => {
  await using world = await openCity();
  const { db } = world.context;
  const { people, schools } = world.city;
  const as = async (personId: string) => actorWith(await rolesOf(world.context, personId), personId);
  const verdict = async (who: string, action: string, personId: string) =>
    decide(db, await as(who), action, { personId });
  assert.equal(await verdict(people.schoolAdministrator, 'accounts.invite', people.principal), 'no');
  assert.equal(await verdict(people.schoolAdministrator, 'accounts.read', people.principal), 'no');
  assert.equal(await verdict(people.schoolAdministrator, 'people.write', people.principal), 'no');
  assert.equal(await verdict(people.schoolAdministrator, 'people.read', people.principal), 'alone');
  assert.equal(await verdict(people.administrator, 'accounts.invite', people.principal), 'together');
  assert.equal(await can(db)(await as(people.administrator), 'accounts.invite', { personId: people.principal }), false);
  for (const officer of [people.securityOfficer, people.auditor])
    assert.equal(await verdict(people.administrator, 'accounts.invite', officer), 'together');
  assert.equal(await verdict(people.administrator, 'accounts.invite', people.schoolAdministrator), 'together');
  assert.equal(await verdict(people.administrator, 'accounts.invite', people.guardian), 'together');
  assert.equal(await verdict(people.teacher, 'accounts.invite', people.pupil), 'alone', 'the own class');
  assert.equal(await verdict(people.teacher, 'accounts.read', people.principal), 'no');
  const shared = schools[1]?.teacherIds[0] ?? '';
  assert.equal(
    await verdict(schools[2]?.administratorId ?? '', 'accounts.invite', shared),
    'no',
    'a guest teacher is governed at home',
  );
  assert.equal(await verdict(schools[2]?.administratorId ?? '', 'people.read', shared), 'alone');
  assert.equal(await verdict(people.administrator, 'accounts.invite', shared), 'together', 'class teachers sign');
  const subjectTeacher = schools[1]?.teacherIds.at(-1) ?? '';
  assert.equal(await verdict(schools[1]?.administratorId ?? '', 'accounts.invite', subjectTeacher), 'alone');
});

test('T8: no person holds two of the separate duties, also when both are granted at once', async () => {
  await using world = await openCity();
  const { context, city, tools } = world;
  const organisationId = city.departmentId;
  const grant = (personId: string, role: Role) =>
    context.db.transaction().execute((tx) => grantRole(tx, context, { personId, role, organisationId }, actor));
  for (const [holder, duty] of [
    [city.people.administrator, 'department-administrator'],
    [city.people.securityOfficer, 'security-officer'],
    [city.people.auditor, 'auditor'],
  ] as const) {
    for (const role of separateDuties)
      await assert.rejects(() => grant(holder, role), {
        code: role === duty ? 'roles/held' : 'roles/separate-duties',
      });
  }
  const { id } = await context.db
    .transaction()
    .execute((tx) =>
      createPerson(tx, tools, { fullName: 'Lê An', affiliations: [{ organisationId, role: 'staff' }] }, options),
    );
  const outcomes = await Promise.allSettled([...separateDuties].map((role) => grant(id, role)));
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  await assert.rejects(() => grant(city.people.pupil, 'teacher'), { code: 'roles/not-staff' });
});

test('T5: an administrator grants nothing to themselves, and a guardian is governed where all the children are', async () => {
  await using world = await openCity();
  const { context, city } = world;
  const administrator = actorWith(await rolesOf(context, city.people.administrator), city.people.administrator);
  const own = context.db
    .transaction()
    .execute((tx) =>
      grantRole(
        tx,
        context,
        { personId: administrator.personId, role: 'teacher', organisationId: city.departmentId },
        administrator,
      ),
    );
  await assert.rejects(own, { code: 'roles/above-own' });
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const school = actorWith([{ role: 'school-administrator', organisationId: primary.id }]);
  const guardian = { personId: city.people.guardian };
  assert.equal(await decide(context.db, school, 'people.write', guardian), 'alone');
  assert.equal(await decide(context.db, school, 'accounts.invite', guardian), 'together');
  await sql`INSERT INTO registry.guardianship (guardian_id, child_id, relation, valid_from)
    VALUES (${city.people.guardian}, ${city.people.movedPupil}, 'father', ${today})`.execute(context.db);
  assert.equal(await decide(context.db, school, 'people.write', guardian), 'no', 'a second child is at another school');
});

test('Q3: a signer or clerk whom somebody wrote into the table signs nothing, also by the word of another row', async () => {
  await using world = await openCity();
  const { context, city } = world;
  const school = city.schools[0];
  assert.ok(school);
  const stranger = school.teacherIds.at(-1) ?? '';
  const found = async (personId: string) =>
    (await findSigners(context, { personId, organisationId: school.id, roles: ['signer', 'clerk'] })).length;
  assert.equal(await found(school.principalId), 1, 'who was granted the role signs');
  const before = await found(stranger);
  await sql`DELETE FROM registry.role_assignment WHERE person_id = ${stranger}`.execute(context.db);
  assert.equal(await found(stranger), 0, `${before} before`);
  for (const attestation of [
    sql`NULL`,
    sql`sha256('x')`,
    sql`(SELECT attestation FROM registry.role_assignment WHERE person_id = ${school.principalId} AND role = 'signer' LIMIT 1)`,
  ])
    for (const role of ['signer', 'clerk'])
      await sql`
        INSERT INTO registry.role_assignment (id, person_id, role, organisation_id, attestation)
        VALUES (gen_random_uuid(), ${stranger}, ${role}, ${school.id}, ${attestation}) ON CONFLICT DO NOTHING`.execute(
        context.db,
      );
  assert.equal(await found(stranger), 0);
  await sql`UPDATE registry.role_assignment SET person_id = ${stranger}
    WHERE id = (SELECT id FROM registry.role_assignment WHERE person_id = ${school.principalId} AND role = 'signer' LIMIT 1)`
    .execute(context.db)
    .catch(() => undefined); // the row that the operator wrote stands in the way
  await sql`DELETE FROM registry.role_assignment WHERE person_id = ${stranger} AND attestation IS NULL`.execute(
    context.db,
  );
  assert.equal(await found(stranger), 0, 'nor by a row that was moved to them');
});
