import { strongUntil } from '@edutrust/certs/algorithms';
import { parseCertificate } from '@edutrust/certs/certificate';
import { readCms } from '@edutrust/certs/cms';
import { statusProof } from '@edutrust/certs/status-proof';
import { timeStamp } from '@edutrust/certs/time-stamp';
import type { ServiceContext } from '@edutrust/platform/context';
import { sql } from 'kysely';
import { storeDocument } from '../documents/store.ts';
import { record } from '../events.ts';
import type { FormatName } from '../formats/format.ts';
import { formatNamed } from '../formats/formats.ts';
import { lockRequest } from '../requests/requests.ts';
import { signingOf } from '../tables.ts';

/** The job that makes an issued document verifiable for years; idempotent by the request and how often it was done. */
export const archiveTask = 'signing.archive-document';
/** The job that renews archives before what protects them grows old. */
export const renewArchivesTask = 'signing.renew-archives';

/** How long before its time stamp ends an archive gets the next one. */
const renewAheadDays = 180;
/** Archives that are made at the same time. */
const together = 4;
const firstId = '00000000-0000-0000-0000-000000000000';
const dayMs = 86_400_000;

/**
 * Adds to an issued document, and to the same data as XML, the status of every certificate in it, and over all of it a time stamp: B-LTA (ETSI EN 319
 * 142-1 §6.3). The signatures stay as they are, byte for byte; the file as it was before stays known by its hash.
 *
 * `generation` is how often that was done before: doing the same again changes nothing.
 *
 * @throws Unavailable when a key, the time stamps or the database are out of reach: the job tries again
 */
export async function archiveDocument(
  context: ServiceContext,
  { requestId, generation }: { readonly requestId: string; readonly generation: number },
): Promise<void> {
  const { db, clock } = context;
  const found = await signingOf(db)
    .selectFrom('signing.request as r')
    .innerJoin('signing.document as d', 'd.id', 'r.signed_document_id')
    .leftJoin('signing.document as x', 'x.id', 'r.signed_data_id')
    .select(['r.format', 'd.id as documentId', 'd.bytes', 'd.pages', 'x.bytes as data'])
    .where('r.id', '=', requestId)
    .where('r.state', 'in', ['issued', 'replaced'])
    .where((on) =>
      on.not(
        on.exists(
          on
            .selectFrom('signing.archive as a')
            .select('a.request_id')
            .whereRef('a.request_id', '=', 'r.id')
            .where('a.generation', '>=', generation),
        ),
      ),
    )
    .executeTakeFirst();
  const others = await sealStatus(context, requestId);
  const archive = found && (await extend(context, found.format, found.bytes, others));
  if (!archive) return;
  const data = found.data ? await extend(context, 'XAdES', found.data, others) : undefined;
  const goodUntil = new Date(Math.min(...[archive, data].flatMap((one) => one?.goodUntil.getTime() ?? [])));
  const now = clock.now();
  await db.transaction().execute(async (transaction) => {
    const request = await lockRequest(transaction, requestId);
    if (request.signed_document_id !== found.documentId) return; // another worker was faster
    const tables = signingOf(transaction);
    const documentId = await storeDocument(transaction, archive.file, { pages: found.pages, now });
    const dataId = data ? await storeDocument(transaction, data.file, { pages: 1, now }) : null;
    await tables
      .insertInto('signing.archive')
      .values({
        request_id: requestId,
        generation,
        document_id: documentId,
        data_id: dataId,
        made_at: now,
        good_until: goodUntil,
      })
      .execute();
    await tables
      .updateTable('signing.request')
      .set({ signed_document_id: documentId, ...(dataId ? { signed_data_id: dataId } : {}) })
      .where('id', '=', requestId)
      .execute();
    await record(transaction, {
      type: 'signing-request.archived',
      actor: { kind: 'system', name: 'signing' },
      subject: { kind: 'signing-request', id: requestId },
      organisationId: request.organisation_id,
      data: { documentId, generation, goodUntil: goodUntil.toISOString() },
    });
  });
}

/** A file with the status of every certificate in it and a time stamp over all; undefined for a format that has none. */
async function extend(
  context: ServiceContext,
  format: FormatName,
  bytes: Buffer,
  others: SealStatus,
): Promise<{ readonly file: Buffer; readonly goodUntil: Date } | undefined> {
  const { longTerm } = formatNamed(format);
  if (!longTerm) return undefined;
  const ours = await statusProof(context, longTerm.certificatesIn(bytes));
  const data = {
    ...ours,
    crls: [...ours.crls, ...others.crls],
    ocspResponses: [...ours.ocspResponses, ...others.ocspResponses],
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

/** What the authority of a school's own token said when the token sealed, or has said since. */
async function sealStatus({ db }: Pick<ServiceContext, 'db'>, requestId: string): Promise<SealStatus> {
  const { rows } = await sql<{ crls: Buffer[]; ocspResponses: Buffer[] }>`
    SELECT m.crls, m.ocsp_responses AS "ocspResponses" FROM signing.step AS s
    JOIN signing.session AS b ON b.id = s.session_id JOIN signing.sealing_machine AS m ON m.id = b.machine_id
    WHERE s.request_id = ${requestId}`.execute(db);
  return {
    crls: rows.flatMap(({ crls }) => crls),
    ocspResponses: rows.flatMap(({ ocspResponses }) => ocspResponses),
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
  const { db, clock, jobs, log } = context;
  const soon = new Date(clock.now().getTime() + renewAheadDays * dayMs);
  const { rows } = await sql<{ requestId: string; generation: number }>`
    SELECT r.id AS "requestId", coalesce(a.generation + 1, 0) AS generation
    FROM signing.request AS r
    LEFT JOIN LATERAL (SELECT generation, good_until FROM signing.archive
      WHERE request_id = r.id ORDER BY generation DESC LIMIT 1) AS a ON true
    WHERE r.id > ${after} AND r.state IN ('issued', 'replaced') AND (a.generation IS NULL OR a.good_until < ${soon})
    ORDER BY r.id LIMIT ${atOnce}`.execute(db);
  const waiting = [...rows];
  const renewing = async () => {
    for (let row = waiting.shift(); row; row = waiting.shift()) {
      const { requestId } = row;
      await archiveDocument(context, row).catch((error: unknown) =>
        log.error({ err: error, request: requestId }, 'archiving; tried again tomorrow'),
      );
    }
  };
  await Promise.all(Array.from({ length: together }, renewing));
  const last = rows.at(-1);
  if (!last || rows.length < atOnce) return;
  await db
    .transaction()
    .execute((transaction) =>
      jobs.enqueue(transaction, renewArchivesTask, { after: last.requestId }, { key: `${renewArchivesTask}:next` }),
    );
}
