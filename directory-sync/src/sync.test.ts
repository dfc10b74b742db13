import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { type TestContext, testContext } from '@edutrust/platform/testing';
import { type DemoCity, seedDemo } from '@edutrust/registry/demo';
import { changePerson, getPerson, leave } from '@edutrust/registry/people';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { runTarget } from './engine/run.ts';
import { escapeValue } from './ldap/entry.ts';
import { createDirectorySync, migrations } from './service.ts';
import { addTarget } from './targets/targets.ts';
import { type Slapd, startSlapd } from './testing/slapd.ts';

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

async function openWorld(): Promise<World> {
  const context = await testContext({ migrations: [registryMigrations, migrations] });
  const slapd = await startSlapd();
  const city = await seedDemo(context);
  const { url, baseDn, bindDn, bindPassword } = slapd;
  const targetId = await context.db
    .transaction()
    .execute((tx) =>
      addTarget(
        context,
        tx,
        { name: 'so', url, baseDn, bindDn, bindPassword, organisationId: city.departmentId },
        actor,
      ),
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
  assert.deepEqual({ ...again.totals, unchanged: 0 }, { added: 0, changed: 0, disabled: 0, unchanged: 0, failed: 0 });
});

test('story 7, D5: a changed name arrives through the outbox; a leaver is disabled, out of the groups, and not deleted', async () => {
  await using world = await openWorld();
  const { context, city, targetId } = world;
  await runTarget(context, targetId, { mode: 'apply', actor });
  const service = createDirectorySync(context);
  await service.start?.();
  try {
    const { educationId } = await getPerson(context.db, city.people.pupil);
    const entry = () => world.search('ou=people,', `(uid=${educationId})`, 'cn', 'employeeType');
    await context.db
      .transaction()
      .execute((tx) => changePerson(tx, city.people.pupil, { fullName: 'Đặng Thị Ánh Dương' }, actor));
    for (const deadline = Date.now() + 20_000; !entry().includes('cn: Đặng Thị Ánh Dương'); ) {
      assert.ok(Date.now() < deadline, 'the name has not arrived');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await context.db.transaction().execute((tx) => leave(tx, city.people.pupil, { actor, today }));
    for (const deadline = Date.now() + 20_000; !entry().includes('employeeType: disabled'); ) {
      assert.ok(Date.now() < deadline, 'the leaver is not disabled');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await service.close?.(); // the group follows the person in the same batch
    assert.doesNotMatch(
      world.search('ou=groups,', `(member=uid=${educationId},ou=people,${world.slapd.baseDn})`, 'cn'),
      /cn: /,
    );
  } finally {
    await service.close?.();
  }
});

test('D3: many leavers at once wait for approval, and nobody is disabled', async () => {
  await using world = await openWorld();
  const { context, targetId } = world;
  await runTarget(context, targetId, { mode: 'apply', actor });
  await context.pool.query(
    "UPDATE registry.person SET status = 'left' WHERE id IN (SELECT person_id FROM registry.affiliation WHERE role = 'learner')",
  );
  const run = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.equal(run.state, 'held');
  assert.doesNotMatch(world.search('ou=people,', '(employeeType=disabled)', 'uid'), /uid: /);
  const approved = await runTarget(context, targetId, { mode: 'apply', actor, approved: true });
  assert.equal(approved.state, 'done');
  assert.ok(approved.totals.disabled > 300);
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
  assert.equal(escapeValue(' #a,b+c"d\\e<f>g;h='), '\\ #a\\,b\\+c\\"d\\\\e\\<f\\>g\\;h\\=');
  const add = (input: object) =>
    context.db.transaction().execute((tx) =>
      addTarget(
        context,
        tx,
        {
          name: 'x',
          url: 'ldaps://ldap.example',
          baseDn: 'dc=x',
          bindDn: 'cn=a',
          bindPassword: 'p',
          organisationId: city.departmentId,
          ...input,
        },
        actor,
      ),
    );
  await assert.rejects(add({ url: 'ldap://ldap.example' }), { code: 'sync/bad-address' });
  await assert.rejects(add({ bindPassword: '' }), { code: 'sync/no-password' });
});
