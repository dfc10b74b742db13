import { strongUntil } from '@edutrust/certs/algorithms';
import { parseCertificate } from '@edutrust/certs/certificate';
import { readCms } from '@edutrust/certs/cms';
import { statusProofs } from '@edutrust/certs/status-proof';
import { timeStamp } from '@edutrust/certs/time-stamp';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import type { Json } from '@edutrust/platform/json';
import { sql } from 'kysely';
import { partsOf } from '../documents/parts.ts';
import { storeDocuments } from '../documents/store.ts';
import { record } from '../events.ts';
import type { FormatName } from '../formats/format.ts';
import { formatNamed } from '../formats/formats.ts';
import { lockRequests } from '../requests/requests.ts';
import { signingOf } from '../tables.ts';

/** The job that makes issued documents verifiable for years; idempotent by their requests and how often it was done. */
export const archiveTask = 'signing.archive-document';
/** The job that renews archives before what protects them grows old. */
export const renewArchivesTask = 'signing.renew-archives';

/** How long before its time stamp ends an archive gets the next one. */
const renewAheadDays = 180;
const firstId = '00000000-0000-0000-0000-000000000000';
const dayMs = 86_400_000;

/** An issued document, and how often it was archived before. */
export interface ToArchive {
  readonly requestId: string;
  readonly generation: number;
}

/**
 * What the job does with documents that were issued; of before it took several they are named by `requestId`.
 *
 * @throws what one of them failed with, when the others are done: Unavailable when a key, the time stamps or the database are out of reach; the
 *   job tries again
 */
export async function archiveIssued(context: ServiceContext, payload: { [key: string]: Json }): Promise<void> {
  const { requestId, requestIds = [requestId] } = payload;
  const ids = Array.isArray(requestIds) ? requestIds.filter((id) => typeof id === 'string') : [];
  if (ids.length === 0) throw new TypeError('a job without documents');
  const [error] = await archiveDocuments(
    context,
    ids.map((id) => ({ requestId: id, generation: 0 })),
  );
  if (error) throw error;
}

/**
 * Adds to issued documents, and to the same data as XML, the status of every certificate in them, and over all of it a time stamp: B-LTA (ETSI EN 319
 * 142-1 §6.3). The signatures stay as they are, byte for byte; the file as it was before stays known by its hash. A few documents at a time are one
 * transaction; where a few fail each is done alone, so that one that fails holds up none of the others.
 *
 * `generation` is how often that was done before: doing the same again changes nothing.
 *
 * @returns what those failed with that failed.
 */
export async function archiveDocuments(context: ServiceContext, wanted: readonly ToArchive[]): Promise<Error[]> {
  const errors: Error[] = [];
  for (const part of partsOf(await notYetArchived(context, wanted), ({ bytes }) => bytes)) {
    const eachAlone = async () => {
      for (const one of part)
        await archivePart(context, [one]).catch((error: Error) => {
          context.log.error({ err: error, request: one.requestId }, 'a document could not be archived; tried again');
          errors.push(error);
        });
    };
    if (part.length === 1) await eachAlone();
    else await archivePart(context, part).catch(eachAlone);
  }
  return errors;
}

interface Archivable extends ToArchive {
  readonly format: FormatName;
  readonly documentId: string;
  readonly dataId: string | null;
  readonly pages: number;
  /** Of its files. */
  readonly bytes: number;
}

async function notYetArchived({ db }: Pick<ServiceContext, 'db'>, wanted: readonly ToArchive[]): Promise<Archivable[]> {
  const { rows } = await sql<Archivable>`
    SELECT w.id AS "requestId", w.generation, r.format, d.id AS "documentId", x.id AS "dataId", d.pages,
      d.size_bytes + coalesce(x.size_bytes, 0) AS bytes
    FROM unnest(${wanted.map(({ requestId }) => requestId)}::uuid[], ${wanted.map(({ generation }) => generation)}::int[]
    ) AS w (id, generation)
    JOIN signing.request AS r ON r.id = w.id AND r.state IN ('issued', 'replaced')
    JOIN signing.document AS d ON d.id = r.signed_document_id
    LEFT JOIN signing.document AS x ON x.id = r.signed_data_id
    WHERE NOT EXISTS (SELECT FROM signing.archive AS a WHERE a.request_id = w.id AND a.generation >= w.generation)
    ORDER BY w.id`.execute(db);
  return rows.filter(({ format }) => formatNamed(format).longTerm);
}

