import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testContext } from '@edutrust/testing/context';
import { record } from '@edutrust/testing/events';
import { eventually } from '@edutrust/testing/eventually';
import { sql } from 'kysely';
import { createPool, type Database, kyselyOn } from '../database/database.ts';
import { dropHandledEvents, outboxLag, type RecordedEvent, readOutbox, readOutboxOnce } from './outbox.ts';

const actor = { kind: 'system', name: 'test' } as const;
const event = (id: string) => ({ type: 'test.happened' as const, actor, subject: { kind: 'thing' as const, id } });

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

test('O3: where the numbers of transactions gain a digit every event comes, once and in order', async () => {
  await using context = await testContext({ migrations: [] });
  const { db } = context;
  for (const [id, transaction] of [
    ['1', 9],
    ['2', 10],
    ['3', 11],
    ['4', 99],
    ['5', 100],
  ] as const) {
    await db.transaction().execute((tx) => record(tx, event(id)));
    await sql`UPDATE platform.outbox SET transaction_id = ${String(transaction)}::xid8 WHERE subject_id = ${id}`.execute(
      db,
    );
  }
  const seen: string[] = [];
  const handle = async (events: readonly RecordedEvent[]) => {
    seen.push(...events.map(({ subject }) => subject.id));
  };
  while ((await readOutboxOnce(db, { consumer: 'test', batchSize: 2, handle })) > 0);
  assert.deepEqual(seen, ['1', '2', '3', '4', '5']);
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

test('O3: a reader whose handler hangs holds up no other, and no transaction stays open meanwhile', async () => {
  await using context = await testContext({ migrations: [] });
  await context.db.transaction().execute((tx) => record(tx, event('1')));
  let goOn = () => {};
  const hanging = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let hangs = () => {};
  const begun = new Promise<void>((resolve) => {
    hangs = resolve;
  });
  const slow = eventually(async () => {
    const count = await readOutboxOnce(context.db, {
      consumer: 'slow',
      handle: async () => {
        hangs();
        await hanging;
      },
    });
    assert.notEqual(count, 0, 'a transaction of another database may hold it up for a while');
    return count;
  });
  await begun;
  await context.db.transaction().execute((tx) => record(tx, event('2')));
  const seen: string[] = [];
  const other = {
    consumer: 'other',
    handle: async (events: readonly RecordedEvent[]) => {
      seen.push(...events.map(({ subject }) => subject.id));
    },
  };
  await eventually(async () => {
    await readOutboxOnce(context.db, other);
    assert.deepEqual(seen, ['1', '2'], 'also what came after the other began to hang');
  });
  assert.equal(await readOutboxOnce(context.db, { ...other, consumer: 'slow' }), 0, 'one at a time for a consumer');
  await eventually(async () => {
    const { rows } = await context.pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`,
    );
    assert.equal(rows.length, 0);
  });
  const lag = await outboxLag(context.db);
  assert.ok((lag.slow ?? 0) > 0 && lag.other === 0, JSON.stringify(lag));
  goOn();
  assert.equal(await slow, 1);
});

test('O3: the batch of a reader that died is handled by another when its time is over', async () => {
  await using context = await testContext({ migrations: [] });
  await context.db.transaction().execute((tx) => record(tx, event('1')));
  await context.pool.query(
    `INSERT INTO platform.outbox_checkpoint (consumer, held_by, held_until) VALUES ('test', gen_random_uuid(), now() + interval '1 hour')`,
  );
  const reader = { consumer: 'test', handle: async () => undefined };
  await eventually(async () => assert.equal(await readOutboxOnce(context.db, { ...reader, consumer: 'other' }), 1));
  assert.equal(await readOutboxOnce(context.db, reader), 0, 'there for others to read, and held here');
  await context.pool.query(`UPDATE platform.outbox_checkpoint SET held_until = now() WHERE consumer = 'test'`);
  assert.equal(await readOutboxOnce(context.db, reader), 1);
});

test('O3: asking for nothing new takes no transaction number', async () => {
  await using context = await testContext({ migrations: [] });
  const reader = { consumer: 'test', handle: async () => undefined };
  await context.db.transaction().execute((tx) => record(tx, event('1')));
  await eventually(async () => assert.equal(await readOutboxOnce(context.db, reader), 1));
  const written = async () =>
    (await context.pool.query(`SELECT xmin::text FROM platform.outbox_checkpoint WHERE consumer = 'test'`)).rows[0]
      .xmin;
  const before = await written();
  for (let time = 0; time < 5; time += 1) assert.equal(await readOutboxOnce(context.db, reader), 0);
  assert.equal(await written(), before);
});

/** Readers that look by themselves so seldom that whatever they read they were woken for. */
const woken = { everyMs: 60 * 60_000 };

test('a reader wakes at a commit, here and in another process, long before it would look by itself', async () => {
  await using context = await testContext({ migrations: [] });
  const seen: string[] = [];
  const reading = readOutbox(
    context.db,
    {
      consumer: 'woken',
      handle: async (events) => {
        seen.push(...events.map(({ subject }) => subject.id));
      },
    },
    () => undefined,
    woken,
  );
  const elsewhere = createPool(context.databaseUrl, 2);
  try {
    await isListening(context.db);
    for (const [index, db] of [context.db, kyselyOn(elsewhere), context.db].entries()) {
      await db.transaction().execute(async (transaction) => {
        await record(transaction, event(`${index}`));
        // Woken at the commit, not when the event was written: what it would have read by then is not there yet.
        assert.equal(await readOutboxOnce(context.db, { consumer: 'early', handle: async () => undefined }), 0);
      });
      await eventually(async () => assert.equal(seen.at(-1), `${index}`));
      await eventually(async () =>
        assert.equal(await readOutboxOnce(context.db, { consumer: 'early', handle: async () => undefined }), 1),
      );
    }
    await rollBack(context.db);
    await context.db.transaction().execute((transaction) => record(transaction, event('last')));
    await eventually(async () => assert.equal(seen.at(-1), 'last'));
    assert.deepEqual(seen, ['0', '1', '2', 'last'], 'nothing of what was undone');
  } finally {
    await reading.stop();
    await elsewhere.end();
  }
});

/** A connection of its own hears what other processes commit. */
async function isListening(db: Database): Promise<void> {
  await eventually(async () => {
    const { rows } = await sql`
      SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle' AND query LIKE 'LISTEN %'`.execute(
      db,
    );
    assert.equal(rows.length, 1);
  });
}

async function rollBack(db: Database): Promise<void> {
  await assert.rejects(
    db.transaction().execute(async (transaction) => {
      await record(transaction, event('undone'));
      throw new Error('no');
    }),
  );
}

test('an event that an older transaction holds up is read soon after that one ends', async () => {
  await using context = await testContext({ migrations: [] });
  const seen: string[] = [];
  const reading = readOutbox(
    context.db,
    { consumer: 'held-up', handle: async (events) => void seen.push(...events.map(({ subject }) => subject.id)) },
    () => undefined,
    woken,
  );
  let end = () => {};
  const mayEnd = new Promise<void>((resolve) => {
    end = resolve;
  });
  let begun = () => {};
  const isRunning = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const older = context.db.transaction().execute(async (transaction) => {
    await sql`SELECT pg_current_xact_id()`.execute(transaction);
    begun();
    await mayEnd;
  });
  try {
    await isRunning;
    await context.db.transaction().execute((transaction) => record(transaction, event('held up')));
    assert.equal(await readOutboxOnce(context.db, { consumer: 'another', handle: async () => assert.fail() }), 0);
    assert.deepEqual(seen, []);
    end();
    await older;
    await eventually(async () => assert.deepEqual(seen, ['held up']));
  } finally {
    end();
    await reading.stop();
  }
});

test('what every consumer has handled is dropped after days, and nothing that one of them has yet to see', async () => {
  await using context = await testContext({ migrations: [] });
  const { db } = context;
  const handle = async () => undefined;
  const left = async () => {
    const { rows } = await sql<{ id: string }>`SELECT subject_id AS id FROM platform.outbox ORDER BY position`.execute(
      db,
    );
    return rows.map(({ id }) => id).join();
  };
  const write = (id: string) => db.transaction().execute((transaction) => record(transaction, event(id)));
  const age = (days: number) => sql`UPDATE platform.outbox SET at = now() - make_interval(days => ${days})`.execute(db);
  const read = (consumer: string) =>
    eventually(async () => assert.equal(await readOutboxOnce(db, { consumer, handle }), 1));
  await write('1');
  await age(8);
  assert.equal(await dropHandledEvents(db), 0, 'nobody has read');
  await read('fast');
  await read('slow');
  await write('2');
  await age(8);
  await read('fast');
  assert.equal(await dropHandledEvents(db), 1);
  assert.equal(await left(), '2', 'the slow one has yet to see it');
  await read('slow');
  await age(6);
  assert.equal(await dropHandledEvents(db), 0, 'for a week they stay');
  await age(8);
  assert.equal(await dropHandledEvents(db), 1);
  await write('3');
  await read('slow');
});
