import { after, before, test } from 'node:test';
import { approveAt, confirmProposal } from '@edutrust/testing/approvals';
import { desk, lookAtBoth, openBrowser, openDevice } from '@edutrust/testing/chromium';
import { begin, beginByLink, person } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import type { Browser } from 'playwright-core';

let platform: Platform;
let browser: Browser;
const pageOf = async () => (await openDevice(browser, { device: desk })).page;
before(async () => {
  platform = await Platform.start();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await platform?.[Symbol.asyncDispose]();
});

test('the department plans the new year of every school, a second person approves it, a job does it, and it can be undone', async () => {
  const [department, officer] = [await pageOf(), await pageOf()];
  await beginByLink(platform, department, platform.welcome?.administratorLink ?? '');
  await begin(platform, officer, person(platform, 'An toàn'));
  // The demo's classes are of this year; a year later they are those of last year.
  await platform.query('UPDATE registry.class SET school_year = school_year - 1');
  await department.goto(`${platform.url}/admin/import`);
  await department.getByRole('link', { name: 'Lên lớp năm học mới' }).click();
  await department.getByRole('button', { name: 'Lập kế hoạch' }).click();
  await department.getByText('Chờ duyệt, chưa ghi gì').waitFor();
  await department.getByRole('heading', { name: 'Theo trường' }).waitFor();
  await department
    .getByText(/em · \d+ → \d+ lớp/)
    .first()
    .waitFor();
  await lookAtBoth(department, 'year-ready');
  await department.getByRole('button', { name: 'Đề nghị người thứ hai duyệt' }).click();
  await approveAt(officer, await confirmProposal(department));
  await department.goto(`${platform.url}/admin/import/year`);
  await department.getByText(/Đã áp dụng ngày/).waitFor();
  await department.getByRole('button', { name: 'Hoàn tác cả thành phố' }).waitFor();
  await lookAtBoth(department, 'year-applied');
});
