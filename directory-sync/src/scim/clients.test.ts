import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ask, openWorld } from '../../testing/scim.ts';
import { urn } from './schemas.ts';

// What the provisioning services of others send, as their makers document it, and the examples of the RFCs.

const filtered = (ask: Ask, type: string, filter: string, more = '') =>
  ask('GET', `/${type}?filter=${encodeURIComponent(filter)}${more}`);
const patch = (...operations: object[]) => ({ schemas: [urn.patch], Operations: operations });

test('Microsoft Entra: looked for, made, changed in both of its styles, disabled, in and out of a group', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  assert.deepEqual((await filtered(ask, 'Users', 'userName eq "0b1c2f7e-nobody"')).body.Resources, []);
  const made = await ask('POST', '/Users', {
    schemas: [urn.user, urn.enterprise],
    externalId: '58342554-38d6-4ec8-948c-50044d0a33fd',
    userName: 'ha.tran@truong.edu.vn',
    active: true,
    displayName: 'Trần Thị Hà',
    emails: [{ primary: true, type: 'work', value: 'ha.tran@truong.edu.vn' }],
    meta: { resourceType: 'User' },
    name: { formatted: 'Trần Thị Hà', familyName: 'Trần', givenName: 'Hà' },
    roles: [],
    title: 'Giáo viên',
    [urn.enterprise]: { employeeNumber: 'NV-017', department: 'Tổ Toán', manager: null },
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const path = `/Users/${made.body.id}`;
  assert.deepEqual(made.body[urn.enterprise], { employeeNumber: 'NV-017', department: 'Tổ Toán' });
  const change = async (...operations: object[]) => {
    const answer = await ask('PATCH', path, patch(...operations));
    assert.equal(answer.status, 200, JSON.stringify([operations, answer.body]));
    return answer.body;
  };
  const old = await change(
    { op: 'Replace', path: 'emails[type eq "work"].value', value: 'ha@truong.edu.vn' },
    { op: 'Replace', path: 'name.familyName', value: 'Lê' },
    { op: 'Replace', path: 'name.formatted', value: 'Lê Thị Hà' },
    { op: 'Add', path: `${urn.enterprise}:department`, value: 'Tổ Văn' },
    { op: 'Add', path: `${urn.enterprise}:manager`, value: '7d2c' },
    { op: 'Add', path: 'addresses[type eq "work"].locality', value: 'TP. Hồ Chí Minh' },
  );
  assert.deepEqual([old.name.formatted, old[urn.enterprise].department], ['Lê Thị Hà', 'Tổ Văn']);
  const flagged = await change({
    op: 'replace',
    value: {
      displayName: 'Lê Thị Hà',
      'name.givenName': 'Hà',
      'emails[type eq "work"].value': 'ha.le@truong.edu.vn',
      [`${urn.enterprise}:employeeNumber`]: 'NV-018',
    },
  });
  assert.equal(flagged[urn.enterprise].employeeNumber, 'NV-018');
  assert.equal((await filtered(ask, 'Users', `${urn.enterprise}:employeeNumber eq "nv-018"`)).body.totalResults, 1);
  assert.equal(
    (await change({ op: 'Remove', path: `${urn.enterprise}:department` }))[urn.enterprise].department,
    undefined,
  );
  const before = await ask('GET', path);
  assert.equal((await change({ op: 'Replace', path: 'active', value: 'False' })).active, false);
  assert.equal((await change({ op: 'Replace', path: 'active', value: 'True' })).active, true);
  const after = await ask('GET', path);
  assert.deepEqual({ ...after.body, meta: null }, { ...before.body, meta: null }, 'as before');

  const group = await ask('POST', '/Groups', {
    schemas: [urn.group, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
    externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
    displayName: 'Tổ Văn',
    meta: { resourceType: 'Group' },
  });
  const groupPath = `/Groups/${group.body.id}`;
  const edit = async (...operations: object[]) =>
    assert.equal((await ask('PATCH', groupPath, patch(...operations))).status, 204);
  const isIn = async () => {
    const filter = `id eq "${group.body.id}" and members eq "${made.body.id}"`;
    return (await filtered(ask, 'Groups', filter, '&attributes=id')).body.totalResults === 1;
  };
  await edit({ op: 'Add', path: 'members', value: [{ $ref: null, value: made.body.id }] });
  assert.equal(await isIn(), true);
  await edit({ op: 'Remove', path: 'members', value: [{ $ref: null, value: made.body.id }] });
  assert.equal(await isIn(), false);
  const found = await filtered(ask, 'Groups', 'displayName eq "TỔ VĂN"', '&excludedAttributes=members');
  assert.equal(found.body.Resources[0].id, group.body.id);
});

test('Okta: looked for with an index, put whole with what it read, deactivated without a path, groups pushed', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  const profile = {
    schemas: [urn.user],
    userName: 'an.pham@truong.edu.vn',
    name: { givenName: 'An', familyName: 'Phạm' },
    emails: [{ primary: true, value: 'an.pham@truong.edu.vn', type: 'work' }],
    displayName: 'Phạm An',
    locale: 'vi-VN',
    externalId: '00ujl29u0le5T6Aj10h7',
    groups: [],
    password: '1mz050nq',
    active: true,
  };
  const looked = await filtered(ask, 'Users', 'userName eq "an.pham@truong.edu.vn"', '&startIndex=1&count=100');
  assert.deepEqual([looked.status, looked.body.totalResults], [200, 0]);
  const made = await ask('POST', '/Users', profile);
  assert.equal(made.status, 201);
  assert.ok(!JSON.stringify(made.body).includes('1mz050nq'), 'a password is not kept');
  const path = `/Users/${made.body.id}`;
  const read = (await ask('GET', path)).body;
  const put = await ask('PUT', path, { ...read, ...profile, id: read.id, displayName: 'Phạm Văn An' });
  assert.deepEqual([put.status, put.body.displayName], [200, 'Phạm Văn An'], JSON.stringify(put.body));
  const off = await ask('PATCH', path, patch({ op: 'replace', value: { active: false } }));
  assert.deepEqual([off.status, off.body.active], [200, false]);
  await ask('PATCH', path, patch({ op: 'replace', value: { active: true } }));

  const group = await ask('POST', '/Groups', {
    schemas: [urn.group],
    displayName: 'Tổ Lý',
    members: [{ value: read.id, display: 'an.pham@truong.edu.vn' }],
  });
  const groupPath = `/Groups/${group.body.id}`;
  const edit = (...operations: object[]) => ask('PATCH', groupPath, patch(...operations));
  assert.equal((await edit({ op: 'replace', value: { id: group.body.id, displayName: 'Tổ Hoá' } })).status, 204);
  assert.equal((await edit({ op: 'remove', path: `members[value eq "${read.id}"]` })).status, 204);
  assert.equal((await ask('GET', groupPath)).body.members, undefined);
  await edit({ op: 'add', path: 'members', value: [{ value: read.id, display: 'an' }] });
  await edit({ op: 'replace', path: 'members', value: [{ value: read.id, display: 'an' }] });
  const { body } = await ask('GET', groupPath);
  assert.deepEqual([body.displayName, body.members.length], ['Tổ Hoá', 1]);
});

test('Google: a whole user with the work of the enterprise schema, suspended and let back by PATCH or PUT', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  const whole = {
    schemas: [urn.user, urn.enterprise],
    userName: 'binh@truong.edu.vn',
    name: { givenName: 'Bình', familyName: 'Đỗ', formatted: 'Đỗ Bình' },
    emails: [{ value: 'binh@truong.edu.vn', type: 'work', primary: true }],
    phoneNumbers: [{ value: '+84 28 3000 0000', type: 'work' }],
    addresses: [{ type: 'work', formatted: 'Quận 1' }],
    active: true,
    [urn.enterprise]: { department: 'Văn phòng', costCenter: '12', organization: 'Trường', manager: { value: 'x' } },
  };
  const made = await ask('POST', '/Users', whole);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { manager: _, ...work } = whole[urn.enterprise];
  assert.deepEqual(made.body[urn.enterprise], work);
  const path = `/Users/${made.body.id}`;
  for (const value of ['false', true]) {
    const { body } = await ask('PATCH', path, patch({ op: 'replace', path: 'active', value }));
    assert.equal(body.active, value === true);
  }
  assert.equal((await ask('PUT', path, { ...whole, active: false })).body.active, false);
  const { [urn.enterprise]: _work, ...without } = whole;
  const back = await ask('PUT', path, without);
  assert.deepEqual(
    [back.body.active, back.body[urn.enterprise], back.body.schemas.includes(urn.enterprise)],
    [true, undefined, false],
  );
});

