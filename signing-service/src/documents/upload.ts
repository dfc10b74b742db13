import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput, NotFound, TooLarge } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import type { Selectable } from 'kysely';
import { record } from '../events.ts';
import type { FormatName } from '../formats/format.ts';
import { formatsFor, maySigned } from '../formats/formats.ts';
import { openPdf } from '../formats/pdf/document.ts';
import { as } from '../formats/pdf/object.ts';
import { pagesOf, visibleBoxOf } from '../formats/pdf/pages.ts';
import { type SigningTables, signingOf } from '../tables.ts';
import type { ValidationPool } from '../validation/validation.ts';
import { storeDocument } from './store.ts';

/** Largest file that is taken for signing, in bytes. */
export const largestUploadBytes = 16 * 1024 * 1024;
/** How long a file waits to be asked signatures for. */
const waitingHours = 24;
/** Waiting files of one person that a list shows. */
const mostWaiting = 100;

/** A file that was sent, with its bytes. */
export interface WaitingFile extends Selectable<SigningTables['signing.upload']> {
  readonly bytes: Buffer;
  /** 0 of a file that has none. */
  readonly pages: number;
}

/** A page as people see it, in points. */
export interface PageSize {
  readonly width: number;
  readonly height: number;
}

export interface ReceivedUpload {
  readonly id: string;
  /** What the file can be signed in, the usual first. */
  readonly formats: readonly FormatName[];
  /** None of a file that is no PDF. */
  readonly pages: readonly PageSize[];
  /** Signatures of people and organisations that it carries already. */
  readonly signatures: number;
}

/**
 * What can be signed of a file. A PDF or a signed container is judged first, on a thread with limits: what cannot be read in
 * one way only, is encrypted, or carries a signature that shows a change is not taken, since nobody should sign it.
 *
 * @throws InvalidInput `signing/empty-file`, `signing/unreadable-file`, `signing/forged-file`; TooLarge
 *   `signing/file-too-large`; Unavailable `verify/busy`
 */
export async function lookAt(
  pool: ValidationPool,
  bytes: Buffer,
): Promise<{ readonly formats: ReturnType<typeof formatsFor>; readonly pages: readonly PageSize[] }> {
  if (bytes.length > largestUploadBytes) throw tooLarge();
  if (bytes.length === 0) throw emptyFile();
  if (maySigned(bytes)) await mustBeWhole(pool, bytes);
  const formats = formatsFor(bytes);
  return { formats, pages: formats[0].name === 'PAdES' ? pageSizes(bytes) : [] };
}

/** Takes a file that somebody wants signatures on. @throws as {@link lookAt} */
export async function receiveUpload(
  { db, clock }: ServiceContext,
  pool: ValidationPool,
  given: { readonly organisationId: string; readonly fileName: string; readonly bytes: Buffer },
  actor: PersonActor,
): Promise<ReceivedUpload> {
  const { bytes, organisationId } = given;
  const { formats, pages } = await lookAt(pool, bytes);
  const [format] = formats;
  const now = clock.now();
  const id = uuidv7();
  await db.transaction().execute(async (transaction) => {
    await signingOf(transaction)
      .insertInto('signing.upload')
      .values({
        id,
        organisation_id: organisationId,
        document_id: await storeDocument(transaction, bytes, { pages: pages.length, now }),
        file_name: given.fileName,
        uploaded_by: actor.personId,
        created_at: now,
      })
      .execute();
    await record(transaction, {
      type: 'document.uploaded',
      actor,
      subject: { kind: 'signing-upload', id },
      organisationId,
      data: { sizeBytes: bytes.length, pages: pages.length },
    });
  });
  return { id, formats: formats.map(({ name }) => name), pages, signatures: format.countSignatures(bytes) };
}

async function mustBeWhole(pool: ValidationPool, bytes: Buffer): Promise<void> {
  const { verdict, signatures, reasons } = await pool.validate(bytes, { anchors: [], requireRevocation: false });
  if (verdict === 'indeterminate' && signatures.length === 0) throw unreadable(reasons[0]?.vi, reasons[0]?.en);
  if (signatures.some(({ intact }) => intact === false) || verdict === 'invalid') throw forged();
}

function pageSizes(bytes: Buffer): PageSize[] {
  const view = openPdf(bytes).current;
  const catalog = view.dictionary(view.trailer.entries.get('Root'));
  if (!catalog) throw unreadable();
  return Array.from(pagesOf(view, catalog), (reference) => {
    const page = as('dictionary', view.resolve(reference));
    if (!page) throw unreadable();
    const [left, bottom, right, top] = visibleBoxOf(view, page);
    return { width: right - left, height: top - bottom };
  });
}

