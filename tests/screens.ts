/**
 * `npm run screens`: what visitors, a pupil, a teacher and a guardian see, at 390 and 1440 px, in light and dark, in
 * artefacts/screens. `EDUTRUST_TEST_CHECKOUT=FOLDER` takes those of another checkout into a folder of its name, to be
 * laid beside them.
 */
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { artefacts, desk, openBrowser, openDevice, phone } from '@edutrust/testing/chromium';
import { activate, person, signIn } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import type { Page } from 'playwright-core';

const password = 'một câu đủ dài để nhớ lâu';
const seen = {
  visitor: ['/signin?return_to=%2F', '/activate', '/verify', '/pki', '/api/docs', '/signed-out', '/nothing-here'],
  pupil: ['/', '/account'],
  teacher: ['/', '/account', '/teach'],
  guardian: ['/', '/account/children'],
} as const;
const titles = { pupil: 'Học sinh', teacher: 'Giáo viên', guardian: 'Phụ huynh' } as const;

const folder = join(artefacts, 'screens', basename(process.env.EDUTRUST_TEST_CHECKOUT ?? 'now'));
mkdirSync(folder, { recursive: true });
await using platform = await Platform.start();
const browser = await openBrowser();
try {
  for (const [who, paths] of Object.entries(seen) as [keyof typeof seen, readonly string[]][]) {
    const { page, context } = await openDevice(browser);
    page.setDefaultTimeout(60_000);
    if (who !== 'visitor') await enter(page, titles[who]);
    for (const path of paths) await take(page, path, who);
    await context.close();
  }
} finally {
  await browser.close();
}

/** Activates with a password; an older checkout asks for it once more. */
async function enter(page: Page, title: string): Promise<void> {
  const { code, educationId } = person(platform, title);
  await activate(platform, page, code, password);
  await page.waitForLoadState('networkidle');
  await page.goto(platform.url);
  if (await page.getByLabel('Mã giáo dục').isVisible()) {
    await signIn(page, educationId, password);
    await page.waitForLoadState('networkidle');
  }
}

async function take(page: Page, path: string, who: string): Promise<void> {
  const name = `${who}${path.replace(/\?.*/, '').replaceAll('/', '-')}`.replace(/-$/, '');
  for (const { viewport } of [phone, desk]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.goto(platform.url + path);
      await page.waitForLoadState('networkidle');
      const scheme = colorScheme === 'dark' ? '-dark' : '';
      await page.screenshot({ path: join(folder, `${name}-${viewport.width}${scheme}.png`), fullPage: true });
    }
  }
}
