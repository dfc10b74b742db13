import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthority } from '../../../testing/authority.ts';
import { validatePdf } from '../../../testing/both-judges.ts';
import { plainObjects, tablePdf } from '../../../testing/pdf-files.ts';
import { signByHand } from '../../../testing/signing-by-hand.ts';
import type { ValidationOptions } from '../../validation/validation.ts';

/** What one trusted signer draws over what another has signed, and how it may try not to look like it. */

const authority = createAuthority();
const signer = { signer: authority.official(), chain: [authority.people] };
const options: ValidationOptions = {
  anchors: authority.anchors,
  crls: authority.crls,
  at: new Date('2026-12-01T00:00:00Z'),
};

const stream = (content: string, entries = '') =>
  `<<${entries} /Length ${content.length}>>\nstream\n${content}\nendstream`;
const lookOf = (content: string) => stream(content, '/Type /XObject /Subtype /Form /BBox [0 0 100 30]');
const white = '1 g 0 0 100 30 re f';
const formOf = (fields: string, more = '') => `<</Fields [${fields}] /SigFlags 3 ${more}>>`;
const firstField = (value = '') =>
  `<</Type /Annot /Subtype /Widget /FT /Sig /T (First) /P 3 0 R /F 132 /Rect [0 0 0 0] ${value}>>`;
const [page1 = '', page2 = ''] = [plainObjects().get(3), plainObjects().get(7)];
const annots = (page: string, list: string, more = '') => page.replace(/>>$/u, ` /Annots ${list} ${more}>>`);
/** "Bang diem: 8,5", 24 points high, is all that the first page shows. */
const overMark = '/Rect [180 715 280 745]';
const aside = '/Rect [300 90 400 120]';

/** Signed by the first signer. */
function first(objects: Readonly<Record<number, string>> = {}, entries = ''): Buffer {
  const all = {
    1: '<</Type /Catalog /Pages 2 0 R /AcroForm 24 0 R>>',
    3: annots(page1, '[25 0 R]'),
    7: annots(page2, '[]'),
    24: formOf('25 0 R'),
    25: firstField(),
    ...objects,
  };
  return signByHand(tablePdf(plainObjects(all)), {
    objects: {
      25: firstField('/V 40 0 R'),
      ...(entries ? { 1: `${all[1].slice(0, -2)} /Perms <</DocMDP 40 0 R>>>>` } : {}),
    },
    value: 40,
    entries,
    ...signer,
  });
}
const certified = (level: number, objects: Readonly<Record<number, string>> = {}) =>
  first(
    objects,
    `/Reference [<</Type /SigRef /TransformMethod /DocMDP /TransformParams <</Type /TransformParams /V /1.2 /P ${level}>>>>]`,
  );
const block = (more: string) =>
  `<</Type /Annot /Subtype /Widget /FT /Sig /T (Second) /F 4 /V 41 0 R /AP <</N 92 0 R>> ${more}>>`;
/** Signed by the second, whose block is object 90 and draws white. */
const second = (file: Buffer, objects: Readonly<Record<number, string>>, type: 'Sig' | 'DocTimeStamp' = 'Sig') =>
  signByHand(file, {
    objects: { 24: formOf('25 0 R 90 0 R'), 92: lookOf(white), ...objects },
    value: 41,
    type,
    ...signer,
  });
/** On the first page of a file whose other objects are given. */
const onPage1 = (place: string, objects: Readonly<Record<number, string>> = {}, page = page1) =>
  second(first({ ...objects, 3: annots(page, '[25 0 R]') }), {
    3: annots(page, '[25 0 R 90 0 R]'),
    90: block(`/P 3 0 R ${place}`),
  });
const waiting = (place: string, objects: Readonly<Record<number, string>> = {}) =>
  signByHand(
    first({
      3: annots(page1, '[25 0 R 90 0 R]'),
      24: formOf('25 0 R 90 0 R'),
      90: block(`/P 3 0 R ${place}`).replace('/V 41 0 R /AP <</N 92 0 R>>', ''),
      ...objects,
    }),
    { objects: { 90: block(`/P 3 0 R ${place}`), 92: lookOf(white) }, value: 41, ...signer },
  );
