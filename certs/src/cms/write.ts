import { createHash } from 'node:crypto';
import { algorithmIds } from '../certificate/algorithms.ts';
import type { Certificate } from '../certificate/certificate.ts';
import { signatureAlgorithms } from '../certificate/signature.ts';
import { element, explicit, integer, octetString, oid, sequence, setOf, tag } from '../der/der.ts';
import { cmsOids } from './oid.ts';

const sha256Algorithm = sequence(oid(algorithmIds.sha256));

/** An attribute with its one value, DER (RFC 5652 §5.3). */
export function attribute(type: string, value: Uint8Array): Buffer {
  return sequence(oid(type), element(tag.set, value));
}

/**
 * DER of the SET OF signed attributes: content-type, message-digest and signing-certificate-v2 (RFC 5652 §11, RFC 5035 §3).
 * These bytes are what is signed.
 */
export function buildSignedAttributes(parts: {
  /** SHA-256 of the content. */
  readonly digest: Uint8Array;
  /** DER. */
  readonly signingCertificate: Uint8Array;
  /** id-data when absent. */
  readonly contentType?: string;
  /** More attributes, each made by {@link attribute}. */
  readonly others?: readonly Buffer[];
}): Buffer {
  const certificateHash = createHash('sha256').update(parts.signingCertificate).digest();
  // ESSCertIDv2 with its default algorithm, SHA-256, left out (RFC 5035 §3).
  const signingCertificate = sequence(sequence(sequence(octetString(certificateHash))));
  return setOf(
    attribute(cmsOids.contentType, oid(parts.contentType ?? cmsOids.data)),
    attribute(cmsOids.messageDigest, octetString(parts.digest)),
    attribute(cmsOids.signingCertificateV2, signingCertificate),
    ...(parts.others ?? []),
  );
}

/** What one SignedData consists of. */
export interface SignedDataParts {
  /** As {@link buildSignedAttributes} made them and as they were signed. */
  readonly signedAttributes: Uint8Array;
  /** DER `ECDSA-Sig-Value`, or the RSA signature. */
  readonly signature: Uint8Array;
  readonly algorithm: keyof typeof signatureAlgorithms;
  readonly signer: Pick<Certificate, 'issuer' | 'serial'>;
  /** DER. */
  readonly certificates: readonly Uint8Array[];
  /** What is signed, when it is inside; detached and plain data when absent. */
  readonly content?: { readonly type: string; readonly bytes: Uint8Array } | undefined;
  /** Made by {@link attribute}. */
  readonly unsignedAttributes?: readonly Buffer[];
}

/** DER of a CMS SignedData with its one signer, SHA-256 (RFC 5652 §5). */
export function assembleSignedData(parts: SignedDataParts): Buffer {
  const { signer, content, certificates, unsignedAttributes = [] } = parts;
  const signerInfo = sequence(
    integer(1),
    sequence(signer.issuer.der, integer(signer.serial)),
    sha256Algorithm,
    // The same bytes as signed, but for the implicit tag (RFC 5652 §5.4).
    Buffer.concat([Buffer.from([0xa0]), parts.signedAttributes.subarray(1)]),
    signatureAlgorithms[parts.algorithm],
    octetString(parts.signature),
    ...(unsignedAttributes.length > 0
      ? [Buffer.concat([Buffer.from([0xa1]), setOf(...unsignedAttributes).subarray(1)])]
      : []),
  );
  const signedData = sequence(
    integer(content && content.type !== cmsOids.data ? 3 : 1), // §5.1: 3 when the content is not plain data
    element(tag.set, sha256Algorithm),
    content ? sequence(oid(content.type), explicit(0, octetString(content.bytes))) : sequence(oid(cmsOids.data)),
    ...(certificates.length > 0 ? [explicit(0, ...certificates.toSorted(Buffer.compare))] : []),
    element(tag.set, signerInfo),
  );
  return sequence(oid(cmsOids.signedData), explicit(0, signedData));
}
