import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { startWorker } from '@edutrust/platform/jobs';
import { readOutboxOnce } from '@edutrust/platform/outbox';
import { type DemoCity, seedDemo } from '@edutrust/registry/demo';
import { changePerson, countActivePeople, getPerson, leave } from '@edutrust/registry/people';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { eventually } from '@edutrust/testing/eventually';
import { type Slapd, startSlapd } from '@edutrust/testing/slapd';
import { findAlarms } from './alarms.ts';
import { proposeRelease, releaseKind } from './engine/approve.ts';
import { runTarget } from './engine/converge.ts';
import { bringPending, noteChanges, resumeInterrupted } from './engine/live.ts';
import { noTotals } from './engine/plan.ts';
import { applyReleased } from './engine/release.ts';
import { listReleases } from './releases/releases.ts';
import { createDirectorySync, migrations } from './service.ts';
import { changeTarget } from './targets/store.ts';
import { addTarget, examineTarget, listTargets } from './targets/targets.ts';

const actor = { kind: 'system', name: 'test' } as const;
const today = '2026-11-23';

interface World extends AsyncDisposable {
  readonly context: TestContext;
  readonly city: DemoCity;
  readonly slapd: Slapd;
  readonly targetId: string;
  /** ldapsearch, the independent witness: decoded lines of the answer. */
  search(branch: string, filter: string, ...attributes: string[]): string;
}

const ldapTarget = ({ url, baseDn, bindDn, bindPassword }: Slapd) => ({
  kind: 'ldap',
  settings: { url, baseDn, bindDn },
  secret: bindPassword,
});

async function openWorld(): Promise<World> {
  const context = await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed });
  const slapd = await startSlapd();
  const city = await seedDemo(context);
  const { url, baseDn, bindDn, bindPassword } = slapd;
  const targetId = await context.db
    .transaction()
    .execute((tx) =>
      addTarget(context, tx, { ...ldapTarget(slapd), name: 'so', organisationId: city.departmentId }, actor),
    );
  return {
    context,
    city,
    slapd,
    targetId,
    search: (branch, filter, ...attributes) =>
      execFileSync(
        'ldapsearch',
        [
          '-x',
          '-LLL',
          '-o',
          'ldif-wrap=no',
          '-H',
          url,
          '-D',
          bindDn,
          '-w',
          bindPassword,
          '-b',
          `${branch}${baseDn}`,
          filter,
          ...attributes,
        ],
        { encoding: 'utf8' },
      ).replaceAll(
        /^(\w+):: (\S+)$/gm,
        (_line, name: string, value: string) => `${name}: ${Buffer.from(value, 'base64').toString('utf8')}`,
      ),
    [Symbol.asyncDispose]: async () => {
      await slapd.stop();
      await context[Symbol.asyncDispose]();
    },
  };
}

/** The service as a process runs it: its reader, and workers for its jobs. */
async function startSync(context: TestContext): Promise<{ stop(): Promise<void> }> {
  const service = createDirectorySync(context);
  await service.start?.();
  const { pool, log } = context;
  const worker = await startWorker({
    pool,
    log,
    concurrency: 4,
    handlers: { ...service.tasks, ...service.outsideTasks },
  });
  let stopped: Promise<void> | undefined;
  return {
    stop: () => {
      stopped ??= (async () => {
        await service.close?.();
        await worker.stop();
      })();
      return stopped;
    },
  };
}

test('story 7, D1, D2: everybody and every group appears as the plan says; a second full run changes nothing', async () => {
  await using world = await openWorld();
  const { context, targetId } = world;
  const plan = await runTarget(context, targetId, { mode: 'plan', actor });
  const run = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.deepEqual({ ...run.totals }, { ...plan.totals });
  assert.equal(run.state, 'done');
  const { rows } = await context.pool.query("SELECT count(*) AS people FROM registry.person WHERE status = 'active'");
  assert.equal(
    world.search('ou=people,', '(objectClass=inetOrgPerson)', 'uid').match(/^uid: /gm)?.length,
    rows[0].people,
  );
  assert.match(
    world.search('ou=people,', '(cn=Đặng Thị Ánh Nguyệt)', 'ou', 'sn', 'givenName'),
    /givenName: Nguyệt[\s\S]*|ou: 5A/,
  );
  assert.match(world.search('ou=groups,', '(cn=class-TH001-5A)', 'member'), /member: uid=\d{10},ou=people/);
  const again = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.deepEqual({ ...again.totals, unchanged: 0 }, noTotals);
});

