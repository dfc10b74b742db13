import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { addresses } from '@edutrust/admin-console/addresses';
import { artefacts, seriousFindings } from '@edutrust/testing/chromium';
import type { Page } from 'playwright-core';

/** A width of the window and a scheme of colours in which a page is looked at. */
export interface View {
  readonly width: 320 | 390 | 1440;
  readonly scheme: 'light' | 'dark';
}

export const everyView: readonly View[] = ([320, 390, 1440] as const).flatMap((width) => [
  { width, scheme: 'light' as const },
  { width, scheme: 'dark' as const },
]);

/** One walk over everything that a person can reach by links, a page of each kind; what is wrong gathers in `faults`. */
export interface Tour {
  readonly origin: string;
  readonly views: readonly View[];
  /** Pictures are for who looks at them, and the dearest part of the walk. */
  readonly keepsPictures: boolean;
  readonly faults: Set<string>;
  /** Kinds of pages, and who saw them. */
  readonly seen: Map<string, Set<string>>;
}

/** The console's address that a path is an example of; of other pages the path without what names one thing. */
export function kindOf(path: string): string {
  const [pathname = path] = path.split(/[?#]/);
  const parts = pathname.replace(/\/$/, '').split('/');
  const fits = addresses.filter((address) => {
    const pattern = address.split('/');
    return pattern.length === parts.length && pattern.every((part, at) => part.startsWith(':') || part === parts[at]);
  });
  const exact = fits.toSorted((one, other) => one.split(':').length - other.split(':').length)[0];
  return (
    exact ??
    (pathname
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ':id')
      .replace(/(?<=^\/verify\/(?:report\/)?)[^/]{6,}/, ':id')
      .replace(/(?<=^\/signin\/)[\w-]{20,}/, ':uid')
      .replace(/(?<=^\/sign\/batch\/[^/]+\/).+/, ':key')
      .replace(/(?<=.)\/$/, '') ||
      '/')
  );
}

const isConsole = (path: string) => /^\/(?:admin|teach)(?=[/?#]|$)/.test(path);
/** Links that answer with a file, or that end the walk. */
const isPage = (path: string) =>
  !/^\/(?:api\/v1|assets|pki\/.+\.|log\/|oidc|sign-out|design)|\/paper$|\.(?:json|pdf)$|return_to=%2Fapi/.test(path);

export async function tourAs(tour: Tour, page: Page, who: string, start: readonly string[]): Promise<void> {
  let doing = start[0] ?? '/';
  const note = (what: string) => tour.faults.add(`${kindOf(doing)} (${who}): ${what}`);
  watch(page, tour.origin, note);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const queue = [...start];
  const done = new Set<string>();
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const kind = kindOf(path);
    if (done.has(kind)) continue;
    done.add(kind);
    doing = path;
    await arrive(tour, page, path, note);
    if (await page.evaluate(() => document.contentType !== 'text/html')) continue;
    const seen = tour.seen.get(kind) ?? new Set();
    tour.seen.set(kind, seen.add(who));
    await isNamed(page, note);
    await speaksToPeople(page, kind, note);
    for (const view of tour.views) await lookAt(tour, page, view, kind, who, note);
    for (const size of [
      { width: 320, height: 256 },
      { width: 390, height: 844 },
    ]) {
      const hidden = await obscured(page, size);
      if (hidden.length > 0)
        note(`at ${size.width} × ${size.height} the focus is hidden on ${hidden.slice(0, 3)}, ${hidden.length} in all`);
    }
    await inForcedColours(tour, page, kind, who, note);
    queue.push(...(await linksOf(page, tour.origin)).filter((link) => !done.has(kindOf(link))));
  }
  page.removeAllListeners();
}

/** What no page may do is noted as it happens. */
function watch(page: Page, origin: string, note: (what: string) => void): void {
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && url.origin !== origin) note(`a request to ${url.origin}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 500) note(`${new URL(response.url()).pathname} → ${response.status()}`);
  });
  page.on('pageerror', (error) => note(`an exception: ${error.message}`));
  // A violation of the content security policy is one of these, too.
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) note(message.text());
  });
}

/** Inside the console by a link, as a person goes: title, focus and announcement have to follow (WCAG 2.4.2, 2.4.3). */
async function arrive(tour: Tour, page: Page, path: string, note: (what: string) => void): Promise<void> {
  await page.setViewportSize({ width: 1440, height: 900 });
  const here = page.url().replace(tour.origin, '');
  const isInside = isConsole(here) && isConsole(path);
  if (isInside) {
    await page.evaluate((href) => {
      const link = Object.assign(document.createElement('a'), { href });
      document.body.append(link);
      link.click();
      link.remove();
    }, path);
    await page.waitForURL((url) => url.pathname !== new URL(page.url()).pathname || url.href.endsWith(path));
  } else await page.goto(tour.origin + path);
  if (await page.evaluate(() => document.contentType !== 'text/html')) return;
  await settled(page).catch(() => note('no heading, or it never ends loading'));
  if (await page.getByRole('heading', { level: 1, name: /chưa tải được/ }).count()) note('the page did not load');
  if (!isInside) return;
  // On a busy machine the heading of the page before may be seen above: focus and words come with the new one, or never.
  await page
    .waitForFunction(
      () => document.activeElement?.tagName === 'H1' && document.getElementById('announcer')?.textContent,
    )
    .catch(() => undefined);
  const after = await page.evaluate(() => ({
    focus: document.activeElement?.tagName,
    title: document.title,
    said: document.getElementById('announcer')?.textContent ?? '',
  }));
  if (after.focus !== 'H1') note(`after the change of page the focus is on ${after.focus}`);
  if (!after.title.includes('EduTrust') || after.title.startsWith('EduTrust')) note(`the title is «${after.title}»`);
  if (after.said === '') note('nothing was said on arrival');
}

/** The heading is there and nothing is loading; a stream that stays open is not waited for. */
async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor({ state: 'attached' });
  await page.waitForFunction(() => !/Đang tải/.test(document.body.textContent ?? ''));
  await page.waitForLoadState('networkidle', { timeout: 3_000 }).catch(() => undefined);
}

async function isNamed(page: Page, note: (what: string) => void): Promise<void> {
  const named = await page.evaluate(() => ({
    headings: [...document.querySelectorAll('h1')].filter((heading) => heading.checkVisibility()).length,
    title: document.title,
    language: document.documentElement.lang,
    mains: document.querySelectorAll('main').length,
  }));
  if (named.headings !== 1) note(`${named.headings} headings of the first level`);
  if (named.mains !== 1) note(`${named.mains} main landmarks`);
  if (!/\S/.test(named.title)) note('no title');
  if (named.language === '') note('no language');
}

/** Pages of those who write programs or run the other server: there a name of the machine's is the right word. */
const forProgrammers = /^\/(?:api\/docs|admin\/apps|admin\/sync\/(?:new|:id\/edit)|log)/;

/** No id of the database, no word of the program stands before a person; one word for one thing. */
async function speaksToPeople(page: Page, kind: string, note: (what: string) => void): Promise<void> {
  if (forProgrammers.test(kind)) return;
  const text = await page.evaluate(() => document.body.innerText);
  const words =
    /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}|\b(?:signing-request|client_id|redirect_uri|bind dn|undefined|null|NaN)\b|\[object|khoá truy cập|.{0,20}\b[a-z]+(?:-[a-z]+)*\.[a-z]+-[a-z]+\b/gi;
  const found = new Set(text.match(words));
  if (found.size > 0) note(`not a person's words: ${[...found].slice(0, 5).join(', ')}`);
}

async function lookAt(
  tour: Tour,
  page: Page,
  { width, scheme }: View,
  kind: string,
  who: string,
  note: (what: string) => void,
) {
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  await page.setViewportSize({ width, height: width === 1440 ? 900 : 844 });
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (sideways > 0) note(`${sideways} px sideways at ${width}`);
  const refused = await page.locator('[data-passkey-error]:not(:empty)').allInnerTexts();
  if (refused.length > 0) note(`says of a passkey that nobody asked for: ${refused}`);
  await picture(tour, page, kind, `${who}-${width}-${scheme}`);
  for (const finding of await seriousFindings(page)) note(`at ${width}, ${scheme}: ${finding}`);
}

/** System colours replace ours: what is pressed or filled in keeps an edge. The picture is kept for what else may be lost. */
async function inForcedColours(tour: Tour, page: Page, kind: string, who: string, note: (what: string) => void) {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ forcedColors: 'active', colorScheme: 'dark' });
  const faint = await edgeless(page);
  if (faint.length > 0) note(`in forced colours no edge is seen of ${faint.slice(0, 3)}, ${faint.length} in all`);
  await picture(tour, page, kind, `${who}-forced`);
  await page.emulateMedia({ forcedColors: 'none', colorScheme: 'light' });
}

