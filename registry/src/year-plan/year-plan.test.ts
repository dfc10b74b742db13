import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';
import { twoPeople } from '../../testing/two-people.ts';
import { stateOf } from '../changes/state.ts';
import { planRollOver, proposeRollOver } from '../lifecycle/roll-over.ts';
import { applyYear, undoYear } from './apply.ts';
import { applyYearKind, undoYearKind } from './approval.ts';
import { prepareYear } from './prepare.ts';

async function openAugust() {
  const now = { at: new Date('2026-03-02T03:00:00Z') };
  const world = await openRegistry({ clock: { now: () => now.at } });
  now.at = new Date('2026-08-20T03:00:00Z');
  const { city, call, context } = world;
  const { administrator, securityOfficer } = city.people;
  const two = twoPeople(context, [applyYearKind, undoYearKind]);
  const begin = async () => {
    const made = await call(administrator, 'POST', `organisations/${city.departmentId}/year-plan`);
    assert.equal(made.status, 201, JSON.stringify(made.json));
    await prepareYear(context, made.json.id);
    return made.json.id as string;
  };
  const read = async (id: string) => (await call(administrator, 'GET', `year-plans/${id}`)).json;
  const schools = async (id: string) => (await call(administrator, 'GET', `year-plans/${id}/schools`)).json.items;
  const propose = (id: string, act: 'release' | 'undo') => call(administrator, 'POST', `year-plans/${id}/${act}`);
  /** Proposed, and approved by the security officer. */
  const agree = async (id: string, act: 'release' | 'undo') => {
    const proposed = await propose(id, act);
    assert.equal(proposed.status, 202, JSON.stringify(proposed.json));
    await two.both(proposed.json.approval.id, administrator, securityOfficer);
  };
  return { ...world, now, two, begin, read, schools, propose, agree, administrator, securityOfficer };
}

async function stateIn({ db }: TestContext): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ id: string; state: string }>`
    SELECT p.id, (${stateOf})::text AS state FROM registry.person AS p ORDER BY p.id`.execute(db);
  return new Map(rows.map(({ id, state }) => [id, state]));
}

test('the city goes up as one plan: nothing changes before a second person approves its digest, and undone everybody is as before, digest for digest', async () => {
  await using world = await openAugust();
  const { city, context, call, begin, read, schools, propose, agree, two, administrator, securityOfficer } = world;
  const before = await stateIn(context);
  const id = await begin();
  assert.deepEqual(await stateIn(context), before, 'a plan changes nobody');
  const plan = await read(id);
  assert.equal(plan.state, 'ready');
  assert.equal(plan.schools.ready, city.schools.length);
  assert.equal(plan.up + plan.graduating, plan.learners);
  assert.ok(plan.graduating > 0 && plan.up > 0);
  const rows = await schools(id);
  assert.equal(
    rows.reduce((sum: number, { learners }: { learners: number }) => sum + learners, 0),
    plan.learners,
  );
  const listed = (await call(administrator, 'GET', 'roster/plans?limit=200')).json.items;
  assert.deepEqual(listed, [], 'its parts are no imports of somebody');
  const proposed = await propose(id, 'release');
  assert.equal(proposed.status, 202, JSON.stringify(proposed.json));
  const approvalId = proposed.json.approval.id;
  await two.confirm(approvalId, administrator);
  await assert.rejects(two.approve(approvalId, administrator), 'D15: who made it does not approve it');
  assert.equal((await call(administrator, 'POST', `year-plans/${id}/again`)).json.code, 'year-plan/asked');
  await two.approve(approvalId, securityOfficer);
  assert.equal((await read(id)).state, 'applying');
  await applyYear(context, id);
  const done = await read(id);
  assert.deepEqual([done.state, done.schools.applied, done.schools.failed], ['applied', city.schools.length, 0]);
  const { rows: counted } = await sql<{ up: number; left: number }>`
    SELECT (SELECT count(DISTINCT e.person_id) FROM registry.enrolment AS e JOIN registry.class AS k ON k.id = e.class_id
        WHERE e.valid_until IS NULL AND k.school_year = 2026) AS up,
      (SELECT count(*) FROM registry.person WHERE status = 'left') AS "left"`.execute(context.db);
  assert.deepEqual(
    [counted[0]?.up, (counted[0]?.left ?? 0) >= plan.graduating],
    [plan.up, true],
    'what was shown is what is',
  );
  await agree(id, 'undo');
  await undoYear(context, id);
  const undone = await read(id);
  assert.deepEqual([undone.state, undone.schools.undone], ['undone', city.schools.length]);
  assert.deepEqual(await stateIn(context), before);
});

