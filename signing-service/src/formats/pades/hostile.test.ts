import assert from 'node:assert/strict';
import { createHash, sign } from 'node:crypto';
import { test } from 'node:test';
import { childrenOf, element, explicit, oid, readDer, sequence, tag } from '@edutrust/certs/der';
import { fc } from '@edutrust/testing/property';
import { createAuthority } from '../../../testing/authority.ts';
import { sampledJudge, validatePdf } from '../../../testing/both-judges.ts';
import { appendRevision, hybridPdf, plainObjects, streamPdf, tablePdf } from '../../../testing/pdf-files.ts';
import { sampleTranscript } from '../../templates/transcript/sample.ts';
import { makeTranscript } from '../../templates/transcript/transcript.ts';
import type { ValidationOptions } from '../../validation/validation.ts';
import {
  assembleCms,
  buildSignedAttributes,
  completeSignature,
  prepareSignature,
  signPdf,
  visibleLines,
} from './pades.ts';

const at = new Date('2026-11-23T03:00:00Z');
const authority = createAuthority();
const official = authority.official();
const options: ValidationOptions = {
  anchors: authority.anchors,
  crls: authority.crls,
  at: new Date('2026-12-01T00:00:00Z'),
};
const request = { signerName: 'Trần Thị Bích Phượng', at };
const signed = await signPdf(tablePdf(), request, authority.signerOf(official, at));
const text = signed.toString('latin1');
const textOfObject = (number: number) =>
  [...text.matchAll(new RegExp(`\\n${number} 0 obj\\n([\\s\\S]*?)\\nendobj`, 'gu'))].at(-1)?.[1] ?? '';
const range = /\/ByteRange \[0 (\d+) (\d+) (\d+) *\]/u.exec(text);
const [gapStart = 0, gapEnd = 0, rest = 0] = range?.slice(1).map(Number) ?? [];
/** The range's text replaced by another of the same length: only what is in the dictionary changes. */
const withRange = (numbers: string) =>
  Buffer.from(text.replace(range?.[0] ?? '', `/ByteRange [${numbers}]`.padEnd(range?.[0].length ?? 0)), 'latin1');

async function verdictOf(file: Buffer): Promise<string> {
  return (await validatePdf(file, options)).verdict;
}

/** Shown to be changed, or not readable in one way only: never valid, and never said to carry no signature. */
const isRefused = (verdict: string) => verdict === 'invalid' || verdict === 'indeterminate';

test('the file that all attacks start from is valid, also with a later revision that changes nothing', async () => {
  assert.equal(await verdictOf(signed), 'valid');
  assert.equal(await verdictOf(appendRevision(signed, {})), 'valid');
  assert.equal(await verdictOf(appendRevision(signed, { 4: textOfObject(4) })), 'valid');
});

const stream = (content: string) => `<</Length ${content.length}>>\nstream\n${content}\nendstream`;
const field = (number: number, value: number, rect: string) =>
  `<</Type /Annot /Subtype /Widget /FT /Sig /T (Extra${number}) /V ${value} 0 R /P 3 0 R /F 132 /Rect ${rect}>>`;

