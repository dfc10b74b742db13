import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '@edutrust/testing/eventually';
import { sql } from 'kysely';
import { type TestCity, type TestPhone, testCity } from '../../testing/city.ts';
import { verifyFile } from '../public-verification/verify.ts';
import { completeNow, completeSession } from './complete.ts';
import { leaseMs } from './lease.ts';

/** Number of the lock that a time stamp waits for. */
const gate = 271_828;

describe('what a signature needs is slow, or away', () => {
  let world: TestCity;
  let clerk: TestPhone;
  let waiting: string[] = [];
  before(async () => {
    world = await testCity();
    await world.giveSeal(0);
    await world.passToPrincipal(0);
    waiting = await (await world.phoneOf(world.city.schools[0]?.principalId ?? '')).signAll();
    clerk = await world.phoneOf(world.city.schools[0]?.clerkId ?? '');
    await sql`CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_advisory_xact_lock(271828); RETURN NEW; END $$`.execute(world.context.db);
  });
  after(() => world[Symbol.asyncDispose]());

  const trigger = (does: string) =>
    sql`CREATE OR REPLACE TRIGGER stamp BEFORE INSERT ON certs.time_stamp FOR EACH ROW EXECUTE FUNCTION ${sql.raw(does)}()`.execute(
      world.context.db,
    );
  const states = async (ids: readonly string[]) => {
    const { rows } = await sql<{ state: string; issued: number; leaves: number }>`
      SELECT r.state, (SELECT count(*)::int FROM platform.outbox WHERE type = 'signing-request.issued' AND subject_id = r.id::text) AS issued,
        (SELECT count(*)::int FROM signing.session_item AS i JOIN signing.session AS s ON s.id = i.session_id
         WHERE i.request_id = r.id AND s.purpose = 'seal' AND i.ledger_entry_id IS NOT NULL) AS leaves
      FROM signing.request AS r WHERE r.id = ANY(${ids}::uuid[])`.execute(world.context.db);
    return rows.map(({ state, issued, leaves }) => [state, issued, leaves]);
  };
  const authorised = async (ids: readonly string[]) => {
    const session = await clerk.open(ids, 'seal');
    await clerk.authorise(session, await clerk.confirmation(session));
    return session.id;
  };

  test('a time stamp that takes minutes: nothing is issued before it, one worker waits for it, and each is issued once', async () => {
    const ids = waiting.slice(0, 1); // a second one might ask for its stamp after the clock has gone on, which is a jump (X1)
    const session = await authorised(ids);
    await trigger('waits');
    let offset = 0;
    const context = { ...world.context, clock: { now: () => new Date(Date.now() + offset) } };
    const holder = await world.context.pool.connect();
    try {
      await holder.query('SELECT pg_advisory_lock($1)', [gate]);
      const done = completeSession(context, session, { renewEveryMs: 5 });
      await eventually(async () => {
        const { rows } = await holder.query(
          `SELECT FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
           WHERE l.locktype = 'advisory' AND NOT l.granted AND l.objid = $1 AND d.datname = current_database()`,
          [gate],
        );
        assert.ok(rows.length > 0);
      });
      offset = 10 * leaseMs;
      await eventually(async () => {
        const { rows } = await sql<{
          until: Date;
        }>`SELECT lease_until AS until FROM signing.session WHERE id = ${session}`.execute(world.context.db);
        assert.ok((rows[0]?.until.getTime() ?? 0) > Date.now() + offset);
      });
      assert.equal(await completeSession(context, session), false, 'nobody else asks for the same stamps');
      assert.deepEqual(
        await states(ids),
        ids.map(() => ['signed', 0, 0]),
      );
      await completeNow(context, session); // who meets it asks again when its holder should be through
      assert.deepEqual(
        await states(ids),
        ids.map(() => ['signed', 0, 0]),
      );
      offset = 0; // a clock that stays wrong gets no time stamp (X1)
      await holder.query('SELECT pg_advisory_unlock($1)', [gate]);
      assert.equal(await done, true);
    } finally {
      await holder.query('SELECT pg_advisory_unlock_all()');
      holder.release();
    }
    assert.deepEqual(
      await states(ids),
      ids.map(() => ['issued', 1, 1]),
    );
  });

  test('no time stamps at all: what was confirmed waits, is issued by nobody, and goes on by itself when they are back', async () => {
    const ids = waiting.slice(2, 4);
    await sql`CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`.execute(
      world.context.db,
    );
    await trigger('away');
    const session = await authorised(ids);
    await assert.rejects(completeNow(world.context, session));
    assert.deepEqual(
      await states(ids),
      ids.map(() => ['signed', 0, 0]),
    );
    const { status, json } = await clerk.call('POST', 'sessions', { requestIds: ids, purpose: 'seal' });
    assert.deepEqual([status, json.code], [409, 'signing/being-signed'], 'nobody is asked to confirm it again');
    await sql`DROP TRIGGER stamp ON certs.time_stamp`.execute(world.context.db);
    await completeNow(world.context, session);
    assert.deepEqual(
      await states(ids),
      ids.map(() => ['issued', 1, 1]),
    );
    const { rows } = await sql<{ bytes: Buffer }>`SELECT d.bytes FROM signing.request AS r
      JOIN signing.document AS d ON d.id = r.signed_document_id WHERE r.id = ANY(${ids}::uuid[])`.execute(
      world.context.db,
    );
    for (const { bytes } of rows) assert.equal((await verifyFile(world.context, bytes)).verdict, 'valid');
  });

  test('K5: the seal’s token is gone: what was confirmed waits, is sealed by no other key, and goes on when it is there again', async () => {
    const ids = waiting.slice(4, 6);
    const session = await authorised(ids);
    // As a key in a token looks to an installation whose token cannot be reached.
    const gone = (isGone: boolean) =>
      isGone
        ? sql`CREATE TABLE kept AS SELECT k.* FROM certs.key AS k JOIN signing.session AS s ON s.key_id = k.id WHERE s.id = ${session};`
            .execute(world.context.db)
            .then(() =>
              sql`UPDATE certs.key SET store = 'pkcs11', sealed_private_key = NULL WHERE id IN (SELECT id FROM kept)`.execute(
                world.context.db,
              ),
            )
        : sql`UPDATE certs.key AS k SET store = kept.store, sealed_private_key = kept.sealed_private_key FROM kept WHERE kept.id = k.id`.execute(
            world.context.db,
          );
    await gone(true);
    await assert.rejects(completeNow(world.context, session), { code: 'keys/token-lost' });
    assert.deepEqual(
      await states(ids),
      ids.map(() => ['signed', 0, 0]),
    );
    await gone(false);
    await completeNow(world.context, session);
    assert.deepEqual(
      await states(ids),
      ids.map(() => ['issued', 1, 1]),
    );
  });
});
