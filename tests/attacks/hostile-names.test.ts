import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addresses } from '@edutrust/admin-console/addresses';
import { askAs } from '@edutrust/testing/ask';
import { desk, openBrowser, openDevice } from '@edutrust/testing/chromium';
import { begin, beginByLink, person } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import type { Browser, Page } from 'playwright-core';

/** Each sets `window.ran` if anything of it runs anywhere: as markup, in an attribute, in a script, in an address, in CSS. */
const hostile: readonly string[] = [
  '<script>ran=1</script>',
  '<img src=x onerror=ran=1>',
  '"><svg onload=ran=1>',
  "'><body onload=ran=1>",
  '" autofocus onfocus=ran=1 x="',
  "' onmouseover=ran=1 y='",
  'javascript:ran=1',
  'data:text/html,<script>opener.ran=1</script>',
  '</script><script>ran=1</script>',
  '</title><script>ran=1</script>',
  '</textarea><script>ran=1</script>',
  '<!--<img src="--><img src=x onerror=ran=1//">',
  ']]><script>ran=1</script>',
  '<iframe srcdoc="<script>parent.ran=1</script>">',
  '<a href="javascript:ran=1">x</a>',
  '<style>@import url(//x.example/ran)</style>',
  '{{constructor.constructor("ran=1")()}}',
  '$' + '{ran=1}',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=ran=1>',
  '\\u003cimg src=x onerror=ran=1\\u003e',
  '&lt;img src=x onerror=ran=1&gt;',
  '<x/onpointerrawupdate=ran=1>',
  '＜script＞ran=1＜/script＞',
  '<noscript><p title="</noscript><img src=x onerror=ran=1>">',
];

/** Columns with words that somebody outside chose, past whatever reads them at the edge. */
const columns: readonly (readonly [table: string, column: string, key: string])[] = [
  ['registry.person', 'full_name', 'id'],
  ['registry.organisation', 'name', 'id'],
  ['registry.class', 'code', 'id'],
  ['idp.app', 'name', 'client_id'],
  ['signing.request', 'title', 'id'],
  ['signing.request', 'signer_title', 'id'],
  ['certs.certificate', 'subject', 'serial'],
  ['sync.target', 'name', 'id'],
  ['sync.client', 'name', 'id'],
  ['registry.roster_plan', 'file_name', 'id'],
  ['idp.passkey', 'name', 'id'],
];

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

/** Every value of the columns becomes one of the hostile strings, row after row. */
async function plant(): Promise<void> {
  const list = `ARRAY[${hostile.map((text) => `$q$${text}$q$`).join(',')}]`;
  for (const [table, column, key] of columns)
    await platform.query(`
      WITH numbered AS (SELECT ${key} AS key, row_number() OVER (ORDER BY ${key}) AS n FROM ${table})
      UPDATE ${table} AS t SET ${column} = (${list})[1 + (n % ${hostile.length})::int] || ' ' || n FROM numbered WHERE numbered.key = t.${key}`);
}

/** Opens what there is an address for without a thing in it, then the first things that lists link to. */
async function walk(page: Page, start: readonly string[]): Promise<{ seen: number; shown: number }> {
  const wrong: string[] = [];
  page.on('dialog', (dialog) => {
    wrong.push(`${page.url()} opened a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('response', (response) => {
    if (response.status() >= 500) wrong.push(`${response.url()} → ${response.status()}`);
  });
  page.on('console', (message) => {
    // What the policy had to stop would have run in a browser without one.
    if (/Content Security Policy|TrustedHTML/i.test(message.text())) wrong.push(`${page.url()}: ${message.text()}`);
  });
  const paths = new Set(start);
  const kinds = new Set<string>();
  let seen = 0;
  let shown = 0;
  for (const path of paths) {
    await page.goto(platform.url + path);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
    seen += 1;
    const state = await page.evaluate(() => ({
      ran: 'ran' in globalThis,
      // Elements and attributes of handlers that no page of ours has.
      foreign: document.querySelectorAll(
        'math, iframe, x, body [onload], [onerror], [onfocus], [onmouseover], a[href^="javascript:"]',
      ).length,
      text: document.body.innerText,
      links: [...document.querySelectorAll('a[href^="/admin/"]')].map((link) => link.getAttribute('href') ?? ''),
    }));
    if (state.ran || state.foreign > 0)
      wrong.push(`${path}: ${state.ran ? 'a script ran' : 'markup of a name is in the page'}`);
    if (state.text.includes('ran=1')) shown += 1;
    for (const link of state.links) {
      const kind = link.replace(/[?#].*/, '').replace(/\/[0-9a-f-]{8,}(?=\/|$)/g, '/:id');
      if (kinds.has(kind) || /\/paper$|\.(?:csv|pdf)$/.test(kind)) continue;
      kinds.add(kind);
      paths.add(link.replace(/[?#].*/, ''));
    }
  }
  assert.deepEqual(wrong, []);
  return { seen, shown };
}

test('S5: two dozen hostile names in every place that somebody can name run nowhere, break no page and are shown as what they are', async () => {
  const { page: department } = await openDevice(browser, { device: desk });
  await beginByLink(platform, department, platform.welcome?.administratorLink ?? '');
  const { page: school } = await openDevice(browser, { device: desk });
  await begin(platform, school, person(platform, 'Quản trị trường'));
  const organisationId = (await askAs(department, 'GET', '/api/v1/me')).roles[0].organisation.id;
  await askAs(department, 'POST', '/api/v1/sync/clients', {
    name: 'Lớp học',
    kind: 'oneroster',
    organisationId,
    mayWrite: false,
  });
  await plant();
  const lists = addresses.filter((address) => !address.includes(':') && !address.startsWith('/teach'));
  const atDepartment = await walk(department, ['/', '/account', ...lists]);
  const atSchool = await walk(school, ['/', '/account', '/admin', '/admin/people', '/admin/classes', '/admin/signing']);
  assert.ok(atDepartment.seen > 40 && atDepartment.shown > 15, JSON.stringify(atDepartment));
  assert.ok(atSchool.seen > 10 && atSchool.shown > 5, JSON.stringify(atSchool));
});
