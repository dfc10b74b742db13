import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Platform } from '@edutrust/testing/platform';

const header =
  'STT,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh (dd/mm/yyyy),Giới tính,Dân tộc,Quốc tịch,Tỉnh,Huyện,Xã,Họ tên cha,Năm sinh cha,Họ tên mẹ,Năm sinh mẹ,Số ĐDCN';
const row = (number: number, name: string, born: string) =>
  `${number},6A,79500000${String(number).padStart(2, '0')},${name},${born},Nam,Kinh,Việt Nam,TP.HCM,,Sài Gòn,Cha ${name},1985,Mẹ ${name},1988,`;

test('story 3: a roster shaped like the sector database is previewed, applied, and changes nothing the second time', async () => {
  await using platform = await Platform.start();
  const file = join(platform.directory, 'lop-6a.csv');
  const good = Array.from({ length: 8 }, (_, index) =>
    row(
      index + 1,
      `Nguyễn Văn Thứ ${['Nhất', 'Hai', 'Ba', 'Tư', 'Năm', 'Sáu', 'Bảy', 'Tám'][index]}`,
      `0${index + 1}/09/2014`,
    ),
  );
  await writeFile(
    file,
    [header, ...good, row(9, 'Ngày Sai', '31/02/2014'), row(1, 'Trùng Mã', '01/09/2014')].join('\n'),
  );
  const school = ['--school', 'TH001'];

  const preview = await platform.run('people', 'import', file, ...school);
  assert.equal(preview.code, 0, preview.stderr);
  assert.match(preview.stdout, /Thêm 8 · Sửa 0 · Rời 0 · Giữ nguyên 0 · Từ chối 2/);
  assert.match(preview.stdout, /dòng 10, cột Ngày sinh, «31\/02\/2014»: Không có ngày này trong lịch/);
  assert.match(preview.stdout, /dòng 11, cột Mã định danh Bộ GD&ĐT/);
  const before = await platform.run('--json', 'people', 'import', file, ...school);
  assert.equal(JSON.parse(before.stdout).totals.added, 8, 'a preview changes nothing');

  const applied = await platform.run('people', 'import', file, ...school, '--apply');
  assert.match(applied.stdout, /Đã áp dụng: thêm 8/, applied.stderr);
  const again = await platform.run('--json', 'people', 'import', file, ...school, '--apply');
  const [plan] = again.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    { ...plan.totals, refused: 0 },
    { added: 0, changed: 0, left: 0, referred: 0, unchanged: 8, refused: 0, skipped: 0 },
  );
  assert.equal((await platform.run('log', 'verify')).code, 0);
});
