import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { startWorker } from '@edutrust/platform/jobs';
import { eventually } from '@edutrust/testing/eventually';
import { sql } from 'kysely';
import { type TestCity, type TestPhone, testCity } from '../../testing/city.ts';
import { clear, cloneRequest, mustBeSealedOnce, worker } from '../../testing/many.ts';
import { completeTask } from '../activation/complete.ts';
import { archiveTask } from '../long-term/archive.ts';

/** What the clerk confirms at once: one document, a batch, and several acts whose jobs run beside one another, as of a whole city. */
const acts = [1, 2, 1, 1];
const count = acts.reduce((sum, act) => sum + act);

/** Of a machine that others use, too. */
const patienceMs = 300_000;
/** Jobs of a process that died are given back after a second here, after a minute in an installation. */
const heartbeat = { everyMs: 250, deadAfterMs: 1_000 };

describe('J1, K5: what breaks while documents are sealed and archived by jobs, one alone, in a batch and in many, leaves each whole, and each is done once', () => {
  let world: TestCity;
  let clerk: TestPhone;
  let source: string;
  before(async () => {
    world = await testCity();
    await world.giveSeal(0);
    await world.passToPrincipal(0);
    const principal = await world.phoneOf(world.city.schools[0]?.principalId ?? '');
    [source = ''] = await principal.signAll();
    clerk = await world.phoneOf(world.city.schools[0]?.clerkId ?? '');
    await sql`CREATE SEQUENCE broken; CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF nextval('broken') > 2 THEN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END IF;
      RETURN NEW; END $$`.execute(world.context.db);
  });
  after(() => world?.[Symbol.asyncDispose]());

  /** Documents that wait for the seal, and the clerk's acts over them; their completion is left to the jobs. */
  async function confirmed(): Promise<void> {
    const { db } = world.context;
    await clear(world);
    await sql`DELETE FROM graphile_worker._private_jobs; DELETE FROM signing.archive; ALTER SEQUENCE broken RESTART;
      DELETE FROM platform.outbox WHERE type = 'signing-request.issued'`.execute(db);
    await sql`UPDATE signing.request SET state = 'replaced' WHERE state = 'issued'`.execute(db);
    await sql`UPDATE signing.session_item SET state = 'failed' WHERE state = 'signed'`.execute(db);
    await cloneRequest(world, source, { count });
    for (const act of acts) {
      const { rows } = await sql<{ id: string }>`
        SELECT r.id FROM signing.request AS r JOIN signing.step AS s ON s.request_id = r.id AND s.role = 'school-seal'
        WHERE r.state = 'signed' AND s.state = 'due' AND s.session_id IS NULL ORDER BY r.id LIMIT ${act}`.execute(db);
      const session = await clerk.open(
        rows.map(({ id }) => id),
        'seal',
      );
      await clerk.authorise(session, await clerk.confirmation(session));
    }
    await due();
  }
  /** Jobs run now, not when their pause is over. */
  const due = () =>
    sql`UPDATE graphile_worker._private_jobs SET run_at = now() WHERE locked_by IS NULL`.execute(world.context.db);
  const leaseIsOver = () =>
    sql`UPDATE signing.session SET lease_until = NULL WHERE state <> 'complete'`.execute(world.context.db);

  async function counted() {
    const { rows } = await sql<{ issued: number; archived: number; events: number; failed: number }>`
      SELECT (SELECT count(*)::int FROM signing.request WHERE state = 'issued') AS issued,
        (SELECT count(*)::int FROM signing.archive) AS archived,
        (SELECT count(*)::int FROM platform.outbox WHERE type = 'signing-request.issued') AS events,
        (SELECT count(*)::int FROM graphile_worker._private_jobs WHERE last_error IS NOT NULL) AS failed`.execute(
      world.context.db,
    );
    return rows[0] ?? assert.fail();
  }
  /** Each is issued with its event, or waits as it was. */
  async function mustBeWhole(): Promise<void> {
    const { issued, events } = await counted();
    assert.equal(events, issued);
  }

  async function withJobs(work: () => Promise<void>, pulse: typeof heartbeat = heartbeat): Promise<void> {
    const { pool, log } = world.context;
    const { tasks: { [completeTask]: complete, [archiveTask]: archive } = {} } = world.service;
    assert.ok(complete && archive);
    const handlers = { [completeTask]: complete, [archiveTask]: archive };
    const running = await startWorker({ pool, handlers, concurrency: 5, log, heartbeat: pulse });
    try {
      await work();
    } finally {
      await running.stop();
    }
  }

  const stampFails = (table: string) => ({
    breaks: () =>
      sql`CREATE TRIGGER broken BEFORE INSERT ON ${sql.table(table)} FOR EACH ROW EXECUTE FUNCTION fails()`.execute(
        world.context.db,
      ),
    mends: () => sql`DROP TRIGGER broken ON ${sql.table(table)}`.execute(world.context.db),
  });
  const faults: Readonly<Record<string, { breaks(): Promise<unknown>; mends(): Promise<unknown> }>> = {
    'the disk is full after two files': stampFails('signing.document'),
    'time stamps are away after two': stampFails('certs.time_stamp'),
    // As a key in a token looks to an installation whose token cannot be reached.
    'the token of the seal is gone': {
      breaks: () =>
        sql`CREATE TABLE kept AS SELECT * FROM certs.key WHERE purpose = 'seal';
          UPDATE certs.key SET store = 'pkcs11', sealed_private_key = NULL WHERE purpose = 'seal'`.execute(
          world.context.db,
        ),
      mends: () =>
        sql`UPDATE certs.key AS k SET store = kept.store, sealed_private_key = kept.sealed_private_key FROM kept WHERE kept.id = k.id;
          DROP TABLE kept`.execute(world.context.db),
    },
  };

  for (const [what, { breaks, mends }] of Object.entries(faults))
    test(`${what}: what is done is whole, the rest waits and goes on when it is mended`, async () => {
      await confirmed();
      await breaks();
      await withJobs(() => eventually(async () => assert.ok((await counted()).failed >= acts.length), patienceMs));
      assert.ok((await counted()).issued < count);
      await mustBeWhole();
      await mends();
      await leaseIsOver();
      await withJobs(() =>
        eventually(async () => {
          await due();
          assert.equal((await counted()).archived, count);
        }, patienceMs),
      );
      await mustBeSealedOnce(world, count);
    });

  test('kill -9 of the process that does them: one beside it goes on, since the connection is gone, and nothing is sealed twice', async () => {
    await confirmed();
    const child = spawn(process.execPath, [worker, world.context.databaseUrl, '{}', '120'], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
    await leaseIsOver();
    const { rows } = await sql`SELECT FROM graphile_worker._private_jobs WHERE locked_by IS NOT NULL`.execute(
      world.context.db,
    );
    assert.ok(rows.length > 0, 'it died with jobs in hand');
    // By silence alone nobody would have died for ten minutes, and no clock takes up what was left.
    await withJobs(() => eventually(async () => assert.equal((await counted()).archived, count), patienceMs), {
      everyMs: 250,
      deadAfterMs: 600_000,
    });
    await mustBeSealedOnce(world, count);
  });

  test('kill -9 of the process that does them, again and again: each is sealed, logged and archived once', async () => {
    await confirmed();
    let kills = 0;
    // Each process gets further than the last before it dies; nothing here depends on how far.
    for (let dieBefore = 40; (await counted()).archived < count; dieBefore += 60) {
      assert.ok(dieBefore < 2_000, 'it ends');
      const child = spawn(process.execPath, [worker, world.context.databaseUrl, '{}', String(dieBefore)], {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      const dead = once(child, 'exit');
      let isDead = false;
      void dead.then(() => {
        isDead = true;
      });
      await eventually(async () => {
        await due();
        assert.ok(isDead || (await counted()).archived === count);
      }, patienceMs);
      if (!isDead) child.kill('SIGKILL');
      assert.deepEqual(await dead, [null, 'SIGKILL']);
      kills += 1;
      await mustBeWhole();
      await leaseIsOver();
    }
    assert.ok(kills >= 2, `${kills} kills`);
    await mustBeSealedOnce(world, count);
  });
});