test('story 7, D5: a changed name arrives through the outbox; a leaver is disabled, out of the groups, and not deleted', async () => {
  await using world = await openWorld();
  const { context, city, targetId } = world;
  await runTarget(context, targetId, { mode: 'apply', actor });
  const sync = await startSync(context);
  try {
    const { educationId } = await getPerson(context.db, city.people.pupil);
    const entry = () => world.search('ou=people,', `(uid=${educationId})`, 'cn', 'employeeType');
    await context.db
      .transaction()
      .execute((tx) => changePerson(tx, city.people.pupil, { fullName: 'Đặng Thị Ánh Dương' }, actor));
    await eventually(async () => assert.match(entry(), /cn: Đặng Thị Ánh Dương/));
    await context.db.transaction().execute((tx) => leave(tx, city.people.pupil, { actor, today }));
    await eventually(async () => assert.match(entry(), /employeeType: disabled/));
    await sync.stop(); // the group follows the person in the same batch
    assert.doesNotMatch(
      world.search('ou=groups,', `(member=uid=${educationId},ou=people,${world.slapd.baseDn})`, 'cn'),
      /cn: /,
    );
  } finally {
    await sync.stop();
  }
});

/** Learners of the city, or of one school, who leave without a word, as a wrong roster has it. */
async function leaveMany({ context }: World, count: number, schoolId?: string): Promise<string[]> {
  const { rows } = await context.pool.query<{ id: string }>(
    `UPDATE registry.person SET status = 'left' WHERE id IN (
       SELECT p.id FROM registry.person AS p JOIN registry.affiliation AS f ON f.person_id = p.id
       WHERE f.role = 'learner' AND p.status = 'active' AND ($2::uuid IS NULL OR f.organisation_id = $2)
       ORDER BY p.id LIMIT $1)
     RETURNING id`,
    [count, schoolId ?? null],
  );
  return rows.map(({ id }) => id);
}

const disabledIn = (world: World) =>
  world.search('ou=people,', '(employeeType=disabled)', 'uid').match(/^uid: /gm)?.length ?? 0;

async function peopleWho({ context, city }: World) {
  const actorOf = (personId: string) =>
    ({ kind: 'person', personId, sessionId: 's', roles: [], acr: 'passkey', authenticatedAt: new Date() }) as const;
  const { administrator, securityOfficer } = city.people;
  assert.ok(context);
  return { maker: actorOf(administrator), approver: actorOf(securityOfficer) };
}

/** What the approvals do once a second person has agreed to what the first proposed. */
async function release(world: World, runId: string): Promise<void> {
  const { context } = world;
  const { maker, approver } = await peopleWho(world);
  const { approval } = await proposeRelease(context, runId, maker);
  const { rows } = await context.pool.query('SELECT envelope FROM registry.approval WHERE id = $1', [approval.id]);
  const { content } = JSON.parse(rows[0].envelope);
  await context.db
    .transaction()
    .execute((tx) => releaseKind.apply(tx, content, { context, approvalId: approval.id, maker, approver }));
  await applyReleased(context, runId, approval.id);
}

const stateOf = async ({ context }: World, runId: string) =>
  (await context.pool.query('SELECT state FROM sync.run WHERE id = $1', [runId])).rows[0]?.state;

