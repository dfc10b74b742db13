import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { TestClock } from '@edutrust/testing/clock';
import { type TestContext, testContext } from '@edutrust/testing/context';
import { fc } from '@edutrust/testing/property';
import { createHttpServer } from '../http/http.ts';
import { addRoutes } from '../http/route.ts';
import { cosign } from './cosign.ts';
import { cosignatureOf, cosignedBy, readVerifierKey, verifierKeyText } from './cosignature.ts';
import { createCosigner } from './cosigner.ts';
import {
  type AskedWitness,
  collectCosignatures,
  cosignedCheckpoint,
  type PostToWitness,
  readWitnesses,
} from './cosigning.ts';
import { type FetchPath, monitorLogs } from './monitor.ts';
import { ledgerRoutes } from './routes.ts';
import { CompactRange, consistencyPath, hashLeaf, isConsistent, type ReadTile, rootOf } from './tree.ts';

const newKey = (name: string) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { name, privateKey, publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32) };
};

/** Tiles of a tree in memory, of leaves `prefix 0`, `prefix 1` … */
function treeOf(size: number, prefix = 'leaf'): ReadTile {
  const leaves = Array.from({ length: size }, (_, index) => hashLeaf(Buffer.from(`${prefix} ${index}`)));
  const rootOfRange = (hashes: readonly Buffer[]) => {
    const range = new CompactRange();
    for (const hash of hashes) range.append(hash);
    return range.root();
  };
  return async (level, index) => {
    const width = 256 ** level;
    const found: Buffer[] = [];
    for (let at = index * 256; at < (index + 1) * 256 && (at + 1) * width <= size; at += 1)
      found.push(rootOfRange(leaves.slice(at * width, (at + 1) * width)));
    return Buffer.concat(found);
  };
}
const headOf = async (read: ReadTile, size: number) => ({ size, root: await rootOf(read, size) });

test('a consistency proof holds between any two sizes of one tree, and for no other pair, nor changed in any hash', async () => {
  const whole = treeOf(700);
  const sizes = fc
    .tuple(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 1, max: 700 }))
    .map((two) => two.toSorted((a, b) => a - b));
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(9), async ([from = 0, size = 1], at) => {
      const [old, now] = [await headOf(whole, from), await headOf(whole, size)];
      const path = await consistencyPath(whole, from, size);
      assert.ok(isConsistent(old, now, path));
      if (from > 0) assert.equal(isConsistent({ ...old, root: hashLeaf(old.root) }, now, path), false);
      if (from > 0) assert.equal(isConsistent(old, { ...now, root: hashLeaf(now.root) }, path), false);
      assert.equal(isConsistent(old, now, [...path, hashLeaf(old.root)]), false);
      if (path.length > 0) {
        assert.equal(isConsistent(old, now, path.slice(1)), false);
        const changed = path.map((hash, index) => (index === at % path.length ? hashLeaf(hash) : hash));
        assert.equal(isConsistent(old, now, changed), false);
      }
    }),
    { numRuns: 60 },
  );
});

test('a cosignature is read as C2SP writes it, by its own key, name and time', () => {
  const key = newKey('nhan-chung.example.vn');
  const text = verifierKeyText('witness', key);
  assert.deepEqual(readVerifierKey('witness', text)?.publicKey, key.publicKey);
  assert.equal(readVerifierKey('log', text), undefined, 'the key of a witness is not the key of a log');
  assert.equal(readVerifierKey('witness', text.replace('nhan', 'Nhan')), undefined);
  const at = new Date('2026-11-28T01:00:00Z');
  const note =
    'log.example.vn/signatures\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— log.example.vn/signatures AAAA\n';
  const line = cosign(note, key, at);
  assert.equal(cosignatureOf(`${note}${line}`, key)?.at.getTime(), at.getTime());
  const now = new Date(at.getTime() + 3_600_000);
  assert.deepEqual(
    cosignedBy(`${note}${line}${line}`, [key, { ...key, name: 'ten-khac' }], { now }),
    [key.name],
    'once',
  );
  const refused: readonly (readonly [string, string])[] = [
    ['of another head', `${note.replace('\n7\n', '\n8\n')}${line}`],
    ['by another key under the name', `${note}${cosign(note, { ...newKey(key.name), publicKey: key.publicKey }, at)}`],
    ['with another time', `${note}${line.replace(/(?<=— \S+ .{6})./u, (letter) => (letter === 'A' ? 'B' : 'A'))}`],
    ['as the log itself', note],
  ];
  for (const [what, other] of refused) assert.deepEqual(cosignedBy(other, [key], { now }), [], what);
  assert.deepEqual(cosignedBy(`${note}${line}`, [key], { now, since: new Date(at.getTime() + 1) }), [], 'a stale one');
  assert.deepEqual(
    cosignedBy(`${note}${line}`, [key], { now: new Date(at.getTime() - 600_000) }),
    [],
    'from the future',
  );
});

