import type { ValidationReport } from './report.ts';

export type { ReasonCode } from './reasons.ts';
export type { LaterChange, Reason, SignatureReport, SignerIdentity, SigningTime, ValidationReport, Verdict } from './report.ts';
export { validateInWorker, type WorkerLimits } from './worker.ts';

/** What a validation trusts and when. Plain data, so that it can be handed to a worker. */
export interface ValidationOptions {
  /** DER of the roots that signers' certificates must lead to. */
  readonly anchors: readonly Uint8Array[];
  /** DER of the roots of time-stamping authorities; `anchors` when absent. */
  readonly timeStampAnchors?: readonly Uint8Array[];
  /** More certificates to build paths with, DER. */
  readonly untrusted?: readonly Uint8Array[];
  /** DER of CRLs, beside those inside the document. */
  readonly crls?: readonly Uint8Array[];
  /** Without revocation data for the signer the verdict is `indeterminate` (TRY_LATER). Default false. */
  readonly requireRevocation?: boolean;
  /** The time to judge at where no time stamp proves an earlier one; now when absent. */
  readonly at?: Date;
}

/**
 * Judges every signature of a PDF (ETSI EN 319 102-1, EN 319 142-1) and what was changed after each.
 *
 * The answer is about the file as a whole: `valid` only when every signature is and nothing but allowed changes followed;
 * `unsigned` when there is no signature at all. Runs on the calling thread; for files of strangers use `validateInWorker`.
 *
 * Throws `InvalidInput` `verify/not-a-pdf` for bytes that are no PDF.
 */
export declare function validatePdf(bytes: Uint8Array, options: ValidationOptions): Promise<ValidationReport>;
