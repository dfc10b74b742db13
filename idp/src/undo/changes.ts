import type { Database, Transaction } from '@edutrust/platform/database';
import { uuidv7 } from '@edutrust/platform/ids';
import {
  type NoticeData,
  notify,
  type UndoableNotice,
  type undoableKinds,
  undoableNotices,
  undoHours,
} from '@edutrust/registry/notices';
import { type RawBuilder, sql } from 'kysely';

/**
 * What one signs in with and what makes a row of it that very one: only what is gone comes back, and what is still there
 * keeps its counters. A password is not among them: whoever changed it knew it, or had a code for a new one.
 */
const means = {
  passkey: 'id',
  second_factor: 'sealed_secret',
  recovery_code: 'code_hash',
  upstream_link: 'id',
} as const;

const ofPerson = (table: string, personId: string): RawBuilder<unknown> => sql`
  coalesce((SELECT jsonb_agg(to_jsonb(m)) FROM ${sql.table(`idp.${table}`)} AS m WHERE m.person_id = ${personId}), '[]')`;

/** Held to the end of the transaction: changes of how one person signs in come one after the other. */
export async function holdMeans(transaction: Transaction, personId: string): Promise<void> {
  await sql`SELECT FROM idp.account WHERE person_id = ${personId} FOR UPDATE`.execute(transaction);
}

/**
 * To be called before the change, in its transaction: keeps how the person signs in until now, and notifies them with the
 * link that takes back what comes.
 */
export async function announceChange(
  transaction: Transaction,
  personId: string,
  kind: Exclude<(typeof undoableKinds)[number], 'email.changed'>,
  data: NoticeData = {},
): Promise<void> {
  await holdMeans(transaction, personId);
  const id = uuidv7();
  const before = sql.join(Object.keys(means).map((table) => sql`${table}::text, ${ofPerson(table, personId)}`));
  await sql`
    INSERT INTO idp.undoable_change (notice_id, person_id, before)
    VALUES (${id}, ${personId}, jsonb_build_object(${before}))`.execute(transaction);
  await notify(transaction, { id, personId, kind, data });
}

/** A change of the last 24 hours. */
export interface RecentChange extends UndoableNotice {
  readonly isTakenBack: boolean;
}

/** The changes of the last 24 hours, the newest first: one by its notice, or a person's. */
export async function recentChanges(
  db: Database | Transaction,
  which: { readonly id: string } | { readonly personId: string },
  now: Date,
): Promise<RecentChange[]> {
  const notices = await undoableNotices(db, which, now);
  if (notices.length === 0) return [];
  const { rows } = await sql<{ id: string; isTaken: boolean }>`
    SELECT notice_id AS id, taken_back_at IS NOT NULL AS "isTaken" FROM idp.undoable_change
    WHERE notice_id = ANY(${notices.map(({ id }) => id)}::uuid[])`.execute(db);
  const taken = new Map(rows.map(({ id, isTaken }) => [id, isTaken]));
  return notices.flatMap((notice) => {
    // A change of the address has no row of its own until it is taken back: the notice holds the address of before.
    const isTakenBack = taken.get(notice.id) ?? (notice.kind === 'email.changed' ? false : undefined);
    return isTakenBack === undefined ? [] : [{ ...notice, isTakenBack }];
  });
}

/** Those of a person that can still be taken back. */
export const openChanges = async (db: Database | Transaction, personId: string, now: Date) =>
  (await recentChanges(db, { personId }, now)).filter(({ isTakenBack }) => !isTakenBack);

/**
 * Puts back how the person signed in before this change, and so undoes what came after it too, the newest first; gives
 * how many changes that were. What was taken back is not taken back again: of two at once one finds 0.
 */
export async function restoreBefore(
  transaction: Transaction,
  { id, personId, at, kind }: Pick<UndoableNotice, 'id' | 'personId' | 'at' | 'kind'>,
): Promise<number> {
  await holdMeans(transaction, personId);
  const isAddress = kind === 'email.changed';
  const own = isAddress
    ? sql`INSERT INTO idp.undoable_change (notice_id, person_id, at, before, taken_back_at)
        VALUES (${id}, ${personId}, ${at}, '{}', now()) ON CONFLICT DO NOTHING`
    : sql`UPDATE idp.undoable_change SET taken_back_at = now() WHERE notice_id = ${id} AND taken_back_at IS NULL`;
  const { numAffectedRows } = await own.execute(transaction);
  if (numAffectedRows !== 1n) return 0;
  const since = isAddress
    ? sql`at >= ${at}`
    : sql`position > (SELECT position FROM idp.undoable_change WHERE notice_id = ${id})`;
  const { rows } = await sql<{ notice_id: string }>`
    WITH later AS (UPDATE idp.undoable_change SET taken_back_at = now()
      WHERE person_id = ${personId} AND taken_back_at IS NULL AND ${since} RETURNING notice_id, position)
    SELECT notice_id FROM later ORDER BY position DESC`.execute(transaction);
  const changes = [...rows.map(({ notice_id: noticeId }) => noticeId), ...(isAddress ? [] : [id])];
  for (const change of changes) await restore(transaction, personId, change);
  return rows.length + 1;
}

async function restore(transaction: Transaction, personId: string, noticeId: string): Promise<void> {
  for (const [name, key] of Object.entries(means)) {
    const table = sql.table(`idp.${name}`);
    const before = sql`
      SELECT b.* FROM idp.undoable_change AS c, jsonb_populate_recordset(NULL::${table}, c.before->${name}::text) AS b
      WHERE c.notice_id = ${noticeId} AND b.person_id = ${personId}`;
    await sql`
      DELETE FROM ${table} AS m WHERE person_id = ${personId}
        AND NOT EXISTS (SELECT FROM (${before}) AS b WHERE b.${sql.ref(key)} = m.${sql.ref(key)})`.execute(transaction);
    // A passkey or link that is somebody else's by now stays theirs.
    await sql`INSERT INTO ${table} ${before} ON CONFLICT DO NOTHING`.execute(transaction);
  }
}

/** How people signed in before is forgotten when it cannot be put back any more. */
export async function forgetOldChanges(db: Database, now: Date): Promise<void> {
  await sql`DELETE FROM idp.undoable_change WHERE at < ${new Date(now.getTime() - undoHours * 3_600_000)}`.execute(db);
}
