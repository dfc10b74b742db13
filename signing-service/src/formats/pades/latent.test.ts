import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthority } from '../../../testing/authority.ts';
import { validatePdf } from '../../../testing/both-judges.ts';
import { plainObjects, tablePdf } from '../../../testing/pdf-files.ts';
import { sampleTranscript } from '../../templates/transcript/sample.ts';
import { makeTranscript } from '../../templates/transcript/transcript.ts';
import { signPdf } from './pades.ts';

/** V4: what a shadow attack prepares before somebody signs is told, and decides nothing by itself. */

const at = new Date('2026-11-23T03:00:00Z');
const authority = createAuthority();
const official = authority.official();
const options = { anchors: authority.anchors, crls: authority.crls, at: new Date('2026-12-01T00:00:00Z') };

const stream = (content: string, entries = '') =>
  `<<${entries} /Length ${content.length}>>\nstream\n${content}\nendstream`;
const text = 'BT /F1 24 Tf 72 720 Td (Bang diem: 8,5) Tj ET';
const page = (entries: string) =>
  `<</Type /Page /Parent 2 0 R /Contents 4 0 R /Resources <</Font <</F1 5 0 R>> /XObject <</X1 10 0 R>> /ExtGState <</G1 <</ca 0.3>>>>>> ${entries}>>`;
const form = (content: string) => stream(content, '/Type /XObject /Subtype /Form /BBox [0 0 300 40]');
const image = (entries: string) =>
  stream(
    'x',
    `/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray ${entries}`,
  );
const over = '/Rect [60 710 360 750] /F 4 /AP <</N 10 0 R>>';
const withNote = '/Annots [9 0 R]';
const catalog = (entries: string) => `<</Type /Catalog /Pages 2 0 R ${entries}>>`;

async function warningsOf(objects: Readonly<Record<number, string>>): Promise<readonly string[]> {
  const file = await signPdf(
    tablePdf(plainObjects(objects)),
    { signerName: 'A', at },
    authority.signerOf(official, at),
  );
  const { verdict, signatures } = await validatePdf(file, options);
  assert.equal(verdict, 'valid');
  return (signatures[0]?.warnings ?? []).map(({ code }) => code);
}

const kinds: readonly (readonly [string, string, Readonly<Record<number, string>>])[] = [
  [
    'text below a picture of the page',
    'text-under-something',
    { 3: page(''), 4: stream(`${text} q 300 0 0 40 60 710 cm /X1 Do Q`), 10: image('') },
  ],
  [
    'text below a filled rectangle',
    'text-under-something',
    { 3: page(''), 4: stream(`${text} 1 g 60 710 300 40 re f`) },
  ],
  [
    'text below a picture inside a form, moved there by its matrix',
    'text-under-something',
    {
      3: page(''),
      4: stream(`${text} /X1 Do`),
      10: stream(
        'q 300 0 0 40 0 0 cm /X2 Do Q',
        '/Type /XObject /Subtype /Form /BBox [0 0 300 40] /Matrix [1 0 0 1 60 710] /Resources <</XObject <</X2 11 0 R>>>>',
      ),
      11: image(''),
    },
  ],
  [
    'text below an annotation that fills its box',
    'text-under-something',
    { 3: page(withNote), 9: `<</Type /Annot /Subtype /Stamp ${over}>>`, 10: form('1 g 0 0 300 40 re f') },
  ],
  [
    'a layer that is off',
    'layer-not-shown',
    {
      1: catalog('/OCProperties <</OCGs [9 0 R] /D <</OFF [9 0 R]>>>>'),
      9: '<</Type /OCG /Name (Diem that)>>',
    },
  ],
  [
    'layers that are all off to begin with',
    'layer-not-shown',
    { 1: catalog('/OCProperties <</OCGs [9 0 R] /D <</BaseState /OFF>>>>'), 9: '<</Type /OCG /Name (a)>>' },
  ],
  [
    'a hidden annotation with a look',
    'note-not-shown',
    {
      3: page(withNote),
      9: `<</Type /Annot /Subtype /FreeText /Contents (9,9) ${over.replace('/F 4', '/F 2')}>>`,
      10: form('BT (9,9) Tj ET'),
    },
  ],
  ['a page in no page tree', 'page-not-shown', { 9: '<</Type /Page /Parent 2 0 R /Contents 8 0 R>>' }],
  [
    'a field that shows other words than its value',
    'field-shows-other',
    {
      1: catalog('/AcroForm <</Fields [9 0 R] /SigFlags 3>>'),
      3: page(withNote),
      9: '<</Type /Annot /Subtype /Widget /FT /Tx /T (diem) /V (5,0) /P 3 0 R /Rect [60 600 360 640] /F 4 /AP <</N 10 0 R>>>>',
      10: form('/Tx BMC BT /F1 12 Tf (9,5) Tj ET EMC'),
    },
  ],
  ['a script on opening', 'script', { 1: catalog('/OpenAction <</S /JavaScript /JS (this.x=1)>>') }],
  ['scripts of the document', 'script', { 1: catalog('/Names <</JavaScript <</Names []>>>>') }],
];

