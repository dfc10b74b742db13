import type { PdfView } from '../../pdf/document.ts';
import { as, integerOf, nameOf, type PdfDictionary, type PdfObject } from '../../pdf/object.ts';
import { type Box, boxOf } from '../../pdf/pages.ts';
import { glyphsOf } from './page-text.ts';

/** What nobody sees on a page. */
const unseen = new Set(['Link', 'Popup']);
const hiddenFlags = 0b100010; // Hidden, NoView (ISO 32000-1 table 165)
/** How far a block may reach over what is there, as line ends and frames do. */
const toleratedPoints = 2;

/** A third, and what a hand that seals is off by (Decree 30/2020/NĐ-CP, annex I). */
const mostOfPicture = 0.4;

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
  const covered = coveredAt(signed, page, box, mostOfPicture);
  return covered && `a block over ${covered === 'text' ? 'text' : 'another annotation'}`;
}

/**
 * What stands in a box of a page already; `undefined` for an empty place. Text is found by an estimate. A seal lies over the
 * left third of a signature: so much of the picture of one's hand may be covered as `ofPicture` says, and nothing of a block
 * that says in words who signed.
 */
export function coveredAt(
  view: PdfView,
  page: PdfDictionary,
  box: Box,
  ofPicture = 0,
): 'text' | 'annotation' | undefined {
  const [left, bottom, right, top] = shrunk(box);
  const others = (view.array(page.entries.get('Annots')) ?? []).flatMap((item) => view.dictionary(item) ?? []);
  const isCovered = others.some((other) => {
    const there = isSeen(view, other) ? boxOf(view.array(other.entries.get('Rect'))) : undefined;
    const isOver = there && there[0] < right && there[2] > left && there[1] < top && there[3] > bottom;
    return isOver && !(isPicture(view, other) && overlap(there, box) <= ofPicture);
  });
  if (isCovered) return 'annotation';
  for (const { x, y } of glyphsOf(view, page)) {
    if (x > left && x < right && y > bottom && y < top) return 'text';
  }
  return undefined;
}

/** A signature whose look is pictures and nothing else: no letters, no form that could hold some. */
function isPicture(view: PdfView, widget: PdfDictionary): boolean {
  const isSigned = nameOf(widget.entries.get('FT')) === 'Sig' && view.dictionary(widget.entries.get('V')) !== undefined;
  const normal = view.resolve(view.dictionary(widget.entries.get('AP'))?.entries.get('N'));
  const look = as('stream', normal)?.dictionary;
  const resources = view.dictionary(look?.entries.get('Resources'));
  const pictures = [...(view.dictionary(resources?.entries.get('XObject'))?.entries.values() ?? [])];
  const isImage = (object: PdfObject) =>
    nameOf(as('stream', view.resolve(object))?.dictionary.entries.get('Subtype')) === 'Image';
  const isOnlyXObjects = [...(resources?.entries.keys() ?? [])].every((name) => name === 'XObject');
  return isSigned && isOnlyXObjects && pictures.length > 0 && pictures.every(isImage);
}

/** The part of one box that another lies over. */
function overlap(under: Box, over: Box): number {
  const side = (from: number) =>
    Math.min(under[from + 2] ?? 0, over[from + 2] ?? 0) - Math.max(under[from] ?? 0, over[from] ?? 0);
  return (side(0) * side(1)) / ((under[2] - under[0]) * (under[3] - under[1]));
}

function isSeen(view: PdfView, annotation: PdfDictionary): boolean {
  const flags = integerOf(view.resolve(annotation.entries.get('F'))) ?? 0;
  const isDrawn = annotation.entries.has('AP') || nameOf(annotation.entries.get('Subtype')) !== 'Widget';
  return isDrawn && !unseen.has(nameOf(annotation.entries.get('Subtype')) ?? '') && (flags & hiddenFlags) === 0;
}
