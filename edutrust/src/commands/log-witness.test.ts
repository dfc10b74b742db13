import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { cosignedBy, readVerifierKey, verifierKeyText } from '@edutrust/platform/cosignature';
import { command } from '@edutrust/testing/command';
import { testContext } from '@edutrust/testing/context';

test('a witness of another department: its key is told, it cosigns over HTTP, and after kill -9 it knows what it has seen', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-witness-'));
  await using context = await testContext({ migrations: [] });
  const { origin, publicKey } = context.ledger.key('signatures');
  const log = verifierKeyText('log', { name: origin, publicKey });
  const start = async () => {
    const options = ['--name', 'nhan-chung.example.vn', '--log', log, '--folder', join(folder, 'w'), '--port', '0'];
    const child = spawn(process.execPath, [command, '--json', 'log', 'witness', ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface(child.stdout), 'line');
    const { key, port } = JSON.parse(line);
    const post = (path: string, body: string) => fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body });
    return { child, key, post };
  };
  const head = async () => {
    await context.db.transaction().execute((tx) => context.ledger.append(tx, 'signatures', Buffer.from('leaf')));
    while ((await context.ledger.integrate()) > 0);
    const { rows } = await context.pool.query<{ note: string }>(
      "SELECT note FROM platform.ledger_checkpoint WHERE log = 'signatures' ORDER BY size DESC LIMIT 1",
    );
    return rows[0]?.note ?? '';
  };
  let running = await start();
  try {
    const key = readVerifierKey('witness', running.key);
    assert.ok(key);
    const note = await head();
    const answer = await running.post('/add-checkpoint', `old 0\n\n${note}`);
    assert.equal(answer.status, 200);
    assert.deepEqual(cosignedBy(`${note}${await answer.text()}`, [key], { now: new Date() }), [key.name]);
    assert.equal((await running.post('/', '')).status, 404);
    assert.equal((await running.post('/add-checkpoint', 'x'.repeat(70_000))).status, 413);
    running.child.kill('SIGKILL');
    await once(running.child, 'exit');
    running = await start();
    assert.equal(running.key, verifierKeyText('witness', key), 'the same key');
    const again = await running.post('/add-checkpoint', `old 0\n\n${await head()}`);
    assert.deepEqual(
      [again.status, again.headers.get('content-type'), await again.text()],
      [409, 'text/x.tlog.size', '1\n'],
    );
  } finally {
    running.child.kill('SIGTERM');
    await once(running.child, 'exit');
    await rm(folder, { recursive: true });
  }
});
