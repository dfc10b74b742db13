import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { askAs } from '@edutrust/testing/ask';
import { authenticatorOf, desk, lookAtBoth, openBrowser, openDevice, phone } from '@edutrust/testing/chromium';
import { eventually } from '@edutrust/testing/eventually';
import { activate, beginByLink, person, signIn, staffPassword } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import { freePort } from '@edutrust/testing/port';
import type { Browser, Page } from 'playwright-core';

const root = new URL('../..', import.meta.url).pathname;
let platform: Platform;
let browser: Browser;
/** The developer at the console, who answers for the apps of the department. */
let page: Page;
const apps: ChildProcess[] = [];
/** The app of the first test, whose developer went on to real people. */
let clientId: string;
let origin: string;
before(async () => {
  platform = await Platform.start();
  browser = await openBrowser();
  ({ page } = await openDevice(browser, { device: desk }));
});
after(async () => {
  for (const app of apps) app.kill();
  await browser?.close();
  await platform?.[Symbol.asyncDispose]();
});

/** The example, which is openid-client and nothing of ours, with what the console gave the developer. */
async function startApp(name: string, port: number, settings: Record<string, string>): Promise<ChildProcess> {
  const app = spawn(process.execPath, [join(root, 'examples/relying-app/src/main.ts')], {
    env: { PATH: process.env.PATH, PORT: String(port), APP_NAME: name, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  apps.push(app);
  assert.ok(app.stdout);
  await once(app.stdout, 'data');
  return app;
}

/** What the console shows once, as it is pasted into a shell. */
async function pastedSettings(): Promise<Record<string, string>> {
  const text = await page.locator('pre', { hasText: 'CLIENT_SECRET=' }).innerText();
  return Object.fromEntries(text.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

const stateOf = (title: string) => page.getByRole('listitem').filter({ hasText: title }).locator('.mark').first();

test('a developer’s first five minutes: from nothing to school claims on localhost, with nobody’s approval; a mistake says what it is', async () => {
  await beginByLink(platform, page, platform.welcome?.administratorLink ?? '');
  const port = await freePort();
  origin = `http://localhost:${port}`;
  await page.goto(`${platform.url}/admin/apps/new`);
  await page.getByLabel('Tên ứng dụng').fill('Sổ Việt');
  await page.getByLabel('Địa chỉ nhận kết quả đăng nhập').fill(`${origin}/callback`);
  await lookAtBoth(page, 'app-new');
  await page.getByRole('button', { name: 'Tạo ứng dụng' }).click();
  const settings = await pastedSettings();
  clientId = settings.CLIENT_ID ?? '';
  const running = await startApp('Sổ Việt', port, settings);

  await page.goto(`${origin}/`);
  await page.getByRole('link', { name: /Đăng nhập/ }).click();
  await page.getByRole('heading', { name: 'Vào Sổ Việt với tư cách ai?' }).waitFor();
  await lookAtBoth(page, 'app-sandbox');
  await page.getByRole('button', { name: /Nguyễn Thị Lan/ }).click();
  await page.waitForURL(`${origin}/`);
  assert.equal(await page.locator('[data-claim=name]').innerText(), 'Nguyễn Thị Lan');
  assert.match(await page.locator('[data-claim=affiliations]').innerText(), /Trường Tiểu học Mẫu.*5A/);

  // The commonest mistake: our page repeats nothing, the developer's page says it all.
  const wrong = `${origin}/callback/`;
  await page.goto(
    `${platform.url}/oidc/auth?${new URLSearchParams({ client_id: clientId, response_type: 'code', redirect_uri: wrong, scope: 'openid' })}`,
  );
  assert.ok(!(await page.content()).includes(wrong));
  await page.goto(`${platform.url}/admin/apps/${clientId}`);
  await page.getByText('redirect_uri không khớp').waitFor();
  assert.ok(await page.locator('s', { hasText: wrong }).isVisible());
  await page.getByText('Đã nhận token').first().waitFor();

  // Before the next try: where an address differs, and what the app would read of somebody else.
  for (const [address, said] of [
    [wrong, 'Không phải địa chỉ đã đăng ký'],
    [`${origin}/callback`, 'Đúng một địa chỉ đã đăng ký'],
  ] as const) {
    await page.getByLabel('Thử một địa chỉ nhận kết quả').fill(address);
    await page.getByRole('button', { name: 'Thử', exact: true }).click();
    await page.getByText(said).waitFor();
    if (address === wrong) await lookAtBoth(page, 'app-page');
  }
  await page.getByLabel('Người giả').selectOption({ label: 'Lê Văn Minh · Giáo viên' });
  await page.getByText('Trường THCS Mẫu').first().waitFor();
  await page.getByText('ID token, đã giải').click();
  await page.locator('pre', { hasText: `"aud": "${clientId}"` }).waitFor();
  for (const software of ['Moodle · OAuth 2', 'Python · Django, Authlib', 'Node · openid-client']) {
    await page.getByLabel('Phần mềm').selectOption({ label: software });
    await page.locator('pre', { hasText: clientId }).first().waitFor();
  }

  // A new secret: the app that runs goes on with the old one until its developer has changed it.
  await page.getByRole('button', { name: 'Đổi mã bí mật' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Đổi mã bí mật' }).click();
  const renewed = await pastedSettings();
  assert.notEqual(renewed.CLIENT_SECRET, settings.CLIENT_SECRET);
  await lookAtBoth(page, 'app-new-secret');
  await page.goto(`${origin}/sign-in`);
  await page.waitForURL(`${origin}/`);
  await page.getByText('Xin chào').waitFor();
  running.kill();
  await once(running, 'exit');
  await startApp('Sổ Việt', port, renewed);
  await page.goto(`${origin}/sign-in`);
  await page.waitForURL(`${origin}/`);
  await page.getByText('Xin chào').waitFor();
});

test('before real people come: the list says what is missing, an edit ends it, and each of them is asked', async () => {
  await page.goto(`${platform.url}/admin/apps/${clientId}`);
  await page.getByRole('heading', { name: 'Trước khi dùng thật' }).waitFor();
  const missing = ['Mục đích viết cho người dùng', 'Nhận báo đăng xuất', 'Có chỗ quay về sau đăng xuất'];
  for (const title of missing) await stateOf(title).waitFor();
  await page.getByRole('link', { name: 'Sửa', exact: true }).click();
  await page.getByLabel('Để làm gì (tiếng Việt)').fill('Ghi từ mới và ôn lại mỗi ngày.');
  await page.getByLabel('Địa chỉ sau đăng xuất').fill(`${origin}/`);
  await page.getByLabel('Địa chỉ nhận báo đăng xuất').fill(`${origin}/backchannel-logout`);
  await page.getByRole('button', { name: 'Lưu' }).click();
  await page.getByText('Đã lưu.').waitFor();
  await lookAtBoth(page, 'app-ready');
  await page.getByRole('button', { name: 'Chuyển sang dùng thật' }).click();
  await page.getByRole('button', { name: 'Dùng thật', exact: true }).click();
  await page.getByText('Hỏi từng người đồng ý').waitFor();
  // A process goes on for three seconds with what it knows of an app.
  await eventually(async () => {
    await page.goto(`${origin}/sign-in`);
    assert.ok(await page.getByRole('heading', { name: /Cho Sổ Việt biết những điều này/ }).isVisible());
  });
});

test('two apps of one person: each asks what it may know, one that wants more asks again, and signing out everywhere ends both in every browser', async () => {
  const { id } = (await askAs(page, 'GET', '/api/v1/me')).roles[0].organisation;
  const port = await freePort();
  const other = `http://localhost:${port}`;
  const made = await askAs(page, 'POST', '/api/v1/apps', {
    name: 'Vở nhạc',
    purpose: { vi: 'Nghe lại bài hát của lớp.', en: 'Songs of the class, again.' },
    kind: 'web',
    organisationId: id,
    redirectUris: [`${other}/callback`],
    postLogoutRedirectUris: [`${other}/`],
    backchannelLogoutUri: `${other}/backchannel-logout`,
    scopes: ['openid', 'profile', 'school'],
  });
  const settings = { CLIENT_ID: made.clientId, CLIENT_SECRET: made.clientSecret, ISSUER: platform.url };
  await startApp('Vở nhạc', port, settings);

  const parent = person(platform, 'Phụ huynh');
  const { page: handset, context } = await openDevice(browser, { device: phone });
  await activate(platform, handset, parent.code, staffPassword);
  await handset.waitForURL(`${platform.url}/`);
  const music = await context.newPage();
  for (const [tab, app] of [
    [handset, origin],
    [music, other],
  ] as const) {
    await tab.goto(`${app}/sign-in`);
    await tab.getByRole('button', { name: 'Không đồng ý' }).click();
    await tab.getByText('Bạn đã không đồng ý').waitFor();
    await tab.goto(`${app}/sign-in`);
    if (app === other) await lookAtBoth(tab, 'app-consent');
    await tab.getByRole('button', { name: 'Đồng ý và vào ứng dụng' }).dblclick();
    await tab.getByText('Xin chào').waitFor();
  }

  // At another computer, in one of the two; what it does there asks for a proof of now.
  const { page: desktop, context: elsewhere } = await openDevice(browser, { device: desk });
  await desktop.goto(`${origin}/sign-in`);
  await signIn(desktop, parent.educationId, staffPassword);
  await desktop.getByText('Xin chào').waitFor();
  const stepUp = async (how: Record<string, string>) => {
    const begun = await elsewhere.request.get(`${origin}/sign-in`, { maxRedirects: 0 });
    const asked = new URL(begun.headers().location ?? '');
    for (const [name, value] of Object.entries(how)) asked.searchParams.set(name, value);
    await desktop.goto(asked.href);
    await desktop.getByRole('heading', { name: `Đúng là ${parent.name}?` }).waitFor();
  };
  await stepUp({ max_age: '0' });
  await lookAtBoth(desktop, 'step-up-password');
  await desktop.getByLabel('Mật khẩu').fill(staffPassword);
  await desktop.getByRole('button', { name: 'Xác nhận' }).click();
  await desktop.getByText('Xin chào').waitFor();
  await authenticatorOf(desktop);
  await desktop.goto(`${platform.url}/account/passkey`);
  await desktop.getByRole('button', { name: 'Tạo passkey' }).click();
  await desktop.waitForURL(`${platform.url}/account?done=added`);
  await stepUp({ acr_values: 'passkey' });
  await lookAtBoth(desktop, 'step-up-passkey');
  await desktop.getByRole('button', { name: 'Dùng vân tay, khuôn mặt' }).click();
  await desktop.getByText('Xin chào').waitFor();

  // A key that is in reach would sign in by itself at the next page that offers it.
  const { cdp, id: authenticatorId } = await authenticatorOf(desktop);
  await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
  await desktop.goto(`${platform.url}/account`);
  await desktop.getByRole('button', { name: 'Đăng xuất ở mọi nơi' }).click();
  await desktop.getByRole('heading', { name: /^Đã đăng xuất|^Đăng nhập$/ }).waitFor();
  for (const [tab, app] of [
    [handset, origin],
    [music, other],
    [desktop, origin],
  ] as const) {
    await eventually(async () => {
      await tab.goto(`${app}/`);
      assert.ok(await tab.getByText('Bạn chưa đăng nhập').isVisible(), `${app} is told by back-channel logout`);
    });
    await tab.goto(`${platform.url}/account`);
    await tab.getByRole('heading', { name: 'Đăng nhập', exact: true }).waitFor();
  }
});
