import { algorithmIds } from '../certificate/algorithms.ts';
import { canonicalName, readName } from '../certificate/names.ts';
import {
  childrenOf,
  DerError,
  type DerNode,
  expectTag,
  readDer,
  readInteger,
  readOid,
  readSmallInteger,
  tag,
} from '../der/der.ts';
import { derOfBer } from './ber.ts';
import { cmsOids } from './oid.ts';

/** How a SignerInfo names its certificate (RFC 5652 §5.3). */
export type SignerIdentifier =
  /** `issuer` in canonical form (RFC 5280 §7.1): programs write one name with several string types. */
  | { readonly kind: 'issuer-and-serial'; readonly issuer: string; readonly serial: Buffer }
  | { readonly kind: 'key-identifier'; readonly keyIdentifier: Buffer };

/** ESSCertID or ESSCertIDv2 of the signer's certificate (RFC 5035 §3, §4). */
export interface CertificateBinding {
  /** Object identifier of the hash; SHA-1 in the first version. */
  readonly algorithm: string;
  readonly hash: Buffer;
  readonly issuerSerial: { readonly issuer: string; readonly serial: Buffer } | undefined;
}

/** A CMS SignedData with its one signer (RFC 5652 §5). Certificates, lists and responses are material, trusted by nothing. */
export interface CmsSignedData {
  readonly version: number;
  readonly digestAlgorithms: readonly string[];
  /** Type of what is signed. */
  readonly contentType: string;
  /** What is signed, when it is inside. */
  readonly content: Buffer | undefined;
  readonly certificates: readonly Buffer[];
  readonly crls: readonly Buffer[];
  readonly ocspResponses: readonly Buffer[];
  readonly signer: SignerIdentifier;
  readonly digestAlgorithm: string;
  /** The SET OF in DER: the bytes that the signature is over. `undefined`: it is over the content itself (§5.4). */
  readonly signedAttributes: Buffer | undefined;
  readonly messageDigest: Buffer | undefined;
  readonly certificateBinding: CertificateBinding | undefined;
  /** DER of the AlgorithmIdentifier. */
  readonly signatureAlgorithm: Buffer;
  readonly signature: Buffer;
  readonly timeStampTokens: readonly Buffer[];
  /** C2SP tlog-proof text of our own log. */
  readonly inclusionProof: Buffer | undefined;
}

/** Not exactly one SignerInfo: an attack with a name of its own. */
export class SignerCountError extends Error {}

/**
 * Reads a CMS; BER around the signed attributes is taken (RFC 5652 §2), everything in it is held to the letter.
 *
 * @param padding `zeros`: zeros may follow, as in `/Contents`
 * @throws DerError, SignerCountError
 */
export function readCms(bytes: Buffer, padding: 'zeros' | 'none'): CmsSignedData {
  const [type, wrapped, ...more] = childrenOf(readDer(derOfBer(bytes, padding)), tag.sequence);
  if (readOid(type) !== cmsOids.signedData || more.length > 0) throw new DerError('not signed data');
  const [signedData, ...others] = childrenOf(wrapped, 0xa0);
  if (others.length > 0) throw new DerError('not signed data');
  const [version, digests, content, ...rest] = childrenOf(signedData, tag.sequence);
  const certificates = rest[0]?.tag === 0xa0 ? rest.shift()?.children() : undefined;
  const revocation = rest[0]?.tag === 0xa1 ? rest.shift()?.children() : undefined;
  const [signers, ...tail] = rest;
  if (tail.length > 0) throw new DerError('more than signed data');
  const infos = childrenOf(signers, tag.set);
  const [info] = infos;
  if (!info || infos.length !== 1) throw new SignerCountError(`${infos.length} signers`);
  const [contentTypeNode, inner, ...overflow] = childrenOf(content, tag.sequence);
  const [octets, ...second] = inner ? childrenOf(inner, 0xa0) : [];
  if (overflow.length > 0 || second.length > 0) throw new DerError('two contents');
  const number = readSmallInteger(version);
  if (![1, 3, 4, 5].includes(number)) throw new DerError('an unknown version of signed data');
  const contentType = readOid(contentTypeNode);
  const signer = readSignerInfo(info, contentType);
  const stored = readRevocationInfo(revocation ?? []);
  return {
    version: number,
    digestAlgorithms: childrenOf(digests, tag.set).map(readAlgorithm),
    contentType,
    content: octets && expectTag(octets, tag.octetString).contents,
    // Attribute certificates and others ([0], [1], …) are of no use here.
    certificates: (certificates ?? []).filter((node) => node.tag === tag.sequence).map((node) => node.bytes),
    ...signer,
    crls: [...stored.crls, ...signer.crls],
    ocspResponses: [...stored.ocspResponses, ...signer.ocspResponses],
  };
}