for (const [what, code, objects] of kinds)
  test(`latent shadow content is told: ${what}`, async () => assert.deepEqual(await warningsOf(objects), [code]));

const honest: readonly (readonly [string, Readonly<Record<number, string>>])[] = [
  ['text above a picture', { 3: page(''), 4: stream(`q 300 0 0 40 60 710 cm /X1 Do Q ${text}`), 10: image('') }],
  [
    'text below a picture with a mask',
    { 3: page(''), 4: stream(`${text} q 300 0 0 40 60 710 cm /X1 Do Q`), 10: image('/SMask 11 0 R'), 11: image('') },
  ],
  ['text below a veil', { 3: page(''), 4: stream(`${text} /G1 gs 60 710 300 40 re f`) }],
  [
    'invisible text below a scan, for searching',
    { 3: page(''), 4: stream(`3 Tr ${text} q 300 0 0 40 60 710 cm /X1 Do Q`), 10: image('') },
  ],
  [
    'a picture that is cut off before it reaches the text',
    { 3: page(''), 4: stream(`${text} q 0 0 50 50 re W n 300 0 0 40 60 710 cm /X1 Do Q`), 10: image('') },
  ],
  [
    'a highlighted line',
    { 3: page(withNote), 9: `<</Type /Annot /Subtype /Highlight ${over}>>`, 10: form('1 g 0 0 300 40 re f') },
  ],
  [
    'a field that shows its value',
    {
      1: catalog('/AcroForm <</Fields [9 0 R] /SigFlags 3>>'),
      3: page(withNote),
      9: '<</Type /Annot /Subtype /Widget /FT /Tx /T (diem) /V (9,5 diem) /P 3 0 R /Rect [60 600 360 640] /F 4 /AP <</N 10 0 R>>>>',
      10: form('/Tx BMC BT /F1 12 Tf (9,5) Tj ( diem) Tj ET EMC'),
    },
  ],
  [
    'layers that are all shown',
    { 1: catalog('/OCProperties <</OCGs [9 0 R] /D <</ON [9 0 R]>>>>'), 9: '<</Type /OCG /Name (a)>>' },
  ],
];

for (const [what, objects] of honest)
  test(`latent shadow content: nothing is said of ${what}`, async () =>
    assert.deepEqual(await warningsOf(objects), []));

test('latent shadow content: nothing is said of a transcript of ours, signed twice', async () => {
  const once = await signPdf(
    await makeTranscript(sampleTranscript),
    { signerName: 'A', at },
    authority.signerOf(official),
  );
  const twice = await signPdf(once, { signerName: 'B', at }, authority.signerOf(authority.official(), at));
  const { signatures } = await validatePdf(twice, options);
  assert.deepEqual(
    signatures.map(({ warnings }) => warnings),
    [[], []],
  );
});
