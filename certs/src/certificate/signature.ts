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
import {
  algorithmIds,
  ecdsaHashes,
  ecKeyProblem,
  type Hash,
  protectingHashes,
  rsaHashes,
  rsaKeyProblem,
  wholeAlgorithms,
} from './algorithms.ts';

/** The signature algorithms that we make. */
export const signatureAlgorithms = {
  /** RFC 5758 §3.2: no parameters. */
  'ecdsa-sha256': sequence(oid(algorithmIds.ecdsaWithSha256)),
  'ecdsa-sha384': sequence(oid(algorithmIds.ecdsaWithSha384)),
  /** RFC 4055 §5: parameters NULL. */
  'rsa-sha256': sequence(oid(algorithmIds.sha256WithRsa), nullValue),
  /** RFC 9881 §2: no parameters. No authority of ours signs with it. */
  'ml-dsa-65': sequence(oid(algorithmIds.mlDsa65)),
} as const;
export type SignatureAlgorithmName = keyof typeof signatureAlgorithms;

/** What a key of ours signs with: the hash of its size (RFC 5758); RSA with SHA-256. */
export function algorithmOfKey(key: KeyObject): SignatureAlgorithmName {
  if (key.asymmetricKeyType === 'rsa') return 'rsa-sha256';
  if (key.asymmetricKeyType === 'ml-dsa-65') return 'ml-dsa-65';
  return key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'ecdsa-sha384' : 'ecdsa-sha256';
}

/** Whether signatures of this AlgorithmIdentifier can be accepted at all; SHA-1, MD5 and DSA cannot (EN 319 312). */
export function isAcceptedAlgorithm(algorithm: Buffer): boolean {
  const type = readOid(childrenOf(readDer(algorithm), tag.sequence)[0]);
  return type === algorithmIds.rsassaPss || [ecdsaHashes, rsaHashes, wholeAlgorithms].some((known) => type in known);
}

/**
 * Why the key of a certificate is not accepted, whatever it is for; undefined when it is good. Only a named curve says
 * which curve it is (RFC 5480 §2.1.1).
 */
export function subjectKeyProblem(certificate: {
  readonly subjectPublicKeyInfo: Buffer;
  publicKey(): KeyObject;
}): string | undefined {
  try {
    const [algorithm, bits, ...rest] = childrenOf(readDer(certificate.subjectPublicKeyInfo), tag.sequence);
    const [type, parameters, ...surplus] = childrenOf(algorithm, tag.sequence);
    const { bytes } = readBitString(bits);
    if (rest.length + surplus.length > 0) return 'malformed key';
    const name = readOid(type);
    if (name === algorithmIds.ecPublicKey) {
      readOid(parameters);
      // RFC 5480 §2.2: compressed or not; the point at infinity and the hybrid form are no keys
      if (![2, 3, 4].includes(bytes[0] ?? 0)) return 'malformed key';
      return ecKeyProblem(certificate.publicKey());
    }
    if (name === algorithmIds.rsaEncryption) {
      const numbers = childrenOf(readDer(bytes), tag.sequence).map(readInteger);
      const arePositive = numbers.every((number) => (number[0] ?? 0x80) < 0x80);
      if (!parameters?.bytes.equals(nullValue) || numbers.length !== 2 || !arePositive) return 'malformed key';
      return rsaKeyProblem(certificate.publicKey(), undefined);
    }
    if (!wholeAlgorithms[name] || parameters) return `a key of the kind ${name}`;
    return certificate.publicKey().asymmetricKeyType === wholeAlgorithms[name] ? undefined : 'malformed key';
  } catch {
    return 'malformed key'; // node:crypto refuses a point that is not on the curve
  }
}

/** Why a signature is not accepted; undefined when it is good. SHA-1, MD5 and small keys are never good (V3). */
export function signatureProblem(
  algorithm: Buffer,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): string | undefined {
  return signatureFault(algorithm, key, data, signature)?.text;
}

