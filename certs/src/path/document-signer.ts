import type { Certificate } from '../certificate/certificate.ts';
import {
  extensionIds,
  purposes,
  readBasicConstraints,
  readExtendedKeyUsage,
  readKeyUsage,
} from '../certificate/extensions.ts';

/** Purposes under which documents are signed. */
const documentPurposes = new Set<string>([
  '1.3.6.1.5.5.7.3.36', // id-kp-documentSigning, RFC 9336
  purposes.emailProtection,
  purposes.any,
  '1.3.6.1.4.1.311.10.3.12', // Microsoft document signing
  '1.2.840.113583.1.1.5', // Adobe authentic documents
]);

/** Purposes of services: a key that has one of them answers for a machine, and never signs a document. */
const servicePurposes = new Set<string>([purposes.serverAuth, purposes.timeStamping, purposes.ocspSigning]);

/** Purposes of other uses that say nothing about documents. */
const otherPurposes = new Set<string>([purposes.clientAuth, purposes.codeSigning]);

/**
 * Why a certificate must not sign documents; `undefined` when it may (RFC 5280 §4.2.1.3, §4.2.1.9, §4.2.1.12, RFC 9336 §4,
 * EN 319 102-1 §5.2.6). A purpose that nobody here knows is taken for one of documents only where it is not critical and
 * the key is for non-repudiation, as in the identity cards of several countries.
 *
 * @throws DerError
 */
export function documentSignerFault(certificate: Certificate): string | undefined {
  if (readBasicConstraints(certificate)?.isAuthority) return 'the certificate of an authority';
  const usage = readKeyUsage(certificate);
  if (usage && !usage.has('digitalSignature') && !usage.has('nonRepudiation'))
    return 'a key that is not for signatures (key usage)';
  if (usage && (usage.has('keyCertSign') || usage.has('cRLSign'))) return 'the key of an authority (key usage)';
  const allowed = readExtendedKeyUsage(certificate);
  if (!allowed) return undefined;
  const service = allowed.find((purpose) => servicePurposes.has(purpose));
  if (service) return `a certificate for another purpose (${service})`;
  if (allowed.some((purpose) => documentPurposes.has(purpose))) return undefined;
  const isCritical = certificate.extensions.get(extensionIds.extendedKeyUsage)?.critical === true;
  const isPersons = usage?.has('nonRepudiation') === true && allowed.some((purpose) => !isElsewhere(purpose));
  return isCritical || !isPersons ? `a certificate for another purpose (${allowed.join(', ')})` : undefined;
}

/** With non-repudiation, client authentication is the other half of an identity card; code signing is not. */
const isElsewhere = (purpose: string) => otherPurposes.has(purpose) && purpose !== purposes.clientAuth;
