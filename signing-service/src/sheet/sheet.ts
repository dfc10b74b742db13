import type { Locale } from '@edutrust/platform/messages';
import { secondText } from '@edutrust/platform/vietnam-time';
import type PDFDocument from 'pdfkit';
import { encode } from 'uqr';
import { drawingFont } from '../fonts/drawing.ts';

type Pdf = InstanceType<typeof PDFDocument>;

const ink = '#16202e';
const quiet = '#5b6675';
const line = '#c9d2de';
const margin = '#d98a9b';
/** Of the text, in points. */
const page = { left: 72, width: 595.28 - 72 - 56, bottom: 780 } as const;

interface Style {
  readonly font?: 'regular' | 'semibold' | 'bold';
  readonly size?: number;
  readonly colour?: string;
  readonly after?: number;
}

type Put = (kind: string, text: string, x: number, width: number, style: Style) => void;

/** `26/11/2026 10:46:12 +07:00` */
export const timeText = (at: Date | string) => `${secondText(new Date(at))} +07:00`;

/**
 * A sheet of the platform as a PDF to print or to keep, tagged for screen readers: the department's line and the title,
 * and below them what `draw` puts there at once, without awaiting anything.
 */
export async function drawSheet(
  { title, locale, at }: { readonly title: string; readonly locale: Locale; readonly at: Date },
  draw: (paper: ReturnType<typeof beginPaper>) => void,
): Promise<Buffer> {
  const { default: Document } = await import('pdfkit');
  const pdf = new Document({
    size: 'A4',
    margins: { top: 60, bottom: 60, left: page.left, right: 56 },
    pdfVersion: '1.7',
    tagged: true,
    lang: locale === 'vi' ? 'vi-VN' : 'en-GB',
    displayTitle: true,
    bufferPages: true,
    info: { Title: title, Creator: 'EduTrust', Producer: 'EduTrust', CreationDate: at },
  });
  const chunks: Buffer[] = [];
  const finished = new Promise<Buffer>((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.on('end', () => resolve(Buffer.concat(chunks)));
    pdf.on('error', reject);
  });
  for (const weight of ['regular', 'semibold', 'bold'] as const) pdf.registerFont(weight, drawingFont(weight));
  const paper = beginPaper(pdf);
  paper.text('P', 'EduTrust · Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh', { size: 9, colour: quiet });
  paper.text('H1', title, { font: 'bold', size: 20, after: 16 });
  draw(paper);
  paper.end();
  pdf.end();
  return finished;
}

/** A page that fills itself from top to bottom: every text an element of the structure, every line an artifact. */
function beginPaper(pdf: Pdf) {
  const root = pdf.struct('Document');
  pdf.addStructure(root);
  const put = putOn(pdf, root);
  const room = (height: number) => {
    if (pdf.y + height > page.bottom) pdf.addPage();
  };
  return {
    ...answersOn(pdf, put),
    text: (kind: string, text: string, style: Style = {}) => {
      room(40);
      put(kind, text, page.left, page.width, style);
      pdf.y += style.after ?? 6;
    },
    /** Last: what this paper is worth, and where to look instead. */
    proves: (sentence: string, address: string) => {
      pdf.y += 18;
      const size = 58;
      room(size);
      const top = pdf.y;
      drawQr(pdf, root, address, { x: page.left, y: top, size });
      pdf.y = top;
      put('P', sentence, page.left + size + 14, page.width - size - 14, { size: 9, colour: quiet });
    },
    heading: (text: string) => {
      pdf.y += 12;
      room(80);
      put('H2', text, page.left, page.width, { font: 'bold', size: 12.5 });
      pdf.y += 4;
    },
    /** A name at the left and its value beside it, above a ruled line. */
    fact: (name: string, value: string) => {
      const wide = page.width - 150;
      pdf.font('regular').fontSize(10.5);
      const height = Math.max(
        pdf.heightOfString(value, { width: wide, lineGap: 1 }),
        pdf.heightOfString(name, { width: 140, lineGap: 1 }),
      );
      room(Math.min(height, 400) + 8);
      const top = pdf.y;
      put('P', name, page.left, 140, { colour: quiet });
      const after = pdf.y;
      pdf.y = top;
      put('P', value, page.left + 150, wide, {});
      pdf.y = Math.max(pdf.y, after) + 4;
      decorate(pdf, () => {
        pdf
          .lineWidth(0.5)
          .strokeColor(line)
          .moveTo(page.left, pdf.y)
          .lineTo(page.left + page.width, pdf.y)
          .stroke();
      });
      pdf.y += 4;
    },
    end: () => {
      drawMargins(pdf);
      root.end();
    },
  };
}

