import { as, type PdfObject, type PdfReference, sameObject } from '../../pdf/object.ts';
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
    if (sameObject(was, is) && key !== 'AP' && !reachesChange(review, is)) continue;
    if (!keys.has(key) || !comparison.claimReplaced(is, [link.number]))
      return refuse(`/${key} of field ${link.number}`);
  }
  return { kind: 'form-fill', allowed: true, detail: path, field: link.number, objects: [link.number] };
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
