import type { KeyObject } from 'node:crypto';

/** Object identifiers of hashes, keys and signatures (RFC 5754, RFC 5758, RFC 8017, RFC 8410, RFC 9688, RFC 9881): the one table. */
export const algorithmIds = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  sha3With256: '2.16.840.1.101.3.4.2.8',
  sha3With384: '2.16.840.1.101.3.4.2.9',
  sha3With512: '2.16.840.1.101.3.4.2.10',
  shake256: '2.16.840.1.101.3.4.2.12',
  ecPublicKey: '1.2.840.10045.2.1',
  p256: '1.2.840.10045.3.1.7',
  p384: '1.3.132.0.34',
  p521: '1.3.132.0.35',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  ecdsaWithSha512: '1.2.840.10045.4.3.4',
  ecdsaWithSha3With256: '2.16.840.1.101.3.4.3.10',
  ecdsaWithSha3With384: '2.16.840.1.101.3.4.3.11',
  ecdsaWithSha3With512: '2.16.840.1.101.3.4.3.12',
  rsaEncryption: '1.2.840.113549.1.1.1',
  mgf1: '1.2.840.113549.1.1.8',
  rsassaPss: '1.2.840.113549.1.1.10',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  sha384WithRsa: '1.2.840.113549.1.1.12',
  sha512WithRsa: '1.2.840.113549.1.1.13',
  sha3With256WithRsa: '2.16.840.1.101.3.4.3.14',
  sha3With384WithRsa: '2.16.840.1.101.3.4.3.15',
  sha3With512WithRsa: '2.16.840.1.101.3.4.3.16',
  ed25519: '1.3.101.112',
  ed448: '1.3.101.113',
  mlDsa44: '2.16.840.1.101.3.4.3.17',
  mlDsa65: '2.16.840.1.101.3.4.3.18',
  mlDsa87: '2.16.840.1.101.3.4.3.19',
} as const;

/** A hash as node:crypto names it, and its length in bytes. */
export interface Hash {
  readonly name: string;
  readonly bytes: number;
}

/** Hashes that protect what is signed (EN 319 312, ISO/TS 32001). SHA-1 and MD5 never do, whatever the date. */
export const protectingHashes: Readonly<Record<string, Hash>> = {
  [algorithmIds.sha256]: { name: 'sha256', bytes: 32 },
  [algorithmIds.sha384]: { name: 'sha384', bytes: 48 },
  [algorithmIds.sha512]: { name: 'sha512', bytes: 64 },
  [algorithmIds.sha3With256]: { name: 'sha3-256', bytes: 32 },
  [algorithmIds.sha3With384]: { name: 'sha3-384', bytes: 48 },
  [algorithmIds.sha3With512]: { name: 'sha3-512', bytes: 64 },
  [algorithmIds.shake256]: { name: 'shake256', bytes: 64 },
};

/** Hashes that may name a certificate; here SHA-1 identifies and protects nothing (RFC 6960 §4.3, RFC 2634 §5.4). */
export const identifyingHashes: Readonly<Record<string, string>> = {
  [algorithmIds.sha1]: 'sha1',
  [algorithmIds.sha256]: 'sha256',
  [algorithmIds.sha384]: 'sha384',
  [algorithmIds.sha512]: 'sha512',
};

export const ecdsaHashes: Readonly<Record<string, string>> = {
  [algorithmIds.ecdsaWithSha256]: 'sha256',
  [algorithmIds.ecdsaWithSha384]: 'sha384',
  [algorithmIds.ecdsaWithSha512]: 'sha512',
  [algorithmIds.ecdsaWithSha3With256]: 'sha3-256',
  [algorithmIds.ecdsaWithSha3With384]: 'sha3-384',
  [algorithmIds.ecdsaWithSha3With512]: 'sha3-512',
};

