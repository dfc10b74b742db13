import { extensionIds, type KeyUsage, purposes } from '../certificate/extensions.ts';
import type { Chain } from './chain.ts';
import type { PathCertificate } from './path-certificate.ts';
import type { RefusalCode } from './reason.ts';

/** Uses of the key that go with a purpose; a certificate that restricts its key to others is not for it (§4.2.1.12). */
const consistentUses: Readonly<Record<string, readonly KeyUsage[]>> = {
  [purposes.serverAuth]: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
  [purposes.clientAuth]: ['digitalSignature', 'keyAgreement'],
  [purposes.codeSigning]: ['digitalSignature'],
  [purposes.emailProtection]: ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'keyAgreement'],
  [purposes.timeStamping]: ['digitalSignature', 'nonRepudiation'],
  [purposes.ocspSigning]: ['digitalSignature', 'nonRepudiation'],
};

/**
 * What is wrong with a chain for this purpose beyond what the purposes in it say. Asked only when the purpose is: other
 * certificates have other profiles.
 */
export function profileFault(chain: Chain, purpose: string | undefined): RefusalCode | undefined {
  if (purpose === undefined) return undefined;
  const { keyUsage } = chain[0];
  const uses = consistentUses[purpose];
  if (uses && keyUsage && !uses.some((use) => keyUsage.has(use))) return 'extended-key-usage';
  if (purpose === purposes.serverAuth && !isServerChain(chain)) return 'server-profile';
  if (purpose === purposes.timeStamping && !isTimeStampUnit(chain[0])) return 'time-stamp-profile';
  return purpose === purposes.codeSigning && !isCodeSigner(chain[0]) ? 'code-profile' : undefined;
}

/** RFC 3161 §2.3: for nothing but time stamps, and critically so; nor an authority's key. */
function isTimeStampUnit({ certificate, purposes: allowed, keyUsage }: PathCertificate): boolean {
  return (
    allowed?.length === 1 &&
    allowed[0] === purposes.timeStamping &&
    certificate.extensions.get(extensionIds.extendedKeyUsage)?.critical === true &&
    !isAuthoritative(keyUsage)
  );
}

/** CA/Browser Forum Code Signing Baseline Requirements §7.1.2.3. */
function isCodeSigner({ certificate, purposes: allowed = [], keyUsage }: PathCertificate): boolean {
  return (
    allowed.includes(purposes.codeSigning) &&
    !allowed.includes(purposes.any) &&
    !allowed.includes(purposes.serverAuth) &&
    certificate.extensions.get(extensionIds.keyUsage)?.critical === true &&
    !isAuthoritative(keyUsage)
  );
}

function isAuthoritative(keyUsage: ReadonlySet<KeyUsage> | undefined): boolean {
  return keyUsage?.has('keyCertSign') === true || keyUsage?.has('cRLSign') === true;
}

/** Extensions that RFC 5280 §4.2.1.11 and §4.2.1.14 want critical; before it they need not be, and are obeyed anyway. */
const policyRestrictions = [extensionIds.policyConstraints, extensionIds.inhibitAnyPolicy];

/** What the CA/Browser Forum's Baseline Requirements §7.1.2 ask of a server and those above it. */
function isServerChain(chain: Chain): boolean {
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
