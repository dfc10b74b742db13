import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';

/** ML-DSA (FIPS 204) in its pure form with an empty context, as RFC 9881 and RFC 9882 use it. */
const sets = { 'ml-dsa-44': ml_dsa44, 'ml-dsa-65': ml_dsa65, 'ml-dsa-87': ml_dsa87 };
export type MlDsaSet = keyof typeof sets;

/** Octets of a public key. */
export const mlDsaKeyBytes = (set: MlDsaSet): number | undefined => sets[set].lengths.publicKey;

export function verifyMlDsa(set: MlDsaSet, key: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  const { lengths, verify } = sets[set];
  return signature.length === lengths.signature && verify(signature, data, key);
}