const content = 'BT /F1 24 Tf 72 720 Td (Bang diem: 8,5) Tj ET';
const withPicture = page1.replace('/Resources <<', '/Resources <</XObject <</I 30 0 R>> ');
const picture = {
  30: stream('x', '/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray'),
};
const field = (more: string) =>
  `<</Type /Annot /Subtype /Widget /FT /Tx /T (Mark) /V (9,9) /P 3 0 R /AP <</N 28 0 R>> ${more}>>`;
const formed = (more: string, form = '/DA (/Helv 12 Tf 0 g)') => ({
  3: annots(page1, '[25 0 R 27 0 R]'),
  24: formOf('25 0 R 27 0 R', form),
  27: field(more),
  28: lookOf('/Tx BMC BT (1,0) Tj ET EMC'),
});
const overForm = (file: Buffer, form: string) =>
  second(file, {
    3: annots(page1, '[25 0 R 27 0 R 90 0 R]'),
    24: formOf('25 0 R 27 0 R 90 0 R', form),
    90: block(`/P 3 0 R ${aside}`),
  });
const hex = (text: string) => `${Buffer.from(text).toString('hex')}>`;

/** Whole groups of four bytes; the last one is filled with blanks. */
const base85 = (text: string) => {
  const bytes = Buffer.from(text.padEnd(Math.ceil(text.length / 4) * 4));
  const groups = Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readUInt32BE(at * 4));
  const letters = (value: number) =>
    [4, 3, 2, 1, 0].map((power) => String.fromCharCode(33 + (Math.floor(value / 85 ** power) % 85)));
  return `${groups.flatMap(letters).join('')}~>`;
};

