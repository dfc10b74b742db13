import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { sampleTranscript } from '../transcript/sample.ts';
import { makeTranscript } from '../transcript/transcript.ts';
import { type Agreement, agreementOf, boundXml, canonicalData } from './agreement.ts';
import type { SchoolReportData } from './data.ts';
import { reportXml } from './data-xml.ts';
import { makeSchoolReport, type SchoolReportFiles } from './school-report.ts';

const report: SchoolReportData = {
  ...sampleTranscript,
  grade: 9,
  version: 1,
  completion: 'Trường xác nhận học sinh đã hoàn thành chương trình giáo dục trung học cơ sở.',
};
const another: SchoolReportData = {
  ...report,
  pupil: { ...report.pupil, fullName: 'Trần Văn Bảo' },
  code: '7KQ4-M2XA-9TBD',
};
const poppler = (program: 'pdfdetach' | 'pdfinfo' | 'pdftotext', ...options: string[]) =>
  execFileSync(program, options, { encoding: 'utf8' });
const fault = (found: Agreement) => (found.agrees ? 'agrees' : found.fault);

describe('a school report in two forms', () => {
  let made: SchoolReportFiles;
  let other: SchoolReportFiles;
  before(async () => {
    made = await makeSchoolReport(report);
    other = await makeSchoolReport(another);
  });

  test('the same object is the same bytes in both forms, whatever form its letters came in', async () => {
    const decomposed = { ...report, pupil: { ...report.pupil, fullName: report.pupil.fullName.normalize('NFD') } };
    const again = await makeSchoolReport(decomposed);
    assert.ok(again.document.equals(made.document) && again.data.equals(made.data));
  });

  test('the two agree, also once both are signed: what comes behind the PDF and into the XML is not what is bound', () => {
    assert.equal(fault(agreementOf(made.document, made.data)), 'agrees');
    const signedPdf = Buffer.concat([made.document, Buffer.from('later revisions')]);
    const signature = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"></ds:Signature>';
    const signedXml = Buffer.from(made.data.toString().replace('</BoundReport>', `${signature}</BoundReport>`));
    assert.equal(fault(agreementOf(signedPdf, signedXml)), 'agrees');
  });

  test('the XML of another pupil, a PDF put in its place, other data in the same frame and any other XML are told apart', () => {
    assert.equal(fault(agreementOf(made.document, other.data)), 'other-document');
    assert.equal(fault(agreementOf(other.document, made.data)), 'other-document');
    const otherData = boundXml(canonicalData(reportXml(another)), made.document);
    assert.equal(fault(agreementOf(made.document, otherData)), 'other-data');
    assert.equal(fault(agreementOf(made.document, Buffer.from('<hocBa/>'))), 'not-bound');
    assert.equal(fault(agreementOf(made.document, Buffer.from('<hocBa>'))), 'unreadable');
    assert.equal(fault(agreementOf(made.document, made.document)), 'unreadable');
    assert.equal(fault(agreementOf(Buffer.alloc(0), made.data)), 'other-document');
  });

  test('a PDF without data is no form of a report, even of an XML that names its bytes', async () => {
    const bare = await makeTranscript(report);
    assert.equal(fault(agreementOf(bare, boundXml(canonicalData(reportXml(report)), bare))), 'other-data');
  });

  test('one value changed anywhere in the data, and the two no longer agree', () => {
    const mark = fc.integer({ min: 0, max: 100 }).map((tenths) => tenths / 10);
    const change = fc.record({ row: fc.nat(report.subjects.length - 1), column: fc.nat(2), mark });
    fc.assert(
      fc.property(change, ({ row, column, mark: value }) => {
        const subjects = report.subjects.map((subject, index) =>
          index === row
            ? { ...subject, marks: subject.marks.map((was, at) => (at === column ? value : was)) }
            : subject,
        );
        const isSame = report.subjects[row]?.marks[column] === value;
        const data = boundXml(canonicalData(reportXml({ ...report, subjects })), made.document);
        assert.equal(agreementOf(made.document, data).agrees, isSame);
      }),
      { numRuns: 40 },
    );
  });

  test('texts with any characters stand in the XML as they are', () => {
    const remarks = 'Em «giỏi» & chăm <b>ngoan</b> "lắm" \' ]]> Nguyễn\u0301';
    const xml = canonicalData(reportXml({ ...report, remarks }));
    assert.ok(xml.equals(canonicalData(xml.toString('utf8'))), 'canonical data is its own canonical form');
    assert.ok(!xml.includes('<b>'));
  });

  test('the PDF says that it is PDF/A-3a with the data in it, and poppler takes that out byte for byte', () => {
    const folder = mkdtempSync(join(tmpdir(), 'edutrust-report-'));
    try {
      const path = join(folder, 'report.pdf');
      writeFileSync(path, made.document);
      poppler('pdfdetach', '-save', '1', '-o', join(folder, 'data.xml'), path);
      assert.ok(readFileSync(join(folder, 'data.xml')).equals(canonicalData(reportXml(report))));
      const meta = poppler('pdfinfo', '-meta', path);
      assert.match(meta, /<pdfaid:part>3<\/pdfaid:part>\s*<pdfaid:conformance>A</u);
      const text = poppler('pdftotext', '-layout', path, '-');
      for (const words of ['HỌC BẠ', 'Xác nhận hoàn thành chương trình giáo dục trung học cơ sở', '8,5'])
        assert.ok(text.includes(words), words);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
