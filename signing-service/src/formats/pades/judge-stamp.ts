import { verifyTimeStampToken } from '@edutrust/certs/cms';
import { stampTrust } from '../../validation/judge-signature.ts';
import type { Reason } from '../../validation/reasons.ts';
import { reason } from '../../validation/reasons.ts';
import type { SignatureReport } from '../../validation/report.ts';
import type { Surroundings } from '../../validation/surroundings.ts';
import { stampProblem, withVerdict } from '../../validation/verdict.ts';
import type { SignedRange } from './byte-range.ts';

/** A time that a trusted document time stamp proves for everything up to a byte. */
export interface ProvenStamp {
  readonly at: Date;
  readonly authority: string;
  readonly coveredLength: number;
  /** Index of the revision that it stands in. */
  readonly revision: number;
}

/** What was found of a signature before its contents were opened. */
export interface Opened {
  readonly range: Extract<SignedRange, { ok: true }>;
  readonly base: SignatureReport;
  readonly changeReasons: readonly Reason[];
}

/** Judges a document time stamp: an RFC 3161 token over the file (ETSI EN 319 142-1 §5.4.3). */
export function judgeStamp(
  { range, base, changeReasons }: Opened,
  around: Surroundings,
): { readonly report: SignatureReport; readonly stamp?: ProvenStamp } {
  const verified = verifyTimeStampToken(range.contents, range.parts, stampTrust(around), 'zeros');
  const problem = verified.isTrusted ? null : stampProblem(verified);
  const report: SignatureReport = {
    ...base,
    format: 'document-time-stamp',
    time: {
      ...base.time,
      claimed: null,
      proven: verified.isTrusted ? verified.at.toISOString() : null,
      authority: verified.authority ?? null,
      problem,
    },
    intact: verified.isIntact ? changeReasons.length === 0 || null : null,
    trusted: verified.isTrusted,
  };
  const isChanged = !verified.isIntact && verified.isOverOtherBytes === true;
  const found = isChanged ? reason('content-changed') : problem;
  const judged = withVerdict(report, found ? [...changeReasons, found] : changeReasons);
  if (!verified.isTrusted || judged.verdict !== 'valid') return { report: judged };
  const { at, authority } = verified;
  return { report: judged, stamp: { at, authority, coveredLength: range.length, revision: range.revision } };
}
