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

async function makeToken(context: ServiceContext, request: TimeStampRequest): Promise<Buffer> {
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
  const { serial, now } = await keepRecord(context, request.imprint);
  const info = sequence(
    integer(1),
    oid(timeStampPolicy),
    encodeImprint(request.imprint),
    integer(serial),
    generalizedTime(now),
    sequence(integer(accuracySeconds)),
    ...(request.nonce ? [request.nonce] : []),
  );
  const certificate = parseCertificate(unit.certificate);
  const signedAttributes = buildSignedAttributes({
    digest: createHash('sha256').update(info).digest(),
    signingCertificate: certificate.der, // ESSCertIDv2 binds the unit's certificate (RFC 5816)
    contentType: cmsOids.tstInfo,
    others: [attribute(cmsOids.signingTime, time(now))],
  });
  return assembleSignedData({
    signedAttributes,
    signature: await keyStore(context).sign(context.db, unit.key_id, 'tsa', signedAttributes),
    algorithm: algorithmOfKey(certificate.publicKey()),
    signer: certificate,
    certificates: request.wantsCertificate ? [certificate.der] : [],
    content: { type: cmsOids.tstInfo, bytes: info },
  });
}

/**
 * The record that comes before the token (X4): a serial that is never given twice (X2), and the time at which we were
 * asked. The database's clock has to read between our asking and its answer, within the accuracy (X1): a busy process
 * or database makes that time longer, never the clocks differ.
 */
async function keepRecord(
  { clock, db }: ServiceContext,
  imprint: MessageImprint,
): Promise<{ readonly serial: Buffer; readonly now: Date }> {
  const now = trustworthyNow(clock);
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const { rows } = await sql<{ theirs: Date }>`
    INSERT INTO certs.time_stamp (serial, generated_at, message_imprint)
    VALUES (${serial.toString('hex')}, ${now.toISOString()}, ${imprint.digest})
    RETURNING clock_timestamp() AS theirs`.execute(db);
  const theirs = new Date(rows[0]?.theirs ?? Number.NaN).getTime();
  const earliest = now.getTime() - accuracySeconds * 1000;
  const latest = trustworthyNow(clock).getTime() + accuracySeconds * 1000;
  if (!(theirs >= earliest && theirs <= latest)) throw clockNotTrusted();
  return { serial, now };
}

function encodeImprint({ hash, digest }: MessageImprint): Buffer {
  return sequence(sequence(oid(algorithmIds[hash]), nullValue), octetString(digest));
}
