import { createHash } from 'node:crypto';
import { chainAbove } from '@edutrust/certs/authority';
import { keyStore } from '@edutrust/certs/key-store';
import { timeStamp } from '@edutrust/certs/time-stamp';
import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { type EduTrustError, InvalidInput } from '@edutrust/platform/errors';
import type { Selectable } from 'kysely';
import { storeDocument } from '../documents/store.ts';
import { type EnrolmentRow, readEnrolment } from '../enrolment/enrolment.ts';
import { record } from '../events.ts';
import type { FormatName } from '../formats/format.ts';
import { formatNamed } from '../formats/formats.ts';
import { signatureLeaf } from '../formats/leaf.ts';
import { archiveTask } from '../long-term/archive.ts';
import { lockRequest, ofApp, type RequestRow } from '../requests/requests.ts';
import { type RequestState, requestMoves } from '../requests/states.ts';
import { dueSteps, finishStep, type StepRow } from '../requests/steps.ts';
import { type SigningTables, signingOf } from '../tables.ts';
import { certificateOf } from './certificate.ts';
import { mustBeAuthorised } from './evidence.ts';
import { lease, leaseMs, renewLease } from './lease.ts';
import { byRequest, failItem, type Item, itemColumns, moveItem } from './session-items.ts';

/** The job that completes an authorised session; idempotent by the session's id. */
export const completeTask = 'signing.complete-session';

/** The request completes what it authorised; the job looks a little later whether it did. */
export const completeAfterMs = 5_000;

type Session = Selectable<SigningTables['signing.session']>;

/**
 * Completes what a confirmation authorised: stamps each signature, logs it, and puts it into its file. Every step is one
 * transaction that happens once, so that a process may die between any two: a request is waiting, or signed with a whole
 * file, and what was authorised goes on from where it stopped.
 *
 * Gives false when another worker is at it.
 *
 * @throws Unavailable (time stamps, ledger, database): the job tries again.
 */
export async function completeSession(
  context: ServiceContext,
  sessionId: string,
  { renewEveryMs = leaseMs / 4 }: { readonly renewEveryMs?: number } = {},
): Promise<boolean> {
  const { db } = context;
  const session = await lease(context, sessionId);
  if (!session) return false;
  // A hundred documents, or a time stamp that takes minutes, need more than one lease.
  let isRenewing = false; // one at a time, so that an older one never lands after a newer
  const renewing = setInterval(() => {
    if (isRenewing) return;
    isRenewing = true;
    void renewLease(context, sessionId).finally(() => {
      isRenewing = false;
    });
  }, renewEveryMs);
  try {
    const enrolment = session.enrolment_id ? await readEnrolment(db, session.enrolment_id) : undefined;
    for (const files of byRequest(await itemsIn(context, sessionId, 'authorised'))) {
      await orFail(context, files, async () => {
        for (const item of files) await stampAndLog(context, session, enrolment, item);
      });
    }
    const chain = await certificatesFor(context, session);
    for (const files of byRequest(await itemsIn(context, sessionId, 'logged'))) {
      await orFail(context, files, () => finishFiles(context, session, chain, files).catch(ignoreAlreadyDone));
    }
    await signingOf(db)
      .updateTable('signing.session')
      .set({ state: 'completed', completed_at: context.clock.now(), lease_until: null })
      .where('id', '=', sessionId)
      .where('state', '=', 'authorised')
      .execute();
    return true;
  } catch (error) {
    await signingOf(db)
      .updateTable('signing.session')
      .set({ lease_until: null })
      .where('id', '=', sessionId)
      .execute()
      .catch(() => undefined); // the first error is the one to tell
    throw error;
  } finally {
    clearInterval(renewing);
  }
}

/**
 * What the job does. The request that authorised the session completes it, as a rule; the job is for when it did not. While another worker is at it,
 * which is no fault, the job looks again when that one's lease is over.
 *
 * @throws what {@link completeSession} throws: the job tries again.
 */
