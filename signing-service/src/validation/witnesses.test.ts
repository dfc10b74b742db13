import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hashLeaf } from '@edutrust/platform/ledger-proof';
import { validateFile } from '../../testing/both-judges.ts';
import { checkpoint, namedKey, witnessedSignature } from '../../testing/witnessed.ts';

describe('L9: witnesses of the log are counted, on the server and in the browser', () => {
  const made = witnessedSignature();
  const { authority, cms, content, log, proof, first, third, leaf, hashNode, at } = made;
  const witnesses = ['mot.example.vn', 'hai.example.vn', 'ba.example.vn'].map(namedKey);
  const [one, two, three] = witnesses as [(typeof witnesses)[0], (typeof witnesses)[0], (typeof witnesses)[0]];
  const now = new Date('2026-06-01T00:00:00Z');

  /** Who is counted for the file's one signature, when these are asked for and these proofs given. */
  async function counted(proofs: readonly string[], known = witnesses, more: object = {}) {
    const { anchors, crls } = authority;
    const logs = [{ origin: log.name, publicKey: log.publicKey }];
    const options = { anchors, crls, content, logs, at: now, ...more };
    const keys = known.map(({ name, publicKey }) => ({ name, publicKey }));
    const report = await validateFile(cms, options, { witnesses: keys, proofs });
    assert.equal(report.verdict, 'valid', 'whatever witnesses say');
    return report.signatures[0]?.log?.witnesses;
  }

  test('each by its own cosignature on a tree that holds the entry, once, in any order', async () => {
    assert.deepEqual(await counted([proof(witnesses)]), ['ba.example.vn', 'hai.example.vn', 'mot.example.vn']);
    assert.deepEqual(await counted([proof([two]), proof([one, one])]), ['hai.example.vn', 'mot.example.vn']);
    assert.deepEqual(await counted([proof(witnesses)], [three]), ['ba.example.vn'], 'only whom the checker knows');
    assert.deepEqual(await counted([proof([one])], [two, three]), []);
    assert.deepEqual(await counted([proof([])]), []);
  });

  test('where nobody is asked, or there is no proof of the entry, nothing is said', async () => {
    assert.equal(await counted([]), null);
    assert.equal(await counted([proof(witnesses)], []), null);
    assert.equal(await counted(['no proof', '', proof(witnesses).slice(0, 40)]), null);
    assert.equal(await counted([proof(witnesses, { index: 0 })]), null, 'of another entry');
    assert.equal(await counted([proof(witnesses)], witnesses, { logs: [] }), null, 'of a log that nobody knows here');
  });

  test('a log that shows its witnesses another tree than the reader is found out', async () => {
    const other = hashLeaf(Buffer.from('another signature in its place'));
    const fork = checkpoint(log, 3, hashNode(hashNode(first, other), third));
    assert.deepEqual(await counted([proof(witnesses, { note: fork })]), [], 'cosigned, without this signature');
    const shorter = checkpoint(log, 1, first);
    assert.deepEqual(await counted([proof(witnesses, { note: shorter, path: [] })]), [], 'cosigned before it');
    const forged = checkpoint({ ...namedKey(log.name), name: log.name }, 3, hashNode(hashNode(first, leaf), third));
    assert.deepEqual(await counted([proof(witnesses, { note: forged })]), [], 'not the log’s own head');
  });

  test('a cosignature by another key, under a name, of another head or from the future counts for nothing', async () => {
    assert.deepEqual(await counted([proof([namedKey('mot.example.vn')])]), [], 'another key under the name');
    assert.deepEqual(await counted([proof([{ ...one, name: 'la.example.vn' }])]), [], 'the key under another name');
    const lines = proof([one]).split(made.next)[1] ?? '';
    const elsewhere = checkpoint(log, 2, hashNode(first, leaf));
    assert.deepEqual(await counted([proof([], { note: elsewhere, path: [first] }) + lines]), [], 'of another head');
    const when = new Date(now.getTime() + 3_600_000);
    assert.deepEqual(await counted([proof([one], { when })]), []);
    assert.deepEqual(await counted([proof([one], { when: at })]), ['mot.example.vn']);
    const broken = proof([one]).replace(/(?<=— mot\.example\.vn .{40})./u, (letter) => (letter === 'A' ? 'B' : 'A'));
    assert.deepEqual(await counted([broken]), []);
  });
});
