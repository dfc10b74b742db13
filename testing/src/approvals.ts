import type { Page } from 'playwright-core';

/** The maker's act at the page of an approval that has just been proposed; gives its address. */
export async function confirmProposal(page: Page): Promise<string> {
  await page.waitForURL(/\/admin\/approvals\//);
  await page.getByRole('button', { name: 'Xác nhận bằng passkey' }).click();
  await page.getByText('Chờ người thứ hai').first().waitFor();
  return page.url();
}

/** The second person's act, with the code that the first one reads out where the kind asks for it. */
export async function approveAt(page: Page, address: string, code?: string): Promise<void> {
  await page.goto(address);
  if (code) await page.getByLabel('Sáu chữ số nghe được').fill(code);
  await page.getByRole('button', { name: 'Đóng dấu thứ hai bằng passkey' }).click();
  await page.getByText('Kiểm tra lại bằng chứng').waitFor();
}
