import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { desk, lookAtBoth, openBrowser, openDevice } from '@edutrust/testing/chromium';
import { eventually } from '@edutrust/testing/eventually';
import { beginByLink } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import { freePort } from '@edutrust/testing/port';

const root = new URL('../..', import.meta.url).pathname;
let platform: Platform;
let app: ChildProcess | undefined;
before(async () => {
  platform = await Platform.start();
});
after(async () => {
  app?.kill();
  await platform?.[Symbol.asyncDispose]();
});

/** The example, which is openid-client and nothing of ours, with what the console gave the developer. */
async function startApp(port: number, settings: Record<string, string>): Promise<void> {
  app = spawn(process.execPath, [join(root, 'examples/relying-app/src/main.ts')], {
    env: { PATH: process.env.PATH, PORT: String(port), APP_NAME: 'Sổ Việt', ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.ok(app.stdout);
  await once(app.stdout, 'data');
}

test('a developer’s first five minutes: from nothing to school claims on localhost, with nobody’s approval; a mistake says what it is', async () => {
  const browser = await openBrowser();
  const { page } = await openDevice(browser, { device: desk });
  try {
    await beginByLink(platform, page, platform.welcome?.administratorLink ?? '');
    const port = await freePort();
    await page.goto(`${platform.url}/admin/apps/new`);
    await page.getByLabel('Tên ứng dụng').fill('Sổ Việt');
    await page.getByLabel('Địa chỉ nhận kết quả đăng nhập').fill(`http://localhost:${port}/callback`);
    await lookAtBoth(page, 'app-new');
    await page.getByRole('button', { name: 'Tạo ứng dụng' }).click();
    const pasted = await page.locator('pre', { hasText: 'CLIENT_SECRET=' }).innerText();
    await startApp(port, Object.fromEntries(pasted.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2))));

    await page.goto(`http://localhost:${port}/`);
    await page.getByRole('link', { name: /Đăng nhập/ }).click();
    await page.getByRole('heading', { name: 'Vào Sổ Việt với tư cách ai?' }).waitFor();
    await lookAtBoth(page, 'app-sandbox');
    await page.getByRole('button', { name: /Nguyễn Thị Lan/ }).click();
    await page.waitForURL(`http://localhost:${port}/`);
    assert.equal(await page.locator('[data-claim=name]').innerText(), 'Nguyễn Thị Lan');
    assert.match(await page.locator('[data-claim=affiliations]').innerText(), /Trường Tiểu học Mẫu.*5A/);

    // The commonest mistake: our page repeats nothing, the developer's page says it all.
    const clientId = /CLIENT_ID=(\S+)/.exec(pasted)?.[1] ?? '';
    const wrong = `http://localhost:${port}/callback/`;
    await page.goto(
      `${platform.url}/oidc/auth?${new URLSearchParams({ client_id: clientId, response_type: 'code', redirect_uri: wrong, scope: 'openid' })}`,
    );
    assert.ok(!(await page.content()).includes(wrong));
    await page.goto(`${platform.url}/admin/apps/${clientId}`);
    await page.getByText('redirect_uri không khớp').waitFor();
    assert.ok(await page.locator('s', { hasText: wrong }).isVisible());
    await page.getByText('Đã nhận token').first().waitFor();

    await page.getByLabel('Người giả').selectOption({ label: 'Lê Văn Minh · Giáo viên' });
    await page.getByText('Trường THCS Mẫu').first().waitFor();
    for (const software of ['Moodle · OAuth 2', 'Python · Django, Authlib', 'Node · openid-client']) {
      await page.getByLabel('Phần mềm').selectOption({ label: software });
      await page.locator('pre', { hasText: clientId }).first().waitFor();
    }
    await lookAtBoth(page, 'app-page');
    await page.getByRole('button', { name: 'Chuyển sang dùng thật' }).click();
    await page.getByRole('button', { name: 'Dùng thật', exact: true }).click();
    await page.getByText('Hỏi từng người đồng ý').waitFor();
    // A process goes on for three seconds with what it knows of an app.
    await eventually(async () => {
      await page.goto(`http://localhost:${port}/sign-in`);
      assert.ok(await page.getByRole('heading', { name: /Cho Sổ Việt biết những điều này/ }).isVisible());
    });
  } finally {
    await browser.close();
  }
});
