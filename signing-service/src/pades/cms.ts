import { createHash } from 'node:crypto';
import { parseCertificate } from '@edutrust/certs/certificate';
import { element, explicit, integer, nullValue, octetString, oid, sequence, setOf, tag } from '@edutrust/certs/der';
import { InvalidInput } from '@edutrust/platform/errors';
import { inclusionProofOid, oids } from './oid.ts';

/** JOSE names. `ES256`: ecdsa-with-SHA256 on P-256; `RS256`: RSASSA-PKCS1-v1_5 with SHA-256. */
export type SignatureAlgorithm = 'ES256' | 'RS256';

/** A ledger's inclusion proof; platform's `InclusionProof` is one. */
export interface CmsInclusionProof {
  readonly index: number;
  readonly path: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

export interface CmsParts {
  /** As `buildSignedAttributes` made them and as they were signed. */
  readonly signedAttributes: Uint8Array;
  /** DER `ECDSA-Sig-Value`, or the RSA signature. */
  readonly signature: Uint8Array;
  readonly algorithm: SignatureAlgorithm;
  /** DER, the signer's own first, without the root. */
  readonly certificates: readonly Uint8Array[];
  /** DER TimeStampToken over SHA-256 of `signature` (RFC 3161 appendix A). */
  readonly timeStampToken?: Uint8Array;
  /** Travels in an unsigned attribute as C2SP tlog-proof text. */
  readonly inclusionProof?: CmsInclusionProof;
}

const sha256Algorithm = sequence(oid(oids.sha256));

/**
 * DER of the SET OF signed attributes: content-type, message-digest and signing-certificate-v2 (ETSI EN 319 142-1 §6.3;
 * signing-time is forbidden there, the claimed time is `/M`). These bytes are what is signed.
 */
export function buildSignedAttributes(parts: {
  /** SHA-256 of the ByteRange. */
  readonly digest: Uint8Array;
  /** DER. */
  readonly signingCertificate: Uint8Array;
  /** Of what is signed; id-data when absent, as for every PDF. */
  readonly contentType?: string;
}): Buffer {
  const certificateHash = createHash('sha256').update(parts.signingCertificate).digest();
  // ESSCertIDv2 with its default algorithm, SHA-256, left out (RFC 5035 §3).
  const signingCertificate = sequence(sequence(sequence(octetString(certificateHash))));
  return setOf(
    attribute(oid(oids.contentType), oid(parts.contentType ?? oids.data)),
    attribute(oid(oids.messageDigest), octetString(parts.digest)),
    attribute(oid(oids.signingCertificateV2), signingCertificate),
  );
}

/** DER of the detached CMS SignedData (RFC 5652 §5) with its one signer. */
export function assembleCms(parts: CmsParts): Buffer {
  const [own] = parts.certificates;
  if (!own) throw new TypeError('a signature carries at least its own certificate');
  const unsigned = [
    parts.timeStampToken && attribute(oid(oids.signatureTimeStamp), parts.timeStampToken),
    parts.inclusionProof && attribute(inclusionProofOid, octetString(proofText(parts.inclusionProof))),
  ].filter((entry) => entry !== undefined);
  const signerInfo = sequence(
    integer(1),
    issuerAndSerialNumber(own),
    sha256Algorithm,
    // The same bytes as signed, but for the implicit tag (RFC 5652 §5.4).
    Buffer.concat([Buffer.from([0xa0]), parts.signedAttributes.subarray(1)]),
    parts.algorithm === 'ES256' ? sequence(oid(oids.ecdsaWithSha256)) : sequence(oid(oids.sha256WithRsa), nullValue),
    octetString(parts.signature),
    ...(unsigned.length > 0 ? [Buffer.concat([Buffer.from([0xa1]), setOf(...unsigned).subarray(1)])] : []),
  );
  const signedData = sequence(
    integer(1),
    element(tag.set, sha256Algorithm),
    sequence(oid(oids.data)),
    explicit(0, ...parts.certificates.toSorted(Buffer.compare)),
    element(tag.set, signerInfo),
  );
  return sequence(oid(oids.signedData), explicit(0, signedData));
}

function attribute(type: Buffer, value: Uint8Array): Buffer {
  return sequence(type, element(tag.set, value));
}

/** The two fields of a certificate by walking its DER: version, serial number, algorithm, issuer (RFC 5280 §4.1). */
function issuerAndSerialNumber(certificate: Uint8Array): Buffer {
  const der = Buffer.from(certificate.buffer, certificate.byteOffset, certificate.byteLength);
  const next = (at: number) => {
    const first = der[at + 1] ?? 0;
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes);
    const content = at + 2 + lengthBytes;
    return { content, end: content + length };
  };
  try {
    let at = next(next(0).content).content;
    if (der[at] === 0xa0) at = next(at).end;
    const serial = der.subarray(at, next(at).end);
    const issuerAt = next(next(at).end).end;
    return sequence(der.subarray(issuerAt, next(issuerAt).end), serial);
  } catch {
    throw new InvalidInput('sign/certificate', {
      vi: 'Chứng thư số dùng để ký bị hỏng.',
      en: 'The signing certificate is damaged.',
    });
  }
}

/** C2SP tlog-proof v1: index, path, checkpoint. */
function proofText(proof: CmsInclusionProof): Buffer {
  const path = proof.path.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('');
  return Buffer.from(`c2sp.org/tlog-proof@v1\nindex ${proof.index}\n${path}\n${proof.checkpoint}`, 'utf8');
}

/**
 * WebCrypto gives r‖s (IEEE P1363); CMS wants DER `ECDSA-Sig-Value` (RFC 5480 §2.1.1).
 * Throws `InvalidInput` `sign/signature` when it is not 64 bytes.
 */
export function ecdsaSignatureFromRaw(raw: Uint8Array): Buffer {
  if (raw.length !== 64) {
    throw new InvalidInput('sign/signature', {
      vi: 'Chữ ký không đúng định dạng.',
      en: 'The signature does not have the right form.',
    });
  }
  return sequence(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
}

/** How the SubjectPublicKeyInfo of an uncompressed P-256 key begins (RFC 5480 §2). */
const p256KeyInfo = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

/** The algorithm for a certificate's key. Throws `InvalidInput` `sign/algorithm` for a key that we do not sign with. */
export function signatureAlgorithmOf(certificate: Uint8Array): SignatureAlgorithm {
  const parsed = parseCertificate(certificate);
  // node:crypto takes 100 µs to tell a curve's name.
  if (parsed.subjectPublicKeyInfo.subarray(0, p256KeyInfo.length).equals(p256KeyInfo)) return 'ES256';
  const { asymmetricKeyType, asymmetricKeyDetails } = parsed.publicKey();
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048) return 'RS256';
  throw new InvalidInput('sign/algorithm', {
    vi: 'Loại khóa của chứng thư không được dùng để ký: cần P-256 hoặc RSA từ 2048 bit.',
    en: 'The certificate has a key that we do not sign with: P-256 or RSA of at least 2048 bits is needed.',
  });
}
