import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { authenticatorOf, type Device, desk, lookAtBoth, openBrowser, openDevice, phone } from '../world/browser.ts';
import { beginWithPasskey } from '../world/people.ts';
import { Platform } from '../world/platform.ts';

/**
 * A city that nobody seeded, from `edutrust setup` on, in a browser and by nothing else. Each test goes on
 * where the one before stopped.
 */

let platform: Platform;
let browser: Browser;
let link = '';
const at: Record<'administrator' | 'school' | 'teacher', Device | undefined> = {
  administrator: undefined,
  school: undefined,
  teacher: undefined,
};

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

async function issueCode(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Cấp mã kích hoạt' }).click();
  await page.getByRole('button', { name: 'Cấp mã', exact: true }).click();
  return codeOnCard(page);
}

test('city: after `edutrust setup` the first administrator finds the steps to a city, each with its form', async () => {
  const founded = await platform.run(
    '--json',
    'setup',
    '--department',
    'Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh',
    '--administrator',
    'Lê Thị Minh Tâm',
  );
  assert.equal(founded.code, 0, founded.stderr);
  link = JSON.parse(founded.stdout.trim().split('\n').at(-1) ?? '').link;
  at.administrator = await openDevice(browser, { device: desk });
  const { page } = at.administrator;
  await authenticatorOf(page);
  await page.goto(link);
  const yes = page.getByRole('button', { name: 'Đúng', exact: true });
  if (await yes.isVisible()) await yes.click();
  await beginWithPasskey(platform, page);
  await page.getByRole('link', { name: 'Quản trị' }).click();
  await page.getByRole('heading', { level: 1, name: /Còn \d bước/ }).waitFor();
  assert.match(await page.title(), /^Còn \d bước.*EduTrust$/);
  await lookAtBoth(page, 'city-start');
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
  await lookAtBoth(page, 'city-wards');

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
  await lookAtBoth(page, 'city-school');
});

test('city: the department appoints the school’s administrator, who begins with the QR code of the card', async () => {
  const page = pageOf('administrator');
  await page.getByRole('link', { name: 'Hôm nay' }).click();
  await page.getByRole('link', { name: /^Thêm người quản trị trường/ }).click();
  await page.getByLabel('Họ và tên').fill('Nguyễn Đức Phúc');
  await page.getByLabel('Chức danh').fill('Giáo viên tin học');
  await page.getByLabel('Trường').selectOption({ label: 'Trường Tiểu học Hoà Bình (79000123)' });
  await page.getByRole('button', { name: 'Thêm và giao vai trò' }).click();
  await page.getByRole('heading', { name: 'Nguyễn Đức Phúc' }).waitFor();
  await page.getByText('Quản trị trường', { exact: true }).waitFor();
  await lookAtBoth(page, 'city-person');
  at.school = await beginByQr(await issueCode(page), desk);
});

test('city: the school adds its teacher, opens a class that is hers, and adds a pupil with a guardian', async () => {
  const { page } = at.school ?? assert.fail('the school has begun');
  await page.getByRole('link', { name: 'Quản trị' }).click();
  await page.getByRole('heading', { level: 1, name: /bước/ }).waitFor();
  await lookAtBoth(page, 'city-school-start');
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

test('city: a teacher’s «Lớp của tôi» is her class at one tap; a forgotten password is a QR code; slips are asked about first', async () => {
  const { page } = at.teacher ?? assert.fail('the teacher has begun');
  await page.getByRole('link', { name: 'Lớp của tôi' }).click();
  await page.getByRole('heading', { name: 'Lớp 4A' }).waitFor();
  await lookAtBoth(page, 'city-class');
  await page.getByRole('button', { name: 'Cho mã: Trần Bảo Nam' }).click();
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
  await page.getByRole('link', { name: 'Tải tệp mẫu của lớp' }).click();
  const template = await readFile(await (await download).path(), 'utf8');
  const [header = '', ...rows] = template.trim().split('\r\n');
  const cells = rows.map((row) => row.split(';'));
  const filled = cells.find((row) => row[2] === 'Trần Bảo Nam')?.slice(4) ?? [];
  const others = cells.map((row) => [...row.slice(0, 4), ...filled].join(';'));
  const upload = async (lines: readonly string[]) =>
    page.locator('input[type=file]').setInputFiles({
      name: 'diem.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(`\uFEFF${[header, ...lines].join('\r\n')}\r\n`),
    });
  const mark = filled.indexOf('9');
  const wrong = others.map((row) =>
    row
      .split(';')
      .with(4 + mark, '11')
      .join(';'),
  );
  await upload(wrong);
  await page.getByText(/0 em có điểm mới, 0 em giữ nguyên, 2 dòng bị từ chối/).waitFor();
  await page.getByText(/«11»/).first().waitFor();
  await lookAtBoth(page, 'city-marks-refused');
  await upload(others);
  await page.getByRole('button', { name: 'Ghi điểm của 1 em' }).click();
  await page.getByRole('heading', { name: 'Điểm lớp 4A: 2 trên 2 em đủ' }).waitFor();
});
