import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { approveAt, confirmProposal } from '@edutrust/testing/approvals';
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
import { readQr } from './qr.ts';
import { SchoolToken } from './school-token.ts';

/**
 * A city that nobody seeded, from `edutrust setup` on, in browsers and at the school's own computer, until a stranger has
 * checked its papers in every way there is. Each test goes on where the one before stopped.
 */

let platform: Platform;
let browser: Browser;
let token: SchoolToken;
const at: Partial<
  Record<'administrator' | 'officer' | 'school' | 'teacher' | 'musician' | 'principal' | 'clerk' | 'guardian', Device>
> = {};

before(async () => {
  platform = await Platform.start({ EDUTRUST_DEMO: '0' });
  browser = await openBrowser();
  token = await SchoolToken.of('Trường Tiểu học Hoà Bình', platform);
});
after(async () => {
  await browser?.close();
  await token?.[Symbol.asyncDispose]();
  await platform?.[Symbol.asyncDispose]();
});

const file = (name: string) => join(platform.directory, name);

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
  const ask = async () => {
    await page.getByRole('button', { name: 'Cấp mã kích hoạt' }).click();
    await page.getByRole('button', { name: 'Cấp mã', exact: true }).click();
  };
  await freshly(page, ask, page.locator('[data-activation-code]'));
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
  await maker.getByText('Chờ người thứ hai', { exact: true }).waitFor();
  assert.equal(await maker.getByText('xác nhận ở đây trước').count(), 0, 'what is done is not asked for');
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
  await approveTogether(maker, new RegExp(fullName)); // and the maker's page follows by itself
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
  assert.deepEqual(await page.getByLabel('Cấp học').locator('option').allInnerTexts(), [
    ...['Mầm non', 'Tiểu học', 'Trung học cơ sở', 'Trung học phổ thông', 'Nhiều cấp', 'Giáo dục thường xuyên'],
  ]);
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
    const isTeacher = title.startsWith('Giáo viên');
    await school.goto(`${platform.url}/admin/people/new?as=${isTeacher ? 'teacher' : 'staff'}`);
    await school.getByLabel('Họ và tên').fill(fullName);
    await school.getByLabel('Chức danh').fill(title);
    await school.getByRole('button', { name: isTeacher ? 'Thêm một giáo viên' : 'Thêm một nhân viên' }).click();
    await school.getByRole('heading', { name: fullName }).waitFor();
    return beginByQr(await issueCode(school), device);
  };
  at.musician = await begin('Lý Hải Đăng', 'Giáo viên âm nhạc', phone);
  at.principal = await begin('Phan Ngọc Bảo Chi', 'Hiệu trưởng', phone);
  at.clerk = await begin('Trần Thị Mai', 'Văn thư', desk);
  const page = pageOf('administrator');
  for (const [fullName, role] of [
    ['Đỗ Ngọc Uyên', 'Người ký'],
    ['Lý Hải Đăng', 'Người ký'],
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
    ['musician', 'Lý Hải Đăng'],
    ['principal', 'Phan Ngọc Bảo Chi'],
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

test('city: the principal photographs the own signature with the phone, which makes no PNG', async () => {
  const page = pageOf('principal');
  await page.goto(`${platform.url}/sign/picture`);
  const photo = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 3000, height: 2000 }); // more dots than are taken
    const pen = canvas.getContext('2d');
    if (!pen) return '';
    pen.fillStyle = '#efece4';
    pen.fillRect(0, 0, 3000, 2000);
    pen.lineWidth = 30;
    pen.ellipse(1500, 1000, 900, 400, 0.3, 0, 5);
    pen.stroke();
    return canvas.toDataURL('image/jpeg').split(',')[1] ?? '';
  });
  const file = { name: 'IMG_0001.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(photo, 'base64') };
  await page.getByLabel('Ảnh chữ ký').setInputFiles({ ...file, buffer: Buffer.from('no picture') });
  await page.getByText('Không đọc được ảnh này').waitFor();
  await page.getByLabel('Ảnh chữ ký').setInputFiles(file);
  await page.getByRole('img', { name: 'Chữ ký tay của anh/chị' }).waitFor();
});

