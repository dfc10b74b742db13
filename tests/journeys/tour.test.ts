import assert from 'node:assert/strict';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { addresses } from '@edutrust/admin-console/addresses';
import { confirmProposal } from '@edutrust/testing/approvals';
import { askAs } from '@edutrust/testing/ask';
import { authenticatorOf, type Device, desk, openBrowser, openDevice } from '@edutrust/testing/chromium';
import { activate, begin, beginByLink, person, signIn } from '@edutrust/testing/people';
import { Platform } from '@edutrust/testing/platform';
import { enrolPhone, signClass } from '@edutrust/testing/signing';
import type { Browser, Page } from 'playwright-core';
import { rows } from '../house/routes.ts';
import { everyView, kindOf, type Tour, tourAs } from '../tour.ts';

/**
 * The tour: as each kind of person everything that links lead to is opened and looked at, a page of each kind: no
 * sideways scrolling, no serious finding of axe (WCAG 2.2 A, AA), no error in the console, nothing asked of others,
 * title, focus and announcement after each change of page, no focus behind a bar. `npm run tour` is the whole of it, with
 * pictures in artefacts/tour; each run of the suite walks it as three of them, on a phone at 400 % and a desk in the dark.
 */
const isWhole = process.env.EDUTRUST_TEST_TOUR !== undefined;
/** Of the whole tour only those whose name holds one of these words. */
const only = (process.env.EDUTRUST_TEST_TOUR ?? '').split(',').filter((word) => word !== '' && word !== 'whole');

const pupilPassword = 'mèo con thích ăn cá';

let platform: Platform;
let browser: Browser;
let tour: Tour;
const at: Partial<Record<Who, Device>> = {};

before(async () => {
  platform = await Platform.start();
  browser = await openBrowser();
  const views = everyView.filter(({ width, scheme }) => isWhole || (width === 320) === (scheme === 'light'));
  tour = {
    origin: platform.url,
    views: isWhole ? views : views.filter(({ width }) => width !== 390),
    keepsPictures: isWhole || process.env.EDUTRUST_TEST_PICTURES !== undefined,
    faults: new Set(),
    seen: new Map(),
  };
});
after(async () => {
  await browser?.close();
  await platform?.[Symbol.asyncDispose]();
});

const own = ['/', '/account', '/account/passkey', '/account/second-factor'] as const;
const official = [...own, '/admin', '/sign/'] as const;
const visitors = {
  anonymous: [
    '/signin?return_to=%2F',
    '/activate',
    '/activate/first',
    '/b',
    '/verify',
    '/pki',
    '/api/docs',
    '/signed-out',
    '/nothing-here',
  ],
  pupil: [...own, '/admin'],
  guardian: [...own, '/account/children'],
  teacher: [...own, '/teach', '/admin', '/sign/'],
  principal: official,
  clerk: official,
  school: official,
  officer: official,
  auditor: official,
  department: official,
} as const satisfies Record<string, readonly string[]>;
type Who = keyof typeof visitors;

const inEveryRun: readonly Who[] = ['anonymous', 'pupil'];
const titles: Partial<Record<Who, string>> = {
  pupil: 'Học sinh',
  guardian: 'Phụ huynh',
  teacher: 'Giáo viên',
  principal: 'Hiệu trưởng',
  clerk: 'Văn thư',
  school: 'Quản trị trường',
  officer: 'An toàn',
  auditor: 'Kiểm toán',
};

/** The page of somebody who has signed in, now or before. */
async function pageOf(who: Who): Promise<Page> {
  const device = at[who] ?? (await openDevice(browser, { device: desk }));
  if (at[who]) return device.page;
  at[who] = device;
  const { page } = device;
  const title = titles[who];
  if (who === 'department') {
    await authenticatorOf(page);
    await beginByLink(platform, page, platform.welcome?.administratorLink ?? '');
  } else if (who === 'pupil') await activate(platform, page, person(platform, 'Học sinh').code, pupilPassword);
  else if (title) await begin(platform, page, person(platform, title));
  return page;
}

