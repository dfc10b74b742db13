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
    clerk: t('Văn thư', 'Clerk'),
    'app-owner': t('Chủ ứng dụng', 'App owner'),
  };
  return names[role] ?? role;
}

/** What happened, as a short phrase. `tests/suite/words.test.ts` sees to it that every event has one. */
export function eventName(type: string): string {
  const names: Record<string, string> = {
    'account.activated': t('kích hoạt tài khoản', 'account activated'),
    'account.resumed': t('mở lại tài khoản', 'account resumed'),
    'account.signed-in': t('đăng nhập', 'signed in'),
    'account.suspended': t('khoá tài khoản', 'account suspended'),
    'activation-code.created': t('cấp mã kích hoạt', 'activation code issued'),
    'activation-link.created': t('cấp đường dẫn kích hoạt', 'activation link issued'),
    'affiliation.started': t('vào đơn vị', 'joined'),
    'approval.proposed': t('lập việc cần hai người', 'act for two people proposed'),
    'approval.confirmed': t('xác nhận việc cần hai người bằng passkey', 'act for two people confirmed by its maker'),
    'approval.approved': t('duyệt việc cần hai người bằng passkey', 'act for two people approved'),
    'approval.refused': t('từ chối việc cần hai người', 'act for two people refused'),
    'approval.withdrawn': t('rút việc cần hai người', 'act for two people withdrawn'),
    'approval.expired': t('việc cần hai người quá hạn', 'act for two people expired'),
    'approval.failed': t('việc cần hai người không còn thực hiện được', 'act for two people no longer possible'),
    'approval.wrong-code': t('gõ sai mã đọc qua điện thoại', 'wrong code typed for an approval'),
    'app.activated': t('cho phép ứng dụng ở đơn vị', 'activated an app at an organisation'),
    'app.deactivated': t('ngừng ứng dụng ở đơn vị', 'ended an app at an organisation'),
    'app.registered': t('đăng ký ứng dụng', 'app registered'),
    'authority.created': t('lập cơ quan cấp chứng thư', 'certificate authority made'),
    'authority.requested': t('yêu cầu lập cơ quan cấp chứng thư', 'certificate authority requested'),
    'backup.restored': t('khôi phục từ bản sao lưu', 'restored from a backup'),
    'certificate.issued': t('cấp chứng thư', 'certificate issued'),
    'certificate.released': t('mở lại chứng thư', 'certificate released'),
    'certificate.revoked': t('thu hồi chứng thư', 'certificate revoked'),
    'certificate.suspended': t('tạm dừng chứng thư', 'certificate suspended'),
    'certificate-request.approved': t('duyệt yêu cầu chứng thư', 'certificate request approved'),
    'certificate-request.created': t('xin chứng thư', 'certificate requested'),
    'certificate-request.failed': t('không cấp được chứng thư đã duyệt', 'approved certificate could not be issued'),
    'certificate-request.issued': t('cấp chứng thư theo yêu cầu', 'requested certificate issued'),
    'certificate-request.refused': t('từ chối yêu cầu chứng thư', 'certificate request refused'),
    'certificate-request.renewed': t('tự cấp tiếp con dấu', 'seal renewed by itself'),
    'certificate-request.withdrawn': t('rút yêu cầu chứng thư', 'certificate request withdrawn'),
    'class.changed': t('sửa lớp', 'class changed'),
    'class.created': t('mở lớp', 'class opened'),
    'consent.given': t('đồng ý cho ứng dụng xem thông tin', 'agreed that an app sees data'),
    'consent.withdrawn': t('rút lại đồng ý', 'withdrew an agreement'),
    'guardianship.ended': t('thôi giám hộ', 'guardianship ended'),
    'guardianship.started': t('thêm người giám hộ', 'guardian added'),
    'organisation.changed': t('sửa đơn vị', 'organisation changed'),
    'marks.entered': t('nhập điểm', 'marks entered'),
    'marks.planned': t('xem trước tệp điểm', 'marks file previewed'),
    'organisation.created': t('thêm đơn vị', 'organisation added'),
    'passkey.added': t('thêm passkey', 'passkey added'),
    'passkey.counter-went-back': t('passkey có thể bị sao chép', 'passkey may have been copied'),
    'passkey.removed': t('gỡ passkey', 'passkey removed'),
    'password.changed': t('đổi mật khẩu', 'password changed'),
    'person.changed': t('sửa hồ sơ', 'record corrected'),
    'person.created': t('thêm hồ sơ', 'record added'),
    'person.left': t('rời trường', 'left'),
    'person.merged': t('gộp hồ sơ trùng', 'duplicate merged'),
    'person.transferred': t('chuyển trường', 'transferred'),
    'role.ended': t('thu vai trò', 'role ended'),
    'role.granted': t('giao vai trò', 'role granted'),
    'roster.applied': t('áp dụng danh sách', 'roster applied'),
    'roster.held': t('giữ lại một lần nhập', 'import held'),
    'roster.planned': t('lập kế hoạch nhập', 'import planned'),
    'session.ended': t('đăng xuất', 'signed out'),
    'network.registered': t('khai báo mạng của trường', 'school network registered'),
    'network.removed': t('gỡ mạng của trường', 'school network removed'),
    'sign-in.failing': t('thử sai mật khẩu nhiều lần', 'many wrong passwords'),
    'sign-in.spraying': t('dò mật khẩu từ một mạng', 'password guessing from one network'),
    'activation.guessing': t('dò mã kích hoạt từ một mạng', 'activation code guessing from one network'),
    'signing-enrolment.approved': t('duyệt đăng ký chữ ký số', 'signing enrolment approved'),
    'signing-enrolment.completed': t('nhận chứng thư ký', 'signing enrolment completed'),
    'signing-enrolment.refused': t('từ chối đăng ký chữ ký số', 'signing enrolment refused'),
    'signing-enrolment.renewed': t('cấp tiếp chứng thư ký', 'signing certificate renewed'),
    'signing-enrolment.requested': t('đăng ký chữ ký số', 'signing enrolment requested'),
    'signing-enrolment.revoked': t('ngừng chữ ký số', 'signing enrolment revoked'),
    'sessions.forgotten': t('mọi người phải đăng nhập lại', 'everybody has to sign in again'),
    'signing-key.rotated': t('thay khoá ký của cổng đăng nhập', 'sign-in signing key rotated'),
    'signing-request.created': t('trình ký', 'signature requested'),
    'signing-request.rejected': t('từ chối ký', 'signature refused'),
    'signing-request.issued': t('phát hành văn bản', 'document issued'),
    'signing-request.sealed': t('đóng dấu số', 'sealed'),
    'signing-request.signed': t('đã ký', 'signed'),
    'signing-request.withdrawn': t('rút trình ký', 'request withdrawn'),
    'signing-session.authorised': t('xác nhận ký bằng passkey', 'confirmed signing by passkey'),
    'signing-session.opened': t('mở phiên ký', 'signing session opened'),
    'sync-target.added': t('thêm đích đồng bộ', 'sync target added'),
    'sync-target.removed': t('gỡ đích đồng bộ', 'sync target removed'),
    'sync.run-released': t('cho phép lượt đồng bộ bị giữ', 'held sync run released'),
    'sync.run-finished': t('xong một lượt đồng bộ', 'sync run finished'),
    'transcripts.requested': t('trình học bạ của lớp', 'transcripts of a class requested'),
    'trust-anchor.added': t('tin thêm một gốc', 'root trusted'),
    'trust-anchor.ended': t('thôi tin một gốc', 'root trusted no more'),
  };
  return names[type] ?? type;
}

