import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { desk, executablePath, look, lookAtBoth, openBrowser, openDevice } from '@edutrust/testing/chromium';
import { eventually } from '@edutrust/testing/eventually';
import { activate, person, signIn, staffPassword } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { edgeless } from '../tour.ts';

const pupilPassword = 'mèo con thích ăn cá';
let platform: Platform;
let browser: Browser;
let profile: string;
before(async () => {
  platform = await Platform.start();
  browser = await openBrowser();
  profile = await mkdtemp(join(tmpdir(), 'edutrust-lab-'));
});
after(async () => {
  await browser?.close();
  await platform?.[Symbol.asyncDispose]();
  await rm(profile, { recursive: true, force: true });
});

/** The browser of a computer in a lab: its profile stays on the disk between one child and the next. */
async function labBrowser(): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
    locale: 'vi-VN',
    ...desk,
  });
}

const isSignIn = async (page: Page) =>
  (await page.getByRole('heading', { name: 'Đăng nhập', exact: true }).count()) === 1;

test('S10: on a shared computer the next child never sees the last: after a restart, Back, an idle while, in an old tab', async () => {
  const child = person(platform, 'Học sinh');
  const seesChild = async (page: Page) => (await page.content()).includes(child.name.split(' ').at(-1) ?? child.name);
  let lab = await labBrowser();
  let page = await lab.newPage();
  await activate(platform, page, child.code, pupilPassword);
  await page.getByRole('button', { name: 'Xong – đăng xuất' }).waitFor();
  await lookAtBoth(page, 'launcher-shared');
  assert.ok(await seesChild(page));
  assert.ok(await page.getByRole('button', { name: 'Không phải em?' }).isVisible());

  // The child walks away and closes the browser.
  await lab.close();
  lab = await labBrowser();
  page = await lab.newPage();
  await page.goto(platform.url);
  assert.ok(await isSignIn(page), 'after a restart');
  assert.equal(await seesChild(page), false);

  // Signs in again, looks around, and says that it is done; somebody presses Back.
  await signIn(page, child.educationId, pupilPassword);
  await page.getByRole('button', { name: 'Xong – đăng xuất' }).waitFor();
  const oldTab = await lab.newPage();
  await oldTab.goto(`${platform.url}/account`);
  assert.ok(await seesChild(oldTab));
  await oldTab.goto('about:blank');
  await page.goto(`${platform.url}/account`);
  await page.getByRole('heading', { name: child.name }).waitFor();
  await page.goto(platform.url);
  await page.getByRole('button', { name: 'Xong – đăng xuất' }).click();
  await page.getByRole('heading', { name: 'Đã đăng xuất' }).waitFor();
  for (let steps = 0; steps < 3; steps += 1) {
    await page.goBack();
    await page.waitForLoadState();
    assert.equal(await seesChild(page), false, `Back, ${steps + 1} times: ${page.url()}`);
  }
  await oldTab.goBack();
  await oldTab.waitForLoadState();
  assert.equal(await seesChild(oldTab), false, 'the tab that was left open');

  // Signs in once more and goes to lunch.
  await page.goto(platform.url);
  await signIn(page, child.educationId, pupilPassword);
  await page.getByRole('button', { name: 'Xong – đăng xuất' }).waitFor();
  await platform.query("UPDATE idp.session SET last_seen_at = now() - interval '16 minutes'");
  await page.reload();
  assert.ok(await isSignIn(page), 'after a quarter of an hour');

  // «Không phải em?» is the way on for the next child.
  await signIn(page, child.educationId, pupilPassword);
  await page.getByRole('button', { name: 'Không phải em?' }).click();
  await page.getByRole('link', { name: 'Đăng nhập', exact: true }).click();
  assert.ok(await isSignIn(page));
  await lab.close();
});

test('S10: unused, the page asks a minute before the end; an answer keeps the session, none signs out', async () => {
  const { page } = await openDevice(browser, { device: desk });
  const child = person(platform, 'Học sinh');
  await page.clock.install();
  await page.goto(`${platform.url}/`);
  await signIn(page, child.educationId, pupilPassword);
  await page.getByRole('button', { name: 'Xong – đăng xuất' }).waitFor();
  await page.clock.fastForward('13:30');
  assert.equal(await page.getByRole('alertdialog').count(), 0);
  await page.clock.fastForward('00:45');
  await page.getByRole('alertdialog').waitFor();
  await look(page, 'still-here');
  await page.getByRole('button', { name: 'Tôi vẫn ở đây' }).click();
  await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  await page.clock.fastForward('14:10');
  await page.getByRole('alertdialog').waitFor();
  await page.clock.fastForward('01:00');
  await page.getByRole('heading', { name: 'Đã đăng xuất' }).waitFor();
  await page.goto(`${platform.url}/`);
  assert.ok(await isSignIn(page));
});

