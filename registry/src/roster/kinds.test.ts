import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openRegistry } from '../../testing/registry.ts';

function upload(bytes: string | Buffer, name: string, fields: Readonly<Record<string, string>> = {}): FormData {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.set(field, value);
  form.set('file', new Blob([bytes as string]), name);
  return form;
}

const csv = (...lines: string[]) => lines.join('\n');

test('a city from files: wards and schools, staff with homeroom teachers, learners, guardians; each a second time changes nothing', async () => {
  await using world = await openRegistry();
  const { city, call, context } = world;
  const { administrator } = city.people;
  const run = async (kind: string, text: string, fields: Readonly<Record<string, string>> = {}) => {
    const plan = () => call(administrator, 'POST', `roster/plans?kind=${kind}`, upload(text, `${kind}.csv`, fields));
    const made = await plan();
    assert.equal(made.status, 201, JSON.stringify(made.json));
    const applied = await call(administrator, 'POST', `roster/plans/${made.json.id}/apply`, {});
    assert.equal(applied.json.status, 'applied', `${kind}: ${JSON.stringify([applied.json, made.json])}`);
    const again = await plan();
    const { added, changed, left, referred } = again.json.totals;
    assert.deepEqual(
      [added, changed, left, referred],
      [0, 0, 0, 0],
      `${kind} again: ${JSON.stringify(again.json.changes)}`,
    );
    return made.json;
  };

  const places = await run(
    'schools',
    csv(
      'Mã đơn vị,Tên đơn vị,Loại đơn vị,Cấp học,Mã phường/xã',
      'MN001,Trường Mầm non Hoa Sen,Trường,,27000', // its ward stands below it
      '27000,Phường Bình Phú,Phường/xã,,',
      'TH001,Trường Tiểu học Lê Lợi,Trường,Tiểu học,26740', // known, unchanged
      'TH009,Trường Tiểu học Mới,Trường,Cấp lạ,27000',
      'XX/1,Trường Sai Mã,Trường,,27000',
      'TH010,Trường Không Ai Quản,Trường,Tiểu học,99999',
    ),
  );
  assert.deepEqual([places.totals.added, places.totals.unchanged], [2, 1]);
  assert.deepEqual(
    places.refusals.map(({ row, column }: { row: number; column: string }) => [row, column]),
    [
      [5, 'Cấp học'],
      [6, 'Mã đơn vị'],
      [7, 'Mã đơn vị cấp trên'],
    ],
  );

  const school = { completeness: 'partial' };
  const pupils = csv(
    'Mã trường,Lớp,Họ và tên,Ngày sinh,Giới tính,Mã học sinh',
    'MN001,Lá 1,Bùi Thị Mai,01/02/2020,Nữ,B1',
    'MN001,Lá 1,Đỗ Văn Nam,03/04/2020,Nam,B2',
  );
  assert.equal((await run('learners', pupils, school)).totals.added, 2);

  const people = await run(
    'staff',
    csv(
      'Mã trường,Họ và tên,Ngày sinh,Giới tính,Chức vụ,Lớp chủ nhiệm,Tình trạng công tác',
      'MN001,Lê Thị Bích,14/03/1985,Nữ,Giáo viên,lá 1,Đang làm việc',
      'MN001,Phạm Quốc Bảo,02/09/1978,Nam,Văn thư,,Đang làm việc',
      'MN001,Trần Không Lớp,02/09/1979,Nam,Giáo viên,Lá 9,Đang làm việc',
      'MN001,Trần Đã Nghỉ,02/09/1979,Nam,Giáo viên,,Nghỉ hưu',
      'MN001,Trần Lạ Lùng,02/09/1979,Nam,Giáo viên,,Bay lên trời',
    ),
  );
  assert.deepEqual([people.totals.added, people.totals.refused, people.totals.skipped], [2, 2, 1]);
  const { rows: teachers } = await sql<{ name: string; roles: string[] }>`
    SELECT t.full_name AS name, array_agg(r.role) AS roles FROM registry.class AS c JOIN registry.person AS t ON t.id = c.homeroom_teacher_id
    JOIN registry.role_assignment AS r ON r.person_id = t.id AND r.ended_at IS NULL WHERE c.code = 'Lá 1' GROUP BY 1`.execute(
    context.db,
  );
  assert.deepEqual(teachers, [{ name: 'Lê Thị Bích', roles: ['teacher'] }]);

  const families = await run(
    'guardians',
    csv(
      'Mã trường,Mã học sinh,Họ và tên học sinh,Ngày sinh học sinh,Họ và tên người giám hộ,Quan hệ,Số ĐDCN người giám hộ',
      'MN001,B1,Bùi Thị Mai,,Bùi Văn Cha,Cha,079085000001',
      'MN001,B2,Đỗ Văn Nam,,Bùi Văn Cha,Người giám hộ,079085000001', // one person
      'MN001,,Đỗ Văn Nam,03/04/2020,Lê Thị Mẹ,Mẹ,',
      'MN001,B1,Tên Khác Hẳn,,Kẻ Lạ,Mẹ,',
      'MN001,B1,Bùi Thị Mai,,Bùi Văn Cha,Hàng xóm,',
    ),
  );
  assert.deepEqual([families.totals.added, families.totals.refused], [3, 2]);
  const { rows: kin } = await sql<{ guardian: string; children: number; home: string | null }>`
    SELECT g.full_name AS guardian, count(*) AS children, g.home_organisation_id AS home FROM registry.guardianship AS s JOIN registry.person AS g ON g.id = s.guardian_id
    JOIN registry.person AS c ON c.id = s.child_id WHERE c.full_name IN ('Bùi Thị Mai', 'Đỗ Văn Nam') GROUP BY g.id ORDER BY 1`.execute(
    context.db,
  );
  assert.deepEqual(kin, [
    { guardian: 'Bùi Văn Cha', children: 2, home: null },
    { guardian: 'Lê Thị Mẹ', children: 1, home: null },
  ]);

  // Somebody retires: the roles, the class and the affiliation end.
  const retired = await call(
    administrator,
    'POST',
    'roster/plans?kind=staff',
    upload(
      csv('Mã trường,Họ và tên,Ngày sinh,Chức vụ,Trạng thái', 'MN001,Lê Thị Bích,14/03/1985,Giáo viên,Nghỉ hưu'),
      'x.csv',
    ),
  );
  assert.equal(retired.json.totals.left, 1);
  await call(administrator, 'POST', `roster/plans/${retired.json.id}/apply`, {});
  const { rows: after } = await sql<{ status: string; roles: number; classes: number }>`
    SELECT p.status, (SELECT count(*) FROM registry.role_assignment AS r WHERE r.person_id = p.id AND r.ended_at IS NULL) AS roles,
      (SELECT count(*) FROM registry.class AS c WHERE c.homeroom_teacher_id = p.id) AS classes
    FROM registry.person AS p WHERE p.full_name = 'Lê Thị Bích' AND p.birth_date = '1985-03-14'`.execute(context.db);
  assert.deepEqual(after, [{ status: 'left', roles: 0, classes: 0 }]);
});

