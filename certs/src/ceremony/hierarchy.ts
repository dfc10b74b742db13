import type { AuthorityRole } from '../authority/authorities.ts';
import { backdatedMs, mustBeTheLinted, mustPassLint, newSerial } from '../authority/issuance.ts';
import { type Certificate, encodeName, type NameAttribute, parseCertificate } from '../certificate/certificate.ts';
import { buildToBeSigned, type ProfileName, profiles } from '../certificate/profiles.ts';
import { readRequest } from '../certificate/request.ts';
import { type SignatureAlgorithmName, signatureAlgorithms } from '../certificate/signature.ts';
import { bitString, sequence } from '../der/der.ts';
import { type Change, encodeRevocationList } from '../revocation/encode.ts';
import { wholeSecond } from '../revocation/revocation-list.ts';

export type IssuingRole = Exclude<AuthorityRole, 'root'>;

/** What the server asks the ceremony for: certificates for keys that it has made and keeps. */
export interface AuthorityRequests {
  /** Public address of the platform, for the addresses in certificates. */
  readonly origin: string;
  /** 1 for the first hierarchy, 2 for the first roll-over … */
  readonly generation: number;
  readonly organisation: string;
  /** PKCS #10, DER. */
  readonly requests: Readonly<Record<IssuingRole, Buffer>>;
}

/** A root's private key, wherever it is. */
export interface RootKey {
  readonly publicKey: Buffer;
  readonly signatureAlgorithm: SignatureAlgorithmName;
  sign(bytes: Buffer): Promise<Buffer>;
}

/** What a ceremony gives out: all of it public. DER. */
export interface Hierarchy {
  readonly generation: number;
  readonly root: Buffer;
  readonly issuing: Readonly<Record<IssuingRole, Buffer>>;
  /** Old root certified by the new one, and new by old. */
  readonly cross: readonly Buffer[];
  readonly rootList: SignedList;
}

export interface SignedList {
  readonly der: Buffer;
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

/** The id of an authority of a generation. */
export function authorityId(role: AuthorityRole, generation: number): string {
  return generation === 1 ? role : `${role}-${generation}`;
}

export function authorityName(organisation: string, commonName: string, generation: number): NameAttribute[] {
  return [
    ['country', 'VN'],
    ['organisation', organisation],
    ['commonName', generation === 1 ? commonName : `${commonName} ${generation}`],
  ];
}

export const authorityCommonNames = {
  root: 'EduTrust Root CA',
  people: 'EduTrust Issuing CA – People and Organisations',
  services: 'EduTrust Issuing CA – Services',
} as const;

/**
 * Makes a root, certifies the issuing authorities' keys, and, given the previous root, certifies each root by the other.
 * Every certificate is linted before it is signed and compared afterwards (C2). Touches no database.
 *
 * @throws InvalidInput for a request whose sender does not hold its key.
 */
export async function makeHierarchy(
  { origin, generation, organisation, requests }: AuthorityRequests,
  rootKey: RootKey,
  options: {
    readonly now: Date;
    readonly rootListLifetimeMs: number;
    readonly previous?: { readonly certificate: Buffer; readonly key: RootKey };
  },
): Promise<Hierarchy> {
  const { now, previous } = options;
  const rootName = authorityName(organisation, authorityCommonNames.root, generation);
  const addresses = { origin, issuerId: authorityId('root', generation) };
  const root = await issue('root', rootName, rootKey.publicKey, undefined, rootKey, addresses, now);
  const issuer = parseCertificate(root);
  const certify = (role: IssuingRole) => {
    const name = authorityName(organisation, authorityCommonNames[role], generation);
    return issue('issuing-ca', name, readRequest(requests[role]).publicKey, issuer, rootKey, addresses, now);
  };
  const cross: Buffer[] = [];
  if (previous) {
    const old = parseCertificate(previous.certificate);
    const oldAddresses = { origin, issuerId: authorityId('root', generation - 1) };
    cross.push(
      await issue('cross', old.subject.der, old.subjectPublicKeyInfo, issuer, rootKey, addresses, now),
      await issue('cross', issuer.subject.der, rootKey.publicKey, old, previous.key, oldAddresses, now),
    );
  }
  return {
    generation,
    root,
    issuing: { people: await certify('people'), services: await certify('services') },
    cross,
    rootList: await signRootList(root, rootKey, { now, lifetimeMs: options.rootListLifetimeMs, entries: [] }),
  };
}

/** A list of the root, as long-lived as the time until somebody opens the root key again. */
export async function signRootList(
  root: Buffer,
  rootKey: RootKey,
  {
    now,
    lifetimeMs,
    entries,
  }: { readonly now: Date; readonly lifetimeMs: number; readonly entries: readonly Change[] },
): Promise<SignedList> {
  const thisUpdate = wholeSecond(now);
  const number = thisUpdate.getTime() / 1000;
  const { signatureAlgorithm } = rootKey;
  const tbs = encodeRevocationList({
    issuer: parseCertificate(root),
    signatureAlgorithm,
    thisUpdate,
    lifetimeMs,
    number,
    entries,
  });
  const der = sequence(tbs, signatureAlgorithms[signatureAlgorithm], bitString(await rootKey.sign(tbs)));
  return { der, number, thisUpdate, nextUpdate: new Date(thisUpdate.getTime() + lifetimeMs) };
}

async function issue(
  profile: Extract<ProfileName, 'root' | 'cross' | 'issuing-ca'>,
  subject: readonly NameAttribute[] | Buffer,
  publicKey: Buffer,
  issuer: Certificate | undefined,
  key: RootKey,
  addresses: { readonly origin: string; readonly issuerId: string },
  now: Date,
): Promise<Buffer> {
  const subjectName = Buffer.isBuffer(subject) ? subject : encodeName(subject);
  const start = Math.max(now.getTime() - backdatedMs, issuer?.notBefore.getTime() ?? 0);
  const end = Math.min(start + profiles[profile].lifetimeMs, issuer?.notAfter.getTime() ?? Number.POSITIVE_INFINITY);
  const tbs = buildToBeSigned({
    profile,
    serial: newSerial(),
    subject: subjectName,
    publicKey,
    notBefore: new Date(start),
    notAfter: new Date(end),
    issuerName: issuer?.subject.der ?? subjectName,
    issuerPublicKey: issuer?.subjectPublicKeyInfo ?? publicKey,
    signatureAlgorithm: key.signatureAlgorithm,
    addresses,
  });
  mustPassLint(tbs, profile, issuer);
  const der = sequence(tbs, signatureAlgorithms[key.signatureAlgorithm], bitString(await key.sign(tbs)));
  const made = parseCertificate(der);
  mustBeTheLinted(made, tbs, issuer ?? made);
  return der;
}
