import { timingSafeEqual, verify, X509Certificate } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, type EduTrustError, InvalidInput, NotFound } from '@edutrust/platform/errors';
import { findSigners, type SigningRole } from '@edutrust/registry/permissions';
import type { Selectable } from 'kysely';
import type Type from 'typebox';
import { lockEnrolment, userHandleOf } from '../enrolment/enrolment.ts';
import { hashAssertion, verifyAssertion } from '../enrolment/passkey.ts';
import { record } from '../events.ts';
import { ecdsaSignatureFromRaw } from '../formats/ecdsa.ts';
import { lockRequest } from '../requests/requests.ts';
import { dueSteps } from '../requests/steps.ts';
import { type SigningTables, signingOf } from '../tables.ts';
import { certificateOf } from './certificate.ts';
import { completeAfterMs, completeTask } from './complete.ts';
import type { ConfirmBody } from './schemas.ts';
import { failItem, type Item, type ItemError, moveItem } from './session-items.ts';
import { sessionMoves } from './states.ts';

type Confirmation = Type.Static<typeof ConfirmBody>;
type SessionRow = Selectable<SigningTables['signing.session']>;

/**
 * Takes the phone's confirmation: one assertion over the session's challenge, and with device custody one signature for
 * each document. The challenge is used up whatever comes of it. What is authorised is kept with the assertion as evidence,
 * and a job sees to it that it is completed.
 *
 * Idempotent by session and assertion: the same confirmation again changes nothing.
 *
 * @throws NotFound, Conflict `signing/session-used`, `signing/session-expired`, `signing/certificate-revoked`,
 *   InvalidInput `signing/passkey-refused`.
 */
export async function authorise(
  context: ServiceContext,
  sessionId: string,
  confirmation: Confirmation,
  actor: PersonActor,
): Promise<void> {
  const refusal = await context.db.transaction().execute(async (transaction) => {
    const session = await lockSession(transaction, sessionId, actor);
    if (session.state !== 'open') return mustBeTheSame(session, confirmation);
    const close = async (state: 'refused' | 'expired', error: EduTrustError) => {
      await closeSession(transaction, session, state, actor, error.code);
      return error;
    };
    const now = context.clock.now();
    if (now >= session.expires_at) return close('expired', sessionExpired());
    const certificate = await certificateOf(transaction, session, now);
    if (!certificate?.isUsable) return close('refused', certificateRevoked());
    const opened = { session, certificate: certificate.der };
    return confirmOpen(context, transaction, opened, confirmation, actor).catch((error: unknown) => {
      if (error instanceof InvalidInput) return close('refused', error);
      throw error;
    });
  });
  if (refusal) throw refusal;
}

async function lockSession(transaction: Transaction, id: string, actor: PersonActor): Promise<SessionRow> {
  const session = await signingOf(transaction)
    .selectFrom('signing.session')
    .selectAll()
    .where('id', '=', id)
    .where('person_id', '=', actor.personId)
    .forUpdate()
    .executeTakeFirst();
  if (session && (session.sign_in_session_id === actor.sessionId || session.state !== 'open')) return session;
  throw new NotFound('signing/no-session', { vi: 'Không có phiên ký này.', en: 'There is no such signing session.' });
}

/** A session that is no longer open answers only to the very confirmation that it took. */
function mustBeTheSame(session: SessionRow, { assertion }: Confirmation): EduTrustError | undefined {
  const taken = session.assertion_sha256;
  if (taken && timingSafeEqual(taken, hashAssertion(assertion))) return undefined;
  if (session.state === 'expired') return sessionExpired();
  return new Conflict('signing/session-used', {
    vi: 'Phiên ký này đã được dùng. Hãy mở lại danh sách và ký lại.',
    en: 'This signing session has been used. Open the list and sign again.',
  });
}

function sessionExpired(): Conflict {
  return new Conflict('signing/session-expired', {
    vi: 'Phiên ký đã hết hạn sau 5 phút. Chưa có văn bản nào được ký; hãy bấm ký lại.',
    en: 'The signing session expired after 5 minutes. Nothing was signed; tap Sign again.',
  });
}

