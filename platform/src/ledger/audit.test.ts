import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { testContext } from '@edutrust/testing/context';
import { uuidv7 } from '../ids.ts';
import { countAudit, listAudit } from './ledger.ts';

const inVietnam = { timeZone: 'Asia/Ho_Chi_Minh', most: 1_000 } as const;

test('counts are of exactly what the list shows: of these organisations, this kind, this time, by the days of Vietnam', async () => {
  await using context = await testContext({ migrations: [] });
  const [own, other] = [randomUUID(), randomUUID()];
  const add = (at: string, type: string, organisationId: string | null) =>
    context.pool.query(
      `INSERT INTO platform.ledger_entry (id, log, at, type, actor, subject_kind, subject_id, organisation_id, data)
       VALUES ($1, 'audit', $2, $3, '{"kind":"system","name":"test"}', 'thing', '1', $4, '{}')`,
      [uuidv7(), at, type, organisationId],
    );
  await add('2026-11-23T16:59:59Z', 'test.a', own); // 23:59:59 of the 23rd there
  await add('2026-11-23T17:00:00Z', 'test.a', own); // the 24th begins
  await add('2026-11-24T01:10:00Z', 'test.b', own);
  await add('2026-11-24T01:20:00Z', 'test.a', other);
  await add('2026-11-24T01:30:00Z', 'test.a', null); // the system's

  const days = async (filter: Parameters<typeof countAudit>[1], by: 'hour' | 'day' = 'day') =>
    (await countAudit(context.db, filter, { by, ...inVietnam })).counts.map(({ from, count }) => [
      from.toISOString(),
      count,
    ]);
  assert.deepEqual(await days({}), [
    ['2026-11-22T17:00:00.000Z', 1],
    ['2026-11-23T17:00:00.000Z', 4],
  ]);
  assert.deepEqual(await days({ organisationIds: [own] }), [
    ['2026-11-22T17:00:00.000Z', 1],
    ['2026-11-23T17:00:00.000Z', 2],
  ]);
  assert.deepEqual(await days({ organisationIds: [] }), [], 'nobody’s organisations are not everybody’s');
  assert.deepEqual(await days({ organisationIds: [own], from: new Date('2026-11-23T17:00:00Z') }, 'hour'), [
    ['2026-11-23T17:00:00.000Z', 1],
    ['2026-11-24T01:00:00.000Z', 1],
  ]);
  for (const filter of [
    {},
    { organisationIds: [own, other] },
    { type: 'test.a' },
    { type: 'test.', organisationIds: [other] },
  ]) {
    const { counts } = await countAudit(context.db, filter, { by: 'day', ...inVietnam });
    const listed = await listAudit(context.db, { ...filter, limit: 100 });
    assert.equal(
      counts.reduce((sum, { count }) => sum + count, 0),
      listed.length,
      JSON.stringify(filter),
    );
  }
  const some = await countAudit(context.db, {}, { ...inVietnam, by: 'day', most: 2 });
  assert.deepEqual([some.isWhole, some.counts.length], [false, 1], 'of a long log the newest, and it says so');
});
