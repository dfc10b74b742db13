import { t } from '../design/language.ts';

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
    'app-owner': t('Chủ ứng dụng', 'App owner'),
  };
  return names[role] ?? role;
}

/** What happened, as a short phrase. */
export function eventName(type: string): string {
  const names: Record<string, string> = {
    'person.created': t('thêm hồ sơ', 'record added'),
    'person.changed': t('sửa hồ sơ', 'record corrected'),
    'person.left': t('rời trường', 'left'),
    'person.transferred': t('chuyển trường', 'transferred'),
    'person.merged': t('gộp hồ sơ trùng', 'duplicate merged'),
    'affiliation.started': t('vào đơn vị', 'joined'),
    'organisation.created': t('thêm đơn vị', 'organisation added'),
    'class.created': t('mở lớp', 'class opened'),
    'role.granted': t('giao vai trò', 'role granted'),
    'role.ended': t('thu vai trò', 'role ended'),
    'roster.planned': t('lập kế hoạch nhập', 'import planned'),
    'roster.applied': t('áp dụng danh sách', 'roster applied'),
    'account.invited': t('cấp mã kích hoạt', 'activation code issued'),
    'account.activated': t('kích hoạt tài khoản', 'account activated'),
    'account.suspended': t('khoá tài khoản', 'account suspended'),
    'account.resumed': t('mở lại tài khoản', 'account resumed'),
    'session.started': t('đăng nhập', 'signed in'),
    'session.ended': t('đăng xuất', 'signed out'),
    'certificate.issued': t('cấp chứng thư', 'certificate issued'),
    'certificate.revoked': t('thu hồi chứng thư', 'certificate revoked'),
    'request.created': t('trình ký', 'signature requested'),
    'request.signed': t('đã ký', 'signed'),
    'request.rejected': t('từ chối ký', 'rejected'),
  };
  return names[type] ?? type;
}

export function reasonName(reason: string): string {
  const names: Record<string, string> = {
    unspecified: t('Không nêu', 'Unspecified'),
    keyCompromise: t('Lộ khoá', 'Key compromised'),
    affiliationChanged: t('Đổi đơn vị', 'Affiliation changed'),
    superseded: t('Đã thay bằng chứng thư khác', 'Superseded'),
    cessationOfOperation: t('Không dùng nữa', 'Ceased'),
  };
  return names[reason] ?? reason;
}
