import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unavailable } from '@edutrust/platform/errors';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { makeCrowd } from '@edutrust/registry/testing/crowd';
import { testContext } from '@edutrust/testing/context';
import { startSlapd } from '@edutrust/testing/slapd';
import type { Connection } from '../connectors/connector.ts';
import { migrations } from '../migrations.ts';
import { createConnections } from './connections.ts';
import { addTarget, findTarget } from './store.ts';

test('a target’s connection stays open, and another takes its place when it broke, failed or was opened otherwise', async () => {
  await using context = await testContext({ migrations: [registryMigrations, migrations] });
  const { rootId } = await makeCrowd(context.db, 10);
  await using slapd = await startSlapd();
  const { url, baseDn, bindDn, bindPassword } = slapd;
  const id = await context.db
    .transaction()
    .execute((transaction) =>
      addTarget(
        context,
        transaction,
        { name: 'one', kind: 'ldap', settings: { url, baseDn, bindDn }, secret: bindPassword, organisationId: rootId },
        { kind: 'system', name: 'test' },
      ),
    );
  const target = await findTarget(context.db, id);
  const away = () => new Unavailable('sync/unreachable', { vi: 'Không trả lời.', en: 'No answer.' });
  const connections = createConnections(context);
  const ask = async (connection: Connection) => {
    assert.equal((await connection.lookUp(['1234567890'])).size, 0);
    return connection;
  };
  const first = await connections.use(target, ask);
  assert.equal(await connections.use(target, ask), first, 'it stays open');
  await first[Symbol.asyncDispose]();
  const again = await connections.use(target, ask);
  assert.notEqual(again, first, 'one that was closed meanwhile is opened anew');
  const tries: Connection[] = [];
  const replaced = await connections.use(target, async (connection) => {
    tries.push(connection);
    if (tries.length === 1) throw away();
    return ask(connection);
  });
  assert.deepEqual(
    [tries.length, tries[0] === again, replaced === again],
    [2, true, false],
    'the work begins once more',
  );
  // What fails on a connection that was opened for it is told, and kept nowhere.
  const isAway = (error: unknown) => error instanceof Unavailable;
  await assert.rejects(
    connections.use(target, () => Promise.reject(away())),
    isAway,
  );
  const fresh = await connections.use(target, ask);
  assert.notEqual(fresh, replaced);
  await assert.rejects(
    connections.use(target, () => Promise.reject(new Error('a mistake of ours'))),
    /mistake/,
    'and is not done twice',
  );
  // Nobody works with what was opened with another secret.
  const held = await connections.use(target, ask);
  const sealed = context.secrets.encrypt(Buffer.from('wrong'), `sync.target/${id}`);
  await assert.rejects(connections.use({ ...target, sealed_secret: sealed }, ask), isAway);
  assert.notEqual(await connections.use(target, ask), held);
  await connections[Symbol.asyncDispose]();
  const last = await connections.use(target, ask);
  assert.notEqual(await connections.use(target, ask), last, 'after the end nothing is kept');
});
