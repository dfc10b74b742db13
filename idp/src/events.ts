import type { Transaction } from '@edutrust/platform/database';
import { defineEvents, type EventOf, type Events } from '@edutrust/platform/events';
import { Sha256Hex, Uuid } from '@edutrust/platform/schemas';
import { organisationsOf } from '@edutrust/registry/people';
import Type from 'typebox';

const app = Type.String();
const passkey = Type.String();
const Count = Type.Integer({ minimum: 0 });

/** What can happen to accounts, sessions and apps, and how people read it. */
const declared = defineEvents({
  'account.activated': {
    subject: 'person',
    vi: 'kích hoạt tài khoản',
    en: 'account activated',
    self: { vi: 'Kích hoạt tài khoản', en: 'Your account was activated' },
  },
  'account.purged': {
    subject: 'person',
    vi: 'xoá tài khoản, báo các ứng dụng xoá theo',
    en: 'account erased, apps told to erase theirs',
    self: { vi: 'Tài khoản được xoá', en: 'Your account was erased' },
  },
  'account.resumed': {
    subject: 'person',
    vi: 'mở lại tài khoản',
    en: 'account resumed',
    self: { vi: 'Tài khoản được mở lại', en: 'Your account was resumed' },
  },
  'account.signed-in': {
    subject: 'person',
    data: { method: Type.String(), newDevice: Type.Boolean() },
    vi: 'đăng nhập',
    en: 'signed in',
    self: { vi: 'Đăng nhập', en: 'You signed in' },
  },
  'account.suspended': {
    subject: 'person',
    vi: 'khoá tài khoản',
    en: 'account suspended',
    self: { vi: 'Tài khoản bị tạm khoá', en: 'Your account was suspended' },
  },
  'account.taken-back': {
    subject: 'person',
    data: { changes: Count, by: Type.Enum(['link', 'desk']) },
    vi: '«Không phải tôi»: lấy lại cách đăng nhập như trước',
    en: '“not me”: sign-in put back as it was',
    self: { vi: 'Cách đăng nhập được lấy lại như trước', en: 'Your sign-in was put back as it was' },
  },
  'accounts.reviewed': {
    subject: 'organisation',
    data: { accounts: Count, digest: Sha256Hex },
    vi: 'rà soát tài khoản của đơn vị',
    en: 'accounts of an organisation reviewed',
  },
  'break-glass.opened': {
    subject: 'person',
    data: { glass: Uuid, role: Type.String(), endsAt: Type.String() },
    vi: 'mở truy cập khẩn cấp từ máy chủ',
    en: 'broke the glass at the server',
    self: { vi: 'Được giao vai trò bằng truy cập khẩn cấp', en: 'You were given a role by broken glass' },
  },
  'break-glass.link-made': {
    subject: 'person',
    data: { glass: Uuid },
    vi: 'làm đường dẫn truy cập khẩn cấp',
    en: 'made a break-glass link',
  },
  'break-glass.used': {
    subject: 'person',
    data: { glass: Uuid },
    vi: 'vào bằng truy cập khẩn cấp',
    en: 'got in by broken glass',
    self: { vi: 'Vào bằng truy cập khẩn cấp', en: 'You got in by broken glass' },
  },
  'break-glass.closed': {
    subject: 'person',
    data: { glass: Uuid },
    vi: 'dừng truy cập khẩn cấp',
    en: 'ended broken glass early',
  },
  'break-glass.reviewed': {
    subject: 'person',
    data: { glass: Uuid, acts: Count, digest: Sha256Hex, isLast: Type.Boolean() },
    vi: 'rà soát một truy cập khẩn cấp',
    en: 'reviewed broken glass',
  },
  'upstream.linked': {
    subject: 'person',
    data: { provider: Type.String() },
    vi: 'nối một tài khoản của nơi khác',
    en: 'account of another house linked',
    self: { vi: 'Nối một tài khoản của nơi khác để đăng nhập', en: 'You linked an account of another house' },
  },
  'upstream.unlinked': {
    subject: 'person',
    data: { provider: Type.String() },
    vi: 'thôi nối một tài khoản của nơi khác',
    en: 'account of another house unlinked',
    self: { vi: 'Thôi nối một tài khoản của nơi khác', en: 'You unlinked an account of another house' },
  },
  'activation.guessing': {
    subject: 'address',
    data: { failures: Count },
    vi: 'dò mã kích hoạt từ một mạng',
    en: 'activation code guessing from one network',
  },
  'activation-code.created': {
    subject: 'person',
    data: { expiresAt: Type.String(), alsoBy: Type.Optional(Uuid) },
    vi: 'cấp mã kích hoạt',
    en: 'activation code issued',
    self: { vi: 'Được cấp mã kích hoạt mới', en: 'You were given a new activation code' },
  },
  'activation-link.created': {
    subject: 'person',
    vi: 'cấp đường dẫn kích hoạt',
    en: 'activation link issued',
    self: { vi: 'Được cấp đường dẫn kích hoạt', en: 'You were given an activation link' },
  },
  'app.activated': { subject: 'app', vi: 'cho phép ứng dụng ở đơn vị', en: 'app activated at an organisation' },
  'app.changed': {
    subject: 'app',
    data: { fields: Type.Optional(Type.Array(Type.String())), approval: Type.Optional(Uuid) },
    vi: 'sửa ứng dụng',
    en: 'app changed',
  },
  'app.deactivated': { subject: 'app', vi: 'ngừng ứng dụng ở đơn vị', en: 'app deactivated at an organisation' },
  'app.ended': { subject: 'app', vi: 'ngừng ứng dụng', en: 'app ended' },
  'app.registered': { subject: 'app', vi: 'đăng ký ứng dụng', en: 'app registered' },
  'app.secret-rotated': { subject: 'app', vi: 'đổi khoá bí mật của ứng dụng', en: 'app secret replaced' },
  'badge.issued': {
    subject: 'person',
    data: { serial: Type.String(), standIn: Type.Boolean(), expiresAt: Type.String() },
    vi: 'phát thẻ học sinh',
    en: 'badge issued',
    self: { vi: 'Được phát thẻ', en: 'You were given a badge' },
  },
  'badge.voided': {
    subject: 'person',
    data: { serial: Type.String() },
    vi: 'huỷ thẻ học sinh',
    en: 'badge voided',
    self: { vi: 'Thẻ đã bị huỷ', en: 'Your badge was voided' },
  },
  'child.acted-for': {
    subject: 'person',
    data: { app, api: Type.String() },
    vi: 'làm thay cho con trong một ứng dụng',
    en: 'acted for a child in an app',
    self: { vi: 'Người giám hộ làm thay trong một ứng dụng', en: 'A guardian acted for you in an app' },
  },
  'consent.asked': {
    subject: 'person',
    data: { app, scopes: Type.Array(Type.String()) },
    vi: 'xin cha mẹ hoặc người giám hộ đồng ý cho một ứng dụng',
    en: 'asked a guardian to agree to an app',
    self: { vi: 'Xin cha mẹ đồng ý cho một ứng dụng', en: 'Your guardians were asked to agree to an app' },
  },
  'consent.guardian-agreed': {
    subject: 'person',
    data: { app, scopes: Type.Array(Type.String()), said: Sha256Hex, acr: Type.String() },
    vi: 'cha mẹ hoặc người giám hộ đồng ý cho một ứng dụng xem thông tin của con',
    en: 'a guardian agreed that an app sees data of the child',
    self: { vi: 'Cha mẹ đồng ý cho một ứng dụng', en: 'A guardian agreed to an app' },
  },
  'consent.given': {
    subject: 'person',
    data: {
      app,
      scopes: Type.Array(Type.String()),
      said: Type.Optional(Sha256Hex),
      acr: Type.Optional(Type.String()),
    },
    vi: 'đồng ý cho ứng dụng xem thông tin',
    en: 'agreed that an app sees data',
    self: { vi: 'Đồng ý chia sẻ dữ liệu với một ứng dụng', en: 'You agreed to share data with an app' },
  },
  'consent.withdrawn': {
    subject: 'person',
    data: { app },
    vi: 'rút lại đồng ý',
    en: 'withdrew consent',
    self: { vi: 'Rút lại đồng ý với một ứng dụng', en: 'You withdrew your consent to an app' },
  },
  'device.allowed': {
    subject: 'person',
    data: { app },
    vi: 'cho một thiết bị vào ứng dụng',
    en: 'let a device enter an app',
    self: { vi: 'Cho một thiết bị vào bằng tài khoản này', en: 'You let a device in with your account' },
  },
  'sign-in.asked': {
    subject: 'person',
    data: { app },
    vi: 'ứng dụng xin một lượt đăng nhập qua điện thoại',
    en: 'app asked for a sign-in on the phone',
    self: { vi: 'Một ứng dụng xin đăng nhập qua điện thoại', en: 'An app asked you to sign in on your phone' },
  },
  'sign-in.allowed': {
    subject: 'person',
    data: { app },
    vi: 'cho ứng dụng vào từ điện thoại',
    en: 'let an app in on the phone',
    self: { vi: 'Cho một ứng dụng vào, từ điện thoại', en: 'You let an app in on your phone' },
  },
  'sign-in.refused': {
    subject: 'person',
    data: { app },
    vi: 'từ chối một lượt đăng nhập qua điện thoại',
    en: 'refused a sign-in on the phone',
    self: { vi: 'Từ chối một ứng dụng, từ điện thoại', en: 'You refused an app on your phone' },
  },
  'lesson.ended': {
    subject: 'class',
    data: { sessions: Count },
    vi: 'kết thúc giờ ở phòng máy',
    en: 'lesson at the computers ended',
  },
  'lesson.started': {
    subject: 'class',
    data: { kind: Type.Enum(['lab', 'exam']), minutes: Count, apps: Type.Array(app) },
    vi: 'bắt đầu giờ ở phòng máy',
    en: 'lesson at the computers began',
  },
  'network.registered': {
    subject: 'network',
    data: { range: Type.String() },
    vi: 'khai báo mạng của trường',
    en: 'school network registered',
  },
  'network.removed': {
    subject: 'network',
    data: { range: Type.String() },
    vi: 'gỡ mạng của trường',
    en: 'school network removed',
  },
  'passkey.added': {
    subject: 'person',
    data: { passkey, isSynced: Type.Boolean() },
    vi: 'thêm passkey',
    en: 'passkey added',
    self: { vi: 'Thêm passkey', en: 'A passkey was added' },
  },
  'passkey.counter-went-back': {
    subject: 'person',
    data: { passkey },
    vi: 'passkey có thể bị sao chép',
    en: 'passkey may have been copied',
    self: {
      vi: 'Từ chối một passkey có thể đã bị sao chép',
      en: 'A passkey that may have been copied was refused',
    },
  },
  'passkey.removed': {
    subject: 'person',
    data: { passkey },
    vi: 'gỡ passkey',
    en: 'passkey removed',
    self: { vi: 'Xoá passkey', en: 'A passkey was removed' },
  },
  'password.changed': {
    subject: 'person',
    vi: 'đổi mật khẩu',
    en: 'password changed',
    self: { vi: 'Đặt mật khẩu mới', en: 'A new password was set' },
  },
  'password.imported': {
    subject: 'person',
    data: { scheme: Type.String(), endsAt: Type.Optional(Type.String()) },
    vi: 'nhận mật khẩu từ hệ thống cũ',
    en: 'password taken over from another system',
    self: { vi: 'Mật khẩu ở hệ thống cũ được dùng ở đây', en: 'Your password of the earlier system works here' },
  },
  'personal-data.copied': {
    subject: 'person',
    vi: 'tải bản sao dữ liệu cá nhân',
    en: 'copy of personal data downloaded',
    self: { vi: 'Bản sao dữ liệu đã được tải', en: 'A copy of your data was downloaded' },
  },
  'pin.given': {
    subject: 'person',
    data: { kind: Type.String() },
    vi: 'cấp hình hoặc số bí mật cho thẻ',
    en: 'pictures or digits for a badge given',
    self: { vi: 'Được cấp hình hoặc số bí mật mới', en: 'You were given new pictures or digits' },
  },
  'pin.locked': {
    subject: 'person',
    vi: 'thử sai hình hoặc số quá nhiều lần',
    en: 'too many wrong pictures or digits',
    self: { vi: 'Thử sai hình hoặc số quá nhiều lần', en: 'Too many wrong tries at your pictures or digits' },
  },
  'recovery-code.used': {
    subject: 'person',
    vi: 'dùng một mã dự phòng để đăng nhập',
    en: 'recovery code used to sign in',
    self: { vi: 'Đăng nhập bằng mã dự phòng', en: 'You signed in with a recovery code' },
  },
  'registration-token.made': {
    subject: 'registration-token',
    data: {
      uses: Count,
      isSandbox: Type.Boolean(),
      expiresAt: Type.String(),
      hasStandardDefaults: Type.Optional(Type.Boolean()),
    },
    vi: 'tạo mã để phần mềm tự đăng ký ứng dụng',
    en: 'token for registering apps made',
  },
  'registration-token.ended': {
    subject: 'registration-token',
    vi: 'huỷ mã đăng ký ứng dụng',
    en: 'token for registering apps ended',
  },
  'room-computer.ended': { subject: 'room-computer', vi: 'bỏ máy dùng thẻ', en: 'computer for badges removed' },
  'room-computer.enrolled': {
    subject: 'room-computer',
    vi: 'ghi danh máy dùng thẻ',
    en: 'computer for badges enrolled',
  },
  'second-factor.added': {
    subject: 'person',
    vi: 'thêm mã xác nhận từ ứng dụng',
    en: 'authenticator app added',
    self: { vi: 'Thêm mã xác nhận từ ứng dụng', en: 'You added an authenticator app' },
  },
  'second-factor.removed': {
    subject: 'person',
    vi: 'bỏ mã xác nhận từ ứng dụng',
    en: 'authenticator app removed',
    self: { vi: 'Bỏ mã xác nhận từ ứng dụng', en: 'Your authenticator app was removed' },
  },
  'session.ended': {
    subject: 'person',
    data: { session: Type.String(), reason: Type.String() },
    vi: 'đăng xuất',
    en: 'signed out',
    self: { vi: 'Một phiên đăng nhập kết thúc', en: 'A session ended' },
  },
  'sessions.forgotten': {
    subject: 'installation',
    vi: 'mọi người phải đăng nhập lại',
    en: 'everyone has to sign in again',
  },
  'sign-in.failing': {
    subject: 'person',
    data: { failures: Count, place: Type.String() },
    vi: 'thử sai mật khẩu nhiều lần',
    en: 'many wrong passwords',
  },
  'sign-in.questioned': {
    subject: 'person',
    data: { asked: Type.Enum(['app', 'mail', 'refused', 'session']), signals: Type.Array(Type.String()) },
    vi: 'lượt đăng nhập lạ, hỏi thêm',
    en: 'unusual sign-in asked for more',
    self: { vi: 'Một lượt đăng nhập lạ đã bị hỏi thêm', en: 'An unusual sign-in was asked for more' },
  },
  'sign-in.spraying': {
    subject: 'address',
    data: { failures: Count },
    vi: 'dò mật khẩu từ một mạng',
    en: 'password guessing from one network',
  },
  'signal-stream.added': { subject: 'app', vi: 'ứng dụng mở luồng tín hiệu', en: 'signal stream opened by an app' },
  'signal-stream.changed': { subject: 'app', vi: 'ứng dụng sửa luồng tín hiệu', en: 'signal stream changed by an app' },
  'signal-stream.removed': { subject: 'app', vi: 'ứng dụng bỏ luồng tín hiệu', en: 'signal stream removed by an app' },
  'signing-key.rotated': {
    subject: 'signing-key',
    data: { compromised: Type.Boolean() },
    vi: 'thay khoá ký của cổng đăng nhập',
    en: 'sign-in signing key rotated',
  },
});

/** Any event of the provider. */
export type IdpEvent = EventOf<typeof declared.table>;

/**
 * As {@link defineEvents} has it. What happens to a person's account belongs to that person's home organisation, whoever
 * records it: those who govern the account find it in the audit.
 */
export async function record(transaction: Transaction, ...events: readonly IdpEvent[]): Promise<void> {
  const people = events.filter(({ subject, organisationId }) => subject.kind === 'person' && !organisationId);
  const ids = [...new Set(people.map(({ subject }) => subject.id))];
  const homes = ids.length > 0 ? await organisationsOf(transaction, ids) : new Map<string, string>();
  await declared.record(
    transaction,
    ...events.map((event) => {
      const home = event.subject.kind === 'person' && !event.organisationId ? homes.get(event.subject.id) : undefined;
      return home ? { ...event, organisationId: home } : event;
    }),
  );
}

/** For a statement that finds the home organisation itself: see `signin/flow.ts`. */
export const { rows: eventRows } = declared;

export const idpEvents: Events<typeof declared.table> = { ...declared, record };