/** Later revisions, each changing one thing that no rule allows. */
const laterChanges: readonly (readonly [string, Buffer])[] = [
  [
    'incremental saving: a page’s content replaced',
    appendRevision(signed, { 4: stream('BT /F1 24 Tf 72 720 Td (Bang diem: 9,9) Tj ET') }),
  ],
  [
    'a page’s content list replaced',
    appendRevision(signed, { 3: textOfObject(3).replace('/Contents 4 0 R', '/Contents 8 0 R') }),
  ],
  [
    'a font replaced, so that other letters are shown',
    appendRevision(signed, { 5: '<</Type /Font /Subtype /Type1 /BaseFont /Symbol>>' }),
  ],
  [
    'a page taken away',
    appendRevision(signed, { 2: '<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842]>>' }),
  ],
  [
    'a page added',
    appendRevision(signed, {
      2: '<</Type /Pages /Kids [3 0 R 7 0 R 90 0 R] /Count 3 /MediaBox [0 0 595 842]>>',
      90: textOfObject(7),
    }),
  ],
  [
    'pages swapped',
    appendRevision(signed, { 2: '<</Type /Pages /Kids [7 0 R 3 0 R] /Count 2 /MediaBox [0 0 595 842]>>' }),
  ],
  ['a page turned', appendRevision(signed, { 7: textOfObject(7).replace('/Type /Page ', '/Type /Page /Rotate 180 ') })],
  ['another catalogue', appendRevision(signed, { 90: textOfObject(1) }, { root: '90 0 R' })],
  [
    'an action on opening',
    appendRevision(signed, {
      1: textOfObject(1).replace(/>>$/u, ' /OpenAction <</S /JavaScript /JS (app.alert\\(1\\))>>>>'),
    }),
  ],
  [
    'an annotation over the text',
    appendRevision(signed, {
      7: textOfObject(7).replace(/>>$/u, ' /Annots [90 0 R]>>'),
      90: '<</Type /Annot /Subtype /FreeText /Rect [0 0 595 842] /Contents (9,9)>>',
    }),
  ],
  ['an object freed: hidden', appendRevision(signed, {}, { freed: [8] })],
  ['an object that nothing asks for', appendRevision(signed, { 90: '<</Nothing true>>' })],
  ['objects that no cross-reference lists', appendRevision(signed, {}, { junk: '4 0 obj\n<<>>\nendobj\n' })],
  ['objects hidden by a small /Size', appendRevision(signed, {}, { size: 4 })],
  ['the signature taken out', appendRevision(signed, { 1: '<</Type /Catalog /Pages 2 0 R>>' })],
  ['the description edited', appendRevision(signed, { 6: '<</Title (Khac)>>' })],
  ['an empty revision with a wrong size only', Buffer.concat([signed, Buffer.from('\n\n%%EOF\n')])],
  ['appended bytes', Buffer.concat([signed, Buffer.from('more')])],
  ['appended blanks', Buffer.concat([signed, Buffer.from('\n\n')])],
];

for (const [what, file] of laterChanges) {
  test(`V4, V5: never valid: ${what}`, async () => {
    const { verdict } = await validatePdf(file, options);
    assert.notEqual(verdict, 'valid');
    assert.notEqual(verdict, 'unsigned');
  });
}

/** A further signature field as an attacker adds it, by hand. */
function withField(dictionary: string, extra: Record<number, string> = {}): Buffer {
  const [, form] = /\/AcroForm (<<.*?>>)/u.exec(textOfObject(1)) ?? [];
  const catalog = textOfObject(1).replace(/\/Fields \[(.*?)\]/u, '/Fields [$1 90 0 R]');
  assert.ok(form);
  const page = textOfObject(3).replace(/\/Annots \[(.*?)\]/u, '/Annots [$1 90 0 R]');
  return appendRevision(signed, { 1: catalog, 3: page, 90: dictionary, ...extra });
}

for (const [what, file] of [
  [
    'a text field with a value',
    withField('<</Type /Annot /Subtype /Widget /FT /Tx /T (x) /V (9,9) /P 3 0 R /Rect [0 0 10 10]>>'),
  ],
  [
    'a signature field that shares the first signature',
    withField(field(90, Number(/\/V (\d+) 0 R/u.exec(text)?.[1]), '[0 0 0 0]')),
  ],
  ['a signature field over the whole page', withField(field(90, 91, '[0 0 595 842]'), { 91: '<</Type /Sig>>' })],
  [
    'a signature field whose signature is empty',
    withField(field(90, 91, '[0 0 0 0]'), {
      91: '<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached>>',
    }),
  ],
  [
    'a signature field with an action',
    withField(field(90, 91, '[0 0 0 0]').replace('/F 132', '/F 132 /A <</S /URI /URI (https://x)>>'), {
      91: '<</Type /Sig>>',
    }),
  ],
] as const) {
  test(`V5: never valid: ${what}`, async () => assert.notEqual(await verdictOf(file), 'valid'));
}

test('V5: a good second signature of a stranger makes the file indeterminate, not valid', async () => {
  const stranger = createAuthority();
  const twice = await signPdf(signed, request, stranger.signerOf(stranger.official()));
  const { verdict, signatures } = await validatePdf(twice, options);
  assert.equal(verdict, 'indeterminate');
  assert.equal(signatures[0]?.reasons[0]?.code, 'later-signature-not-valid');
});

test('V5: a signature block that covers a page is not allowed even when its signature is good', async () => {
  const visible = {
    page: 0,
    rect: [0, 0, 595, 842],
    lines: visibleLines({ name: 'A', title: 'B', organisation: 'C', at, verifyAt: 'https://d.vn' }),
  } as const;
  const twice = await signPdf(signed, { ...request, visible }, authority.signerOf(official));
  assert.equal(await verdictOf(twice), 'invalid');
});

