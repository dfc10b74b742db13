import { algorithmIds } from '@edutrust/certs/algorithms';
import {
  childrenOf,
  type DerNode,
  expectTag,
  readBitString,
  readDer,
  readInteger,
  readOid,
  readSmallInteger,
  tag,
} from '@edutrust/certs/der';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { type MlDsaSet, mlDsaKeyBytes } from './ml-dsa.ts';

/** A public key with what node:crypto's `KeyObject` says of one. */
export type PublicKey = EcKey | EdwardsKey | MlDsaKey | RsaKey;

export interface EcKey {
  readonly kind: 'ec';
  readonly asymmetricKeyType: 'ec';
  readonly asymmetricKeyDetails: { readonly namedCurve: string };
  /** `undefined` for a curve that is known by name only: nothing is verified on it. */
  readonly curve: typeof p256 | undefined;
  readonly point: Uint8Array;
}

export interface EdwardsKey {
  readonly kind: 'edwards';
  readonly asymmetricKeyType: 'ed25519' | 'ed448';
  readonly asymmetricKeyDetails: Readonly<Record<string, never>>;
  readonly bytes: Uint8Array;
}

export interface MlDsaKey {
  readonly kind: 'ml-dsa';
  readonly asymmetricKeyType: MlDsaSet;
  readonly asymmetricKeyDetails: Readonly<Record<string, never>>;
  readonly bytes: Uint8Array;
}

export interface RsaKey {
  readonly kind: 'rsa';
  readonly asymmetricKeyType: 'rsa' | 'rsa-pss';
  readonly asymmetricKeyDetails: { readonly modulusLength: number; readonly publicExponent: bigint };
  readonly modulus: bigint;
  /** What a key for RSASSA-PSS alone permits (RFC 4055 §3.1); `undefined` when it permits everything. */
  readonly permits: PssLimits | undefined;
}

export interface PssLimits {
  /** As node:crypto names it. */
  readonly hash: string;
  readonly leastSalt: number;
}

const curves: Readonly<Record<string, readonly [string, typeof p256]>> = {
  [algorithmIds.p256]: ['prime256v1', p256],
  [algorithmIds.p384]: ['secp384r1', p384],
  [algorithmIds.p521]: ['secp521r1', p521],
};

/** Curves that OpenSSL knows, and nobody accepts here: secp224r1, secp256k1, P-192, Brainpool (RFC 5639). */
const strangeCurve =
  /^1\.3\.132\.0\.(?:10|33)$|^1\.2\.840\.10045\.3\.1\.1$|^1\.3\.36\.3\.3\.2\.8\.1\.1\.(?:[1-9]|1[0-4])$/;

/** Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). @throws Error when it is malformed, or its kind or curve is not known */
export function readPublicKey(der: Uint8Array): PublicKey {
  const [algorithm, bits] = childrenOf(readDer(der), tag.sequence);
  const [type, parameters] = childrenOf(algorithm, tag.sequence);
  const { bytes } = readBitString(bits);
  switch (readOid(type)) {
    case algorithmIds.ecPublicKey:
      return readEcKey(readOid(parameters), bytes);
    case algorithmIds.ed25519:
      return edwardsKey('ed25519', bytes, 32);
    case algorithmIds.ed448:
      return edwardsKey('ed448', bytes, 57);
    case algorithmIds.mlDsa44:
      return mlDsaKey('ml-dsa-44', bytes);
    case algorithmIds.mlDsa65:
      return mlDsaKey('ml-dsa-65', bytes);
    case algorithmIds.mlDsa87:
      return mlDsaKey('ml-dsa-87', bytes);
    case algorithmIds.rsaEncryption:
      return readRsaKey('rsa', bytes);
    case algorithmIds.rsassaPss:
      return { ...readRsaKey('rsa-pss', bytes), permits: parameters && readPssLimits(parameters) };
    default:
      throw new Error('a key of a kind that is not known');
  }
}

function readEcKey(curveId: string, point: Uint8Array): EcKey {
  const known = curves[curveId];
  if (!known && !strangeCurve.test(curveId)) throw new Error('a curve that is not known');
  const [namedCurve, curve] = known ?? [curveId, undefined];
  const plain = withoutHybridForm(point);
  curve?.Point.fromBytes(plain).assertValidity(); // throws unless it is on the curve
  return { kind: 'ec', asymmetricKeyType: 'ec', asymmetricKeyDetails: { namedCurve }, curve, point: plain };
}

/** X9.62 §4.3.6: 06 and 07 are 04 with the sign of y said once more, which OpenSSL reads. */
function withoutHybridForm(point: Uint8Array): Uint8Array {
  const [form = 0] = point;
  if (form !== 6 && form !== 7) return point;
  if (((point.at(-1) ?? 0) & 1) !== (form & 1)) throw new Error('a point whose sign differs');
  return Uint8Array.of(4, ...point.subarray(1));
}

function edwardsKey(name: EdwardsKey['asymmetricKeyType'], bytes: Uint8Array, length: number): EdwardsKey {
  if (bytes.length !== length) throw new Error('a key of the wrong length');
  return { kind: 'edwards', asymmetricKeyType: name, asymmetricKeyDetails: {}, bytes };
}

function mlDsaKey(name: MlDsaSet, bytes: Uint8Array): MlDsaKey {
  if (bytes.length !== mlDsaKeyBytes(name)) throw new Error('a key of the wrong length');
  return { kind: 'ml-dsa', asymmetricKeyType: name, asymmetricKeyDetails: {}, bytes };
}

function readRsaKey(asymmetricKeyType: RsaKey['asymmetricKeyType'], der: Uint8Array): RsaKey {
  const [modulus = 0n, publicExponent = 0n] = childrenOf(readDer(der), tag.sequence).map((number) =>
    positive(readInteger(number)),
  );
  return {
    kind: 'rsa',
    asymmetricKeyType,
    asymmetricKeyDetails: { modulusLength: modulus.toString(2).length, publicExponent },
    modulus,
    permits: undefined,
  };
}

function positive(contents: Buffer): bigint {
  if ((contents[0] ?? 0x80) >= 0x80) throw new Error('a number below zero');
  return BigInt(`0x${contents.toString('hex')}`);
}

const hashNames: Readonly<Record<string, string>> = {
  [algorithmIds.sha1]: 'sha1',
  [algorithmIds.sha256]: 'sha256',
  [algorithmIds.sha384]: 'sha384',
  [algorithmIds.sha512]: 'sha512',
  [algorithmIds.sha3With256]: 'sha3-256',
  [algorithmIds.sha3With384]: 'sha3-384',
  [algorithmIds.sha3With512]: 'sha3-512',
};

/** RSASSA-PSS-params of a key: its hash, its mask's, which is to be the same, and the shortest salt. */
function readPssLimits(parameters: DerNode): PssLimits {
  const fields = new Map(childrenOf(parameters, tag.sequence).map((field) => [field.tag, field.children()[0]]));
  const hashId = (node: DerNode | undefined) => (node ? readOid(childrenOf(node, tag.sequence)[0]) : algorithmIds.sha1);
  const mask = fields.get(0xa1);
  const hash = hashId(fields.get(0xa0));
  const maskHash = hashId(mask && childrenOf(expectTag(mask, tag.sequence), tag.sequence)[1]);
  const salt = fields.get(0xa2);
  const name = hashNames[hash];
  if (!name || hash !== maskHash) throw new Error('a key for PSS with parameters that are not known');
  return { hash: name, leastSalt: salt ? readSmallInteger(salt) : 20 };
}