export const rsaHashes: Readonly<Record<string, string>> = {
  [algorithmIds.sha256WithRsa]: 'sha256',
  [algorithmIds.sha384WithRsa]: 'sha384',
  [algorithmIds.sha512WithRsa]: 'sha512',
  [algorithmIds.sha3With256WithRsa]: 'sha3-256',
  [algorithmIds.sha3With384WithRsa]: 'sha3-384',
  [algorithmIds.sha3With512WithRsa]: 'sha3-512',
};

/** Keys that sign with one algorithm, which hashes by itself and has no parameters: EdDSA (RFC 8410), ML-DSA (RFC 9881). */
export const wholeAlgorithms: Readonly<Record<string, string>> = {
  [algorithmIds.ed25519]: 'ed25519',
  [algorithmIds.ed448]: 'ed448',
  [algorithmIds.mlDsa44]: 'ml-dsa-44',
  [algorithmIds.mlDsa65]: 'ml-dsa-65',
  [algorithmIds.mlDsa87]: 'ml-dsa-87',
};

/**
 * The sizes that count, by date (EN 319 312 §9, NIST SP 800-57 part 1 table 4): keys below 128 bits of strength sign until
 * the end of 2030. `since` is about when something was signed, as far as that is proven; without proof it is now.
 */
const sizes = {
  curves: ['prime256v1', 'secp384r1', 'secp521r1'],
  /** From 65537 on (SP 800-56B §6.2). */
  leastRsaExponent: 65_537n,
  mostRsaBits: 8192,
  leastRsaBits: [
    { since: new Date(0), bits: 2048 },
    { since: new Date('2031-01-01T00:00:00Z'), bits: 3072 },
  ],
} as const;

/** The curves of EN 319 312; `undefined` when the key's is one of them. */
export function ecKeyProblem(key: KeyObject): string | undefined {
  if (key.asymmetricKeyType !== 'ec') return 'the key is not an elliptic-curve key';
  const { namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  return sizes.curves.some((curve) => curve === namedCurve) ? undefined : 'a curve that is not allowed';
}

/** `at`: when it signed, or is to sign. `undefined` when the key counts then. */
export function rsaKeyProblem(
  key: KeyObject,
  at: Date | undefined,
  kinds: readonly string[] = ['rsa'],
): string | undefined {
  if (!kinds.includes(key.asymmetricKeyType ?? '')) return 'the key is not an RSA key';
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  const least = leastRsaBits(at);
  if (modulusLength < least) return `an RSA key below ${least} bits`;
  if (modulusLength > sizes.mostRsaBits) return `an RSA key above ${sizes.mostRsaBits} bits`;
  if (modulusLength % 8 !== 0) return 'an RSA key that is no whole number of octets';
  return publicExponent < sizes.leastRsaExponent || publicExponent % 2n === 0n || publicExponent > 2n ** 32n
    ? 'an RSA exponent that is not allowed'
    : undefined;
}

/** Without a date, as a path is judged: the certificate's own validity bounds what its key may sign. */
function leastRsaBits(at: Date | undefined): number {
  const [first, ...later] = sizes.leastRsaBits;
  return later.reduce<number>((least, { since, bits }) => (at && at >= since ? bits : least), first.bits);
}

/** Whether a key is strong enough for a certificate of ours (EN 319 312): P-256, P-384, RSA from 3072 bits with 65537. */
export function isStrongKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  const { namedCurve = '', modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'ec') return ['prime256v1', 'secp384r1'].includes(namedCurve);
  return asymmetricKeyType === 'rsa' && modulusLength >= 3072 && publicExponent === sizes.leastRsaExponent;
}

/**
 * The first day on which signatures of this key no longer count, as far as is known today; `undefined` when none is set.
 * An archive is renewed before it.
 */
export function strongUntil(key: KeyObject): Date | undefined {
  if (!['rsa', 'rsa-pss'].includes(key.asymmetricKeyType ?? '')) return undefined;
  const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  return sizes.leastRsaBits.find(({ bits }) => modulusLength < bits)?.since;
}