test('D3, D16: many leavers wait and nobody is disabled; everything else is done; what was seen is what is done', async () => {
  await using world = await openWorld();
  const { context, city, targetId } = world;
  await runTarget(context, targetId, { mode: 'apply', actor });
  const leavers = await leaveMany(world, 300);
  await context.db
    .transaction()
    .execute((tx) => changePerson(tx, city.people.teacher, { fullName: 'Cô Giáo Mới' }, actor));
  const plan = await runTarget(context, targetId, { mode: 'plan', actor });
  assert.ok(plan.heldReason, 'the preview says that it would wait');
  const run = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.equal(run.state, 'held', JSON.stringify(run));
  assert.equal(disabledIn(world), 0);
  assert.match(world.search('ou=people,', '(cn=Cô Giáo Mới)', 'cn'), /Cô Giáo Mới/, 'others do not wait with them');

  const again = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.equal(again.state, 'done', 'the very same waits already');
  assert.equal(await stateOf(world, run.id), 'held');

  // Somebody comes back: what waits is no longer what there is to do, and cannot be released.
  await context.pool.query(`UPDATE registry.person SET status = 'active' WHERE id = $1`, [leavers[0]]);
  await release(world, run.id);
  assert.equal(disabledIn(world), 0, 'a plan that is no longer right is not done');
  assert.equal(await stateOf(world, run.id), 'superseded');

  const anew = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.equal(anew.state, 'held');
  await release(world, anew.id);
  assert.equal(disabledIn(world), leavers.length - 1);
  assert.equal(await stateOf(world, anew.id), 'done');
  assert.doesNotMatch(
    world.search('ou=groups,', '(cn=role-learner)', 'member'),
    new RegExp((await getPerson(context.db, leavers[1] ?? '')).educationId),
    'and they are out of their groups',
  );
  const last = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.deepEqual([last.state, last.totals.disabled, last.totals.changed], ['done', 0, 0]);
});

test('D15: nobody can say that a run is approved; asking for it disables nobody, and a newer plan ends the asking', async () => {
  await using world = await openWorld();
  const { context, targetId } = world;
  await runTarget(context, targetId, { mode: 'apply', actor });
  await leaveMany(world, 300);
  const { maker } = await peopleWho(world);
  const run = await runTarget(context, targetId, { mode: 'apply', actor: maker });
  const { approval } = await proposeRelease(context, run.id, maker);
  const approvalState = async () =>
    (await context.pool.query('SELECT state FROM registry.approval WHERE id = $1', [approval.id])).rows[0]?.state;
  for (const attempt of [{ approved: true }, { digest: run.digest ?? '' }, {}])
    await runTarget(context, targetId, { mode: 'apply', actor: maker, ...attempt });
  await applyReleased(context, run.id, approval.id);
  assert.equal(disabledIn(world), 0);
  assert.equal(await approvalState(), 'proposed');
  await leaveMany(world, 40);
  assert.equal((await runTarget(context, targetId, { mode: 'apply', actor })).state, 'held');
  assert.equal(await stateOf(world, run.id), 'superseded');
  assert.equal(await approvalState(), 'withdrawn');
});

test('D16: with the digest of a preview exactly that is applied, or nothing', async () => {
  await using world = await openWorld();
  const { context, city, targetId } = world;
  const plan = await runTarget(context, targetId, { mode: 'plan', actor });
  await context.db.transaction().execute((tx) => changePerson(tx, city.people.pupil, { fullName: 'Tên Khác' }, actor));
  const digest = plan.digest ?? '';
  const refused = await runTarget(context, targetId, { mode: 'apply', actor, digest });
  assert.deepEqual([refused.state, refused.failure?.code], ['failed', 'sync/plan-changed']);
  assert.throws(() => world.search('ou=people,', '(uid=*)', 'uid'), /No such object/, 'nothing was written');
  const seen = await runTarget(context, targetId, { mode: 'plan', actor });
  const done = await runTarget(context, targetId, { mode: 'apply', actor, digest: seen.digest ?? '' });
  assert.deepEqual([done.state, done.digest], ['done', seen.digest]);
});

