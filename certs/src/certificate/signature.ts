import { constants, type KeyObject, verify } from 'node:crypto';
import {
  childrenOf,
  type DerNode,
  nullValue,
  oid,
  readBitString,
  readDer,
  readInteger,
  readOid,
  readSmallInteger,
  sequence,
  tag,
} from '../der/der.ts';

/** The signature algorithms that we make. */
export const signatureAlgorithms = {
  /** RFC 5758 §3.2: no parameters. */
  'ecdsa-sha256': sequence(oid('1.2.840.10045.4.3.2')),
  'ecdsa-sha384': sequence(oid('1.2.840.10045.4.3.3')),
  /** RFC 4055 §5: parameters NULL. */
  'rsa-sha256': sequence(oid('1.2.840.113549.1.1.11'), nullValue),
  /** RFC 9881 §2: no parameters. On trial: no authority of ours signs with it. */
  'ml-dsa-65': sequence(oid('2.16.840.1.101.3.4.3.18')),
} as const;
export type SignatureAlgorithmName = keyof typeof signatureAlgorithms;

/** What a key of ours signs with: the hash of its size (RFC 5758); RSA with SHA-256. */
export function algorithmOfKey(key: KeyObject): SignatureAlgorithmName {
  if (key.asymmetricKeyType === 'rsa') return 'rsa-sha256';
  if (key.asymmetricKeyType === 'ml-dsa-65') return 'ml-dsa-65';
  return key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'ecdsa-sha384' : 'ecdsa-sha256';
}

/** Which algorithms count: those of EN 319 312 alone, or also ML-DSA-65 (FIPS 204, RFC 9881), which is on trial. */
export type Acceptance = 'established' | 'experimental';

const mlDsa65 = '2.16.840.1.101.3.4.3.18';
const ecdsaHashes: Readonly<Record<string, string>> = {
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};
const rsaHashes: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
};
const allowedCurves = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
const pss = '1.2.840.113549.1.1.10';
const edwards: Readonly<Record<string, string>> = { '1.3.101.112': 'ed25519', '1.3.101.113': 'ed448' };

/** Whether a key is strong enough for a certificate of ours (EN 319 312): P-256, P-384, RSA from 3072 bits with 65537. */
export function isStrongKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  const { namedCurve = '', modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'ec') return ['prime256v1', 'secp384r1'].includes(namedCurve);
  return asymmetricKeyType === 'rsa' && modulusLength >= 3072 && publicExponent === 65_537n;
}

/** Whether signatures of this AlgorithmIdentifier can be accepted at all; SHA-1, MD5 and DSA cannot (EN 319 312). */
export function isAcceptedAlgorithm(algorithm: Buffer, acceptance: Acceptance = 'established'): boolean {
  const type = readOid(childrenOf(readDer(algorithm), tag.sequence)[0]);
  if (type === mlDsa65) return acceptance === 'experimental';
  return type === pss || [ecdsaHashes, rsaHashes, edwards].some((known) => type in known);
}

/**
 * Why the key of a certificate is not accepted, whatever it is for; undefined when it is good. Only a named curve says
 * which curve it is (RFC 5480 §2.1.1).
 */
export function subjectKeyProblem(
  certificate: { readonly subjectPublicKeyInfo: Buffer; publicKey(): KeyObject },
  acceptance: Acceptance = 'established',
): string | undefined {
  try {
    const [algorithm, bits, ...rest] = childrenOf(readDer(certificate.subjectPublicKeyInfo), tag.sequence);
    const [type, parameters, ...surplus] = childrenOf(algorithm, tag.sequence);
    const { bytes } = readBitString(bits);
    if (rest.length + surplus.length > 0) return 'malformed key';
    const name = readOid(type);
    if (name === '1.2.840.10045.2.1') {
      readOid(parameters);
      // RFC 5480 §2.2: compressed or not; the point at infinity and the hybrid form are no keys
      if (![2, 3, 4].includes(bytes[0] ?? 0)) return 'malformed key';
      return ecKeyProblem(certificate.publicKey());
    }
    if (name === '1.2.840.113549.1.1.1') {
      const numbers = childrenOf(readDer(bytes), tag.sequence).map(readInteger);
      const arePositive = numbers.every((number) => (number[0] ?? 0x80) < 0x80);
      if (!parameters?.bytes.equals(nullValue) || numbers.length !== 2 || !arePositive) return 'malformed key';
      return rsaKeyProblem(certificate.publicKey());
    }
    if (name === mlDsa65 && acceptance === 'experimental' && !parameters)
      return certificate.publicKey().asymmetricKeyType === 'ml-dsa-65' ? undefined : 'malformed key';
    if (!edwards[name] || parameters) return `a key of the kind ${name}`;
    return certificate.publicKey().asymmetricKeyType === edwards[name] ? undefined : 'malformed key';
  } catch {
    return 'malformed key'; // node:crypto refuses a point that is not on the curve
  }
}

function ecKeyProblem(key: KeyObject): string | undefined {
  if (key.asymmetricKeyType !== 'ec') return 'the key is not an elliptic-curve key';
  return allowedCurves.has(key.asymmetricKeyDetails?.namedCurve ?? '') ? undefined : 'a curve that is not allowed';
}

/** Why a signature is not accepted; undefined when it is good. SHA-1, MD5 and small keys are never good (V3). */
export function signatureProblem(
  algorithm: Buffer,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
  acceptance: Acceptance = 'established',
): string | undefined {
  return signatureFault(algorithm, key, data, signature, acceptance)?.text;
}

/** Why a signature is not good: it does not fit (`wrong`), or its algorithm or key is not accepted (`refused`). */
export interface SignatureFault {
  readonly kind: 'wrong' | 'refused';
  readonly text: string;
}

