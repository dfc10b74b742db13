import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { askAs } from '@edutrust/testing/ask';
import { desk, lookAtBoth, openBrowser, openDevice } from '@edutrust/testing/chromium';
import { activate, begin, beginByLink, person, staffPassword } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import type { Browser, Page } from 'playwright-core';

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

/** A child of the guardian who learns at the administrator's school. */
async function childOf(guardian: Page, school: Page): Promise<{ id: string; fullName: string; educationId: string }> {
  const { items } = await askAs(guardian, 'GET', '/api/v1/account/children');
  const { name } = (await askAs(school, 'GET', '/api/v1/me')).roles[0].organisation;
  const child = items.find((one: { school: string }) => one.school === name);
  assert.ok(child, JSON.stringify(items));
  return child;
}

test('a school offers a child, the other side accepts into a class, the family reads both; a second tab changes nothing', async () => {
  const [school, department, guardian] = [await pageOf(), await pageOf(), await pageOf()];
  await begin(platform, school, person(platform, 'Quản trị trường'));
  await beginByLink(platform, department, platform.welcome?.administratorLink ?? '');
  await activate(platform, guardian, person(platform, 'Phụ huynh').code, staffPassword);
  const child = await childOf(guardian, school);

  await school.goto(`${platform.url}/admin/people/${child.id}`);
  await school.getByRole('link', { name: 'Đề nghị chuyển trường' }).click();
  await school.getByLabel('Trường nhận').fill('thcs');
  await school.getByRole('radio').first().check();
  await school.getByLabel('Vì sao').fill('Gia đình chuyển nhà');
  await lookAtBoth(school, 'transfer-offer');
  await school.getByRole('button', { name: 'Gửi đề nghị' }).click();
  await school.getByRole('heading', { name: `Chuyển trường: ${child.fullName}` }).waitFor();
  await school.getByText('Người của trường kia trả lời').waitFor();
  assert.equal(await school.getByRole('button', { name: 'Nhận em' }).count(), 0, 'who asked does not answer');
  await lookAtBoth(school, 'transfer-asked');
  const address = school.url();

  await guardian.goto(`${platform.url}/account`);
  await guardian.getByText(`Có đề nghị chuyển ${child.fullName}`).first().waitFor();

  await department.goto(`${platform.url}/admin`);
  await department.getByRole('heading', { level: 1 }).waitFor();
  await department.getByRole('link', { name: 'Trả lời' }).first().click();
  await department.getByRole('heading', { name: `Chuyển trường: ${child.fullName}` }).waitFor();
  const tab = await department.context().newPage();
  await tab.goto(address);
  await tab.getByRole('button', { name: 'Không nhận' }).waitFor();
  await department.getByLabel('Xếp vào lớp').selectOption({ index: 1 });
  await lookAtBoth(department, 'transfer-answer');
  await department.getByRole('button', { name: 'Nhận em' }).click();
  await department.getByRole('dialog').getByRole('button', { name: 'Chuyển từ hôm nay' }).click();
  await department.getByText('Đã nhận').first().waitFor();
  await tab.getByRole('button', { name: 'Không nhận' }).click();
  await tab.getByRole('dialog').getByRole('textbox').fill('tab cũ');
  await tab.getByRole('dialog').getByRole('button', { name: 'Gửi trả lời' }).click();
  await tab.getByRole('dialog').getByText('trạng thái hiện tại là «đã nhận»').waitFor();

  await guardian.reload();
  await guardian.getByText(`${child.fullName} đã chuyển từ`).first().waitFor();
  const after = await askAs(department, 'GET', `/api/v1/people/${child.id}`);
  assert.equal(after.educationId, child.educationId);
  await school.goto(`${platform.url}/admin/transfers?which=closed`);
  await school.getByRole('link', { name: child.fullName }).waitFor();
  await lookAtBoth(school, 'transfer-closed');

  // The school that let the child go asks for them back, by what the family brings.
  await school.goto(`${platform.url}/admin/transfers/new`);
  await school.getByLabel('Mã giáo dục').fill(child.educationId);
  await school.getByLabel('Ngày sinh').fill('2001-02-03');
  await school.getByLabel('Vì sao').fill('Gia đình quay lại');
  await school.getByRole('button', { name: 'Gửi đề nghị' }).click();
  await school.getByText('Không có em nào đang học ở trường khác').waitFor();
  await school.getByLabel('Ngày sinh').fill(after.birthDate);
  await lookAtBoth(school, 'transfer-ask');
  await school.getByRole('button', { name: 'Gửi đề nghị' }).click();
  await school.getByRole('heading', { name: `Chuyển trường: ${child.fullName}` }).waitFor();
  await school.getByRole('button', { name: 'Rút đề nghị' }).click();
  await school.getByRole('dialog').getByRole('button', { name: 'Rút' }).click();
  await school.getByText('Đã rút').first().waitFor();
});
