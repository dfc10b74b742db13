import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { desk, lookAtBoth, openBrowser, openDevice, phone } from '@edutrust/testing/chromium';
import { activate, begin, person, signIn, staffPassword } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';

let platform: Platform;
let app: { clientId: string; clientSecret: string };
before(async () => {
  platform = await Platform.start();
  const purpose = ['--purpose-vi', 'Nhận ra người đang gọi tới tổng đài.'];
  const where = ['--organisation', 'SGDDT', '--redirect', 'http://localhost:4001/callback'];
  const added = await platform.run('--json', 'apps', 'add', 'Tổng đài', ...where, ...purpose, '--ciba', '--approved');
  assert.equal(added.code, 0, added.stderr);
  app = JSON.parse(added.stdout);
});
after(async () => {
  await platform?.[Symbol.asyncDispose]();
});

async function post(path: string, fields: Record<string, string>): Promise<Record<string, string>> {
  const authorization = `Basic ${Buffer.from(`${app.clientId}:${app.clientSecret}`).toString('base64')}`;
  const body = new URLSearchParams(fields);
  const response = await fetch(`${platform.url}${path}`, { method: 'POST', headers: { authorization }, body });
  return (await response.json()) as Record<string, string>;
}

const ask = (login_hint: string, binding_message: string) =>
  post('/oidc/backchannel', { scope: 'openid profile school', login_hint, binding_message });

const poll = ({ auth_req_id = '' }: Record<string, string>) =>
  post('/oidc/token', { grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id });

test('a hotline asks, and a parent answers on the phone: the same line on both sides, allowed; then refused; by passkey where there is one', async () => {
  const browser = await openBrowser();
  try {
    const parent = person(platform, 'Phụ huynh');
    const first = await openDevice(browser, { device: desk });
    await activate(platform, first.page, parent.code, staffPassword);

    const { page } = await openDevice(browser, { device: phone });
    await page.goto(`${platform.url}/signin?return_to=%2F`);
    await signIn(page, parent.educationId, staffPassword);
    await page.waitForURL(`${platform.url}/`);
    const asked = await ask(parent.educationId, 'Cuộc gọi 17');
    assert.ok(asked.auth_req_id, JSON.stringify(asked));
    await page.reload();
    await page.getByText('Tổng đài đang chờ trả lời.').waitFor();
    await lookAtBoth(page, 'ciba-launcher');
    await page.getByRole('link', { name: 'Xem và trả lời' }).click();
    await page.getByRole('heading', { name: 'Cho Tổng đài đăng nhập?' }).waitFor();
    assert.ok(await page.getByText('Cuộc gọi 17', { exact: true }).isVisible());
    assert.ok(await page.getByText(parent.name).first().isVisible());
    await lookAtBoth(page, 'ciba-ask');
    // An impatient second tap is no second answer.
    await page.getByRole('button', { name: 'Cho vào' }).dblclick();
    await page.getByRole('heading', { name: 'Xong' }).waitFor();
    await lookAtBoth(page, 'ciba-allowed');
    const { id_token = '' } = await poll(asked);
    assert.equal(JSON.parse(Buffer.from(id_token.split('.')[1] ?? '', 'base64url').toString()).acr, 'pwd');

    const again = await ask(parent.educationId, 'Cuộc gọi 18');
    await page.goto(`${platform.url}/sign-in-requests`);
    await page.getByRole('button', { name: 'Từ chối' }).click();
    await page.getByRole('heading', { name: 'Đã từ chối' }).waitFor();
    await lookAtBoth(page, 'ciba-refused');
    assert.equal((await poll(again)).error, 'access_denied');
    await page.goto(`${platform.url}/sign-in-requests`);
    await page.getByRole('heading', { name: 'Không có yêu cầu nào' }).waitFor();
    await lookAtBoth(page, 'ciba-none');

    const principal = person(platform, 'Hiệu trưởng (ký số)');
    const { page: own } = await openDevice(browser, { device: phone });
    await begin(platform, own, principal);
    const byPasskey = await ask(principal.educationId, 'Cuộc gọi 19');
    await own.goto(`${platform.url}/sign-in-requests`);
    await own.getByRole('button', { name: 'Cho vào bằng passkey' }).click();
    await own.getByRole('heading', { name: 'Xong' }).waitFor();
    const proved = (await poll(byPasskey)).id_token ?? '';
    assert.equal(JSON.parse(Buffer.from(proved.split('.')[1] ?? '', 'base64url').toString()).acr, 'passkey');
  } finally {
    await browser.close();
  }
});
