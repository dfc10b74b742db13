import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actor, newUser, openWorld } from '../../testing/scim.ts';
import { endClient } from '../clients/clients.ts';
import { usualContract } from '../model/contract.ts';
import { urn } from './schemas.ts';

test('a user is made, read, found, changed and deleted; the person keeps record and education ID (D5)', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  const made = await ask('POST', '/Users', newUser('ha.tran', { externalId: 'e-1' }));
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id } = made.body;
  const number = made.body[urn.education].educationId;
  assert.match(number, /^[1-9]\d{9}$/);
  assert.equal(made.body.active, true);
  assert.match(made.body.meta.location, /^http.*\/scim\/v2\/Users\//);
  for (const filter of [
    'userName eq "HA.TRAN"',
    'externalId eq "e-1"',
    `id eq "${id}"`,
    'userName co "tran" and name.familyName eq "trần" and name.givenName sw "H" and active eq true',
    `${urn.education}:educationId eq "${number}"`,
    'not (userName ne "ha.tran")',
  ]) {
    const { body } = await ask('GET', `/Users?filter=${encodeURIComponent(filter)}`);
    assert.deepEqual([body.totalResults, body.Resources?.[0]?.id], [1, id], `${filter}: ${JSON.stringify(body)}`);
  }
  assert.equal((await ask('GET', '/Users?filter=externalId%20eq%20%22E-1%22')).body.totalResults, 0, 'case counts');
  const name = async () =>
    (await world.context.pool.query('SELECT full_name, status FROM registry.person WHERE id = $1', [id])).rows[0];
  assert.deepEqual(await name(), { full_name: 'Trần Thị Thu Hà', status: 'active' });
  const patch = { Operations: [{ op: 'Replace', path: 'name.givenName', value: 'Hằng' }] };
  const patched = await ask('PATCH', `/Users/${id}`, patch);
  assert.deepEqual([patched.status, patched.body.name.givenName], [200, 'Hằng']);
  assert.equal((await name()).full_name, 'Trần Thị Thu Hằng');
  await ask('PATCH', `/Users/${id}`, { Operations: [{ op: 'Replace', path: 'active', value: 'False' }] });
  assert.equal((await name()).status, 'left');
  const back = await ask('PATCH', `/Users/${id}`, { Operations: [{ op: 'replace', value: { active: true } }] });
  assert.equal(back.body.active, true);
  assert.equal(back.body[urn.education].educationId, number);
  const only = await ask('GET', `/Users/${id}?attributes=userName,name.givenName`);
  assert.deepEqual(only.body, { schemas: only.body.schemas, id, userName: 'ha.tran', name: { givenName: 'Hằng' } });
  assert.equal((await ask('DELETE', `/Users/${id}`)).status, 204);
  assert.equal((await ask('GET', `/Users/${id}`)).status, 404);
  assert.equal((await name()).status, 'left');
  assert.equal((await ask('POST', '/Users', newUser('ha.tran'))).status, 201, 'the name is free again');
});

test('D11: a version that is no longer so is refused with 412; the same version is 304', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  const { body, etag } = await ask('POST', '/Users', newUser('a'));
  assert.ok(etag);
  const path = `/Users/${body.id}`;
  assert.equal((await ask('GET', path, undefined, { 'if-none-match': etag })).status, 304);
  const change = { Operations: [{ op: 'replace', path: 'displayName', value: 'x' }] };
  assert.equal((await ask('PATCH', path, change, { 'if-match': etag })).status, 200);
  for (const [method, sent] of [
    ['PATCH', change],
    ['PUT', newUser('a')],
    ['DELETE', undefined],
  ] as const)
    assert.equal((await ask(method, path, sent, { 'if-match': etag })).status, 412, method);
  assert.equal((await ask('GET', path, undefined, { 'if-none-match': etag })).status, 200);
  const group = await ask('POST', '/Groups', { schemas: [urn.group], displayName: 'g' });
  const rename = { Operations: [{ op: 'replace', path: 'displayName', value: 'h' }] };
  assert.equal((await ask('PATCH', `/Groups/${group.body.id}`, rename, { 'if-match': 'W/"9"' })).status, 412);
});

