import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uuidv7 } from '@edutrust/platform/ids';
import { platformMigrations } from '@edutrust/platform/own-migrations';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { makeCrowd } from '@edutrust/registry/testing/crowd';
import { TestClock } from '@edutrust/testing/clock';
import { testDatabase } from '@edutrust/testing/database';
import { explaining, stepsOf } from '@edutrust/testing/explaining';
import { type Ask, newUser, openWorld } from '../../testing/scim.ts';
import type { ClientRow } from '../clients/clients.ts';
import { Lists } from '../lists/lists.ts';
import { migrations } from '../migrations.ts';
import { parseFilter } from './filter.ts';
import { readUsers } from './rows.ts';
import { urn } from './schemas.ts';

const patch = (...operations: object[]) => ({ schemas: [urn.patch], Operations: operations });

interface Listed {
  readonly id: string;
  readonly userName: string;
}

/** Every page of a list, seven at a time. */
async function pages(ask: Ask, query: string): Promise<{ readonly all: Listed[]; readonly totals: Set<number> }> {
  const [all, totals]: [Listed[], Set<number>] = [[], new Set()];
  for (;;) {
    const { status, body } = await ask('GET', `/Users?${query}&startIndex=${all.length + 1}&count=7`);
    assert.equal(status, 200, JSON.stringify(body));
    totals.add(body.totalResults);
    all.push(...body.Resources);
    if (body.Resources.length < 7) return { all, totals };
  }
}

test('E5: pages by index, in every order and both directions, have everybody once, whom the client made and everybody else', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  for (const name of ['an.pham', 'Binh.Le', 'zung', '1000000000'])
    assert.equal((await ask('POST', '/Users', newUser(name, { externalId: `hr-${name}` }))).status, 201);
  const whole = (await ask('GET', '/Users?count=200')).body;
  assert.ok(whole.totalResults > 20 && whole.totalResults === whole.Resources.length);
  const ids = new Set(whole.Resources.map(({ id }: Listed) => id));
  const attributes = [
    'id',
    'userName',
    'displayName',
    'name',
    'name.familyName',
    'name.givenName',
    'externalId',
    'active',
  ];
  for (const by of [...attributes, 'employeeNumber', 'meta.created', undefined])
    for (const order of by === undefined ? [''] : ['ascending', 'descending']) {
      const query = by === undefined ? '' : `sortBy=${by}&sortOrder=${order}`;
      const { all, totals } = await pages(ask, query);
      assert.deepEqual([all.length, totals], [ids.size, new Set([ids.size])], query);
      assert.deepEqual(new Set(all.map(({ id }) => id)), ids, query);
      const atOnce = (await ask('GET', `/Users?${query}&count=200`)).body.Resources as Listed[];
      assert.deepEqual(
        all.map(({ id }) => id),
        atOnce.map(({ id }) => id),
        query,
      );
      if (by === 'userName') {
        const names = atOnce.map(({ userName }) => userName.toLowerCase());
        assert.deepEqual(names, order === 'ascending' ? [...names].sort() : [...names].sort().reverse());
      }
    }
});

test('E5: a page goes on after the last of the one before, whoever came or left meanwhile; a page that was never asked for is found too', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  const page = async (startIndex: number, query = '') =>
    (await ask('GET', `/Users?startIndex=${startIndex}&count=7&${query}`)).body.Resources.map(({ id }: Listed) => id);
  const whole = (await ask('GET', '/Users?count=200')).body.Resources.map(({ id }: Listed) => id);
  assert.deepEqual(await page(12), whole.slice(11, 18));
  const first = await page(1);
  await world.context.pool.query("UPDATE registry.affiliation SET valid_until = '2026-01-01' WHERE person_id = $1", [
    first[2],
  ]);
  assert.deepEqual(await page(8), whole.slice(7, 14));
  const other = await world.client({});
  const without = (await other.ask('GET', '/Users?count=200')).body.Resources.map(({ id }: Listed) => id);
  const theirs = (await other.ask('GET', '/Users?startIndex=8&count=7')).body.Resources.map(({ id }: Listed) => id);
  assert.deepEqual(theirs, without.slice(7, 14)); // places are a client's own
});

