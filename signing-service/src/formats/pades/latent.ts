import type { Warning, WarningCode } from '../../validation/warnings.ts';
import { warning } from '../../validation/warnings.ts';
import type { PdfView } from '../pdf/document.ts';
import { MalformedPdf, PdfBeyondLimits } from '../pdf/malformed.ts';
import { as, integerOf, nameOf, type PdfDictionary, type PdfStream, textOf } from '../pdf/object.ts';
import { type Box, boxOf, pagesOf } from '../pdf/pages.ts';
import { reachable } from './changes/comparison.ts';
import { type Mark, marksOf, marksOfForm, newWork, type Work } from './changes/page-text.ts';

/** Once a revision, however many signatures cover it. */
const known = new WeakMap<PdfView, readonly Warning[]>();
const mostPages = 200;
/** Fewer are taken for the rim of a line that a frame touches. */
const leastCovered = 3;

/**
 * What a document holds that is not seen as it was signed, and could come to light later: what shadow attacks prepare before
 * somebody signs (Mainka et al., NDSS 2021). Each has honest uses, so none decides; whoever relies on the paper is told.
 */
export function latentContent(view: PdfView): readonly Warning[] {
  const before = known.get(view);
  if (before) return before;
  const found = find(view);
  known.set(view, found);
  return found;
}

function find(view: PdfView): readonly Warning[] {
  try {
    const catalog = view.dictionary(view.trailer.entries.get('Root'));
    if (!catalog) return [];
    const pages = [...pagesOf(view, catalog)];
    const found = new Map<WarningCode, string>();
    const note = (code: WarningCode, detail: string) => {
      if (!found.has(code)) found.set(code, detail);
    };
    if (hasClosedLayer(view, catalog)) note('layer-not-shown', '/OCProperties');
    if (hasScript(view, catalog)) note('script', 'the catalogue');
    const orphan = orphanPage(view, pages.length);
    if (orphan !== undefined) note('page-not-shown', `object ${orphan}`);
    const work = newWork(); // for all pages together: no file costs more than one full page
    pages.slice(0, mostPages).forEach((link, index) => {
      const page = view.dictionary(link);
      if (page) lookAtPage(view, page, { work, note: (code) => note(code, `page ${index + 1}`) });
    });
    return [...found].map(([code, detail]) => warning(code, detail));
  } catch (error) {
    // The verdict does not hang on it: of what cannot be read nothing is said.
    if (error instanceof MalformedPdf || error instanceof PdfBeyondLimits) return [];
    throw error;
  }
}

/** Layers that are off when the file is opened (ISO 32000-1 §8.11.4.3). */
function hasClosedLayer(view: PdfView, catalog: PdfDictionary): boolean {
  const properties = view.dictionary(catalog.entries.get('OCProperties'));
  const usual = view.dictionary(properties?.entries.get('D'));
  const isOff = (view.array(usual?.entries.get('OFF')) ?? []).length > 0;
  return isOff || nameOf(view.resolve(usual?.entries.get('BaseState'))) === 'OFF';
}

/** What runs when the file is opened (§12.6.3, §12.6.4.16). */
function hasScript(view: PdfView, catalog: PdfDictionary): boolean {
  const names = view.dictionary(catalog.entries.get('Names'));
  const opening = view.dictionary(catalog.entries.get('OpenAction'));
  return (
    names?.entries.has('JavaScript') === true ||
    catalog.entries.has('AA') ||
    nameOf(view.resolve(opening?.entries.get('S'))) === 'JavaScript'
  );
}

/** A page that stands in the file and belongs to no page tree. */
function orphanPage(view: PdfView, shown: number): number | undefined {
  const isPage = (number: number) => nameOf(as('dictionary', view.get(number))?.entries.get('Type')) === 'Page';
  const pages = [...view.numbers()].filter(isPage);
  if (pages.length <= shown) return undefined;
  const reached = reachable(view, view.trailer);
  return pages.find((number) => !reached.has(number));
}

interface Looking {
  readonly work: Work;
  note(code: WarningCode): void;
}

