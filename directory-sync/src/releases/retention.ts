import type { RetentionRule } from '@edutrust/platform/retention';
import { sql } from 'kysely';

/** What went to whom is shown for as long as who looked is. */
export const syncRetention: readonly RetentionRule[] = [
  {
    code: 'releases',
    what: { vi: 'trường nào của ai đã gửi sang hệ thống nào', en: 'which fields of whom went to which system' },
    keepMonths: 24,
    source: 'with the book of who looked; counted from the last time',
    erase: async (transaction, before, most) => {
      const { numAffectedRows } = await sql`
        DELETE FROM sync.release WHERE (person_id, recipient_id, fields) IN (
          SELECT person_id, recipient_id, fields FROM sync.release WHERE last_at < ${before} LIMIT ${most})`.execute(
        transaction,
      );
      return Number(numAffectedRows ?? 0n);
    },
  },
];