test('T7: a school’s staff file changes nobody with a higher role, grants nothing above a teacher, and makes no school', async () => {
  await using world = await openRegistry();
  const { city, call, context } = world;
  const [primary, lower] = city.schools;
  assert.ok(primary && lower);
  const { administratorId } = primary;
  const { rows } = await sql<{ name: string; born: string }>`
    SELECT full_name AS name, to_char(birth_date, 'DD/MM/YYYY') AS born FROM registry.person WHERE id = ${primary.principalId}`.execute(
    context.db,
  );
  const principal = rows[0];
  assert.ok(principal);
  const head = 'Mã trường,Họ và tên,Ngày sinh,Giới tính,Chức vụ,Trạng thái,Số ĐDCN';
  const plan = (line: string, fields = {}) =>
    call(administratorId, 'POST', 'roster/plans?kind=staff', upload(csv(head, line), 's.csv', fields));
  const corrected = await plan(`TH001,${principal.name},${principal.born},,Hiệu trưởng,,079168000001`);
  assert.deepEqual(
    [corrected.json.status, corrected.json.totals.referred],
    ['held', 1],
    'facts of a signer need somebody above',
  );
  const promoted = await plan(`TH001,${principal.name},${principal.born},,Giám đốc Sở,,`);
  assert.deepEqual([promoted.json.status, promoted.json.totals.referred], ['held', 1], 'so does a title');
  const ended = await plan(`TH001,${principal.name},${principal.born},,Hiệu trưởng,Nghỉ hưu,`);
  assert.deepEqual([ended.json.totals.left, ended.json.refusals[0]?.column], [0, 'Trạng thái']);
  const absent = await plan('TH001,Trần Mới Về,02/09/1979,Nam,Hiệu trưởng,,', { completeness: 'schools' });
  assert.ok(
    !absent.json.changes.some(
      ({ fullName, action }: { fullName: string; action: string }) => action === 'left' && fullName === principal.name,
    ),
  );
  assert.ok(
    absent.json.notes.some((note: string) => /giữ vai trò mà anh\/chị không quản lý/.test(note)),
    'and it is said',
  );

  const granted = await plan('TH001,Trần Mới Về,02/09/1979,Nam,Hiệu trưởng,,');
  await call(administratorId, 'POST', `roster/plans/${granted.json.id}/apply`, {});
  const { rows: roles } = await sql`
    SELECT r.role FROM registry.role_assignment AS r JOIN registry.person AS p ON p.id = r.person_id WHERE p.full_name = 'Trần Mới Về'`.execute(
    context.db,
  );
  assert.deepEqual(roles, [], 'a title gives no role');
  const elsewhere = await plan(`${lower.code},Trần Nơi Khác,02/09/1979,Nam,Giáo viên,,`);
  assert.equal(elsewhere.json.totals.refused, 1);
  const made = await call(
    administratorId,
    'POST',
    'roster/plans?kind=schools',
    upload(csv('Mã đơn vị,Tên đơn vị', 'X1,Trường Tự Lập'), 'x.csv'),
  );
  assert.equal(made.status, 403);
  assert.equal((await call(administratorId, 'POST', 'roster/plans?kind=nothing', upload('', 'x.csv'))).status, 400);
});

