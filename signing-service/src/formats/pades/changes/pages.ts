import { as, nameOf, type PdfObject, sameObject } from '../../pdf/object.ts';
import type { Comparison } from './comparison.ts';
import type { Finding } from './finding.ts';

/** A page may gain, at the end of its annotations, the widgets of the new signature fields; nothing else of it may differ. */
export function checkPages(comparison: Comparison, widgets: ReadonlySet<number>): Finding[] {
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
      if (isAddition && isOwn && gainsOnly(signed.array(was) ?? [], current.array(is), widgets)) {
        explained.add(number);
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
      if (was && gainsOnly(was, is, widgets)) explained.add(number);
    }
  }
  return findings;
}

function gainsOnly(
  before: readonly PdfObject[],
  after: readonly PdfObject[] | undefined,
  widgets: ReadonlySet<number>,
): boolean {
  return (
    after !== undefined &&
    before.every((item, index) => sameObject(item, after[index])) &&
    after.slice(before.length).every((item) => widgets.has(as('reference', item)?.number ?? -1))
  );
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
