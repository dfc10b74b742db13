import type { Certificate } from '../certificate/certificate.ts';
import { purposes } from '../certificate/extensions.ts';
import {
  childrenOf,
  DerError,
  expectTag,
  nullValue,
  readBoolean,
  readDer,
  readInteger,
  readOid,
  readSmallInteger,
  tag,
} from '../der/der.ts';
import { validateInPast } from '../path/past.ts';
import { digestOf } from './algorithms.ts';
import { cmsOids } from './oid.ts';
import { readCms } from './read.ts';
import { checkContent, checkValue, findSigner } from './verify.ts';

/** What a token is judged with. */
export interface TimeStampTrust {
  /** DER of the roots of time-stamping authorities. */
  readonly anchors: readonly Uint8Array[];
  readonly untrusted?: readonly Uint8Array[];
  readonly crls?: readonly Uint8Array[];
  /** DER of OCSP responses. */
  readonly ocsp?: readonly Uint8Array[];
  /** What was known until then counts; now when absent. */
  readonly now?: Date;
  /** Without revocation data for the unit the token is not trusted. Default false. */
  readonly requireRevocation?: boolean;
}

export type VerifiedTimeStamp =
  | {
      readonly isTrusted: true;
      readonly isIntact: true;
      readonly at: Date;
      readonly policy: string;
      readonly authority: string;
    }
  | {
      readonly isTrusted: false;
      /** Whether the token's own signature and the digest fit, trusted maker or not. */
      readonly isIntact: boolean;
      /** The token is whole, but stamps something else than this data. */
      readonly isOverOtherBytes?: true;
      /** Nothing was compared: a digest or signature algorithm that is weak or not accepted. */
      readonly isAlgorithmRefused?: true;
      readonly at?: Date;
      readonly authority?: string;
      readonly reason: string;
    };

/**
 * Judges a TimeStampToken (RFC 3161 §2.2, §2.4.2, RFC 5816) over data that may come in parts: the one judge of time
 * stamps, for documents and for our own authority. Never throws for what it is given.
 *
 * @param padding `zeros`: zeros may follow the token, as in `/Contents`
 */
export function verifyTimeStampToken(
  token: Uint8Array,
  data: Uint8Array | readonly Uint8Array[],
  trust: TimeStampTrust,
  padding: 'zeros' | 'none' = 'none',
): VerifiedTimeStamp {
  try {
    const bytes = Buffer.from(token.buffer, token.byteOffset, token.byteLength);
    return judge(bytes, data instanceof Uint8Array ? [data] : data, trust, padding);
  } catch (error) {
    return {
      isTrusted: false,
      isIntact: false,
      reason: error instanceof DerError ? `malformed: ${error.message}` : 'malformed',
    };
  }
}

/** Object identifier of the digest that a token stamps; `undefined` for one that cannot be read. */
export function imprintAlgorithmOf(token: Buffer): string | undefined {
  try {
    const { content } = readCms(token, 'none');
    return content && readTstInfo(content).imprintAlgorithm;
  } catch {
    return undefined;
  }
}

