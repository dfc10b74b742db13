import type { Page } from 'playwright-core';

/** Asks the API as whoever is signed in at the page, which is one of ours; gives the answer's JSON. Throws on a refusal. */
export async function askAs(page: Page, method: string, path: string, body?: object) {
  return page.evaluate(
    async ([how, where, json]) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(where, json ? { method: how, headers, body: json } : { method: how });
      if (!answer.ok) throw new Error(`${how} ${where}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    [method, path, body && JSON.stringify(body)] as const,
  );
}