/** Something of each kind is under way, so that its page can be reached: a seal, phones, a class that waits, a target. */
async function fillTheCity(): Promise<void> {
  const school = await pageOf('school');
  const officer = await pageOf('officer');
  const made = await askAs(school, 'POST', '/api/v1/certificate-requests', {
    organisationId: (await askAs(school, 'GET', '/api/v1/me')).roles[0].organisation.id,
    custody: 'key-store',
  });
  await school.goto(`${platform.url}/admin/approvals/${made.approvalId}`);
  await confirmProposal(school);
  const [learner] = (await askAs(school, 'GET', '/api/v1/people?role=learner&limit=1')).items;
  await askAs(school, 'POST', '/api/v1/data-requests', { subjectId: learner.id, kind: 'copy', wish: '' });
  const [other] = (
    await askAs(
      school,
      'GET',
      `/api/v1/organisations/${learner.affiliations[0].organisation.id}/transfer-schools?q=thcs`,
    )
  ).items;
  await askAs(school, 'POST', `/api/v1/people/${learner.id}/transfer-offers`, { toId: other.id, note: 'chuyển nhà' });
  for (const who of ['teacher', 'principal'] as const) await enrolPhone(platform, await pageOf(who), officer);
  await signClass(platform, await pageOf('teacher'));
  const department = await pageOf('department');
  await department.goto(`${platform.url}/admin/sync/new`);
  await department.getByLabel('Tên', { exact: true }).fill('OpenLDAP của Sở');
  await department.getByLabel('Địa chỉ máy chủ').fill('ldap://localhost:1');
  await department.getByLabel('Nhánh để ghi').fill('dc=edu,dc=vn');
  await department.getByLabel('Tài khoản của EduTrust ở đó').fill('cn=admin,dc=edu,dc=vn');
  await department.getByLabel('Mật khẩu của tài khoản đó').fill('bí mật');
  await department.getByRole('button', { name: 'Thêm', exact: true }).click();
  await department.getByText('Chưa kết nối lần nào').first().waitFor();
  await askAs(department, 'POST', '/api/v1/sync/sources', {
    name: 'Thư mục của Sở',
    kind: 'folder',
    settings: { folder: 'so-gddt' },
    secret: '',
    organisationId: (await askAs(department, 'GET', '/api/v1/me')).roles[0].organisation.id,
    rosters: ['learners'],
    isWhole: false,
    applies: false,
  });
  await askAs(department, 'POST', '/api/v1/sync/clients', {
    name: 'Lớp học trực tuyến',
    kind: 'oneroster',
    organisationId: (await askAs(department, 'GET', '/api/v1/me')).roles[0].organisation.id,
    mayWrite: false,
  });
}

/** The plan of a school year, which only an approval links to by its id. */
async function yearPage(page: Page): Promise<string> {
  const [{ organisation }] = (await askAs(page, 'GET', '/api/v1/me')).roles;
  const { id } = await askAs(page, 'POST', `/api/v1/organisations/${organisation.id}/year-plan`);
  return `/admin/import/year/${id}`;
}

