import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { record } from '@edutrust/testing/events';
import { fc } from '@edutrust/testing/property';
import { createPool, kyselyOn } from '../database/database.ts';
import { logNames } from './log-names.ts';
import { parseTilePath } from './routes.ts';
import { openCheckpoint } from './signed-note.ts';
import { CompactRange, hashLeaf, hashNode, rootFromPath } from './tree.ts';

const actor = { kind: 'system', name: 'test' } as const;

/** MTH as RFC 9162 §2.1.1 writes it, without any cleverness: the witness for the tiles. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (!only) throw new Error('empty');
  if (leaves.length === 1) return hashLeaf(only);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return hashNode(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

async function addEvents(context: TestContext, count: number): Promise<void> {
  await context.db.transaction().execute((transaction) =>
    record(
      transaction,
      ...Array.from({ length: count }, (_, index) => ({
        type: 'test.happened' as const,
        actor,
        subject: { kind: 'thing' as const, id: String(index) },
        data: { index, text: 'Đặng Thị Ánh Nguyệt', nested: { b: 1.5, a: [true, null] } },
      })),
    ),
  );
  while ((await context.ledger.integrate()) > 0);
}

test('the compact range has the root of RFC 9162 at every size', () => {
  const leaves = Array.from({ length: 70 }, (_, index) => Buffer.from(String(index)));
  const range = new CompactRange();
  for (const [index, leaf] of leaves.entries()) {
    range.append(hashLeaf(leaf));
    assert.deepEqual(range.root(), naiveRoot(leaves.slice(0, index + 1)));
  }
});

test('tiles, checkpoints and inclusion proofs agree with a naive tree over uneven batches', async () => {
  await using context = await testContext({ migrations: [] });
  const leaves: Buffer[] = [];
  const entryIds: string[] = [];
  for (const count of [1, 2, 253, 1, 300, 70]) {
    const batch = Array.from({ length: count }, (_, index) => Buffer.from(`entry ${leaves.length + index}`));
    for (const leaf of batch) {
      leaves.push(leaf);
      entryIds.push(await context.db.transaction().execute((tx) => context.ledger.append(tx, 'signatures', leaf)));
    }
    await context.ledger.integrate();
  }
  const key = context.ledger.key('signatures');
  for (const index of [0, 1, 2, 255, 256, 257, 500, 626]) {
    const proof = await context.ledger.proofOf(entryIds[index] ?? '');
    assert.equal(proof.index, index);
    const head = openCheckpoint(proof.checkpoint, key);
    assert.ok(head);
    assert.deepEqual(head.root, naiveRoot(leaves.slice(0, head.size)));
    assert.deepEqual(rootFromPath(index, head.size, hashLeaf(leaves[index] ?? Buffer.alloc(0)), proof.path), head.root);
    assert.notDeepEqual(rootFromPath(index, head.size, hashLeaf(Buffer.from('other')), proof.path), head.root);
  }
});

test('L1: an altered, removed, moved or added row is named by its index', async () => {
  await using context = await testContext({ migrations: [] });
  await addEvents(context, 40);
  const { ledger, pool } = context;
  for (const log of logNames) assert.equal((await ledger.verify(log)).intact, true);
  const at = async (index: number) => {
    const { rows } = await pool.query("SELECT entry_id FROM platform.ledger_leaf WHERE log = 'audit' AND index = $1", [
      index,
    ]);
    return rows[0].entry_id as string;
  };
  const [seven, eight] = [await at(7), await at(8)];
  const cases: [string, number, string][] = [
    ['altered data', 7, `UPDATE platform.ledger_entry SET data = '{"index": 8}' WHERE id = '${seven}'`],
    [
      'altered actor',
      7,
      `UPDATE platform.ledger_entry SET actor = '{"kind":"system","name":"nobody"}' WHERE id = '${seven}'`,
    ],
    ['altered time', 7, `UPDATE platform.ledger_entry SET at = at + interval '1 second' WHERE id = '${seven}'`],
    ['removed entry', 7, `DELETE FROM platform.ledger_entry WHERE id = '${seven}'`],
    ['removed place', 8, `DELETE FROM platform.ledger_leaf WHERE entry_id = '${eight}'`],
    ['truncated', 30, "DELETE FROM platform.ledger_leaf WHERE log = 'audit' AND index >= 30"],
    [
      'swapped',
      7,
      `UPDATE platform.ledger_leaf SET index = -1 WHERE entry_id = '${seven}';
       UPDATE platform.ledger_leaf SET index = 7 WHERE entry_id = '${eight}';
       UPDATE platform.ledger_leaf SET index = 8 WHERE entry_id = '${seven}'`,
    ],
    [
      'added',
      40,
      `INSERT INTO platform.ledger_entry (id, log, at, type, actor, subject_kind, subject_id, data)
       SELECT gen_random_uuid(), log, at, type, actor, subject_kind, subject_id, data FROM platform.ledger_entry WHERE id = '${seven}'`,
    ],
  ];
  for (const [name, index, statement] of cases) {
    await keep(context);
    await pool.query(statement);
    const verdict = await ledger.verify('audit');
    assert.ok(!verdict.intact, name);
    assert.equal(verdict.firstBadIndex, index, `${name}: ${verdict.reason}`);
    await restore(context);
    assert.equal((await ledger.verify('audit')).intact, true, `${name} restored`);
  }
});

const tables = ['ledger_entry', 'ledger_leaf', 'ledger_tile', 'ledger_checkpoint'];

async function keep({ pool }: TestContext): Promise<void> {
  for (const table of tables)
    await pool.query(`DROP TABLE IF EXISTS kept_${table}; CREATE TABLE kept_${table} AS TABLE platform.${table}`);
}

async function restore({ pool }: TestContext): Promise<void> {
  for (const table of tables) {
    await pool.query(`DELETE FROM platform.${table}; INSERT INTO platform.${table} SELECT * FROM kept_${table}`);
  }
}

test('L3: a rewrite of rows, tiles and tree heads together is caught by a checkpoint kept elsewhere', async () => {
  await using context = await testContext({ migrations: [] });
  await addEvents(context, 20);
  const { rows } = await context.pool.query(
    "SELECT note FROM platform.ledger_checkpoint WHERE log = 'audit' ORDER BY size DESC LIMIT 1",
  );
  const witnessed: string = rows[0].note;
  // Somebody with every right starts the log anew, with the real key, and leaves out what happened.
  await context.pool.query(
    'TRUNCATE platform.ledger_entry, platform.ledger_leaf, platform.ledger_tile, platform.ledger_checkpoint, platform.ledger_pending',
  );
  await addEvents(context, 25);
  assert.equal((await context.ledger.verify('audit')).intact, true);
  assert.equal((await context.ledger.verify('audit', { witnessed: [witnessed] })).intact, false);
});

test('L7: a tree head that was added, altered, moved, removed or unsigned is named, and blinds nobody to an altered entry', async () => {
  await using context = await testContext({ migrations: [] });
  for (let batch = 0; batch < 6; batch += 1) await addEvents(context, 5);
  const { ledger, pool } = context;
  const alter = `UPDATE platform.ledger_entry SET data = '{"index": 8}'
      WHERE id = (SELECT entry_id FROM platform.ledger_leaf WHERE log = 'audit' AND index = 7);
    UPDATE platform.ledger_tile SET hashes = overlay(hashes PLACING sha256('anything'::bytea) FROM 7 * 32 + 1)
      WHERE log = 'audit' AND level = 0 AND index = 0;`;
  const cases: [string, string][] = [
    ['size 0', `INSERT INTO platform.ledger_checkpoint (log, size, root, note, at) VALUES ('audit', 0, '', 'x', now())`],
    ['size -1', `INSERT INTO platform.ledger_checkpoint (log, size, root, note, at) VALUES ('audit', -1, '', 'x', now())`],
    ['between', `INSERT INTO platform.ledger_checkpoint (log, size, root, note, at) VALUES ('audit', 7, '', 'x', now())`],
    ['beyond', `INSERT INTO platform.ledger_checkpoint (log, size, root, note, at) VALUES ('audit', 99, '', 'x', now())`],
    ['root', `UPDATE platform.ledger_checkpoint SET root = sha256('x'::bytea) WHERE log = 'audit' AND size = 10`],
    ['note', `UPDATE platform.ledger_checkpoint SET note = replace(note, '10', '11') WHERE log = 'audit' AND size = 10`],
    ['other note', `UPDATE platform.ledger_checkpoint SET note = (SELECT note FROM platform.ledger_checkpoint WHERE log = 'audit' AND size = 5) WHERE log = 'audit' AND size = 10`],
    ['moved', `UPDATE platform.ledger_checkpoint SET size = 11 WHERE log = 'audit' AND size = 10`],
    ['removed', `DELETE FROM platform.ledger_checkpoint WHERE log = 'audit' AND size = 15`],
    ['removed first', `DELETE FROM platform.ledger_checkpoint WHERE log = 'audit' AND size = 5`],
    ['removed last', `DELETE FROM platform.ledger_checkpoint WHERE log = 'audit' AND size = 30`],
    ['removed and renumbered', `DELETE FROM platform.ledger_checkpoint WHERE log = 'audit' AND size = 15;
      UPDATE platform.ledger_checkpoint SET previous = 10 WHERE log = 'audit' AND size = 20`],
    ['unlinked', `UPDATE platform.ledger_checkpoint SET link = NULL WHERE log = 'audit' AND size > 10`],
  ]; // biome-ignore format: a table
  for (const [name, statement] of cases) {
    for (const more of ['', alter]) {
      await keep(context);
      await pool.query(`${statement};${more}`);
      const verdict = await ledger.verify('audit');
      assert.ok(!verdict.intact, name);
      await restore(context);
      assert.equal((await ledger.verify('audit')).intact, true, `${name} restored`);
    }
  }
});

/** `EDUTRUST_TEST_SNAPSHOTS=1000` for the whole of L6. */
const snapshots = Number(process.env.EDUTRUST_TEST_SNAPSHOTS ?? 60);

