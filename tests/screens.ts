/**
 * `npm run screens`: every kind of screen as its people see it, at 390 and 1440 px, in light and dark, in
 * artefacts/screens/now. `EDUTRUST_TEST_CHECKOUT=FOLDER npm run screens` takes those of another checkout, such as one of
 * before, into a folder of its name; `EDUTRUST_DEMO=0` takes the console of a city that has nothing yet, into
 * artefacts/screens/empty; `EDUTRUST_TEST_VIEWS=320,1440-forced` looks at other widths and colours;
 * `EDUTRUST_SECURITY_LEVEL=3` and `EDUTRUST_UPSTREAM=FILE` go to the platform as they are. Each run writes
 * artefacts/screens/index.html, where all of them stand side by side.
 */
import { globSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { artefacts, authenticatorOf, desk, openBrowser, openDevice, phone } from '@edutrust/testing/chromium';
import { Platform } from '@edutrust/testing/platform';
import { startSlapd } from '@edutrust/testing/slapd';
import type { Page } from 'playwright-core';
import { City, type Who } from './screens/city.ts';
import { emptyScreens, screens } from './screens/list.ts';
import { writePairs } from './screens/pairs.ts';
import type { Screen } from './screens/ways.ts';

const checkout = process.env.EDUTRUST_TEST_CHECKOUT;
const shelf = join(artefacts, 'screens');
const isEmpty = process.env.EDUTRUST_DEMO === '0';
const folder = join(shelf, isEmpty ? 'empty' : basename(checkout ?? 'now'));
const views = (process.env.EDUTRUST_TEST_VIEWS ?? '390,390-dark,1440,1440-dark').split(',').map(viewOf);
/** Only screens whose name begins with one of these words. */
const only = process.argv.slice(2);

mkdirSync(folder, { recursive: true });
await using platform = await Platform.start(
  Object.fromEntries(
    ['EDUTRUST_DEMO', 'EDUTRUST_SECURITY_LEVEL', 'EDUTRUST_UPSTREAM'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  ),
);
// A camera that sees nothing: the page of a badge looks through it.
const camera = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];
const browser = await openBrowser(camera);
const pages = new Map<Who, { page: Page; enteredAt: number }>();
/** Costly things ask who signed in longer ago than five minutes to do it again: on a busy machine that is a few screens. */
const freshMs = 150_000;
await using directory = await startSlapd();
const city = new City(platform, checkout === undefined, pageOf, directory);
if (isEmpty) await city.found();
try {
  for (const screen of isEmpty ? emptyScreens : screens) {
    if (only.length === 0 || only.some((word) => screen.name.startsWith(word))) await take(screen);
  }
} finally {
  await browser.close();
  await writePairs(shelf, [...screens, ...emptyScreens]);
}

/** Everybody has a browser of their own, and signs in when first asked for and when that was long ago. */
async function pageOf(who: Who): Promise<Page> {
  const page = await entered(who);
  await page.waitForLoadState('networkidle', { timeout: 5_000 }).catch(() => undefined); // a page on its way cuts off the next
  return page;
}

async function entered(who: Who): Promise<Page> {
  const known = pages.get(who);
  if (known) {
    if (performance.now() - known.enteredAt > freshMs && (await city.enterAgain(known.page, who)))
      known.enteredAt = performance.now();
    return known.page;
  }
  const { page } = await openDevice(browser, { device: desk });
  await authenticatorOf(page);
  pages.set(who, { page, enteredAt: performance.now() });
  if (who !== 'visitor') await city.enter(page, who);
  return page;
}

/**
 * The page has its heading and all that it asked for, and is whose it is said to be: neither its skeleton nor the page for
 * signing in is a picture of it.
 */
async function settled(page: Page, who: Who): Promise<void> {
  await page.locator('h1:visible').first().waitFor();
  await page.waitForLoadState('networkidle', { timeout: 5_000 }).catch(() => undefined); // a stream stays open
  await page.waitForFunction(() => {
    const waits = [...document.querySelectorAll('[role=status]')].some((one) =>
      /^(?:Đang tải|Loading)/.test(one.textContent),
    );
    return !waits && !document.querySelector('.skeleton, [aria-busy=true]');
  });
  if (who === 'visitor' || !new URL(page.url()).pathname.startsWith('/signin')) return;
  if (await page.getByRole('textbox', { name: 'Mã giáo dục', exact: true }).isVisible())
    throw new Error('asks to sign in');
}

/** `390`, `1440-dark`, `1440-forced`: a width and colours. */
function viewOf(name: string) {
  const [width = '', colours] = name.split('-');
  return {
    name,
    viewport: { width: Number(width), height: (Number(width) < 700 ? phone : desk).viewport.height },
    media: {
      colorScheme: colours === undefined ? ('light' as const) : ('dark' as const),
      forcedColors: colours === 'forced' ? ('active' as const) : ('none' as const),
    },
  };
}

/** A screen that cannot be reached leaves no picture: an older checkout has not each of them. */
async function take({ name, who, open, before }: Screen): Promise<void> {
  const way = city.isNow ? open : before === undefined ? open : before;
  if (way === null) return;
  try {
    const page = await pageOf(who);
    await page.setViewportSize(desk.viewport);
    if (typeof way === 'string') await page.goto(platform.url + way);
    else await way(page, city);
    await settled(page, who);
    for (const { name: view, viewport, media } of views) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ reducedMotion: 'reduce', ...media });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      await page.screenshot({ path: join(folder, `${name}-${view}.png`), fullPage: true });
    }
    process.stdout.write(`${name}\n`);
  } catch (error) {
    for (const file of globSync(`${name}-*.png`, { cwd: folder })) rmSync(join(folder, file)); // of an earlier run
    process.stdout.write(`${name}: ${String(error).split('\n', 2).join(' ')}\n`);
  }
}
