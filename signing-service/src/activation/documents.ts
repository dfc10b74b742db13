import { createHash } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict } from '@edutrust/platform/errors';
import type { FormatName, Look, Place } from '../formats/format.ts';
import { formatNamed } from '../formats/formats.ts';
import { looksOf } from '../pictures/looks.ts';
import { formatVerificationCode } from '../requests/code.ts';
import { noRequest } from '../requests/requests.ts';
import { type StepLook, signingOf } from '../tables.ts';
import { agreementOf } from '../templates/school-report/agreement.ts';
import type { Artefact, DocumentKind } from '../templates/template.ts';
import type { SigningParty } from './party.ts';

/** A document whose due step is this party's. */
export interface DueDocument {
  readonly id: string;
  readonly kind: DocumentKind;
  readonly format: FormatName;
  readonly classId: string | null;
  readonly subjectId: string | null;
  readonly title: string;
  readonly code: string;
  readonly step: number;
  readonly signerTitle: string;
  readonly place: Place | null;
  readonly look: StepLook | null;
  readonly organisationId: string;
  /** The file with every signature before this one. */
  readonly documentId: string;
  /** The same data as XML, where the request has both. */
  readonly dataId: string | null;
  /** Signatures that the file must carry: those that it came with, and one a step that is done. */
  readonly signaturesBefore: number;
  readonly done: number | null;
}

/** One of its files, with the bytes that the step signs. */
interface DueFile extends DueDocument {
  readonly artefact: Artefact;
  readonly bytes: Buffer;
  readonly sha256: Buffer;
}

/**
 * The documents in the order asked for, without their files.
 *
 * @throws NotFound for one that names somebody else; Conflict `signing/not-waiting` naming those whose turn it is not,
 *   `signing/being-signed` when all of those were confirmed and are on their way.
 */
export async function dueDocuments(
  { db }: Pick<ServiceContext, 'db'>,
  requestIds: readonly string[],
  purpose: 'sign' | 'seal',
  actor: PersonActor,
): Promise<DueDocument[]> {
  const found = await signingOf(db)
    .selectFrom('signing.request as r')
    .innerJoin('signing.step as s', 's.request_id', 'r.id')
    .select([
      'r.id',
      'r.kind',
      'r.format',
      'r.class_id as classId',
      'r.subject_id as subjectId',
      'r.signatures_before as signaturesBefore',
      'r.title',
      'r.code',
      's.position as step',
      's.signer_title as signerTitle',
      's.place',
      's.look',
      'r.organisation_id as organisationId',
      's.state',
    ])
    .select('s.session_id as sessionId')
    .select((of) => [
      of.fn.coalesce('r.signed_document_id', 'r.unsigned_document_id').as('documentId'),
      of.fn.coalesce('r.signed_data_id', 'r.unsigned_data_id').as('dataId'),
    ])
    .select((of) =>
      of
        .selectFrom('signing.step as t')
        .select((on) => on.fn.countAll<number>().as('done'))
        .whereRef('t.request_id', '=', 'r.id')
        .where('t.state', '=', 'done')
        .as('done'),
    )
    .where('r.id', 'in', [...requestIds])
    .where('s.role', purpose === 'seal' ? '=' : '<>', 'school-seal')
    .$if(purpose === 'sign', (query) => query.where('s.signer_id', '=', actor.personId))
    .execute();
  const own = new Set(found.map(({ id }) => id));
  if (requestIds.some((id) => !own.has(id))) throw noRequest(); // somebody else's are none of theirs
  const due = new Map(found.flatMap((row) => (row.state === 'due' && !row.sessionId ? [[row.id, row]] : [])));
  const others = requestIds.filter((id) => !due.has(id));
  if (others.length === 0) return requestIds.flatMap((id) => due.get(id) ?? []);
  const confirmed = new Set(found.flatMap((row) => (row.state === 'due' && row.sessionId ? [row.id] : [])));
  if (others.every((id) => confirmed.has(id))) throw beingSigned();
  throw new Conflict(
    'signing/not-waiting',
    { vi: 'Có văn bản không tới lượt ký ở đây.', en: 'Some documents do not wait for you.' },
    {
      remedy: { vi: 'Tải lại danh sách rồi chọn lại.', en: 'Reload the list and choose again.' },
      fields: others.map((id) => ({
        pointer: `/requestIds/${requestIds.indexOf(id)}`,
        detail: {
          vi: 'Chưa tới lượt, đã ký, đang ký, bị từ chối hoặc đã rút.',
          en: 'Not due yet, signed, being signed, rejected or withdrawn.',
        },
      })),
    },
  );
}

/**
 * The document, and the same data as XML where the request has both: one act signs the two.
 *
 * @throws Conflict `signing/document-changed`
 */
