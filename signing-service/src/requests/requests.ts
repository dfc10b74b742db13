import type { Actor, PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden, NotFound } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { notify } from '@edutrust/registry/notices';
import type { Selectable } from 'kysely';
import { storeDocument } from '../documents/store.ts';
import { record } from '../events.ts';
import type { FormatName } from '../formats/format.ts';
import { formatNamed } from '../formats/formats.ts';
import { type SigningTables, signingOf } from '../tables.ts';
import { purposeOf } from '../templates/order.ts';
import type { Artefact, DocumentKind } from '../templates/template.ts';
import { templateOf } from '../templates/templates.ts';
import { formatVerificationCode } from './code.ts';
import { nameOf } from './registry.ts';
import { type RequestState, requestMoves } from './states.ts';
import { cancelSteps, dueSteps, insertSteps, moveStep, type NewStep, type StepRow } from './steps.ts';

export type RequestRow = Selectable<SigningTables['signing.request']>;

export interface NewRequest {
  readonly kind: DocumentKind;
  readonly title: string;
  readonly format?: FormatName;
  readonly organisationId: string;
  /** Of a transcript. */
  readonly classId?: string;
  readonly subjectId?: string;
  /** Who signs, in order; the first is due at once. */
  readonly steps: readonly NewStep[];
  /** The official whose signature the document is known by. */
  readonly signerId: string;
  readonly signerTitle: string;
  readonly runId?: string;
  /** Of a correction: what it takes the place of, and which version it is. */
  readonly replaces?: { readonly id: string; readonly version: number };
  /** Is printed inside the document already. */
  readonly code: string;
  /** The unsigned file, or the id of one that is kept already. */
  readonly document: string | { readonly bytes: Buffer; readonly pages: number };
  /** The same as XML, of kinds that have it. */
  readonly data?: Buffer;
  /** Signatures that it carries already. */
  readonly signaturesBefore?: number;
  readonly dueAt?: Date;
  /** The app that asks by itself, its own name for the document, and SHA-256 of what it asks. */
  readonly ofApp?: { readonly clientId: string; readonly key: string; readonly askedSha256: Buffer };
}

/** What events of a document say of the app that asked for it, so that it hears of its own alone. */
export const ofApp = ({ app_id: app }: Pick<RequestRow, 'app_id'>): { readonly app?: string } => (app ? { app } : {});

const appColumns = ({ ofApp: app }: NewRequest) => ({
  app_id: app?.clientId ?? null,
  app_key: app?.key ?? null,
  app_asked_sha256: app?.askedSha256 ?? null,
});

/**
 * Asks for a signature. A document about somebody in a class is idempotent by (kind, class, subject): undefined when one
 * is waiting, signed or issued already.
 */
export async function createRequest(
  transaction: Transaction,
  input: NewRequest,
  { actor, now }: { readonly actor: Actor; readonly now: Date },
): Promise<string | undefined> {
  const db = signingOf(transaction);
  const { classId, subjectId, document } = input;
  const app = appColumns(input);
  const isAbout = classId && subjectId ? { kind: input.kind, classId, subjectId } : undefined;
  if (isAbout && (await existsAlready(db, isAbout, input.replaces?.id))) return undefined;
  const id = uuidv7();
  const documentId =
    typeof document === 'string'
      ? document
      : await storeDocument(transaction, document.bytes, { pages: document.pages, now });
  const isOnlySealed = input.steps.every(({ role }) => purposeOf(role) === 'seal'); // a copy that is made here (Decree 30/2020/ND-CP, article 32.2)
  const dataId = input.data ? await storeDocument(transaction, input.data, { pages: 1, now }) : null;
  const inserted = await db
    .insertInto('signing.request')
    .values({
      id,
      kind: input.kind,
      title: input.title,
      ...(input.format ? { format: input.format } : {}),
      organisation_id: input.organisationId,
      class_id: classId ?? null,
      subject_id: subjectId ?? null,
      signatures_before: input.signaturesBefore ?? 0,
      signer_id: input.signerId,
      signer_title: input.signerTitle,
      requested_by: actor.kind === 'person' ? actor.personId : null,
      state: isOnlySealed ? 'signed' : 'waiting',
      reason: null,
      code: input.code,
      unsigned_document_id: documentId,
      signed_document_id: isOnlySealed ? documentId : null,
      unsigned_data_id: dataId,
      signed_data_id: null,
      run_id: input.runId ?? null,
      replaces_id: input.replaces?.id ?? null,
      ...(input.replaces ? { version: input.replaces.version } : {}),
      created_at: now,
      due_at: input.dueAt ?? null,
      closed_at: null,
      ...app,
    })
    .onConflict((conflict) => conflict.doNothing()) // somebody asked for the same at the same moment
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows === 0n) {
    await db
      .deleteFrom('signing.document')
      .where('id', 'in', dataId ? [documentId, dataId] : [documentId])
      .execute();
    return undefined;
  }
  await insertSteps(transaction, id, input.steps, now);
  await record(transaction, {
    type: 'signing-request.created',
    actor,
    subject: { kind: 'signing-request', id },
    organisationId: input.organisationId,
    data: { ...ofApp(app), kind: input.kind, documentId, signerId: input.signerId },
  });
  return id;
}

async function existsAlready(
  db: ReturnType<typeof signingOf>,
  which: { readonly kind: DocumentKind; readonly classId: string; readonly subjectId: string },
  besidesId: string | undefined,
): Promise<boolean> {
  const found = await db
    .selectFrom('signing.request')
    .select('id')
    .where('kind', '=', which.kind)
    .where('class_id', '=', which.classId)
    .where('subject_id', '=', which.subjectId)
    .where('state', 'in', ['waiting', 'signed', 'issued'])
    .$if(besidesId !== undefined, (query) => query.where('id', '<>', besidesId ?? ''))
    .executeTakeFirst();
  return found !== undefined;
}

