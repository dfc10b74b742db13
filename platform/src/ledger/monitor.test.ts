import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { createHttpServer } from '../http/http.ts';
import { addRoutes } from '../http/route.ts';
import { type FetchPath, monitorLogs, type SeenLogs } from './monitor.ts';
import { ledgerRoutes } from './routes.ts';

/** L3: somebody outside who visits now and then notices what an operator with the database and the key does to a log. */

async function visited(context: TestContext): Promise<FetchPath> {
  const app = await createHttpServer({
    ...context,
    gate: { authenticate: async () => null, can: async () => false },
    readiness: {},
    metrics: async () => '',
  });
  addRoutes(app, ledgerRoutes(context));
  await app.ready();
  return async (path) => {
    const answer = await app.inject({ method: 'GET', url: path });
    if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode}`);
    return answer.rawPayload;
  };
}

async function addLeaves({ db, ledger }: TestContext, count: number, what: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    for (let index = 0; index < count; index += 1)
      await ledger.append(tx, 'signatures', Buffer.from(`${what} ${index}`));
  });
  while ((await ledger.integrate()) > 0);
}

const problemsOf = async (fetchPath: FetchPath, seen: SeenLogs) => {
  const { findings } = await monitorLogs(fetchPath, seen);
  return findings.flatMap(({ log, problem }) => (problem ? [`${log}: ${problem}`] : []));
};

test('a log that grows, over tiles of every width, agrees with the visit before', async () => {
  await using context = await testContext({ migrations: [] });
  const fetchPath = await visited(context);
  let seen: SeenLogs = {};
  assert.deepEqual((await monitorLogs(fetchPath, seen)).seen, {}, 'nothing stands in the logs yet');
  for (const count of [1, 5, 250, 1, 300]) {
    await addLeaves(context, count, 'entry');
    const visit = await monitorLogs(fetchPath, seen);
    const [finding] = visit.findings.filter(({ log }) => log === 'signatures');
    assert.deepEqual(finding, { log: 'signatures', size: (seen.signatures?.size ?? 0) + count, added: count });
    seen = visit.seen;
  }
  assert.deepEqual(await problemsOf(fetchPath, seen), []);
});

test('L3: a log that is rewritten, cut, shown in two ways or signed by another key is noticed, and what was known is kept', async () => {
  await using context = await testContext({ migrations: [] });
  const fetchPath = await visited(context);
  await addLeaves(context, 300, 'entry');
  const { seen } = await monitorLogs(fetchPath, {});
  const { pool, ledger } = context;
  const key = ledger.key('signatures');
  const answering =
    (change: Readonly<Record<string, (bytes: Buffer) => Buffer>>): FetchPath =>
    async (path) => {
      const bytes = await fetchPath(path);
      return change[path]?.(Buffer.from(bytes)) ?? bytes;
    };
  const flippedAt = (at: number) => (bytes: Buffer) => {
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };
  const flipped = flippedAt(40);
  for (const [path, change, said] of [
    ['/log/tile/0/000', flipped, /tiles do not lead/],
    ['/log/tile/entries/000', flipped, /its entry \d+ is not the one/],
    ['/log/tile/entries/001.p/44', (bytes) => bytes.subarray(0, 20), /it shows \d entries of 44/],
    ['/log/checkpoint', (bytes) => Buffer.from(bytes.toString().replace('\n300\n', '\n299\n')), /not signed/],
    [
      '/log/key',
      () => Buffer.from(JSON.stringify({ origin: key.origin, publicKey: Buffer.alloc(32, 1).toString('base64') })),
      /another than before/,
    ],
    ['/log/key', () => Buffer.from('{}'), /no key/],
    ['/log/tile/1/000.p/1', flippedAt(3), /tiles do not lead/],
  ] as const satisfies readonly (readonly [string, (bytes: Buffer) => Buffer, RegExp])[]) {
    const state = path.includes('tile') ? {} : seen; // entries and their tiles are read once
    const problems = await problemsOf(answering({ [path]: change }), state);
    assert.equal(problems.length, 1, path);
    assert.match(problems[0] ?? '', said);
    assert.deepEqual((await monitorLogs(answering({ [path]: change }), state)).seen.signatures, state.signatures);
  }
  // Whoever holds the database and the key makes a whole other log, with heads that are signed.
  await pool.query(
    'TRUNCATE platform.ledger_leaf, platform.ledger_tile, platform.ledger_checkpoint, platform.ledger_pending',
  );
  await pool.query('DELETE FROM platform.ledger_entry');
  await addLeaves(context, 299, 'other');
  assert.match((await problemsOf(fetchPath, seen)).join(), /it has 299 entries, and had 300/);
  await addLeaves(context, 1, 'other');
  assert.match((await problemsOf(fetchPath, seen)).join(), /two heads of 300 entries/);
  await addLeaves(context, 50, 'other');
  assert.match((await problemsOf(fetchPath, seen)).join(), /no longer begins with the 300 entries/);
});
