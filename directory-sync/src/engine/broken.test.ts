import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { mock, test } from 'node:test';
import { createPool, kyselyOn } from '@edutrust/platform/database';
import { startEmbedded } from '@edutrust/platform/embedded';
import { seedDemo } from '@edutrust/registry/demo';
import { changePerson, getPerson } from '@edutrust/registry/people';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { testContext } from '@edutrust/testing/context';
import { eventually } from '@edutrust/testing/eventually';
import { startServer } from '@edutrust/testing/server';
import { startSlapd } from '@edutrust/testing/slapd';
import { Client } from 'ldapts';
import { migrations } from '../service.ts';
import { addTarget } from '../targets/store.ts';
import { runTarget } from './converge.ts';
import { bringPending, noteChanges } from './live.ts';

const actor = { kind: 'system', name: 'test' } as const;

test('D6: a database that crashes after a change was sent, with what did not wait for its disk, knows that it knows nothing', async () => {
  const server = await startServer({ isDurable: true });
  const before = await testContext({
    migrations: [registryMigrations, migrations],
    server: server.url,
    seed: demoSeed,
  });
  await using slapd = await startSlapd();
  const city = await seedDemo(before);
  const { url, baseDn, bindDn, bindPassword: secret } = slapd;
  const organisationId = city.schools[0]?.id ?? '';
  const input = { name: 'so', kind: 'ldap', settings: { url, baseDn, bindDn }, secret, organisationId };
  const targetId = await before.db.transaction().execute((tx) => addTarget(before, tx, input, actor));
  await runTarget(before, targetId, { mode: 'apply', actor });
  const personId = city.people.pupil;
  const { educationId } = await getPerson(before.db, personId);
  const rename = async (context: typeof before, fullName: string) => {
    await context.db.transaction().execute((tx) => changePerson(tx, personId, { fullName }, actor));
    await noteChanges(context, [personId]);
  };
  const nameThere = async () => {
    const client = new Client({ url });
    await client.bind(bindDn, secret);
    const { searchEntries } = await client.search(`uid=${educationId},ou=people,${baseDn}`, { attributes: ['cn'] });
    await client.unbind();
    return searchEntries[0]?.cn;
  };
  await rename(before, 'Đặng Thị Một');
  await bringPending(before, targetId);
  await before.pool.query('ALTER SYSTEM SET wal_writer_delay = 10000'); // what does not wait for the disk is not there soon
  await before.pool.query('SELECT pg_reload_conf()');
  await rename(before, 'Đặng Thị Hai');
  const [pid = ''] = (await readFile(join(server.folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  const { modify } = Client.prototype;
  const sent = mock.method(
    Client.prototype,
    'modify',
    async function (this: Client, ...given: Parameters<typeof modify>) {
      await modify.apply(this, given);
      process.kill(Number(pid), 'SIGQUIT'); // ends at once, as with the power
      await eventually(async () => assert.throws(() => process.kill(Number(pid), 0)));
    },
  );
  before.pool.on('error', () => undefined);
  await assert.rejects(bringPending(before, targetId));
  sent.mock.restore();
  await before.pool.end();
  assert.equal(await nameThere(), 'Đặng Thị Hai', 'it was sent');

  const again = await startEmbedded(server.folder);
  const database = new URL(again.url);
  database.pathname = new URL(before.databaseUrl).pathname;
  const pool = createPool(database.href, 4);
  const context = { ...before, pool, db: kyselyOn(pool) };
  try {
    // Who was on the way is lost now, unless the server's own writer came round in these milliseconds.
    await pool.query('UPDATE sync.target SET held_until = now() WHERE held_until IS NOT NULL');
    await rename(context, 'Đặng Thị Một');
    await bringPending(context, targetId);
    assert.equal(
      await nameThere(),
      'Đặng Thị Một',
      'and is brought back, though that was delivered last as far as it knows',
    );
    assert.equal((await runTarget(context, targetId, { mode: 'plan', actor })).totals.changed, 0);
  } finally {
    await pool.end();
    await again.stop();
  }
});
