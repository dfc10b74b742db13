import { readFile } from 'node:fs/promises';
import { addresses } from '@edutrust/admin-console/addresses';
import { person } from '@edutrust/testing/people';
import type { Page } from 'playwright-core';
import type { City } from './city.ts';
import { newerScreens } from './newer.ts';
import { previewRoster, rosterScreens } from './rosters.ts';
import { syncScreens } from './sync.ts';
import { consent, type Screen, signInPath, type Way } from './ways.ts';
import { screensWithin } from './within.ts';

/** The first that a list leads to: no form, no other list. */
const firstOf = (list: string) => async (page: Page, city: City) => {
  await page.goto(city.platform.url + list);
  const link = page.locator(`main tbody a[href^="${list}/"], main li a[href^="${list}/"]`).first();
  await page.goto(city.platform.url + (await link.getAttribute('href')));
};

/** From a page to where its first link of that kind leads. */
const linked = (from: string, href: string) => async (page: Page, city: City) => {
  await page.goto(city.platform.url + from);
  const link = page.locator(`main a[href${href}]`).first();
  await page.goto(city.platform.url + (await link.getAttribute('href')));
};

/** One page further than `linked`. */
const linkedTwice = (from: string, first: string, second: string) => async (page: Page, city: City) => {
  await linked(from, first)(page, city);
  await linked(new URL(page.url()).pathname, second)(page, city);
};

/** From the first school's page to one of its own. */
const ofSchool = (href: string) => linkedTwice('/admin/schools', '^="/admin/schools/0"', `$="${href}"`);

/** A dialog over the page. */
const pressed = (path: Way, button: string | RegExp) => async (page: Page, city: City) => {
  if (typeof path === 'string') await page.goto(city.platform.url + path);
  else await path(page, city);
  await page.getByRole('button', { name: button }).first().click();
  await page.locator('dialog[open]').waitFor();
};

/** A SCIM server that was written for Okta. */
async function newScim(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/admin/sync/new`);
  await page.getByLabel('Hệ thống kia nói kiểu nào').selectOption('scim');
  await page.getByLabel('Máy chủ được viết theo kiểu nào').selectOption('okta');
}

/** A directory that does not answer, and a system that reads from here. */
async function connect(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/admin/sync/new`);
  await page.getByLabel('Tên', { exact: true }).fill('Thư mục của thư viện');
  await page.getByLabel('Địa chỉ máy chủ').fill('ldap://localhost:1');
  await page.getByLabel('Nhánh để ghi').fill('dc=edu,dc=vn');
  await page.getByLabel('Tài khoản của EduTrust ở đó').fill('cn=admin,dc=edu,dc=vn');
  await page.getByLabel('Mật khẩu của tài khoản đó').fill('bí mật');
  await page.getByRole('button', { name: 'Thêm', exact: true }).click();
  await page.getByText('Chưa kết nối lần nào').first().waitFor();
}

/** A guardian asks for the erasure of a child's data. */
async function asked(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/account/data-requests`);
  const whose = page.getByLabel('Dữ liệu của ai');
  if (await whose.isVisible()) await whose.selectOption({ index: 1 });
  await page.getByText('xoá dữ liệu', { exact: true }).click();
  await page.getByLabel('Cụ thể là gì?').fill('Gia đình đã chuyển ra nước ngoài, xin xoá dữ liệu của con.');
  await page.getByRole('button', { name: 'Gửi yêu cầu' }).click();
  await page.getByText('Đã gửi. Theo dõi ngay dưới đây.').waitFor();
}

async function breached(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/admin/data-desk/breaches`);
  await page.getByRole('button', { name: 'Lập hồ sơ' }).click();
  await page.getByLabel('Chuyện gì đã xảy ra').fill('Mất một máy tính có danh sách lớp 5A.');
  await page.getByLabel('Đã làm gì để khắc phục').fill('Đã khoá máy từ xa, đổi mật khẩu.');
  await page.locator('dialog').getByRole('button', { name: 'Lập hồ sơ' }).click();
  await page.getByText('Mất một máy tính').waitFor();
}

