import { drawingFont } from '../../fonts/drawing.ts';
import { beginSheet, type Sheet } from './sheet.ts';

/** What a file says of itself beside its pages. */
export interface SheetFrame {
  /** Of the document's information, as a person writes it. */
  readonly title: string;
  readonly author: string;
  /** As printed: at the foot of every page. */
  readonly code: string;
  readonly madeAt: Date;
  /** A file inside the PDF: the data that it shows (`/AFRelationship /Data`). */
  readonly file?: {
    readonly name: string;
    readonly bytes: Buffer;
    readonly description: string;
    /** XML when absent. */
    readonly mediaType?: string;
  };
}

/**
 * Draws a document: A4, PDF/A-3a (ISO 19005-3), tagged for screen readers as PDF/UA-1 (ISO 14289-1) asks. The same frame and drawing give the
 * same bytes.
 */
export async function drawPdf(frame: SheetFrame, draw: (sheet: Sheet) => void): Promise<Buffer> {
  const { title, author, code, madeAt, file } = frame;
  const { default: PDFDocument } = await import('pdfkit');
  const document = new PDFDocument({
    size: 'A4',
    margin: 0,
    pdfVersion: '1.7',
    subset: 'PDF/A-3a',
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
  for (const name of ['regular', 'medium', 'semibold', 'bold', 'times'] as const) {
    document.registerFont(name, drawingFont(name));
  }
  describe(document, [title, author, `Mã xác minh ${code}`]);
  if (file) attach(document, file, madeAt);
  const sheet = beginSheet(document, code);
  draw(sheet);
  sheet.end();
  document.end();
  return finished;
}

/** The property that says PDF/UA-1, and, since PDF/A knows it not, what it is (ISO 19005-3 §6.6.2.3). */
const accessible = `<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema><pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category><pdfaProperty:description>Part of ISO 14289</pdfaProperty:description></rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>`;

/** Of pdfkit, whose types do not name it. */
interface Described {
  appendXML(xml: string, newline?: boolean): void;
}

/**
 * What the file says of itself as XMP. pdfkit puts texts into it as they are: one with `&` or `<` in it, such as a school's name, would not be
 * XML any more.
 */
function describe(document: Sheet['pdf'], texts: readonly string[]): void {
  const described = document as unknown as Described;
  const escaped = texts.map((text) => [text, text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')] as const);
  const append = described.appendXML.bind(document);
  described.appendXML = (xml, newline) =>
    append(
      escaped.reduce(
        (all, [text, safe]) => (text === safe ? all : all.replaceAll(`>${text}<`, () => `>${safe}<`)),
        xml,
      ),
      newline,
    );
  append(accessible);
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
