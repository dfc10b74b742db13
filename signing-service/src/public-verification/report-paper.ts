import type { Locale, Text } from '@edutrust/platform/messages';
import type PDFDocument from 'pdfkit';
import { fontFile } from '../fonts/fonts.ts';
import type { SignatureReport } from '../validation/report.ts';
import type { AnswerText } from './sentences.ts';
import type { VerificationReport } from './verify.ts';

type Pdf = InstanceType<typeof PDFDocument>;

const ink = '#16202e';
const quiet = '#5b6675';
const line = '#c9d2de';
const margin = '#d98a9b';
const colours = { valid: '#17673b', indeterminate: '#7a4a08', invalid: '#a01f1f', unsigned: '#4d5663' } as const;
const page = { left: 72, width: 595.28 - 72 - 56, bottom: 780 } as const;

const words = {
  title: { vi: 'Biên bản kiểm tra chữ ký số', en: 'Report of a signature check' },
  valid: { vi: 'Hợp lệ', en: 'Valid' },
  indeterminate: { vi: 'Chưa kết luận được', en: 'Not conclusive' },
  invalid: { vi: 'Không hợp lệ', en: 'Invalid' },
  unsigned: { vi: 'Không có chữ ký', en: 'Not signed' },
  unchanged: { vi: 'Còn nguyên như khi ký?', en: 'Unchanged since it was signed?' },
  trusted: { vi: 'Lúc ký, người ký được tin cậy?', en: 'Was the signer trusted when it was signed?' },
  yes: { vi: 'Có', en: 'Yes' },
  no: { vi: 'Không', en: 'No' },
  unknown: { vi: 'Chưa rõ', en: 'Not known yet' },
  none: { vi: 'Không áp dụng', en: 'Does not apply' },
  next: { vi: 'Nên làm gì', en: 'What to do now' },
  file: { vi: 'Tệp đã kiểm tra', en: 'The file that was checked' },
  name: { vi: 'Tên tệp', en: 'File name' },
  size: { vi: 'Kích thước', en: 'Size' },
  judged: { vi: 'Kiểm tra lúc', en: 'Checked at' },
  signature: { vi: 'Chữ ký', en: 'Signature' },
  signer: { vi: 'Người ký', en: 'Signer' },
  claimed: { vi: 'Tự khai ký lúc', en: 'Claimed time' },
  proven: { vi: 'Chứng minh được lúc', en: 'Proven time' },
  chain: { vi: 'Ai chứng thực ai', en: 'Who certifies whom' },
  reasons: { vi: 'Lý do', en: 'Reasons' },
  code: { vi: 'Mã ETSI EN 319 102-1', en: 'ETSI EN 319 102-1 code' },
  again: {
    vi: 'Biên bản này không mang chữ ký, nên tự nó không chứng minh gì. Ai cũng có thể kiểm tra lại chính tệp đó tại',
    en: 'This report is not signed, so it proves nothing by itself. Anyone can check the same file again at',
  },
} satisfies Record<string, Text>;

const time = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Ho_Chi_Minh',
  day: '2-digit',
  month: '2-digit',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
/** `26/11/2026 10:46:12 +07:00` */
const timeText = (at: string) => `${time.format(new Date(at)).replace(',', '')} +07:00`;

/**
 * The report of a check as a PDF to print or to put into a file: the answer first, what it rests on below. It is tagged
 * for screen readers and carries no tick that could be mistaken for a signature.
 */
