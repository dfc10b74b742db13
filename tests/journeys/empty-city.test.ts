import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import {
  authenticatorOf,
  type Device,
  desk,
  look,
  lookAtBoth,
  openBrowser,
  openDevice,
  phone,
} from '@edutrust/testing/chromium';
import { eventually } from '@edutrust/testing/eventually';
import { beginByLink, beginWithPasskey } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import type { Browser, Locator, Page } from 'playwright-core';

/**
 * A city that nobody seeded, from `edutrust setup` on, in a browser and by nothing else. Each test goes on
 * where the one before stopped.
 */

let platform: Platform;
let browser: Browser;
const at: Partial<
  Record<'administrator' | 'officer' | 'school' | 'teacher' | 'principal' | 'clerk' | 'guardian', Device>
> = {};

before(async () => {
  platform = await Platform.start({ EDUTRUST_DEMO: '0' });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await platform?.[Symbol.asyncDispose]();
});

function pageOf(who: keyof typeof at): Page {
  const page = at[who]?.page;
  assert.ok(page, `${who} has begun`);
  return page;
}

/** The code that the card on the screen shows, and the card is put away. */
async function codeOnCard(page: Page): Promise<string> {
  const code = await page.locator('[data-activation-code]').innerText();
  await page.getByRole('button', { name: 'Xong' }).click();
  return code;
}

/** Opens what the QR code says, as the camera of the person's own device does, and chooses a passkey. */
async function beginByQr(code: string, device: typeof desk | typeof phone): Promise<Device> {
  const opened = await openDevice(browser, { device });
  await authenticatorOf(opened.page);
  await opened.page.goto(`${platform.url}/activate#code=${code}`);
  assert.equal(new URL(opened.page.url()).hash, '', 'the code does not stay in the address');
  await opened.page.getByRole('button', { name: 'Tiếp tục' }).click();
  await opened.page.getByRole('button', { name: 'Đúng', exact: true }).click();
  await beginWithPasskey(platform, opened.page);
  return opened;
}

/** Fills every field of the marks form with something that fits its kind. */
async function fillMarks(page: Page): Promise<void> {
  for (const choice of await page.locator('form select').all()) await choice.selectOption({ index: 1 });
  for (const input of await page.locator('form input').all()) {
    await input.fill((await input.getAttribute('placeholder')) ? '9' : '0');
  }
}

/** Downloads the template of a kind of roster, as who has no file yet does, and imports it. */
async function importTemplate(page: Page, kind: string, format: 'Excel' | 'CSV', expected: RegExp, school?: string) {
  await page.goto(`${platform.url}/admin/import`);
  await page.getByRole('radio', { name: kind }).check();
  if (school) await page.getByLabel('Trường của dòng không ghi mã trường').selectOption({ label: school });
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: format, exact: true }).click();
  const template = await download;
  const buffer = await readFile(await template.path());
  const mimeType = 'application/octet-stream';
  await page.getByLabel('Tệp danh sách').setInputFiles({ name: template.suggestedFilename(), mimeType, buffer });
  await page.getByRole('button', { name: 'Xem trước thay đổi' }).click();
  await page.getByRole('heading', { name: expected }).waitFor();
  await page.getByRole('button', { name: /^Áp dụng/ }).click();
  await page.getByRole('heading', { name: /^Đã thêm/ }).waitFor();
}

async function issueCode(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Cấp mã kích hoạt' }).click();
  await page.getByRole('button', { name: 'Cấp mã', exact: true }).click();
  return codeOnCard(page);
}

/** A desk of its own for who holds the link. */
async function deskByLink(link: string): Promise<Device> {
  const device = await openDevice(browser, { device: desk });
  await beginByLink(platform, device.page, link);
  return device;
}

/** The maker, on the approval's page, confirms; the officer sees it on the first page and puts the second seal. */
async function approveTogether(maker: Page, title: RegExp): Promise<void> {
  await maker.getByRole('button', { name: 'Xác nhận bằng passkey' }).click();
  await maker
    .getByText(/Chờ người thứ hai|chờ người thứ hai/)
    .first()
    .waitFor();
  await approve(title);
}

