import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testIdp } from '../../testing/idp.ts';
import { registerApp } from '../apps/apps.ts';

const setup = { kind: 'system', name: 'setup' } as const;

test('P1: an address is tested as the provider judges it, and the nearest one shows where it differs', async () => {
  await using world = await testIdp();
  const register = (clientId: string, kind: 'web' | 'native', redirectUris: string[]) =>
    world.context.db.transaction().execute((transaction) =>
      registerApp(
        transaction,
        {
          ...{ clientId, name: clientId, purpose: { vi: 'Thử.', en: 'A try.' }, kind, redirectUris },
          organisationId: world.city.departmentId,
        },
        setup,
        world.clock.now(),
      ),
    );
  await register('so-tay', 'web', ['https://so-tay.example/in', 'https://khac.example/']);
  await register('tren-may', 'native', ['http://127.0.0.1/in']);
  const administrator = await world.enter(world.city.people.administrator);
  const ask = async (clientId: string, address: string) => {
    const query = new URLSearchParams({ address });
    const answer = await administrator.request(`${world.origin}/api/v1/apps/${clientId}/redirect-test?${query}`);
    const json = (await answer.json()) as { isTaken: boolean; nearest: string | null; differsAt: number | null };
    return [json.isTaken, json.nearest, json.differsAt];
  };
  assert.deepEqual(await ask('so-tay', 'https://so-tay.example/in'), [true, null, null]);
  assert.deepEqual(await ask('so-tay', 'https://so-tay.example/in/'), [false, 'https://so-tay.example/in', 25]);
  assert.deepEqual(await ask('so-tay', 'http://so-tay.example/in'), [false, 'https://so-tay.example/in', 4]);
  assert.deepEqual(await ask('tren-may', 'http://127.0.0.1:51234/in'), [true, null, null], 'any port (RFC 8252 §7.3)');
  assert.equal((await ask('tren-may', 'http://localhost:51234/in'))[0], false);
  assert.equal((await ask('so-tay', 'no address'))[0], false);
});
