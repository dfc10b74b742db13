import { createHash } from 'node:crypto';
import { identifyingHashes } from '../certificate/algorithms.ts';
import { readExtensionList } from '../certificate/certificate.ts';
import { purposes } from '../certificate/extensions.ts';
import { canonicalName, readName } from '../certificate/names.ts';
import {
  childrenOf,
  DerError,
  type DerNode,
  expectTag,
  nullValue,
  readBitString,
  readDer,
  readInteger,
  readOid,
  readTime,
  tag,
} from '../der/der.ts';
import { type PathCertificate, parsePathCertificate } from './path-certificate.ts';
import type { Paths, RevocationStatus, Signed } from './status.ts';
import { attempt } from './work-budget.ts';

const basicResponse = '1.3.6.1.5.5.7.48.1.1';
const nonce = '1.3.6.1.5.5.7.48.1.2';
/** SingleResponse (RFC 6960 §4.2.1). */
interface Answer {
  readonly hash: string;
  readonly nameHash: Buffer;
  readonly keyHash: Buffer;
  readonly serialHex: string;
  readonly status: 'good' | 'revoked' | 'unknown';
  readonly revokedAt: Date | undefined;
  /** CRLReason (RFC 5280 §5.3.1), 0 when none is given. */
  readonly reason: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
}

interface BasicResponse extends Signed {
  readonly responder: { readonly name: string } | { readonly keyHash: Buffer };
  readonly answers: readonly Answer[];
  readonly certificates: readonly PathCertificate[];
}

const mostNodes = 5_000;

/** @throws DerError also for what is no successful response. */
function parseResponse(der: Uint8Array): BasicResponse {
  const whole = readDer(der, mostNodes);
  const [responseStatus, wrapped] = childrenOf(whole, tag.sequence);
  if (!expectTag(responseStatus, tag.enumerated).contents.equals(Buffer.of(0))) throw new DerError('no answer');
  const [type, bytes] = childrenOf(expectTag(wrapped, 0xa0).children()[0], tag.sequence);
  if (readOid(type) !== basicResponse) throw new DerError('a response of another kind');
  const basic = readDer(expectTag(bytes, tag.octetString).contents, mostNodes);
  const [tbs, algorithm, signature, certificates] = childrenOf(basic, tag.sequence);
  if (!tbs || !algorithm) throw new DerError('not a basic response');
  const parts = childrenOf(tbs, tag.sequence);
  const [responder, producedAt, list, extensions, ...surplus] = parts; // the version is 1, which DER leaves out
  expectTag(producedAt, tag.generalizedTime);
  if (surplus.length > 0 || (extensions && hasUnknownCritical(extensions, 0xa1)))
    throw new DerError('a response that says more than we understand');
  return {
    der: whole.bytes,
    tbs: tbs.bytes,
    signatureAlgorithm: algorithm.bytes,
    signature: readBitString(signature).bytes,
    responder: readResponder(responder),
    answers: childrenOf(list, tag.sequence).map(parseAnswer),
    certificates: certificates
      ? childrenOf(expectTag(certificates, 0xa0).children()[0], tag.sequence).flatMap((node) => {
          const parsed = attempt(() => parsePathCertificate(node.bytes));
          return parsed ? [parsed] : [];
        })
      : [],
  };
}

function readResponder(node: DerNode | undefined): BasicResponse['responder'] {
  const [choice] = node?.children() ?? [];
  if (node?.tag === 0xa1) return { name: canonicalName(readName(choice)) };
  if (node?.tag === 0xa2) return { keyHash: expectTag(choice, tag.octetString).contents };
  throw new DerError('a response without its responder');
}

function hasUnknownCritical(node: DerNode, expected: number): boolean {
  const extensions = readExtensionList(expectTag(node, expected).children()[0]);
  return [...extensions].some(([type, { critical }]) => critical && type !== nonce);
}

function parseAnswer(node: DerNode): Answer {
  const [id, state, thisUpdate, ...optional] = childrenOf(node, tag.sequence);
  const [algorithm, nameHash, keyHash, serial] = childrenOf(id, tag.sequence);
  const [type, parameters] = childrenOf(algorithm, tag.sequence);
  const next = optional[0]?.tag === 0xa0 ? optional.shift() : undefined;
  const extensions = optional.shift();
  if (optional.length > 0 || (extensions && hasUnknownCritical(extensions, 0xa1)))
    throw new DerError('an answer that says more than we understand');
  const status = state && ({ 128: 'good', 161: 'revoked', 130: 'unknown' } as const)[state.tag];
  const hash = identifyingHashes[readOid(type)];
  if (!status || !hash || (parameters && !parameters.bytes.equals(nullValue))) throw new DerError('a malformed answer');
  return {
    hash,
    nameHash: expectTag(nameHash, tag.octetString).contents,
    keyHash: expectTag(keyHash, tag.octetString).contents,
    serialHex: readInteger(serial).toString('hex'),
    status,
    ...readRevokedInfo(status === 'revoked' ? state.children() : undefined),
    thisUpdate: readTime(thisUpdate),
    nextUpdate: next && readTime(next.children()[0]),
  };
}