function certificateRevoked(): Conflict {
  return new Conflict('signing/certificate-revoked', {
    vi: 'Chứng thư ký số của bạn đã bị thu hồi hoặc hết hạn. Chưa có văn bản nào được ký.',
    en: 'Your signing certificate is revoked or expired. Nothing was signed.',
  });
}

async function closeSession(
  transaction: Transaction,
  session: SessionRow,
  state: 'refused' | 'expired',
  actor: PersonActor,
  code: string,
): Promise<void> {
  sessionMoves.mustMove(session.state, state);
  const tables = signingOf(transaction);
  await tables.updateTable('signing.session').set({ state }).where('id', '=', session.id).execute();
  await tables
    .updateTable('signing.session_item')
    .set({ prepared: null })
    .where('session_id', '=', session.id)
    .execute();
  await record(transaction, {
    type: `signing-session.${state}`,
    actor,
    subject: { kind: 'signing-session', id: session.id },
    data: { code },
  });
}

async function confirmOpen(
  { config, clock, jobs, secrets }: ServiceContext,
  transaction: Transaction,
  { session, certificate }: { readonly session: SessionRow; readonly certificate: Buffer },
  { assertion, signatures, drawn }: Confirmation,
  actor: PersonActor,
): Promise<undefined> {
  const enrolment = await lockEnrolment(transaction, session.enrolment_id);
  if (enrolment.state !== 'enrolled') throw notEnrolledAnyMore();
  const roles: readonly SigningRole[] = [session.purpose === 'seal' ? 'clerk' : 'signer'];
  const organisationId = enrolment.organisation_id;
  const [holder] = await findSigners({ db: transaction, secrets }, { personId: actor.personId, organisationId, roles });
  if (!holder) throw roleEnded(); // between opening and confirming
  const passkey = {
    credentialId: enrolment.credential_id,
    publicKey: enrolment.credential_public_key,
    counter: enrolment.credential_counter,
    userHandle: userHandleOf(enrolment.id),
  };
  const { counter, counterWentBack } = await verifyAssertion(
    config,
    assertion,
    passkey,
    session.challenge.toString('base64url'),
  );
  if (counterWentBack) throw counterDecreased();
  sessionMoves.mustMove(session.state, 'authorised');
  const tables = signingOf(transaction);
  const items = await tables
    .selectFrom('signing.session_item')
    .selectAll()
    .where('session_id', '=', session.id)
    .orderBy('request_id') // one order for all: two sessions never wait for each other
    .execute();
  mustBeDrawn(items, drawn);
  const now = clock.now();
  const assertionSha256 = hashAssertion(assertion);
  await tables
    .updateTable('signing.enrolment')
    .set({ credential_counter: counter, last_used_at: now })
    .where('id', '=', enrolment.id)
    .execute();
  const { clientExtensionResults: _never, ...evidence } = assertion; // PRF results are nobody's but the phone's
  await tables
    .updateTable('signing.session')
    .set({
      state: 'authorised',
      assertion: JSON.stringify(evidence),
      assertion_sha256: assertionSha256,
      drawn: JSON.stringify(drawn),
      authorised_at: now,
    })
    .where('id', '=', session.id)
    .execute();
  const signatureOf = new Map(signatures.map(({ requestId, signature }) => [requestId, signature]));
  const publicKey = new X509Certificate(certificate).publicKey;
  for (const item of items) {
    let signature: Buffer | null = null;
    let error: ItemError | undefined;
    if (session.purpose === 'sign' && enrolment.custody === 'device') {
      const raw = Buffer.from(signatureOf.get(item.request_id) ?? '', 'base64url');
      const isRight = verify('sha256', item.signed_attributes, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw);
      if (isRight) signature = ecdsaSignatureFromRaw(raw);
      else error = wrongSignature;
    }
    error ??= await claim(transaction, item);
    if (error) await failItem(transaction, item, error);
    else await moveItem(transaction, item, 'authorised', { signature });
  }
  const options = { key: `${completeTask}:${session.id}`, runAt: new Date(now.getTime() + completeAfterMs) };
  await jobs.enqueue(transaction, completeTask, { sessionId: session.id }, options);
  await record(transaction, {
    type: 'signing-session.authorised',
    actor,
    subject: { kind: 'signing-session', id: session.id },
    organisationId: enrolment.organisation_id,
    data: {
      assertionSha256: assertionSha256.toString('hex'),
      listSha256: session.challenge.toString('hex'),
      pagesDrawn: drawn.reduce((sum, { pages }) => sum + pages, 0),
    },
  });
  return undefined;
}

