import { createHash, randomBytes } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { Unavailable } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { algorithmIds } from '../certificate/algorithms.ts';
import { parseCertificate } from '../certificate/certificate.ts';
import { algorithmOfKey } from '../certificate/signature.ts';
import { cmsOids } from '../cms/oid.ts';
import { assembleSignedData, attribute, buildSignedAttributes } from '../cms/write.ts';
import {
  bitString,
  generalizedTime,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  time,
  utf8String,
} from '../der/der.ts';
import { keyStore } from '../key-store/key-store.ts';
import { clockNotTrusted, trustworthyNow } from './clock.ts';
import { type MessageImprint, parseTimeStampRequest, RequestRefused, type TimeStampRequest } from './request.ts';

/** The one policy that we stamp under (a UUID arc of our own, ITU-T X.667). */
export const timeStampPolicy = '2.25.185730264516720394815627403918264507';
/** Seconds of accuracy that a token promises. */
const accuracySeconds = 1;

/**
 * A TimeStampToken (RFC 3161 §2.4.2) over a SHA-256 digest: the moment of the call, ordered, unique serial kept before the
 * token leaves (X2, X4).
 *
 * @throws Unavailable `time-stamp/clock` while our clock cannot be trusted (X1).
 */
export async function timeStamp(context: ServiceContext, digest: Uint8Array): Promise<Buffer> {
  return makeToken(context, {
    imprint: { hash: 'sha256', digest: Buffer.from(digest) },
    nonce: undefined,
    wantsCertificate: true,
  });
}

/**
 * A TimeStampToken as {@link timeStamp}, over a digest of any hash that we stamp, with the nonce of who asks (an unsigned
 * number, big-endian).
 *
 * @throws Unavailable `time-stamp/clock`
 */
export async function timeStampOf(
  context: ServiceContext,
  imprint: MessageImprint,
  nonce?: Uint8Array,
): Promise<Buffer> {
  return makeToken(context, { imprint, nonce: nonce && integer(Buffer.from(nonce)), wantsCertificate: true });
}

/** A TimeStampResp for a TimeStampReq; a request that is wrong gets its PKIFailureInfo, never an exception. */
export async function answerTimeStampRequest(context: ServiceContext, request: Uint8Array): Promise<Buffer> {
  try {
    const token = await makeToken(context, parseTimeStampRequest(request, timeStampPolicy));
    return sequence(sequence(integer(0)), token);
  } catch (error) {
    if (error instanceof RequestRefused) return refusal(error.failureBit, error.message);
    if (error instanceof Unavailable && error.code === 'time-stamp/clock') return refusal(14, 'timeNotAvailable');
    context.log.error({ err: error }, 'no time stamp');
    return refusal(25, 'systemFailure');
  }
}

/** PKIStatusInfo: rejection, a text, one failure bit (RFC 3161 §2.4.2). */
function refusal(bit: number, text: string): Buffer {
  const bits = Buffer.alloc((bit >> 3) + 1);
  bits[bit >> 3] = 0x80 >> (bit & 7);
  return sequence(sequence(integer(2), sequence(utf8String(text)), bitString(bits, 7 - (bit & 7))));
}

/** Somebody who waits for a token. */
interface Waiting {
  readonly request: TimeStampRequest;
  readonly resolve: (token: Buffer) => void;
  readonly reject: (reason: unknown) => void;
}

/** Of each context what was asked for in this turn of the event loop. */
const askedIn = new WeakMap<ServiceContext, Waiting[]>();
const mostAtOnce = 100;

/**
 * What is asked for in one turn of the event loop is made with one look at the unit and one statement for its records; nobody waits
 * for what others asked for before.
 */
function makeToken(context: ServiceContext, request: TimeStampRequest): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const asked = askedIn.get(context);
    asked?.push({ request, resolve, reject });
    if (asked) return;
    const first = [{ request, resolve, reject }];
    askedIn.set(context, first);
    setImmediate(() => {
      askedIn.delete(context);
      while (first.length > 0) void answerAll(context, first.splice(0, mostAtOnce));
    });
  });
}

