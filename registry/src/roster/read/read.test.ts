import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import { fc } from '@edutrust/testing/property';
import { ownTemporaryFolder } from '@edutrust/testing/temporary';
import { createFontWitness } from './legacy-fonts.ts';
import { type Head, readTable, type SheetRow, type TableReader } from './table.ts';
import { dayOfSerial } from './xlsx.ts';
import { writeWorkbook } from './xlsx-writer.ts';

const header = ['Mã lớp', 'Họ và tên', 'Ngày sinh'];

async function read(bytes: Buffer, more: Partial<TableReader> = {}) {
  let head: Head | undefined;
  const rows: SheetRow[] = [];
  const pieces = [bytes.subarray(0, 7), bytes.subarray(7)].filter((piece) => piece.length > 0);
  await readTable(
    { name: 'x', bytes: bytes.length, stream: Readable.from(pieces) },
    {
      kind: 'learners',
      example: 'Mã lớp',
      isHeader: (cells) => cells.includes('Họ và tên') && cells.includes('Mã lớp'),
      onHead: (found) => {
        head = found;
      },
      onRows: async (batch) => {
        rows.push(...batch);
      },
      ...more,
    },
  );
  assert.ok(head);
  return { head, rows };
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'read',
    (error: { code?: string }) => error.code ?? String(error),
  );

/** A workbook of parts that say what another maker's might. */
function workbook(parts: Readonly<Record<string, string>>): Buffer {
  const all = {
    '[Content_Types].xml': '<Types/>',
    '_rels/.rels':
      '<Relationships><Relationship Id="a" Type="http://x/officeDocument" Target="/xl/workbook.xml"/></Relationships>',
    'xl/workbook.xml': '<workbook><sheets><sheet name="Một" sheetId="1" r:id="b" xmlns:r="x"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels':
      '<Relationships><Relationship Id="b" Type="http://x/worksheet" Target="worksheets/s.xml"/><Relationship Id="c" Type="http://x/styles" Target="styles.xml"/><Relationship Id="d" Type="http://x/sharedStrings" Target="strings.xml"/></Relationships>',
    'xl/styles.xml':
      '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="d/m/yyyy;@"/><numFmt numFmtId="165" formatCode="0.00&quot;đ&quot;"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>',
    'xl/strings.xml':
      '<sst><si><t>Mã lớp</t></si><si><r><t>Họ </t></r><r><t>và tên</t></r><rPh><t>đọc là</t></rPh></si><si><t>Ngày sinh</t></si><si><t>Lý Thị _x0041_n</t></si></sst>',
    ...parts,
  };
  const files = Object.entries(all);
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of files) {
    const content = Buffer.from(text);
    const packed = deflateRawSync(content);
    const fixed = Buffer.alloc(26);
    fixed.writeUInt16LE(8, 4);
    fixed.writeUInt32LE(crc32(content), 10);
    fixed.writeUInt32LE(packed.length, 14);
    fixed.writeUInt32LE(content.length, 18);
    fixed.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fixed, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), fixed, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, list, end]);
}

const head = '<row r="4"><c r="A4" t="s"><v>0</v></c><c r="B4" t="s"><v>1</v></c><c r="C4" t="s"><v>2</v></c></row>';

