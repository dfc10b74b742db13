import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import { demoSeed } from '../../testing/demo.ts';
import { listLearners } from '../classes/classes.ts';
import { seedDemo } from '../demo/demo.ts';
import { migrations } from '../migrations.ts';
import { openRosterFile } from './read/file.ts';
import { largestRosterBytes } from './read/refusals.ts';
import { applyImport, planImport } from './roster.ts';

const actor = { kind: 'system', name: 'cli' } as const;
const header = 'STT,Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh (dd/mm/yyyy),Giới tính,Dân tộc,Số ĐDCN';

function fileOf(text: string | Buffer | number[]) {
  const bytes = Buffer.from(text as string);
  return {
    name: 'roster.csv',
    bytes: bytes.length,
    stream: Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]),
  };
}

async function openCity() {
  const context = await testContext({ migrations: [migrations], seed: demoSeed });
  return { context, city: await seedDemo(context) };
}

async function eventCount({ db }: TestContext, type: string): Promise<number> {
  const { rows } = await sql<{
    count: number;
  }>`SELECT count(*) AS count FROM platform.outbox WHERE type = ${type}`.execute(db);
  return rows[0]?.count ?? 0;
}

test('a roster is planned, applied once, and a second time changes nothing (D1, D2)', async () => {
  const { context, city } = await openCity();
  await using _ = context;
  const text = [
    'DANH SÁCH HỌC SINH NĂM HỌC',
    '',
    header,
    '1,TH001,6A,7911111111,Lý Thị Mỹ Duyên,05/09/2014,Nữ,Kinh,079214000001',
    '2,TH001,6a,7911111112,Tô Vĩnh Diện,31/02/2014,Nam,Kinh,',
    '3,TH001,6A,7911111111,Người Trùng Mã,06/09/2014,Nam,Kinh,',
    '4,XX999,6A,7911111113,Không Có Trường,06/09/2014,Nam,Kinh,',
    '5,TH001,A6,7911111114,Lớp Sai,06/09/2014,Nam,Kinh,',
    '6,TH001,6A,7911111115,  Hồ   Văn  Tèo ,6/9/2014,nam,Hoa,79214000002',
    '7,TH001,6A,7911111116,"Cao Thị <b>Bé</b>, ""Út""",7-9-2014,NỮ,Kinh,079214000003',
  ].join('\r\n');
  const plan = await planImport(context, { file: fileOf(`\ufeff${text}`), actor });
  assert.deepEqual(plan.totals, { added: 1, changed: 0, left: 0, referred: 0, unchanged: 0, refused: 6, skipped: 0 });
  const refused = Object.fromEntries(plan.refusals.map(({ row, column }) => [row, column]));
  assert.deepEqual(refused, {
    5: 'Ngày sinh',
    6: 'Mã định danh Bộ GD&ĐT',
    7: 'Mã trường',
    8: 'Khối',
    9: 'Số ĐDCN',
    10: 'Họ và tên',
  });
  assert.ok(plan.refusals.every(({ reason }) => reason.vi && reason.en));
  const before = await eventCount(context, 'person.created');
  await applyImport(context, plan.id, actor);
  await applyImport(context, plan.id, actor);
  assert.equal(await eventCount(context, 'person.created'), before + 1);
  const again = await planImport(context, { file: fileOf(text), actor });
  assert.deepEqual(again.totals, { added: 0, changed: 0, left: 0, referred: 0, unchanged: 1, refused: 6, skipped: 0 });
  assert.equal(city.schools.length, 3);
});

