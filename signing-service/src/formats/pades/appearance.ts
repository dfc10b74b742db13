import { deflateSync } from 'node:zlib';
import { secondText } from '@edutrust/platform/vietnam-time';
import { putFont, widthOf } from '../../fonts/embedded.ts';
import type { FontName } from '../../fonts/fonts.ts';
import { array, dictionary, name, number, type PdfReference } from '../pdf/object.ts';
import type { IncrementalUpdate } from '../pdf/writer.ts';
import { type Ink, putInk } from './ink.ts';

/** A line of the visible block; a bare string is a plain line. Lines that are too long are drawn smaller. */
export type AppearanceLine = string | { readonly text: string; readonly bold?: boolean; readonly size?: number };

/** What people see on the page. It proves nothing (only validation does), so it never carries a tick. */
export interface VisibleSignature {
  /** Zero-based, or the last one. */
  readonly page: number | 'last';
  /** Lower left and upper right corner in points. */
  readonly rect: readonly [number, number, number, number];
  readonly lines: readonly AppearanceLine[];
  /** Of the bar and the frame: a person's signature is blue, an organisation's seal red (Decree 30/2020/NĐ-CP, annex I). */
  readonly colour?: 'blue' | 'red';
  /** Drawn instead of the lines, as large as the place (Decree 30/2020/NĐ-CP, annex I). */
  readonly ink?: Ink;
  /** Black lines at the right, with no frame, in the letters of Times New Roman: of copies and annexes (Decree 30/2020/NĐ-CP, annex I). */
  readonly isPlain?: boolean;
}

/** The lines of a block: who signed (and as what), time in Vietnam and where to verify. */
export function visibleLines(signature: {
  /** `Đã ký số bởi` when absent. */
  readonly heading?: string;
  readonly name: string;
  readonly title?: string;
  readonly organisation?: string;
  readonly at: Date;
  readonly verifyAt: string;
}): readonly AppearanceLine[] {
  const [day, time] = secondText(signature.at).split(' ');
  const office = [signature.title, signature.organisation].filter(Boolean).join(', ');
  return [
    { text: signature.heading ?? 'Đã ký số bởi', size: 6.5 },
    { text: signature.name, bold: true, size: 9.5 },
    ...(office ? [office] : []),
    `${time} ngày ${day} (giờ Việt Nam)`,
    { text: `Xác minh tại ${signature.verifyAt.replace(/^https?:\/\//u, '')}`, size: 6.5 },
  ];
}

/** Bar and frame as colour operators (ISO 32000-1 §8.6.8). */
const colours = {
  blue: { bar: '0.106 0.29 0.525 rg', frame: '0.765 0.82 0.894 RG' },
  red: { bar: '0.753 0.11 0.141 rg', frame: '0.894 0.702 0.71 RG' },
} as const;

const padding = 6;
const leading = 1.32;
/** Width of the line around bold letters, in parts of their size. */
const boldLine = 0.035;

/** Puts the appearance stream and what it needs (ISO 32000-1 §12.5.5). */
export function putAppearance(update: IncrementalUpdate, visible: VisibleSignature): PdfReference {
  const [left, bottom, right, top] = visible.rect;
  const [width, height] = [right - left, top - bottom];
  const { ink, isPlain = false } = visible;
  if (ink) {
    const image = putInk(update, ink, visible.colour ?? 'blue');
    const content = `q ${format(width)} 0 0 ${format(height)} 0 0 cm /image Do Q\n`;
    return putForm(update, { width, height, content, resources: { XObject: dictionary({ image }) } });
  }
  const textLeft = isPlain ? 0 : padding + 4;
  const face = isPlain ? 'times' : 'regular';
  const lines = fit(
    visible.lines,
    face,
    width - textLeft - (isPlain ? 0 : padding),
    height - (isPlain ? 0 : 2 * padding),
  );
  const font = putFont(update, face, lines.map(({ text }) => text).join(''));
  const total = lines.reduce((sum, { size }) => sum + size * leading, 0);
  let y = (height + total) / 2;
  const { bar, frame } = colours[visible.colour ?? 'blue'];
  let content = isPlain
    ? 'BT 0 g 0 G\n'
    : `q ${bar} 0 0 2 ${format(height)} re f ${frame} 0.5 w 0.25 0.25 ${format(width - 0.5)} ${format(height - 0.5)} re S Q\nBT 0.086 0.125 0.18 rg 0.086 0.125 0.18 RG\n`;
  for (const { text, isBold, size } of lines) {
    y -= size * leading;
    // Bold is the same outlines with a line around them (ISO 32000-1 §9.3.6): a font of its own would cost each signature 2.4 kB.
    const mode = isBold ? `2 Tr ${format(size * boldLine)} w` : '0 Tr';
    content += `${mode} /regular ${format(size)} Tf 1 0 0 1 ${format(isPlain ? width - widthOf(text, face, size) : textLeft)} ${format(y + size * 0.3)} Tm ${font.string(text)} Tj\n`;
  }
  content += 'ET\n';
  const resources = { Font: dictionary({ regular: font.reference }) };
  return putForm(update, { width, height, content, resources });
}

interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly content: string;
  readonly resources: Parameters<typeof dictionary>[0];
}

function putForm(update: IncrementalUpdate, { width, height, content, resources }: Drawing): PdfReference {
  const form = update.newReference();
  update.put(
    form,
    dictionary({
      Type: name('XObject'),
      Subtype: name('Form'),
      BBox: array([0, 0, width, height].map(number)),
      Resources: dictionary(resources),
      Filter: name('FlateDecode'),
    }),
    deflateSync(Buffer.from(content, 'latin1'), { level: 9 }),
  );
  return form;
}

interface FittedLine {
  readonly text: string;
  readonly isBold: boolean;
  readonly size: number;
}

/** Sizes at which every line stays inside the block. */
function fit(lines: readonly AppearanceLine[], face: FontName, width: number, height: number): readonly FittedLine[] {
  const wished = lines.map((line): FittedLine => {
    const { text, bold = false, size = 7.5 } = typeof line === 'string' ? { text: line } : line;
    return { text: text.normalize('NFC'), isBold: bold, size };
  });
  const total = wished.reduce((sum, { size }) => sum + size * leading, 0);
  const scale = Math.min(1, height / total);
  return wished.map(({ text, isBold, size }) => {
    const scaled = size * scale;
    return { text, isBold, size: Math.min(scaled, scaled * (width / Math.max(widthOf(text, face, scaled), 1))) };
  });
}

const format = (value: number) => number(value).text;
