import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, mock, test } from 'node:test';
import type { Database } from '@edutrust/platform/database';
import { type DemoCity, seedDemo } from '@edutrust/registry/demo';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { type Slapd, startSlapd } from '@edutrust/testing/slapd';
import { Client } from 'ldapts';
import { migrations } from '../service.ts';
import { addTarget, findTarget, openTarget } from '../targets/store.ts';
import { runTarget } from './converge.ts';
import { isConverged } from './digest.ts';
import { findDrift } from './drift.ts';
import { bringPending, noteChanges, noteDrift } from './live.ts';

const actor = { kind: 'system', name: 'test' } as const;
let context: TestContext;
let city: DemoCity;
let slapd: Slapd;

before(async () => {
  context = await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed });
  slapd = await startSlapd();
  city = await seedDemo(context);
});
after(async () => {
  await slapd?.stop();
  await context?.[Symbol.asyncDispose]();
});

const bind = () => ['-x', '-H', slapd.url, '-D', slapd.bindDn, '-w', slapd.bindPassword];
/** What somebody else does there. */
const tamper = (ldif: string) =>
  execFileSync('ldapmodify', bind(), { input: ldif, stdio: ['pipe', 'ignore', 'inherit'] });

/** A target below a branch of its own. */
async function targetOf(name: string, organisationId: string): Promise<{ id: string; baseDn: string }> {
  const baseDn = `ou=${name},${slapd.baseDn}`;
  tamper(`dn: ${baseDn}\nchangetype: add\nobjectClass: organizationalUnit\n`);
  const settings = { url: slapd.url, baseDn, bindDn: slapd.bindDn };
  const input = { name, kind: 'ldap', settings, secret: slapd.bindPassword, organisationId };
  return { id: await context.db.transaction().execute((tx) => addTarget(context, tx, input, actor)), baseDn };
}

const apply = (targetId: string, on = context) => runTarget(on, targetId, { mode: 'apply', actor });

/** Looks for drift and counts whom it asks the target for, beside what it says of itself. */
async function lookForDrift(targetId: string) {
  const target = await findTarget(context.db, targetId);
  await using connection = await openTarget(context, target);
  const lookUp = mock.method(connection, 'lookUp');
  const inventory = mock.method(connection, 'inventory');
  const drift = await findDrift(context, connection, target);
  assert.equal(inventory.mock.callCount(), 0, 'nobody reads everything');
  return { drift, read: lookUp.mock.calls.flatMap(({ arguments: [keys] }) => keys).length };
}

test('a run proves by reading again that the target holds what it should; drift of one among 3,000 is found by reading one bucket', async () => {
  await context.pool.query(
    `WITH made AS (
       INSERT INTO registry.person (id, education_id, full_name)
       SELECT gen_random_uuid(), (1000000000 + number::bigint * 2999999)::text, 'Nguyễn Thị Số ' || number FROM generate_series(1, 3000) AS number
       RETURNING id)
     INSERT INTO registry.affiliation (id, person_id, organisation_id, role, valid_from)
     SELECT gen_random_uuid(), id, $1, 'staff', '2026-01-01' FROM made`,
    [city.schools[0]?.id],
  );
  const { id: targetId, baseDn } = await targetOf('so', city.departmentId);
  const { proof } = await apply(targetId);
  const { rows } = await context.pool.query<{ people: number }>(
    `SELECT count(DISTINCT person_id) AS people FROM registry.affiliation AS f JOIN registry.person AS p ON p.id = f.person_id
     WHERE f.valid_until IS NULL AND p.status = 'active'`,
  );
  assert.ok(proof && isConverged(proof), JSON.stringify(proof));
  assert.deepEqual([proof.people, proof.differing], [rows[0]?.people, 0]);
  assert.deepEqual(await lookForDrift(targetId).then(({ drift, read }) => [drift?.touched, read]), [0, 0]);

  const [one] = (
    await context.pool.query<{ id: string; key: string; neighbours: number }>(
      `SELECT id, education_id AS key, (SELECT count(*) FROM registry.person AS n WHERE left(n.education_id, 3) = left(p.education_id, 3)) AS neighbours
       FROM registry.person AS p WHERE full_name = 'Nguyễn Thị Số 1234'`,
    )
  ).rows;
  assert.ok(one);
  tamper(`dn: uid=${one.key},ou=people,${baseDn}\nchangetype: modify\nreplace: givenName\ngivenName: Khac\n`);
  const found = await lookForDrift(targetId);
  assert.deepEqual(found.drift?.personIds, [one.id]);
  assert.equal(found.drift?.touched, 1);
  assert.equal(found.read, one.neighbours);
  assert.ok(found.read < 20, `${found.read} read`);

  const mended = await apply(targetId);
  assert.deepEqual([mended.totals.changed, mended.proof && isConverged(mended.proof)], [1, true]);
  assert.equal(mended.proof?.should, proof.should, 'the same people, the same digest');
  tamper(
    `dn: cn=role-staff,ou=groups,${baseDn}\nchangetype: modify\ndelete: member\nmember: uid=${one.key},ou=people,${baseDn}\n`,
  );
  assert.deepEqual(
    (await lookForDrift(targetId)).drift?.personIds,
    [one.id],
    'who was taken out of a group is found, too',
  );
  tamper(`dn: uid=${one.key},ou=people,${baseDn}\nchangetype: delete\n`);
  assert.deepEqual((await lookForDrift(targetId)).drift?.personIds, [one.id]);

  await noteDrift(context, targetId); // what happens every hour
  await bringPending(context, targetId);
  assert.deepEqual((await lookForDrift(targetId)).drift?.personIds, [], 'and is brought again');
});

