import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { testConfig } from '@edutrust/testing/context';
import pg from 'pg';
import { openDatabase } from './database.ts';
import { findBinaries, startEmbedded } from './embedded.ts';

test('a second process on one data folder is refused, a command beside it is not, and nothing is lost', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-embedded-'));
  const config = testConfig({ EDUTRUST_DATA: directory });
  try {
    const first = await openDatabase(config, { serves: true });
    assert.equal(first.isNew, true);
    await first.pool.query('CREATE TABLE kept (value int); INSERT INTO kept VALUES (1)');
    await assert.rejects(openDatabase(config, { serves: true }), { code: 'database/already-served' });
    const beside = await openDatabase(config, { serves: false });
    await beside.pool.query('INSERT INTO kept VALUES (2)');
    await beside.close();
    await first.close();
    const again = await openDatabase(config, { serves: true });
    assert.equal(again.isNew, false);
    const { rows } = await again.pool.query('SELECT value FROM kept ORDER BY value');
    assert.deepEqual(rows, [{ value: 1 }, { value: 2 }]);
    await again.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('Y1: programs and data below a folder that only its owner may enter: it starts, stops and starts again', async () => {
  const home = await mkdtemp(join(tmpdir(), 'edutrust-home-'));
  try {
    await chmod(home, 0o700);
    const { initdb, postgres } = await findBinaries();
    const installed = dirname(dirname(postgres));
    execFileSync('cp', ['--archive', '--dereference', installed, join(home, 'native')]);
    const copied = (file: string) => join(home, 'native', 'bin', basename(file));
    for (const isNew of [true, false]) {
      const server = await startEmbedded(join(home, 'var'), { initdb: copied(initdb), postgres: copied(postgres) });
      assert.equal(server.isNew, isNew);
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      await client.query('CREATE TABLE IF NOT EXISTS kept (value int)');
      await client.end();
      await server.stop();
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});

test('it is reached by a socket that only its owner reaches, and by TCP where the path is too long for one', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-embedded-'));
  const deep = join(directory, 'a, "quoted" folder'.padEnd(90, '-'));
  try {
    for (const [folder, isBySocket] of [
      [join(directory, 'a, "quoted" folder'), true],
      [deep, false],
    ] as const) {
      const server = await startEmbedded(folder);
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      const { rows } = await client.query('SELECT inet_server_addr() IS NULL AS by_socket');
      assert.deepEqual(rows, [{ by_socket: isBySocket }]);
      await client.end();
      assert.equal((await stat(join(folder, 'postgres'))).mode & 0o077, 0);
      await server.stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
