import type { Page } from 'playwright-core';
import type { City } from './city.ts';
import type { Screen } from './ways.ts';

/** Targets, each in another state; what a week would do to them is written into the database. */
interface Targets {
  /** In step, proved: an LDAP server that answers. */
  readonly well: string;
  /** Does not answer; people have waited for more than an hour. */
  readonly late: string;
  /** Answers, and takes nothing without a mail address. */
  readonly refusing: string;
  readonly held: string;
  readonly paused: string;
}

let made: Promise<Targets> | undefined;
const targetsOf = (city: City): Promise<Targets> => {
  made ??= makeTargets(city);
  return made;
};

async function makeTargets(city: City): Promise<Targets> {
  const { roles } = await city.ask('department', 'GET', '/api/v1/me');
  const organisationId = roles[0].organisation.id;
  const add = async (name: string, more: object = {}): Promise<string> => {
    const settings = { url: 'ldap://localhost:1', baseDn: 'dc=edu,dc=vn', bindDn: 'cn=edutrust,dc=edu,dc=vn', ...more };
    const body = { name, kind: 'ldap', settings, secret: city.directory.bindPassword, organisationId };
    return (await city.ask('department', 'POST', '/api/v1/sync/targets', body)).id;
  };
  const { url, baseDn, bindDn } = city.directory;
  const targets = {
    well: await add('Thư mục của Sở', { url, baseDn, bindDn }),
    late: await add('LDAP thư viện'),
    refusing: await add('Máy chủ thư'),
    held: await add('Phòng máy'),
    paused: await add('Kho học liệu'),
  };
  await city.ask('department', 'POST', `/api/v1/sync/targets/${targets.well}/runs`, { mode: 'apply' });
  await city.ask('department', 'POST', `/api/v1/sync/targets/${targets.well}/runs`, { mode: 'plan' });
  await city.platform.query(historyOf(targets));
  return targets;
}

const text = (vi: string) => `'{"vi": "${vi}", "en": "${vi}"}'::jsonb`;
const totals = (all: object) =>
  `'${JSON.stringify({ added: 0, changed: 0, disabled: 0, memberships: 0, unchanged: 0, failed: 0, ...all })}'::jsonb`;

/** One run, so many times five minutes ago; of two of a target the later has the higher number. */
const run = (target: string, ago: number, state: string, all: object, more = 'NULL, NULL, NULL', mode = 'apply') => `
  INSERT INTO sync.run (id, target_id, mode, state, totals, failure, failure_detail, held_reason, started_at, finished_at)
  VALUES (overlay('${target}' placing '01900000-0000-7000-8${String(500 - ago).padStart(3, '0')}' from 1 for 23)::uuid, '${target}', '${mode}', '${state}', ${totals(all)}, ${more},
    now() - ${ago} * interval '5 min', now() - ${ago} * interval '5 min' + interval '40 s');`;

