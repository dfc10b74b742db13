import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addRoutes } from '@edutrust/platform/route';
import { accessBook } from '@edutrust/registry/accesses';
import { type DemoCity, seedDemo } from '@edutrust/registry/demo';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { bareServer } from '@edutrust/testing/served';
import { startSlapd } from '@edutrust/testing/slapd';
import { listReleases } from '../releases/releases.ts';
import { migrations } from '../service.ts';
import { findingRoutes } from '../targets/findings.ts';
import { lagSince, sampleLag } from '../targets/lag.ts';
import { personRoutes } from '../targets/person.ts';
import { addTarget, changeTarget, findTarget } from '../targets/store.ts';
import { runTarget } from './converge.ts';
import { explainPerson } from './explain.ts';
import { bringOne, noteChanges } from './live.ts';

const actor = { kind: 'system', name: 'test' } as const;

async function openCity(stack: AsyncDisposableStack): Promise<{ context: TestContext; city: DemoCity }> {
  const context = stack.use(await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed }));
  return { context, city: await seedDemo(context) };
}

/** A target for an organisation's people, where nothing listens unless a server is given. */
const targetFor = (context: TestContext, organisationId: string, name: string, server: Partial<Server> = {}) =>
  context.db.transaction().execute((tx) =>
    addTarget(
      context,
      tx,
      {
        name,
        kind: 'ldap',
        settings: {
          url: server.url ?? 'ldap://localhost:1',
          baseDn: server.baseDn ?? 'dc=x',
          bindDn: server.bindDn ?? 'cn=x',
        },
        secret: server.bindPassword ?? 'secret',
        organisationId,
      },
      actor,
    ),
  );
type Server = Pick<Awaited<ReturnType<typeof startSlapd>>, 'url' | 'baseDn' | 'bindDn' | 'bindPassword'>;

test('why a person is not at a target yet: step by step, with nothing written; brought alone, they are there', async () => {
  await using stack = new AsyncDisposableStack();
  const { context, city } = await openCity(stack);
  const slapd = stack.use(await startSlapd());
  const id = await targetFor(context, city.departmentId, 'so', slapd);
  const { pupil } = city.people;

  const before = await explainPerson(context, id, pupil);
  assert.deepEqual([before.scope, before.isThere, before.failure], ['in', false, null]);
  assert.deepEqual(before.changes[0]?.action, 'add');
  assert.equal((await explainPerson(context, id, pupil)).isThere, false, 'to ask is not to write');
  const reasons = Object.fromEntries(before.fields.map(({ field, reason }) => [field, reason]));
  assert.deepEqual(
    [reasons.name, reasons.birthDate, reasons.titles],
    ['allowed', 'not-in-contract', 'not-in-contract'],
  );
  assert.deepEqual(before.fields.find(({ field }) => field === 'birthDate')?.values, [], 'and no value with it');

  await noteChanges(context, [pupil]);
  assert.ok((await explainPerson(context, id, pupil)).pendingSince);
  assert.deepEqual(await bringOne(context, id, pupil), { state: 'done' });
  const after = await explainPerson(context, id, pupil);
  assert.deepEqual([after.isThere, after.changes, after.pendingSince], [true, [], null]);

  assert.deepEqual(
    (await listReleases(context.db, pupil)).map(({ recipient }) => recipient),
    ['so'],
    'and it is on record',
  );

  await slapd.stop();
  const alone = await explainPerson(context, id, pupil);
  assert.ok(alone.failure);
  assert.deepEqual([alone.isThere, alone.fields.length], [null, before.fields.length]);
});

test('T4: a school’s target says nothing of a pupil of elsewhere, and brings nobody from there', async () => {
  await using stack = new AsyncDisposableStack();
  const { context, city } = await openCity(stack);
  const { rows } = await context.pool.query<{ id: string }>(
    `SELECT id FROM registry.organisation WHERE kind = 'school' AND id NOT IN
       (SELECT organisation_id FROM registry.affiliation WHERE person_id = $1) LIMIT 1`,
    [city.people.pupil],
  );
  const slapd = stack.use(await startSlapd());
  const id = await targetFor(context, rows[0]?.id ?? '', 'another school', slapd);
  const { scope, fields, changes, connectMs } = await explainPerson(context, id, city.people.pupil);
  assert.deepEqual([scope, fields, changes, connectMs], ['elsewhere', [], [], null]);
  await bringOne(context, id, city.people.pupil);
  const { rows: releases } = await context.pool.query('SELECT FROM sync.release');
  assert.equal(releases.length, 0);
});

