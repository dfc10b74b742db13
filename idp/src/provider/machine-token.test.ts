import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { startRedis } from '@edutrust/testing/redis';
import { redeem, type TestIdp, testIdp } from '../../testing/idp.ts';
import { registerApp } from '../apps/apps.ts';

const clientId = 'may-cham-cong';

/** Registers a machine; gives what it does. */
async function machineOf(world: TestIdp) {
  const { clientSecret = '' } = await world.context.db.transaction().execute((transaction) =>
    registerApp(
      transaction,
      {
        clientId,
        kind: 'machine',
        name: 'Máy chấm công',
        purpose: { vi: 'Để thử.', en: 'For a test.' },
        organisationId: world.city.departmentId,
      },
      { kind: 'system', name: 'test' },
      new Date(),
    ),
  );
  const post = (path: string, fields: Record<string, string>) =>
    fetch(`${world.origin}${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
      body: new URLSearchParams(fields),
    });
  return {
    token: async () =>
      (await redeem(world.origin, clientId, { grant_type: 'client_credentials' }, clientSecret ?? '')).json
        .access_token ?? '',
    ask: async (token: string) =>
      (await (await post('/oidc/token/introspection', { token })).json()) as Record<string, unknown>,
    revoke: async (token: string) => (await post('/oidc/token/revocation', { token })).status,
  };
}

async function revokedStaysRevoked(world: TestIdp): Promise<void> {
  const machine = await machineOf(world);
  const token = await machine.token();
  const { active, client_id, token_type } = await machine.ask(token);
  assert.deepEqual({ active, client_id, token_type }, { active: true, client_id: clientId, token_type: 'Bearer' });
  const { headers } = await fetch(`${world.origin}/oidc/userinfo`, { headers: { authorization: `Bearer ${token}` } });
  assert.match(headers.get('www-authenticate') ?? '', /invalid_token/, 'it is nobody’s');
  // What a fail-over of the store brings back: everything that lay there before.
  const { store } = world.context;
  const key = `idp:machine-token:${createHash('sha256').update(token).digest('base64url')}`;
  const before = await store.get(key);
  assert.ok(before, 'it lies in the short-lived store, under its hash');
  assert.equal(JSON.stringify(before).includes(token), false);
  assert.equal(await machine.revoke(token), 200);
  await store.put(key, before, 600);
  assert.deepEqual(await machine.ask(token), { active: false });
  // And what the store loses is asked for again.
  const other = await machine.token();
  await store.delete(`idp:machine-token:${createHash('sha256').update(other).digest('base64url')}`);
  assert.deepEqual(await machine.ask(other), { active: false });
  assert.equal((await machine.ask(await machine.token())).active, true);
}

test('S2: a machine’s token that was revoked stays so, also when the store in PostgreSQL has it again', async () => {
  await using world = await testIdp();
  await revokedStaysRevoked(world);
});

test('S2: the same where Redis is the store', async () => {
  const redis = await startRedis();
  try {
    await using world = await testIdp({ REDIS_URL: redis.url.href });
    await revokedStaysRevoked(world);
  } finally {
    await redis.stop();
  }
});
