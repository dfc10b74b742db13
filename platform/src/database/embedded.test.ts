import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { testConfig } from '../testing/testing.ts';
import { openDatabase } from './database.ts';

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
