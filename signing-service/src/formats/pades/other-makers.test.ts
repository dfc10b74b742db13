import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthority, ocspResponse } from '../../../testing/authority.ts';
import { validatePdf } from '../../../testing/both-judges.ts';
import { appendRevision, hybridPdf, plainObjects, streamPdf, tablePdf } from '../../../testing/pdf-files.ts';
import { signByHand } from '../../../testing/signing-by-hand.ts';
import type { ValidationOptions } from '../../validation/validation.ts';
import { addValidationData, signPdf, timeStampPdf } from './pades.ts';

/** V14: what other programs write around a good signature, each peculiarity by hand (ISO 32000-1, EN 319 142-1). */

const authority = createAuthority();
const official = authority.official();
const options: ValidationOptions = {
  anchors: authority.anchors,
  crls: authority.crls,
  at: new Date('2026-12-01T00:00:00Z'),
};
const at = new Date('2026-11-23T03:00:00Z');
const request = { signerName: 'A', at };
const signed = await signPdf(tablePdf(), request, authority.signerOf(official, at));
const by = { signer: official, chain: [authority.people] };

const textOf = (file: Buffer, number: number) =>
  [...file.toString('latin1').matchAll(new RegExp(`\\n${number} 0 obj\\n([\\s\\S]*?)\\nendobj`, 'gu'))].at(-1)?.[1] ??
  '';
/** A second signature behind a file, with what its program changes besides. */
function second(file: Buffer, objects: Readonly<Record<number, string>> = {}, field = ''): Buffer {
  const catalog = (objects[1] ?? textOf(file, 1)).replace(/\/Fields \[(.*?)\]/u, '/Fields [$1 90 0 R]');
  const page = (objects[3] ?? textOf(file, 3)).replace(/\/Annots \[(.*?)\]/u, '/Annots [$1 90 0 R]');
  const widget = `<</Type /Annot /Subtype /Widget /FT /Sig /T (Other) /V 91 0 R /P 3 0 R /F 132 /Rect [0 0 0 0] ${field}>>`;
  return signByHand(file, { objects: { ...objects, 1: catalog, 3: page, 90: widget }, value: 91, ...by });
}
/** The last revision's cross-reference with a line before each `startxref`, as iText writes it. */
function withComment(file: Buffer, comment: string): Buffer {
  const at = file.lastIndexOf('startxref', undefined, 'latin1');
  return Buffer.concat([file.subarray(0, at), Buffer.from(`${comment}\n`, 'latin1'), file.subarray(at)]);
}

async function verdictsOf(file: Buffer): Promise<string> {
  const { verdict, signatures } = await validatePdf(file, options);
  return [verdict, ...signatures.map(({ reasons }) => reasons[0]?.code)].join(' ');
}

test('V14: a comment before `startxref` of a later revision is no change; one that holds structure is', async () => {
  const later = appendRevision(signed, { 4: textOf(signed, 4) });
  assert.equal(await verdictsOf(withComment(later, '%iText-Core-9.1.0')), 'valid passed');
  for (const hidden of ['%4 0 obj<<>>endobj', '% trailer', '%xref', '%stream']) {
    assert.equal(await verdictsOf(withComment(later, hidden)), 'invalid changed-afterwards', hidden);
  }
});

for (const [what, objects, field] of [
  ['another date and program in /Info', { 6: '<</Title (Hoc ba) /Producer (Other 1.0) /ModDate (D:20261124)>>' }, ''],
  [
    '/Extensions',
    { 1: textOf(signed, 1).replace(/>>$/u, ' /Extensions <</ESIC <</BaseVersion /1.7 /ExtensionLevel 5>>>>>>') },
    '',
  ],
  ['a newer /Version', { 1: textOf(signed, 1).replace(/>>$/u, ' /Version /2.0>>') }, ''],
  [
    '/DA and /DR of the form',
    {
      1: textOf(signed, 1).replace('/SigFlags 3', '/SigFlags 3 /DA (/Helv 0 Tf 0 g) /DR <</Font <</Helv 92 0 R>>>>'),
      92: '<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>',
    },
    '',
  ],
  ['/DR, /MK and /H of the field', {}, '/DR <<>> /MK <<>> /H /I'],
  ['a font that it does not use', { 92: '<</Type /Font>>' }, ''],
  [
    'a description that says what /Info says',
    { 1: textOf(signed, 1).replace(/>>$/u, ' /Metadata 92 0 R>>'), 92: xmp('Hoc ba') },
    '',
  ],
] as const) {
  test(`V14: a later signer's program that writes ${what} leaves both signatures good`, async () => {
    assert.equal(await verdictsOf(second(signed, objects, field)), 'valid passed passed');
  });
}

function xmp(title: string): string {
  const packet = `<x:xmpmeta><dc:title><rdf:Alt><rdf:li>${title}</rdf:li></rdf:Alt></dc:title></x:xmpmeta>`;
  return `<</Type /Metadata /Subtype /XML /Length ${packet.length}>>\nstream\n${packet}\nendstream`;
}

