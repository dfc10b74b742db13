import catalogue from '../../events.json' with { type: 'json' };
import { type Text, t } from '../design/language.ts';
import type { paths } from '../generated/api.d.ts';

/** Words of the registry and the log, as people say them. An unknown one is shown as it is. */

export function roleName(role: string): string {
  const names: Record<string, string> = {
    learner: t('Học sinh', 'Learner'),
    teacher: t('Giáo viên', 'Teacher'),
    staff: t('Nhân viên', 'Staff'),
    guardian: t('Người giám hộ', 'Guardian'),
    'department-administrator': t('Quản trị Sở', 'Department administrator'),
    'security-officer': t('Cán bộ an toàn thông tin', 'Security officer'),
    auditor: t('Kiểm toán', 'Auditor'),
    'school-administrator': t('Quản trị trường', 'School administrator'),
    signer: t('Người ký', 'Signer'),
    clerk: t('Văn thư', 'Clerk'),
    'app-owner': t('Chủ ứng dụng', 'App owner'),
  };
  return names[role] ?? role;
}

const events: Readonly<Record<string, Text>> = catalogue;

/** What happened, as a short phrase. `tests/house/words.test.ts` sees to it that every event has one. */
export function eventName(type: string): string {
  const words = events[type];
  return words ? t(words.vi, words.en) : type;
}

export function relationName(relation: string): string {
  const names: Record<string, string> = {
    mother: t('Mẹ', 'Mother'),
    father: t('Cha', 'Father'),
    guardian: t('Người giám hộ', 'Guardian'),
  };
  return names[relation] ?? relation;
}

export type SchoolLevel = NonNullable<
  paths['/api/v1/organisations/{id}']['get']['responses']['200']['content']['application/json']['level']
>;

/** What schools teach, from the youngest on, as people say it; one that the registry adds does not compile without. */
export const levelNames = (): Readonly<Record<SchoolLevel, string>> => ({
  preschool: t('Mầm non', 'Preschool'),
  primary: t('Tiểu học', 'Primary'),
  'lower-secondary': t('Trung học cơ sở', 'Lower secondary'),
  'upper-secondary': t('Trung học phổ thông', 'Upper secondary'),
  'multi-level': t('Nhiều cấp', 'Several levels'),
  continuing: t('Giáo dục thường xuyên', 'Continuing education'),
});

/** The levels to choose from. */
export const levelOptions = () => Object.entries(levelNames()).map(([value, label]) => ({ value, label }));

export type CertificateProfile =
  paths['/api/v1/certificates']['get']['responses']['200']['content']['application/json']['items'][number]['profile'];

/** What a certificate is for. */
export function profileName(profile: CertificateProfile): string {
  const names: Readonly<Record<CertificateProfile, string>> = {
    root: t('Gốc', 'Root'),
    'issuing-ca': t('Cấp chứng thư', 'Issuing CA'),
    cross: t('Gốc chứng thực chéo', 'Cross-certified root'),
    official: t('Cá nhân ký', 'Official'),
    seal: t('Dấu của đơn vị', 'Organisation seal'),
    tsa: t('Dấu thời gian', 'Time stamps'),
    ocsp: t('Trả lời trạng thái (OCSP)', 'Status answers (OCSP)'),
    receipts: t('Giấy xác nhận đồng ý', 'Receipts of consents'),
  };
  return names[profile];
}

export function reasonName(reason: string): string {
  const names: Record<string, string> = {
    unspecified: t('Không nêu', 'Unspecified'),
    keyCompromise: t('Lộ khoá', 'Key compromised'),
    affiliationChanged: t('Đổi đơn vị', 'Affiliation changed'),
    superseded: t('Đã thay bằng chứng thư khác', 'Superseded'),
    cessationOfOperation: t('Không dùng nữa', 'Ceased'),
    cACompromise: t('CA bị lộ khoá', 'Authority compromised'),
    certificateHold: t('Tạm dừng để xác minh', 'Suspended while it is looked into'),
  };
  return names[reason] ?? reason;
}

/** Where the key of a certificate is. */
export function custodyName(custody: 'outside' | 'key-store'): string {
  return custody === 'outside' ? t('USB token của đơn vị', 'the holder’s token') : t('kho khoá', 'key store');
}
