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
} from '@edutrust/certs/der';
import { inclusionProofOid, oids } from '../pades/oid.ts';

/** A CMS SignedData with its one signer, parsed strictly (RFC 5652 §5). */
export interface CmsSignature {
  /** Type of what is signed. */
  readonly contentType: string;
  /** What is signed, when it is inside. */
  readonly content: Buffer | undefined;
  readonly certificates: readonly Buffer[];
  readonly signer: { readonly issuer: Buffer; readonly serial: Buffer };
  readonly digestAlgorithm: string;
  /** As a SET OF: the bytes that the signature is over. */
  readonly signedAttributes: Buffer;
  readonly messageDigest: Buffer;
  /** Of the signer's certificate, by ESS signing-certificate-v2 (RFC 5035 §3). */
  readonly certificateHash: { readonly algorithm: string; readonly hash: Buffer } | undefined;
  /** AlgorithmIdentifier. */
  readonly signatureAlgorithm: DerNode;
  readonly signature: Buffer;
  readonly timeStampTokens: readonly Buffer[];
  readonly hasInclusionProof: boolean;
}

/** Not exactly one SignerInfo: told apart because it is an attack with a name of its own. */
export class SignerCountError extends Error {}

/**
 * Reads a CMS. With `padding`, zeros may follow it, as in `/Contents`.
 *
 * @throws DerError when it is not DER or not by RFC 5652, `SignerCountError`
 */
export function readCms(bytes: Buffer, padding: 'zeros' | 'none'): CmsSignature {
  const der = padding === 'zeros' ? withoutZeros(bytes) : bytes;
  const [type, wrapped, ...more] = childrenOf(readDer(der), tag.sequence);
  if (readOid(type) !== oids.signedData || more.length > 0) throw new DerError('not signed data');
  const [signedData] = childrenOf(wrapped, 0xa0);
  const [version, digests, content, ...rest] = childrenOf(signedData, tag.sequence);
  if (![1, 3, 4, 5].includes(readSmallInteger(version))) throw new DerError('an unknown version of signed data');
  expectTag(digests, tag.set);
  const certificates = rest[0]?.tag === 0xa0 ? rest.shift()?.children() : undefined;
  if (rest[0]?.tag === 0xa1) rest.shift();
  const [signers, ...tail] = rest;
  if (tail.length > 0) throw new DerError('more than signed data');
  const infos = childrenOf(signers, tag.set);
  const [info] = infos;
  if (!info || infos.length !== 1) throw new SignerCountError(`${infos.length} signers`);
  const [contentType, inner, ...overflow] = childrenOf(content, tag.sequence);
  if (overflow.length > 0) throw new DerError('two contents');
  return {
    contentType: readOid(contentType),
    content: inner ? expectTag(childrenOf(inner, 0xa0)[0], tag.octetString).contents : undefined,
    // Attribute certificates and others ([0], [1], …) are of no use here.
    certificates: (certificates ?? []).filter((node) => node.tag === tag.sequence).map((node) => node.bytes),
    ...readSignerInfo(info, readOid(contentType)),
  };
}

/** Bytes behind the outermost element must be zero: nothing may hide there. */
function withoutZeros(bytes: Buffer): Buffer {
  const first = bytes[1] ?? 0;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 4 || bytes.length < 2 + lengthBytes) throw new DerError('no length');
  const end = 2 + lengthBytes + (lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes));
  if (!bytes.subarray(end).equals(Buffer.alloc(Math.max(0, bytes.length - end))))
    throw new DerError('bytes behind the signature');
  return bytes.subarray(0, end);
}

type SignerPart = Omit<CmsSignature, 'contentType' | 'content' | 'certificates'>;

function readSignerInfo(info: DerNode, contentType: string): SignerPart {
  const parts = childrenOf(info, tag.sequence);
  const [version, identifier, digest] = parts.splice(0, 3);
  if (readSmallInteger(version) !== 1) throw new DerError('a signer without issuer and serial number');
  const [issuer, serial] = childrenOf(identifier, tag.sequence);
  const signed = expectTag(parts.shift(), 0xa0);
  const [signatureAlgorithm, signature, unsigned, ...rest] = parts;
  if (!issuer || !signatureAlgorithm || rest.length > 0) throw new DerError('a malformed signer');
  const attributes = readAttributes(signed);
  if (readOid(one(attributes, oids.contentType)) !== contentType) throw new DerError('content types that differ');
  const certificate = attributes.get(oids.signingCertificateV2);
  const proof = readAttributes(unsigned && expectTag(unsigned, 0xa1));
  return {
    signer: { issuer: issuer.bytes, serial: readInteger(serial) },
    digestAlgorithm: readOid(childrenOf(digest, tag.sequence)[0]),
    signedAttributes: Buffer.concat([Buffer.of(tag.set), signed.bytes.subarray(1)]),
    messageDigest: expectTag(one(attributes, oids.messageDigest), tag.octetString).contents,
    certificateHash: certificate && readCertificateHash(certificate),
    signatureAlgorithm,
    signature: expectTag(signature, tag.octetString).contents,
    timeStampTokens: (proof.get(oids.signatureTimeStamp) ?? []).map(({ bytes }) => bytes),
    hasInclusionProof: unsigned?.bytes.includes(inclusionProofOid) ?? false,
  };
}

/** Attributes by type, each at most once (RFC 5652 §11). */
function readAttributes(set: DerNode | undefined): ReadonlyMap<string, readonly DerNode[]> {
  const attributes = new Map<string, readonly DerNode[]>();
  for (const attribute of set?.children() ?? []) {
    const [type, values, ...rest] = childrenOf(attribute, tag.sequence);
    const id = readOid(type);
    if (rest.length > 0 || attributes.has(id)) throw new DerError('a malformed or repeated attribute');
    attributes.set(id, childrenOf(values, tag.set));
  }
  return attributes;
}

function one(attributes: ReadonlyMap<string, readonly DerNode[]>, id: string): DerNode {
  const [value, ...more] = attributes.get(id) ?? [];
  if (!value || more.length > 0) throw new DerError(`attribute ${id} is not there exactly once`);
  return value;
}

/** The first ESSCertIDv2, which is the signer's (RFC 5035 §3). */
function readCertificateHash(values: readonly DerNode[]): CmsSignature['certificateHash'] {
  const [certificates] = childrenOf(values.length === 1 ? values[0] : undefined, tag.sequence);
  const [first] = childrenOf(certificates, tag.sequence);
  const parts = childrenOf(first, tag.sequence);
  const algorithm = parts[0]?.tag === tag.sequence ? readOid(parts.shift()?.children()[0]) : oids.sha256;
  return { algorithm, hash: expectTag(parts[0], tag.octetString).contents };
}
