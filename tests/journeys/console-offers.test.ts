import assert from 'node:assert/strict';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { authenticatorOf, desk, openBrowser, openDevice } from '@edutrust/testing/chromium';
import { begin, beginWithPasskey, person } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import type { Browser, Page, Request, Response } from 'playwright-core';

/**
 * B10: the console offers nothing that the server refuses. As each role every link is followed and every button
 * pressed, once a kind of page, on a city of its own; what the server answers is what counts.
 */

let platform: Platform;
let browser: Browser;

before(async () => {
  platform = await Platform.start();
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await platform?.[Symbol.asyncDispose]();
});

/** Kinds of pages are told apart by their address without identifiers; of people several are looked at. */
const kindOf = (path: string) =>
  path
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ':id')
    .replace(/(?<=\/(?:certificates|apps)\/)(?!new|requests|registration-tokens)[^/?]+/, ':id');
const visitsOf = (kind: string) => ({ '/admin/people/:id': 5, '/admin/apps/:id': 2 })[kind] ?? 1;

/** Answers that say «not yours»; a wrong value, a conflict or a question for a fresher sign-in is none. */
const isRefusal = (status: number) => status === 403 || status === 404;

interface Walk {
  readonly page: Page;
  /** What is wrong, with the page and what was pressed. */
  readonly faults: string[];
  readonly pages: Set<string>;
  readonly pressed: Set<string>;
  /** Requests that the page waits for. */
  readonly underway: Set<Request>;
  doing: string;
}

async function walkAs(page: Page, start: readonly string[], keepAway: readonly string[]): Promise<Walk> {
  const walk: Walk = { page, faults: [], pages: new Set(), pressed: new Set(), underway: new Set(), doing: '' };
  watch(walk);
  const visits = new Map<string, number>();
  const queue = [...start];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const kind = kindOf(path.split('?')[0] ?? path);
    const count = visits.get(kind) ?? 0;
    if (count >= visitsOf(kind)) continue;
    visits.set(kind, count + 1);
    walk.pages.add(kind);
    await open(walk, path);
    await isNarrow(walk, kind);
    const links = await page
      .locator('a[href^="/admin"], a[href^="/teach"]')
      .evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
    queue.push(...links.filter((link) => !link.includes('/api/')));
    if (keepAway.some((id) => path.includes(id))) continue;
    const isGone = await pressAll(walk, path, kind);
    // What ended its own page leads nowhere any longer.
    if (isGone) queue.splice(0, queue.length, ...queue.filter((next) => !next.startsWith(path)));
  }
  return walk;
}

/** What a person would never see, and what no page may do, is noted as it happens. */
function watch(walk: Walk): void {
  const { page, faults } = walk;
  const note = (what: string) => faults.push(`${walk.doing}: ${what}`);
  const ended = (request: Request) => walk.underway.delete(request);
  page.on('requestfinished', ended);
  page.on('requestfailed', ended);
  page.on('response', (response: Response) => {
    const { pathname } = new URL(response.url());
    if (pathname.startsWith('/api/') && isRefusal(response.status()))
      note(`${response.request().method()} ${pathname} → ${response.status()}`);
    if (response.status() >= 500) note(`${pathname} → ${response.status()}`);
  });
  page.on('request', (request) => {
    if (request.resourceType() !== 'eventsource') walk.underway.add(request);
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && url.origin !== platform.url) note(`a request to ${url.origin}`);
  });
  page.on('pageerror', (error) => note(`an exception: ${error.message}`));
  page.on('console', (message) => {
    // The browser says each answer of 4xx itself; which of them are wrong is decided above.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) note(message.text());
  });
}

async function open(walk: Walk, path: string): Promise<void> {
  walk.doing = path;
  walk.underway.clear();
  await walk.page.goto(platform.url + path);
  const heading = walk.page.locator('main h1').first();
  await heading.waitFor().catch(() => walk.faults.push(`${path}: no heading`));
  await settle(walk);
}

/** Everything that the page asked for has come, and is drawn; what it asks for then as well. */
async function settle({ page, underway, doing }: Walk): Promise<void> {
  for (let calm = 0, tries = 0; calm < 2; tries += 1) {
    assert.ok(tries < 2_000, `${doing}: ${[...underway].map((request) => request.url())} never ends`);
    await page
      .evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
      .catch(() => undefined);
    calm = underway.size === 0 ? calm + 1 : 0;
  }
}

/** 400 % zoom of 1280 px: nothing scrolls sideways but what has a frame of its own. */
async function isNarrow(walk: Walk, kind: string): Promise<void> {
  await walk.page.setViewportSize({ width: 320, height: 700 });
  const sideways = await walk.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (sideways > 0) walk.faults.push(`${kind}: ${sideways} px sideways at 320 px`);
  await walk.page.setViewportSize(desk.viewport);
}

