import type { PdfFile } from '../../pdf/document.ts';
import { as, integerOf, sameObject } from '../../pdf/object.ts';
import { sentencesOf } from '../reasons.ts';
import type { LaterChange } from '../report.ts';
import { checkCatalog } from './catalog.ts';
import { compare } from './comparison.ts';
import { strayBytes } from './layout.ts';
import { checkPages } from './pages.ts';

export interface ChangeReview {
  readonly changes: readonly LaterChange[];
  /** Object numbers of the values of signature fields that later revisions added or filled. */
  readonly laterSignatures: ReadonlySet<number>;
}

/** One rule's finding, without its sentences. */
export type Finding = Pick<LaterChange, 'kind' | 'allowed'> & { readonly detail?: string };

/**
 * What was changed after a revision, by a list of what is allowed: validation data, document time stamps, further
 * signatures (ETSI EN 319 142-1 §5.4, §5.5; ISO 32000-1 §12.8.2.2). Each rule accounts for the objects that it
 * understands; what no rule accounts for is not allowed.
 */
export function reviewChanges(file: PdfFile, revision: number, signedLength: number): ChangeReview {
  if (signedLength === file.bytes.length) return { changes: [], laterSignatures: new Set() };
  const findings: Finding[] = strayBytes(file, revision, signedLength).map((detail) => ({
    kind: 'bytes',
    allowed: false,
    detail,
  }));
  const comparison = compare(file, revision);
  const { signed, current } = comparison;
  for (const key of ['Root', 'Info', 'Encrypt'] as const) {
    if (!sameObject(signed.trailer.entries.get(key), current.trailer.entries.get(key))) {
      findings.push({ kind: 'trailer', allowed: false, detail: `/${key} of the trailer` });
    }
  }
  // Readers take objects from /Size on for missing: a small one hides them (ISO 32000-1 §7.5.5).
  const highest = [...current.numbers()].reduce((most, number) => Math.max(most, number), 0);
  const size = integerOf(current.trailer.entries.get('Size')) ?? 0;
  if (size <= highest) findings.push({ kind: 'trailer', allowed: false, detail: '/Size of the trailer' });
  const widgets = new Set<number>();
  const laterSignatures = new Set<number>();
  findings.push(...checkCatalog(comparison, widgets, laterSignatures));
  findings.push(...checkPages(comparison, widgets));
  const info = as('reference', signed.trailer.entries.get('Info'))?.number;
  const metadata = as(
    'reference',
    signed.dictionary(signed.trailer.entries.get('Root'))?.entries.get('Metadata'),
  )?.number;
  for (const [numbers, what] of [
    [comparison.added, 'added'],
    [comparison.modified, 'changed'],
    [comparison.removed, 'removed'],
  ] as const) {
    for (const number of numbers) {
      if (comparison.explained.has(number)) continue;
      const isMetadata = what === 'changed' && (number === info || number === metadata);
      findings.push({ kind: isMetadata ? 'metadata' : 'object', allowed: false, detail: `object ${number} ${what}` });
    }
  }
  return { changes: findings.map((finding) => ({ ...finding, ...sentencesOf(finding) })), laterSignatures };
}
