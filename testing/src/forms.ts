import assert from 'node:assert/strict';
import { type Form, TestBrowser } from './browser.ts';

/** Sends the first form of a page as a browser without JavaScript does. */
export function submit(browser: TestBrowser, url: string, forms: readonly Form[], fields: Record<string, string>) {
  const form = forms[0];
  assert.ok(form, 'a form');
  return browser.post(new URL(form.action, url), { ...form.hidden, ...fields });
}

/** Uses a printed code and chooses a password. */
export async function activateWithCode(url: string, code: string, password: string): Promise<void> {
  const browser = new TestBrowser();
  const asked = await browser.post(`${url}/activate`, { code });
  const choose = await submit(browser, url, asked.forms, { answer: 'yes' });
  const done = await submit(browser, url, choose.forms, { password, repeat: password });
  assert.equal(done.status, 200, done.body);
}

/** Signs in with a password; the browser holds the session afterwards. */
export async function signInWithPassword(
  browser: TestBrowser,
  url: string,
  educationId: string,
  password: string,
): Promise<void> {
  const asked = await browser.get(`${url}/signin?return_to=/account`);
  const shown = await submit(browser, url, asked.forms, { identifier: educationId, password });
  assert.equal(new URL(shown.url).pathname, '/account', shown.body);
}
