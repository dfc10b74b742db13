import { createHash } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { sql } from 'kysely';
import { listAuthorities } from '../authority/authorities.ts';
import { revocationReasons } from '../authority/reasons.ts';
import { algorithmIds } from '../certificate/algorithms.ts';
import { keyIdentifier, parseCertificate } from '../certificate/certificate.ts';
import { signatureAlgorithms } from '../certificate/signature.ts';
import {
  bitString,
  childrenOf,
  type DerNode,
  enumerated,
  explicit,
  generalizedTime,
  implicit,
  integer,
  nullValue,
  octetString,
  oid,
  readDer,
  readInteger,
  readOid,
  sequence,
  tag,
} from '../der/der.ts';
import { keyStore } from '../key-store/key-store.ts';
import { certsOf } from '../tables.ts';

/** OCSPResponseStatus (RFC 6960 §4.2.1). */
const status = { successful: 0, malformedRequest: 1, internalError: 2, unauthorized: 6 } as const;
const nonceId = '1.3.6.1.5.5.7.48.1.2';
const mostRequests = 20;
const answerLifetimeMs = 3_600_000;

interface CertificateId {
  /** The whole CertID, to be echoed. */
  readonly der: Buffer;
  readonly hash: 'sha1' | 'sha256';
  readonly nameHash: Buffer;
  readonly keyHash: Buffer;
  readonly serialHex: string;
}

const hashNames: Readonly<Record<string, 'sha1' | 'sha256'>> = {
  [algorithmIds.sha1]: 'sha1',
  [algorithmIds.sha256]: 'sha256',
};

/** An OCSPResponse that says only why there is no answer. */
export function ocspError(code: keyof typeof status): Buffer {
  return sequence(enumerated(status[code]));
}

/** An OCSPResponse and for how many seconds it may be given to others who ask the same. */
export interface OcspAnswer {
  readonly der: Buffer;
  readonly reusableSeconds: number;
}

export interface OcspResponder {
  answer(request: Uint8Array): Promise<OcspAnswer>;
  /** The answer that was given to the same request within five seconds; undefined when there is none. */
  held(request: Uint8Array): OcspAnswer | undefined;
}

/** How long an answer without nonce, and what a process knows of the authorities, is given unasked: C4 allows 10 s. */
const reusedMs = 5_000;
/** How long a signature is kept for what has not changed: its readers have at least as long again until nextUpdate. */
const signedAgainMs = answerLifetimeMs / 2;
const mostKept = 20_000;

/**
 * Answers OCSPRequests (RFC 6960, in the form of RFC 5019 for those without nonce). A serial that we did not issue is
 * never `good`; an issuer that is not ours is `unauthorized`. The nonce, 1 to 32 octets (RFC 9654), is echoed.
 *
 * What is asked without nonce is signed once in half an hour, and given to everybody who asks for as long as the table says
 * the same of these certificates; it is asked every five seconds. So a revocation shows in every process after at most
 * that, and a token signs once a certificate and half an hour.
 */
export function createOcspResponder(
  context: ServiceContext,
  steady: () => number = () => performance.now(), // a wall clock that is set must not keep an answer alive
): OcspResponder {
  const kept = new Map<string, KeptAnswer>();
  let issuers: { readonly list: Promise<Issuer[]>; readonly until: number } | undefined;

  function currentIssuers(now: number): Promise<Issuer[]> {
    if (!issuers || issuers.until <= now) issuers = { list: readIssuers(context), until: now + reusedMs };
    return issuers.list.catch((error: unknown) => {
      issuers = undefined;
      throw error;
    });
  }

  const nameOf = (request: Uint8Array) =>
    Buffer.from(request.buffer, request.byteOffset, request.byteLength).toString('latin1');

  async function answer(request: Uint8Array): Promise<OcspAnswer> {
    const now = steady();
    const name = nameOf(request);
    const held = kept.get(name);
    if (held && held.until > now) return held.answer;
    let asked: Asked;
    try {
      asked = parseRequest(request);
    } catch {
      return { der: ocspError('malformedRequest'), reusableSeconds: 0 };
    }
    const found = await lookUp(context, await currentIssuers(now), asked.ids);
    if (!found) return { der: ocspError('unauthorized'), reusableSeconds: 0 };
    if (asked.nonce || asked.ids.length > 1)
      return { der: await signAnswer(context, found, asked.nonce), reusableSeconds: 0 };
    const isSame = held !== undefined && held.signedUntil > now && held.says === found.says;
    const given = isSame
      ? held.answer
      : { der: await signAnswer(context, found, undefined), reusableSeconds: reusedMs / 1000 };
    if (kept.size >= mostKept) kept.clear();
    const signedUntil = isSame ? held.signedUntil : now + signedAgainMs;
    kept.set(name, { answer: given, until: now + reusedMs, signedUntil, says: found.says });
    return given;
  }

  return {
    answer,
    held: (request) => {
      const held = kept.get(nameOf(request));
      return held && held.until > steady() ? held.answer : undefined;
    },
  };
}