function readAlgorithm(node: DerNode): string {
  return readOid(childrenOf(node, tag.sequence)[0]);
}

interface RevocationMaterial {
  readonly crls: readonly Buffer[];
  readonly ocspResponses: readonly Buffer[];
}

/** RevocationInfoChoices (RFC 5652 §10.2.1): CRLs as they are, others under `[1]` (RFC 5940). */
function readRevocationInfo(choices: readonly DerNode[]): RevocationMaterial {
  const ocspResponses = choices.flatMap((node) => {
    if (node.tag !== 0xa1) return [];
    const [format, info] = node.children();
    return info && readOid(format) === cmsOids.ocspResponse ? [info.bytes] : [];
  });
  return { crls: choices.filter((node) => node.tag === tag.sequence).map(({ bytes }) => bytes), ocspResponses };
}

type SignerPart = Omit<
  CmsSignedData,
  'version' | 'digestAlgorithms' | 'contentType' | 'content' | 'certificates' | 'crls' | 'ocspResponses'
> &
  RevocationMaterial;

function readSignerInfo(info: DerNode, contentType: string): SignerPart {
  const parts = childrenOf(info, tag.sequence);
  const [version, identifier, digest] = parts.splice(0, 3);
  const signer = readSignerIdentifier(identifier);
  // §5.3: the version follows from how the certificate is named.
  if (readSmallInteger(version) !== (signer.kind === 'issuer-and-serial' ? 1 : 3))
    throw new DerError('a signer of another version');
  const signed = parts[0]?.tag === 0xa0 ? parts.shift() : undefined;
  const [algorithm, signature, unsigned, ...rest] = parts;
  if (!algorithm || !digest || rest.length > 0) throw new DerError('a malformed signer');
  // §5.4: without signed attributes only plain data can be signed.
  if (!signed && contentType !== cmsOids.data) throw new DerError('no signed attributes');
  const attributes = readAttributes(signed);
  if (signed && readOid(one(attributes, cmsOids.contentType)) !== contentType)
    throw new DerError('content types that differ');
  const others = readAttributes(unsigned && expectTag(unsigned, 0xa1));
  const proof = others.get(cmsOids.inclusionProof);
  return {
    signer,
    digestAlgorithm: readAlgorithm(digest),
    signedAttributes: signed && Buffer.concat([Buffer.of(tag.set), signed.bytes.subarray(1)]),
    messageDigest: signed && expectTag(one(attributes, cmsOids.messageDigest), tag.octetString).contents,
    certificateBinding: readCertificateBinding(attributes),
    signatureAlgorithm: expectTag(algorithm, tag.sequence).bytes,
    signature: expectTag(signature, tag.octetString).contents,
    timeStampTokens: (others.get(cmsOids.signatureTimeStamp) ?? []).map(({ bytes }) => bytes),
    inclusionProof: proof && expectTag(one(others, cmsOids.inclusionProof), tag.octetString).contents,
    ...readAdobeRevocationInfo(attributes),
  };
}

