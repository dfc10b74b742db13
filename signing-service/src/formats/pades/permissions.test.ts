import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthority } from '../../../testing/authority.ts';
import { validatePdf } from '../../../testing/both-judges.ts';
import { appendRevision, plainObjects, tablePdf } from '../../../testing/pdf-files.ts';
import { signByHand } from '../../../testing/signing-by-hand.ts';
import type { ValidationOptions } from '../../validation/validation.ts';
import { addValidationData, signPdf, timeStampPdf } from './pades.ts';

const authority = createAuthority();
const official = authority.official();
const signer = { signer: official, chain: [authority.people] };
const options: ValidationOptions = {
  anchors: authority.anchors,
  crls: authority.crls,
  at: new Date('2026-12-01T00:00:00Z'),
};
const at = new Date('2026-11-23T03:00:00Z');

/** A form: a mark (20), a note (21) below a parent (22), and a signature field (23) that waits. */
const text = (number: number, name: string, value: string, more = '') =>
  `<</Type /Annot /Subtype /Widget /FT /Tx /T (${name}) /V (${value}) /P 3 0 R /Rect [50 ${number}0 150 ${number}5] /AP <</N ${number + 10} 0 R>> ${more}>>`;
const look = (value: string) =>
  `<</Type /XObject /Subtype /Form /BBox [0 0 100 20] /Length ${value.length + 10}>>\nstream\n/Tx BMC (${value})\nendstream`.replace(
    /\/Length \d+/u,
    `/Length ${value.length + 10}`,
  );
const waiting = '<</Type /Annot /Subtype /Widget /FT /Sig /T (Second) /P 3 0 R /F 132 /Rect [0 0 0 0]>>';
const page = plainObjects().get(3)?.replace(/>>$/u, ' /Annots [20 0 R 21 0 R 23 0 R 25 0 R]>>') ?? '';
const formObjects = {
  1: '<</Type /Catalog /Pages 2 0 R /AcroForm 24 0 R>>',
  3: page,
  20: text(20, 'Mark', '8,5'),
  21: text(21, 'Text', 'x').replace('/T (Text)', '/T (Text) /Parent 22 0 R'),
  22: '<</T (Note) /Kids [21 0 R]>>',
  23: waiting,
  24: '<</Fields [20 0 R 22 0 R 23 0 R 25 0 R] /SigFlags 3>>',
  25: '<</Type /Annot /Subtype /Widget /FT /Sig /T (First) /P 3 0 R /F 132 /Rect [0 0 0 0]>>',
  30: look('8,5'),
  31: look('x'),
};

type Method = 'DocMDP' | 'FieldMDP';
const reference = (method: Method, parameters: string) =>
  `/Reference [<</Type /SigRef /TransformMethod /${method} /TransformParams <</Type /TransformParams /V /1.2 ${parameters}>>>>]`;
const field25 = (more = '') => formObjects[25].replace(/>>$/u, ` /V 40 0 R ${more}>>`);

/** The first signature, with what it permits. `certify` also says so in the catalogue. */
function first(entries: string, { certify = false, fieldEntries = '' } = {}): Buffer {
  return signByHand(
    tablePdf(plainObjects({ ...formObjects, 25: `${formObjects[25].slice(0, -2)} ${fieldEntries}>>` })),
    {
      objects: {
        25: field25(fieldEntries),
        ...(certify ? { 1: formObjects[1].replace(/>>$/u, ' /Perms <</DocMDP 40 0 R>>>>') } : {}),
      },
      value: 40,
      entries,
      ...signer,
    },
  );
}
const certified = (level: number) => first(reference('DocMDP', `/P ${level}`), { certify: true });
const filled = (file: Buffer) => appendRevision(file, { 20: text(20, 'Mark', '9,9'), 30: look('9,9') });
const noted = (file: Buffer) =>
  appendRevision(file, { 21: text(21, 'Text', 'y').replace('/T (Text)', '/T (Text) /Parent 22 0 R'), 31: look('y') });
const signedAgain = (file: Buffer, more: Readonly<Record<number, string>> = {}) =>
  signByHand(file, {
    objects: { 23: waiting.replace(/>>$/u, ' /V 41 0 R>>'), ...more },
    value: 41,
    ...signer,
  });