test('L6: verified again and again beside three writers, an untouched log is never called altered', async () => {
  await using context = await testContext({ migrations: [] });
  await addEvents(context, 300);
  const second = createPool(context.databaseUrl, 4); // writers of another process: their commits fall anywhere
  const db = kyselyOn(second);
  let stopped = false;
  let written = 0;
  const write = async () => {
    while (!stopped) {
      await db
        .transaction()
        .execute((tx) => record(tx, { type: 'test.happened', actor, subject: { kind: 'thing', id: 'live' } }));
      written += 1;
      await pause(10 + written / 20); // each verification reads the whole log: it must not outgrow the many of them
    }
  };
  const sequencer = context.ledger.start();
  const writers = [write(), write(), write()];
  try {
    for (let round = 0; round < snapshots; round += 1) {
      const verdict = await context.ledger.verify('audit');
      assert.ok(verdict.intact, JSON.stringify(verdict));
    }
  } finally {
    stopped = true;
    await Promise.all(writers);
    await sequencer.stop();
    await second.end();
  }
  const { rows } = await context.pool.query('SELECT count(*) AS count FROM platform.ledger_leaf');
  assert.ok(rows[0].count > 330, `${rows[0].count} entries: the writers did write`);
});

test('L2: what is rolled back leaves neither effect nor event', async () => {
  await using context = await testContext({ migrations: [] });
  await assert.rejects(
    context.db.transaction().execute(async (transaction) => {
      await record(transaction, { type: 'test.happened', actor, subject: { kind: 'thing', id: '1' } });
      throw new Error('changed my mind');
    }),
  );
  const { rows } = await context.pool.query(
    'SELECT (SELECT count(*) FROM platform.outbox) AS sent, (SELECT count(*) FROM platform.ledger_entry) AS kept',
  );
  assert.deepEqual(rows, [{ sent: 0, kept: 0 }]);
});

