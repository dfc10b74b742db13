import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineEvents } from '@edutrust/platform/events';
import { testContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import { demoSeed } from '../../testing/demo.ts';
import { openRegistry } from '../../testing/registry.ts';
import { seedDemo } from '../demo/demo.ts';
import { createEducationIdIssuer } from '../education-id/education-id.ts';
import { migrations } from '../migrations.ts';
import { can, grantRole, rolesOf } from '../permissions/permissions.ts';
import { merge } from './merge.ts';
import {
  affiliate,
  changePerson,
  compareByGivenName,
  createIdentifierVault,
  createPerson,
  findByEducationId,
  findPerson,
  leave,
  listDirectoryPeople,
  listPeople,
  parseFullName,
  personClaims,
} from './people.ts';

const actor = { kind: 'system', name: 'test' } as const;
const today = '2026-11-23';

test('the demo city has its people, is found without marks, and is made once', async () => {
  await using context = await testContext({ migrations: [migrations], seed: demoSeed });
  const [city, same] = await Promise.all([seedDemo(context), seedDemo(context)]);
  assert.deepEqual(city, same);
  const scope = [city.departmentId];
  const names = async (query: string) =>
    (await listPeople(context.db, { scope, detailScope: scope, query, limit: 50 })).map(({ fullName }) => fullName);
  assert.ok((await names('dang thi anh nguyet')).includes('Đặng Thị Ánh Nguyệt'));
  assert.ok((await names('NGUYET dang')).includes('Đặng Thị Ánh Nguyệt'));
  assert.equal((await names('Nguyễn Minh Khôi')).filter((name) => name === 'Nguyễn Minh Khôi').length, 2, 'both twins');
  assert.deepEqual(await names('%'), []);
  const all = await listDirectoryPeople(context.db, { organisationId: city.departmentId, limit: 1_000 });
  assert.ok(all.length >= 380 && all.length <= 450, `${all.length} people`);
  const page = await listPeople(context.db, { scope, detailScope: scope, limit: 10 });
  const next = await listPeople(context.db, { scope, detailScope: scope, limit: 10, cursor: page.at(-1)?.id ?? '' });
  assert.equal(new Set([...page, ...next].map(({ id }) => id)).size, 20);
});

test('an education ID of a merged duplicate leads to the record that stayed, for ever', async () => {
  await using context = await testContext({ migrations: [migrations], seed: demoSeed });
  const { people } = await seedDemo(context);
  const pupil = await findPerson(context.db, people.pupil);
  assert.equal(pupil.aliases.length, 1);
  assert.equal((await findByEducationId(context.db, pupil.aliases[0] ?? ''))?.id, people.pupil);
  assert.equal((await findByEducationId(context.db, pupil.educationId))?.id, people.pupil);
  assert.equal(pupil.guardians[0]?.relation, 'father');
});

test('a moved pupil keeps the history and has the new school in the claims', async () => {
  await using context = await testContext({ migrations: [migrations], seed: demoSeed });
  const city = await seedDemo(context);
  const moved = await findPerson(context.db, city.people.movedPupil);
  assert.equal(moved.history.length, 2);
  assert.equal(moved.affiliations[0]?.organisation.code, 'THCS001');
  const claims = await personClaims(context.db, city.people.movedPupil);
  assert.deepEqual(claims.affiliations, [
    { role: 'learner', school: 'Trường THCS Trần Văn Ơn', school_code: 'THCS001', class: '6A' },
  ]);
});

test('T4: a school sees its own people only, and a leaver loses every role', async () => {
  await using context = await testContext({ migrations: [migrations], seed: demoSeed });
  const city = await seedDemo(context);
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const decide = can(context.db);
  const asPerson = async (personId: string) => ({
    kind: 'person' as const,
    personId,
    sessionId: 's',
    acr: 'passkey',
    authenticatedAt: new Date(),
    roles: await rolesOf(context, personId),
  });
  const administrator = await asPerson(primary.administratorId);
  assert.equal(await decide(administrator, 'people.write', { organisationId: primary.id }), true);
  assert.equal(await decide(administrator, 'people.write', { organisationId: lower.id }), false);
  assert.equal(await decide(administrator, 'people.write', { organisationId: city.departmentId }), false);
  assert.equal(await decide(administrator, 'people.write', { personId: city.people.pupil }), true);
  assert.equal(await decide(administrator, 'people.write', { personId: city.people.movedPupil }), false);
  assert.equal(await decide(administrator, 'people.write', { personId: 'nobody' }), false);
  assert.equal(await decide(administrator, 'certificates.revoke'), false);
  assert.equal(
    await decide(await asPerson(city.people.administrator), 'people.write', { organisationId: lower.id }),
    true,
  );
  await context.db.transaction().execute((tx) => leave(tx, primary.administratorId, { actor, today }));
  assert.deepEqual(await rolesOf(context, primary.administratorId), []);
});

test('T5: nobody grants above their own role, outside their organisation, or to themselves; sync grants nothing', async () => {
  await using context = await testContext({ migrations: [migrations], seed: demoSeed });
  const city = await seedDemo(context);
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const administrator = {
    kind: 'person' as const,
    personId: primary.administratorId,
    sessionId: 's',
    acr: 'passkey',
    authenticatedAt: new Date(),
    roles: await rolesOf(context, primary.administratorId),
  };
  const grant = (
    by: Parameters<typeof grantRole>[3],
    personId: string,
    role: Parameters<typeof grantRole>[2]['role'],
    organisationId: string,
  ) => context.db.transaction().execute((tx) => grantRole(tx, context, { personId, role, organisationId }, by));
  await context.db
    .transaction()
    .execute((tx) =>
      affiliate(tx, city.people.guardian, { organisationId: primary.id, role: 'teacher' }, { actor, today }),
    );
  await grant(administrator, city.people.guardian, 'teacher', primary.id);
  for (const attempt of [
    () => grant(administrator, primary.principalId, 'teacher', primary.id),
    () => grant(administrator, city.people.guardian, 'teacher', lower.id),
    () => grant(administrator, primary.principalId, 'department-administrator', primary.id),
    () => grant(administrator, primary.principalId, 'school-administrator', primary.id),
    () => grant(administrator, primary.administratorId, 'teacher', primary.id),
    () => grant({ kind: 'system', name: 'sync' }, primary.principalId, 'auditor', primary.id),
  ]) {
    await assert.rejects(attempt, { code: 'roles/above-own' });
  }
});

test('names are kept in NFC with single spaces; odd ones are refused; lists sort by given name', async () => {
  assert.equal(parseFullName('  Nguyễn   Văn An '), 'Nguyễn Văn An');
  for (const bad of ['', '   ', '12345', '<script>alert(1)</script>', 'A\u202eB', 'x'.repeat(121)])
    assert.throws(() => parseFullName(bad), { code: 'people/bad-name' });
  assert.deepEqual(['Trần Ấn', 'Lê An', 'Đỗ Ánh', 'Bùi An'].sort(compareByGivenName), [
    'Bùi An',
    'Lê An',
    'Đỗ Ánh',
    'Trần Ấn',
  ]);
});

test('a correction that changes nothing makes no event', async () => {
  await using context = await testContext({ migrations: [migrations], seed: demoSeed });
  const { people } = await seedDemo(context);
  const count = async () => (await context.pool.query('SELECT count(*) AS count FROM platform.outbox')).rows[0].count;
  const before = await count();
  await context.db
    .transaction()
    .execute((tx) => changePerson(tx, people.pupil, { fullName: 'Đặng Thị Ánh Nguyệt' }, actor));
  assert.equal(await count(), before);
  await context.db
    .transaction()
    .execute((tx) => changePerson(tx, people.pupil, { fullName: 'Đặng Thị Ánh Nguyệt Minh' }, actor));
  assert.equal(await count(), before + 1);
});

test('a merge carries the codes and the guardians of the duplicate to the record that stays, each once', async () => {
  await using context = await testContext({ migrations: [migrations], seed: demoSeed });
  const city = await seedDemo(context);
  const { pupil, guardian, movedPupil } = city.people;
  const school = city.schools[0]?.id ?? '';
  const vault = createIdentifierVault(context.secrets);
  const issuer = createEducationIdIssuer(context);
  const other = await context.db.transaction().execute(async (tx) => {
    const made = await createPerson(
      tx,
      { issuer, vault },
      { fullName: 'Hồ Sơ Trùng', affiliations: [{ organisationId: school, role: 'learner' }] },
      { actor, today },
    );
    await sql`INSERT INTO registry.local_code VALUES (${school}, 'learner', 'HS77', ${made.id})`.execute(tx);
    await sql`
      INSERT INTO registry.guardianship (id, guardian_id, child_id, relation, valid_from)
      VALUES (gen_random_uuid(), ${guardian}, ${made.id}, 'father', ${today}), (gen_random_uuid(), ${movedPupil}, ${made.id}, 'guardian', ${today}),
        (gen_random_uuid(), ${pupil}, ${made.id}, 'guardian', ${today})`.execute(tx);
    await merge(tx, made.id, pupil, { actor, today });
    return made.id;
  });
  const { rows } = await sql<{ guardian: string }>`
    SELECT guardian_id AS guardian FROM registry.guardianship WHERE child_id = ${pupil} AND valid_until IS NULL`.execute(
    context.db,
  );
  assert.deepEqual(rows.filter((row) => row.guardian === guardian).length, 1, 'who guarded both guards the one');
  assert.ok(
    rows.some((row) => row.guardian === movedPupil),
    'who guarded the duplicate alone goes over',
  );
  assert.ok(!rows.some((row) => row.guardian === pupil), 'nobody guards themselves');
  const { rows: rest } = await sql`
    SELECT FROM registry.guardianship WHERE ${other} IN (child_id, guardian_id) AND valid_until IS NULL
    UNION ALL SELECT FROM registry.local_code WHERE person_id = ${other}`.execute(context.db);
  assert.equal(rest.length, 0);
  const { rows: codes } = await sql<{ code: string }>`
    SELECT code FROM registry.local_code WHERE person_id = ${pupil} AND code = 'HS77'`.execute(context.db);
  assert.equal(codes.length, 1);
});

test('T7: a teacher reads no colleague’s birth date, and of nobody but the own class when they sign in', async () => {
  await using world = await openRegistry();
  const { context, city, call } = world;
  const { teacher, principal, administrator } = city.people;
  const { record: recordOf } = defineEvents({
    'account.signed-in': { subject: 'person', vi: 'đăng nhập', en: 'signed in' },
    'password.changed': { subject: 'person', vi: 'đổi mật khẩu', en: 'password changed' },
  });
  const { rows } = await sql<{ id: string; isOwn: boolean }>`
    SELECT DISTINCT ON (2) e.person_id AS id, c.homeroom_teacher_id IS NOT DISTINCT FROM ${teacher} AS "isOwn"
    FROM registry.enrolment AS e JOIN registry.class AS c ON c.id = e.class_id
    WHERE e.valid_until IS NULL AND c.organisation_id = (SELECT home_organisation_id FROM registry.person WHERE id = ${teacher})
    ORDER BY 2, 1`.execute(context.db);
  const [mine, another] = [rows.find(({ isOwn }) => isOwn)?.id ?? '', rows.find(({ isOwn }) => !isOwn)?.id ?? ''];
  await sql`UPDATE registry.person SET birth_date = '2016-05-04' WHERE id IN (${mine}, ${another}, ${principal})`.execute(
    context.db,
  );
  await context.db.transaction().execute(async (transaction) => {
    for (const id of [mine, another, principal])
      for (const type of ['account.signed-in', 'password.changed'] as const)
        await recordOf(transaction, { type, actor, subject: { kind: 'person', id } });
  });
  const seen = async (reader: string, id: string) => {
    const { status, json } = await call(reader, 'GET', `people/${id}`);
    assert.equal(status, 200, JSON.stringify(json));
    const listed = await call(reader, 'GET', `people?q=${json.educationId.replaceAll(' ', '')}`);
    const types: string[] = json.timeline.map(({ type }: { type: string }) => type);
    return [
      json.birthDate,
      listed.json.items[0]?.birthDate ?? null,
      types.some((type) => /^(account|password|session|passkey)/.test(type)),
    ];
  };
  assert.deepEqual(await seen(teacher, principal), [null, null, false]);
  assert.deepEqual(await seen(teacher, another), ['2016-05-04', '2016-05-04', false], 'what tells namesakes apart');
  assert.deepEqual(await seen(teacher, mine), ['2016-05-04', '2016-05-04', true], 'whose codes the teacher makes');
  assert.deepEqual(await seen(administrator, principal), ['2016-05-04', '2016-05-04', true]);
});