test('N7: who has one person brought to a target, or asks why they are not there, leaves an entry about them', async () => {
  await using stack = new AsyncDisposableStack();
  const { context, city } = await openCity(stack);
  const slapd = stack.use(await startSlapd());
  const id = await targetFor(context, city.departmentId, 'so', slapd);
  const { administrator, pupil } = city.people;
  const person = { kind: 'person', personId: administrator, sessionId: '', roles: [], acr: 'passkey' } as const;
  const app = await bareServer(context, {
    gate: {
      authenticate: async () => ({ ...person, authenticatedAt: context.clock.now() }),
      can: async () => true,
      disclosures: accessBook(context),
    },
  });
  stack.defer(() => app.close());
  addRoutes(app, [...personRoutes(context), ...findingRoutes(context)]);
  for (const method of ['GET', 'POST'] as const) {
    await context.pool.query('TRUNCATE registry.access');
    const headers = { 'sec-fetch-site': 'same-origin' };
    const answer = await app.inject({ method, url: `/api/v1/sync/targets/${id}/people/${pupil}`, headers });
    assert.equal(answer.statusCode, 200, answer.body);
    const { rows } = await context.pool.query('SELECT operation, reader_id, people FROM registry.access');
    assert.deepEqual(rows, [{ operation: 'sync.open', reader_id: administrator, people: [pupil] }], method);
  }
  // How the target itself is tells of nobody: each step with what to do, also where nothing answers.
  await context.pool.query('TRUNCATE registry.access');
  const look = async () =>
    (await app.inject({ url: `/api/v1/sync/targets/${id}/findings`, headers: { 'accept-language': 'vi' } })).json()
      .items as { step: string; state: string; sentence: string; next: string | null }[];
  const well = await look();
  assert.deepEqual([well[0]?.step, well[0]?.state, well.at(-1)?.step], ['connection', 'good', 'digest']);
  await slapd.stop();
  const ill = await look();
  assert.deepEqual([ill[0]?.step, ill[0]?.state], ['connection', 'bad']);
  assert.match(ill[0]?.sentence ?? '', /không trả lời/);
  for (const { state, next } of [...well, ...ill]) assert.equal(next !== null, state !== 'good');
  assert.equal((await context.pool.query('SELECT FROM registry.access')).rows.length, 0);
});

test('how far each target is behind is looked at and kept; one that is paused is left alone', async () => {
  await using stack = new AsyncDisposableStack();
  const { context, city } = await openCity(stack);
  const [late, paused] = [
    await targetFor(context, city.departmentId, 'late'),
    await targetFor(context, city.departmentId, 'paused'),
  ];
  await context.pool.query(
    'INSERT INTO sync.pending (target_id, person_id, added_at) SELECT t, $2, $3 FROM unnest($1::uuid[]) AS t',
    [[late, paused], city.people.pupil, new Date(context.clock.now().getTime() - 1_800_000)],
  );
  await context.db.transaction().execute((tx) => changeTarget(context, tx, paused, { isPaused: true }, actor));
  await sampleLag(context);
  const points = await lagSince(context.db, late, new Date(0));
  assert.deepEqual(
    points.map(({ seconds, pending }) => [seconds, pending]),
    [[1_800, 1]],
  );
  assert.deepEqual(await lagSince(context.db, paused, new Date(0)), []);
});

test('a kept password never goes to another address; a run does not wake a target that somebody paused', async () => {
  await using stack = new AsyncDisposableStack();
  const { context, city } = await openCity(stack);
  const id = await targetFor(context, city.departmentId, 'so');
  const change = (body: Parameters<typeof changeTarget>[3]) =>
    context.db.transaction().execute((tx) => changeTarget(context, tx, id, body, actor));
  const settings = { url: 'ldap://localhost:2', baseDn: 'dc=x', bindDn: 'cn=x' };
  await assert.rejects(change({ settings }), { code: 'sync/secret-missing' });
  await assert.rejects(change({ settings: { ...settings, url: 'ldap://evil.example' }, secret: 'x' }), {
    code: 'sync/bad-address',
  });
  await targetFor(context, city.departmentId, 'other');
  await assert.rejects(change({ name: 'other' }), { code: 'sync/name-taken' });
  await change({ settings, secret: 'x' });
  assert.deepEqual((await findTarget(context.db, id)).settings, settings);

  await change({ isPaused: true });
  await runTarget(context, id, { mode: 'apply', actor });
  assert.equal((await findTarget(context.db, id)).state, 'paused');
  await assert.rejects(bringOne(context, id, city.people.pupil), { code: 'sync/paused' });
  await change({ isPaused: false });
  const { state, needs_full_run } = await findTarget(context.db, id);
  assert.deepEqual([state, needs_full_run], ['slow', true], 'nothing was noted meanwhile: all of it is compared');
});
