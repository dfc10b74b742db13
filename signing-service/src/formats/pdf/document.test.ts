import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { fc } from '@edutrust/testing/property';
import { appendRevision, hybridPdf, plainObjects, streamPdf, tablePdf } from '../../../testing/pdf-files.ts';
import { openPdf } from './document.ts';
import { Budget, defaultLimits } from './limits.ts';
import { EncryptedPdf, MalformedPdf, NotAPdf, PdfBeyondLimits } from './malformed.ts';
import { as, nameOf, type PdfObject, sameObject, string, textOf, textString } from './object.ts';
import { Parser } from './parser.ts';
import { serialize } from './writer.ts';

for (const [kind, file] of [
  ['a cross-reference table', tablePdf()],
  ['cross-reference and object streams', streamPdf()],
  ['a hybrid cross-reference', hybridPdf()],
] as const) {
  test(`a file with ${kind} is read whole`, () => {
    const { current, revisions } = openPdf(file);
    assert.equal(revisions.length, 1);
    const catalog = current.dictionary(current.trailer.entries.get('Root'));
    assert.equal(nameOf(catalog?.entries.get('Type')), 'Catalog');
    const pages = current.array(current.dictionary(catalog?.entries.get('Pages'))?.entries.get('Kids'));
    assert.equal(pages?.length, 2);
    assert.ok(as('stream', current.get(4))?.data.includes('8,5'));
    const isHybrid = kind.startsWith('a hybrid');
    assert.equal(as('dictionary', current.get(9))?.entries.get('Hidden') ?? false, isHybrid);
  });
}

test('each revision shows the document as it then was', () => {
  const first = tablePdf();
  const file = openPdf(appendRevision(first, { 6: '<</Title (Khac)>>' }));
  const titleAt = (revision: number) => {
    const info = file.at(revision).dictionary(file.current.trailer.entries.get('Info'));
    return as('string', info?.entries.get('Title'))?.bytes.toString();
  };
  assert.deepEqual([titleAt(0), titleAt(1)], ['Hoc ba', 'Khac']);
  assert.equal(file.revisions[1]?.start, first.length - 1);
});

const anyObject: fc.Memo<PdfObject> = fc.memo((depth): fc.Arbitrary<PdfObject> => {
  const leaf = fc.oneof(
    fc.constant<PdfObject>(null),
    fc.boolean(),
    fc
      .integer({ min: -1e9, max: 1e9 })
      .map((value): PdfObject => ({ kind: 'number', value, isInteger: true, text: String(value) })),
    fc
      .string({ unit: 'binary', maxLength: 12 })
      .map((text): PdfObject => ({ kind: 'name', name: Buffer.from(text).toString('latin1') })),
    fc.uint8Array({ maxLength: 20 }).map((bytes): PdfObject => string(bytes)),
    fc.nat(9_999_999).map((number): PdfObject => ({ kind: 'reference', number, generation: 0 })),
  );
  if (depth <= 1) return leaf;
  const inner = anyObject(depth - 1);
  return fc.oneof(
    leaf,
    fc.array(inner, { maxLength: 4 }).map((items): PdfObject => ({ kind: 'array', items })),
    fc
      .array(
        fc.tuple(
          fc.string({ maxLength: 6 }),
          inner.filter((value) => value !== null),
        ),
        { maxLength: 4 },
      )
      .map(
        (entries): PdfObject => ({
          kind: 'dictionary',
          entries: new Map(entries.map(([key, value]) => [Buffer.from(key).toString('latin1'), value])),
        }),
      ),
  );
});

test('what is written is read back as it was', () => {
  fc.assert(
    fc.property(anyObject(3), (value) => {
      const parser = new Parser(Buffer.from(`${serialize(value)} `, 'latin1'), 0, new Budget(defaultLimits));
      assert.ok(sameObject(parser.object(), value), serialize(value));
    }),
  );
});

test('text strings keep every Vietnamese letter', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => assert.equal(textOf(textString(text)), text)));
  assert.equal(textOf(textString('Trần Thị Bích Phượng')), 'Trần Thị Bích Phượng');
});

