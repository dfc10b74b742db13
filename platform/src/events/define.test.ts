import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import Type from 'typebox';
import { defineEvents } from './define.ts';

const actor = { kind: 'system', name: 'test' } as const;
const door = defineEvents({
  'door.opened': { subject: 'door', data: { times: Type.Integer() }, vi: 'mở cửa', en: 'door opened' },
  'door.closed': { subject: 'door', vi: 'đóng cửa', en: 'door closed' },
});

test('L5: an event with data that its table does not declare is refused, and its effect with it', async () => {
  await using context = await testContext({ migrations: [] });
  const subject = { kind: 'door', id: '1' } as const;
  const opened = { type: 'door.opened', actor, subject, data: { times: 1 } } as const;
  // What the types refuse as well; a caller may have come around them.
  const wrong: readonly unknown[] = [
    { ...opened, type: 'door.slammed' },
    { ...opened, type: 'toString' },
    { ...opened, subject: { kind: 'person', id: '1' } },
    { ...opened, data: {} },
    { ...opened, data: { times: 'often' } },
    { ...opened, data: { times: 1, fullName: 'Nguyễn Văn An' } },
    { type: 'door.closed', actor, subject, data: { fullName: 'Nguyễn Văn An' } },
  ];
  for (const event of wrong) {
    const attempt = context.db
      .transaction()
      .execute((transaction) => door.record(transaction, opened, event as typeof opened)); // on purpose
    await assert.rejects(attempt, TypeError);
  }
  await context.db
    .transaction()
    .execute((transaction) => door.record(transaction, opened, { type: 'door.closed', actor, subject }));
  const { rows } = await sql<{ type: string }>`SELECT type FROM platform.outbox ORDER BY position`.execute(context.db);
  assert.deepEqual(
    rows.map(({ type }) => type),
    ['door.opened', 'door.closed'],
  );
});