test('D6: a job that dies between two schools goes on with the rest, and running it again does nothing', async () => {
  await using world = await openAugust();
  const { city, context, begin, read, agree } = world;
  const id = await begin();
  await agree(id, 'release');
  let schools = 0;
  const dying = {
    ...context,
    db: new Proxy(context.db, {
      get: (db, name) => {
        if (name === 'transaction' && ++schools > 3) throw new Error('killed');
        const value = Reflect.get(db, name, db);
        return typeof value === 'function' ? value.bind(db) : value;
      },
    }),
  };
  await assert.rejects(applyYear(dying, id), /killed/);
  const half = await read(id);
  assert.equal(half.state, 'applying');
  assert.ok(half.schools.applied > 0 && half.schools.applied < city.schools.length, JSON.stringify(half.schools));
  await applyYear(context, id);
  const done = await read(id);
  assert.deepEqual([done.state, done.schools.applied], ['applied', city.schools.length]);
  const after = await stateIn(context);
  await applyYear(context, id);
  assert.deepEqual(await stateIn(context), after);
});

test('D6: a job that died between a school’s plan and writing it down leaves nothing that holds the school up', async () => {
  await using world = await openAugust();
  const { city, context, call, two, read, administrator } = world;
  const [primary] = city.schools;
  assert.ok(primary);
  const made = await call(administrator, 'POST', `organisations/${city.departmentId}/year-plan`);
  const { classes } = await proposeRollOver(context, primary.id);
  const lost = await planRollOver(context, {
    organisationId: primary.id,
    classes: classes.map(({ id, next }) => ({ classId: id, next: next?.code ?? null })),
    repeating: [],
    actor: await two.actor(administrator),
  });
  await prepareYear(context, made.json.id);
  const plan = await read(made.json.id);
  assert.deepEqual([plan.schools.stopped, plan.schools.ready], [0, city.schools.length]);
  const { rows } = await sql<{ status: string }>`SELECT status FROM registry.roster_plan WHERE id = ${lost}`.execute(
    context.db,
  );
  assert.deepEqual(rows, [{ status: 'superseded' }]);
});

test('a school with a transfer, two classes of one name or another roster that waits is left out by name, looked at again, and the rest go on', async () => {
  await using world = await openAugust();
  const { city, context, call, begin, read, schools, administrator } = world;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const offered = await call(primary.administratorId, 'POST', `people/${city.people.pupil}/transfer-offers`, {
    toId: lower.id,
    note: 'gia đình chuyển nhà',
  });
  assert.equal(offered.status, 201, JSON.stringify(offered.json));
  const id = await begin();
  const reasonOf = async (school: string) =>
    (await schools(id)).find((one: { id: string }) => one.id === school) as { state: string; reason: string };
  for (const school of [primary.id, lower.id]) {
    const { state, reason } = await reasonOf(school);
    assert.equal(state, 'stopped');
    assert.match(reason, /chuyển trường/);
  }
  const plan = await read(id);
  assert.equal(plan.schools.stopped, 2);
  assert.equal((await call(primary.administratorId, 'POST', `transfers/${offered.json.id}/withdraw`)).status, 200);
  await sql`
    UPDATE registry.class SET code = '01A' WHERE id = (SELECT id FROM registry.class WHERE organisation_id = ${primary.id} AND code = '2A')`.execute(
    context.db,
  );
  await sql`UPDATE registry.class SET grade = 1 WHERE organisation_id = ${primary.id} AND code = '01A'`.execute(
    context.db,
  );
  assert.equal((await call(administrator, 'POST', `year-plans/${id}/again`)).status, 204);
  await prepareYear(context, id);
  assert.equal((await reasonOf(lower.id)).state, 'ready');
  assert.match((await reasonOf(primary.id)).reason, /hai lớp/);
  assert.equal((await call(administrator, 'POST', `year-plans/${id}/discard`)).status, 204);
  const { rows } = await sql<{ open: number }>`
    SELECT count(*) AS open FROM registry.roster_plan WHERE status IN ('planned', 'held')`.execute(context.db);
  assert.equal(rows[0]?.open, 0, 'nothing of it waits any longer');
});

test('Q2, T3: what changed since is not applied, one school that changed does not hold up the others, and no school plans the city', async () => {
  await using world = await openAugust();
  const { city, context, call, begin, read, schools, agree, administrator } = world;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  for (const person of [primary.administratorId, city.people.teacher, city.people.auditor])
    assert.equal((await call(person, 'POST', `organisations/${city.departmentId}/year-plan`)).status, 403);
  assert.equal(
    (await call(primary.administratorId, 'POST', `organisations/${primary.id}/year-plan`)).json.code,
    'year-plan/of-one-school',
  );
  const id = await begin();
  assert.equal((await call(primary.administratorId, 'GET', `year-plans/${id}`)).status, 403);
  assert.equal(
    (await call(administrator, 'POST', `organisations/${city.departmentId}/year-plan`)).json.code,
    'year-plan/open',
    'the second tab',
  );
  await agree(id, 'release');
  const { pupil } = city.people;
  assert.equal((await call(primary.administratorId, 'PATCH', `people/${pupil}`, { gender: 'male' })).status, 200);
  await applyYear(context, id);
  const done = await read(id);
  assert.deepEqual([done.schools.failed, done.schools.applied], [1, city.schools.length - 1]);
  const [first] = await schools(id);
  assert.deepEqual([first.id, first.state], [primary.id, 'failed']);
  assert.match(first.reason, /đã đổi/);
});