export async function completeNow(context: ServiceContext, sessionId: string): Promise<void> {
  if (await completeSession(context, sessionId)) return;
  await context.db.transaction().execute(async (transaction) => {
    const session = await signingOf(transaction)
      .selectFrom('signing.session')
      .select(['state', 'lease_until'])
      .where('id', '=', sessionId)
      .executeTakeFirst();
    if (session?.state !== 'authorised') return;
    const latest = new Date(context.clock.now().getTime() + leaseMs); // also of a lease taken while a clock was wrong
    const until = session.lease_until ?? latest;
    const options = { key: `${completeTask}:${sessionId}`, runAt: until < latest ? until : latest };
    await context.jobs.enqueue(transaction, completeTask, { sessionId }, options);
  });
}

/** What the file carries: the signer's certificate and its issuers without the root, which a verifier has already, or does not trust. */
async function certificatesFor(context: ServiceContext, session: Session): Promise<Buffer[]> {
  const certificate = await certificateOf(context.db, session, context.clock.now());
  if (!certificate) return [];
  const { der, issuerId, issuers } = certificate;
  return [der, ...(issuerId ? (await chainAbove(context, issuerId)).slice(0, -1) : issuers)];
}

/** A file of a session, and its format. */
interface DocumentItem extends Item {
  readonly format: FormatName;
}

async function itemsIn(
  { db }: ServiceContext,
  sessionId: string,
  state: 'authorised' | 'logged',
): Promise<DocumentItem[]> {
  const items = await signingOf(db)
    .selectFrom('signing.session_item as i')
    .innerJoin('signing.request as r', 'r.id', 'i.request_id')
    .select(itemColumns.map((column) => `i.${column}` as const))
    .select('r.format')
    .where('i.session_id', '=', sessionId)
    .where('i.state', '=', state)
    .orderBy('i.position')
    .execute();
  return items.map((item) => (item.artefact === 'data' ? { ...item, format: 'XAdES' } : item));
}

/** What can never succeed fails this request alone, with both its files, and it waits again; everything else is tried again. */
async function orFail(
  context: ServiceContext,
  [item]: readonly DocumentItem[],
  step: () => Promise<void>,
): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof InvalidInput) || !item) throw error;
    context.log.error({ err: error, request: item.request_id }, 'a document could not be signed');
    await context.db.transaction().execute(async (transaction) => {
      const open = await signingOf(transaction)
        .selectFrom('signing.session_item')
        .select(itemColumns)
        .where('session_id', '=', item.session_id)
        .where('request_id', '=', item.request_id)
        .where('state', 'in', ['authorised', 'logged'])
        .execute();
      for (const one of open) await failItem(transaction, one, error);
      await signingOf(transaction)
        .updateTable('signing.step')
        .set({ session_id: null })
        .where('request_id', '=', item.request_id)
        .where('position', '=', item.step)
        .where('session_id', '=', item.session_id)
        .where('state', '=', 'due')
        .execute();
    });
  }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** The signature value, its RFC 3161 time stamp, and its leaf in the public log, in one transaction. */
async function stampAndLog(
  context: ServiceContext,
  session: Session,
  enrolment: EnrolmentRow | undefined,
  item: DocumentItem,
): Promise<void> {
  const { db, ledger, clock } = context;
  const certificate = await certificateOf(db, session, clock.now());
  if (!certificate?.isUsable || !session.assertion_sha256) throw revokedMeanwhile();
  await mustBeAuthorised(context, session, enrolment, { ...item, certificate: certificate.der });
  const signature = item.signature ?? (await signInKeyStore(context, session, enrolment, item));
  const token = await timeStamp(context, sha256(formatNamed(item.format).stamped(signature, certificate.der)));
  const leaf = signatureLeaf({
    assertion: session.assertion_sha256,
    certificate: sha256(certificate.der),
    document: item.digest,
    signature: sha256(signature),
    timeStamp: sha256(token),
  });
  await db
    .transaction()
    .execute(async (transaction) => {
      const moved = await moveItem(transaction, item, 'logged', {
        signature,
        time_stamp: token,
        leaf,
        ledger_entry_id: await ledger.append(transaction, 'signatures', Buffer.from(leaf, 'utf8')),
      });
      if (!moved) throw new AlreadyDone();
    })
    .catch(ignoreAlreadyDone);
}