const drawn = (file: Buffer) =>
  appendRevision(file, {
    3: page.replace('/Annots [', '/Annots [90 0 R '),
    90: '<</Type /Annot /Subtype /FreeText /Rect [0 0 595 842] /Contents (9,9)>>',
  });
/** A comment by its window, at the margin. */
const commented = (file: Buffer, more = '', annots = '/Annots [20 0 R 21 0 R 23 0 R 25 0 R 90 0 R 91 0 R]') =>
  appendRevision(file, {
    3: page.replace(/\/Annots \[.*\]/u, annots),
    90: `<</Type /Annot /Subtype /Text /Rect [560 800 580 820] /Contents (Xem lai) /T (A) /Popup 91 0 R ${more}>>`,
    91: '<</Type /Annot /Subtype /Popup /Rect [400 600 500 700] /Parent 90 0 R>>',
  });
const stamped = (file: Buffer) =>
  appendRevision(file, {
    3: page.replace(/\/Annots \[(.*)\]/u, '/Annots [$1 90 0 R]'),
    90: '<</Type /Annot /Subtype /Stamp /Rect [60 700 400 760] /F 4 /AP <</N 91 0 R>>>>',
    91: '<</Type /XObject /Subtype /Form /BBox [0 0 340 60] /Length 22>>\nstream\n1 g 0 0 340 60 re f   \nendstream',
  });
const framed = (file: Buffer) =>
  appendRevision(file, {
    3: page.replace(/\/Annots \[(.*)\]/u, '/Annots [$1 90 0 R]'),
    90: '<</Type /Annot /Subtype /FreeText /Rect [60 700 400 760] /F 4 /Contents (9,9) /DA (/Helv 12 Tf)>>',
  });
const untouched = (file: Buffer) => file;

async function answer(file: Buffer) {
  const { verdict, signatures } = await validatePdf(file, options);
  const [signature] = signatures.filter(({ field }) => field === 'First');
  return { verdict, reason: signature?.reasons[0]?.code, signature };
}