describe('workbooks', () => {
  test('titles, a wrong dimension, shared and rich strings, numbers as codes, and days as numbers are read', async () => {
    const sheet = `<worksheet><dimension ref="A1:A1"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>DANH SÁCH</t></is></c></row>${head}
      <row r="9"><c r="A9"><v>12.6</v></c><c r="B9" t="s"><v>3</v></c><c r="C9" s="1"><v>42009</v></c><c r="D9"><v>7988000001.0</v></c><c r="BS9"><v>7.9316000001E10</v></c></row>
      <row><c><v>5</v></c><c t="str"><f>A1</f><v>Tô Hạ</v></c><c s="2"><v>42009.75</v></c><c s="3"><v>42009</v></c></row></sheetData></worksheet>`;
    const { head: found, rows } = await read(workbook({ 'xl/worksheets/s.xml': sheet }));
    assert.deepEqual([found.row, found.cells, found.sheet, found.serials], [4, header, 'Một', '1900']);
    assert.deepEqual(
      [rows[0]?.row, rows[0]?.cells.slice(0, 4)],
      [9, ['12.6', 'Lý Thị An', '2015-01-05', '7988000001']],
    );
    assert.deepEqual([rows[0]?.cells.length, rows[0]?.cells[70]], [71, '79316000001']);
    assert.deepEqual([rows[1]?.row, rows[1]?.cells], [10, ['5', 'Tô Hạ', '2015-01-05', '42009']]);
  });

  test('days of a workbook that counts from 1904, and of prefixed elements', async () => {
    const sheet = `<x:worksheet xmlns:x="u"><x:sheetData>${head.replaceAll('<row', '<x:row').replaceAll('</row', '</x:row').replaceAll('<c ', '<x:c ').replaceAll('</c', '</x:c').replaceAll('<v', '<x:v').replaceAll('</v', '</x:v')}<x:row r="5"><x:c r="C5" s="1"><x:v>40547</x:v></x:c></x:row></x:sheetData></x:worksheet>`;
    const { head: found, rows } = await read(
      workbook({
        'xl/workbook.xml':
          '<workbook><workbookPr date1904="1"/><sheets><sheet name="Một" sheetId="1" r:id="b" xmlns:r="x"/></sheets></workbook>',
        'xl/worksheets/s.xml': sheet,
      }),
    );
    assert.deepEqual([found.serials, rows[0]?.cells[2]], ['1904', '2015-01-05']);
    assert.equal(dayOfSerial(42009, false), '2015-01-05');
    assert.equal(dayOfSerial(60, false), undefined, '29 February 1900 never was');
  });

  test('of several sheets one is chosen; those that nobody sees and those without a header do not count', async () => {
    const rows = [header, ['5A', 'Lý An', '01/01/2015']];
    const two = writeWorkbook([
      { name: 'Lớp 5A', rows },
      { name: 'Hướng dẫn', rows: [['Đọc kỹ']] },
      { name: 'Lớp 5B', rows: [header, ['5B', 'Tô Hạ', '02/01/2015']] },
    ]);
    assert.equal(await codeOf(read(two)), 'roster/several-sheets');
    assert.equal(await codeOf(read(two, { sheet: 'Lớp 5C' })), 'roster/no-sheet');
    assert.equal((await read(two, { sheet: 'Lớp 5B' })).rows[0]?.cells[1], 'Tô Hạ');
    const guessed = await read(two, { guesses: true });
    assert.deepEqual([guessed.head.sheet, guessed.head.sheets], ['Lớp 5A', ['Lớp 5A', 'Lớp 5B']]);
  });

  test('a bomb, a document type, a broken archive and a broken sheet are refused by name, and leave no file behind', async () => {
    await using folder = await ownTemporaryFolder();
    const entity = '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>';
    assert.equal(await codeOf(read(workbook({ 'xl/worksheets/s.xml': entity }))), 'roster/bad-workbook');
    const wide = `<worksheet><sheetData>${head}<row r="5"><c r="XFD5"><v>1</v></c></row></sheetData></worksheet>`;
    assert.equal(await codeOf(read(workbook({ 'xl/worksheets/s.xml': wide }))), 'roster/too-many-columns');
    const far = `<worksheet><sheetData>${head}<row r="99999999"><c><v>1</v></c></row></sheetData></worksheet>`;
    assert.equal(await codeOf(read(workbook({ 'xl/worksheets/s.xml': far }))), 'roster/too-large');
    const surrogate = `<worksheet><sheetData>${head}<row><c t="str"><v>&#xD800;</v></c></row></sheetData></worksheet>`;
    assert.equal(await codeOf(read(workbook({ 'xl/worksheets/s.xml': surrogate }))), 'roster/bad-workbook');
    assert.equal(
      await codeOf(read(workbook({ 'xl/worksheets/s.xml': '<worksheet><sheetData><row>' }))),
      'roster/bad-workbook',
    );
    const bomb = `<sst><si><t>${'ạ'.repeat(60_000_000)}</t></si><si><t>${'ạ'.repeat(60_000_000)}</t></si><si><t>${'ạ'.repeat(60_000_000)}</t></si><si><t>${'ạ'.repeat(60_000_000)}</t></si></sst>`;
    assert.equal(
      await codeOf(read(workbook({ 'xl/strings.xml': bomb, 'xl/worksheets/s.xml': '<x/>' }))),
      'roster/too-large',
    );
    const good = writeWorkbook([{ name: 'A', rows: [header] }]);
    for (const cut of [10, 100, good.length - 30, good.length - 1])
      assert.equal(await codeOf(read(good.subarray(0, cut))), 'roster/bad-workbook', `cut at ${cut}`);
    assert.equal(await codeOf(read(Buffer.from('PK\x03\x04'))), 'roster/bad-workbook');
    assert.deepEqual(await folder.names(''), []);
  });

  test('whatever one byte of a workbook becomes, it is read or refused by name', async () => {
    const good = writeWorkbook([{ name: 'Lớp', rows: [header, ['5A', 'Lý An', '01/01/2015']] }]);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }), async (at, value) => {
        const bytes = Buffer.from(good);
        bytes[at] = value;
        const code = await codeOf(read(bytes));
        assert.match(code, /^(?:read|roster\/[a-z0-9-]+)$/, `byte ${at} = ${value}: ${code}`);
      }),
      { numRuns: 300 },
    );
  });

  test('any text goes through a workbook and comes back', async () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((one) => one.trim() !== '' && !/[\p{Cc}\p{Cs}]|_x[0-9A-Fa-f]{4}_/u.test(one));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text, text), { minLength: 1, maxLength: 5 }), async (rows) => {
        const back = await read(writeWorkbook([{ name: 'A', rows: [header, ...rows] }]));
        assert.deepEqual(
          back.rows.map(({ cells }) => cells),
          rows,
        );
      }),
      { numRuns: 50 },
    );
  });
});

