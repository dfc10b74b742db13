import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { desk, lookAtBoth, openBrowser, openDevice, phone } from '@edutrust/testing/chromium';
import { activate, person, signIn, staffPassword } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';

let platform: Platform;
let clientId: string;
before(async () => {
  platform = await Platform.start();
  const organisation = ['--organisation', 'SGDDT'];
  const purpose = ['--purpose-vi', 'Chiếu bài giảng lên màn hình của lớp.'];
  const added = await platform.run(
    '--json',
    'apps',
    'add',
    'Bảng lớp',
    ...organisation,
    ...purpose,
    '--kind',
    'device',
    '--approved',
  );
  assert.equal(added.code, 0, added.stderr);
  clientId = JSON.parse(added.stdout).clientId;
});
after(async () => {
  await platform?.[Symbol.asyncDispose]();
});

async function post(path: string, fields: Record<string, string>): Promise<Record<string, string>> {
  const body = new URLSearchParams({ client_id: clientId, ...fields });
  return (await (await fetch(`${platform.url}${path}`, { method: 'POST', body })).json()) as Record<string, string>;
}

const begin = () => post('/oidc/device_authorization', { scope: 'openid profile' });

const poll = ({ device_code = '' }: Record<string, string>) =>
  post('/oidc/token', { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code });

test('the screen of a class is signed in from a phone: code, comparison with its warning, sign-in; a refusal; all without JavaScript', async () => {
  const browser = await openBrowser();
  try {
    const parent = person(platform, 'Phụ huynh');
    const first = await openDevice(browser, { device: desk });
    await activate(platform, first.page, parent.code, staffPassword);

    const { page } = await openDevice(browser, { device: phone, javaScript: false });
    const shown = await begin();
    await page.goto(shown.verification_uri ?? '');
    await page.getByLabel('Mã trên thiết bị').fill('bcdf ghjk');
    await page.getByRole('button', { name: 'Tiếp tục' }).click();
    await page.getByText('Không có mã này').waitFor();
    await page.getByLabel('Mã trên thiết bị').fill((shown.user_code ?? '').toLowerCase());
    await page.getByRole('button', { name: 'Tiếp tục' }).click();
    await page.getByRole('heading', { name: 'Cho thiết bị vào Bảng lớp?' }).waitFor();
    assert.ok(await page.getByText(shown.user_code ?? '-').isVisible());
    assert.ok(await page.getByText('Chỉ đồng ý khi thiết bị ở ngay trước mắt.').isVisible());
    assert.equal((await poll(shown)).error, 'authorization_pending');
    await page.getByRole('button', { name: /Đúng mã/ }).click();
    await page.getByText('trên thiết bị khác').waitFor();
    await signIn(page, parent.educationId, staffPassword);
    await page.getByRole('heading', { name: 'Xong' }).waitFor();
    assert.ok((await poll(shown)).access_token);

    // With a link, as a code on the screen to be scanned has it, of somebody who is signed in: refused.
    const scanned = await begin();
    const { page: other } = await openDevice(browser, { device: phone });
    await other.goto(`${platform.url}/signin?return_to=%2F`);
    await signIn(other, parent.educationId, staffPassword);
    await other.waitForURL(`${platform.url}/`);
    await other.goto(scanned.verification_uri_complete ?? '');
    await lookAtBoth(other, 'device-code');
    await other.getByRole('button', { name: 'Tiếp tục' }).click();
    await other.getByText(`Thiết bị sẽ vào bằng tài khoản của ${parent.name}.`).waitFor();
    await lookAtBoth(other, 'device-confirm');
    await other.getByRole('button', { name: 'Không phải thiết bị của tôi' }).click();
    await other.getByRole('heading', { name: 'Đã từ chối' }).waitFor();
    await lookAtBoth(other, 'device-refused');
    assert.equal((await poll(scanned)).error, 'access_denied');

    await other.goto(scanned.verification_uri_complete ?? '');
    await other.getByRole('button', { name: 'Tiếp tục' }).click();
    await other.getByText('Mã này đã được dùng').waitFor();
    await lookAtBoth(other, 'device-used');

    const last = await begin();
    await other.goto(last.verification_uri_complete ?? '');
    await other.getByRole('button', { name: 'Tiếp tục' }).click();
    // An impatient second tap is no second answer.
    await other.getByRole('button', { name: /Đúng mã/ }).dblclick();
    await other.getByRole('heading', { name: 'Xong' }).waitFor();
    await lookAtBoth(other, 'device-done');
    await other.goto(`${platform.url}/account`);
    await other.getByText('Cho một thiết bị vào bằng tài khoản này').first().waitFor();
  } finally {
    await browser.close();
  }
});
