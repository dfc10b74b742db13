import { childrenOf, readBitString, readDer, readInteger, readOid, tag } from '../der/der.ts';
import { algorithmIds, isStrongKey } from './algorithms.ts';
import { attributeTypes, type Certificate, keyIdentifier, parseCertificate } from './certificate.ts';
import { extensionIds, readBasicConstraints, readExtendedKeyUsage, readKeyUsage } from './extensions.ts';
import { type Profile, type ProfileName, profileOf } from './profiles.ts';

/** A rule that a certificate of ours keeps, and where it is written. */
interface Rule {
  readonly name: string;
  readonly source: string;
  readonly holds: (certificate: Certificate, profile: Profile, issuer: Certificate | undefined) => boolean;
}

const rules: readonly Rule[] = [
  {
    name: 'serial is positive, 8 to 20 octets',
    source: 'RFC 5280 §4.1.2.2',
    holds: ({ serial }) =>
      serial.length >= 8 && serial.length <= 20 && (serial[0] ?? 0x80) < 0x80 && serial.some((byte) => byte !== 0),
  },
  { name: 'version 3', source: 'RFC 5280 §4.1.2.1', holds: ({ version }) => version === 3 },
  {
    name: 'validity has an order',
    source: 'RFC 5280 §4.1.2.5',
    holds: ({ notBefore, notAfter }) => notBefore < notAfter,
  },
  {
    name: 'validity lies inside the issuer’s',
    source: 'CHECKS C3',
    holds: ({ notBefore, notAfter }, _profile, issuer) =>
      !issuer || (notBefore >= issuer.notBefore && notAfter <= issuer.notAfter),
  },
  { name: 'subject is not empty', source: 'RFC 5280 §4.1.2.6', holds: ({ subject }) => subject.attributes.length > 0 },
  {
    name: 'issuer is the subject of the issuer',
    source: 'RFC 5280 §4.1.2.4',
    holds: ({ issuer: name }, _profile, issuer) => !issuer || name.der.equals(issuer.subject.der),
  },
  {
    name: 'basic constraints are critical and fit the profile',
    source: 'RFC 5280 §4.2.1.9',
    holds: (certificate, profile) => {
      const basic = readBasicConstraints(certificate);
      return (
        certificate.extensions.get(extensionIds.basicConstraints)?.critical === true &&
        basic?.isAuthority === (profile.authority !== undefined) &&
        basic?.pathLength === profile.authority?.pathLength
      );
    },
  },
  {
    name: 'key usage is critical and exactly the profile’s',
    source: 'RFC 5280 §4.2.1.3',
    holds: (certificate, profile) => {
      const usage = readKeyUsage(certificate);
      return (
        certificate.extensions.get(extensionIds.keyUsage)?.critical === true &&
        usage?.size === profile.keyUsage.length &&
        profile.keyUsage.every((one) => usage.has(one))
      );
    },
  },
  {
    name: 'extended key usage is exactly the profile’s',
    source: 'RFC 5280 §4.2.1.12',
    holds: (certificate, profile) => {
      const found = readExtendedKeyUsage(certificate) ?? [];
      const wanted = profile.extendedKeyUsage?.purposes ?? [];
      return found.length === wanted.length && wanted.every((one) => found.includes(one));
    },
  },
  {
    name: 'subject key identifier is that of the key',
    source: 'RFC 5280 §4.2.1.2',
    holds: (certificate) =>
      certificate.extensions
        .get(extensionIds.subjectKeyIdentifier)
        ?.value.subarray(2)
        .equals(keyIdentifier(certificate.subjectPublicKeyInfo)) === true,
  },
  {
    name: 'authority key identifier is that of the issuer',
    source: 'RFC 5280 §4.2.1.1',
    holds: (certificate, _profile, issuer) =>
      certificate.extensions
        .get(extensionIds.authorityKeyIdentifier)
        ?.value.subarray(4)
        .equals(keyIdentifier((issuer ?? certificate).subjectPublicKeyInfo)) === true,
  },
  {
    name: 'policies are the profile’s',
    source: 'RFC 5280 §4.2.1.4',
    holds: (certificate, profile) => {
      const extension = certificate.extensions.get(extensionIds.certificatePolicies);
      const found = extension
        ? childrenOf(readDer(extension.value), tag.sequence).map((one) => readOid(childrenOf(one, tag.sequence)[0]))
        : [];
      return found.length === profile.policies.length && profile.policies.every((one) => found.includes(one));
    },
  },
  {
    name: 'no other extension than the profile’s',
    source: 'own profiles',
    holds: ({ extensions }) => [...extensions.keys()].every((type) => knownExtensions.has(type)),
  },
  {
    name: 'names are NFC, without control characters, and of the length that X.520 allows',
    source: 'RFC 5280 appendix A.1',
    holds: ({ subject }) =>
      subject.attributes.flat().every(({ type, value }) => {
        const length = [...value].length;
        const most = type === attributeTypes.country ? 2 : 64;
        return (
          length > 0 &&
          length <= (mayBeLong.has(type) ? 200 : most) &&
          value === value.normalize('NFC') &&
          !/\p{Cc}/u.test(value)
        );
      }),
  },
  {
    name: 'the key is not of the ROCA kind',
    source: 'CVE-2017-15361',
    holds: (certificate) => !hasRocaFingerprint(certificate.subjectPublicKeyInfo),
  },
  {
    name: 'the key is strong',
    source: 'EN 319 312',
    holds: (certificate, { isExperimental }) => {
      const key = certificate.publicKey();
      return isExperimental ? key.asymmetricKeyType === 'ml-dsa-65' : isStrongKey(key);
    },
  },
];

