import type { PdfView } from '../pdf/document.ts';
import { PdfBeyondLimits } from '../pdf/malformed.ts';
import { as, nameOf, type PdfObject, textOf } from '../pdf/object.ts';

/** A signed signature field: its full name, and the object that holds its signature. */
export interface SignedField {
  readonly name: string;
  /** Object number of the signature dictionary; `undefined` when it is written into the field, which is not allowed. */
  readonly value: number | undefined;
  /** Object number of the field itself. */
  readonly number: number | undefined;
}

const mostFields = 5_000;
/** The signatures that one file may carry (E3). */
const mostSignatures = 100;

/** The signed signature fields of the form, in its order (ISO 32000-1 §12.7.4.5). */
export function signedFields(view: PdfView): SignedField[] {
  const catalog = view.dictionary(view.trailer.entries.get('Root'));
  const form = view.dictionary(catalog?.entries.get('AcroForm'));
  const found: SignedField[] = [];
  const seen = new Set<number>();
  let visited = 0;
  const walk = (entry: PdfObject, inheritedType: string | undefined, prefix: string, depth: number): void => {
    const link = as('reference', entry);
    if (link && seen.has(link.number)) return;
    if (link) seen.add(link.number);
    if (++visited > mostFields || depth > 32) throw new PdfBeyondLimits('too many form fields');
    const field = view.dictionary(entry);
    if (!field) return;
    const type = nameOf(view.resolve(field.entries.get('FT'))) ?? inheritedType;
    const title = as('string', view.resolve(field.entries.get('T')));
    const fullName = title ? `${prefix}${prefix ? '.' : ''}${textOf(title)}` : prefix;
    const value = field.entries.get('V');
    if (type === 'Sig' && value !== undefined && view.resolve(value) !== null) {
      found.push({ name: fullName, value: as('reference', value)?.number, number: link?.number });
      if (found.length > mostSignatures) throw new PdfBeyondLimits('too many signatures');
    }
    for (const kid of view.array(field.entries.get('Kids')) ?? []) walk(kid, type, fullName, depth + 1);
  };
  for (const field of view.array(form?.entries.get('Fields')) ?? []) walk(field, undefined, '', 0);
  return found;
}
