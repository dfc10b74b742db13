import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dateInVietnam } from '@edutrust/platform/calendar';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { explaining, stepsOf } from '@edutrust/testing/explaining';
import { sql } from 'kysely';
import { makeCrowd } from '../../testing/crowd.ts';
import { demoSeed } from '../../testing/demo.ts';
import { openRegistry } from '../../testing/registry.ts';
import { seedDemo } from '../demo/demo.ts';
import { addGuardian } from '../guardians/guardians.ts';
import { planRollOver, proposeRollOver } from '../lifecycle/roll-over.ts';
import { migrations } from '../migrations.ts';
import { changePerson } from '../people/people.ts';
import { rolesOf } from '../permissions/permissions.ts';
import { applyImport, applyPlan } from './apply.ts';
import { planChanges } from './plan.ts';
import type { Population } from './population.ts';
import { guardians, learners, organisations, staff } from './populations.ts';
import type { Completeness, PersonRow } from './row.ts';
import { stateOf } from './state.ts';
import { findUndo, undoDays, undoPlan } from './undo.ts';

const actor = { kind: 'system', name: 'cli' } as const;
const today = dateInVietnam(new Date());

async function openCity() {
  const context = await testContext({ migrations: [migrations], seed: demoSeed });
  const city = await seedDemo(context);
  return { context, city, schoolId: city.schools[0]?.id ?? '' };
}

type Rows = readonly Partial<PersonRow>[];

async function apply(
  context: TestContext,
  population: Population,
  organisationId: string,
  rows: Rows,
  completeness: Completeness = 'partial',
): Promise<string> {
  const source = {
    name: 'rows',
    rows: (async function* () {
      for (const [nth, row] of rows.entries())
        yield {
          row: {
            row: nth + 1,
            organisationId,
            fullName: null,
            birthDate: null,
            moetId: null,
            personalNumber: null,
            localCode: null,
            ...row,
          },
        };
    })(),
    facts: () => ({ sha256: '', columns: [] }),
    columnName: (field: string) => field,
  };
  const id = await planChanges(context, { population, source, completeness, actor });
  await context.db.transaction().execute(async (transaction) => {
    await sql`UPDATE registry.roster_plan SET status = 'planned' WHERE id = ${id}`.execute(transaction); // the guard has its own tests
  });
  await applyImport(context, id, actor);
  return id;
}

const undo = (context: TestContext, id: string) =>
  context.db.transaction().execute((transaction) => undoPlan(context, transaction, id, actor));

/** Everything that a plan can change, of everybody who was there: a line a person. */
async function everybody({ db }: TestContext, ids?: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const only = ids ? sql`WHERE p.id = ANY(${[...ids]}::uuid[])` : sql``;
  const { rows } = await sql<{ id: string; state: string }>`
    SELECT p.id, (${stateOf})::text AS state FROM registry.person AS p ${only} ORDER BY p.id`.execute(db);
  return new Map(rows.map(({ id, state }) => [id, state]));
}

async function learnersOf({ db }: TestContext, schoolId: string) {
  const { rows } = await sql<{ id: string; fullName: string; birthDate: string; classCode: string; grade: number }>`
    SELECT p.id, p.full_name AS "fullName", p.birth_date AS "birthDate", k.code AS "classCode", k.grade FROM registry.person AS p
    JOIN registry.enrolment AS e ON e.person_id = p.id AND e.valid_until IS NULL JOIN registry.class AS k ON k.id = e.class_id
    WHERE k.organisation_id = ${schoolId} ORDER BY p.id`.execute(db);
  return rows;
}

