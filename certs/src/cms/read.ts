import { algorithmIds } from '../certificate/algorithms.ts';
import { canonicalName, readName } from '../certificate/names.ts';
import {
  childrenOf,
  DerError,
  type DerNode,
  enumerated,
  expectTag,
  explicit,
  octetString,
  oid,
  readDer,
  readInteger,
  readOid,
  readSmallInteger,
  readTime,
  sequence,
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
  /** The signer's own word (RFC 5652 §11.3). */
  readonly signingTime: Date | undefined;
  readonly timeStampTokens: readonly Buffer[];
  /** Tokens over the signature with everything that proves it (ETSI EN 319 122-1 §5.5.3). */
  readonly archiveTimeStampTokens: readonly Buffer[];
  /** DER of the ATSHashIndexV3, in the token of an archive time stamp. */
  readonly hashIndex: Buffer | undefined;
  /** Signatures of others over this signature's value (RFC 5652 §11.4): a SignerInfo each, in DER; see {@link readCounterSigner}. */
  readonly counterSigners: readonly Buffer[];
  /** What an archive time stamp is computed over, as it stands in the file. */
  readonly encoded: EncodedParts;
  /** C2SP tlog-proof text of our own log. */
  readonly inclusionProof: Buffer | undefined;
}

/** Parts of a SignedData in their encoded form, tag and length included. */
export interface EncodedParts {
  /** `encapContentInfo.eContentType`. */
  readonly contentType: Buffer;
  /** version, sid, digestAlgorithm, signedAttrs, signatureAlgorithm, signature of the SignerInfo, in order. */
  readonly signer: Buffer;
  /** Every CertificateChoices. */
  readonly certificates: readonly Buffer[];
  /** Every RevocationInfoChoice. */
  readonly revocation: readonly Buffer[];
  /** Of each value of each unsigned attribute: the attribute's type, then the value. */
  readonly unsigned: readonly Buffer[];
}

/** Not exactly one SignerInfo: an attack with a name of its own. */
export class SignerCountError extends Error {}

/**
 * Reads a CMS with its one signer; BER around the signed attributes is taken (RFC 5652 §2), everything in it is held to the
 * letter.
 *
 * @param padding `zeros`: zeros may follow, as in `/Contents`
 * @throws DerError, SignerCountError
 */
export function readCms(bytes: Buffer, padding: 'zeros' | 'none'): CmsSignedData {
  const [only, ...others] = readSigners(bytes, padding);
  if (!only || others.length > 0) throw new SignerCountError(`${only ? others.length + 1 : 0} signers`);
  return only;
}

/** Signers of one CMS that are looked at. */
const mostSigners = 100;

/**
 * {@link readCms} of a CMS that may have several signers, each with what they share: parallel signatures over one content
 * (RFC 5652 §5).
 *
 * @throws DerError, SignerCountError for none, or too many
 */
export function readSigners(bytes: Buffer, padding: 'zeros' | 'none'): CmsSignedData[] {
  const [type, wrapped, ...more] = childrenOf(readDer(derOfBer(bytes, padding)), tag.sequence);
  if (readOid(type) !== cmsOids.signedData || more.length > 0) throw new DerError('not signed data');
  const [signedData, ...others] = childrenOf(wrapped, 0xa0);
  if (others.length > 0) throw new DerError('not signed data');
  const [version, digests, content, ...rest] = childrenOf(signedData, tag.sequence);
  const certificates = (rest[0]?.tag === 0xa0 ? rest.shift()?.children() : undefined) ?? [];
  const revocation = (rest[0]?.tag === 0xa1 ? rest.shift()?.children() : undefined) ?? [];
  const [signers, ...tail] = rest;
  if (tail.length > 0) throw new DerError('more than signed data');
  const infos = childrenOf(signers, tag.set);
  if (infos.length === 0 || infos.length > mostSigners) throw new SignerCountError(`${infos.length} signers`);
  const { contentType, encodedType, octets } = readContent(content);
  const number = readSmallInteger(version);
  if (![1, 3, 4, 5].includes(number)) throw new DerError('an unknown version of signed data');
  const stored = readRevocationInfo(revocation);
  const shared = {
    version: number,
    digestAlgorithms: childrenOf(digests, tag.set).map(readAlgorithm),
    contentType,
    content: octets,
    // Attribute certificates and others ([0], [1], …) are of no use here.
    certificates: certificates.filter((node) => node.tag === tag.sequence).map((node) => node.bytes),
  };
  const bytesOf = (nodes: readonly DerNode[]) => nodes.map((node) => node.bytes);
  return infos.map((info) => {
    const { encoded, ...signer } = readSignerInfo(info, contentType);
    return {
      ...shared,
      ...signer,
      crls: [...stored.crls, ...signer.crls],
      ocspResponses: [...stored.ocspResponses, ...signer.ocspResponses],
      encoded: {
        contentType: encodedType,
        certificates: bytesOf(certificates),
        revocation: bytesOf(revocation),
        ...encoded,
      },
    };
  });
}

/**
 * Reads a counter-signature of a CMS: what it signs is the octets of the signature value, and it names no type of content
 * (RFC 5652 §11.4).
 *
 * @throws DerError
 */
