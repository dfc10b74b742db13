import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '@edutrust/testing/database';
import { InvalidInput } from '../errors.ts';
import { createLogger } from './logging.ts';

const canary = 'Nguyễn Thị Chim Hoàng Yến';

test('N8: what PostgreSQL, a parser or a mail server repeats of a row is in no log line', async () => {
  await using database = await testDatabase([]);
  const { pool } = database;
  await pool.query(`CREATE TABLE pupil (name text PRIMARY KEY CHECK (name <> ''), age int);
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no % here', NEW.name; END $$`);
  await pool.query('INSERT INTO pupil VALUES ($1, 8)', [canary]);
  const lines: string[] = [];
  const log = createLogger('info', { write: (line: string) => lines.push(line) });
  const refused = async (work: () => unknown) => {
    try {
      await work();
    } catch (error) {
      log.error({ err: error }, 'request failed');
      log.error({ err: new Error('outer', { cause: error }) }, 'job');
      return;
    }
    assert.fail('it was refused');
  };
  const statements: [string, unknown[]][] = [
    ['INSERT INTO pupil VALUES ($1, 9)', [canary]],
    [
      `INSERT INTO pupil (name, age) SELECT * FROM jsonb_to_recordset($1::jsonb) AS r (name text, age int)`,
      [JSON.stringify([{ name: 'x', age: canary }])],
    ],
    ['SELECT $1::uuid', [canary]],
    ['SELECT $1::jsonb', [`{${canary}`]],
    ['CREATE TRIGGER t BEFORE INSERT ON pupil FOR EACH ROW EXECUTE FUNCTION refuse()', []],
  ];
  for (const [statement, values] of statements.slice(0, 4)) await refused(() => pool.query(statement, values));
  await pool.query(statements[4]?.[0] ?? '');
  await refused(() => pool.query('INSERT INTO pupil VALUES ($1, 1)', [`${canary} 2`]));
  await refused(() => JSON.parse(canary));
  await refused(() => {
    throw Object.assign(new Error(`550 <${canary}> unknown`), { responseCode: 550, command: 'RCPT TO' });
  });
  await refused(() => {
    throw new InvalidInput('test/refused', { vi: canary, en: canary });
  });
  assert.equal(lines.length, 16);
  for (const line of lines) assert.ok(!line.includes('Hoàng Yến') && !line.includes('Ho\\u00e0ng'), line);
  const first = JSON.parse(lines[0] ?? '');
  assert.deepEqual([first.err.code, first.err.at.table, first.err.at.constraint], ['23505', 'pupil', 'pupil_pkey']);
  assert.match(first.err.stack, /logging\.test\.ts/, 'and it still says where');
});

test('N8: the words of the runtime and the system stay', () => {
  const lines: string[] = [];
  const log = createLogger('info', { write: (line: string) => lines.push(line) });
  log.error({ err: new TypeError('x is not a function') }, 'oops');
  assert.equal(JSON.parse(lines[0] ?? '').err.message, 'x is not a function');
});
