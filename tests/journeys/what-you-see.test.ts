import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { askAs } from '@edutrust/testing/ask';
import { desk, look, openBrowser, openDevice, phone } from '@edutrust/testing/chromium';
import { eventually } from '@edutrust/testing/eventually';
import { begin, person } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import { enrolPhone } from '@edutrust/testing/signing';
import type { Browser, Page } from 'playwright-core';

/** V15: what the phone shows is what it signs, also when somebody sits between it and the server. */

let platform: Platform;
let browser: Browser;
let page: Page;
let officer: Page;

before(async () => {
  platform = await Platform.start();
  browser = await openBrowser();
  const device = await openDevice(browser, { device: phone });
  page = device.page;
  await device.addAuthenticator();
  await begin(platform, page, person(platform, 'Giáo viên')); // the class teacher signs first
  officer = (await openDevice(browser, { device: desk })).page;
  await begin(platform, officer, person(platform, 'An toàn'));
  await enrolPhone(platform, page, officer);
});

after(async () => {
  await browser?.close();
  await platform?.[Symbol.asyncDispose]();
});

const signButton = () => page.getByRole('button', { name: 'Ký', exact: true });
const preparedFiles = '**/api/v1/signing/sessions/*/documents/*';

async function toInbox(): Promise<void> {
  await page.goto(`${platform.url}/sign`);
  await page.getByRole('heading', { name: /tài liệu chờ ký/ }).waitFor();
}

async function toClass(): Promise<void> {
  await toInbox();
  await page.getByRole('link', { name: /^Xem \d+ học bạ$/ }).click();
  await page.getByRole('heading', { name: /^Học bạ lớp 5A, \d+ em$/ }).waitFor();
}

async function openFirst(): Promise<void> {
  await toClass();
  await page.getByRole('link', { name: /^Đọc / }).first().click();
}

test('V15: a document that was replaced on its way to the phone is refused: nothing is drawn, nothing can be signed', async () => {
  // Another pupil's transcript, as the server itself prepared it for another session.
  const listed = await page.evaluate(async () => (await (await fetch('/api/v1/signing/inbox?limit=2')).json()).items);
  const other = await page.evaluate(async (id: string) => {
    const opened = await fetch('/api/v1/signing/sessions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ requestIds: [id] }),
    });
    const session = await opened.json();
    const file = await fetch(`/api/v1/signing/sessions/${session.id}/documents/${id}`);
    return Array.from(new Uint8Array(await file.arrayBuffer()));
  }, listed[1].id);
  assert.ok(other.length > 10_000);
  await page.route(preparedFiles, (route) =>
    route.fulfill({ status: 200, contentType: 'application/pdf', body: Buffer.from(other) }),
  );
  await openFirst();
  await page.getByText('Văn bản nhận được không phải văn bản sẽ ký').waitFor();
  assert.equal(await page.locator('[data-document] canvas').count(), 0);
  assert.ok(await signButton().isDisabled());
  await look(page, 'sign-replaced-phone');
  // Several at once meet the same wall.
  await toClass();
  await page.getByRole('button', { name: /^Ký \d+ học bạ$/ }).click();
  await page.getByText('Văn bản nhận được không phải văn bản sẽ ký').waitFor();
  assert.equal(await page.getByRole('button', { name: /^Mã giống, ký/ }).count(), 0);
  await page.unroute(preparedFiles);
});

test('V15: one byte changed on its way is refused', async () => {
  await page.route(preparedFiles, async (route) => {
    const body = await (await route.fetch()).body();
    body[600] = (body[600] ?? 0) ^ 1;
    await route.fulfill({ status: 200, contentType: 'application/pdf', body });
  });
  await openFirst();
  await page.getByText('Văn bản nhận được không phải văn bản sẽ ký').waitFor();
  assert.ok(await signButton().isDisabled());
  await page.unroute(preparedFiles);
});

