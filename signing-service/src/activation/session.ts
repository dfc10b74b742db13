import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict } from '@edutrust/platform/errors';
import { record } from '@edutrust/platform/events';
import type { Actor } from '@edutrust/platform/http';
import { uuidv7 } from '@edutrust/platform/ids';
import { findSigners, type Signer } from '@edutrust/registry/permissions';
import type Type from 'typebox';
import { currentEnrolment } from '../enrolment/certificate.ts';
import type { EnrolmentRow } from '../enrolment/enrolment.ts';
import { buildSignedAttributes, prepareSignature, visibleLines } from '../pades/pades.ts';
import { formatVerificationCode } from '../requests/code.ts';
import { noRequest } from '../requests/requests.ts';
import { signingOf } from '../tables.ts';
import { transcriptSignaturePlace } from '../transcript/transcript.ts';
import { sealList } from './list.ts';
import type { SigningSession } from './schemas.ts';

type PersonActor = Extract<Actor, { kind: 'person' }>;

/** W2: a challenge lives at most five minutes. */
const sessionSeconds = 300;

/** An enrolment with which signing is possible now. */
interface ReadyEnrolment extends EnrolmentRow {
  readonly certificate: Buffer;
  readonly certificate_serial: string;
}

/**
 * The person's enrolment, if a signature made now would be good.
 *
 * @throws Conflict `signing/not-enrolled`, `signing/certificate-expired`.
 */
async function readyEnrolment(context: ServiceContext, personId: string): Promise<ReadyEnrolment> {
  const enrolment = await currentEnrolment(context, personId);
  const { certificate, certificate_serial } = enrolment ?? {};
  if (enrolment?.state !== 'enrolled' || !certificate || !certificate_serial) {
    throw new Conflict(
      'signing/not-enrolled',
      { vi: 'Bạn chưa có chứng thư ký số đang dùng được.', en: 'You have no signing certificate in use.' },
      {
        remedy: {
          vi: 'Mở «Đăng ký ký số» trên điện thoại, rồi nhờ cán bộ an toàn thông tin duyệt.',
          en: 'Open "Enrol" on the phone, then ask the security officer to approve.',
        },
      },
    );
  }
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  const now = context.clock.now();
  if (now < validFromDate || now >= validToDate) {
    throw new Conflict(
      'signing/certificate-expired',
      { vi: 'Chứng thư ký số của bạn đã hết hạn.', en: 'Your signing certificate has expired.' },
      { remedy: { vi: 'Thu hồi đăng ký cũ rồi đăng ký lại.', en: 'Revoke the old enrolment and enrol again.' } },
    );
  }
  return { ...enrolment, certificate, certificate_serial };
}

/**
 * Opens a signing session over waiting requests: prepares every file, and gives the phone what it is to sign and the
 * challenge that stands for all of it. Replaces the person's earlier open session.
 *
 * @throws Conflict `signing/not-waiting` naming the requests, `signing/being-signed`; NotFound; see {@link readyEnrolment}.
 */
export async function openSession(
  context: ServiceContext,
  requestIds: readonly string[],
  actor: PersonActor,
): Promise<Type.Static<typeof SigningSession>> {
  const { db, clock, config } = context;
  const enrolment = await readyEnrolment(context, actor.personId);
  const [signer] = await findSigners(db, { personId: actor.personId, organisationId: enrolment.organisation_id });
  if (!signer) throw noRequest();
  const now = clock.now();
  // Whole seconds: what the list, the row and the file say of a time is the same text.
  const expiresAt = new Date(Math.floor(now.getTime() / 1000 + sessionSeconds) * 1000);
  const id = uuidv7();
  const requests = await waitingRequests(context, requestIds, actor);
  const items = requests.map((request) => prepareItem(context, { request, enrolment, signer, now }));
  const { text, challenge, code4 } = sealList({
    documents: items.map(({ requestId, digest }) => ({ request: requestId, digest: digest.toString('hex') })),
    template: 'transcript',
    purpose: 'sign',
    certificate: createHash('sha256').update(enrolment.certificate).digest('hex'),
    session: id,
    expires: expiresAt.toISOString(),
    nonce: randomBytes(32).toString('base64url'),
  });
  await db.transaction().execute(async (transaction) => {
    const tables = signingOf(transaction);
    const older = tables
      .updateTable('signing.session')
      .set({ state: 'expired' })
      .where('person_id', '=', actor.personId)
      .where('state', '=', 'open')
      .returning('id');
    await tables
      .with('older', () => older)
      .updateTable('signing.session_item')
      .set({ prepared: null })
      .where('session_id', 'in', (query) => query.selectFrom('older').select('older.id'))
      .execute();
    await tables
      .insertInto('signing.session')
      .values({
        id,
        person_id: actor.personId,
        sign_in_session_id: actor.sessionId,
        enrolment_id: enrolment.id,
        certificate_serial: enrolment.certificate_serial,
        list: text,
        challenge,
        code4,
        state: 'open',
        created_at: now,
        expires_at: expiresAt,
        assertion: null,
        assertion_sha256: null,
        authorised_at: null,
        lease_until: null,
        completed_at: null,
      })
      .execute();
    await tables
      .insertInto('signing.session_item')
      .values(
        items.map(({ requestId, digest, signedAttributes, prepared }, position) => ({
          session_id: id,
          request_id: requestId,
          position,
          state: 'waiting' as const,
          digest,
          signed_attributes: signedAttributes,
          prepared,
          signature: null,
          time_stamp: null,
          ledger_entry_id: null,
          leaf: null,
          error: null,
        })),
      )
      .execute();
    await record(transaction, {
      type: 'signing-session.opened',
      actor,
      subject: { kind: 'signing-session', id },
      organisationId: enrolment.organisation_id,
      data: { listSha256: challenge.toString('hex'), documents: items.length },
    });
  });
  return {
    id,
    code4,
    expiresAt: expiresAt.toISOString(),
    custody: enrolment.custody,
    list: text,
    items: items.map(({ requestId, title, digest, signedAttributes }) => ({
      requestId,
      title,
      digestHex: digest.toString('hex'),
      signedAttributes: signedAttributes.toString('base64url'),
    })),
    assertionOptions: {
      challenge: challenge.toString('base64url'),
      rpId: config.url.hostname,
      timeout: sessionSeconds * 1000,
      userVerification: 'required',
      allowCredentials: [
        {
          id: enrolment.credential_id,
          type: 'public-key',
          ...(enrolment.transports.length > 0 ? { transports: enrolment.transports } : {}),
        },
      ],
      ...(enrolment.custody === 'device'
        ? { extensions: { prf: { eval: { first: enrolment.prf_salt.toString('base64url') } } } }
        : {}),
    },
    wrappedKey: enrolment.wrapped_private_key?.toString('base64url') ?? null,
  };
}