export function relationName(relation: string): string {
  const names: Record<string, string> = {
    mother: t('Mẹ', 'Mother'),
    father: t('Cha', 'Father'),
    guardian: t('Người giám hộ', 'Guardian'),
  };
  return names[relation] ?? relation;
}

/** What a school teaches. */
export function levelName(level: string): string {
  const names: Record<string, string> = {
    primary: t('Tiểu học', 'Primary'),
    'lower-secondary': t('Trung học cơ sở', 'Lower secondary'),
    'upper-secondary': t('Trung học phổ thông', 'Upper secondary'),
  };
  return names[level] ?? level;
}

/** What a certificate is for. */
export function profileName(profile: string): string {
  const names: Record<string, string> = {
    root: t('Gốc', 'Root'),
    'issuing-ca': t('Cấp chứng thư', 'Issuing CA'),
    cross: t('Gốc chứng thực chéo', 'Cross-certified root'),
    official: t('Cá nhân ký', 'Official'),
    seal: t('Dấu của đơn vị', 'Organisation seal'),
    tsa: t('Dấu thời gian', 'Time stamps'),
    ocsp: t('Trả lời trạng thái (OCSP)', 'Status answers (OCSP)'),
  };
  return names[profile] ?? profile;
}

/** How a sync target or a run of it stands. */
export function syncStateName(state: string): string {
  const names: Record<string, string> = {
    new: t('Chưa kết nối lần nào', 'Not in contact yet'),
    healthy: t('Đang chạy tốt', 'Healthy'),
    slow: t('Đang chậm, sẽ chạy lại', 'Behind, will run again'),
    paused: t('Tạm dừng', 'Paused'),
    running: t('Đang chạy', 'Running'),
    done: t('Xong', 'Done'),
    held: t('Giữ lại, chờ duyệt', 'Held for approval'),
    released: t('Đã duyệt, đang thực hiện', 'Released, being done'),
    superseded: t('Đã có kế hoạch mới hơn', 'Superseded by a newer plan'),
    failed: t('Không xong', 'Failed'),
  };
  return names[state] ?? state;
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