test('eight sequencers at once leave no hole and no double', async () => {
  await using context = await testContext({ migrations: [] });
  await Promise.all(
    Array.from({ length: 8 }, async (_, worker) => {
      for (let index = 0; index < 15; index += 1) {
        await context.db
          .transaction()
          .execute((tx) =>
            record(tx, { type: 'test.happened', actor, subject: { kind: 'thing', id: `${worker}/${index}` } }),
          );
        await context.ledger.integrate();
      }
    }),
  );
  while ((await context.ledger.integrate()) > 0);
  assert.deepEqual(await context.ledger.verify('audit'), { intact: true, log: 'audit', size: 120 });
});

test('tile paths are read as C2SP tlog-tiles writes them, and nothing else', () => {
  assert.deepEqual(parseTilePath('0/x001/x234/067'), { level: 0, index: 1234067, width: 256 });
  assert.deepEqual(parseTilePath('entries/000.p/5'), { level: 'entries', index: 0, width: 5 });
  for (const bad of ['64/000', '0/1', '0/000.p/0', '0/000.p/256', '0/000/000', '../000', 'entries/x000'])
    assert.equal(parseTilePath(bad), undefined, bad);
  fc.assert(fc.property(fc.string(), (text) => parseTilePath(text) === undefined || /^[\dextnrisp./]+$/.test(text)));
});
