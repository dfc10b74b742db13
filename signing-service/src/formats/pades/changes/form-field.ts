import type { PdfView } from '../../pdf/document.ts';
import { as, integerOf, type PdfObject, type PdfReference, sameObject } from '../../pdf/object.ts';
import { boxOf, pagesListing } from '../../pdf/pages.ts';
import { coveredAt, isOpaqueLook, leaders } from './covering.ts';
import type { Finding } from './finding.ts';
import type { FormReview } from './form-review.ts';

/** What filling in a field writes: its value, its look, and what goes with them (ISO 32000-1 §12.7.3, §12.7.4). */
const filledKeys = new Set(['V', 'AP', 'AS', 'I', 'TI', 'RV', 'M', 'DA', 'MK', 'Ff', 'F']);
/** Of a widget below its field. */
const widgetKeys = new Set(['AP', 'AS', 'M', 'MK', 'F']);

/** A field that was there and is no signature: only its value may differ. */
export function checkFilledField(review: FormReview, link: PdfReference, path: string): Finding {
  return checkFilled(review, link, path, filledKeys);
}

/** The widget of a field: only its look may differ. */
export function checkFilledWidget(
  review: FormReview,
  link: PdfReference,
  path: string,
  type: string | undefined,
): Finding {
  if (type === 'Sig') return checkSigned(review, link, path);
  return checkFilled(review, link, path, widgetKeys);
}

/** The widget of a signature field: drawn anew when its field is signed; of a signed field it stays. */
function checkSigned(review: FormReview, link: PdfReference, path: string): Finding {
  const { signed, current } = review.comparison;
  const field = signed.dictionary(link)?.entries.get('Parent');
  const isSignedNow =
    !signed.dictionary(field)?.entries.has('V') && current.dictionary(field)?.entries.has('V') === true;
  if (!signed.dictionary(field) || !isSignedNow)
    return { kind: 'form', allowed: false, detail: `the look of signed field ${path}`, objects: [link.number] };
  return { ...checkFilled(review, link, path, widgetKeys), kind: 'signature' };
}

function checkFilled(review: FormReview, link: PdfReference, path: string, keys: ReadonlySet<string>): Finding {
  const { comparison, permissions } = review;
  const { signed, current, explained } = comparison;
  const refuse = (detail: string): Finding => ({ kind: 'form', allowed: false, detail, objects: [link.number] });
  const [before, after] = [signed.dictionary(link), current.dictionary(link)];
  if (!before || !after) return refuse(`field ${link.number} changed`);
  if (permissions.isLocked(path)) return refuse(`the locked field ${path}`);
  explained.add(link.number);
  for (const key of new Set([...before.entries.keys(), ...after.entries.keys()])) {
    const [was, is] = [before.entries.get(key), after.entries.get(key)];
    // Of what filling in does not write, the same reference leads to what is judged itself: the page that gains a block, say.
    if (sameObject(was, is) && key !== 'AP' && !(keys.has(key) && reachesChange(review, is))) continue;
    // What was not to be seen is not filled in by showing it.
    const shows = key === 'F' && (flagsOf(signed, was) & ~flagsOf(current, is) & hiddenFlags) !== 0;
    if (shows) return refuse(`/F of field ${link.number}`);
    if (!keys.has(key) || !comparison.claimReplaced(is, [link.number]))
      return refuse(`/${key} of field ${link.number}`);
  }
  if (hidesText(review, link))
    return { kind: 'covering', allowed: false, detail: `field ${path} over text`, objects: [link.number] };
  return { kind: 'form-fill', allowed: true, detail: path, field: link.number, objects: [link.number] };
}

/** Invisible, Hidden, NoView, ToggleNoView (§12.5.3). */
const hiddenFlags = 0b1_0010_0011;
const flagsOf = (view: PdfView, value: PdfObject | undefined) => integerOf(view.resolve(value)) ?? 0;

/** Whether the new look of a field lies over text of its page that could be seen through the old one. */
function hidesText({ comparison: { signed, current } }: FormReview, link: PdfReference): boolean {
  const [before, after] = [signed.dictionary(link), current.dictionary(link)];
  const box = boxOf(current, after?.entries.get('Rect'));
  if (!box || !isOpaqueLook(current, after) || isOpaqueLook(signed, before)) return false;
  const pages = pagesListing(current, link.number).map((page) => signed.dictionary(page));
  const isText = (code: string) => !leaders.test(code);
  return pages.some((page) => coveredAt(signed, page, box, { look: link, isText }) === 'text');
}

/** A value or look that is the same reference, but to an object that was replaced. */
function reachesChange({ comparison }: FormReview, value: PdfObject | undefined): boolean {
  const link = as('reference', value);
  return link !== undefined && comparison.modified.has(link.number) && !comparison.explained.has(link.number);
}

/**
 * Filling in is allowed by a certification that says so; where the signer does not say, by whoever signed it afterwards,
 * who then answers for it. Filled in and signed by nobody, it is open.
 */
export function isAllowedFill({ comparison, permissions, signatures }: FormReview, field: number): boolean {
  if (permissions.level !== undefined) return permissions.level >= 2;
  const { revisions } = comparison.file;
  const lastOf = (number: number) => revisions.findLastIndex(({ entries }) => entries.has(number));
  return [...signatures].some((signature) => lastOf(signature) >= lastOf(field));
}
