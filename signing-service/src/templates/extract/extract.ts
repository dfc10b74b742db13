import { wallClockInVietnam } from '@edutrust/platform/calendar';
import { drawMarks, drawMasthead, drawPupil, drawRemarks, drawTitle, drawVerification } from '../transcript/drawing.ts';
import { drawPdf } from '../transcript/pdf.ts';
import { faintInk, ink, page, type Sheet } from '../transcript/sheet.ts';
import { longDateText, normalised } from '../transcript/wording.ts';
import type { ExtractData } from './data.ts';
import { extractXml } from './data-xml.ts';
import { extractSealPlace } from './places.ts';

const width = page.right - page.left;

/** Makes an extract (PDF/A-3a), its data in it as XML. The same data gives the same bytes. */
export function makeExtract(input: ExtractData): Promise<Buffer> {
  const data = normalised(input);
  const { report } = data;
  const frame = {
    title: `Trích sao học bạ số – ${report.pupil.fullName} – số ${data.number} năm ${data.year}`,
    author: report.school.name,
    code: data.code,
    madeAt: data.issuedAt,
    file: {
      name: 'trich-sao.xml',
      bytes: Buffer.from(extractXml(data), 'utf8'),
      description: 'Dữ liệu của bản trích sao này',
    },
  };
  return drawPdf(frame, (sheet) => {
    drawForm(sheet, data);
    drawMasthead(sheet, report);
    drawTitle(sheet, 'Trích sao học bạ số', `Năm học ${report.schoolYear} · Số ${data.number}`);
    drawPupil(sheet, report);
    drawMarks(sheet, { ...report, results: data.withResults ? report.results : [] });
    if (data.withResults) drawRemarks(sheet, { ...report, remarks: '' });
    drawSource(sheet, data);
    drawFoot(sheet, data);
  });
}

/**
 * Form of the copy, the body that makes it and the time, at the upper right of the first page, without an image, in the letters of Times New Roman (Decree 30/2020/NĐ-CP,
 * annex I): the time by ISO 8601 in Vietnam's zone.
 */
function drawForm(sheet: Sheet, { report, issuedAt }: ExtractData): void {
  const at = `${wallClockInVietnam(issuedAt).toISOString().slice(0, 19)}+07:00`;
  const text = `TRÍCH SAO; ${report.school.name}; ${at}`;
  sheet.text('P', text, page.left, 20, { width, align: 'right', size: 10, font: 'times', color: '#000000' });
}

/** What it is from, for whom and what for. */
function drawSource(sheet: Sheet, { report, requester, purpose, sourceSha256 }: ExtractData): void {
  const part = (heading: string, text: string) => {
    const style = { size: 9.5, width, lineGap: 1 };
    sheet.ensure(sheet.heightOf(text, style) + 24);
    sheet.y += 6;
    sheet.y += sheet.text('H2', heading, page.left, sheet.y, { size: 8.5, color: faintInk });
    sheet.y += sheet.text('P', text, page.left, sheet.y + 1, style) + 1;
  };
  part('Trích từ', `Học bạ số mã ${report.code}, bản thứ ${report.version}. SHA-256 của bản PDF: ${sourceSha256}.`);
  part('Cấp theo đề nghị của', `${requester}. Mục đích: ${purpose}.`);
}

function drawFoot(sheet: Sheet, data: ExtractData): void {
  const [left, , right, top] = extractSealPlace.rect;
  const footTop = page.height - top - 32;
  sheet.ensure(page.bottom - footTop);
  drawVerification(sheet, data, footTop);
  const style = { width: right - left, align: 'center', size: 8.5 } as const;
  sheet.text('P', `${data.place}, ${longDateText(data.issuedAt)}`, left, footTop, style);
  sheet.text('P', 'DẤU CỦA CƠ QUAN SAO', left, footTop + 14, { ...style, size: 9.5, font: 'bold', color: ink });
  sheet.place(extractSealPlace.rect, `Ô dấu số của ${data.report.school.name}`);
}
