import {
  bitString,
  boolean,
  explicit,
  ia5String,
  implicit,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  time,
} from '../der/der.ts';
import { keyIdentifier } from './certificate.ts';
import { extensionIds, type KeyUsage, keyUsageBits } from './extensions.ts';
import { encodeName, type NameAttribute } from './names.ts';
import type { SignatureAlgorithmName } from './signature.ts';
import { signatureAlgorithms } from './signature.ts';

const days = 24 * 3_600_000;

/** Purposes of extended key usage. */
export const purposes = {
  documentSigning: '1.3.6.1.5.5.7.3.36', // RFC 9336
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
} as const;

/** Our certificate policies (certs/statements/cp.md), under a UUID arc of our own (ITU-T X.667). */
export const policies = {
  official: '2.25.245119817031529417062938560129716054071.1',
  seal: '2.25.245119817031529417062938560129716054071.2',
  services: '2.25.245119817031529417062938560129716054071.3',
  any: '2.5.29.32.0',
} as const;

/** What a certificate of a kind looks like: everything that does not depend on its subject. */
export interface Profile {
  readonly lifetimeMs: number;
  readonly authority?: { readonly pathLength: number };
  readonly keyUsage: readonly KeyUsage[];
  readonly extendedKeyUsage?: { readonly critical: boolean; readonly purposes: readonly string[] };
  /** id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1). */
  readonly isNoCheck?: boolean;
  /** Certificate policies (RFC 5280 §4.2.1.4), object identifiers. */
  readonly policies: readonly string[];
  /** How the subject's identifier is to be read (ETSI EN 319 412-1 §5.1.3, §5.1.4). */
  readonly semantics?: 'natural' | 'legal';
  /** Where revocation is looked up; a root's and a responder's is not. */
  readonly revocation: 'none' | 'list' | 'list-and-ocsp';
  /** Whether keys and signatures are of an algorithm on trial. */
  readonly isExperimental?: boolean;
}

export const profiles = {
  root: {
    lifetimeMs: 20 * 365 * days,
    authority: { pathLength: 2 }, // one more than the hierarchy needs: room for a next root that this one vouches for
    keyUsage: ['keyCertSign', 'cRLSign'],
    policies: [], // an anchor is not judged by its own extensions
    revocation: 'none',
  },
  /** One root vouches for another (RFC 5280 §3.2): a roll-over that nobody notices. */
  cross: {
    lifetimeMs: 10 * 365 * days,
    authority: { pathLength: 1 },
    keyUsage: ['keyCertSign', 'cRLSign'],
    policies: [policies.any],
    revocation: 'list',
  },
  'issuing-ca': {
    lifetimeMs: 10 * 365 * days,
    authority: { pathLength: 0 },
    keyUsage: ['keyCertSign', 'cRLSign'],
    policies: [policies.any],
    revocation: 'list',
  },
  /** A natural person who signs for an organisation. */
  official: {
    lifetimeMs: 365 * days,
    keyUsage: ['digitalSignature', 'nonRepudiation'],
    extendedKeyUsage: { critical: false, purposes: [purposes.documentSigning, purposes.emailProtection] },
    policies: [policies.official],
    semantics: 'natural',
    revocation: 'list-and-ocsp',
  },
  seal: {
    lifetimeMs: 365 * days,
    keyUsage: ['digitalSignature', 'nonRepudiation'],
    extendedKeyUsage: { critical: false, purposes: [purposes.documentSigning, purposes.emailProtection] },
    policies: [policies.seal],
    semantics: 'legal',
    revocation: 'list-and-ocsp',
  },
  /** RFC 3161 §2.3: time stamping alone, critical. */
  tsa: {
    lifetimeMs: 5 * 365 * days,
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: { critical: true, purposes: [purposes.timeStamping] },
    policies: [policies.services],
    revocation: 'list-and-ocsp',
  },
  ocsp: {
    lifetimeMs: 365 * days,
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: { critical: false, purposes: [purposes.ocspSigning] },
    isNoCheck: true,
    policies: [policies.services],
    revocation: 'none',
  },
  /** A program that confirms what it keeps: nobody's will, so no non-repudiation (RFC 5280 §4.2.1.3) and no seal. */
  receipts: {
    lifetimeMs: 365 * days,
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: { critical: false, purposes: [purposes.documentSigning, purposes.emailProtection] },
    policies: [policies.services],
    revocation: 'list-and-ocsp',
  },
} as const satisfies Record<string, Profile>;
export type ProfileName = keyof typeof profiles;
export const profileNames = Object.keys(profiles) as ProfileName[]; // the keys of the literal above

/** One of ours by its name, or one that is none of ours: an experiment's. */
export function profileOf(profile: ProfileName | Profile): Profile {
  return typeof profile === 'string' ? profiles[profile] : profile;
}