test('E5: a list of a beginning has everybody who begins so once, in that order, and goes on where a page ended', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  for (const [userName, familyName] of [
    ['1.an', 'Nguyễn'],
    ['1.binh', 'nguyễn'],
    ['2.chi', 'Ngô'],
    ['zung', 'Nông'],
  ])
    assert.equal(
      (await ask('POST', '/Users', newUser(userName ?? '', { name: { familyName, givenName: 'Hà' } }))).status,
      201,
    );
  const whole = (await ask('GET', '/Users?count=200')).body.Resources;
  const family = (one: { name: { familyName: string } }) => one.name.familyName.toLowerCase();
  const name = (one: { userName: string }) => one.userName.toLowerCase();
  const given = (one: { name: { givenName: string } }) => one.name.givenName.toLowerCase();
  for (const [attribute, begins, of] of [
    ['name.familyName', 'N', family],
    ['name.familyName', 'NGUYỄN', family],
    ['name.familyName', '', family],
    ['name.familyName', 'qz%', family],
    ['name.givenName', 'h', given],
    ['userName', '1', name],
  ] as const) {
    const expected = whole.filter((one: never) => (of as (one: never) => string)(one).startsWith(begins.toLowerCase()));
    for (const filter of [`${attribute} sw "${begins}"`, `active eq true and ${attribute} sw "${begins}"`]) {
      const query = `filter=${encodeURIComponent(filter)}`;
      const { all, totals } = await pages(ask, query);
      assert.deepEqual(new Set(all.map(({ id }) => id)), new Set(expected.map(({ id }: Listed) => id)), filter);
      assert.deepEqual([all.length, totals], [expected.length, new Set([expected.length])], filter);
      const order = all.map((one) => (of as unknown as (one: Listed) => string)(one));
      assert.deepEqual(order, order.toSorted(), filter);
    }
    // Who asks for an order has that one.
    const query = `sortBy=id&filter=${encodeURIComponent(`${attribute} sw "${begins}"`)}`;
    const ids = (await pages(ask, query)).all.map(({ id }) => id);
    assert.deepEqual(ids, ids.toSorted());
  }
});

test('E5: a page of a beginning reads no further than it is long, wherever it stands and however few begin so', async () => {
  const people = 20_000;
  await using database = await testDatabase([platformMigrations, registryMigrations, migrations]);
  const { rootId } = await makeCrowd(database.db, people);
  await database.pool.query('VACUUM ANALYZE');
  const { db, plans } = explaining(database.pool);
  const client = {
    id: uuidv7(),
    organisation_id: rootId,
    contract: { roles: ['learner', 'teacher'] },
  } as unknown as ClientRow;
  const lists = new Lists(new TestClock());
  const page = (text: string, startIndex: number) =>
    db
      .transaction()
      .execute((transaction) =>
        readUsers(transaction, lists, client, { filter: parseFilter(text), startIndex, count: 50 }),
      );
  for (const begins of ['Lý', 'Trần', 'Ng']) {
    await page(`name.familyName sw "${begins}"`, 1);
    plans.length = 0;
    const { rows, total } = await page(`name.familyName sw "${begins}"`, 51); // its total is known, and the place before
    assert.ok(rows.length === 50 && (total ?? 0) > 100);
    // What is counted is the list, not the page.
    const steps = plans.filter((plan) => !plan.includes('Aggregate')).flatMap(stepsOf);
    for (const [step, read] of steps) assert.ok(read <= 200, `${step}\n${plans.join('\n')}`);
  }
});

test('one who comes into a group of fifty thousand, or leaves it, is one row: 204, and nobody else moves', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  const one = (await ask('POST', '/Users', newUser('an.pham'))).body.id;
  const group = (await ask('POST', '/Groups', { schemas: [urn.group], displayName: 'Toàn thành phố' })).body.id;
  await world.context.pool.query(
    'INSERT INTO sync.scim_group_member (group_id, person_id) SELECT $1, gen_random_uuid() FROM generate_series(1, 50000)',
    [group],
  );
  const count = async () =>
    (
      await world.context.pool.query('SELECT count(*)::int AS n FROM sync.scim_group_member WHERE group_id = $1', [
        group,
      ])
    ).rows[0].n;
  const change = async (operation: object) => {
    const { status, body } = await ask('PATCH', `/Groups/${group}`, patch(operation));
    assert.deepEqual([status, body], [204, undefined]);
  };
  await change({ op: 'add', path: 'members', value: [{ value: one }] });
  assert.equal(await count(), 50_001);
  const mine = await ask(
    'GET',
    `/Groups?excludedAttributes=members&filter=${encodeURIComponent(`members.value eq "${one}"`)}`,
  );
  assert.deepEqual([mine.body.totalResults, mine.body.Resources[0].members], [1, undefined]);
  await change({ op: 'remove', path: `members[value eq "${one}"]` });
  await change({ op: 'remove', path: `members[value eq "${uuidv7()}"]` });
  await change({ op: 'Remove', path: 'members', value: [{ value: one }] }); // as Entra writes it
  assert.equal(await count(), 50_000);
});

test('RFC 7644 §3.11: a client is no person, so that nothing is done at /Me, whatever the method', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
    assert.equal(
      (await ask(method, '/Me', method === 'GET' || method === 'DELETE' ? undefined : {})).status,
      501,
      method,
    );
});
