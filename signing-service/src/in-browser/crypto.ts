import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { sha3_256, sha3_384, sha3_512, shake256 } from '@noble/hashes/sha3.js';
import { type BrowserBuffer, Buffer } from './buffer.ts';
import { verifyEcdsa, verifyEdwards } from './curves.ts';
import { type PublicKey, readPublicKey } from './keys.ts';
import { verifyMlDsa } from './ml-dsa.ts';
import { type RsaPadding, verifyRsa } from './rsa.ts';

/**
 * What the judge uses of node:crypto, for a browser: the build puts it in its place (ADR 0198). Hashes and curves are those of
 * @noble; a browser's own WebCrypto answers later only, and the judge is synchronous.
 */

const hashes: Readonly<Record<string, typeof sha256 | typeof sha1 | typeof sha3_256>> = {
  sha1,
  sha256,
  sha384,
  sha512,
  'sha3-256': sha3_256,
  'sha3-384': sha3_384,
  'sha3-512': sha3_512,
};

interface RunningHash {
  update(data: string | Uint8Array): RunningHash;
  digest(): BrowserBuffer;
  digest(encoding: 'hex'): string;
}

/** @throws Error for a hash that the judge knows no use of */
export function createHash(name: string, { outputLength }: { readonly outputLength?: number } = {}): RunningHash {
  const running = name === 'shake256' ? shake256.create({ dkLen: outputLength ?? 32 }) : hashNamed(name).create();
  const hash = {
    update: (data: string | Uint8Array) => {
      running.update(typeof data === 'string' ? Buffer.from(data) : data);
      return hash;
    },
    digest: (encoding?: 'hex') => {
      const digest = Buffer.from(running.digest());
      return encoding ? digest.toString(encoding) : digest;
    },
  } as RunningHash; // one function for both forms of `digest`
  return hash;
}

function hashNamed(name: string) {
  const hash = hashes[name];
  if (!hash) throw new Error(`no hash ${name}`);
  return hash;
}

/** A key of a DER SubjectPublicKeyInfo. @throws Error for one that is malformed or of a kind that is not known */
export function createPublicKey({ key }: { readonly key: Uint8Array; readonly format: 'der'; readonly type: 'spki' }) {
  return readPublicKey(key);
}

export const constants = { RSA_PKCS1_PADDING: 1, RSA_PKCS1_PSS_PADDING: 6 } as const;

interface RsaOptions {
  readonly key: PublicKey;
  readonly padding: number;
  readonly saltLength?: number;
}

/** `algorithm` is a hash, or null for the Edwards curves and ML-DSA, which have their own. */
export function verify(
  algorithm: string | null,
  data: Uint8Array,
  given: PublicKey | RsaOptions,
  signature: Uint8Array,
): boolean {
  const key = 'key' in given ? given.key : given;
  if (key.kind === 'edwards') return verifyEdwards(key, data, signature);
  if (key.kind === 'ml-dsa') return verifyMlDsa(key.asymmetricKeyType, key.bytes, data, signature);
  if (algorithm === null) throw new Error('a hash is needed');
  const hash = hashNamed(algorithm);
  if (key.kind === 'ec') return verifyEcdsa(key, hash(data), signature);
  return verifyRsa(key, { name: algorithm, hash, ...paddingOf(given) }, data, signature);
}

function paddingOf(given: PublicKey | RsaOptions): RsaPadding {
  if (!('padding' in given)) throw new Error('a padding is needed');
  return given.padding === constants.RSA_PKCS1_PSS_PADDING
    ? { padding: 'pss', saltLength: given.saltLength ?? 0 }
    : { padding: 'pkcs1' };
}