function historyOf({ well, late, refusing, held, paused }: Targets): string {
  const noAnswer = `'sync/unreachable', ${text('Máy chủ ldap://localhost:1 không trả lời (ECONNREFUSED).')}, NULL`;
  const refused = `'sync/changes-refused', ${text('Đích từ chối một phần thay đổi.')}, NULL`;
  const waits = `NULL, NULL, ${text('Hơn 20 % học sinh của Trường THCS Trần Phú bị vô hiệu hoá trong 24 giờ.')}`;
  const runs = [
    ...[late, refusing].flatMap((target) =>
      Array.from({ length: 21 }, (_, nth) =>
        run(target, 40 + nth, 'done', { added: nth % 4, changed: 3 * nth, unchanged: 2_104 }),
      ),
    ),
    ...[12, 13, 14, 15].map((ago) => run(late, ago, 'failed', {}, noAnswer)),
    run(late, 16, 'superseded', { disabled: 3, unchanged: 2_101 }),
    run(refusing, 11, 'done', { added: 493, unchanged: 1_611 }, 'NULL, NULL, NULL', 'plan'),
    run(refusing, 10, 'failed', { added: 311, changed: 400, failed: 12, unchanged: 1_381 }, refused),
    run(held, 10, 'held', { disabled: 12, unchanged: 480 }, waits),
    run(paused, 30, 'done', { added: 4, unchanged: 700 }),
  ];
  const change = (target: string, more: string) => `
    INSERT INTO sync.change (run_id, number, kind, action, key, person_id, before, after, of_leaver, held, state, error)
    SELECT (SELECT id FROM sync.run WHERE target_id = '${target}' ORDER BY id DESC LIMIT 1), row_number() OVER (ORDER BY education_id) - 1,
      'person', ${more} FROM (SELECT * FROM registry.person ORDER BY education_id LIMIT 12) AS p;`;
  return [
    ...runs,
    change(
      refusing,
      `'add', education_id, id, '{}', jsonb_build_object('educationId', ARRAY[education_id]), false, false, 'failed', 'objectClassViolation: thiếu mail'`,
    ),
    change(
      held,
      `'disable', education_id, id, '{"isActive": ["true"]}', '{"isActive": ["false"]}', true, true, 'waiting', NULL`,
    ),
    `UPDATE sync.target SET state = 'slow', last_run_at = now() - interval '1 hour' WHERE id IN ('${late}', '${refusing}');`,
    `UPDATE sync.target SET state = 'healthy', last_run_at = now() - interval '50 min' WHERE id = '${held}';`,
    `UPDATE sync.target SET state = 'paused', last_run_at = now() - interval '3 hours' WHERE id = '${paused}';`,
    `INSERT INTO sync.pending (target_id, person_id, added_at)
      SELECT '${late}', id, now() - interval '81 min' FROM registry.person ORDER BY id LIMIT 120 ON CONFLICT DO NOTHING;`,
    // Nobody works on them meanwhile, or they would be tried again, and fail otherwise.
    `UPDATE sync.target SET held_by = gen_random_uuid(), held_until = now() + interval '1 day' WHERE id IN ('${refusing}', '${held}');`,
    ...[late, refusing, well].map(
      (target) => `INSERT INTO sync.lag (target_id, at, seconds, pending)
        SELECT '${target}', date_trunc('minute', now()) - n * interval '5 min',
          CASE WHEN '${target}' = '${late}' AND n < 17 THEN (17 - n) * 300 ELSE 20 + (n * 37 % 90) END, CASE WHEN n < 17 THEN 120 ELSE n % 5 END
        FROM generate_series(1, 287) AS n ON CONFLICT DO NOTHING;`,
    ),
  ].join('\n');
}

