import { as, integerOf, type PdfDictionary, type PdfObject, sameObject } from '../../pdf/object.ts';
import { type Comparison, reachable } from './comparison.ts';
import type { Finding } from './policy.ts';
import { checkSignatureField } from './signature-field.ts';

/** The catalogue may gain validation data and signature fields; nothing else in it may differ. */
export function checkCatalog(comparison: Comparison, widgets: Set<number>, signatures: Set<number>): Finding[] {
  const { signed, current, explained } = comparison;
  const root = as('reference', signed.trailer.entries.get('Root'));
  const [before, after] = [signed.dictionary(root), current.dictionary(root)];
  if (!root || !before || !after) return [{ kind: 'catalog', allowed: false, detail: 'no catalogue' }];
  const findings: Finding[] = [];
  explained.add(root.number);
  for (const key of new Set([...before.entries.keys(), ...after.entries.keys()])) {
    const [was, is] = [before.entries.get(key), after.entries.get(key)];
    if (key === 'DSS') findings.push(...checkValidationData(comparison, before, was, is));
    else if (key === 'AcroForm') findings.push(...checkForm(comparison, was, is, widgets, signatures));
    else if (key === 'Extensions' && isDeveloperExtension(is) && was === undefined) continue;
    else if (!sameObject(was, is))
      findings.push({ kind: 'catalog', allowed: false, detail: `/${key} of the catalogue` });
  }
  return findings;
}

/** `/Extensions` that says which additions to PDF 1.7 are used (ISO 32000-1 §7.12); shows nothing. */
function isDeveloperExtension(value: PdfObject | undefined): boolean {
  const plain = (entry: PdfObject): boolean =>
    typeof entry === 'object' && entry !== null && ['name', 'number'].includes(entry.kind);
  const developers = [...(as('dictionary', value)?.entries.values() ?? [])];
  return (
    developers.length > 0 &&
    developers.every(
      (developer) => plain(developer) || [...(as('dictionary', developer)?.entries.values() ?? [null])].every(plain),
    )
  );
}

/** Document security store (ETSI EN 319 142-1 §5.4.2): certificates, CRLs and OCSP answers, reached from nowhere else. */
function checkValidationData(
  comparison: Comparison,
  catalogBefore: PdfDictionary,
  was: PdfObject | undefined,
  is: PdfObject | undefined,
): Finding[] {
  const { signed, current, modified, explained } = comparison;
  const refuse = (detail: string): Finding[] => [{ kind: 'validation-data', allowed: false, detail }];
  if (is === undefined) return was === undefined ? [] : refuse('/DSS removed');
  const numbers = reachable(current, is);
  const changed = [...numbers].filter((number) => modified.has(number));
  if (sameObject(was, is) && changed.length === 0 && ![...numbers].some((number) => comparison.added.has(number)))
    return [];
  const shape = shapeProblem(comparison, is);
  if (shape) return refuse(shape);
  if (changed.length > 0) {
    const others = new Map(catalogBefore.entries);
    others.delete('DSS');
    const elsewhere = reachable(signed, { kind: 'dictionary', entries: others });
    const own = was === undefined ? new Set<number>() : reachable(signed, was);
    for (const number of changed) {
      if (!own.has(number) || elsewhere.has(number)) return refuse(`object ${number} is not only validation data`);
      explained.add(number);
    }
  }
  // References to what was just accounted for are no reason to refuse.
  const added = [...numbers].filter((number) => comparison.added.has(number));
  for (const number of added) {
    if (!comparison.claimAdded({ kind: 'reference', number, generation: 0 })) {
      return refuse(`object ${number} was referred to before`);
    }
  }
  return [{ kind: 'validation-data', allowed: true }];
}

