import type { sha1 } from '@noble/hashes/legacy.js';
import type { sha256 } from '@noble/hashes/sha2.js';
import type { sha3_256 } from '@noble/hashes/sha3.js';
import { Buffer } from './buffer.ts';
import type { RsaKey } from './keys.ts';

export type RsaPadding = { readonly padding: 'pkcs1' } | { readonly padding: 'pss'; readonly saltLength: number };

/** A hash by its name in node:crypto. */
interface NamedHash {
  readonly name: string;
  readonly hash: typeof sha256 | typeof sha1 | typeof sha3_256;
}

/** Verifies an RSA signature (RFC 8017 §8.1.2, §8.2.2). @throws Error when the key is for other parameters */
export function verifyRsa(key: RsaKey, how: NamedHash & RsaPadding, data: Uint8Array, signature: Uint8Array): boolean {
  const { permits } = key;
  if (permits && (how.padding !== 'pss' || permits.hash !== how.name || how.saltLength < permits.leastSalt))
    throw new Error('the key permits other parameters only');
  const { modulusLength, publicExponent } = key.asymmetricKeyDetails;
  const length = Math.ceil(modulusLength / 8);
  if (signature.length !== length) return false;
  const value = numberOf(signature);
  if (value >= key.modulus) return false;
  const message = bytesOf(power(value, publicExponent, key.modulus), length);
  const digest = how.hash(data);
  return how.padding === 'pkcs1'
    ? message.equals(pkcs1(how.name, digest, length))
    : isPss(message, modulusLength - 1, { ...how, digest });
}

const numberOf = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const bytesOf = (number: bigint, length: number) => Buffer.from(number.toString(16).padStart(2 * length, '0'), 'hex');

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** DigestInfo without its digest (RFC 8017 §9.2, note 1). */
const digestInfos: Readonly<Record<string, string>> = {
  sha1: '3021300906052b0e03021a05000414',
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
  'sha3-256': '3031300d060960864801650304020805000420',
  'sha3-384': '3041300d060960864801650304020905000430',
  'sha3-512': '3051300d060960864801650304020a05000440',
};

/** EMSA-PKCS1-v1_5: the one message that a good signature has (§9.2). */
function pkcs1(hashName: string, digest: Uint8Array, length: number) {
  const info = Buffer.concat([Buffer.from(digestInfos[hashName] ?? '', 'hex'), digest]);
  const padding = new Uint8Array(length - info.length - 3).fill(0xff);
  return Buffer.concat([Buffer.of(0, 1), padding, Buffer.of(0), info]);
}

interface PssQuestion extends NamedHash {
  readonly saltLength: number;
  readonly digest: Uint8Array;
}

/** EMSA-PSS-VERIFY with MGF1 of the same hash and a salt of exactly that length (§9.1.2). */
function isPss(message: Uint8Array, bits: number, { hash, saltLength, digest }: PssQuestion): boolean {
  const length = Math.ceil(bits / 8);
  const encoded = message.subarray(message.length - length);
  if (message.length > length && message[0] !== 0) return false;
  const maskedLength = length - digest.length - 1;
  const paddingLength = maskedLength - saltLength - 1;
  if (paddingLength < 0 || encoded.at(-1) !== 0xbc) return false;
  const seed = encoded.subarray(maskedLength, maskedLength + digest.length);
  const mask = maskOf(seed, maskedLength, hash);
  const block = encoded.subarray(0, maskedLength).map((byte, at) => byte ^ (mask[at] ?? 0));
  const unused = 8 * length - bits;
  if ((encoded[0] ?? 0) >> (8 - unused) !== 0) return false;
  block[0] = (block[0] ?? 0) & (0xff >> unused);
  if (block.subarray(0, paddingLength).some((byte) => byte !== 0) || block[paddingLength] !== 1) return false;
  const salt = block.subarray(paddingLength + 1);
  return Buffer.from(hash(Buffer.concat([new Uint8Array(8), digest, salt]))).equals(seed);
}

/** MGF1 (appendix B.2.1). */
function maskOf(seed: Uint8Array, length: number, hash: NamedHash['hash']): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let made = 0; made < length; ) {
    const counter = Buffer.from(parts.length.toString(16).padStart(8, '0'), 'hex');
    const part = hash(Buffer.concat([seed, counter]));
    parts.push(part);
    made += part.length;
  }
  return Buffer.concat(parts).subarray(0, length);
}