interface KeptAnswer {
  readonly answer: OcspAnswer;
  /** Until when nobody asks the table. */
  readonly until: number;
  /** Until when its signature is given. */
  readonly signedUntil: number;
  /** {@link Found.says} when it was signed. */
  readonly says: string;
}

/**
 * An answer that is signed now about certificates of one of our authorities, to be kept with a document. Undefined when the
 * issuer is not ours, or has no responder.
 *
 * @throws Unavailable when the responder's key is out of reach
 */
export async function signedStatus(
  context: ServiceContext,
  issuerId: string,
  serials: readonly Buffer[],
): Promise<Buffer | undefined> {
  const issuer = (await readIssuers(context)).find(({ id }) => id === issuerId);
  if (!issuer) return undefined;
  const { name, key } = issuer.hashes.sha1; // what every reader knows; it names and protects nothing
  const ids = serials.map((serial): CertificateId => {
    const algorithm = sequence(oid(algorithmIds.sha1), nullValue);
    const der = sequence(algorithm, octetString(name), octetString(key), integer(serial));
    return { der, hash: 'sha1', nameHash: name, keyHash: key, serialHex: serial.toString('hex') };
  });
  const found = await lookUp(context, [issuer], ids);
  return found && signAnswer(context, found, undefined);
}

/** An authority with everything that a question about its certificates needs. */
interface Issuer {
  readonly id: string;
  /** SHA-1 and SHA-256 of the name and the key, as CertID carries them. */
  readonly hashes: Readonly<Record<'sha1' | 'sha256', { readonly name: Buffer; readonly key: Buffer }>>;
  readonly responder:
    | { readonly keyId: string; readonly certificate: Buffer; readonly keyIdentifier: Buffer }
    | undefined;
}

async function readIssuers({ db }: ServiceContext): Promise<Issuer[]> {
  const responders = await certsOf(db)
    .selectFrom('certs.responder')
    .selectAll()
    .where('purpose', '=', 'ocsp')
    .execute();
  return (await listAuthorities(db)).map(({ id, certificate: der }) => {
    const { subject, subjectPublicKeyInfo } = parseCertificate(der);
    const [, key] = childrenOf(readDer(subjectPublicKeyInfo), tag.sequence);
    const hashed = (hash: 'sha1' | 'sha256') => ({
      name: createHash(hash).update(subject.der).digest(),
      key: createHash(hash)
        .update(key?.contents.subarray(1) ?? Buffer.alloc(0))
        .digest(),
    });
    const responder = responders.find(({ issuer_id }) => issuer_id === id);
    return {
      id,
      hashes: { sha1: hashed('sha1'), sha256: hashed('sha256') },
      responder: responder && {
        keyId: responder.key_id,
        certificate: responder.certificate,
        keyIdentifier: keyIdentifier(parseCertificate(responder.certificate).subjectPublicKeyInfo),
      },
    };
  });
}

/** What an answer is to say, before it is signed. */
interface Found {
  readonly responder: NonNullable<Issuer['responder']>;
  readonly certificates: readonly (CertificateId & { readonly status: Buffer })[];
  /** All of it as one text: equal texts are answered with equal words. */
  readonly says: string;
}

