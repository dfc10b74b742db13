import type { LaterChange } from '../../../validation/later-change.ts';
import { sentencesOf } from '../../../validation/reasons.ts';
import type { PdfFile } from '../../pdf/document.ts';
import { integerOf, sameObject } from '../../pdf/object.ts';
import { checkCatalog } from './catalog.ts';
import { type Comparison, compare, explainUnused } from './comparison.ts';
import type { Finding } from './finding.ts';
import { isAllowedFill } from './form-field.ts';
import type { FormReview } from './form-review.ts';
import { isOnlyPadded, strayBytes } from './layout.ts';
import { checkMetadata } from './metadata.ts';
import { checkPages } from './pages.ts';
import type { Permissions } from './permissions.ts';
import { pagesShowing } from './places.ts';

export interface ChangeReview {
  readonly changes: readonly LaterChange[];
  /** Object numbers of the values of signature fields that later revisions added or filled. */
  readonly laterSignatures: ReadonlySet<number>;
  /** A later block lies over a page that is one picture: whether it hides something there cannot be told. */
  readonly isOverScan: boolean;
}

/**
 * What was changed after a revision, by a list of what is allowed: validation data, document time stamps, further
 * signatures (ETSI EN 319 142-1 §5.4, §5.5; ISO 32000-1 §12.8.2.2). Each rule accounts for the objects that it
 * understands; what no rule accounts for is not allowed.
 */
export function reviewChanges(
  file: PdfFile,
  revision: number,
  signedLength: number,
  permissions: Permissions,
): ChangeReview {
  if (signedLength === file.bytes.length) return { changes: [], laterSignatures: new Set(), isOverScan: false };
  const findings: Finding[] = strayBytes(file, revision, signedLength).map((detail) => ({
    kind: 'bytes',
    allowed: false,
    detail,
  }));
  if (isOnlyPadded(file, revision, signedLength))
    findings.push({ kind: 'padding', allowed: false, detail: 'white space' });
  const comparison = compare(file, revision);
  const { signed, current } = comparison;
  for (const key of ['Root', 'Encrypt'] as const) {
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
  const form = { comparison, permissions, widgets, signatures: laterSignatures, overScans: new Set<number>() };
  findings.push(...checkCatalog(form));
  findings.push(...checkPages(form));
  findings.push(...checkMetadata(comparison));
  explainUnused(comparison);
  findings.push(...unexplained(comparison));
  const judged = findings.map((finding) => withPermission(finding, form));
  const changes = judged.map(({ objects = [], ...finding }) => {
    const pages = pagesShowing(current, objects);
    return { ...finding, ...sentencesOf(finding), ...(pages.length > 0 ? { pages } : {}) };
  });
  return { changes, laterSignatures, isOverScan: form.overScans.size > 0 };
}

/** What a rule allows, but the signer did not (`/DocMDP` 1; ISO 32000-1 table 254); and whether a form may be filled in. */
function withPermission({ field, ...finding }: Finding, review: FormReview): Finding {
  const { level } = review.permissions;
  if (finding.allowed && level === 1 && (finding.kind === 'signature' || finding.kind === 'form-fill'))
    return {
      ...finding,
      kind: 'form',
      allowed: false,
      detail: `${finding.detail ?? finding.kind}: the signer allows no changes`,
    };
  if (finding.kind !== 'form-fill' || field === undefined) return finding;
  return { ...finding, allowed: finding.allowed && isAllowedFill(review, field) };
}

/** Objects that are listed one by one; of a file that changes more, how many. */
const mostListed = 100;

/** What no rule has accounted for. */
function unexplained({ added, modified, removed, explained }: Comparison): Finding[] {
  const open = [
    ...[...added].map((number) => [number, 'added'] as const),
    ...[...modified].map((number) => [number, 'changed'] as const),
    ...[...removed].map((number) => [number, 'removed'] as const),
  ].filter(([number]) => !explained.has(number));
  const refuse = (detail: string, objects: readonly number[]): Finding => ({
    kind: 'object',
    allowed: false,
    detail,
    objects,
  });
  const more = open.slice(mostListed).map(([number]) => number);
  return [
    ...open.slice(0, mostListed).map(([number, what]) => refuse(`object ${number} ${what}`, [number])),
    ...(more.length > 0 ? [refuse(`${more.length} more objects`, more)] : []),
  ];
}
