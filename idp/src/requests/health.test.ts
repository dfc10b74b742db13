import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { codeFor, redeem, redemption, testIdp } from '../../testing/idp.ts';
import { changeApp, rotateSecret } from '../apps/apps.ts';

const setup = { kind: 'system', name: 'setup' } as const;

test('how an app runs: who came in, what was refused, sign-outs that it does not take, a secret that ends soon', async () => {
  await using world = await testIdp();
  const administrator = await world.enter(world.city.people.administrator);
  const health = async () => {
    await world.idp.close?.(); // writes what waits
    const answer = await administrator.request(`${world.origin}/api/v1/apps/lop-hoc/health`);
    assert.equal(answer.status, 200);
    return (await answer.json()) as Record<string, unknown>;
  };
  const never = { entered: 0, refused: 0, lastEnteredAt: null, previousSecretUntil: null };
  const { logouts, ...before } = await health();
  assert.deepEqual(before, never);
  assert.deepEqual(logouts, { retrying: 0, givenUp: 0, lastError: null });

  const began = world.clock.now().toISOString();
  const teacher = new TestBrowser({ stopAt: ['http://localhost:4002'] });
  await world.signIn(teacher, await world.activate(world.city.people.teacher));
  const code = await codeFor(teacher, world.origin, 'lop-hoc');
  const first = await redeem(world.origin, 'lop-hoc', redemption(code));
  assert.equal(first.status, 200);
  assert.equal((await redeem(world.origin, 'lop-hoc', redemption(code))).status, 400, 'a code is used once');
  const nobody = new TestBrowser({ stopAt: ['http://localhost:4002'] });
  await nobody.get(
    `${world.origin}/oidc/auth?client_id=lop-hoc&response_type=code&scope=openid&prompt=none&redirect_uri=${encodeURIComponent(
      'http://localhost:4002/callback',
    )}&code_challenge=${'a'.repeat(43)}&code_challenge_method=S256`,
  );
  const once = await health();
  assert.deepEqual([once.entered, once.refused], [1, 1], 'that nobody was signed in is no fault of the app');
  assert.ok(String(once.lastEnteredAt) > began);

  const { previousWorksUntil } = await world.context.db.transaction().execute(async (transaction) => {
    await world.context.jobs.enqueue(transaction, 'idp.backchannel-logout', { clientId: 'lop-hoc', personId: 'x' });
    await world.context.jobs.enqueue(transaction, 'idp.backchannel-logout', { clientId: 'thu-vien-so', personId: 'x' });
    return rotateSecret(transaction, 'lop-hoc', setup, world.clock.now());
  });
  await sql`UPDATE graphile_worker._private_jobs SET attempts = 3, last_error = 'answered 503'`.execute(
    world.context.db,
  );
  const late = await health();
  assert.deepEqual(late.logouts, { retrying: 1, givenUp: 0, lastError: 'answered 503' }, 'its own alone');
  assert.equal(late.previousSecretUntil, previousWorksUntil.toISOString());

  await world.context.db
    .transaction()
    .execute((transaction) => changeApp(transaction, 'lop-hoc', { backchannelLogoutUri: null }, setup));
  world.clock.moveSeconds(8 * 86_400);
  const { entered, refused, lastEnteredAt, ...rest } = await health();
  assert.deepEqual([entered, refused, lastEnteredAt], [0, 0, once.lastEnteredAt]);
  assert.deepEqual(rest, { logouts: null, previousSecretUntil: null });
});