for (const [what, file, verdict, reason] of [
  ['P1, nothing after', certified(1), 'valid', 'passed'],
  ['P1, a form filled in', filled(certified(1)), 'invalid', 'changed-afterwards'],
  ['P1, another signature', signedAgain(certified(1)), 'invalid', 'changed-afterwards'],
  ['P2, a form filled in', filled(certified(2)), 'valid', 'passed'],
  ['P2, a form filled in and signed', signedAgain(filled(certified(2))), 'valid', 'passed'],
  ['P2, another signature', signedAgain(certified(2)), 'valid', 'passed'],
  ['P2, an annotation', drawn(certified(2)), 'invalid', 'changed-afterwards'],
  ['P3, a form filled in', filled(certified(3)), 'valid', 'passed'],
  ['P3, a comment beside the text', commented(certified(3)), 'valid', 'passed'],
  ['P2, a comment beside the text', commented(certified(2)), 'invalid', 'changed-afterwards'],
  ['an approval, a comment beside the text', commented(first('')), 'invalid', 'changed-afterwards'],
  ['P3, a comment and another signature', signedAgain(commented(certified(3))), 'valid', 'passed'],
  ['P3, a picture over the text', stamped(certified(3)), 'indeterminate', 'covered-afterwards'],
  ['P3, words over the text that readers draw', framed(certified(3)), 'indeterminate', 'covered-afterwards'],
  [
    'P3, a comment that acts',
    commented(certified(3), '/A <</S /JavaScript /JS (x)>>'),
    'invalid',
    'changed-afterwards',
  ],
  ['P3, a comment that is a field', commented(certified(3), '/FT /Tx /V (9,9)'), 'invalid', 'changed-afterwards'],
  [
    'P3, a comment in the place of another annotation',
    commented(certified(3), '', '/Annots [90 0 R]'),
    'invalid',
    'changed-afterwards',
  ],
  ['P7, which is no level: as strict as P1', filled(certified(7)), 'invalid', 'changed-afterwards'],
  ['no P: 2 (table 254)', filled(first(reference('DocMDP', ''), { certify: true })), 'valid', 'passed'],
  ['an approval, a form filled in by nobody', filled(first('')), 'indeterminate', 'form-filled-afterwards'],
  ['an approval, a form filled in by a later signer', signedAgain(filled(first(''))), 'valid', 'passed'],
  [
    'an approval, filled in behind the later signer',
    filled(signedAgain(first(''))),
    'indeterminate',
    'form-filled-afterwards',
  ],
  ['a lock of all fields, nothing after', first(reference('FieldMDP', '/Action /All')), 'valid', 'passed'],
  [
    'a lock of all fields',
    signedAgain(filled(first(reference('FieldMDP', '/Action /All')))),
    'invalid',
    'changed-afterwards',
  ],
  [
    'a lock of all, then the waiting signature',
    signedAgain(first(reference('FieldMDP', '/Action /All'))),
    'invalid',
    'changed-afterwards',
  ],
  [
    'a lock of this field',
    signedAgain(filled(first(reference('FieldMDP', '/Action /Include /Fields [(Mark)]')))),
    'invalid',
    'changed-afterwards',
  ],
  [
    'a lock of another field',
    signedAgain(filled(first(reference('FieldMDP', '/Action /Include /Fields [(Note)]')))),
    'valid',
    'passed',
  ],
  [
    'a lock of all but this',
    signedAgain(filled(first(reference('FieldMDP', '/Action /Exclude /Fields [(Mark) (Second)]')))),
    'valid',
    'passed',
  ],
  [
    'a lock of the parent',
    signedAgain(noted(first(reference('FieldMDP', '/Action /Include /Fields [(Note)]')))),
    'invalid',
    'changed-afterwards',
  ],
  [
    'a lock of the child',
    signedAgain(noted(first(reference('FieldMDP', '/Action /Include /Fields [(Note.Text)]')))),
    'invalid',
    'changed-afterwards',
  ],
  [
    'a lock in the field itself',
    signedAgain(filled(first('', { fieldEntries: '/Lock <</Type /SigFieldLock /Action /All>>' }))),
    'invalid',
    'changed-afterwards',
  ],
  [
    'a lock with P 1 in the field itself',
    signedAgain(first('', { fieldEntries: '/Lock <</Type /SigFieldLock /Action /Include /Fields [(Mark)] /P 1>>' })),
    'invalid',
    'changed-afterwards',
  ],
  [
    'P2 and a value that no field drew',
    appendRevision(certified(2), { 4: formObjects[30] }),
    'invalid',
    'changed-afterwards',
  ],
] as const) {
  test(`V13: ${what}: ${verdict}`, async () => {
    const found = await answer(file);
    assert.deepEqual([found.verdict, found.reason], [verdict, reason], JSON.stringify(found.signature?.reasons));
    if (verdict === 'valid') assert.equal(found.signature?.intact, true);
  });
}

test('V13: also below P1 the file may be kept provable: validation data and document time stamps', async () => {
  const kept = await timeStampPdf(addValidationData(certified(1), { crls: authority.crls }), authority.stampAt(at));
  assert.equal((await answer(kept)).verdict, 'valid', JSON.stringify((await answer(kept)).signature));
});

test('V13: a certification is shown with what it permits, and a filled form as such', async () => {
  assert.deepEqual((await answer(certified(2))).signature?.certification, { permits: 2 });
  assert.equal((await answer(first(''))).signature?.certification, null);
  const { signature } = await answer(filled(certified(2)));
  assert.deepEqual(
    signature?.changesAfter.map(({ kind, allowed }) => [kind, allowed]),
    [['form-fill', true]],
  );
});

test('V13: a look that a page or another field shares may not be replaced under the name of filling in', async () => {
  const shared = { ...formObjects, 21: formObjects[21].replace('/N 31 0 R', '/N 30 0 R') };
  const file = signByHand(tablePdf(plainObjects(shared)), {
    objects: { 25: field25(), 1: formObjects[1].replace(/>>$/u, ' /Perms <</DocMDP 40 0 R>>>>') },
    value: 40,
    entries: reference('DocMDP', '/P 2'),
    ...signer,
  });
  assert.equal((await answer(untouched(file))).verdict, 'valid');
  assert.equal((await answer(filled(file))).verdict, 'invalid');
});

test('V13: ours behind a certification that forbids it is not called good either', async () => {
  const both = await signPdf(certified(1), { signerName: 'B', at }, authority.signerOf(authority.official()));
  const { verdict, signatures } = await validatePdf(both, options);
  assert.deepEqual([verdict, signatures.find(({ field }) => field === 'First')?.verdict], ['invalid', 'invalid']);
});