/** The key store signs only what the session's assertion has authorised: with the seal's key, or the person's own (HSM custody). */
async function signInKeyStore(
  context: ServiceContext,
  session: Session,
  enrolment: EnrolmentRow | undefined,
  item: Item,
): Promise<Buffer> {
  const [keyId, purpose] =
    session.purpose === 'seal' ? ([session.key_id, 'seal'] as const) : ([enrolment?.key_id, 'signer'] as const);
  if (!keyId) throw revokedMeanwhile();
  return keyStore(context).sign(context.db, keyId, purpose, item.signed_attributes);
}

/** Waits for the proof that each signature is in the log, makes the files whole, and closes the step: all in one transaction. */
async function finishFiles(
  context: ServiceContext,
  session: Session,
  chain: readonly Uint8Array[],
  items: readonly DocumentItem[],
): Promise<void> {
  const { db, clock } = context;
  const files = await Promise.all(items.map((item) => wholeFile(context, session, chain, item)));
  const document = files.find(({ item }) => item.artefact === 'document');
  const data = files.find(({ item }) => item.artefact === 'data');
  if (!document) throw new Error('a request without its document'); // a session's writers never let this happen
  const now = clock.now();
  await db.transaction().execute(async (transaction) => {
    const request = await lockRequest(transaction, document.item.request_id);
    const due = await dueSteps(transaction, request.id);
    const step = due.find(({ position }) => position === document.item.step);
    if (step?.session_id !== session.id) throw new AlreadyDone();
    if ((request.unsigned_data_id !== null) !== (data !== undefined)) throw new Error('one of two files alone');
    const { pages } = await signingOf(transaction)
      .selectFrom('signing.document')
      .select('pages')
      .where('id', '=', request.unsigned_document_id)
      .executeTakeFirstOrThrow();
    const documentId = await storeDocument(transaction, document.bytes, { pages, now });
    const dataId = data ? await storeDocument(transaction, data.bytes, { pages: 1, now }) : null;
    const state = await finishStep(transaction, step, { documentId, dataId, signerId: session.person_id, now });
    if (state !== request.state) requestMoves.mustMove(request.state, state);
    await signingOf(transaction)
      .updateTable('signing.request')
      .set({
        state,
        signed_document_id: documentId,
        signed_data_id: dataId,
        ...(state === 'issued' ? { closed_at: now } : {}),
      })
      .where('id', '=', request.id)
      .execute();
    if (state === 'issued' && request.replaces_id) await replace(transaction, session, request, request.replaces_id);
    for (const { item } of files) {
      if (!(await moveItem(transaction, item, 'signed', { prepared: null }))) throw new AlreadyDone();
    }
    await tellSigned(context, transaction, session, { request, step, state, documentId, file: document });
  });
}

/** What a correction takes the place of is readable from now on as replaced. */
async function replace(
  transaction: Transaction,
  session: Session,
  { id: byId }: RequestRow,
  replacedId: string,
): Promise<void> {
  const replaced = await lockRequest(transaction, replacedId);
  requestMoves.mustMove(replaced.state, 'replaced');
  await signingOf(transaction)
    .updateTable('signing.request')
    .set({ state: 'replaced' })
    .where('id', '=', replacedId)
    .execute();
  await record(transaction, {
    type: 'signing-request.replaced',
    actor: signerActor(session),
    subject: { kind: 'signing-request', id: replacedId },
    organisationId: replaced.organisation_id,
    data: { ...ofApp(replaced), byId },
  });
}

