import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import {
  childrenOf,
  DerError,
  type DerNode,
  expectTag,
  readBitString,
  readBoolean,
  readDer,
  readInteger,
  readOid,
  readSmallInteger,
  readTime,
  tag,
} from '../der/der.ts';
import { canonicalName, formatName, type ReadAttribute, readName } from './names.ts';

export { attributeTypes, encodeName, formatName, type NameAttribute } from './names.ts';
export { readPem } from './pem.ts';

/** An extension as it stands in a certificate or a CRL. */
export interface Extension {
  readonly critical: boolean;
  /** The DER inside the OCTET STRING. */
  readonly value: Buffer;
}

/** An X.509 version 3 certificate (RFC 5280 §4.1), parsed strictly. */
export interface Certificate {
  readonly der: Buffer;
  /** TBSCertificate, the bytes that are signed. */
  readonly tbs: Buffer;
  readonly version: number;
  /** Contents of the INTEGER. */
  readonly serial: Buffer;
  readonly serialHex: string;
  /** SHA-256 of the DER, lower-case hexadecimal. */
  readonly fingerprint: string;
  /** DER of AlgorithmIdentifier; the one inside and the one outside are the same (§4.1.1.2). */
  readonly signatureAlgorithm: Buffer;
  readonly signature: Buffer;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly subjectPublicKeyInfo: Buffer;
  /** The key, as node:crypto reads it. @throws Error when it knows no such key. */
  publicKey(): KeyObject;
  readonly extensions: ReadonlyMap<string, Extension>;
}

export interface DistinguishedName {
  readonly der: Buffer;
  readonly attributes: ReadAttribute[][];
  /** Equal names have equal canonical forms (§7.1). */
  readonly canonical: string;
  toString(): string;
}

function distinguishedName(node: DerNode): DistinguishedName {
  const attributes = readName(node);
  let canonical: string | undefined; // most names of most certificates are compared with nothing
  return {
    der: node.bytes,
    attributes,
    get canonical() {
      canonical ??= canonicalName(attributes);
      return canonical;
    },
    toString: () => formatName(attributes),
  };
}

/** @throws DerError when it is no certificate, also when the encoding is BER only. */
export function parseCertificate(der: Uint8Array): Certificate {
  const whole = readDer(der);
  const [tbs, outerAlgorithm, signature, ...rest] = childrenOf(whole, tag.sequence);
  if (!tbs || !outerAlgorithm || rest.length > 0) throw new DerError('not a certificate');
  const parts = childrenOf(tbs, tag.sequence);
  const version = parts[0]?.tag === 0xa0 ? readVersion(parts.shift()) : 1;
  const [serial, innerAlgorithm, issuer, validity, subject, spki, ...optional] = parts;
  if (!issuer || !subject || !spki || !innerAlgorithm) throw new DerError('not a certificate');
  if (!innerAlgorithm.bytes.equals(outerAlgorithm.bytes))
    throw new DerError('two signature algorithms that differ (RFC 5280 §4.1.1.2)');
  const [notBefore, notAfter, ...surplus] = childrenOf(validity, tag.sequence);
  if (surplus.length > 0) throw new DerError('more than two times of validity');
  const subjectPublicKeyInfo = expectTag(spki, tag.sequence).bytes;
  let key: KeyObject | undefined;
  return {
    der: whole.bytes,
    tbs: tbs.bytes,
    version,
    serial: readInteger(serial),
    serialHex: readInteger(serial).toString('hex'),
    get fingerprint() {
      return createHash('sha256').update(whole.bytes).digest('hex');
    },
    signatureAlgorithm: outerAlgorithm.bytes,
    signature: readBitString(signature).bytes,
    issuer: distinguishedName(issuer),
    subject: distinguishedName(subject),
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    subjectPublicKeyInfo,
    publicKey: () => {
      key ??= createPublicKey({ key: subjectPublicKeyInfo, format: 'der', type: 'spki' });
      return key;
    },
    extensions: readExtensions(optional, version),
  };
}

function readVersion(node: DerNode | undefined): number {
  const [version, ...rest] = node?.children() ?? [];
  const number = readSmallInteger(version);
  if (rest.length > 0 || number === 0 || number > 2) throw new DerError('a version that X.509 does not have');
  return number + 1;
}

function readExtensions(optional: readonly DerNode[], version: number): ReadonlyMap<string, Extension> {
  const last = optional.at(-1);
  // issuerUniqueID [1], subjectUniqueID [2], extensions [3]: each once, in this order
  const tags = optional.map((node) => node.tag);
  if (tags.some((one, index) => ![0x81, 0x82, 0xa3].includes(one) || one <= (tags[index - 1] ?? 0)))
    throw new DerError('an unknown, repeated or misplaced part of a certificate');
  if (version === 1 && tags.length > 0) throw new DerError('parts that version 1 does not have');
  if (last?.tag !== 0xa3) return new Map();
  if (version !== 3) throw new DerError('extensions need version 3');
  const [list, ...rest] = last.children();
  if (rest.length > 0) throw new DerError('two lists of extensions');
  return readExtensionList(list);
}

/** Extensions ::= SEQUENCE OF Extension; one of a kind each (RFC 5280 §4.2). */
export function readExtensionList(list: DerNode | undefined): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  for (const node of childrenOf(list, tag.sequence)) {
    const parts = childrenOf(node, tag.sequence);
    const type = readOid(parts[0]);
    const critical = parts[1]?.tag === tag.boolean && readBoolean(parts[1]);
    if (parts[1]?.tag === tag.boolean && !critical) throw new DerError('a default value that DER leaves out');
    const value = expectTag(parts.at(-1), tag.octetString);
    if (parts.length > (critical ? 3 : 2) || extensions.has(type))
      throw new DerError('a malformed or repeated extension');
    extensions.set(type, { critical, value: value.contents });
  }
  if (extensions.size === 0) throw new DerError('an empty list of extensions');
  return extensions;
}

/** The DER inside each PEM of a text (RFC 7468), of one label or of any, in order. */
export function pemBodies(text: string, label = '[A-Z0-9 ]+'): Buffer[] {
  const pem = new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`, 'g');
  return [...text.matchAll(pem)].map((match) => Buffer.from(match[1] ?? '', 'base64'));
}

export function toPem(der: Uint8Array, label = 'CERTIFICATE'): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** SHA-1 over the bits of the key: the usual key identifier (RFC 5280 §4.2.1.2 (1)), and OCSP's issuerKeyHash. */
export function keyIdentifier(subjectPublicKeyInfo: Uint8Array): Buffer {
  const [, key] = childrenOf(readDer(subjectPublicKeyInfo), tag.sequence);
  return createHash('sha1').update(readBitString(key).bytes).digest();
}
