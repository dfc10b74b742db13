import {
  childrenOf,
  DerError,
  element,
  explicit,
  integer,
  oid,
  readDer,
  readOid,
  sequence,
  setOf,
  tag,
} from '../der/der.ts';
import { derOfBer } from './ber.ts';
import { cmsOids } from './oid.ts';

/** What is added to a signature that is made already, DER. */
export interface CmsAddition {
  readonly certificates?: readonly Uint8Array[];
  readonly crls?: readonly Uint8Array[];
  /** OCSPResponse, each. */
  readonly ocspResponses?: readonly Uint8Array[];
  /** Made by `attribute`. */
  readonly unsignedAttributes?: readonly Uint8Array[];
}

/**
 * Adds material and unsigned attributes to a SignedData with its one signer (ETSI EN 319 122-1 §5.4, §5.5); what was signed
 * and what was there stay byte for byte. Adding the same again changes nothing.
 *
 * @throws DerError
 */
export function extendSignedData(bytes: Buffer, addition: CmsAddition): Buffer {
  const [type, wrapped] = childrenOf(readDer(derOfBer(bytes, 'none')), tag.sequence);
  if (readOid(type) !== cmsOids.signedData) throw new DerError('not signed data');
  const [signedData] = childrenOf(wrapped, 0xa0);
  const [version, digests, content, ...rest] = childrenOf(signedData, tag.sequence);
  if (!version || !digests || !content) throw new DerError('not signed data');
  const bytesOf = (tagByte: number) =>
    rest[0]?.tag === tagByte ? (rest.shift()?.children() ?? []).map((node) => node.bytes) : [];
  const certificates = union(bytesOf(0xa0), addition.certificates);
  const ocsp = (addition.ocspResponses ?? []).map((response) => otherRevocationInfo(response));
  const revocation = union(bytesOf(0xa1), [...(addition.crls ?? []), ...ocsp]);
  const [info, ...others] = childrenOf(rest[0], tag.set);
  if (!info || others.length > 0) throw new DerError('not one signer');
  // §5.1 of RFC 5652: revocation data of another kind than lists makes it version 5.
  const hasOthers = revocation.some(([tagByte]) => tagByte === 0xa1);
  const extended = sequence(
    hasOthers ? integer(5) : version.bytes,
    digests.bytes,
    content.bytes,
    ...(certificates.length > 0 ? [explicit(0, ...certificates)] : []),
    ...(revocation.length > 0 ? [explicit(1, ...revocation)] : []),
    element(tag.set, withUnsigned(info.bytes, addition.unsignedAttributes ?? [])),
  );
  return sequence(oid(cmsOids.signedData), explicit(0, extended));
}

/** OtherRevocationInfoFormat with an OCSPResponse, implicit `[1]` (RFC 5940 §2.1). */
function otherRevocationInfo(response: Uint8Array): Buffer {
  return element(0xa1, oid(cmsOids.ocspResponse), response);
}

function withUnsigned(info: Buffer, added: readonly Uint8Array[]): Buffer {
  if (added.length === 0) return info;
  const parts = childrenOf(readDer(info), tag.sequence);
  const isLast = parts.at(-1)?.tag === 0xa1;
  const present = isLast ? (parts.pop()?.children() ?? []).map((node) => node.bytes) : [];
  const attributes = setOf(...union(present, added));
  return sequence(...parts.map((node) => node.bytes), Buffer.concat([Buffer.of(0xa1), attributes.subarray(1)]));
}

/** In the order of DER (SET OF), each once. */
function union(present: readonly Buffer[], added: readonly Uint8Array[] = []): Buffer[] {
  const all = [...present, ...added.map((bytes) => Buffer.from(bytes))];
  return [...new Map(all.map((bytes) => [bytes.toString('latin1'), bytes])).values()].sort(Buffer.compare);
}
