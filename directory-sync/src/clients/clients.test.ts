import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seedDemo } from '@edutrust/registry/demo';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { testContext } from '@edutrust/testing/context';
import { migrations } from '../service.ts';
import { addClient, clientOfToken, endClient, findClient, renewToken } from './clients.ts';

const actor = { kind: 'system', name: 'test' } as const;

test('a renewed token leaves the one of before a day, and no other; an ended client has none; its use is seen', async () => {
  await using context = await testContext({ migrations: [registryMigrations, migrations], seed: demoSeed });
  const { departmentId } = await seedDemo(context);
  const within = context.db.transaction();
  const { id, token: first } = await within.execute((tx) =>
    addClient(tx, { name: 'LMS', kind: 'scim', organisationId: departmentId, mayWrite: false }, actor),
  );
  const isTaken = async (token: string) => (await clientOfToken(context, token, 'scim'))?.id === id;
  assert.equal((await findClient(context.db, id)).last_used_at, null);
  assert.equal(await clientOfToken(context, first, 'oneroster'), undefined, 'of another kind');
  assert.equal((await findClient(context.db, id)).last_used_at, null, 'who is refused did not use it');
  assert.ok(await isTaken(first));
  assert.ok((await findClient(context.db, id)).last_used_at);

  const renew = () => within.execute((tx) => renewToken(tx, id, actor));
  const second = await renew();
  assert.deepEqual([await isTaken(first), await isTaken(second)], [true, true]);
  const third = await renew();
  assert.deepEqual([await isTaken(first), await isTaken(second), await isTaken(third)], [false, true, true]);
  await context.pool.query(`UPDATE sync.client SET old_token_until = now() - interval '1 second'`);
  assert.deepEqual([await isTaken(second), await isTaken(third)], [false, true], 'a day later');

  const fourth = await renew();
  await within.execute((tx) => endClient(tx, id, actor));
  assert.deepEqual([await isTaken(third), await isTaken(fourth)], [false, false], 'ended is ended, the old one too');
  await assert.rejects(renew(), { code: 'sync/client-ended' });
});
