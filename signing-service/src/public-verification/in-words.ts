import type { PublicDocument } from '../pages.ts';
import type { ValidationReport } from '../validation/report.ts';
import { type OtherForm, otherFormInWords } from './other-form.ts';
import { describe, type Wording } from './sentences.ts';

/** The validation report with its words, and what we know of the file. */
export interface VerificationReport extends Omit<ValidationReport, 'otherForm'>, Wording {
  /** Of a school report whose other form was sent along. */
  readonly otherForm: OtherForm | null;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** ISO 8601 UTC. */
  readonly judgedAt: string;
  /** The document of ours whose signed file is exactly this one. */
  readonly document: (PublicDocument & { readonly isSameFile: boolean }) | null;
}

/** What is said of a file: the same words on the server and in a browser. */
export function inWords(
  report: ValidationReport,
  file: {
    readonly bytes: { readonly length: number };
    readonly judgedAt: Date;
    readonly sha256: Uint8Array;
    readonly document: PublicDocument | null;
  },
): VerificationReport {
  const { bytes, judgedAt, sha256, document } = file;
  return {
    ...report,
    ...describe(report),
    otherForm: report.otherForm ? otherFormInWords(report.otherForm) : null,
    sha256: Buffer.from(sha256).toString('hex'),
    sizeBytes: bytes.length,
    judgedAt: judgedAt.toISOString(),
    document: document && { ...document, isSameFile: true },
  };
}
