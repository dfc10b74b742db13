import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { approveAt, confirmProposal } from '@edutrust/testing/approvals';
import { type Device, desk, look, lookAtBoth, openBrowser, openDevice, phone } from '@edutrust/testing/chromium';
import { eventually } from '@edutrust/testing/eventually';
import { activate, begin, beginByLink, person, signIn } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import { enrolPhone, signClass } from '@edutrust/testing/signing';
import { type Slapd, startSlapd } from '@edutrust/testing/slapd';
import type { Browser, Page } from 'playwright-core';

/** The story of the first release, on real parts, in order: each test goes on where the one before stopped. */

const root = new URL('../..', import.meta.url).pathname;
const pupilPassword = 'mèo con thích ăn cá';

let platform: Platform;
let browser: Browser;
let slapd: Slapd;
const apps: ChildProcess[] = [];
const phones: Record<string, Device> = {};
let officerPage: Page;

before(async () => {
  platform = await Platform.start();
  browser = await openBrowser();
  slapd = await startSlapd();
  apps.push(await startApp('thu-vien-so', 4001, 'Thư viện số'), await startApp('lop-hoc', 4002, 'Lớp học trực tuyến'));
});

after(async () => {
  for (const app of apps) app.kill('SIGTERM');
  await browser?.close();
  await slapd?.stop();
  await platform?.[Symbol.asyncDispose]();
});