test('V5: a later signer’s block over a mark or over another block is shown as such: no longer "unchanged"', async () => {
  const lines = visibleLines({ name: 'A', title: 'B', organisation: 'C', at, verifyAt: 'https://d.vn' });
  const placed = (rect: readonly [number, number, number, number], page = 0) => ({
    ...request,
    visible: { page, rect, lines },
  });
  const later = async (file: Buffer, where: ReturnType<typeof placed>) => {
    const { verdict, signatures } = await validatePdf(
      await signPdf(file, where, authority.signerOf(official)),
      options,
    );
    return [verdict, signatures[0]?.intact, signatures[0]?.reasons[0]?.code];
  };
  // "Bang diem: 8,5" stands at 72 720, 24 points high.
  assert.deepEqual(await later(signed, placed([180, 715, 260, 745])), ['indeterminate', null, 'covered-afterwards']);
  assert.deepEqual(await later(signed, placed([60, 710, 130, 745], 1)), ['indeterminate', null, 'covered-afterwards']);
  assert.deepEqual(await later(signed, placed([300, 90, 540, 160])), ['valid', true, 'passed'], 'where nothing was');
  const seen = await signPdf(tablePdf(), placed([300, 90, 540, 160]), authority.signerOf(official, at));
  assert.deepEqual(await later(seen, placed([320, 100, 400, 130])), ['indeterminate', null, 'covered-afterwards']);
  assert.deepEqual(await later(seen, placed([40, 90, 280, 160])), ['valid', true, 'passed'], 'beside it');
});

test('V5: a mark inside a form that the page uses, moved and scaled, is text too', async () => {
  const inner = 'BT /F1 12 Tf 10 10 Td (8,5) Tj ET';
  const objects = plainObjects({
    3: '<</Type /Page /Parent 2 0 R /Contents 4 0 R /Resources <</Font <</F1 5 0 R>> /XObject <</X 30 0 R>>>>>>',
    4: stream('q 2 0 0 2 100 300 cm /X Do Q'),
    30: `<</Type /XObject /Subtype /Form /BBox [0 0 100 100] /Matrix [1 0 0 1 50 0] /Length ${inner.length}>>\nstream\n${inner}\nendstream`,
  });
  const lines = visibleLines({ name: 'A', title: 'B', organisation: 'C', at, verifyAt: 'https://d.vn' });
  const file = await signPdf(tablePdf(objects), request, authority.signerOf(official, at));
  // (10 10) → moved by the form (60 10) → scaled and moved by the page (220 320)
  for (const [rect, verdict] of [
    [[215, 310, 260, 345], 'indeterminate'],
    [[60, 310, 180, 345], 'valid'],
  ] as const) {
    const visible = { page: 0, rect, lines } as const;
    const twice = await signPdf(file, { ...request, visible }, authority.signerOf(official));
    assert.equal(await verdictOf(twice), verdict, rect.join(' '));
  }
});

test('V5: a signature field that nobody signed draws nothing, neither a new one nor one that was there', async () => {
  const look = `<</Type /XObject /Subtype /Form /BBox [0 0 80 30] /Length 19>>\nstream\nBT (9,9) Tj ET q Q \nendstream`;
  const drawing =
    '<</Type /Annot /Subtype /Widget /FT /Sig /T (X) /P 3 0 R /F 4 /Rect [400 90 480 120] /AP <</N 92 0 R>>>>';
  assert.equal(await verdictOf(withField(drawing, { 92: look })), 'invalid');
  assert.equal(
    await verdictOf(withField(drawing.replace(/ \/AP <<.*?>>/u, ''))),
    'valid',
    'an empty place for a signature',
  );
  const waiting = withField(drawing.replace(/ \/AP <<.*?>>/u, ''));
  const again = await signPdf(waiting, request, authority.signerOf(official, at));
  assert.equal(await verdictOf(appendRevision(again, { 90: drawing, 92: look })), 'invalid');
});

test('shadow attack: an object that the signed document only refers to may not appear later', async () => {
  const waiting = plainObjects({
    3: '<</Type /Page /Parent 2 0 R /Contents [4 0 R 91 0 R] /Resources <</Font <</F1 5 0 R>> /XObject <</X 90 0 R>>>>>>',
  });
  const prepared = await signPdf(tablePdf(waiting), request, authority.signerOf(official));
  assert.equal(await verdictOf(prepared), 'valid');
  for (const objects of [{ 91: stream('BT (9,9) Tj ET') }, { 90: stream('q Q') }]) {
    assert.equal(await verdictOf(appendRevision(prepared, objects)), 'invalid');
  }
});

