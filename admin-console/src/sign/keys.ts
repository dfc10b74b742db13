/**
 * The signing key of device custody: made in the browser, kept only wrapped under a key from the passkey's PRF output.
 * Nothing in here leaves the phone but the public key, the wrapped private key and signatures.
 */

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const es256 = { name: 'ECDSA', hash: 'SHA-256' } as const;

export function toBase64Url(bytes: ArrayBuffer | Uint8Array): string {
  const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  let binary = '';
  for (const byte of view) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** The wrapping key: HKDF-SHA-256 over the PRF output, for AES-256-GCM. */
async function wrappingKey(prfOutput: ArrayBuffer, usage: 'wrapKey' | 'unwrapKey'): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', prfOutput, 'HKDF', false, ['deriveKey']);
  const info = new TextEncoder().encode('edutrust/signing-key/v1');
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info },
    material,
    { name: 'AES-GCM', length: 256 },
    false,
    [usage],
  );
}

export interface NewKey {
  /** SubjectPublicKeyInfo, base64url. */
  readonly publicKeySpki: string;
  readonly proofOfPossession: string;
  /** Nonce (12 bytes) and AES-GCM of the PKCS#8, base64url. */
  readonly wrappedPrivateKey: string;
}

/** Makes the key pair, proves possession over the text, and wraps the private key. */
export async function makeKey(prfOutput: ArrayBuffer, proofText: string): Promise<NewKey> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const wrapped = await crypto.subtle.wrapKey('pkcs8', privateKey, await wrappingKey(prfOutput, 'wrapKey'), {
    name: 'AES-GCM',
    iv: nonce,
  });
  const proof = await crypto.subtle.sign(es256, privateKey, new TextEncoder().encode(proofText));
  const blob = new Uint8Array(nonce.length + wrapped.byteLength);
  blob.set(nonce);
  blob.set(new Uint8Array(wrapped), nonce.length);
  return {
    publicKeySpki: toBase64Url(await crypto.subtle.exportKey('spki', publicKey)),
    proofOfPossession: toBase64Url(proof),
    wrappedPrivateKey: toBase64Url(blob),
  };
}

/** The private key for this session, not extractable unless said. Throws when the PRF output is another passkey's. */
export async function unwrapKey(
  prfOutput: ArrayBuffer,
  wrappedPrivateKey: string,
  isExtractable = false,
): Promise<CryptoKey> {
  const blob = fromBase64Url(wrappedPrivateKey);
  const iv = blob.subarray(0, 12);
  return crypto.subtle.unwrapKey(
    'pkcs8',
    blob.subarray(12),
    await wrappingKey(prfOutput, 'unwrapKey'),
    { name: 'AES-GCM', iv },
    ecdsa,
    isExtractable,
    ['sign'],
  );
}

/**
 * ECDSA over digests that somebody else computed, each r‖s in base64url. Browsers hash whatever they sign, so the key is in the
 * memory of this page while another library signs; fetched when it is needed.
 */
export async function signDigests(
  prfOutput: ArrayBuffer,
  wrappedPrivateKey: string,
  digests: readonly Uint8Array[],
): Promise<string[]> {
  const [{ p256 }, key] = await Promise.all([
    import('@noble/curves/nist.js'),
    unwrapKey(prfOutput, wrappedPrivateKey, true),
  ]);
  const { d = '' } = await crypto.subtle.exportKey('jwk', key);
  const scalar = fromBase64Url(d);
  try {
    return digests.map((digest) => toBase64Url(p256.sign(digest, scalar, { prehash: false, lowS: false })));
  } finally {
    scalar.fill(0);
  }
}

/** ES256, r‖s, base64url. */
export async function signBytes(key: CryptoKey, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toBase64Url(await crypto.subtle.sign(es256, key, bytes));
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}