/** Only the entries of a DSS and of its VRI, and streams that nothing on a page could show. */
function shapeProblem({ current }: Comparison, value: PdfObject): string | undefined {
  const store = current.dictionary(value);
  if (!store) return '/DSS is no dictionary';
  for (const [key, entry] of store.entries) {
    if (key === 'Type') continue;
    if (['Certs', 'CRLs', 'OCSPs'].includes(key)) {
      if (!(current.array(entry) ?? [null]).every((item) => isPlainStream(current.resolve(item))))
        return `/${key} of /DSS`;
    } else if (key === 'VRI') {
      for (const related of current.dictionary(entry)?.entries.values() ?? [null]) {
        for (const [relatedKey, list] of current.dictionary(related)?.entries ?? [['', null] as const]) {
          const isList = ['Cert', 'CRL', 'OCSP'].includes(relatedKey);
          const items = isList ? current.array(list) : undefined;
          if (
            !['Type', 'TU', 'TS'].includes(relatedKey) &&
            !items?.every((item) => isPlainStream(current.resolve(item)))
          ) {
            return '/VRI of /DSS';
          }
        }
      }
    } else return `/${key} of /DSS`;
  }
  return undefined;
}

function isPlainStream(value: PdfObject): boolean {
  const stream = as('stream', value);
  return (
    stream !== undefined && [...stream.dictionary.entries.keys()].every((key) => ['Length', 'Filter'].includes(key))
  );
}

/** The form may gain signature fields at the end of `/Fields`, and its flags say so. */
function checkForm(
  comparison: Comparison,
  was: PdfObject | undefined,
  is: PdfObject | undefined,
  widgets: Set<number>,
  signatures: Set<number>,
): Finding[] {
  const { signed, current, modified, added, explained } = comparison;
  const refuse = (detail: string): Finding[] => [{ kind: 'form', allowed: false, detail }];
  if (is === undefined) return was === undefined ? [] : refuse('/AcroForm removed');
  const [before, after] = [signed.dictionary(was), current.dictionary(is)];
  if (!after || (was !== undefined && !before)) return refuse('/AcroForm is no dictionary');
  const place = as('reference', is);
  const isMoved =
    was !== undefined && !sameObject(was, is) && (place !== undefined || as('reference', was) !== undefined);
  if (isMoved) return refuse('/AcroForm is another object');
  for (const key of new Set([...(before?.entries.keys() ?? []), ...after.entries.keys()])) {
    const [entryWas, entryIs] = [before?.entries.get(key), after.entries.get(key)];
    if (key === 'Fields' || sameObject(entryWas, entryIs)) continue;
    if (key === 'SigFlags' && [1, 3].includes(integerOf(entryIs) ?? 0)) continue;
    return refuse(`/${key} of /AcroForm`);
  }
  if (place && modified.has(place.number)) explained.add(place.number);
  if (place && added.has(place.number)) explained.add(place.number);
  const fieldsPlace = as('reference', after.entries.get('Fields'));
  const isFieldsMoved =
    before !== undefined && !sameKindOfPlace(before.entries.get('Fields'), after.entries.get('Fields'));
  if (isFieldsMoved) return refuse('/Fields is another object');
  const fieldsWere = (before && signed.array(before.entries.get('Fields'))) ?? [];
  const fields = current.array(after.entries.get('Fields')) ?? [];
  if (!fieldsWere.every((field, index) => sameObject(field, fields[index]))) return refuse('/Fields of /AcroForm');
  if (fieldsPlace) explained.add(fieldsPlace.number);
  const findings: Finding[] = [];
  fields.forEach((field, index) => {
    const isNew = index >= fieldsWere.length;
    const link = as('reference', field);
    if (!isNew && !(link && modified.has(link.number))) return;
    findings.push(checkSignatureField(comparison, field, isNew, widgets, signatures));
  });
  return findings;
}

/** The same reference, or both written in place. */
function sameKindOfPlace(was: PdfObject | undefined, is: PdfObject | undefined): boolean {
  const [before, after] = [as('reference', was), as('reference', is)];
  return before || after ? sameObject(before, after) : true;
}
