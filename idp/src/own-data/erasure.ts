import type { KeptData, PersonalErasure } from '@edutrust/platform/personal';
import { sql } from 'kysely';
import { notePurged } from '../shared-signals/purge.ts';

/** In this order: rows that refer to the account go before it. */
const tables = [
  'access_token',
  'refresh_token',
  'authorization_code',
  'device_code',
  'backchannel_request',
  'pushed_request',
  'oauth_grant',
  'session',
  'signal',
  'activation',
  'undoable_change',
  'passkey',
  'second_factor',
  'recovery_code',
  'badge',
  'pin',
  'consent',
  'guardian_consent',
  'subject',
  'throttle',
  'sign_in_log',
  'seen_network',
  'upstream_link',
  'account',
] as const;

/** The account and all that one signs in with or was given to apps, which are told. Sessions ended when the person left. */
export const idpErasures: readonly PersonalErasure[] = [
  {
    code: 'account',
    tables: tables.map((table) => `idp.${table}`),
    erase: async (transaction, { ids }) => {
      await notePurged(transaction, ids);
      // The words of others' consents that name them: a guardian's who acts for the child, and the guardian's for a child.
      await sql`UPDATE idp.consent SET said = NULL WHERE children && ${[...ids]}::uuid[]`.execute(transaction);
      await sql`UPDATE idp.guardian_consent SET said = NULL WHERE guardian_id = ANY(${[...ids]}::uuid[])`.execute(
        transaction,
      );
      let count = 0;
      for (const table of tables) {
        const { numAffectedRows = 0n } = await sql`
          DELETE FROM ${sql.table(`idp.${table}`)} WHERE person_id = ANY(${[...ids]}::uuid[])`.execute(transaction);
        count += Number(numAffectedRows);
      }
      return count;
    },
  },
];

export const idpKept: readonly KeptData[] = [
  {
    code: 'log',
    what: { vi: 'nhật ký không sửa được, chỉ ghi mã nội bộ', en: 'the tamper-evident log, by internal ids only' },
    why: {
      vi: 'không có họ tên, ngày sinh hay mã giáo dục trong đó',
      en: 'there is no name, birth date or education ID in it',
    },
    tables: ['platform.ledger_entry', 'platform.outbox'],
  },
  {
    code: 'break-glass',
    what: {
      vi: 'ai vào bằng truy cập khẩn cấp và ai rà soát, bằng mã nội bộ',
      en: 'who got in by broken glass and who reviewed it, by internal ids',
    },
    why: {
      vi: 'bằng chứng về việc quản trị hệ thống cấp độ 3',
      en: 'evidence of how a system of level 3 was administered',
    },
    tables: ['idp.break_glass', 'idp.break_glass_review'],
  },
];
