import { as, nameOf, type PdfObject, sameObject } from '../../pdf/object.ts';
import { type Comparison, reachable } from './comparison.ts';
import type { Finding } from './finding.ts';
import { checkForm } from './form.ts';
import type { FormReview } from './form-review.ts';

/** The catalogue may gain validation data, signature fields and marks of a newer PDF; nothing else in it may differ. */
export function checkCatalog(review: FormReview): Finding[] {
  const { comparison } = review;
  const { signed, current, explained } = comparison;
  const root = as('reference', signed.trailer.entries.get('Root'));
  const [before, after] = [signed.dictionary(root), current.dictionary(root)];
  if (!root || !before || !after) return [{ kind: 'catalog', allowed: false, detail: 'no catalogue' }];
  const findings: Finding[] = [];
  explained.add(root.number);
  for (const key of new Set([...before.entries.keys(), ...after.entries.keys()])) {
    const [was, is] = [before.entries.get(key), after.entries.get(key)];
    if (key === 'DSS') findings.push(...checkValidationData(comparison, was, is));
    else if (key === 'AcroForm') findings.push(...checkForm(review, was, is));
    else if (key === 'Metadata')
      continue; // judged with /Info
    else if (key === 'Extensions' && isDeveloperExtension(comparison, was, is)) continue;
    else if (key === 'Version' && isLaterVersion(was, is)) continue;
    else if (!sameObject(was, is))
      findings.push({ kind: 'catalog', allowed: false, detail: `/${key} of the catalogue` });
  }
  return findings;
}

/** `/Extensions` that says which additions to PDF 1.7 are used (ISO 32000-1 §7.12); shows nothing. */
function isDeveloperExtension(
  comparison: Comparison,
  was: PdfObject | undefined,
  value: PdfObject | undefined,
): boolean {
  const { signed, current, modified, explained } = comparison;
  const plain = (entry: PdfObject): boolean =>
    typeof entry === 'object' && entry !== null && ['name', 'number', 'string'].includes(entry.kind);
  const isPlain = (entry: PdfObject): boolean => {
    const resolved = current.resolve(entry);
    // Several extensions of one developer are an array (ISO 32000-2 §7.12.1).
    const list = as('array', resolved)?.items;
    if (list) return list.every((item) => as('dictionary', current.resolve(item)) !== undefined && isPlain(item));
    return plain(resolved) || [...(as('dictionary', resolved)?.entries.values() ?? [null])].every(plain);
  };
  const developers = [...(current.dictionary(value)?.entries.values() ?? [])];
  if (developers.length === 0 || !developers.every(isPlain)) return false;
  const replaced = [...reachable(current, value ?? null)].filter((number) => modified.has(number));
  const elsewhere = replaced.length > 0 ? reachable(signed, signed.trailer, was) : new Set<number>();
  if (replaced.some((number) => elsewhere.has(number))) return false;
  for (const number of replaced) explained.add(number);
  return comparison.claimAdded(value);
}

/** `/Version` upward (ISO 32000-1 §7.2.2): a later program used something newer. */
function isLaterVersion(was: PdfObject | undefined, is: PdfObject | undefined): boolean {
  const [before = '', after = ''] = [nameOf(was), nameOf(is)];
  return /^[12]\.\d$/u.test(after) && after >= before;
}

/** Document security store (ETSI EN 319 142-1 §5.4.2): certificates, CRLs and OCSP answers, reached from nowhere else. */
function checkValidationData(comparison: Comparison, was: PdfObject | undefined, is: PdfObject | undefined): Finding[] {
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
    const elsewhere = reachable(signed, signed.trailer, was);
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
