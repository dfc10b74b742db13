import { createHash } from 'node:crypto';
import { keyStore } from '@edutrust/certs/key-store';
import { timeStamp } from '@edutrust/certs/time-stamp';
import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { type Selectable, sql } from 'kysely';
import { partsOf } from '../documents/parts.ts';
import { pagesOfDocuments, storeDocuments } from '../documents/store.ts';
import { type EnrolmentRow, readEnrolment } from '../enrolment/enrolment.ts';
import type { FormatName } from '../formats/format.ts';
import { formatNamed } from '../formats/formats.ts';
import { signatureLeaf } from '../formats/leaf.ts';
import { lockRequests } from '../requests/requests.ts';
import { requestMoves } from '../requests/states.ts';
import { dueSteps, finishSteps } from '../requests/steps.ts';
import { type SigningTables, signingOf } from '../tables.ts';
import { certificateOf, certificatesFor, revokedMeanwhile } from './certificate.ts';
import { mustBeAuthorised } from './evidence.ts';
import { lease, leaseMs, renewLease } from './lease.ts';
import { byRequest, failItem, fileKey, type Item, itemColumns } from './session-items.ts';
import { replace, tellSigned } from './signed.ts';
import { itemMoves } from './states.ts';

/** The job that completes an authorised session; idempotent by the session's id. */
export const completeTask = 'signing.complete-session';

/** The request completes what it authorised; the job looks a little later whether it did. */
export const completeAfterMs = 5_000;

type Session = Selectable<SigningTables['signing.session']>;

/**
 * Completes what a confirmation authorised: stamps each signature, logs it, and puts it into its file. Every step of a few documents
 * is one transaction that happens once, so that a process may die between any two: a request is waiting, or signed with a whole
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
    await inParts(context, await itemsIn(context, sessionId, 'authorised'), (items) =>
      stampAndLog(context, session, enrolment, items),
    );
    const chain = await certificatesFor(context, session);
    await inParts(context, await itemsIn(context, sessionId, 'logged'), (items) =>
      finishFiles(context, session, chain, items),
    );
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

/** A file of a session, its format, and how large it is. */
interface DocumentItem extends Item {
  readonly format: FormatName;
  readonly bytes: number;
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
    .select(sql<number>`coalesce(octet_length(i.prepared), 0)`.as('bytes'))
    .where('i.session_id', '=', sessionId)
    .where('i.state', '=', state)
    .orderBy('i.position')
    .execute();
  return items.map((item) => (item.artefact === 'data' ? { ...item, format: 'XAdES' } : item));
}

/** The files of a few requests at a time; where a few fail, each request alone, so that one that cannot be signed holds up no other. */
async function inParts(
  context: ServiceContext,
  items: readonly DocumentItem[],
  step: (some: readonly DocumentItem[]) => Promise<void>,
): Promise<void> {
  const bytesOf = (files: readonly DocumentItem[]) => files.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const part of partsOf(byRequest(items), bytesOf)) {
    const eachAlone = async () => {
      for (const files of part) await orFail(context, files, () => step(files).catch(ignoreAlreadyDone));
    };
    if (part.length === 1) await eachAlone();
    else await step(part.flat()).catch(eachAlone);
  }
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