describe('legacy fonts', () => {
  const verdict = (...names: string[]) => {
    const witness = createFontWitness();
    for (const [row, name] of names.entries()) {
      const proof = witness.look(row, name);
      if (proof) return proof.font;
    }
    return witness.verdict()?.font;
  };

  test('D17: TCVN3 and VNI are recognised; Vietnamese, minority and foreign names are left in peace', () => {
    assert.equal(verdict('NguyÔn ThÞ An'), 'TCVN3 (ABC)');
    assert.equal(verdict('TrÇn V¨n B×nh'), 'TCVN3 (ABC)');
    assert.equal(verdict('Lª Minh Ch©u'), 'TCVN3 (ABC)');
    assert.equal(verdict('Nguyeãn Thò An', 'Traàn Vaên Bình', 'Leâ Minh Chaâu'), 'VNI');
    const real = [
      'Nguyễn Thị Ánh Nguyệt',
      'Đặng Thuỳ Dương',
      'Hoà Bình',
      'Huỳnh Ngọc Thuý Vy Ưng Ễnh Ửu Đỗ Ỹ',
      "Y'Nhuăn",
      "H'Đaê Niê",
      'Kpă H’Blăih',
      'Raphaël Nguyễn',
      'Anaïs Trần',
      'Müller Anna',
      'Sørensen Lê',
      'Núñez José',
      'Weiß Karl',
      'McDonald Duy',
      'Quách Xuân Oanh',
      'Nguyễn Xoăn',
      'Lý Quý Uyên',
      'Nguyễn Văn Toàn',
      'Trần Khuê',
      'Đỗ Thị Loan',
      'Vũ Hoài An',
      'Bùi Khoẻ',
      'Phạm Tuấn',
      'Ngô Quyền',
      'Đinh Tiên Hoàng',
      'Lê Lợi',
      'Phan Bội Châu',
    ];
    assert.equal(verdict(...real), undefined);
    for (const name of real.slice(0, 7)) assert.equal(verdict(name, name, name), undefined, name);
  });
});
