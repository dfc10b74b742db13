/** JOSE names. `ES256`: ecdsa-with-SHA256 on P-256; `RS256`: RSASSA-PKCS1-v1_5 with SHA-256. */
export type SignatureAlgorithm = 'ES256' | 'RS256';

/** A ledger's inclusion proof, as platform's `InclusionProof`. */
export interface CmsProof {
  readonly index: number;
  readonly path: readonly Uint8Array[];
  readonly checkpoint: string;
}

export interface CmsParts {
  /** As `buildSignedAttributes` made them and as they were signed. */
  readonly signedAttributes: Uint8Array;
  /** DER `ECDSA-Sig-Value` or RSA signature. */
  readonly signature: Uint8Array;
  readonly algorithm: SignatureAlgorithm;
  /** DER, the signer's own first. */
  readonly certificates: readonly Uint8Array[];
  /** DER TimeStampToken over SHA-256 of `signature` (RFC 3161 Appendix A). */
  readonly timeStampToken?: Uint8Array;
  /** Goes into an unsigned attribute as C2SP tlog-proof text. */
  readonly inclusionProof?: CmsProof;
}

/**
 * DER of the SET OF signed attributes: content-type, message-digest and signing-certificate-v2 (ETSI EN 319 142-1 §6.3;
 * signing-time is forbidden there, the claimed time is `/M`). These are the bytes to sign.
 */
export declare function buildSignedAttributes(parts: { readonly digest: Uint8Array; readonly signingCertificate: Uint8Array }): Buffer;

/** DER of the detached CMS SignedData (RFC 5652) with its one signer. */
export declare function assembleCms(parts: CmsParts): Buffer;

/** WebCrypto gives r‖s (IEEE P1363); CMS wants DER `ECDSA-Sig-Value` (RFC 5480). */
export declare function ecdsaSignatureFromRaw(raw: Uint8Array): Buffer;

/** The algorithm for a certificate's key. Throws `InvalidInput` `sign/algorithm` for a key that we do not sign with. */
export declare function signatureAlgorithmOf(certificate: Uint8Array): SignatureAlgorithm;
