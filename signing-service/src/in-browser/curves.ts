import { childrenOf, readDer, readInteger, tag } from '@edutrust/certs/der';
import { ed448 } from '@noble/curves/ed448.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { Buffer } from './buffer.ts';
import type { EcKey, EdwardsKey } from './keys.ts';

/** ECDSA (FIPS 186-5 §6.4.2) over a digest; the signature is a DER ECDSA-Sig-Value. */
export function verifyEcdsa({ curve, point }: EcKey, digest: Uint8Array, signature: Uint8Array): boolean {
  if (!curve) throw new Error('a curve that nothing is verified on');
  const bytes = curve.lengths.signature ?? 0;
  try {
    const [r, s, ...rest] = childrenOf(readDer(signature), tag.sequence).map(readInteger);
    if (!r || !s || rest.length > 0) return false;
    const raw = Buffer.concat([padded(r, bytes / 2), padded(s, bytes / 2)]);
    return curve.verify(raw, digest, point, { prehash: false, lowS: false, format: 'compact' });
  } catch {
    return false; // a number that is too large, or zero
  }
}

/** @throws RangeError for a number that is longer */
function padded(number: Uint8Array, length: number): Uint8Array {
  const magnitude = number[0] === 0 ? number.subarray(1) : number;
  const out = new Uint8Array(length);
  out.set(magnitude, length - magnitude.length);
  return out;
}

export function verifyEdwards(
  { asymmetricKeyType, bytes }: EdwardsKey,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    return asymmetricKeyType === 'ed448'
      ? ed448.verify(signature, data, bytes, { zip215: false })
      : verifyEd25519(bytes, data, signature);
  } catch {
    return false; // a signature of another length, or a key that is no point
  }
}

/**
 * RFC 8032 §5.1.7 as OpenSSL does it: R is computed, and compared with the signature's own bytes; a key or an R of small order
 * is refused. noble multiplies by the cofactor, and would find signatures good that the server does not.
 */
function verifyEd25519(key: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  const { Point } = ed25519;
  if (signature.length !== 64) return false;
  const [first, second] = [signature.subarray(0, 32), signature.subarray(32)];
  const s = littleEndian(second);
  if (s >= Point.Fn.ORDER) return false;
  const challenge = littleEndian(sha512(Buffer.concat([first, key, data]))) % Point.Fn.ORDER;
  const publicPoint = Point.fromBytes(key, true);
  const found = Point.BASE.multiplyUnsafe(s).subtract(publicPoint.multiplyUnsafe(challenge));
  if (publicPoint.isSmallOrder() || found.isSmallOrder()) return false;
  return Buffer.from(found.toBytes()).equals(first);
}

const littleEndian = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes.toReversed()).toString('hex')}`);
