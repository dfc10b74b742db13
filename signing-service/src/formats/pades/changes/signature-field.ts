import { as, integerOf, nameOf, type PdfDictionary, type PdfObject, sameObject } from '../../pdf/object.ts';
import type { Comparison } from './comparison.ts';
import { coveredBy } from './covering.ts';
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
export function checkSignatureField(
  { comparison, permissions, widgets, signatures }: FormReview,
  field: PdfObject,
  isNew: boolean,
  path: string,
): Finding[] {
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
      if (key === 'Rect' && isWithoutArea(now.entries.get('Rect'))) continue;
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
  const isTimeStamp = nameOf(current.dictionary(value)?.entries.get('Type')) === 'DocTimeStamp';
  const detail = `field ${link.number}`;
  const objects = looks.flatMap((look) => look?.number ?? []);
  const kind = isTimeStamp ? 'document-time-stamp' : 'signature';
  const findings: Finding[] = [{ kind, allowed: true, detail, objects }];
  // Whoever signed before saw the place of a field that was there; only a new one could cover what was signed.
  for (const look of isNew ? looks : []) {
    const widget = current.dictionary(look) ?? now;
    const size = sizeProblem(comparison, widget);
    if (size) return refuse(size);
    const covered = coveredBy(signed, current, widget);
    if (covered) findings.push({ kind: 'covering', allowed: false, detail: `${detail}: ${covered}`, objects });
  }
  return findings;
}

/** Why the block is too large to be only a signature. */
function sizeProblem({ current }: Comparison, field: PdfDictionary): string | undefined {
  const rectangle = numbersOf(current.array(field.entries.get('Rect')));
  if (rectangle?.length !== 4) return 'a signature block without a place';
  if (areaOf(rectangle) === 0) return undefined;
  let node = current.dictionary(field.entries.get('P'));
  let box: number[] | undefined;
  // MediaBox is inherited from the page tree (ISO 32000-1 §7.7.3.4).
  for (let level = 0; node && !box && level < 32; level++) {
    box = numbersOf(current.array(node.entries.get('MediaBox')));
    node = current.dictionary(node.entries.get('Parent'));
  }
  if (box?.length !== 4) return 'a signature block without a page';
  return areaOf(rectangle) > areaOf(box) * maxPartOfPage ? 'a signature block that covers much of a page' : undefined;
}

const numbersOf = (items: readonly PdfObject[] | undefined) =>
  items?.map((item) => as('number', item)?.value ?? integerOf(item) ?? Number.NaN);
const isWithoutArea = (rectangle: PdfObject | undefined) => {
  const edges = numbersOf(as('array', rectangle)?.items);
  return edges?.length === 4 && areaOf(edges) === 0;
};
const areaOf = ([left = 0, bottom = 0, right = 0, top = 0]: readonly number[]) =>
  Math.abs((right - left) * (top - bottom));