for (const [what, objects] of [
  ['another title', { 6: '<</Title (Khac) /Producer (Other)>>' }],
  [
    'a description with another title',
    { 1: textOf(signed, 1).replace(/>>$/u, ' /Metadata 92 0 R>>'), 92: xmp('Khac') },
  ],
] as const) {
  test(`V14: a later signer's program that writes ${what} is not settled, and nobody is accused`, async () => {
    assert.equal(await verdictsOf(second(signed, objects)), 'indeterminate metadata-changed-afterwards passed');
  });
}

test('V14: a description that the next program writes anew, with the same words, is no change; with other words it is not settled', async () => {
  const described = await signPdf(
    tablePdf(plainObjects({ 1: '<</Type /Catalog /Pages 2 0 R /Metadata 9 0 R>>', 9: xmp('Hoc ba') })),
    request,
    authority.signerOf(official, at),
  );
  const anew = (title: string, more = '') => {
    const packet = `<x:xmpmeta x:xmptk="other"><rdf:Description xmp:ModifyDate="2026" ${more}>\n<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">\n <rdf:Alt><rdf:li xml:lang="x-default"> ${title}</rdf:li>\n</rdf:Alt></dc:title></rdf:Description></x:xmpmeta>`;
    return `<</Type /Metadata /Subtype /XML /Length ${packet.length}>>\nstream\n${packet}\nendstream`;
  };
  assert.equal(await verdictsOf(second(described, { 9: anew('Hoc ba') })), 'valid passed passed');
  for (const other of [anew('Khac'), anew('Hoc ba', 'dc:title="Khac"'), anew('Hoc ba</rdf:li><rdf:li>Khac')])
    assert.equal(await verdictsOf(second(described, { 9: other })), 'indeterminate metadata-changed-afterwards passed');
});

for (const [what, objects] of [
  ['a catalogue that nothing refers to', { 92: '<</Type /Catalog /Pages 2 0 R>>' }],
  ['a page that nothing refers to', { 92: '<</Type /Page /Parent 2 0 R>>' }],
  ['another open action', { 1: textOf(signed, 1).replace(/>>$/u, ' /OpenAction [3 0 R /Fit]>>') }],
  ['a lower /Version', { 1: textOf(signed, 1).replace(/>>$/u, ' /Version /0.9>>') }],
  ['other content', { 4: textOf(signed, 4).replace('8,5', '9,5') }],
] as const) {
  test(`V14, V5: a good later signature does not cover up ${what}`, async () => {
    assert.equal(await verdictsOf(second(signed, objects)), 'invalid changed-afterwards passed');
  });
}

test('V14: validation data whose lists are written anew by each update, and later time stamps, leave a signature good', async () => {
  let file: Buffer = addValidationData(signed, { crls: authority.crls });
  const store = Number(/\/DSS (\d+) 0 R/u.exec(textOf(file, 1))?.[1]);
  file = await timeStampPdf(file, authority.stampAt(at));
  // The next update moves the lists into objects of their own and leaves the old ones behind.
  const first = textOf(file, store);
  const [list] = /\/CRLs (\[.*?\])/u.exec(first)?.slice(1) ?? [];
  file = appendRevision(
    file,
    { [store]: first.replace(/\/CRLs \[.*?\]/u, '/CRLs 300 0 R'), 300: list ?? '' },
    { size: 600 },
  );
  file = appendRevision(
    file,
    { [store]: first.replace(/\/CRLs \[.*?\]/u, '/CRLs 301 0 R'), 301: list ?? '' },
    { size: 600 },
  );
  file = await timeStampPdf(file, authority.stampAt(at));
  const { verdict, signatures } = await validatePdf(file, { ...options, crls: [] });
  assert.equal(verdict, 'valid', JSON.stringify(signatures.map(({ reasons }) => reasons)));
  assert.equal(signatures[0]?.level, 'B-LTA');
});

test('V14: `startxref` that points at the line end before `xref` is read (node-signpdf)', async () => {
  const text = tablePdf().toString('latin1');
  const place = Number(/startxref\n(\d+)/u.exec(text)?.[1]);
  const early = Buffer.from(text.replace(`startxref\n${place}`, `startxref\n${place - 1}`), 'latin1');
  const file = await signPdf(early, request, authority.signerOf(official, at));
  assert.equal(await verdictsOf(file), 'valid passed');
});

/** A hybrid file whose next revision keeps `/XRefStm` of the first, as programs sign what Word saved. */
function hybridAgain(change: (trailer: string) => string = (trailer) => trailer): Buffer {
  const file = hybridPdf();
  const hidden = /\/XRefStm (\d+)/u.exec(file.toString('latin1'))?.[1];
  const later = appendRevision(file, { 6: '<</Title (Hoc ba) /Producer (Word)>>' }, { size: 11 }).toString('latin1');
  const last = later.lastIndexOf('trailer');
  const trailer = later.slice(last).replace('/Prev', `/XRefStm ${hidden} /Prev`);
  return Buffer.from(later.slice(0, last) + change(trailer), 'latin1');
}