/**
 * The file that this person sent for this organisation and that no request was made of yet.
 *
 * @throws NotFound `signing/no-upload`
 */
export async function findUpload(
  db: ServiceContext['db'],
  which: { readonly id: string; readonly organisationId: string },
  actor: PersonActor,
): Promise<WaitingFile> {
  const found = await signingOf(db)
    .selectFrom('signing.upload as u')
    .innerJoin('signing.document as d', 'd.id', 'u.document_id')
    .selectAll('u')
    .select(['d.bytes', 'd.pages'])
    .where('u.id', '=', which.id)
    .where('u.organisation_id', '=', which.organisationId)
    .where('u.uploaded_by', '=', actor.personId)
    .executeTakeFirst();
  if (found) return found;
  throw new NotFound(
    'signing/no-upload',
    { vi: 'Không còn tệp này, hoặc đã được trình ký.', en: 'This file is gone, or signatures were asked for already.' },
    { remedy: { vi: 'Tải tệp lên lại.', en: 'Send the file again.' } },
  );
}

/** A file that waits for its sender to ask signatures on it. */
export interface WaitingUpload {
  readonly id: string;
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly pages: number;
  /** ISO 8601 UTC. */
  readonly createdAt: string;
  /** When it is deleted, unless signatures are asked for before. */
  readonly keptUntil: string;
}

/** What this person sent for this organisation and has asked nothing for yet, newest first. */
export async function listUploads(
  db: ServiceContext['db'],
  organisationId: string,
  actor: PersonActor,
): Promise<WaitingUpload[]> {
  const found = await signingOf(db)
    .selectFrom('signing.upload as u')
    .innerJoin('signing.document as d', 'd.id', 'u.document_id')
    .select(['u.id', 'u.file_name', 'u.created_at', 'd.size_bytes', 'd.pages'])
    .where('u.uploaded_by', '=', actor.personId)
    .where('u.organisation_id', '=', organisationId)
    .orderBy('u.id', 'desc')
    .limit(mostWaiting)
    .execute();
  return found.map(({ id, file_name, created_at, size_bytes, pages }) => ({
    id,
    fileName: file_name,
    sizeBytes: size_bytes,
    pages,
    createdAt: created_at.toISOString(),
    keptUntil: new Date(created_at.getTime() + waitingHours * 3_600_000).toISOString(),
  }));
}

/** Deletes files for which nobody asked signatures within a day. */
export async function forgetUploads({ db, clock }: Pick<ServiceContext, 'db' | 'clock'>): Promise<void> {
  const before = new Date(clock.now().getTime() - waitingHours * 3_600_000);
  await db.transaction().execute(async (transaction) => {
    const tables = signingOf(transaction);
    const gone = await tables
      .deleteFrom('signing.upload')
      .where('created_at', '<', before)
      .returning('document_id')
      .execute();
    const ids = gone.map(({ document_id }) => document_id);
    if (ids.length > 0) await tables.deleteFrom('signing.document').where('id', 'in', ids).execute();
  });
}

function emptyFile(): InvalidInput {
  return new InvalidInput(
    'signing/empty-file',
    { vi: 'Tệp này rỗng.', en: 'This file is empty.' },
    { remedy: { vi: 'Chọn tệp có nội dung.', en: 'Choose a file that has something in it.' } },
  );
}

function unreadable(vi = 'Không đọc được tệp này.', en = 'This file cannot be read.'): InvalidInput {
  return new InvalidInput(
    'signing/unreadable-file',
    { vi, en },
    {
      remedy: {
        vi: 'Mở tệp rồi lưu lại thành PDF không mật khẩu, sau đó tải lên.',
        en: 'Open the file, save it again as a PDF without a password, then send it.',
      },
    },
  );
}

function forged(): InvalidInput {
  return new InvalidInput(
    'signing/forged-file',
    {
      vi: 'Tệp có chữ ký số không còn khớp nội dung: tệp đã bị sửa sau khi ký.',
      en: 'The file carries a digital signature that no longer fits: it was changed after it was signed.',
    },
    { remedy: { vi: 'Xin lại bản gốc đã ký.', en: 'Ask for the original that was signed.' } },
  );
}

export function tooLarge(): TooLarge {
  const mebibytes = largestUploadBytes / 2 ** 20;
  return new TooLarge('signing/file-too-large', {
    vi: `Tệp lớn hơn ${mebibytes} MiB nên không được nhận.`,
    en: `The file is larger than ${mebibytes} MiB and was not accepted.`,
  });
}