function filesOf(document: DueDocument, stored: ReadonlyMap<string, Stored>): DueFile[] {
  const own = stored.get(document.documentId);
  const data = document.dataId === null ? undefined : stored.get(document.dataId);
  if (!own || (document.dataId !== null && !data)) throw documentChanged();
  const files: DueFile[] = [{ ...document, ...own, artefact: 'document' }];
  if (data && document.dataId) {
    if (!agreementOf(own.bytes, data.bytes).agrees) throw documentChanged();
    const asXml = { artefact: 'data' as const, format: 'XAdES' as const, documentId: document.dataId, place: null };
    files.push({ ...document, ...data, ...asXml });
  }
  if (files.some(isChanged)) throw documentChanged();
  return files;
}

interface Stored {
  readonly bytes: Buffer;
  readonly sha256: Buffer;
}

async function storedFiles(
  db: Database | Transaction,
  documents: readonly DueDocument[],
): Promise<Map<string, Stored>> {
  const ids = documents.flatMap(({ documentId, dataId }) => (dataId ? [documentId, dataId] : [documentId]));
  const rows = await signingOf(db)
    .selectFrom('signing.document')
    .select(['id', 'bytes', 'sha256'])
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map(({ id, ...stored }) => [id, stored]));
}

/**
 * Whether the file is not the one that was kept: other bytes, or not one signature for each step before. Nothing is signed
 * or sealed on top of a file that was put in its place.
 */
function isChanged({ format, bytes, sha256, signaturesBefore, done }: DueFile): boolean {
  const signatures = formatNamed(format).countSignatures(bytes);
  const isOther = !createHash('sha256').update(bytes).digest().equals(sha256);
  return isOther || signatures !== signaturesBefore + Number(done);
}

function documentChanged(): Conflict {
  return new Conflict(
    'signing/document-changed',
    {
      vi: 'Văn bản đang lưu không còn là bản đã ký trước đó. Chưa có gì được ký.',
      en: 'The document kept here is no longer the one that was signed before. Nothing was signed.',
    },
    {
      remedy: {
        vi: 'Báo ngay bộ phận an toàn thông tin của Sở; rút văn bản này và trình lại.',
        en: 'Tell the security officer at once; withdraw this document and ask again.',
      },
    },
  );
}

/** They confirmed it already: what is missing is ours to do. */
function beingSigned(): Conflict {
  return new Conflict(
    'signing/being-signed',
    {
      vi: 'Anh/chị đã xác nhận ký văn bản này; hệ thống đang hoàn tất chữ ký.',
      en: 'You have confirmed this document already; its signature is being completed.',
    },
    {
      remedy: {
        vi: 'Không cần ký lại. Mở lại sau một phút; nếu vẫn vậy, hãy báo quản trị hệ thống.',
        en: 'There is no need to sign again. Check again in a minute; if nothing changes, tell the system’s administrators.',
      },
    },
  );
}

/** A file with the signature's place reserved in it, and the bytes that are to be signed. */
export type PreparedItem = ReturnType<typeof prepareItem>;

/** Documents whose files are in memory at once. */
const documentsInPart = 25;

/**
 * Prepares the documents part by part, so that a thousand take the memory of a few: each seen as it was asked to be, by the
 * picture of the person, or of the organisation.
 *
 * @throws Conflict `signing/document-changed`
 */
export async function* preparedParts(
  context: Pick<ServiceContext, 'config' | 'db'>,
  documents: readonly DueDocument[],
  { party, personId, now }: { readonly party: SigningParty; readonly personId: string; readonly now: Date },
): AsyncGenerator<PreparedItem[]> {
  const lookOf = await looksOf(context.db, documents, party, personId);
  for (let at = 0; at < documents.length; at += documentsInPart) {
    const part = documents.slice(at, at + documentsInPart);
    const stored = await storedFiles(context.db, part);
    yield part.flatMap((document) =>
      filesOf(document, stored).map((file) =>
        prepareItem(context, { document: file, party, look: lookOf(document.look), now }),
      ),
    );
  }
}

/** Reserves the signature's place in the file and makes the bytes that are to be signed. */
function prepareItem(
  { config }: Pick<ServiceContext, 'config'>,
  {
    document,
    party,
    look,
    now,
  }: {
    readonly document: DueFile;
    readonly party: SigningParty;
    readonly look: Look | undefined;
    readonly now: Date;
  },
) {
  const { id: requestId, artefact, title, format, step, place, documentId } = document;
  const prepared = formatNamed(format).prepare(document.bytes, {
    signatory: { ...party, title: party.kind === 'seal' ? undefined : document.signerTitle },
    at: now,
    place: place ?? undefined,
    look,
    verifyAt: `${config.url.host}/verify/${formatVerificationCode(document.code)}`,
  });
  return { requestId, artefact, title, format, step, documentId, ...prepared };
}
