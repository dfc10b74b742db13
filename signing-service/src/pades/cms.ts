import { parseCertificate } from '@edutrust/certs/certificate';
import { assembleSignedData, attribute, cmsOids } from '@edutrust/certs/cms';
import { DerError, integer, octetString, sequence } from '@edutrust/certs/der';
import { InvalidInput } from '@edutrust/platform/errors';

export { buildSignedAttributes } from '@edutrust/certs/cms';

/** JOSE names. `ES256`: ecdsa-with-SHA256 on P-256; `RS256`: RSASSA-PKCS1-v1_5 with SHA-256. */
export type SignatureAlgorithm = 'ES256' | 'RS256';

/** A ledger's inclusion proof; platform's `InclusionProof` is one. */
export interface CmsInclusionProof {
  readonly index: number;
  readonly path: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
  /** What a verifier cannot compute from the file but needs for the leaf; C2SP tlog-proof's `extra`. */
  readonly extra?: Uint8Array;
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

/** DER of the detached CMS SignedData (RFC 5652 §5) with its one signer. */
export function assembleCms(parts: CmsParts): Buffer {
  const [own] = parts.certificates;
  if (!own) throw new TypeError('a signature carries at least its own certificate');
  return assembleSignedData({
    signedAttributes: parts.signedAttributes,
    signature: parts.signature,
    algorithm: parts.algorithm === 'ES256' ? 'ecdsa-sha256' : 'rsa-sha256',
    signer: readOwn(own),
    certificates: parts.certificates,
    unsignedAttributes: [
      parts.timeStampToken && attribute(cmsOids.signatureTimeStamp, parts.timeStampToken),
      parts.inclusionProof && attribute(cmsOids.inclusionProof, octetString(proofText(parts.inclusionProof))),
    ].filter((entry) => entry !== undefined),
  });
}

function readOwn(certificate: Uint8Array) {
  try {
    return parseCertificate(certificate);
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    throw new InvalidInput(
      'sign/certificate',
      { vi: 'Chứng thư số dùng để ký bị hỏng.', en: 'The signing certificate is damaged.' },
      { cause },
    );
  }
}

/** C2SP tlog-proof v1: extra, index, path, checkpoint. */
function proofText(proof: CmsInclusionProof): Buffer {
  const extra = proof.extra ? `extra ${Buffer.from(proof.extra).toString('base64')}\n` : '';
  const path = proof.path.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('');
  return Buffer.from(`c2sp.org/tlog-proof@v1\n${extra}index ${proof.index}\n${path}\n${proof.checkpoint}`, 'utf8');
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
