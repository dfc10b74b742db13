import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { record } from '@edutrust/testing/events';
import { findWitnessAlarms, openWitness, witnessOnce } from './witness.ts';

const actor = { kind: 'system', name: 'test' } as const;

async function happen(context: TestContext, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await context.db
      .transaction()
      .execute((tx) => record(tx, { type: 'test.happened', actor, subject: { kind: 'thing', id: String(index) } }));
    await context.ledger.integrate();
  }
}

async function world() {
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-witness-'));
  const context = await testContext({ migrations: [], environment: { EDUTRUST_WITNESS: join(folder, 'witness') } });
  const witness = openWitness(join(folder, 'witness'), context.clock);
  const later = { now: () => new Date(Date.now() + 11 * 60_000) };
  return {
    context,
    witness,
    verify: async () => context.ledger.verify('audit', { witnessed: await witness.notes('audit') }),
    /** Codes of what an operator is told, eleven minutes from now. */
    alarms: async () =>
      (await findWitnessAlarms({ ...context, clock: later }))
        .filter(({ isWarning }) => !isWarning)
        .map(({ code }) => code),
    [Symbol.asyncDispose]: async () => {
      await context[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

test('L8: a log that was rewritten whole, with the real key, and one whose tail was cut off are found by what the system kept elsewhere', async () => {
  await using kept = await world();
  const { context, witness, verify, alarms } = kept;
  await happen(context, 10);
  await witnessOnce(context, witness);
  assert.ok((await verify()).intact);
  assert.deepEqual(await alarms(), []);

  await context.pool.query('CREATE TABLE kept_leaf AS TABLE platform.ledger_leaf');
  // The tail with everything that knows of it.
  await context.pool.query(`
    DELETE FROM platform.ledger_entry WHERE id IN (SELECT entry_id FROM platform.ledger_leaf WHERE log = 'audit' AND index >= 7);
    DELETE FROM platform.ledger_leaf WHERE log = 'audit' AND index >= 7;
    DELETE FROM platform.ledger_checkpoint WHERE log = 'audit' AND size > 7;
    UPDATE platform.ledger_tile SET hashes = substring(hashes FROM 1 FOR 7 * 32) WHERE log = 'audit'`);
  assert.ok((await context.ledger.verify('audit')).intact, 'the database alone does not show it');
  assert.equal((await verify()).intact, false);
  assert.deepEqual(await alarms(), ['witness-differs']);

  // Everything anew, signed by our own sequencer, longer than before.
  await context.pool.query(
    'TRUNCATE platform.ledger_entry, platform.ledger_leaf, platform.ledger_tile, platform.ledger_checkpoint, platform.ledger_pending',
  );
  await happen(context, 12);
  assert.ok((await context.ledger.verify('audit')).intact);
  await witnessOnce(context, witness);
  assert.equal((await witness.notes('audit')).length, 1, 'the forged log is not witnessed');
  assert.equal((await verify()).intact, false);
  assert.deepEqual(await alarms(), ['witness-differs']);
});

test('L8: a witness that falls behind or cannot be written is an alarm; without one, or on the same disk, a warning', async () => {
  await using kept = await world();
  const { context, witness, alarms } = kept;
  await happen(context, 3);
  assert.deepEqual(await alarms(), ['witness-stale']);
  await witnessOnce(context, witness);
  assert.deepEqual(await alarms(), []);
  await happen(context, 1);
  assert.deepEqual(await alarms(), ['witness-stale']);
  const of = async (config: object) =>
    (await findWitnessAlarms({ ...context, config: { ...context.config, ...config } })).map(({ code, isWarning }) => [
      code,
      isWarning,
    ]);
  assert.deepEqual(await of({ witnessDirectory: '/etc/hostname/witness' }), [['witness-unwritable', undefined]]);
  assert.deepEqual(await of({ witnessDirectory: undefined }), [['witness-none', true]]);
  assert.deepEqual(await of({ dataDirectory: witness.folder }), [['witness-same-disk', true]]);
});

test('L8: half a line of a process that died is passed over, and a restored backup starts from where it ends', async () => {
  await using kept = await world();
  const { context, witness, verify } = kept;
  await happen(context, 4);
  await witnessOnce(context, witness);
  await appendFile(join(witness.folder, 'audit.jsonl'), '{"at":"2026-11-26T00:00:00.000Z","size":9,"no');
  await happen(context, 4);
  await witnessOnce(context, witness);
  assert.equal((await witness.notes('audit')).length, 2);
  assert.ok((await verify()).intact);
  await witness.restored('audit', 4);
  assert.equal((await witness.notes('audit')).length, 1, 'what came after it cannot be asked for');
  await witness.addRevocations([{ at: '2026-11-26T00:00:00.000Z', serial: '4711', reason: 'keyCompromise' }]);
  assert.deepEqual(
    (await witness.revocations()).map(({ serial }) => serial),
    ['4711'],
  );
});