describe('L9: witnesses of an installation’s logs', () => {
  let context: TestContext;
  let folder = '';
  let fetchPath: FetchPath;
  const clock = new TestClock();
  const names = ['mot.example.vn', 'hai.example.vn', 'ba.example.vn'];
  const keys = names.map(newKey);
  const witnesses: AskedWitness[] = keys.map((key) => ({ ...key, url: `https://${key.name}` }));
  const post: PostToWitness = async (url, body) => {
    const key = keys.find(({ name }) => url === `https://${name}/add-checkpoint`);
    if (!key) throw new Error('away');
    const logs = (['signatures', 'audit', 'accesses'] as const).map((name) => context.ledger.key(name));
    return createCosigner({ key, logs, folder: join(folder, key.name), clock }).addCheckpoint(body);
  };
  const add = async (count: number, what = 'entry') => {
    await context.db.transaction().execute(async (tx) => {
      for (let index = 0; index < count; index += 1)
        await context.ledger.append(tx, 'signatures', Buffer.from(`${what} ${index}`));
    });
    while ((await context.ledger.integrate()) > 0);
  };
  const cosigners = async () => {
    const note = (await cosignedCheckpoint(context.db, 'signatures')) ?? '';
    return [note.split('\n')[1], cosignedBy(note, keys, { now: clock.now() }).toSorted()];
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edutrust-witnesses-'));
    context = await testContext({ migrations: [] });
    const gate = { authenticate: async () => null, can: async () => false };
    const app = await createHttpServer({ ...context, gate, readiness: {}, metrics: async () => '' });
    addRoutes(app, ledgerRoutes(context));
    await app.ready();
    fetchPath = async (path) => {
      const answer = await app.inject({ method: 'GET', url: path });
      if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode}`);
      return answer.rawPayload;
    };
  });
  after(async () => {
    await context[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const since = () => new Date(clock.now().getTime() - 3_600_000);
  const watch = async (quorum: number) => {
    const { findings } = await monitorLogs(
      fetchPath,
      {},
      { witnesses: keys, quorum, now: clock.now(), since: since() },
    );
    return findings.find(({ log }) => log === 'signatures')?.problem;
  };

  test('three witnesses follow the log, also one that was away and one whose answer was lost; what they say is public', async () => {
    for (const count of [3, 300, 1]) {
      await add(count);
      await collectCosignatures(context, witnesses, post);
    }
    assert.deepEqual(await cosigners(), ['304', names.toSorted()]);
    await add(10);
    await collectCosignatures(context, witnesses.slice(0, 2), post);
    await collectCosignatures(context, witnesses.slice(2), async (...asked) => {
      await post(...asked);
      throw new Error('the answer was lost');
    });
    await add(10);
    await collectCosignatures(context, witnesses, post);
    assert.deepEqual(await cosigners(), ['324', names.toSorted()]);
    assert.equal(await watch(3), undefined);
    await add(5);
    assert.equal(await watch(3), undefined, 'the newest head continues the one that they saw');
  });

  test('too few, stale, or of other keys: the monitor says so', async () => {
    clock.moveSeconds(2 * 3_600);
    assert.match((await watch(1)) ?? '', /0 of 1 witnesses/u);
    await add(1);
    await collectCosignatures(context, witnesses.slice(0, 1), post);
    assert.equal(await watch(1), undefined);
    assert.match((await watch(2)) ?? '', /1 of 2 witnesses/u);
    const others = { witnesses: names.map(newKey), quorum: 1, now: clock.now(), since: since() };
    assert.match((await monitorLogs(fetchPath, {}, others)).findings.map(({ problem }) => problem).join(), /0 of 1/u);
  });

  test('what a witness refuses, by the status of its specification', async () => {
    const [first] = keys;
    assert.ok(first);
    const { origin, publicKey } = context.ledger.key('signatures');
    const cosigner = createCosigner({ key: first, logs: [{ origin, publicKey }], folder: join(folder, 'own'), clock });
    const note = (await fetchPath('/log/checkpoint')).toString();
    const ask = async (body: string) => (await cosigner.addCheckpoint(body)).status;
    assert.equal(await ask('what'), 400);
    assert.equal(await ask(`old 01\n\n${note}`), 400);
    assert.equal(await ask(`old 0\n${'AAAA\n'.repeat(3)}\n${note}`), 400);
    assert.equal(await ask(`old 999999\n\n${note}`), 400);
    assert.equal(await ask(`old 0\n\n${note.replace(origin, 'other.example.vn/signatures')}`), 404);
    assert.equal(await ask(`old 0\n\n${note.replace(/\n\d+\n/u, '\n7\n')}`), 403);
    assert.equal(await ask(`old 0\n${hashLeaf(Buffer.of()).toString('base64')}\n\n${note}`), 422);
    assert.equal(await ask(`old 0\n\n${note}`), 200);
    const again = await cosigner.addCheckpoint(`old 0\n\n${note}`);
    assert.deepEqual([again.status, again.type, again.body], [409, 'text/x.tlog.size', `${note.split('\n')[1]}\n`]);
    const two = await Promise.all([1, 2].map(() => cosigner.addCheckpoint(`old ${note.split('\n')[1]}\n\n${note}`)));
    assert.deepEqual(
      two.map(({ status }) => status),
      [200, 200],
      'the same head as often as it is asked for',
    );
    await writeFile(join(folder, 'own', 'heads.json'), 'half');
    await assert.rejects(
      cosigner.addCheckpoint(`old 0\n\n${note}`),
      SyntaxError,
      'who forgot what it saw says nothing',
    );
  });

  test('L9: a log that whoever holds database and key grew anew gets no cosignature, and the monitor sees it without a visit before', async () => {
    const before = await readFile(join(folder, 'mot.example.vn', 'heads.json'), 'utf8');
    const kept = await cosignedCheckpoint(context.db, 'signatures');
    await context.pool.query(
      'TRUNCATE platform.ledger_leaf, platform.ledger_tile, platform.ledger_checkpoint, platform.ledger_pending, platform.ledger_cosignature',
    );
    await context.pool.query('DELETE FROM platform.ledger_entry');
    await add(400, 'forked');
    await collectCosignatures(context, witnesses, post);
    assert.equal(await cosignedCheckpoint(context.db, 'signatures'), undefined);
    assert.equal(await readFile(join(folder, 'mot.example.vn', 'heads.json'), 'utf8'), before);
    assert.match((await watch(1)) ?? '', /0 of 1 witnesses/u);
    const shown: FetchPath = async (path) => (path === '/log/cosigned' ? Buffer.from(kept ?? '') : fetchPath(path));
    const asked = { witnesses: keys, quorum: 1, now: clock.now(), since: since() };
    const { findings } = await monitorLogs(shown, {}, asked);
    assert.match(findings.find(({ log }) => log === 'signatures')?.problem ?? '', /not what witnesses saw/u);
  });

  test('the list of witnesses is keys with addresses, or nothing', () => {
    const [key] = keys;
    const text = key ? verifierKeyText('witness', key) : '';
    assert.deepEqual(
      readWitnesses(`# hai sở\n\n${text} https://a.example.vn/w/\n`)?.map(({ url }) => url),
      ['https://a.example.vn/w'],
    );
    for (const wrong of [text, `${text} ftp://a`, `${text} https://a b`, `x https://a`])
      assert.equal(readWitnesses(wrong), undefined, wrong);
  });
});