async function answerAll(context: ServiceContext, asked: readonly Waiting[]): Promise<void> {
  try {
    const tokens = await makeTokens(
      context,
      asked.map(({ request }) => request),
    );
    for (const [index, token] of tokens.entries()) asked[index]?.resolve(token);
  } catch (error) {
    for (const { reject } of asked) reject(error);
  }
}

async function makeTokens(context: ServiceContext, requests: readonly TimeStampRequest[]): Promise<Buffer[]> {
  const { rows: units } = await sql<{ key_id: string; certificate: Buffer }>`
    SELECT r.key_id, r.certificate FROM certs.responder AS r JOIN certs.authority AS a ON a.id = r.issuer_id
    WHERE r.purpose = 'tsa' AND a.retired_at IS NULL`.execute(context.db);
  const [unit] = units;
  if (!unit) {
    throw new Unavailable('time-stamp/no-unit', {
      vi: 'Chưa có bộ cấp dấu thời gian.',
      en: 'There is no time-stamping unit.',
    });
  }
  const { serials, now } = await keepRecords(
    context,
    requests.map(({ imprint }) => imprint),
  );
  const certificate = parseCertificate(unit.certificate);
  const algorithm = algorithmOfKey(certificate.publicKey());
  const sign = await keyStore(context).signer(context.db, unit.key_id, 'tsa');
  return Promise.all(
    requests.map(async ({ imprint, nonce, wantsCertificate }, index) => {
      const info = sequence(
        integer(1),
        oid(timeStampPolicy),
        encodeImprint(imprint),
        integer(serials[index] ?? Buffer.alloc(0)),
        generalizedTime(now),
        sequence(integer(accuracySeconds)),
        ...(nonce ? [nonce] : []),
      );
      const signedAttributes = buildSignedAttributes({
        digest: createHash('sha256').update(info).digest(),
        signingCertificate: certificate.der, // ESSCertIDv2 binds the unit's certificate (RFC 5816)
        contentType: cmsOids.tstInfo,
        others: [attribute(cmsOids.signingTime, time(now))],
      });
      return assembleSignedData({
        signedAttributes,
        signature: await sign(signedAttributes),
        algorithm,
        signer: certificate,
        certificates: wantsCertificate ? [certificate.der] : [],
        content: { type: cmsOids.tstInfo, bytes: info },
      });
    }),
  );
}

/**
 * The records that come before the tokens (X4): serials that are never given twice (X2), and the time at which we were
 * asked. The database's clock has to read between our asking and its answer, within the accuracy (X1): a busy process
 * or database makes that time longer, never the clocks differ.
 */
async function keepRecords(
  { clock, db }: ServiceContext,
  imprints: readonly MessageImprint[],
): Promise<{ readonly serials: readonly Buffer[]; readonly now: Date }> {
  const now = trustworthyNow(clock);
  const serials = imprints.map(() => {
    const serial = randomBytes(16);
    serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
    return serial;
  });
  const { rows } = await sql<{ theirs: Date }>`
    INSERT INTO certs.time_stamp (serial, generated_at, message_imprint)
    SELECT encode(serial, 'hex'), ${now.toISOString()}, imprint
    FROM unnest(${serials}::bytea[], ${imprints.map(({ digest }) => digest)}::bytea[]) AS one (serial, imprint)
    RETURNING clock_timestamp() AS theirs`.execute(db);
  const earliest = now.getTime() - accuracySeconds * 1000;
  const latest = trustworthyNow(clock).getTime() + accuracySeconds * 1000;
  const isTrue = ({ theirs }: { readonly theirs: Date }) => theirs.getTime() >= earliest && theirs.getTime() <= latest;
  if (rows.length !== imprints.length || !rows.every(isTrue)) throw clockNotTrusted();
  return { serials, now };
}

function encodeImprint({ hash, digest }: MessageImprint): Buffer {
  return sequence(sequence(oid(algorithmIds[hash]), nullValue), octetString(digest));
}
