import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, testContext } from '../testing/testing.ts';
import { type RecordedEvent, readOutbox, readOutboxOnce, record } from './events.ts';

const actor = { kind: 'system', name: 'test' } as const;
const event = (id: string) => ({ type: 'test.happened' as const, actor, subject: { kind: 'thing', id } });

test('a reader misses nothing of a transaction that began early and committed late', async () => {
  await using context = await testContext({ migrations: [] });
  const seen: string[] = [];
  const reader = {
    consumer: 'test',
    handle: async (events: readonly RecordedEvent[]) => {
      seen.push(...events.map(({ subject }) => subject.id));
    },
  };
  let commitSlow = () => {};
  const mayCommit = new Promise<void>((resolve) => {
    commitSlow = resolve;
  });
  let slowHasWritten = () => {};
  const written = new Promise<void>((resolve) => {
    slowHasWritten = resolve;
  });
  const slow = context.db.transaction().execute(async (transaction) => {
    await record(transaction, event('slow'));
    slowHasWritten();
    await mayCommit;
  });
  await written;
  await context.db.transaction().execute((transaction) => record(transaction, event('fast')));
  await readOutboxOnce(context.db, reader);
  assert.deepEqual(seen, [], 'nothing is read past a transaction that still runs');
  commitSlow();
  await slow;
  await eventually(async () => {
    await readOutboxOnce(context.db, reader);
    assert.deepEqual(seen, ['slow', 'fast']);
  });
});

test('a batch whose handler fails comes again, whole and in order; another type is passed over', async () => {
  await using context = await testContext({ migrations: [] });
  await context.db
    .transaction()
    .execute((tx) => record(tx, event('1'), { ...event('x'), type: 'other.happened' }, event('2')));
  const seen: string[][] = [];
  const errors: unknown[] = [];
  const done = new Promise<void>((resolve) => {
    const reading = readOutbox(
      context.db,
      {
        consumer: 'test',
        types: ['test.'],
        handle: async (events) => {
          seen.push(events.map(({ subject }) => subject.id));
          if (seen.length === 1) throw new Error('first time fails');
          setImmediate(() => reading.stop().then(resolve));
        },
      },
      (error) => errors.push(error),
    );
  });
  await done;
  assert.deepEqual(seen, [
    ['1', '2'],
    ['1', '2'],
  ]);
  assert.equal(errors.length, 1);
  assert.equal(
    await readOutboxOnce(context.db, { consumer: 'test', handle: async () => assert.fail('read twice') }),
    0,
  );
});