/** Puts a text where the page has come to, as an element of the structure. */
function putOn(pdf: Pdf, root: ReturnType<Pdf['struct']>): Put {
  return (kind, text, x, width, style) => {
    const element = pdf.struct(kind);
    root.add(element);
    element.add(pdf.markStructureContent(kind));
    const { font = 'regular', size = 10.5, colour = ink } = style;
    pdf.font(font).fontSize(size).fillColor(colour);
    // The space between two lines is drawn by itself, so that what is read aloud keeps its words apart.
    text
      .normalize('NFC')
      .split('\n')
      .forEach((one, index) => {
        if (index > 0) pdf.text(' ', x, pdf.y, { lineBreak: false });
        pdf.text(one, x, pdf.y, { width, lineGap: 1 });
      });
    pdf.endMarkedContent();
    element.end();
  };
}

/** The margin line and the page numbers, once it is known how many there are. */
function drawMargins(pdf: Pdf): void {
  const { count } = pdf.bufferedPageRange();
  for (let number = 0; number < count; number += 1) {
    pdf.switchToPage(number);
    decorate(pdf, () => {
      pdf.lineWidth(1.2).strokeColor(margin).moveTo(56, 0).lineTo(56, 841.89).stroke();
      pdf.font('regular').fontSize(8).fillColor(quiet);
      pdf.page.margins.bottom = 0; // the number stands below the text's own margin
      pdf.text(`${number + 1}/${count}`, page.left, 806, { width: page.width, align: 'right', lineBreak: false });
    });
  }
}

/** What people look for: the verdict, and the two questions that it rests on. */
function answersOn(pdf: Pdf, put: Put) {
  return {
    /** The answer beside a bar of its colour: it is what people look for. */
    verdict: (word: string, sentence: string, colour: string) => {
      const top = pdf.y;
      put('P', word, page.left + 14, page.width - 14, { font: 'semibold', size: 11, colour });
      put('H2', sentence, page.left + 14, page.width - 14, { font: 'bold', size: 15 });
      bar(pdf, { x: page.left, y: top, width: 4, height: pdf.y - top, colour });
      pdf.y += 16;
    },
    /** Two questions beside each other, each with its answer below a bar of its colour. */
    beside: (answers: readonly { name: string; answer: string; sentence: string; colour: string }[]) => {
      const top = pdf.y;
      const width = (page.width - 24) / 2;
      const ends = answers.map(({ name, answer, sentence, colour }, index) => {
        const x = page.left + index * (width + 24);
        bar(pdf, { x, y: top, width, height: 2, colour });
        pdf.y = top + 8;
        put('P', name, x, width, { size: 9.5, colour: quiet });
        put('P', answer, x, width, { font: 'bold', size: 13 });
        put('P', sentence, x, width, {});
        return pdf.y;
      });
      pdf.y = Math.max(...ends) + 16;
    },
  };
}

function bar(
  pdf: Pdf,
  { x, y, width, height, colour }: { x: number; y: number; width: number; height: number; colour: string },
): void {
  decorate(pdf, () => pdf.rect(x, y, width, height).fill(colour));
}

/** The address as a QR code, a figure of the structure. */
function drawQr(
  pdf: Pdf,
  root: ReturnType<Pdf['struct']>,
  address: string,
  { x, y, size }: { readonly x: number; readonly y: number; readonly size: number },
): void {
  const element = pdf.struct('Figure', { alt: address });
  root.add(element);
  element.add(pdf.markStructureContent('Figure'));
  const { data, size: count } = encode(address, { ecc: 'M', border: 0 });
  const side = size / count;
  data.forEach((line, row) => {
    line.forEach((isDark, column) => {
      if (isDark) pdf.rect(x + column * side, y + row * side, side, side);
    });
  });
  pdf.fill(ink);
  pdf.endMarkedContent();
  element.end();
}

function decorate(pdf: Pdf, draw: () => void): void {
  const { x, y } = pdf;
  pdf.markContent('Artifact', { type: 'Layout' });
  pdf.save();
  draw();
  pdf.restore();
  pdf.endMarkedContent();
  pdf.x = x;
  pdf.y = y;
}