interface WholeFile {
  readonly item: DocumentItem;
  readonly bytes: Buffer;
  readonly logIndex: number;
}

/** A prepared file with its signature, time stamp and proof in it. */
async function wholeFile(
  { db, ledger }: ServiceContext,
  session: Session,
  chain: readonly Uint8Array[],
  item: DocumentItem,
): Promise<WholeFile> {
  const { signature, time_stamp, ledger_entry_id } = item;
  const { state, prepared } = await signingOf(db)
    .selectFrom('signing.session_item')
    .select(['state', 'prepared'])
    .where('session_id', '=', item.session_id)
    .where('request_id', '=', item.request_id)
    .where('artefact', '=', item.artefact)
    .executeTakeFirstOrThrow();
  if (state !== item.state) throw new AlreadyDone();
  const [signerCertificate] = chain;
  if (!signature || !time_stamp || !ledger_entry_id || !prepared || !signerCertificate) {
    throw new Error('a logged item lost its parts'); // the table's writers never let this happen
  }
  const proof = await ledger.proofOf(ledger_entry_id);
  const bytes = formatNamed(item.format).complete(prepared, {
    toBeSigned: item.signed_attributes,
    signature,
    certificates: chain,
    timeStampToken: time_stamp,
    inclusionProof: {
      index: proof.index,
      path: proof.path,
      checkpoint: proof.checkpoint,
      ...(session.assertion_sha256 ? { extra: session.assertion_sha256 } : {}),
    },
  });
  return { item, bytes, logIndex: proof.index };
}

/** The events of a signature, and with the last one the job that archives what is issued. */
async function tellSigned(
  { jobs }: ServiceContext,
  transaction: Transaction,
  session: Session,
  {
    request,
    step,
    state,
    documentId,
    file,
  }: {
    readonly request: RequestRow;
    readonly step: StepRow;
    readonly state: RequestState;
    readonly documentId: string;
    readonly file: WholeFile;
  },
): Promise<void> {
  const about = {
    actor: signerActor(session),
    subject: { kind: 'signing-request' as const, id: request.id },
    organisationId: request.organisation_id,
  };
  const data = {
    ...ofApp(request),
    documentId,
    step: step.role,
    digest: file.item.digest.toString('hex'),
    sessionId: session.id,
    logIndex: file.logIndex,
    ...(session.enrolment_id ? { isOpened: !session.not_opened.includes(request.id) } : {}),
  };
  if (session.purpose === 'seal') await record(transaction, { type: 'signing-request.sealed', ...about, data });
  else await record(transaction, { type: 'signing-request.signed', ...about, data });
  if (state !== 'issued') return;
  await record(transaction, { type: 'signing-request.issued', ...about, data: { ...ofApp(request), documentId } });
  await jobs.enqueue(transaction, archiveTask, { requestId: request.id }, { key: `${archiveTask}:${request.id}` });
}

/** Whoever's process completes it, it is the signer who acted. */
function signerActor(session: Session): Actor {
  return {
    kind: 'person',
    personId: session.person_id,
    sessionId: session.sign_in_session_id,
    roles: [],
    acr: '',
    authenticatedAt: session.authorised_at ?? session.created_at,
  };
}

/** Another worker took this step; the transaction rolls back and nothing is lost. */
class AlreadyDone extends Error {}

function ignoreAlreadyDone(error: unknown): void {
  if (!(error instanceof AlreadyDone)) throw error;
}

function revokedMeanwhile(): EduTrustError {
  return new InvalidInput('signing/certificate-revoked', {
    vi: 'Chứng thư ký số đã bị thu hồi hoặc hết hạn trước khi ký xong. Văn bản vẫn chờ ký.',
    en: 'The certificate was revoked or ended before the signature was complete. The document still waits.',
  });
}