/** The signature values, their RFC 3161 time stamps, and their leaves in the public log, in one transaction. */
async function stampAndLog(
  context: ServiceContext,
  session: Session,
  enrolment: EnrolmentRow | undefined,
  items: readonly DocumentItem[],
): Promise<void> {
  const { db, ledger, clock } = context;
  const certificate = await certificateOf(db, session, clock.now());
  const assertion = session.assertion_sha256;
  if (!certificate?.isUsable || !assertion) throw revokedMeanwhile();
  await mustBeAuthorised(context, session, enrolment, certificate.der, items);
  const isOurs = items.some(({ signature }) => signature === null);
  const sign = isOurs ? await signerInKeyStore(context, session, enrolment) : undefined;
  const stamped = await Promise.all(
    items.map(async (item) => {
      const signature = item.signature ?? (await sign?.(item.signed_attributes));
      if (!signature) throw new TypeError('who signs was asked');
      const token = await timeStamp(context, sha256(formatNamed(item.format).stamped(signature, certificate.der)));
      const leaf = signatureLeaf({
        assertion,
        certificate: sha256(certificate.der),
        document: item.digest,
        signature: sha256(signature),
        timeStamp: sha256(token),
      });
      return { item, signature, token, leaf };
    }),
  );
  await db.transaction().execute(async (transaction) => {
    const waiting = await signingOf(transaction)
      .selectFrom('signing.session_item')
      .select(['request_id', 'artefact'])
      .where('session_id', '=', session.id)
      .where('state', '=', 'authorised')
      .where(
        'request_id',
        'in',
        items.map(({ request_id }) => request_id),
      )
      .orderBy('position')
      .forUpdate()
      .execute();
    const isWaiting = new Set(waiting.map(({ request_id, artefact }) => fileKey(request_id, artefact)));
    const ours = stamped.filter(({ item }) => isWaiting.has(fileKey(item.request_id, item.artefact)));
    if (ours.length === 0) return; // another worker was faster
    itemMoves.mustMove('authorised', 'logged');
    const leaves = ours.map(({ leaf }) => Buffer.from(leaf, 'utf8'));
    const entries = await ledger.appendAll(transaction, 'signatures', leaves);
    await sql`
      UPDATE signing.session_item AS i
      SET state = 'logged', signature = o.signature, time_stamp = o.token, leaf = o.leaf, ledger_entry_id = o.entry
      FROM unnest(${ours.map(({ item }) => item.request_id)}::uuid[], ${ours.map(({ item }) => item.artefact)}::text[],
        ${ours.map(({ signature }) => signature)}::bytea[], ${ours.map(({ token }) => token)}::bytea[],
        ${ours.map(({ leaf }) => leaf)}::text[], ${entries}::uuid[]
      ) AS o (request_id, artefact, signature, token, leaf, entry)
      WHERE i.session_id = ${session.id} AND i.request_id = o.request_id AND i.artefact = o.artefact`.execute(
      transaction,
    );
  });
}

/** The key store signs only what the session's assertion has authorised: with the seal's key, or the person's own (HSM custody). */
async function signerInKeyStore(
  context: ServiceContext,
  session: Session,
  enrolment: EnrolmentRow | undefined,
): Promise<(signedAttributes: Buffer) => Promise<Buffer>> {
  const [keyId, purpose] =
    session.purpose === 'seal' ? ([session.key_id, 'seal'] as const) : ([enrolment?.key_id, 'signer'] as const);
  if (!keyId) throw revokedMeanwhile();
  return keyStore(context).signer(context.db, keyId, purpose);
}

