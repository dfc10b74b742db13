import { X509Certificate } from 'node:crypto';
import { assembleCms, buildSignedAttributes, type SignatureAlgorithm } from './cms.ts';
import { completeSignature, prepareSignature, type SignatureRequest } from './prepare.ts';

export { type AppearanceLine, type VisibleSignature, visibleLines } from './appearance.ts';
export {
  assembleCms,
  buildSignedAttributes,
  type CmsParts,
  type CmsProof,
  ecdsaSignatureFromRaw,
  type SignatureAlgorithm,
  signatureAlgorithmOf,
} from './cms.ts';
export {
  completeSignature,
  type PreparedSignature,
  prepareDocumentTimeStamp,
  prepareSignature,
  type SignatureRequest,
} from './prepare.ts';

/** What {@link signPdf} signs with. */
export interface Signer {
  /** DER. The first is the signer's own, then its issuers without the root. */
  readonly certificates: readonly Uint8Array[];
  /** Signs the DER of the signed attributes (a SET OF): DER `ECDSA-Sig-Value`, or the RSA signature. */
  readonly sign: (signedAttributes: Buffer) => Buffer | Promise<Buffer>;
  /** The algorithm that `sign` uses; taken from the certificate's key when absent. */
  readonly algorithm?: SignatureAlgorithm;
  /** RFC 3161: gives a DER TimeStampToken over the SHA-256 digest of the signature value. With it the level is B-T. */
  readonly timeStamp?: (digest: Buffer) => Buffer | Promise<Buffer>;
}

/**
 * Signs a PDF in one call: PAdES B-B, or B-T with `signer.timeStamp` (ETSI EN 319 142-1 §6). The result starts with the
 * bytes of `pdf`, so earlier signatures stay whole.
 *
 * Throws `InvalidInput` `pdf/…` for a file that cannot be read strictly.
 */
export async function signPdf(pdf: Uint8Array, request: SignatureRequest, signer: Signer): Promise<Buffer> {
  const [signingCertificate] = signer.certificates;
  if (!signingCertificate) throw new TypeError('a signer has at least its own certificate');
  const { prepared, digest } = prepareSignature(pdf, request);
  const signedAttributes = buildSignedAttributes({ digest, signingCertificate });
  const signature = await signer.sign(signedAttributes);
  const algorithm = signer.algorithm ?? signatureAlgorithmOfCertificate(signingCertificate);
  const proof = signer.timeStamp ? { timeStampToken: await signer.timeStamp(sha256(signature)) } : {};
  const cms = assembleCms({ signedAttributes, signature, algorithm, certificates: signer.certificates, ...proof });
  return completeSignature(prepared, cms);
}