test('RFC 7643 §8, RFC 7644 §3: the examples go in, come out as far as they are kept, and go in again unchanged', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  const minimal = { schemas: [urn.user], userName: 'bjensen@example.com' };
  const full = {
    schemas: [urn.user, urn.enterprise],
    id: '2819c223-7f76-453a-919d-413861904646',
    externalId: '701984',
    userName: 'bjensen2@example.com',
    name: {
      formatted: 'Ms. Barbara J Jensen, III',
      familyName: 'Jensen',
      givenName: 'Barbara',
      middleName: 'Jane',
      honorificPrefix: 'Ms.',
      honorificSuffix: 'III',
    },
    displayName: 'Babs Jensen',
    nickName: 'Babs',
    emails: [{ value: 'bjensen@example.com', type: 'work', primary: true }],
    ims: [{ value: 'someaimhandle', type: 'aim' }],
    timezone: 'America/Los_Angeles',
    active: true,
    password: 't1meMa$heen',
    x509Certificates: [{ value: 'MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVMx' }],
    [urn.enterprise]: {
      employeeNumber: '701984',
      costCenter: '4130',
      organization: 'Universal Studios',
      division: 'Theme Park',
      department: 'Tour Operations',
      manager: { value: '26118915-6090-4610-87e4-49d8ca9f808d', $ref: '../Users/26118915', displayName: 'John Smith' },
    },
    meta: { resourceType: 'User', created: '2010-01-23T04:56:22Z', version: 'W/"3694e05e9dff591"' },
  };
  for (const example of [minimal, full]) {
    const made = await ask('POST', '/Users', example);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.equal(made.body.userName, example.userName);
    const path = `/Users/${made.body.id}`;
    const first = (await ask('GET', path)).body;
    assert.deepEqual(first, made.body, 'what was answered is what is there');
    const again = await ask('PUT', path, first);
    assert.deepEqual({ ...again.body, meta: null }, { ...first, meta: null }, 'what was read can be put');
  }
  const { body: people } = await filtered(ask, 'Users', 'userName sw "bjensen"', '&sortBy=userName');
  const [barbara, babs] = people.Resources;
  assert.deepEqual([babs.userName, barbara.name.middleName], ['bjensen@example.com', 'Jane']);
  const group = await ask('POST', '/Groups', {
    schemas: [urn.group],
    displayName: 'Tour Guides',
    members: [
      { value: babs.id, $ref: `https://example.com/v2/Users/${babs.id}`, display: 'Babs Jensen' },
      { value: barbara.id, display: 'Mandy Pepperidge', type: 'User' },
    ],
  });
  const read = (await ask('GET', `/Groups/${group.body.id}`)).body;
  const again = await ask('PUT', `/Groups/${group.body.id}`, read);
  assert.deepEqual({ ...again.body, meta: null }, { ...read, meta: null });
  // RFC 7644 §3.5.2.3, Figure 6 and what stands around it.
  const operations = [
    { op: 'remove', path: `members[value eq "${babs.id}"]` },
    {
      op: 'add',
      path: 'members',
      value: [{ display: 'Babs Jensen', $ref: 'https://example.com/v2/x', value: babs.id }],
    },
    { op: 'replace', path: 'members', value: [{ value: barbara.id }] },
  ];
  assert.equal((await ask('PATCH', `/Groups/${group.body.id}`, patch(...operations))).status, 204);
  assert.deepEqual(
    (await ask('GET', `/Groups/${group.body.id}`)).body.members.map(({ value }: { value: string }) => value),
    [barbara.id],
  );
});