export interface ToBeSigned {
  readonly profile: ProfileName | Profile;
  /** Contents of the INTEGER: positive, at least 64 random bits. */
  readonly serial: Uint8Array;
  readonly issuerName: Uint8Array;
  readonly issuerPublicKey: Uint8Array;
  readonly signatureAlgorithm: SignatureAlgorithmName;
  /** A Name as attributes, or as DER when it must be the very bytes of another certificate. */
  readonly subject: readonly NameAttribute[] | Buffer;
  readonly publicKey: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Public origin, and the id of the issuing authority, for revocation addresses. */
  readonly addresses: { readonly origin: string; readonly issuerId: string };
}

/** TBSCertificate (RFC 5280 §4.1.2). */
export function buildToBeSigned(input: ToBeSigned): Buffer {
  const profile = profileOf(input.profile);
  return sequence(
    explicit(0, integer(2)),
    integer(input.serial),
    signatureAlgorithms[input.signatureAlgorithm],
    input.issuerName,
    sequence(time(input.notBefore), time(input.notAfter)),
    Buffer.isBuffer(input.subject) ? input.subject : encodeName(input.subject),
    input.publicKey,
    explicit(3, sequence(...extensionsOf(profile, input))),
  );
}

function extensionsOf(profile: Profile, { publicKey, issuerPublicKey, addresses }: ToBeSigned): Buffer[] {
  const { origin, issuerId } = addresses;
  const uri = (path: string) => implicit(6, Buffer.from(`${origin}/pki/${path}`, 'latin1'));
  const list = [
    extension(extensionIds.subjectKeyIdentifier, false, octetString(keyIdentifier(publicKey))),
    extension(extensionIds.authorityKeyIdentifier, false, sequence(implicit(0, keyIdentifier(issuerPublicKey)))),
    extension(
      extensionIds.basicConstraints,
      true,
      profile.authority ? sequence(boolean(true), integer(profile.authority.pathLength)) : sequence(),
    ),
    extension(extensionIds.keyUsage, true, encodeKeyUsage(profile.keyUsage)),
  ];
  if (profile.extendedKeyUsage) {
    const { critical, purposes: allowed } = profile.extendedKeyUsage;
    list.push(extension(extensionIds.extendedKeyUsage, critical, sequence(...allowed.map(oid))));
  }
  if (profile.policies.length > 0)
    list.push(extension(extensionIds.certificatePolicies, false, encodePolicies(profile.policies, origin)));
  if (profile.semantics) {
    // QCStatement id-qcs-pkixQCSyntax-v2 (RFC 3739 §3.2.6.1) with the semantics of EN 319 412-1
    const identifier = oid(`0.4.0.194121.1.${profile.semantics === 'natural' ? 1 : 2}`);
    const statement = sequence(oid('1.3.6.1.5.5.7.11.2'), sequence(identifier));
    list.push(extension(extensionIds.qcStatements, false, sequence(statement)));
  }
  if (profile.isNoCheck) list.push(extension(extensionIds.ocspNoCheck, false, nullValue));
  if (profile.revocation !== 'none') {
    // DistributionPoint → [0] distributionPoint → [0] fullName → URI
    const point = sequence(explicit(0, explicit(0, uri(`${issuerId}.crl`))));
    list.push(extension(extensionIds.crlDistributionPoints, false, sequence(point)));
    const issuerCertificate = sequence(oid('1.3.6.1.5.5.7.48.2'), uri(`${issuerId}.crt`));
    const responder = sequence(oid('1.3.6.1.5.5.7.48.1'), uri('ocsp'));
    const access = profile.revocation === 'list' ? [issuerCertificate] : [responder, issuerCertificate];
    list.push(extension(extensionIds.authorityInfoAccess, false, sequence(...access)));
  }
  return list;
}

/** Each of ours with the address of the practice statement. */
function encodePolicies(identifiers: readonly string[], origin: string): Buffer {
  const practice = sequence(oid('1.3.6.1.5.5.7.2.1'), ia5String(`${origin}/pki`));
  return sequence(
    ...identifiers.map((identifier) =>
      identifier === policies.any ? sequence(oid(identifier)) : sequence(oid(identifier), sequence(practice)),
    ),
  );
}

function extension(type: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(oid(type), ...(critical ? [boolean(true)] : []), octetString(value));
}

function encodeKeyUsage(usages: readonly KeyUsage[]): Buffer {
  const bits = usages.reduce((value, usage) => value | (0x80 >> keyUsageBits[usage]), 0);
  const unused = Math.clz32(bits & -bits) === 32 ? 0 : 31 - Math.clz32(bits & -bits);
  return bitString(Buffer.of(bits), unused);
}
