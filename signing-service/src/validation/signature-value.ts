import { constants, createHash, type KeyObject, verify } from 'node:crypto';
import { childrenOf, nullValue, readOid, tag } from '@edutrust/certs/der';
import { oids } from '../pades/oid.ts';
import type { CmsSignature } from './cms.ts';

const digests: Readonly<Record<string, string>> = {
  [oids.sha256]: 'sha256',
  [oids.sha384]: 'sha384',
  [oids.sha512]: 'sha512',
};

/** `undefined` for an algorithm that we do not accept, SHA-1 and MD5 among them. */
export function digestOf(algorithm: string, ...parts: readonly Uint8Array[]): Buffer | undefined {
  const name = digests[algorithm];
  if (!name) return undefined;
  const hash = createHash(name);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const ecdsa: Readonly<Record<string, string>> = {
  [oids.ecdsaWithSha256]: oids.sha256,
  [oids.ecdsaWithSha384]: oids.sha384,
  [oids.ecdsaWithSha512]: oids.sha512,
};
const rsa: Readonly<Record<string, string>> = {
  [oids.sha256WithRsa]: oids.sha256,
  [oids.sha384WithRsa]: oids.sha384,
  [oids.sha512WithRsa]: oids.sha512,
};
const curves = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

/** `good`, `wrong`, or `refused` for an algorithm, curve or key size that we do not accept (ETSI TS 119 312). */
export function checkSignatureValue(cms: CmsSignature, key: KeyObject): 'good' | 'wrong' | 'refused' {
  const [type, parameters, ...rest] = childrenOf(cms.signatureAlgorithm, tag.sequence);
  const id = readOid(type);
  const isRsa = id === oids.rsaEncryption || id in rsa;
  // rsaEncryption takes its digest from the signer's digestAlgorithm (RFC 3370 §3.2).
  const digestId = id === oids.rsaEncryption ? cms.digestAlgorithm : (rsa[id] ?? ecdsa[id]);
  const digest = digestId === undefined ? undefined : digests[digestId];
  if (rest.length > 0 || digest === undefined || digestId !== cms.digestAlgorithm) return 'refused';
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (isRsa) {
    const isPlain = parameters === undefined || parameters.bytes.equals(nullValue);
    if (!isPlain || key.asymmetricKeyType !== 'rsa' || modulusLength < 2048 || modulusLength > 8192) return 'refused';
    const pkcs1 = { key, padding: constants.RSA_PKCS1_PADDING };
    return verify(digest, cms.signedAttributes, pkcs1, cms.signature) ? 'good' : 'wrong';
  }
  if (parameters !== undefined || key.asymmetricKeyType !== 'ec' || !curves.has(namedCurve ?? '')) return 'refused';
  return verify(digest, cms.signedAttributes, { key, dsaEncoding: 'der' }, cms.signature) ? 'good' : 'wrong';
}
