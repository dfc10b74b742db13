import { childrenOf, DerError, expectTag, readDer, readOid, readSmallInteger, tag } from '@edutrust/certs/der';
import { validatePath } from '@edutrust/certs/path';
import { readCms } from './cms.ts';
import type { ReasonCode } from './reasons.ts';
import { checkSignatureValue, digestOf } from './signature-value.ts';
import { findSigner } from './signer.ts';

export type TimeStampVerdict =
  | { readonly ok: true; readonly at: Date; readonly authority: string }
  | { readonly ok: false; readonly code: ReasonCode; readonly detail: string };

const tstInfoType = '1.2.840.113549.1.9.16.1.4';
const timeStamping = '1.3.6.1.5.5.7.3.8';

/**
 * Judges a TimeStampToken (RFC 3161 §2.4.2): over these bytes, signed by a time-stamping authority that leads to an
 * anchor at the time that it states.
 *
 * Not `@edutrust/certs/time-stamp`: that door brings the authority and its database into every validation's thread.
 */
export function checkTimeStamp(
  token: Buffer,
  padding: 'zeros' | 'none',
  stamped: readonly Uint8Array[],
  options: {
    readonly anchors: readonly Uint8Array[];
    readonly untrusted: readonly Uint8Array[];
    readonly crls: readonly Uint8Array[];
  },
): TimeStampVerdict {
  const refuse = (code: ReasonCode, detail: string): TimeStampVerdict => ({ ok: false, code, detail });
  try {
    const cms = readCms(token, padding);
    if (cms.contentType !== tstInfoType || !cms.content) return refuse('time-stamp-wrong', 'not a time-stamp token');
    const info = readTstInfo(cms.content);
    const imprint = digestOf(info.imprintAlgorithm, ...stamped);
    if (!imprint) return refuse('algorithm-refused', 'digest of the time stamp');
    if (!imprint.equals(info.imprint)) return refuse('time-stamp-wrong', 'over other bytes');
    if (!digestOf(cms.digestAlgorithm, cms.content)?.equals(cms.messageDigest)) {
      return refuse('time-stamp-wrong', 'its content was changed');
    }
    const untrusted = [...cms.certificates, ...options.untrusted];
    const signer = findSigner(cms, untrusted);
    if (!signer.ok) return refuse('time-stamp-wrong', signer.detail);
    const value = checkSignatureValue(cms, signer.certificate.publicKey());
    if (value !== 'good') return refuse('time-stamp-wrong', `signature ${value}`);
    // The only purpose, and critical (RFC 3161 §2.3).
    const purpose = signer.certificate.extensions.get('2.5.29.37');
    const isOnly = purpose && readPurposes(purpose.value).join() === timeStamping;
    if (!purpose?.critical || !isOnly) return refuse('time-stamp-untrusted', 'not a certificate for time stamps');
    const path = validatePath({
      leaf: signer.certificate.der,
      untrusted,
      anchors: options.anchors,
      crls: options.crls,
      at: info.at,
      extendedKeyUsage: timeStamping,
    });
    if (path.verdict !== 'valid') return refuse('time-stamp-untrusted', path.refused.sentence);
    return { ok: true, at: info.at, authority: signer.certificate.subject.toString() };
  } catch {
    // The parsers throw on what is not DER or not by the book.
    return refuse('time-stamp-wrong', 'malformed');
  }
}

function readPurposes(extension: Buffer): string[] {
  return childrenOf(readDer(extension), tag.sequence).map(readOid);
}

function readTstInfo(content: Buffer) {
  const [version, policy, imprint, serial, time] = childrenOf(readDer(content), tag.sequence);
  const [algorithm, hash] = childrenOf(imprint, tag.sequence);
  readOid(policy);
  expectTag(serial, tag.integer);
  const text = expectTag(time, tag.generalizedTime).contents.toString('latin1');
  // Fractions of a second are allowed here (RFC 3161 §2.4.2).
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,9})?Z$/u.exec(text);
  const at =
    match &&
    new Date(
      `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}${(match[7] ?? '.0').slice(0, 4)}Z`,
    );
  if (readSmallInteger(version) !== 1 || !at || Number.isNaN(at.getTime())) throw new DerError('not a TSTInfo');
  return {
    at,
    imprintAlgorithm: readOid(childrenOf(algorithm, tag.sequence)[0]),
    imprint: expectTag(hash, tag.octetString).contents,
  };
}
