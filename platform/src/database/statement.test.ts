import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '@edutrust/testing/database';
import { sql } from 'kysely';
import { createPool, type Database, kyselyOn, statement } from './database.ts';

const add = statement<{ sum: number }, [one: number, other: number]>('test.add', 'SELECT $1::int + $2::int AS sum');
const things = statement<{ name: string }, [name: string]>(
  'test.things',
  'SELECT name FROM test_things WHERE name = $1',
);

/** What the connection has prepared; the pools of these tests have one. */
async function prepared(db: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`SELECT name FROM pg_prepared_statements ORDER BY 1`.execute(db);
  return rows.map(({ name }) => name);
}

test('a statement is prepared once a connection, also in a transaction, whose effects it sees', async () => {
  await using database = await testDatabase([]);
  const pool = createPool(database.url, 1);
  const db = kyselyOn(pool);
  for (const other of [1, 2, 3]) assert.deepEqual(await add(db, 1, other), [{ sum: 1 + other }]);
  assert.deepEqual(await prepared(db), ['test.add']);
  await pool.query('CREATE TABLE test_things (name text)');
  const undone = db.transaction().execute(async (transaction) => {
    await sql`INSERT INTO test_things VALUES ('a thing')`.execute(transaction);
    assert.deepEqual(await things(transaction, 'a thing'), [{ name: 'a thing' }]);
    throw new Error('undone');
  });
  await assert.rejects(undone, /undone/);
  assert.deepEqual(await things(db, 'a thing'), []);
  assert.deepEqual(await prepared(db), ['test.add', 'test.things']);
  await pool.end();
});

test('a table that a migration widens meanwhile does not break what is prepared', async () => {
  await using database = await testDatabase([]);
  const pool = createPool(database.url, 1);
  const db = kyselyOn(pool);
  await pool.query(`CREATE TABLE test_things (name text); INSERT INTO test_things VALUES ('a thing')`);
  for (let call = 0; call < 7; call += 1) await things(db, 'a thing'); // by now the plan is a generic one
  await pool.query('ALTER TABLE test_things ADD COLUMN size int; CREATE INDEX ON test_things (name)');
  assert.deepEqual(await things(db, 'a thing'), [{ name: 'a thing' }]);
  await pool.end();
});

test('unnamed statements leave nothing behind on a connection that is handed on', async () => {
  await using database = await testDatabase([]);
  const pool = createPool(database.url, 1, undefined, { statements: 'unnamed' });
  const db = kyselyOn(pool);
  assert.deepEqual(await add(db, 2, 2), [{ sum: 4 }]);
  await db.transaction().execute(async (transaction) => assert.deepEqual(await add(transaction, 2, 3), [{ sum: 5 }]));
  assert.deepEqual(await prepared(db), []);
  await pool.end();
});

test('a name stands for one statement, and is short enough for PostgreSQL to keep it whole', () => {
  assert.throws(() => statement('test.add', 'SELECT 1'));
  assert.throws(() => statement('x'.repeat(64), 'SELECT 1'));
});
