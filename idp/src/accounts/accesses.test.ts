import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { listLearners } from '@edutrust/registry/classes';
import type { TestBrowser } from '@edutrust/testing/browser';
import { sql } from 'kysely';
import { callAs } from '../../testing/api.ts';
import { type TestIdp, testIdp } from '../../testing/idp.ts';

let world: TestIdp;
before(async () => {
  world = await testIdp();
});
after(() => world?.[Symbol.asyncDispose]());

test('N7: a printed sheet of slips, badges or PINs leaves an entry about those on it, and one that is refused leaves none', async () => {
  const { db } = world.context;
  const { teacher, guardian } = world.city.people;
  const browsers = new Map<string, TestBrowser>();
  const { rows: classes } = await sql<{ id: string }>`
    SELECT id FROM registry.class WHERE homeroom_teacher_id = ${teacher}`.execute(db);
  const classId = classes[0]?.id ?? '';
  const [first, second] = (await listLearners(db, classId)).map(({ id }) => id);
  assert.ok(first && second);
  const entriesOf = async (reader: string, path: string, body: object, status = 201) => {
    await sql`TRUNCATE registry.access`.execute(db);
    const answer = await callAs(world, browsers, reader, 'POST', path, body);
    assert.equal(answer.status, status, JSON.stringify(answer.json));
    const { rows } = await sql<{ operation: string; reader_id: string; people: string[] }>`
      SELECT a.operation, a.reader_id, a.people FROM registry.access AS a
      JOIN platform.ledger_entry AS e ON e.id = a.id AND e.log = 'accesses' ORDER BY a.id`.execute(db);
    return rows;
  };
  const entry = (operation: string, ...people: string[]) => [
    { operation, reader_id: teacher, people: people.toSorted() },
  ];
  const both = { personIds: [first, second] };
  for (const [path, operation] of [
    ['activation-codes', 'accounts.invite'],
    ['badges', 'badges.print'],
    ['pins', 'badges.print'],
  ] as const) {
    const url = `/classes/${classId}/${path}`;
    assert.deepEqual(await entriesOf(teacher, url, both), entry(operation, first, second), path);
    assert.deepEqual(await entriesOf(guardian, url, both, 403), [], `${path}, asked for by a parent`);
  }
  assert.deepEqual(await entriesOf(teacher, `/classes/${classId}/badges`, both), [], 'nothing was made, nobody named');
  const standIn = `/people/${second}/stand-in-badge`;
  assert.deepEqual(await entriesOf(teacher, standIn, {}), entry('badges.print', second));
  assert.deepEqual(await entriesOf(guardian, standIn, {}, 403), []);
});