test('an applied roster is undone: people have, digest for digest, what they had; new records have left and free their identifiers', async () => {
  const { context, schoolId } = await openCity();
  await using _ = context;
  const known = await learnersOf(context, schoolId);
  const before = await everybody(context);
  const changedRows = known.slice(2).map(({ fullName, birthDate, classCode, grade }, nth) => ({
    fullName,
    birthDate,
    classCode: nth % 2 === 0 ? '5Z' : classCode,
    grade: nth % 2 === 0 ? 5 : grade,
    gender: 'female' as const,
    localCode: `HS${nth}`,
    details: { ethnicity: 'Kinh' },
  }));
  const added = { fullName: 'Người Mới', birthDate: '2015-01-02', classCode: '5Z', grade: 5, moetId: 'UNDONEW1' };
  const leavers = known
    .slice(0, 2)
    .map(({ fullName, birthDate, classCode }) => ({ fullName, birthDate, classCode, gone: 'Chuyển trường' }));
  const id = await apply(context, learners, schoolId, [...leavers, ...changedRows, added]);
  const { rows: left } =
    await sql`SELECT FROM registry.roster_change WHERE plan_id = ${id} AND action = 'left'`.execute(context.db);
  assert.equal(left.length, 2);
  assert.notDeepEqual(await everybody(context, [...before.keys()]), before);
  const preview = await context.db.transaction().execute((transaction) => findUndo(context, transaction, id));
  assert.deepEqual([preview.withdrawn, preview.blockedCount], [1, 0]);
  assert.ok(preview.restored > known.length * 0.9);
  const done = await undo(context, id);
  assert.equal(done.isUndone, true);
  assert.deepEqual(await everybody(context, [...before.keys()]), before);
  const { rows } = await sql<{ status: string; moet: Buffer | null; here: number; name: string }>`
    SELECT status, moet_id_index AS moet, full_name AS name,
      (SELECT count(*) FROM registry.affiliation AS f WHERE f.person_id = p.id AND f.valid_until IS NULL) AS here
    FROM registry.person AS p WHERE NOT p.id = ANY(${[...before.keys()]}::uuid[])`.execute(context.db);
  assert.deepEqual(rows, [{ status: 'left', moet: null, here: 0, name: 'Người Mới' }]);
  assert.equal((await undo(context, id)).isUndone, true, 'again does nothing');
  await assert.rejects(applyImport(context, id, actor), { code: 'roster/superseded' });
  const again = await apply(context, learners, schoolId, [...changedRows, added]);
  assert.notEqual(again, id);
});

test('an undo does all of it or names who was changed since, and then nothing', async () => {
  const { context, city, schoolId } = await openCity();
  await using _ = context;
  const [one, two] = await learnersOf(context, schoolId);
  assert.ok(one && two);
  const rowOf = ({ fullName, birthDate, classCode, grade }: typeof one) => ({ fullName, birthDate, classCode, grade });
  const added = { fullName: 'Người Mới', birthDate: '2015-01-02', classCode: '5A', grade: 5, moetId: 'UNDONEW1' };
  const id = await apply(context, learners, schoolId, [
    { ...rowOf(one), localCode: 'HS1' },
    { ...rowOf(two), localCode: 'HS2' },
    added,
  ]);
  const { rows } = await sql<{ id: string }>`SELECT id FROM registry.person WHERE full_name = 'Người Mới'`.execute(
    context.db,
  );
  const changeThem: [string, () => Promise<unknown>][] = [
    [
      two.fullName,
      () => context.db.transaction().execute((tx) => changePerson(tx, two.id, { fullName: 'Tên Sửa Sau' }, actor)),
    ],
    [
      'Người Mới',
      () =>
        context.db
          .transaction()
          .execute((tx) =>
            addGuardian(
              tx,
              { childId: rows[0]?.id ?? '', guardianId: city.people.guardian, relation: 'guardian' },
              { actor, today },
            ),
          ),
    ],
  ];
  let count = 0;
  for (const [, change] of changeThem) {
    await change();
    count += 1;
    const before = await everybody(context);
    await assert.rejects(
      undo(context, id),
      (error: { code: string; detail: { vi: string } }) =>
        error.code === 'roster/changed-since' &&
        error.detail.vi.includes('Tên Sửa Sau') &&
        error.detail.vi.includes(`${count} người`) &&
        !error.detail.vi.includes(one.fullName),
    );
    assert.deepEqual(await everybody(context), before);
  }
});