test('V15: «Ký» is dead while the page is blank, and live once it is drawn', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(preparedFiles, async (route) => {
    await held;
    await route.continue();
  });
  await openFirst();
  await page.getByText('Đang hiện văn bản…').waitFor();
  assert.ok(await signButton().isDisabled(), 'nothing is drawn yet');
  release();
  await page.locator('[data-document]:not([aria-busy]) canvas').first().waitFor();
  assert.ok(await signButton().isEnabled());
  await page.unroute(preparedFiles);
});

test('what stands out is read first, and coming back finds the ticks and the place', async () => {
  const { items } = await page.evaluate(async () => (await fetch('/api/v1/signing/inbox/unusual')).json());
  await toClass();
  assert.equal(await page.locator('[data-batch]').count(), 0, 'the class, not the inbox');
  assert.equal(await page.getByRole('heading', { name: /cần đọc kỹ/ }).count(), items.length > 0 ? 1 : 0);
  await look(page, 'sign-class-phone');
  const last = page.getByRole('checkbox').last();
  await last.uncheck();
  await last.scrollIntoViewIfNeeded();
  // Who taps while the page still moves is gone before any event says so.
  const place = await page
    .getByRole('link', { name: /^Đọc / })
    .last()
    .evaluate((link: HTMLElement) => {
      scrollTo(0, scrollY - 40);
      link.click();
      return scrollY;
    });
  await page.locator('[data-document]:not([aria-busy]) canvas').first().waitFor();
  await look(page, 'sign-reader-phone');
  await page.getByRole('button', { name: 'Danh sách' }).click();
  await page.getByRole('heading', { name: /^Học bạ lớp 5A/ }).waitFor();
  assert.equal(await page.getByRole('checkbox').last().isChecked(), false);
  // The heading may be there a moment before the list is.
  await page.waitForFunction((place) => Math.abs(scrollY - place) < 5, place);
  await page.getByRole('checkbox').last().check();
});

test('what was kept is read without a network and nothing can be signed; signing out leaves nothing on the phone', async () => {
  await toClass();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  assert.deepEqual(
    await page.evaluate(async () => [...(await navigator.serviceWorker.getRegistrations())].map(({ scope }) => scope)),
    [`${platform.url}/sign/`],
  );
  await page.reload(); // from now on it is the worker's
  await page.getByRole('button', { name: /^Tải \d+ tệp để đọc khi mất mạng/ }).click();
  await page.getByText('Đã tải, đọc được khi mất mạng').waitFor();
  await page.context().setOffline(true);
  try {
    await page.goto(`${platform.url}/sign/`);
    await page.getByText('Đang mất mạng').waitFor();
    await page.getByRole('link', { name: /^Xem \d+ học bạ$/ }).click();
    assert.ok(await page.getByRole('button', { name: /^Ký \d+ học bạ$/ }).isDisabled());
    await page.getByRole('link', { name: /^Đọc / }).first().click();
    await page.locator('[data-document]:not([aria-busy]) canvas').first().waitFor();
    assert.ok(await signButton().isDisabled());
    await look(page, 'sign-offline-phone');
  } finally {
    await page.context().setOffline(false);
  }
  const kept = () => page.evaluate(() => caches.has('sign-kept'));
  assert.ok(await kept());
  await page.goto(`${platform.url}/signed-out`);
  await page.waitForFunction(async () => !(await caches.has('sign-kept')));
});