/** Whether one of the buttons ended what the page is about. */
async function pressAll(walk: Walk, path: string, kind: string): Promise<boolean> {
  const { page, pressed } = walk;
  for (let round = 0; round < 40; round += 1) {
    const buttons = page.locator('main button:enabled:visible');
    const found = await buttons.evaluateAll((all) =>
      all.map((button) => {
        const row = button.closest('li, tr');
        return {
          name: (button.getAttribute('aria-label') ?? button.textContent ?? '').trim(),
          isBad: button.className.includes('button-bad'),
          place: row && [...row.querySelectorAll('button')].indexOf(button as HTMLButtonElement), // found by `button`
        };
      }),
    );
    const names = found.map(({ name }) => name);
    // A name that holds a person's name or a number is the same button of another row; so is what stands at one place of
    // many rows, each with a name of its own.
    const keys = found.map(({ name, place }) => {
      const isOfRows = place !== null && names.filter((other) => other === name).length === 1;
      const words = name
        .replace(/[:\d].*$/, '')
        .split(' ')
        .slice(0, 3)
        .join(' ');
      return `${kind} ${isOfRows && found.filter((other) => other.place === place).length > 5 ? `row ${place}` : words}`;
    });
    const isNew = (index: number) => !pressed.has(keys[index] ?? '');
    const gentle = found.findIndex(({ isBad }, index) => !isBad && isNew(index));
    const next = gentle >= 0 ? gentle : found.findIndex((_one, index) => isNew(index));
    if (next < 0) return false;
    pressed.add(keys[next] ?? '');
    walk.doing = `${path}, «${names[next]}»`;
    await fill(page);
    await buttons.nth(next).click();
    await settle(walk);
    await answer(page);
    await settle(walk);
    const isElsewhere = new URL(page.url()).pathname !== path.split('?')[0];
    if (isElsewhere && found[next]?.isBad) return true;
    if (isElsewhere || (await page.locator('dialog[open]').count()) > 0) await open(walk, path);
  }
  assert.fail(`${path} never comes to an end`);
}

/** In a form whatever fits; it need not be right, only to be sent. */
async function fill(page: Page): Promise<void> {
  for (const field of await page.locator('main form :is(input, textarea):visible').all()) {
    const type = (await field.getAttribute('type')) ?? 'text';
    if (['checkbox', 'radio', 'file'].includes(type) || (await field.inputValue()) !== '') continue;
    await field.fill({ date: '2015-05-05', url: 'https://example.edu.vn/', number: '1' }[type] ?? 'Thử một lần');
  }
  for (const choice of await page.locator('main form select:visible').all())
    if ((await choice.inputValue()) === '' && (await choice.locator('option').count()) > 1)
      await choice.selectOption({ index: 1 });
}

/** A question is answered with yes: the button that says the act is the first one of its last row. */
async function answer(page: Page): Promise<void> {
  const dialog = page.locator('dialog[open]').last();
  if ((await dialog.count()) === 0) return;
  const yes = dialog.locator('button.button-primary, button.button-bad').first();
  if ((await yes.count()) > 0 && (await yes.isEnabled())) await yes.click();
}

/**
 * A walk takes half a minute to three: two roles in every run, all seven by `npm run offers`, which is run before a
 * release and whenever a screen offers something new.
 */
const everyRole = [
  { role: 'Quản trị trường', start: ['/admin'] },
  { role: 'Giáo viên', start: ['/teach', '/admin'] },
  { role: 'Hiệu trưởng', start: ['/admin'] },
  { role: 'Văn thư', start: ['/admin'] },
  { role: 'An toàn', start: ['/admin'] },
  { role: 'Kiểm toán', start: ['/admin'] },
  { role: 'department', start: ['/admin'] },
] as const;
const always: readonly string[] = ['Hiệu trưởng', 'Văn thư'];
const cases = process.env.EDUTRUST_TEST_EVERY_ROLE ? everyRole : everyRole.filter(({ role }) => always.includes(role));

/** The people of the walks are looked at, and nothing is done to them: the others still have to walk. */
async function walkers(page: Page): Promise<string[]> {
  const names = (platform.welcome?.people ?? []).map(({ educationId }) => educationId);
  const ids = await Promise.all(
    names.map((id) =>
      page.evaluate(async (asked: string) => {
        const found = await (await fetch(`/api/v1/people?q=${asked}`)).json();
        return found.items?.[0]?.id as string | undefined;
      }, id),
    ),
  );
  return ids.filter((id) => id !== undefined);
}

for (const { role, start } of cases) {
  test(`B10: ${role}: every page opens, every button that is offered is accepted, nothing leaves the house`, async (run) => {
    const device = await openDevice(browser, { device: desk });
    const { page } = device;
    page.setDefaultTimeout(8_000);
    await authenticatorOf(page);
    if (role === 'department') {
      await page.goto(platform.welcome?.administratorLink ?? '');
      const yes = page.getByRole('button', { name: 'Đúng', exact: true });
      if (await yes.isVisible()) await yes.click();
      await beginWithPasskey(platform, page);
    } else await begin(platform, page, person(platform, role));
    await page.goto(`${platform.url}/admin`);
    const own: string = await page.evaluate(async () => (await (await fetch('/api/v1/me')).json()).person.id);
    const walk = await walkAs(page, start, [own, ...(await walkers(page))]);
    run.diagnostic(`${role}: ${walk.pressed.size} buttons on ${walk.pages.size} kinds of pages`);
    assert.deepEqual(walk.faults, []);
    assert.ok(walk.pages.size > 2, `${role} saw ${[...walk.pages]}`);
    await device.context.close();
  });
}