for (const [what, file, code] of [
  ['beside everything', onPage1(aside), 'passed'],
  [
    'on the page that lists it, whatever page it names',
    second(first({ 4: stream('q Q') }), { 7: annots(page2, '[90 0 R]'), 90: block(`/P 3 0 R ${overMark}`) }),
    'covered-afterwards',
  ],
  [
    'on a second page that lists it, too',
    second(first({ 4: stream('q Q') }), {
      3: annots(page1, '[25 0 R 90 0 R]'),
      7: annots(page2, '[90 0 R]'),
      90: block(`/P 3 0 R ${overMark}`),
    }),
    'covered-afterwards',
  ],
  [
    'on two pages that share their list of annotations',
    second(
      first({ 3: annots(page1, '26 0 R').replace('/Contents 4 0 R ', ''), 7: annots(page2, '26 0 R'), 26: '[25 0 R]' }),
      { 26: '[25 0 R 90 0 R]', 90: block(`/P 3 0 R ${overMark}`) },
    ),
    'covered-afterwards',
  ],
  [
    'naming a page of its own',
    second(first(), {
      3: annots(page1, '[25 0 R 90 0 R]'),
      90: block(`/P 93 0 R ${overMark}`),
      93: '<</Type /Page /MediaBox [0 0 9000 9000]>>',
    }),
    'covered-afterwards',
  ],
  [
    'as large as the page, naming a huge one',
    second(first(), {
      3: annots(page1, '[25 0 R 90 0 R]'),
      90: block('/P 93 0 R /Rect [0 0 595 842]'),
      93: '<</Type /Page /MediaBox [0 0 9000 9000]>>',
    }),
    'changed-afterwards',
  ],
  [
    'as large as what is shown of a huge page',
    onPage1(
      '/Rect [0 0 595 842]',
      {},
      page1.replace('/Contents 4 0 R', '/MediaBox [0 0 5000 5000] /CropBox [0 0 595 842]'),
    ),
    'changed-afterwards',
  ],
  [
    'whose place is written as references',
    second(first(), {
      3: annots(page1, '[25 0 R 90 0 R]'),
      90: block('/P 3 0 R /Rect [93 0 R 94 0 R 95 0 R 96 0 R]'),
      93: '180',
      94: '715',
      95: '280',
      96: '745',
    }),
    'covered-afterwards',
  ],
  [
    'over text in hexadecimal',
    onPage1(overMark, { 4: stream(hex(content), '/Filter /ASCIIHexDecode') }),
    'covered-afterwards',
  ],
  [
    'over text in base 85',
    onPage1(overMark, { 4: stream(base85(content), '/Filter /ASCII85Decode') }),
    'covered-afterwards',
  ],
  [
    'over text in runs of bytes',
    onPage1(overMark, {
      4: stream(hex(String.fromCharCode(content.length - 1) + content), '/Filter [/ASCIIHexDecode /RunLengthDecode]'),
    }),
    'covered-afterwards',
  ],
  [
    'over text through a filter that is not known',
    onPage1(overMark, { 4: stream(content, '/Filter /JBIG2Decode') }),
    'covered-afterwards',
  ],
  [
    'over text behind an inline image that holds the mark of its end',
    onPage1(overMark, { 4: stream(`q BI /W 4 /H 1 /BPC 8 /CS /G /I false ID (EI] EI Q ${content}`) }),
    'covered-afterwards',
  ],
  [
    'over text behind content that is not by the book',
    onPage1(overMark, { 4: stream(`} ${content}`) }),
    'covered-afterwards',
  ],
  [
    'over the end of a line in a composite font',
    onPage1('/Rect [360 715 400 745]', {
      4: stream(`BT /F1 24 Tf 72 720 Td <${'0001'.repeat(12)}0002> Tj ET`),
      5: '<</Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H /DescendantFonts [31 0 R]>>',
      31: '<</Type /Font /Subtype /CIDFontType2 /BaseFont /A /W [1 [1000] 2 2 500]>>',
    }),
    'covered-afterwards',
  ],
  [
    'over a picture',
    onPage1(overMark, { ...picture, 4: stream('q 200 0 0 40 100 700 cm /I Do Q') }, withPicture),
    'covered-afterwards',
  ],
  [
    'beside a picture',
    onPage1(aside, { ...picture, 4: stream('q 200 0 0 40 100 700 cm /I Do Q') }, withPicture),
    'passed',
  ],
  ['in a place that waited over the mark', waiting(overMark), 'covered-afterwards'],
  [
    'in a place that waited over the page',
    waiting('/Rect [0 0 595 842]', { 4: stream('0 0 m 100 100 l S') }),
    'covered-afterwards',
  ],
  [
    'in a place that waited over dots',
    waiting(overMark, { 4: stream('BT /F1 24 Tf 72 720 Td (...............................) Tj ET') }),
    'passed',
  ],
  ['in a place that waited beside everything', waiting(aside), 'passed'],
  [
    'with fields that are to be drawn anew',
    overForm(first(formed('/Rect [50 200 150 220]')), '/DA (/Helv 12 Tf 0 g) /NeedAppearances true'),
    'form-filled-afterwards',
  ],
  [
    'with the colour of fields that have none of their own',
    overForm(
      first(formed('/Rect [50 200 150 220]', '/DA (/Helv 12 Tf 0 g) /NeedAppearances true')),
      '/DA (/Helv 12 Tf 1 g) /NeedAppearances true',
    ),
    'form-filled-afterwards',
  ],
  [
    'with a default look that no field asks for',
    overForm(first(formed('/Rect [50 200 150 220] /DA (/Helv 9 Tf)')), '/DA (/Helv 12 Tf 1 g)'),
    'passed',
  ],
] as const) {
  test(`V5: a block ${what}: ${code}`, async () => {
    const { signatures } = await validatePdf(file, options);
    const [signature] = signatures.filter((one) => one.field === 'First');
    assert.equal(signature?.reasons[0]?.code, code, JSON.stringify(signature?.reasons));
    assert.equal(signature?.intact, code === 'passed' ? true : code === 'changed-afterwards' ? false : null);
  });
}

test('a block on a page that is one picture is told: what it hides there nobody can say', async () => {
  const file = onPage1(overMark, { ...picture, 4: stream('q 595 0 0 842 0 0 cm /I Do Q') }, withPicture);
  const { verdict, signatures } = await validatePdf(file, options);
  assert.equal(verdict, 'valid');
  assert.deepEqual(
    signatures.map(({ warnings }) => warnings.map(({ code }) => code)),
    [['block-over-scan'], []],
  );
});

