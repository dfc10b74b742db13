import { rsaKeyProblem } from '@edutrust/certs/algorithms';
import { type Certificate, parseCertificate } from '@edutrust/certs/certificate';
import { DerError } from '@edutrust/certs/der';
import { InvalidInput } from '@edutrust/platform/errors';

/** JOSE names. `ES256`: ecdsa-with-SHA256 on P-256; `RS256`: RSASSA-PKCS1-v1_5 with SHA-256. */
export type SignatureAlgorithm = 'ES256' | 'RS256';

/** What a signature says of its signer's certificate. */
export interface SigningCertificate extends Pick<Certificate, 'issuer' | 'serial'> {
  /** What its key signs with. @throws InvalidInput `sign/algorithm` for a key that we do not sign with */
  algorithm(): SignatureAlgorithm;
}

/** A batch signs with one certificate: it is parsed once, for as long as somebody holds its bytes. */
const parsed = new WeakMap<Uint8Array, SigningCertificate>();

/**
 * Reads a certificate that is to sign, DER. Its bytes are never changed by those who hold them.
 *
 * @throws InvalidInput `sign/certificate` for one that is damaged
 */
export function signingCertificate(der: Uint8Array): SigningCertificate {
  const known = parsed.get(der);
  if (known) return known;
  const { issuer, serial, subjectPublicKeyInfo, publicKey } = parse(der);
  let algorithm: SignatureAlgorithm | undefined;
  const read: SigningCertificate = {
    issuer,
    serial,
    algorithm: () => {
      algorithm ??= algorithmFor(subjectPublicKeyInfo, publicKey);
      return algorithm;
    },
  };
  parsed.set(der, read);
  return read;
}

function parse(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der);
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    throw new InvalidInput(
      'sign/certificate',
      { vi: 'Chứng thư số dùng để ký bị hỏng.', en: 'The signing certificate is damaged.' },
      { cause },
    );
  }
}

/** How the SubjectPublicKeyInfo of an uncompressed P-256 key begins (RFC 5480 §2). */
const p256KeyInfo = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

function algorithmFor(keyInfo: Buffer, publicKey: Certificate['publicKey']): SignatureAlgorithm {
  if (keyInfo.subarray(0, p256KeyInfo.length).equals(p256KeyInfo)) return 'ES256';
  if (rsaKeyProblem(publicKey(), new Date()) === undefined) return 'RS256';
  throw new InvalidInput('sign/algorithm', {
    vi: 'Loại khoá của chứng thư không được dùng để ký: cần P-256, hoặc RSA từ 2048 bit (từ năm 2031: 3072 bit).',
    en: 'The certificate has a key that we do not sign with: P-256, or RSA of at least 2048 bits (3072 bits from 2031 on), is needed.',
  });
}
