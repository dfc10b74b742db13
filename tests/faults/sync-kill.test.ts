import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { addTarget, runTarget } from '@edutrust/directory-sync/targets';
import { allMigrations } from '@edutrust/edutrust/app';
import { seedDemo } from '@edutrust/registry/demo';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { command } from '@edutrust/testing/command';
import { testContext } from '@edutrust/testing/context';
import { contentOf, type Slapd, startSlapd } from '@edutrust/testing/slapd';

const actor = { kind: 'system', name: 'test' } as const;
const rounds = 8;

// The kill falls where rows are being done: after the plan is written down, a growing number of rows into it.
test('D6: killed at row after row, a run is gone on with by the next process and ends as one that nobody killed', async () => {
  await using context = await testContext({ migrations: allMigrations, seed: demoSeed });
  await using killed = await startSlapd();
  await using whole = await startSlapd();
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-kill-'));
  try {
    await writeFile(join(directory, 'secret.key'), `${'5a'.repeat(32)}\n`);
    const environment = {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: context.databaseUrl,
      EDUTRUST_DATA: join(directory, 'var'),
      EDUTRUST_SECRET_FILE: join(directory, 'secret.key'),
    };
    const city = await seedDemo(context);
    const add = (name: string, { url, baseDn, bindDn, bindPassword }: Slapd) =>
      context.db.transaction().execute((tx) =>
        addTarget(
          context,
          tx,
          {
            name,
            kind: 'ldap',
            settings: { url, baseDn, bindDn },
            secret: bindPassword,
            organisationId: city.departmentId,
          },
          actor,
        ),
      );
    const killedId = await add('killed', killed);
    const wholeId = await add('whole', whole);
    const one = async <Row>(text: string): Promise<Row> => (await context.pool.query(text, [killedId])).rows[0];
    const total = (await runTarget(context, wholeId, { mode: 'apply', actor })).totals.added;
    let kills = 0;
    for (let round = 0; round < rounds; round += 1) {
      const child = spawn(process.execPath, [command, '--json', 'sync', 'run', 'killed', '--apply'], {
        env: environment,
        stdio: 'ignore',
      });
      const ended = once(child, 'exit');
      const enough = (total / rounds) * round;
      while (child.exitCode === null) {
        const { done } = await one<{ done: number }>(
          `SELECT coalesce(sum(upper(part) - lower(part)), 0)::int AS done FROM sync.run AS r, unnest(r.done) AS part
           WHERE r.target_id = $1 AND r.planned_at IS NOT NULL`,
        );
        if (done > enough) {
          kills += child.kill('SIGKILL') ? 1 : 0;
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await ended;
      await context.pool.query('UPDATE sync.target SET held_until = now() WHERE id = $1', [killedId]); // its time is over
    }
    assert.ok(kills > 0, 'no kill hit a run before its end'); // how many do is the machine's business
    const last = await runTarget(context, killedId, { mode: 'apply', actor });
    assert.deepEqual([last.state, last.totals.added, last.totals.changed], ['done', 0, 0]);
    const { runs } = await one<{ runs: { state: string; added: number }[] }>(
      `SELECT jsonb_agg(jsonb_build_object('state', state, 'added', totals -> 'added') ORDER BY id) AS runs
       FROM sync.run WHERE target_id = $1`,
    );
    assert.deepEqual(
      runs.filter(({ added }) => added > 0),
      [{ state: 'done', added: total }],
      'one plan, carried to its end by those who came after',
    );
    assert.deepEqual(await contentOf(killed), await contentOf(whole));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
