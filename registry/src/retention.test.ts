import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyRetention, rowsBefore } from '@edutrust/platform/retention';
import { TestClock } from '@edutrust/testing/clock';
import { eventually } from '@edutrust/testing/eventually';
import { sql } from 'kysely';
import { openRegistry } from '../testing/registry.ts';
import { checkAccesses } from './accesses/check.ts';
import { registryRetention } from './retention.ts';

test('N5: a day before their time nothing is erased, a day after all of it and nothing else; the log stays whole and says how much', async () => {
  const clock = new TestClock();
  await using world = await openRegistry({ clock });
  const { call, city, context } = world;
  const { db } = context;
  const start = clock.now();
  const [school] = city.schools;
  assert.ok(school);
  const form = new FormData();
  const header = 'Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính';
  form.set('file', new Blob([`${header}\n${school.code},5K,7922222260,Đào Thị Lưu,01/01/2016,Nữ\n`]), 'danh-sach.csv');
  assert.equal((await call(city.people.administrator, 'POST', 'roster/plans', form)).status, 201);
  assert.equal((await call(city.people.administrator, 'GET', `people/${city.people.pupil}`)).status, 200);
  await sql`UPDATE registry.roster_plan SET created_at = ${start}`.execute(db);
  await sql`INSERT INTO registry.notice (id, person_id, at, kind, data)
    VALUES (gen_random_uuid(), ${city.people.pupil}, ${start}, 'email.changed', '{}')`.execute(db);
  const left = async () => {
    await applyRetention(context, registryRetention);
    const { rows } = await sql<{ accesses: number; notices: number; rosters: number; people: number }>`
      SELECT (SELECT count(*) FROM registry.access) AS accesses, (SELECT count(*) FROM registry.notice WHERE at = ${start}) AS notices,
        (SELECT count(*) FROM registry.roster_change) AS rosters, (SELECT count(*) FROM registry.person) AS people`.execute(
      db,
    );
    assert.ok(rows[0]);
    return rows[0];
  };
  const day = 86_400_000;
  const at = (months: number, days: number) => {
    const then = new Date(start);
    then.setUTCMonth(then.getUTCMonth() + months);
    clock.moveSeconds((then.getTime() + days * day - clock.now().getTime()) / 1_000);
  };
  const before = await left();
  assert.ok(before.accesses > 0 && before.notices > 0 && before.rosters > 0, JSON.stringify(before));
  at(12, -2);
  assert.deepEqual(await left(), before);
  at(12, 2);
  assert.deepEqual(await left(), { ...before, rosters: 0 });
  at(24, -2);
  assert.deepEqual(await left(), { ...before, rosters: 0 });
  at(24, 2);
  assert.deepEqual(await left(), { ...before, rosters: 0, accesses: 0, notices: 0 });
  assert.deepEqual(await checkAccesses(context), [], 'what was erased in its time is no finding');
  await context.ledger.integrate();
  assert.deepEqual(
    [(await context.ledger.verify('accesses')).intact, (await context.ledger.verify('audit')).intact],
    [true, true],
  );
  const { rows } = await sql<{ rule: string }>`
    SELECT data->>'rule' AS rule FROM platform.ledger_entry WHERE type = 'retention.applied' ORDER BY id`.execute(db);
  assert.deepEqual(
    rows.map(({ rule }) => rule),
    ['rosters', 'accesses', 'notices'],
  );
});

test('N5: what is renewed while the job waits for it is kept', async () => {
  await using world = await openRegistry();
  const { city, context } = world;
  const { db } = context;
  const { rows } = await sql<{ id: string }>`INSERT INTO registry.notice (id, person_id, at, kind, data)
    VALUES (gen_random_uuid(), ${city.people.pupil}, '2001-01-01', 'email.changed', '{}') RETURNING id`.execute(db);
  const id = rows[0]?.id ?? '';
  const erase = rowsBefore('registry.notice', 'at');
  const erasing = await db.transaction().execute(async (renewing) => {
    await sql`UPDATE registry.notice SET at = now() WHERE id = ${id}`.execute(renewing);
    const erased = db.transaction().execute((transaction) => erase(transaction, new Date('2002-01-01'), 100));
    await eventually(async () => {
      const waits = await sql`SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'`.execute(db);
      assert.ok(waits.rows.length > 0);
    });
    return { erased };
  });
  assert.equal(await erasing.erased, 0);
  const left = await sql`SELECT FROM registry.notice WHERE id = ${id}`.execute(db);
  assert.equal(left.rows.length, 1);
});
