import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import process from 'node:process';
import { test } from 'node:test';
import pg from 'pg';
import { eventually } from './eventually.ts';

test('the server of a run and the folder of its files end with it, also when it is killed', async () => {
  const script = `
    import { startServer } from '@edutrust/testing/server';
    console.log(JSON.stringify(await startServer()));
    setInterval(() => undefined, 60_000);`;
  const run = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(run.stdout.setEncoding('utf8'), 'data');
  const { url, folder } = JSON.parse(line);
  assert.equal(statSync(folder).mode & 0o005, 0o005, 'programs that tests run as other accounts reach their files');
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // it ends with the server
  await client.connect();
  assert.deepEqual((await client.query('SHOW fsync')).rows, [{ fsync: 'off' }]);
  run.kill('SIGKILL');
  await eventually(async () => assert.ok(!existsSync(folder)));
  await assert.rejects(new pg.Client({ connectionString: url }).connect());
});
