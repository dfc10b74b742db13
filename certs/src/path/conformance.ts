import { isAcceptedAlgorithm, subjectKeyProblem } from '../certificate/signature.ts';
import type { Chain } from './chain.ts';
import { extensionIds, purposes } from './extensions.ts';
import { hasUnknownCritical, type PathCertificate } from './path-certificate.ts';
import type { RefusalCode } from './reason.ts';

/** Where a certificate stands in a chain. */
export type Place = 'anchor' | 'authority' | 'leaf';

/** Extensions that RFC 5280 §4.2.1.11 and §4.2.1.14 want critical; before it they need not be, and are obeyed anyway. */
const policyRestrictions = [extensionIds.policyConstraints, extensionIds.inhibitAnyPolicy];
/** Extensions that must not be. */
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
export function faultOf(target: PathCertificate, place: Place, at: Date): RefusalCode | undefined {
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
  return nonConformity(target, place);
}

/** The rules of §4 that every certificate keeps. */
function nonConformity(target: PathCertificate, place: Place): RefusalCode | undefined {
  const { certificate, isAuthority, keyUsage } = target;
  const { serial, subject, issuer, extensions } = certificate;
  const isCritical = (type: string) => extensions.get(type)?.critical === true;

  const magnitude = serial[0] === 0 ? serial.length - 1 : serial.length;
  if ((serial[0] ?? 0x80) >= 0x80 || magnitude < 1 || magnitude > 20) return 'serial-number'; // §4.1.2.2

  const isNameless = subject.attributes.length === 0;
  if (issuer.attributes.length === 0 || (isNameless && isAuthority)) return 'empty-name'; // §4.1.2.4, §4.1.2.6
  if (isNameless && !isCritical(extensionIds.subjectAltName)) return 'empty-name'; // §4.2.1.6

  if (target.nameConstraints && !isCritical(extensionIds.nameConstraints)) return 'criticality'; // §4.2.1.10
  if (neverCritical.some(isCritical)) return 'criticality';
  // §4.2.1.9 wants it of every authority; of those below an anchor it was long left open, and is let pass.
  if (place === 'anchor' && !isCritical(extensionIds.basicConstraints) && isAuthority) return 'criticality';

  if (!target.isSelfIssued && !target.issuerKeyIdentifier) return 'key-identifier'; // §4.2.1.1
  if (isAuthority && !target.keyIdentifier) return 'key-identifier'; // §4.2.1.2

  const isMisplaced = keyUsage?.has('keyCertSign') === true || target.nameConstraints !== undefined;
  return !isAuthority && isMisplaced ? 'not-for-subscribers' : undefined; // §4.2.1.3, §4.2.1.10
}

/**
 * Whether a chain for a server keeps what the CA/Browser Forum's Baseline Requirements §7.1.2 add. Asked only when a
 * server is what is looked for: other certificates have other profiles.
 */
export function isServerChain(chain: Chain): boolean {
  const [leaf, ...authorities] = chain;
  const { certificate, isAuthority, keyUsage, purposes: allowed = [], alternativeNames } = leaf;
  const { extensions, subject } = certificate;
  if (isAuthority || keyUsage?.has('keyCertSign')) return false; // §7.1.2.7.8, §7.1.2.7.11
  if (!allowed.includes(purposes.serverAuth) || allowed.includes(purposes.any)) return false; // §7.1.2.7.10
  if (extensions.get(extensionIds.extendedKeyUsage)?.critical) return false;
  const isSanCritical = extensions.get(extensionIds.subjectAltName)?.critical === true;
  if (isSanCritical !== (subject.attributes.length === 0)) return false; // §7.1.2.7.12
  // §7.1.4.3: a common name that could be read as a server's repeats an alternative name letter for letter
  const texts = alternativeNames.flatMap((name) =>
    name.kind === 'dns' ? [name.text] : name.kind === 'ip' ? [addressText(name.bytes)] : [],
  );
  const commonNames = subject.attributes
    .flat()
    .filter(({ type, value }) => type === '2.5.4.3' && /[.:]|^0x/i.test(value));
  if (texts.length === 0 || !commonNames.every(({ value }) => texts.includes(value))) return false;
  const isLax = (type: string) => authorities.some((one) => one.certificate.extensions.get(type)?.critical === false);
  return !policyRestrictions.some(isLax) && authorities.slice(-1).every(isServerRoot);
}

/** §7.1.2.1: a root carries no purposes, and identifies its issuer, if it does, as itself. */
function isServerRoot({ isSelfIssued, purposes: allowed, certificate, keyIdentifier }: PathCertificate): boolean {
  if (!isSelfIssued) return true;
  const issuer = certificate.extensions.get(extensionIds.authorityKeyIdentifier)?.value;
  // SEQUENCE { [0] keyIdentifier } and nothing else
  const expected =
    keyIdentifier &&
    Buffer.concat([Buffer.of(0x30, keyIdentifier.length + 2, 0x80, keyIdentifier.length), keyIdentifier]);
  return allowed === undefined && (issuer === undefined || expected?.equals(issuer) === true);
}

/** The one way to write an address: dotted, or as RFC 5952 says. */
function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
  return URL.canParse(`http://[${groups.join(':')}]`)
    ? new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
    : '';
}