/** An act that asks for a sign-in of the last minutes: on a slow machine one signs in again, and acts again. */
async function freshly(page: Page, act: () => Promise<void>, done: Locator): Promise<void> {
  await act();
  const signIn = page.locator('[data-passkey=get]');
  await done.or(signIn).first().waitFor();
  if (!(await signIn.isVisible())) return;
  await signIn.click();
  await page.waitForURL((url) => !url.pathname.startsWith('/signin'));
  await act();
  await done.waitFor();
}

async function approve(title: RegExp, readOut?: string): Promise<void> {
  const officer = pageOf('officer');
  const task = officer.getByRole('listitem').filter({ hasText: title }).getByRole('link', { name: 'Xem và duyệt' });
  await eventually(async () => {
    await officer.goto(`${platform.url}/admin`);
    await officer.getByRole('heading', { level: 1 }).waitFor();
    assert.equal(await task.count(), 1, String(title));
  });
  await task.click();
  if (readOut) await officer.getByLabel('Sáu chữ số nghe được').fill(readOut);
  await officer.getByRole('button', { name: 'Đóng dấu thứ hai bằng passkey' }).click();
  await officer.getByText('Đã xong', { exact: true }).waitFor();
}

/** A code for somebody who answers for others: two people make it, and each reads out half. */
async function issueCodeTogether(maker: Page, fullName: string): Promise<string> {
  await maker.getByRole('button', { name: 'Cấp mã kích hoạt' }).click();
  await maker.getByRole('button', { name: 'Cấp mã', exact: true }).click();
  await approveTogether(maker, new RegExp(fullName));
  await maker.reload();
  const halves: string[] = [];
  for (const page of [maker, pageOf('officer')]) {
    await page.getByRole('button', { name: 'Hiện phần của tôi' }).click();
    halves.push(await page.locator('strong.tracking-widest').innerText());
  }
  return halves.join('');
}

test('city: after `edutrust setup` the first administrator finds the steps to a city, each with its form; the first officer is another person', async () => {
  const founded = await platform.run(
    ...['--json', 'setup', '--department', 'Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh'],
    ...['--administrator', 'Lê Thị Minh Tâm', '--officer', 'Phạm Quốc Bảo'],
  );
  assert.equal(founded.code, 0, founded.stderr);
  const { administrator, officer } = JSON.parse(founded.stdout.trim().split('\n').at(-1) ?? '');
  at.administrator = await deskByLink(administrator.link);
  const { page } = at.administrator;
  await page.getByRole('link', { name: 'Quản trị' }).click();
  await page.getByRole('heading', { level: 1, name: /bước nữa là vào học được/ }).waitFor();
  assert.match(await page.title(), /bước nữa là vào học được.*EduTrust$/);
  await lookAtBoth(page, 'city-start');
  at.officer = await deskByLink(officer.link);
  await at.officer.page.getByRole('link', { name: 'Quản trị' }).click();
  await at.officer.page.getByRole('heading', { name: /Không có việc nào chờ/ }).waitFor();
});

test('city: wards and schools by form; what is wrong is said beside its field; each page has its title and the focus', async () => {
  const page = pageOf('administrator');
  await page.getByRole('link', { name: /^Thêm phường, xã/ }).click();
  await page.getByRole('heading', { name: 'Thêm một phường, xã' }).waitFor();
  assert.match(await page.title(), /^Thêm một phường, xã/);
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1');
  await page.getByLabel('Tên', { exact: true }).fill('Phường Sài Gòn');
  await page.getByLabel('Mã', { exact: true }).fill('26740');
  await page.getByRole('button', { name: 'Thêm phường, xã' }).click();
  await page.getByText('Đã thêm Phường Sài Gòn.').waitFor();
  await look(page, 'city-wards');

  await page.getByRole('link', { name: 'Hôm nay' }).click();
  await page.getByRole('link', { name: /^Thêm một trường/ }).click();
  await page.getByLabel('Tên trường').fill('Trường Tiểu học Hoà Bình');
  await page.getByLabel('Mã trường').fill('26740');
  await page.getByLabel('Phường, xã').selectOption({ label: 'Phường Sài Gòn (26740)' });
  await page.getByRole('button', { name: 'Thêm trường' }).click();
  await page.getByText('Mã đơn vị 26740 đã được dùng.').waitFor();
  await lookAtBoth(page, 'city-school-new');
  await page.getByLabel('Mã trường').fill('79000123');
  await page.getByRole('button', { name: 'Thêm trường' }).click();
  await page.getByRole('heading', { name: 'Trường Tiểu học Hoà Bình' }).waitFor();
  await page.getByText('Đã thêm Trường Tiểu học Hoà Bình.').waitFor();
  await look(page, 'city-school');
});

