import { extensionIds, readBasicConstraints, readExtendedKeyUsage, readKeyUsage } from '../path/extensions.ts';
import { type Certificate, keyIdentifier, parseCertificate } from './certificate.ts';
import { type Profile, type ProfileName, profiles } from './profiles.ts';

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
    name: 'the key is strong',
    source: 'EN 319 312',
    holds: (certificate) => {
      const key = certificate.publicKey();
      const { namedCurve = '', modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
      return key.asymmetricKeyType === 'ec'
        ? ['prime256v1', 'secp384r1'].includes(namedCurve)
        : key.asymmetricKeyType === 'rsa' && modulusLength >= 3072 && publicExponent === 65_537n;
    },
  },
];

/** The rules that a certificate breaks; none for a good one. `der` may be signed by a throw-away key. */
export function lint(der: Uint8Array, profileName: ProfileName, issuer: Certificate | undefined): string[] {
  let certificate: Certificate;
  try {
    certificate = parseCertificate(der);
  } catch (error) {
    return [`it does not parse: ${error instanceof Error ? error.message : String(error)}`];
  }
  return rules
    .filter(({ holds }) => {
      try {
        return !holds(certificate, profiles[profileName], issuer);
      } catch {
        return true;
      }
    })
    .map(({ name, source }) => `${name} (${source})`);
}
