import type { VerifyReportProps } from '../pages.ts';
import type { VerificationReport } from '../public-verification/in-words.ts';
import type { ValidationOptions } from '../validation/options.ts';
import type { Witnessing } from '../validation/witnesses.ts';

/** What a page asks the judge on its thread. */
export interface BrowserQuestion {
  readonly bytes: Uint8Array;
  readonly fileName: string;
  readonly options: ValidationOptions & { readonly at: Date };
  /** Whose word is asked for about the logs. */
  readonly witnessing?: Pick<Witnessing, 'witnesses' | 'proofs'>;
}

/** What an installation judges with, as JSON for a page. DER and keys are base64; see `ValidationOptions`. */
export interface BrowserTrust {
  /** ISO 8601 UTC: revocations are known up to here. */
  readonly takenAt: string;
  readonly anchors: readonly string[];
  readonly timeStampAnchors: readonly string[];
  readonly untrusted: readonly string[];
  readonly crls: readonly string[];
  /** Raw Ed25519 keys. */
  readonly logs: readonly { readonly origin: string; readonly publicKey: string }[];
  readonly witnesses: readonly { readonly name: string; readonly publicKey: string }[];
}

/** `failed`: a fault of ours, or something that this browser lacks; it says nothing of the file. */
export type BrowserAnswer =
  | {
      readonly report: VerificationReport;
      /** The report by ETSI TS 119 102-2. */
      readonly etsi: string;
      readonly shown: Readonly<Record<'vi' | 'en', VerifyReportProps>>;
    }
  | { readonly notAPdf: true }
  | { readonly failed: string };
