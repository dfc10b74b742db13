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
  const now = annotationsOf(current, current.dictionary(widget.entries.get('P')));
  // A seal lies over the left third of the hand of who signed; all that lies there by now counts together.
  const isLeftToBeSeen = (there: Box, { item, annotation }: Annotation) => {
    const above = now.filter((one) => isNotThe(item, one.item) && isSeen(current, one.annotation));
    const parts = above.map((one) => overlap(there, boxOf(current.array(one.annotation.entries.get('Rect'))) ?? there));
    return isPicture(signed, annotation) && parts.reduce((sum, part) => sum + part, 0) <= mostOfPicture;
  };
  const covered = coveredAt(signed, page, box, isLeftToBeSeen);
  return covered && `a block over ${covered === 'text' ? 'text' : 'another annotation'}`;
}

interface Annotation {
  readonly item: PdfObject;
  readonly annotation: PdfDictionary;
}

const annotationsOf = (view: PdfView, page: PdfDictionary | undefined): Annotation[] =>
  (view.array(page?.entries.get('Annots')) ?? []).flatMap((item) => {
    const annotation = view.dictionary(item);
    return annotation ? [{ item, annotation }] : [];
  });

const isNotThe = (one: PdfObject, other: PdfObject) => {
  const [first, second] = [as('reference', one), as('reference', other)];
  return !first || !second || first.number !== second.number;
};

/**
 * What stands in a box of a page already; `undefined` for an empty place. Text is found by an estimate. An annotation
 * that may be covered, since enough of it is left to be seen, is no such thing.
 */
export function coveredAt(
  view: PdfView,
  page: PdfDictionary,
  box: Box,
  isLeftToBeSeen: (there: Box, annotation: Annotation) => boolean = () => false,
): 'text' | 'annotation' | undefined {
  const [left, bottom, right, top] = shrunk(box);
  const isCovered = annotationsOf(view, page).some((other) => {
    const there = isSeen(view, other.annotation) ? boxOf(view.array(other.annotation.entries.get('Rect'))) : undefined;
    const isOver = there && there[0] < right && there[2] > left && there[1] < top && there[3] > bottom;
    return isOver && !isLeftToBeSeen(there, other);
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
  const side = (from: 0 | 1) =>
    Math.max(0, Math.min(under[from + 2] ?? 0, over[from + 2] ?? 0) - Math.max(under[from], over[from]));
  return (side(0) * side(1)) / ((under[2] - under[0]) * (under[3] - under[1]));
}

function isSeen(view: PdfView, annotation: PdfDictionary): boolean {
  const flags = integerOf(view.resolve(annotation.entries.get('F'))) ?? 0;
  const isDrawn = annotation.entries.has('AP') || nameOf(annotation.entries.get('Subtype')) !== 'Widget';
  return isDrawn && !unseen.has(nameOf(annotation.entries.get('Subtype')) ?? '') && (flags & hiddenFlags) === 0;
}
