import type { PdfView } from '../../pdf/document.ts';
import { as, integerOf, nameOf, type PdfDictionary, type PdfObject, textOf } from '../../pdf/object.ts';
import type { SignedField } from '../fields.ts';

/** What may follow a signature, as the signer says it (ISO 32000-1 §12.8.2.2, §12.8.2.4; ISO 32000-2 table 236). */
export interface Permissions {
  /** The level of a certification; `undefined` for a signature that is none. */
  readonly certifies: 1 | 2 | 3 | undefined;
  /** 1 nothing, 2 forms and signatures, 3 also comments; `undefined` when the signer does not say. */
  readonly level: 1 | 2 | 3 | undefined;
  /** Whether the field with this full name may not change any more. */
  isLocked(fieldName: string): boolean;
}

/** Reads `/DocMDP` and `/FieldMDP` of a signature and the `/Lock` of its field, in the document as it was signed. */
export function permissionsOf(signed: PdfView, signature: PdfDictionary, { value, number }: SignedField): Permissions {
  const transforms = (signed.array(signature.entries.get('Reference')) ?? []).flatMap((item) => {
    const reference = signed.dictionary(item);
    const method = nameOf(signed.resolve(reference?.entries.get('TransformMethod')));
    return reference ? [{ method, parameters: signed.dictionary(reference.entries.get('TransformParams')) }] : [];
  });
  const catalog = signed.dictionary(signed.trailer.entries.get('Root'));
  const certification = signed.dictionary(catalog?.entries.get('Perms'))?.entries.get('DocMDP');
  const certifying = transforms.find(({ method }) => method === 'DocMDP');
  const isCertification = certifying !== undefined || as('reference', certification)?.number === value;
  // Without /P it is 2 (table 254).
  const certifies = isCertification ? levelOf(signed, certifying?.parameters?.entries.get('P') ?? two) : undefined;
  const field = number === undefined ? undefined : signed.dictionary({ kind: 'reference', number, generation: 0 });
  const lock = signed.dictionary(field?.entries.get('Lock'));
  const locks = [
    ...transforms.filter(({ method }) => method === 'FieldMDP').map(({ parameters }) => parameters),
    lock,
  ].flatMap((entry) => (entry ? [readLock(signed, entry)] : []));
  const levels = [certifies, lock?.entries.has('P') ? levelOf(signed, lock.entries.get('P')) : undefined];
  const stated = levels.filter((level) => level !== undefined);
  return {
    certifies,
    level: stated.length > 0 ? (Math.min(...stated) as 1 | 2 | 3) : undefined, // of 1, 2, 3
    isLocked: (fieldName) => locks.some((isLocked) => isLocked(fieldName)),
  };
}

const two: PdfObject = { kind: 'number', value: 2, isInteger: true, text: '2' };

/** What cannot be read permits nothing. */
function levelOf(view: PdfView, value: PdfObject | undefined): 1 | 2 | 3 {
  const level = integerOf(view.resolve(value));
  return level === 2 || level === 3 ? level : 1;
}

/** `/Action` and `/Fields` (tables 233 and 256); an action that nobody knows locks everything. */
function readLock(view: PdfView, lock: PdfDictionary): (fieldName: string) => boolean {
  const action = nameOf(view.resolve(lock.entries.get('Action')));
  const names = (view.array(lock.entries.get('Fields')) ?? []).flatMap((item) => {
    const text = as('string', view.resolve(item));
    return text ? [textOf(text)] : [];
  });
  const isNamed = (fieldName: string) => names.some((name) => fieldName === name || fieldName.startsWith(`${name}.`));
  if (action === 'Include') return isNamed;
  if (action === 'Exclude') return (fieldName) => !isNamed(fieldName);
  return () => true;
}
