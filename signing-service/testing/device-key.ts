import { hkdfSync, randomBytes, webcrypto } from 'node:crypto';
import { p256 as nist } from '@noble/curves/nist.js';

const { subtle } = webcrypto;
const base64url = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as Uint8Array).toString('base64url'); // both are taken

/** The wrapping key that the browser makes from the PRF output. */
async function wrappingKey(prf: Buffer): Promise<webcrypto.CryptoKey> {
  const bytes = Buffer.from(hkdfSync('sha256', prf, Buffer.alloc(0), 'EduTrust signing key', 32));
  return subtle.importKey('raw', bytes, 'AES-GCM', false, ['wrapKey', 'unwrapKey']);
}

const p256 = { name: 'ECDSA', namedCurve: 'P-256' };

/** What the browser does at enrolment with device custody: makes the key, and wraps it at once. */
export async function makeDeviceKey(prf: Buffer, possession: string) {
  const { privateKey, publicKey } = (await subtle.generateKey(p256, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const iv = randomBytes(12);
  const wrapped = await subtle.wrapKey('pkcs8', privateKey, await wrappingKey(prf), { name: 'AES-GCM', iv });
  const proof = await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, Buffer.from(possession, 'utf8'));
  return {
    publicKeySpki: base64url(await subtle.exportKey('spki', publicKey)),
    proofOfPossession: base64url(proof),
    wrappedPrivateKey: base64url(Buffer.concat([iv, Buffer.from(wrapped)])),
  };
}

async function unwrap(prf: Buffer, wrappedKey: string, isExtractable: boolean) {
  const blob = Buffer.from(wrappedKey, 'base64url');
  const named = { name: 'AES-GCM', iv: blob.subarray(0, 12) };
  return subtle.unwrapKey('pkcs8', blob.subarray(12), await wrappingKey(prf), named, p256, isExtractable, ['sign']);
}

/** Unwraps the key, not extractable, and signs; throws when the PRF output is another's. */
export async function signOnDevice(
  prf: Buffer,
  wrappedKey: string,
  signedAttributes: readonly string[],
): Promise<string[]> {
  const unwrapped = await unwrap(prf, wrappedKey, false);
  const signatures: string[] = [];
  for (const attributes of signedAttributes) {
    const raw = await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, unwrapped, Buffer.from(attributes, 'base64url'));
    signatures.push(base64url(raw));
  }
  return signatures;
}

/** ECDSA over digests that somebody else computed, r‖s in base64url: what the browser does for other apps. */
export async function signDigestsOnDevice(
  prf: Buffer,
  wrappedKey: string,
  digests: readonly Buffer[],
): Promise<string[]> {
  const unwrapped = await unwrap(prf, wrappedKey, true);
  const { d = '' } = await subtle.exportKey('jwk', unwrapped);
  const scalar = Buffer.from(d, 'base64url');
  return digests.map((digest) => base64url(nist.sign(digest, scalar, { prehash: false, lowS: false })));
}
