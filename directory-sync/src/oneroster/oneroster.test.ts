import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seedDemo } from '@edutrust/registry/demo';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { testContext } from '@edutrust/testing/context';
import { serve } from '@edutrust/testing/served';
import { addClient, endClient, type NewClient } from '../clients/clients.ts';
import { usualContract } from '../model/contract.ts';
import { createDirectorySync, migrations } from '../service.ts';
import { scopes } from './token.ts';

const actor = { kind: 'system', name: 'test' } as const;
const base = '/ims/oneroster/rostering/v1p2';

async function openWorld() {
  await using stack = new AsyncDisposableStack();
  const context = stack.use(await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed }));
  const city = await seedDemo(context);
  const app = await serve(context, createDirectorySync(context));
  stack.defer(() => app.close());
  let number = 0;
  const client = async (options: Partial<NewClient> = {}, scope?: string) => {
    number += 1;
    const usual = {
      name: `c${number}`,
      kind: 'oneroster',
      mayWrite: false,
      organisationId: city.departmentId,
    } as const;
    const { id, token: secret } = await context.db
      .transaction()
      .execute((tx) => addClient(tx, { ...usual, ...options }, actor));
    const grant = (form: Record<string, string>, authorization?: string) =>
      app.inject({
        method: 'POST',
        url: '/ims/oneroster/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...(authorization ? { authorization } : {}) },
        payload: new URLSearchParams(form).toString(),
      });
    const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret };
    const given = await grant({ ...form, ...(scope ? { scope } : {}) });
    const get = async (path: string) => {
      const answer = await app.inject({
        url: `${base}${path}`,
        headers: { authorization: `Bearer ${given.json().access_token}` },
      });
      return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
    };
    return { id, secret, form, grant, given, get };
  };
  const kept = stack.move();
  return { context, city, app, client, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

test('every collection and everything that belongs to something is served, each by its id too, and each link leads somewhere', async () => {
  await using world = await openWorld();
  const { get } = await world.client();
  const first: Record<string, Record<string, never>> = {};
  const names = ['academicSessions', 'terms', 'gradingPeriods', 'orgs', 'schools', 'courses', 'classes', 'enrollments'];
  for (const name of [...names, 'users', 'students', 'teachers']) {
    const { status, body, headers } = await get(`/${name}?limit=3`);
    assert.equal(status, 200, `${name}: ${JSON.stringify(body)}`);
    const [items] = Object.values<Record<string, never>[]>(body);
    assert.ok(items && (name === 'gradingPeriods' || items.length > 0), name);
    assert.ok(Number(headers['x-total-count']) >= items.length);
    for (const item of items) {
      assert.deepEqual([typeof item.sourcedId, item.status], ['string', 'active'], name);
      const [one] = Object.values((await get(`/${name}/${item.sourcedId}`)).body) as object[];
      assert.deepEqual({ ...one, dateLastModified: 0 }, { ...item, dateLastModified: 0 });
    }
    if (items[0]) first[name] = items[0];
  }
  const hrefs = [...new Set(JSON.stringify(first).match(/http[^"]+\/v1p2\/[^"]+/g))];
  assert.ok(hrefs.length > 5);
  for (const href of hrefs) assert.equal((await get(href.split('/v1p2')[1] ?? '')).status, 200, href);
  const { rows } = await world.context.pool.query(
    `SELECT c.id, c.organisation_id AS school, c.homeroom_teacher_id AS teacher,
       (SELECT array_agg(person_id::text ORDER BY person_id) FROM registry.enrolment AS e WHERE e.class_id = c.id AND valid_until IS NULL) AS pupils
     FROM registry.class AS c WHERE c.homeroom_teacher_id IS NOT NULL AND EXISTS (SELECT FROM registry.enrolment AS e WHERE e.class_id = c.id) LIMIT 1`,
  );
  const { id, school, teacher, pupils } = rows[0];
  const ids = async (path: string) =>
    (Object.values((await get(`${path}?limit=1000`)).body)[0] as { sourcedId: string }[])
      .map((one) => one.sourcedId)
      .sort();
  assert.deepEqual(await ids(`/classes/${id}/students`), pupils);
  assert.deepEqual(await ids(`/schools/${school}/classes/${id}/students`), pupils);
  assert.deepEqual(await ids(`/classes/${id}/teachers`), [teacher]);
  assert.ok((await ids(`/teachers/${teacher}/classes`)).includes(id));
  assert.deepEqual(await ids(`/students/${pupils[0]}/classes`), [id]);
  assert.equal((await ids(`/schools/${school}/classes/${id}/enrollments`)).length, pupils.length + 1);
  for (const path of ['classes', 'courses', 'enrollments', 'students', 'teachers', 'terms'])
    assert.ok((await ids(`/schools/${school}/${path}`)).length > 0, path);
  const [term] = await ids('/terms');
  assert.ok((await ids(`/terms/${term}/classes`)).includes(id));
  assert.ok((await ids(`/users/${pupils[0]}/classes`)).includes(id));
  assert.ok((await ids('/courses/grade-5/classes')).length > 0);
  assert.deepEqual(await ids(`/terms/${term}/gradingPeriods`), []);
  for (const path of ['/classes/x', '/schools/x/classes', `/schools/${school}/classes/x/students`, '/nothing'])
    assert.equal((await get(path)).status, 404, path);
});

test('filter, sort, fields and pages are what the binding says; what is not understood is 400 by name, never left out', async () => {
  await using world = await openWorld();
  const { get } = await world.client();
  const q = (query: Record<string, string>) => new URLSearchParams(query).toString();
  const all = await get(
    `/users?${q({ limit: '5', sort: 'familyName', orderBy: 'desc', fields: 'sourcedId,familyName' })}`,
  );
  assert.deepEqual(Object.keys(all.body.users[0]), ['sourcedId', 'familyName']);
  assert.match(String(all.headers.link), /offset=5[^>]*>; rel="next".*rel="last"/);
  const seen = new Set<string>();
  for (let offset = 0; offset < Number(all.headers['x-total-count']); offset += 100)
    for (const { sourcedId } of (await get(`/users?${q({ offset: String(offset) })}`)).body.users) seen.add(sourcedId);
  assert.equal(seen.size, Number(all.headers['x-total-count']));
  const family = all.body.users[0].familyName;
  const filtered = await get(`/users?${q({ filter: `familyName='${family}' AND username~'1'`, limit: '1000' })}`);
  assert.ok(
    filtered.body.users.every(
      (user: Record<string, string>) => user.familyName === family && user.username?.includes('1'),
    ),
  );
  const either = await get(`/users?${q({ filter: `familyName='${family}' OR familyName='x'`, limit: '1000' })}`);
  assert.ok(either.body.users.length >= filtered.body.users.length);
  const since = await get(`/users?${q({ filter: "dateLastModified>'2020-01-01'" })}`);
  assert.equal(since.headers['x-total-count'], all.headers['x-total-count']);
  for (const [query, codeMinor] of [
    [{ filter: "password='x'" }, 'invalid_filter_field'],
    [{ filter: 'familyName=x' }, 'invalid_filter_field'],
    [{ filter: "a='b' AND c='d' OR e='f'" }, 'invalid_filter_field'],
    [{ filter: `${"username='1' OR ".repeat(50)}username='1'` }, 'invalid_filter_field'],
    [{ sort: 'password' }, 'invalid_sort_field'],
    [{ sort: '__proto__' }, 'invalid_sort_field'],
    [{ fields: 'password' }, 'invalid_selection_field'],
    [{ limit: '0' }, 'invaliddata'],
    [{ offset: '-1' }, 'invaliddata'],
  ] as const) {
    const { status, body } = await get(`/users?${q(query)}`);
    assert.equal(status, 400, JSON.stringify(query));
    assert.equal(body.imsx_CodeMinor.imsx_codeMinorField[0].imsx_codeMinorFieldValue, codeMinor, JSON.stringify(query));
  }
  const nobody = await get(`/users?${q({ filter: "familyName='x'' OR ''1''=''1'" })}`);
  assert.equal(nobody.body.users.length, 0, 'a value stays a value');
});

test('T3, N2: a school’s client sees its own alone, also by OR; birth dates need contract and scope; tokens end with their client', async () => {
  await using world = await openWorld();
  const { context, city } = world;
  const school = city.schools[0]?.id ?? '';
  const own = await world.client({ organisationId: school });
  const { rows } = await context.pool.query(
    `SELECT count(DISTINCT person_id) AS count FROM registry.affiliation AS f JOIN registry.person AS p ON p.id = f.person_id
     WHERE organisation_id = $1 AND valid_until IS NULL AND p.status = 'active'`,
    [school],
  );
  for (const filter of ['', `?filter=${encodeURIComponent("status='active' OR familyName~''")}`])
    assert.equal(Number((await own.get(`/users${filter}`)).headers['x-total-count']), rows[0].count);
  const other = city.schools[1]?.id ?? '';
  for (const path of [`/orgs/${other}`, `/schools/${other}/students`, `/orgs/${city.departmentId}`])
    assert.equal((await own.get(path)).status, 404, path);
  const text = JSON.stringify((await own.get('/users?limit=1000')).body);
  assert.ok(!text.includes(other) && !text.includes('birthDate'));

  assert.equal((await own.get('/demographics')).status, 403);
  assert.equal((await own.grant({ ...own.form, scope: scopes.demographics })).json().error, 'invalid_scope');
  const contract = { ...usualContract, learners: [...usualContract.learners, 'birthDate' as const] };
  const wide = await world.client({ contract, organisationId: school }, scopes.demographics);
  assert.equal((await wide.get('/users')).status, 403, 'a token for demographics alone');
  const { demographics } = (await wide.get('/demographics?limit=1000')).body;
  assert.ok(demographics.some(({ birthDate }: { birthDate?: string }) => birthDate));
  assert.ok(demographics.every((one: object) => !('sex' in one)));
  const { rows: released } = await context.pool.query(
    `SELECT count(*) AS count FROM sync.release WHERE recipient_id = $1 AND fields = '{birthDate}'`,
    [`client:${wide.id}`],
  );
  assert.ok(released[0].count > 0, 'what was read is on record');

  const basic = `Basic ${Buffer.from(`${own.id}:${own.secret}`).toString('base64')}`;
  assert.equal((await own.grant({ grant_type: 'client_credentials' }, basic)).statusCode, 200);
  for (const form of [
    { ...own.form, client_secret: wide.secret },
    { ...own.form, client_secret: '' },
    { grant_type: 'client_credentials' },
  ])
    assert.equal((await own.grant(form)).statusCode, 401);
  assert.equal((await own.grant({ ...own.form, grant_type: 'password' })).json().error, 'unsupported_grant_type');
  await context.db.transaction().execute((tx) => endClient(tx, own.id, actor));
  assert.equal((await own.get('/users')).status, 401);
  assert.equal((await own.grant(own.form)).statusCode, 401);
});