async function startApp(clientId: string, port: number, name: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(root, 'examples/relying-app/src/main.ts')], {
    env: {
      PATH: process.env.PATH ?? '',
      ISSUER: platform.url,
      CLIENT_ID: clientId,
      CLIENT_SECRET: `demo-secret-of-${clientId}`,
      PORT: String(port),
      APP_NAME: name,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await eventually(async () =>
    assert.ok((await fetch(`http://localhost:${port}/`, { redirect: 'manual' })).status < 500),
  );
  return child;
}

test('story 4: with JavaScript off a learner activates, signs in to an app with consent, reaches the second without a prompt, and signs out of both', async () => {
  const { page } = await openDevice(browser, { javaScript: false });
  const learner = person(platform, 'Học sinh');
  await activate(platform, page, learner.code, pupilPassword);
  await page.getByRole('button', { name: 'Xong – đăng xuất' }).click();

  await page.goto('http://localhost:4001/sign-in');
  await signIn(page, learner.educationId, pupilPassword);
  await page.getByRole('button', { name: 'Đồng ý và xin phép cha mẹ' }).click();
  await page.getByRole('heading', { name: 'Chờ cha mẹ đồng ý' }).waitFor();
  const { page: fathers } = await openDevice(browser);
  await activate(platform, fathers, person(platform, 'Phụ huynh').code, 'bố con đi câu cá sông');
  await fathers.goto(`${platform.url}/account/children`);
  await lookAtBoth(fathers, 'children-asked');
  await fathers.getByRole('button', { name: /^Đồng ý: Thư viện số/ }).click();
  await fathers.getByRole('heading', { name: /xin anh chị đồng ý/ }).waitFor({ state: 'detached' });
  await page.goto('http://localhost:4001/sign-in');
  await page.waitForURL('http://localhost:4001/**');
  assert.match(await page.content(), /Đặng Thị Ánh Nguyệt/);

  await page.goto('http://localhost:4002/sign-in');
  await page.waitForURL('http://localhost:4002/**');
  assert.match(await page.content(), /Đặng Thị Ánh Nguyệt/, 'single sign-on without a prompt');

  await page.goto(`${platform.url}/`);
  assert.ok(await page.getByText('Thư viện số').first().isVisible());
  await page.getByRole('button', { name: 'Đăng xuất' }).click();
  await page.getByRole('heading', { name: 'Đã đăng xuất' }).waitFor();
  for (const port of [4001, 4002]) {
    await eventually(async () => {
      await page.goto(`http://localhost:${port}/`);
      assert.doesNotMatch(
        await page.content(),
        /Đặng Thị Ánh Nguyệt/,
        `the app on ${port} was told by back-channel logout`,
      );
    });
  }
});

test('story 4: a teacher who signs begins with a passkey and signs in with it; account and launcher are accessible', async () => {
  const device = await openDevice(browser, { device: desk });
  const { page } = device;
  const teacher = person(platform, 'Giáo viên');
  await page.goto(`${platform.url}/activate`);
  await lookAtBoth(page, 'activate');
  await page.goto(platform.url);
  await lookAtBoth(page, 'sign-in');
  await begin(platform, page, teacher);
  await lookAtBoth(page, 'launcher');
  await page.goto(`${platform.url}/account`);
  await page.getByRole('heading', { name: teacher.name }).waitFor();
  await lookAtBoth(page, 'account');
  await page.goto(platform.url);

  await page.getByRole('button', { name: 'Đăng xuất' }).click();
  await page.getByRole('heading', { name: 'Đã đăng xuất' }).waitFor();
  await page.goto('http://localhost:4002/sign-in');
  // The field offers the passkey by itself (conditional UI); the authenticator of the test accepts at once.
  await page.waitForURL('http://localhost:4002/**');
  assert.match(await page.content(), new RegExp(teacher.name));
  phones.teacher = device;
});

test('story 5: class teacher, principal and clerk on their phones: signed, sealed, and pdfsig and openssl agree', async () => {
  const desktop = await openDevice(browser, { device: desk });
  await begin(platform, desktop.page, person(platform, 'An toàn'));
  officerPage = desktop.page;
  await giveSeal();

  const { page: teacher } = phones.teacher ?? assert.fail('the teacher of story 4');
  await teacher.goto(`${platform.url}/sign`);
  await teacher.getByRole('button', { name: 'Tạo passkey ký' }).waitFor();
  assert.equal(await teacher.getByLabel('Tên máy').inputValue(), 'Máy tính của tôi', 'no phone, at a desk');
  await look(teacher, 'sign-enrol-phone');
  await enrolPhone(platform, teacher, officerPage);
  await look(officerPage, 'console-approve-desk');
  await look(teacher, 'sign-inbox-phone');
  await signClass(platform, teacher);

  const device = await openDevice(browser, { device: phone });
  const { page } = device;
  await device.addAuthenticator();
  await begin(platform, page, person(platform, 'Hiệu trưởng'));
  await enrolPhone(platform, page, officerPage);
  await page.getByRole('link', { name: /^Xem \d+ học bạ$/ }).click();
  await look(page, 'sign-class-phone');
  await page.getByRole('link', { name: /^Đọc / }).first().click();
  await page.locator('[data-document]:not([aria-busy]) canvas').first().waitFor();
  await page.getByText('Đọc nội dung bằng chữ to').click();
  await page.getByText(/Toán/).first().waitFor();
  await look(page, 'sign-review-phone');
  await page.getByRole('button', { name: 'Từ chối' }).click();
  await page.getByLabel('Lý do từ chối').waitFor();
  assert.ok(await page.getByLabel('Lý do từ chối').evaluate((field) => field === document.activeElement));
  await page.getByRole('button', { name: 'Thôi' }).click();
  await page.getByRole('button', { name: 'Ký', exact: true }).click();
  await page.locator('[data-code4]').waitFor();
  const code4 = (await page.locator('[data-code4]').innerText()).replaceAll(/\s/g, '');
  await look(page, 'sign-confirm-phone');
  await officerPage.goto(`${platform.url}/admin/signing`);
  await officerPage.getByText(code4).first().waitFor();
  await page.getByRole('button', { name: /^Mã giống, ký/ }).click();
  await page.getByRole('heading', { name: 'Đã ký xong' }).waitFor();
  await look(page, 'sign-done-phone');

  const clerk = await openDevice(browser, { device: phone });
  await clerk.addAuthenticator();
  await begin(platform, clerk.page, person(platform, 'Văn thư'));
  await enrolPhone(platform, clerk.page, officerPage);
  await signClass(platform, clerk.page);
  await look(clerk.page, 'sign-sealed-phone');

  await clerk.page.goto(`${platform.url}/admin/signing?state=issued`);
  await clerk.page.getByRole('link', { name: 'In, trích' }).first().click();
  await clerk.page.getByLabel('Cấp cho ai').fill('Bà Nguyễn Thị Mai');
  await clerk.page.getByLabel('Dùng vào việc gì').fill('nộp hồ sơ chuyển trường');
  await lookAtBoth(clerk.page, 'console-copies');
  await clerk.page.getByRole('button', { name: 'Lấy số và in' }).click();
  await clerk.page.getByText('01/SY').waitFor();
  await clerk.page.getByRole('link', { name: 'Sổ bản sao' }).click();
  await clerk.page.getByRole('heading', { name: 'Sổ bản sao' }).waitFor();
  await clerk.page.getByText('01/SY').waitFor();
  await lookAtBoth(clerk.page, 'console-copy-register');
  await clerk.page.goto(
    (await clerk.page.locator('a.code').first().getAttribute('href'))?.replace(/^/, platform.url) ?? '',
  );
  await clerk.page.getByRole('heading', { name: /bản in giấy số 01\/SY .*không phải bản gốc/ }).waitFor();
  await lookAtBoth(clerk.page, 'verify-copy');

  const signed = await officerPage.evaluate(async () => {
    const list = await (await fetch('/api/v1/signing/requests?limit=50&state=issued')).json();
    const [one] = list.items;
    const bytes = new Uint8Array(await (await fetch(`/api/v1/signing/requests/${one.id}/document`)).arrayBuffer());
    return { code: one.code as string, bytes: Array.from(bytes) };
  });
  await writeFile(file('signed.pdf'), Buffer.from(signed.bytes));
  await writeFile(file('code.txt'), signed.code);
  await pdfsigAccepts(file('signed.pdf'));
  await opensslAcceptsTimeStamp(Buffer.from(signed.bytes));
});

/** The school's seal: its administrator asks, the officer approves. */
async function giveSeal(): Promise<void> {
  const { page } = await openDevice(browser, { device: desk });
  await begin(platform, page, person(platform, 'Quản trị trường'));
  const made = await page.evaluate(async () => {
    const me = await (await fetch('/api/v1/me')).json();
    const answer = await fetch('/api/v1/certificate-requests', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ organisationId: me.roles[0].organisation.id, custody: 'key-store' }),
    });
    return { status: answer.status, json: await answer.json() };
  });
  assert.equal(made.status, 201, JSON.stringify(made.json));
  const approval = `${platform.url}/admin/approvals/${made.json.approvalId}`;
  await page.goto(approval);
  await confirmProposal(page);
  await approveAt(officerPage, approval);
}