test('the sign-in page is three requests and at most 30 kB; no page makes markup or a script out of text (S4)', async () => {
  const { page, context } = await openDevice(browser, { device: desk });
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  let bytes = 0;
  const asked: string[] = [];
  cdp.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  page.on('response', (answer) => answer.status() === 200 && asked.push(new URL(answer.url()).pathname));
  await page.goto(`${platform.url}/signin?return_to=%2F`);
  await page.waitForLoadState('networkidle');
  assert.equal(asked.length, 3, asked.join(' '));
  assert.ok(bytes <= 30_000, `${bytes} B`);
  for (const path of ['/signin?return_to=%2F', '/verify', '/pki', '/admin', '/sign/', '/sign/worker.js']) {
    const policy = (await fetch(platform.url + path)).headers.get('content-security-policy') ?? '';
    assert.match(policy, /require-trusted-types-for 'script'; trusted-types edutrust$/, path);
  }
  const said = await page.evaluate(() => {
    try {
      document.createElement('div').innerHTML = '<img>';
      return 'taken';
    } catch (error) {
      return error instanceof TypeError ? 'refused' : String(error);
    }
  });
  assert.equal(said, 'refused');
});

test('the sign-in page shows what is typed, says what to do about a forgotten password, and why a passkey is refused', async () => {
  const device = await openDevice(browser, { device: desk });
  const { page } = device;
  await page.goto(platform.url);
  await page.getByText('Quên mật khẩu?').click();
  await page.getByText('thầy cô chủ nhiệm').waitFor();
  await page.getByLabel('Mật khẩu').fill('thử');
  await page.getByRole('button', { name: 'Hiện chữ đang gõ' }).click();
  assert.equal(await page.getByLabel('Mật khẩu').getAttribute('type'), 'text');
  await page.getByRole('button', { name: 'Hiện chữ đang gõ' }).click();
  assert.equal(await page.getByLabel('Mật khẩu').getAttribute('type'), 'password');
  assert.equal(await page.getByLabel('Máy dùng chung').isChecked(), false, 'not in a registered network');
  await lookAtBoth(page, 'sign-in-forgotten');

  const parent = person(platform, 'Phụ huynh'); // no role, so a password is enough
  const authenticator = await device.addAuthenticator();
  await activate(platform, page, parent.code, staffPassword);
  await page.waitForURL(`${platform.url}/`);
  await page.goto(`${platform.url}/account`);
  await page.getByRole('link', { name: 'Thêm passkey' }).click();
  await page.evaluate(() => {
    // As a key without a PIN or a cancelled fingerprint does in every browser.
    navigator.credentials.create = async () => {
      throw new DOMException('The operation either timed out or was not allowed.', 'NotAllowedError');
    };
  });
  const make = page.getByRole('button', { name: 'Tạo passkey' });
  await make.click();
  await page.getByText('Bấm nút để thử lại').waitFor();
  await make.click();
  await page.getByText('khoá bảo mật chưa có mã PIN').waitFor();
  assert.doesNotMatch(await page.content(), /timed out or was not allowed/);

  await page.reload();
  await make.click();
  await page.waitForURL(`${platform.url}/account?done=added`);
  await page.getByRole('button', { name: /^Gỡ/ }).waitFor();

  // Renamed: the passkey is offered by the name of now (WebAuthn L3 §5.1.10).
  const offeredAs = async () => {
    const { credentials } = await authenticator.cdp.send('WebAuthn.getCredentials', {
      authenticatorId: authenticator.id,
    });
    return credentials.map(({ userDisplayName }) => userDisplayName);
  };
  assert.deepEqual(await offeredAs(), [parent.name]);
  await platform.query(`UPDATE registry.person SET full_name = 'Tên Đã Sửa' WHERE full_name = '${parent.name}'`);
  await page.reload();
  await eventually(async () => assert.deepEqual(await offeredAs(), ['Tên Đã Sửa']));

  // The first tap asks this device alone, and says so where it has none.
  await device.context.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false; // the button, not the autofill
    const { credentials } = navigator;
    const get = credentials.get.bind(credentials);
    credentials.get = (asked) => {
      document.documentElement.dataset.asked = (asked as { uiMode?: string }).uiMode ?? 'any';
      return get(asked);
    };
  });
  const enter = async () => {
    await page.goto(`${platform.url}/`);
    await page.getByRole('button', { name: 'Đăng xuất' }).first().click();
    await page.goto(`${platform.url}/`);
  };
  const tap = page.getByRole('button', { name: 'Dùng vân tay, khuôn mặt' });
  await enter();
  await tap.click();
  await page.getByRole('button', { name: 'Đăng xuất' }).first().waitFor();
  await enter();
  await authenticator.cdp.send('WebAuthn.clearCredentials', { authenticatorId: authenticator.id });
  await tap.click();
  await page.getByText('Máy này chưa có passkey ở đây').waitFor();
  assert.equal(await page.locator('html').getAttribute('data-asked'), 'immediate');
  await lookAtBoth(page, 'sign-in-no-passkey-here');
});

