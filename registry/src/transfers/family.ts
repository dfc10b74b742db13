import { dateInVietnam } from '@edutrust/platform/calendar';
import type { Transaction } from '@edutrust/platform/database';
import { sql } from 'kysely';
import { type NoticeData, type NoticeKind, notify } from '../notices/notices.ts';

/** Tells the learner, and every guardian from whom no court took it. */
export async function tellFamily(
  transaction: Transaction,
  { personId, now }: { readonly personId: string; readonly now: Date },
  kind: NoticeKind,
  data: NoticeData,
): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    SELECT ${personId}::uuid AS id UNION
    SELECT guardian_id FROM registry.guardianship WHERE child_id = ${personId} AND valid_until IS NULL
      AND (scope = 'full' OR scope_until <= ${dateInVietnam(now)}::date)`.execute(transaction);
  await notify(transaction, ...rows.map(({ id }) => ({ personId: id, kind, data })));
}
