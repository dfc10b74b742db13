import { timingSafeEqual } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, type EduTrustError, InvalidInput, NotFound } from '@edutrust/platform/errors';
import type { Selectable } from 'kysely';
import { hashAssertion } from '../enrolment/passkey.ts';
import { record } from '../events.ts';
import { type SigningTables, signingOf } from '../tables.ts';
import { authoriseFiles, phoneSignatures, signatureComesLater } from './authorise-item.ts';
import { certificateOf } from './certificate.ts';
import { completeAfterMs, completeTask } from './complete.ts';
import { certificateRevoked, evidenceOf, provedByPhone } from './phone.ts';
import type { Confirmation } from './schemas.ts';
import { fileKey, type Item, itemColumns } from './session-items.ts';
import { sessionMoves } from './states.ts';

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
    .where('machine_id', 'is', null)
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

export async function closeSession(
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

/**
 * The confirmation of an open session, taken: the passkey's assertion over the session's challenge, by somebody who may
 * still sign, for documents that the phone has drawn.
 */
async function confirmOpen(
  context: ServiceContext,
  transaction: Transaction,
  { session, certificate }: { readonly session: SessionRow; readonly certificate: Buffer },
  confirmation: Confirmation,
  actor: PersonActor,
): Promise<undefined> {
  const { assertion, drawn, notOpened } = confirmation;
  const confirmed = { enrolmentId: session.enrolment_id ?? '', purpose: session.purpose, challenge: session.challenge }; // a phone's session has one
  const enrolment = await provedByPhone(context, transaction, confirmed, assertion, actor);
  const items = await itemsOf(transaction, session.id);
  mustBeDrawn(items, confirmation);
  const now = context.clock.now();
  await authoriseSession(transaction, session, confirmation, now);
  const isSignedOnPhone = session.purpose === 'sign' && enrolment.custody === 'device';
  const signatureOf = isSignedOnPhone ? phoneSignatures(certificate, confirmation) : signatureComesLater;
  await authoriseFiles(
    transaction,
    items.map((item) => ({ item, ...signatureOf(item) })),
  );
  const options = { key: `${completeTask}:${session.id}`, runAt: new Date(now.getTime() + completeAfterMs) };
  await context.jobs.enqueue(transaction, completeTask, { sessionId: session.id }, options);
  await record(transaction, {
    type: 'signing-session.authorised',
    actor,
    subject: { kind: 'signing-session', id: session.id },
    organisationId: enrolment.organisation_id,
    data: {
      assertionSha256: hashAssertion(assertion).toString('hex'),
      listSha256: session.challenge.toString('hex'),
      pagesDrawn: drawn.reduce((sum, { pages }) => sum + pages, 0),
      notOpened: notOpened.length,
    },
  });
  return undefined;
}

export function itemsOf(transaction: Transaction, sessionId: string): Promise<Item[]> {
  return signingOf(transaction)
    .selectFrom('signing.session_item')
    .select(itemColumns)
    .where('session_id', '=', sessionId)
    .orderBy('request_id') // one order for all: two sessions never wait for each other
    .execute();
}

/** The session is authorised; the assertion and what the phone says it drew stay as evidence. */
async function authoriseSession(
  transaction: Transaction,
  session: SessionRow,
  { assertion, drawn, notOpened }: Confirmation,
  now: Date,
): Promise<void> {
  sessionMoves.mustMove(session.state, 'authorised');
  await signingOf(transaction)
    .updateTable('signing.session')
    .set({
      state: 'authorised',
      assertion: evidenceOf(assertion),
      assertion_sha256: hashAssertion(assertion),
      drawn: JSON.stringify(drawn),
      not_opened: [...notOpened],
      authorised_at: now,
    })
    .where('id', '=', session.id)
    .execute();
}

/**
 * V15: the phone drew each file of what it opened, and computed the same digest of what it drew; it says of all the rest that it did
 * not open them, and none of those is one that must be.
 */
function mustBeDrawn(items: readonly Item[], { drawn, notOpened }: Confirmation): void {
  const digestOf = new Map(
    drawn.map(({ requestId, artefact, digestHex }) => [fileKey(requestId, artefact ?? 'document'), digestHex]),
  );
  const closed = new Set(notOpened);
  const opened = items.filter(({ request_id }) => !closed.has(request_id));
  const isDrawn =
    digestOf.size === opened.length &&
    opened.every(
      ({ request_id, artefact, digest }) => digestOf.get(fileKey(request_id, artefact)) === digest.toString('hex'),
    );
  const known = new Set(items.map(({ request_id }) => request_id));
  if (!isDrawn || notOpened.some((id) => !known.has(id))) {
    throw new InvalidInput(
      'signing/not-drawn',
      {
        vi: 'Điện thoại chưa hiện đúng văn bản sẽ ký. Chưa có văn bản nào được ký.',
        en: 'The phone did not show exactly the documents to be signed. Nothing was signed.',
      },
      { remedy: { vi: 'Mở lại văn bản, xem rồi ký.', en: 'Open the documents again, look at them, then sign.' } },
    );
  }
  if (items.some(({ request_id, must_open }) => must_open && closed.has(request_id))) {
    throw new InvalidInput(
      'signing/not-opened',
      {
        vi: 'Có văn bản cần đọc kỹ mà chưa mở. Chưa có văn bản nào được ký.',
        en: 'A document that has to be read closely was not opened. Nothing was signed.',
      },
      { remedy: { vi: 'Mở các văn bản được đánh dấu, xem rồi ký.', en: 'Open those that are marked, then sign.' } },
    );
  }
}