interface WaitingRequest {
  readonly id: string;
  readonly title: string;
  readonly code: string;
  readonly signer_title: string;
  readonly bytes: Buffer;
}

async function waitingRequests(
  { db }: ServiceContext,
  requestIds: readonly string[],
  actor: PersonActor,
): Promise<WaitingRequest[]> {
  const found = await signingOf(db)
    .selectFrom('signing.request as r')
    .innerJoin('signing.document as d', 'd.id', 'r.unsigned_document_id')
    .select(['r.id', 'r.title', 'r.code', 'r.signer_title', 'r.state', 'r.session_id', 'd.bytes'])
    .where('r.id', 'in', [...requestIds])
    .where('r.signer_id', '=', actor.personId)
    .execute();
  const byId = new Map(found.map((row) => [row.id, row]));
  if (requestIds.some((id) => !byId.has(id))) throw noRequest(); // somebody else's are none of theirs
  const closed = requestIds.filter((id) => byId.get(id)?.state !== 'waiting' || byId.get(id)?.session_id);
  if (closed.length > 0 && closed.every((id) => byId.get(id)?.state === 'waiting')) throw beingSigned();
  if (closed.length > 0) {
    throw new Conflict(
      'signing/not-waiting',
      { vi: 'Có văn bản không còn chờ ký.', en: 'Some documents wait for no signature any more.' },
      {
        remedy: { vi: 'Tải lại danh sách rồi chọn lại.', en: 'Load the list again and choose anew.' },
        fields: closed.map((id) => ({
          pointer: `/requestIds/${requestIds.indexOf(id)}`,
          detail: { vi: 'Đã ký, đang ký, bị từ chối hoặc đã rút.', en: 'Signed, being signed, rejected or withdrawn.' },
        })),
      },
    );
  }
  return requestIds.flatMap((id) => byId.get(id) ?? []);
}

/** They confirmed it already: what is missing is ours to do. */
function beingSigned(): Conflict {
  return new Conflict(
    'signing/being-signed',
    {
      vi: 'Bạn đã xác nhận ký văn bản này; hệ thống đang hoàn tất chữ ký.',
      en: 'You have confirmed this document already; its signature is being completed.',
    },
    {
      remedy: {
        vi: 'Không cần ký lại. Mở lại sau một phút; nếu vẫn vậy, hãy báo quản trị hệ thống.',
        en: 'There is no need to sign again. Look in a minute; if it stays so, tell the administrators of the system.',
      },
    },
  );
}

/** Reserves the signature's place in the file and makes the bytes that are to be signed. */
function prepareItem(
  { config }: ServiceContext,
  given: {
    readonly request: WaitingRequest;
    readonly enrolment: ReadyEnrolment;
    readonly signer: Signer;
    readonly now: Date;
  },
) {
  const { request, enrolment, signer, now } = given;
  const code = formatVerificationCode(request.code);
  const { prepared, digest } = prepareSignature(request.bytes, {
    signerName: signer.fullName,
    at: now,
    visible: {
      ...transcriptSignaturePlace,
      lines: visibleLines({
        name: signer.fullName,
        title: request.signer_title,
        organisation: signer.organisationName,
        at: now,
        verifyAt: `${config.url.host}/verify/${code}`,
      }),
    },
  });
  return {
    requestId: request.id,
    title: request.title,
    prepared,
    digest,
    signedAttributes: buildSignedAttributes({ digest, signingCertificate: enrolment.certificate }),
  };
}
