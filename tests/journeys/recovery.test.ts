import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { approveAt, confirmProposal } from '@edutrust/testing/approvals';
import { askAs } from '@edutrust/testing/ask';
import {
  addAuthenticator,
  authenticatorOf,
  desk,
  look,
  lookAtBoth,
  openBrowser,
  openDevice,
  phone,
} from '@edutrust/testing/chromium';
import { type OtherHouse, otherHouse } from '@edutrust/testing/other-house';
import { activate, begin, beginByLink, person, signIn, staffPassword } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import { totp } from '@edutrust/testing/totp';
import type { Browser, Page } from 'playwright-core';

/**
 * A parent who lost one thing after another: phone, password, laptop. Each test goes on where the one before stopped.
 */

const newPassword = 'bốn con vịt bơi qua sông';
let platform: Platform;
let browser: Browser;
let house: OtherHouse;
let folder: string;
/** At home, where the parent began; at the desk of the school; the officer who seals second. */
let home: Page;
let school: Page;
let officer: Page;
/** Ten recovery codes of which each works once. */
let codes: string[];

before(async () => {
  house = await otherHouse();
  folder = await mkdtemp(join(tmpdir(), 'edutrust-upstream-'));
  const [file, clientSecretFile] = [join(folder, 'upstream.json'), join(folder, 'secret')];
  await writeFile(clientSecretFile, 'a secret\n');
  const name = { vi: 'Cổng dịch vụ công', en: 'Public services' };
  await writeFile(
    file,
    JSON.stringify([{ id: 'services', name, issuer: house.issuer, clientId: 'edutrust', clientSecretFile }]),
  );
  platform = await Platform.start({ EDUTRUST_UPSTREAM: file });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await platform?.[Symbol.asyncDispose]();
  await house?.[Symbol.asyncDispose]();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const father = () => person(platform, 'Phụ huynh');
const pageOf = async (device: typeof desk | typeof phone) => (await openDevice(browser, { device })).page;

async function signOut(page: Page): Promise<void> {
  await page.goto(platform.url);
  await page.getByRole('button', { name: 'Đăng xuất' }).click();
  await page.getByRole('heading', { name: 'Đã đăng xuất' }).waitFor();
}

/** Up to the code after the password, at the sign-in page. */
async function toSecondStep(page: Page, password: string): Promise<void> {
  await page.goto(platform.url);
  await signIn(page, father().educationId, password);
  await page.getByRole('heading', { name: 'Mã từ ứng dụng xác thực' }).waitFor();
}

async function typeCode(page: Page, code: string): Promise<void> {
  await page.getByLabel('Mã sáu số').fill(code);
  await page.getByRole('button', { name: 'Đăng nhập' }).click();
}

const isIn = (page: Page) => page.waitForURL(`${platform.url}/`);
/** The page of somebody, found by the education ID as it is typed. */
async function openPerson(page: Page, educationId: string, name: string): Promise<void> {
  await page.goto(`${platform.url}/admin/people?q=${encodeURIComponent(educationId)}`);
  await page.getByRole('main').getByRole('link', { name }).first().click();
  await page.getByRole('heading', { name }).first().waitFor();
}

test('a phone that is lost: the page says whom to ask, a recovery code lets its owner in, once, whatever is tapped, reloaded or gone back to', async () => {
  home = await pageOf(desk);
  await activate(platform, home, father().code, staffPassword);
  await isIn(home);
  await home.goto(`${platform.url}/account`);
  await home.getByRole('link', { name: 'Thêm mã từ ứng dụng xác thực' }).click();
  const key = await home.locator('main .code').first().innerText();
  await home.getByLabel('Mã sáu số').fill(totp(key));
  await home.getByRole('button', { name: 'Bật mã xác nhận' }).click();
  codes = await home.locator('[data-recovery-codes] li').allInnerTexts();
  assert.equal(new Set(codes).size, 10);
  await lookAtBoth(home, 'recovery-codes');
  await home.reload();
  await home.getByRole('heading', { name: 'Mã xác nhận đang bật' }).waitFor();
  assert.equal(await home.locator('[data-recovery-codes]').count(), 0, 'shown once');

  const page = await pageOf(phone);
  await page.goto(platform.url);
  await signIn(page, father().educationId, 'không phải mật khẩu');
  await page.getByText(/không đúng/).waitFor();
  await page.getByText('Quên mật khẩu?').click();
  await page.getByText('Chưa thì hỏi quản trị viên của trường.').waitFor();
  await lookAtBoth(page, 'recovery-whom-to-ask');
  await toSecondStep(page, staffPassword);
  await lookAtBoth(page, 'recovery-second-step');
  await page.goBack();
  await page.goForward();
  await page.reload();
  await typeCode(page, 'AAAA-BBBB');
  await page.getByText('Mã không đúng hoặc đã dùng rồi.').waitFor();
  await page.getByLabel('Mã sáu số').fill(codes[0] ?? '');
  await page.getByRole('button', { name: 'Đăng nhập' }).dblclick();
  await isIn(page);
  await signOut(page);
  await toSecondStep(page, staffPassword);
  await typeCode(page, codes[0] ?? '');
  await page.getByText('Mã không đúng hoặc đã dùng rồi.').waitFor();
  await typeCode(page, codes[1] ?? '');
  await isIn(page);
  await page.context().close();
});

test('a password that is forgotten: the school’s desk and an officer make the code, neither knows it whole; every place ends, the factor stays, the parent is told', async () => {
  [school, officer] = [await pageOf(desk), await pageOf(desk)];
  await begin(platform, school, person(platform, 'Quản trị trường'));
  await begin(platform, officer, person(platform, 'An toàn'));
  await openPerson(school, father().educationId, father().name);
  await school.getByRole('button', { name: 'Quên mật khẩu, cấp mã mới' }).click();
  await lookAtBoth(school, 'recovery-desk-asks');
  await school.getByRole('button', { name: 'Cấp mã', exact: true }).click();
  const address = await confirmProposal(school);
  assert.equal(await school.getByRole('button', { name: /Đóng dấu thứ hai/ }).count(), 0, 'not alone');
  await lookAtBoth(school, 'recovery-desk-waits');
  await approveAt(officer, address);
  await school.reload();
  const halves: string[] = [];
  for (const page of [school, officer]) {
    await page.getByRole('button', { name: 'Hiện phần của tôi' }).click();
    halves.push(await page.locator('strong.tracking-widest').innerText());
  }
  await lookAtBoth(officer, 'recovery-desk-half');

  const page = await pageOf(phone);
  await activate(platform, page, halves.join(''), newPassword);
  await page.getByRole('heading', { name: 'Mã từ ứng dụng xác thực' }).waitFor();
  await typeCode(page, codes[2] ?? '');
  await isIn(page);
  await page.goto(`${platform.url}/account`);
  await page.getByRole('heading', { name: 'Tin báo cho tôi' }).waitFor();
  await page;
  await lookAtBoth(page, 'recovery-told');
  await home.goto(`${platform.url}/account`);
  await home.getByRole('heading', { name: 'Đăng nhập', exact: true }).waitFor();
  await signIn(home, father().educationId, staffPassword);
  await home.getByText(/không đúng/).waitFor();
  await page.context().close();
});

test('a laptop that is lost: the second passkey opens the account and takes the first one away, which then opens nothing', async () => {
  await toSecondStep(home, newPassword);
  await typeCode(home, codes[3] ?? '');
  await isIn(home);
  const makePasskey = async (name: string) => {
    await home.getByLabel('Tên để nhận ra').fill(name);
    await home.getByRole('button', { name: 'Tạo passkey' }).click();
    await home.waitForURL(`${platform.url}/account?done=added`);
  };
  const laptop = await authenticatorOf(home);
  const of = ({ id }: { readonly id: string }) => ({ authenticatorId: id });
  await home.goto(`${platform.url}/account/passkey`);
  await makePasskey('Máy tính xách tay');
  // Whoever only knows the password makes no second one: the first is asked for.
  await home.getByRole('link', { name: 'Thêm passkey' }).click();
  await home.getByRole('heading', { name: `Đúng là ${father().name}?` }).waitFor();
  await home.getByRole('button', { name: 'Dùng vân tay, khuôn mặt' }).click();
  await home.getByLabel('Tên để nhận ra').waitFor();
  const { credentials } = await laptop.cdp.send('WebAuthn.getCredentials', of(laptop));
  await laptop.cdp.send('WebAuthn.removeVirtualAuthenticator', of(laptop));
  await addAuthenticator(home, 'usb');
  await makePasskey('Khoá bảo mật');
  await signOut(home);
  await home.goto(platform.url);
  const tap = home.getByRole('button', { name: 'Dùng vân tay, khuôn mặt' });
  await tap.click();
  await home.getByText('Bấm lần nữa để dùng điện thoại hoặc khoá bảo mật').waitFor(); // the key is no part of the laptop
  await tap.click();
  await isIn(home);
  await home.goto(`${platform.url}/account`);
  await lookAtBoth(home, 'recovery-two-passkeys');
  await home.getByRole('button', { name: 'Gỡ: Máy tính xách tay' }).click();
  await home.waitForURL(`${platform.url}/account?done=removed`);

  const page = await pageOf(desk);
  const found = await authenticatorOf(page);
  for (const credential of credentials) await found.cdp.send('WebAuthn.addCredential', { ...of(found), credential });
  await page.goto(platform.url);
  await page.getByRole('button', { name: 'Dùng vân tay, khuôn mặt' }).click();
  await page
    .getByRole('alert')
    .filter({ hasText: /passkey/i })
    .waitFor();
  await look(page, 'recovery-removed-passkey');
  await page.goto(`${platform.url}/account`);
  await page.getByRole('heading', { name: 'Đăng nhập', exact: true }).waitFor();
  await page.context().close();
});

test('an account of another house opens nothing until its owner has linked it here, and nothing once that is undone', async () => {
  house.who = { sub: 'hung-o-noi-khac' };
  const page = await pageOf(phone);
  const comeFromThere = async () => {
    await page.goto(platform.url);
    await page.getByRole('link', { name: 'Vào bằng Cổng dịch vụ công' }).click();
  };
  await comeFromThere();
  await page.getByText(/chưa nối/).waitFor();
  await look(page, 'upstream-not-linked');
  await home.goto(`${platform.url}/account`);
  await home.getByRole('link', { name: 'Tài khoản của nơi khác' }).click();
  await home.getByRole('link', { name: 'Nối với Cổng dịch vụ công' }).click();
  await home.getByText(/^Đã nối/).waitFor();
  await lookAtBoth(home, 'upstream-linked');
  await comeFromThere();
  await isIn(page);
  await page.goBack();
  await signOut(page);
  await home.getByRole('button', { name: 'Thôi nối: Cổng dịch vụ công' }).click();
  await home.getByText('Chưa nối').waitFor();
  await comeFromThere();
  await page.getByText(/chưa nối/).waitFor();
  await page.context().close();
});

test('a parent of two: the school finds who has a record already, each child has its own part of the page, no other child any; an app that would act for them names both', async () => {
  const { items } = await askAs(school, 'GET', '/api/v1/people?role=learner&limit=50');
  const own = await askAs(home, 'GET', '/api/v1/account/children');
  const isOther = ({ id }: { id: string }) => own.items.every((one: { id: string }) => one.id !== id);
  const [second, stranger] = items.filter(isOther);
  await school.goto(`${platform.url}/admin/people/${second.id}/guardian`);
  await school.getByLabel('Là gì của em').selectOption({ label: 'Cha' });
  await school.getByLabel('Họ và tên').fill(father().name);
  await school.getByRole('radio', { name: new RegExp(father().educationId) }).check();
  await lookAtBoth(school, 'guardian-known');
  await school.getByRole('button', { name: 'Thêm người giám hộ' }).click();
  await school.getByText(`Đã thêm ${father().name}.`).waitFor();

  await home.goto(platform.url);
  await home.getByRole('link', { name: 'Con của tôi' }).click();
  await lookAtBoth(home, 'guardian-of-two');
  const names = [own.items[0].fullName, second.fullName];
  for (const name of names) await home.getByRole('article', { name }).waitFor();
  assert.equal(await home.getByRole('article').count(), 2);
  await home
    .getByRole('article', { name: second.fullName })
    .getByRole('link', { name: /^Ai đã xem hồ sơ của/ })
    .click();
  await home.getByRole('heading', { level: 1, name: new RegExp(second.fullName) }).waitFor();
  const others = home.url().replace(second.id, stranger.id);
  assert.notEqual(others, home.url());
  assert.equal((await home.goto(others))?.status(), 404);

  // An app that asks to act for them names both before anything is agreed to.
  const redirect = 'http://localhost:4/back';
  const asking = ['--redirect', redirect, '--scope', 'openid', 'profile', 'acting_for', '--kind', 'spa'];
  const purpose = ['--purpose-vi', 'Xin phép nghỉ học cho con.'];
  const added = await platform.run(
    '--json',
    'apps',
    'add',
    'Sổ liên lạc',
    '--organisation',
    'SGDDT',
    ...purpose,
    ...asking,
  );
  assert.equal(added.code, 0, added.stderr);
  const query = new URLSearchParams({
    client_id: JSON.parse(added.stdout).clientId,
    redirect_uri: redirect,
    response_type: 'code',
    scope: 'openid profile acting_for',
    state: 'a-state',
    code_challenge: 'A'.repeat(43),
    code_challenge_method: 'S256',
  });
  await home.goto(`${platform.url}/oidc/auth?${query}`);
  await home.getByRole('heading', { name: 'Làm thay cho con' }).waitFor();
  for (const name of names) await home.getByText(name).waitFor();
  await lookAtBoth(home, 'consent-acting-for');
});

test('a child with two records and a new number of the state: written and merged by two people, and the ID that is printed on the old card still signs in', async () => {
  const department = await pageOf(desk);
  await beginByLink(platform, department, platform.welcome?.administratorLink ?? '');
  const child = person(platform, 'Học sinh');
  const page = await pageOf(desk);
  await activate(platform, page, child.code, 'mèo con thích ăn cá');
  await isIn(page);
  await signOut(page);
  await openPerson(school, child.educationId, child.name);
  const id = new URL(school.url()).pathname.split('/').at(-1);
  // What the ministry gave the child is written by a paper and two people, and goes along in the merge.
  await school.goto(`${platform.url}/admin/people/${id}/edit`);
  await school.getByLabel('Mã hồ sơ học tập suốt đời').fill('0792 1601 2345');
  await school.getByLabel('Số và ngày của giấy').fill('Tra cứu ngày 28/11/2026');
  await school.getByLabel('Lý do').fill('Bộ vừa cấp mã');
  await lookAtBoth(school, 'correct-numbers');
  await school.getByRole('button', { name: 'Gửi người thứ hai duyệt' }).click();
  await approveAt(officer, await confirmProposal(school));
  await openPerson(school, child.educationId, child.name);
  await school.getByText('079216012345').waitFor();
  await look(school, 'person-numbers');
  const { affiliations, birthDate } = await askAs(school, 'GET', `/api/v1/people/${id}`);
  const organisationId = affiliations.find(({ role }: { role: string }) => role === 'learner').organisation.id;
  const twice = { fullName: child.name, birthDate, role: 'learner', organisationId };
  const made = await askAs(school, 'POST', '/api/v1/people', twice);
  const duplicate = await askAs(school, 'GET', `/api/v1/people/${made.id}`);
  await department.goto(`${platform.url}/admin/people/${made.id}`);
  await department.getByRole('link', { name: 'Gộp hồ sơ trùng' }).click();
  await department.getByRole('radio', { name: new RegExp(child.educationId) }).check();
  await lookAtBoth(department, 'merge');
  await department.getByRole('button', { name: 'Gộp vào hồ sơ đã chọn' }).click();
  const address = await confirmProposal(department);
  await approveAt(officer, address);
  await department.goto(`${platform.url}/admin/people/${made.id}`);
  await department.getByText('Hồ sơ này đã gộp vào hồ sơ khác').waitFor();
  assert.equal(await department.getByRole('link', { name: 'Sửa hồ sơ' }).count(), 0, 'it would be refused');
  await lookAtBoth(department, 'merge-old-record');
  await department.getByRole('link', { name: 'Mở hồ sơ còn lại' }).click();
  await department.getByRole('main').getByRole('link', { name: child.name }).click();
  await department.getByText('Mã cũ').waitFor();
  await page.goto(platform.url);
  await signIn(page, duplicate.educationId, 'mèo con thích ăn cá');
  await isIn(page);
  await page.goto(`${platform.url}/account`);
  await page.getByText(child.educationId).first().waitFor();
  await page.getByText('079216012345').waitFor();
  await lookAtBoth(page, 'account-numbers');
});

test('a change that was not theirs: «không phải tôi» takes it back, nobody is in any more, and the desk resumes the account', async () => {
  await home.goto(`${platform.url}/account`);
  await lookAtBoth(home, 'not-me-offered');
  await home
    .getByRole('link', { name: /^Không phải tôi:/ })
    .first()
    .click();
  await home.getByRole('heading', { name: 'Không phải mình làm?' }).waitFor();
  await lookAtBoth(home, 'not-me');
  await home.getByRole('button', { name: 'Không phải tôi, lấy lại' }).dblclick();
  await home.getByRole('heading', { name: 'Đã lấy lại' }).waitFor();
  await lookAtBoth(home, 'not-me-done');
  await home.goto(`${platform.url}/account`);
  await home.getByRole('heading', { name: 'Đăng nhập', exact: true }).waitFor();
  await openPerson(school, father().educationId, father().name);
  await lookAtBoth(school, 'not-me-desk');
  await school.getByRole('button', { name: 'Mở lại tài khoản' }).click();
  await school.getByRole('dialog').getByRole('button', { name: 'Mở lại tài khoản' }).click();
  await school.getByRole('button', { name: 'Lấy lại cách đăng nhập' }).click();
  await lookAtBoth(school, 'not-me-desk-chooses');
});