function lookAtPage(view: PdfView, page: PdfDictionary, { work, note }: Looking): void {
  const annotations = (view.array(page.entries.get('Annots')) ?? []).flatMap((item) => view.dictionary(item) ?? []);
  const covers: Box[] = [];
  for (const annotation of annotations) {
    const box = boxOf(view, annotation.entries.get('Rect'));
    const look = lookOf(view, annotation);
    if (!box) continue;
    if (isHidden(view, annotation)) {
      if (look) note('note-not-shown');
    } else if (look && !markings.has(nameOf(annotation.entries.get('Subtype')) ?? '')) {
      if (isOpaqueLook(view, look, work)) covers.push(box);
      if (showsOther(view, annotation, look, work)) note('field-shows-other');
    }
  }
  if (isTextCovered(marksOf(view, page, work), covers)) note('text-under-something');
}

/** What lies over text by its nature (§12.5.6.10), and what shows nothing. */
const markings = new Set(['Highlight', 'Underline', 'StrikeOut', 'Squiggly', 'Link', 'Popup', 'Caret', 'Ink']);
const hiddenFlags = 0b100010; // Hidden, NoView (§12.5.3)

function isHidden(view: PdfView, annotation: PdfDictionary): boolean {
  const flags = integerOf(view.resolve(annotation.entries.get('F'))) ?? 0;
  return (flags & hiddenFlags) !== 0 && nameOf(annotation.entries.get('Subtype')) !== 'Popup';
}

/** The look that is shown: of several states the chosen one (§12.5.5). */
function lookOf(view: PdfView, annotation: PdfDictionary): PdfStream | undefined {
  const normal = view.resolve(view.dictionary(annotation.entries.get('AP'))?.entries.get('N'));
  const state = nameOf(view.resolve(annotation.entries.get('AS')));
  return as('stream', normal) ?? as('stream', view.resolve(as('dictionary', normal)?.entries.get(state ?? '')));
}

const areaOf = ([left, bottom, right, top]: Box) => (right - left) * (top - bottom);

/** Whether a look fills about all of its box. */
function isOpaqueLook(view: PdfView, look: PdfStream, work: Work): boolean {
  const box = boxOf(view, look.dictionary.entries.get('BBox'));
  if (!box) return false;
  for (const mark of marksOfForm(view, look, work))
    if (mark.kind === 'area' && mark.isOpaque && mark.shape !== 'path' && areaOf(mark.box) > areaOf(box) * 0.6)
      return true;
  return false;
}

/** Whether visible glyphs of a page lie below a picture or block that is drawn after them. */
function isTextCovered(marks: Iterable<Mark>, covers: readonly Box[]): boolean {
  const glyphs: { readonly x: number; readonly y: number }[] = [];
  const coveredBy = (box: Box) =>
    glyphs.filter(({ x, y }) => x > box[0] && x < box[2] && y > box[1] && y < box[3]).length >= leastCovered;
  for (const mark of marks) {
    if (mark.kind === 'area') {
      if (mark.isOpaque && mark.shape !== 'path' && coveredBy(mark.box)) return true;
    } else if (mark.kind === 'glyph' && !mark.isInvisible) glyphs.push(mark.at);
  }
  return covers.some(coveredBy);
}

const printable = /^[\x20-\x7e]*$/u;

/** Whether a text field's look shows other words than its value (§12.7.4.3); of what a font of its own encodes nothing is said. */
function showsOther(view: PdfView, field: PdfDictionary, look: PdfStream, work: Work): boolean {
  const value = as('string', view.resolve(field.entries.get('V')));
  if (!value || nameOf(view.resolve(field.entries.get('FT'))) !== 'Tx') return false;
  const isPassword = ((integerOf(view.resolve(field.entries.get('Ff'))) ?? 0) & (1 << 13)) !== 0;
  const shown = [...marksOfForm(view, look, work)].map((mark) => (mark.kind === 'glyph' ? mark.code : ''));
  const [is, shows] = [textOf(value), shown.join('')].map((text) => text.replaceAll(/\s/gu, ''));
  const isTold = !isPassword && is !== undefined && shows !== undefined && printable.test(is) && printable.test(shows);
  return isTold && shows !== '' && !is.includes(shows) && !shows.includes(is);
}