test('certificates: the officer sees what a revocation would do, suspends and releases, trusts another root; anybody reads the repository', async () => {
  const page = officerPage;
  await page.goto(`${platform.url}/admin/certificates`);
  await page.getByText('Nếu hôm nay mất khoá này?').first().click();
  await page.getByText(/chứng thư phải thu hồi và cấp lại/).waitFor();
  const principal = page
    .getByRole('row', { name: /EI:VN-\d{10}/ })
    .getByRole('link', { name: person(platform, 'Hiệu trưởng').name });
  await principal.waitFor();
  await lookAtBoth(page, 'console-certificates');
  await principal.click();
  await page.getByText(/không ký được nữa cho tới khi đăng ký lại/).waitFor();
  await lookAtBoth(page, 'console-certificate');
  await page.getByLabel('Lý do').selectOption('certificateHold');
  await page.getByRole('button', { name: 'Tạm dừng' }).click();
  await page.getByRole('button', { name: 'Mở lại' }).click();
  await page.getByText('Hiệu lực', { exact: true }).first().waitFor();
  await page.getByRole('button', { name: 'Tạm dừng ngay, và xin thu hồi hẳn' }).waitFor();

  await page.goto(`${platform.url}/admin/anchors/new`);
  execFileSync('openssl', [
    ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -keyout /dev/null -addext keyUsage=critical,keyCertSign'.split(
      ' ',
    ),
    ...['-subj', '/C=VN/O=Ban Co yeu/CN=Other Root', '-out', file('other.pem')],
  ]);
  await page.getByLabel('Tên dễ nhớ').fill('Ban Cơ yếu Chính phủ');
  await page.getByLabel('Chứng thư gốc (PEM)').fill('không phải chứng thư');
  await page.getByRole('button', { name: 'Tin cậy gốc này' }).click();
  await page.getByText('không thấy chứng thư nào').waitFor();
  await page.getByLabel('Chứng thư gốc (PEM)').fill(await readFile(file('other.pem'), 'utf8'));
  await page.getByLabel(/Chỉ với những tên này/).fill('C=VN, O=Ban Co yeu');
  await page.getByRole('button', { name: 'Tin cậy gốc này' }).click();
  // One officer alone trusts nobody: it waits for a second person.
  await confirmProposal(page);
  await lookAtBoth(page, 'console-approval');
  await page.goto(`${platform.url}/admin/anchors`);
  await lookAtBoth(page, 'console-anchors');

  const visitor = await openDevice(browser, { javaScript: false, device: desk });
  await visitor.page.goto(`${platform.url}/pki`);
  await visitor.page.getByRole('link', { name: 'Quy chế chứng thực (CPS)' }).click();
  await visitor.page.getByText('RFC 3647').first().waitFor();
  await visitor.context.close();
  const reader = await openDevice(browser, { device: desk });
  await reader.page.goto(`${platform.url}/pki`);
  await lookAtBoth(reader.page, 'repository');
  await reader.context.close();
});

