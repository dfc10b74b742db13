import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
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

/** A page of A4 with a line at its top and nothing below. */
function plainPdf(): Buffer {
  const text = 'BT /F 18 Tf 72 760 Td (QUYET DINH) Tj ET';
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>',
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let file = '%PDF-1.7\n';
  const places = objects.map((object, index) => {
    const place = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(place).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}`;
  return Buffer.from(
    `${file}${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`,
  );
}

test('a school has a PDF signed: an empty file is refused; signers in order, a block under words that are not there is refused, followed, withdrawn', async () => {
  const { page } = await openDevice(browser, { device: desk });
  await begin(platform, page, person(platform, 'Quản trị trường'));
  await page.goto(`${platform.url}/admin/signing`);
  await page.getByRole('link', { name: 'Trình một tệp' }).click();
  const file = page.locator('input[type=file]');
  await file.setInputFiles({ name: 'Trống.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(0) });
  await page.getByRole('alert').waitFor();
  await file.setInputFiles({ name: 'Quyết định số 12.pdf', mimeType: 'application/pdf', buffer: plainPdf() });
  await page.getByRole('heading', { name: 'Ai ký, theo thứ tự nào?' }).waitFor();
  const send = page.getByRole('button', { name: /^Trình \d+ người ký$/ });
  assert.ok(await send.isDisabled(), 'nobody is chosen yet');

  const choose = page.getByLabel('Thêm người ký');
  await choose.selectOption({ index: 1 });
  await choose.selectOption({ index: 1 });
  const names = await page.getByRole('list', { name: 'Theo thứ tự' }).locator('span.font-semibold').allInnerTexts();
  await page.getByRole('button', { name: 'Lên trước' }).click(); // only the second can
  assert.equal(await page.getByRole('button', { name: 'Lên trước' }).count(), 1);
  await page.getByLabel('Ô ký nằm dưới dòng chữ').first().fill('chữ không có trong tệp');
  await lookAtBoth(page, 'document-order');
  await send.click();
  await page.getByText('Không thấy chữ «chữ không có trong tệp»').waitFor();
  await page.getByLabel('Ô ký nằm dưới dòng chữ').first().fill('');
  await send.click();

  await page.getByText('Đã trình «Quyết định số 12».').waitFor();
  const asked = page.getByRole('list', { name: 'Tài liệu đã trình' });
  const said = await asked.innerText();
  assert.ok(said.indexOf(names[1] ?? '') < said.indexOf(names[0] ?? ''), `${names} in ${said}`);
  await lookAtBoth(page, 'document-asked');
  await page.getByRole('button', { name: 'Rút lại' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Rút lại' }).click();
  await asked.getByText('Đã rút', { exact: true }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Rút lại' }).count(), 0);

  // From a pupil's page: a confirmation with its fields, numbered, on its way to the principal.
  const pupilId = await page.evaluate(async () => {
    const list = await (await fetch('/api/v1/signing/requests?limit=50&state=waiting')).json();
    return list.items.find(({ subject }: { subject: { id: string } | null }) => subject).subject.id as string;
  });
  await page.goto(`${platform.url}/admin/people/${pupilId}`);
  await page.getByRole('link', { name: 'Cấp giấy tờ' }).click();
  await page.getByLabel('Loại văn bản').selectOption('study-confirmation');
  await page.getByLabel('Người đề nghị').fill('Bà Nguyễn Thị Mai');
  await page.getByLabel('Để làm gì').fill('làm hồ sơ vay vốn');
  await lookAtBoth(page, 'form-new');
  await page.getByRole('button', { name: 'Trình hiệu trưởng ký' }).click();
  await page.getByRole('heading', { name: 'Sổ văn bằng, giấy tờ' }).waitFor();
  await page.getByText('01/GXN', { exact: true }).waitFor();
  await page.getByText('Chờ ký', { exact: true }).waitFor();
  await lookAtBoth(page, 'form-register');
});

test('a teacher is offered no file to send for the school, and the address alone gives her none', async () => {
  const { page } = await openDevice(browser, { device: desk });
  await begin(platform, page, person(platform, 'Giáo viên'));
  await page.goto(`${platform.url}/admin/signing`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Trình một tệp' }).count(), 0);
  await page.goto(`${platform.url}/admin/signing/new`);
  await page.getByRole('heading', { name: 'Chỉ quản trị trường trình tệp' }).waitFor();
  assert.equal(await page.locator('input[type=file]').count(), 0);
});

test('the search box finds a document by its pupil’s name without marks, each kind apart, and opens it alone in the list', async () => {
  const { page } = await openDevice(browser, { device: desk });
  await begin(platform, page, person(platform, 'An toàn'));
  await page.goto(`${platform.url}/admin/signing`);
  await page.getByRole('link', { name: /Ánh Nguyệt/ }).waitFor();
  const rows = page.getByRole('main').getByRole('listitem');
  assert.ok((await rows.count()) > 5);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('dang thi anh nguyet');
  const found = page.getByRole('listbox').getByRole('group', { name: 'Tài liệu' }).getByRole('option');
  await found.waitFor();
  assert.ok(await page.getByRole('group', { name: 'Người' }).getByRole('option').count());
  assert.match(await found.innerText(), /Đặng Thị Ánh Nguyệt.*\n.*Chờ ký/);
  await found.click(); // from the list to the same list with another filter
  await page.waitForURL(/\/admin\/signing\?q=\w{4}-\w{4}-\w{4}$/);
  await page.waitForFunction(() => document.querySelectorAll('main .ruled > li').length === 1);
  await page.getByLabel('Tìm tài liệu').fill('không có ai như vậy');
  await page.getByText('Không có tài liệu nào như vậy.').waitFor();
});