const replaced = (from: string, to: string) => Buffer.from(tablePdf().toString('latin1').replace(from, to), 'latin1');

for (const [what, file, kind] of [
  ['no PDF', Buffer.from('PK\x03\x04 not a PDF'), NotAPdf],
  ['an empty file', Buffer.alloc(0), NotAPdf],
  ['junk behind the end', Buffer.concat([tablePdf(), Buffer.from('junk')]), MalformedPdf],
  ['startxref into nothing', replaced('startxref\n', 'startxref\n9'), MalformedPdf],
  ['an entry of a wrong length', replaced('00000 n \n', '00000 n\n'), MalformedPdf],
  ['an object that is elsewhere', replaced('4 0 obj', '9 0 obj'), MalformedPdf],
  ['a wrong stream length', replaced('/Length 45', '/Length 44'), MalformedPdf],
  ['a key twice in a dictionary', replaced('/Count 2', '/Count 2 /Count 3'), MalformedPdf],
  ['encryption', tablePdf(plainObjects(), ' /Encrypt 5 0 R'), EncryptedPdf],
  ['an endless /Prev', replaced('/ID [<01> <02>]', `/Prev ${tablePdf().indexOf('xref\n')}`), MalformedPdf],
] as const) {
  test(`E3: ${what} is refused with its own error`, () => {
    assert.throws(() => {
      const { current } = openPdf(file);
      for (const number of current.numbers()) current.get(number);
    }, kind);
  });
}

test('E3: hostile sizes end at a limit, quickly and in little memory', () => {
  const bomb = deflateSync(deflateSync(Buffer.alloc(200_000_000)));
  const nested = `<</Type /ObjStm /N 1 /First 4 /Filter [/FlateDecode /FlateDecode] /Length ${bomb.length}>>\nstream\n${bomb.toString('latin1')}\nendstream`;
  const single = deflateSync(Buffer.alloc(100_000_000));
  const inflating = `<</Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length ${single.length}>>\nstream\n${single.toString('latin1')}\nendstream`;
  const viaStream = (object: string) => {
    const front = `%PDF-1.7\n1 0 obj\n${object}\nendobj\n`;
    const rows = String.fromCharCode(0, 0, 0, 1, 9, 0, 2, 1, 0);
    const xref = `3 0 obj\n<</Type /XRef /Size 3 /W [1 1 1] /Root 2 0 R /Length 9>>\nstream\n${rows}\nendstream\nendobj\n`;
    return Buffer.from(`${front}${xref}startxref\n${front.length}\n%%EOF`, 'latin1');
  };
  const deep = tablePdf(plainObjects({ 9: '['.repeat(100_000) + ']'.repeat(100_000) }));
  const many = Buffer.from(tablePdf().toString('latin1').replace('xref\n0 9', 'xref\n0 1000000'), 'latin1');
  const started = process.cpuUsage(); // a busy machine costs none
  for (const [file, kind] of [
    [viaStream(nested), MalformedPdf],
    [viaStream(inflating), PdfBeyondLimits],
    [deep, PdfBeyondLimits],
    [many, PdfBeyondLimits],
  ] as const) {
    assert.throws(() => {
      const { current } = openPdf(file);
      for (const number of current.numbers()) current.get(number);
    }, kind);
  }
  assert.ok(process.cpuUsage(started).user < 2_000_000, 'microseconds');
});

test('E3: no change of bytes makes the reader fail in a way that is not its own, nor hang', () => {
  const files = [tablePdf(), streamPdf(), hybridPdf()];
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      (file, edits) => {
        const bytes = Buffer.from(file);
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        try {
          const { current } = openPdf(bytes);
          for (const number of current.numbers()) current.get(number);
        } catch (error) {
          const isOwn = [MalformedPdf, PdfBeyondLimits, NotAPdf, EncryptedPdf].some((kind) => error instanceof kind);
          assert.ok(isOwn, String(error));
        }
      },
    ),
    { numRuns: 400 },
  );
});
