import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dateInVietnam } from '@edutrust/platform/calendar';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';
import { comeBack, leave } from '../people/people.ts';
import { archiveLeavers } from './archive.ts';
import { graceDays, standing } from './standing.ts';

const actor = { kind: 'system', name: 'cli' } as const;

test('the table of standings lets nobody out of an erased record, and nobody into the archive but through leaving', () => {
  assert.equal(standing.isFinal('erased'), true);
  assert.equal(standing.allows('active', 'archived'), false);
  for (const from of ['left', 'archived'] as const) assert.equal(standing.allows(from, 'active'), true);
  assert.throws(() => standing.mustMove('erased', 'active'), { code: 'people/not-now' });
});

test('who left is archived after the days of grace, found by name, and comes back with the same record and education ID', async () => {
  const now = { at: new Date('2026-03-02T03:00:00Z') };
  await using world = await openRegistry({ clock: { now: () => now.at } });
  const { context, city, call } = world;
  const { pupil: id, administrator } = city.people;
  const [primary] = city.schools;
  assert.ok(primary);
  const today = () => dateInVietnam(now.at);
  const seen = async () => (await call(administrator, 'GET', `people/${id}`)).json;
  const before = await seen();
  await context.db.transaction().execute((tx) => leave(tx, id, { actor, today: today() }));
  const later = (days: number) => new Date(now.at.getTime() + days * 86_400_000);
  now.at = later(graceDays - 1);
  assert.equal(await archiveLeavers(context), 0, 'the grace is not over');
  now.at = later(1);
  assert.equal(await archiveLeavers(context), 1);
  assert.equal(await archiveLeavers(context), 0, 'again does nothing');
  assert.equal((await seen()).status, 'archived');
  const listed = async (query: string) =>
    (await call(administrator, 'GET', `people?limit=200&${query}`)).json.items.map((one: { id: string }) => one.id);
  assert.equal((await listed(`organisation=${primary.id}`)).includes(id), false);
  assert.equal((await listed(`q=${encodeURIComponent(before.fullName)}`)).includes(id), true);
  assert.deepEqual(await listed('status=archived'), [id]);
  const { rows } = await sql<{ type: string }>`
    SELECT type FROM platform.outbox WHERE subject_id = ${id} AND type = 'person.archived'`.execute(context.db);
  assert.equal(rows.length, 1);
  await context.db
    .transaction()
    .execute((tx) => comeBack(tx, id, { organisationId: primary.id, role: 'learner' }, { actor, today: today() }));
  const back = await seen();
  assert.deepEqual([back.status, back.id, back.educationId], ['active', id, before.educationId]);
});

test('a roster brings somebody back from the archive by the ministry’s identifier: no second record, the old education ID', async () => {
  const now = { at: new Date('2026-03-02T03:00:00Z') };
  await using world = await openRegistry({ clock: { now: () => now.at } });
  const { context, city, call } = world;
  const { administrator } = city.people;
  const load = async (status: string) => {
    const form = new FormData();
    const row = `TH001,5A,TROVE001,Em Trở Về,01/02/2015,${status}`;
    form.set('file', new Blob([`Mã trường,Lớp,Mã định danh,Họ và tên,Ngày sinh,Trạng thái\n${row}`]), 'lop.csv');
    const made = await call(administrator, 'POST', 'roster/plans', form);
    const applied = await call(administrator, 'POST', `roster/plans/${made.json.id}/apply`, {});
    assert.equal(applied.json.status, 'applied', JSON.stringify([made.json, applied.json]));
  };
  const people = async () => {
    const { rows } = await sql<{ educationId: string; status: string }>`
      SELECT education_id AS "educationId", status FROM registry.person WHERE full_name = 'Em Trở Về'`.execute(
      context.db,
    );
    return rows;
  };
  await load('Đang học');
  const [before] = await people();
  await load('Thôi học');
  now.at = new Date('2026-06-20T03:00:00Z');
  assert.equal(await archiveLeavers(context), 1);
  assert.deepEqual(await people(), [{ ...before, status: 'archived' }]);
  await load('Đang học');
  assert.deepEqual(await people(), [before]);
});
