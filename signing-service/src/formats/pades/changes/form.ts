import type { PdfView } from '../../pdf/document.ts';
import { as, integerOf, nameOf, type PdfDictionary, type PdfObject, sameObject, textOf } from '../../pdf/object.ts';
import type { Comparison } from './comparison.ts';
import type { Finding } from './finding.ts';
import { checkFilledField, checkFilledWidget } from './form-field.ts';
import type { FormReview } from './form-review.ts';
import { checkSignatureField } from './signature-field.ts';

/** Entries of the form that say how fields are drawn, not what they hold; readers take the fields' own first. */
const drawing = new Set(['DA', 'DR', 'Q', 'NeedAppearances']);
const defaults = ['DA', 'Q', 'NeedAppearances'] as const;

/** The form may gain signature fields at the end of `/Fields`; its fields may be signed and filled in. */
export function checkForm(review: FormReview, was: PdfObject | undefined, is: PdfObject | undefined): Finding[] {
  const { signed, current } = review.comparison;
  const refuse = (detail: string): Finding[] => [{ kind: 'form', allowed: false, detail }];
  if (is === undefined) return was === undefined ? [] : refuse('/AcroForm removed');
  const [before, after] = [signed.dictionary(was), current.dictionary(is)];
  if (!after || (was !== undefined && !before)) return refuse('/AcroForm is no dictionary');
  if (!ownPlace(review.comparison, was, is)) return refuse('/AcroForm is another object');
  for (const key of new Set([...(before?.entries.keys() ?? []), ...after.entries.keys()])) {
    const [entryWas, entryIs] = [before?.entries.get(key), after.entries.get(key)];
    if (key === 'Fields') continue;
    if (drawing.has(key)) {
      if (!claimDrawing(review.comparison, entryWas, entryIs)) return refuse(`/${key} of /AcroForm`);
      continue;
    }
    if (sameObject(entryWas, entryIs)) continue;
    if (key === 'SigFlags' && [1, 2, 3].includes(integerOf(current.resolve(entryIs)) ?? 0)) continue;
    return refuse(`/${key} of /AcroForm`);
  }
  const redrawn = defaults.filter((key) => redraws(review, before, after, key));
  const fieldsPlace = after.entries.get('Fields');
  if (before && !ownPlace(review.comparison, before.entries.get('Fields'), fieldsPlace))
    return refuse('/Fields is another object');
  const fieldsWere = (before && signed.array(before.entries.get('Fields'))) ?? [];
  const fields = current.array(fieldsPlace) ?? [];
  return [
    ...redrawn.map((key) => ({ kind: 'form-fill' as const, allowed: false, detail: `/${key} of /AcroForm` })),
    ...checkFields(review, fieldsWere, fields, { path: '', type: undefined, depth: 0 }),
  ];
}

/**
 * Whether readers draw fields otherwise than they were signed, since the form says otherwise: by a default that a field has none of
 * its own for, and all of them anew where it asks for that (ISO 32000-1 §12.7.2).
 */
function redraws(
  { comparison: { signed, current } }: FormReview,
  before: PdfDictionary | undefined,
  after: PdfDictionary,
  key: (typeof defaults)[number],
): boolean {
  const valueIn = (view: PdfView, form: PdfDictionary | undefined) =>
    view.resolve(form?.entries.get(key)) ?? (key === 'NeedAppearances' ? false : null);
  const isAnew = current.resolve(after.entries.get('NeedAppearances')) === true;
  if (sameObject(valueIn(signed, before), valueIn(current, after))) return false;
  const own = key === 'NeedAppearances' ? undefined : key;
  const isDrawnBy = (field: PdfObject, type: string | undefined, hasOwn: boolean, depth: number): boolean => {
    const entries = signed.dictionary(field)?.entries;
    if (!entries || depth > 32) return depth > 32;
    const kind = nameOf(signed.resolve(entries.get('FT'))) ?? type;
    const has = hasOwn || (own !== undefined && entries.has(own));
    const kids = signed.array(entries.get('Kids')) ?? [];
    if (kids.length > 0) return kids.some((kid) => isDrawnBy(kid, kind, has, depth + 1));
    return kind !== 'Sig' && !has && (own === undefined || isAnew || !entries.has('AP'));
  };
  return (signed.array(before?.entries.get('Fields')) ?? []).some((field) => isDrawnBy(field, undefined, false, 0));
}

interface Place {
  readonly path: string;
  /** Inherited `/FT`. */
  readonly type: string | undefined;
  readonly depth: number;
}

