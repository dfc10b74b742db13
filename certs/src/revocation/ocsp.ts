import { createHash } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { sql } from 'kysely';
import { listAuthorities } from '../authority/authorities.ts';
import { revocationReasons } from '../authority/reasons.ts';
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
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
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

/** How long an answer without nonce, and what a process knows of the authorities, is used again: C4 allows 10 s. */
const reusedMs = 5_000;
const mostKept = 20_000;

/**
 * Answers OCSPRequests (RFC 6960, in the form of RFC 5019 for those without nonce). A serial that we did not issue is
 * never `good`; an issuer that is not ours is `unauthorized`. The nonce, 1 to 32 octets (RFC 9654), is echoed.
 *
 * What is asked without nonce is signed once in five seconds and given to everybody who asks: with one certificate in
 * everybody's hands that is nearly every answer.
 */
export function createOcspResponder(
  context: ServiceContext,
  steady: () => number = () => performance.now(), // a wall clock that is set must not keep an answer alive
): (request: Uint8Array) => Promise<OcspAnswer> {
  const kept = new Map<string, { readonly answer: OcspAnswer; readonly until: number }>();
  let issuers: { readonly list: Promise<Issuer[]>; readonly until: number } | undefined;

  function currentIssuers(now: number): Promise<Issuer[]> {
    if (!issuers || issuers.until <= now) issuers = { list: readIssuers(context), until: now + reusedMs };
    return issuers.list.catch((error: unknown) => {
      issuers = undefined;
      throw error;
    });
  }

  return async (request) => {
    const now = steady();
    const name = Buffer.from(request.buffer, request.byteOffset, request.byteLength).toString('latin1');
    const held = kept.get(name);
    if (held && held.until > now) return held.answer;
    let asked: Asked;
    try {
      asked = parseRequest(request);
    } catch {
      return { der: ocspError('malformedRequest'), reusableSeconds: 0 };
    }
    const der = await answer(context, await currentIssuers(now), asked);
    if (asked.nonce || asked.ids.length > 1) return { der, reusableSeconds: 0 };
    const reusable = { der, reusableSeconds: reusedMs / 1000 };
    if (kept.size >= mostKept) kept.clear();
    kept.set(name, { answer: reusable, until: now + reusedMs });
    return reusable;
  };
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

async function answer(context: ServiceContext, issuers: readonly Issuer[], { ids, nonce }: Asked): Promise<Buffer> {
  const issuerOf = ({ hash, nameHash, keyHash }: CertificateId) =>
    issuers.find(({ hashes }) => hashes[hash].name.equals(nameHash) && hashes[hash].key.equals(keyHash));
  const [first] = ids;
  const issuer = first && issuerOf(first);
  // One answer is signed for one issuer: a list that mixes issuers is refused whole.
  if (!issuer?.responder || ids.some((id) => issuerOf(id) !== issuer)) return ocspError('unauthorized');
  const { responder } = issuer;
  const responses = await singleResponses(context, issuer.id, ids);
  const data = sequence(
    explicit(2, octetString(responder.keyIdentifier)),
    generalizedTime(context.clock.now()),
    sequence(...responses),
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

async function singleResponses(
  context: ServiceContext,
  issuerId: string,
  ids: readonly CertificateId[],
): Promise<Buffer[]> {
  const { rows } = await sql<{ serial: string; revoked_at: Date | null; revocation_reason: string | null }>`
    SELECT serial, revoked_at, revocation_reason FROM certs.certificate
    WHERE issuer_id = ${issuerId} AND state = 'issued' AND serial = ANY(${ids.map(({ serialHex }) => serialHex)})`.execute(
    context.db,
  );
  const known = new Map(rows.map((row) => [row.serial, row]));
  const now = context.clock.now();
  return ids.map(({ der, serialHex }) => {
    const found = known.get(serialHex);
    const state = found
      ? found.revoked_at
        ? revokedInfo(found.revoked_at, found.revocation_reason)
        : implicit(0, Buffer.alloc(0))
      : implicit(2, Buffer.alloc(0));
    return sequence(
      der,
      state,
      generalizedTime(now),
      explicit(0, generalizedTime(new Date(now.getTime() + answerLifetimeMs))),
    );
  });
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
