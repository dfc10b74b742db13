import { type RetentionRule, rowsBefore } from '@edutrust/platform/retention';
import { sql } from 'kysely';
import { keepMonths } from './accesses/keeping.ts';

const oldAccesses = rowsBefore('registry.access', 'at');

/** What the registry keeps for a time only. Records, their history and approvals are kept (docs/operations.md). */
export const registryRetention: readonly RetentionRule[] = [
  {
    code: 'accesses',
    what: { vi: 'ai đã xem hồ sơ của ai', en: 'who looked at whose record' },
    keepMonths,
    source: 'QCVN 12:2026/BCA §3.9.2.1.9 (at least 12 months); two school years',
    erase: async (transaction, before, most) => {
      await sql`DELETE FROM registry.access_finding WHERE at < ${before}`.execute(transaction);
      return oldAccesses(transaction, before, most);
    },
  },
  {
    code: 'notices',
    what: { vi: 'tin báo cho mỗi người', en: 'notices to people' },
    keepMonths: 24,
    source: 'the purpose ends: a notice that nobody asks about any longer (Law 91/2025/QH15)',
    erase: rowsBefore('registry.notice', 'at'),
  },
  {
    code: 'requests',
    what: { vi: 'yêu cầu về dữ liệu đã trả lời', en: 'answered requests about data' },
    keepMonths: 60,
    source: 'proof of the answer, as long as files on breaches (Decree 356/2025, article 29)',
    erase: rowsBefore('registry.data_request', 'closed_at'),
  },
  {
    code: 'breaches',
    what: { vi: 'hồ sơ vi phạm dữ liệu cá nhân đã đóng', en: 'closed files on breaches' },
    keepMonths: 60,
    source: 'Decree 356/2025, article 29 (five years)',
    erase: rowsBefore('registry.data_breach', 'closed_at'),
  },
  {
    code: 'rosterCounts',
    what: { vi: 'số người mà các danh sách đã đổi, theo trường', en: 'how many people rosters changed, by school' },
    keepMonths: 14,
    source: 'numbers of nobody: what is usual at a time of the year is known from the last one',
    erase: rowsBefore('registry.roster_count', 'at'),
  },
  {
    code: 'transfers',
    what: { vi: 'đề nghị chuyển trường đã xong', en: 'answered transfers between schools' },
    keepMonths: 24,
    source: 'the purpose ends: what came of it is in the history (Law 91/2025/QH15)',
    erase: rowsBefore('registry.transfer', 'closed_at'),
  },
  {
    code: 'rosters',
    what: { vi: 'dòng của các danh sách đã nhập', en: 'rows of imported rosters' },
    keepMonths: 12,
    source: 'the purpose ends: a school year later no roster is looked into (Law 91/2025/QH15)',
    erase: async (transaction, before, most) => {
      await sql`DELETE FROM registry.match_question WHERE state = 'open' AND asked_at < ${before}`.execute(transaction);
      await sql`DELETE FROM registry.roster_in_step WHERE learned_on < ${before}`.execute(transaction);
      // The answer holds on; what the row said has no use any longer.
      await sql`
        UPDATE registry.match_question SET facts = '{}' WHERE state <> 'open' AND asked_at < ${before} AND facts <> '{}'`.execute(
        transaction,
      );
      const { rows } = await sql<{ count: number }>`
        WITH old AS (SELECT id FROM registry.roster_plan WHERE created_at < ${before} AND status <> 'applying'),
          changes AS (DELETE FROM registry.roster_change WHERE (plan_id, row) IN (
            SELECT c.plan_id, c.row FROM registry.roster_change AS c JOIN old ON old.id = c.plan_id LIMIT ${most}) RETURNING 1),
          refusals AS (DELETE FROM registry.roster_refusal WHERE ctid IN (
            SELECT r.ctid FROM registry.roster_refusal AS r JOIN old ON old.id = r.plan_id LIMIT ${most}) RETURNING 1)
        SELECT greatest((SELECT count(*) FROM changes), (SELECT count(*) FROM refusals)) AS count`.execute(transaction);
      return rows[0]?.count ?? 0;
    },
  },
];
