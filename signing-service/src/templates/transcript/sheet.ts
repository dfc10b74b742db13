/** The running pdfkit document; its types name the class only. */
export type Pdf = InstanceType<typeof import('pdfkit')>;
type StructureElement = ReturnType<Pdf['struct']>;

export const ink = '#16202e';
export const faintInk = '#5b6675';
/** Of the rules between rows. */
export const ruled = '#c9d2de';
/** Behind the column that counts; so pale that a copier loses it. */
export const pale = '#f4f2ed';
/** The line at the left of every page, as in an exercise book: decoration, and nothing is said by it. */
const margin = '#d98a9b';

/** Outer measures of the page, in points from its upper left corner. */
export const page = { width: 595.28, height: 841.89, left: 54, right: 541.28, top: 44, bottom: 784 } as const;

export interface TextStyle {
  readonly font?: 'regular' | 'medium' | 'semibold' | 'bold';
  readonly size?: number;
  readonly color?: string;
  readonly align?: 'left' | 'center' | 'right';
  readonly width?: number;
  readonly spacing?: number;
  readonly lineGap?: number;
  /** Of a table's head cell: what it is the head of (ISO 32000-1 §14.8.5.7). */
  readonly scope?: 'Column' | 'Row';
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
  /** Goes on to a new page when less than `height` points are left above the footer. */
  ensure(height: number): boolean;
  end(): void;
}

/** Begins a document whose pages carry this code at their foot. */
export function beginSheet(pdf: Pdf, code: string): Sheet {
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
      drawMargin(sheet);
      sheet.y = page.top + 14;
      return true;
    },
    end: () => {
      drawFooters(sheet, code);
      root.end();
    },
  };
  drawMargin(sheet);
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
  const group = (kind: string, parent = root, options: object = {}) => {
    const element = pdf.struct(kind, options);
    parent.add(element);
    return element;
  };
  return {
    group,
    text: (kind, text, x, y, style = {}, parent = root) => {
      const options = applyStyle(pdf, style);
      const element = group(kind, parent, style.scope ? { scope: style.scope } : {});
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

/** At the foot of every page: the code to verify the document with, and the page of how many. */
function drawFooters(sheet: Sheet, code: string): void {
  const { count } = sheet.pdf.bufferedPageRange();
  for (let number = 0; number < count; number++) {
    sheet.pdf.switchToPage(number);
    sheet.decorate((pdf) => {
      pdf.font('regular').fontSize(7.5).fillColor(faintInk);
      pdf.text(`Mã xác minh ${code}`, page.left, 802, { width: 240, lineBreak: false });
      pdf.text(`Trang ${number + 1}/${count}`, page.right - 100, 802, { width: 100, align: 'right' });
    });
  }
}

/** The margin line. Nothing here is proof, so there is no frame, seal or flower that could be taken for it. */
function drawMargin(sheet: Sheet): void {
  sheet.decorate((pdf) => {
    pdf
      .lineWidth(1.2)
      .strokeColor(margin)
      .moveTo(page.left - 14, 0)
      .lineTo(page.left - 14, page.height)
      .stroke();
  });
}
