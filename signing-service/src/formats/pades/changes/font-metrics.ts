import type { PdfView } from '../../pdf/document.ts';
import { as, nameOf, type PdfDictionary, type PdfObject } from '../../pdf/object.ts';

/** How far a font's codes move the pen, as far as the font says (ISO 32000-1 §9.2.4). */
export interface FontMetrics {
  /** In ems. */
  readonly advanceOf: (code: Buffer) => number;
  readonly codeBytes: number;
}

/** Advance of a glyph whose font does not say, in ems: narrow enough that a line is not taken to be longer than it is. */
const estimatedAdvance = 0.45;
export const noMetrics: FontMetrics = { advanceOf: () => estimatedAdvance, codeBytes: 1 };

/** A page asks for the same few fonts all the time. */
const known = new WeakMap<PdfDictionary, FontMetrics>();

/** Widths by code: simple fonts (§9.6.2.1), composite ones whose codes are two bytes (§9.7), and the standard ones (§9.6.2.2). */
export function fontMetrics(view: PdfView, value: PdfObject): FontMetrics {
  const font = as('dictionary', value);
  if (!font) return noMetrics;
  const before = known.get(font);
  if (before) return before;
  const found =
    nameOf(view.resolve(font.entries.get('Subtype'))) === 'Type0' ? ofComposite(view, font) : ofSimple(view, font);
  known.set(font, found);
  return found;
}

function ofSimple(view: PdfView, { entries }: PdfDictionary): FontMetrics {
  const widths = view.array(entries.get('Widths'));
  const first = as('number', view.resolve(entries.get('FirstChar')))?.value ?? 0;
  const standard = standardWidths(nameOf(view.resolve(entries.get('BaseFont'))) ?? '');
  return {
    advanceOf: ([code = 0]) => {
      const width = as('number', view.resolve(widths?.[code - first]))?.value ?? (widths ? undefined : standard(code));
      return width === undefined ? estimatedAdvance : width / 1000;
    },
    codeBytes: 1,
  };
}

/** `/W` and `/DW` of the descendant (§9.7.4.3), where a code is its character's number. */
function ofComposite(view: PdfView, { entries }: PdfDictionary): FontMetrics {
  const isNumber = nameOf(view.resolve(entries.get('Encoding'))) === 'Identity-H';
  const descendant = view.dictionary(view.array(entries.get('DescendantFonts'))?.[0])?.entries;
  if (!isNumber || !descendant) return { ...noMetrics, codeBytes: 2 };
  const usual = as('number', view.resolve(descendant.get('DW')))?.value ?? 1000;
  const widths = readWidths(view, view.array(descendant.get('W')) ?? []);
  return {
    advanceOf: (code) => (widths.get(code.length > 1 ? code.readUIntBE(0, 2) : 0) ?? usual) / 1000,
    codeBytes: 2,
  };
}

const mostWidths = 65_536;

/** `c [w …]` or `first last w`; no more of them than there are codes. */
function readWidths(view: PdfView, items: readonly PdfObject[]): ReadonlyMap<number, number> {
  const widths = new Map<number, number>();
  const numberOf = (value: PdfObject | undefined) => as('number', view.resolve(value))?.value ?? 0;
  let left = mostWidths;
  for (let at = 0; at + 1 < items.length && left > 0; ) {
    const first = numberOf(items[at]);
    const list = view.array(items[at + 1]);
    const count = Math.min(list ? list.length : numberOf(items[at + 1]) - first + 1, left);
    for (let index = 0; index < count; index++) widths.set(first + index, numberOf(list ? list[index] : items[at + 2]));
    left -= Math.max(count, 1);
    at += list ? 2 : 3;
  }
  return widths;
}

/** Of the characters from space to tilde, as every reader has them; the bold ones are about as wide. */
const sans = `278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556
  1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556
  333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584`;
const serif = `250 333 408 500 500 833 778 180 333 333 500 564 250 333 250 278 500 500 500 500 500 500 500 500 500 500 278 278 564 564 564 444
  921 722 667 667 722 611 556 722 722 333 389 722 611 889 722 722 556 722 667 556 611 722 722 944 722 722 611 333 278 333 469 500
  333 444 500 444 500 444 333 500 500 278 278 500 278 778 500 500 500 500 333 389 278 500 500 722 500 500 444 480 200 480 541`;
const [sansWidths, serifWidths] = [sans, serif].map((text) => text.trim().split(/\s+/u).map(Number));

function standardWidths(name: string): (code: number) => number | undefined {
  if (name.startsWith('Courier')) return () => 600;
  const widths = /^(?:Helvetica|Arial)/u.test(name) ? sansWidths : name.startsWith('Times') ? serifWidths : undefined;
  return (code) => widths?.[code - 32];
}
