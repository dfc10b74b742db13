import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '@edutrust/testing/database';
import { eventually } from '@edutrust/testing/eventually';
import { platformMigrations } from '../migrations.ts';
import { newsOf } from './database.ts';
import { lookEveryMs } from './news.ts';

test('whoever waits looks seldom while news come back to this process, and often while they cannot', async () => {
  await using database = await testDatabase([platformMigrations]);
  const news = newsOf(database.db);
  assert.ok(news);
  assert.equal(news.lookEveryMs, lookEveryMs.whoDoesNot, 'nobody listens');
  const heard = () =>
    eventually(async () => {
      assert.equal(news.lookEveryMs, lookEveryMs.whoHears);
    });
  const unsubscribe = news.subscribe(() => undefined);
  await heard();
  // The connection that listens ends, as it does where a server is restarted or a pooler closes it.
  let isLost = false;
  const watching = eventually(async () => {
    isLost ||= news.lookEveryMs === lookEveryMs.whoDoesNot;
    assert.ok(isLost);
  });
  await database.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
  );
  await watching;
  await heard();
  unsubscribe();
  assert.equal(news.lookEveryMs, lookEveryMs.whoDoesNot);
});