export async function makeReportPaper(
  report: VerificationReport & { readonly file?: string },
  { locale, origin }: { readonly locale: Locale; readonly origin: string },
): Promise<Buffer> {
  const t = (text: Text) => text[locale];
  const { default: Document } = await import('pdfkit');
  const pdf = new Document({
    size: 'A4',
    margins: { top: 60, bottom: 60, left: page.left, right: 56 },
    pdfVersion: '1.7',
    tagged: true,
    lang: locale === 'vi' ? 'vi-VN' : 'en-GB',
    displayTitle: true,
    bufferPages: true,
    info: { Title: t(words.title), Creator: 'EduTrust', Producer: 'EduTrust', CreationDate: new Date(report.judgedAt) },
  });
  const chunks: Buffer[] = [];
  const finished = new Promise<Buffer>((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.on('end', () => resolve(Buffer.concat(chunks)));
    pdf.on('error', reject);
  });
  for (const weight of ['regular', 'semibold', 'bold'] as const) pdf.registerFont(weight, fontFile(weight));
  const paper = beginPaper(pdf);
  paper.text('P', 'EduTrust · Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh', { size: 9, colour: quiet });
  paper.text('H1', t(words.title), { font: 'bold', size: 20, after: 14 });
  paper.text('P', t(words[report.verdict]), { font: 'bold', size: 13, colour: colours[report.verdict], after: 0 });
  paper.text('P', t(report.sentence), { font: 'semibold', size: 13, after: 14 });
  for (const [question, answer] of [
    [words.unchanged, report.unchanged],
    [words.trusted, report.trusted],
  ] as const satisfies readonly (readonly [Text, AnswerText])[]) {
    paper.fact(t(question), `${t(words[answer.answer])}. ${t(answer.sentence)}`);
  }
  paper.fact(t(words.next), t(report.nextStep));
  paper.heading(t(words.file));
  if (report.file) paper.fact(t(words.name), report.file);
  paper.fact(t(words.size), `${report.sizeBytes.toLocaleString(locale)} B`);
  paper.fact('SHA-256', report.sha256);
  paper.fact(t(words.judged), timeText(report.judgedAt));
  report.signatures.forEach((signature, index) => {
    paper.heading(`${t(words.signature)} ${index + 1}: ${t(words[signature.verdict]).toLocaleLowerCase(locale)}`);
    for (const [name, value] of factsOf(signature, locale)) paper.fact(name, value);
  });
  paper.text('P', `${t(words.again)} ${origin}/verify.`, { size: 9, colour: quiet, before: 18 });
  paper.end();
  pdf.end();
  return finished;
}

/** What is known of one signature, as names and values; nothing that was not found. */
function factsOf({ signer, time: when, chain, reasons, sub }: SignatureReport, locale: Locale): [string, string][] {
  const facts: [Text, string | null | undefined][] = [
    [words.signer, signer && [signer.name, signer.title, signer.organisation].filter(Boolean).join(', ')],
    [words.claimed, when.claimed && timeText(when.claimed)],
    [words.proven, when.proven && `${timeText(when.proven)}${when.authority ? ` (${when.authority})` : ''}`],
    [words.chain, chain.map(({ name, notAfter }) => `${name} (${timeText(notAfter).slice(0, 10)})`).join(' ← ')],
    [words.reasons, reasons.map((reason) => reason[locale]).join(' ')],
    [words.code, sub],
  ];
  return facts.flatMap(([name, value]) => (value ? [[name[locale], value]] : []));
}

interface Style {
  readonly font?: 'regular' | 'semibold' | 'bold';
  readonly size?: number;
  readonly colour?: string;
  readonly before?: number;
  readonly after?: number;
}

/** A page that fills itself from top to bottom: every text an element of the structure, every line an artifact. */
function beginPaper(pdf: Pdf) {
  const root = pdf.struct('Document');
  pdf.addStructure(root);
  const put = (kind: string, text: string, x: number, width: number, style: Style) => {
    const element = pdf.struct(kind);
    root.add(element);
    element.add(pdf.markStructureContent(kind));
    const { font = 'regular', size = 10.5, colour = ink } = style;
    pdf.font(font).fontSize(size).fillColor(colour).text(text.normalize('NFC'), x, pdf.y, { width, lineGap: 1 });
    pdf.endMarkedContent();
    element.end();
  };
  const room = (height: number) => {
    if (pdf.y + height > page.bottom) pdf.addPage();
  };
  return {
    text: (kind: string, text: string, style: Style = {}) => {
      pdf.y += style.before ?? 0;
      room(40);
      put(kind, text, page.left, page.width, style);
      pdf.y += style.after ?? 6;
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
    /** The margin line and the page numbers, once it is known how many there are. */
    end: () => {
      const { count } = pdf.bufferedPageRange();
      for (let number = 0; number < count; number += 1) {
        pdf.switchToPage(number);
        decorate(pdf, () => {
          pdf.lineWidth(1.2).strokeColor(margin).moveTo(56, 40).lineTo(56, 800).stroke();
          pdf.font('regular').fontSize(8).fillColor(quiet);
          pdf.page.margins.bottom = 0; // the number stands below the text's own margin
          pdf.text(`${number + 1}/${count}`, page.left, 806, { width: page.width, align: 'right', lineBreak: false });
        });
      }
      root.end();
    },
  };
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