test('shadow attack: an old object brought back by a cross-reference alone is a change', async () => {
  const hidden = appendRevision(tablePdf(), { 4: stream('BT /F1 24 Tf 72 720 Td (Bang diem: 5,0) Tj ET') });
  const good = await signPdf(hidden, request, authority.signerOf(official));
  assert.equal(await verdictOf(good), 'valid');
  const previous = Number(/startxref\n(\d+)\n%%EOF\n$/u.exec(good.toString('latin1'))?.[1]);
  const first = tablePdf().indexOf('4 0 obj');
  const xref = `xref\n4 1\n${String(first).padStart(10, '0')} 00000 n \ntrailer\n<</Size 500 /Root 1 0 R /Info 6 0 R /Prev ${previous}>>\nstartxref\n${good.length}\n%%EOF\n`;
  assert.equal(await verdictOf(Buffer.concat([good, Buffer.from(xref, 'latin1')])), 'invalid');
});

const last = signed.length;
for (const [what, numbers] of [
  ['three numbers', `0 ${gapStart} ${gapEnd}`],
  ['five numbers', `0 ${gapStart} ${gapEnd} ${rest} 0`],
  ['a negative number', `0 ${gapStart} ${gapEnd} -${rest}`],
  ['a real number', `0 ${gapStart}.0 ${gapEnd} ${rest}`],
  ['a start that is not the first byte', `1 ${gapStart - 1} ${gapEnd} ${rest}`],
  ['overlapping parts', `0 ${gapEnd + 10} ${gapEnd} ${rest}`],
  ['a wider gap', `0 ${gapStart - 4} ${gapEnd} ${rest}`],
  ['a gap that ends later', `0 ${gapStart} ${gapEnd + 1} ${rest - 1}`],
  ['an end before the file’s', `0 ${gapStart} ${gapEnd} ${rest - 20}`],
  ['an end behind the file', `0 ${gapStart} ${gapEnd} ${rest + 1}`],
  ['an end far behind', `0 ${gapStart} ${gapEnd} 9999999999`],
  ['nothing', ''],
  ['the whole file twice', `0 ${last} 0 ${last}`],
] as const) {
  test(`V6: a ByteRange of ${what} is never valid`, async () =>
    assert.equal(await verdictOf(withRange(numbers)), 'invalid'));
}

test('wrapping: the signed parts moved apart around other content are never valid', async () => {
  const middle = '\n4 0 obj\n<</Length 0>>\nstream\n\nendstream\nendobj\n';
  const moved = text.slice(0, gapEnd) + middle + text.slice(gapEnd);
  const widened = moved.replace(
    range?.[0] ?? '',
    `/ByteRange [0 ${gapStart} ${gapEnd + middle.length} ${rest}]`.padEnd(range?.[0].length ?? 0),
  );
  for (const file of [moved, widened]) assert.ok(isRefused(await verdictOf(Buffer.from(file, 'latin1'))));
});

test('V6: /Contents twice, as a name with an escape, or with more than digits is never valid', async () => {
  const contents = text.slice(gapStart, gapEnd);
  for (const other of [
    `${contents.slice(0, -60)}>/Contents <00>`.padEnd(contents.length, ' '),
    `${contents.slice(0, -60)}>/#43ontents <00>`.padEnd(contents.length, ' '),
    `${contents.slice(0, -3)} \n>`,
    `${contents.slice(0, -3)}zz>`,
    `${contents.slice(0, -3)}01>`,
  ]) {
    const file = Buffer.from(text.slice(0, gapStart) + other + text.slice(gapEnd), 'latin1');
    assert.ok(isRefused(await verdictOf(file)));
  }
});

/** Our own CMS with its SignedData taken apart and put together otherwise. */
async function withCms(change: (parts: Buffer[]) => Buffer[]): Promise<Buffer> {
  const { prepared, digest } = prepareSignature(tablePdf(), request);
  const signedAttributes = buildSignedAttributes({ digest, signingCertificate: official.certificate });
  const cms = assembleCms({
    signedAttributes,
    signature: sign('sha256', signedAttributes, official.key),
    algorithm: 'ES256',
    certificates: [official.certificate, authority.people.certificate],
  });
  const [type, wrapped] = childrenOf(readDer(cms), tag.sequence);
  const parts = childrenOf(wrapped?.children()[0], tag.sequence).map(({ bytes }) => bytes);
  assert.ok(type);
  return completeSignature(prepared, sequence(type.bytes, explicit(0, sequence(...change(parts)))));
}