async function letIn(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/admin/sync/clients/new`);
  await page.getByLabel('Tên hệ thống').fill('Lớp học ảo');
  await page.locator('main form button[type=submit]').click();
  await page.getByRole('heading', { name: 'Lớp học ảo' }).waitFor();
}

/** A teacher's page was the school's, with every class in it. */
async function classBefore(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/teach`);
  await page.getByRole('link', { name: /Lớp 5A/ }).click();
  await page.getByRole('heading', { name: /Lớp 5A/ }).waitFor();
}

/** What is typed finds people, documents and pages. */
async function searched(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/admin`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('nguyet');
  await page.getByRole('option').first().waitFor();
}

async function stuckPupil(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/admin/people?q=ho%20thuy%20nguyet`);
  await page.getByRole('main').getByRole('link', { name: 'Hồ Thuỳ Nguyệt' }).first().click();
  await page.getByRole('heading', { name: /^Vì sao/ }).waitFor();
}

/** From a pupil's page to one of its forms. */
const ofPupil = (href: string) => async (page: Page, city: City) => {
  await stuckPupil(page, city);
  await page.locator(`main a[href$="${href}"]`).click();
  await page.waitForURL(new RegExp(`${href}$`));
};

/** Another name: it asks for the paper that it stands on. */
async function corrected(page: Page, city: City): Promise<void> {
  await ofPupil('/edit')(page, city);
  await page.getByLabel('Họ và tên').fill('Nguyễn Thị Ánh Dương');
  await page.getByLabel('Số và ngày của giấy').waitFor();
}