/** V15: the phone drew each file that it signs, and computed the same digest of what it drew. */
function mustBeDrawn(items: readonly Item[], drawn: Confirmation['drawn']): void {
  const digestOf = new Map(drawn.map(({ requestId, digestHex }) => [requestId, digestHex]));
  if (
    digestOf.size === items.length &&
    items.every(({ request_id, digest }) => digestOf.get(request_id) === digest.toString('hex'))
  )
    return;
  throw new InvalidInput(
    'signing/not-drawn',
    {
      vi: 'Điện thoại chưa hiện đúng văn bản sẽ ký. Chưa có văn bản nào được ký.',
      en: 'The phone did not show exactly the documents to be signed. Nothing was signed.',
    },
    { remedy: { vi: 'Mở lại văn bản, xem rồi ký.', en: 'Open the documents again, look at them, then sign.' } },
  );
}

/**
 * Makes the request this session's alone: nobody else signs, rejects or withdraws it until this signature is in its file.
 * Where several may sign whenever they like, the file must still be the one that was prepared.
 */
async function claim(transaction: Transaction, item: Item): Promise<ItemError | undefined> {
  const request = await lockRequest(transaction, item.request_id);
  const due = await dueSteps(transaction, item.request_id);
  const own = due.find(({ position }) => position === item.step);
  if (!own || due.some(({ session_id }) => session_id)) return notWaiting;
  const current = request.signed_document_id ?? request.unsigned_document_id;
  if (item.base_document_id !== null && item.base_document_id !== current) return signedMeanwhile;
  await signingOf(transaction)
    .updateTable('signing.step')
    .set({ session_id: item.session_id })
    .where('request_id', '=', item.request_id)
    .where('position', '=', item.step)
    .execute();
  return undefined;
}

const signedMeanwhile: ItemError = {
  code: 'signing/signed-meanwhile',
  detail: {
    vi: 'Người khác vừa ký văn bản này trước bạn. Hãy mở lại và ký.',
    en: 'Somebody else signed this document just before you. Open it again and sign.',
  },
};

const wrongSignature: ItemError = {
  code: 'signing/wrong-signature',
  detail: {
    vi: 'Chữ ký của điện thoại không khớp với văn bản này. Văn bản vẫn chờ ký.',
    en: "The phone's signature does not match this document. It still waits.",
  },
};

const notWaiting: ItemError = {
  code: 'signing/not-waiting',
  detail: {
    vi: 'Văn bản này không còn chờ ký: đã ký, bị từ chối hoặc đã rút.',
    en: 'This document is no longer waiting: it was signed, rejected or withdrawn.',
  },
};

function notEnrolledAnyMore(): InvalidInput {
  return new InvalidInput('signing/not-enrolled', {
    vi: 'Đăng ký ký số của điện thoại này đã bị thu hồi.',
    en: "This phone's enrolment was revoked.",
  });
}

function roleEnded(): InvalidInput {
  return new InvalidInput('signing/role-ended', {
    vi: 'Bạn không còn vai trò ký hoặc đóng dấu ở đơn vị này. Chưa có văn bản nào được ký.',
    en: 'You no longer hold the role to sign or seal here. Nothing was signed.',
  });
}

/** W3: perhaps two copies of one authenticator; the session is refused and the event says so. */
function counterDecreased(): InvalidInput {
  return new InvalidInput(
    'signing/counter-decreased',
    {
      vi: 'Bộ đếm của khoá truy cập đi lùi: có thể khoá đã bị sao chép. Chưa có văn bản nào được ký.',
      en: "The passkey's counter went back: it may have been copied. Nothing was signed.",
    },
    {
      remedy: {
        vi: 'Thu hồi đăng ký ký số và báo cán bộ an toàn thông tin.',
        en: 'Revoke the enrolment and tell the security officer.',
      },
    },
  );
}
