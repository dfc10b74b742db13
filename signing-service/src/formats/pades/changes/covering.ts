import type { PdfView } from '../../pdf/document.ts';
import { as, integerOf, nameOf, type PdfDictionary, type PdfObject, type PdfReference } from '../../pdf/object.ts';
import { type Box, boxOf, visibleBoxOf } from '../../pdf/pages.ts';
import { type Mark, marksOf, marksOfForm } from './page-text.ts';

/** What nobody sees on a page. */
const unseen = new Set(['Link', 'Popup']);
const hiddenFlags = 0b100010; // Hidden, NoView (ISO 32000-1 table 165)
/** How far a block may reach over what is there, as line ends and frames do. */
const toleratedPoints = 2;

/** A third, and what a hand that seals is off by (Decree 30/2020/NĐ-CP, annex I). */
const mostOfPicture = 0.4;

/** A picture that fills so much of its page is the paper itself, scanned. */
const leastOfScan = 0.5;

const areaOf = ([left, bottom, right, top]: Box) => (right - left) * (top - bottom);

const shrunk = ([left, bottom, right, top]: Box): Box => [
  left + toleratedPoints,
  bottom + toleratedPoints,
  right - toleratedPoints,
  top - toleratedPoints,
];

/** What lies below something that a later revision drew: it may not, but for a scan, of which nobody can tell what it shows there. */
type Covered = 'text' | 'annotation' | 'picture' | 'content that cannot be read' | 'scan';

/**
 * What a block that a later revision puts on pages lies over, in the document as it was signed, on whichever page it is shown.
 * `undefined` when it lies where nothing was, or draws nothing.
 */
export function coveredBy(
  signed: PdfView,
  current: PdfView,
  { look, page }: Shown,
  isNew: boolean,
): Covered | undefined {
  const widget = current.dictionary(look);
  const box = boxOf(current, widget?.entries.get('Rect'));
  if (!box || !widget?.entries.has('AP')) return undefined;
  const now = annotationsOf(current, current.dictionary(page));
  // A seal lies over the left third of the hand of who signed; all that lies there by now counts together.
  const isLeftToBeSeen = (there: Box, { item, annotation }: Annotation) => {
    const above = now.filter((one) => isNotThe(item, one.item) && isSeen(current, one.annotation));
    const parts = above.map((one) => overlap(there, boxOf(current, one.annotation.entries.get('Rect')) ?? there));
    return isPicture(signed, annotation) && parts.reduce((sum, part) => sum + part, 0) <= mostOfPicture;
  };
  // A place that waited lies over the dots that say where to sign.
  const isText = (code: string) => isNew || !leaders.test(code);
  return coveredAt(signed, signed.dictionary(page), box, { isLeftToBeSeen, look, isText });
}

/** In the encodings of simple fonts (ISO 32000-1 annex D.2). */
export const leaders = /^[._\-\x85]$/u;

/** An annotation on one of the pages that list it. */
interface Shown {
  readonly look: PdfReference;
  readonly page: PdfReference;
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
 * that may be covered, since enough of it is left to be seen, is no such thing, nor is the look itself.
 */
export function coveredAt(
  view: PdfView,
  page: PdfDictionary | undefined,
  box: Box,
  {
    isLeftToBeSeen = () => false,
    look,
    isText = () => true,
  }: {
    readonly isLeftToBeSeen?: (there: Box, annotation: Annotation) => boolean;
    readonly look?: PdfReference;
    readonly isText?: (code: string) => boolean;
  } = {},
): Covered | undefined {
  if (!page) return 'content that cannot be read';
  const [left, bottom, right, top] = shrunk(box);
  const isOver = (there: Box) => there[0] < right && there[2] > left && there[1] < top && there[3] > bottom;
  const isCovered = annotationsOf(view, page).some((other) => {
    if (look && !isNotThe(other.item, look)) return false;
    const there = isSeen(view, other.annotation) ? boxOf(view, other.annotation.entries.get('Rect')) : undefined;
    return there && isOver(there) && !isLeftToBeSeen(there, other);
  });
  if (isCovered) return 'annotation';
  const mostOfPage = areaOf(visibleBoxOf(view, page)) * leastOfScan;
  let below: Covered | undefined;
  for (const mark of marksOf(view, page)) {
    if (mark.kind === 'unread') below = 'content that cannot be read';
    else if (mark.kind === 'area') {
      if (mark.shape === 'picture' && isOver(mark.box))
        below = areaOf(mark.box) < mostOfPage ? 'picture' : (below ?? 'scan');
    } else if (mark.at.x > left && mark.at.x < right && mark.at.y > bottom && mark.at.y < top && isText(mark.code))
      return 'text';
  }
  return below;
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

/** A line through or below a text is drawn as thin as this, in points. */
const thinnest = 3;

/** Whether a look fills an area, or shows a picture, that nothing is seen through. */
export function isOpaqueLook(view: PdfView, annotation: PdfDictionary | undefined): boolean {
  return lookMarks(view, annotation).some((mark) => mark.kind === 'area' && isThick(mark));
}

/** Whether a look could hide what lies below it: by an area, a picture, letters of its own, or what cannot be read of it. */
export function hidesBelow(view: PdfView, annotation: PdfDictionary | undefined): boolean {
  return lookMarks(view, annotation).some((mark) => mark.kind !== 'area' || isThick(mark));
}

function isThick({ box: [left, bottom, right, top], shape, isOpaque }: Extract<Mark, { kind: 'area' }>): boolean {
  return shape === 'picture' || (isOpaque && Math.min(right - left, top - bottom) > thinnest);
}

/** What any state of a normal look draws (§12.5.5), in its own space. */
function lookMarks(view: PdfView, annotation: PdfDictionary | undefined): Mark[] {
  const normal = view.resolve(view.dictionary(annotation?.entries.get('AP'))?.entries.get('N'));
  const looks = as('stream', normal) ? [normal] : [...(as('dictionary', normal)?.entries.values() ?? [])];
  return looks.flatMap((look) => {
    const stream = as('stream', view.resolve(look));
    return stream ? [...marksOfForm(view, stream)] : [];
  });
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
