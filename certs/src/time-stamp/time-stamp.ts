import { createHash, randomBytes } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { Unavailable } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import { type Certificate, parseCertificate } from '../certificate/certificate.ts';
import {
  bitString,
  element,
  explicit,
  generalizedTime,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  tag,
  utf8String,
} from '../der/der.ts';
import { keyStore } from '../key-store/key-store.ts';
import { clockNotTrusted, trustworthyNow } from './clock.ts';
import { type MessageImprint, parseTimeStampRequest, RequestRefused, type TimeStampRequest } from './request.ts';

export { type VerifiedTimeStamp, verifyTimeStampToken } from './verify.ts';

/** The one policy that we stamp under (a UUID arc of our own, ITU-T X.667). */
export const timeStampPolicy = '2.25.185730264516720394815627403918264507';
/** Seconds of accuracy that a token promises. */
const accuracySeconds = 1;

const ids = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  sha256: '2.16.840.1.101.3.4.2.1',
  ecdsaSha256: '1.2.840.10045.4.3.2',
} as const;

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
  const attributes = signedAttributes(info, certificate, now);
  const signature = await keyStore(context).sign(context.db, unit.key_id, 'tsa', setOf(...attributes));
  return signedData(info, certificate, attributes, signature, request.wantsCertificate);
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
  const types = { sha256: ids.sha256, sha384: '2.16.840.1.101.3.4.2.2', sha512: '2.16.840.1.101.3.4.2.3' } as const;
  return sequence(sequence(oid(types[hash]), nullValue), octetString(digest));
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function attribute(type: string, value: Uint8Array): Buffer {
  return sequence(oid(type), setOf(value));
}

/** With ESSCertIDv2, which binds the unit's certificate (RFC 5816). */
function signedAttributes(info: Buffer, certificate: Certificate, at: Date): Buffer[] {
  const issuerSerial = sequence(sequence(explicit(4, certificate.issuer.der)), integer(certificate.serial));
  const certificateId = sequence(octetString(sha256(certificate.der)), issuerSerial); // SHA-256 is the default
  return [
    attribute(ids.contentType, oid(ids.tstInfo)),
    attribute(
      ids.signingTime,
      element(
        tag.utcTime,
        Buffer.from(
          at
            .toISOString()
            .replaceAll(/[-:T]|\.\d+/g, '')
            .slice(2),
          'latin1',
        ),
      ),
    ),
    attribute(ids.messageDigest, octetString(sha256(info))),
    attribute(ids.signingCertificateV2, sequence(sequence(certificateId))),
  ];
}

function signedData(
  info: Buffer,
  certificate: Certificate,
  attributes: readonly Buffer[],
  signature: Buffer,
  withCertificate: boolean,
): Buffer {
  const digestAlgorithm = sequence(oid(ids.sha256));
  const sorted = setOf(...attributes);
  const signerInfo = sequence(
    integer(1),
    sequence(certificate.issuer.der, integer(certificate.serial)),
    digestAlgorithm,
    Buffer.concat([Buffer.of(0xa0), sorted.subarray(1)]), // [0] IMPLICIT over the same SET
    sequence(oid(ids.ecdsaSha256)),
    octetString(signature),
  );
  return sequence(
    oid(ids.signedData),
    explicit(
      0,
      sequence(
        integer(3),
        setOf(digestAlgorithm),
        sequence(oid(ids.tstInfo), explicit(0, octetString(info))),
        ...(withCertificate ? [explicit(0, certificate.der)] : []),
        setOf(signerInfo),
      ),
    ),
  );
}