test('city: a teacher of a subject is named for the class and enters the own marks, no others', async () => {
  const school = pageOf('school');
  await school.goto(`${platform.url}/admin/schools`);
  await school.getByRole('link', { name: 'Trường Tiểu học Hoà Bình' }).click();
  await school.getByRole('link', { name: /Lớp 4A/ }).click();
  await school.getByRole('link', { name: 'Giáo viên môn học' }).click();
  await school.getByRole('heading', { name: /^Giáo viên môn học lớp/ }).waitFor();
  await lookAtBoth(school, 'console-subject-teachers');
  await school.getByLabel('Âm nhạc').selectOption({ label: 'Lý Hải Đăng' });
  await school.getByRole('button', { name: 'Lưu', exact: true }).click();
  await school.getByText('Đã lưu giáo viên môn học.').first().waitFor();
  const page = pageOf('musician');
  await page.goto(`${platform.url}/admin/subjects`);
  await page
    .getByText(/Âm nhạc/)
    .first()
    .waitFor();
  await lookAtBoth(page, 'console-own-subjects');
  await page.getByRole('link', { name: 'Nhập điểm' }).click();
  const cell = page.locator('main select:enabled').first();
  await cell.waitFor();
  await lookAtBoth(page, 'console-own-marks');
  assert.equal(await page.getByText('Tiếng Việt').count(), 0, 'no other subject');
  await cell.selectOption((await cell.inputValue()) === 'H' ? 'T' : 'H');
  await page.getByRole('button', { name: 'Lưu điểm 1 em' }).click();
  await page.getByText('Đã lưu điểm của 1 em.').first().waitFor();
});

test('token: two people trust the root of its authority; the clerk types the code of `edutrust sign`, and a second person approves the seal', async () => {
  const officer = pageOf('officer');
  const trust = async () => {
    await officer.goto(`${platform.url}/admin/anchors/new`);
    await officer.getByLabel('Tên dễ nhớ').fill('Ban Cơ yếu Chính phủ');
    await officer.getByLabel('Chứng thư gốc (PEM)').fill(token.rootPem);
    await officer.getByRole('button', { name: 'Tin cậy gốc này' }).click();
  };
  await freshly(officer, trust, officer.getByRole('button', { name: 'Xác nhận bằng passkey' }));
  await approveAt(pageOf('administrator'), await confirmProposal(officer));

  const computer = token.plugIn();
  await computer.says(/(PIN: )/);
  computer.type(token.pin);
  const code = await computer.says(/Mã ghép: (\S+)/);
  const page = pageOf('clerk');
  await page.goto(`${platform.url}/admin/sealing`);
  await page.getByLabel('Mã đang hiện trên máy đó').fill(code.toLowerCase());
  await page.getByRole('button', { name: 'Xem thiết bị' }).click();
  await page.getByText('CN=Ban Cơ yếu CA').waitFor();
  await lookAtBoth(page, 'console-sealing-look');
  await page.getByRole('button', { name: 'Đề nghị ghép' }).click();
  const approval = await confirmProposal(page);
  await computer.says(/(Chờ cán bộ an toàn thông tin duyệt)/);
  assert.deepEqual((await computer.ended)[0], 1, computer.said);
  await lookAtBoth(page, 'console-sealing-approval');
  await approveAt(officer, approval);
});

