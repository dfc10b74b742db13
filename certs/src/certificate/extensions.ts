import {
  childrenOf,
  DerError,
  type DerNode,
  expectTag,
  readBitString,
  readBoolean,
  readDer,
  readOid,
  readSmallInteger,
  tag,
} from '../der/der.ts';
import type { Certificate } from './certificate.ts';
import { canonicalName, readName } from './names.ts';

/** Object identifiers of extensions (RFC 5280 §4.2). */
export const extensionIds = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  issuerAltName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  deltaCrlIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  freshestCrl: '2.5.29.46',
  inhibitAnyPolicy: '2.5.29.54',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  qcStatements: '1.3.6.1.5.5.7.1.3',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
} as const;

/** Purposes of extended key usage (§4.2.1.12) that validation itself speaks of. */
export const purposes = {
  any: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
} as const;

/** Bits of keyUsage (§4.2.1.3). */
export const keyUsageBits = {
  digitalSignature: 0,
  nonRepudiation: 1,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
} as const;
export type KeyUsage = keyof typeof keyUsageBits;

export function readBasicConstraints(
  certificate: Certificate,
): { isAuthority: boolean; pathLength: number | undefined } | undefined {
  const extension = certificate.extensions.get(extensionIds.basicConstraints);
  if (!extension) return undefined;
  const parts = childrenOf(readDer(extension.value), tag.sequence);
  const isWritten = parts[0]?.tag === tag.boolean;
  const isAuthority = isWritten && readBoolean(parts.shift());
  if (isWritten && !isAuthority) throw new DerError('a default value that DER leaves out');
  const pathLength = parts.length > 0 ? readSmallInteger(parts.shift()) : undefined;
  if (parts.length > 0) throw new DerError('malformed basic constraints');
  if (!isAuthority && pathLength !== undefined) throw new DerError('a path length without an authority');
  return { isAuthority, pathLength };
}

/** Undefined when the certificate does not restrict the use of its key. */
export function readKeyUsage(certificate: Certificate): ReadonlySet<KeyUsage> | undefined {
  const extension = certificate.extensions.get(extensionIds.keyUsage);
  if (!extension) return undefined;
  const { bytes, unusedBits } = readBitString(readDer(extension.value));
  if (bytes.every((byte) => byte === 0)) throw new DerError('a key usage without any use');
  // DER ends a list of named bits with its last one (X.690 §11.2.2)
  if (((bytes.at(-1) ?? 0) & (1 << unusedBits)) === 0) throw new DerError('a key usage with zeros behind it');
  const names = Object.entries(keyUsageBits).filter(([, bit]) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
  return new Set(names.map(([name]) => name as KeyUsage));
}

export function readExtendedKeyUsage(certificate: Certificate): readonly string[] | undefined {
  const extension = certificate.extensions.get(extensionIds.extendedKeyUsage);
  if (!extension) return undefined;
  const purposes = childrenOf(readDer(extension.value), tag.sequence).map(readOid);
  if (purposes.length === 0) throw new DerError('an empty list of purposes');
  return purposes;
}

/** The kinds of GeneralName (§4.2.1.6) that we compare. */
export type GeneralName =
  | { readonly kind: 'email' | 'dns' | 'uri'; readonly text: string }
  | { readonly kind: 'ip'; readonly bytes: Buffer }
  | { readonly kind: 'directory'; readonly relative: readonly string[]; readonly canonical: string }
  | { readonly kind: 'other'; readonly tag: number };

export function readGeneralName(node: DerNode): GeneralName {
  const text = () => node.contents.toString('latin1');
  switch (node.tag) {
    case 0x81:
      return { kind: 'email', text: text() };
    case 0x82:
      return { kind: 'dns', text: text() };
    case 0x86:
      return { kind: 'uri', text: text() };
    case 0x87:
      return { kind: 'ip', bytes: node.contents };
    case 0xa4: {
      const [name, ...rest] = node.children();
      if (!name || rest.length > 0) throw new DerError('a malformed directory name');
      return directoryName(readName(name));
    }
    default:
      return { kind: 'other', tag: node.tag };
  }
}

export function directoryName(attributes: Certificate['subject']['attributes']): GeneralName & { kind: 'directory' } {
  const relative = attributes.map((one) => canonicalName([one]));
  return { kind: 'directory', relative, canonical: canonicalName(attributes) };
}

export function readSubjectAltName(certificate: Certificate): GeneralName[] {
  const extension = certificate.extensions.get(extensionIds.subjectAltName);
  if (!extension) return [];
  const names = childrenOf(readDer(extension.value), tag.sequence).map(readGeneralName);
  if (names.length === 0) throw new DerError('an empty list of alternative names');
  return names;
}

/** The key identifiers of the certificate and, as far as it says one, of its issuer (§4.2.1.1, §4.2.1.2). */
export function readKeyIdentifiers({ extensions }: Pick<Certificate, 'extensions'>): {
  own: Buffer | undefined;
  issuer: Buffer | undefined;
} {
  const own = extensions.get(extensionIds.subjectKeyIdentifier);
  const issuer = extensions.get(extensionIds.authorityKeyIdentifier);
  const parts = issuer ? childrenOf(readDer(issuer.value), tag.sequence) : [];
  const tags = parts.map((part) => part.tag).join();
  // authorityCertIssuer and authorityCertSerialNumber come together or not at all
  if (!['', '128', '161,130', '128,161,130'].includes(tags)) throw new DerError('a malformed authority key identifier');
  return {
    own: own && expectTag(readDer(own.value), tag.octetString).contents,
    issuer: parts.find((part) => part.tag === 0x80)?.contents,
  };
}