test('who waits for a second person makes the target differ, and the proof names the school', async () => {
  const school = city.schools[1]?.id ?? '';
  const { id: targetId } = await targetOf('cho', school);
  await apply(targetId);
  const { rows } = await context.pool.query<{ id: string }>(
    `UPDATE registry.person SET status = 'left' WHERE id IN (
       SELECT person_id FROM registry.affiliation WHERE organisation_id = $1 AND role = 'learner' LIMIT 60) RETURNING id`,
    [school],
  );
  const { state, proof } = await apply(targetId);
  assert.equal(state, 'held');
  assert.ok(proof && !isConverged(proof));
  assert.equal(proof.differing, rows.length);
  await context.pool.query(`UPDATE registry.person SET status = 'active' WHERE id = ANY($1)`, [
    rows.map(({ id }) => id),
  ]);
});

/** A process that dies at a step: from then on it reaches neither the database nor the directory. */
function mortal(diesAt: number): { context: TestContext; steps(): number; restore(): void } {
  let steps = 0;
  const step = () => {
    steps += 1;
    if (steps >= diesAt) throw new Error('killed');
  };
  const db: Database = context.db.withPlugin({
    transformQuery: ({ node }) => {
      if (steps >= diesAt) throw new Error('killed');
      return node;
    },
    transformResult: async ({ result }) => {
      step();
      return result;
    },
  });
  const { modify } = Client.prototype;
  const mocked = mock.method(
    Client.prototype,
    'modify',
    async function (this: Client, ...given: Parameters<typeof modify>) {
      step();
      await modify.apply(this, given);
    },
  );
  return { context: { ...context, db }, steps: () => steps, restore: () => mocked.mock.restore() };
}

test('D6: killed at fifty points of plan, apply, proof and delivery, the next process brings the target in step by both digests', async () => {
  const { rows: smallest } = await context.pool.query<{ id: string }>(
    `SELECT organisation_id AS id FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
     WHERE o.kind = 'school' AND f.valid_until IS NULL GROUP BY 1 ORDER BY count(*) LIMIT 1`,
  );
  const school = smallest[0]?.id ?? '';
  const { id: targetId } = await targetOf('chet', school);
  await apply(targetId);
  const { rows } = await context.pool.query<{ id: string }>(
    'SELECT person_id AS id FROM registry.affiliation WHERE organisation_id = $1 AND valid_until IS NULL LIMIT 8',
    [school],
  );
  const some = rows.map(({ id }) => id);
  const ways = {
    run: (on: TestContext) => apply(targetId, on),
    delivery: async (on: TestContext) => {
      await noteChanges(on, some);
      await bringPending(on, targetId);
    },
  };
  let round = 0;
  const change = () => {
    round += 1;
    return context.pool.query(`UPDATE registry.person SET full_name = 'Trần Văn Đổi ' || $2 WHERE id = ANY($1)`, [
      some,
      round,
    ]);
  };
  const attempt = async (way: keyof typeof ways, diesAt: number) => {
    await change();
    const life = mortal(diesAt);
    const isKilled = await ways[way](life.context).then(
      () => false,
      () => true,
    );
    life.restore();
    await context.pool.query('UPDATE sync.target SET held_until = now() WHERE id = $1', [targetId]); // its time is over
    return { isKilled, steps: life.steps() };
  };
  for (const [way, points] of [
    ['run', 35],
    ['delivery', 15],
  ] as const) {
    const { steps } = await attempt(way, Number.POSITIVE_INFINITY);
    assert.ok(steps >= points, `${way}: ${steps} steps`);
    for (let point = 0; point < points; point += 1) {
      const diesAt = 1 + Math.floor((point * steps) / points);
      assert.ok((await attempt(way, diesAt)).isKilled, `${way} dies at ${diesAt}`);
      await bringPending(context, targetId); // as the next process: ends what was left, brings who waits
      const { proof, state } = await apply(targetId);
      assert.ok(state === 'done' && proof && isConverged(proof), `${way} ${diesAt}: ${JSON.stringify(proof)}`);
    }
  }
  const last = await apply(targetId);
  assert.deepEqual([last.totals.changed, last.totals.memberships], [0, 0]);
});
