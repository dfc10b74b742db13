import { verifyTimeStampToken } from '@edutrust/certs/cms';
import { reason } from './reasons.ts';
import type { SignatureReport } from './report.ts';
import type { Opened, ProvenStamp, Surroundings } from './surroundings.ts';
import { stampProblem, withVerdict } from './verdict.ts';

/** Judges a document time stamp: an RFC 3161 token over the file (ETSI EN 319 142-1 §5.4.3). */
export function judgeStamp(
  { range, base, changeReasons }: Opened,
  around: Surroundings,
): { readonly report: SignatureReport; readonly stamp?: ProvenStamp } {
  const verified = verifyTimeStampToken(
    range.contents,
    range.parts,
    {
      anchors: around.timeStampAnchors,
      untrusted: around.untrusted,
      crls: around.crls,
      ocsp: around.ocsp,
      now: around.at,
      requireRevocation: around.requireRevocation,
    },
    'zeros',
  );
  const problem = verified.isTrusted ? null : reason(stampProblem(verified.isIntact), verified.reason);
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