test('D7, D8, T7: nobody is attached by what a client calls them, gets a right, or is changed by who only sees them', async () => {
  await using world = await openWorld();
  const { context, city } = world;
  const { ask } = await world.client({ organisationId: city.departmentId });
  const { rows: known } = await context.pool.query(
    "SELECT id, education_id, full_name FROM registry.person WHERE status = 'active' LIMIT 5",
  );
  const before = (await context.pool.query('SELECT count(*) FROM registry.person')).rows[0].count;
  let made = 0;
  for (const { id, education_id } of known) {
    for (const claim of [id, education_id, '1', 'admin']) {
      const answer = await ask(
        'POST',
        '/Users',
        newUser(`u-${made}`, { externalId: claim, id: claim, roles: ['admin'] }),
      );
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      assert.ok(!known.some((person) => person.id === answer.body.id));
      made += 1;
    }
    const path = `/Users/${id}`;
    assert.equal((await ask('GET', path)).status, 200);
    for (const [method, body] of [
      ['PUT', newUser('mine')],
      ['PATCH', { Operations: [{ op: 'replace', path: 'active', value: false }] }],
      ['DELETE', undefined],
    ] as const)
      assert.equal((await ask(method, path, body)).status, 403, method);
  }
  assert.equal((await context.pool.query('SELECT count(*) FROM registry.person')).rows[0].count, before + made);
  assert.deepEqual(
    (
      await context.pool.query(
        'SELECT r.id FROM registry.role_assignment AS r JOIN sync.scim_user AS u USING (person_id)',
      )
    ).rows,
    [],
  );
  assert.equal((await ask('POST', '/Users', newUser('U-0'))).body.scimType, 'uniqueness');
  // Somebody whom the client made, and who works elsewhere now, is no longer its own.
  const school = await world.client({});
  const { body: own } = await school.ask('POST', '/Users', newUser('moves'));
  await context.pool.query('UPDATE registry.affiliation SET organisation_id = $2 WHERE person_id = $1', [
    own.id,
    city.schools[1]?.id,
  ]);
  assert.equal((await school.ask('DELETE', `/Users/${own.id}`)).status, 403);
});

test('T3, N2: a school’s client sees its people by its contract and nobody else; a reader writes nothing; an ended token opens nothing', async () => {
  await using world = await openWorld();
  const { context, city } = world;
  const [one, other] = city.schools;
  const contract = { ...usualContract, roles: ['teacher' as const] };
  const reader = await world.client({ mayWrite: false, contract });
  const all = await reader.ask('GET', '/Users?count=200');
  const { rows } = await context.pool.query<{ id: string }>(
    `SELECT DISTINCT person_id AS id FROM registry.affiliation WHERE organisation_id = $1 AND valid_until IS NULL AND role = 'teacher'`,
    [one?.id],
  );
  assert.deepEqual(all.body.Resources.map(({ id }: { id: string }) => id).sort(), rows.map(({ id }) => id).sort());
  assert.equal((await reader.ask('POST', '/Users', newUser('x'))).status, 403);
  const stranger = await context.pool.query(
    'SELECT person_id AS id FROM registry.affiliation WHERE organisation_id = $1 LIMIT 1',
    [other?.id],
  );
  assert.equal((await reader.ask('GET', `/Users/${stranger.rows[0].id}`)).status, 404);
  const writer = await world.client({});
  const stolen = { schemas: [urn.group], displayName: 'g', members: [{ value: stranger.rows[0].id }] };
  assert.equal((await writer.ask('POST', '/Groups', stolen)).status, 400);
  const group = await writer.ask('POST', '/Groups', { schemas: [urn.group], displayName: 'g' });
  assert.equal((await reader.ask('GET', `/Groups/${group.body.id}`)).status, 404, 'another client’s group');
  const { rows: released } = await context.pool.query(
    'SELECT count(DISTINCT person_id) AS count FROM sync.release WHERE recipient_id = $1',
    [`client:${reader.id}`],
  );
  assert.equal(released[0].count, rows.length, 'what was read is on record');
  await context.db.transaction().execute((tx) => endClient(tx, reader.id, actor));
  assert.equal((await reader.ask('GET', '/Users')).status, 401);
  for (const authorization of ['', 'Bearer', 'Bearer edu_x', 'Basic eDp5', `Token ${writer.token}`])
    assert.equal((await writer.ask('GET', '/Users', undefined, { authorization })).status, 401, authorization);
});