test('a push message says how many wait and nothing else; a tap on it comes back to the page that is open', async () => {
  await toInbox();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const [worker] = page.context().serviceWorkers();
  assert.ok(worker, 'the worker of /sign/');
  // What belongs to the phone's own system is noted instead: a browser without a window shows nothing.
  await worker.evaluate(() => {
    const scope = globalThis as unknown as { registration: object; shown: unknown[] };
    scope.shown = [];
    Object.assign(scope.registration, { showNotification: async (...given: unknown[]) => scope.shown.push(given) });
  });
  const cdp = await page.context().newCDPSession(page);
  const registered = new Promise<string>((resolve) => {
    cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: [one] }) => one && resolve(one.registrationId));
  });
  await cdp.send('ServiceWorker.enable');
  const data = JSON.stringify({ waiting: 5, name: 'Nguyễn Thị Ánh' });
  const registrationId = await registered;
  await cdp.send('ServiceWorker.deliverPushMessage', { origin: platform.url, registrationId, data });
  const shown = () => worker.evaluate(() => (globalThis as unknown as { shown: unknown[] }).shown);
  const icon = '/assets/icon.svg';
  await eventually(async () =>
    assert.deepEqual(await shown(), [['Ký số', { tag: 'waiting', body: 'Có 5 hồ sơ chờ ký', icon }]]),
  );
  const tapped = await worker.evaluate(async () => {
    const told: string[] = [];
    const { WindowClient, clients } = globalThis as unknown as {
      WindowClient: { prototype: object };
      clients: object;
    };
    Object.assign(WindowClient.prototype, {
      focus: async function (this: { url: string }) {
        told.push(new URL(this.url).pathname);
      },
    });
    Object.assign(clients, { openWindow: async (address: string) => told.push(`opens ${address}`) });
    const done: Promise<unknown>[] = [];
    const notification = { close: () => told.push('closed') };
    const waitUntil = (one: Promise<unknown>) => done.push(one);
    dispatchEvent(Object.assign(new Event('notificationclick'), { notification, waitUntil }));
    await Promise.all(done);
    return told;
  });
  assert.deepEqual(tapped, ['closed', '/sign/']);
});

test('V15: three documents are all drawn before the one tap, and then signed', async () => {
  await toClass();
  const boxes = page.getByRole('checkbox');
  for (const index of [3, 4]) await boxes.nth(index).uncheck();
  await page.getByRole('button', { name: 'Ký 3 học bạ' }).click();
  await page.locator('[data-document]:not([aria-busy])').waitFor();
  assert.equal(await page.locator('[data-document] section:has(canvas)').count(), 3);
  await page.getByRole('button', { name: /^Mã giống, ký/ }).click();
  await page.getByRole('heading', { name: 'Đã ký xong' }).waitFor();
});

test('a cancelled fingerprint is said in Vietnamese, and a fresh tap signs', async () => {
  await toClass();
  await page.getByRole('button', { name: 'Ký 2 học bạ' }).click();
  await page.locator('[data-document]:not([aria-busy])').waitFor();
  await look(page, 'sign-confirm-phone');
  const button = page.getByRole('button', { name: /^Mã giống, ký/ });
  const code = page.locator('[data-code4]');
  for (const part of [button, code]) {
    const box = await part.boundingBox();
    assert.ok(box && box.y + box.height <= 844, 'the code and the button are on the first screen');
  }
  await page.evaluate(() => {
    const real = navigator.credentials.get.bind(navigator.credentials);
    navigator.credentials.get = () => {
      navigator.credentials.get = real;
      return Promise.reject(new DOMException('The operation either timed out or was not allowed.', 'NotAllowedError'));
    };
  });
  await button.click();
  await page.getByText('Chưa ký gì. Hộp vân tay đã đóng').waitFor();
  assert.doesNotMatch(await page.content(), /timed out/);
  await button.click();
  await page.getByRole('heading', { name: 'Đã ký xong' }).waitFor();
  await look(page, 'sign-done-phone');
});