/** Why a signature is not good: it does not fit (`wrong`), or its algorithm or key is not accepted (`refused`). */
export interface SignatureFault {
  readonly kind: 'wrong' | 'refused';
  readonly text: string;
}

const refused = (text: string): SignatureFault => ({ kind: 'refused', text });
const wrong = (text = 'the signature does not fit'): SignatureFault => ({ kind: 'wrong', text });

/** {@link signatureProblem}, told apart by kind. `at`: when it was made, for what counts until a date only. */
export function signatureFault(
  algorithm: Buffer,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
  { at }: { readonly at?: Date } = {},
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
    const problem = rsaKeyProblem(key, at);
    if (problem) return refused(problem);
    if (signature.length !== octetsOf(key)) return wrong();
    const options = { key, padding: constants.RSA_PKCS1_PADDING };
    return verify(rsaHashes[type], data, options, signature) ? undefined : wrong();
  }
  if (type === algorithmIds.rsassaPss) return rsaPssFault(parameters, key, data, signature, at);
  if (wholeAlgorithms[type]) {
    if (parameters || key.asymmetricKeyType !== wholeAlgorithms[type]) return refused('the key is of another kind');
    return verify(null, data, key, signature) ? undefined : wrong();
  }
  return refused(`the algorithm ${type} is not allowed`);
}

/** The length of an RSA signature (RFC 8017 §8.1.2, §8.2.2): OpenSSL takes one without its leading zeros too. */
const octetsOf = ({ asymmetricKeyDetails }: KeyObject) => (asymmetricKeyDetails?.modulusLength ?? 0) / 8;

/** The hash inside an AlgorithmIdentifier; of an algorithm that hashes by itself its own name. `undefined` when it is not accepted. */
export function hashOfSignatureAlgorithm(algorithm: Buffer): string | undefined {
  try {
    const [type, parameters] = childrenOf(readDer(algorithm), tag.sequence);
    const name = readOid(type);
    if (name === algorithmIds.rsassaPss) return pssParameters(parameters)?.hash;
    return ecdsaHashes[name] ?? rsaHashes[name] ?? wholeAlgorithms[name];
  } catch {
    return undefined;
  }
}

function rsaPssFault(
  parameters: DerNode | undefined,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
  at: Date | undefined,
): SignatureFault | undefined {
  const problem = rsaKeyProblem(key, at, ['rsa', 'rsa-pss']);
  if (problem) return refused(problem);
  try {
    const read = pssParameters(parameters);
    if (!read) return refused('PSS parameters that are not allowed');
    if (signature.length !== octetsOf(key)) return wrong();
    const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: read.saltLength };
    return verify(read.hash, data, options, signature) ? undefined : wrong();
  } catch {
    return refused('malformed PSS parameters');
  }
}

/** RSASSA-PSS-params (RFC 4055 §3.1): one hash for both, salt as long as it. @throws DerError */
function pssParameters(parameters: DerNode | undefined): { hash: string; saltLength: number } | undefined {
  const list = childrenOf(parameters, tag.sequence);
  // hash, mask and salt are never the defaults (SHA-1, 20), the trailer always is (1): DER writes just these three
  if (list.map((field) => field.tag).join() !== '160,161,162') return undefined;
  const fields = new Map(list.map((field) => [field.tag, field.children()[0]]));
  const hash = pssHash(fields.get(0xa0));
  const mask = childrenOf(fields.get(0xa1), tag.sequence);
  const saltLength = readSmallInteger(fields.get(0xa2));
  if (!hash || hash !== pssHash(mask[1]) || readOid(mask[0]) !== algorithmIds.mgf1 || saltLength !== hash.bytes)
    return undefined;
  return { hash: hash.name, saltLength };
}

/** SHA-2 and SHA-3: SHAKE has identifiers of its own here (RFC 8702 §3.1). */
function pssHash(algorithm: DerNode | undefined): Hash | undefined {
  const type = readOid(childrenOf(algorithm, tag.sequence)[0]);
  return type === algorithmIds.shake256 ? undefined : protectingHashes[type];
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
