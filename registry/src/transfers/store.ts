import type { Database, Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { isUuid } from '@edutrust/platform/ids';
import { sql } from 'kysely';
import type { TransferSide, TransferState } from './states.ts';

export interface TransferRow {
  readonly id: string;
  readonly personId: string;
  readonly personName: string;
  readonly educationId: string;
  readonly fromId: string;
  readonly fromName: string;
  readonly toId: string;
  readonly toName: string;
  readonly askedSide: TransferSide;
  readonly askedBy: string;
  readonly note: string;
  readonly className: string | null;
  readonly classId: string | null;
  readonly state: TransferState;
  readonly askedAt: Date;
  readonly expiresAt: Date;
  readonly closedAt: Date | null;
  readonly answer: string | null;
  /** Whether the learner is still at the school that the transfer names. */
  readonly isThere: boolean;
}

/** A question whose time is over is so at once; the clock writes it down later. */
const columns = (now: Date) => sql`
  t.id, t.person_id AS "personId", p.full_name AS "personName", p.education_id AS "educationId", t.from_id AS "fromId",
  f.name AS "fromName", t.to_id AS "toId", o.name AS "toName", t.asked_side AS "askedSide", t.asked_by AS "askedBy", t.note,
  t.class_id AS "classId", c.code AS "className", CASE WHEN ${isOver(now)} THEN 'lapsed' ELSE t.state END AS state,
  t.asked_at AS "askedAt", t.expires_at AS "expiresAt", CASE WHEN ${isOver(now)} THEN t.expires_at ELSE t.closed_at END AS "closedAt", t.answer,
  EXISTS (SELECT FROM registry.affiliation AS a WHERE a.person_id = t.person_id AND a.organisation_id = t.from_id
    AND a.role = 'learner' AND a.valid_until IS NULL) AS "isThere"
  FROM registry.transfer AS t JOIN registry.person AS p ON p.id = t.person_id
  JOIN registry.organisation AS f ON f.id = t.from_id JOIN registry.organisation AS o ON o.id = t.to_id
  LEFT JOIN registry.class AS c ON c.id = t.class_id`;

const isOver = (now: Date) => sql`(t.closed_at IS NULL AND t.expires_at <= ${now})`;

/** @throws NotFound `transfers/none` */
export async function findTransfer(db: Database | Transaction, id: string, now: Date): Promise<TransferRow> {
  const { rows } = isUuid(id)
    ? await sql<TransferRow>`SELECT ${columns(now)} WHERE t.id = ${id}`.execute(db)
    : { rows: [] };
  if (!rows[0])
    throw new NotFound('transfers/none', {
      vi: 'Không có đề nghị chuyển trường này.',
      en: 'There is no such transfer.',
    });
  return rows[0];
}

/** Locked until the transaction ends. @throws NotFound `transfers/none` */
export async function lockTransfer(transaction: Transaction, id: string, now: Date): Promise<TransferRow> {
  if (isUuid(id)) await sql`SELECT FROM registry.transfer WHERE id = ${id} FOR UPDATE`.execute(transaction);
  return findTransfer(transaction, id, now);
}

/** Those of the schools in these organisations, on either side: open ones by when they end, closed ones newest first. */
export async function listTransfers(
  db: Database,
  scope: readonly string[],
  { isOpen, limit, cursor, now }: { isOpen: boolean; limit: number; cursor?: string | undefined; now: Date },
): Promise<TransferRow[]> {
  const after = cursor ? sql`AND t.id ${isOpen ? sql`>` : sql`<`} ${cursor}::uuid` : sql``;
  const { rows } = await sql<TransferRow>`
    SELECT ${columns(now)} WHERE (f.path && ${[...scope]}::uuid[] OR o.path && ${[...scope]}::uuid[])
      AND (t.closed_at IS NULL AND NOT ${isOver(now)}) = ${isOpen} ${after}
    ORDER BY t.id ${isOpen ? sql`` : sql`DESC`} LIMIT ${limit}`.execute(db);
  return rows;
}

export interface SchoolName {
  readonly id: string;
  readonly name: string;
  readonly code: string;
  /** The ward; null directly below the department. */
  readonly place: string | null;
}

/** Schools of the city by words of their name or by code, which are no secret: a few, the likeliest first. */
export async function findSchools(db: Database, words: string): Promise<SchoolName[]> {
  const typed = words.normalize('NFC').trim();
  const { rows } = await sql<SchoolName>`
    SELECT o.id, o.name, o.code, CASE WHEN w.kind = 'ward' THEN w.name END AS place
    FROM registry.organisation AS o LEFT JOIN registry.organisation AS w ON w.id = o.parent_id
    WHERE o.kind IN ('school', 'centre') AND (o.code = upper(${typed}) OR NOT EXISTS (
      SELECT FROM regexp_split_to_table(registry.fold(${typed}), '\\s+') AS word WHERE position(word IN o.folded_name) = 0))
    ORDER BY o.code = upper(${typed}) DESC, o.name, o.id LIMIT 8`.execute(db);
  return rows;
}