const refused = (text: string): SignatureFault => ({ kind: 'refused', text });
const wrong = (text = 'the signature does not fit'): SignatureFault => ({ kind: 'wrong', text });

/** {@link signatureProblem}, told apart by kind. */
export function signatureFault(
  algorithm: Buffer,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
  acceptance: Acceptance = 'established',
): SignatureFault | undefined {
  let parts: DerNode[];
  let type: string;
  try {
    parts = childrenOf(readDer(algorithm), tag.sequence);
    type = readOid(parts[0]);
  } catch {
    return refused('malformed algorithm');
  }
  const parameters = parts[1];
  if (parts.length > 2) return refused('malformed algorithm');
  if (ecdsaHashes[type]) {
    if (parameters) return refused('ECDSA takes no parameters');
    const problem = ecKeyProblem(key);
    if (problem) return refused(problem);
    if (!isStrictEcdsaSignature(signature)) return wrong('a malformed ECDSA signature');
    return verify(ecdsaHashes[type], data, key, signature) ? undefined : wrong();
  }
  if (rsaHashes[type]) {
    if (parameters && !parameters.bytes.equals(nullValue)) return refused('unexpected parameters');
    const problem = rsaKeyProblem(key);
    if (problem) return refused(problem);
    const options = { key, padding: constants.RSA_PKCS1_PADDING };
    return verify(rsaHashes[type], data, options, signature) ? undefined : wrong();
  }
  if (type === pss) return rsaPssFault(parameters, key, data, signature);
  if (edwards[type]) {
    if (parameters || key.asymmetricKeyType !== edwards[type]) return refused('the key is of another kind');
    return verify(null, data, key, signature) ? undefined : wrong();
  }
  if (type === mlDsa65 && acceptance === 'experimental') {
    if (parameters || key.asymmetricKeyType !== 'ml-dsa-65') return refused('the key is of another kind');
    return verify(null, data, key, signature) ? undefined : wrong();
  }
  return refused(`the algorithm ${type} is not allowed`);
}

/** The hash inside an AlgorithmIdentifier; of the Edwards curves their own name. `undefined` when it is not accepted. */
export function hashOfSignatureAlgorithm(algorithm: Buffer): string | undefined {
  try {
    const [type, parameters] = childrenOf(readDer(algorithm), tag.sequence);
    const name = readOid(type);
    if (name === pss) return pssParameters(parameters)?.hash;
    return ecdsaHashes[name] ?? rsaHashes[name] ?? edwards[name];
  } catch {
    return undefined;
  }
}

function rsaKeyProblem(key: KeyObject, kinds: readonly string[] = ['rsa']): string | undefined {
  if (!kinds.includes(key.asymmetricKeyType ?? '')) return 'the key is not an RSA key';
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < 2048) return 'an RSA key below 2048 bits';
  if (modulusLength > 8192) return 'an RSA key above 8192 bits';
  if (modulusLength % 8 !== 0) return 'an RSA key that is no whole number of octets';
  return publicExponent < 65_537n || publicExponent % 2n === 0n || publicExponent > 2n ** 32n
    ? 'an RSA exponent that is not allowed'
    : undefined;
}

function rsaPssFault(
  parameters: DerNode | undefined,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): SignatureFault | undefined {
  const problem = rsaKeyProblem(key, ['rsa', 'rsa-pss']);
  if (problem) return refused(problem);
  try {
    const read = pssParameters(parameters);
    if (!read) return refused('PSS parameters that are not allowed');
    const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: read.saltLength };
    return verify(read.hash, data, options, signature) ? undefined : wrong();
  } catch {
    return refused('malformed PSS parameters');
  }
}

const pssHashes: Readonly<Record<string, readonly [hash: string, bytes: number]>> = {
  '2.16.840.1.101.3.4.2.1': ['sha256', 32],
  '2.16.840.1.101.3.4.2.2': ['sha384', 48],
  '2.16.840.1.101.3.4.2.3': ['sha512', 64],
};

/** RSASSA-PSS-params (RFC 4055 §3.1): one hash for both, salt as long as it. @throws DerError */
function pssParameters(parameters: DerNode | undefined): { hash: string; saltLength: number } | undefined {
  const list = childrenOf(parameters, tag.sequence);
  // hash, mask and salt are never the defaults (SHA-1, 20), the trailer always is (1): DER writes just these three
  if (list.map((field) => field.tag).join() !== '160,161,162') return undefined;
  const fields = new Map(list.map((field) => [field.tag, field.children()[0]]));
  const [hash, bytes] = pssHashes[readOid(childrenOf(fields.get(0xa0), tag.sequence)[0])] ?? [];
  const mask = childrenOf(fields.get(0xa1), tag.sequence);
  const [maskHash] = pssHashes[readOid(childrenOf(mask[1], tag.sequence)[0])] ?? [];
  const saltLength = readSmallInteger(fields.get(0xa2));
  if (!hash || hash !== maskHash || readOid(mask[0]) !== '1.2.840.113549.1.1.8' || saltLength !== bytes)
    return undefined;
  return { hash, saltLength };
}

/** ECDSA-Sig-Value (RFC 3279 §2.2.3) in DER with two positive integers. */
function isStrictEcdsaSignature(signature: Uint8Array): boolean {
  try {
    const parts = childrenOf(readDer(signature), tag.sequence);
    return (
      parts.length === 2 &&
      parts.every((part) => {
        const value = readInteger(part);
        return (value[0] ?? 0x80) < 0x80 && !value.every((byte) => byte === 0);
      })
    );
  } catch {
    return false;
  }
}
