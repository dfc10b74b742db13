import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { desk, lookAtBoth, openBrowser, openDevice } from '@edutrust/testing/chromium';
import { begin, person } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import type { Browser, Page } from 'playwright-core';

let platform: Platform;
let browser: Browser;
/** The school's administrator, signed in. */
let page: Page;
before(async () => {
  platform = await Platform.start();
  browser = await openBrowser();
  page = (await openDevice(browser, { device: desk })).page;
  await begin(platform, page, person(platform, 'Quản trị trường'));
});
after(async () => {
  await browser?.close();
  await platform?.[Symbol.asyncDispose]();
});

/** The button is in the window without scrolling, however long the page is. */
async function inView(page: Page, name: RegExp): Promise<void> {
  await page.evaluate(() => scrollTo(0, 0));
  const box = await page.getByRole('button', { name }).boundingBox();
  const size = page.viewportSize();
  assert.ok(box && size && box.y >= 0 && box.y + box.height <= size.height, `${name} at ${JSON.stringify(box)}`);
}

test('a school drops its list, matches the columns once, sees every change in words, and applies exactly that', async () => {
  await page.goto(`${platform.url}/admin/import`);
  await page.getByRole('heading', { name: 'Nhập danh sách' }).waitFor();
  await lookAtBoth(page, 'import-file');

  const downloaded = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Excel' }).click();
  const template = await (await downloaded).path();
  assert.equal((await readFile(template)).subarray(0, 2).toString(), 'PK');

  // A foreign format is called by its name, with the way on beside it.
  const foreign = join(platform.directory, 'users.csv');
  await writeFile(foreign, 'sourcedId,status,dateLastModified,givenName\nu1,,,An\n');
  await page.getByLabel('Tệp danh sách').setInputFiles(foreign);
  await page.getByText('Đây là tệp OneRoster').waitFor();
  await page.getByRole('link', { name: 'Tải tệp mẫu' }).waitFor();

  const names = Array.from(
    { length: 60 },
    (_, index) => `Nguyễn Thị ${'ABCDEGHIKL'[index % 10]}${'aeiou'[index % 5]}n`,
  );
  const rows = names.map(
    (name, index) =>
      `5K,${name},${String((index % 28) + 1).padStart(2, '0')}/0${(index % 9) + 1}/2015,HS${index},Cờ vua`,
  );
  const file = join(platform.directory, 'danh-sach.csv');
  await writeFile(
    file,
    [
      'TRƯỜNG TIỂU HỌC LÊ LỢI',
      'Lớp học,Tên em,Ngày sinh,Mã HS,Sở thích',
      ...rows,
      '5K,Ngày Sai,31/02/2015,HS99,',
      'Tổng số: 61 học sinh',
    ].join('\n'),
  );
  await page.getByLabel('Tệp danh sách').setInputFiles(file);
  await page.getByRole('heading', { name: 'Cột nào là gì?' }).waitFor();
  await page.getByText('Tệp thiếu cột «Họ và tên»').waitFor();
  await lookAtBoth(page, 'import-columns');
  await page.getByLabel('Cột Tên em là').selectOption({ label: 'Họ và tên' });
  await inView(page, /Xem trước thay đổi/);
  await page.getByRole('button', { name: 'Xem trước thay đổi' }).click();
  await page.getByRole('heading', { name: 'Sẽ thêm 60' }).waitFor();
  await page.getByText('Cột không nhập: Sở thích').waitFor();
  await page.getByText('Không có ngày này trong lịch').waitFor();
  await inView(page, /Áp dụng 60 thay đổi/);
  await lookAtBoth(page, 'import-preview');
  const refused = page.waitForEvent('download');
  await page.getByRole('link', { name: /Tải các dòng lỗi/ }).click();
  assert.match(await readFile(await (await refused).path(), 'utf8'), /31\/02\/2015/);
  await page.getByRole('button', { name: /Áp dụng 60 thay đổi/ }).click();
  await page.getByRole('heading', { name: 'Đã thêm 60' }).waitFor();

  // The next file of the same shape needs nobody's help.
  await page.getByRole('button', { name: 'Nhập tệp khác' }).click();
  await page.getByLabel('Tệp danh sách').setInputFiles(file);
  await page.getByText('Trường đã ghép các cột như thế này').waitFor();

  // Declared complete, a list of three lets most of the class leave: it waits, and says for whom.
  const few = join(platform.directory, 'it-em.csv');
  await writeFile(few, ['Lớp học,Tên em,Ngày sinh,Mã HS,Sở thích', ...rows.slice(0, 3)].join('\n'));
  await page.getByRole('button', { name: 'Quay lại' }).click();
  await page.getByLabel('Tệp danh sách').setInputFiles(few);
  await page.getByText('Tệp đầy đủ: các lớp có trong tệp').click();
  await page.getByRole('button', { name: 'Xem trước thay đổi' }).click();
  await page.getByRole('heading', { name: '57 em sẽ rời' }).waitFor();
  await page.getByText('Kế hoạch này cần hai người').waitFor();
  assert.equal(await page.getByRole('button', { name: /Áp dụng|Duyệt/ }).count(), 0, 'nobody approves their own');
  await lookAtBoth(page, 'import-held');
  await page.getByRole('button', { name: 'Đề nghị người thứ hai duyệt' }).click();
  await page.getByRole('heading', { name: /Áp dụng danh sách «it-em.csv».*rời 57/ }).waitFor();
  await page.getByRole('button', { name: 'Xác nhận bằng passkey' }).click();
  await page.getByText('chờ người thứ hai').first().waitFor();
  await lookAtBoth(page, 'import-approval');
  await page.getByRole('link', { name: 'Xem từng dòng' }).click();
  await page.getByRole('link', { name: 'Xem việc hai người' }).waitFor();

  // What was applied is found again, as a file and with the way back.
  await page.goto(`${platform.url}/admin/import`);
  await page
    .getByRole('listitem')
    .filter({ hasText: 'Đã áp dụng' })
    .getByRole('link', { name: 'danh-sach.csv' })
    .click();
  await page.getByRole('heading', { name: 'Đã thêm 60' }).waitFor();
  const result = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Tải kết quả từng dòng' }).click();
  assert.match(
    await readFile(await (await result).path(), 'utf8'),
    /"Thêm","Nguyễn Thị [^"]+","5K","\d{3} \d{3} \d{3} \d"/,
  );
  await page.getByRole('button', { name: 'Hoàn tác' }).click();
  await page.getByRole('dialog').getByText('60 hồ sơ mới').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Hoàn tác' }).click();
  await page.getByRole('heading', { name: 'Đã hoàn tác' }).waitFor();
  await lookAtBoth(page, 'import-undone');
});

