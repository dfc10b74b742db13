import { assembleSignedData, attribute, cmsOids, readCms } from '@edutrust/certs/cms';
import { octetString } from '@edutrust/certs/der';
import { tlogProofText } from '@edutrust/platform/ledger-proof';
import type { InclusionProof } from './format.ts';
import { type SignatureAlgorithm, signingCertificate } from './signing-certificate.ts';

export { buildSignedAttributes } from '@edutrust/certs/cms';

export interface CmsParts {
  /** As `buildSignedAttributes` made them and as they were signed. */
  readonly signedAttributes: Uint8Array;
  /** DER `ECDSA-Sig-Value`, or the RSA signature. */
  readonly signature: Uint8Array;
  /** As the certificate's key says when absent. */
  readonly algorithm?: SignatureAlgorithm;
  /** DER, the signer's own first, without the root. */
  readonly certificates: readonly Uint8Array[];
  /** DER TimeStampToken over SHA-256 of `signature` (RFC 3161 appendix A). */
  readonly timeStampToken?: Uint8Array;
  /** Travels in an unsigned attribute as C2SP tlog-proof text. */
  readonly inclusionProof?: InclusionProof;
  /** What is signed, when it is to be inside; plain data. */
  readonly content?: Uint8Array;
}

/**
 * DER of the CMS SignedData (RFC 5652 §5) with its one signer; detached unless `content` is given.
 *
 * @throws InvalidInput `sign/certificate`, `sign/algorithm`
 */
export function assembleCms(parts: CmsParts): Buffer {
  const [own] = parts.certificates;
  if (!own) throw new TypeError('a signature carries at least its own certificate');
  const signer = signingCertificate(own);
  return assembleSignedData({
    signedAttributes: parts.signedAttributes,
    signature: parts.signature,
    algorithm: (parts.algorithm ?? signer.algorithm()) === 'ES256' ? 'ecdsa-sha256' : 'rsa-sha256',
    signer,
    certificates: parts.certificates,
    content: parts.content && { type: cmsOids.data, bytes: parts.content },
    unsignedAttributes: [
      parts.timeStampToken && attribute(cmsOids.signatureTimeStamp, parts.timeStampToken),
      parts.inclusionProof &&
        attribute(cmsOids.inclusionProof, octetString(Buffer.from(tlogProofText(parts.inclusionProof)))),
    ].filter((entry) => entry !== undefined),
  });
}

/** Of a CMS and of the time stamps in it; none of one that cannot be read, which no data helps. */
export function certificatesInCms(bytes: Buffer, padding: 'zeros' | 'none'): Buffer[] {
  try {
    const { certificates, timeStampTokens, archiveTimeStampTokens } = readCms(bytes, padding);
    const tokens = [...timeStampTokens, ...archiveTimeStampTokens];
    return [...certificates, ...tokens.flatMap((token) => certificatesInCms(token, 'none'))];
  } catch {
    return [];
  }
}
