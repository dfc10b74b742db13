import type { ValidationOptions } from '../validation/options.ts';
import type { ValidationReport } from '../validation/report.ts';
import type { SignatureAlgorithm } from './signing-certificate.ts';

/** The formats that we sign and judge. */
export type FormatName = 'PAdES' | 'ASiC-E' | 'XAdES';

/** Where a visible block goes: points from the lower left corner of a page, zero-based or the last one. */
export interface Place {
  readonly page: number | 'last';
  readonly rect: readonly [number, number, number, number];
}

/** What is seen of a signature at its place, where it is not the usual block: ink, or one line with the time behind it. */
export type Look =
  | {
      readonly ink: { readonly width: number; readonly height: number; readonly mask: Buffer };
      /** True width in millimetres, of a seal. */
      readonly widthMm?: number | undefined;
    }
  | { readonly line: string };

/** In whose name something is signed. */
export interface Signatory {
  /** A person's signature, or the seal of an organisation. */
  readonly kind: 'person' | 'seal';
  readonly name: string;
  /** What the person signs as; `undefined` for a seal. */
  readonly title: string | undefined;
  readonly organisation: string;
  /** DER. */
  readonly certificate: Uint8Array;
  /** What the file will carry beside it, when these are not one issuer of about its size; DER. */
  readonly issuers?: readonly Uint8Array[] | undefined;
}

/** One signature that is to be put on a file. */
export interface SignatureWish {
  readonly signatory: Signatory;
  /** The claimed time of signing. */
  readonly at: Date;
  /** For formats with pages. */
  readonly place: Place | undefined;
  /** Where people verify the document, without the scheme: it may stand in the visible block. */
  readonly verifyAt: string;
  readonly look?: Look | undefined;
}

/** A file with room for a signature. */
export interface Prepared {
  /** The whole file: what the signer's phone draws, and what {@link SignatureFormat.complete} makes whole. */
  readonly prepared: Buffer;
  /** SHA-256 of what is signed of the file: the phone computes it itself from `prepared`. */
  readonly digest: Buffer;
  /** The bytes that the key signs, with SHA-256; `digest` is in them. */
  readonly toBeSigned: Buffer;
}

/** A ledger's inclusion proof; platform's `InclusionProof` is one. */
export interface InclusionProof {
  readonly index: number;
  readonly path: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
  /** What a verifier cannot compute from the file but needs for the leaf; C2SP tlog-proof's `extra`. */
  readonly extra?: Uint8Array;
}

/** What makes a prepared file a signed one. */
export interface SignatureParts {
  /** As {@link SignatureFormat.prepare} made it and as it was signed. */
  readonly toBeSigned: Uint8Array;
  /** DER `ECDSA-Sig-Value`, or the RSA signature. */
  readonly signature: Uint8Array;
  /** DER, the signer's own first, without the root. */
  readonly certificates: readonly Uint8Array[];
  /** DER TimeStampToken (RFC 3161) over {@link SignatureFormat.stamped}. */
  readonly timeStampToken?: Uint8Array;
  readonly inclusionProof?: InclusionProof;
}

/** What a later validation needs, DER. */
export interface ValidationData {
  readonly certificates?: readonly Uint8Array[];
  readonly crls?: readonly Uint8Array[];
  readonly ocspResponses?: readonly Uint8Array[];
}

/** Gives a DER TimeStampToken (RFC 3161) over a SHA-256 digest. */
export type TimeStamper = (digest: Buffer) => Buffer | Promise<Buffer>;

/** What a signer of a file signs with. */
export interface Signer {
  /** DER. The first is the signer's own, then its issuers without the root. */
  readonly certificates: readonly Uint8Array[];
  /** Signs the DER of the signed attributes (a SET OF): DER `ECDSA-Sig-Value`, or the RSA signature. */
  readonly sign: (signedAttributes: Buffer) => Buffer | Promise<Buffer>;
  /** The algorithm that `sign` uses; read from the certificate when absent. */
  readonly algorithm?: SignatureAlgorithm;
  /** Over the signature value. With it the level is B-T. */
  readonly timeStamp?: TimeStamper;
}

export interface LongTerm {
  /** Certificates of every signature and time stamp in a file, as they stand there, DER. */
  certificatesIn(file: Uint8Array): readonly Buffer[];
  /** Adds the data and, over all of it, a time stamp; nothing that was there changes. */
  extend(file: Uint8Array, data: ValidationData, timeStamp: TimeStamper): Promise<Buffer>;
}

/** A format of files that can be judged, no matter which program made them. */
export interface JudgedFormat {
  /** Whether bytes are a file of this format, by how they begin; what is wrong with them is for `validate` to say. */
  recognises(file: Uint8Array): boolean;
  /** Judges every signature of a file and what was changed after each (ETSI EN 319 102-1). */
  validate(file: Uint8Array, options: ValidationOptions): Promise<ValidationReport>;
}

/**
 * A signature format. Requests, the phone and the log know no other words of it than these: everything that differs
 * between PDF, CMS, XML and JSON is behind them. Nothing here reaches a database or a key.
 */
export interface SignatureFormat extends JudgedFormat {
  readonly name: FormatName;
  readonly mediaType: string;
  /** Without a full stop. */
  readonly extension: string;
  /** What is signed of a file that somebody sent under a name: the file itself, or what this format puts around it. */
  enclose(file: Uint8Array, name: string): Buffer;
  /** How many signatures of people and organisations a file of ours carries. */
  countSignatures(file: Uint8Array): number;
  /**
   * Reserves the place of a signature; earlier signatures stay whole.
   *
   * @throws InvalidInput when the file cannot be signed
   */
  prepare(file: Uint8Array, wish: SignatureWish): Prepared;
  /** The bytes that a time stamp of the signature by this certificate (DER) is over. */
  stamped(signature: Uint8Array, certificate: Uint8Array): Buffer;
  /** @throws InvalidInput `sign/…` when the parts do not fit into the file */
  complete(prepared: Uint8Array, parts: SignatureParts): Buffer;
  /** For formats that carry what a validation needs in many years (ETSI EN 319 142-1 §6: B-LT, B-LTA). */
  readonly longTerm?: LongTerm;
}