test('D14: the guard stands on the live path, in a school alone, and over a day in small steps', async () => {
  await using world = await openWorld();
  const { context, city, targetId } = world;
  await runTarget(context, targetId, { mode: 'apply', actor });
  const school = city.schools[1]?.id ?? '';
  // By the live path, at once: a whole school's pupils, few for the city.
  const gone = await leaveMany(world, 60, school);
  await noteChanges(context, gone);
  await bringPending(context, targetId);
  assert.equal(disabledIn(world), 0);
  const { rows } = await context.pool.query('SELECT state, needs_full_run FROM sync.target');
  assert.deepEqual(rows, [{ state: 'slow', needs_full_run: true }]);
  const run = await runTarget(context, targetId, { mode: 'apply', actor }); // what the catch-up does
  assert.equal(run.state, 'held');
  assert.match(run.heldReason?.vi ?? '', /60/);
  assert.equal(disabledIn(world), 0);

  // In another school, four at a time, each too few to be noticed alone.
  const other = city.schools[2]?.id ?? '';
  await context.pool.query(`UPDATE registry.person SET status = 'active' WHERE id = ANY($1)`, [gone]);
  await runTarget(context, targetId, { mode: 'apply', actor });
  const active = await countActivePeople(context.db, other);
  let left = 0;
  for (let step = 0; step < 30; step += 1) {
    const some = await leaveMany(world, 4, other);
    left += some.length;
    await noteChanges(context, some);
    await bringPending(context, targetId);
  }
  const disabled = disabledIn(world);
  assert.ok(left > active / 2, `${left} of ${active} left`);
  assert.ok(disabled <= active * 0.2 + 1, `${disabled} of ${active} disabled in a day`);
  assert.ok(disabled >= 4, 'the first few are nothing unusual');
});

test('a live change touches one value of a group, whoever else is in it', async () => {
  await using world = await openWorld();
  const { context, city, targetId } = world;
  await runTarget(context, targetId, { mode: 'apply', actor });
  const foreign = `uid=khach,ou=people,${world.slapd.baseDn}`;
  const { url, bindDn, bindPassword } = world.slapd;
  const addForeign = `dn: cn=role-learner,ou=groups,${world.slapd.baseDn}\nchangetype: modify\nadd: member\nmember: ${foreign}\n`;
  execFileSync('ldapmodify', ['-x', '-H', url, '-D', bindDn, '-w', bindPassword], { input: addForeign });
  await context.db.transaction().execute((tx) => leave(tx, city.people.pupil, { actor, today }));
  await noteChanges(context, [city.people.pupil]);
  await bringPending(context, targetId);
  const members = world.search('ou=groups,', '(cn=role-learner)', 'member');
  assert.match(members, /uid=khach/);
  assert.doesNotMatch(members, new RegExp((await getPerson(context.db, city.people.pupil)).educationId));
  assert.equal((await context.pool.query('SELECT FROM sync.pending')).rows.length, 0);
});

test('T4, N2: a school’s own target gets its people and nothing of elsewhere; who moves away leaves it at once; what it got is on record', async () => {
  await using world = await openWorld();
  const { context, city } = world;
  const { rows } = await context.pool.query<{ id: string; school: string }>(
    `SELECT person_id AS id, organisation_id AS school FROM registry.affiliation
     WHERE role = 'teacher' AND valid_until IS NULL LIMIT 1`,
  );
  const { id = '', school = '' } = rows[0] ?? {};
  const other = city.schools.find(({ id: another }) => another !== school)?.id ?? '';
  const place = (organisationId: string) =>
    context.pool.query(
      `INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from)
       VALUES (gen_random_uuid(), $1, $2, 'staff', '2026-01-01')`,
      [id, organisationId],
    );
  await place(other);
  const { url, baseDn, bindDn } = world.slapd;
  const branch = `ou=truong,${baseDn}`;
  execFileSync('ldapadd', ['-x', '-H', url, '-D', bindDn, '-w', world.slapd.bindPassword], {
    input: `dn: ${branch}\nobjectClass: organizationalUnit\n`,
  });
  const targetId = await context.db.transaction().execute((tx) => {
    const target = ldapTarget({ ...world.slapd, baseDn: branch });
    return addTarget(context, tx, { ...target, name: 'trường', organisationId: school }, actor);
  });
  assert.equal((await runTarget(context, targetId, { mode: 'apply', actor })).state, 'done');
  const { educationId } = await getPerson(context.db, id);
  const entry = () => world.search('ou=people,ou=truong,', `(uid=${educationId})`, 'employeeType', 'o');
  assert.match(entry(), /employeeType: teacher/);
  assert.doesNotMatch(entry(), /employeeType: staff/);
  assert.equal(entry().match(/^o: /gm)?.length, 1, 'what they are elsewhere is not this school’s');
  const { rows: strangers } = await context.pool.query<{ uid: string }>(
    `SELECT education_id AS uid FROM registry.person WHERE id NOT IN (
       SELECT person_id FROM registry.affiliation WHERE organisation_id = $1) LIMIT 20`,
    [school],
  );
  for (const { uid } of strangers) assert.doesNotMatch(world.search('ou=people,ou=truong,', `(uid=${uid})`), /dn:/);

  await context.pool.query(
    `UPDATE registry.affiliation SET valid_until = '2026-11-20' WHERE person_id = $1 AND organisation_id = $2`,
    [id, school],
  );
  await noteChanges(context, [id]);
  await bringPending(context, targetId);
  assert.match(entry(), /employeeType: disabled/);
  assert.doesNotMatch(world.search('ou=groups,ou=truong,', `(member=uid=${educationId},ou=people,${branch})`), /cn:/);

  const [left, first] = await listReleases(context.db, id);
  assert.deepEqual([left?.recipient, left?.fields], ['trường', ['isActive']]);
  assert.deepEqual(
    first?.fields,
    [
      'educationId',
      'familyName',
      'fullName',
      'givenName',
      'isActive',
      'organisations',
      'roles',
      'titles',
      'classes',
    ].sort(),
  );
});

