import { createHash, randomBytes } from 'node:crypto';
import process from 'node:process';
import { createDirectorySync, migrations } from '@edutrust/directory-sync/service';
import { compareWithMirror } from '@edutrust/directory-sync/testing/mirror';
import type { HttpServer } from '@edutrust/platform/http';
import { uuidv7 } from '@edutrust/platform/ids';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import type { TestContext } from '@edutrust/testing/context';
import { serve } from '@edutrust/testing/served';
import { sql } from 'kysely';
import type { Row } from '../measure.ts';
import { peopleOfCity as people, wholeCity } from '../whole-city.ts';
import { searches, somePeople } from './growth.ts';

const members = 50_000;
const mostMs = 100;

/** Lists of other systems (SCIM, OneRoster) by the wall clock, and a night's comparison of a target that holds everybody. */
export async function city(): Promise<Row[]> {
  await using whole = await wholeCity([registryMigrations, migrations]);
  return await measureCity(whole.context, whole.rootId); // before it is closed
}

/** The same in a city that stands already. */
export async function measureCity(context: TestContext, rootId: string): Promise<Row[]> {
  const app = await serve(context, createDirectorySync(context));
  try {
    return [
      ...(await searches(context.db, rootId, people, await somePeople(context.pool, people))),
      ...(await scimRows(context, app, rootId)),
      ...(await oneRosterRows(context, app, rootId)),
      ...(await nightRows(context, rootId)),
    ];
  } finally {
    await app.close();
  }
}

/** A target that holds the whole city but one in a hundred: a night's comparison, and what of memory it takes. */
async function nightRows(context: TestContext, rootId: string): Promise<Row[]> {
  const rss = () => process.memoryUsage.rss() / 1e6;
  const sizes: number[] = [];
  const timer = setInterval(() => sizes.push(rss()), 1_000);
  const from = performance.now();
  const totals = await compareWithMirror(context, rootId, (key) => key.endsWith('77'));
  const minutes = (performance.now() - from) / 60_000;
  clearInterval(timer);
  if (totals.added + totals.unchanged !== people) throw new Error(`compared ${JSON.stringify(totals)}`);
  const [early, all] = [Math.max(...sizes.slice(0, sizes.length / 4)), Math.max(...sizes)];
  return [
    {
      what: `a night's comparison of ${people / 1_000} k people and their groups`,
      value: `${minutes.toFixed(1)} min`,
      against: `${totals.added} missing, ${totals.unchanged} in step, ${totals.memberships} memberships to come`,
    },
    {
      what: '… memory at the most',
      value: `${all.toFixed(0)} MB`,
      against: `in its first quarter ${early.toFixed(0)} MB`,
      goal: { figure: all / early, unit: '×', atMost: 1.2 },
    },
  ];
}

interface Client {
  readonly id: string;
  readonly token: string;
}

async function addClient({ db }: TestContext, kind: 'scim' | 'oneroster', organisationId: string): Promise<Client> {
  const [id, token] = [uuidv7(), `edu_${randomBytes(32).toString('base64url')}`];
  const fields = ['name', 'roles', 'organisations', 'classes'];
  const contract = { learners: fields, others: fields, roles: ['learner', 'teacher', 'staff', 'guardian'] };
  await sql`
    INSERT INTO sync.client (id, name, kind, organisation_id, contract, may_write, token_sha256)
    VALUES (${id}, ${id}, ${kind}, ${organisationId}, ${JSON.stringify(contract)}::jsonb, ${kind === 'scim'},
      ${createHash('sha256').update(token).digest()})`.execute(db);
  return { id, token };
}

type Ask = (path: string, more?: { method: 'PATCH'; payload: string }) => Promise<Answer>;

interface Answer {
  readonly status: number;
  readonly text: string;
}

const asking =
  (app: HttpServer, token: string): Ask =>
  async (url, more = undefined) => {
    const answer = await app.inject({
      method: more?.method ?? 'GET',
      url,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
      ...(more ? { payload: more.payload } : {}),
    });
    return { status: answer.statusCode, text: answer.body };
  };

/** p95 of questions one after another, by the wall clock, and the first of them, which finds nothing remembered. */
async function slowest(ask: Ask, questions: readonly string[]): Promise<{ p95: number; first: number }> {
  const times: number[] = [];
  for (const question of questions) {
    const from = performance.now();
    const { status, text } = await ask(question);
    times.push(status === 200 ? performance.now() - from : Number.POSITIVE_INFINITY); // refused is no answer
    if (status !== 200) process.stderr.write(`${question}: ${status} ${text.slice(0, 200)}\n`);
  }
  const [first = Number.NaN] = times;
  const sorted = times.slice(1).sort((one, other) => one - other);
  return { p95: sorted[Math.floor((sorted.length - 1) * 0.95)] ?? Number.NaN, first };
}

