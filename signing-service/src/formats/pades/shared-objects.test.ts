import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthority } from '../../../testing/authority.ts';
import { validatePdf } from '../../../testing/both-judges.ts';
import { appendRevision, plainObjects, tablePdf } from '../../../testing/pdf-files.ts';
import { signPdf } from './pades.ts';

/**
 * V5: what a rule allows of its own entry is not allowed of an object that is also something else. The author of a file lets
 * two places name one object before it is signed; afterwards it is replaced as the one, and shown as the other.
 */

const at = new Date('2026-11-23T03:00:00Z');
const authority = createAuthority();
const official = authority.official();
const options = { anchors: authority.anchors, crls: authority.crls, at: new Date('2026-12-01T00:00:00Z') };

const metadata = (drawn: string) => {
  const packet = `${drawn}%<dc:title>Hoc ba</dc:title>\n`;
  return `<</Type /Metadata /Subtype /XML /Length ${packet.length}>>\nstream\n${packet}\nendstream`;
};
const catalog = (entries: string) => `<</Type /Catalog /Pages 2 0 R ${entries}>>`;
const page = plainObjects().get(3) ?? '';
const helvetica = '<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>';

/** The signed objects by number, and by what a later revision replaces them. */
const attacks: readonly (readonly [string, Readonly<Record<number, string>>, Readonly<Record<number, string>>])[] = [
  [
    'a description that is also a part of a page',
    {
      1: catalog('/Metadata 9 0 R'),
      3: page.replace('/Contents 4 0 R', '/Contents [4 0 R 9 0 R]'),
      9: metadata(''),
    },
    { 9: metadata('BT /F1 24 Tf 72 600 Td (Xep loai: Gioi) Tj ET\n') },
  ],
  [
    '/Info that is also a font',
    { 3: page.replace('/F1 5 0 R', '/F1 6 0 R'), 6: '<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>' },
    { 6: '<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Producer (other)>>' },
  ],
  [
    '/Extensions that is also another entry of the catalogue',
    { 1: catalog('/Extensions 9 0 R /OCProperties 9 0 R'), 9: '<<>>' },
    { 9: '<</ADBE <</BaseVersion /1.7 /ExtensionLevel 8>>>>' },
  ],
  [
    '/DR of the form that is also the resources of a page, which gain what the page already asks for',
    {
      1: catalog('/AcroForm <</Fields [] /DR 9 0 R>>'),
      3: page.replace(/\/Resources <<.*>>>>>>/u, '/Resources 9 0 R>>'),
      4: (() => {
        const text = 'BT /F1 24 Tf 72 720 Td (Bang diem: 8,5) Tj ET /X1 Do';
        return `<</Length ${text.length}>>\nstream\n${text}\nendstream`;
      })(),
      9: '<</Font <</F1 5 0 R>>>>',
    },
    {
      9: '<</Font <</F1 5 0 R>> /XObject <</X1 90 0 R>>>>',
      90: '<</Type /XObject /Subtype /Form /BBox [0 0 99 99] /Length 24>>\nstream\n0 g 0 0 99 99 re f      \nendstream',
    },
  ],
  [
    'validation data that is also a part of a page',
    {
      1: catalog('/DSS 9 0 R'),
      3: page.replace('/Contents 4 0 R', '/Contents [4 0 R 10 0 R]'),
      9: '<</Certs [10 0 R]>>',
      10: '<</Length 1>>\nstream\n \nendstream',
    },
    { 10: '<</Length 44>>\nstream\nBT /F1 24 Tf 72 600 Td (Xep loai: Gioi) Tj ET\nendstream'.replace('44', '45') },
  ],
];

for (const [what, objects, later] of attacks)
  test(`shadow attack: never valid: ${what}`, async () => {
    const signed = await signPdf(
      tablePdf(plainObjects(objects)),
      { signerName: 'A', at },
      authority.signerOf(official, at),
    );
    assert.equal((await validatePdf(signed, options)).verdict, 'valid', 'as it was signed');
    const { verdict, signatures } = await validatePdf(appendRevision(signed, later), options);
    assert.notEqual(verdict, 'valid');
    assert.notEqual(signatures[0]?.intact, true, JSON.stringify(signatures[0]?.changesAfter));
  });

test('V14: the same objects, replaced where they are only what they are called, are bookkeeping', async () => {
  const objects = {
    1: catalog('/Metadata 9 0 R /Extensions 10 0 R /AcroForm <</Fields [] /DR 11 0 R>>'),
    9: metadata(''),
    10: '<<>>',
    11: '<</Font <<>>>>',
  };
  const signed = await signPdf(
    tablePdf(plainObjects(objects)),
    { signerName: 'A', at },
    authority.signerOf(official, at),
  );
  const later = appendRevision(signed, {
    6: '<</Title (Hoc ba) /Producer (other) /ModDate (D:20261124)>>',
    9: metadata('\n'),
    10: '<</ADBE <</BaseVersion /1.7 /ExtensionLevel 8>>>>',
    11: '<</Font <</Helv 90 0 R>>>>',
    90: helvetica,
  });
  const { verdict, signatures } = await validatePdf(later, options);
  assert.equal(verdict, 'valid', JSON.stringify(signatures[0]?.changesAfter));
});
