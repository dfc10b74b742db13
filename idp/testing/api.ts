import type { TestBrowser } from '@edutrust/testing/browser';
import type { TestIdp } from './idp.ts';

/** Calls the API as a person who signed in, by the browser that they had before or a new one. */
export async function callAs(
  world: TestIdp,
  browsers: Map<string, TestBrowser>,
  personId: string,
  method: string,
  path: string,
  body?: object,
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects and fails when it is not there
): Promise<{ status: number; json: any }> {
  const browser = browsers.get(personId) ?? (await world.enter(personId));
  browsers.set(personId, browser);
  const response = await browser.request(`${world.origin}/api/v1${path}`, {
    method,
    ...(body ? { body: JSON.stringify(body) } : {}),
    headers: {
      accept: 'application/json',
      'sec-fetch-site': 'same-origin',
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
  });
  const text = await response.text();
  return { status: response.status, json: text ? JSON.parse(text) : undefined };
}