const atTarget =
  (which: keyof Targets, then: (page: Page, city: City) => Promise<unknown> = async () => undefined) =>
  async (page: Page, city: City) => {
    await page.goto(`${city.platform.url}/admin/sync/${(await targetsOf(city))[which]}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await then(page, city);
  };

/** One pupil at this target, asked step by step. */
async function askedForOne(page: Page, city: City): Promise<void> {
  const { items } = await city.ask('department', 'GET', '/api/v1/people?role=learner&limit=1');
  await page.goto(`${page.url()}?person=${items[0].id}`);
  await page.getByRole('heading', { name: 'Được biết gì về người này' }).waitFor();
}

async function examined(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Khám đích' }).click();
  await page.getByRole('button', { name: 'Khám lại' }).waitFor();
}

/** Three sources, one of each kind, whose last readings ended in three ways. */
async function sources(page: Page, city: City): Promise<void> {
  const { roles } = await city.ask('department', 'GET', '/api/v1/me');
  const common = { organisationId: roles[0].organisation.id, isWhole: false, applies: false };
  const ldap = { url: 'ldap://localhost:1', bindDn: 'cn=edutrust,dc=so', baseDn: 'ou=people,dc=so' };
  const attributes = {
    fullName: 'displayName',
    localCode: 'employeeNumber',
    schoolCode: 'departmentNumber',
    title: 'title',
  };
  const token = 'https://sis.example.edu.vn/token';
  const oneroster = {
    url: 'https://sis.example.edu.vn/ims/oneroster/rostering/v1p2',
    tokenUrl: token,
    clientId: 'edutrust',
  };
  const ask = (body: object) => city.ask('department', 'POST', '/api/v1/sync/sources', { ...common, ...body });
  await ask({
    name: 'Nhân sự của Sở',
    kind: 'ldap',
    settings: { ...ldap, attributes },
    secret: 'bí mật',
    rosters: ['staff'],
  });
  await ask({
    name: 'Hệ thống nhà trường',
    kind: 'oneroster',
    settings: oneroster,
    secret: 'bí mật',
    rosters: ['learners'],
    isWhole: true,
  });
  await ask({ name: 'Thư mục K12', kind: 'folder', settings: { folder: 'k12' }, secret: '', rosters: ['learners'] });
  await city.platform.query(`
    INSERT INTO sync.source_run (id, source_id, state, failure, failure_detail, started_at, finished_at)
    SELECT gen_random_uuid(), id, CASE WHEN kind = 'folder' THEN 'same' ELSE 'failed' END, CASE WHEN kind = 'folder' THEN NULL ELSE 'sync/unreachable' END,
      CASE WHEN kind = 'folder' THEN NULL ELSE ${text('Máy chủ không trả lời; không ai bị đổi gì.')} END, now() - interval '9 hours', now() - interval '9 hours'
    FROM sync.source WHERE kind <> 'ldap';
    UPDATE sync.source SET state = 'paused' WHERE kind = 'oneroster';`);
  await page.goto(`${city.platform.url}/admin/import/sources`);
  await page.getByText('Thư mục K12').waitFor();
}

const sourceNamed = (name: string) => async (page: Page, city: City) => {
  await page.goto(`${city.platform.url}/admin/import/sources`);
  await page.getByRole('listitem').filter({ hasText: name }).getByRole('link', { name: 'Sửa' }).click();
  await page.getByRole('button', { name: 'Thử kết nối' }).waitFor();
};

/** What one client gets of one pupil. */
async function previewOfClient(page: Page, city: City): Promise<void> {
  await page.goto(`${city.platform.url}/admin/sync`);
  await page.getByRole('main').getByRole('link', { name: 'Lớp học ảo' }).click();
  await page.getByRole('heading', { name: 'Lớp học ảo' }).waitFor();
  await askedForOne(page, city);
}

/** Many systems got something of the teacher. */
async function ledger(page: Page, city: City): Promise<void> {
  const { person } = await city.ask('teacher', 'GET', '/api/v1/me');
  await city.platform.query(`
    INSERT INTO sync.release (recipient_id, person_id, fields, recipient_name, first_at, last_at, times)
    SELECT 'target:' || n, '${person.id}', CASE WHEN n % 3 = 0 THEN '{fullName,roles}' ELSE '{educationId,fullName,birthDate,gender,roles,organisations,classes,titles}' END::text[],
      (ARRAY['Thư mục của Sở', 'LDAP thư viện', 'Máy chủ thư', 'Phòng máy', 'Kho học liệu', 'Lớp học ảo'])[1 + n % 6] || CASE WHEN n > 5 THEN ' ' || n ELSE '' END,
      now() - n * interval '9 days', now() - n * interval '1 day', 1 + n * 7 % 40
    FROM generate_series(0, 24) AS n ON CONFLICT DO NOTHING;`);
  await page.goto(`${city.platform.url}/account`);
}

/** The plan of the city in which one school is stopped, one failed, and one is done already. */
async function yearOfStates(page: Page, city: City): Promise<void> {
  await city.platform.query('UPDATE registry.class SET school_year = school_year - 1');
  await page.goto(`${city.platform.url}/admin/import/year`);
  await page.getByRole('button', { name: 'Lập kế hoạch' }).click();
  await page.getByText('Chờ duyệt, chưa ghi gì').waitFor();
  await city.platform.query(`
    WITH nth AS (SELECT organisation_id, row_number() OVER (ORDER BY organisation_id) AS n FROM registry.year_plan_school)
    UPDATE registry.year_plan_school AS s SET state = (ARRAY['stopped', 'failed', 'empty'])[nth.n],
      code = (ARRAY['two-classes', 'roster/plan-out-of-date', NULL])[nth.n], learners = 90 * nth.n, up = 60 * nth.n, graduating = 30 * nth.n
    FROM nth WHERE nth.organisation_id = s.organisation_id AND nth.n <= 3;`);
  await page.reload();
  await page.getByText('Chưa làm được').waitFor();
}

const inventory: readonly Omit<Screen, 'before'>[] = [
  {
    name: '31 targets in every state',
    who: 'department',
    open: async (page, city) => {
      await targetsOf(city);
      await page.goto(`${city.platform.url}/admin/sync`);
    },
  },
  { name: '31 target, well', who: 'department', open: atTarget('well', examined) },
  { name: '31 target, one person', who: 'department', open: atTarget('well', askedForOne) },
  { name: '31 target, late', who: 'department', open: atTarget('late', examined) },
  { name: '31 target, late, one person', who: 'department', open: atTarget('late', askedForOne) },
  { name: '31 target, refusing', who: 'department', open: atTarget('refusing') },
  { name: '31 target, held', who: 'department', open: atTarget('held') },
  { name: '31 target, paused', who: 'department', open: atTarget('paused', askedForOne) },
  { name: '31 client, one person', who: 'department', open: previewOfClient },
  { name: '31 sources, in every state', who: 'department', open: sources },
  { name: '31 source, LDAP', who: 'department', open: sourceNamed('Nhân sự của Sở') },
  { name: '31 source, folder', who: 'department', open: sourceNamed('Thư mục K12') },
  { name: '31 ledger of releases', who: 'teacher', open: ledger },
  { name: '31 year of the city, states', who: 'department', open: yearOfStates },
];

/** Directory sync, sources and the new year as they are after a while. */
export const syncScreens: readonly Screen[] = inventory.map((one) => ({ ...one, before: null }));