test('the place stands in the address: reload and back keep it; receipts are a list that stays', async () => {
  await page.getByRole('button', { name: 'Về danh sách' }).click();
  await page.getByRole('heading', { name: 'Không còn gì chờ ký' }).waitFor();
  await page.getByRole('link', { name: 'Đã ký' }).click();
  await page.getByRole('heading', { name: '5 tài liệu đã ký' }).waitFor();
  await look(page, 'sign-receipts-phone');
  await page.reload();
  await page.getByRole('heading', { name: '5 tài liệu đã ký' }).waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page
      .getByRole('link', { name: /^Tải về / })
      .first()
      .click(),
  ]);
  assert.match(download.suggestedFilename(), /^hoc-ba-.*\.pdf$/);
  const [all] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Tải tất cả (5 tệp)' }).click(),
  ]);
  assert.match(all.suggestedFilename(), /^lop-.*-da-ky\.zip$/);
  await page.goBack();
  await page.getByRole('heading', { name: 'Không còn gì chờ ký' }).waitFor();
});

test('V15: of a class what stands out and what is asked for is opened, a file fetched for each; far pages give their memory back; each has its result', async () => {
  const { items: signed } = await askAs(page, 'GET', '/api/v1/signing/requests?limit=1');
  const asked = await askAs(page, 'POST', '/api/v1/signing/transcripts', { classId: signed[0].classId });
  await eventually(async () => {
    const { state } = await askAs(page, 'GET', `/api/v1/signing/transcripts/${asked.id}`);
    assert.equal(state, 'done');
  });
  const { items } = await askAs(page, 'GET', '/api/v1/signing/inbox?limit=200');
  assert.ok(items.length > 5, `${items.length} wait`);
  const { items: odd } = await askAs(page, 'GET', '/api/v1/signing/inbox/unusual');
  const fetched = new Set<string>();
  page.on('request', (request) => {
    const id = /\/sessions\/[^/]+\/documents\/([^/?]+)/.exec(request.url())?.[1];
    if (id) fetched.add(id);
  });
  await toClass();
  await page.getByRole('button', { name: `Ký ${items.length} học bạ` }).click();
  const button = page.getByRole('button', { name: `Mã giống, ký ${items.length} tài liệu` });
  await page.getByRole('heading', { name: `${items.length - odd.length} tài liệu ký theo điểm` }).waitFor();
  await page
    .getByText(/^Tiếng Việt .* · Toán /)
    .first()
    .waitFor();
  await page.getByRole('button', { name: /^Mở / }).first().click();
  await page.locator('[data-document]:not([aria-busy]) canvas').last().waitFor();
  await look(page, 'sign-class-confirm-phone');
  assert.equal(fetched.size, odd.length + 1, 'what is not opened is not fetched');
  const widthIs = (isReleased: boolean) =>
    page.waitForFunction((wanted) => (document.querySelector('canvas')?.width === 0) === wanted, isReleased);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await widthIs(true);
  await page.evaluate(() => scrollTo(0, 0));
  await widthIs(false);
  await button.click();
  await page.getByRole('heading', { name: 'Đã ký xong' }).waitFor();
  assert.equal(await page.locator('main li').count(), items.length, 'a result for each');
  assert.equal(fetched.size, odd.length + 1);
  await page.getByRole('button', { name: 'Về danh sách' }).click();
  await page.getByRole('heading', { name: 'Không còn gì chờ ký' }).waitFor();
});

test('a lost phone is one screen and one tap, and the next enrolment says why', async () => {
  await page.getByRole('link', { name: 'Máy này' }).click();
  await look(page, 'sign-device-phone');
  await page.getByRole('button', { name: 'Mất hoặc đổi điện thoại' }).click();
  await page.getByRole('button', { name: 'Mất điện thoại: khoá ngay' }).click();
  await page.getByText('Điện thoại trước đã báo mất nên không ký được nữa').waitFor();
  await page.getByRole('button', { name: 'Tạo passkey ký' }).waitFor();
  const noticesOf = (who: Page) =>
    who.evaluate(async () => {
      const { items } = await (await fetch('/api/v1/account/notices')).json();
      return items.map(({ kind }: { kind: string }) => kind) as string[];
    });
  assert.ok((await noticesOf(page)).includes('signing-phone.ended'));
  assert.ok((await noticesOf(officer)).includes('signing-phone.lost'), 'the officer is told');
});