function judge(
  token: Buffer,
  data: readonly Uint8Array[],
  trust: TimeStampTrust,
  padding: 'zeros' | 'none',
): VerifiedTimeStamp {
  const cms = readCms(token, padding);
  if (cms.contentType !== cmsOids.tstInfo || !cms.content) throw new DerError('not a time-stamp token');
  // RFC 5652 §5.1: content that is not plain data makes it version 3; RFC 3161 §2.4.2: one signer, so one digest.
  if (cms.version !== 3) throw new DerError('signed data of another version');
  if (cms.digestAlgorithms.length !== 1 || cms.digestAlgorithms[0] !== cms.digestAlgorithm)
    throw new DerError('digest algorithms that differ');
  const info = readTstInfo(cms.content);
  const { at } = info;
  const refuse = (reason: string, unit?: Certificate): VerifiedTimeStamp => ({
    isTrusted: false,
    isIntact: unit !== undefined,
    at,
    reason,
    ...(unit ? { authority: unit.subject.toString() } : {}),
  });
  const refuseAlgorithm = (reason: string): VerifiedTimeStamp => ({
    isTrusted: false,
    isIntact: false,
    isAlgorithmRefused: true,
    at,
    reason,
  });
  const imprint = digestOf(info.imprintAlgorithm, data);
  if (!imprint) return refuseAlgorithm('a digest that is not accepted');
  if (!imprint.equals(info.imprint))
    return { isTrusted: false, isIntact: false, isOverOtherBytes: true, at, reason: 'the stamp is over other bytes' };
  const content = checkContent(cms, [cms.content]);
  if (content === 'refused') return refuseAlgorithm('a digest that is not accepted');
  if (content !== 'same') return refuse('other contents were signed');
  // RFC 3161 §2.4.2: the attribute that binds the unit's certificate must be there.
  if (!cms.certificateBinding) return refuse('no signing-certificate attribute');
  const untrusted = [...cms.certificates, ...(trust.untrusted ?? [])];
  const found = findSigner(cms, untrusted);
  if (!found.ok) {
    return refuse(
      found.code === 'signer-mismatch'
        ? 'the signed attributes name another certificate'
        : 'the unit’s certificate is not in the token',
    );
  }
  const unit = found.certificate;
  const value = checkValue(cms, unit, [cms.content], at);
  if (value === 'refused') return refuseAlgorithm('an algorithm that is not accepted');
  if (value !== 'good') return refuse('the signature does not fit');
  const past = validateInPast({
    leaf: unit.der,
    untrusted,
    anchors: trust.anchors,
    crls: [...cms.crls, ...(trust.crls ?? [])],
    ocsp: [...cms.ocspResponses, ...(trust.ocsp ?? [])],
    moment: at,
    now: trust.now ?? new Date(),
    extendedKeyUsage: purposes.timeStamping,
    keyIdentifiers: 'optional',
  });
  if (past.status === 'refused') return refuse(past.refused.sentence, unit);
  if (past.status === 'revoked' && (past.at <= at || !keptReasons.has(past.reason)))
    return refuse(past.refused.sentence, unit);
  if (trust.requireRevocation && past.status === 'good' && !past.isRevocationKnown)
    return refuse('whether the unit was revoked is not known', unit);
  return { isTrusted: true, isIntact: true, at, policy: info.policy, authority: unit.subject.toString() };
}

/**
 * RFC 3161 §4: a unit that was revoked because its affiliation changed, it was superseded or it ceased to operate leaves
 * its earlier tokens good; with any other reason, or none, its key may have made a token with an earlier time.
 */
const keptReasons: ReadonlySet<number> = new Set([3, 4, 5]);

/** TSTInfo (RFC 3161 §2.4.2). @throws DerError */
function readTstInfo(content: Buffer) {
  const parts = childrenOf(readDer(content), tag.sequence);
  const [version, policy, imprint, serial, time] = parts.splice(0, 5);
  if (readSmallInteger(version) !== 1) throw new DerError('another version of TSTInfo');
  const [algorithm, hash, ...rest] = childrenOf(imprint, tag.sequence);
  const [type, parameters] = childrenOf(algorithm, tag.sequence);
  if (rest.length > 0 || (parameters && !parameters.bytes.equals(nullValue))) throw new DerError('a malformed imprint');
  readInteger(serial);
  if (parts[0]?.tag === tag.sequence) parts.shift(); // accuracy
  if (parts[0]?.tag === tag.boolean) readBoolean(parts.shift()); // ordering
  if (parts[0]?.tag === tag.integer) readInteger(parts.shift()); // nonce
  if (parts[0]?.tag === 0xa0) parts.shift(); // tsa: a hint, the signed attribute binds the certificate
  const extensions = parts[0]?.tag === 0xa1 ? parts.shift()?.children() : [];
  // Each is SEQUENCE { OID, critical DEFAULT FALSE, value }: one that is critical is not understood.
  if (extensions?.some((node) => childrenOf(node, tag.sequence)[1]?.tag === tag.boolean))
    throw new DerError('a critical extension that is not understood');
  if (parts.length > 0) throw new DerError('more than TSTInfo');
  return {
    at: readGenTime(expectTag(time, tag.generalizedTime).contents.toString('latin1')),
    policy: readOid(policy),
    imprintAlgorithm: readOid(type),
    imprint: expectTag(hash, tag.octetString).contents,
  };
}

/** Fractions of a second are allowed here, without zeros at their end (RFC 3161 §2.4.2). */
function readGenTime(text: string): Date {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{0,8}[1-9]))?Z$/u.exec(text);
  if (!match) throw new DerError('a time that RFC 3161 does not allow');
  const [, year, month, day, hour, minute, second, fraction = ''] = match;
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`);
  if (Number.isNaN(at.getTime())) throw new DerError('no such time');
  return at;
}
