import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { encodeName, keyIdentifier, type NameAttribute } from '../src/certificate/certificate.ts';
import { extensionIds } from '../src/certificate/extensions.ts';
import { algorithmOfKey, signatureAlgorithms } from '../src/certificate/signature.ts';
import { bitString, boolean, explicit, implicit, integer, octetString, oid, sequence, time } from '../src/der/der.ts';

/** A certificate of the tests, every part of which may be wrong on purpose. */
export interface Draft {
  readonly subject?: readonly NameAttribute[] | Buffer;
  readonly issuer?: readonly NameAttribute[] | Buffer;
  readonly serial?: Uint8Array;
  /** The version field as it is written; null leaves it out (version 1). */
  readonly version?: number | null;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly publicKey?: Buffer;
  /** DER of each extension's value by its identifier; null leaves a usual one out. */
  readonly extensions?: Readonly<Record<string, { readonly value: Buffer; readonly critical?: boolean } | null>>;
  /** Extensions that are written once more, or anything else that is to stand in the list. */
  readonly extraExtensions?: readonly Buffer[];
  readonly innerAlgorithm?: Buffer;
  readonly outerAlgorithm?: Buffer;
  /** Makes the signature in place of the issuer's key. */
  readonly signature?: (tbs: Buffer) => Buffer;
  readonly uniqueIds?: readonly Buffer[];
}

export interface TestAuthority {
  readonly name: readonly NameAttribute[] | Buffer;
  readonly privateKey: KeyObject;
  readonly publicKey: Buffer;
}

export function testKey(kind: 'p256' | 'p384' | 'rsa' = 'p256'): { privateKey: KeyObject; publicKey: Buffer } {
  const { privateKey } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: kind === 'p256' ? 'P-256' : 'P-384' });
  return { privateKey, publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }) };
}

export const commonName = (text: string): NameAttribute[] => [
  ['country', 'VN'],
  ['commonName', text],
];

export const extensionOf = (type: string, value: Buffer, critical = false): Buffer =>
  sequence(oid(type), ...(critical ? [boolean(true)] : []), octetString(value));

let counter = 0;

/** A certificate by the authority: a usual one for its subject, with the draft's departures. */
export function testCertificate(authority: TestAuthority, draft: Draft = {}): Buffer {
  const publicKey = draft.publicKey ?? testKey().publicKey;
  const usual: Record<string, { value: Buffer; critical?: boolean }> = {
    [extensionIds.subjectKeyIdentifier]: { value: octetString(keyIdentifier(publicKey)) },
    [extensionIds.authorityKeyIdentifier]: { value: sequence(implicit(0, keyIdentifier(authority.publicKey))) },
  };
  const extensions = Object.entries({ ...usual, ...draft.extensions }).flatMap(([type, found]) =>
    found ? [extensionOf(type, found.value, found.critical)] : [],
  );
  const all = [...extensions, ...(draft.extraExtensions ?? [])];
  const nameOf = (name: readonly NameAttribute[] | Buffer) =>
    Buffer.isBuffer(name) ? name : encodeName(name as NameAttribute[]);
  const algorithm = signatureAlgorithms[algorithmOfKey(createPublicKey(authority.privateKey))];
  const version = draft.version === undefined ? 2 : draft.version;
  counter += 1;
  const serial =
    draft.serial ?? createHash('sha256').update(`serial ${counter}`).digest().subarray(0, 16).fill(0x41, 0, 1);
  const now = Date.now();
  const tbs = sequence(
    ...(version === null ? [] : [explicit(0, integer(version))]),
    integer(serial),
    draft.innerAlgorithm ?? algorithm,
    nameOf(draft.issuer ?? authority.name),
    sequence(
      time(draft.notBefore ?? new Date(now - 86_400_000)),
      time(draft.notAfter ?? new Date(now + 86_400_000 * 30)),
    ),
    nameOf(draft.subject ?? commonName(`Người ${counter}`)),
    publicKey,
    ...(draft.uniqueIds ?? []),
    ...(all.length > 0 ? [explicit(3, sequence(...all))] : []),
  );
  const hash =
    createPublicKey(authority.privateKey).asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha384' : 'sha256';
  const signature = draft.signature ? draft.signature(tbs) : sign(hash, tbs, authority.privateKey);
  return sequence(tbs, draft.outerAlgorithm ?? draft.innerAlgorithm ?? algorithm, bitString(signature));
}

export const authorityExtensions = (pathLength?: number): NonNullable<Draft['extensions']> => ({
  [extensionIds.basicConstraints]: {
    value: sequence(boolean(true), ...(pathLength === undefined ? [] : [integer(pathLength)])),
    critical: true,
  },
  [extensionIds.keyUsage]: { value: bitString(Buffer.of(0x06), 1), critical: true },
});

/** An authority below another, or a root without one. */
export function testAuthority(
  text: string,
  above?: TestAuthority,
  draft: Draft = {},
  kind: 'p256' | 'p384' | 'rsa' = 'p256',
): TestAuthority & { readonly certificate: Buffer } {
  const key = testKey(kind);
  const authority = { name: draft.subject ?? commonName(text), ...key };
  const certificate = testCertificate(above ?? authority, {
    subject: commonName(text),
    publicKey: key.publicKey,
    ...draft,
    extensions: { ...authorityExtensions(), ...draft.extensions },
  });
  return { ...authority, certificate };
}
