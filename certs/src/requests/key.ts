import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { InvalidInput } from '@edutrust/platform/errors';
import { isStrongKey } from '../certificate/algorithms.ts';
import { PemError, readPem } from '../certificate/pem.ts';
import { readRequest } from '../certificate/request.ts';

/** Far above any real PKCS #10 request: one for RSA 8192 has some 3,000 characters. */
const longestText = 20_000;

/** What is certified of a PKCS #10 request: the key, and the request as proof that its sender holds it. */
export interface ProvenKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  /** CertificationRequest, DER. */
  readonly csr: Buffer;
}

/**
 * The key of a request that was uploaded, PEM or base64 of the DER. The subject in it is of no account: the registry has
 * the names.
 *
 * @throws InvalidInput `certificates/bad-request`, `certificate-requests/weak-key`, `certificate-requests/private-key`.
 */
export function readProvenKey(text: string): ProvenKey {
  const csr = derOf(text);
  const { publicKey } = possessed(csr);
  mustBeStrong(publicKey);
  return { publicKey, csr };
}

function possessed(csr: Buffer) {
  try {
    return readRequest(csr);
  } catch (error) {
    if (!(error instanceof InvalidInput) || !(error.cause instanceof Error)) throw error;
    const why = error.cause.message;
    throw badRequest(`chữ ký hoặc cấu trúc của nó sai (${why})`, why);
  }
}

function derOf(text: string): Buffer {
  const trimmed = text.trim();
  if (trimmed.length > longestText) throw badRequest('tệp dài hơn một yêu cầu PKCS #10', 'it is longer than any');
  if (/PRIVATE KEY-----/.test(trimmed)) {
    throw new InvalidInput(
      'certificate-requests/private-key',
      {
        vi: 'Đây là khoá riêng. Khoá riêng không được đưa cho ai, kể cả hệ thống này; nội dung vừa gửi không được lưu.',
        en: 'This is a private key. Give it to nobody, not even to this system; what you sent was not kept.',
      },
      {
        remedy: {
          vi: 'Coi khoá này là đã lộ: tạo khoá mới, rồi chỉ gửi tệp yêu cầu (CERTIFICATE REQUEST).',
          en: 'Treat the key as compromised: make a new one, and send the CERTIFICATE REQUEST alone.',
        },
      },
    );
  }
  try {
    const [der, ...others] = trimmed.includes('-----BEGIN ')
      ? readPem(trimmed, 'CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST')
      : [readBase64(trimmed)];
    if (!der) throw badRequest('không thấy khối CERTIFICATE REQUEST', 'there is no CERTIFICATE REQUEST in it');
    if (others.length > 0) throw badRequest('có nhiều hơn một yêu cầu', 'there is more than one in it');
    return der;
  } catch (error) {
    if (error instanceof PemError) throw badRequest('khối PEM hỏng', error.message);
    throw error;
  }
}

function readBase64(text: string): Buffer {
  const base64 = text.replaceAll(/\s/g, '');
  const der = Buffer.from(base64, 'base64');
  if (der.length === 0 || der.toString('base64').replaceAll('=', '') !== base64.replaceAll('=', ''))
    throw badRequest('không phải PEM, cũng không phải base64 của DER', 'it is neither PEM nor base64 of DER');
  return der;
}

function badRequest(vi: string, en: string): InvalidInput {
  return new InvalidInput(
    'certificates/bad-request',
    {
      vi: `Yêu cầu cấp chứng thư (PKCS #10) không dùng được: ${vi}.`,
      en: `The certificate request (PKCS #10) cannot be used: ${en}.`,
    },
    {
      remedy: {
        vi: 'Xuất yêu cầu (CSR) từ phần mềm của USB token rồi dán cả tệp, từ -----BEGIN tới -----END.',
        en: 'Export the request (CSR) from the token’s software and paste the whole file, from -----BEGIN to -----END.',
      },
    },
  );
}

/** Says it to the person before the linter says it of the certificate. */
function mustBeStrong(publicKey: Buffer): void {
  if (isStrongKey(readKey(publicKey))) return;
  throw new InvalidInput(
    'certificate-requests/weak-key',
    {
      vi: `Khoá ${keyKind(publicKey)} không được nhận.`,
      en: `A key of the kind ${keyKind(publicKey)} is not accepted.`,
    },
    {
      remedy: {
        vi: 'Tạo khoá ECDSA P-256, P-384, hoặc RSA từ 3072 bit với số mũ 65537.',
        en: 'Make an ECDSA key on P-256 or P-384, or an RSA key of at least 3072 bits with the exponent 65537.',
      },
    },
  );
}

/** `ECDSA P-256`, `RSA 3072`: what an officer reads of a key. */
export function keyKind(publicKey: Buffer): string {
  const { asymmetricKeyType: type = '', asymmetricKeyDetails } = readKey(publicKey);
  const { namedCurve = '', modulusLength } = asymmetricKeyDetails ?? {};
  if (type === 'rsa') return `RSA ${modulusLength}`;
  return type === 'ec' ? `ECDSA ${curveNames[namedCurve] ?? namedCurve}` : type.toUpperCase();
}

const curveNames: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

const readKey = (publicKey: Buffer): KeyObject => createPublicKey({ key: publicKey, format: 'der', type: 'spki' });

/** SHA-256 of SubjectPublicKeyInfo: by it the officer compares the key with what the token's software shows. */
export function keyHash(publicKey: Uint8Array): Buffer {
  return createHash('sha256').update(publicKey).digest();
}
