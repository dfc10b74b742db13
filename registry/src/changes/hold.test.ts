import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { testDatabase } from '@edutrust/testing/database';
import { explaining, stepsOf } from '@edutrust/testing/explaining';
import { sql } from 'kysely';
import { makeCrowd } from '../../testing/crowd.ts';
import { demoSeed } from '../../testing/demo.ts';
import { seedDemo } from '../demo/demo.ts';
import { migrations } from '../migrations.ts';
import { applyImport } from './apply.ts';
import { areAtLeast } from './hold.ts';
import { planChanges } from './plan.ts';
import { learners } from './populations.ts';
import type { Completeness, PersonRow } from './row.ts';
import { undoPlan } from './undo.ts';

const actor = { kind: 'system', name: 'cli' } as const;
/** Who approves what a guard holds. */
const second = { kind: 'system', name: 'second' } as const;

/** Two schools of 240 learners in twelve classes each, on a day in November whose clock the test moves. */
async function openCity() {
  const now = { at: new Date('2026-11-10T03:00:00Z') };
  const context = await testContext({ migrations: [migrations], clock: { now: () => now.at }, seed: demoSeed });
  const city = await seedDemo(context);
  const [one, other] = city.schools;
  assert.ok(one && other);
  const plan = async (rows: readonly Partial<PersonRow>[], completeness: Completeness = 'partial') => {
    const empty = { fullName: null, birthDate: null, moetId: null, personalNumber: null, localCode: null };
    const source = {
      name: 'rows',
      rows: (async function* () {
        for (const [nth, row] of rows.entries())
          yield { row: { row: nth + 1, organisationId: one.id, ...empty, ...row } };
      })(),
      facts: () => ({ sha256: '', columns: [] }),
      columnName: (field: string) => field,
    };
    const id = await planChanges(context, { population: learners, source, actor, completeness });
    const { rows: found } = await sql<{ status: string; reason: string; totals: Record<string, number> }>`
      SELECT status, coalesce(held_reason->>'vi', '') AS reason, totals FROM registry.roster_plan WHERE id = ${id}`.execute(
      context.db,
    );
    const [made = { status: '', reason: '', totals: {} as Record<string, number> }] = found;
    return { id, ...made };
  };
  const apply = (id: string) => applyImport(context, id, second, { isApproved: true });
  await emptySchools(context, [one.id, other.id]);
  for (const [nth, { id }] of [one, other].entries()) await apply((await plan(pupils(nth, id))).id);
  return { context, now, one, other, plan, apply };
}

/** What the demo's learners are is of no matter here. */
async function emptySchools({ db }: TestContext, ids: readonly string[]): Promise<void> {
  await sql`UPDATE registry.enrolment SET valid_until = '2026-11-10' WHERE valid_until IS NULL AND class_id IN (
    SELECT id FROM registry.class WHERE organisation_id = ANY(${[...ids]}::uuid[]))`.execute(db);
  await sql`UPDATE registry.affiliation SET valid_until = '2026-11-10' WHERE role = 'learner' AND valid_until IS NULL
    AND organisation_id = ANY(${[...ids]}::uuid[])`.execute(db);
}

function pupils(school: number, organisationId: string): Partial<PersonRow>[] {
  return Array.from({ length: 240 }, (_one, nth) => ({
    organisationId,
    fullName: `Em ${'bcdghklmnt'[school]}${[...String(nth).padStart(3, '0')].map((digit) => 'bcdghklmnt'[Number(digit)]).join('')}`,
    birthDate: `2015-01-${String(1 + (nth % 28)).padStart(2, '0')}`,
    moetId: `HOLD${school}${String(nth).padStart(4, '0')}`,
    classCode: `${1 + (nth % 3)}${'ABCD'[Math.floor(nth / 3) % 4]}`,
    grade: 1 + (nth % 3),
  }));
}

test('D3: one row of hundreds, declared complete, is held by school; a file that holds nobody removes nobody', async () => {
  const { context, one, plan } = await openCity();
  await using _context = context;
  const mine = pupils(0, one.id);
  const few = await plan(mine.slice(0, 1), 'schools');
  assert.deepEqual([few.status, few.totals.left], ['held', 239]);
  assert.match(few.reason, /239 trong 240 học sinh của .+ sẽ rời/);
  const none = await plan([], 'schools');
  assert.deepEqual([none.status, none.totals.left], ['planned', 0]);
});

test('D4: a school that is missing in a file of the city keeps everybody; one whose children all stand under another is held', async () => {
  const { context, one, other, plan } = await openCity();
  await using _context = context;
  const missing = await plan(pupils(1, other.id), 'schools');
  assert.deepEqual([missing.status, missing.totals.left, missing.totals.unchanged], ['planned', 0, 240]);
  const merged = await plan(pupils(0, other.id));
  assert.equal(merged.status, 'held');
  assert.match(merged.reason, /240 trong 240 học sinh của .+ sẽ sang trường khác/);
  assert.equal((await plan(pupils(0, one.id))).totals.unchanged, 240);
});

