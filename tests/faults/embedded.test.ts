import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { eventually } from '@edutrust/testing/eventually';
import { Platform } from '@edutrust/testing/platform';

test('O2: an embedded PostgreSQL that is killed is started again, and the server goes on with what was acknowledged', async () => {
  await using platform = await Platform.start({ EDUTRUST_DEMO: '0', EDUTRUST_LOG_LEVEL: 'silent' });
  const postmaster = async () =>
    Number((await readFile(join(platform.directory, 'var/postgres/postmaster.pid'), 'utf8')).split('\n')[0]);
  const ready = async () => (await fetch(`${platform.url}/health/ready`)).status;
  assert.equal(await ready(), 200);
  await platform.query('CREATE TABLE kept AS SELECT 1 AS one');
  for (let time = 0; time < 2; time += 1) {
    const pid = await postmaster();
    process.kill(pid, 'SIGKILL');
    await eventually(async () => {
      assert.notEqual(await postmaster(), pid);
      assert.equal(await ready(), 200);
    }, 60_000);
    await platform.query('SELECT one FROM kept');
  }
});
