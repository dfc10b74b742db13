import type { Agreement } from '../templates/school-report/agreement.ts';
import type { LaterChange } from './later-change.ts';
import type { Reason } from './reasons.ts';
import type { Warning } from './warnings.ts';

/** ETSI EN 319 102-1 §5.1.3: `valid` is TOTAL-PASSED, `invalid` is TOTAL-FAILED. */
export type Verdict = 'valid' | 'invalid' | 'indeterminate';

/** From the signer's certificate; never from what the document claims. */
export interface SignerIdentity {
  readonly name: string;
  readonly organisation: string | null;
  readonly title: string | null;
  /** The subject's serialNumber attribute: the education ID in certificates of our own profile. */
  readonly serialNumber: string | null;
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal. */
  readonly certificateSerial: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** SHA-256 of the certificate's DER, hexadecimal. */
  readonly fingerprint: string;
}

/** A certificate of the chain that trust was reached over. */
export interface ChainLink {
  readonly name: string;
  /** ISO 8601 UTC. */
  readonly notAfter: string;
  /** SHA-256 of the certificate's DER, hexadecimal. */
  readonly fingerprint: string;
}

/** ISO 8601, UTC. `proven` is the earliest time that a trusted time stamp proves; `claimed` is the signer's own word (`/M`). */
export interface SigningTime {
  readonly proven: string | null;
  readonly claimed: string | null;
  /** Name of the time-stamping authority. */
  readonly authority: string | null;
  /** Why a time stamp that is there proves nothing; the signature is judged without it (ETSI EN 319 102-1 §5.5). */
  readonly problem: Reason | null;
}

/** Where a signature stands in a public log, by the proof that it carries (C2SP tlog-proof). */
export interface LogEntry {
  readonly origin: string;
  readonly index: number;
  /** `unchecked`: a log whose key is not known here, or a proof from before it carried all that is needed. */
  readonly status: 'proven' | 'wrong' | 'unchecked';
  /** What stands in the log there, where that is proven: the leaf's hash (RFC 9162 §2.1.1), hexadecimal. */
  readonly leaf: string | null;
  /**
   * Who, beside the log itself, has cosigned a tree that this entry stands in (C2SP tlog-cosignature); `null` where nobody's
   * word was asked for, or there is no proof of such a tree yet.
   */
  readonly witnesses: readonly string[] | null;
}

export interface SignatureReport {
  readonly verdict: Verdict;
  /** Sub-indication of the deciding reason (ETSI EN 319 102-1 table 5), `null` when valid. */
  readonly sub: string | null;
  /** `document-time-stamp` is an RFC 3161 token over the file (`ETSI.RFC3161`). */
  readonly format:
    | 'PAdES'
    | 'CAdES'
    | 'XAdES'
    | 'JAdES'
    | 'ASiC'
    | 'PKCS#7'
    | 'XMLDSig'
    | 'JWS'
    | 'document-time-stamp'
    | 'unknown';
  readonly level: 'B-B' | 'B-T' | 'B-LT' | 'B-LTA' | null;
  readonly field: string;
  /** Whether the signed bytes are the whole file, or a revision that later ones follow. */
  readonly coverage: 'whole' | 'revision' | 'none';
  /** Length of the signed revision in bytes. */
  readonly revisionLength: number | null;
  readonly changesAfter: readonly LaterChange[];
  readonly signer: SignerIdentity | null;
  /** Who certifies whom, from the signer to the anchor; empty when no good path was found. */
  readonly chain: readonly ChainLink[];
  readonly time: SigningTime;
  /** A certification (`/DocMDP`): what may change after it, 1 nothing, 2 forms, 3 forms and comments; `null` for another signature. */
  readonly certification: { readonly permits: 1 | 2 | 3 } | null;
  /** The proof of inclusion inside the signature; `null` when it carries none. */
  readonly log: LogEntry | null;
  /**
   * "Unchanged?": `true` the signature matches the bytes, and nothing that it covers was changed afterwards; `false` they
   * differ; `null` it could not be checked.
   */
  readonly intact: boolean | null;
  /** "Trusted then?": the signer's certificate was good at the signing time for one of the anchors. */
  readonly trusted: boolean;
  readonly reasons: readonly Reason[];
  /** What decides nothing, and should be seen by whoever relies on the file. */
  readonly warnings: readonly Warning[];
  /**
   * Signatures of others over this signature's value (RFC 5652 §11.4, ETSI EN 319 132-1 §5.2.7.2, TS 119 182-1 §5.3.2), judged as
   * signatures of their own. Nothing of this signature depends on them. Of a counter-signature none are read.
   */
  readonly counterSignatures: readonly SignatureReport[];
}

/** The same object from the library, the command (`edutrust verify --json`) and `POST /api/v1/verify`. */
export interface ValidationReport {
  readonly file?: string;
  /** Whether the file beside it is the other form of the same school report; absent when neither is such a form. */
  readonly otherForm?: Agreement;
  readonly verdict: Verdict | 'unsigned';
  readonly signatures: readonly SignatureReport[];
  readonly reasons: readonly Reason[];
}
