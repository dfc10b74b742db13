import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { seedDemo } from '@edutrust/registry/demo';
import { changePerson, leave } from '@edutrust/registry/people';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { testContext } from '@edutrust/testing/context';
import { serve } from '@edutrust/testing/served';
import { addClient } from '../../clients/clients.ts';
import { runTarget } from '../../engine/converge.ts';
import { bringPending, noteChanges } from '../../engine/live.ts';
import { noTotals } from '../../engine/plan.ts';
import { usualContract } from '../../model/contract.ts';
import { createDirectorySync, migrations } from '../../service.ts';
import { addTarget } from '../../targets/targets.ts';

const actor = { kind: 'system', name: 'test' } as const;

/** A city that sends, and another EduTrust that is its SCIM server. */
async function openWorld() {
  await using stack = new AsyncDisposableStack();
  const context = stack.use(await testContext({ migrations: [registryMigrations, migrations] }));
  const city = await seedDemo(context);
  const there = stack.use(await testContext({ migrations: [registryMigrations, migrations] }));
  const elsewhere = await seedDemo(there);
  const app = await serve(there, createDirectorySync(there));
  stack.defer(() => app.close());
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const { token } = await there.db.transaction().execute((tx) =>
    addClient(
      tx,
      {
        name: 'city',
        kind: 'scim',
        mayWrite: true,
        organisationId: elsewhere.schools[0]?.id ?? '',
        contract: { ...usualContract, roles: ['staff'] },
      },
      actor,
    ),
  );
  const school = city.schools[0]?.id ?? '';
  const add = (name: string, address: string) =>
    context.db.transaction().execute((tx) => {
      const settings = { url: address, matchBy: 'externalId', groups: true };
      return addTarget(context, tx, { name, kind: 'scim', settings, secret: token, organisationId: school }, actor);
    });
  const targetId = await add('scim', `${url}/scim/v2`);
  const kept = stack.move();
  return { context, there, school, targetId, add, url, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

test('D1, D2: people and groups arrive at a SCIM server as the plan says; a second run changes nothing; changes and leavers follow', async () => {
  await using world = await openWorld();
  const { context, there, targetId } = world;
  const plan = await runTarget(context, targetId, { mode: 'plan', actor });
  const run = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.deepEqual([run.state, { ...run.totals }], ['done', { ...plan.totals }], JSON.stringify(run.failure));
  assert.ok(run.totals.added > 5);
  const again = await runTarget(context, targetId, { mode: 'apply', actor });
  assert.deepEqual({ ...again.totals, unchanged: 0 }, noTotals, JSON.stringify(again));
  const { rows } = await context.pool.query<{ id: string; education_id: string; full_name: string }>(
    `SELECT p.id, education_id, full_name FROM registry.person AS p JOIN registry.affiliation AS f ON f.person_id = p.id
     WHERE f.organisation_id = $1 AND f.role = 'learner' AND f.valid_until IS NULL ORDER BY p.id LIMIT 2`,
    [world.school],
  );
  const arrived = async (key = '') =>
    (
      await there.pool.query(
        `SELECT p.full_name, p.status, (SELECT array_agg(g.display_name ORDER BY g.display_name) FROM sync.scim_group AS g
           JOIN sync.scim_group_member AS m ON m.group_id = g.id WHERE m.person_id = p.id) AS groups
         FROM registry.person AS p JOIN sync.scim_user AS u ON u.person_id = p.id WHERE u.user_name = $1`,
        [key],
      )
    ).rows[0];
  const [changed, gone] = rows;
  const before = await arrived(changed?.education_id);
  assert.equal(before.full_name, changed?.full_name);
  assert.ok(before.groups.includes('role-learner') && before.groups.length >= 3, JSON.stringify(before));
  await context.db.transaction().execute(async (tx) => {
    await changePerson(tx, changed?.id ?? '', { fullName: 'Lê Thị Đổi Tên' }, actor);
    await leave(tx, gone?.id ?? '', { actor, today: '2026-11-23' });
  });
  await noteChanges(context, [changed?.id ?? '', gone?.id ?? '']);
  await bringPending(context, targetId);
  assert.equal((await arrived(changed?.education_id)).full_name, 'Lê Thị Đổi Tên');
  const left = await arrived(gone?.education_id);
  assert.deepEqual([left.status, left.groups], ['left', null]);
  assert.deepEqual((await context.pool.query('SELECT FROM sync.pending')).rows, []);
});

test('D4, D9: a server that loses a page, redirects, or does not take the token writes nothing and says why', async () => {
  await using world = await openWorld();
  const { context, add } = world;
  let answer: (path: string) => { status: number; body?: object; location?: string } = () => ({ status: 401 });
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.method ?? '');
    const { status, body = {}, location } = answer(request.url ?? '');
    response.writeHead(status, { 'content-type': 'application/scim+json', ...(location ? { location } : {}) });
    response.end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const targetId = await add('bad', `http://127.0.0.1:${(server.address() as AddressInfo).port}`); // a TCP server’s
    const failure = async () => (await runTarget(context, targetId, { mode: 'apply', actor })).failure;
    assert.equal((await failure())?.code, 'sync/unreachable');
    answer = () => ({ status: 302, location: 'http://127.0.0.1:1/' });
    assert.equal((await failure())?.code, 'sync/unreachable');
    const user = (id: number) => ({ id: String(id), userName: `${id}`, externalId: `${id}` });
    const lists: object[] = [
      { totalResults: 3, Resources: [user(1), user(2)] },
      { totalResults: 2, Resources: [user(1), user(1)] },
      { Resources: [user(1)] },
    ];
    for (const list of lists) {
      answer = (path) => ({ status: 200, body: path.includes('startIndex=1&') ? list : { ...list, Resources: [] } });
      assert.equal((await failure())?.code, 'sync/incomplete-read', JSON.stringify(list));
    }
    assert.deepEqual(new Set(asked), new Set(['GET']));
    await assert.rejects(add('clear', 'http://scim.example/v2'), { code: 'sync/bad-address' });
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('a server that takes everything and says one thing otherwise is not called in step, however often it says yes', async () => {
  await using world = await openWorld();
  const { context, add, url } = world;
  let liesOf: string | undefined;
  const liar = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part);
      const body = Buffer.concat(parts);
      const { authorization = '', 'content-type': type = '' } = request.headers;
      const answer = await fetch(`${url}${request.url}`, {
        method: request.method ?? 'GET',
        headers: { authorization, ...(type ? { 'content-type': type } : {}) },
        ...(body.length > 0 ? { body } : {}),
      });
      const text = JSON.stringify((await answer.json().catch(() => null)) as object, (_, value) =>
        value?.externalId !== undefined && value.externalId === liesOf
          ? { ...value, name: { ...value.name, familyName: 'Khác' } }
          : value,
      );
      response.writeHead(answer.status, { 'content-type': 'application/scim+json' });
      response.end(text === 'null' ? undefined : text);
    })();
  }).listen(0, '127.0.0.1');
  await once(liar, 'listening');
  try {
    const targetId = await add('liar', `http://127.0.0.1:${(liar.address() as AddressInfo).port}/scim/v2`);
    const run = async () => {
      const { state, totals, proof } = await runTarget(context, targetId, { mode: 'apply', actor });
      return { state, failed: totals.failed, isConverged: proof?.should === proof?.held, differing: proof?.differing };
    };
    const honest = { state: 'done', failed: 0, isConverged: true, differing: 0 };
    assert.deepEqual(await run(), honest);
    const { rows } = await context.pool.query(
      "SELECT key FROM sync.reference WHERE target_id = $1 AND kind = 'person' LIMIT 1",
      [targetId],
    );
    liesOf = rows[0].key;
    for (let time = 0; time < 2; time += 1)
      assert.deepEqual(await run(), { ...honest, isConverged: false, differing: 1 });
    liesOf = undefined;
    assert.deepEqual(await run(), honest);
  } finally {
    liar.close();
    liar.closeAllConnections();
  }
});
