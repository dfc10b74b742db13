import canonicalize from 'canonicalize';

/** What the public log says of a signature: SHA-256 of each, hashes only. */
export interface SignatureLeaf {
  /** Of the assertion that authorised it; in the file it is the proof's `extra`. */
  readonly assertion: Uint8Array;
  /** Of the signing certificate's DER. */
  readonly certificate: Uint8Array;
  /** Of the signed byte ranges. */
  readonly document: Uint8Array;
  /** Of the signature value. */
  readonly signature: Uint8Array;
  /** Of the time-stamp token's DER. */
  readonly timeStamp: Uint8Array;
}

/** The leaf as it stands in the log: canonical JSON (RFC 8785), hashes in hexadecimal. */
export function signatureLeaf(hashes: SignatureLeaf): string {
  const hex = Object.fromEntries(
    Object.entries(hashes).map(([name, hash]) => [name, Buffer.from(hash).toString('hex')]),
  );
  return canonicalize({ type: 'signature', ...hex }) ?? '';
}
