import { as, nameOf, type PdfDictionary, type PdfObject } from '../../pdf/object.ts';
import { type Box, boxOf, pagesListing } from '../../pdf/pages.ts';
import type { Comparison } from './comparison.ts';
import { coveredAt, hidesBelow } from './covering.ts';
import type { Finding } from './finding.ts';

/** What people write beside or over a text to say something of it (ISO 32000-1 table 170, §12.5.6.2); and its window. */
const beside = new Set(['Text', 'Highlight', 'Underline', 'Squiggly', 'StrikeOut', 'Caret', 'Popup']);
/** What draws over the page. */
const over = new Set(['FreeText', 'Line', 'Square', 'Circle', 'Polygon', 'PolyLine', 'Stamp', 'Ink']);
/** Entries that show something or say who wrote it when; none that acts, belongs to a form or holds a file. */
const entries = new Set(
  `Type Subtype Rect Contents P NM M F AP AS Border C IC CA ca T Popup CreationDate IRT RT Subj Q DA DS RC BS BE RD QuadPoints
   InkList L LE Vertices LL LLE Cap Name Open Parent State StateModel CL Sy Lang`.split(/\s+/u),
);

/** Whether an entry of `/Annots` is a comment that was added. */
export function isNewComment({ current, added }: Comparison, item: PdfObject): boolean {
  const link = as('reference', item);
  const annotation = link && added.has(link.number) ? current.dictionary(link) : undefined;
  const kind = nameOf(current.resolve(annotation?.entries.get('Subtype'))) ?? '';
  return (
    (beside.has(kind) || over.has(kind)) && [...(annotation?.entries.keys() ?? [])].every((key) => entries.has(key))
  );
}

/**
 * A comment that a certification permits (`/DocMDP` 3): allowed, and shown. One that lies over text or another annotation is
 * open, whatever is permitted: it may hide what was signed.
 */
export function checkComment(comparison: Comparison, item: PdfObject, page: PdfDictionary | undefined): Finding {
  const { current } = comparison;
  const number = as('reference', item)?.number ?? 0;
  const annotation = current.dictionary(item);
  const detail = `annotation ${number}`;
  if (!comparison.claimAdded(item)) return { kind: 'comment', allowed: false, detail, objects: [number] };
  const box = boxOf(current, annotation?.entries.get('Rect'));
  const kind = nameOf(current.resolve(annotation?.entries.get('Subtype'))) ?? '';
  // Readers draw some kinds that bring no look; and those beside the text by the look that they bring.
  const isOver = over.has(kind) || hidesBelow(current, annotation);
  const covered = isOver && box && coveredOn(comparison, number, box, page);
  return covered
    ? { kind: 'covering', allowed: false, detail: `${detail} over ${covered}`, objects: [number] }
    : { kind: 'comment', allowed: true, detail, objects: [number] };
}

/** On each page that lists it; of a place that is not known nothing can be said. */
function coveredOn(
  { signed, current }: Comparison,
  number: number,
  box: Box,
  page: PdfDictionary | undefined,
): string | undefined {
  const listed = pagesListing(current, number).map((one) => signed.dictionary(one));
  const pages = listed.length > 0 ? listed : [page];
  return pages.map((one) => coveredAt(signed, one, box)).find((covered) => covered !== undefined);
}