async function archivePart(context: ServiceContext, part: readonly Archivable[]): Promise<void> {
  const { db, clock } = context;
  const fileOf = await filesOf(
    context,
    part.flatMap(({ documentId, dataId }) => (dataId ? [documentId, dataId] : [documentId])),
  );
  const othersOf = await sealStatus(
    context,
    part.map(({ requestId }) => requestId),
  );
  const proofOf = await statusProofs(context); // behind reading the files: what it says is of after their signatures
  const archives = await Promise.all(
    part.map(async (one) => {
      const extended = (format: FormatName, id: string) =>
        extend(context, format, fileOf(id), { proofOf, others: othersOf(one.requestId) });
      const archive = await extended(one.format, one.documentId);
      const data = one.dataId ? await extended('XAdES', one.dataId) : undefined;
      const goodUntil = new Date(Math.min(...[archive, data].flatMap((made) => made?.goodUntil.getTime() ?? [])));
      return { ...one, archive, data, goodUntil };
    }),
  );
  await db.transaction().execute((transaction) => keepArchives(transaction, archives, clock.now()));
}

interface Archive {
  readonly file: Buffer;
  readonly goodUntil: Date;
}

interface Archived extends Archivable {
  readonly archive: Archive;
  readonly data: Archive | undefined;
  readonly goodUntil: Date;
}

/** Archives of what is still as it was when they were made, with their events. */
async function keepArchives(transaction: Transaction, archives: readonly Archived[], now: Date): Promise<void> {
  const locked = await lockRequests(
    transaction,
    archives.map(({ requestId }) => requestId),
  );
  const requestOf = new Map(locked.map((request) => [request.id, request]));
  const ours = archives.flatMap((one) => {
    const request = requestOf.get(one.requestId);
    return request?.signed_document_id === one.documentId ? [{ ...one, organisationId: request.organisation_id }] : [];
  });
  if (ours.length === 0) return; // another worker was faster
  const news = ours.flatMap(({ archive, data, pages }) => [
    { bytes: archive.file, pages },
    ...(data ? [{ bytes: data.file, pages: 1 }] : []),
  ]);
  const ids = (await storeDocuments(transaction, news, now)).values();
  const made = ours.map(({ data, ...one }) => ({
    ...one,
    newId: ids.next().value ?? '',
    newDataId: data ? (ids.next().value ?? '') : null,
  }));
  await signingOf(transaction)
    .insertInto('signing.archive')
    .values(
      made.map(({ requestId, generation, newId, newDataId, goodUntil }) => ({
        request_id: requestId,
        generation,
        document_id: newId,
        data_id: newDataId,
        made_at: now,
        good_until: goodUntil,
      })),
    )
    .execute();
  await sql`
    UPDATE signing.request AS r
    SET signed_document_id = m.document_id, signed_data_id = coalesce(m.data_id, r.signed_data_id)
    FROM unnest(${made.map(({ requestId }) => requestId)}::uuid[], ${made.map(({ newId }) => newId)}::uuid[],
      ${made.map(({ newDataId }) => newDataId)}::uuid[]) AS m (id, document_id, data_id)
    WHERE r.id = m.id`.execute(transaction);
  await record(
    transaction,
    ...made.map(({ requestId, generation, newId, goodUntil, organisationId }) => ({
      type: 'signing-request.archived' as const,
      actor: { kind: 'system', name: 'signing' } as const,
      subject: { kind: 'signing-request' as const, id: requestId },
      organisationId,
      data: { documentId: newId, generation, goodUntil: goodUntil.toISOString() },
    })),
  );
}

async function filesOf({ db }: Pick<ServiceContext, 'db'>, ids: readonly string[]): Promise<(id: string) => Buffer> {
  const rows = await signingOf(db)
    .selectFrom('signing.document')
    .select(['id', 'bytes'])
    .where('id', 'in', [...ids])
    .execute();
  const files = new Map(rows.map(({ id, bytes }) => [id, bytes]));
  return (id) => {
    const file = files.get(id);
    if (!file) throw new Error('an issued document without its file'); // a foreign key never lets this happen
    return file;
  };
}

