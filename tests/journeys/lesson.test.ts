import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Device, desk, lookAtBoth, openBrowser, openDevice } from '@edutrust/testing/chromium';
import { activate, begin, person, signIn } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import type { Browser, Request } from 'playwright-core';

const pupilPassword = 'mèo con thích ăn cá';
let platform: Platform;
let browser: Browser;
let teacher: Device;
before(async () => {
  platform = await Platform.start();
  browser = await openBrowser();
  teacher = await openDevice(browser);
  await begin(platform, teacher.page, person(platform, 'Giáo viên'));
});
after(async () => {
  await browser?.close();
  await platform?.[Symbol.asyncDispose]();
});

test('a lesson at the computers: the teacher begins it, a child works in it, and both pages hear that it ended', async () => {
  const child = person(platform, 'Học sinh');
  await platform.query(`
    INSERT INTO idp.network (id, organisation_id, range, name, created_at)
    SELECT gen_random_uuid(), home_organisation_id, range::cidr, 'phòng máy', now()
    FROM registry.person, unnest('{127.0.0.0/24,::1/128}'::text[]) AS range WHERE education_id = '${child.educationId.replaceAll(' ', '')}'`);
  await teacher.page.goto(`${platform.url}/teach`);
  await teacher.page.getByRole('button', { name: 'Bắt đầu giờ ở phòng máy' }).click();
  await lookAtBoth(teacher.page, 'lesson-begin');
  await teacher.page.getByRole('button', { name: 'Bắt đầu giờ học' }).click();
  await teacher.page.getByText('0 em đang ở trong.').waitFor();

  // A code is on the teacher's screen, to be seen once; the line is cut when the page asks again by itself.
  const other = teacher.page.getByRole('listitem').filter({ hasNotText: child.name });
  await other
    .getByRole('button', { name: /^Cho mã/ })
    .first()
    .click();
  const card = teacher.page.locator('[data-activation-code]');
  await card.waitFor();
  const isAsking = (request: Request) => request.resourceType() === 'fetch' && request.url().endsWith('/accounts');
  await teacher.page.route(/\/accounts$/, (route) => (isAsking(route.request()) ? route.abort() : route.continue()));
  const cut = teacher.page.waitForEvent('requestfailed', isAsking);

  const lab = await openDevice(browser, { device: desk });
  await activate(platform, lab.page, child.code, pupilPassword);
  await lab.page.getByText(/^Giờ ở phòng máy đến/).waitFor();
  await cut;
  await teacher.page.unroute(/\/accounts$/);
  await lookAtBoth(lab.page, 'lesson-launcher');
  assert.ok(await card.isVisible(), 'what is shown stays');
  await teacher.page.getByRole('button', { name: 'Xong' }).click();
  await teacher.page.getByText('1 em đang ở trong.').waitFor();
  await lookAtBoth(teacher.page, 'lesson-on');
  await teacher.page.getByRole('button', { name: 'Kết thúc giờ', exact: true }).click();
  await teacher.page.getByRole('button', { name: 'Kết thúc ngay' }).click();
  await teacher.page.getByRole('button', { name: 'Bắt đầu giờ ở phòng máy' }).waitFor();
  // By itself, and to where the next child begins.
  await lab.page.getByRole('link', { name: 'Cách khác' }).waitFor();
  assert.match(new URL(lab.page.url()).pathname, /^\/signin\/[^/]+\/badge$/);
});

test('an exam: what opens is chosen, the child sees only that, and the other app says why not', async () => {
  const child = person(platform, 'Học sinh');
  await teacher.page.goto(`${platform.url}/teach`);
  await teacher.page.getByRole('button', { name: 'Bắt đầu giờ ở phòng máy' }).click();
  await teacher.page.getByRole('button', { name: 'Giờ thi', exact: true }).click();
  await teacher.page.getByLabel('Lớp học trực tuyến').check();
  await lookAtBoth(teacher.page, 'exam-begin');
  await teacher.page.getByRole('button', { name: 'Bắt đầu giờ thi' }).click();
  await teacher.page.getByText(/^Đang thi/).waitFor();
  await lookAtBoth(teacher.page, 'exam-on');

  const lab = await openDevice(browser, { device: desk });
  await lab.page.goto(platform.url);
  await signIn(lab.page, child.educationId, pupilPassword);
  await lab.page.getByText(/^Đang giờ thi/).waitFor();
  await lookAtBoth(lab.page, 'exam-launcher');
  const other = new URL('/oidc/auth', platform.url);
  other.search = String(
    new URLSearchParams({
      client_id: 'thu-vien-so',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: 'http://localhost:4001/callback',
      nonce: 'một',
      state: 'hai',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', // RFC 7636 appendix B
      code_challenge_method: 'S256',
    }),
  );
  await lab.page.goto(other.href);
  await lab.page.getByText('em chỉ mở được ứng dụng của bài thi').waitFor();
  await lookAtBoth(lab.page, 'exam-closed');
});