function readSignerIdentifier(node: DerNode | undefined): SignerIdentifier {
  if (node?.tag === 0x80) return { kind: 'key-identifier', keyIdentifier: node.contents };
  const [issuer, serial, ...rest] = childrenOf(node, tag.sequence);
  if (!issuer || rest.length > 0) throw new DerError('a malformed signer');
  return { kind: 'issuer-and-serial', issuer: canonicalName(readName(issuer)), serial: readInteger(serial) };
}

type Attributes = ReadonlyMap<string, readonly DerNode[]>;

/** Attributes by type: a signed one stands once (RFC 5652 §11); of unsigned ones of a type all values count. */
function readAttributes(set: DerNode | undefined): Attributes {
  const attributes = new Map<string, readonly DerNode[]>();
  const isSigned = set?.tag === 0xa0;
  for (const attribute of set?.children() ?? []) {
    const [type, values, ...rest] = childrenOf(attribute, tag.sequence);
    const id = readOid(type);
    const known = attributes.get(id);
    if (rest.length > 0 || (isSigned && known)) throw new DerError('a malformed or repeated attribute');
    attributes.set(id, [...(known ?? []), ...childrenOf(values, tag.set)]);
  }
  return attributes;
}

function one(attributes: Attributes, id: string): DerNode {
  const [value, ...more] = attributes.get(id) ?? [];
  if (!value || more.length > 0) throw new DerError(`attribute ${id} is not there exactly once`);
  return value;
}

/** The first ESSCertIDv2, which is the signer's (RFC 5035 §3); the older ESSCertID where it stands alone. */
function readCertificateBinding(attributes: Attributes): CertificateBinding | undefined {
  const isSecond = attributes.has(cmsOids.signingCertificateV2);
  const id = isSecond ? cmsOids.signingCertificateV2 : cmsOids.signingCertificate;
  if (!attributes.has(id)) return undefined;
  const [certificates] = childrenOf(one(attributes, id), tag.sequence);
  const [first] = childrenOf(certificates, tag.sequence);
  const parts = childrenOf(first, tag.sequence);
  const isNamed = isSecond && parts[0]?.tag === tag.sequence;
  const algorithm = isNamed
    ? readAlgorithm(parts.shift() as DerNode)
    : isSecond
      ? algorithmIds.sha256
      : algorithmIds.sha1; // was just found
  const [hash, issuerSerial, ...rest] = parts;
  if (rest.length > 0) throw new DerError('a malformed certificate identifier');
  return {
    algorithm,
    hash: expectTag(hash, tag.octetString).contents,
    issuerSerial: issuerSerial && readIssuerSerial(issuerSerial),
  };
}

/** IssuerSerial: one directory name, and the serial number (RFC 5035 §5). */
function readIssuerSerial(node: DerNode): CertificateBinding['issuerSerial'] {
  const [names, serial] = childrenOf(node, tag.sequence);
  const [name, ...others] = childrenOf(names, tag.sequence);
  if (name?.tag !== 0xa4 || others.length > 0) return undefined; // another kind of name: nothing to compare with
  const [directoryName] = name.children();
  if (!directoryName) throw new DerError('a malformed certificate identifier');
  return { issuer: canonicalName(readName(directoryName)), serial: readInteger(serial) };
}

/** RevocationInfoArchival: `[0]` CRLs, `[1]` OCSP responses (ISO 32000-1 §12.8.3.3.2). */
function readAdobeRevocationInfo(attributes: Attributes): RevocationMaterial {
  const [archival] = attributes.get(cmsOids.adobeRevocationInfo) ?? [];
  const parts = archival?.tag === tag.sequence ? archival.children() : [];
  const listAt = (tagByte: number) => {
    const [list] = parts.find((part) => part.tag === tagByte)?.children() ?? [];
    return list?.tag === tag.sequence ? list.children().map(({ bytes }) => bytes) : [];
  };
  return { crls: listAt(0xa0), ocspResponses: listAt(0xa1) };
}