/** What has the focus, as a screen reader would name it. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const at = document.activeElement;
    const label = at instanceof HTMLInputElement ? at.labels?.[0]?.textContent : undefined;
    return (at?.getAttribute('aria-label') ?? label ?? at?.textContent ?? '').trim();
  });

test('by keyboard alone a child signs in, sees where it is, and signs out; in the system’s colours nothing loses its edge; at 400 % nothing is hidden', async () => {
  const { page } = await openDevice(browser, { device: desk });
  await page.goto(`${platform.url}/signin?return_to=%2F`);
  const passed: string[] = [];
  const tabTo = async (name: RegExp) => {
    for (let taps = 0; taps < 30; taps += 1) {
      await page.keyboard.press('Tab');
      const at = await focused(page);
      passed.push(at);
      const ring = await page.evaluate(() => {
        const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement ?? document.body);
        return outlineStyle !== 'none' || boxShadow !== 'none';
      });
      assert.ok(ring, `the focus is seen on «${at}»`);
      if (name.test(at)) return;
    }
    assert.fail(`${name} among ${passed}`);
  };
  const child = person(platform, 'Học sinh');
  await tabTo(/^Mã giáo dục/);
  await page.keyboard.type(child.educationId);
  await tabTo(/^Mật khẩu/);
  await page.keyboard.type('chưa đúng');
  await page.keyboard.press('Enter');
  await page.getByText(/không đúng/).waitFor();
  await page.emulateMedia({ forcedColors: 'active' });
  assert.deepEqual(await edgeless(page), []);
  await page.emulateMedia({ forcedColors: 'none' });
  await page.setViewportSize({ width: 320, height: 256 });
  await look(page, 'sign-in-refused-400');
  passed.length = 0;
  await tabTo(/^Mật khẩu/);
  await page.keyboard.type(pupilPassword);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${platform.url}/`);
  passed.length = 0;
  await tabTo(/^Xong – đăng xuất$/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Đã đăng xuất' }).waitFor();
  await page.context().close();
});

test('at 50 kbit/s a teacher signs in with what has come so far, and an impatient child is in whatever it taps, reloads or goes back to', async () => {
  const { page, context } = await openDevice(browser, { device: desk });
  const parent = person(platform, 'Phụ huynh');
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  const slow = 50_000 / 8;
  await cdp.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 400,
    downloadThroughput: slow,
    uploadThroughput: slow,
  });
  // The form is there before its script is: nothing waits for more than the first answer and the style.
  await page.route(/\.js$/, () => undefined);
  await page.goto(`${platform.url}/signin?return_to=%2F`, { waitUntil: 'commit' });
  await signIn(page, parent.educationId, staffPassword);
  await page.waitForURL(`${platform.url}/`, { waitUntil: 'commit' });
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await context.close();

  const { page: lab } = await openDevice(browser, { device: desk });
  const child = person(platform, 'Học sinh');
  const begin = async (page: Page) => {
    await page.goto(platform.url);
    await page.getByLabel('Mã giáo dục').fill(child.educationId);
    await page.getByLabel('Mật khẩu').fill(pupilPassword);
  };
  const button = (page: Page) => page.getByRole('button', { name: 'Đăng nhập', exact: true });
  const done = (page: Page) => page.getByRole('button', { name: 'Xong – đăng xuất' });
  // Two taps, and a third while the answer is on its way.
  await begin(lab);
  await button(lab).dblclick();
  await done(lab).waitFor();
  // Back to the form that is used up: who is in sees the apps, not an error.
  await lab.goBack();
  await done(lab).waitFor();
  // Two tabs of one computer, each with its form.
  await done(lab).click();
  await lab.getByRole('heading', { name: 'Đã đăng xuất' }).waitFor();
  const tab = await lab.context().newPage();
  await begin(lab);
  await begin(tab);
  await button(lab).click();
  await done(lab).waitFor();
  await button(tab).click();
  await done(tab).waitFor();
  await lab.reload();
  await done(lab).waitFor();
  // The answer is lost on its way: the page is loaded again and asks again, or lets in who was in.
  await done(tab).click();
  await tab.getByRole('heading', { name: 'Đã đăng xuất' }).waitFor();
  await begin(tab);
  let isLost = false;
  await tab.route('**/signin/*', async (route) => {
    if (route.request().method() !== 'POST' || isLost) return route.continue();
    isLost = true;
    await route.fetch();
    await route.abort();
  });
  await button(tab).click();
  await tab.waitForURL(/chrome-error|signin/);
  await tab.unrouteAll();
  await tab.goto(platform.url);
  await done(tab).or(button(tab)).first().waitFor();
  await tab.context().close();
});
