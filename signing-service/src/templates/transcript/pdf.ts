import { fontFile } from '../../fonts/fonts.ts';
import type { TranscriptData } from './data.ts';
import { drawFooting, drawMarks, drawMasthead, drawPupil, drawRemarks, drawTitle } from './drawing.ts';
import { beginSheet, type Sheet } from './sheet.ts';

/** How one kind of sheet differs from another. */
export interface SheetKind {
  /** As a person writes it: `Bảng kết quả học tập`. */
  readonly heading: string;
  readonly subset?: 'PDF/A-3a';
  /** A file inside the PDF: the data that it shows (`/AFRelationship /Data`). */
  readonly file?: { readonly name: string; readonly bytes: Buffer; readonly description: string };
  /** Draws what only this kind has, behind the remarks. */
  readonly further?: (sheet: Sheet) => void;
}

/** Draws a learner's year: A4, tagged for screen readers, with a QR to `{url}/verify/{code}`. The same data gives the same bytes. */
export async function drawPdf(data: TranscriptData, kind: SheetKind): Promise<Buffer> {
  const { heading, subset, file, further } = kind;
  const { default: PDFDocument } = await import('pdfkit');
  const document = new PDFDocument({
    size: 'A4',
    margin: 0,
    pdfVersion: '1.7',
    ...(subset ? { subset } : {}),
    tagged: true,
    lang: 'vi-VN',
    displayTitle: true,
    bufferPages: true,
    info: {
      Title: `${heading} – ${data.pupil.fullName} – lớp ${data.className}, năm học ${data.schoolYear}`,
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
  if (file) attach(document, file, data.issuedAt);
  const sheet = beginSheet(document, data);
  drawMasthead(sheet, data);
  drawTitle(sheet, data, heading);
  drawPupil(sheet, data);
  drawMarks(sheet, data);
  drawRemarks(sheet, data);
  further?.(sheet);
  drawFooting(sheet, data);
  sheet.end();
  document.end();
  return finished;
}

function attach(document: Sheet['pdf'], { name, bytes, description }: NonNullable<SheetKind['file']>, at: Date): void {
  const relationship = 'Data'; // pdfkit's types do not know PDF/A-3's
  const options = { name, type: 'text/xml', description, creationDate: at, modifiedDate: at, relationship };
  document.file(bytes, options);
}