const file = (name: string) => join(platform.directory, name);

async function pdfsigAccepts(path: string): Promise<void> {
  const nss = file('nss');
  execFileSync('mkdir', ['-p', nss]);
  const root = Buffer.from(await (await fetch(`${platform.url}/pki/root.crt`)).arrayBuffer());
  await writeFile(file('root.der'), root);
  execFileSync('certutil', ['-N', '--empty-password', '-d', `sql:${nss}`]);
  execFileSync('certutil', ['-A', '-n', 'root', '-t', 'CT,CT,CT', '-i', file('root.der'), '-d', `sql:${nss}`]);
  const said = execFileSync('pdfsig', ['-nssdir', `sql:${nss}`, path], { encoding: 'utf8' });
  assert.match(said, /Signature is Valid/, said);
  assert.match(said, /Certificate is Trusted/, said);
}

/** The RFC 3161 token inside the CMS stamps the signature value (CAdES signature time stamp, ETSI EN 319 122-1 §5.3). */
async function opensslAcceptsTimeStamp(pdf: Buffer): Promise<void> {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: platform.directory, stdio: 'pipe' });
  const contents = /\/Contents <([0-9a-f]+)>/.exec(pdf.toString('latin1'))?.[1];
  await writeFile(file('cms.der'), Buffer.from(contents ?? '', 'hex'));
  const lines = openssl('asn1parse', '-inform', 'DER', '-in', 'cms.der').toString('latin1').split('\n');
  const attribute = lines.findIndex((line) => line.includes('id-smime-aa-timeStampToken'));
  // SignerInfo ends: signature OCTET STRING, [1] { SEQUENCE { OID, SET { token … } } }.
  const signature = lines.slice(0, attribute).findLastIndex((line) => /cons: cont \[ 1 \]/.test(line)) - 1;
  const read = (line: string | undefined) => {
    const found = /^\s*(\d+):d=\s*\d+\s+hl=\s*(\d+)\s+l=\s*(\d+)/.exec(line ?? '');
    const [offset, header, length] = (found ?? []).slice(1).map(Number);
    assert.ok(offset !== undefined && header !== undefined && length !== undefined, line);
    const der = Buffer.from(contents ?? '', 'hex').subarray(offset, offset + header + length);
    return { der, value: der.subarray(header) };
  };
  await writeFile(file('token.der'), read(lines[attribute + 2]).der);
  await writeFile(file('signature.bin'), read(lines[signature]).value);
  openssl('x509', '-inform', 'DER', '-in', 'root.der', '-out', 'root.pem');
  await writeFile(
    file('services.der'),
    Buffer.from(await (await fetch(`${platform.url}/pki/services.crt`)).arrayBuffer()),
  );
  openssl('x509', '-inform', 'DER', '-in', 'services.der', '-out', 'services.pem');
  const verify = (data: string) =>
    openssl(
      'ts',
      '-verify',
      '-token_in',
      '-in',
      'token.der',
      '-data',
      data,
      '-CAfile',
      'root.pem',
      '-untrusted',
      'services.pem',
    );
  assert.match(verify('signature.bin').toString(), /Verification: OK/);
  assert.throws(() => verify('cms.der'), 'other bytes were not stamped');
}

