import type { Text } from '@edutrust/platform/messages';
import { type Role, roleNames } from '../permissions/roles.ts';
import { ask, type NoticeData, type NoticeSentences, notYou } from './sentence.ts';

const undoable: Text = {
  vi: 'Nếu không phải chính mình làm: trong 24 giờ, bấm «Không phải tôi» hoặc báo nhà trường để lấy lại như trước.',
  en: 'If this was not you: within 24 hours choose “Not me”, or tell your school, to have it taken back.',
};

/** What becomes of an account and of how one signs in to it. */
export const accountSentences = {
  'passkey.added': ({ device = '' }) => ({
    title: {
      vi: `Một passkey mới đã được thêm vào tài khoản này${device && `: ${device}`}.`,
      en: `A new passkey was added to your account${device && `: ${device}`}.`,
    },
    remedy: undoable,
  }),
  'passkey.removed': ({ device = '' }) => ({
    title: {
      vi: `Một passkey đã bị gỡ khỏi tài khoản này${device && `: ${device}`}.`,
      en: `A passkey was removed from your account${device && `: ${device}`}.`,
    },
    remedy: undoable,
  }),
  'email.changed': () => ({
    title: {
      vi: 'Địa chỉ nhận thông báo vừa được ghi lại.',
      en: 'The address that your notices are mailed to was changed.',
    },
    remedy: {
      vi: 'Nếu không biết việc này, có thể ai đó không muốn cảnh báo tới nơi: trong 24 giờ, bấm «Không phải tôi» hoặc báo nhà trường.',
      en: 'If you do not know of this, somebody may be trying to keep warnings from you: within 24 hours choose “Not me”, or tell your school.',
    },
  }),
  'upstream.linked': ({ name = '' }) => ({
    title: {
      vi: `Từ nay tài khoản này mở được bằng cách đăng nhập vào ${name}.`,
      en: `Your account can now be opened by signing in at ${name}.`,
    },
    remedy: undoable,
  }),
  'upstream.unlinked': ({ name = '' }) => ({
    title: {
      vi: `Tài khoản này không còn mở bằng ${name}.`,
      en: `Your account no longer opens by ${name}.`,
    },
    remedy: undoable,
  }),
  'sign-in.asked': ({ app = '' }) => ({
    title: {
      vi: `${app || 'Một ứng dụng'} đang chờ một lượt đăng nhập bằng tài khoản này.`,
      en: `${app || 'An app'} waits for a sign-in with your account.`,
    },
    remedy: {
      vi: 'Mở «Yêu cầu đăng nhập» ở trang đầu để cho vào hoặc từ chối. Nếu không tự mở ứng dụng ấy, hãy từ chối.',
      en: 'Open “Sign-in requests” on the first page to allow or refuse it. If you did not open that app yourself, refuse.',
    },
  }),
  'password.changed': () => ({
    title: { vi: 'Mật khẩu vừa được đổi.', en: 'Your password was changed.' },
    remedy: undoable,
  }),
  'password.ends': ({ until = '' }) => ({
    title: {
      vi: `Mật khẩu mang từ hệ thống cũ sang chỉ dùng được đến ${until.split('-').reverse().join('/')}.`,
      en: `The password from the earlier system works until ${until} only.`,
    },
    remedy: {
      vi: 'Mở «Tài khoản của tôi» và đặt mật khẩu mới, hoặc thêm passkey, trước ngày đó.',
      en: 'Open “My account” and set a new password, or add a passkey, before that day.',
    },
  }),
  'second-factor.added': () => ({
    title: {
      vi: 'Tài khoản này từ nay hỏi thêm mã từ ứng dụng xác thực.',
      en: 'Your account now also asks for a code of your authenticator app.',
    },
    remedy: undoable,
  }),
  'second-factor.removed': () => ({
    title: {
      vi: 'Tài khoản này không còn hỏi mã từ ứng dụng xác thực.',
      en: 'Your account no longer asks for a code of your authenticator app.',
    },
    remedy: undoable,
  }),
  'recovery-code.used': () => ({
    title: {
      vi: 'Một mã dự phòng vừa được dùng để vào tài khoản này.',
      en: 'A recovery code was used to sign in to your account.',
    },
    remedy: undoable,
  }),
  'activation-code.created': ({ by = '' }) => ({
    title: {
      vi: `${by || 'Một người có thẩm quyền'} vừa cấp một mã kích hoạt cho tài khoản này.`,
      en: `${by || 'Somebody with the right to do so'} made an activation code for your account.`,
    },
    remedy: {
      vi: 'Ai giữ mã này có thể đặt mật khẩu mới cho tài khoản này. Nếu không nhờ cấp, hãy báo ngay cho nhà trường.',
      en: 'The holder of this code can set a new password for you. If you did not ask for it, tell your school at once.',
    },
  }),
  'sign-in.new-device': ({ device = '' }) => ({
    title: {
      vi: `Tài khoản này vừa đăng nhập từ một thiết bị mới${device && `: ${device}`}.`,
      en: `Your account was signed in to from a new device${device && `: ${device}`}.`,
    },
    remedy: notYou,
  }),
  'sign-in.questioned': ({ vi = '', en = '' }) => ({
    title: {
      vi: `Một lượt đăng nhập lạ vào tài khoản này đã bị hỏi thêm${vi && `: ${vi}`}.`,
      en: `An unusual sign-in to your account was asked for more${en && `: ${en}`}.`,
    },
    remedy: notYou,
  }),
  'account.suspended': ({ by = '' }) => ({
    title: {
      vi: `Tài khoản này đã bị tạm khoá${by && ` bởi ${by}`}.`,
      en: `Your account was suspended${by && ` by ${by}`}.`,
    },
    remedy: ask,
  }),
  'account.resumed': ({ by = '' }) => ({
    title: {
      vi: `Tài khoản này đã được mở lại${by && ` bởi ${by}`}.`,
      en: `Your account was resumed${by && ` by ${by}`}.`,
    },
    remedy: ask,
  }),
  'account.not-me': ({ name = '' }) => ({
    title: {
      vi: `${name || 'Một người'} báo «Không phải tôi»: cách đăng nhập vừa đổi đã được lấy lại, tài khoản tạm khoá.`,
      en: `${name || 'Somebody'} said “Not me”: a change of their sign-in was taken back, the account is suspended.`,
    },
    remedy: {
      vi: 'Gặp chính người đó, rồi mới mở lại tài khoản và cấp mã kích hoạt mới; cùng xem lại passkey của họ.',
      en: 'Meet the person themselves before you resume the account and issue a new code; look at their passkeys together.',
    },
  }),
  'account.taken-back': () => ({
    title: {
      vi: 'Nhà trường đã lấy lại cách đăng nhập như trước; mật khẩu cũ thôi dùng.',
      en: 'Your school put your sign-in back as it was; the old password no longer works.',
    },
    remedy: {
      vi: 'Nhận mã kích hoạt mới ở nhà trường để đặt mật khẩu mới.',
      en: 'Get a new activation code from your school to choose a new password.',
    },
  }),
  'consent.asked': ({ child = '', app = '' }) => ({
    title: {
      vi: `${child} xin anh chị đồng ý cho ứng dụng “${app}” biết thông tin của em.`,
      en: `${child} asks you to agree that the app “${app}” gets data of theirs.`,
    },
    remedy: {
      vi: 'Xem điều gì, để làm gì, rồi đồng ý hoặc không ở trang «Con của tôi».',
      en: 'See what and what for, and agree or not, on the page “My children”.',
    },
  }),
  'break-glass.opened': ({ name = '', role = '', until = '' }) => ({
    title: {
      vi: `Truy cập khẩn cấp: từ máy chủ, ${name} được giao vai trò ${roleNames[role as Role]?.vi} tới ${until}.`,
      en: `Break-glass: at the server ${name} was given the role ${roleNames[role as Role]?.en} until ${until}.`,
    },
    remedy: {
      vi: 'Không biết việc này? Gọi người vận hành máy chủ ngay. Hết giờ, hai cán bộ khác rà soát ở «An ninh hệ thống».',
      en: 'You do not know of this? Call who runs the server at once. When it is over, two others review it at “Security”.',
    },
  }),
} satisfies Record<`${string}.${string}`, (data: NoticeData) => NoticeSentences>;
