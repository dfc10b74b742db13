import type { VerifiedTimeStamp } from '@edutrust/certs/cms';
import type { Reason } from './reasons.ts';
import { type ReasonCode, reason } from './reasons.ts';
import type { SignatureReport, ValidationReport, Verdict } from './report.ts';

const noTime = { proven: null, claimed: null, authority: null, problem: null } as const;

/** What is said of a signature before anything of it is known. */
export function emptyReport(field: string): SignatureReport {
  return {
    verdict: 'indeterminate',
    sub: null,
    format: 'unknown',
    level: null,
    field,
    coverage: 'none',
    revisionLength: null,
    changesAfter: [],
    certification: null,
    signer: null,
    chain: [],
    time: noTime,
    log: null,
    intact: null,
    trusted: false,
    reasons: [],
    warnings: [],
    counterSignatures: [],
  };
}

/** Reasons that show that the file is not as it was signed. */
const changedCodes: ReadonlySet<ReasonCode> = new Set([
  'byte-range-malformed',
  'byte-range-gap',
  'byte-range-not-a-revision',
  'signature-reused',
  'content-changed',
  'signature-wrong',
  'changed-afterwards',
]);

/**
 * The verdict that the reasons give: one that failed, else one that is open, else passed (ETSI EN 319 102-1 §5.1.3); and a
 * file is never called unchanged that a reason shows to be changed.
 */
export function withVerdict(report: SignatureReport, reasons: readonly Reason[]): SignatureReport {
  const deciding =
    reasons.find(({ indication }) => indication === 'TOTAL-FAILED') ??
    reasons.find(({ indication }) => indication === 'INDETERMINATE');
  const verdict: Verdict =
    deciding === undefined ? 'valid' : deciding.indication === 'TOTAL-FAILED' ? 'invalid' : 'indeterminate';
  const given = reasons.length > 0 ? reasons : [reason('passed')];
  const intact = reasons.some(({ code }) => changedCodes.has(code)) ? false : report.intact;
  return { ...report, verdict, intact, sub: deciding?.subIndication ?? null, reasons: given };
}

/** Why a time stamp proves nothing: its maker is not trusted, its algorithm is weak, or it does not hold together. */
export function stampProblem(stamp: Extract<VerifiedTimeStamp, { isTrusted: false }>): Reason {
  const broken: ReasonCode = stamp.isAlgorithmRefused ? 'time-stamp-refused' : 'time-stamp-wrong';
  return reason(stamp.isIntact ? 'time-stamp-untrusted' : broken, stamp.reason);
}

/**
 * The answer about a whole file: as good as the worst of the signatures that decide, all of them when absent; `unsigned`
 * without any.
 */
export function fileReport(
  signatures: readonly SignatureReport[],
  deciding: readonly SignatureReport[] = signatures,
): ValidationReport {
  const [worst] = deciding.toSorted((a, b) => rank(a) - rank(b));
  if (!worst) return { verdict: 'unsigned', signatures, reasons: [reason('unsigned')] };
  return { verdict: worst.verdict, signatures, reasons: worst.reasons };
}

const rank = ({ verdict }: SignatureReport) => ['invalid', 'indeterminate', 'valid'].indexOf(verdict);

/** A report on a file that could not be looked into: nothing is shown about it, neither good nor bad. */
export function unjudged(code: ReasonCode, detail?: string): ValidationReport {
  return { verdict: 'indeterminate', signatures: [], reasons: [reason(code, detail)] };
}
