import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';
import { twoPeople } from '../../testing/two-people.ts';
import { applyRosterKind } from '../changes/approval.ts';
import { stateOf } from '../changes/state.ts';
import { nextClassCode } from './next-class.ts';

/** A city of last year, on a day of August. */
async function openAugust() {
  const now = { at: new Date('2026-03-02T03:00:00Z') };
  const world = await openRegistry({ clock: { now: () => now.at } });
  now.at = new Date('2026-08-20T03:00:00Z');
  return { ...world, now };
}

async function stateIn({ db }: TestContext): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ id: string; state: string }>`
    SELECT p.id, (${stateOf})::text AS state FROM registry.person AS p ORDER BY p.id`.execute(db);
  return new Map(rows.map(({ id, state }) => [id, state]));
}

async function classesIn({ db }: TestContext, organisationId: string, schoolYear: number) {
  const { rows } = await sql<{ code: string; grade: number; learners: number }>`
    SELECT k.code, k.grade, count(e.id) AS learners FROM registry.class AS k
    LEFT JOIN registry.enrolment AS e ON e.class_id = k.id AND e.valid_until IS NULL
    WHERE k.organisation_id = ${organisationId} AND k.school_year = ${schoolYear} GROUP BY k.id ORDER BY k.code`.execute(
    db,
  );
  return rows;
}

interface Proposed {
  id: string;
  code: string;
  grade: number;
  learners: number;
  next: { code: string; grade: number } | null;
}
const asProposed = (classes: readonly Proposed[]) =>
  classes.map(({ id, next }) => ({ classId: id, next: next?.code ?? null }));

test('a class is called a year later what a school would call it', () => {
  for (const [code, grade, next] of [
    ['5A', 5, '6A'],
    ['12.6', 12, '13.6'],
    ['10CV1', 10, '11CV1'],
    ['9/10', 9, '10/10'],
    ['Lớp 3/2', 3, 'Lớp 4/2'],
    ['LỚP 1', 1, 'LỚP 2'],
    ['Hoa Mai', 4, 'Hoa Mai'],
    ['Mầm 1', -2, 'Chồi 1'],
    ['CHỒI 2', -1, 'LÁ 2'],
    ['nhà trẻ 3', -3, 'mầm 3'],
    ['Lá 1', 0, 'Lá 1'],
    ['1.10', 11, '1.10'],
  ] as const)
    assert.equal(nextClassCode(code, grade), next);
});

test('a school rolls over: everybody goes up, one repeats, the last grade graduates; undone it is as before, digest for digest', async () => {
  await using world = await openAugust();
  const { city, call, context } = world;
  const [primary] = city.schools;
  assert.ok(primary);
  const admin = primary.administratorId;
  const { json } = await call(admin, 'GET', `organisations/${primary.id}/roll-over`);
  assert.equal(json.schoolYear, 2026);
  assert.deepEqual(
    json.classes.map(({ code, next }: Proposed) => [code, next?.code ?? null]),
    [
      ['1A', '2A'],
      ['2A', '3A'],
      ['3A', '4A'],
      ['4A', '5A'],
      ['5A', null],
    ],
  );
  const { rows } = await sql<{ id: string }>`
    SELECT e.person_id AS id FROM registry.enrolment AS e JOIN registry.class AS k ON k.id = e.class_id AND k.code = '2A'
    WHERE k.organisation_id = ${primary.id} AND e.valid_until IS NULL LIMIT 1`.execute(context.db);
  const repeats = rows[0]?.id ?? '';
  const before = await stateIn(context);
  const made = await call(admin, 'POST', `organisations/${primary.id}/roll-over`, {
    classes: asProposed(json.classes),
    repeating: [{ personId: repeats, code: '2A' }],
  });
  assert.equal(made.status, 201, JSON.stringify(made.json));
  assert.deepEqual(await stateIn(context), before, 'a plan writes nothing about people');
  const path = `roster/plans/${made.json.planId}`;
  const plan = (await call(admin, 'GET', path)).json;
  const learners = json.classes.reduce((sum: number, one: Proposed) => sum + one.learners, 0);
  const leaving = json.classes.at(-1)?.learners ?? 0;
  assert.deepEqual([plan.totals.changed, plan.totals.left, plan.totals.added], [learners - leaving, leaving, 0]);
  assert.ok(
    plan.notes.some((note: string) => /^Mở 4 lớp mới/.test(note)),
    JSON.stringify(plan.notes),
  );
  const shown = plan.changes.find(({ action }: { action: string }) => action === 'changed');
  assert.deepEqual(shown.fields, [{ column: 'Mã lớp', before: '1A (2025–2026)', after: '2A' }]);
  // A fifth of the school and more graduates: somebody above looks, and undoes what two people did.
  assert.equal(plan.status, 'held');
  assert.equal((await call(admin, 'POST', `${path}/apply`, {})).json.code, 'roster/second-person');
  const second = city.people.administrator;
  const { approval } = (await call(admin, 'POST', `${path}/release`)).json;
  await twoPeople(context, [applyRosterKind]).both(approval.id, admin, second);
  assert.equal((await call(second, 'GET', path)).json.status, 'applied');
  const count = (code: string) => json.classes.find((one: Proposed) => one.code === code)?.learners ?? 0;
  assert.deepEqual(await classesIn(context, primary.id, 2026), [
    { code: '2A', grade: 2, learners: count('1A') + 1 },
    { code: '3A', grade: 3, learners: count('2A') - 1 },
    { code: '4A', grade: 4, learners: count('3A') },
    { code: '5A', grade: 5, learners: count('4A') },
  ]);
  for (const { learners: left } of await classesIn(context, primary.id, 2025)) assert.equal(left, 0);
  const again = await call(admin, 'GET', `organisations/${primary.id}/roll-over`);
  assert.deepEqual(again.json.classes, [], 'nobody goes up twice');
  assert.equal(
    (await call(admin, 'POST', `organisations/${primary.id}/roll-over`, { classes: [] })).json.code,
    'lifecycle/nothing-to-roll-over',
  );
  assert.equal((await call(admin, 'POST', `${path}/undo`, {})).status, 403, 'its maker');
  const undone = await call(second, 'POST', `${path}/undo`, {});
  assert.equal(undone.json.isUndone, true, JSON.stringify(undone.json));
  assert.deepEqual(await stateIn(context), before);
});

