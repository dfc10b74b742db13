import { fontFile } from '../../fonts/fonts.ts';
import { beginSheet, type Sheet } from './sheet.ts';

/** What a file says of itself beside its pages. */
export interface SheetFrame {
  /** Of the document's information, as a person writes it. */
  readonly title: string;
  readonly author: string;
  /** As printed: at the foot of every page. */
  readonly code: string;
  readonly madeAt: Date;
  readonly subset?: 'PDF/A-3a';
  /** A file inside the PDF: the data that it shows (`/AFRelationship /Data`). */
  readonly file?: {
    readonly name: string;
    readonly bytes: Buffer;
    readonly description: string;
    /** XML when absent. */
    readonly mediaType?: string;
  };
}

/** Draws a document: A4, tagged for screen readers. The same frame and drawing give the same bytes. */
export async function drawPdf(frame: SheetFrame, draw: (sheet: Sheet) => void): Promise<Buffer> {
  const { title, author, code, madeAt, subset, file } = frame;
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
      Title: title,
      Author: author,
      Subject: `Mã xác minh ${code}`,
      Creator: 'EduTrust',
      Producer: 'EduTrust',
      CreationDate: madeAt,
      ModDate: madeAt,
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
  if (file) attach(document, file, madeAt);
  const sheet = beginSheet(document, code);
  draw(sheet);
  sheet.end();
  document.end();
  return finished;
}

function attach(
  document: Sheet['pdf'],
  { name, bytes, description, mediaType = 'text/xml' }: NonNullable<SheetFrame['file']>,
  at: Date,
): void {
  const relationship = 'Data'; // pdfkit's types do not know PDF/A-3's
  const options = { name, type: mediaType, description, creationDate: at, modifiedDate: at, relationship };
  document.file(bytes, options);
}
