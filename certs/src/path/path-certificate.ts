import { type Certificate, parseCertificate } from '../certificate/certificate.ts';
import {
  extensionIds,
  type GeneralName,
  type KeyUsage,
  readBasicConstraints,
  readExtendedKeyUsage,
  readKeyIdentifiers,
  readKeyUsage,
  readSubjectAltName,
} from '../certificate/extensions.ts';
import { childrenOf, DerError, readDer, readOid, tag } from '../der/der.ts';
import { type DistributionPoint, readDistributionPoints } from './distribution-point.ts';
import { type NameConstraints, readNameConstraints } from './name-constraints.ts';
import { type CertificatePolicies, readCertificatePolicies } from './policy.ts';

/** A certificate with every extension that validation looks at, read once and strictly. */
export interface PathCertificate {
  readonly certificate: Certificate;
  /** Issuer and subject are the same name (RFC 5280 §6.1); who signed it is another matter. */
  readonly isSelfIssued: boolean;
  readonly isAuthority: boolean;
  readonly pathLength: number | undefined;
  /** Undefined when the certificate does not restrict it. */
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  readonly purposes: readonly string[] | undefined;
  readonly alternativeNames: readonly GeneralName[];
  readonly nameConstraints: NameConstraints | undefined;
  readonly policies: CertificatePolicies;
  readonly distributionPoints: readonly DistributionPoint[];
  readonly keyIdentifier: Buffer | undefined;
  readonly issuerKeyIdentifier: Buffer | undefined;
}

/** @throws DerError */
export function parsePathCertificate(der: Uint8Array): PathCertificate {
  const certificate = parseCertificate(der);
  const basic = readBasicConstraints(certificate);
  const { own, issuer } = readKeyIdentifiers(certificate);
  checkAuthorityInfoAccess(certificate);
  return {
    certificate,
    isSelfIssued: certificate.subject.canonical === certificate.issuer.canonical,
    isAuthority: basic?.isAuthority === true,
    pathLength: basic?.pathLength,
    keyUsage: readKeyUsage(certificate),
    purposes: readExtendedKeyUsage(certificate),
    alternativeNames: readSubjectAltName(certificate),
    nameConstraints: readNameConstraints(certificate),
    policies: readCertificatePolicies(certificate),
    distributionPoints: readDistributionPoints(certificate),
    keyIdentifier: own,
    issuerKeyIdentifier: issuer,
  };
}

/** AuthorityInfoAccessSyntax (§4.2.2.1): nothing is fetched, but what is written must be readable. */
function checkAuthorityInfoAccess({ extensions }: Certificate): void {
  const extension = extensions.get(extensionIds.authorityInfoAccess);
  if (!extension) return;
  const descriptions = childrenOf(readDer(extension.value), tag.sequence).map((node) => childrenOf(node, tag.sequence));
  for (const [method, location, ...rest] of descriptions) {
    readOid(method);
    if (!location || rest.length > 0) throw new DerError('a malformed access description');
  }
  if (descriptions.length === 0) throw new DerError('an empty list of access descriptions');
}

/** The extensions whose meaning is enforced; others, when critical, refuse the path (§6.1.4 (o), §6.1.5 (f)). */
const understood = new Set<string>([
  extensionIds.subjectKeyIdentifier,
  extensionIds.keyUsage,
  extensionIds.subjectAltName,
  extensionIds.basicConstraints,
  extensionIds.nameConstraints,
  extensionIds.crlDistributionPoints,
  extensionIds.certificatePolicies,
  extensionIds.policyMappings,
  extensionIds.authorityKeyIdentifier,
  extensionIds.policyConstraints,
  extensionIds.extendedKeyUsage,
  extensionIds.inhibitAnyPolicy,
  extensionIds.ocspNoCheck,
]);

export function hasUnknownCritical({ certificate }: PathCertificate): boolean {
  return [...certificate.extensions].some(([type, { critical }]) => critical && !understood.has(type));
}