test('V6: a CMS is held to the letter: one signer, detached, its own certificate', async () => {
  assert.equal(await verdictOf(await withCms((parts) => parts)), 'valid');
  const replaced = (index: number, value: Buffer) => (parts: Buffer[]) =>
    parts.map((part, at) => (at === index ? value : part));
  const twoSigners = (parts: Buffer[]) => {
    const [info] = childrenOf(readDer(parts.at(-1) ?? Buffer.alloc(0)), tag.set);
    return [...parts.slice(0, -1), element(tag.set, info?.bytes ?? Buffer.alloc(0), info?.bytes ?? Buffer.alloc(0))];
  };
  const attached = sequence(oid('1.2.840.113549.1.7.1'), explicit(0, element(tag.octetString, Buffer.from('other'))));
  const stranger = authority.official();
  for (const [what, change] of [
    ['two signers', twoSigners],
    ['no signer', replaced(4, element(tag.set))],
    ['content inside', replaced(2, attached)],
    ['another certificate', replaced(3, explicit(0, stranger.certificate))],
    ['no certificate', replaced(3, explicit(0))],
    ['a piece more', (parts: Buffer[]) => [...parts, element(tag.set)]],
  ] as const) {
    assert.notEqual(await verdictOf(await withCms(change)), 'valid', what);
  }
});

test('V6: a certificate of the same name and number, but not the one that was named, is refused', async () => {
  const { prepared, digest } = prepareSignature(tablePdf(), request);
  const signedAttributes = buildSignedAttributes({ digest, signingCertificate: authority.root.certificate });
  const cms = assembleCms({
    signedAttributes,
    signature: sign('sha256', signedAttributes, official.key),
    algorithm: 'ES256',
    certificates: [official.certificate, authority.people.certificate],
  });
  const { verdict, signatures } = await validatePdf(completeSignature(prepared, cms), options);
  assert.deepEqual([verdict, signatures[0]?.reasons[0]?.code], ['indeterminate', 'signer-mismatch']);
});

test('E3: sixty signatures are judged within V4’s time; more than a hundred are beyond the limits', async () => {
  let file: Buffer = tablePdf();
  const small = { ...request, contentsBytes: 3_000 };
  for (let count = 1; count <= 101; count++) {
    file = await signPdf(file, small, authority.signerOf(official));
    if (count !== 60) continue;
    const started = process.cpuUsage(); // a busy machine costs none
    const report = await validatePdf(file, options);
    assert.deepEqual([report.verdict, report.signatures.length], ['valid', 60]);
    assert.ok(process.cpuUsage(started).user < 5_000_000, 'microseconds');
  }
  assert.deepEqual((await validatePdf(file, options)).reasons[0]?.code, 'beyond-limits');
});

const mutations = Number(process.env.EDUTRUST_TEST_MUTATIONS ?? 2_000);

test('V6: of thousands of flipped bytes in several files none leaves a file valid with other signed bytes', async () => {
  const once = await signPdf(streamPdf(), request, authority.signerOf(official, at));
  const files = [
    signed,
    once,
    await signPdf(hybridPdf(), request, authority.signerOf(official)),
    await signPdf(once, request, authority.signerOf(authority.official())),
    await signPdf(await makeTranscript(sampleTranscript), request, authority.signerOf(official, at)),
  ].map((file) => {
    const match = [...file.toString('latin1').matchAll(/\/ByteRange \[0 (\d+) (\d+) (\d+) *\]/gu)].at(-1);
    const [from = 0, to = 0] = match?.slice(1).map(Number) ?? [];
    const digestOf = (bytes: Buffer) =>
      createHash('sha256').update(bytes.subarray(0, from)).update(bytes.subarray(to)).digest('hex');
    return { file, digestOf, good: digestOf(file), contents: [from, to] as const };
  });
  const judge = sampledJudge();
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (which, position, mask, isInContents) => {
        const { file, digestOf, good, contents } = files[which % files.length] ?? assert.fail();
        const bytes = Buffer.from(file);
        // A part of the flips goes into the CMS, which random positions of a large file would seldom hit.
        const at = isInContents
          ? contents[0] + (position % Math.min(4_000, contents[1] - contents[0]))
          : position % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ mask;
        count++;
        const verdict = await judge(bytes, options).then(
          (report) => report.verdict,
          (error: unknown) => {
            // The header was hit: no PDF any more.
            assert.equal((error as { code?: string }).code, 'verify/not-a-pdf');
            return 'invalid';
          },
        );
        if (digestOf(bytes) !== good) assert.notEqual(verdict, 'valid', `byte ${at}`);
      },
    ),
    { numRuns: mutations },
  );
  assert.ok(count >= mutations);
});