test('story 6: page, API and command give one verdict: valid, invalid for a flipped byte, unsigned, and 400 for no PDF', async () => {
  const good = await readFile(file('signed.pdf'));
  const flipped = Buffer.from(good);
  const at = flipped.indexOf('stream') + 40; // inside the first content stream
  flipped[at] = (flipped[at] ?? 0) ^ 1;
  await writeFile(file('flipped.pdf'), flipped);
  const byApi = async (bytes: Buffer) => {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(bytes)], { type: 'application/pdf' }), 'x.pdf');
    const response = await fetch(`${platform.url}/api/v1/verify`, { method: 'POST', body: form });
    return { status: response.status, body: await response.json() };
  };
  assert.equal((await byApi(good)).body.verdict, 'valid');
  assert.equal((await byApi(flipped)).body.verdict, 'invalid');
  const none = await byApi(Buffer.from('this is no PDF'));
  assert.equal(none.status, 400);
  assert.equal(none.body.code, 'verify/not-a-pdf');

  const byCommand = await platform.run('--json', 'verify', file('signed.pdf'), file('flipped.pdf'));
  assert.deepEqual(
    byCommand.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).verdict),
    ['valid', 'invalid'],
    byCommand.stderr,
  );
  assert.equal(byCommand.code, 1);

  const { page } = await openDevice(browser, { device: phone, javaScript: false });
  await page.goto(`${platform.url}/verify`);
  await page.getByLabel('Chọn tệp PDF').setInputFiles(file('signed.pdf'));
  await page.getByRole('button', { name: 'Kiểm tra', exact: true }).click();
  await page.getByText('Hợp lệ', { exact: true }).first().waitFor();
  const { page: eyes } = await openDevice(browser, { device: phone });
  await eyes.goto(`${platform.url}/verify`);
  await look(eyes, 'verify-phone');
  const sent: string[] = [];
  eyes.on('request', (request) => sent.push(`${request.method()} ${new URL(request.url()).pathname}`));
  await eyes.getByLabel('Chọn tệp PDF').setInputFiles(file('flipped.pdf'));
  await eyes.route('**/api/v1/verify/{trust,files/*}', (route) => route.abort());
  await eyes.getByRole('button', { name: 'Kiểm tra', exact: true }).click();
  await eyes.getByRole('alert').filter({ hasText: 'không thể nói tệp đúng hay sai' }).waitFor();
  assert.equal(await eyes.locator('.verdict').count(), 0, 'without what it trusts it says nothing of the file');
  await eyes.unrouteAll();
  await eyes.route('**/api/v1/verify/files/*', (route) => route.abort());
  await eyes.getByRole('button', { name: 'Kiểm tra', exact: true }).click();
  await eyes.getByText('Chưa hỏi được văn bản này').waitFor();
  await eyes.unrouteAll();
  await eyes.getByText('Không hợp lệ', { exact: true }).first().waitFor();
  assert.doesNotMatch(await eyes.locator('main').innerText(), /\{"/, 'no raw JSON among the details');
  await look(eyes, 'verify-invalid-phone');
  await eyes.goto(`${platform.url}/verify`);
  await eyes.getByLabel('Chọn tệp PDF').setInputFiles(file('signed.pdf'));
  await eyes.getByRole('button', { name: 'Kiểm tra', exact: true }).click();
  await eyes.getByText('đúng từng byte với bản lưu ở đây').waitFor();
  const download = eyes.waitForEvent('download');
  await eyes.getByRole('link', { name: 'Cho máy đọc (JSON)' }).click();
  const { judgedAt: here, ...inPage } = JSON.parse(await readFile(await (await download).path(), 'utf8'));
  const { judgedAt: there, ...onServer } = (await byApi(good)).body;
  assert.deepEqual({ ...inPage, file: 'x.pdf' }, onServer, 'one judge, one report');
  assert.ok(here <= there);
  await look(eyes, 'verify-valid-phone');
  assert.deepEqual(
    sent.filter((line) => line.startsWith('POST')),
    [],
    'the file does not leave the machine',
  );
  await eyes.getByRole('button', { name: /^Gửi tệp lên máy chủ/ }).click();
  await eyes.getByRole('link', { name: 'Tải biên bản (PDF)' }).waitFor();
  await eyes.goto(`${platform.url}/verify/${(await readFile(file('code.txt'), 'utf8')).trim()}`);
  await look(eyes, 'verify-code-phone');
});

