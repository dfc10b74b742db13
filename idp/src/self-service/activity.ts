import type { Database } from '@edutrust/platform/database';
import type { Text } from '@edutrust/platform/messages';
import { sql } from 'kysely';

const sentences: Record<string, Text> = {
  'account.activated': { vi: 'Kích hoạt tài khoản', en: 'The account was activated' },
  'account.suspended': { vi: 'Tài khoản bị tạm khoá', en: 'The account was suspended' },
  'account.resumed': { vi: 'Tài khoản được mở lại', en: 'The account was resumed' },
  'account.signed-in': { vi: 'Đăng nhập', en: 'Signed in' },
  'activation-code.created': { vi: 'Được cấp mã kích hoạt mới', en: 'A new activation code was given' },
  'activation-link.created': { vi: 'Được cấp đường dẫn kích hoạt', en: 'An activation link was made' },
  'password.changed': { vi: 'Đặt mật khẩu mới', en: 'A new password was set' },
  'passkey.added': { vi: 'Thêm passkey', en: 'A passkey was added' },
  'passkey.removed': { vi: 'Xoá passkey', en: 'A passkey was removed' },
  'passkey.counter-went-back': {
    vi: 'Từ chối một passkey có thể đã bị sao chép',
    en: 'A passkey that may have been copied was refused',
  },
  'session.ended': { vi: 'Một phiên đăng nhập kết thúc', en: 'A session ended' },
  'consent.given': { vi: 'Đồng ý chia sẻ dữ liệu với một ứng dụng', en: 'Agreed to share data with an app' },
  'consent.withdrawn': { vi: 'Rút lại đồng ý với một ứng dụng', en: 'Withdrew the agreement with an app' },
};

/** What happened to a person's account, newest first, as sentences; read from the ledger, which keeps no names. */
export async function accountActivity(
  db: Database,
  personId: string,
  locale: 'vi' | 'en',
): Promise<{ at: string; sentence: string }[]> {
  const { rows } = await sql<{ at: Date; type: string }>`
    SELECT at, type FROM platform.ledger_entry
    WHERE subject_kind = 'person' AND subject_id = ${personId} AND type = ANY(${Object.keys(sentences)})
    ORDER BY id DESC LIMIT 30`.execute(db);
  return rows.flatMap(({ at, type }) => {
    const sentence = sentences[type]?.[locale];
    return sentence ? [{ at: at.toISOString(), sentence }] : [];
  });
}
