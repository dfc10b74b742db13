import type { TranscriptData } from './data.ts';

/** The running pdfkit document; its types name the class only. */
export type Pdf = InstanceType<typeof import('pdfkit')>;
type StructureElement = ReturnType<Pdf['struct']>;

export const ink = '#16202e';
export const faintInk = '#5b6675';
export const blue = '#1b4a86';
export const paleBlue = '#eef3fa';
export const lineBlue = '#c3d1e4';

/** Outer measures of the page, in points from its upper left corner. */
export const page = { width: 595.28, height: 841.89, left: 54, right: 541.28, top: 46, bottom: 786 } as const;

export interface TextStyle {
  readonly font?: 'regular' | 'medium' | 'semibold' | 'bold';
  readonly size?: number;
  readonly color?: string;
  readonly align?: 'left' | 'center' | 'right';
  readonly width?: number;
  readonly spacing?: number;
  readonly lineGap?: number;
}

/** A page being filled from top to bottom, every mark of it either a part of the structure or an artifact (ISO 32000-1 §14.8). */
export interface Sheet {
  readonly pdf: Pdf;
  readonly root: StructureElement;
  /** Where the next block begins, in points from the top. */
  y: number;
  /** Opens a grouping element (`Table`, `TR`, `Sect`). */
  group(kind: string, parent?: StructureElement): StructureElement;
  /** Draws text as an element of the given kind; gives the height. */
  text(kind: string, text: string, x: number, y: number, style?: TextStyle, parent?: StructureElement): number;
  /** Draws what only decorates. */
  decorate(draw: (pdf: Pdf) => void): void;
  /** Draws a figure with its description. */
  figure(alt: string, draw: (pdf: Pdf) => void): void;
  heightOf(text: string, style: TextStyle): number;
  /** Goes on to a new page when less than `height` points are left above the frame. */
  ensure(height: number): boolean;
  end(): void;
}

export function beginSheet(pdf: Pdf, data: TranscriptData): Sheet {
  const root = pdf.struct('Document');
  pdf.addStructure(root);
  const sheet: Sheet = {
    pdf,
    root,
    y: page.top,
    ...marksOn(pdf, root),
    heightOf: (text, style) => pdf.heightOfString(text, applyStyle(pdf, style)),
    ensure: (height) => {
      if (sheet.y + height <= page.bottom) return false;
      pdf.addPage();
      drawFrame(sheet);
      sheet.y = page.top + 14;
      return true;
    },
    end: () => {
      drawFooters(sheet, data.code);
      root.end();
    },
  };
  drawFrame(sheet);
  return sheet;
}

/** Makes the style the current one; gives what pdfkit takes with each text. */
function applyStyle(pdf: Pdf, style: TextStyle) {
  pdf.font(style.font ?? 'regular').fontSize(style.size ?? 10);
  return {
    width: style.width ?? page.right - page.left,
    align: style.align ?? 'left',
    lineGap: style.lineGap ?? 0,
    ...(style.spacing === undefined ? {} : { characterSpacing: style.spacing }),
  };
}

/** Every way to put a mark on the page: as an element of the structure, or as an artifact. */
function marksOn(pdf: Pdf, root: StructureElement): Pick<Sheet, 'group' | 'text' | 'decorate' | 'figure'> {
  const group: Sheet['group'] = (kind, parent = root) => {
    const element = pdf.struct(kind);
    parent.add(element);
    return element;
  };
  return {
    group,
    text: (kind, text, x, y, style = {}, parent = root) => {
      const options = applyStyle(pdf, style);
      const element = group(kind, parent);
      element.add(pdf.markStructureContent(kind));
      pdf.fillColor(style.color ?? ink);
      // Line by line: pdfkit counts the break as a character and centres the line beside the middle.
      // The space between two lines is drawn by itself, so that what is read aloud keeps its words apart.
      let lineY = y;
      text.split('\n').forEach((line, index) => {
        if (index > 0) pdf.text(' ', x, lineY, { lineBreak: false });
        pdf.text(line, x, lineY, options);
        lineY = pdf.y;
      });
      pdf.endMarkedContent();
      element.end();
      return pdf.y - y;
    },
    decorate: (draw) => {
      pdf.markContent('Artifact', { type: 'Layout' });
      pdf.save();
      draw(pdf);
      pdf.restore();
      pdf.endMarkedContent();
    },
    figure: (alt, draw) => {
      const element = pdf.struct('Figure', { alt });
      root.add(element);
      element.add(pdf.markStructureContent('Figure'));
      pdf.save();
      draw(pdf);
      pdf.restore();
      pdf.endMarkedContent();
      element.end();
    },
  };
}

/** Under the frame of every page: the code to verify the document with, and the page of how many. */
function drawFooters(sheet: Sheet, code: string): void {
  const { count } = sheet.pdf.bufferedPageRange();
  for (let number = 0; number < count; number++) {
    sheet.pdf.switchToPage(number);
    sheet.decorate((pdf) => {
      pdf.font('regular').fontSize(7.5).fillColor(faintInk);
      pdf.text(`Mã xác minh ${code}`, page.left, 793, { width: 240, lineBreak: false });
      pdf.text(`Trang ${number + 1}/${count}`, page.right - 100, 793, { width: 100, align: 'right' });
    });
  }
}

/** A double frame with a lotus bud at each corner, and a rosette so pale that a copier loses it. */
function drawFrame(sheet: Sheet): void {
  sheet.decorate((pdf) => {
    pdf.lineWidth(0.3).strokeColor('#edf2f8');
    const centre = { x: page.width / 2, y: 430 };
    for (let turn = 0; turn < 9; turn++) {
      for (let step = 0; step <= 360; step++) {
        const angle = (step / 360) * 2 * Math.PI;
        const reach = 120 + 70 * Math.sin(8 * angle + (turn * 2 * Math.PI) / 9);
        const point: [number, number] = [centre.x + reach * Math.cos(angle), centre.y + reach * Math.sin(angle)];
        if (step === 0) pdf.moveTo(...point);
        else pdf.lineTo(...point);
      }
      pdf.stroke();
    }
    pdf
      .lineWidth(1.1)
      .strokeColor(blue)
      .rect(28, 28, page.width - 56, page.height - 56)
      .stroke();
    pdf
      .lineWidth(0.4)
      .strokeColor(lineBlue)
      .rect(33, 33, page.width - 66, page.height - 66)
      .stroke();
    for (const [x, y, turn] of [
      [28, 28, 45],
      [page.width - 28, 28, 135],
      [page.width - 28, page.height - 28, 225],
      [28, page.height - 28, 315],
    ] as const) {
      pdf.save().translate(x, y).rotate(turn);
      pdf.rect(-9, -9, 18, 18).fill('#ffffff');
      for (const [tilt, length] of [
        [-38, 12],
        [38, 12],
        [0, 16],
      ] as const) {
        pdf.save().rotate(tilt);
        pdf
          .moveTo(0, 0)
          .quadraticCurveTo(length * 0.55, -4.6, length, 0)
          .quadraticCurveTo(length * 0.55, 4.6, 0, 0);
        pdf.lineWidth(0.7).fillAndStroke('#ffffff', blue);
        pdf.restore();
      }
      pdf.restore();
    }
  });
}
