import { createHash, type KeyObject } from 'node:crypto';
import { hashOfSignatureAlgorithm, signatureFault } from '../certificate/signature.ts';
import { childrenOf, nullValue, oid, readDer, readOid, sequence, tag } from '../der/der.ts';
import { cmsOids } from './oid.ts';

/** Digests of contents that are accepted (EN 319 312, ISO/TS 32001). SHA-1 and MD5 never are, whatever the date. */
const digests: Readonly<Record<string, readonly [name: string, bytes: number]>> = {
  [cmsOids.sha256]: ['sha256', 32],
  [cmsOids.sha384]: ['sha384', 48],
  [cmsOids.sha512]: ['sha512', 64],
  [cmsOids.shake256]: ['shake256', 64],
};

/** `undefined` for a digest that is not accepted. */
export function digestOf(algorithm: string, ...parts: readonly Uint8Array[]): Buffer | undefined {
  const [name, outputLength] = digests[algorithm] ?? [];
  if (!name) return undefined;
  const hash = createHash(name, name === 'shake256' ? { outputLength } : {});
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Which digest of the contents goes with a signature's own hash (RFC 5652 §5.4, RFC 8419 §3). */
const digestFor: Readonly<Record<string, string>> = {
  sha256: cmsOids.sha256,
  sha384: cmsOids.sha384,
  sha512: cmsOids.sha512,
  ed25519: cmsOids.sha512,
  ed448: cmsOids.shake256,
};

/** rsaEncryption takes its digest from the signer's digestAlgorithm (RFC 3370 §3.2). */
const rsaWith: Readonly<Record<string, string>> = {
  [cmsOids.sha256]: cmsOids.sha256WithRsa,
  [cmsOids.sha384]: cmsOids.sha384WithRsa,
  [cmsOids.sha512]: cmsOids.sha512WithRsa,
};

const rsaAlgorithms = new Set(Object.values(rsaWith));

/**
 * Until when what is weaker than 128 bits counts (EN 319 312, NIST SP 800-57 part 1): signatures that were made later
 * with RSA below 3072 bits are refused. The time is the proven one; without proof it is now.
 */
const shortRsaUntil = new Date('2031-01-01T00:00:00Z');
const shortRsaBits = 3072;

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
  if (!algorithm || !hash || digestFor[hash] !== signed.digestAlgorithm) return 'refused';
  const { modulusLength } = key.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined && modulusLength < shortRsaBits && at >= shortRsaUntil) return 'refused';
  const fault = signatureFault(algorithm, key, data, signed.signature);
  return fault === undefined ? 'good' : fault.kind;
}

function completeAlgorithm(algorithm: Buffer, digestAlgorithm: string): Buffer | undefined {
  const [type, parameters, ...rest] = childrenOf(readDer(algorithm), tag.sequence);
  const hasNull = parameters?.bytes.equals(nullValue) === true;
  if (readOid(type) !== cmsOids.rsaEncryption) {
    // ECDSA and EdDSA have no parameters (RFC 5754 §3.3, RFC 8419 §2.1); a NULL that several programs write says nothing.
    const isBare = hasNull && !rsaAlgorithms.has(readOid(type)) && rest.length === 0;
    return isBare && type ? sequence(type.bytes) : algorithm;
  }
  const complete = rsaWith[digestAlgorithm];
  if (!complete || rest.length > 0 || (parameters && !hasNull)) return undefined;
  return sequence(oid(complete), nullValue);
}