async function rowOf(ask: Ask, what: string, questions: readonly string[]): Promise<Row> {
  const { p95, first } = await slowest(ask, questions);
  return {
    what,
    value: `${p95.toFixed(1)} ms`,
    against: `p95 of ${questions.length - 1}, wall clock; the first of all ${first.toFixed(0)} ms`,
    goal: { figure: p95, unit: 'ms', atMost: mostMs },
  };
}

const pagesFrom = (path: string, first: number, size: number, name = 'startIndex', sizeName = 'count') =>
  Array.from(
    { length: 41 },
    (_, page) => `${path}${path.includes('?') ? '&' : '?'}${name}=${first + page * size}&${sizeName}=${size}`,
  );

async function scimRows(context: TestContext, app: HttpServer, rootId: string): Promise<Row[]> {
  const client = await addClient(context, 'scim', rootId);
  const ask = asking(app, client.token);
  const users = '/scim/v2/Users';
  const { rows: some } = await context.pool.query<{ id: string; key: string }>(
    'SELECT id, education_id AS key FROM registry.person TABLESAMPLE SYSTEM (0.1) ORDER BY id LIMIT 41',
  );
  const filtered = (filter: (person: { id: string; key: string }, index: number) => string) =>
    some.map((person, index) => `${users}?filter=${encodeURIComponent(filter(person, index))}`);
  const families = ['Ng', 'Trần', 'Lý', 'Không'];
  const rows: Row[] = [];
  const keep = async (what: string, questions: readonly string[]) => {
    rows.push(await rowOf(ask, `SCIM ${what}`, questions));
  };
  await keep('users, page after page', pagesFrom(users, 1, 200));
  await keep('… from the 2,000,001st', pagesFrom(users, 2_000_001, 200));
  await keep('… by cursor, 40 pages', await cursors(ask, users));
  await keep(
    'filter=userName eq',
    filtered(({ key }) => `userName eq "${key}"`),
  );
  await keep(
    'filter=externalId eq, nobody',
    filtered(({ key }) => `externalId eq "${key}"`),
  );
  await keep(
    'one user',
    some.map(({ id }) => `${users}/${id}`),
  );
  for (const family of families)
    await keep(
      `filter=name.familyName sw "${family}", page after page`,
      pagesFrom(`${users}?filter=${encodeURIComponent(`name.familyName sw "${family}"`)}`, 1, 200),
    );
  await keep(
    'filter=active eq false',
    filtered(() => 'active eq false'),
  );
  await keep(
    'filter=meta.lastModified gt, of a minute',
    filtered(() => `meta.lastModified gt "${new Date(Date.now() - 60_000).toISOString()}"`),
  );
  for (const attribute of ['userName', 'name.familyName', 'name.givenName'])
    await keep(`sortBy=${attribute}, page after page`, pagesFrom(`${users}?sortBy=${attribute}`, 1, 200));
  await keep('sortBy=displayName descending', pagesFrom(`${users}?sortBy=displayName&sortOrder=descending`, 1, 200));
  rows.push(...(await groupRows(context, ask, client)));
  return rows;
}

/** The addresses of pages by cursor, each as the one before gave it. */
async function cursors(ask: Ask, path: string): Promise<string[]> {
  const addresses = [`${path}?cursor=`];
  while (addresses.length < 41) {
    const { nextCursor } = JSON.parse((await ask(addresses.at(-1) ?? '')).text) as { nextCursor?: string };
    addresses.push(`${path}?cursor=${nextCursor}`);
  }
  return addresses;
}

/** Two hundred groups, one of them of fifty thousand: the list without members, and one member who comes and goes. */
async function groupRows({ db, pool }: TestContext, ask: Ask, client: Client): Promise<Row[]> {
  const groups = Array.from({ length: 200 }, () => uuidv7());
  const [large = ''] = groups;
  await sql`
    INSERT INTO sync.scim_group (id, client_id, display_name)
    SELECT id, ${client.id}, 'Nhóm ' || n FROM unnest(${groups}::uuid[]) WITH ORDINALITY AS g (id, n)`.execute(db);
  await sql`
    INSERT INTO sync.scim_group_member (group_id, person_id)
    SELECT ${large}, id FROM (SELECT id FROM registry.person ORDER BY id LIMIT ${members}) AS p`.execute(db);
  const { rows: some } = await pool.query<{ id: string }>('SELECT id FROM registry.person ORDER BY id DESC LIMIT 41');
  const list = Array.from({ length: 41 }, () => '/scim/v2/Groups?excludedAttributes=members');
  const of = some.map(
    ({ id }) => `/scim/v2/Groups?excludedAttributes=members&filter=${encodeURIComponent(`members.value eq "${id}"`)}`,
  );
  const times: number[] = [];
  for (const { id } of some) {
    for (const operation of [
      { op: 'add', path: 'members', value: [{ value: id }] },
      { op: 'remove', path: `members[value eq "${id}"]` },
    ]) {
      const payload = JSON.stringify({
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [operation],
      });
      const from = performance.now();
      const { status, text } = await ask(`/scim/v2/Groups/${large}`, { method: 'PATCH', payload });
      times.push(performance.now() - from);
      if (status !== 204) throw new Error(`${status} ${text}`);
    }
  }
  const p95 = times.sort((one, other) => one - other)[Math.floor(times.length * 0.95)] ?? Number.NaN;
  return [
    await rowOf(ask, 'SCIM groups without members', list),
    await rowOf(ask, 'SCIM groups of one member', of),
    {
      what: `SCIM one member into and out of a group of ${members / 1_000} k`,
      value: `${p95.toFixed(1)} ms`,
      against: 'p95, wall clock',
      goal: { figure: p95, unit: 'ms', atMost: mostMs },
    },
  ];
}

