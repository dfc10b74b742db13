import type { KeyObject } from 'node:crypto';
import { algorithmIds } from '@edutrust/certs/algorithms';
import { signatureFault } from '@edutrust/certs/cms';
import { explicit, integer, nullValue, oid, readDer, readInteger, sequence } from '@edutrust/certs/der';

/** A signature algorithm that has a name outside of ASN.1. */
export interface NamedAlgorithm {
  /** DER AlgorithmIdentifier. */
  readonly identifier: Buffer;
  /** The name says only the family (RFC 8037 §3.1): of which curve is what the key is. */
  readonly isOfKey?: true;
  /** Of ECDSA: the value is r‖s (IEEE P1363), as XML and JOSE write it. */
  readonly isRaw?: true;
  /** JOSE ties the hash to the curve (RFC 7518 §3.4), XML does not. */
  readonly curve?: string;
}

const ecdsa = (id: string, curve?: string): NamedAlgorithm => ({
  identifier: sequence(oid(id)),
  isRaw: true,
  ...(curve ? { curve } : {}),
});
const rsa = (id: string): NamedAlgorithm => ({ identifier: sequence(oid(id), nullValue) });
const edwards = (id: string): NamedAlgorithm => ({ identifier: sequence(oid(id)) });

/** RSASSA-PSS with one hash for both and a salt as long as it (RFC 4055 §3.1). */
function pss(hashId: string, saltLength: number): NamedAlgorithm {
  const hash = sequence(oid(hashId), nullValue);
  return {
    identifier: sequence(
      oid(algorithmIds.rsassaPss),
      sequence(
        explicit(0, hash),
        explicit(1, sequence(oid(algorithmIds.mgf1), hash)),
        explicit(2, integer(saltLength)),
      ),
    ),
  };
}

const more = 'http://www.w3.org/2001/04/xmldsig-more#';
const more2007 = 'http://www.w3.org/2007/05/xmldsig-more#';
const more2021 = 'http://www.w3.org/2021/04/xmldsig-more#';

/** By their names in XML (RFC 9231 §2.3); none with SHA-1. */
export const xmlAlgorithms: Readonly<Record<string, NamedAlgorithm>> = {
  [`${more}ecdsa-sha256`]: ecdsa(algorithmIds.ecdsaWithSha256),
  [`${more}ecdsa-sha384`]: ecdsa(algorithmIds.ecdsaWithSha384),
  [`${more}ecdsa-sha512`]: ecdsa(algorithmIds.ecdsaWithSha512),
  [`${more}rsa-sha256`]: rsa(algorithmIds.sha256WithRsa),
  [`${more}rsa-sha384`]: rsa(algorithmIds.sha384WithRsa),
  [`${more}rsa-sha512`]: rsa(algorithmIds.sha512WithRsa),
  [`${more2007}sha256-rsa-MGF1`]: pss(algorithmIds.sha256, 32),
  [`${more2007}sha384-rsa-MGF1`]: pss(algorithmIds.sha384, 48),
  [`${more2007}sha512-rsa-MGF1`]: pss(algorithmIds.sha512, 64),
  [`${more2021}eddsa-ed25519`]: edwards(algorithmIds.ed25519),
  [`${more2021}eddsa-ed448`]: edwards(algorithmIds.ed448),
};

/** What we sign with, by its name in XML. */
export const xmlNames = { ES256: `${more}ecdsa-sha256`, RS256: `${more}rsa-sha256` } as const;

/** By their names in JOSE (RFC 7518 §3.1, RFC 8037, RFC 9864); none with a shared key, and not `none`. */
export const joseAlgorithms: ReadonlyMap<string, NamedAlgorithm> = new Map([
  ['ES256', ecdsa(algorithmIds.ecdsaWithSha256, 'prime256v1')],
  ['ES384', ecdsa(algorithmIds.ecdsaWithSha384, 'secp384r1')],
  ['ES512', ecdsa(algorithmIds.ecdsaWithSha512, 'secp521r1')],
  ['RS256', rsa(algorithmIds.sha256WithRsa)],
  ['RS384', rsa(algorithmIds.sha384WithRsa)],
  ['RS512', rsa(algorithmIds.sha512WithRsa)],
  ['PS256', pss(algorithmIds.sha256, 32)],
  ['PS384', pss(algorithmIds.sha384, 48)],
  ['PS512', pss(algorithmIds.sha512, 64)],
  ['EdDSA', { ...edwards(algorithmIds.ed25519), isOfKey: true }],
  ['Ed25519', edwards(algorithmIds.ed25519)],
  ['Ed448', edwards(algorithmIds.ed448)],
]);

/** Whether a value is this key's over the data; `refused` for an algorithm, curve or key that is not accepted at that time. */
export function checkNamedValue(
  algorithm: NamedAlgorithm | undefined,
  key: () => KeyObject,
  data: Uint8Array,
  value: Uint8Array,
  at: Date,
): 'good' | 'wrong' | 'refused' {
  if (!algorithm) return 'refused';
  try {
    const found = key();
    const { curve, isRaw, isOfKey } = algorithm;
    const identifier =
      isOfKey && found.asymmetricKeyType === 'ed448' ? edwards(algorithmIds.ed448).identifier : algorithm.identifier;
    if (curve && found.asymmetricKeyDetails?.namedCurve !== curve) return 'refused';
    if (isRaw && coordinateBytes(found) === 0) return 'refused'; // a curve that is not accepted
    const signature = isRaw ? derOfRaw(value, coordinateBytes(found)) : value;
    if (!signature) return 'wrong';
    const verdict = signatureFault(identifier, found, data, signature, { at })?.kind ?? 'good';
    return isRaw && verdict === 'good' && value.length !== 2 * coordinateBytes(found) ? 'refused' : verdict;
  } catch {
    return 'refused'; // a key that node:crypto cannot read
  }
}

const curveBytes: Readonly<Record<string, number>> = { prime256v1: 32, secp384r1: 48, secp521r1: 66 };
const coordinateBytes = (key: KeyObject) => curveBytes[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 0;

/**
 * DER ECDSA-Sig-Value of r‖s; `undefined` for halves that cannot be. Both must have the length of the curve (RFC 7518 §3.4): one of EU DSS's in 65,536
 * lacks a byte of each, which is no change of anything, and nothing to accept.
 */
function derOfRaw(value: Uint8Array, bytes: number): Buffer | undefined {
  const half = value.length / 2;
  if (!Number.isInteger(half) || half > bytes || half === 0) return undefined;
  return sequence(integer(value.subarray(0, half)), integer(value.subarray(half)));
}

/** r‖s of a DER ECDSA-Sig-Value on P-256, as XML and JOSE write it; every other signature is as it is. */
export function namedValue(algorithm: 'ES256' | 'RS256', signature: Uint8Array): Buffer {
  if (algorithm === 'RS256') return Buffer.from(signature);
  const numbers = readDer(signature).children().map(readInteger);
  return Buffer.concat(numbers.map((number) => leftPadded(number, 32)));
}

function leftPadded(number: Buffer, bytes: number): Buffer {
  const magnitude = number[0] === 0 ? number.subarray(1) : number;
  return Buffer.concat([Buffer.alloc(bytes - magnitude.length), magnitude]);
}
