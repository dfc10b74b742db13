import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freshCode, person, signIn, staffPassword } from '@edutrust/testing/people';
import { totp } from '@edutrust/testing/totp';
import type { Page } from 'playwright-core';
import type { City } from './city.ts';
import { consent, type Screen, signInPath } from './ways.ts';

async function chooseHow(page: Page, city: City, role: string): Promise<void> {
  await city.typeCode(page, await freshCode(city.platform, person(city.platform, role)));
  await page.getByRole('button', { name: 'Đúng', exact: true }).click();
  await page.getByLabel('Mật khẩu mới').waitFor({ state: 'attached' });
}

/** Up to the camera of a computer in the school's network, where badges work. */
async function toBadge(page: Page, city: City): Promise<void> {
  await page.goto(city.platform.url);
  await page.getByRole('link', { name: /thẻ/i }).first().click();
  await page.getByRole('heading', { name: 'Em giơ thẻ lên nhé' }).waitFor();
}

async function toPin(page: Page, city: City, kind: 'pictures' | 'digits'): Promise<void> {
  const badge = await city.badge(kind);
  await toBadge(page, city);
  await page.getByRole('button', { name: 'Máy không có máy ảnh' }).click();
  await page.getByLabel(/Tám chữ và số/).fill(badge);
  await page.getByRole('button', { name: 'Tiếp', exact: true }).click();
  await page.getByRole('heading', { name: /của em$/ }).waitFor();
}

const run = promisify(execFile);

/** A screen that asks to be let in, with the code that it shows. */
async function device(city: City): Promise<string> {
  const added = await city.platform.run(
    ...['--json', 'apps', 'add', 'Bảng lớp', '--organisation', 'SGDDT', '--kind', 'device', '--approved'],
    ...['--purpose-vi', 'Chiếu bài giảng lên màn hình của lớp.'],
  );
  const body = new URLSearchParams({ client_id: JSON.parse(added.stdout).clientId, scope: 'openid profile' });
  const answer = await fetch(`${city.platform.url}/oidc/device_authorization`, { method: 'POST', body });
  return ((await answer.json()) as { verification_uri_complete: string }).verification_uri_complete;
}

async function typeDeviceCode(page: Page, city: City): Promise<void> {
  await page.goto(await device(city));
  await page.getByRole('button', { name: 'Tiếp tục' }).click();
  await page.getByRole('heading', { name: 'Cho thiết bị vào Bảng lớp?' }).waitFor();
}

async function loseIt(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/sign/device`);
  await page.getByRole('button', { name: 'Mất hoặc đổi điện thoại' }).click();
  await page.locator('dialog[open]').waitFor();
}

async function makeSlips(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/teach`);
  await page.getByRole('link', { name: 'In phiếu kích hoạt' }).click();
  await page.getByRole('button', { name: /^Lập \d+ phiếu$/ }).click();
  const [sure, print] = [/^Cấp \d+ mã$/, /^In \d+ phiếu$/].map((name) => page.getByRole('button', { name }));
  await sure
    ?.or(print ?? sure)
    .first()
    .waitFor();
  if (await sure?.isVisible()) await sure?.click();
  await print?.waitFor();
}

async function makeSheet(page: Page, city: City, what: string, sure: string): Promise<void> {
  await page.goto(`${city.platform.url}/teach`);
  await page.getByRole('link', { name: 'Thẻ', exact: true }).click();
  await page.getByRole('button', { name: new RegExp(`^(?:Làm|Cấp) \\d+ ${what}$`) }).click();
  await page.getByRole('button', { name: sure, exact: true }).click();
  await page.getByRole('button', { name: /^In \d+ tờ nhỏ$/ }).waitFor();
}

