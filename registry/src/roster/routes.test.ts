import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';
import { twoPeople } from '../../testing/two-people.ts';
import { applyRosterKind } from '../changes/approval.ts';
import { grantRole } from '../permissions/permissions.ts';

function upload(lines: readonly string[], fields: Readonly<Record<string, string>> = {}): FormData {
  const header = 'STT,Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính';
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new Blob([[header, ...lines].join('\n')]), 'danh-sach.csv');
  return form;
}

test('T3: a file whose schools are all refused is seen by its maker alone', async () => {
  await using world = await openRegistry();
  const { city, call, context } = world;
  const [primary] = city.schools;
  assert.ok(primary);
  await context.db
    .transaction()
    .execute((transaction) =>
      grantRole(
        transaction,
        context,
        { personId: city.people.teacher, role: 'school-administrator', organisationId: primary.id },
        { kind: 'system', name: 'setup' },
      ),
    );
  const made = await call(
    city.people.administrator,
    'POST',
    'roster/plans',
    upload([',KHONG-CO,1A,7922222230,Em Bí Mật,01/01/2010,Nam']),
  );
  assert.deepEqual([made.status, made.json.totals.refused], [201, 1]);
  assert.equal((await call(city.people.teacher, 'GET', `roster/plans/${made.json.id}`)).status, 403);
  assert.deepEqual((await call(city.people.teacher, 'GET', 'roster/plans')).json.items, []);
});

test('T5: a school cannot take a learner from another by itself; who governs both approves the transfer', async () => {
  await using world = await openRegistry();
  const { city, call, context } = world;
  const { administrator } = city.people;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const row = (school: string, code: string) => upload([`,${school},${code},7922222240,Đào Thị Chuyển,01/01/2016,Nữ`]);
  const first = await call(administrator, 'POST', 'roster/plans', row('TH001', '5K'));
  assert.equal((await call(administrator, 'POST', `roster/plans/${first.json.id}/apply`, {})).json.status, 'applied');

  const taken = await call(lower.administratorId, 'POST', 'roster/plans', row('THCS001', '6K'));
  assert.deepEqual([taken.json.status, taken.json.totals.referred, taken.json.totals.changed], ['held', 1, 0]);
  assert.match(taken.json.heldReason, /1 người trong tệp mang mã đang có hồ sơ ngoài phạm vi/);
  const refused = await call(lower.administratorId, 'POST', `roster/plans/${taken.json.id}/apply`, {});
  assert.doesNotMatch(refused.json.detail, /rời/, 'a held transfer is not told as leavers');
  const path = `roster/plans/${taken.json.id}`;
  for (const person of [lower.administratorId, primary.administratorId])
    assert.equal((await call(person, 'POST', `${path}/apply`, {})).status, 403);
  const two = twoPeople(context, [applyRosterKind]);
  assert.equal((await call(primary.administratorId, 'POST', `${path}/release`)).status, 403);
  const { approval } = (await call(lower.administratorId, 'POST', `${path}/release`)).json;
  await two.confirm(approval.id, lower.administratorId);
  for (const person of [lower.administratorId, primary.administratorId])
    await assert.rejects(two.approve(approval.id, person));
  const schoolsOf = async () => {
    const { rows } = await sql<{ code: string }>`
      SELECT o.code FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
      JOIN registry.person AS p ON p.id = f.person_id
      WHERE p.full_name = 'Đào Thị Chuyển' AND f.valid_until IS NULL`.execute(context.db);
    return rows.map(({ code }) => code);
  };
  assert.deepEqual(await schoolsOf(), ['TH001']);
  await two.approve(approval.id, administrator);
  assert.deepEqual(await schoolsOf(), ['THCS001']);
});