/** RevokedInfo (RFC 6960 §4.2.1). */
function readRevokedInfo(parts: readonly DerNode[] | undefined): Pick<Answer, 'revokedAt' | 'reason'> {
  if (!parts) return { revokedAt: undefined, reason: 0 };
  const [time, reason, ...surplus] = parts;
  if (surplus.length > 0) throw new DerError('a malformed answer');
  const value = reason && expectTag(expectTag(reason, 0xa0).children()[0], tag.enumerated).contents;
  return { revokedAt: readTime(time), reason: value?.[0] ?? 0 };
}

/** The OCSP responses that a validation was given. */
export class OcspAnswers {
  readonly #responses: readonly BasicResponse[];
  readonly #paths: Paths;

  constructor(responses: readonly Uint8Array[], paths: Paths) {
    this.#paths = paths;
    this.#responses = responses.flatMap((der) => {
      paths.work.spend(der.length / 4);
      const parsed = attempt(() => parseResponse(der));
      return parsed ? [parsed] : [];
    });
  }

  /** A revocation in any usable answer counts, whatever others say. */
  statusOf(target: PathCertificate, issuers: readonly PathCertificate[]): RevocationStatus {
    const [issuer] = issuers;
    let status: RevocationStatus = { status: 'unknown' };
    if (!issuer) return status;
    for (const response of this.#responses) {
      const answers = response.answers.filter((answer) => isAbout(answer, target, issuer));
      // An answer that has run out no longer clears anybody, but a certificate that was revoked for good stays revoked.
      const current = answers.filter(
        (answer) => isCurrent(answer, this.#paths.at) || isRevokedForGood(answer, this.#paths.at),
      );
      if (current.length === 0 || !this.#isAuthorised(response, issuer, issuers)) continue;
      const revoked = current.find((answer) => answer.status === 'revoked');
      if (revoked) return { status: 'revoked', at: revoked.revokedAt ?? revoked.thisUpdate, reason: revoked.reason };
      if (current.every((answer) => answer.status === 'good')) status = { status: 'good' };
    }
    return status;
  }

  /** RFC 6960 §4.2.2.2: the issuer itself, or who the issuer itself made a responder. */
  #isAuthorised(response: BasicResponse, issuer: PathCertificate, issuers: readonly PathCertificate[]): boolean {
    if (isNamed(response, issuer) && this.#paths.isSigned(response, issuer)) return true;
    return response.certificates.some(
      (responder) =>
        isNamed(response, responder) &&
        responder.purposes?.includes(purposes.ocspSigning) === true &&
        (!responder.keyUsage || responder.keyUsage.has('digitalSignature')) &&
        this.#paths.isSigned(response, responder) &&
        this.#paths.isResponder(responder, issuers),
    );
  }
}

function isNamed({ responder }: BasicResponse, { certificate }: PathCertificate): boolean {
  if ('name' in responder) return responder.name === certificate.subject.canonical;
  return hashOfKey('sha1', certificate.subjectPublicKeyInfo).equals(responder.keyHash); // §4.2.1: KeyHash is SHA-1
}

function isAbout(answer: Answer, { certificate }: PathCertificate, issuer: PathCertificate): boolean {
  return (
    answer.serialHex === certificate.serialHex &&
    createHash(answer.hash).update(certificate.issuer.der).digest().equals(answer.nameHash) &&
    hashOfKey(answer.hash, issuer.certificate.subjectPublicKeyInfo).equals(answer.keyHash)
  );
}

function hashOfKey(hash: string, subjectPublicKeyInfo: Buffer): Buffer {
  const [, key] = childrenOf(readDer(subjectPublicKeyInfo), tag.sequence);
  return createHash(hash).update(readBitString(key).bytes).digest();
}

/** CRLReason: for now only. */
const certificateHold = 6;

function isRevokedForGood({ status, reason, thisUpdate }: Answer, at: Date): boolean {
  return status === 'revoked' && reason !== certificateHold && thisUpdate <= at;
}

/** An answer without nextUpdate is true at its own time and promises nothing for any later (RFC 5019 §2.2.4 asks for one). */
function isCurrent({ thisUpdate, nextUpdate }: Answer, at: Date): boolean {
  return thisUpdate <= at && (nextUpdate ?? thisUpdate) >= at;
}

/** When the answers of a response were true first; empty for what cannot be read. */
export function answerTimes(der: Uint8Array): Date[] {
  return attempt(() => parseResponse(der).answers.map(({ thisUpdate }) => thisUpdate)) ?? [];
}
