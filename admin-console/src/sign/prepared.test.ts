import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { digestOfPrepared, fetchPrepared } from './prepared.ts';

/** A prepared file as the server writes it: content, room for the signature, its range last. */
function prepared(content: string, room = '0'.repeat(64)) {
  const head = `%PDF-1.7\n${content}\n9 0 obj\n<</Type /Sig /Contents `;
  const gap = `<${room}>`;
  const tail = (range: string) => `\n/ByteRange [0 ${range.padEnd(33)}]>>\nendobj\n%%EOF\n`;
  const rest = tail('').length;
  const text = `${head}${gap}${tail(`${head.length} ${head.length + gap.length} ${rest}`)}`;
  const signed = head + tail(`${head.length} ${head.length + gap.length} ${rest}`);
  return {
    text,
    bytes: Uint8Array.from(Buffer.from(text, 'latin1')),
    digestHex: createHash('sha256').update(signed, 'latin1').digest('hex'),
  };
}

const nguyet = prepared('(Dang Thi Anh Nguyet 9,5)');
const khue = prepared('(Vo Minh Khue 4,0)');
const digestOfText = (text: string) => digestOfPrepared(Uint8Array.from(Buffer.from(text, 'latin1')));
const serving = (file: { readonly bytes: Uint8Array<ArrayBuffer> }) => async () => new Response(file.bytes);
const session = (file: typeof nguyet) => ({
  id: 's',
  items: [{ requestId: 'r', artefact: 'document' as const, title: 'Học bạ', digestHex: file.digestHex }],
});

test('V15: the phone computes the digest of the file that it draws, and takes the right file', async () => {
  assert.equal(await digestOfPrepared(nguyet.bytes), nguyet.digestHex);
  const [file] = await fetchPrepared(session(nguyet), serving(nguyet));
  assert.deepEqual(file?.bytes, nguyet.bytes);
});

test('V15: another document on the way to the phone is refused, and so is one that does not arrive', async () => {
  await assert.rejects(fetchPrepared(session(khue), serving(nguyet)), /không phải văn bản sẽ ký/);
  const changed = { bytes: Uint8Array.from(nguyet.bytes, (byte, at) => (at === 12 ? byte ^ 1 : byte)) };
  await assert.rejects(fetchPrepared(session(nguyet), serving(changed)), /không phải văn bản sẽ ký/);
  await assert.rejects(
    fetchPrepared(session(nguyet), async () => new Response('', { status: 404 })),
    /Chưa có gì được ký/,
  );
});

test('a server that is too busy for one file is asked again when it says so, and not for ever', async () => {
  const waits: number[] = [];
  const pause = async (seconds: number) => waits.push(seconds);
  const busy = (status: number, after?: string) =>
    new Response('', { status, headers: after ? { 'retry-after': after } : {} });
  const answers = [busy(503, '5'), busy(429, '41'), busy(503), new Response(nguyet.bytes)];
  const [file] = await fetchPrepared(session(nguyet), async () => answers.shift() ?? assert.fail(), pause);
  assert.deepEqual([file?.bytes, waits], [nguyet.bytes, [5, 41, 1]]);
  let asked = 0;
  const never = async () => {
    asked += 1;
    return busy(503, '5');
  };
  await assert.rejects(fetchPrepared(session(nguyet), never, pause), /Chưa có gì được ký/);
  assert.equal(asked, 5);
});

test('V15: what is drawn cannot hide outside the digest: the room for the signature is zeros and nothing else', async () => {
  for (const room of ['0'.repeat(60), '00>/Annots[<00', `${'0'.repeat(63)}1`, `${'0'.repeat(62)} \n`]) {
    const { text, digestHex } = prepared('(Vo Minh Khue 4,0)', room);
    assert.equal((await digestOfText(text)) === digestHex, /^0+$/.test(room), room);
  }
  const range = /\/ByteRange \[0 (\d+) (\d+) (\d+) *\]/.exec(nguyet.text)?.slice(1).map(Number) ?? [];
  const [from = 0, to = 0, rest = 0] = range;
  for (const other of [
    `0 ${from - 4} ${to} ${rest}`,
    `0 ${from} ${to + 4} ${rest - 4}`,
    `0 ${from} ${to} ${rest - 1}`,
    `1 ${from} ${to} ${rest}`,
    `0 ${to} ${from} ${rest}`,
    '0 0 0 0',
    '',
  ]) {
    const text = nguyet.text.replace(/\[0 \d+ \d+ \d+ *\]/, `[${other.padEnd(35)}]`);
    assert.equal(await digestOfText(text), undefined, other);
  }
  assert.equal(await digestOfText('no PDF'), undefined);
});

test('V15: data that names another document than the one that is drawn is refused, however well its own digest fits', async () => {
  const made = nguyet.text.slice(0, 20);
  const data = (of: string) => {
    const digest = createHash('sha256').update(of, 'latin1').digest('hex');
    const bound = `<Document length="${of.length}" mediaType="application/pdf" sha256="${digest}"></Document>`;
    const content = `<BoundReport xmlns="urn:edutrust:bound-report:1"><Data></Data>${bound}</BoundReport>`;
    const signature = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="s"></ds:Signature>';
    return {
      bytes: Uint8Array.from(Buffer.from(content.replace('</BoundReport>', `${signature}</BoundReport>`))),
      digestHex: createHash('sha256').update(content).digest('hex'),
    };
  };
  const fetched = (file: ReturnType<typeof data>) => {
    const [document] = session(nguyet).items;
    const of = { requestId: 'r', artefact: 'data' as const, title: 'Học bạ', digestHex: file.digestHex };
    return fetchPrepared({ id: 's', items: document ? [document, of] : [] }, async (address) => {
      return new Response(address.endsWith('?artefact=data') ? file.bytes : nguyet.bytes);
    });
  };
  assert.equal((await fetched(data(made))).length, 2);
  await assert.rejects(fetched(data(khue.text.slice(0, 60))), /không thuộc bản PDF này/);
});
