import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { startWorker } from '@edutrust/platform/jobs';
import { type DemoCity, seedDemo } from '@edutrust/registry/demo';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { eventually } from '@edutrust/testing/eventually';
import { type Slapd, startSlapd } from '@edutrust/testing/slapd';
import { Attribute, Change, Client } from 'ldapts';
import { findAlarms } from '../../alarms.ts';
import { allValues } from '../../connectors/ldap/ranges.ts';
import { createDirectorySync, migrations } from '../../service.ts';
import { runSource } from '../run.ts';
import { addSource, changeSource, findSource, type NewSource } from '../store.ts';

const actor = { kind: 'system', name: 'test' } as const;

interface World extends AsyncDisposable {
  readonly context: TestContext;
  readonly city: DemoCity;
  readonly slapd: Slapd;
  readonly client: Client;
  readonly people: string;
  add(uid: string, name: string, more?: Readonly<Record<string, string>>): Promise<void>;
  source(more?: Partial<NewSource>): Promise<string>;
  /** Who belongs to the school as staff now. */
  staff(): Promise<string[]>;
}

async function openWorld(): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const context = stack.use(await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed }));
  const city = await seedDemo(context);
  const slapd = stack.use(await startSlapd());
  const { url, baseDn, bindDn, bindPassword } = slapd;
  const client = new Client({ url });
  await client.bind(bindDn, bindPassword);
  stack.defer(() => client.unbind());
  const people = `ou=hr,${baseDn}`;
  await client.add(people, { objectClass: ['organizationalUnit'] });
  const [school] = city.schools;
  assert.ok(school);
  let count = 0;
  const kept = stack.move();
  return {
    context,
    city,
    slapd,
    client,
    people,
    add: (uid, name, more = {}) =>
      client.add(`uid=${uid},${people}`, {
        objectClass: ['inetOrgPerson'],
        uid,
        cn: name,
        sn: name.split(' ')[0] ?? name,
        employeeNumber: uid,
        ...more,
      }),
    source: (more = {}) => {
      count += 1;
      return context.db.transaction().execute((tx) =>
        addSource(
          context,
          tx,
          {
            name: `Nhân sự ${count}`,
            kind: 'ldap',
            settings: {
              url,
              bindDn,
              baseDn: people,
              attributes: { fullName: 'cn', localCode: 'employeeNumber', title: 'title' },
            },
            secret: bindPassword,
            organisationId: school.id,
            rosters: ['staff'],
            isWhole: false,
            applies: false,
            ownerId: city.people.administrator,
            ownerAcr: 'passkey',
            ...more,
          },
          actor,
        ),
      );
    },
    staff: async () => {
      const { rows } = await context.pool.query(
        `SELECT p.full_name AS name FROM registry.affiliation AS f JOIN registry.person AS p ON p.id = f.person_id
         WHERE f.organisation_id = $1 AND f.role IN ('teacher', 'staff') AND f.valid_until IS NULL ORDER BY 1`,
        [school.id],
      );
      return rows.map(({ name }) => name);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const hostile = ['Trần *)(uid=*', 'Lê, Thị "Cẩm"', 'Ngô\\2aVăn', '=CMD|Phạm'];

test('a real LDAP server gives a plan as a file does; what nobody touched is not read again, what somebody touched is', async () => {
  await using world = await openWorld();
  const { context, add, source, client, people } = world;
  for (let nth = 0; nth < 30; nth += 1)
    await add(`nv${nth}`, `Đỗ Thị Thứ ${'abcdefghij'[nth % 10]}${'klm'[nth % 3]}`, { title: 'Văn thư' });
  const id = await source();
  const first = await runSource(context, id);
  assert.deepEqual(
    [first.state, first.plans[0]?.totals.added],
    ['waiting', 30],
    'staff waits for a person, who has just signed in',
  );
  assert.equal((await runSource(context, id)).state, 'same', 'nothing was touched');
  await client.modify(
    `uid=nv3,${people}`,
    new Change({ operation: 'replace', modification: new Attribute({ type: 'title', values: ['Kế toán'] }) }),
  );
  const second = await runSource(context, id);
  assert.equal(second.plans[0]?.totals.added, 30);
  const { rows } = await context.pool.query('SELECT status FROM registry.roster_plan WHERE id = $1', [
    first.plans[0]?.id,
  ]);
  assert.deepEqual(rows, [{ status: 'superseded' }], 'of two plans of one source the newer counts');
});

test('J3: a reading whose process died is a failed one, and the next begins anew; who could not be read is alarmed', async () => {
  await using world = await openWorld();
  const { context, add, source } = world;
  await add('nv1', 'Người Mới');
  const id = await source();
  await context.pool.query(
    "INSERT INTO sync.source_run (id, source_id, state, started_at) VALUES (gen_random_uuid(), $1, 'running', now() - interval '1 hour')",
    [id],
  );
  assert.equal((await runSource(context, id)).state, 'waiting');
  const { rows } = await context.pool.query(
    'SELECT state, failure FROM sync.source_run WHERE source_id = $1 ORDER BY started_at',
    [id],
  );
  assert.deepEqual(rows[0], { state: 'failed', failure: 'sync/interrupted' });
  await context.pool.query(
    'UPDATE sync.source SET settings = settings || \'{"url": "ldap://127.0.0.1:1"}\' WHERE id = $1',
    [id],
  );
  await assert.rejects(() => runSource(context, id), { code: 'sync/unreachable' });
  assert.deepEqual(
    (await findAlarms(context)).map(({ code }) => code),
    ['source-failed'],
  );
});

test('every night each source that is not paused is read by a job of its own', async () => {
  await using world = await openWorld();
  const { context, add, source } = world;
  await add('nv1', 'Người Mới');
  const [on, paused] = [await source(), await source()];
  await context.db.transaction().execute((tx) => changeSource(context, tx, paused, { isPaused: true }, actor));
  const { tasks = {}, outsideTasks = {} } = createDirectorySync(context);
  const { pool, log } = context;
  const worker = await startWorker({ pool, log, concurrency: 2, handlers: { ...tasks, ...outsideTasks } });
  try {
    await tasks['sync.read-sources']?.({});
    await eventually(async () => {
      const { rows } = await context.pool.query(
        "SELECT source_id AS id, state FROM sync.source_run WHERE state <> 'running'",
      );
      assert.deepEqual(rows, [{ id: on, state: 'waiting' }]);
    });
  } finally {
    await worker.stop();
  }
});

test('D9: hostile names are names or refused in their row, and never a filter or another entry', async () => {
  await using world = await openWorld();
  const { context, add, source } = world;
  for (const [nth, name] of hostile.entries()) await add(`x${nth}`, name);
  const { plans } = await runSource(context, await source());
  const [plan] = plans;
  assert.equal((plan?.totals.added ?? 0) + (plan?.totals.refused ?? 0), hostile.length);
  for (const { fullName } of plan?.changes ?? []) assert.ok(hostile.includes(fullName), fullName);
});

test('D3, D4: a whole source that lost most of its people is held; one without people, or that breaks off, removes nobody', async () => {
  await using world = await openWorld();
  const { context, add, source, staff, slapd } = world;
  const before = await staff();
  assert.ok(before.length > 5);
  await add('nv1', 'Người Mới Duy Nhất');
  const held = await runSource(context, await source({ isWhole: true }));
  assert.deepEqual([held.plans[0]?.status, held.state], ['held', 'waiting']);
  await assert.rejects(
    async () =>
      runSource(
        context,
        await source({
          isWhole: true,
          settings: {
            url: slapd.url,
            bindDn: slapd.bindDn,
            baseDn: world.people,
            filter: '(uid=khong-co)',
            attributes: { fullName: 'cn', localCode: 'employeeNumber' },
          },
        }),
      ),
    { code: 'sync/incomplete-read' },
  );
  assert.deepEqual(await staff(), before);
});

/** Between us and the server: lets `bytes` of what it answers through, and breaks off. */
async function breaking(target: string, bytes: number) {
  const { hostname, port } = new URL(target);
  const { connect } = await import('node:net');
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    let left = bytes;
    sockets.add(near).add(far);
    near.pipe(far);
    far.on('data', (chunk: Buffer) => {
      near.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) {
        near.destroy();
        far.destroy();
      }
    });
    for (const socket of [near, far]) socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  return {
    url: `ldap://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('D4: a connection that breaks anywhere is a failed run with its reason, and no plan', async () => {
  await using world = await openWorld();
  const { context, add, source, slapd, people } = world;
  for (let nth = 0; nth < 40; nth += 1) await add(`nv${nth}`, `Đỗ Thị ${'abcdefghij'[nth % 10]}${'klmn'[nth % 4]}`);
  for (const bytes of [40, 400, 3_000, 6_000]) {
    await using way = await breaking(slapd.url, bytes);
    const id = await source({
      isWhole: true,
      settings: {
        url: way.url,
        bindDn: slapd.bindDn,
        baseDn: people,
        attributes: { fullName: 'cn', localCode: 'employeeNumber' },
      },
    });
    await assert.rejects(
      () => runSource(context, id),
      ({ code }: { code?: string }) => /^sync\/(incomplete-read|unreachable)$/.test(code ?? ''),
    );
    const { rows } = await context.pool.query(
      'SELECT state, failure, plan_ids FROM sync.source_run WHERE source_id = $1',
      [id],
    );
    assert.deepEqual([rows.length, rows[0]?.state, rows[0]?.plan_ids], [1, 'failed', []]);
    assert.equal((await findSource(context.db, id)).mark, null);
  }
});

test('classes are groups: learners come into the class whose group they are members of, and who is disabled is gone', async () => {
  await using world = await openWorld();
  const { context, add, source, client, slapd, people } = world;
  await add('hs1', 'Lâm Thị Một', { description: '2015-09-05' });
  await add('hs2', 'Lâm Thị Hai', { description: '2015-10-06' });
  const classesDn = `ou=lop,${slapd.baseDn}`;
  await client.add(classesDn, { objectClass: ['organizationalUnit'] });
  await client.add(`cn=5Q,${classesDn}`, {
    objectClass: ['groupOfNames'],
    member: [`uid=hs1,${people}`, `uid=hs2,${people}`],
  });
  const run = await runSource(
    context,
    await source({
      rosters: ['learners'],
      applies: true,
      settings: {
        url: slapd.url,
        bindDn: slapd.bindDn,
        baseDn: people,
        classesDn,
        attributes: { fullName: 'cn', localCode: 'employeeNumber', birthDate: 'description' },
      },
    }),
  );
  assert.deepEqual([run.state, run.plans[0]?.totals.added], ['applied', 2]);
  const { rows } = await context.pool.query(
    `SELECT p.full_name AS name, k.code FROM registry.person AS p JOIN registry.enrolment AS e ON e.person_id = p.id
     JOIN registry.class AS k ON k.id = e.class_id WHERE k.code = '5Q' ORDER BY 1`,
  );
  assert.deepEqual(rows, [
    { name: 'Lâm Thị Hai', code: '5Q' },
    { name: 'Lâm Thị Một', code: '5Q' },
  ]);
});

test('T5: a source brings what its owner could, as they are now: another school’s rows are refused, and so is everything of who has left', async () => {
  await using world = await openWorld();
  const { context, city, add, source } = world;
  const [, lower] = city.schools;
  await add('nv1', 'Người Của Trường Khác');
  const owner = city.people.schoolAdministrator;
  const elsewhere = await runSource(context, await source({ ownerId: owner, organisationId: lower?.id ?? '' }));
  assert.deepEqual([elsewhere.plans[0]?.totals.added, elsewhere.plans[0]?.totals.refused], [0, 1]);
  await context.pool.query("UPDATE registry.person SET status = 'left' WHERE id = $1", [owner]);
  const gone = await runSource(context, await source({ ownerId: owner }));
  assert.deepEqual([gone.plans[0]?.totals.added, gone.plans[0]?.totals.refused], [0, 1]);
});

test('settings that would send a password in the clear, name no field or no attribute are refused when they are entered', async () => {
  await using world = await openWorld();
  const { source, slapd, people } = world;
  const settings = { url: slapd.url, bindDn: slapd.bindDn, baseDn: people, attributes: { fullName: 'cn' } };
  for (const [change, code] of [
    [{ settings: { ...settings, url: 'ldap://ldap.example.vn' } }, 'sync/bad-address'],
    [{ secret: '' }, 'sync/no-password'],
    [{ settings: { ...settings, attributes: { nothing: 'cn' } } }, 'roster/bad-columns'],
    [{ settings: { ...settings, attributes: { fullName: 'cn)(uid=*' } } }, 'sync/bad-settings'],
    [{ settings: { ...settings, more: 1 } }, 'sync/bad-settings'],
    [{ rosters: ['schools'] }, 'sync/bad-settings'],
    [{ kind: 'nothing' }, 'sync/unknown-kind'],
  ] as const)
    await assert.rejects(() => source(change as Partial<NewSource>), { code });
});

test('members that Active Directory gives in ranges are all of them, or an error: a range that is lost, repeated or empty shows', async () => {
  const all = Array.from({ length: 3_700 }, (_, nth) => `cn=${nth}`);
  const part = (from: number, size = 1_500) => {
    const to = from + size >= all.length ? '*' : String(from + size - 1);
    return { [`member;range=${from}-${to}`]: all.slice(from, from + size) };
  };
  const serve = async (attribute: string) => part(Number(/range=(\d+)-/.exec(attribute)?.[1]));
  assert.deepEqual(await allValues('member', part(0), serve), all);
  assert.deepEqual(await allValues('member', { member: ['a'] }, serve), ['a']);
  assert.deepEqual(await allValues('member', {}, serve), []);
  for (const broken of [
    async () => ({}),
    async () => part(0),
    async () => part(3_000),
    async () => ({ 'member;range=1500-*': [] }),
  ])
    await assert.rejects(() => allValues('member', part(0), broken));
});