test('a changed name, a changed class and a pupil who is missing are told with what was before', async () => {
  const { context, city } = await openCity();
  await using _ = context;
  const classId = city.schools[0]?.classIds[0] ?? '';
  const learners = await listLearners(context.db, classId);
  const { rows } = await sql<{ id: string; name: string; born: string; gender: string }>`
    SELECT id, full_name AS name, to_char(birth_date, 'DD/MM/YYYY') AS born, gender FROM registry.person
    WHERE id = ANY(${learners.map(({ id }) => id)}::uuid[]) ORDER BY id`.execute(context.db);
  // Without numbers: found by class, name and birth date.
  const line = ({ name, born, gender }: (typeof rows)[number], code = '1A') =>
    `,TH001,${code},,${name},${born},${gender === 'male' ? 'Nam' : 'Nữ'},,`;
  const [first, second, ...rest] = rows;
  assert.ok(first && second);
  const same = await planImport(context, { file: fileOf([header, ...rows.map((row) => line(row))].join('\n')), actor });
  assert.deepEqual(same.totals, {
    added: 0,
    changed: 0,
    left: 0,
    referred: 0,
    unchanged: rows.length,
    refused: 0,
    skipped: 0,
  });
  const { rows: ids } = await sql<{
    moet: string;
  }>`SELECT encode(moet_id_index, 'hex') AS moet FROM registry.person WHERE id = ${first.id}`.execute(context.db);
  assert.ok(ids[0]?.moet);
  const missing = fileOf([header, ...rest.map((row) => line(row))].join('\n'));
  const partial = await planImport(context, { file: missing, actor });
  assert.equal(partial.totals.left, 0, 'D12: a file that nobody declared complete removes nobody');
  const gone = await planImport(context, {
    file: fileOf([header, ...rest.map((row) => line(row))].join('\n')),
    completeness: 'classes',
    actor,
  });
  assert.match(
    gone.notes[0]?.vi ?? '',
    /Người nhập khai tệp đủ các lớp \(1A\): Trường Tiểu học Lê Lợi, năm học .* 26 dòng/,
  );
  assert.equal(gone.totals.left, 2);
  assert.equal(gone.status, 'planned');
  await applyImport(context, gone.id, actor);
  const left = await sql<{
    status: string;
  }>`SELECT status FROM registry.person WHERE id = ANY(${[first.id, second.id]}::uuid[])`.execute(context.db);
  assert.deepEqual(left.rows, [{ status: 'left' }, { status: 'left' }]);
});

test('D3: a roster from which a school mostly vanished waits for a second person', async () => {
  const { context, city } = await openCity();
  await using _ = context;
  const school = city.schools[2];
  assert.ok(school);
  const lines = ['10A1', '11A1', '12A1'].map(
    (code, index) => `,THPT001,${code},79222222${index}0,Em Mới Toanh,01/01/2010,Nam,,`,
  );
  const plan = await planImport(context, {
    file: fileOf([header, ...lines].join('\n')),
    completeness: 'classes',
    actor,
  });
  assert.equal(plan.status, 'held');
  assert.ok(plan.totals.left > 60);
  await assert.rejects(applyImport(context, plan.id, actor), { code: 'roster/second-person' });
  const { rows } = await sql<{
    left: number;
  }>`SELECT count(*) AS left FROM registry.person WHERE status = 'left'`.execute(context.db);
  assert.equal(rows[0]?.left, 0, 'nobody left');
});

test('D3: half of one class is held though it is little of its school; a class that finishes school is not held for it', async () => {
  const { context, city } = await openCity();
  await using _ = context;
  const school = city.schools[0];
  assert.ok(school);
  const { rows } = await sql<{ code: string; name: string; born: string }>`
    SELECT k.code, p.full_name AS name, to_char(p.birth_date, 'DD/MM/YYYY') AS born FROM registry.enrolment AS e
    JOIN registry.class AS k ON k.id = e.class_id JOIN registry.person AS p ON p.id = e.person_id
    WHERE k.organisation_id = ${school.id} AND e.valid_until IS NULL ORDER BY k.code, p.id`.execute(context.db);
  const ofClass = rows.filter(({ code }) => code === rows[0]?.code);
  const most = Math.ceil(ofClass.length * 0.6);
  assert.ok(most >= 5 && most < rows.length * 0.2, `${most} of ${ofClass.length} of ${rows.length}`);
  const planOf = (word: (nth: number) => string) =>
    planImport(context, {
      file: fileOf(
        [
          'Mã trường,Mã lớp,Họ và tên,Ngày sinh,Trạng thái',
          ...ofClass.map(({ code, name, born }, nth) => `TH001,${code},${name},${born},${word(nth)}`),
        ].join('\n'),
      ),
      actor,
    });
  const halved = await planOf((nth) => (nth < most ? 'Thôi học' : ''));
  assert.equal(halved.status, 'held');
  assert.match(
    halved.heldReason?.vi ?? '',
    new RegExp(`${most} trong ${ofClass.length} học sinh lớp ${rows[0]?.code}`),
  );
  assert.equal((await planOf((nth) => (nth < most ? 'Tốt nghiệp' : ''))).status, 'planned');
  assert.equal((await planOf((nth) => (nth < 4 ? 'Thôi học' : ''))).status, 'planned');
});

