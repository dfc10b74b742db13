import { createHash } from 'node:crypto';
import { assembleCms, buildSignedAttributes } from '../cms.ts';
import type { Signer, TimeStamper } from '../format.ts';
import { fillContents, prepareDocumentTimeStamp, prepareSignature, type SignatureRequest } from './prepare.ts';

export {
  assembleCms,
  buildSignedAttributes,
} from '../cms.ts';
export { visibleLines } from './appearance.ts';
export {
  completeSignature,
  prepareSignature,
  type SignatureRequest,
} from './prepare.ts';
export { addValidationData } from './validation-data.ts';

/**
 * Signs a PDF in one call: PAdES B-B, or B-T with `signer.timeStamp` (ETSI EN 319 142-1 §6). The result starts with the
 * bytes of `pdf`, so earlier signatures stay whole.
 *
 * Throws what `prepareSignature` and `completeSignature` throw.
 */
export async function signPdf(pdf: Uint8Array, request: SignatureRequest, signer: Signer): Promise<Buffer> {
  const [signingCertificate] = signer.certificates;
  if (!signingCertificate) throw new TypeError('a signer has at least its own certificate');
  const { prepared, digest } = prepareSignature(pdf, request);
  const signedAttributes = buildSignedAttributes({ digest, signingCertificate });
  const signature = await signer.sign(signedAttributes);
  const cms = assembleCms({
    signedAttributes,
    signature,
    ...(signer.algorithm ? { algorithm: signer.algorithm } : {}),
    certificates: signer.certificates,
    ...(signer.timeStamp
      ? { timeStampToken: await signer.timeStamp(createHash('sha256').update(signature).digest()) }
      : {}),
  });
  return fillContents(prepared, cms);
}

/** Adds a document time stamp over the whole file (ETSI EN 319 142-1 §5.4.3). */
export async function timeStampPdf(pdf: Uint8Array, timeStamp: TimeStamper): Promise<Buffer> {
  const { prepared, digest } = prepareDocumentTimeStamp(pdf);
  return fillContents(prepared, await timeStamp(digest));
}
