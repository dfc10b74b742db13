import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { eventually } from '@edutrust/testing/eventually';
import type { Heartbeat } from './heartbeat.ts';
import { giveBackAllJobs, startWorker } from './jobs.ts';

const program = fileURLToPath(new URL('../../testing/worker.ts', import.meta.url));
/** Beats often, and nobody who lives is silent for so long, however busy the machine is: silence is made, not waited for. */
const heartbeat = { everyMs: 200, deadAfterMs: 10 * 60_000, goneAfterMs: 10 * 60_000 };

/** A job that a process of its own is at. */
async function workElsewhere(context: TestContext) {
  await context.db
    .transaction()
    .execute((transaction) => context.jobs.enqueue(transaction, 'test.work', {}, { queue: 'one after another' }));
  const child = spawn(process.execPath, [program, context.databaseUrl], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function workHere(context: TestContext, pulse: Heartbeat = heartbeat) {
  let done = 0;
  const worker = await startWorker({
    pool: context.pool,
    concurrency: 1,
    log: context.log,
    heartbeat: pulse,
    handlers: {
      'test.work': async () => {
        done += 1;
      },
    },
  });
  return { worker, done: () => done };
}

/** Both have said that they live and looked for the dead, several times over. */
async function lookedForTheDead(context: TestContext, childId: string | undefined): Promise<void> {
  const beats = new Map<string, Set<number>>();
  await eventually(async () => {
    const { rows } = await context.pool.query<{ id: string; at: Date }>(
      'SELECT id, seen_at AS at FROM platform.worker',
    );
    for (const { id, at } of rows) beats.set(id, (beats.get(id) ?? new Set()).add(at.getTime()));
    assert.ok(childId && beats.has(childId) && beats.size === 2);
    for (const seen of beats.values()) assert.ok(seen.size > 3);
  });
}

test('J2: the job of a killed process runs again, and that of a living one is left to it', async () => {
  await using context = await testContext({ migrations: [] });
  const child = await workElsewhere(context);
  const { worker, done } = await workHere(context);
  try {
    const { rows: locks } = await context.pool.query<{ id: string }>(
      `UPDATE graphile_worker._private_jobs SET locked_at = now() - interval '3 hours' RETURNING locked_by AS id`,
    );
    await context.pool.query(
      `UPDATE graphile_worker._private_job_queues SET locked_at = now() - interval '3 hours' WHERE locked_by IS NOT NULL`,
    );
    await lookedForTheDead(context, locks[0]?.id);
    const { rows: still } = await context.pool.query('SELECT locked_by AS id FROM graphile_worker._private_jobs');
    assert.deepEqual(still, locks, 'it lives, however long its job takes');
    assert.equal(done(), 0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await eventually(async () => {
      await context.pool.query(`UPDATE platform.worker SET seen_at = now() - interval '11 minutes' WHERE id = $1`, [
        locks[0]?.id,
      ]);
      assert.equal(done(), 1);
    });
    const { rows } = await context.pool.query('SELECT FROM graphile_worker._private_jobs');
    assert.equal(rows.length, 0);
  } finally {
    child.kill('SIGKILL');
    await worker.stop();
  }
});

test('J2: who is killed is known by the connection that went with the process, who is only stopped keeps the job', async () => {
  await using context = await testContext({ migrations: [] });
  const child = await workElsewhere(context);
  const lives = () =>
    context.pool.query(`SELECT FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
      WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()`);
  try {
    await eventually(async () => assert.equal((await lives()).rowCount, 1));
    child.kill('SIGSTOP'); // it says nothing from here on
    const { worker, done } = await workHere(context, { ...heartbeat, goneAfterMs: 0 });
    try {
      const beats = new Set<number>();
      await eventually(async () => {
        const { rows } = await context.pool.query<{ at: Date }>(
          'SELECT max(seen_at) AS at FROM platform.worker HAVING count(*) = 2',
        );
        for (const { at } of rows) beats.add(at.getTime());
        assert.ok(beats.size > 3);
      });
      assert.equal(done(), 0, 'its process is there');
      child.kill('SIGKILL');
      await eventually(async () => assert.equal(done(), 1));
    } finally {
      await worker.stop();
    }
  } finally {
    child.kill('SIGKILL');
  }
});

test('J2: who starts alone on a database has the jobs of the process that died before at once', async () => {
  await using context = await testContext({ migrations: [] });
  const child = await workElsewhere(context);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await giveBackAllJobs(context.pool, context.log);
  const { rows } = await context.pool.query('SELECT locked_by FROM graphile_worker._private_jobs');
  assert.deepEqual(rows, [{ locked_by: null }]);
  const { worker, done } = await workHere(context);
  await eventually(async () => assert.equal(done(), 1));
  await worker.stop();
  const workers = await context.pool.query('SELECT FROM platform.worker');
  assert.equal(workers.rows.length, 0, 'who stops in order is forgotten');
});

test('J1: a handler that throws keeps its job', async () => {
  await using context = await testContext({ migrations: [] });
  await context.db.transaction().execute((transaction) => context.jobs.enqueue(transaction, 'test.work', {}));
  let tries = 0;
  const worker = await startWorker({
    pool: context.pool,
    concurrency: 1,
    log: context.log,
    heartbeat,
    handlers: {
      'test.work': async () => {
        tries += 1;
        if (tries === 1) throw new Error('not yet');
      },
    },
  });
  await eventually(async () => assert.equal(tries, 1));
  const { rows } = await context.pool.query('SELECT attempts, last_error FROM graphile_worker._private_jobs');
  assert.equal(rows[0]?.attempts, 1);
  await context.pool.query('UPDATE graphile_worker._private_jobs SET run_at = now()');
  await eventually(async () => assert.equal(tries, 2));
  await worker.stop();
});

test('a job whose time comes is begun by the heartbeat, and one of another program stays', async () => {
  await using context = await testContext({ migrations: [] });
  const { worker, done } = await workHere(context);
  try {
    const runAt = new Date(Date.UTC(2100, 0));
    await context.db.transaction().execute(async (transaction) => {
      await context.jobs.enqueue(transaction, 'test.work', {}, { runAt });
      await context.jobs.enqueue(transaction, 'test.elsewhere', {}, { runAt });
    });
    // Nothing announces it: the time alone has come.
    await context.pool.query('UPDATE graphile_worker._private_jobs SET run_at = now()');
    await eventually(async () => assert.equal(done(), 1));
    const { rows } = await context.pool.query('SELECT task_identifier AS task, attempts FROM graphile_worker.jobs');
    assert.deepEqual(rows, [{ task: 'test.elsewhere', attempts: 0 }]);
  } finally {
    await worker.stop();
  }
});
