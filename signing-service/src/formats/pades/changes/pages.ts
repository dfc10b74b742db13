import { as, nameOf, type PdfDictionary, type PdfObject, sameObject } from '../../pdf/object.ts';
import { checkComment, isNewComment } from './comments.ts';
import type { Comparison } from './comparison.ts';
import type { Finding } from './finding.ts';
import type { FormReview } from './form-review.ts';

/**
 * A page may gain, at the end of its annotations, the widgets of the new signature fields, and comments where the signer permits
 * them; nothing else of it may differ.
 */
export function checkPages({ comparison, widgets, permissions }: FormReview): Finding[] {
  const isComment = (item: PdfObject) => permissions.level === 3 && isNewComment(comparison, item);
  const isAllowed = (item: PdfObject) => widgets.has(as('reference', item)?.number ?? -1) || isComment(item);
  const { signed, current, modified, explained } = comparison;
  const findings: Finding[] = [];
  for (const number of modified) {
    if (explained.has(number)) continue;
    const before = as('dictionary', signed.get(number));
    if (nameOf(before?.entries.get('Type')) === 'Page' && before) {
      const after = as('dictionary', current.get(number));
      const differs = [...new Set([...before.entries.keys(), ...(after?.entries.keys() ?? [])])].filter(
        (key) => !sameObject(before.entries.get(key), after?.entries.get(key)),
      );
      const [was, is] = [before.entries.get('Annots'), after?.entries.get('Annots')];
      const isAddition = differs.length === 1 && differs[0] === 'Annots';
      const place = as('reference', is);
      // The list may be written into the page, or have become an object of its own.
      const isOwn = !place || comparison.added.has(place.number);
      if (isAddition && isOwn && gainsOnly(signed.array(was) ?? [], current.array(is), isAllowed)) {
        explained.add(number);
        findings.push(...commentsAmong(comparison, [signed.array(was), current.array(is)], isComment, before));
        if (place && !comparison.claimAdded(place))
          findings.push({ kind: 'page', allowed: false, detail: `page ${number}`, objects: [number] });
      } else {
        explained.add(number);
        findings.push({
          kind: 'page',
          allowed: false,
          detail: `/${differs.join(', /')} of page ${number}`,
          objects: [number],
        });
      }
    } else if (isAnnotationList(comparison, number)) {
      const [was, is] = [as('array', signed.get(number))?.items, as('array', current.get(number))?.items];
      if (was && gainsOnly(was, is, isAllowed)) {
        explained.add(number);
        findings.push(...commentsAmong(comparison, [was, is], isComment));
      }
    }
  }
  return findings;
}

function gainsOnly(
  before: readonly PdfObject[],
  after: readonly PdfObject[] | undefined,
  isAllowed: (item: PdfObject) => boolean,
): boolean {
  return (
    after !== undefined &&
    before.every((item, index) => sameObject(item, after[index])) &&
    after.slice(before.length).every(isAllowed)
  );
}

/** The comments that a list of annotations gained, one finding each. */
function commentsAmong(
  comparison: Comparison,
  [before = [], after = []]: readonly (readonly PdfObject[] | undefined)[],
  isComment: (item: PdfObject) => boolean,
  page?: PdfDictionary,
): Finding[] {
  const added = after.slice(before.length).filter(isComment);
  return added.map((item) => checkComment(comparison, item, page));
}

/** Whether an array is what a page calls its annotations, and nothing else. */
function isAnnotationList({ signed, added, current }: Comparison, number: number): boolean {
  if (!as('array', signed.get(number))) return false;
  // The new widgets name their page: the list must be that page's.
  for (const widget of added) {
    const page = as('reference', as('dictionary', current.get(widget))?.entries.get('P'));
    const asSigned = page && !added.has(page.number) ? signed.dictionary(page) : undefined;
    const isPage = nameOf(asSigned?.entries.get('Type')) === 'Page';
    if (isPage && as('reference', asSigned?.entries.get('Annots'))?.number === number) return true;
  }
  return false;
}