test('O3: three targets that accept and are silent hold up neither the fourth nor other readers', async () => {
  await using world = await openWorld();
  const { context, city, targetId } = world;
  await runTarget(context, targetId, { mode: 'apply', actor });
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  for (const name of ['một', 'hai', 'ba']) {
    const target = ldapTarget({ ...world.slapd, url: `ldap://127.0.0.1:${port}` });
    const input = { ...target, name, organisationId: city.departmentId };
    await context.db.transaction().execute((tx) => addTarget(context, tx, input, actor));
  }
  const sync = await startSync(context);
  try {
    await context.db
      .transaction()
      .execute((tx) => changePerson(tx, city.people.pupil, { fullName: 'Tên Mới Tinh' }, actor));
    const { educationId } = await getPerson(context.db, city.people.pupil);
    await eventually(
      async () => assert.match(world.search('ou=people,', `(uid=${educationId})`, 'cn'), /Tên Mới Tinh/),
      20_000,
    );
    const read: string[] = [];
    await eventually(async () => {
      await readOutboxOnce(context.db, {
        consumer: 'other',
        batchSize: 10_000,
        handle: async (events) => {
          read.push(...events.map(({ subject }) => subject.id));
        },
      });
      assert.ok(read.includes(city.people.pupil));
    }, 5_000);
  } finally {
    silent.close();
    for (const socket of sockets) socket.destroy();
    await sync.stop();
  }
});

test('J3: a run that a dead process left as running is ended: without a plan it failed, with one it goes on', async () => {
  await using world = await openWorld();
  const { context, targetId } = world;
  const left = (plannedAt: string) =>
    context.pool.query(
      `INSERT INTO sync.run (id, target_id, mode, state, totals, started_at, planned_at)
       VALUES (gen_random_uuid(), $1, 'apply', 'running', '{}', now(), ${plannedAt}) RETURNING id`,
      [targetId],
    );
  await left('NULL');
  await resumeInterrupted(context);
  await bringPending(context, targetId); // the job that it enqueued
  const { rows } = await context.pool.query('SELECT state, failure FROM sync.run');
  assert.deepEqual(rows, [{ state: 'failed', failure: 'sync/interrupted' }]);
  assert.equal(
    (await context.pool.query("SELECT FROM graphile_worker.jobs WHERE task_identifier = 'sync.live'")).rows.length,
    1,
  );
  const id = (await left('now()')).rows[0].id;
  await context.pool.query(
    `INSERT INTO sync.change (run_id, number, kind, action, key, before, after, of_leaver)
     VALUES ($1, 0, 'group', 'add', 'school-X', '{}', '{}', false)`,
    [id],
  );
  await bringPending(context, targetId);
  assert.equal(await stateOf(world, id), 'done');
  assert.match(world.search('ou=groups,', '(cn=school-X)', 'cn'), /cn: school-X/);
});