test('two applications of overlapping plans at once: one wins, the other says that people changed', async () => {
  const { context } = await openCity();
  await using _ = context;
  const text = [header, ',TH001,6A,7933333333,Đua Nhau Nhập,01/01/2014,Nam,,'].join('\n');
  const plans = [
    await planImport(context, { file: fileOf(text), actor }),
    await planImport(context, { file: fileOf(text), actor }),
  ];
  const results = await Promise.allSettled(plans.map(({ id }) => applyImport(context, id, actor)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  const { rows } = await sql<{
    count: number;
  }>`SELECT count(*) AS count FROM registry.person WHERE full_name = 'Đua Nhau Nhập'`.execute(context.db);
  assert.equal(rows[0]?.count, 1);
});

test('files that cannot be read say why and what to do, and leave nothing behind', async () => {
  const { context } = await openCity();
  await using _ = context;
  const cases: [string | Buffer | number[], string][] = [
    ['STT;Mã lớp;Họ và tên\n1;5A;Nguyễn An', 'roster/missing-column'],
    ['just text\nwithout any table', 'roster/no-header'],
    ['', 'roster/no-header'],
    [`${header}\n1,TH001,"${'x'.repeat(3 * 1024 * 1024)}`, 'roster/endless-row'],
    [`${header}\n1,TH001,"${'x,\n'.repeat(1024 * 1024)}`, 'roster/endless-row'],
    [`a${','.repeat(1_000_000)}b\n`, 'roster/too-many-columns'],
    [`${header}\n1,TH001${',x'.repeat(400)}\n`, 'roster/too-many-columns'],
    [
      Buffer.concat([
        Buffer.from([0xff, 0xfe]),
        Buffer.from(header, 'utf16le'),
        Buffer.from([0x0a, 0, 0x00, 0xd8, 0x41, 0]),
      ]),
      'roster/not-utf-8',
    ],
    ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'.split('').map((c) => c.charCodeAt(0)), 'roster/other-file'],
    ['%PDF-1.7\n', 'roster/other-file'],
    ['<html><table><tr><td>Họ và tên</td></tr></table></html>', 'roster/other-file'],
    ['PK\u0003\u0004 not a zip at all', 'roster/bad-workbook'],
    ['username,firstname,lastname,email,course1\nx,An,Nguyễn,a@b.vn,c', 'roster/foreign-format'],
    ['First Name [Required],Last Name [Required],Email Address [Required]\n', 'roster/foreign-format'],
    ['School_id,Student_id,Student_number,Last_name,First_name\n', 'roster/foreign-format'],
    ['SIS ID,School SIS ID,Username,First Name\n', 'roster/foreign-format'],
    ['user_id,login_id,first_name,last_name,status\n', 'roster/foreign-format'],
    ['STT,M· líp,Hä vµ tªn,Ngµy sinh\n1,4A,NguyÔn An,01/01/2015', 'roster/legacy-font'],
    [
      `${header}\n,TH001,6A,7944444441,Nguyeãn Thò An,01/01/2014,Nữ,,\n,TH001,6A,7944444442,Traàn Vaên Bình,01/01/2014,Nam,,`,
      'roster/legacy-font',
    ],
    ['Lớp,Họ và tên,Họ tên,Ngày sinh\n5A,An,Bình,01/01/2015', 'roster/columns-unclear'],
    [
      Buffer.concat([
        Buffer.from(`${header}\n1,TH001,6A,79,Nguy`),
        Buffer.of(0xea, 0x78),
        Buffer.from('n An,01/01/2014,Nam,,'),
      ]),
      'roster/not-utf-8',
    ],
  ];
  for (const [content, code] of cases) {
    await assert.rejects(planImport(context, { file: fileOf(content), actor }), { code }, String(content).slice(0, 40));
  }
  const huge = {
    name: 'huge.csv',
    bytes: largestRosterBytes * 4,
    stream: Readable.from(
      (function* () {
        yield Buffer.from(`${header}\n`);
        yield Buffer.alloc(largestRosterBytes);
      })(),
    ),
  };
  await assert.rejects(planImport(context, { file: huge, actor }), { code: 'roster/too-large' });
  await assert.rejects(openRosterFile('/no/such/file.csv'));
  const { rows } = await sql<{ plans: number; staged: number }>`
    SELECT (SELECT count(*) FROM registry.roster_plan) AS plans, (SELECT count(*) FROM registry.roster_row) AS staged`.execute(
    context.db,
  );
  assert.deepEqual(rows, [{ plans: 0, staged: 0 }]);
});