test('city: the department appoints the school’s administrator, who begins with the QR code of the card', async () => {
  const page = pageOf('administrator');
  await page.getByRole('link', { name: 'Hôm nay' }).click();
  await page.getByRole('link', { name: /^Thêm người quản trị trường/ }).click();
  await page.getByLabel('Họ và tên').fill('Nguyễn Đức Phúc');
  await page.getByLabel('Chức danh').fill('Giáo viên tin học');
  await page.getByLabel('Trường', { exact: true }).selectOption({ label: 'Trường Tiểu học Hoà Bình (79000123)' });
  await page.getByRole('button', { name: 'Thêm và giao vai trò' }).click();
  await page.getByRole('heading', { name: 'Nguyễn Đức Phúc' }).waitFor();
  await page.getByText('Quản trị trường', { exact: true }).waitFor();
  await look(page, 'city-person');
  at.school = await beginByQr(await issueCodeTogether(page, 'Nguyễn Đức Phúc'), desk);
});

test('city: the school adds its teacher, opens a class that is hers, and adds a pupil with a guardian', async () => {
  const { page } = at.school ?? assert.fail('the school has begun');
  await page.getByRole('link', { name: 'Quản trị' }).click();
  await page.getByRole('heading', { level: 1, name: /bước/ }).waitFor();
  await look(page, 'city-school-start');
  await page.getByRole('link', { name: /^Thêm một người/ }).click();
  await page.getByLabel('Họ và tên').fill('Đỗ Ngọc Uyên');
  await page.getByRole('button', { name: 'Thêm một giáo viên' }).click();
  await page.getByRole('heading', { name: 'Đỗ Ngọc Uyên' }).waitFor();
  await page.getByText('Giáo viên', { exact: true }).first().waitFor();
  const code = await issueCode(page);

  await page.getByRole('link', { name: 'Hôm nay' }).click();
  await page.getByRole('link', { name: /^Mở lớp/ }).click();
  await page.getByRole('link', { name: 'Mở một lớp' }).click();
  await page.getByLabel('Tên lớp').fill('4a');
  await page.getByLabel('Khối').selectOption({ label: 'Khối 4' });
  await page.getByLabel('Giáo viên chủ nhiệm').selectOption({ label: 'Đỗ Ngọc Uyên' });
  await page.getByRole('button', { name: 'Mở lớp' }).click();
  await page.getByRole('heading', { name: 'Lớp 4A' }).waitFor();

  await page.getByRole('link', { name: 'Thêm một học sinh' }).click();
  await page.getByLabel('Họ và tên').fill('Trần Bảo Nam');
  await page.getByLabel('Ngày sinh').fill('2016-06-21');
  await page.getByLabel('Giới tính').selectOption({ label: 'Nam' });
  await page.getByRole('button', { name: 'Thêm một học sinh' }).click();
  await page.getByRole('heading', { name: 'Trần Bảo Nam' }).waitFor();
  await page.getByRole('link', { name: 'Thêm người giám hộ' }).click();
  await page.getByLabel('Họ và tên').fill('Lê Thu Hà');
  await lookAtBoth(page, 'city-guardian');
  await page.getByRole('button', { name: 'Thêm người giám hộ' }).click();
  await page.getByText('Đã thêm Lê Thu Hà.').waitFor();
  await lookAtBoth(page, 'city-pupil');

  await page.getByRole('link', { name: 'Trường', exact: true }).click();
  await page.getByRole('link', { name: 'Trường Tiểu học Hoà Bình' }).click();
  await page.getByRole('link', { name: /Lớp 4A/ }).click();
  await page.getByRole('link', { name: 'Thêm một học sinh' }).click();
  await page.getByLabel('Họ và tên').fill('Vũ Thuỵ Bảo Vy');
  await page.getByLabel('Ngày sinh').fill('2016-02-03');
  await page.getByRole('button', { name: 'Thêm một học sinh' }).click();
  await page.getByText('Đã thêm Vũ Thuỵ Bảo Vy.').waitFor();
  at.teacher = await beginByQr(code, phone);
});

