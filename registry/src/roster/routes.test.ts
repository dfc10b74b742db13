import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';
import { grantRole } from '../permissions/permissions.ts';

function upload(lines: readonly string[], fields: Readonly<Record<string, string>> = {}): FormData {
  const header = 'STT,Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính';
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new Blob([[header, ...lines].join('\n')]), 'danh-sach.csv');
  return form;
}

test('D3, T5: a held plan is applied by a second person who may approve for every school of it, never by its maker', async () => {
  await using world = await openRegistry();
  const { city, call, context } = world;
  const [primary, , upper] = city.schools;
  assert.ok(primary && upper);
  const everybodyLeaves = ['10A1', '11A1', '12A1'].map(
    (code, i) => `,THPT001,${code},79222222${i}0,Em Mới,01/01/2010,Nam`,
  );
  const maker = city.people.administrator;
  const made = await call(maker, 'POST', 'roster/plans', upload(everybodyLeaves, { completeness: 'classes' }));
  assert.deepEqual([made.status, made.json.status], [201, 'held']);
  const path = `roster/plans/${made.json.id}`;
  const approve = { approves: true };
  assert.equal((await call(maker, 'POST', `${path}/apply`, approve)).json.code, 'roster/second-person');
  const [stranger, second] = [city.people.teacher, city.people.principal];
  await context.db.transaction().execute(async (transaction) => {
    const by = { kind: 'system', name: 'cli' } as const;
    for (const [personId, organisationId] of [
      [stranger, primary.id],
      [second, upper.id],
    ] as const)
      await grantRole(transaction, context, { personId, role: 'department-administrator', organisationId }, by);
  });
  for (const [person, status] of [
    [stranger, 403],
    [city.people.pupil, 403],
  ] as const) {
    assert.equal((await call(person, 'GET', path)).status, status, 'somebody else does not see the plan');
    assert.equal((await call(person, 'POST', `${path}/apply`, approve)).status, status);
  }
  assert.deepEqual((await call(stranger, 'GET', 'roster/plans')).json.items, []);
  assert.equal((await call(second, 'POST', `${path}/apply`, {})).json.code, 'roster/second-person', 'approval is said');
  const applied = await call(second, 'POST', `${path}/apply`, approve);
  assert.deepEqual([applied.status, applied.json.status], [200, 'applied']);
});

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
        { kind: 'system', name: 'cli' },
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
    assert.equal((await call(person, 'POST', `${path}/apply`, { approves: true })).status, 403);
  const schoolsOf = async () => {
    const { rows } = await sql<{ code: string }>`
      SELECT o.code FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
      JOIN registry.person AS p ON p.id = f.person_id
      WHERE p.full_name = 'Đào Thị Chuyển' AND f.valid_until IS NULL`.execute(context.db);
    return rows.map(({ code }) => code);
  };
  assert.deepEqual(await schoolsOf(), ['TH001']);
  const approved = await call(administrator, 'POST', `${path}/apply`, { approves: true });
  assert.equal(approved.json.status, 'applied', JSON.stringify(approved.json));
  assert.deepEqual(await schoolsOf(), ['THCS001']);
});