/** A file with the status of every certificate in it and a time stamp over all. */
async function extend(
  context: ServiceContext,
  format: FormatName,
  bytes: Buffer,
  {
    proofOf,
    others,
  }: { readonly proofOf: Awaited<ReturnType<typeof statusProofs>>; readonly others: SealStatus | undefined },
): Promise<Archive> {
  const { longTerm } = formatNamed(format);
  if (!longTerm) throw new TypeError(`${format} has no archives`); // nobody asks
  const ours = await proofOf(longTerm.certificatesIn(bytes));
  const data = {
    ...ours,
    crls: [...ours.crls, ...(others?.crls ?? [])],
    ocspResponses: [...ours.ocspResponses, ...(others?.ocspResponses ?? [])],
  };
  let token: Buffer | undefined;
  const file = await longTerm.extend(bytes, data, async (digest) => {
    token = await timeStamp(context, digest);
    return token;
  });
  if (!token) throw new TypeError('an archive has a time stamp');
  return { file, goodUntil: endOf(token) };
}

interface SealStatus {
  readonly crls: readonly Buffer[];
  readonly ocspResponses: readonly Buffer[];
}

/** What the authority of a school's own token said when the token sealed, or has said since; by request. */
async function sealStatus(
  { db }: Pick<ServiceContext, 'db'>,
  requestIds: readonly string[],
): Promise<(requestId: string) => SealStatus | undefined> {
  const { rows } = await sql<{ id: string; crls: Buffer[]; ocspResponses: Buffer[] }>`
    SELECT s.request_id AS id, m.crls, m.ocsp_responses AS "ocspResponses" FROM signing.step AS s
    JOIN signing.session AS b ON b.id = s.session_id JOIN signing.sealing_machine AS m ON m.id = b.machine_id
    WHERE s.request_id = ANY(${[...requestIds]}::uuid[])`.execute(db);
  const byRequest = Map.groupBy(rows, ({ id }) => id);
  return (requestId) => {
    const own = byRequest.get(requestId);
    return (
      own && { crls: own.flatMap(({ crls }) => crls), ocspResponses: own.flatMap(({ ocspResponses }) => ocspResponses) }
    );
  };
}

/** Until when a time stamp can be shown to be good: its certificates have not ended, and their keys still count. */
function endOf(token: Buffer): Date {
  const ends = readCms(token, 'none').certificates.flatMap((der) => {
    const certificate = parseCertificate(der);
    return [certificate.notAfter, strongUntil(certificate.publicKey()) ?? certificate.notAfter];
  });
  return new Date(Math.min(...ends.map((end) => end.getTime())));
}

/**
 * Renews archives whose time stamp will end, and takes up issued documents that have none: of before archives existed, or whose job gave up. One
 * part of them, in the order of their ids; the next part is a job of its own, so that a million is no one long job: a process that ends or dies
 * loses no more than what it had in hand, and whatever fails holds up none of the others, tonight's too.
 */
export async function renewArchives(
  context: ServiceContext,
  { after = firstId, atOnce = 200 }: { readonly after?: string; readonly atOnce?: number } = {},
): Promise<void> {
  const { db, clock, jobs } = context;
  const soon = new Date(clock.now().getTime() + renewAheadDays * dayMs);
  const { rows } = await sql<{ requestId: string; generation: number }>`
    SELECT r.id AS "requestId", coalesce(a.generation + 1, 0) AS generation
    FROM signing.request AS r
    LEFT JOIN LATERAL (SELECT generation, good_until FROM signing.archive
      WHERE request_id = r.id ORDER BY generation DESC LIMIT 1) AS a ON true
    WHERE r.id > ${after} AND r.state IN ('issued', 'replaced') AND (a.generation IS NULL OR a.good_until < ${soon})
    ORDER BY r.id LIMIT ${atOnce}`.execute(db);
  await archiveDocuments(context, rows);
  const last = rows.at(-1);
  if (!last || rows.length < atOnce) return;
  await db
    .transaction()
    .execute((transaction) =>
      jobs.enqueue(transaction, renewArchivesTask, { after: last.requestId }, { key: `${renewArchivesTask}:next` }),
    );
}