test('staff and guardians: homeroom, codes, roles of teachers and guardianships come back', async () => {
  const { context, city, schoolId } = await openCity();
  await using _ = context;
  const { rows: teachers } = await sql<{ id: string; fullName: string; birthDate: string; code: string }>`
    SELECT p.id, p.full_name AS "fullName", p.birth_date AS "birthDate", k.code FROM registry.class AS k
    JOIN registry.person AS p ON p.id = k.homeroom_teacher_id WHERE k.organisation_id = ${schoolId} ORDER BY k.code`.execute(
    context.db,
  );
  const [teacher] = teachers;
  const [pupil] = await learnersOf(context, schoolId);
  assert.ok(teacher && pupil);
  const before = await everybody(context);
  const newcomer = {
    fullName: 'Cô Giáo Mới',
    birthDate: '1990-02-03',
    role: 'teacher' as const,
    title: 'Giáo viên',
    homeroomOf: teacher.code,
    localCode: 'GV9',
  };
  const ids = [
    await apply(context, staff, schoolId, [newcomer]),
    await apply(context, guardians, schoolId, [
      {
        fullName: pupil.fullName,
        birthDate: pupil.birthDate,
        guardianName: 'Bà Ngoại Mới',
        guardianBirthDate: '1950-01-01',
        guardianNumber: '079150000001',
        relation: 'guardian',
      },
    ]),
  ];
  assert.notDeepEqual(await everybody(context, [...before.keys()]), before);
  for (const id of ids.reverse()) await undo(context, id);
  assert.deepEqual(await everybody(context, [...before.keys()]), before);
  const { rows: held } = await sql`
    SELECT FROM registry.role_assignment AS a JOIN registry.person AS p ON p.id = a.person_id
    WHERE p.full_name = 'Cô Giáo Mới' AND a.ended_at IS NULL`.execute(context.db);
  assert.equal(held.length, 0);
  assert.equal(city.schools.length, 3);
});

test('a teacher whom a roster let go holds the role again after an undo, and it gives what it gave', async () => {
  const { context, schoolId } = await openCity();
  await using _ = context;
  const { rows } = await sql<{ id: string; fullName: string; birthDate: string }>`
    SELECT p.id, p.full_name AS "fullName", p.birth_date AS "birthDate" FROM registry.person AS p WHERE p.id IN (
      SELECT person_id FROM registry.role_assignment GROUP BY person_id HAVING array_agg(role) = '{teacher}')
      AND p.home_organisation_id = ${schoolId} ORDER BY p.id LIMIT 1`.execute(context.db);
  const [teacher] = rows;
  assert.ok(teacher);
  const before = await rolesOf(context, teacher.id);
  assert.deepEqual(before, [{ role: 'teacher', organisationId: schoolId }]);
  const row = { fullName: teacher.fullName, birthDate: teacher.birthDate, role: 'teacher' as const, gone: 'Nghỉ việc' };
  const id = await apply(context, staff, schoolId, [row]);
  assert.deepEqual(await rolesOf(context, teacher.id), []);
  await undo(context, id);
  assert.deepEqual(await rolesOf(context, teacher.id), before);
});

test('an undo comes too late after seven days, and is not for organisations or for plans that were never applied', async () => {
  const { context, schoolId } = await openCity();
  await using _ = context;
  const id = await apply(context, learners, schoolId, [
    { fullName: 'Người Mới', birthDate: '2015-01-02', classCode: '5A', grade: 5 },
  ]);
  const later = {
    secrets: context.secrets,
    clock: { now: () => new Date(Date.now() + (undoDays * 24 + 1) * 3_600_000) },
  };
  await assert.rejects(
    context.db.transaction().execute((transaction) => undoPlan(later, transaction, id, actor)),
    { code: 'roster/undo-too-late' },
  );
  await sql`UPDATE registry.roster_plan SET kind = ${organisations.id} WHERE id = ${id}`.execute(context.db);
  await assert.rejects(undo(context, id), { code: 'roster/undo-not-here' });
  await sql`UPDATE registry.roster_plan SET kind = 'learners', status = 'planned', applied_at = NULL WHERE id = ${id}`.execute(
    context.db,
  );
  await assert.rejects(undo(context, id), { code: 'roster/not-applied' });
  await assert.rejects(undo(context, '0199c1b2-0000-7000-8000-000000000000'), { code: 'roster/no-plan' });
});

