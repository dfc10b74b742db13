import { extensionIds } from '../certificate/extensions.ts';
import { isAcceptedAlgorithm, subjectKeyProblem } from '../certificate/signature.ts';
import { hasUnknownCritical, type PathCertificate } from './path-certificate.ts';
import type { RefusalCode } from './reason.ts';

/** Where a certificate stands in a chain. */
export type Place = 'anchor' | 'authority' | 'leaf';

/** Extensions that must not be critical. */
const neverCritical = [
  extensionIds.subjectKeyIdentifier,
  extensionIds.authorityKeyIdentifier,
  extensionIds.authorityInfoAccess,
  extensionIds.freshestCrl,
];

/**
 * What is wrong with a certificate by itself, wherever the chain leads: its time, what it must be to stand at this place
 * (RFC 5280 §6.1.4 (k), (n), (o)), and what every conforming authority writes (§4). Of a trust anchor everything but its
 * own signature is judged: it was brought as a certificate, and a certificate says when and for what it is good.
 */
export function faultOf(
  target: PathCertificate,
  place: Place,
  { at, keyIdentifiers }: { readonly at: Date; readonly keyIdentifiers: 'required' | 'optional' },
): RefusalCode | undefined {
  const { certificate, isAuthority, keyUsage } = target;
  if (at < certificate.notBefore) return 'not-yet-valid';
  if (at > certificate.notAfter) return 'expired';
  if (subjectKeyProblem(certificate)) return 'weak-key';
  if (place !== 'anchor' && !isAcceptedAlgorithm(certificate.signatureAlgorithm)) return 'weak-signature';
  // A bare key with a name, from before there were extensions, has nothing more that could be judged.
  if (place === 'anchor' && certificate.version !== 3 && target.isSelfIssued) return undefined;
  if (place !== 'leaf') {
    if (certificate.version !== 3) return 'not-version-3';
    if (!isAuthority) return 'not-an-authority';
    if (keyUsage && !keyUsage.has('keyCertSign')) return 'key-usage';
  }
  if (hasUnknownCritical(target)) return 'unknown-critical-extension';
  return nonConformity(target, place) ?? (keyIdentifiers === 'required' ? keyIdentifierFault(target) : undefined);
}

/** The rules of §4 that every certificate keeps. */
function nonConformity(target: PathCertificate, place: Place): RefusalCode | undefined {
  const { certificate, isAuthority, keyUsage } = target;
  const { serial, subject, issuer, extensions } = certificate;
  const isCritical = (type: string) => extensions.get(type)?.critical === true;

  // §4.1.2.2; of an anchor nothing is looked up by its number, and several roots of long standing have the number 0.
  const magnitude = serial[0] === 0 ? serial.length - 1 : serial.length;
  const isNumbered = (serial[0] ?? 0x80) < 0x80 && magnitude >= 1 && magnitude <= 20;
  if (place !== 'anchor' && !isNumbered) return 'serial-number';

  const isNameless = subject.attributes.length === 0;
  if (issuer.attributes.length === 0 || (isNameless && isAuthority)) return 'empty-name'; // §4.1.2.4, §4.1.2.6
  if (isNameless && !isCritical(extensionIds.subjectAltName)) return 'empty-name'; // §4.2.1.6

  if (target.nameConstraints && !isCritical(extensionIds.nameConstraints)) return 'criticality'; // §4.2.1.10
  if (neverCritical.some(isCritical)) return 'criticality';
  // §4.2.1.9 wants it of every authority; of those below an anchor it was long left open, and is let pass.
  if (place === 'anchor' && !isCritical(extensionIds.basicConstraints) && isAuthority) return 'criticality';

  const isMisplaced = keyUsage?.has('keyCertSign') === true || target.nameConstraints !== undefined;
  return !isAuthority && isMisplaced ? 'not-for-subscribers' : undefined; // §4.2.1.3, §4.2.1.10
}

/** What every conforming authority writes so that chains are found; which key signed is decided by the signature alone. */
function keyIdentifierFault(target: PathCertificate): RefusalCode | undefined {
  if (!target.isSelfIssued && !target.issuerKeyIdentifier) return 'key-identifier'; // §4.2.1.1
  return target.isAuthority && !target.keyIdentifier ? 'key-identifier' : undefined; // §4.2.1.2
}
