import type { Page } from 'playwright-core';
import type { City } from './city.ts';
import type { Screen } from './ways.ts';

const roster = [
  'Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính',
  'TH001,6B,7966660001,Lê Văn Mới,01/02/2014,Nam',
  'TH001,6B,7966660002,Ngày Sai,31/02/2014,Nam',
].join('\n');

export async function previewRoster(page: Page, city: City, rows = roster): Promise<void> {
  await page.goto(`${city.platform.url}/admin/import`);
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles(await city.file('roster.csv', rows));
  await page.getByRole('button', { name: /^Xem trước/ }).click();
  await page.getByRole('button', { name: /^Áp dụng/ }).waitFor();
}

async function columnsOf(page: Page, city: City, content = roster): Promise<void> {
  await page.goto(`${city.platform.url}/admin/import`);
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles(await city.file('roster.csv', content));
  await page.getByRole('heading', { name: 'Cột nào là gì?' }).waitFor();
}

/** A roster that says it is the whole school: so many would leave that a second person has to look. */
async function heldRoster(page: Page, city: City): Promise<void> {
  const [heads = '', first = ''] = roster.split('\n');
  await columnsOf(page, city, `${heads}\n${first}`);
  await page.getByRole('radio', { name: /^Tệp đầy đủ: cả trường/ }).check();
  await page.getByRole('button', { name: /^Xem trước/ }).click();
  await page.getByRole('heading', { name: /em sẽ rời/ }).waitFor();
}

/** The roster of before, written; its page offers to take it back. */
async function applyRoster(page: Page, city: City): Promise<void> {
  await previewRoster(page, city);
  await page.getByRole('button', { name: /^Áp dụng/ }).click();
  await page.getByRole('heading', { name: /^Đã thêm/ }).waitFor();
}

/** Somebody whose day and month of birth are swapped in the next file. */
async function askMatching(page: Page, city: City): Promise<void> {
  const [head] = roster.split('\n');
  const child = 'TH001,6B,,Phạm Gia Hân,03/04/2014,Nữ';
  await previewRoster(page, city, [head, child].join('\n'));
  await page.getByRole('button', { name: /^Áp dụng/ }).click();
  await page.getByText('Đã ghi vào hồ sơ.').waitFor();
  await page.goto(`${city.platform.url}/admin/import`);
  const swapped = [head, child.replace('03/04/2014', '04/03/2014')].join('\n');
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles(await city.file('roster.csv', swapped));
  await page.getByRole('button', { name: /^Xem trước/ }).click();
  await page.getByRole('link', { name: /^Trả lời 1 câu hỏi/ }).click();
  await page.getByRole('button', { name: 'Là một người' }).waitFor();
}

/** A list of several pieces whose second never arrives. */
async function cutRoster(page: Page, city: City): Promise<void> {
  const [head, child = ''] = roster.split('\n');
  const long = [`${head},Ghi chú`, ...Array.from({ length: 60 }, () => `${child},${'ngoan '.repeat(3_000)}`)].join(
    '\n',
  );
  let [sent, isCut] = [0, false];
  await page.goto(`${city.platform.url}/admin/import`);
  await page.route('**/api/v1/roster/uploads/*', (route) => {
    isCut ||= route.request().method() === 'PATCH' && sent++ > 0;
    return isCut ? route.abort() : route.continue();
  });
  await page.getByLabel('Tệp danh sách').setInputFiles(await city.file('ca-truong.csv', long));
  await page.getByText('Mất kết nối').waitFor();
}

/** The same, after the page was loaded again. */
async function begunRoster(page: Page, city: City): Promise<void> {
  await page.unrouteAll();
  await page.goto(`${city.platform.url}/admin/import`);
  await page.getByRole('heading', { name: 'Tệp gửi dở' }).waitFor();
}

/** A file with nothing that can be read, for one reason and another. */
async function refusedRoster(page: Page, city: City): Promise<void> {
  const [head = '', child = ''] = roster.split('\n');
  const unknown = Array.from({ length: 9 }, () => child.replace('TH001', 'TH999'));
  await columnsOf(page, city, [head, ...unknown, child.replace('01/02', '31/02')].join('\n'));
  await page.getByRole('button', { name: /^Xem trước/ }).click();
  await page.getByRole('heading', { name: 'Mọi dòng đều bị từ chối' }).waitFor();
}

/** The question of `askMatching`, answered. */
async function answerMatching(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Là một người' }).click();
  await page.getByText('Không còn câu hỏi nào').waitFor();
  await page.getByText('Đã trả lời', { exact: true }).click();
  await page.getByRole('button', { name: 'Hỏi lại' }).waitFor();
}

/** What an import comes to, and what it asks; after the first steps of the inventory. */
export const rosterScreens: readonly Screen[] = [
  { name: '12 import, columns', who: 'school', open: (page, city) => columnsOf(page, city), before: null },
  { name: '12 import, held', who: 'school', open: heldRoster, before: null },
  { name: '12 import, done', who: 'school', open: applyRoster, before: null },
  { name: '12 matching', who: 'school', open: askMatching, before: null },
  { name: '12 matching, answered', who: 'school', open: answerMatching, before: null },
  { name: '12 import, every row refused', who: 'school', open: refusedRoster, before: null },
  { name: '12 import, cut', who: 'school', open: cutRoster, before: null },
  { name: '12 import, begun', who: 'school', open: begunRoster, before: null },
];