export function readCounterSigner(cms: CmsSignedData, bytes: Buffer): CmsSignedData {
  const { encoded, ...signer } = readSignerInfo(readDer(bytes), undefined);
  return {
    ...cms,
    ...signer,
    contentType: cmsOids.data,
    content: cms.signature,
    crls: [...cms.crls, ...signer.crls],
    ocspResponses: [...cms.ocspResponses, ...signer.ocspResponses],
    encoded: { ...cms.encoded, ...encoded },
  };
}

/** EncapsulatedContentInfo (RFC 5652 §5.2). */
function readContent(node: DerNode | undefined) {
  const [type, inner, ...overflow] = childrenOf(node, tag.sequence);
  const [octets, ...second] = inner ? childrenOf(inner, 0xa0) : [];
  if (!type || overflow.length > 0 || second.length > 0) throw new DerError('two contents');
  return {
    contentType: readOid(type),
    encodedType: type.bytes,
    octets: octets && expectTag(octets, tag.octetString).contents,
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
    if (!info) return [];
    const type = readOid(format);
    if (type === cmsOids.ocspResponse) return [info.bytes];
    return type === cmsOids.basicOcspResponse ? [wholeOcspResponse(info.bytes)] : [];
  });
  return { crls: choices.filter((node) => node.tag === tag.sequence).map(({ bytes }) => bytes), ocspResponses };
}

/** OCSPResponse `successful` around a BasicOCSPResponse (RFC 6960 §4.2.1). */
function wholeOcspResponse(basic: Buffer): Buffer {
  const bytes = sequence(oid(cmsOids.basicOcspResponse), octetString(basic));
  return sequence(enumerated(0), explicit(0, bytes));
}

type SignerPart = Omit<
  CmsSignedData,
  'version' | 'digestAlgorithms' | 'contentType' | 'content' | 'certificates' | 'crls' | 'ocspResponses' | 'encoded'
> &
  RevocationMaterial & { readonly encoded: Pick<EncodedParts, 'signer' | 'unsigned'> };

/** @param contentType of what is signed; none of a counter-signature */
function readSignerInfo(info: DerNode, contentType: string | undefined): SignerPart {
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
  if (!signed && contentType !== undefined && contentType !== cmsOids.data) throw new DerError('no signed attributes');
  const attributes = readAttributes(signed);
  if (contentType === undefined && attributes.has(cmsOids.contentType))
    throw new DerError('a counter-signature with a content type');
  if (signed && contentType !== undefined && readOid(one(attributes, cmsOids.contentType)) !== contentType)
    throw new DerError('content types that differ');
  const others = readAttributes(unsigned && expectTag(unsigned, 0xa1));
  const proof = others.get(cmsOids.inclusionProof);
  const index = others.get(cmsOids.atsHashIndexV3);
  const fields = [version, identifier, digest, signed, algorithm, signature];
  return {
    signer,
    digestAlgorithm: readAlgorithm(digest),
    signedAttributes: signed && Buffer.concat([Buffer.of(tag.set), signed.bytes.subarray(1)]),
    messageDigest: signed && expectTag(one(attributes, cmsOids.messageDigest), tag.octetString).contents,
    certificateBinding: readCertificateBinding(attributes),
    signatureAlgorithm: expectTag(algorithm, tag.sequence).bytes,
    signature: expectTag(signature, tag.octetString).contents,
    signingTime: readSigningTime(attributes),
    timeStampTokens: (others.get(cmsOids.signatureTimeStamp) ?? []).map(({ bytes }) => bytes),
    archiveTimeStampTokens: (others.get(cmsOids.archiveTimeStampV3) ?? []).map(({ bytes }) => bytes),
    counterSigners: (others.get(cmsOids.counterSignature) ?? []).map(({ bytes }) => bytes),
    hashIndex: index && expectTag(one(others, cmsOids.atsHashIndexV3), tag.sequence).bytes,
    encoded: {
      signer: Buffer.concat(fields.flatMap((field) => (field ? [field.bytes] : []))),
      unsigned: (unsigned?.children() ?? []).flatMap(encodedValues),
    },
    inclusionProof: proof && expectTag(one(others, cmsOids.inclusionProof), tag.octetString).contents,
    ...readAdobeRevocationInfo(attributes),
  };
}

function readSignerIdentifier(node: DerNode | undefined): SignerIdentifier {
  if (node?.tag === 0x80) return { kind: 'key-identifier', keyIdentifier: node.contents };
  const [issuer, serial, ...rest] = childrenOf(node, tag.sequence);
  if (!issuer || rest.length > 0) throw new DerError('a malformed signer');
  const name = readName(issuer);
  return {
    kind: 'issuer-and-serial',
    get issuer() {
      return canonicalName(name); // asked for once, or never
    },
    serial: readInteger(serial),
  };
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

/** Only a word of the signer's: one that cannot be read decides nothing. */
function readSigningTime(attributes: Attributes): Date | undefined {
  try {
    return readTime(attributes.get(cmsOids.signingTime)?.[0]);
  } catch {
    return undefined;
  }
}

/** Type and value of each value of an attribute, as an archive time stamp counts them (EN 319 122-1 §5.5.2). */
function encodedValues(attribute: DerNode): Buffer[] {
  const [type, values] = childrenOf(attribute, tag.sequence);
  return childrenOf(values, tag.set).map((value) => Buffer.concat([(type ?? value).bytes, value.bytes]));
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