test('groups: members come and go by Entra’s and by the RFC’s words; a large one is changed without being read', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  const { body: people } = await ask('GET', '/Users?count=5');
  const ids = people.Resources.map(({ id }: { id: string }) => id);
  const { body: group } = await ask('POST', '/Groups', {
    schemas: [urn.group],
    displayName: 'Tổ Toán',
    members: ids.map((value: string) => ({ value })),
  });
  const members = async () =>
    ((await ask('GET', `/Groups/${group.id}`)).body.members ?? []).map(({ value }: { value: string }) => value);
  const patch = (operation: object) => ask('PATCH', `/Groups/${group.id}`, { Operations: [operation] });
  assert.deepEqual(await members(), [...ids].sort());
  assert.equal((await patch({ op: 'Remove', path: 'members', value: [{ value: ids[0] }] })).status, 204);
  assert.equal((await members()).length, ids.length - 1);
  await patch({ op: 'remove', path: `members[value eq "${ids[1]}"]` });
  await patch({ op: 'Add', path: 'members', value: [{ value: ids[0] }, { value: ids[0] }] });
  assert.equal((await members()).length, ids.length - 1);
  const found = await ask(
    'GET',
    `/Groups?filter=${encodeURIComponent(`members[value eq "${ids[0]}"]`)}&excludedAttributes=members`,
  );
  assert.deepEqual([found.body.totalResults, found.body.Resources[0].members], [1, undefined]);
  assert.equal(
    (await ask('GET', `/Groups?filter=${encodeURIComponent(`members eq "${ids[1]}"`)}`)).body.totalResults,
    0,
  );
  await ask('PUT', `/Groups/${group.id}`, { schemas: [urn.group], displayName: 'Tổ Văn' });
  assert.deepEqual(await members(), []);
  assert.equal((await ask('DELETE', `/Groups/${group.id}`)).status, 204);
});

test('D11: a bulk is done in order with references, stops at its errors, and 1,001 operations are 413', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  const post = (bulkId: string, path: string, data: object) => ({ method: 'POST', bulkId, path, data });
  const bulk = (operations: object[], more: object = {}) =>
    ask('POST', '/Bulk', { schemas: [urn.bulkRequest], Operations: operations, ...more });
  const { body } = await bulk([
    post('u', '/Users', newUser('b')),
    post('g', '/Groups', { schemas: [urn.group], displayName: 'g', members: [{ value: 'bulkId:u' }] }),
    {
      method: 'PATCH',
      path: '/Groups/bulkId:g',
      data: { Operations: [{ op: 'replace', path: 'displayName', value: 'h' }] },
    },
    post('again', '/Users', newUser('b')),
    { method: 'DELETE', path: '/Users/nobody' },
    { method: 'GET', path: '/Users' },
  ]);
  assert.deepEqual(
    body.Operations.map(({ status }: { status: string }) => status),
    ['201', '201', '204', '409', '404', '400'],
    JSON.stringify(body),
  );
  const stopped = await bulk([post('1', '/Users', newUser('b')), post('2', '/Users', newUser('c'))], {
    failOnErrors: 1,
  });
  assert.equal(stopped.body.Operations.length, 1);
  const many = Array.from({ length: 1_001 }, () => ({ method: 'DELETE', path: '/Users/x' }));
  assert.equal((await bulk(many)).status, 413);
});