const commented = (kind: string, look: string) =>
  second(certified(3), {
    3: annots(page1, '[25 0 R 80 0 R 90 0 R]'),
    80: `<</Type /Annot /Subtype /${kind} ${overMark} /F 4 /QuadPoints [180 745 280 745 180 715 280 715] /AP <</N 81 0 R>>>>`,
    81: look,
    90: block(`/P 3 0 R ${aside}`),
  });
const filled = (before: string, after: string, look: string, level = 2) =>
  second(certified(level, { ...formed(before), 28: lookOf('q Q') }), {
    3: annots(page1, '[25 0 R 27 0 R 90 0 R]'),
    24: formOf('25 0 R 27 0 R 90 0 R', '/DA (/Helv 12 Tf 0 g)'),
    27: field(after),
    28: lookOf(look),
    90: block(`/P 3 0 R ${aside}`),
  });

for (const [what, file, verdict] of [
  [
    'P3: a highlight that lets the text through',
    commented(
      'Highlight',
      stream(
        '/G gs 1 1 0 rg 0 0 100 30 re f',
        '/Type /XObject /Subtype /Form /BBox [0 0 100 30] /Resources <</ExtGState <</G <</BM /Multiply>>>>>>',
      ),
    ),
    'valid',
  ],
  ['P3: a line through the text', commented('StrikeOut', lookOf('1 w 0 15 m 100 15 l S')), 'valid'],
  ['P3: a highlight that hides the text', commented('Highlight', lookOf(white)), 'indeterminate'],
  [
    'P3: a highlight as a polygon that hides the text',
    commented('Highlight', lookOf('1 g 0 0 m 100 0 l 100 30 l 0 30 l f')),
    'indeterminate',
  ],
  ['P3: a line as thick as the text', commented('StrikeOut', lookOf('1 G 30 w 0 15 m 100 15 l S')), 'indeterminate'],
  [
    'P3: a highlight that shows another mark',
    commented('Highlight', lookOf('BT /F1 24 Tf (9,9) Tj ET')),
    'indeterminate',
  ],
  ['P2: a field filled in', filled('/Rect [50 200 150 220]', '/Rect [50 200 150 220]', white), 'valid'],
  [
    'P2: a field filled in over dots and text that stay to be seen',
    filled(overMark, overMark, 'BT (9,9) Tj ET'),
    'valid',
  ],
  ['P2: a field filled in, over text that is hidden by it', filled(overMark, overMark, white), 'indeterminate'],
  ['P2: a field that was hidden', filled(`/F 2 ${overMark}`, `/F 4 ${overMark}`, 'BT (9,9) Tj ET'), 'invalid'],
  [
    'P1: an approval that calls itself a time stamp',
    second(certified(1), { 3: annots(page1, '[25 0 R 90 0 R]'), 90: block(`/P 3 0 R ${aside}`) }, 'DocTimeStamp'),
    'invalid',
  ],
] as const) {
  test(`V13: ${what}: ${verdict}`, async () => {
    const { signatures } = await validatePdf(file, options);
    const [signature] = signatures.filter((one) => one.field === 'First');
    assert.equal(signature?.verdict, verdict, JSON.stringify(signature?.changesAfter));
  });
}

test('V5: objects in the data of another object, and a table that some readers count otherwise, are never taken for nothing', async () => {
  const hidden = second(first(), {
    3: annots(page1, '[25 0 R 90 0 R]'),
    90: block(`/P 3 0 R ${aside}`),
    92: lookOf(`q Q\n4 0 obj\n${stream('BT /F1 24 Tf 72 720 Td (Bang diem: 9,9) Tj ET')}\nendobj\n`),
  });
  const { verdict, signatures } = await validatePdf(hidden, options);
  assert.deepEqual([verdict, signatures[0]?.reasons[0]?.code], ['invalid', 'changed-afterwards']);
  const moved = Buffer.from(first().toString('latin1').replace('xref\n0 ', 'xref\n1 '), 'latin1');
  assert.deepEqual((await validatePdf(moved, options)).reasons[0]?.code, 'unreadable');
});
