import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { approveAt, confirmProposal } from '@edutrust/testing/approvals';
import { desk, lookAtBoth, openBrowser, openDevice } from '@edutrust/testing/chromium';
import { begin, person } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import type { Browser } from 'playwright-core';

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

test('a school asks for the seal of its token, an officer compares the key and approves, the school takes the chain home, renewal is asked for when it is due', async () => {
  const file = (name: string) => join(platform.directory, name);
  execFileSync(
    'openssl',
    [
      ...'req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -outform DER'.split(' '),
      ...['-keyout', file('token.key'), '-out', file('seal.csr')],
    ],
    { stdio: 'pipe' },
  );
  const { page } = await openDevice(browser, { device: desk });
  await begin(platform, page, person(platform, 'Quản trị trường'));
  await page.goto(`${platform.url}/admin/certificates`);
  await page.getByRole('link', { name: 'Yêu cầu chứng thư' }).click();
  await page.getByRole('heading', { name: 'Không có yêu cầu chứng thư nào chờ duyệt' }).waitFor();
  await page.getByRole('link', { name: 'Xin chứng thư' }).click();
  await page
    .getByRole('combobox', { name: 'Đơn vị', exact: true })
    .selectOption({ label: 'Trường Tiểu học Lê Lợi (TH001)' });
  await page.getByRole('combobox', { name: 'Cấp cho' }).waitFor();
  await page.getByLabel(/^Yêu cầu cấp chứng thư/).fill('không phải CSR');
  await page.getByRole('button', { name: 'Gửi để cán bộ khác duyệt' }).click();
  await page.getByText('Xuất yêu cầu (CSR) từ phần mềm').waitFor();
  await lookAtBoth(page, 'requests-refused-csr');
  await page.locator('input[type=file]').setInputFiles(file('seal.csr'));
  await page.getByRole('button', { name: 'Gửi để cán bộ khác duyệt' }).click();
  const asked = await confirmProposal(page);

  const officer = await openDevice(browser, { device: desk });
  await begin(platform, officer.page, person(platform, 'An toàn'));
  await officer.page.goto(`${platform.url}/admin/certificates/requests`);
  await officer.page.getByText('organizationIdentifier=OI:VN-TH001').waitFor();
  await lookAtBoth(officer.page, 'requests-waiting');
  await approveAt(officer.page, asked);

  await page.goto(`${platform.url}/admin/certificates/requests`);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Tải cả chuỗi (PEM)' }).click();
  const pem = await readFile(await (await download).path(), 'utf8');
  assert.equal((pem.match(/BEGIN CERTIFICATE/g) ?? []).length, 3);
  await lookAtBoth(page, 'requests-issued');

  // Eleven and a half months later, as far as this row says.
  await platform.query("UPDATE certs.certificate SET not_after = now() + interval '12 days' WHERE profile = 'seal'");
  await page.reload();
  await page.getByRole('link', { name: 'Xin cấp tiếp' }).click();
  await page.getByRole('heading', { name: 'Cấp tiếp cho Trường Tiểu học Lê Lợi' }).waitFor();
  await lookAtBoth(page, 'requests-due');
  await page.getByRole('button', { name: 'Gửi để cán bộ khác duyệt' }).click();
  await approveAt(officer.page, await confirmProposal(page));
  await page.goto(`${platform.url}/admin/certificates/requests`);
  await page.getByRole('link', { name: 'Tải cả chuỗi (PEM)' }).nth(1).waitFor();

  await page.goto(`${platform.url}/admin/audit`);
  await page.getByText('cấp chứng thư theo yêu cầu').first().waitFor();
  const words = await page.locator('main').innerText();
  assert.doesNotMatch(words, /[\da-f]{8}-[\da-f]{4}-|signing-request|\b(?:activation|setup|sync|signatures)\b/, words);
});