/** Waits for the proof that each signature is in the log, makes the files whole, and closes the steps: all in one transaction. */
async function finishFiles(
  context: ServiceContext,
  session: Session,
  chain: readonly Uint8Array[],
  items: readonly DocumentItem[],
): Promise<void> {
  const { db, clock } = context;
  const files = await wholeFiles(context, session, chain, items);
  const now = clock.now();
  await db.transaction().execute(async (transaction) => {
    const locked = await lockRequests(
      transaction,
      files.map(({ document }) => document.item.request_id),
    );
    const requestOf = new Map(locked.map((request) => [request.id, request]));
    const due = await dueSteps(transaction, ...requestOf.keys());
    const own = files.flatMap(({ document, data }) => {
      const request = requestOf.get(document.item.request_id);
      const step = due.find(
        (one) => one.request_id === request?.id && one.position === document.item.step && one.session_id === session.id,
      );
      return request && step ? [{ request, step, document, data }] : [];
    });
    if (own.length < files.length) throw new AlreadyDone();
    if (own.some(({ request, data }) => (request.unsigned_data_id !== null) !== (data !== undefined)))
      throw new Error('one of two files alone');
    const pagesOf = await pagesOfDocuments(
      transaction,
      own.map(({ request }) => request.unsigned_document_id),
    );
    const news = own.flatMap(({ request, document, data }) => [
      { bytes: document.bytes, pages: pagesOf.get(request.unsigned_document_id) ?? 0 },
      ...(data ? [{ bytes: data.bytes, pages: 1 }] : []),
    ]);
    const ids = (await storeDocuments(transaction, news, now)).values();
    const stored = own.map((one) => ({
      ...one,
      documentId: ids.next().value ?? '',
      dataId: one.data ? (ids.next().value ?? '') : null,
    }));
    const states = await finishSteps(transaction, stored, { signerId: session.person_id, now });
    const done = stored.map((one) => ({ ...one, state: states.get(one.request.id) ?? one.request.state }));
    for (const { request, state } of done) if (state !== request.state) requestMoves.mustMove(request.state, state);
    await sql`
      UPDATE signing.request AS r
      SET state = d.state, signed_document_id = d.document_id, signed_data_id = d.data_id,
        closed_at = CASE WHEN d.state = 'issued' THEN ${now} ELSE r.closed_at END
      FROM unnest(${done.map(({ request }) => request.id)}::uuid[], ${done.map(({ state }) => state)}::text[],
        ${done.map(({ documentId }) => documentId)}::uuid[], ${done.map(({ dataId }) => dataId)}::uuid[]
      ) AS d (id, state, document_id, data_id)
      WHERE r.id = d.id`.execute(transaction);
    for (const { request, state } of done)
      if (state === 'issued' && request.replaces_id) await replace(transaction, session, request, request.replaces_id);
    itemMoves.mustMove('logged', 'signed');
    const moved = await signingOf(transaction)
      .updateTable('signing.session_item')
      .set({ state: 'signed', prepared: null })
      .where('session_id', '=', session.id)
      .where('request_id', 'in', [...requestOf.keys()])
      .where('state', '=', 'logged')
      .executeTakeFirst();
    if (Number(moved.numUpdatedRows) !== news.length) throw new AlreadyDone();
    await tellSigned(context, transaction, session, done);
  });
}

interface WholeFile {
  readonly item: DocumentItem;
  readonly bytes: Buffer;
  readonly logIndex: number;
}

/** What a step signs of one request. */
interface WholeFiles {
  readonly document: WholeFile;
  readonly data: WholeFile | undefined;
}

/** Prepared files with their signatures, time stamps and proofs in them. */
async function wholeFiles(
  { db, ledger }: ServiceContext,
  session: Session,
  chain: readonly Uint8Array[],
  items: readonly DocumentItem[],
): Promise<WholeFiles[]> {
  const rows = await signingOf(db)
    .selectFrom('signing.session_item')
    .select(['request_id', 'artefact', 'prepared'])
    .where('session_id', '=', session.id)
    .where('state', '=', 'logged')
    .where(
      'request_id',
      'in',
      items.map(({ request_id }) => request_id),
    )
    .execute();
  const preparedOf = new Map(
    rows.map(({ request_id, artefact, prepared }) => [fileKey(request_id, artefact), prepared]),
  );
  if (preparedOf.size < items.length) throw new AlreadyDone();
  const [signerCertificate] = chain;
  const logged = items.map((item) => {
    const { signature, time_stamp, ledger_entry_id } = item;
    const prepared = preparedOf.get(fileKey(item.request_id, item.artefact));
    if (!signature || !time_stamp || !ledger_entry_id || !prepared || !signerCertificate) {
      throw new Error('a logged item lost its parts'); // the table's writers never let this happen
    }
    return { item, signature, time_stamp, ledger_entry_id, prepared };
  });
  const proofs = await ledger.proofsOf(logged.map(({ ledger_entry_id }) => ledger_entry_id));
  const files = logged.flatMap(({ item, signature, time_stamp, prepared }, index): WholeFile[] => {
    const proof = proofs[index];
    if (!proof) return [];
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
    return [{ item, bytes, logIndex: proof.index }];
  });
  return [...Map.groupBy(files, ({ item }) => item.request_id).values()].map((own) => {
    const document = own.find(({ item }) => item.artefact === 'document');
    if (!document) throw new Error('a request without its document'); // a session's writers never let this happen
    return { document, data: own.find(({ item }) => item.artefact === 'data') };
  });
}

/** Another worker took this step; the transaction rolls back and nothing is lost. */
class AlreadyDone extends Error {}

function ignoreAlreadyDone(error: unknown): void {
  if (!(error instanceof AlreadyDone)) throw error;
}