/** Of a pupil more can be changed than of oneself, whom the list shows first. */
async function pupilsPage(page: Page): Promise<string> {
  await page.goto(`${platform.url}/admin`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  const { items } = await askAs(
    page,
    'GET',
    `/api/v1/people?q=${encodeURIComponent(person(platform, 'Học sinh').educationId)}`,
  );
  return `/admin/people/${items[0].id}`;
}

if (isWhole)
  test('tour: the city has something of each kind', async () => {
    await fillTheCity();
  });

// Before the walks: suspending takes a fresh sign-in.
test('suspending asks first; with the right password the child reads what happened and whom to ask', async () => {
  const page = await pageOf('school');
  const child = person(platform, 'Học sinh');
  await pageOf('pupil');
  await page.goto(`${platform.url}/admin/people?q=${encodeURIComponent(child.educationId)}`);
  await page.getByRole('link', { name: child.name }).click();
  const suspend = page.getByRole('button', { name: 'Khoá tài khoản' });
  await suspend.click();
  await page.getByRole('heading', { name: `Khoá tài khoản của ${child.name}?` }).waitFor();
  await page.getByRole('button', { name: 'Thôi' }).click();
  assert.equal(await page.getByRole('button', { name: 'Mở lại tài khoản' }).count(), 0, 'nothing was done yet');
  await suspend.click();
  await page.locator('dialog').getByRole('button', { name: 'Khoá tài khoản' }).click();
  await page.getByRole('button', { name: 'Mở lại tài khoản' }).waitFor();

  const { page: lab, context } = await openDevice(browser, { device: desk });
  await lab.goto(platform.url);
  await signIn(lab, child.educationId, pupilPassword);
  await lab.getByText('đang bị tạm khoá').waitFor();
  await lab
    .getByText(/Hỏi|hỏi/)
    .first()
    .waitFor();
  await context.close();
  await page.getByRole('button', { name: 'Mở lại tài khoản' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Mở lại tài khoản' }).click();
  await suspend.waitFor();
  const own = await pageOf('pupil');
  await own.goto(platform.url);
  await signIn(own, child.educationId, pupilPassword);
  await own.getByRole('heading', { name: /^Chào / }).waitFor();
});

const walked = (Object.keys(visitors) as Who[]) // the keys of the object above
  .filter((who) => (isWhole ? only.length === 0 || only.includes(who) : inEveryRun.includes(who)));
for (const who of walked) {
  test(`S4, N3: what ${who} can reach is whole at every width, in light and dark, keeps the content security policy and asks nobody else`, async () => {
    tour.faults.clear();
    const page = await pageOf(who);
    await tourAs(tour, page, who, [
      ...(who === 'department' ? [await pupilsPage(page), await yearPage(page)] : []),
      ...visitors[who],
    ]);
    assert.deepEqual([...tour.faults], []);
  });
}

test('a child is spoken to as «em»; the pictures of its apps keep their shape on the narrowest phone', async () => {
  const page = await pageOf('pupil');
  for (const path of ['/', '/account', '/account/passkey']) {
    await page.goto(platform.url + path);
    const words = await page.locator('main').innerText();
    assert.doesNotMatch(words, /(?<!\p{L})bạn(?!\p{L})|của tôi/iu, `${path}: ${words}`);
  }
  await page.setViewportSize({ width: 320, height: 844 });
  await page.goto(platform.url);
  for (const picture of await page.locator('.picture').all()) {
    const box = await picture.boundingBox();
    assert.ok(box && box.width >= 56 && box.height >= 56, JSON.stringify(box));
  }
  await page.setViewportSize(desk.viewport);
});

test('in the console the rail, the way out and the head of a table stay in sight; IDs are as wide as each other, and people are counted', async () => {
  const page = await pageOf('school');
  await page.setViewportSize(desk.viewport);
  await page.goto(`${platform.url}/admin/people`);
  await page.getByRole('row').nth(20).waitFor();
  await page.getByText(/^\d+ người$/).waitFor();
  await page.getByRole('button', { name: /^Học sinh \d+$/ }).waitFor();
  await page.getByRole('cell', { name: 'Chưa kích hoạt' }).first().waitFor();
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  for (const what of [
    page.getByRole('link', { name: 'Người', exact: true }),
    page.getByRole('button', { name: 'Đăng xuất' }),
    page.getByRole('columnheader', { name: 'Họ và tên' }),
  ]) {
    const box = await what.boundingBox();
    assert.ok(box && box.y >= 0 && box.y + box.height <= desk.viewport.height, `${what} at ${JSON.stringify(box)}`);
  }
  const widths = await page
    .getByTitle('Chép mã')
    .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().width)));
  assert.ok(widths.length > 10);
  assert.deepEqual([...new Set(widths)], widths.slice(0, 1));

  const id = page.getByTitle('Chép mã').first();
  await page.context().clearPermissions(); // a browser without a window asks nobody: what is not granted is refused
  await id.click();
  await page.getByText('Trình duyệt không cho chép').waitFor();
  await page.context().grantPermissions(['clipboard-write']);
  await id.click();
  await id.getByText('Đã chép').waitFor();
});

if (isWhole && only.length === 0)
  test('tour: every page that a route answers with was seen by somebody', async () => {
    const missing = addresses.filter((address) => !tour.seen.has(address));
    for (const [, path] of Object.keys(rows).map((name) => /^GET (\/(?!api\/v1)[^:*]*)$/.exec(name) ?? [])) {
      if (path === undefined || tour.seen.has(kindOf(path))) continue;
      const answer = await fetch(platform.url + path, { redirect: 'manual', headers: { accept: 'text/html' } });
      if (answer.headers.get('content-type')?.startsWith('text/html')) assert.fail(`nobody saw ${path}`);
    }
    assert.deepEqual(missing, []);
  });
