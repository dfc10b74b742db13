import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seedDemo } from '@edutrust/registry/demo';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { testContext } from '@edutrust/testing/context';
import { startSlapd } from '@edutrust/testing/slapd';
import { Client } from 'ldapts';
import { migrations } from '../service.ts';
import { runSource } from './run.ts';
import { addSource, changeSource, findSource, secretFor } from './store.ts';
import { trySource } from './try.ts';

async function openWorld() {
  await using stack = new AsyncDisposableStack();
  const context = stack.use(await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed }));
  const city = await seedDemo(context);
  const slapd = stack.use(await startSlapd());
  const client = new Client({ url: slapd.url });
  await client.bind(slapd.bindDn, slapd.bindPassword);
  stack.defer(() => client.unbind());
  const people = `ou=hr,${slapd.baseDn}`;
  await client.add(people, { objectClass: ['organizationalUnit'] });
  for (const nth of [1, 2, 3])
    await client.add(`uid=gv${nth},${people}`, {
      objectClass: ['inetOrgPerson'],
      uid: `gv${nth}`,
      cn: `Kanari Thầy ${'ABC'[nth - 1]}`,
      sn: 'Kanari',
      employeeNumber: `GV${nth}`,
    });
  const settings = {
    url: slapd.url,
    bindDn: slapd.bindDn,
    baseDn: people,
    attributes: { fullName: 'cn', localCode: 'employeeNumber' },
  };
  const kept = stack.move();
  return { context, city, slapd, people, settings, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

test('a source is tried before it is added: what it has is told by its columns and a count, by nobody’s name; what is wrong is said', async () => {
  await using world = await openWorld();
  const { context, slapd, settings } = world;
  const secret = slapd.bindPassword;
  const tried = await trySource(context, { kind: 'ldap', settings, secret, roster: 'staff' });
  assert.deepEqual([tried.rows, tried.hasMore], [3, false]);
  assert.ok(tried.columns.includes('Họ và tên'), tried.columns.join());
  assert.doesNotMatch(JSON.stringify(tried), /Kanari/);
  const attempt = (more: object, with_ = secret) =>
    trySource(context, { kind: 'ldap', settings: { ...settings, ...more }, secret: with_, roster: 'staff' });
  await assert.rejects(attempt({}, 'sai mật khẩu'), { code: 'sync/unreachable' });
  await assert.rejects(attempt({ url: 'ldap://localhost:1' }), { code: 'sync/unreachable' });
  await assert.rejects(attempt({ url: 'ldap://ldap.example.edu.vn' }), { status: 400 });
  await assert.rejects(attempt({ unknown: 1 }), { code: 'sync/bad-settings' });
});

test('T5: a source that is set anew is read with the rights of who did, and its password goes nowhere that it was not given for', async () => {
  await using world = await openWorld();
  const { context, city, slapd, people, settings } = world;
  const [school] = city.schools;
  assert.ok(school);
  const person = (personId: string) =>
    ({ kind: 'person', personId, sessionId: '', roles: [], acr: 'passkey', authenticatedAt: new Date() }) as const;
  const write = <Result>(work: (tx: Parameters<typeof addSource>[1]) => Promise<Result>) =>
    context.db.transaction().execute(work);
  const id = await write((tx) =>
    addSource(
      context,
      tx,
      {
        name: 'Nhân sự',
        kind: 'ldap',
        settings: { ...settings, attributes: { fullName: 'uid', localCode: 'employeeNumber' } },
        secret: slapd.bindPassword,
        organisationId: school.id,
        rosters: ['staff'],
        isWhole: false,
        applies: false,
        ownerId: city.people.administrator,
        ownerAcr: 'passkey',
      },
      person(city.people.administrator),
    ),
  );
  const change = (what: Parameters<typeof changeSource>[3]) =>
    write((tx) => changeSource(context, tx, id, what, person(school.administratorId)));
  for (const elsewhere of [{ url: 'ldaps://ldap.attacker.example' }, { bindDn: `cn=other,${slapd.baseDn}` }])
    await assert.rejects(change({ settings: { ...settings, ...elsewhere } }), { code: 'sync/secret-again' });
  assert.throws(
    () =>
      secretFor(context.secrets, { settings, sealed_secret: Buffer.alloc(0) } as never, {
        settings: { ...settings, url: 'x' },
      }),
    { code: 'sync/secret-again' },
  );
  await change({ isPaused: true });
  assert.equal(
    (await findSource(context.db, id)).owner_id,
    city.people.administrator,
    'who pauses it answers for nothing',
  );
  await change({ isPaused: false, name: 'Nhân sự của trường', settings });
  const after = await findSource(context.db, id);
  assert.deepEqual(
    [after.name, after.owner_id, after.settings],
    ['Nhân sự của trường', school.administratorId, settings],
  );
  const { plans } = await runSource(context, id);
  assert.equal(plans[0]?.totals.added, 3, 'the names are read where they are now');
  await assert.rejects(change({ settings: { ...settings, baseDn: people, attributes: { nothing: 'cn' } } }), {
    code: 'roster/bad-columns',
  });
  await assert.rejects(change({ rosters: ['guardians'] }), { code: 'sync/bad-settings' });
});