/** @throws NotFound `signing/no-request` */
export async function lockRequest(transaction: Transaction, id: string): Promise<RequestRow> {
  const found = await signingOf(transaction)
    .selectFrom('signing.request')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (!found) throw noRequest();
  return found;
}

/** Several, in one order for all: two transactions never wait for each other. */
export async function lockRequests(transaction: Transaction, ids: readonly string[]): Promise<RequestRow[]> {
  return signingOf(transaction)
    .selectFrom('signing.request')
    .selectAll()
    .where('id', 'in', [...ids])
    .orderBy('id')
    .forUpdate()
    .execute();
}

export function noRequest(): NotFound {
  return new NotFound('signing/no-request', {
    vi: 'Không có yêu cầu ký này.',
    en: 'There is no such signing request.',
  });
}

/**
 * Whose turn it is says no, and why: the request is over, and who asked reads the reason. For the seal that is a clerk of
 * the organisation, as the route has decided.
 *
 * @throws Forbidden unless it is their turn; Conflict when nothing is due.
 */
export function rejectRequest(context: ServiceContext, id: string, reason: string, actor: PersonActor): Promise<void> {
  return closeRequest(context, id, { state: 'rejected', reason, actor }, (due) => {
    const own = due.find(({ signer_id }) => signer_id === null || signer_id === actor.personId);
    if (own || due.length === 0) return own;
    throw new Forbidden('signing/not-the-signer', {
      vi: 'Chỉ người đang được yêu cầu ký mới từ chối được.',
      en: 'Only the one whose signature is due can reject.',
    });
  });
}

/** Who asked takes it back, until it is issued. @throws Conflict when it is over. */
export function withdrawRequest(context: ServiceContext, id: string, actor: Actor): Promise<void> {
  return closeRequest(context, id, { state: 'withdrawn', actor });
}

async function closeRequest(
  { db, clock }: ServiceContext,
  id: string,
  by: { state: 'rejected'; reason: string; actor: PersonActor } | { state: 'withdrawn'; actor: Actor },
  stepOf: (due: readonly StepRow[]) => StepRow | undefined = ([first]) => first,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const request = await lockRequest(transaction, id);
    requestMoves.mustMove(request.state, by.state);
    const due = await dueSteps(transaction, id);
    if (due.some(({ session_id }) => session_id)) throw beingSigned();
    const step = stepOf(due);
    if (step && by.state === 'rejected') {
      await moveStep(transaction, step, 'rejected', { closed_at: clock.now(), signer_id: by.actor.personId });
    }
    await cancelSteps(transaction, id);
    await signingOf(transaction)
      .updateTable('signing.request')
      .set({ state: by.state, reason: by.state === 'rejected' ? by.reason : null, closed_at: clock.now() })
      .where('id', '=', id)
      .execute();
    await record(transaction, {
      type: `signing-request.${by.state}`,
      actor: by.actor,
      subject: { kind: 'signing-request', id },
      organisationId: request.organisation_id,
      data: { ...ofApp(request), ...(step ? { step: step.role } : {}) },
    });
    if (by.state === 'rejected' && request.requested_by) {
      const name = await nameOf(transaction, by.actor.personId);
      const data = { title: request.title, by: name, reason: by.reason };
      await notify(transaction, { personId: request.requested_by, kind: 'document.returned', data });
    }
  });
}

function beingSigned(): Conflict {
  return new Conflict('signing/being-signed', {
    vi: 'Người ký vừa xác nhận; văn bản đang được ký.',
    en: 'The signer has just confirmed; the document is being signed.',
  });
}

export interface DocumentFile {
  readonly bytes: Buffer;
  readonly sha256: Buffer;
  readonly mediaType: string;
  /** ASCII, with the state and the code. */
  readonly fileName: string;
}

/** What a file's name says of its state; of every other that it is not issued. */
const suffixes: Partial<Record<RequestState, string>> = {
  issued: '',
  replaced: '-bi-thay-the',
  revoked: '-bi-thu-hoi',
};

/** The file as it is now, with every signature so far, or the same data as XML. @throws NotFound */
export async function documentOf(
  db: Database,
  requestId: string,
  artefact: Artefact = 'document',
): Promise<DocumentFile> {
  const found = await signingOf(db)
    .selectFrom('signing.request as r')
    .innerJoin('signing.document as d', (join) =>
      join.on((on) =>
        artefact === 'data'
          ? on('d.id', '=', on.fn.coalesce('r.signed_data_id', 'r.unsigned_data_id'))
          : on('d.id', '=', on.fn.coalesce('r.signed_document_id', 'r.unsigned_document_id')),
      ),
    )
    .select(['d.bytes', 'd.sha256', 'r.code', 'r.kind', 'r.format', 'r.state'])
    .where('r.id', '=', requestId)
    .executeTakeFirst();
  if (!found) throw noRequest();
  const template = templateOf(found.kind);
  const stem = `${template.fileStem}${suffixes[found.state] ?? '-chua-phat-hanh'}`;
  const { mediaType, extension } = formatNamed(artefact === 'data' ? 'XAdES' : found.format);
  return {
    bytes: found.bytes,
    sha256: found.sha256,
    mediaType,
    fileName: `${stem}-${formatVerificationCode(found.code)}.${extension}`,
  };
}