test('D3: small losses one after the other are one large loss; what was undone counts for nothing, and a day later it begins anew', async () => {
  const { context, now, one, plan, apply } = await openCity();
  await using _context = context;
  const gone = (from: number, count: number) =>
    pupils(0, one.id)
      .slice(from, from + count)
      .map((row) => ({ ...row, gone: 'Chuyển trường' }));
  const first = await plan(gone(0, 40));
  assert.equal(first.status, 'planned');
  await apply(first.id);
  const next = await plan(gone(40, 20));
  assert.equal(next.status, 'held');
  assert.match(next.reason, /20 trong 200 .+\(và 40 trong 24 giờ qua\)/);
  await context.db.transaction().execute((tx) => undoPlan(context, tx, first.id, second));
  assert.equal((await plan(gone(40, 20))).status, 'planned');
  await apply((await plan(gone(0, 40))).id);
  now.at = new Date(now.at.getTime() + 25 * 3_600_000);
  assert.equal((await plan(gone(40, 20))).status, 'planned');
});

test('D3: too many added, corrected, moved to other classes, and classes that empty: each is held for its own reason', async () => {
  const { context, one, plan } = await openCity();
  await using _context = context;
  const mine = pupils(0, one.id);
  const twins = await plan(
    ['Hai', 'Ba'].flatMap((name) =>
      mine
        .slice(0, 160)
        .map((row) => ({ ...row, fullName: `${row.fullName} ${name}`, moetId: `${name}${row.moetId}` })),
    ),
  );
  assert.match(twins.reason, /320 học sinh sẽ được thêm ở .+, nơi đang có 240/);
  const slipped = await plan(mine.slice(0, 60).map((row) => ({ ...row, birthDate: '2014-12-31' })));
  assert.match(slipped.reason, /60 trong 240 người của .+ đổi họ tên hoặc ngày sinh.*cột bị lệch/);
  const mixed = await plan(mine.map((row) => ({ ...row, classCode: `${row.grade}E` })));
  assert.match(mixed.reason, /240 trong 240 học sinh của .+ sẽ đổi lớp/);
  assert.match(mixed.reason, /12 trong 12 lớp của .+ sẽ không còn ai/);
  const some = await plan(mine.slice(0, 20).map((row) => ({ ...row, classCode: `${row.grade}E` })));
  assert.deepEqual([some.status, some.reason], ['planned', '']);
});

test('D3: what a school did at this time a year ago is no surprise; twice as much is, and another time of the year too', async () => {
  const { context, now, one, plan, apply } = await openCity();
  await using _context = context;
  const all = pupils(0, one.id);
  const gone = (from: number, count: number) =>
    all.slice(from, from + count).map((row) => ({ ...row, gone: 'Tốt nghiệp' }));
  const first = await plan(gone(0, 60));
  assert.equal(first.status, 'held', 'the first year: as the department sets it');
  await apply(first.id);
  now.at = new Date('2027-04-20T03:00:00Z');
  assert.equal((await plan(gone(60, 60))).status, 'held', 'in April nobody graduates');
  now.at = new Date('2027-11-05T03:00:00Z');
  assert.equal((await plan(gone(60, 60))).status, 'planned');
  const twice = await plan(gone(60, 120));
  assert.equal(twice.status, 'held');
  assert.match(twice.reason, /Năm ngoái trong 30 ngày quanh hôm nay là 60/);
});

test('D3: whether a city is large enough is asked of no more people than it takes to know, and not of each school’s file', async () => {
  await using database = await testDatabase([migrations]);
  await makeCrowd(database.db, 4_000); // 3,800 of them learners
  const { db, plans } = explaining(database.pool);
  const counted = new Map();
  const start = Date.parse('2026-08-20T01:00:00Z');
  const ask = (people: number, { lately = 0, minutes = 0 } = {}) =>
    db
      .transaction()
      .execute((transaction) =>
        areAtLeast(transaction, ['learner'], { people, lately, now: new Date(start + minutes * 60_000), counted }),
      );
  assert.equal(await ask(50.01), true);
  for (const [step, read] of stepsOf(plans.at(-1) ?? '')) assert.ok(read <= 102, step);
  const asked = plans.length;
  assert.equal(await ask(80, { lately: 22, minutes: 59 }), true);
  assert.equal(plans.length, asked, 'a hundred and two less twenty-two are eighty');
  assert.equal(await ask(80, { lately: 23, minutes: 59 }), true);
  assert.ok(plans.length > asked, 'who left since is not there');
  assert.deepEqual([await ask(3_800), await ask(3_800.5)], [true, false]);
  const all = plans.length;
  assert.equal(await ask(25_000, { minutes: 59 }), false);
  assert.equal(plans.length, all, 'all of them were counted, and were fewer');
  await database.pool.query('UPDATE registry.affiliation SET valid_until = valid_from');
  assert.deepEqual([await ask(3_000, { minutes: 30 }), await ask(3_000, { minutes: 61 })], [true, false]);
});