/** The same, on its approval's page. */
async function correctionProposed(page: Page, city: City): Promise<void> {
  await corrected(page, city);
  await page.getByLabel('Số và ngày của giấy').fill('12/2016, ngày 05/03/2016, UBND phường Bến Thành');
  await page.getByLabel('Lý do').fill('Gõ sai tên đệm khi nhập học');
  await page.getByRole('button', { name: 'Gửi người thứ hai duyệt' }).click();
  await page.waitForURL(/\/admin\/approvals\//);
}

async function check(page: Page, city: City, path: string): Promise<void> {
  await page.goto(`${city.platform.url}/verify`);
  await page.locator('input[type=file]').first().setInputFiles(path);
  const button = page.getByRole('button', { name: 'Kiểm tra', exact: true });
  if (await button.isVisible()) await button.click();
  await page
    .getByText(/^(?:Hợp lệ|Không hợp lệ)$/)
    .first()
    .waitFor();
}

async function checkAltered(page: Page, city: City): Promise<void> {
  const bytes = await readFile((await city.signed()).path);
  const at = bytes.indexOf('stream') + 40; // inside the first content stream
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await check(page, city, await city.file('sua.pdf', bytes));
}

async function readOne(page: Page, isNow: boolean): Promise<void> {
  if (isNow) await page.getByRole('link', { name: /^Đọc / }).first().click();
  else await page.locator('main li button').first().click();
  await page.locator('[data-document]:not([aria-busy]) canvas').first().waitFor();
}

async function askedToConfirm(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Ký', exact: true }).click();
  await page.locator('[data-code4]').waitFor();
}

async function signIt(page: Page, city: City): Promise<void> {
  await page.getByRole('button', { name: city.isNow ? /^Mã giống, ký/ : 'Ký bằng passkey' }).click();
  await page.getByRole('heading', { name: 'Đã ký xong' }).waitFor();
}

const inventory: readonly Screen[] = [
  { name: '01 sign-in', who: 'visitor', open: signInPath },
  { name: '02 badge', who: 'visitor', open: '/b', before: null },
  { name: '03 activation', who: 'visitor', open: '/activate' },
  {
    name: '03 activation, is it you',
    who: 'visitor',
    open: (page, city) => city.typeCode(page, person(city.platform, 'Học sinh').code),
  },
  { name: '05 launcher of a pupil', who: 'pupil', open: '/' },
  { name: '04 consent', who: 'pupil', open: consent },
  { name: '05 launcher of a teacher', who: 'teacher', open: '/' },
  { name: '06 account of a pupil', who: 'pupil', open: '/account' },
  { name: '06 account of a teacher', who: 'teacher', open: '/account' },
  {
    name: '07 recovery, whom to ask',
    who: 'visitor',
    open: async (page, city) => {
      await page.goto(city.platform.url + signInPath);
      await page.getByText('Quên mật khẩu').first().click();
    },
    before: null,
  },
  { name: '07 recovery, codes', who: 'teacher', open: '/account/second-factor', before: null },
  { name: '08 class', who: 'teacher', open: '/teach', before: classBefore },
  {
    name: '08 badges of a class',
    who: 'teacher',
    open: async (page, city) => {
      await page.goto(`${city.platform.url}/teach`);
      const link = page.locator('main a[href$="/badges"]').first();
      await page.goto(city.platform.url + (await link.getAttribute('href')));
    },
    before: null,
  },
  { name: '09 home of a school', who: 'school', open: '/admin' },
  { name: '10 people', who: 'department', open: '/admin/people?q=nguyet', before: '/admin/people' },
  { name: '10 person', who: 'department', open: firstOf('/admin/people') },
  { name: '09 home of the department', who: 'department', open: '/admin' },
  { name: '11 schools', who: 'department', open: '/admin/schools' },
  { name: '12 import', who: 'school', open: '/admin/import' },
  { name: '12 import, what would change', who: 'school', open: previewRoster },
  { name: '13 apps', who: 'department', open: '/admin/apps' },
  { name: '13 app', who: 'department', open: firstOf('/admin/apps'), before: null },
  { name: '15 sync', who: 'department', open: '/admin/sync' },
  { name: '15 new target', who: 'department', open: '/admin/sync/new', before: null },
  { name: '15 new target, SCIM', who: 'department', open: newScim, before: null },
  { name: '18 log', who: 'auditor', open: '/admin/audit' },
  { name: '05 who looked', who: 'guardian', open: linked('/account/children', '$="/looks"'), before: null },
  { name: '06 new passkey', who: 'teacher', open: '/account/passkey', before: null },
  { name: '08 seat of a pupil', who: 'teacher', open: pressed('/teach', /chưa kích hoạt$/), before: null },
  { name: '08 marks', who: 'teacher', open: linked('/teach', '$="/marks"'), before: null },
  { name: '08 marks of one', who: 'teacher', open: linkedTwice('/teach', '$="/marks"', '*="/marks/0"'), before: null },
  {
    name: '08 marks from a file',
    who: 'teacher',
    open: linkedTwice('/teach', '$="/marks"', '$="/import"'),
    before: null,
  },
  { name: '08 slips', who: 'teacher', open: linked('/teach', '$="/slips"'), before: null },
  { name: '09 home of a teacher', who: 'teacher', open: '/admin', before: null },
  { name: '09 home of a clerk', who: 'clerk', open: '/admin', before: null },
  { name: '09 home of the officer', who: 'officer', open: '/admin', before: null },
  { name: '09 home of the auditor', who: 'auditor', open: '/admin', before: null },
  { name: '10 new person', who: 'department', open: '/admin/people/new?as=teacher', before: null },
  {
    name: '10 pupil',
    who: 'school',
    open: async (page, city) => {
      await page.goto(`${city.platform.url}/admin/people?q=${person(city.platform, 'Học sinh').educationId}`);
      await page.getByRole('link', { name: person(city.platform, 'Học sinh').name }).click();
      await page.getByRole('heading', { name: person(city.platform, 'Học sinh').name }).waitFor();
    },
    before: null,
  },
  { name: '11 school', who: 'department', open: firstOf('/admin/schools'), before: null },
  {
    name: '11 networks',
    who: 'department',
    open: ofSchool('/networks'),
    before: null,
  },
  {
    name: '11 apps of a school',
    who: 'school',
    open: ofSchool('/apps'),
    before: null,
  },
  {
    name: '11 computers',
    who: 'school',
    open: ofSchool('/computers'),
    before: null,
  },
  {
    name: '11 computers, a badge was found',
    who: 'school',
    open: pressed(ofSchool('/computers'), 'Có người nhặt được thẻ'),
    before: null,
  },
  { name: '11 wards', who: 'department', open: '/admin/wards', before: null },
  { name: '11 schools of a ward', who: 'department', open: linked('/admin/wards', '*="?ward="'), before: null },
  { name: '11 new school', who: 'department', open: '/admin/schools/new', before: null },
  { name: '11 school, change', who: 'department', open: ofSchool('/edit'), before: null },
  { name: '11 sealing', who: 'school', open: ofSchool('/sealing'), before: null },
  { name: '11 new class', who: 'school', open: ofSchool('/classes/new'), before: null },
  { name: '11 a network', who: 'department', open: pressed(ofSchool('/networks'), 'Thêm một mạng'), before: null },
  {
    name: '08 class, list',
    who: 'school',
    open: linkedTwice('/admin/schools', '^="/admin/schools/0"', '^="/admin/classes/"'),
    before: null,
  },
  { name: '10 search box', who: 'department', open: searched, before: null },
  { name: '10 person who cannot sign in', who: 'school', open: stuckPupil, before: null },
  { name: '10 person, change', who: 'school', open: ofPupil('/edit'), before: null },
  { name: '10 person, change of the name', who: 'school', open: corrected, before: null },
  { name: '14 correction, proposed', who: 'school', open: correctionProposed, before: null },
  { name: '10 person, transfer', who: 'school', open: ofPupil('/transfer'), before: null },
  { name: '10 person, offer', who: 'school', open: ofPupil('/offer'), before: null },
  { name: '10 transfers', who: 'school', open: '/admin/transfers', before: null },
  { name: '10 transfer, ask', who: 'school', open: '/admin/transfers/new', before: null },
  { name: '10 person, guardian', who: 'school', open: ofPupil('/guardian'), before: null },
  { name: '10 people, none', who: 'department', open: '/admin/people?q=khong%20co%20ai', before: null },
  ...rosterScreens,
  { name: '12 sources', who: 'department', open: '/admin/import/sources', before: null },
  { name: '12 remembered columns', who: 'school', open: '/admin/import/columns', before: null },
  { name: '12 new source', who: 'department', open: '/admin/import/sources/new', before: null },
  { name: '12 new school year of the city', who: 'department', open: '/admin/import/year', before: null },
  { name: '12 new school year', who: 'school', open: '/admin/import/roll-over', before: null },
  { name: '15 target', who: 'department', open: connect, before: null },
  { name: '15 client', who: 'department', open: letIn, before: null },
  { name: '15 sync, connected', who: 'department', open: '/admin/sync', before: null },
  { name: '15 new client', who: 'department', open: '/admin/sync/clients/new', before: null },
  { name: '15 webhooks', who: 'department', open: '/admin/sync/webhooks', before: null },
  { name: '18 who looked', who: 'auditor', open: '/admin/audit/accesses', before: null },
  { name: '18 mail', who: 'department', open: '/admin/mail', before: null },
  { name: '14 approvals', who: 'officer', open: '/admin/approvals', before: null },
  { name: '19 phone, first time', who: 'principal', open: '/sign/', before: '/sign' },
  { name: '19 phone, inbox', who: 'principal', open: (_, city) => city.classWaits() },
  {
    name: '22 phone, a class',
    who: 'principal',
    open: async (page) => {
      await page.getByRole('link', { name: /^Xem \d+ học bạ$/ }).click();
      await page.getByRole('button', { name: /^Ký \d+ học bạ$/ }).waitFor();
    },
    before: null,
  },
  { name: '20 phone, reading', who: 'principal', open: (page, city) => readOne(page, city.isNow) },
  { name: '21 phone, confirming', who: 'principal', open: askedToConfirm },
  { name: '22 phone, signed', who: 'principal', open: signIt },
  { name: '17 certificates', who: 'officer', open: '/admin/certificates' },
  { name: '17 certificate', who: 'officer', open: firstOf('/admin/certificates') },
  { name: '17 certificate requests', who: 'school', open: '/admin/certificates/requests', before: null },
  { name: '17 ask for a certificate', who: 'school', open: '/admin/certificates/requests/new', before: null },
  { name: '17 other roots', who: 'officer', open: '/admin/anchors', before: null },
  { name: '17 new root', who: 'officer', open: '/admin/anchors/new', before: null },
  { name: '16 signing', who: 'officer', open: '/admin/signing' },
  { name: '16 new document', who: 'school', open: '/admin/signing/new', before: null },
  { name: '16 what I sent', who: 'school', open: '/admin/signing/asked', before: null },
  { name: '23 verification', who: 'visitor', open: '/verify' },
  {
    name: '23 verification, valid',
    who: 'visitor',
    open: async (page, city) => check(page, city, (await city.signed()).path),
  },
  { name: '23 verification, changed', who: 'visitor', open: checkAltered },
  {
    name: '23 code of a document',
    who: 'visitor',
    open: async (page, city) => page.goto(`${city.platform.url}/verify/${(await city.signed()).code}`),
  },
  {
    name: '14 approval',
    who: 'officer',
    open: (page, city) =>
      city.approval ? page.goto(city.approval) : Promise.reject(new Error('nothing was approved')),
    before: null,
  },
  { name: '23 repository', who: 'visitor', open: '/pki' },
  { name: '24 API reference', who: 'visitor', open: '/api/docs' },
  { name: '24 new app', who: 'department', open: '/admin/apps/new', before: null },
  {
    name: '24 app, change',
    who: 'department',
    open: linkedTwice('/admin/apps', '^="/admin/apps/l"', '$="/edit"'),
    before: null,
  },
  { name: '25 children of a guardian', who: 'guardian', open: '/account/children', before: '/' },
  { name: '25 guardian’s launcher', who: 'guardian', open: '/' },
  { name: 'signed out', who: 'visitor', open: '/signed-out' },
  { name: 'nothing here', who: 'visitor', open: '/nothing-here' },
  { name: '26a-data-requests', who: 'guardian', open: asked, before: null },
  { name: '26b-data-desk', who: 'school', open: '/admin/data-desk', before: null },
  { name: '26c-data-request', who: 'school', open: firstOf('/admin/data-desk'), before: null },
  { name: '26d-breach', who: 'department', open: breached, before: null },
  { name: '26e-security', who: 'officer', open: '/admin/security', before: null },
  {
    name: '26f-review',
    who: 'school',
    open: linkedTwice('/admin/schools', '^="/admin/schools/"', '$="/review"'),
    before: null,
  },
];

/** Each list and form of the console before anything was made; what the first two people see. */
export const emptyScreens: readonly Screen[] = [
  ...addresses
    .filter((address) => address.startsWith('/admin') && !address.includes(':'))
    .map((open): Screen => ({ name: `empty ${open.slice(1).replaceAll('/', ' ')}`, who: 'department', open })),
  { name: 'empty home of the officer', who: 'officer', open: '/admin' },
  { name: 'empty log of the officer', who: 'officer', open: '/admin/audit' },
  { name: 'empty certificates of the officer', who: 'officer', open: '/admin/certificates' },
  { name: 'empty signing of the officer', who: 'officer', open: '/admin/signing' },
];
/** In this order: a later one may need what an earlier one has made. */
export const screens: readonly Screen[] = [...inventory, ...screensWithin, ...newerScreens, ...syncScreens];
