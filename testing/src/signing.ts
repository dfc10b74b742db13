import type { Page } from 'playwright-core';
import { approveAt, confirmProposal } from './approvals.ts';
import { askAs } from './ask.ts';
import type { Platform } from './platform.ts';

/** Enrols the phone of the person who is signed in at `page`, and has the officer approve it by the code that the phone shows. */
export async function enrolPhone(platform: Platform, page: Page, officer: Page): Promise<void> {
  await page.goto(`${platform.url}/sign`);
  await page.getByRole('button', { name: 'Tạo passkey ký' }).click();
  const code = (await page.locator('[data-approval-code]').innerText()).replaceAll(/\s/g, '');
  await officer.goto(`${platform.url}/admin/signing`);
  const link = officer.getByRole('link', { name: 'Gọi và duyệt' }).first();
  await approveAt(officer, new URL((await link.getAttribute('href')) ?? '', platform.url).href, code);
  await page.getByRole('button', { name: 'Xem đã duyệt chưa' }).click();
  await page.getByRole('heading', { name: /chờ ký/ }).waitFor();
}

/** Signs everything of the first class that waits, by one tap. */
export async function signClass(platform: Platform, page: Page): Promise<void> {
  await page.goto(`${platform.url}/sign`);
  await page
    .getByRole('link', { name: /^Xem \d+ học bạ/ })
    .first()
    .click();
  await page.getByRole('button', { name: /^(?:Ký|Đóng dấu) \d+ học bạ$/ }).click();
  await page.getByRole('button', { name: /^Mã giống/ }).click();
  await page.getByRole('heading', { name: /^Đã (?:ký|đóng dấu) xong$/ }).waitFor();
}

/** Gives the school of the administrator at `school` its seal, which the officer approves; gives the approval's address. */
export async function giveSeal(platform: Platform, school: Page, officer: Page): Promise<string> {
  await school.goto(`${platform.url}/admin`);
  const { roles } = await askAs(school, 'GET', '/api/v1/me');
  const { approvalId } = await askAs(school, 'POST', '/api/v1/certificate-requests', {
    organisationId: roles[0].organisation.id,
    custody: 'key-store',
  });
  const address = `${platform.url}/admin/approvals/${approvalId}`;
  await school.goto(address);
  await confirmProposal(school);
  await approveAt(officer, address);
  return address;
}