test('E5, D11: hostile filters are refused or answered quickly, and never run as SQL', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({ organisationId: world.city.departmentId });
  const ask1 = (filter: string) => ask('GET', `/Users?filter=${encodeURIComponent(filter)}`);
  for (const value of ["'; DROP TABLE sync.client; --", "' OR '1'='1", '%', '_', '\\\\', '$1'])
    for (const operator of ['eq', 'co', 'sw', 'ew', 'gt']) {
      const { status, body } = await ask1(`displayName ${operator} ${JSON.stringify(value)}`);
      assert.equal(status, 200, JSON.stringify(body));
      if (operator !== 'gt') assert.equal(body.totalResults, 0, `${operator} ${value}`);
    }
  for (const bad of ['password eq "x"', 'id', 'meta.created co "2026"', 'active eq "x"', `(${'('.repeat(60)}`])
    assert.equal((await ask1(bad)).body.scimType, 'invalidFilter', bad);
  assert.equal((await ask('GET', '/Users?startIndex=-5&count=-1')).body.itemsPerPage, 0);
  assert.equal((await ask('GET', '/Users?count=100000')).body.itemsPerPage, 200);
  assert.equal((await ask('GET', '/Users?startIndex=x')).status, 400);
  assert.ok((await ask('GET', '/Users?startIndex=1000000')).body.totalResults > 200);
});

test('what is served says of itself what is so', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  const { body: config } = await ask('GET', '/ServiceProviderConfig');
  assert.deepEqual([config.patch.supported, config.bulk.maxOperations, config.filter.maxResults], [true, 1_000, 200]);
  assert.equal((await ask('GET', '/Schemas')).body.totalResults, 4);
  assert.equal((await ask('GET', `/Schemas/${urn.user}`)).body.id, urn.user);
  assert.equal((await ask('GET', '/ResourceTypes/User')).body.endpoint, '/Users');
  assert.equal((await ask('GET', '/ResourceTypes?filter=a%20pr')).status, 403);
  assert.equal((await ask('GET', '/Me')).status, 501);
  assert.equal((await ask('POST', '/Users/.search', { schemas: [urn.search], count: 1 })).body.itemsPerPage, 1);
});

test('RFC 9865: by cursor everybody comes once, whoever is added or leaves meanwhile; a cursor that was not given is refused', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  const { body: config } = await ask('GET', '/ServiceProviderConfig');
  assert.deepEqual([config.pagination.cursor, config.pagination.defaultPaginationMethod], [true, 'index']);
  const total = (await ask('GET', '/Users?count=0')).body.totalResults;
  const seen: string[] = [];
  let [cursor, pages] = ['', 0];
  for (;;) {
    const { status, body } = await ask('GET', `/Users?count=50&cursor=${cursor}`);
    assert.equal(status, 200);
    assert.equal(body.startIndex, undefined, 'no index by cursor');
    seen.push(...body.Resources.map(({ id }: { id: string }) => id));
    pages += 1;
    // Between the pages somebody of the first one goes: by index the next page would leave one out.
    if (pages === 1)
      await world.context.pool.query('UPDATE registry.affiliation SET valid_until = now() WHERE person_id = $1', [
        seen[0],
      ]);
    if (body.nextCursor === undefined) break;
    cursor = body.nextCursor;
  }
  assert.ok(pages > 2);
  assert.equal(new Set(seen).size, total);
  assert.equal(seen.length, total);
  for (const [query, why] of [
    ['cursor=bm9uc2Vuc2U', 'made up'],
    [`cursor=${cursor}&startIndex=1`, 'with an index'],
  ]) {
    const { status, body } = await ask('GET', `/Users?${query}`);
    assert.deepEqual([status, body.scimType], [400, 'invalidCursor'], why);
  }
});
