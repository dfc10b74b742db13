import type { Page } from 'playwright-core';
import type { City } from './city.ts';

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

export async function columnsOf(page: Page, city: City, content = roster): Promise<void> {
  await page.goto(`${city.platform.url}/admin/import`);
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles(await city.file('roster.csv', content));
  await page.getByRole('heading', { name: 'Cột nào là gì?' }).waitFor();
}

/** A roster that says it is the whole school: so many would leave that a second person has to look. */
export async function heldRoster(page: Page, city: City): Promise<void> {
  const [heads = '', first = ''] = roster.split('\n');
  await columnsOf(page, city, `${heads}\n${first}`);
  await page.getByRole('radio', { name: /^Tệp đầy đủ: cả trường/ }).check();
  await page.getByRole('button', { name: /^Xem trước/ }).click();
  await page.getByRole('heading', { name: /em sẽ rời/ }).waitFor();
}

/** The roster of before, written; its page offers to take it back. */
export async function applyRoster(page: Page, city: City): Promise<void> {
  await previewRoster(page, city);
  await page.getByRole('button', { name: /^Áp dụng/ }).click();
  await page.getByRole('heading', { name: /^Đã thêm/ }).waitFor();
}

/** Somebody whose day and month of birth are swapped in the next file. */
export async function askMatching(page: Page, city: City): Promise<void> {
  const [head, child = ''] = roster.split('\n');
  await previewRoster(page, city, [head, child.replace('7966660001', '')].join('\n'));
  await page.getByRole('button', { name: /^Áp dụng/ }).click();
  await page.getByText('Đã ghi vào hồ sơ.').waitFor();
  await page.goto(`${city.platform.url}/admin/import`);
  const swapped = [head, child.replace('7966660001', '').replace('01/02/2014', '02/01/2014')].join('\n');
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles(await city.file('roster.csv', swapped));
  await page.getByRole('button', { name: /^Xem trước/ }).click();
  await page.getByRole('link', { name: /^Trả lời 1 câu hỏi/ }).click();
  await page.getByRole('button', { name: 'Là một người' }).waitFor();
}
