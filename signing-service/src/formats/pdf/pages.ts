import type { PdfView } from './document.ts';
import { MalformedPdf } from './malformed.ts';
import { as, nameOf, type PdfDictionary, type PdfObject, type PdfReference } from './object.ts';

/** Left, bottom, right, top in points. */
export type Box = readonly [number, number, number, number];

const mostNodes = 100_000;

/** The pages in their order (ISO 32000-1 §7.7.3), as far as they are asked for. @throws MalformedPdf */
export function* pagesOf(view: PdfView, catalog: PdfDictionary): Generator<PdfReference> {
  const seen = new Set<number>();
  function* walk(value: PdfObject | undefined): Generator<PdfReference> {
    const link = as('reference', value);
    const node = view.dictionary(value);
    if (!link || !node || seen.has(link.number) || seen.size > mostNodes) throw new MalformedPdf('broken page tree');
    seen.add(link.number);
    const kids = view.array(node.entries.get('Kids'));
    if (nameOf(view.resolve(node.entries.get('Type'))) !== 'Pages' || !kids) yield link;
    else for (const kid of kids) yield* walk(kid);
  }
  yield* walk(catalog.entries.get('Pages'));
}

/** An entry that a page may have from the nodes above it (§7.7.3.4). */
export function inherited(view: PdfView, page: PdfDictionary, key: string): PdfObject {
  let node: PdfDictionary | undefined = page;
  for (let level = 0; node && level < 32; level++) {
    const found = node.entries.get(key);
    if (found !== undefined) return view.resolve(found);
    node = view.dictionary(node.entries.get('Parent'));
  }
  return null;
}

/** A rectangle, its corners in order, wherever its numbers stand; `undefined` for what is none or has no area. */
export function boxOf(view: PdfView, value: PdfObject | undefined): Box | undefined {
  const numbers = view.array(value)?.map((item) => as('number', view.resolve(item))?.value ?? Number.NaN) ?? [];
  const [x1 = Number.NaN, y1 = Number.NaN, x2 = Number.NaN, y2 = Number.NaN] = numbers;
  if (numbers.length !== 4 || numbers.some(Number.isNaN)) return undefined;
  const box: Box = [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)];
  return box[0] < box[2] && box[1] < box[3] ? box : undefined;
}

/** Of each annotation, the pages that list it: what readers draw it by, whatever its own `/P` says. Once a document. */
const listed = new WeakMap<PdfView, ReadonlyMap<number, readonly PdfReference[]>>();

/** The pages that list an annotation among theirs (§7.7.3.3, table 31). @throws MalformedPdf */
export function pagesListing(view: PdfView, annotation: number): readonly PdfReference[] {
  const known = listed.get(view) ?? listingOf(view);
  listed.set(view, known);
  return known.get(annotation) ?? [];
}

function listingOf(view: PdfView): ReadonlyMap<number, readonly PdfReference[]> {
  const found = new Map<number, PdfReference[]>();
  const catalog = view.dictionary(view.trailer.entries.get('Root'));
  for (const page of catalog ? pagesOf(view, catalog) : [])
    for (const item of view.array(view.dictionary(page)?.entries.get('Annots')) ?? []) {
      const number = as('reference', item)?.number;
      if (number === undefined) continue;
      const pages = found.get(number);
      if (!pages) found.set(number, [page]);
      else if (pages.at(-1) !== page) pages.push(page);
    }
  return found;
}

/** What is shown of a page: its crop box, else its media box (§14.11.2). @throws MalformedPdf */
export function visibleBoxOf(view: PdfView, page: PdfDictionary): Box {
  const media = boxOf(view, inherited(view, page, 'MediaBox'));
  const box = boxOf(view, inherited(view, page, 'CropBox')) ?? media;
  if (!box) throw new MalformedPdf('a page without a size');
  return box;
}
