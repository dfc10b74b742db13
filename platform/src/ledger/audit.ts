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

/** Which entries: what the list shows and the counts count. */
export interface AuditFilter {
  /** Exact, or a prefix that ends in a dot or a hyphen. */
  readonly type?: string;
  readonly actorId?: string;
  readonly subjectId?: string;
  /** Only of these organisations. */
  readonly organisationIds?: readonly string[];
  readonly from?: Date;
  readonly until?: Date;
}

export interface AuditPage extends AuditFilter {
  readonly limit: number;
  /** The id of the last entry of the page before. */
  readonly cursor?: string;
}

/** How many entries fell into an hour or a day, which begins at `from`; those without any are left out. */
export interface AuditCount {
  readonly from: Date;
  readonly count: number;
}

function conditionsOf(filter: AuditFilter) {
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
  return conditions;
}

/** Newest first, paged by key. */
export async function listAudit(db: Database, filter: AuditPage): Promise<AuditEntry[]> {
  const conditions = conditionsOf(filter);
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

/**
 * The same entries by hour or day as a time zone has them, the oldest first. The newest `most` are counted, read as the
 * list reads them, so that a long log costs no more; `isWhole` says whether those were all.
 */
export async function countAudit(
  db: Database,
  filter: AuditFilter,
  { by, timeZone, most }: { readonly by: 'hour' | 'day'; readonly timeZone: string; readonly most: number },
): Promise<{ readonly counts: AuditCount[]; readonly isWhole: boolean }> {
  const { rows } = await sql<AuditCount>`
    SELECT date_trunc(${by}, at, ${timeZone}) AS "from", count(*) FROM (
      SELECT at FROM platform.ledger_entry AS entry
      WHERE ${sql.join(conditionsOf(filter), sql` AND `)} ORDER BY entry.id DESC LIMIT ${most}) AS newest
    GROUP BY 1 ORDER BY 1`.execute(db);
  return { counts: rows, isWhole: rows.reduce((sum, { count }) => sum + count, 0) < most };
}
