import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import { demoSeed } from '../../testing/demo.ts';
import { seedDemo } from '../demo/demo.ts';
import { migrations } from '../migrations.ts';
import { changePerson } from '../people/people.ts';
import { acceptImport, applyImport, finishPlan } from './apply.ts';
import { planChanges } from './plan.ts';
import type { Population } from './population.ts';
import { guardians, learners } from './populations.ts';
import type { PersonRow } from './row.ts';
import { stateOf } from './state.ts';
import { undoPlan } from './undo.ts';

const actor = { kind: 'system', name: 'cli' } as const;

async function openCity() {
  const context = await testContext({ migrations: [migrations], seed: demoSeed });
  const city = await seedDemo(context);
  return { context, city, schoolId: city.schools[0]?.id ?? '' };
}

async function plan(
  context: TestContext,
  population: Population,
  organisationId: string,
  rows: readonly Partial<PersonRow>[],
): Promise<string> {
  const empty = { fullName: null, birthDate: null, moetId: null, personalNumber: null, localCode: null };
  const source = {
    name: 'rows',
    rows: (async function* () {
      for (const [nth, row] of rows.entries()) yield { row: { row: nth + 1, organisationId, ...empty, ...row } };
    })(),
    facts: () => ({ sha256: '', columns: [] }),
    columnName: (field: string) => field,
  };
  return planChanges(context, { population, source, actor });
}

async function everybody({ db }: TestContext): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ id: string; state: string }>`
    SELECT p.id, (${stateOf})::text AS state FROM registry.person AS p ORDER BY p.id`.execute(db);
  return new Map(rows.map(({ id, state }) => [id, state]));
}

async function learnersOf({ db }: TestContext, schoolId: string) {
  const { rows } = await sql<{ id: string; fullName: string; birthDate: string; classCode: string; grade: number }>`
    SELECT p.id, p.full_name AS "fullName", p.birth_date AS "birthDate", k.code AS "classCode", k.grade FROM registry.person AS p
    JOIN registry.enrolment AS e ON e.person_id = p.id AND e.valid_until IS NULL JOIN registry.class AS k ON k.id = e.class_id
    WHERE k.organisation_id = ${schoolId} ORDER BY p.id`.execute(db);
  return rows;
}

/** Known learners with new codes, two leavers, and people who are new. */
async function longPlan(context: TestContext, schoolId: string): Promise<string> {
  const known = await learnersOf(context, schoolId);
  const rows = known.map(({ fullName, birthDate, classCode, grade }, nth) => ({
    fullName,
    birthDate,
    classCode,
    grade,
    ...(nth < 2 ? { gone: 'Chuyển trường' } : { localCode: `HS${nth}` }),
  }));
  const added = Array.from({ length: 200 }, (_one, nth) => ({
    fullName: `Người ${String.fromCharCode(97 + (nth % 26), 97 + Math.floor(nth / 26))}`,
    birthDate: '2015-01-02',
    classCode: `5${'BCDE'[nth % 4]}`,
    grade: 5,
    moetId: `PARTNEW${nth}`,
    personalNumber: String(79_000_000_000 + nth).padStart(12, '0'),
  }));
  return plan(context, learners, schoolId, [...rows, ...added]);
}

async function planOf({ db }: TestContext, id: string) {
  const { rows } = await sql<{ status: string; count: number; totals: Record<string, number> }>`
    SELECT status, applied_count AS count, totals FROM registry.roster_plan WHERE id = ${id}`.execute(db);
  assert.ok(rows[0]);
  return rows[0];
}

/** What the plan told: by type, how many events and about how many subjects. */
async function eventsOf({ db }: TestContext, planId: string) {
  const { rows } = await sql<{ type: string; events: number; subjects: number }>`
    SELECT type, count(*) AS events, count(DISTINCT subject_id) AS subjects FROM platform.outbox
    WHERE data->>'planId' = ${planId} OR subject_id = ${planId} GROUP BY type ORDER BY type`.execute(db);
  return rows;
}