test('a target that was never in contact is new, not healthy; a failed run says why; one that stays behind is alarmed', async () => {
  await using world = await openWorld();
  const { context, slapd, targetId } = world;
  assert.equal((await listTargets(context))[0]?.state, 'new');
  const findings = async () => {
    const found = new Map<string, { state: string; vi: string }>();
    for await (const { step, state, sentence, next } of examineTarget(context, targetId)) {
      assert.equal(next !== null, state !== 'good', 'what is not right says what to do');
      found.set(step, { state, vi: sentence.vi });
    }
    return found;
  };
  const empty = await findings();
  assert.deepEqual(
    [...empty].map(([step, { state }]) => [step, state]),
    [
      ['connection', 'good'],
      ['credentials', 'good'],
      ['base', 'good'],
      ['schema', 'good'],
      ['queue', 'good'],
      ['quarantine', 'good'],
      ['contract', 'good'],
      ['digest', 'warning'],
    ],
  );
  const correct = { url: slapd.url, baseDn: slapd.baseDn, bindDn: slapd.bindDn };
  const move = (settings: object, secret = slapd.bindPassword) =>
    context.db
      .transaction()
      .execute((tx) => changeTarget(context, tx, targetId, { settings: { ...correct, ...settings }, secret }, actor));
  await move({}, 'sai');
  assert.equal((await findings()).get('credentials')?.state, 'bad');
  await move({ baseDn: 'ou=khac,dc=so,dc=edu,dc=vn' });
  assert.equal((await findings()).get('base')?.state, 'bad');
  await move({});
  await slapd.stop();
  await runTarget(context, targetId, { mode: 'apply', actor });
  const [target] = await listTargets(context);
  assert.equal(target?.state, 'slow');
  assert.match(target?.failure?.vi ?? '', /không trả lời/);
  const ill = await findings();
  assert.equal(ill.get('connection')?.state, 'bad');
  assert.match(ill.get('connection')?.vi ?? '', /không trả lời/);
  assert.equal(ill.get('quarantine')?.state, 'bad');
  assert.ok(!ill.has('digest'), 'nothing is said of what nobody could look at');
  assert.deepEqual(await findAlarms(context), []);
  const later = { now: () => new Date(Date.now() + 30 * 60_000) };
  assert.deepEqual(
    (await findAlarms({ db: context.db, clock: later })).map(({ code }) => code),
    ['target-behind'],
  );
});

test('D4: a server that goes away fails the run, disables nobody, and heals', async () => {
  await using world = await openWorld();
  const { context, targetId, slapd } = world;
  await slapd.stop();
  const run = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.equal(run.state, 'failed');
  const { rows } = await context.pool.query('SELECT state, needs_full_run FROM sync.target');
  assert.deepEqual(rows, [{ state: 'slow', needs_full_run: true }]);
});

test('D9: names that would break a distinguished name or a filter are data; unsafe addresses are refused', async () => {
  await using world = await openWorld();
  const { context, city, targetId } = world;
  for (const [index, name] of ['A, ou=groups', '*)(uid=*', '#Bắt "Đầu"', 'Dấu; Phẩy = + ,', 'Ồ'.repeat(60)].entries()) {
    await context.pool.query(
      'UPDATE registry.person SET full_name = $1 WHERE id = (SELECT id FROM registry.person ORDER BY id OFFSET $2 LIMIT 1)',
      [name, index],
    );
  }
  const run = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.equal(run.state, 'done', JSON.stringify(run));
  assert.equal((await runTarget(context, targetId, { mode: 'apply', actor })).totals.changed, 0);
  const add = (settings: object, secret = 'p') => {
    const safe = { url: 'ldaps://ldap.example', baseDn: 'dc=x', bindDn: 'cn=a' };
    const input = { name: 'x', kind: 'ldap', secret, organisationId: city.departmentId };
    return context.db
      .transaction()
      .execute((tx) => addTarget(context, tx, { ...input, settings: { ...safe, ...settings } }, actor));
  };
  await assert.rejects(add({ url: 'ldap://ldap.example' }), { code: 'sync/bad-address' });
  await assert.rejects(add({ baseDn: 'so' }), { code: 'sync/bad-base-dn' });
  await assert.rejects(add({ else: 1 }), { code: 'sync/bad-settings' });
  await assert.rejects(add({}, ''), { code: 'sync/no-password' });
});
