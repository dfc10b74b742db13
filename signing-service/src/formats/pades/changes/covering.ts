import type { PdfView } from '../../pdf/document.ts';
import { as, integerOf, nameOf, type PdfDictionary, type PdfObject } from '../../pdf/object.ts';
import { glyphsOf } from './page-text.ts';

/** Left, bottom, right, top in points. */
type Box = readonly [number, number, number, number];

/** What nobody sees on a page. */
const unseen = new Set(['Link', 'Popup']);
const hiddenFlags = 0b100010; // Hidden, NoView (ISO 32000-1 table 165)
/** How far a block may reach over what is there, as line ends and frames do. */
const toleratedPoints = 2;

/** A rectangle as it is written, its corners in order; `undefined` for what is none or has no area. */
export function boxOf(items: readonly PdfObject[] | undefined): Box | undefined {
  const numbers = items?.map((item) => as('number', item)?.value ?? Number.NaN) ?? [];
  const [x1 = Number.NaN, y1 = Number.NaN, x2 = Number.NaN, y2 = Number.NaN] = numbers;
  if (numbers.length !== 4 || numbers.some(Number.isNaN)) return undefined;
  const box: Box = [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)];
  return box[0] < box[2] && box[1] < box[3] ? box : undefined;
}

const shrunk = ([left, bottom, right, top]: Box): Box => [
  left + toleratedPoints,
  bottom + toleratedPoints,
  right - toleratedPoints,
  top - toleratedPoints,
];

/**
 * What a block that a later revision puts on a page lies over, in the document as it was signed: text, or another
 * annotation. `undefined` when it lies where nothing was, or draws nothing.
 */
export function coveredBy(signed: PdfView, current: PdfView, widget: PdfDictionary): string | undefined {
  const box = boxOf(current.array(widget.entries.get('Rect')));
  const page = signed.dictionary(widget.entries.get('P'));
  if (!box || !page || !widget.entries.has('AP')) return undefined;
  const [left, bottom, right, top] = shrunk(box);
  const others = (signed.array(page.entries.get('Annots')) ?? []).flatMap((item) => signed.dictionary(item) ?? []);
  const isCovered = others.some((other) => {
    const there = isSeen(signed, other) ? boxOf(signed.array(other.entries.get('Rect'))) : undefined;
    return there && there[0] < right && there[2] > left && there[1] < top && there[3] > bottom;
  });
  if (isCovered) return 'a block over another annotation';
  for (const { x, y } of glyphsOf(signed, page)) {
    if (x > left && x < right && y > bottom && y < top) return 'a block over text';
  }
  return undefined;
}

function isSeen(view: PdfView, annotation: PdfDictionary): boolean {
  const flags = integerOf(view.resolve(annotation.entries.get('F'))) ?? 0;
  const isDrawn = annotation.entries.has('AP') || nameOf(annotation.entries.get('Subtype')) !== 'Widget';
  return isDrawn && !unseen.has(nameOf(annotation.entries.get('Subtype')) ?? '') && (flags & hiddenFlags) === 0;
}
