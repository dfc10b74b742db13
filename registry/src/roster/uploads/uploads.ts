import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { uuidv7 } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import type { RosterFile } from '../read/file.ts';
import { largestRosterBytes, tooLarge } from '../read/refusals.ts';
import { longerThanSaid, noSpace, notWhole, noUpload, otherDigest } from './refusals.ts';

/** Of one piece. */
export const largestPieceBytes = 4 * 1024 * 1024;
/** Of one person; another one ends the oldest. */
const mostOfOne = 3;
/** Of everybody together, as far as they have arrived. */
const mostBytesOfAll = 16 * 1024 ** 3;
const lastsMs = 24 * 60 * 60 * 1000;

/** A roster file that arrives in pieces. */
export interface RosterUpload {
  readonly id: string;
  readonly name: string;
  /** Of the whole file, in bytes. */
  readonly size: number;
  /** Bytes that have arrived: where the next piece begins. */
  readonly offset: number;
  /** Hex; null when its owner said none. */
  readonly sha256: string | null;
  readonly isChecked: boolean;
  readonly begunAt: Date;
}

export const endOf = ({ begunAt }: RosterUpload): Date => new Date(begunAt.getTime() + lastsMs);

const columns = sql`id, name, size, received AS "offset", encode(sha256, 'hex') AS sha256, is_checked AS "isChecked",
  begun_at AS "begunAt"`;

/** What begun at or before this moment has ended. */
const lastEnded = ({ clock }: Pick<ServiceContext, 'clock'>) => new Date(clock.now().getTime() - lastsMs);

/** The caller's own that have not ended, newest first. */
export async function listUploads(
  context: Pick<ServiceContext, 'clock'>,
  db: Database | Transaction,
  { personId }: PersonActor,
): Promise<readonly RosterUpload[]> {
  const { rows } = await sql<RosterUpload>`
    SELECT ${columns} FROM registry.roster_upload
    WHERE person_id = ${personId} AND begun_at > ${lastEnded(context)} ORDER BY id DESC`.execute(db);
  return rows;
}

/** @throws NotFound `roster/no-upload`, also for somebody else's and for one that has ended. */
export async function findUpload(
  context: ServiceContext,
  id: string,
  actor: PersonActor,
  { within, locks = false }: { readonly within?: Transaction; readonly locks?: boolean } = {},
): Promise<RosterUpload> {
  const { rows } = await sql<RosterUpload>`
    SELECT ${columns} FROM registry.roster_upload
    WHERE id = ${id} AND person_id = ${actor.personId} AND begun_at > ${lastEnded(context)}
    ${locks ? sql`FOR UPDATE` : sql``}`.execute(within ?? context.db);
  if (!rows[0]) throw noUpload();
  return rows[0];
}

/**
 * Begins an upload, or goes on with the caller's own of the same name, size and digest.
 *
 * @throws TooLarge `roster/too-large`
 */
