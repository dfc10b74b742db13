import type { Certificate } from '../certificate/certificate.ts';
import { canonicalName, readName } from '../certificate/names.ts';
import {
  childrenOf,
  DerError,
  type DerNode,
  readBitString,
  readBoolean,
  readDer,
  readOid,
  readSmallInteger,
  tag,
} from '../der/der.ts';

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
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  freshestCrl: '2.5.29.46',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  qcStatements: '1.3.6.1.5.5.7.1.3',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
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
  const isAuthority = parts[0]?.tag === tag.boolean && readBoolean(parts.shift());
  const pathLength = parts.length > 0 ? readSmallInteger(parts.shift()) : undefined;
  if (parts.length > 0) throw new DerError('malformed basic constraints');
  if (!isAuthority && pathLength !== undefined) throw new DerError('a path length without an authority');
  return { isAuthority, pathLength };
}

/** Undefined when the certificate does not restrict the use of its key. */
export function readKeyUsage(certificate: Certificate): ReadonlySet<KeyUsage> | undefined {
  const extension = certificate.extensions.get(extensionIds.keyUsage);
  if (!extension) return undefined;
  const { bytes } = readBitString(readDer(extension.value));
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
  | { readonly kind: 'directory'; readonly relative: readonly string[] }
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
      const [name] = node.children();
      if (!name) throw new DerError('an empty directory name');
      return { kind: 'directory', relative: relativeNames(readName(name)) };
    }
    default:
      return { kind: 'other', tag: node.tag };
  }
}

/** Each relative name in its comparable form. */
export function relativeNames(attributes: Certificate['subject']['attributes']): string[] {
  return attributes.map((relative) => canonicalName([relative]));
}

export function readSubjectAltName(certificate: Certificate): GeneralName[] {
  const extension = certificate.extensions.get(extensionIds.subjectAltName);
  return extension ? childrenOf(readDer(extension.value), tag.sequence).map(readGeneralName) : [];
}

export function readKeyIdentifiers(certificate: Certificate): { own: Buffer | undefined; issuer: Buffer | undefined } {
  const own = certificate.extensions.get(extensionIds.subjectKeyIdentifier);
  const issuer = certificate.extensions.get(extensionIds.authorityKeyIdentifier);
  const issuerParts = issuer ? childrenOf(readDer(issuer.value), tag.sequence) : [];
  return {
    own: own ? readDer(own.value).contents : undefined,
    issuer: issuerParts.find((part) => part.tag === 0x80)?.contents,
  };
}