/** Undefined when the issuer is not ours. One answer is signed for one issuer: a list that mixes issuers is refused whole. */
async function lookUp(
  { db }: ServiceContext,
  issuers: readonly Issuer[],
  ids: readonly CertificateId[],
): Promise<Found | undefined> {
  const issuerOf = ({ hash, nameHash, keyHash }: CertificateId) =>
    issuers.find(({ hashes }) => hashes[hash].name.equals(nameHash) && hashes[hash].key.equals(keyHash));
  const [first] = ids;
  const issuer = first && issuerOf(first);
  if (!issuer?.responder || ids.some((id) => issuerOf(id) !== issuer)) return undefined;
  const { rows } = await sql<{ serial: string; revoked_at: Date | null; revocation_reason: string | null }>`
    SELECT serial, revoked_at, revocation_reason FROM certs.certificate
    WHERE issuer_id = ${issuer.id} AND state = 'issued' AND serial = ANY(${ids.map(({ serialHex }) => serialHex)})`.execute(
    db,
  );
  const known = new Map(rows.map((row) => [row.serial, row]));
  const certificates = ids.map((id) => {
    const row = known.get(id.serialHex);
    const unrevoked = implicit(row ? 0 : 2, Buffer.alloc(0)); // good, or unknown
    return { ...id, status: row?.revoked_at ? revokedInfo(row.revoked_at, row.revocation_reason) : unrevoked };
  });
  const says = [issuer.responder.certificate, ...certificates.map(({ status: one }) => one)];
  return { responder: issuer.responder, certificates, says: says.map((part) => part.toString('base64')).join('.') };
}

async function signAnswer(
  context: ServiceContext,
  { responder, certificates }: Found,
  nonce: Buffer | undefined,
): Promise<Buffer> {
  const now = context.clock.now();
  const nextUpdate = explicit(0, generalizedTime(new Date(now.getTime() + answerLifetimeMs)));
  const data = sequence(
    explicit(2, octetString(responder.keyIdentifier)),
    generalizedTime(now),
    sequence(...certificates.map((one) => sequence(one.der, one.status, generalizedTime(now), nextUpdate))),
    ...(nonce ? [explicit(1, sequence(sequence(oid(nonceId), octetString(octetString(nonce)))))] : []),
  );
  const signature = await keyStore(context).sign(context.db, responder.keyId, 'ocsp', data);
  const basic = sequence(
    data,
    signatureAlgorithms['ecdsa-sha256'],
    bitString(signature),
    explicit(0, sequence(responder.certificate)),
  );
  return sequence(
    enumerated(status.successful),
    explicit(0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(basic))),
  );
}

function revokedInfo(at: Date, reason: string | null): Buffer {
  const code = revocationReasons[reason as keyof typeof revocationReasons] ?? 0;
  return explicit(1, generalizedTime(at), ...(code > 0 ? [explicit(0, enumerated(code))] : []));
}

interface Asked {
  readonly ids: CertificateId[];
  readonly nonce: Buffer | undefined;
}

function parseRequest(request: Uint8Array): Asked {
  const [tbs] = childrenOf(readDer(request), tag.sequence);
  const parts = childrenOf(tbs, tag.sequence).filter(({ tag: kind }) => kind !== 0xa0 && kind !== 0xa1); // version, requestor
  const list = childrenOf(parts[0], tag.sequence);
  if (list.length === 0 || list.length > mostRequests) throw new Error('an empty or too long list');
  const ids = list.map((one) => parseCertificateId(childrenOf(one, tag.sequence)[0]));
  const extensions = parts[1]?.tag === 0xa2 ? childrenOf(parts[1].children()[0], tag.sequence) : [];
  let nonce: Buffer | undefined;
  for (const extension of extensions) {
    const fields = childrenOf(extension, tag.sequence);
    if (readOid(fields[0]) !== nonceId) {
      if (fields[1]?.tag === tag.boolean) throw new Error('a critical extension that we do not know');
      continue;
    }
    const inner = readDer(fields.at(-1)?.contents ?? Buffer.alloc(0));
    if (inner.tag !== tag.octetString || inner.contents.length < 1 || inner.contents.length > 32)
      throw new Error('a nonce of wrong length');
    nonce = inner.contents;
  }
  return { ids, nonce };
}

function parseCertificateId(node: DerNode | undefined): CertificateId {
  const [algorithm, nameHash, keyHash, serial] = childrenOf(node, tag.sequence);
  const parts = childrenOf(algorithm, tag.sequence);
  const hash = hashNames[readOid(parts[0])];
  if (!hash || (parts[1] && !parts[1].bytes.equals(nullValue)) || !node || !nameHash || !keyHash)
    throw new Error('a hash that we do not use');
  return {
    der: node.bytes,
    hash,
    nameHash: nameHash.contents,
    keyHash: keyHash.contents,
    serialHex: readInteger(serial).toString('hex'),
  };
}
