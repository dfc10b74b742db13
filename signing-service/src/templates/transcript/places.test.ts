import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthority } from '../../../testing/authority.ts';
import { validatePdf } from '../../../testing/both-judges.ts';
import { appendRevision, plainObjects, tablePdf } from '../../../testing/pdf-files.ts';
import { makePrint } from '../../copies/print.ts';
import { signPdf, timeStampPdf } from '../../formats/pades/pades.ts';
import { openPdf } from '../../formats/pdf/document.ts';
import { array, as, dictionary, name, nameOf, number, type PdfObject, withEntries } from '../../formats/pdf/object.ts';
import { serialize } from '../../formats/pdf/writer.ts';
import { transcriptPlaces } from './places.ts';
import { sampleTranscript } from './sample.ts';
import { makeTranscript } from './transcript.ts';

const authority = createAuthority();
const at = new Date('2026-11-23T03:00:00Z');
const options = { anchors: authority.anchors, crls: authority.crls, at };
const signer = { ...authority.signerOf(authority.official()), timeStamp: authority.stampAt(at) };
type Place = keyof typeof transcriptPlaces;
const unsigned = await makeTranscript(sampleTranscript);

function signed(file: Buffer, who: string, place?: Place): Promise<Buffer> {
  const visible = place ? { visible: { ...transcriptPlaces[place], lines: ['Đã ký số bởi', who] } } : {};
  return signPdf(file, { signerName: who, at, contentsBytes: 6_000, ...visible }, signer);
}

/** Numbers of the widgets that show, and of those that a `Form` element of the structure holds, both ways round (ISO 32000-1 §14.7.4.4). */
function widgetsOf(file: Buffer) {
  const { current: view } = openPdf(file);
  const catalog = view.dictionary(view.trailer.entries.get('Root'));
  const tree = view.dictionary(catalog?.entries.get('StructTreeRoot'));
  const parents = view.array(view.dictionary(tree?.entries.get('ParentTree'))?.entries.get('Nums')) ?? [];
  const parentOf = (key: PdfObject | undefined) =>
    parents[
      parents.findIndex((item, at) => at % 2 === 0 && as('number', item)?.value === as('number', key)?.value) + 1
    ];
  const held = new Set<number>();
  const walk = (entry: PdfObject | undefined): void => {
    const element = view.dictionary(entry);
    const kids = element?.entries.get('K');
    // pyHanko looks for a field below `K` itself, not in an array of one: else it takes the field's signature for a change of the structure.
    const isForm =
      nameOf(element?.entries.get('S')) === 'Form' && as('array', view.resolve(kids ?? null)) === undefined;
    for (const kid of view.array(kids) ?? (kids ? [kids] : [])) {
      const widget = as('reference', view.dictionary(kid)?.entries.get('Obj'));
      if (!widget) walk(kid);
      else if (isForm) {
        const back = parentOf(view.dictionary(widget)?.entries.get('StructParent'));
        if (as('reference', back)?.number === as('reference', entry)?.number) held.add(widget.number);
      }
    }
  };
  walk(catalog?.entries.get('StructTreeRoot'));
  const shown = [...view.numbers()].filter((one) => {
    const annotation = as('dictionary', view.get(one));
    const rect = view.array(annotation?.entries.get('Rect'))?.map((edge) => as('number', edge)?.value);
    return nameOf(annotation?.entries.get('Subtype')) === 'Widget' && rect?.[0] !== rect?.[2];
  });
  return { view, shown, held };
}

test('every block of a signed transcript stands in a Form of its structure (PDF/UA-1 §7.18.4), of one signer to the seal and the archive', async () => {
  const steps = [
    await signed(unsigned, 'Giáo viên bộ môn'), // no place of its own
    await signed(unsigned, 'Đặng Thị Ngọc Huyền', 'class-teacher'),
  ];
  let file = steps[1] ?? assert.fail();
  for (const [who, place] of [
    ['Giáo viên bộ môn', undefined],
    ['Trần Thị Bích Phượng', 'principal'],
    ['Trường', 'school-seal'],
  ] as const) {
    file = await signed(file, who, place);
    steps.push(file);
  }
  for (const step of [unsigned, ...steps]) {
    const { shown, held } = widgetsOf(step);
    assert.deepEqual(new Set(shown), held);
    assert.equal(shown.length, 3, 'a signer fills the place that waited');
  }
  const { shown, held } = widgetsOf(await timeStampPdf(file, authority.stampAt(at)));
  assert.deepEqual([new Set(shown), shown.length], [held, 3]);
  for (const [index, step] of steps.entries()) {
    const { verdict, signatures } = await validatePdf(step, options);
    assert.equal(verdict, 'valid', JSON.stringify(signatures));
    // The first two are two ways to begin.
    if (index > 1) assert.ok(step.length - (steps[index - 1]?.length ?? 0) <= 20_480);
  }
  // Two fields waited for those who sign third and fourth: the report has all in the order of their signing.
  const names = (await validatePdf(file, options)).signatures.map(({ field }) => field);
  assert.deepEqual(names, ['Place1', 'Signature1', 'Place2', 'Place3']);
});

