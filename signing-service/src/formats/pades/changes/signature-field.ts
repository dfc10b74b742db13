import type { PdfView } from '../../pdf/document.ts';
import { MalformedPdf } from '../../pdf/malformed.ts';
import { as, nameOf, type PdfObject, type PdfReference, sameObject } from '../../pdf/object.ts';
import { pagesListing, visibleBoxOf } from '../../pdf/pages.ts';
import { coveredBy, isOpaqueLook } from './covering.ts';
import type { Finding } from './finding.ts';
import type { FormReview } from './form-review.ts';

/** Entries of a field that is its own widget (ISO 32000-1 §12.5.2, §12.7.3). No actions, no kids, no other pages. */
const newFieldKeys = new Set(
  'Type Subtype FT Ff T TU TM V F H Rect P AP AS MK BS Border Lock SV DA DR Q M NM OC Lang'.split(' '),
);
/** What signing an empty field may touch. */
const filledKeys = new Set(['V', 'AP', 'M', 'F', 'MK']);
/** A signature block larger than this part of the page could cover what was signed ("sneaky signature"). */
const maxPartOfPage = 0.2;

/** A signature field that was added, or an empty one that was signed. */
export function checkSignatureField(review: FormReview, field: PdfObject, isNew: boolean, path: string): Finding[] {
  const { comparison, permissions, widgets, signatures } = review;
  const { signed, current, added, explained } = comparison;
  const link = as('reference', field);
  const refuse = (detail: string): Finding[] => [
    { kind: 'form', allowed: false, detail, ...(link ? { objects: [link.number] } : {}) },
  ];
  const now = current.dictionary(field);
  if (!link || !now || nameOf(now.entries.get('FT')) !== 'Sig') return refuse('a form field that is no signature');
  // A widget of its own stands below the field (ISO 32000-1 §12.5.6.19), else the field is its widget.
  const kids = current.array(now.entries.get('Kids'))?.map((kid) => as('reference', kid)) ?? [];
  const looks = kids.length > 0 ? kids : [link];
  if (isNew) {
    if (!added.has(link.number) || !comparison.claimAdded(link)) return refuse(`field ${link.number} was there before`);
    for (const key of now.entries.keys())
      if (!newFieldKeys.has(key) && !(key === 'Kids' && kids.length === 1))
        return refuse(`/${key} of field ${link.number}`);
    for (const kid of kids) {
      const keys = [...(current.dictionary(kid)?.entries.keys() ?? ['no widget'])];
      const strange = keys.find((key) => !newFieldKeys.has(key) && key !== 'Parent');
      if (!kid || !added.has(kid.number) || strange) return refuse(`a widget of field ${link.number}`);
    }
    for (const look of looks) if (look) widgets.add(look.number);
  } else if (now.entries.has('V')) {
    const before = signed.dictionary(field);
    if (!before || before.entries.has('V')) return refuse(`field ${link.number} changed`);
    if (permissions.isLocked(path)) return refuse(`the locked field ${path}`);
    for (const key of new Set([...before.entries.keys(), ...now.entries.keys()])) {
      const isSame = sameObject(before.entries.get(key), now.entries.get(key));
      // The look may be drawn anew in its own object.
      if (isSame && key !== 'AP') continue;
      // Nor is it more than an empty look to take the place away: the signature is one that is not seen.
      if (key === 'Rect' && isWithoutArea(current, now.entries.get('Rect'))) continue;
      if (!filledKeys.has(key) || !comparison.claimReplaced(now.entries.get(key), [link.number]))
        return refuse(`/${key} of field ${link.number}`);
    }
    explained.add(link.number);
  } else return refuse(`field ${link.number} changed`);
  const value = as('reference', now.entries.get('V'));
  if (value) {
    if (!added.has(value.number)) return refuse(`the signature of field ${link.number} was there before`);
    signatures.add(value.number);
  } else if (looks.some((look) => current.dictionary(look)?.entries.has('AP')))
    return refuse(`a look of field ${link.number} that nobody signs for`);
  // By what it is judged as, and not by what it calls itself.
  const isTimeStamp = nameOf(current.dictionary(value)?.entries.get('SubFilter')) === 'ETSI.RFC3161';
  const detail = `field ${link.number}`;
  const objects = looks.flatMap((look) => look?.number ?? []);
  const kind = isTimeStamp ? 'document-time-stamp' : 'signature';
  const findings: Finding[] = [{ kind, allowed: true, detail, objects }];
  for (const look of looks) {
    const found = look ? placeProblem(review, look, isNew) : 'a widget that is no object';
    if (found === undefined) continue;
    if (typeof found === 'string') return refuse(found);
    findings.push({ kind: 'covering', allowed: false, detail: `${detail}: ${found.covers}`, objects });
  }
  return findings;
}

/**
 * Whether the look of a signature may hide what was signed, on whichever page it is shown: a new one, and one in a place that
 * waited, of which nobody saw before what would be drawn in it. A sentence of what is no signature's place at all.
 */
function placeProblem(
  review: FormReview,
  look: PdfReference,
  isNew: boolean,
): string | { readonly covers: string } | undefined {
  const { signed, current } = review.comparison;
  const widget = current.dictionary(look);
  const rectangle = numbersOf(current, widget?.entries.get('Rect'));
  if (!widget || rectangle?.length !== 4 || rectangle.some(Number.isNaN))
    return isNew ? 'a signature block without a place' : undefined;
  if (areaOf(rectangle) === 0 || (!isNew && !widget.entries.has('AP'))) return undefined;
  try {
    const pages = pagesListing(current, look.number);
    const own = as('reference', widget.entries.get('P'));
    if (pages.length === 0 && !own) return isNew ? 'a signature block without a page' : undefined;
    for (const page of pages.length > 0 || !own ? pages : [own]) {
      const dictionary = signed.dictionary(page);
      if (!dictionary) return 'a signature block on a page that was not signed';
      const [left, bottom, right, top] = visibleBoxOf(signed, dictionary);
      if (areaOf(rectangle) > areaOf([left, bottom, right, top]) * maxPartOfPage) {
        if (isNew) return 'a signature block that covers much of a page';
        // Drawings and letters as lines are not found below; what nothing is seen through hides them.
        if (isOpaqueLook(current, widget)) return { covers: 'a block over much of a page' };
      }
      const covered = coveredBy(signed, current, { look, page }, isNew);
      if (covered === 'scan') review.overScans.add(look.number);
      else if (covered) return { covers: `a block over ${covered}` };
    }
    return undefined;
  } catch (error) {
    if (error instanceof MalformedPdf) return { covers: 'pages that cannot be read' };
    throw error;
  }
}

const numbersOf = (view: PdfView, value: PdfObject | undefined) =>
  view.array(value)?.map((item) => as('number', view.resolve(item))?.value ?? Number.NaN);
const isWithoutArea = (view: PdfView, rectangle: PdfObject | undefined) => {
  const edges = numbersOf(view, rectangle);
  return edges?.length === 4 && areaOf(edges) === 0;
};
const areaOf = ([left = 0, bottom = 0, right = 0, top = 0]: readonly number[]) =>
  Math.abs((right - left) * (top - bottom));
