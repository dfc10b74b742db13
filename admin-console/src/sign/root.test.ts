import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { rootOf } from './root.ts';
import { code4Of, mustBeWhatIsShown } from './session.ts';

const filesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    requestId: randomUUID(),
    artefact: index % 3 === 2 ? ('data' as const) : ('document' as const),
    digestHex: createHash('sha256').update(String(index)).digest('hex'),
  }));
type File = ReturnType<typeof filesOf>[number];

const sha256 = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** MTH of RFC 9162 §2.1.1 as it is written there, and as the server computes it. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  const [only = Buffer.alloc(0)] = leaves;
  if (leaves.length === 1) return sha256(Buffer.of(0), only);
  const middle = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, middle)), treeHash(leaves.slice(middle)));
}

const serversRoot = (files: readonly File[]) =>
  treeHash(
    files.map(({ requestId, artefact, digestHex }) =>
      Buffer.from(`{"artefact":"${artefact}","digest":"${digestHex}","request":"${requestId}"}`),
    ),
  ).toString('hex');

test('V15: the phone’s root of any number of files is the server’s, and another file, order or number has another', async () => {
  for (const count of [1, 2, 3, 7, 8, 100, 1000]) {
    const files = filesOf(count);
    const root = await rootOf(files);
    assert.equal(root, serversRoot(files), String(count));
    const [first] = files;
    assert.ok(first);
    for (const other of [
      [{ ...first, digestHex: 'a'.repeat(64) }, ...files.slice(1)],
      [...files, first],
      ...(count > 1 ? [[...files].reverse(), files.slice(1)] : []),
    ])
      assert.notEqual(await rootOf(other), root);
  }
});

test('V15: a list whose root stands for other documents than those that are shown is refused before the passkey is asked', async () => {
  const items = filesOf(3).map((file) => ({
    ...file,
    title: 'Học bạ',
    marks: null,
    mustOpen: true,
    signedAttributes: Buffer.from(`06092a864886f70d01090431220420${file.digestHex}`, 'hex').toString('base64url'),
  }));
  const sessionOf = async (list: object, shown = items) => {
    const text = JSON.stringify(list);
    const challenge = createHash('sha256').update(text).digest();
    return {
      list: text,
      items: shown,
      code4: await code4Of(Uint8Array.from(challenge)),
      assertionOptions: { challenge: challenge.toString('base64url') },
    };
  };
  const root = serversRoot(items);
  await mustBeWhatIsShown(await sessionOf({ root, count: 3 }));
  const [first, second, third] = items;
  assert.ok(first && second && third);
  for (const wrong of [
    sessionOf({ root: serversRoot(items.slice(1)), count: 3 }),
    sessionOf({ root, count: 2 }),
    sessionOf({ root, count: 3 }, [first, second]),
    sessionOf({ root, count: 3 }, [second, first, third]),
    sessionOf({ root, count: 3 }, [first, second, { ...third, signedAttributes: second.signedAttributes }]),
    sessionOf({ root: serversRoot([first, second, third, third]), count: 4 }),
  ])
    await assert.rejects(async () => mustBeWhatIsShown(await wrong), /không khớp/);
});
