import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPool, kyselyOn } from '@edutrust/platform/database';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import { demoSeed } from '../../testing/demo.ts';
import { seedDemo } from '../demo/demo.ts';
import { migrations } from '../migrations.ts';
import { acceptImport, applyImport, finishPlan } from './apply.ts';
import { planChanges } from './plan.ts';
import { learners } from './populations.ts';

const actor = { kind: 'system', name: 'cli' } as const;
const people = 30;
const atOnce = 7;
const points = 50;

/** The context over connections that are cut as the statement of that number goes out, and over none afterwards. */
function dying(context: TestContext, at: number) {
  const pool = createPool(context.databaseUrl, 2);
  const seen = { statements: 0 };
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    const query = client.query.bind(client) as (...values: unknown[]) => unknown;
    const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection;
    client.query = ((...values: unknown[]) => {
      seen.statements += 1;
      if (seen.statements >= at) stream.destroy();
      return query(...values);
    }) as never;
  });
  const { config, store, jobs, ledger, mailer, secrets, clock, log } = context;
  return {
    seen,
    context: { config, store, jobs, ledger, mailer, secrets, clock, log, db: kyselyOn(pool) },
    [Symbol.asyncDispose]: () => pool.end().catch(() => undefined),
  };
}

/** The same children again and again, each time with other codes and another class. */
function source(organisationId: string, version: number) {
  return {
    name: `v${version}`,
    rows: (async function* () {
      for (let nth = 0; nth < people; nth += 1)
        yield {
          row: {
            row: nth + 1,
            organisationId,
            classCode: `5${version % 2 ? 'Q' : 'R'}`,
            grade: 5,
            fullName: `Người Thứ ${'abcdefghij'[nth % 10]}${'klm'[Math.floor(nth / 10)]}`,
            birthDate: '2015-09-05',
            moetId: null,
            personalNumber: null,
            localCode: `V${version}N${nth}`,
          },
        };
    })(),
    facts: () => ({ sha256: '', columns: [] }),
    columnName: (field: string) => field,
  };
}

/** What is so, beside which version it is. */
async function stateOf({ db }: TestContext, version: number) {
  const { rows } = await sql<{ people: number; codes: number; classes: number; open: number }>`
    SELECT (SELECT count(*) FROM registry.person WHERE full_name LIKE 'Người Thứ %') AS people,
      (SELECT count(*) FROM registry.local_code WHERE code LIKE ${`V${version}N%`}) AS codes,
      (SELECT count(*) FROM registry.enrolment AS e JOIN registry.class AS k ON k.id = e.class_id JOIN registry.person AS p ON p.id = e.person_id
        WHERE e.valid_until IS NULL AND k.code = ${`5${version % 2 ? 'Q' : 'R'}`} AND p.full_name LIKE 'Người Thứ %') AS classes,
      (SELECT count(*) FROM registry.roster_plan WHERE status = 'applying') AS open`.execute(db);
  return rows[0];
}

test('D6: cut off at fifty points of plan and apply, a roster goes on to the same state: nobody twice, nobody left out, one event each', async () => {
  await using context = await testContext({ migrations: [migrations], seed: demoSeed });
  const schoolId = (await seedDemo(context)).schools[0]?.id ?? '';
  const whole = async (on: Parameters<typeof planChanges>[0], version: number) => {
    const id = await planChanges(on, { population: learners, source: source(schoolId, version), actor });
    await applyImport(on, id, actor, { atOnce, isApproved: true }); // fifty times to and fro in a day is held
  };
  await whole(context, 0);
  let total = 0;
  {
    await using counted = dying(context, Number.POSITIVE_INFINITY);
    await whole(counted.context, 1);
    total = counted.seen.statements;
  }
  assert.ok(total > points, `${total} statements`);
  let cut = 0;
  for (let nth = 0; nth < points; nth += 1) {
    const version = nth + 2;
    const at = 1 + Math.floor((nth * (total - 1)) / (points - 1));
    {
      await using dead = dying(context, at);
      await whole(dead.context, version).catch(() => {
        cut += 1;
      });
    }
    const { rows } = await sql<{ id: string; status: string }>`
      SELECT id, status FROM registry.roster_plan WHERE file_name = ${`v${version}`}`.execute(context.db);
    const [plan] = rows;
    // What a person would do: again when there is no plan, accept one that is there; a job goes on with one that was accepted.
    if (!plan) await whole(context, version);
    else if (plan.status === 'planned' || plan.status === 'held') {
      await acceptImport(context, plan.id, actor, { atOnce, isApproved: true });
      await finishPlan(context, plan.id, { atOnce });
    } else if (plan.status === 'applying') await finishPlan(context, plan.id, { atOnce });
    assert.deepEqual(
      await stateOf(context, version),
      { people, codes: people, classes: people, open: 0 },
      `statement ${at}`,
    );
    const { rows: events } = await sql<{ events: number; twice: number }>`
      SELECT count(*) AS events, count(*) - count(DISTINCT subject_id) AS twice FROM platform.outbox
      WHERE type = 'person.changed' AND data->>'planId' = (SELECT id::text FROM registry.roster_plan WHERE file_name = ${`v${version}`} AND status = 'applied')`.execute(
      context.db,
    );
    assert.deepEqual(events, [{ events: people, twice: 0 }], `statement ${at}`);
  }
  assert.ok(cut >= points - 2, `${cut} were cut off`);
});
