import type { VisibleSignature } from './appearance.ts';

/** What one signature field is to be. */
export interface SignatureRequest {
  /** Unique in the file; a free one is chosen when absent (`Signature1`, …). */
  readonly fieldName?: string;
  readonly signerName: string;
  readonly reason?: string;
  readonly location?: string;
  /** The claimed signing time (`/M`), to the second. */
  readonly at: Date;
  readonly visible?: VisibleSignature;
  /** Room for the CMS; default 16,384. `completeSignature` says so when it is too little. */
  readonly contentsBytes?: number;
}

export interface PreparedSignature {
  /** The whole file with room for the signature; starts with the bytes of the original. */
  readonly prepared: Buffer;
  readonly byteRange: readonly [number, number, number, number];
  /** SHA-256 of the two ranges. */
  readonly digest: Buffer;
}

/** Adds a signature field in an incremental update: nothing that was there is touched. */
export declare function prepareSignature(pdf: Uint8Array, request: SignatureRequest): PreparedSignature;

/** Puts the CMS into its place and gives the finished file. Finds the place by the file's last ByteRange. */
export declare function completeSignature(prepared: Uint8Array, cms: Uint8Array): Buffer;

/** Like `prepareSignature` for a document time stamp (`/SubFilter /ETSI.RFC3161`): complete it with a TimeStampToken. */
export declare function prepareDocumentTimeStamp(pdf: Uint8Array, request: { readonly at: Date; readonly contentsBytes?: number }): PreparedSignature;