export async function beginUpload(
  context: ServiceContext,
  file: { readonly name: string; readonly size: number; readonly sha256?: string },
  actor: PersonActor,
): Promise<RosterUpload> {
  if (file.size > largestRosterBytes) throw tooLarge();
  const sha256 = file.sha256 ?? null;
  const { personId } = actor;
  return context.db.transaction().execute(async (transaction) => {
    // One person's begin one after another, or two tabs would begin the same file twice.
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`roster-upload ${personId}`}, 0))`.execute(transaction);
    const own = await listUploads(context, transaction, actor);
    const same = own.find((one) => one.name === file.name && one.size === file.size && one.sha256 === sha256);
    if (same) return same;
    const kept = own.slice(0, mostOfOne - 1).map(({ id }) => id);
    await sql`DELETE FROM registry.roster_upload WHERE person_id = ${personId} AND id <> ALL(${kept}::uuid[])`.execute(
      transaction,
    );
    const { rows } = await sql<RosterUpload>`
      INSERT INTO registry.roster_upload (id, person_id, name, size, sha256, begun_at)
      VALUES (${uuidv7()}, ${personId}, ${file.name}, ${file.size}, decode(${sha256}::text, 'hex'), ${context.clock.now()})
      RETURNING ${columns}`.execute(transaction);
    if (!rows[0]) throw new Error('an upload was not kept');
    return rows[0];
  });
}

/**
 * Keeps a piece when it begins where the upload ends; of two at once one is taken. With the last one the digest is checked.
 *
 * @returns the upload as it is now, and whether the piece was taken
 * @throws NotFound `roster/no-upload`; TooLarge `roster/upload-longer`; Unavailable `request/busy`; InvalidInput
 * `roster/upload-digest`
 */
export async function appendPiece(
  context: ServiceContext,
  { id, offset, bytes }: { readonly id: string; readonly offset: number; readonly bytes: Buffer },
  actor: PersonActor,
): Promise<{ readonly upload: RosterUpload; readonly isTaken: boolean }> {
  const sealed = context.secrets.encrypt(bytes, sealedAs(id, offset));
  const result = await context.db.transaction().execute(async (within) => {
    const upload = await findUpload(context, id, actor, { within, locks: true });
    if (upload.offset !== offset) return { upload, isTaken: false };
    if (offset + bytes.length > upload.size) throw longerThanSaid();
    if (bytes.length === 0) return { upload, isTaken: true };
    const { rows } = await sql<{ total: number }>`
      SELECT coalesce(sum(received), 0)::bigint AS total FROM registry.roster_upload`.execute(within);
    if ((rows[0]?.total ?? 0) + bytes.length > mostBytesOfAll) throw noSpace();
    await sql`
      INSERT INTO registry.roster_upload_piece (upload_id, start, sealed) VALUES (${id}, ${offset}, ${sealed})`.execute(
      within,
    );
    const received = offset + bytes.length;
    await sql`UPDATE registry.roster_upload SET received = ${received} WHERE id = ${id}`.execute(within);
    return { upload: { ...upload, offset: received }, isTaken: true };
  });
  if (result.isTaken && result.upload.offset === result.upload.size) await checkWhole(context, result.upload);
  return result;
}

/** Ends one of the caller's own. @throws NotFound `roster/no-upload` */
export async function endUpload(context: ServiceContext, id: string, actor: PersonActor): Promise<void> {
  await findUpload(context, id, actor);
  await removeUpload(context.db, id);
}

/**
 * A whole upload as the file that it is: read piece by piece, again as often as it is opened.
 *
 * @throws NotFound `roster/no-upload`, also while it is read and ends; Conflict `roster/upload-not-whole`; InvalidInput
 * `roster/upload-digest`
 */
export async function openUpload(context: ServiceContext, id: string, actor: PersonActor): Promise<RosterFile> {
  const upload = await findUpload(context, id, actor);
  if (upload.offset < upload.size) throw notWhole();
  await checkWhole(context, upload);
  return { name: upload.name, bytes: upload.size, stream: Readable.from(piecesOf(context, upload)) };
}

/** Another digest than was said: nothing of it is kept. A process that dies here has checked nothing: the next one does. */
async function checkWhole(context: ServiceContext, upload: RosterUpload): Promise<void> {
  const { id, sha256, isChecked } = upload;
  if (sha256 === null || isChecked) return;
  const hash = createHash('sha256');
  for await (const piece of piecesOf(context, upload)) hash.update(piece);
  if (hash.digest('hex') !== sha256) {
    await removeUpload(context.db, id);
    throw otherDigest();
  }
  await sql`UPDATE registry.roster_upload SET is_checked = true WHERE id = ${id}`.execute(context.db);
}

/** Never fewer bytes than the file has: what looks like its end would be read as people who left (D4). */
async function* piecesOf({ db, secrets }: ServiceContext, { id, size }: RosterUpload): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; ) {
    const { rows } = await sql<{ sealed: Buffer }>`
      SELECT sealed FROM registry.roster_upload_piece WHERE upload_id = ${id} AND start = ${at}`.execute(db);
    if (!rows[0]) throw noUpload();
    const piece = secrets.decrypt(rows[0].sealed, sealedAs(id, at));
    yield piece;
    at += piece.length;
  }
}

const sealedAs = (id: string, start: number) => `registry.roster_upload_piece ${id} ${start}`;

const removeUpload = (db: Database, id: string) => sql`DELETE FROM registry.roster_upload WHERE id = ${id}`.execute(db);

/** Removes what has ended; gives how many. */
export async function removeEndedUploads(context: ServiceContext): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM registry.roster_upload WHERE begun_at <= ${lastEnded(context)}`.execute(context.db);
  return Number(numAffectedRows ?? 0n);
}
