import type { FontName } from '../../fonts/fonts.ts';

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
  readonly font?: FontName;
  readonly size?: number;
  readonly color?: string;
  readonly align?: 'left' | 'center' | 'right';
  readonly width?: number;
  readonly spacing?: number;
  readonly lineGap?: number;
  /** Of a table's head cell: what it is the head of (ISO 32000-1 §14.8.5.7). */
  readonly scope?: 'Column' | 'Row';
}

export type Rect = readonly [left: number, bottom: number, right: number, top: number];

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
  /**
   * Draws where a signature or the seal goes, until its own block lies there, and puts the empty field that it will fill: in points from the
   * lower left corner, with what is said of it aloud.
   */
  place(rect: Rect, description: string): void;
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
    ...placesOn(pdf, root),
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
    decorate: (draw) => decorate(pdf, draw),
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

/** Of pdfkit, whose types do not name it. */
interface Formed {
  readonly _root: { readonly data: Record<string, unknown> };
  /** What its forms need of fonts, asked for where there is a form; a signature has no default one. */
  _acroform: { readonly fonts: object; readonly defaultFont: string };
  readonly page: { readonly dictionary: object; readonly annotations: readonly object[] };
}

/**
 * Places of signatures. Each is an empty signature field below a `Form` element (ISO 32000-1 §14.8.4.5, PDF/UA-1 §7.18.4): whoever signs fills it, and
 * the structure stays as the first of them signed it.
 */
function placesOn(pdf: Pdf, root: StructureElement): Pick<Sheet, 'place'> {
  const formed = pdf as unknown as Formed;
  const fields: object[] = [];
  return {
    place: ([left, bottom, right, top], description) => {
      const [width, height, y] = [right - left, top - bottom, page.height - top];
      decorate(pdf, () => {
        pdf.lineWidth(0.5).strokeColor(ruled).dash(2, { space: 2 }).rect(left, y, width, height).stroke();
      });
      // Without a look of its own a widget is not PDF/A (ISO 19005-3 §6.3.3): one that shows nothing.
      const look = pdf.ref({ Type: 'XObject', Subtype: 'Form', BBox: [0, 0, width, height] });
      look.end(Buffer.from('q Q'));
      const element = pdf.struct('Form');
      unwrapOnlyKid(element);
      root.add(element);
      pdf.annotate(left, y, width, height, {
        Subtype: 'Widget',
        FT: 'Sig',
        T: new String(`Place${fields.length + 1}`),
        TU: new String(description),
        F: 132, // Print and Locked (ISO 32000-1 §12.5.3)
        P: formed.page.dictionary,
        AP: { N: look },
        C: [],
        structParent: element,
      } as Parameters<Pdf['annotate']>[4]);
      element.end();
      fields.push(...formed.page.annotations.slice(-1));
      formed._acroform = { fonts: {}, defaultFont: 'regular' };
      // SignaturesExist and AppendOnly (ISO 32000-1 §12.7.2)
      formed._root.data.AcroForm ??= pdf.ref({ Fields: fields, SigFlags: 3, DR: { Font: {} } });
    },
  };
}

/** The only kid of an element stands for itself, not in an array of one: pyHanko knows a field that is signed by just that way to it. */
function unwrapOnlyKid(element: StructureElement): void {
  const { dictionary } = element as unknown as { readonly dictionary: { data: { K?: unknown }; end(): void } };
  const end = dictionary.end.bind(dictionary);
  dictionary.end = () => {
    if (Array.isArray(dictionary.data.K)) [dictionary.data.K] = dictionary.data.K;
    end();
  };
}

function decorate(pdf: Pdf, draw: (pdf: Pdf) => void): void {
  pdf.markContent('Artifact', { type: 'Layout' });
  pdf.save();
  draw(pdf);
  pdf.restore();
  pdf.endMarkedContent();
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