test('V14: /XRefStm that a later revision repeats is read as ISO 32000-1 §7.5.8.4 says: the table first, the stream after it', async () => {
  const file = await signPdf(hybridAgain(), request, authority.signerOf(official, at));
  assert.equal(await verdictsOf(file), 'valid passed');
});

test('V11: certificates of servers, time-stamping units, OCSP responders and authorities sign no document', async () => {
  for (const who of [authority.stamping, authority.people]) {
    const chain = who === authority.stamping ? [] : [authority.root];
    const objects = plainObjects();
    const file = signByHand(tablePdf(objects), {
      objects: {
        1: '<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [90 0 R] /SigFlags 3>>>>',
        3: objects.get(3)?.replace(/>>$/u, ' /Annots [90 0 R]>>') ?? '',
        90: '<</Type /Annot /Subtype /Widget /FT /Sig /T (S) /V 91 0 R /P 3 0 R /F 132 /Rect [0 0 0 0]>>',
      },
      value: 91,
      signer: who,
      chain,
    });
    const { verdict, signatures } = await validatePdf(file, options);
    assert.deepEqual(
      [verdict, signatures[0]?.reasons[0]?.code, signatures[0]?.intact, signatures[0]?.trusted],
      ['indeterminate', 'certificate-not-for-documents', true, false],
    );
  }
});

test('V12: level B-LT is reached only when the file itself tells the status of the whole chain', async () => {
  const levelOf = async (data: Parameters<typeof addValidationData>[1]) =>
    (await validatePdf(addValidationData(signed, data), options)).signatures[0]?.level;
  assert.equal(
    await levelOf({ certificates: [authority.people.certificate] }),
    'B-T',
    'a certificate is no revocation data',
  );
  assert.equal(await levelOf({ crls: authority.crls.slice(0, 1) }), 'B-T', 'half of the chain');
  assert.equal(await levelOf({ crls: authority.crls }), 'B-LT');
});

test('V12: OCSP answers inside the document decide: revoked before the signature is red, good settles it', async () => {
  const [rootList = Buffer.alloc(0)] = authority.crls;
  const bare = { anchors: authority.anchors, crls: [rootList], at: new Date('2026-12-01T00:00:00Z') };
  const made = new Date('2026-11-24T00:00:00Z');
  const saying = async (status: Parameters<typeof ocspResponse>[2], file = signed) => {
    const answered = addValidationData(file, {
      ocspResponses: [ocspResponse(authority.people, official, status, made)],
    });
    const { verdict, signatures } = await validatePdf(answered, bare);
    return [verdict, signatures[0]?.reasons[0]?.code];
  };
  assert.deepEqual((await validatePdf(signed, bare)).signatures[0]?.reasons[0]?.code, 'revocation-unknown');
  assert.deepEqual(await saying('good'), ['valid', 'passed']);
  const before = { revokedAt: new Date('2026-11-20T00:00:00Z') };
  const after = { revokedAt: new Date('2026-11-23T12:00:00Z') };
  assert.deepEqual(await saying(before), ['invalid', 'certificate-revoked']);
  assert.deepEqual(await saying(after), ['valid', 'passed'], 'the time stamp proves that it was signed before');
  // Without a time stamp: by the signer's own word it was signed after the revocation, or it cannot be told.
  const unstamped = await signPdf(tablePdf(), request, authority.signerOf(official));
  assert.deepEqual(await saying(before, unstamped), ['invalid', 'certificate-revoked']);
  assert.deepEqual(await saying(after, unstamped), ['indeterminate', 'revoked-no-proof']);
  // An answer that somebody else signed says nothing.
  const stranger = createAuthority();
  const forged = ocspResponse({ ...authority.people, key: stranger.people.key }, official, before, made);
  const { signatures } = await validatePdf(addValidationData(signed, { ocspResponses: [forged] }), bare);
  assert.equal(signatures[0]?.reasons[0]?.code, 'revocation-unknown');
});

test('V14: a hybrid section that says otherwise than an older one is not settled: two readers would show two documents', async () => {
  const text = hybridPdf().toString('latin1');
  // A revision between lists object 9 anew; the last one repeats the first one's stream, which has it where it was.
  const elsewhere = appendRevision(hybridPdf(), { 9: '<</Shown true>>' }, { size: 11 });
  const stream = /\/XRefStm (\d+)/u.exec(text)?.[1];
  const later = appendRevision(elsewhere, { 6: '<</Title (Hoc ba)>>' }, { size: 11 }).toString('latin1');
  const last = later.lastIndexOf('trailer');
  const both = Buffer.from(
    later.slice(0, last) + later.slice(last).replace('/Prev', `/XRefStm ${stream} /Prev`),
    'latin1',
  );
  await assert.rejects(signPdf(both, request, authority.signerOf(official, at)), { code: 'pdf/malformed' });
});

test('V14: other containers of objects are signed by others too', async () => {
  const streamed = await signPdf(streamPdf(), request, authority.signerOf(official, at));
  assert.equal(await verdictsOf(await signPdf(streamed, request, authority.signerOf(official))), 'valid passed passed');
});
