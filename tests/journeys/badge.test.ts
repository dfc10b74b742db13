import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cameraOn } from '@edutrust/testing/camera';
import { look, lookAtBoth, openBrowser, openDevice } from '@edutrust/testing/chromium';
import { begin, person } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import type { Browser, Page } from 'playwright-core';

let platform: Platform;
let browser: Browser;
before(async () => {
  platform = await Platform.start();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await platform?.[Symbol.asyncDispose]();
});

/** The class teacher makes the two sheets of the class; what is on them for this child. */
async function printSheets(page: Page, name: string): Promise<{ address: string; code: string; pin: string }> {
  await page.goto(`${platform.url}/teach`);
  await page.getByRole('link', { name: 'In phiếu cho cả lớp nhanh hơn' }).waitFor();
  await page.getByRole('link', { name: 'Thẻ', exact: true }).click();
  await page.getByRole('button', { name: /^Làm \d+ thẻ$/ }).click();
  await look(page, 'badges-ask');
  const answer = () =>
    page.waitForResponse((response) => /\/classes\/[^/]+\/badges$/.test(response.url()) && response.status() === 201);
  const first = answer();
  await page.getByRole('button', { name: 'Làm thẻ', exact: true }).click();
  const { made: spoilt } = await (await first).json();
  await page.getByRole('heading', { name: /^Thẻ lớp/ }).waitFor();
  // The page is gone before it is printed: everybody has a badge that nobody holds.
  await page.reload();
  await page.getByRole('heading', { name: /đã có thẻ$/ }).waitFor();
  await page.getByText('Tờ in hỏng hoặc mất?').click();
  await lookAtBoth(page, 'badges-again');
  await page.getByRole('button', { name: `Làm lại ${spoilt.length} thẻ` }).click();
  const second = answer();
  await page.getByRole('button', { name: 'Làm lại thẻ', exact: true }).click();
  const { made } = await (await second).json();
  assert.equal(made.length, spoilt.length);
  await page.getByRole('heading', { name: /^Thẻ lớp/ }).waitFor();
  await lookAtBoth(page, 'badges-sheet');
  const whose = await page.locator('.badge-card > .badge-given + .paper-small').allInnerTexts();
  assert.equal(new Set(whose).size, made.length, 'twins of one name and one birthday are told apart');
  await page.goto(`${platform.url}/teach`);
  await page.getByRole('link', { name: 'Thẻ', exact: true }).click();
  await page.getByRole('button', { name: /^Cấp \d+ bí mật$/ }).waitFor();
  const desk = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  const row = page.locator('tr', { hasText: name });
  const [above, below] = [row.locator('td').first(), row.getByRole('button').first()];
  const [called, button] = [await above.boundingBox(), await below.boundingBox()];
  assert.ok(called && button && called.y + called.height <= button.y, 'two buttons leave the name in sight');
  if (desk) await page.setViewportSize(desk);
  await page.getByRole('button', { name: /^Cấp \d+ bí mật$/ }).click();
  await page.getByRole('button', { name: 'Cấp', exact: true }).click();
  await page.getByRole('heading', { name: /^Bí mật của thẻ/ }).waitFor();
  await lookAtBoth(page, 'badges-secrets');
  const badge = made.find((one: { person: { fullName: string } }) => one.person.fullName === name).badge;
  assert.ok((await page.getByText(badge.code).count()) === 0, 'the two secrets are never on one paper');
  const pin = await page.locator('.badge-card', { hasText: name }).locator('[data-pin]').getAttribute('data-pin');
  return { address: badge.address, code: badge.code, pin: pin ?? '' };
}

test('a child holds up the badge, is greeted, taps the secret and is in; at home the same badge is paper', async () => {
  const child = person(platform, 'Học sinh');
  const teacher = await openDevice(browser);
  await begin(platform, teacher.page, person(platform, 'Giáo viên'));
  const { address, code, pin } = await printSheets(teacher.page, child.name);

  // A computer of the school's room: its administrator sits down at it once.
  const lab = await openBrowser(await cameraOn(address));
  try {
    const { page: first, context } = await openDevice(lab);
    await begin(platform, first, person(platform, 'Quản trị trường'));
    await first.goto(`${platform.url}/admin/schools`);
    await first
      .getByRole('link', { name: /Lê Lợi/ })
      .first()
      .click();
    await first.getByRole('link', { name: 'Máy dùng thẻ' }).click();
    await first.getByRole('button', { name: 'Ghi danh máy này' }).click();
    await first.getByLabel('Tên máy').fill('Phòng máy 1, máy 7');
    await first.getByRole('button', { name: 'Ghi danh', exact: true }).click();
    await first.getByText('Máy này đã ghi danh').waitFor();
    await lookAtBoth(first, 'room-computers');
    await first.goto(platform.url);
    await first.getByRole('button', { name: 'Đăng xuất' }).click();
    await first.waitForURL(`${platform.url}/signed-out`);

    // And the child, in the browser that the administrator left (without that person's passkey).
    const page = await context.newPage();
    await page.goto(platform.url);
    await look(page, 'sign-in-with-badge');
    await page.getByRole('link', { name: 'Dùng thẻ học sinh' }).dblclick();
    await page.getByText(/^Chào /).waitFor();
    await look(page, 'badge-scan');
    await page.getByRole('heading', { name: /^Bấm \d+ số của em$/ }).waitFor();
    await lookAtBoth(page, 'badge-pin');
    for (const digit of pin) await page.getByRole('button', { name: digit, exact: true }).click();
    await page.waitForURL(`${platform.url}/`);
    await page.getByRole('button', { name: 'Xong – đăng xuất' }).waitFor();
    // Back to the camera, which was used up, and home: still the same child, and never an error.
    await page.goBack();
    await page.goto(platform.url);
    await page.getByRole('button', { name: 'Xong – đăng xuất' }).waitFor();
  } finally {
    await lab.close();
  }

  // A photo of it at home, and then the code by hand.
  const home = await openBrowser(await cameraOn(address));
  try {
    const { page } = await openDevice(home);
    await page.goto(platform.url);
    await page.getByRole('link', { name: 'Dùng thẻ học sinh' }).click();
    await page.getByRole('alert').filter({ hasText: 'Thẻ chỉ dùng được ở máy của trường em' }).waitFor();
    await page.getByRole('button', { name: 'Máy không có máy ảnh' }).click();
    await page.getByLabel(/Tám chữ và số/).fill(code);
    await page.getByRole('button', { name: 'Tiếp', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: 'Thẻ chỉ dùng được ở máy của trường em' }).waitFor();
    await lookAtBoth(page, 'badge-at-home');
    await page.goto(address);
    await page.getByRole('heading', { name: 'Đây là thẻ của một học sinh' }).waitFor();
    await lookAtBoth(page, 'badge-outside');
  } finally {
    await home.close();
  }
});
