import { createHash } from 'node:crypto';
import { dateInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { InvalidInput } from '@edutrust/platform/errors';
import { uuidv7 } from '@edutrust/platform/ids';
import { csvLines, toCsv, writeWorkbook } from '@edutrust/registry/spreadsheets';
import { sql } from 'kysely';
import { type ClientRow, findClient } from '../clients/clients.ts';
import { type Release, recordReleases } from '../releases/releases.ts';
import { syncOf } from '../tables.ts';
import { readExports } from './exports.ts';
import type { ExportFormat } from './formats.ts';
import { type Digests, oneRosterZip } from './oneroster.ts';
import { peopleTable } from './people.ts';

/** Files are fetched within a week; after it the next ones are there. */
const keptDays = 7;
/** A file is made in memory; a department's systems read by SCIM, OneRoster or LDAP. */
const mostPeople = 100_000;
const chunkBytes = 1024 * 1024;
const chunkContext = (fileId: string, number: number) => `sync.export_chunk/${fileId}/${number}`;

interface Made {
  readonly content: Buffer;
  readonly releases: readonly Release[];
  readonly digests?: Digests;
}

const kinds: Readonly<Record<ExportFormat, { readonly ending: string; readonly mediaType: string }>> = {
  csv: { ending: 'csv', mediaType: 'text/csv; charset=utf-8' },
  'csv-plain': { ending: 'csv', mediaType: 'text/csv; charset=utf-8' },
  xlsx: { ending: 'xlsx', mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' },
  oneroster: { ending: 'zip', mediaType: 'application/zip' },
  'oneroster-delta': { ending: 'zip', mediaType: 'application/zip' },
};

/**
 * Makes a file of an export as things are now, encrypted in parts, and puts on record what it tells of whom. Nobody can
 * fetch it before it is whole; done twice there are two.
 */
export async function makeFile(context: ServiceContext, exportId: string): Promise<void> {
  const { db, clock } = context;
  const [row] = await readExports(db, sql`e.id = ${exportId}`);
  if (!row) return; // removed, or its client ended
  const client = await findClient(db, row.client_id);
  await mustFit(db, client);
  const now = clock.now();
  const id = uuidv7();
  const { content, releases, digests } = await contentOf(context, client, row.id, row.format);
  const { ending, mediaType } = kinds[row.format];
  const day = dateInVietnam(now);
  await sql`
    INSERT INTO sync.export_file (id, export_id, name, media_type, bytes, sha256, made_at, expires_at)
    VALUES (${id}, ${row.id}, ${`edutrust-${day}.${ending}`}, ${mediaType}, ${content.length},
      ${createHash('sha256').update(content).digest()}, ${now}, ${new Date(now.getTime() + keptDays * 86_400_000)})`.execute(
    db,
  );
  for (let number = 0; number * chunkBytes < content.length; number += 1) {
    const part = content.subarray(number * chunkBytes, (number + 1) * chunkBytes);
    const sealed = context.secrets.encrypt(part, chunkContext(id, number));
    await syncOf(db).insertInto('sync.export_chunk').values({ file_id: id, number, sealed }).execute();
  }
  await db.transaction().execute(async (transaction) => {
    await recordReleases(transaction, { id: `client:${client.id}`, name: client.name }, releases, now);
    if (digests) {
      await sql`DELETE FROM sync.export_line WHERE export_id = ${row.id}`.execute(transaction);
      await sql`
        INSERT INTO sync.export_line (export_id, line, digest)
        SELECT ${row.id}, * FROM unnest(${[...digests.keys()]}::text[], ${[...digests.values()]}::text[])`.execute(
        transaction,
      );
    }
    await syncOf(transaction).updateTable('sync.export_file').set({ is_whole: true }).where('id', '=', id).execute();
  });
}

async function mustFit(db: Database, { organisation_id }: ClientRow): Promise<void> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) FROM (SELECT FROM registry.affiliation AS f JOIN registry.organisation AS o ON o.id = f.organisation_id
      WHERE f.valid_until IS NULL AND o.path @> ARRAY[${organisation_id}::uuid] LIMIT ${mostPeople + 1}) AS people`.execute(
    db,
  );
  if ((rows[0]?.count ?? 0) <= mostPeople) return;
  throw new InvalidInput('exports/too-large', {
    vi: `Một tệp chứa tối đa ${mostPeople} người; đơn vị lớn hơn hãy đọc qua OneRoster, SCIM hay LDAP.`,
    en: `A file holds at most ${mostPeople} people; read larger organisations by OneRoster, SCIM or LDAP.`,
  });
}

async function contentOf(
  { db, clock }: ServiceContext,
  client: ClientRow,
  exportId: string,
  format: ExportFormat,
): Promise<Made> {
  if (format === 'oneroster' || format === 'oneroster-delta') {
    const before = format === 'oneroster-delta' ? await linesBefore(db, exportId) : undefined;
    const { zip, ...made } = await oneRosterZip(db, client, { now: clock.now(), name: client.organisation_id, before });
    return {
      content: zip,
      releases: made.releases,
      ...(format === 'oneroster-delta' ? { digests: made.digests } : {}),
    };
  }
  const { rows, releases } = await peopleTable(db, client);
  const write = {
    csv: toCsv,
    'csv-plain': csvLines,
    xlsx: (table: typeof rows) => writeWorkbook([{ name: 'Danh sách', rows: table, isHeaderBold: true }]),
  }[format];
  return { content: write(rows), releases };
}

/** What the last file held; undefined before the first, which is whole. */
async function linesBefore(db: Database, exportId: string): Promise<Digests | undefined> {
  const { rows } = await sql<{ line: string; digest: string }>`
    SELECT line, digest FROM sync.export_line WHERE export_id = ${exportId}`.execute(db);
  return rows.length > 0 ? new Map(rows.map(({ line, digest }) => [line, digest])) : undefined;
}

/** The parts of a file in their order, one at a time. */
export async function* contentOfFile({ db, secrets }: ServiceContext, fileId: string): AsyncGenerator<Buffer> {
  for (let number = 0; ; number += 1) {
    const chunk = await syncOf(db)
      .selectFrom('sync.export_chunk')
      .select('sealed')
      .where('file_id', '=', fileId)
      .where('number', '=', number)
      .executeTakeFirst();
    if (!chunk) return;
    yield secrets.decrypt(chunk.sealed, chunkContext(fileId, number));
  }
}

/** Files that have expired, and those that a dead process left. */
export async function forgetOldFiles(db: Database, now: Date): Promise<void> {
  await sql`
    DELETE FROM sync.export_file WHERE expires_at < ${now}
      OR (NOT is_whole AND made_at < ${new Date(now.getTime() - 86_400_000)})`.execute(db);
}
