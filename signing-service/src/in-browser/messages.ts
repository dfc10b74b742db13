import type { VerifyReportProps } from '../pages.ts';
import type { VerificationReport } from '../public-verification/in-words.ts';
import type { ValidationOptions } from '../validation/options.ts';

/** What a page asks the judge on its thread. */
export interface BrowserQuestion {
  readonly bytes: Uint8Array;
  readonly fileName: string;
  readonly options: ValidationOptions;
}

/** `failed`: a fault of ours, or something that this browser lacks; it says nothing of the file. */
export type BrowserAnswer =
  | { readonly report: VerificationReport; readonly shown: Readonly<Record<'vi' | 'en', VerifyReportProps>> }
  | { readonly notAPdf: true }
  | { readonly failed: string };