/** A list of 60 with so long a remark beside each that it takes several pieces. */
function longRoster(remark: string): Buffer {
  const rows = Array.from(
    { length: 60 },
    (_, index) =>
      `5L,Trần Thị ${'ABCDEGHIKL'[index % 10]}${'aeiou'[index % 5]}n,${10 + (index % 18)}/0${(index % 9) + 1}/2015,L${index},${remark.repeat(3_000)}`,
  );
  return Buffer.from(['Lớp học,Họ và tên,Ngày sinh,Mã HS,Ghi chú', ...rows].join('\n'));
}

test('E11: a list that is cut in the middle goes on where it stopped once the page is loaded again, one tab at a time, never with a file that changed, and gives the plan of the same file', async () => {
  const file = { name: 'ca-truong.csv', mimeType: 'text/csv', buffer: longRoster('ngoan ') };
  const context = page.context();
  const pieces = '**/api/v1/roster/uploads/*';
  /** Where each piece that was tried begins, by tab. */
  const tried = new Map<Page, number[]>();
  context.on('request', (request) => {
    if (request.method() !== 'PATCH') return;
    const tab = request.frame().page();
    tried.set(tab, [...(tried.get(tab) ?? []), Number(request.headers()['upload-offset'])]);
  });

  await page.goto(`${platform.url}/admin/import`);
  await page.route(pieces, (route) =>
    tried.get(page)?.length === 2 ? route.abort('connectionreset') : route.continue(),
  );
  await page.getByLabel('Tệp danh sách').setInputFiles(file);
  await page.getByText('Mất kết nối').waitFor();
  await lookAtBoth(page, 'import-cut');
  await page.goto('about:blank'); // gone before the line is there again: it would go on by itself
  await page.unroute(pieces);

  await page.goto(`${platform.url}/admin/import`);
  await page.getByRole('heading', { name: 'Tệp gửi dở' }).waitFor();
  await page.getByText(/Đã gửi 0,3 trên 1,\d MB/).waitFor();
  await page.getByLabel('Tệp danh sách').setInputFiles({ ...file, buffer: longRoster('chăm ') });
  await page.getByText('nội dung đã đổi').waitFor();
  await lookAtBoth(page, 'import-changed');
  assert.deepEqual(tried.get(page), [0, 262_144], 'of the other file nothing was sent');

  // The line holds its first piece back, until another tab has tried the same.
  const held = Promise.withResolvers<void>();
  await page.route(pieces, (route) => held.promise.then(() => route.continue()));
  await page.getByLabel('Tệp danh sách').setInputFiles(file);
  await page.getByRole('heading', { name: file.name }).waitFor();
  // Whose turn it is is settled before another tab asks.
  await page.waitForFunction(async () =>
    (await navigator.locks.query()).held?.some(({ name }) => name?.startsWith('roster-upload')),
  );
  const other = await context.newPage();
  await other.goto(`${platform.url}/admin/import`);
  await other.getByLabel('Tệp danh sách').setInputFiles(file);
  await other.getByText('đang được gửi ở một thẻ khác').waitFor();
  held.resolve();
  for (const tab of [page, other]) await tab.getByRole('heading', { name: 'Cột nào là gì?' }).waitFor();
  await page.unroute(pieces);
  assert.equal(tried.get(other), undefined, 'the other tab sent nothing');
  const [first, cut, again, ...rest] = tried.get(page) ?? [];
  assert.deepEqual([first, cut, again], [0, 262_144, 262_144]);
  assert.deepEqual(
    rest,
    [...new Set(rest)].filter((at) => at > 262_144).sort((one, two) => one - two),
  );
  await other.close();

  // Where one is, one stays.
  await page.reload();
  await page.getByRole('button', { name: 'Xem trước thay đổi' }).click();
  await page.getByRole('heading', { name: 'Sẽ thêm 60' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Sẽ thêm 60' }).waitFor();
  const totals = await page.evaluate(async (text) => {
    const id = new URLSearchParams(location.search).get('plan');
    const form = new FormData();
    form.set('organisationId', new URLSearchParams(location.search).get('organisation') ?? '');
    form.set('file', new File([text], 'ca-truong.csv'));
    const whole = await fetch('/api/v1/roster/plans', { method: 'POST', body: form });
    const asked = await Promise.all(
      [whole, fetch(`/api/v1/roster/plans/${id}`)].map(async (one) => (await one).json()),
    );
    return asked.map((plan) => plan.totals);
  }, file.buffer.toString());
  assert.deepEqual(totals[1], totals[0]);

  await page.getByRole('button', { name: 'Quay lại' }).click();
  await page.getByRole('heading', { name: 'Cột nào là gì?' }).waitFor();
  await page.getByRole('button', { name: 'Quay lại' }).click();
  // What has arrived is not sent a second time.
  const sent = tried.get(page)?.length;
  await page.getByLabel('Tệp danh sách').setInputFiles(file);
  await page.getByRole('heading', { name: 'Cột nào là gì?' }).waitFor();
  assert.equal(tried.get(page)?.length, sent);
});

test('in August a school goes up in one plan: classes named, one who repeats ticked, looked over, applied, undone', async () => {
  await page.goto(`${platform.url}/admin/import/roll-over`);
  await page.getByText('Mọi em đã có lớp').waitFor();
  // What stands there on 1 August: the classes are those of last year.
  await platform.query('UPDATE registry.class SET school_year = school_year - 1');
  await page.reload();
  const rows = page.getByRole('region', { name: 'Các lớp năm học trước' }).getByRole('row');
  await rows.nth(1).waitFor();
  const first = page.getByRole('textbox').first();
  const was = await first.inputValue();
  await first.fill(`${was}1`);
  await page.getByText('Chọn em').first().click();
  await page.getByRole('checkbox').first().check();
  await lookAtBoth(page, 'roll-over');
  await page.getByRole('button', { name: 'Xem trước' }).click();
  await page.getByRole('heading', { name: /^Sẽ đổi \d+/ }).waitFor();
  await page.getByText(new RegExp(`Mở \\d+ lớp mới: .*${was}1`)).waitFor();
  await lookAtBoth(page, 'roll-over-plan');
});
