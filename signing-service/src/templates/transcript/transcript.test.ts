import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { attachedFile } from '../../formats/pdf/attachment.ts';
import { openPdf } from '../../formats/pdf/document.ts';
import { descendants, readXml, textOf } from '../../formats/xml/read.ts';
import { sampleTranscript } from './sample.ts';
import { makeTranscript } from './transcript.ts';
import { longDateText, markText } from './wording.ts';

/** Runs a program of poppler-utils on the bytes. */
function poppler(program: 'pdftotext' | 'pdfinfo' | 'pdffonts', pdf: Buffer, ...options: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'transcript-'));
  try {
    const path = join(folder, 'transcript.pdf');
    writeFileSync(path, pdf);
    const output = program === 'pdftotext' ? [path, '-'] : [path];
    return execFileSync(program, [...options, ...output], { encoding: 'utf8' });
  } catch (error) {
    throw new Error(`${program} is needed: apt-get install poppler-utils`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the same transcript is the same bytes, and our own strict reader reads it', async () => {
  const [one, other] = await Promise.all([makeTranscript(sampleTranscript), makeTranscript(sampleTranscript)]);
  assert.ok(one.equals(other));
  const { current } = openPdf(one);
  for (const number of current.numbers()) current.get(number);
});

test('every word can be found and copied in Vietnamese, in NFC whatever came in', async () => {
  const decomposed = {
    ...sampleTranscript,
    pupil: { ...sampleTranscript.pupil, fullName: sampleTranscript.pupil.fullName.normalize('NFD') },
  };
  const text = poppler('pdftotext', await makeTranscript(decomposed), '-layout');
  for (const words of [
    'CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM',
    'Độc lập - Tự do - Hạnh phúc',
    'Nguyễn Hoàng Thiên Ưng Quỳnh',
    '790 123 456 8',
    'Kết quả rèn luyện',
    '8,5',
    'ngày 28 tháng 5 năm 2027',
    'GIÁO VIÊN CHỦ NHIỆM',
    'Đặng Thị Ngọc Huyền',
    'HIỆU TRƯỞNG',
    'Trần Thị Bích Phượng',
    '7KQ4-M2XA-9TBC',
    'dinhdanh.example.edu.vn',
  ]) {
    assert.ok(text.includes(words), words);
  }
});

test('it is one tagged A4 page with a title, its fonts embedded', async () => {
  const pdf = await makeTranscript(sampleTranscript);
  const info = poppler('pdfinfo', pdf);
  assert.match(info, /Tagged: +yes/u);
  assert.match(info, /Pages: +1\n/u);
  assert.match(info, /Page size: +595\.28 x 841\.89 pts \(A4\)/u);
  assert.match(info, /Title: +Bảng kết quả học tập – Nguyễn Hoàng Thiên Ưng Quỳnh/u);
  const fonts = poppler('pdffonts', pdf).trim().split('\n').slice(2);
  assert.ok(fonts.length >= 3);
  for (const font of fonts) assert.match(font, /BeVietnamPro.* yes yes yes /u);
});

test('it says that it is PDF/A-3a and PDF/UA-1, also of a school whose name XML would read as markup', async () => {
  const school = { name: 'Trung tâm GDNN & GDTX <Quận 1>' };
  const pupil = { ...sampleTranscript.pupil, fullName: 'Nguyễn & Trần' };
  const pdf = await makeTranscript({ ...sampleTranscript, school, pupil });
  const xmp = /<x:xmpmeta.*<\/x:xmpmeta>/su.exec(pdf.toString('utf8'))?.[0] ?? '';
  const said = [...descendants(readXml(Buffer.from(xmp)).root)].map((element) => [element.local, textOf(element)]);
  const of = (namespace: string) => xmp.match(new RegExp(`<${namespace}:(?:part|conformance)>[^<]*`, 'gu'));
  assert.deepEqual(of('pdfaid'), ['<pdfaid:part>3', '<pdfaid:conformance>A']);
  assert.deepEqual(of('pdfuaid'), ['<pdfuaid:part>1']);
  assert.ok(said.some(([, text]) => text === school.name) && said.some(([, text]) => text?.includes(pupil.fullName)));
  const data = JSON.parse(attachedFile(openPdf(pdf).current, 'du-lieu.json')?.toString() ?? '');
  assert.deepEqual(
    [data.type, data.pupil, data.subjects],
    ['urn:edutrust:transcript:1', pupil, sampleTranscript.subjects],
  );
});

