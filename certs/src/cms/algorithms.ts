import { createHash, type KeyObject } from 'node:crypto';
import { algorithmIds, protectingHashes, rsaHashes } from '../certificate/algorithms.ts';
import { hashOfSignatureAlgorithm, signatureFault } from '../certificate/signature.ts';
import { childrenOf, nullValue, oid, readDer, readOid, sequence, tag } from '../der/der.ts';

/** Of bytes, or of parts of which one at a time is held; `undefined` for a digest that is not accepted. */
export function digestOf(algorithm: string, data: Uint8Array | Iterable<Uint8Array>): Buffer | undefined {
  const known = protectingHashes[algorithm];
  if (!known) return undefined;
  const hash = createHash(known.name, algorithm === algorithmIds.shake256 ? { outputLength: known.bytes } : {});
  for (const part of data instanceof Uint8Array ? [data] : data) hash.update(part);
  return hash.digest();
}

const strongest = [algorithmIds.sha512, algorithmIds.sha3With512, algorithmIds.shake256];
const strong = [algorithmIds.sha384, algorithmIds.sha3With384];

/** Which digests of the contents go with a signature's own hash (RFC 5652 §5.4, RFC 8419 §3, RFC 9882 §3.3: as strong as the key). */
const digestsFor: Readonly<Record<string, readonly string[]>> = {
  sha256: [algorithmIds.sha256],
  sha384: [algorithmIds.sha384],
  sha512: [algorithmIds.sha512],
  'sha3-256': [algorithmIds.sha3With256],
  'sha3-384': [algorithmIds.sha3With384],
  'sha3-512': [algorithmIds.sha3With512],
  ed25519: [algorithmIds.sha512],
  ed448: [algorithmIds.shake256],
  'ml-dsa-44': [...strongest, ...strong, algorithmIds.sha256, algorithmIds.sha3With256],
  'ml-dsa-65': [...strongest, ...strong],
  'ml-dsa-87': strongest,
};

/** rsaEncryption takes its digest from the signer's digestAlgorithm (RFC 3370 §3.2). */
const rsaWith: Readonly<Record<string, string>> = {
  [algorithmIds.sha256]: algorithmIds.sha256WithRsa,
  [algorithmIds.sha384]: algorithmIds.sha384WithRsa,
  [algorithmIds.sha512]: algorithmIds.sha512WithRsa,
  [algorithmIds.sha3With256]: algorithmIds.sha3With256WithRsa,
  [algorithmIds.sha3With384]: algorithmIds.sha3With384WithRsa,
  [algorithmIds.sha3With512]: algorithmIds.sha3With512WithRsa,
};

/**
 * Whether a signature value fits: `good`, `wrong`, or `refused` for an algorithm, curve or key that is not accepted at
 * that time.
 */
export function checkSignatureValue(
  signed: {
    readonly signatureAlgorithm: Buffer;
    readonly digestAlgorithm: string;
    readonly signature: Buffer;
  },
  key: KeyObject,
  data: Uint8Array,
  at: Date,
): 'good' | 'wrong' | 'refused' {
  const algorithm = completeAlgorithm(signed.signatureAlgorithm, signed.digestAlgorithm);
  const hash = algorithm && hashOfSignatureAlgorithm(algorithm);
  if (!algorithm || !hash || !digestsFor[hash]?.includes(signed.digestAlgorithm)) return 'refused';
  const fault = signatureFault(algorithm, key, data, signed.signature, { at });
  return fault === undefined ? 'good' : fault.kind;
}

function completeAlgorithm(algorithm: Buffer, digestAlgorithm: string): Buffer | undefined {
  const [type, parameters, ...rest] = childrenOf(readDer(algorithm), tag.sequence);
  const hasNull = parameters?.bytes.equals(nullValue) === true;
  if (readOid(type) !== algorithmIds.rsaEncryption) {
    // ECDSA and EdDSA have no parameters (RFC 5754 §3.3, RFC 8419 §2.1); a NULL that several programs write says nothing.
    const isBare = hasNull && !(readOid(type) in rsaHashes) && rest.length === 0;
    return isBare && type ? sequence(type.bytes) : algorithm;
  }
  const complete = rsaWith[digestAlgorithm];
  if (!complete || rest.length > 0 || (parameters && !hasNull)) return undefined;
  return sequence(oid(complete), nullValue);
}