test('city: wards and schools come from an Excel file, staff from a CSV file, each seen before it is applied', async () => {
  const page = pageOf('administrator');
  await importTemplate(page, 'Đơn vị', 'Excel', /^Sẽ thêm 1/);
  await page.goto(`${platform.url}/admin/schools`);
  await page.getByRole('link', { name: 'Trường Tiểu học Lê Lợi' }).waitFor();
  await importTemplate(page, 'Nhân sự', 'CSV', /^Sẽ thêm [12]/, 'Trường Tiểu học Lê Lợi (79000729)');
  await page.goto(`${platform.url}/admin/people?q=${encodeURIComponent('pham quoc bao')}`);
  await page.getByRole('row', { name: /Phạm Quốc Bảo.*Văn thư.*Trường Tiểu học Lê Lợi/ }).waitFor();
});

test('city: a teacher’s «Lớp của tôi» is her class at one tap; a forgotten password is a QR code; slips are asked about first', async () => {
  const { page } = at.teacher ?? assert.fail('the teacher has begun');
  await page.getByRole('link', { name: 'Mở lớp của tôi' }).click();
  await page.getByRole('heading', { name: 'Lớp 4A' }).waitFor();
  await lookAtBoth(page, 'city-class');
  await page.getByRole('button', { name: /^Cho mã\s?: Nam$/ }).click();
  await page.getByRole('img', { name: 'Mã QR của Trần Bảo Nam' }).waitFor();
  await lookAtBoth(page, 'city-code-card');
  await codeOnCard(page);

  await page.getByRole('link', { name: 'In phiếu kích hoạt' }).click();
  await page.getByRole('button', { name: 'Lập 2 phiếu' }).click();
  await page.getByText('1 phiếu đã phát mà chưa dùng sẽ thôi dùng được.').waitFor();
  await page.getByRole('button', { name: 'Cấp 2 mã' }).click();
  await page.getByRole('button', { name: 'In 2 phiếu' }).waitFor();
  await lookAtBoth(page, 'city-slips');
});

test('city: marks by form for one pupil, by the class’s own file for the rest; what is refused is said by row and column', async () => {
  const page = pageOf('teacher');
  await page.getByRole('link', { name: 'Lớp của tôi' }).click();
  await page.getByRole('link', { name: 'Điểm', exact: true }).click();
  await page.getByRole('heading', { name: 'Điểm lớp 4A: 0 trên 2 em đủ' }).waitFor();
  await lookAtBoth(page, 'city-marks');
  await page.getByRole('link', { name: 'Trần Bảo Nam' }).click();
  await page.getByRole('heading', { name: 'Trần Bảo Nam' }).waitFor();
  await fillMarks(page);
  await lookAtBoth(page, 'city-marks-of');
  await page.getByRole('button', { name: /^Lưu/ }).click();
  await page.getByText('Đã lưu điểm của Trần Bảo Nam.').waitFor();

  await page.getByRole('link', { name: /Điểm lớp 4A/ }).click();
  await page.getByRole('heading', { name: 'Điểm lớp 4A: 1 trên 2 em đủ' }).waitFor();
  await page.getByRole('link', { name: 'Nhập từ tệp' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'CSV', exact: true }).click();
  const template = await readFile(await (await download).path(), 'utf8');
  const [header = '', ...rows] = template.trim().split(/\r?\n/);
  // Who it is about stands in the first four cells, which hold no separator of their own.
  const separator = header.includes(';') ? ';' : ',';
  const split = (row: string) => {
    const cells = row.split(separator);
    return { who: cells.slice(0, 4), marks: cells.slice(4).join(separator) };
  };
  const filled = rows.map(split).find(({ who }) => who[2]?.includes('Trần Bảo Nam'))?.marks ?? '';
  const others = rows.map((row) => [...split(row).who, filled].join(separator));
  const upload = async (lines: readonly string[]) =>
    page.locator('input[type=file]').setInputFiles({
      name: 'diem.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(`\uFEFF${[header, ...lines].join('\r\n')}\r\n`),
    });
  const wrong = rows.map((row) => [...split(row).who, filled.replace(/"9"|\b9\b/, '"11"')].join(separator));
  await upload(wrong);
  await page.getByText(/0 em có điểm mới, 0 em giữ nguyên, 2 dòng bị từ chối/).waitFor();
  await page.getByText(/«11»/).first().waitFor();
  await lookAtBoth(page, 'city-marks-refused');
  await page.getByRole('button', { name: 'Tệp khác' }).click();
  await upload(others);
  await page.getByRole('button', { name: 'Ghi điểm của 1 em' }).click();
  await page.getByRole('heading', { name: 'Điểm lớp 4A: 2 trên 2 em đủ' }).waitFor();
});

