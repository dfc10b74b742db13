import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { migrations } from '@edutrust/directory-sync/service';
import { addTarget, runTarget } from '@edutrust/directory-sync/targets';
import type { Lived, Order } from '@edutrust/directory-sync/testing/mortal';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { makeCrowd } from '@edutrust/registry/testing/crowd';
import { testContext } from '@edutrust/testing/context';
import { contentOf, type Slapd, startSlapd } from '@edutrust/testing/slapd';

const actor = { kind: 'system', name: 'test' } as const;
const worker = new URL('../../directory-sync/testing/mortal.ts', import.meta.url).pathname;

/** Who left or is back takes a few steps more or fewer. */
const spare = 8;

// Nobody asks when it dies: at a counted statement or request, of itself, half of the times with that on its way.
test('D6: kill -9 of the process at 52 points of plan, apply, proof and delivery: the next one ends in step, nothing is done twice', async () => {
  await using context = await testContext({ migrations: [registryMigrations, migrations] });
  await using killed = await startSlapd();
  await using whole = await startSlapd();
  const { rootId } = await makeCrowd(context.db, 40);
  const targetAt = ({ url, baseDn, bindDn, bindPassword: secret, pid }: Slapd) => {
    const settings = { url, baseDn, bindDn };
    const input = { name: `t${pid}`, kind: 'ldap', settings, secret, organisationId: rootId };
    return context.db.transaction().execute((tx) => addTarget(context, tx, input, actor));
  };
  const targetId = await targetAt(killed);
  const witnessId = await targetAt(whole);
  const { rows } = await context.pool.query<{ id: string }>('SELECT id FROM registry.person ORDER BY id LIMIT 6');
  const personIds = rows.map(({ id }) => id);
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'edutrust-mortal-cache') }; // 53 of them
  const born = () => fork(worker, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let ready: ChildProcess = born();
  /** What a process does, until it dies; its steps when it does not. The next one is born meanwhile. */
  const obey = async (order: Pick<Order, 'way' | 'diesAt' | 'when'>): Promise<number | 'killed'> => {
    const child = ready;
    ready = born();
    const ended = once(child, 'exit');
    let lived: Lived | undefined;
    child.once('message', (message) => {
      lived = message as Lived;
    });
    child.send({ ...order, databaseUrl: context.databaseUrl, targetId, personIds } satisfies Order);
    const [, signal] = await ended;
    await context.pool.query('UPDATE sync.target SET held_until = now() WHERE id = $1', [targetId]); // its time is over
    if (signal === 'SIGKILL') return 'killed';
    assert.ok(lived, 'it ended by itself without a word');
    return lived.steps;
  };
  let round = 0;
  const change = async () => {
    round += 1;
    await context.pool.query(
      `UPDATE registry.person SET full_name = 'Trần Văn Đổi ' || $2::int, status = CASE WHEN id = $3 AND $2::int % 2 = 1 THEN 'left' ELSE 'active' END
       WHERE id = ANY($1)`,
      [personIds, round, personIds[0]],
    );
  };
  try {
    await runTarget(context, targetId, { mode: 'apply', actor });
    for (const [way, points] of [
      ['run', 36],
      ['delivery', 16],
    ] as const) {
      await change();
      const lived = await obey({ way, diesAt: 0, when: 'before' });
      const steps = lived === 'killed' ? 0 : lived;
      assert.ok(steps >= points / 2, `${way}: ${steps} steps`);
      for (let point = 0; point < points; point += 1) {
        if (point % 2 === 0) await change();
        const diesAt: number = 1 + Math.floor(((point >> 1) * (steps - spare) * 2) / points);
        const when = point % 2 === 0 ? 'before' : 'after';
        assert.equal(await obey({ way, diesAt, when }), 'killed', `${way} dies ${when} ${diesAt} of ${steps}`);
        if (point % 2 === 0) continue; // twice in a row: the next one inherits from two dead ones
        const { state, proof } = await runTarget(context, targetId, { mode: 'apply', actor });
        assert.deepEqual([state, proof?.differing, proof?.should], ['done', 0, proof?.held], `${way} ${diesAt}`);
      }
    }
    for (const way of ['run', 'delivery'] as const)
      assert.notEqual(await obey({ way, diesAt: 0, when: 'before' }), 'killed');
  } finally {
    ready.kill();
  }
  await runTarget(context, witnessId, { mode: 'apply', actor });
  const here = (lines: string[]) => lines.filter((line) => !line.includes('disabled'));
  assert.deepEqual(here(await contentOf(killed)), here(await contentOf(whole)), 'as a directory that nobody died over');
  const { rows: odd } = await context.pool.query(
    `SELECT 'run' AS what, r.id::text FROM sync.run AS r WHERE r.target_id = $1 AND r.state = 'running'
     UNION ALL SELECT 'event', o.data ->> 'runId' FROM platform.outbox AS o WHERE o.type = 'sync.run-finished' GROUP BY 2 HAVING count(*) > 1
     UNION ALL SELECT 'flight', f.id::text FROM sync.flight AS f
     UNION ALL SELECT 'unsaid', p.id::text FROM registry.person AS p WHERE p.status = 'active'
       AND NOT EXISTS (SELECT FROM sync.release AS s WHERE s.person_id = p.id AND s.recipient_id = 'target:' || $1)`,
    [targetId],
  );
  assert.deepEqual(odd, [], 'no run is left, none is told twice, and of nobody it is unsaid that they were sent');
});
