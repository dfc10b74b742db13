import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthority } from '../../../../testing/authority.ts';
import { appendRevision, plainObjects, tablePdf } from '../../../../testing/pdf-files.ts';
import { validatePdf } from '../../../validation/validation.ts';
import { signPdf, visibleLines } from '../pades.ts';

const at = new Date('2026-11-23T03:00:00Z');
const authority = createAuthority();
const signer = authority.signerOf(authority.official(), at);
const request = { signerName: 'Trần Thị Bích Phượng', at };
const options = { anchors: authority.anchors, crls: authority.crls, at: new Date('2026-12-01T00:00:00Z') };

/** Two fields of one parent, one on each page, which share a look; beside the page's own content. */
const objects = plainObjects({
  1: '<</Type /Catalog /Pages 2 0 R /AcroForm 12 0 R>>',
  3: '<</Type /Page /Parent 2 0 R /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>> /Annots [10 0 R]>>',
  7: '<</Type /Page /Parent 2 0 R /Contents 8 0 R /Resources <</Font <</F1 5 0 R>>>> /Annots [11 0 R]>>',
  10: '<</Type /Annot /Subtype /Widget /Parent 13 0 R /P 3 0 R /Rect [59.5 84.2 119 168.4]>>',
  11: '<</Type /Annot /Subtype /Widget /Parent 13 0 R /P 7 0 R /Rect [50 50 90 90]>>',
  12: '<</Fields [13 0 R]>>',
  13: '<</FT /Tx /T (Mark) /V (8,5) /Kids [10 0 R 11 0 R]>>',
});
const signed = await signPdf(tablePdf(objects), request, signer);

/** Of each change the first signature's report names: its pages, and whether it is allowed. */
async function changesOf(file: Buffer) {
  const { verdict, signatures } = await validatePdf(file, options);
  return { verdict, changes: signatures[0]?.changesAfter.map(({ allowed, pages }) => ({ allowed, pages })) };
}

const stream = (content: string) => `<</Length ${content.length}>>\nstream\n${content}\nendstream`;

test('what is drawn anew shows on the page that is drawn from it, and on no other', async () => {
  const { verdict, changes } = await changesOf(appendRevision(signed, { 8: stream('BT (9,9) Tj ET') }));
  assert.deepEqual({ verdict, changes }, { verdict: 'invalid', changes: [{ allowed: false, pages: [{ page: 2 }] }] });
});

test('a font that pages share shows on each of them', async () => {
  const font = '<</Type /Font /Subtype /Type1 /BaseFont /Symbol>>';
  const { changes } = await changesOf(appendRevision(signed, { 5: font }));
  assert.deepEqual(changes, [{ allowed: false, pages: [{ page: 1 }, { page: 2 }] }]);
});

test('the block of a field has its place on its own page; its brother below the same parent shows nothing', async () => {
  const moved = (objects.get(10) ?? '').replace('/Parent', '/TU (9,9) /Parent');
  const { changes } = await changesOf(appendRevision(signed, { 10: moved }));
  assert.deepEqual(changes?.[0]?.pages, [{ page: 1, area: { left: 0.1, top: 0.8, width: 0.1, height: 0.1 } }]);
});

test('a later signature’s block is allowed and has its place; an invisible one is on no page', async () => {
  const lines = visibleLines({ name: 'A', at, verifyAt: 'https://d.vn' });
  const visible = { page: 1, rect: [297.5, 84.2, 476, 168.4], lines } as const;
  const seen = await changesOf(await signPdf(signed, { ...request, visible }, signer));
  assert.deepEqual(seen.verdict, 'valid');
  assert.deepEqual(seen.changes?.[0], {
    allowed: true,
    pages: [{ page: 2, area: { left: 0.5, top: 0.8, width: 0.3, height: 0.1 } }],
  });
  const unseen = await changesOf(await signPdf(signed, request, signer));
  assert.deepEqual(unseen.changes?.[0], { allowed: true, pages: undefined });
});

test('of a page that is turned only the page is named; what belongs to no page names none', async () => {
  const turned = new Map(objects).set(3, (objects.get(3) ?? '').replace('/Parent', '/Rotate 90 /Parent'));
  const file = await signPdf(tablePdf(turned), request, signer);
  const moved = (objects.get(10) ?? '').replace('/Parent', '/TU (9,9) /Parent');
  assert.deepEqual((await changesOf(appendRevision(file, { 10: moved }))).changes?.[0]?.pages, [{ page: 1 }]);
  const info = await changesOf(appendRevision(signed, { 400: '<</Whose (nobody)>>' }));
  assert.deepEqual([info.verdict, info.changes?.[0]?.pages], ['invalid', undefined]);
});

test('V5: a page tree that was broken afterwards is still a change that is shown, without a page', async () => {
  const broken = '<</Type /Pages /Kids [3 0 R 2 0 R] /Count 2 /MediaBox [0 0 595 842]>>';
  const { verdict, changes } = await changesOf(appendRevision(signed, { 2: broken }));
  assert.equal(verdict, 'invalid');
  assert.ok(changes?.every(({ pages }) => pages === undefined));
});