test('the classes that do not graduate go up by the school alone, and the rest later', async () => {
  await using world = await openAugust();
  const { city, call, context } = world;
  const [, lower] = city.schools;
  assert.ok(lower);
  const admin = lower.administratorId;
  const { classes } = (await call(admin, 'GET', `organisations/${lower.id}/roll-over`)).json;
  const some = classes.filter(({ next }: Proposed) => next !== null).slice(0, 2);
  const made = await call(admin, 'POST', `organisations/${lower.id}/roll-over`, { classes: asProposed(some) });
  const applied = await call(admin, 'POST', `roster/plans/${made.json.planId}/apply`, {});
  assert.equal(applied.json.status, 'applied', JSON.stringify(applied.json));
  const rest = (await call(admin, 'GET', `organisations/${lower.id}/roll-over`)).json.classes;
  assert.deepEqual(
    rest.map(({ id }: Proposed) => id),
    classes.slice(2).map(({ id }: Proposed) => id),
  );
  const { rows } = await sql<{ events: number }>`
    SELECT count(*) AS events FROM platform.outbox WHERE type = 'person.changed' AND data->>'planId' = ${made.json.planId}`.execute(
    context.db,
  );
  assert.equal(rows[0]?.events, applied.json.totals.changed);
});

test('T3, T5: nobody rolls over another school, its classes or its learners; before August nothing does', async () => {
  await using world = await openAugust();
  const { city, call, context, now } = world;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const mine = (await call(primary.administratorId, 'GET', `organisations/${primary.id}/roll-over`)).json.classes;
  const theirs = (await call(lower.administratorId, 'GET', `organisations/${lower.id}/roll-over`)).json.classes;
  const { rows } = await sql<{ id: string }>`
    SELECT e.person_id AS id FROM registry.enrolment AS e WHERE e.class_id = ${theirs[0]?.id} AND e.valid_until IS NULL LIMIT 1`.execute(
    context.db,
  );
  const stranger = rows[0]?.id ?? '';
  const post = (person: string, id: string, body: object) =>
    call(person, 'POST', `organisations/${id}/roll-over`, body);
  assert.equal((await call(primary.administratorId, 'GET', `organisations/${lower.id}/roll-over`)).status, 403);
  assert.equal((await post(primary.administratorId, lower.id, { classes: asProposed(theirs) })).status, 403);
  // One answer, whether somebody governs both schools, one, or the class exists at all.
  const smuggled = { classes: [...asProposed(mine), ...asProposed(theirs)] };
  const repeating = { classes: asProposed(mine), repeating: [{ personId: stranger, code: '1A' }] };
  const nobody = { classes: asProposed(mine), repeating: [{ personId: primary.id, code: '1A' }] };
  for (const body of [smuggled, repeating, nobody])
    for (const person of [primary.administratorId, city.people.administrator])
      assert.equal((await post(person, primary.id, body)).json.code, 'lifecycle/not-of-last-year');
  for (const person of [city.people.pupil, city.people.teacher])
    assert.equal((await post(person, primary.id, { classes: asProposed(mine) })).status, 403);
  now.at = new Date('2026-07-31T16:59:00Z');
  assert.deepEqual(
    (await call(primary.administratorId, 'GET', `organisations/${primary.id}/roll-over`)).json.classes,
    [],
  );
});
