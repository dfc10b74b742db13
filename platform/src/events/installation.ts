import Type from 'typebox';
import { defineEvents } from './define.ts';

const Count = Type.Integer({ minimum: 0 });

/** What can happen to the installation itself. */
export const installationEvents = defineEvents({
  'backup.restored': {
    subject: 'installation',
    data: { takenAt: Type.String(), isMove: Type.Boolean() },
    vi: 'khôi phục từ bản sao lưu',
    en: 'restored from a backup',
  },
  'retention.applied': {
    subject: 'installation',
    data: { rule: Type.String(), count: Count, before: Type.String() },
    vi: 'xoá dữ liệu đã hết thời hạn lưu',
    en: 'erased what was past its time',
  },
  'rows.attested': {
    subject: 'installation',
    data: { roles: Count, passwords: Count, passkeys: Count, codes: Count, sessions: Count },
    vi: 'xác nhận lần đầu các vai trò và cách đăng nhập đã có',
    en: 'attested the roles and credentials that were there, once',
  },
});
