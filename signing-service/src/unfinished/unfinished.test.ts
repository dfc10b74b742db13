import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type TestCity, TestPhone, testCity } from '../../testing/city.ts';
import { authorise } from '../activation/authorise.ts';
import { completeNow } from '../activation/complete.ts';
import { findAlarms, resumeUnfinished } from './unfinished.ts';

describe('what a process left that died', () => {
  let world: TestCity;
  let phone: TestPhone;
  before(async () => {
    world = await testCity();
    await world.passToPrincipal(0);
    await world.context.pool.query('DELETE FROM graphile_worker._private_jobs');
    phone = new TestPhone(world, world.city.people.principal);
    await phone.enrolAndApprove();
  });
  after(() => world[Symbol.asyncDispose]());

  /** A session as it stands right after the signer's confirmation, before anything was done about it. */
  async function confirmed(): Promise<{ session: string; request: string }> {
    const [first] = await phone.inbox();
    assert.ok(first);
    phone.authenticator.counter += 1;
    const session = await phone.open([first.id]);
    const actor = {
      kind: 'person',
      personId: phone.personId,
      sessionId: `session of ${phone.personId}`,
      roles: [],
      acr: '',
      authenticatedAt: new Date(),
    } as const;
    const confirmation = (await phone.confirmation(session)) as Parameters<typeof authorise>[2];
    await authorise(world.context, session.id, confirmation, actor);
    return { session: session.id, request: first.id };
  }

  const query = async (statement: string, ...values: unknown[]) =>
    (await world.context.pool.query(statement, values)).rows;
  const stateOf = async (id: string) => (await query('SELECT state FROM signing.request WHERE id = $1', id))[0]?.state;
  const codes = async () => (await findAlarms(world.context)).map(({ code }) => code);

  test('J1: the job of a session that somebody is at is no fault and comes again; it ends when the session is complete', async () => {
    const { session, request } = await confirmed();
    const jobs = await query(
      `SELECT run_at > now() AS later FROM graphile_worker.jobs WHERE task_identifier = 'signing.complete-session'`,
    );
    assert.deepEqual(jobs, [{ later: true }], 'the request that authorised it goes first');
    await query(`UPDATE signing.session SET lease_until = now() + interval '15 seconds' WHERE id = $1`, session);
    await query('DELETE FROM graphile_worker._private_jobs'); // as the worker does with a job that did not throw
    await completeNow(world.context, session);
    const again = await query(
      `SELECT run_at > now() + interval '5 seconds' AS later FROM graphile_worker.jobs WHERE task_identifier = 'signing.complete-session'`,
    );
    assert.deepEqual(again, [{ later: true }], 'when the other one’s lease is over');
    assert.equal(await stateOf(request), 'waiting');
    await query(`UPDATE signing.session SET lease_until = now() - interval '1 second' WHERE id = $1`, session);
    await completeNow(world.context, session);
    assert.equal(await stateOf(request), 'signed');
    await completeNow(world.context, session);
  });

  test('J3: a confirmed signature without a job is told truly to its signer, raises an alarm, and is taken up', async () => {
    const { session, request } = await confirmed();
    await query('DELETE FROM graphile_worker._private_jobs');
    const opened = await phone.call('POST', 'sessions', { requestIds: [request] });
    assert.deepEqual([opened.status, opened.json.code], [409, 'signing/being-signed']);
    await resumeUnfinished(world.context);
    assert.equal(await stateOf(request), 'waiting', 'not while the request itself may be at it');
    await query(`UPDATE signing.session SET authorised_at = now() - interval '10 minutes' WHERE id = $1`, session);
    assert.deepEqual(await codes(), ['signature-stuck']);
    await resumeUnfinished(world.context);
    assert.equal(await stateOf(request), 'signed');
    assert.deepEqual(await codes(), []);
  });

  test('J3: one that was confirmed while the clock was ahead is taken up when it is right again', async () => {
    const { session, request } = await confirmed();
    await query('DELETE FROM graphile_worker._private_jobs');
    await query(
      `UPDATE signing.session SET authorised_at = now() + interval '40 days', lease_until = now() + interval '40 days' WHERE id = $1`,
      session,
    );
    await resumeUnfinished(world.context);
    assert.equal(await stateOf(request), 'signed');
  });

  test('J3: a revoked enrolment whose certificate is valid raises an alarm, and the certificate is revoked', async () => {
    await query(
      `UPDATE signing.enrolment SET state = 'revoked', reason = 'lost', ended_at = now() - interval '10 minutes' WHERE person_id = $1`,
      phone.personId,
    );
    assert.deepEqual(await codes(), ['revocation-stuck']);
    await resumeUnfinished(world.context);
    assert.deepEqual(await codes(), []);
    const rows = await query(
      `SELECT c.revocation_reason FROM certs.certificate AS c JOIN signing.enrolment AS e ON e.certificate_serial = c.serial WHERE e.person_id = $1`,
      phone.personId,
    );
    assert.deepEqual(rows, [{ revocation_reason: 'keyCompromise' }]);
  });
});
