import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { authenticatorOf } from './chromium.ts';
import type { Platform, Welcome } from './platform.ts';

/** What every adult of a journey chooses. */
export const staffPassword = 'một câu đủ dài để nhớ lâu';

type DemoPerson = Welcome['people'][number];

/** The demo person whose role begins so, with the activation code that the start printed. */
export function person(platform: Platform, role: string): DemoPerson {
  const found = platform.welcome?.people.find((one) => one.role.startsWith(role));
  assert.ok(found, `${role} among ${platform.welcome?.people.map((one) => one.role)}`);
  return found;
}

/** Another code for somebody who has used theirs, as from the operator's desk. */
export async function freshCode(platform: Platform, { educationId }: DemoPerson): Promise<string> {
  const answer = await platform.run('--json', 'people', 'invite', educationId);
  return JSON.parse(answer.stdout).code;
}

/** Uses a printed code, as its holder does, and chooses a password. */
export async function activate(platform: Platform, page: Page, code: string, password: string): Promise<void> {
  await useCode(platform, page, code);
  await choosePassword(page, password);
}

async function useCode(platform: Platform, page: Page, code: string): Promise<void> {
  await page.goto(`${platform.url}/activate`);
  await page.getByLabel('Mã kích hoạt').fill(code);
  await page.getByRole('button', { name: 'Tiếp tục' }).click();
  await page.getByRole('button', { name: 'Đúng', exact: true }).click();
}

/** Goes on from «choose how to sign in» with a passkey, which signs in as well; ends at the launcher. */
export async function beginWithPasskey(platform: Platform, page: Page): Promise<void> {
  await authenticatorOf(page);
  await page.getByRole('button', { name: /passkey/ }).click();
  await page.waitForURL(`${platform.url}/`);
}

/** Opens a first link once, as its holder does, and makes a passkey. */
export async function beginByLink(platform: Platform, page: Page, link: string): Promise<void> {
  await authenticatorOf(page);
  await page.goto(link);
  const yes = page.getByRole('button', { name: 'Đúng', exact: true });
  if (await yes.isVisible()) await yes.click();
  await beginWithPasskey(platform, page);
}

export async function choosePassword(page: Page, password: string): Promise<void> {
  await page.getByLabel('Mật khẩu mới').fill(password);
  await page.getByLabel('Gõ lại mật khẩu').fill(password);
  await page.getByRole('button', { name: 'Xong' }).click();
}

/** Staff activate with a passkey and sign in with it: their roles ask for one. Ends at the launcher. */
export async function begin(platform: Platform, page: Page, { code }: DemoPerson): Promise<void> {
  await authenticatorOf(page);
  await useCode(platform, page, code);
  await beginWithPasskey(platform, page);
}

export async function signIn(page: Page, educationId: string, password: string): Promise<void> {
  await page.getByLabel('Mã giáo dục').fill(educationId);
  await page.getByLabel('Mật khẩu').fill(password);
  await page.getByRole('button', { name: 'Đăng nhập', exact: true }).click();
}