/** Buttons and fields of which nothing says where they begin and end. */
export const edgeless = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.button, input:not([type=hidden]), select, textarea')]
      .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 2)
      .filter((one) => {
        const { borderBottomStyle, borderBottomWidth, outlineStyle, appearance } = getComputedStyle(one);
        return (
          (borderBottomStyle === 'none' || borderBottomWidth === '0px') &&
          outlineStyle === 'none' &&
          appearance === 'none'
        );
      })
      .map((one) => `«${(one.textContent || one.id || one.className).trim().slice(0, 40)}»`),
  );

async function picture(tour: Tour, page: Page, kind: string, name: string): Promise<void> {
  if (!tour.keepsPictures) return;
  const folder = kind.replaceAll(':', '').split('/').filter(Boolean).join('.') || 'launcher';
  const path = join(artefacts, 'tour', folder, `${name}.png`);
  mkdirSync(dirname(path), { recursive: true });
  await page.screenshot({ path, fullPage: true });
}

/** WCAG 2.4.11, also at 400 % of 1280 × 1024: what has the focus is not wholly behind a bar that stays. */
async function obscured(page: Page, size: { readonly width: number; readonly height: number }): Promise<string[]> {
  await page.setViewportSize(size);
  return page.evaluate(() => {
    const hidden: string[] = [];
    for (const element of document.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, summary')) {
      if (!element.checkVisibility({ visibilityProperty: true }) || element.matches(':disabled')) continue;
      element.focus();
      if (document.activeElement !== element) continue;
      const box = (
        element.getBoundingClientRect().width > 2 ? element : (element.closest('label') ?? element)
      ).getBoundingClientRect();
      const isSeen = [0.05, 0.5, 0.95].some((across) =>
        [0.05, 0.5, 0.95].some((down) => {
          const hit = document.elementFromPoint(box.left + box.width * across, box.top + box.height * down);
          return (
            hit !== null && (element.contains(hit) || hit.contains(element) || hit.closest('label')?.contains(element))
          );
        }),
      );
      if (!isSeen)
        hidden.push(
          `«${(element.getAttribute('aria-label') ?? element.textContent ?? element.id).trim().slice(0, 40)}»`,
        );
    }
    return hidden;
  });
}

async function linksOf(page: Page, origin: string): Promise<string[]> {
  const all = await page
    .locator('a[href]')
    .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href)); // an <a>
  return all
    .filter((href) => href.startsWith(`${origin}/`))
    .map((href) => href.slice(origin.length))
    .filter(isPage);
}