test('city: who signs and who seals is appointed by two people, each with a passkey over the same lines', async () => {
  const school = pageOf('school');
  const begin = async (fullName: string, title: string, device: typeof desk | typeof phone): Promise<Device> => {
    await school.goto(`${platform.url}/admin/people/new?as=staff`);
    await school.getByLabel('Họ và tên').fill(fullName);
    await school.getByLabel('Chức danh').fill(title);
    await school.getByRole('button', { name: 'Thêm một nhân viên' }).click();
    await school.getByRole('heading', { name: fullName }).waitFor();
    return beginByQr(await issueCode(school), device);
  };
  at.principal = await begin('Phan Ngọc Bảo Chi', 'Hiệu trưởng', phone);
  at.clerk = await begin('Trần Thị Mai', 'Văn thư', phone);
  const page = pageOf('administrator');
  for (const [fullName, role] of [
    ['Đỗ Ngọc Uyên', 'Người ký'],
    ['Phan Ngọc Bảo Chi', 'Người ký'],
    ['Trần Thị Mai', 'Văn thư'],
  ] as const) {
    const grant = async () => {
      await page.goto(`${platform.url}/admin/people?q=${encodeURIComponent(fullName)}`);
      await page.getByRole('link', { name: fullName }).click();
      await page.getByRole('link', { name: 'Giao vai trò' }).click();
      await page.getByRole('combobox', { name: 'Vai trò' }).selectOption({ label: role });
      await page.getByRole('button', { name: 'Giao vai trò' }).click();
    };
    await freshly(page, grant, page.getByText('Việc này chờ người thứ hai.'));
    if (role === 'Văn thư') await lookAtBoth(page, 'city-approval');
    await approveTogether(page, new RegExp(fullName));
  }
});

test('city: phones are enrolled; the officer types the six digits that the signer reads out', async () => {
  for (const [who, fullName] of [
    ['teacher', 'Đỗ Ngọc Uyên'],
    ['principal', 'Phan Ngọc Bảo Chi'],
    ['clerk', 'Trần Thị Mai'],
  ] as const) {
    const page = pageOf(who);
    await page.goto(`${platform.url}/sign`);
    await page.getByRole('button', { name: 'Tạo passkey ký' }).click();
    const code = (await page.locator('[data-approval-code]').innerText()).replaceAll(/\s/g, '');
    await approve(new RegExp(fullName), code);
    await page.getByRole('button', { name: 'Xem đã duyệt chưa' }).click();
    await page.getByRole('heading', { name: /Không còn gì chờ/ }).waitFor();
  }
});

test('city: the school’s seal is asked for and approved by the officer', async () => {
  // Not by the school's administrator yet: the officer read out half of that account's code today.
  const page = pageOf('administrator');
  await page.goto(`${platform.url}/admin/certificates/requests/new`);
  await page
    .getByRole('combobox', { name: 'Đơn vị', exact: true })
    .selectOption({ label: 'Trường Tiểu học Hoà Bình (79000123)' });
  await page.getByText('Kho khoá của hệ thống').click();
  await page.getByRole('button', { name: 'Gửi để cán bộ khác duyệt' }).click();
  await approveTogether(page, /Trường Tiểu học Hoà Bình/);
});