/** Lets the nth row that is written to the table from now on fail, once for each transaction; gives how to stop it. */
async function failAt({ db }: TestContext, table: string, event: 'INSERT' | 'UPDATE', nth: number) {
  const name = `fail_${table.replace('.', '_')}`;
  await sql
    .raw(`
      CREATE SEQUENCE ${name}_seq;
      CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF nextval('${name}_seq') = ${nth} THEN RAISE EXCEPTION 'pulled the plug'; END IF; RETURN NULL; END $$;
      CREATE TRIGGER ${name} AFTER ${event} ON ${table} FOR EACH ROW EXECUTE FUNCTION ${name}();`)
    .execute(db);
  return () =>
    sql.raw(`DROP TRIGGER ${name} ON ${table}; DROP FUNCTION ${name}; DROP SEQUENCE ${name}_seq;`).execute(db);
}

test('a plan that stops at any row or is killed goes on: nothing twice, nothing left out, and undone it is as before', async () => {
  const { context, schoolId } = await openCity();
  await using _ = context;
  const before = await everybody(context);
  const id = await longPlan(context, schoolId);
  const planned = (await planOf(context, id)).totals;
  assert.deepEqual([planned.added, planned.left], [200, 2]);
  const atOnce = 20;
  assert.equal((await acceptImport(context, id, actor, { atOnce })).isDone, false);
  assert.deepEqual(
    await context.pool
      .query("SELECT FROM graphile_worker.jobs WHERE task_identifier = 'roster.apply'")
      .then(({ rowCount }) => rowCount),
    1,
  );
  for (const [table, event, nth] of [
    ['registry.roster_undo', 'INSERT', 7],
    ['registry.local_code', 'INSERT', 9],
    ['registry.person', 'INSERT', 11],
    ['registry.affiliation', 'INSERT', 3],
    ['registry.enrolment', 'INSERT', 20],
    ['platform.outbox', 'INSERT', 13],
    ['registry.roster_plan', 'UPDATE', 1],
  ] as const) {
    const { count } = await planOf(context, id);
    const stop = await failAt(context, table, event, nth);
    await assert.rejects(finishPlan(context, id, { atOnce }), /pulled the plug/);
    await stop();
    const now = await planOf(context, id);
    assert.equal(now.status, 'applying', `${table}: it goes on`);
    assert.ok(now.count >= count && now.count % atOnce === 0, `${table}: a part is whole`);
    const { rows } = await sql<{ people: number }>`
      SELECT count(DISTINCT subject_id) AS people FROM platform.outbox WHERE data->>'planId' = ${id}`.execute(
      context.db,
    );
    assert.equal(rows[0]?.people, now.count, `${table}: what is done is told, and nothing else`);
  }
  const script = fileURLToPath(new URL('../../testing/apply-child.ts', import.meta.url));
  for (let kills = 0; kills < 3; kills += 1) {
    const child = spawn(process.execPath, [script, context.databaseUrl, id, String(atOnce)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    for await (const chunk of child.stdout) if (String(chunk).includes(' of ')) break; // a part is done, the next is under way
    child.kill('SIGKILL');
    await ended;
  }
  await finishPlan(context, id, { atOnce });
  const { status, totals } = await planOf(context, id);
  assert.deepEqual([status, totals], ['applied', planned]);
  assert.deepEqual(await eventsOf(context, id), [
    { type: 'person.changed', events: planned.changed, subjects: planned.changed },
    { type: 'person.created', events: 200, subjects: 200 },
    { type: 'person.left', events: 2, subjects: 2 },
    { type: 'roster.applied', events: 1, subjects: 1 },
    { type: 'roster.planned', events: 1, subjects: 1 },
  ]);
  const { rows } = await sql<{ people: number; places: number; classes: number; ids: number }>`
    SELECT count(DISTINCT p.id) AS people, count(DISTINCT p.education_id) AS ids,
      (SELECT count(*) FROM registry.affiliation AS f JOIN registry.person AS q ON q.id = f.person_id AND q.full_name LIKE 'Người %') AS places,
      (SELECT count(*) FROM registry.enrolment AS e JOIN registry.person AS q ON q.id = e.person_id AND q.full_name LIKE 'Người %') AS classes
    FROM registry.person AS p WHERE p.full_name LIKE 'Người %'`.execute(context.db);
  assert.deepEqual(rows, [{ people: 200, ids: 200, places: 200, classes: 200 }]);
  assert.equal((await applyImport(context, id, actor)).isDone, true, 'again does nothing');
  await context.db.transaction().execute((transaction) => undoPlan(context, transaction, id, actor));
  const after = await everybody(context);
  assert.deepEqual(new Map([...after].filter(([person]) => before.has(person))), before);
});

test('who is changed by somebody else while a plan is being applied is passed over and told', async () => {
  const { context, schoolId } = await openCity();
  await using _ = context;
  const id = await longPlan(context, schoolId);
  const { totals: planned } = await planOf(context, id);
  await acceptImport(context, id, actor, { atOnce: 20 });
  const last = (await learnersOf(context, schoolId)).at(-1);
  assert.ok(last);
  await context.db.transaction().execute((tx) => changePerson(tx, last.id, { fullName: 'Tên Sửa Giữa' }, actor));
  const [, taker] = await learnersOf(context, schoolId);
  assert.ok(taker);
  await sql`UPDATE registry.person SET moet_id_index = (SELECT moet_id_index FROM registry.roster_change
    WHERE plan_id = ${id} AND moet_id_index IS NOT NULL ORDER BY row DESC LIMIT 1) WHERE id = ${taker.id}`.execute(
    context.db,
  );
  await finishPlan(context, id, { atOnce: 20 });
  const { status, totals } = await planOf(context, id);
  assert.equal(status, 'applied');
  assert.deepEqual(
    [totals.added, totals.changed, totals.refused],
    [(planned.added ?? 0) - 1, (planned.changed ?? 0) - 1, (planned.refused ?? 0) + 2],
  );
  const { rows } = await sql<{ code: string | null; name: string }>`
    SELECT (SELECT l.code FROM registry.local_code AS l WHERE l.person_id = p.id) AS code, p.full_name AS name
    FROM registry.person AS p WHERE p.id = ${last.id}`.execute(context.db);
  assert.deepEqual(rows, [{ code: null, name: 'Tên Sửa Giữa' }]);
  const { rows: told } = await sql<{ reason: { vi: string } }>`
    SELECT reason FROM registry.roster_refusal WHERE plan_id = ${id} AND column_name = ''`.execute(context.db);
  assert.equal(told.length, 2);
  for (const { reason } of told) assert.match(reason.vi, /trong lúc danh sách đang được áp dụng/);
});

test('a guardian of children in several parts is one person, undone to nothing, unless somebody changed them in between', async () => {
  const { context, schoolId } = await openCity();
  await using _ = context;
  const children = (await learnersOf(context, schoolId)).slice(0, 6);
  const before = await everybody(context);
  const rows = children.map(({ fullName, birthDate }) => ({
    fullName,
    birthDate,
    guardianName: 'Phạm Thị Cùng Mẹ',
    guardianBirthDate: '1985-03-04',
    guardianNumber: '079185000001',
    relation: 'mother',
  }));
  const id = await plan(context, guardians, schoolId, rows);
  await applyImport(context, id, actor, { atOnce: 2 });
  const { rows: found } = await sql<{ people: number; children: number; created: number }>`
    SELECT count(DISTINCT p.id) AS people, count(g.id) AS children,
      (SELECT count(*) FROM platform.outbox WHERE type = 'person.created' AND data->>'planId' = ${id}) AS created
    FROM registry.person AS p JOIN registry.guardianship AS g ON g.guardian_id = p.id WHERE p.full_name = 'Phạm Thị Cùng Mẹ'`.execute(
    context.db,
  );
  assert.deepEqual(found, [{ people: 1, children: 6, created: 1 }]);
  await context.db.transaction().execute((transaction) => undoPlan(context, transaction, id, actor));
  const after = await everybody(context);
  assert.deepEqual(new Map([...after].filter(([person]) => before.has(person))), before);
});