test('city: reports are asked for, signed on their phones by two teachers and the principal, each after the other', async () => {
  const teacher = pageOf('teacher');
  await teacher.goto(`${platform.url}/teach`);
  await teacher.getByRole('button', { name: 'Trình ký học bạ' }).click();
  await teacher.getByRole('heading', { name: 'Đã trình 2 học bạ' }).waitFor();
  await lookAtBoth(teacher, 'city-requested');
  for (const who of ['musician', 'teacher', 'principal'] as const) {
    const page = pageOf(who);
    await page.goto(`${platform.url}/sign`);
    await page.getByRole('link', { name: 'Xem 2 học bạ' }).click();
    if (who === 'musician') {
      await page.getByRole('link', { name: /^Đọc / }).first().click();
      await page.getByText('«Giáo viên Nghệ thuật (Âm nhạc, Mĩ thuật)»').waitFor();
      await page.locator('[data-document]:not([aria-busy]) canvas').first().waitFor();
      await lookAtBoth(page, 'sign-as-subject-teacher');
      await page.getByRole('button', { name: 'Danh sách' }).click();
    }
    await page.getByRole('button', { name: 'Ký 2 học bạ' }).click();
    await page.getByRole('button', { name: /^Mã giống, ký/ }).click();
    await page.getByRole('heading', { name: 'Đã ký xong' }).waitFor();
  }
});

/** One PIN at the school's computer, after the same four digits in the clerk's browser. */
async function sealWithToken(count: number): Promise<void> {
  const page = pageOf('clerk');
  const computer = token.plugIn();
  const code4 = await computer.says(/Mã của danh sách: (\d{4})/);
  await page.goto(`${platform.url}/admin/sealing`);
  await page.getByText(code4).first().waitFor();
  await lookAtBoth(page, 'console-sealing');
  computer.type(token.pin);
  await computer.says(new RegExp(`(${count} đã đóng dấu, 0 còn chờ)`));
  assert.equal((await computer.ended)[0], 0, computer.said);
}

test('token: the list has the same digits in the browser; one PIN seals it; the clerk extracts from a report, and seals the extract', async () => {
  await sealWithToken(2);
  const { page, context } = at.clerk ?? assert.fail('the clerk has begun');
  await page.goto(`${platform.url}/admin/signing?state=issued`);
  await page
    .getByRole('listitem')
    .filter({ hasText: 'Vũ Thuỵ Bảo Vy' })
    .getByRole('link', { name: 'In, trích' })
    .click();
  await page.getByText('Trích một phần').click();
  await page.getByLabel('Cấp cho ai').fill('Bà Vũ Thị Hoa');
  await page.getByLabel('Dùng vào việc gì').fill('nộp hồ sơ chuyển trường');
  await page.getByRole('checkbox', { name: 'Âm nhạc' }).uncheck();
  await page.getByRole('button', { name: 'Lập bản trích, chờ đóng dấu' }).click();
  const made = page.getByRole('link', { name: 'Mở bản trích' });
  const address = new URL((await made.getAttribute('href')) ?? '', platform.url).href;
  await lookAtBoth(page, 'console-extract');
  await sealWithToken(1);
  await eventually(async () => {
    const body = await (await context.request.get(address)).body();
    assert.ok(body.includes('ETSI.RFC3161'), 'kept for long: it says itself what its seal is worth');
    await writeFile(file('extract.pdf'), body);
  });
});

/** What one of the ways of checking says of a file: its verdict, and whose signatures are on it. */
interface Said {
  readonly verdict: string;
  readonly signatures: readonly { readonly format: string; readonly signer: { readonly subject: string } | null }[];
}
const gist = ({ verdict, signatures }: Said) => [
  verdict,
  ...signatures.map(({ format, signer }) => `${format} ${signer?.subject}`),
];

/** Has a page judge a file by itself, and reads the machine's form of what it says. */
async function judgedIn(page: Page, label: string, path: string): Promise<ReturnType<typeof gist>> {
  await page.getByLabel(label).setInputFiles(path);
  const check = page.getByRole('button', { name: 'Kiểm tra', exact: true });
  if (await check.count()) await check.click(); // the bundle begins by itself
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Cho máy đọc (JSON)' }).click();
  return gist(JSON.parse(await readFile(await (await download).path(), 'utf8')));
}

