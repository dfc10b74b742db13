/**
 * `npm run screens`: every kind of screen as its people see it, at 390 and 1440 px, in light and dark, in
 * artefacts/screens/now. `EDUTRUST_TEST_CHECKOUT=FOLDER npm run screens` takes those of another checkout, such as one of
 * before, into a folder of its name; each run writes artefacts/screens/index.html, where all of them stand side by side.
 */
import { globSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { artefacts, authenticatorOf, desk, openBrowser, openDevice, phone } from '@edutrust/testing/chromium';
import { Platform } from '@edutrust/testing/platform';
import type { Page } from 'playwright-core';
import { City, roles, type Who } from './screens/city.ts';
import { screens } from './screens/list.ts';
import { writePairs } from './screens/pairs.ts';
import type { Screen } from './screens/ways.ts';

const checkout = process.env.EDUTRUST_TEST_CHECKOUT;
const shelf = join(artefacts, 'screens');
const folder = join(shelf, basename(checkout ?? 'now'));
/** Only screens whose name begins with one of these words. */
const only = process.argv.slice(2);

mkdirSync(folder, { recursive: true });
await using platform = await Platform.start();
// A camera that sees nothing: the page of a badge looks through it.
const camera = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];
const browser = await openBrowser(camera);
const pages = new Map<Who, Page>();
const city = new City(platform, checkout === undefined, pageOf);
try {
  for (const screen of screens) {
    if (only.length === 0 || only.some((word) => screen.name.startsWith(word))) await take(screen);
  }
} finally {
  await browser.close();
  await writePairs(shelf, screens);
}

/** Everybody has a browser of their own, and signs in when first asked for. */
async function pageOf(who: Who): Promise<Page> {
  const known = pages.get(who);
  if (known) return known;
  const { page } = await openDevice(browser, { device: desk });
  await authenticatorOf(page);
  pages.set(who, page);
  if (who !== 'visitor') await city.enter(page, roles[who]);
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
  if (who !== 'visitor' && (await page.getByLabel('Mã giáo dục', { exact: true }).isVisible()))
    throw new Error('asks to sign in');
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
    for (const { viewport } of [phone, desk]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
        const path = join(folder, `${name}-${viewport.width}${colorScheme === 'dark' ? '-dark' : ''}.png`);
        await page.screenshot({ path, fullPage: true });
      }
    }
    process.stdout.write(`${name}\n`);
  } catch (error) {
    for (const file of globSync(`${name}-*.png`, { cwd: folder })) rmSync(join(folder, file)); // of an earlier run
    process.stdout.write(`${name}: ${String(error).split('\n', 2).join(' ')}\n`);
  }
}