const knownExtensions = new Set<string>([
  extensionIds.subjectKeyIdentifier,
  extensionIds.authorityKeyIdentifier,
  extensionIds.basicConstraints,
  extensionIds.keyUsage,
  extensionIds.extendedKeyUsage,
  extensionIds.certificatePolicies,
  extensionIds.qcStatements,
  extensionIds.ocspNoCheck,
  extensionIds.crlDistributionPoints,
  extensionIds.authorityInfoAccess,
]);
/** The names of our schools are longer than X.520's old bound; every reader takes them. */
const mayBeLong = new Set<string>([attributeTypes.organisation, attributeTypes.title, attributeTypes.commonName]);

const rocaPrimes = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

/** Whether an RSA modulus lies, modulo each of these primes, in what 65537 generates: so did a maker's keys (Nemec 2017). */
function hasRocaFingerprint(subjectPublicKeyInfo: Buffer): boolean {
  const [algorithm, key] = childrenOf(readDer(subjectPublicKeyInfo), tag.sequence);
  if (readOid(childrenOf(algorithm, tag.sequence)[0]) !== algorithmIds.rsaEncryption) return false;
  const [modulus] = childrenOf(readDer(readBitString(key).bytes), tag.sequence);
  const value = BigInt(`0x${readInteger(modulus).toString('hex')}`);
  return rocaPrimes.every((prime) => {
    const residue = Number(value % BigInt(prime));
    for (let power = 65_537 % prime, seen = 1; seen <= prime; seen += 1, power = (power * 65_537) % prime)
      if (power === residue) return true;
    return false;
  });
}

/** The names of every rule; each has a good and a bad certificate in the tests (C2). */
export const ruleNames: readonly string[] = rules.map(({ name }) => name);

/** The rules that a certificate breaks; none for a good one. `der` may be signed by a throw-away key. */
export function lint(der: Uint8Array, profileName: ProfileName | Profile, issuer: Certificate | undefined): string[] {
  const profile = profileOf(profileName);
  let certificate: Certificate;
  try {
    certificate = parseCertificate(der);
  } catch (error) {
    return [`it does not parse: ${error instanceof Error ? error.message : String(error)}`];
  }
  return rules
    .filter(({ holds }) => {
      try {
        return !holds(certificate, profile, issuer);
      } catch {
        return true;
      }
    })
    .map(({ name, source }) => `${name} (${source})`);
}