function checkFields(
  review: FormReview,
  were: readonly PdfObject[],
  fields: readonly PdfObject[],
  place: Place,
): Finding[] {
  if (!were.every((field, index) => sameObject(field, fields[index])))
    return [{ kind: 'form', allowed: false, detail: '/Fields of /AcroForm' }];
  return fields.flatMap((field, index) =>
    index >= were.length
      ? checkSignatureField(review, field, true, nameIn(review, field, place.path))
      : checkField(review, field, place),
  );
}

function nameIn({ comparison }: FormReview, field: PdfObject, path: string): string {
  const title = as('string', comparison.current.resolve(comparison.current.dictionary(field)?.entries.get('T')));
  return title ? `${path}${path ? '.' : ''}${textOf(title)}` : path;
}

/** A field that was there, and the fields and widgets below it (ISO 32000-1 §12.7.3.1). */
function checkField(review: FormReview, field: PdfObject, place: Place): Finding[] {
  const { signed, current, modified } = review.comparison;
  const link = as('reference', field);
  const [before, after] = [signed.dictionary(field), current.dictionary(field)];
  if (!link || !before || !after || place.depth > 32) return [];
  const type = nameOf(signed.resolve(before.entries.get('FT'))) ?? place.type;
  const path = nameIn(review, field, place.path);
  const findings: Finding[] = [];
  // Filled in, or only drawn anew: the look is an object of its own.
  const look = type === 'Sig' ? undefined : before.entries.get('AP');
  const isDrawnAnew = look !== undefined && [...reachableWithin(signed, look)].some((number) => modified.has(number));
  if (modified.has(link.number) || isDrawnAnew) {
    // A widget without a name of its own belongs to the field above it.
    if (!before.entries.has('T') && !before.entries.has('FT'))
      findings.push(checkFilledWidget(review, link, path, type));
    else if (type === 'Sig') findings.push(...checkSignatureField(review, field, false, path));
    else findings.push(checkFilledField(review, link, path));
  }
  const kidsWere = signed.array(before.entries.get('Kids')) ?? [];
  const kids = current.array(after.entries.get('Kids')) ?? [];
  if (kidsWere.length === 0 && kids.length === 0) return findings;
  const isSame = kidsWere.length === kids.length && kidsWere.every((kid, index) => sameObject(kid, kids[index]));
  if (!isSame)
    return [
      ...findings,
      { kind: 'form', allowed: false, detail: `/Kids of field ${link.number}`, objects: [link.number] },
    ];
  return [...findings, ...kids.flatMap((kid) => checkField(review, kid, { path, type, depth: place.depth + 1 }))];
}

/** The same place, or a new one of its own: written in place before and an object now, or the other way round. */
function ownPlace(comparison: Comparison, was: PdfObject | undefined, is: PdfObject | undefined): boolean {
  const [before, after] = [as('reference', was), as('reference', is)];
  if (!comparison.claimOwn(was, is)) return false;
  if (before && after && before.number === after.number) return true;
  if (after && !comparison.added.has(after.number)) return was === undefined && false;
  if (after) comparison.explained.add(after.number);
  return true;
}

/** Fonts and a default look for new fields: additions, in place or as new objects. */
function claimDrawing(comparison: Comparison, was: PdfObject | undefined, is: PdfObject | undefined): boolean {
  if (is === undefined) return true;
  const { signed, current } = comparison;
  const [before, after] = [signed.resolve(was), current.resolve(is)];
  const merges = (old: PdfObject, now: PdfObject, depth: number): boolean => {
    if (old === null || sameObject(old, now)) return true;
    const [oldEntries, nowEntries] = [as('dictionary', old)?.entries, as('dictionary', now)?.entries];
    if (!oldEntries || !nowEntries || depth > 3) return false;
    return [...oldEntries].every(([key, value]) => {
      const entry = nowEntries.get(key);
      return (
        sameObject(value, entry) ||
        merges(signed.resolve(value), current.resolve(entry), depth + 1) ||
        key === 'ProcSet' // names of what old printers need, with no meaning since PDF 1.4 (ISO 32000-1 §14.2)
      );
    });
  };
  if (as('dictionary', before) && !merges(before, after, 0)) return false;
  return comparison.claimOwn(was, is) && comparison.claimAdded(is) && comparison.claimAdded(after);
}

/** The objects of an appearance dictionary: its streams by state, not what they use (ISO 32000-1 §12.5.5). */
function* reachableWithin(signed: PdfView, look: PdfObject, depth = 0): Generator<number> {
  const link = as('reference', look);
  if (link) yield link.number;
  const entries = as('dictionary', signed.resolve(look))?.entries;
  if (entries && depth < 2) for (const value of entries.values()) yield* reachableWithin(signed, value, depth + 1);
}
