import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { desk, look, openBrowser, openDevice, phone } from '@edutrust/testing/chromium';
import { begin, person } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import { enrolPhone } from '@edutrust/testing/signing';
import type { Browser, Page } from 'playwright-core';

let platform: Platform;
let browser: Browser;
let teacher: Page;
let school: Page;

before(async () => {
  platform = await Platform.start();
  browser = await openBrowser();
  const device = await openDevice(browser, { device: phone });
  teacher = device.page;
  await device.addAuthenticator();
  await begin(platform, teacher, person(platform, 'Giáo viên'));
  const officer = (await openDevice(browser, { device: desk })).page;
  await begin(platform, officer, person(platform, 'An toàn'));
  await enrolPhone(platform, teacher, officer);
  school = (await openDevice(browser, { device: desk })).page;
  await begin(platform, school, person(platform, 'Quản trị trường'));
});

after(async () => {
  await browser?.close();
  await platform?.[Symbol.asyncDispose]();
});

/** Sends a file and asks the teacher to sign it, as a program of the school does; gives the request. */
async function askFor(name: string, text: string, format?: 'XAdES'): Promise<string> {
  const personId = await teacher.evaluate(async () => (await (await fetch('/api/v1/me')).json()).person.id);
  return school.evaluate(
    async ({ name: fileName, text: contents, personId: signer, format: wished }) => {
      const me = await (await fetch('/api/v1/me')).json();
      const address = `/api/v1/signing/organisations/${me.roles[0].organisation.id}`;
      const form = new FormData();
      form.append('file', new File([contents], fileName));
      const sent = await (await fetch(`${address}/uploads`, { method: 'POST', body: form })).json();
      const body = { uploadId: sent.id, title: 'Bảng điểm giữa kì', signers: [{ personId: signer }], format: wished };
      const asked = await fetch(`${address}/documents`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const answer = await asked.json();
      if (asked.status !== 201) throw new Error(JSON.stringify(answer));
      return answer.id as string;
    },
    { name, text, personId, format },
  );
}

test('a table is read on the phone as text, signed by one tap, downloaded and verified by page and command', async () => {
  const id = await askFor('điểm 5A.csv', 'Họ tên,Điểm\nNguyễn Thị Ánh,9\n<b>Lê Văn Bình</b>,8\n');
  await teacher.goto(`${platform.url}/sign/read/${id}`);
  const shown = teacher.locator('[data-document]:not([aria-busy]) article');
  await shown.waitFor();
  const text = await shown.innerText();
  assert.match(text, /điểm 5A\.csv/);
  assert.match(text, /<b>Lê Văn Bình<\/b>,8/, 'a stranger’s file is text, never a page');
  assert.match(text, /SHA-256 [0-9a-f]{64}/);
  await look(teacher, 'sign-file-phone');
  await teacher.getByRole('button', { name: 'Ký', exact: true }).click();
  await teacher.getByRole('button', { name: /^Mã giống, ký/ }).click();
  await teacher.getByRole('heading', { name: 'Đã ký xong' }).waitFor();
  const kept = teacher.waitForEvent('download');
  await teacher.getByRole('link', { name: /^Tải về / }).click();
  assert.match((await kept).suggestedFilename(), /\.asice$/, 'a container is kept under its own name, not as a PDF');
  const signed = await school.evaluate(async (request) => {
    const answer = await fetch(`/api/v1/signing/requests/${request}/document`);
    return [answer.headers.get('content-type'), [...new Uint8Array(await answer.arrayBuffer())]] as const;
  }, id);
  assert.equal(signed[0], 'application/vnd.etsi.asic-e+zip');
  const folder = mkdtempSync(join(tmpdir(), 'edutrust-any-file-'));
  try {
    const path = join(folder, 'bang-diem.asice');
    writeFileSync(path, Buffer.from(signed[1]));
    const said = JSON.parse((await platform.run('--json', 'verify', path)).stdout);
    assert.deepEqual([said.verdict, said.signatures.length, said.signatures[0].format], ['valid', 1, 'ASiC']);
    await school.goto(`${platform.url}/verify`);
    await school.locator('input[type=file]').first().setInputFiles(path);
    await school.getByRole('button', { name: 'Kiểm tra', exact: true }).click();
    await school
      .getByText(/^Đúng:/)
      .first()
      .waitFor();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('XML is read on the phone as it is signed, signed as XML, and verified', async () => {
  const id = await askFor('điểm 5A.xml', '<?xml version="1.0"?>\n<diem lop="5A"><em ten="Ánh"/>\r\n</diem>', 'XAdES');
  await teacher.goto(`${platform.url}/sign/read/${id}`);
  const shown = teacher.locator('[data-document]:not([aria-busy]) article');
  await shown.waitFor();
  assert.match(await shown.innerText(), /<diem lop="5A"><em ten="Ánh"><\/em>\s*<\/diem>/, 'in canonical form');
  await look(teacher, 'sign-xml-phone');
  await teacher.getByRole('button', { name: 'Ký', exact: true }).click();
  await teacher.getByRole('button', { name: /^Mã giống, ký/ }).click();
  await teacher.getByRole('heading', { name: 'Đã ký xong' }).waitFor({ timeout: 60_000 });
  const said = await school.evaluate(async (request) => {
    const file = await (await fetch(`/api/v1/signing/requests/${request}/document`)).blob();
    const form = new FormData();
    form.append('file', file, 'diem.xml');
    return (await fetch('/api/v1/verify', { method: 'POST', body: form })).json();
  }, id);
  assert.deepEqual([said.verdict, said.signatures[0].format, said.signatures[0].coverage], ['valid', 'XAdES', 'whole']);
});

test('V15: a file that was changed on its way to the phone is refused: nothing is shown, nothing can be signed', async () => {
  const id = await askFor('điểm 5A.csv', 'Họ tên,Điểm\nNguyễn Thị Ánh,4\n');
  const files = '**/api/v1/signing/sessions/*/documents/*';
  await teacher.route(files, async (route) => {
    const body = (await (await route.fetch()).body()).toString('latin1').replace('nh,4', 'nh,9');
    await route.fulfill({ status: 200, contentType: 'application/zip', body: Buffer.from(body, 'latin1') });
  });
  await teacher.goto(`${platform.url}/sign/read/${id}`);
  await teacher.getByText('Văn bản nhận được không phải văn bản sẽ ký').waitFor();
  assert.equal(await teacher.locator('[data-document] article').count(), 0);
  assert.ok(await teacher.getByRole('button', { name: 'Ký', exact: true }).isDisabled());
  await teacher.unroute(files);
});
