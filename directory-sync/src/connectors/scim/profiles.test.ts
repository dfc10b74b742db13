import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seedDemo } from '@edutrust/registry/demo';
import { changePerson, leave } from '@edutrust/registry/people';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { testContext } from '@edutrust/testing/context';
import { ScimServer, type Ways } from '../../../testing/scim-server.ts';
import { runTarget } from '../../engine/converge.ts';
import { bringPending, noteChanges } from '../../engine/live.ts';
import { noTotals } from '../../engine/plan.ts';
import { migrations } from '../../service.ts';
import { addTarget } from '../../targets/targets.ts';
import type { ProfileId } from './profiles.ts';

const actor = { kind: 'system', name: 'test' } as const;

/** How a server of each kind behaves; each refuses what the others do. */
const servers: Readonly<Record<ProfileId, Ways>> = {
  rfc: {
    patch: 'paths',
    op: 'lower',
    active: 'boolean',
    keepsExternalId: true,
    filters: ['externalId', 'displayName', 'members.value'],
    groups: 'many',
    namesGroups: false,
  },
  entra: {
    patch: 'paths',
    op: 'capital',
    active: 'text',
    keepsExternalId: true,
    filters: ['externalId', 'userName', 'displayName'],
    groups: 'many',
    namesGroups: true,
  },
  okta: {
    patch: 'none',
    op: 'lower',
    active: 'boolean',
    keepsExternalId: true,
    filters: ['userName', 'displayName'],
    groups: 'one-by-one',
    namesGroups: true,
    busyEvery: 7,
  },
  google: {
    patch: 'values',
    op: 'lower',
    active: 'boolean',
    keepsExternalId: false,
    filters: ['userName'],
    groups: 'none',
    namesGroups: false,
    busyEvery: 5,
  },
};

async function openWorld(profile: ProfileId, ways: Ways) {
  await using stack = new AsyncDisposableStack();
  const context = stack.use(await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed }));
  const city = await seedDemo(context);
  const server = stack.use(await ScimServer.start(ways));
  const school = city.schools[0]?.id ?? '';
  const targetId = await context.db.transaction().execute((tx) =>
    addTarget(
      context,
      tx,
      {
        name: profile,
        kind: 'scim',
        settings: { url: server.url, profile },
        secret: 'token',
        organisationId: school,
      },
      actor,
    ),
  );
  const kept = stack.move();
  return { context, server, school, targetId, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

for (const [profile, ways] of Object.entries(servers) as [ProfileId, Ways][]) {
  test(`D1, D2: a server of the profile ${profile} is brought in step and stays so; who changes and who leaves arrives at once, and nobody else is touched`, async () => {
    await using world = await openWorld(profile, ways);
    const { context, server, targetId } = world;
    const run = await runTarget(context, targetId, { mode: 'apply', actor });
    assert.equal(run.state, 'done', JSON.stringify(run.failure));
    assert.ok(run.proof && run.proof.should === run.proof.held, JSON.stringify(run.proof));
    const again = await runTarget(context, targetId, { mode: 'apply', actor });
    assert.deepEqual({ ...again.totals, unchanged: 0 }, noTotals, JSON.stringify(again));
    const { rows } = await context.pool.query<{ id: string; education_id: string; full_name: string }>(
      `SELECT p.id, education_id, full_name FROM registry.person AS p JOIN registry.affiliation AS f ON f.person_id = p.id
       WHERE f.organisation_id = $1 AND f.role = 'learner' AND f.valid_until IS NULL ORDER BY p.id LIMIT 2`,
      [world.school],
    );
    const [changed, gone] = rows;
    const id = server.user(gone?.education_id ?? '')?.id;
    const sizes = () => [...server.groups.values()].map(({ id, members }) => [id, members.size] as const);
    const inGroups = new Set(server.groupsOf(id).map((group) => group.id));
    const before = sizes();
    await context.db.transaction().execute(async (tx) => {
      await changePerson(
        tx,
        changed?.id ?? '',
        { fullName: `Lê Thị Đổi ${changed?.full_name.split(' ').at(-1)}` },
        actor,
      );
      await leave(tx, gone?.id ?? '', { actor, today: '2026-11-23' });
    });
    const asked = server.asked.length;
    await noteChanges(context, [changed?.id ?? '', gone?.id ?? '']);
    await bringPending(context, targetId);
    assert.deepEqual((await context.pool.query('SELECT FROM sync.pending')).rows, []);
    const named = server.user(changed?.education_id ?? '')?.name as Record<string, string>;
    assert.deepEqual(
      [named.familyName, named.givenName, named.formatted?.startsWith('Lê Thị Đổi')],
      ['Lê', changed?.full_name.split(' ').at(-1), true], // the part that stays is still there
    );
    assert.equal(String(server.user(gone?.education_id ?? '')?.active).toLowerCase(), 'false');
    assert.equal(inGroups.size > 0, ways.groups !== 'none');
    assert.deepEqual(
      sizes(),
      before.map(([group, size]) => [group, inGroups.has(group) ? size - 1 : size]),
    );
    const live = server.asked.slice(asked);
    assert.deepEqual(
      live.filter(({ method, path }) => path.includes('/Groups') && method !== 'PATCH' && method !== 'GET'),
      [], // no group is written anew
    );
    assert.ok(live.every(({ path, body }) => !path.includes('/Groups/') || JSON.stringify(body).length < 500));
    const last = await runTarget(context, targetId, { mode: 'apply', actor });
    assert.deepEqual({ ...last.totals, unchanged: 0 }, noTotals, JSON.stringify(last));
  });
}

test('D9: another profile than the server’s is seen: what it refuses is named, and nobody leaves a group by it', async () => {
  await using world = await openWorld('rfc', { ...servers.okta, filters: ['externalId', 'displayName'] });
  const { context, server, targetId } = world;
  const run = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.equal(run.failure?.code, 'sync/changes-refused', run.failure?.detail.en);
  assert.match(run.failure?.detail.en ?? '', /one at a time/);
  assert.ok(server.users.size > 5);
  await assert.rejects(
    context.db.transaction().execute((tx) =>
      addTarget(
        context,
        tx,
        {
          name: 'no groups there',
          kind: 'scim',
          settings: { url: server.url, profile: 'google', groups: true },
          secret: 'token',
          organisationId: world.school,
        },
        actor,
      ),
    ),
    { code: 'sync/profile-cannot' },
  );
});

test('D6: somebody who is there already under our name is found, not made twice', async () => {
  await using world = await openWorld('okta', servers.okta);
  const { context, server, targetId } = world;
  const { rows } = await context.pool.query(
    `SELECT education_id FROM registry.person AS p JOIN registry.affiliation AS f ON f.person_id = p.id
     WHERE f.organisation_id = $1 AND f.valid_until IS NULL LIMIT 1`,
    [world.school],
  );
  const userName = rows[0].education_id;
  server.users.set('mine', { id: 'mine', userName, active: true, nickName: 'kept' });
  const run = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.equal(run.state, 'done', JSON.stringify(run.failure));
  const mine = [...server.users.values()].filter((user) => user.userName === userName);
  assert.deepEqual([mine.length, mine[0]?.nickName], [1, 'kept']); // a PUT keeps what is not ours
});