test('a list is sorted by what it can be filtered by, either way; by anything else it is refused by name', async () => {
  await using world = await openWorld();
  const { ask } = await world.client({});
  const names = async (query: string) => {
    const { status, body } = await ask('GET', `/Users?count=200&${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body.Resources.map((user: { userName: string }) => user.userName) as string[];
  };
  const rising = await names('sortBy=userName');
  assert.deepEqual(rising, [...rising].sort());
  assert.deepEqual(
    await names('sortBy=urn:ietf:params:scim:schemas:core:2.0:User:UserName&sortOrder=Descending'),
    rising.toReversed(),
  );
  assert.equal((await names('sortBy=name&startIndex=3')).length, rising.length - 2);
  await ask('POST', '/Users', { schemas: [urn.user], userName: 'z', externalId: 'only' });
  assert.equal((await names('sortBy=externalId'))[0], 'z', 'those without come last');
  assert.equal((await names('sortBy=externalId&sortOrder=descending')).at(-1), 'z', '… and first from the end');
  for (const [query, scimType] of [
    ['sortBy=password', 'invalidPath'],
    ["sortBy=id';DROP TABLE sync.client", 'invalidPath'],
    ['sortBy=id&sortOrder=up', 'invalidValue'],
    ['sortBy=id&cursor=', 'invalidCursor'],
  ])
    assert.equal((await ask('GET', `/Users?${query}`)).body.scimType, scimType, query);
});