async function oneRosterRows(context: TestContext, app: HttpServer, rootId: string): Promise<Row[]> {
  const client = await addClient(context, 'oneroster', rootId);
  const given = await app.inject({
    method: 'POST',
    url: '/ims/oneroster/token',
    headers: {
      authorization: `Basic ${Buffer.from(`${client.id}:${client.token}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    payload:
      'grant_type=client_credentials&scope=https%3A%2F%2Fpurl.imsglobal.org%2Fspec%2For%2Fv1p2%2Fscope%2Froster.readonly',
  });
  const ask = asking(app, (given.json() as { access_token: string }).access_token);
  const base = '/ims/oneroster/rostering/v1p2';
  const { rows: some } = await context.pool.query<{
    class_id: string;
    person_id: string;
    organisation_id: string;
    key: string;
  }>(
    `SELECT e.class_id, e.person_id, c.organisation_id, p.education_id AS key FROM registry.enrolment AS e TABLESAMPLE SYSTEM (0.1)
     JOIN registry.class AS c ON c.id = e.class_id JOIN registry.person AS p ON p.id = e.person_id LIMIT 41`,
  );
  const rows: Row[] = [];
  const keep = async (what: string, questions: readonly string[]) => {
    rows.push(await rowOf(ask, `OneRoster ${what}`, questions));
  };
  const pages = (path: string, first = 0) => pagesFrom(`${base}/${path}`, first, 100, 'offset', 'limit');
  const each = (path: (one: (typeof some)[number]) => string) => some.map((one) => `${base}/${path(one)}`);
  const filter = (text: string) => `filter=${encodeURIComponent(text)}`;
  await keep('users, page after page', pages('users'));
  await keep('… from offset 2,000,000', pages('users', 2_000_000));
  await keep(
    "users, filter=identifier='…'",
    each(({ key }) => `users?${filter(`identifier='${key}'`)}`),
  );
  await keep("users, filter=familyName='Trần', page after page", pages(`users?${filter("familyName='Trần'")}`));
  await keep('users, sort=familyName, page after page', pages('users?sort=familyName'));
  await keep(
    'one user',
    each(({ person_id: id }) => `users/${id}`),
  );
  await keep(
    'students of a school',
    each(({ organisation_id: id }) => `schools/${id}/students`),
  );
  await keep(
    'students of a class',
    each(({ class_id: id }) => `classes/${id}/students`),
  );
  await keep(
    'classes of a student',
    each(({ person_id: id }) => `students/${id}/classes`),
  );
  rows.push(...(await classRows(ask, base, some)));
  return rows;
}

interface Enrolled {
  readonly class_id: string;
  readonly person_id: string;
  readonly organisation_id: string;
}

async function classRows(ask: Ask, base: string, some: readonly Enrolled[]): Promise<Row[]> {
  const rows: Row[] = [];
  const keep = async (what: string, questions: readonly string[]) => {
    rows.push(await rowOf(ask, `OneRoster ${what}`, questions));
  };
  const pages = (path: string, first = 0) => pagesFrom(`${base}/${path}`, first, 100, 'offset', 'limit');
  const each = (path: (one: Enrolled) => string) => some.map((one) => `${base}/${path(one)}`);
  const filter = (text: string) => `filter=${encodeURIComponent(text)}`;
  await keep('classes, page after page', pages('classes'));
  await keep('classes, sort=title, from offset 60,000', pages('classes?sort=title', 60_000));
  await keep('enrollments, page after page', pages('enrollments'));
  await keep('… from offset 2,000,000', pages('enrollments', 2_000_000));
  await keep(
    "enrollments, filter=class.sourcedId='…'",
    each(({ class_id: id }) => `enrollments?${filter(`class.sourcedId='${id}'`)}`),
  );
  await keep(
    "enrollments, filter=user.sourcedId='…'",
    each(({ person_id: id }) => `enrollments?${filter(`user.sourcedId='${id}'`)}`),
  );
  await keep("enrollments, filter=role='teacher', page after page", pages(`enrollments?${filter("role='teacher'")}`));
  await keep(
    'enrollments of a school',
    each(({ organisation_id: id }) => `schools/${id}/enrollments`),
  );
  return rows;
}