test('each template can be downloaded as CSV and as a workbook, and imported as it is', async () => {
  await using world = await openRegistry();
  const { city, call } = world;
  const [primary] = city.schools;
  assert.ok(primary);
  const { administrator } = city.people;
  const rows = { learners: 2, staff: 2, schools: 2, guardians: 2 };
  for (const kind of ['learners', 'staff', 'schools', 'guardians'] as const) {
    for (const format of ['csv', 'xlsx']) {
      const got = await call(administrator, 'GET', `roster/templates/${kind}?format=${format}`);
      assert.equal(got.status, 200);
      assert.match(String(got.headers['content-disposition']), new RegExp(`mau-.*\\.${format}`));
      const seen = await call(administrator, 'POST', `roster/columns?kind=${kind}`, upload(got.bytes, `mau.${format}`));
      assert.equal(seen.status, 200, JSON.stringify(seen.json));
      assert.deepEqual([seen.json.unclear, seen.json.rows], [[], rows[kind]]);
      assert.ok(
        seen.json.columns.every(({ field }: { field: string | null }) => field !== null),
        JSON.stringify(seen.json.columns),
      );
      const organisationId = kind === 'schools' ? city.departmentId : primary.id;
      const made = await call(
        administrator,
        'POST',
        `roster/plans?kind=${kind}`,
        upload(got.bytes, `mau.${format}`, { organisationId }),
      );
      assert.equal(made.status, 201, JSON.stringify(made.json));
      const isGuardian = kind === 'guardians'; // whose children are not at the school
      assert.equal(made.json.totals.refused, isGuardian ? 2 : 0, JSON.stringify(made.json.refusals));
    }
  }
});

