import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { readContainer } from './container.ts';
import { digestOfPrepared } from './prepared.ts';

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes);
const table = 'Họ tên,Điểm\nNguyễn Thị Ánh,9\n';

/** A manifest as the server writes it. */
function manifest(files: Readonly<Record<string, string>>, number = '001'): string {
  const references = Object.entries(files).map(
    ([name, text]) =>
      `<asic:DataObjectReference URI="${encodeURIComponent(name)}"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>${sha256(text).digest('base64')}</ds:DigestValue></asic:DataObjectReference>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><asic:SigReference URI="META-INF/signature${number}.p7s" MimeType="application/pkcs7-signature"/>${references.join('')}</asic:ASiCManifest>`;
}

/** A ZIP in which nothing is packed; the phone reads the local headers alone. */
function zip(entries: readonly (readonly [string, string])[], method = 0): Uint8Array<ArrayBuffer> {
  const parts = entries.flatMap(([name, text]) => {
    const [title, contents] = [Buffer.from(name), Buffer.from(text)];
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(method, 8);
    head.writeUInt32LE(contents.length, 18);
    head.writeUInt32LE(contents.length, 22);
    head.writeUInt16LE(title.length, 26);
    return [head, title, contents];
  });
  return Uint8Array.from(Buffer.concat([...parts, Buffer.from('504b0102', 'hex')]));
}

const mimetype = ['mimetype', 'application/vnd.etsi.asic-e+zip'] as const;
const prepared = (files: Readonly<Record<string, string>>, signed = files) =>
  zip([mimetype, ...Object.entries(files), ['META-INF/ASiCManifest001.xml', manifest(signed)]]);

test('V15: the phone computes the digest of a container itself, from the files that it shows', async () => {
  const files = { 'điểm 6A (kì 1).csv': table, 'phụ lục.txt': 'a' };
  const read = await readContainer(prepared(files));
  assert.deepEqual(
    read?.files.map(({ name, digestHex }) => [name, digestHex]),
    Object.entries(files).map(([name, text]) => [name, sha256(text).digest('hex')]),
  );
  assert.equal(await digestOfPrepared(prepared(files)), sha256(manifest(files)).digest('hex'));
});

test('V15: what a container may try to have signed unseen is refused', async (t) => {
  const honest = { 'a.csv': table };
  const cases: readonly [string, Uint8Array<ArrayBuffer>][] = [
    ['another file than the manifest says', prepared({ 'a.csv': table.replace('9', '4') }, honest)],
    ['a file that the manifest leaves out', prepared({ ...honest, 'b.csv': 'x' }, honest)],
    ['a file that is not there', prepared(honest, { ...honest, 'b.csv': 'x' })],
    ['another name', prepared({ 'b.csv': table }, honest)],
    [
      'a name twice',
      zip([mimetype, ['a.csv', table], ['a.csv', table], ['META-INF/ASiCManifest001.xml', manifest(honest)]]),
    ],
    [
      'a manifest that is not the last',
      zip([mimetype, ['META-INF/ASiCManifest001.xml', manifest(honest)], ['a.csv', table]]),
    ],
    [
      'a manifest of another number',
      zip([mimetype, ['a.csv', table], ['META-INF/ASiCManifest001.xml', manifest(honest, '002')]]),
    ],
    [
      'a manifest with a comment',
      zip([mimetype, ['a.csv', table], ['META-INF/ASiCManifest001.xml', `${manifest(honest)}<!-- -->`]]),
    ],
    ['packed files', zip([mimetype, ['a.csv', table], ['META-INF/ASiCManifest001.xml', manifest(honest)]], 8)],
    ['no files', prepared({})],
    ['an end in the middle', prepared(honest).slice(0, -60)],
    ['nothing but a header', Uint8Array.from(Buffer.from('504b0304', 'hex'))],
  ];
  for (const [name, bytes] of cases)
    await t.test(name, async () => assert.equal(await digestOfPrepared(bytes), undefined));
});
