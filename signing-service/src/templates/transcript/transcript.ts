import { fontFile } from '../../fonts/fonts.ts';
import type { TranscriptData } from './data.ts';
import { drawFooting, drawMarks, drawMasthead, drawPupil, drawRemarks, drawTitle } from './drawing.ts';
import { beginSheet } from './sheet.ts';
import { normalised } from './wording.ts';

export type { TranscriptData } from './data.ts';

/**
 * Makes the transcript: A4, one page unless the remarks are long, tagged for screen readers, with a QR to
 * `{url}/verify/{code}`. The same data gives the same bytes.
 */
export async function makeTranscript(input: TranscriptData): Promise<Buffer> {
  const data = normalised(input);
  const { default: PDFDocument } = await import('pdfkit');
  const document = new PDFDocument({
    size: 'A4',
    margin: 0,
    pdfVersion: '1.7',
    tagged: true,
    lang: 'vi-VN',
    displayTitle: true,
    bufferPages: true,
    info: {
      Title: `Bảng kết quả học tập – ${data.pupil.fullName} – lớp ${data.className}, năm học ${data.schoolYear}`,
      Author: data.school.name,
      Subject: `Mã xác minh ${data.code}`,
      Creator: 'EduTrust',
      Producer: 'EduTrust',
      CreationDate: data.issuedAt,
      ModDate: data.issuedAt,
    },
  });
  const chunks: Buffer[] = [];
  const finished = new Promise<Buffer>((resolve, reject) => {
    document.on('data', (chunk: Buffer) => chunks.push(chunk));
    document.on('end', () => resolve(Buffer.concat(chunks)));
    document.on('error', reject);
  });
  for (const weight of ['regular', 'medium', 'semibold', 'bold'] as const) {
    document.registerFont(weight, fontFile(weight));
  }
  const sheet = beginSheet(document, data);
  drawMasthead(sheet, data);
  drawTitle(sheet, data);
  drawPupil(sheet, data);
  drawMarks(sheet, data);
  drawRemarks(sheet, data);
  drawFooting(sheet, data);
  sheet.end();
  document.end();
  return finished;
}
