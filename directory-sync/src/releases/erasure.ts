import type { KeptData, PersonalErasure } from '@edutrust/platform/personal';
import { sql } from 'kysely';

/** What runs, targets and client systems left here. Who got data was read before, for the desk to tell them. */
export const syncErasures: readonly PersonalErasure[] = [
  {
    code: 'sync',
    tables: [
      'sync.change',
      'sync.delivered',
      'sync.disabled',
      'sync.pending',
      'sync.release',
      'sync.scim_user',
      'sync.scim_group_member',
    ],
    erase: async (transaction, { ids, educationIds }) => {
      let count = 0;
      for (const table of ['change', 'delivered', 'disabled', 'pending', 'release', 'scim_group_member', 'scim_user']) {
        const { numAffectedRows = 0n } = await sql`
          DELETE FROM ${sql.table(`sync.${table}`)} WHERE person_id = ANY(${[...ids]}::uuid[])`.execute(transaction);
        count += Number(numAffectedRows);
      }
      // By the key that they are known by at a target: their education ID, folded or not.
      const keys = sql`ANY(${[...educationIds, ...ids]}::text[])`;
      for (const [table, column] of [
        ['seen_person', 'key'],
        ['seen_member', 'person_key'],
        ['reference', 'key'],
        ['change', 'key'],
      ] as const) {
        const { numAffectedRows = 0n } = await sql`
          DELETE FROM ${sql.table(`sync.${table}`)} WHERE ${sql.ref(column)} = ${keys}`.execute(transaction);
        count += Number(numAffectedRows);
      }
      // The number itself stays: nobody else gets files of theirs.
      const { numAffectedRows: numbers = 0n } = await sql`
        UPDATE sync.number SET key = NULL WHERE key = ${keys}`.execute(transaction);
      return count + Number(numbers);
    },
  },
];

export const syncKept: readonly KeptData[] = [
  {
    code: 'feed',
    what: { vi: 'dòng báo thay đổi, chỉ ghi mã nội bộ', en: 'lines that something changed, by internal ids only' },
    why: { vi: 'tự xoá sau 30 ngày', en: 'erased by themselves after 30 days' },
    tables: ['sync.feed'],
  },
];