test('each head of the table says whether it is one of a column or of a row (PDF/UA-1 §7.5)', async () => {
  const pdf = (await makeTranscript(sampleTranscript)).toString('latin1');
  const { subjects, results, columns } = sampleTranscript;
  const count = (what: RegExp) => pdf.match(what)?.length;
  assert.equal(count(/\/S \/TH\b/gu), 2 + columns.length + subjects.length + results.length);
  assert.equal(count(/\/Scope \/Column\b/gu), 2 + columns.length);
  assert.equal(count(/\/Scope \/Row\b/gu), subjects.length + results.length);
});

test('long remarks and many subjects go on to further pages, with the signature’s place on the last', async () => {
  const subjects = Array.from({ length: 60 }, (_, index) => ({
    name: `Môn tự chọn ${index + 1}`,
    marks: [7, 8, null],
  }));
  const pdf = await makeTranscript({
    ...sampleTranscript,
    subjects,
    remarks: 'Em chăm ngoan và tiến bộ. '.repeat(200),
  });
  const pages = Number(/Pages: +(\d+)/u.exec(poppler('pdfinfo', pdf))?.[1]);
  assert.ok(pages >= 3, String(pages));
  const last = poppler('pdftotext', pdf, '-f', String(pages), '-layout');
  assert.ok(last.includes('HIỆU TRƯỞNG'));
  assert.ok(
    poppler('pdftotext', pdf, '-f', '2', '-l', '2', '-layout').includes('Môn học'),
    'the table’s head is repeated',
  );
});

test('a result of two lines has a row of its own height: nothing is written over the next', async () => {
  const results = [
    { name: 'Kết quả giáo dục', marks: [null, null, 'Hoàn thành xuất sắc', null] },
    { name: 'Năng lực', marks: [null, null, 'Tốt', null] },
  ];
  const columns = ['Mức HK I', 'Điểm HK I', 'Mức cả năm', 'Điểm cả năm'];
  const subjects = sampleTranscript.subjects.map(({ name }) => ({ name, marks: [null, null, null, null] }));
  const pdf = await makeTranscript({ ...sampleTranscript, columns, subjects, results });
  const words = [...poppler('pdftotext', pdf, '-bbox').matchAll(/yMin="([\d.]+)"[^>]* yMax="([\d.]+)">([^<]+)</gu)];
  const edge = (word: string, which: 1 | 2) => Number(words.findLast(([, , , text]) => text === word)?.[which]);
  assert.ok(edge('sắc', 2) <= edge('Năng', 1), `${edge('sắc', 2)} above ${edge('Năng', 1)}`);
});

test('what stands on several lines is read aloud with its spaces, the school and the remarks', async () => {
  const remarks = 'Em chăm ngoan, lễ phép và hay giúp đỡ bạn bè trong mọi hoạt động của lớp. '.repeat(4).trim();
  const said = poppler('pdfinfo', await makeTranscript({ ...sampleTranscript, remarks }), '-struct-text').replaceAll(
    /\s+/gu,
    ' ',
  );
  assert.ok(said.includes('SỞ GIÁO DỤC VÀ ĐÀO TẠO THÀNH PHỐ HỒ CHÍ MINH'), said);
  assert.ok(said.includes('TRƯỜNG TRUNG HỌC CƠ SỞ NGUYỄN THỊ MINH KHAI'));
  assert.ok(said.includes(remarks));
});

test('marks and dates are written as Vietnamese schools write them', () => {
  assert.deepEqual([8.5, 9, 10, 'Đạt', null, 7.25].map(markText), ['8,5', '9,0', '10', 'Đạt', '–', '7,3']);
  assert.equal(longDateText(new Date('2027-02-04T18:00:00Z')), 'ngày 05 tháng 02 năm 2027');
  assert.equal(longDateText(new Date('2026-11-30T16:59:00Z')), 'ngày 30 tháng 11 năm 2026');
});
