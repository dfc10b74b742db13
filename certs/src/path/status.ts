import type { PathCertificate } from './path-certificate.ts';
import type { WorkBudget } from './work-budget.ts';

/** What revocation data says of a certificate. */
export type RevocationStatus =
  | { readonly status: 'good' }
  /** `reason` is a CRLReason (RFC 5280 §5.3.1), 0 when none is given. */
  | { readonly status: 'revoked'; readonly at: Date; readonly reason: number }
  | { readonly status: 'unknown' };

/** Bytes with the signature over them. */
export interface Signed {
  readonly der: Buffer;
  readonly tbs: Buffer;
  readonly signatureAlgorithm: Buffer;
  readonly signature: Buffer;
}

/** What revocation checking needs of the search for paths. */
export interface Paths {
  readonly at: Date;
  readonly work: WorkBudget;
  /** Whether data signed so was signed with this certificate's key. */
  isSigned(signed: Signed, signer: PathCertificate): boolean;
  /** Certificates of this name with a valid path to the anchor (§6.3.3 (f)). */
  signersOf(name: string, anchor: PathCertificate): Iterable<PathCertificate>;
  /** Whether a responder's certificate leads to the anchor through its issuer. */
  isResponder(responder: PathCertificate, issuers: readonly PathCertificate[]): boolean;
}