test('D17: columns that nobody knows are matched by a person, remembered for the school until it takes that back, and named when left out', async () => {
  await using world = await openRegistry();
  const { city, call } = world;
  const [primary, other] = city.schools;
  assert.ok(primary && other);
  const { administratorId } = primary;
  const text = csv(
    'Danh sách câu lạc bộ',
    'Name,Group,Born,Phone,Sở thích',
    'Lý Thị Xuân,5C,05/09/2015,0903,Cờ vua',
    'Tô Văn Hạ,5C,06/09/2015,0904,Bơi',
  );
  const organisationId = primary.id;
  const blind = await call(administratorId, 'POST', 'roster/plans', upload(text, 'a.csv', { organisationId }));
  assert.deepEqual([blind.status, blind.json.code], [400, 'roster/no-header']);
  assert.match(blind.json.remedy, /\/api\/v1\/roster\/templates\/learners/);
  const seen = await call(administratorId, 'POST', 'roster/columns', upload(text, 'a.csv', { organisationId }));
  assert.deepEqual(
    [seen.json.headerRow, seen.json.remembered, seen.json.columns[0].sample[0]],
    [2, null, 'Lý Thị Xuân'],
  );
  assert.ok(seen.json.unclear.length > 0);
  const columns = JSON.stringify(['fullName', 'classCode', 'birthDate', null, null]);
  const made = await call(
    administratorId,
    'POST',
    'roster/plans',
    upload(text, 'a.csv', { organisationId, columns, headerRow: '2', remember: 'true' }),
  );
  assert.deepEqual([made.status, made.json.totals.added], [201, 2], JSON.stringify(made.json));
  assert.deepEqual(
    made.json.ignoredColumns.map(({ header }: { header: string }) => header),
    ['Phone', 'Sở thích'],
  );
  const later = await call(administratorId, 'POST', 'roster/plans', upload(text, 'b.csv', { organisationId }));
  assert.deepEqual([later.status, later.json.totals.added], [201, 2], 'the same headers need nobody the next time');
  const again = await call(administratorId, 'POST', 'roster/columns', upload(text, 'a.csv', { organisationId }));
  const { remembered } = again.json;
  assert.equal(remembered.organisationId, organisationId);
  const elsewhere = await call(
    city.people.administrator,
    'POST',
    'roster/columns',
    upload(text, 'a.csv', { organisationId: other.id }),
  );
  assert.equal(elsewhere.json.remembered, null, 'another school confirms its own');
  const path = (id: string) => `organisations/${id}/roster-columns/${remembered.header}`;
  assert.equal((await call(other.administratorId, 'DELETE', path(organisationId))).status, 403);
  assert.equal((await call(other.administratorId, 'DELETE', path(other.id))).status, 404);
  assert.equal((await call(administratorId, 'DELETE', `${path(organisationId)}?kind=staff`)).status, 404);
  assert.equal((await call(administratorId, 'DELETE', path(organisationId))).status, 204);
  const forgotten = await call(administratorId, 'POST', 'roster/plans', upload(text, 'c.csv', { organisationId }));
  assert.equal(forgotten.json.code, 'roster/no-header', 'what was taken back holds no longer');
  const { rows: events } = await world.context.pool.query(
    "SELECT type, organisation_id FROM platform.outbox WHERE type LIKE 'roster-columns.%' ORDER BY id",
  );
  assert.deepEqual(
    events.map((event) => [event.type, event.organisation_id]),
    [
      ['roster-columns.confirmed', organisationId],
      ['roster-columns.forgotten', organisationId],
    ],
  );
  for (const wrong of ['{"a":1}', '["fullName","fullName","birthDate",null,null]', '["nothing",null,null]']) {
    const refused = await call(
      administratorId,
      'POST',
      'roster/plans',
      upload(text, 'a.csv', { organisationId, columns: wrong, headerRow: '2' }),
    );
    assert.equal(refused.status, 400, wrong);
  }
});

test('D16: what is applied is the plan that was seen, or nothing', async () => {
  await using world = await openRegistry();
  const { city, call, context } = world;
  const [primary] = city.schools;
  assert.ok(primary);
  const { administratorId } = primary;
  const text = csv('Lớp,Họ và tên,Ngày sinh', '5C,Lý Thị Xuân,05/09/2015');
  const made = await call(
    administratorId,
    'POST',
    'roster/plans',
    upload(text, 'a.csv', { organisationId: primary.id }),
  );
  await sql`UPDATE registry.roster_change SET full_name = 'Người Bị Tráo' WHERE plan_id = ${made.json.id}`.execute(
    context.db,
  );
  const applied = await call(administratorId, 'POST', `roster/plans/${made.json.id}/apply`, {});
  assert.deepEqual([applied.status, applied.json.code], [409, 'roster/plan-changed']);
});

test('E14: NUL and other characters that nobody sees refuse the row by name, also in a file’s name', async () => {
  await using world = await openRegistry();
  const { city, call } = world;
  const [primary] = city.schools;
  assert.ok(primary);
  const text = csv(
    'Lớp,Họ và tên,Ngày sinh,Dân tộc',
    '5C,Lý\u0000Thị,05/09/2015,Kinh',
    '5C,Tô Văn Hạ,06/09/2015,Ki\u0000nh',
    '5C,Võ An,07/09/2015,Kinh',
  );
  const made = await call(
    primary.administratorId,
    'POST',
    'roster/plans',
    upload(text, 'a\u0001b.csv', { organisationId: primary.id }),
  );
  assert.deepEqual(
    [made.status, made.json.totals.refused, made.json.totals.added],
    [201, 2, 1],
    JSON.stringify(made.json),
  );
  assert.deepEqual(
    made.json.refusals.map(({ column }: { column: string }) => column),
    ['Họ và tên', 'Dân tộc'],
  );
  const csvFile = await call(primary.administratorId, 'GET', `roster/plans/${made.json.id}/refusals`);
  assert.match(csvFile.bytes.toString(), /"Dòng","Cột","Giá trị","Vì sao"/);
  assert.ok(!csvFile.bytes.includes(0));
});