test('story 8: an administrator comes by the one-time link and does it all from the console', async () => {
  const device = await openDevice(browser, { device: desk });
  const { page } = device;
  await device.addAuthenticator();
  await beginByLink(platform, page, platform.welcome?.administratorLink ?? '');
  await page.goto(`${platform.url}/admin`);
  await page.getByRole('heading', { level: 1, name: /bước|việc/ }).waitFor();
  await lookAtBoth(page, 'console-home');
  await page.getByRole('link', { name: 'Người', exact: true }).click();
  await page.getByRole('searchbox').fill('dang thi anh nguyet');
  await page.getByRole('link', { name: 'Đặng Thị Ánh Nguyệt' }).waitFor();
  await lookAtBoth(page, 'console-people');
  await page.getByRole('link', { name: 'Đặng Thị Ánh Nguyệt' }).click();
  await page.getByText(/điều cần có, đều đủ/).click(); // folded while nothing is wrong
  await page.getByText('Đã kích hoạt tài khoản.').waitFor();
  await lookAtBoth(page, 'console-person');

  await page.getByRole('link', { name: 'Trường', exact: true }).click();
  await page.getByRole('link', { name: 'Trường Tiểu học Lê Lợi' }).click();
  await page.getByRole('link', { name: /Lớp 5A/ }).click();
  await page.getByRole('heading', { name: /Lớp 5A/ }).waitFor();
  await lookAtBoth(page, 'console-class');
  await page.emulateMedia({ media: 'print' });
  const printed = await page.evaluate(() => (document.querySelector('main')?.clientWidth ?? 0) / innerWidth);
  assert.ok(printed > 0.75, 'on paper the list has the whole width');
  await page.emulateMedia({ media: 'screen' });

  await page.getByRole('link', { name: 'Nhập danh sách' }).click();
  const header = 'Mã trường,Mã lớp,Mã định danh Bộ GD&ĐT,Họ và tên,Ngày sinh,Giới tính';
  await writeFile(
    file('roster.csv'),
    `${header}\nTH001,6B,7966660001,Lê Văn Mới,01/02/2014,Nam\nTH001,6B,7966660002,Ngày Sai,31/02/2014,Nam\n`,
  );
  await page.getByLabel('Tệp danh sách').setInputFiles(file('roster.csv'));
  await page.getByRole('button', { name: 'Xem trước thay đổi' }).click();
  await page.getByText('Không có ngày này trong lịch').waitFor();
  await lookAtBoth(page, 'console-import');
  await page.getByRole('button', { name: 'Áp dụng 1 thay đổi' }).click();
  await page.getByRole('heading', { name: 'Đã thêm 1' }).waitFor();

  await page.getByRole('link', { name: 'Ứng dụng', exact: true }).click();
  await page.getByText('Đã duyệt, không hỏi lại').first().waitFor(); // each app's own state
  await page.getByText('Hỏi từng người đồng ý').first().waitFor();
  await page.getByRole('link', { name: 'Thêm một ứng dụng' }).click();
  await page.getByLabel('Tên ứng dụng').fill('Sổ liên lạc');
  await page.getByLabel('Địa chỉ nhận kết quả đăng nhập').fill('http://localhost:4999/callback');
  await page.getByRole('button', { name: 'Tạo ứng dụng' }).click();
  await page.getByText('Mã bí mật chỉ hiện lần này').waitFor();
  await page.getByRole('link', { name: 'Tới trang của ứng dụng' }).click();
  await page.getByRole('heading', { name: 'Sổ liên lạc' }).waitFor();
  await lookAtBoth(page, 'console-app');
  await page.getByRole('link', { name: 'Sửa', exact: true }).click();
  await page.getByLabel('Ô trên trang ứng dụng dẫn tới').fill('ftp://localhost');
  await page.getByRole('button', { name: 'Lưu' }).click();
  await page.locator('#homeUri-error').waitFor();
  const sentence = await page.locator('#homeUri-error').innerText();
  assert.equal(await page.getByText(sentence, { exact: true }).count(), 1, 'said once, beside its field');
  await lookAtBoth(page, 'console-app-edit');
  await page.getByLabel('Ô trên trang ứng dụng dẫn tới').fill('http://localhost:4999/');
  await page.getByRole('button', { name: 'Lưu' }).click();
  await page.getByText('Đã lưu.').waitFor();

  await page.getByRole('link', { name: 'Đồng bộ', exact: true }).click();
  await page.getByRole('link', { name: 'Thêm một đích' }).click();
  await page.getByLabel('Tên', { exact: true }).fill('OpenLDAP của Sở');
  await page.getByLabel('Địa chỉ máy chủ').fill(slapd.url);
  await page.getByLabel('Nhánh để ghi').fill(slapd.baseDn);
  await page.getByLabel('Tài khoản của EduTrust ở đó').fill(slapd.bindDn);
  await page.getByLabel('Mật khẩu của tài khoản đó').fill(slapd.bindPassword);
  await page.getByRole('button', { name: 'Thêm', exact: true }).click();
  await page.getByText('Chưa kết nối lần nào').first().waitFor(); // not healthy before the first contact
  await page.getByRole('button', { name: 'Xem trước' }).click();
  await page.getByText(/^Nếu chạy bây giờ: thêm 4\d\d/).waitFor();
  await page.getByRole('button', { name: 'Thực hiện đúng như trên' }).click();
  await page.getByText(/^Xong: thêm 4\d\d/).waitFor();
  await lookAtBoth(page, 'console-sync');

  for (const [link, name, heading = link] of [
    ['Chứng thư', 'certificates', 'Chưa chứng thư nào sắp hết hạn'],
    ['Trình ký', 'signing'],
    ['Nhật ký', 'audit'],
    ['Thư đi', 'mail'],
  ] as const) {
    await page.getByRole('link', { name: link, exact: true }).click();
    await page.getByRole('heading', { name: heading, exact: true }).waitFor();
    await lookAtBoth(page, `console-${name}`);
  }
});

test('story 9: the log is proved whole, and an altered row is named', async () => {
  const verified = await platform.run('--json', 'log', 'verify');
  assert.equal(verified.code, 0, verified.stderr);
  await platform.query(`UPDATE platform.ledger_entry SET data = data || '{"altered": true}'
    WHERE id = (SELECT entry_id FROM platform.ledger_leaf WHERE log = 'audit' AND index = 17)`);
  const altered = await platform.run('--json', 'log', 'verify');
  assert.equal(altered.code, 1);
  const verdicts = altered.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(verdicts.find(({ log }) => log === 'audit').firstBadIndex, 17);
});