/** A PDF of one empty page, without any signature (ISO 32000-1 §7.5). */
function plainPdf(): string {
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>',
  ];
  let file = '%PDF-1.4\n';
  const places = objects.map((object, index) => {
    const at = file.length;
    file += `${index + 1} 0 obj${object}endobj\n`;
    return `${String(at).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 4\n0000000000 65535 f \n${places.join('')}trailer<</Size 4/Root 1 0 R>>\n`;
  return `${file}${table}startxref\n${file.length}\n%%EOF\n`;
}

/** Signed by somebody whom no authority that is trusted here certifies (openssl). */
async function strangersFile(city: City): Promise<string> {
  const at = (name: string) => join(city.platform.directory, name);
  const text = await city.file('thu.txt', 'Kính gửi Sở Giáo dục và Đào tạo\n');
  const identity = ['-keyout', at('la.key'), '-out', at('la.crt'), '-subj', '/CN=Công ty Sách Lạ', '-days', '30'];
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await run('openssl', ['req', '-x509', '-utf8', ...ec, ...identity]);
  const keys = ['-signer', at('la.crt'), '-inkey', at('la.key'), '-md', 'sha256'];
  const files = ['-in', text, '-out', at('thu.p7m'), '-outform', 'DER', '-nodetach', '-binary'];
  await run('openssl', ['cms', '-sign', ...keys, ...files]);
  return at('thu.p7m');
}

async function check(page: Page, city: City, file: string, verdict: string): Promise<void> {
  await page.goto(`${city.platform.url}/verify`);
  await page.locator('input[type=file]').first().setInputFiles(file);
  await page.getByRole('button', { name: 'Kiểm tra', exact: true }).click();
  await page.getByText(verdict, { exact: true }).first().waitFor();
}

/** Screens that one comes to in the middle of something, and those of what went wrong; after all of the inventory. */
export const screensWithin: readonly Screen[] = [
  { name: '01 sign-in for an app', who: 'visitor', open: consent },
  {
    name: '01 sign-in, wrong password',
    who: 'visitor',
    open: async (page, city) => {
      await page.goto(city.platform.url + signInPath);
      await signIn(page, person(city.platform, 'Phụ huynh').educationId, 'không phải mật khẩu');
      await page.getByText(/không đúng/).waitFor();
    },
  },
  {
    name: '01 sign-in at a school',
    who: 'visitor',
    open: async (page, city) => {
      const { roles } = await city.ask('school', 'GET', '/api/v1/me');
      const path = `/api/v1/organisations/${roles[0].organisation.id}/networks`;
      for (const range of ['127.0.0.1/32', '::1/128'])
        await city.ask('department', 'POST', path, { range, name: 'Phòng máy' });
      await page.goto(city.platform.url + signInPath);
    },
  },
  { name: '01 which account', who: 'teacher', open: `${consent}&prompt=select_account` },
  { name: '01 step-up', who: 'teacher', open: `${consent}&prompt=login` },
  { name: '01 signing out', who: 'teacher', open: '/oidc/session/end' },
  { name: '02 badge, camera', who: 'visitor', open: toBadge },
  {
    name: '02 badge, typed code',
    who: 'visitor',
    open: async (page, city) => {
      await toBadge(page, city);
      await page.getByRole('button', { name: 'Máy không có máy ảnh' }).click();
      await page.getByLabel(/Tám chữ và số/).waitFor();
    },
  },
  { name: '02 badge, digits', who: 'visitor', open: (page, city) => toPin(page, city, 'digits') },
  { name: '02 badge, pictures', who: 'visitor', open: (page, city) => toPin(page, city, 'pictures') },
  { name: '03 activation, first link', who: 'visitor', open: '/activate/first' },
  {
    name: '03 activation, wrong code',
    who: 'visitor',
    open: async (page, city) => {
      await city.typeCode(page, 'ABCD-EFGH-JKLM');
      await page.locator('[aria-invalid]').waitFor();
    },
  },
  { name: '03 activation, a pupil chooses', who: 'visitor', open: (page, city) => chooseHow(page, city, 'Học sinh') },
  {
    name: '03 activation, a teacher chooses',
    who: 'visitor',
    open: (page, city) => chooseHow(page, city, 'Giáo viên'),
  },
  {
    name: '07 second factor, set up',
    who: 'guardian',
    open: async (page, city) => {
      await page.goto(`${city.platform.url}/account/second-factor`);
      await page.getByLabel('Mã sáu số').fill(totp(await page.locator('main .code').first().innerText()));
      await page.getByRole('button', { name: 'Bật mã xác nhận' }).click();
      await page.locator('[data-recovery-codes]').waitFor();
    },
  },
  { name: '07 second factor, kept', who: 'guardian', open: '/account/second-factor' },
  {
    name: '07 second factor, asked',
    who: 'visitor',
    open: async (page, city) => {
      await page.goto(city.platform.url + signInPath);
      await signIn(page, person(city.platform, 'Phụ huynh').educationId, staffPassword);
      await page.getByLabel('Mã sáu số').waitFor();
    },
  },
  { name: '06 who looked at me', who: 'pupil', open: '/account/looks' },
  { name: '24 device, code', who: 'pupil', open: '/device' },
  { name: '24 device, confirm', who: 'guardian', open: typeDeviceCode },
  {
    name: '24 device, done',
    who: 'guardian',
    open: async (page, city) => {
      await typeDeviceCode(page, city);
      await page.getByRole('button', { name: /Đúng mã/ }).click();
      await page.getByRole('heading', { name: 'Xong' }).waitFor();
    },
  },
  { name: 'an app that is not known', who: 'visitor', open: '/oidc/auth?client_id=khong-co&response_type=code' },
  { name: '22 phone, receipts', who: 'principal', open: '/sign/signed' },
  {
    name: '20 phone, rejecting',
    who: 'principal',
    open: async (page, city) => {
      await page.goto(`${city.platform.url}/sign/`);
      await page.getByRole('link', { name: /^Xem \d+ học bạ$/ }).click();
      await page.getByRole('link', { name: /^Đọc / }).first().click();
      await page.getByRole('button', { name: 'Từ chối' }).click();
      await page.locator('dialog[open]').waitFor();
    },
  },
  { name: '19 phone, nothing waits', who: 'clerk', open: '/sign/' },
  { name: '19 phone, this phone', who: 'teacher', open: '/sign/device' },
  { name: '19 phone, lost', who: 'teacher', open: loseIt },
  {
    name: '19 phone, after a loss',
    who: 'teacher',
    open: async (page, city) => {
      await loseIt(page, city);
      await page.getByRole('button', { name: /khoá ngay/ }).click();
      await page.getByRole('button', { name: 'Tạo passkey ký' }).waitFor();
    },
  },
  {
    name: '19 phone, waits for the call',
    who: 'teacher',
    open: async (page, city) => {
      await page.goto(`${city.platform.url}/sign/`);
      await page.getByRole('button', { name: 'Tạo passkey ký' }).click();
      await page.locator('[data-approval-code]').waitFor();
    },
  },
  {
    name: '23 verification, no signature',
    who: 'visitor',
    open: async (page, city) => check(page, city, await city.file('trang.pdf', plainPdf()), 'Không có chữ ký'),
  },
  {
    name: '23 verification, a stranger',
    who: 'visitor',
    open: async (page, city) => check(page, city, await strangersFile(city), 'Chưa kết luận được'),
  },
  {
    name: '23 code of a document that waits',
    who: 'visitor',
    open: async (page, city) => {
      const { items } = await city.ask('officer', 'GET', '/api/v1/signing/requests?limit=50');
      const { code } = items.find(({ state }: { state: string }) => state === 'waiting');
      await page.goto(`${city.platform.url}/verify/${code}`);
    },
  },
  {
    name: '23 code that is not known',
    who: 'visitor',
    open: '/verify/AAAA-BBBB-CCCC',
  },
  { name: '14 slips, on the screen', who: 'teacher', open: makeSlips },
  { name: '14 badges, on the screen', who: 'teacher', open: (page, city) => makeSheet(page, city, 'thẻ', 'Làm thẻ') },
  { name: '14 secrets, on the screen', who: 'teacher', open: (page, city) => makeSheet(page, city, 'bí mật', 'Cấp') },
];