test('V6: whoever holds the extract learns the same by page, QR, code, command and the verifier to keep; of a changed one as well', async () => {
  const extract = file('extract.pdf');
  const changed = await readFile(extract);
  const at = changed.indexOf('stream') + 40; // inside the first content stream
  changed[at] = (changed[at] ?? 0) ^ 1;
  await writeFile(file('changed.pdf'), changed);

  const said = await platform.run('--json', 'verify', extract, file('changed.pdf'));
  const [byCommand = [], changedByCommand = []] = said.stdout
    .trim()
    .split('\n')
    .map((line) => gist(JSON.parse(line)));
  assert.equal(byCommand[0], 'valid', said.stdout);
  assert.match(byCommand[1] ?? '', /^PAdES .*Trường Tiểu học Hoà Bình/);
  assert.equal(changedByCommand[0], 'invalid', said.stdout);
  await pdfsigAccepts(extract);

  const { page, context } = await openDevice(browser, { device: phone });
  await page.goto(`${platform.url}/verify`);
  assert.deepEqual(await judgedIn(page, 'Chọn tệp PDF', extract), byCommand);
  await page.goto(`${platform.url}/verify`);
  assert.deepEqual(await judgedIn(page, 'Chọn tệp PDF', file('changed.pdf')), changedByCommand);

  const address = readQr(extract);
  assert.match(address, new RegExp(`^${platform.url}/verify/`));
  await page.goto(address);
  const byQr = await page.getByRole('heading', { level: 1 }).innerText();
  await look(page, 'verify-extract-phone');
  await page.goto(`${platform.url}/verify`);
  await page.getByLabel('Mã in dưới mã QR').fill(decodeURIComponent(address.split('/').at(-1) ?? '').toLowerCase());
  await page.getByRole('button', { name: 'Tra mã' }).click();
  await page.getByRole('heading', { level: 1, name: byQr }).waitFor();
  assert.match(await page.locator('main').innerText(), /Trường Tiểu học Hoà Bình/);

  const bundle = await platform.run('verify', '--bundle', file('kiem-tra.html'));
  assert.equal(bundle.code, 0, bundle.stderr);
  const { page: screen, context: offline } = await openDevice(browser, { device: desk });
  const asked: string[] = [];
  offline.on('request', (request) => asked.push(request.url()));
  await screen.goto(pathToFileURL(file('kiem-tra.html')).href);
  await look(screen, 'verifier-desk');
  assert.deepEqual(await judgedIn(screen, 'Tệp cần kiểm tra', extract), byCommand);
  await look(screen, 'verifier-valid-desk');
  await screen.getByRole('link', { name: 'Kiểm tra tệp khác' }).click();
  assert.deepEqual(await judgedIn(screen, 'Tệp cần kiểm tra', file('changed.pdf')), changedByCommand);
  const others = asked.filter((url) => !url.startsWith('file:') && !url.startsWith('blob:'));
  assert.deepEqual(others, [], 'nothing is asked of anybody');
  await context.close();
  await offline.close();
});

/** Poppler, which knows nothing of ours but the two roots. */
async function pdfsigAccepts(path: string): Promise<void> {
  const nss = `sql:${file('nss')}`;
  rmSync(file('nss'), { recursive: true, force: true });
  execFileSync('mkdir', ['-p', file('nss')]);
  execFileSync('certutil', ['-N', '--empty-password', '-d', nss]);
  await writeFile(file('root.der'), Buffer.from(await (await fetch(`${platform.url}/pki/root.crt`)).arrayBuffer()));
  await writeFile(file('other.der'), token.root);
  for (const name of ['root', 'other'])
    execFileSync('certutil', ['-A', '-n', name, '-t', 'CT,CT,CT', '-i', file(`${name}.der`), '-d', nss]);
  const said = execFileSync('pdfsig', ['-nssdir', nss, path], { encoding: 'utf8' });
  assert.match(said, /Signature is Valid/, said);
  assert.match(said, /Certificate is Trusted/, said);
  assert.match(said, /Trường Tiểu học Hoà Bình/, said);
}

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
    ['PAdES', 'PAdES', 'PAdES', 'PAdES', 'document-time-stamp'],
    'two teachers, principal, seal; kept for long',
  );
  await pdfsigAccepts(path);
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
