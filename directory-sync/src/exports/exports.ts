import type { Actor } from '@edutrust/platform/actor';
import { wallClockInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { InvalidInput, NotFound } from '@edutrust/platform/errors';
import { isUuid, uuidv7 } from '@edutrust/platform/ids';
import { createJobs } from '@edutrust/platform/jobs';
import { type Selectable, sql } from 'kysely';
import { findClient } from '../clients/clients.ts';
import { record } from '../events.ts';
import { type SyncTables, syncOf } from '../tables.ts';
import type { ExportFormat, ExportSchedule } from './formats.ts';

export type ExportRow = Selectable<SyncTables['sync.export']> & { readonly organisation_id: string };

/** Makes one file; by the export's id. */
export const makeFileTask = 'sync.make-export';
const jobs = createJobs();

/** @throws NotFound; InvalidInput `exports/contract-too-small` */
export async function addExport(
  transaction: Transaction,
  {
    clientId,
    format,
    schedule,
  }: { readonly clientId: string; readonly format: ExportFormat; readonly schedule: ExportSchedule },
  actor: Actor,
): Promise<string> {
  const client = await findClient(transaction, clientId);
  if (format.startsWith('oneroster') && client.kind !== 'oneroster')
    throw new InvalidInput('exports/not-oneroster', {
      vi: 'Tệp OneRoster chỉ dành cho hệ thống loại OneRoster.',
      en: 'OneRoster files are for clients of the kind OneRoster.',
    });
  const id = uuidv7();
  await sql`
    INSERT INTO sync.export (id, client_id, format, schedule) VALUES (${id}, ${clientId}, ${format}, ${schedule})`.execute(
    transaction,
  );
  await record(transaction, {
    type: 'export.added',
    actor,
    subject: { kind: 'export', id },
    organisationId: client.organisation_id,
    data: { clientId, format, schedule },
  });
  await askForFile(transaction, id);
  return id;
}

export async function askForFile(transaction: Transaction, exportId: string): Promise<void> {
  const options = { key: `${makeFileTask}:${exportId}`, queue: `export:${exportId}`, maxAttempts: 5 };
  await jobs.enqueue(transaction, makeFileTask, { exportId }, options);
}

/** Every night: those of each day, and on Mondays those of each week. */
export async function askForScheduled({ db, clock }: Pick<ServiceContext, 'db' | 'clock'>): Promise<void> {
  const isMonday = wallClockInVietnam(clock.now()).getUTCDay() === 1;
  await db.transaction().execute(async (transaction) => {
    const rows = await readExports(
      transaction,
      sql`e.schedule = ANY(${isMonday ? ['daily', 'weekly'] : ['daily']}::text[])`,
    );
    for (const { id } of rows) await askForFile(transaction, id);
  });
}

/** Those of clients that still have access. */
export async function readExports(db: Database | Transaction, which: ReturnType<typeof sql>): Promise<ExportRow[]> {
  const { rows } = await sql<ExportRow>`
    SELECT e.*, c.organisation_id FROM sync.export AS e JOIN sync.client AS c ON c.id = e.client_id
      JOIN registry.organisation AS o ON o.id = c.organisation_id
    WHERE c.ended_at IS NULL AND ${which} ORDER BY e.id`.execute(db);
  return rows;
}

/** @throws NotFound */
export async function findExport(db: Database | Transaction, id: string): Promise<ExportRow> {
  const found = isUuid(id) ? (await readExports(db, sql`e.id = ${id}`))[0] : undefined;
  if (!found) throw new NotFound('exports/not-found', { vi: 'Không có tệp xuất này.', en: 'There is no such export.' });
  return found;
}

/** Its files go with it. */
export async function removeExport(transaction: Transaction, row: ExportRow, actor: Actor): Promise<void> {
  await syncOf(transaction).deleteFrom('sync.export').where('id', '=', row.id).execute();
  await record(transaction, {
    type: 'export.removed',
    actor,
    subject: { kind: 'export', id: row.id },
    organisationId: row.organisation_id,
  });
}

/** The last files, the newest first; only those that are whole and not expired. */
export async function readFiles(
  db: Database,
  which: ReturnType<typeof sql>,
  now: Date,
): Promise<Selectable<SyncTables['sync.export_file']>[]> {
  const { rows } = await sql<Selectable<SyncTables['sync.export_file']>>`
    SELECT f.* FROM sync.export_file AS f JOIN sync.export AS e ON e.id = f.export_id
      JOIN sync.client AS c ON c.id = e.client_id
    WHERE c.ended_at IS NULL AND f.is_whole AND f.expires_at > ${now} AND ${which} ORDER BY f.id DESC LIMIT 100`.execute(
    db,
  );
  return rows;
}
