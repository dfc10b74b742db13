import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { desk, look, openBrowser, openDevice, phone } from '../world/browser.ts';
import { begin, person } from '../world/people.ts';
import { Platform } from '../world/platform.ts';

/** V15: what the phone shows is what it signs, also when somebody sits between it and the server. */

let platform: Platform;
let browser: Browser;
let page: Page;

before(async () => {
  platform = await Platform.start();
  browser = await openBrowser();
  const device = await openDevice(browser, { device: phone });
  page = device.page;
  await device.addAuthenticator();
  await begin(platform, page, person(platform, 'Hiệu trưởng'));
  await page.goto(`${platform.url}/sign`);
  await page.getByRole('button', { name: 'Tạo passkey ký' }).click();
  const code = (await page.locator('[data-approval-code]').innerText()).replaceAll(/\s/g, '');
  const desktop = await openDevice(browser, { device: desk });
  await begin(platform, desktop.page, person(platform, 'An toàn'));
  await desktop.page.goto(`${platform.url}/admin/signing`);
  await desktop.page.getByText(code).waitFor();
  await desktop.page.getByRole('button', { name: 'Đúng mã, duyệt' }).click();
  await desktop.page.getByText('Không có.').waitFor();
  await page.getByRole('button', { name: 'Xem đã duyệt chưa' }).click();
  await page.getByRole('heading', { name: /tài liệu chờ ký/ }).waitFor();
});

after(async () => {
  await browser?.close();
  await platform?.[Symbol.asyncDispose]();
});

const signButton = () => page.getByRole('button', { name: 'Ký', exact: true });
const preparedFiles = '**/api/v1/signing/sessions/*/documents/*';

async function toInbox(): Promise<void> {
  await page.goto(`${platform.url}/sign`);
  await page.getByRole('heading', { name: /tài liệu chờ ký/ }).waitFor();
}

async function openFirst(): Promise<void> {
  await toInbox();
  await page.locator('main li button').first().click();
}

test('V15: a document that was replaced on its way to the phone is refused: nothing is drawn, nothing can be signed', async () => {
  // Another pupil's transcript, as the server itself prepared it for another session.
  const listed = await page.evaluate(async () => (await (await fetch('/api/v1/signing/inbox?limit=2')).json()).items);
  const other = await page.evaluate(async (id: string) => {
    const opened = await fetch('/api/v1/signing/sessions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ requestIds: [id] }),
    });
    const session = await opened.json();
    const file = await fetch(`/api/v1/signing/sessions/${session.id}/documents/${id}`);
    return Array.from(new Uint8Array(await file.arrayBuffer()));
  }, listed[1].id);
  assert.ok(other.length > 10_000);
  await page.route(preparedFiles, (route) =>
    route.fulfill({ status: 200, contentType: 'application/pdf', body: Buffer.from(other) }),
  );
  await openFirst();
  await page.getByText('Văn bản nhận được không phải văn bản sẽ ký').waitFor();
  assert.equal(await page.locator('[data-document] canvas').count(), 0);
  assert.ok(await signButton().isDisabled());
  await look(page, 'sign-replaced-phone');
  // Several at once meet the same wall.
  await toInbox();
  await page.getByRole('button', { name: 'Chọn tất cả' }).click();
  await page.getByRole('button', { name: /^Ký \d+ tài liệu$/ }).click();
  await page.getByText('Văn bản nhận được không phải văn bản sẽ ký').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Ký bằng passkey' }).count(), 0);
  await page.unroute(preparedFiles);
});

test('V15: one byte changed on its way is refused', async () => {
  await page.route(preparedFiles, async (route) => {
    const body = await (await route.fetch()).body();
    body[600] = (body[600] ?? 0) ^ 1;
    await route.fulfill({ status: 200, contentType: 'application/pdf', body });
  });
  await openFirst();
  await page.getByText('Văn bản nhận được không phải văn bản sẽ ký').waitFor();
  assert.ok(await signButton().isDisabled());
  await page.unroute(preparedFiles);
});

test('V15: «Ký» is dead while the page is blank, and live once it is drawn', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(preparedFiles, async (route) => {
    await held;
    await route.continue();
  });
  await openFirst();
  await page.getByText('Đang hiện văn bản…').waitFor();
  assert.ok(await signButton().isDisabled(), 'nothing is drawn yet');
  release();
  await page.locator('[data-document]:not([aria-busy]) canvas').first().waitFor();
  assert.ok(await signButton().isEnabled());
  await page.unroute(preparedFiles);
});

test('V15: three documents are all drawn before the one tap, and then signed', async () => {
  await toInbox();
  const boxes = page.getByRole('checkbox');
  for (const index of [0, 1, 2]) await boxes.nth(index).check();
  await page.getByRole('button', { name: 'Ký 3 tài liệu' }).click();
  await page.locator('[data-document]:not([aria-busy])').waitFor();
  assert.equal(await page.locator('[data-document] section:has(canvas)').count(), 3);
  await page.getByRole('button', { name: 'Ký bằng passkey' }).click();
  await page.getByRole('heading', { name: 'Đã ký xong' }).waitFor({ timeout: 60_000 });
});