test('city: transcripts are asked for, signed by teacher and principal on their phones, sealed by the clerk, and verified by anybody', async () => {
  const teacher = pageOf('teacher');
  await teacher.goto(`${platform.url}/teach`);
  await teacher.getByRole('button', { name: 'Trình ký học bạ' }).click();
  await teacher.getByRole('heading', { name: 'Đã trình 2 học bạ' }).waitFor();
  await lookAtBoth(teacher, 'city-requested');
  for (const who of ['teacher', 'principal'] as const) {
    const page = pageOf(who);
    await page.goto(`${platform.url}/sign`);
    await page.getByRole('link', { name: 'Xem 2 học bạ' }).click();
    await page.getByRole('button', { name: 'Ký 2 học bạ' }).click();
    await page.getByRole('button', { name: /^Mã giống, ký/ }).click();
    await page.getByRole('heading', { name: 'Đã ký xong' }).waitFor();
  }
  const clerk = pageOf('clerk');
  await clerk.goto(`${platform.url}/`);
  await clerk.getByRole('link', { name: 'Xem và đóng dấu 2 học bạ' }).click();
  await clerk.getByRole('button', { name: 'Đóng dấu 2 học bạ' }).click();
  await clerk.getByRole('button', { name: /^Mã giống, đóng dấu/ }).click();
  await clerk.getByRole('heading', { name: 'Đã đóng dấu xong' }).waitFor();
  await lookAtBoth(clerk, 'city-sealed');
});

test('city: the guardian finds the child’s transcript and nobody else’s; the public page says that it is genuine', async () => {
  const school = pageOf('school');
  await school.goto(`${platform.url}/admin/people?q=${encodeURIComponent('Lê Thu Hà')}`);
  await school.getByRole('link', { name: 'Lê Thu Hà' }).click();
  const code = await issueCode(school);
  at.guardian = await beginByQr(code, phone);
  const { page } = at.guardian;
  await page.getByRole('link', { name: 'Con của tôi' }).click();
  await page.getByRole('heading', { name: 'Trần Bảo Nam' }).waitFor();
  await page.getByRole('heading', { name: 'Ứng dụng biết gì về Nam' }).waitFor(); // and what was agreed to
  await lookAtBoth(page, 'city-children');
  assert.equal(await page.getByText('Vũ Thuỵ Bảo Vy').count(), 0);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: /^Tải:/ }).click();
  const path = await (await download).path();
  const verified = await platform.run('--json', 'verify', path);
  const { verdict, signatures } = JSON.parse(verified.stdout.trim());
  assert.equal(verdict, 'valid', verified.stdout);
  const formats = signatures.map(({ format }: { format: string }) => format);
  assert.deepEqual(
    formats,
    ['PAdES', 'PAdES', 'PAdES', 'document-time-stamp'],
    'teacher, principal, seal; kept for long',
  );
  await page.getByRole('link', { name: /^Kiểm tra:/ }).click();
  await page.getByText('Trường Tiểu học Hoà Bình').first().waitFor();
  await lookAtBoth(page, 'city-verified');
});

test('city: the guardian reads that the class teacher looked at the child’s marks, and of who signs only the duty', async () => {
  const { page } = at.guardian ?? assert.fail('the guardian has begun');
  await page.goto(`${platform.url}/account/children`);
  await page.getByRole('link', { name: /^Ai đã xem hồ sơ của/ }).click();
  const line = page.getByRole('listitem').filter({ hasText: 'Giáo viên chủ nhiệm lớp 4A, Đỗ Ngọc Uyên' });
  await line.filter({ hasText: 'đã xem điểm' }).first().waitFor();
  await line.filter({ hasText: 'đã in mã đăng nhập' }).first().waitFor();
  assert.equal(await page.getByText('Phan Ngọc Bảo Chi').count(), 0, 'by duty only (ADR 0188)');
  await lookAtBoth(page, 'city-looks');
});

test('city: the guardian downloads a copy of the child’s data, and then reads that they did', async () => {
  const { page } = at.guardian ?? assert.fail('the guardian has begun');
  await page.goto(`${platform.url}/account/children`);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Tải bản sao dữ liệu của Nam' }).click();
  assert.equal((await download).suggestedFilename(), 'du-lieu.zip');
  await page.getByRole('link', { name: /^Ai đã xem hồ sơ của/ }).click();
  await page.getByText('đã tải bản sao dữ liệu của con em').first().waitFor();
});
