import type { SignedRange } from '../formats/pades/byte-range.ts';
import type { LogKey } from './log-proof.ts';
import type { Reason } from './reasons.ts';
import type { SignatureReport } from './report.ts';
import type { TrustMaterial } from './signer.ts';

/** A time that a trusted document time stamp proves for everything up to a byte. */
export interface ProvenStamp {
  readonly at: Date;
  readonly authority: string;
  readonly coveredLength: number;
  /** Index of the revision that it stands in. */
  readonly revision: number;
}

/** What all signatures of a file are judged with; `untrusted`, `crls`, `ocsp` are of the options and of the file. */
export interface Surroundings extends TrustMaterial {
  readonly timeStampAnchors: readonly Uint8Array[];
  /** What the document's security store holds. */
  readonly stored: Pick<TrustMaterial, 'untrusted' | 'crls' | 'ocsp'>;
  readonly logs: readonly LogKey[];
  readonly requireRevocation: boolean;
  readonly at: Date;
  /** Good document time stamps, oldest first. */
  readonly documentTimeStamps: readonly ProvenStamp[];
}

/** What was found of a signature before its CMS was opened. */
export interface Opened {
  readonly range: Extract<SignedRange, { ok: true }>;
  readonly base: SignatureReport;
  readonly changeReasons: readonly Reason[];
}
