import { sql } from 'kysely';
import type { RecordedActor } from '../actor.ts';
import type { Database } from '../database/database.ts';
import type { Json } from '../json.ts';

/** An entry of the audit log, as the explorer lists it. */
export interface AuditEntry {
  readonly id: string;
  /** Its place in the log; null for the moment until the sequencer has given it one. */
  readonly index: number | null;
  readonly at: Date;
  readonly type: string;
  readonly actor: RecordedActor;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly organisationId: string | null;
  readonly data: { [key: string]: Json };
}

export interface AuditFilter {
  /** Exact, or a prefix that ends in a dot or a hyphen. */
  readonly type?: string;
  readonly actorId?: string;
  readonly subjectId?: string;
  /** Only of these organisations. */
  readonly organisationIds?: readonly string[];
  readonly from?: Date;
  readonly until?: Date;
  readonly limit: number;
  /** The id of the last entry of the page before. */
  readonly cursor?: string;
}

/** Newest first, paged by key. */
export async function listAudit(db: Database, filter: AuditFilter): Promise<AuditEntry[]> {
  const conditions = [sql`entry.log = 'audit'`];
  if (filter.type && /[.-]$/.test(filter.type)) conditions.push(sql`starts_with(entry.type, ${filter.type})`);
  else if (filter.type) conditions.push(sql`entry.type = ${filter.type}`);
  if (filter.actorId) conditions.push(sql`entry.actor ->> 'personId' = ${filter.actorId}`);
  if (filter.subjectId) conditions.push(sql`entry.subject_id = ${filter.subjectId}`);
  const [only, ...others] = filter.organisationIds ?? [];
  // One organisation, which is what a school asks for, is read from its index, however long the log is.
  if (only && others.length === 0) conditions.push(sql`entry.organisation_id = ${only}::uuid`);
  else if (filter.organisationIds)
    conditions.push(sql`entry.organisation_id = ANY(${[...filter.organisationIds]}::uuid[])`);
  if (filter.from) conditions.push(sql`entry.at >= ${filter.from.toISOString()}`);
  if (filter.until) conditions.push(sql`entry.at < ${filter.until.toISOString()}`);
  if (filter.cursor) conditions.push(sql`entry.id < ${filter.cursor}::uuid`);
  const { rows } = await sql<
    Omit<AuditEntry, 'subject' | 'organisationId'> & {
      subject_kind: string;
      subject_id: string;
      organisation_id: string | null;
    }
  >`
    SELECT entry.id, leaf.index, entry.at, entry.type, entry.actor, subject_kind, subject_id, organisation_id, data
    FROM platform.ledger_entry AS entry LEFT JOIN platform.ledger_leaf AS leaf ON leaf.entry_id = entry.id
    WHERE ${sql.join(conditions, sql` AND `)} ORDER BY entry.id DESC LIMIT ${filter.limit}`.execute(db);
  return rows.map(({ subject_kind, subject_id, organisation_id, ...row }) => ({
    ...row,
    subject: { kind: subject_kind, id: subject_id },
    organisationId: organisation_id,
  }));
}
