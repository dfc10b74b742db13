import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import axe from 'axe-core';
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';

export const artefacts = join(new URL('../..', import.meta.url).pathname, 'artefacts');

/** Debian's Chromium without a window: the same engine as with one, for two thirds of the CPU. */
export const executablePath = '/usr/bin/chromium-headless-shell';

/** Chromium without its own calls home, with `more` of its flags. */
export async function openBrowser(more: readonly string[] = []): Promise<Browser> {
  const quiet = [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({
    executablePath,
    headless: true,
    args: ['--no-sandbox', ...quiet, ...more],
  });
}

/** What has not come by then does not come; how long it takes is the machine's business. */
const hangMs = 60_000;

export const phone = {
  viewport: { width: 390, height: 844 },
  // As sharp as a phone where somebody looks at it: four times the dots to draw.
  deviceScaleFactor: process.env.EDUTRUST_TEST_PICTURES ? 2 : 1,
  hasTouch: true,
  isMobile: true,
} as const;
export const desk = { viewport: { width: 1440, height: 900 } } as const;

/** One person at one device: own cookies, own authenticator. */
export interface Device {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Adds a platform authenticator (user verification, resident keys, PRF) to the page. */
  addAuthenticator(): Promise<Authenticator>;
}

const authenticators = new WeakMap<Page, Promise<Authenticator>>();

/** The page's platform authenticator; added when it has none yet. */
export function authenticatorOf(page: Page): Promise<Authenticator> {
  const known = authenticators.get(page) ?? addAuthenticator(page);
  authenticators.set(page, known);
  return known;
}

/** One more authenticator: of the device itself, or a security key. */
export async function addAuthenticator(page: Page, transport: 'internal' | 'usb' = 'internal'): Promise<Authenticator> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport,
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      hasPrf: true,
    },
  });
  return { cdp, id: authenticatorId };
}

export interface Authenticator {
  readonly cdp: CDPSession;
  readonly id: string;
}

export async function openDevice(
  browser: Browser,
  options: { readonly device?: typeof phone | typeof desk; readonly javaScript?: boolean } = {},
): Promise<Device> {
  const context = await browser.newContext({
    ...(options.device ?? desk),
    locale: 'vi-VN',
    javaScriptEnabled: options.javaScript ?? true,
  });
  context.setDefaultTimeout(hangMs);
  const page = await context.newPage();
  return {
    context,
    page,
    addAuthenticator: () => authenticatorOf(page),
  };
}

/**
 * {@link look} at a desk's width and at a phone's. How letters stand out and how large a target is, the dearest to find
 * out, is judged where there is least room; colours are those of both.
 */
export async function lookAtBoth(page: Page, name: string): Promise<void> {
  await look(page, `${name}-desk`, ['color-contrast', 'target-size']);
  await page.setViewportSize(phone.viewport);
  await look(page, `${name}-phone`);
  await page.setViewportSize(desk.viewport);
}

/**
 * Fails on a serious accessibility violation (WCAG 2.2 A, AA) and on a page that scrolls sideways. Keeps a picture of the
 * page when `EDUTRUST_TEST_PICTURES` is set: it costs a second of CPU, the rest a quarter of one.
 */
export async function look(page: Page, name: string, except: readonly string[] = []): Promise<void> {
  await untilStill(page);
  if (process.env.EDUTRUST_TEST_PICTURES) {
    mkdirSync(artefacts, { recursive: true });
    await page.screenshot({ path: join(artefacts, `${name}.png`), fullPage: true });
  }
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(sideways <= 0, `${name} is ${sideways} px wider than the window`);
  assert.deepEqual(
    (await seriousFindings(page, except)).map((finding) => `${name}: ${finding}`),
    [],
  );
}

/** The letters are there, and what moves once has moved. */
async function untilStill(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    const once = document
      .getAnimations()
      .filter(({ effect, playState }) => playState === 'running' && effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(once.map(({ finished }) => finished));
  });
}

/** What axe (WCAG 2.2 A, AA) calls serious or worse on the page as it stands, `except` by rules of these names. */
export async function seriousFindings(page: Page, except: readonly string[] = []): Promise<string[]> {
  // As tall as the page: what a bar at the foot covers is only what can still be scrolled out from under it.
  const viewport = page.viewportSize();
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  const isTaller = viewport !== null && height > viewport.height;
  if (isTaller) await page.setViewportSize({ width: viewport.width, height });
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const violations = await page.evaluate(async (names) => {
    const { axe: inPage } = window as unknown as { axe: typeof axe }; // what the line above has put there
    const found = await inPage.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
      rules: Object.fromEntries(names.map((name) => [name, { enabled: false }])),
      resultTypes: ['violations'],
      preload: false, // style sheets and films again, for rules that are not among these
    });
    return found.violations;
  }, except);
  if (isTaller) await page.setViewportSize(viewport);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id} ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join(' | ')}`,
    );
}