test('killed at any moment an undo has happened or has not, and done again it has', async () => {
  const { context, schoolId } = await openCity();
  await using _ = context;
  const known = await learnersOf(context, schoolId);
  const rows = [
    ...known.map(({ fullName, birthDate, classCode, grade }, nth) => ({
      fullName,
      birthDate,
      classCode,
      grade,
      localCode: `HS${nth}`,
    })),
    ...Array.from({ length: 1_500 }, (_one, nth) => ({
      fullName: `Người ${String.fromCharCode(97 + (nth % 26), 97 + Math.floor(nth / 26))}`,
      birthDate: '2015-01-02',
      classCode: '5A',
      grade: 5,
      moetId: `KILLNEW${nth}`,
    })),
  ];
  const before = await everybody(context);
  const id = await apply(context, learners, schoolId, rows);
  const after = await everybody(context);
  const script = fileURLToPath(new URL('../../testing/undo-child.ts', import.meta.url));
  const seen = new Set<string>();
  for (const ms of [5, 40, 120, 250, 450]) {
    const child = spawn(process.execPath, [script, context.databaseUrl, id], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const ended = once(child, 'exit');
    await pause(ms);
    child.kill('SIGKILL');
    await ended;
    // What the server was in the middle of ends with its connection: nobody looks before it has.
    await sql`SELECT FROM registry.roster_plan WHERE id = ${id} FOR UPDATE`.execute(context.db);
    const now = await everybody(context);
    const { rows: plan } = await sql<{
      status: string;
    }>`SELECT status FROM registry.roster_plan WHERE id = ${id}`.execute(context.db);
    const status = plan[0]?.status ?? '';
    seen.add(status);
    if (status === 'applied') assert.deepEqual(now, after);
    else assert.deepEqual(new Map([...now].filter(([person]) => before.has(person))), before);
  }
  assert.ok(seen.has('applied'));
  await undo(context, id);
  assert.deepEqual(await everybody(context, [...before.keys()]), before);
});

test('T5: an undo is for those who govern every school of the plan, and what two people did is not undone by its maker', async () => {
  await using world = await openRegistry();
  const { city, call, context } = world;
  const [primary, , upper] = city.schools;
  assert.ok(primary && upper);
  const form = new FormData();
  form.set('file', new Blob(['Mã trường,Lớp,Họ và tên,Ngày sinh\nTH001,5A,Em Mới,01/02/2015']), 'lop.csv');
  const made = await call(primary.administratorId, 'POST', 'roster/plans', form);
  const path = `roster/plans/${made.json.id}`;
  assert.equal((await call(primary.administratorId, 'GET', `${path}/undo`)).json.code, 'roster/not-applied');
  const applied = await call(primary.administratorId, 'POST', `${path}/apply`, {});
  assert.deepEqual(applied.json.may, ['undo']);
  for (const person of [upper.administratorId, city.people.pupil, city.people.teacher]) {
    assert.equal((await call(person, 'GET', `${path}/undo`)).status, 403);
    assert.equal((await call(person, 'POST', `${path}/undo`, {})).status, 403);
  }
  await sql`UPDATE registry.roster_plan SET held_reason = '{"vi": "v", "en": "e"}' WHERE id = ${made.json.id}`.execute(
    context.db,
  );
  assert.equal((await call(primary.administratorId, 'POST', `${path}/undo`, {})).status, 403, 'its maker');
  const undone = await call(city.people.administrator, 'POST', `${path}/undo`, {});
  assert.deepEqual([undone.status, undone.json.isUndone, undone.json.withdrawn], [200, true, 1]);
  assert.equal((await call(city.people.administrator, 'GET', path)).json.status, 'undone');
});

test('what a plan of one school does and takes back reads that school: how many classes the city has does not count', async () => {
  await using context = await testContext({ migrations: [migrations] });
  const { schoolIds } = await makeCrowd(context.db, 6_000, { schools: 60 });
  await sql`UPDATE registry.class SET school_year = school_year - 1`.execute(context.db);
  await context.pool.query('VACUUM ANALYZE');
  const [organisationId = ''] = schoolIds;
  const planOf = async (school: string) => {
    const { classes } = await proposeRollOver(context, school);
    const named = classes.map(({ id, next }) => ({ classId: id, next: next?.code ?? null }));
    return planRollOver(context, { organisationId: school, classes: named, repeating: [], actor });
  };
  const planId = await planOf(organisationId);
  for (const other of schoolIds.slice(1, 12)) await planOf(other);
  await context.pool.query('ANALYZE registry.roster_change');
  // The other schools have their classes of the new year already; the planner has not heard of it.
  await sql`
    INSERT INTO registry.class (id, organisation_id, school_year, code, grade)
    SELECT gen_random_uuid(), organisation_id, school_year + 1, code, grade FROM registry.class
    WHERE organisation_id <> ${organisationId}`.execute(context.db);
  const { db, plans } = explaining(context.pool);
  const within = { ...context, db };
  await db.transaction().execute((tx) => applyPlan(within, tx, planId, { actor, isApproved: true }));
  await db.transaction().execute((tx) => undoPlan(within, tx, planId, actor));
  assert.ok(plans.length > 30, String(plans.length));
  // 100 people, 20 classes; the city has 2,380 classes and 6,000 people, whom a hash may read once.
  for (const plan of plans)
    for (const [step, rows] of stepsOf(plan))
      assert.ok(rows <= 20_000, `${rows} rows: ${step.trim()}\n${plan.slice(0, 300)}`);
});