test('V5: a place that waits is filled by a signature and by nothing else', async () => {
  const file = await signed(await signed(unsigned, 'A', 'class-teacher'), 'B', 'principal');
  const { view, shown } = widgetsOf(file);
  const waiting = shown.find((one) => !view.dictionary(view.get(one))?.entries.has('V')) ?? assert.fail();
  const field = as('dictionary', view.get(waiting)) ?? assert.fail();
  const look = as('reference', view.dictionary(field.entries.get('AP'))?.entries.get('N'))?.number ?? assert.fail();
  const forms = [...view.numbers()].filter(
    (one) => nameOf(as('dictionary', view.get(one))?.entries.get('S')) === 'Form',
  );
  const drawing = '<</Type /XObject /Subtype /Form /BBox [0 0 100 20] /Length 15>>\nstream\n0 0 100 20 re f\nendstream';
  const value = '<</Type /Sig /Filter /Adobe.PPKLite>>';
  const put = (entries: Parameters<typeof withEntries>[1]) => serialize(withEntries(field, entries));
  const size = 1_000;
  const of = (at: number) => ({ kind: 'reference', number: at, generation: 0 }) as const;
  for (const [what, objects] of [
    ['a look without a signature', { [waiting]: put({ AP: dictionary({ N: of(900) }) }), 900: drawing }],
    ['its empty look drawn anew', { [look]: drawing }],
    ['another place', { [waiting]: put({ V: of(901), Rect: array([0, 0, 300, 300].map(number)) }), 901: value }],
    ['out of the structure', { [forms[0] ?? assert.fail()]: '<</S /Artifact>>' }],
    ['another kind of field', { [waiting]: put({ FT: name('Tx') }) }],
  ] as const) {
    const changed = appendRevision(file, objects, { size });
    assert.equal((await validatePdf(changed, options)).verdict, 'invalid', what);
  }
});

test('an empty field of another maker is not ours to fill: it may bind whoever signs in it', async () => {
  const { page, ...visible } = { ...transcriptPlaces.principal, page: 0, lines: ['A'] };
  const empty = `<</Type /Annot /Subtype /Widget /FT /Sig /T (Other) /P 3 0 R /F 132 /Rect [${visible.rect.join(' ')}]`;
  for (const rest of ['>>', ' /StructParent 1 /Lock <</Type /SigFieldLock /Action /All>>>>']) {
    const objects = plainObjects({
      1: '<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [10 0 R]>>>>',
      3: '<</Type /Page /Parent 2 0 R /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>> /Annots [10 0 R]>>',
      10: empty + rest,
    });
    const file = await signPdf(tablePdf(objects), { signerName: 'A', at, visible: { page, ...visible } }, signer);
    const { verdict, signatures } = await validatePdf(file, options);
    assert.deepEqual([verdict, signatures.map(({ field }) => field)], ['valid', ['Signature1']]);
    assert.equal(
      openPdf(file).current.dictionary({ kind: 'reference', number: 10, generation: 0 })?.entries.has('V'),
      false,
    );
  }
});

test('a print of a signed transcript has stamps in place of its fields, each said in words and an `Annot` of the structure (PDF/UA-1 §7.18.1)', async () => {
  const print = makePrint(await signed(unsigned, 'A', 'class-teacher'), {
    mark: 'Bản in giấy số 01/SY, năm 2026',
    system: 'EduTrust',
    owner: 'Sở GDĐT',
    address: 'https://edutrust.example/verify/AAAA-AAAA-AAAA',
    code: 'AAAA-AAAA-AAAA',
    convertedAt: at,
    convertedBy: 'B',
  });
  const { view, shown } = widgetsOf(print);
  assert.deepEqual(shown, []);
  const kinds = [...view.numbers()].map((one) => as('dictionary', view.get(one)));
  const stamps = kinds.filter((one) => nameOf(one?.entries.get('Subtype')) === 'Stamp');
  assert.equal(stamps.length, 3);
  for (const stamp of stamps) assert.ok((as('string', stamp?.entries.get('Contents'))?.bytes.length ?? 0) > 10);
  const structure = kinds.map((one) => nameOf(one?.entries.get('S')));
  assert.deepEqual([structure.filter((kind) => kind === 'Annot').length, structure.includes('Form')], [3, false]);
});
