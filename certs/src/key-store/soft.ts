import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { InvalidInput } from '@edutrust/platform/errors';
import type { SecretBox } from '@edutrust/platform/secrets';
import { p256 } from '@noble/curves/nist.js';
import type { KeyAlgorithm, KeyPurpose } from './key.ts';

/** How a key of each algorithm hashes what it signs. */
export const hashOfAlgorithm = { p256: 'sha256', p384: 'sha384', rsa3072: 'sha256' } as const;

export interface SoftKey {
  readonly publicKey: Buffer;
  readonly sealed: Buffer;
}

/** The encrypted soft store: each key is sealed under its id and purpose (K1), so that it opens for nothing else. */
export function makeSoftKey(secrets: SecretBox, id: string, purpose: KeyPurpose, algorithm: KeyAlgorithm): SoftKey {
  const { privateKey } =
    algorithm === 'rsa3072'
      ? generateKeyPairSync('rsa', { modulusLength: 3072, publicExponent: 65_537 })
      : generateKeyPairSync('ec', { namedCurve: algorithm === 'p256' ? 'P-256' : 'P-384' });
  return seal(secrets, id, purpose, privateKey);
}

/** @throws InvalidInput `keys/unknown-kind` */
export function sealSoftKey(
  secrets: SecretBox,
  id: string,
  purpose: KeyPurpose,
  pkcs8: Buffer,
): SoftKey & { readonly algorithm: KeyAlgorithm } {
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  const algorithm =
    namedCurve === 'prime256v1'
      ? 'p256'
      : namedCurve === 'secp384r1'
        ? 'p384'
        : modulusLength === 3072
          ? 'rsa3072'
          : null;
  if (!algorithm) {
    throw new InvalidInput('keys/unknown-kind', {
      vi: 'Chỉ nhận khoá EC P-256, P-384 hoặc RSA 3072 bit.',
      en: 'Only EC P-256, P-384 or RSA keys of 3072 bits are taken.',
    });
  }
  return { algorithm, ...seal(secrets, id, purpose, key) };
}

function seal(secrets: SecretBox, id: string, purpose: KeyPurpose, key: KeyObject): SoftKey {
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  const sealed = secrets.encrypt(pkcs8, sealContext(id, purpose));
  pkcs8.fill(0);
  return { publicKey: createPublicKey(key).export({ type: 'spki', format: 'der' }), sealed };
}

const sealContext = (id: string, purpose: KeyPurpose) => `certs.key/${purpose}/${id}`;

/** Keys that this process has opened, as handles of the crypto library: never as bytes, and never more than these. */
const opened = new WeakMap<SecretBox, Map<string, KeyObject>>();
const mostOpened = 100;

interface SealedKey {
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly algorithm: KeyAlgorithm;
  readonly sealed: Buffer;
}

export function signSoftly(secrets: SecretBox, key: SealedKey, bytes: Uint8Array): Buffer {
  return sign(hashOfAlgorithm[key.algorithm], bytes, openKey(secrets, key));
}

/** ECDSA P-256 over a digest, DER: Node's library hashes whatever it signs, so another one does this (RFC 6979). */
export function signDigestSoftly(secrets: SecretBox, key: SealedKey, digest: Uint8Array): Buffer {
  const { d = '' } = openKey(secrets, key).export({ format: 'jwk' });
  const scalar = Buffer.from(d, 'base64url');
  try {
    return Buffer.from(p256.sign(digest, scalar, { prehash: false, lowS: false, format: 'der' }));
  } finally {
    scalar.fill(0);
  }
}

function openKey(secrets: SecretBox, { id, purpose, sealed }: SealedKey): KeyObject {
  const keys = opened.get(secrets) ?? new Map<string, KeyObject>();
  opened.set(secrets, keys);
  const name = `${purpose}/${id}`;
  const known = keys.get(name);
  if (known) return known;
  const pkcs8 = secrets.decrypt(sealed, sealContext(id, purpose));
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  pkcs8.fill(0);
  if (keys.size >= mostOpened) keys.clear();
  keys.set(name, key);
  return key;
}
