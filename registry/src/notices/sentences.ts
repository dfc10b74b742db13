import type { Text } from '@edutrust/platform/messages';

/** What a notice says about its case: words to show and identifiers, as its kind below names them. */
export type NoticeData = Readonly<Record<string, string>>;

export interface NoticeSentences {
  /** What happened, as one sentence. */
  readonly title: Text;
  /** What the person can do about it. */
  readonly remedy: Text;
}

const notYou: Text = {
  vi: 'Nếu không phải chính mình làm, hãy vào trang tài khoản, bấm «Đăng xuất ở mọi nơi», đổi mật khẩu và báo cho nhà trường.',
  en: 'If this was not you, open your account, choose “Sign out everywhere”, change your password and tell your school.',
};
const ask: Text = {
  vi: 'Không biết vì sao? Hãy hỏi nhà trường hoặc quản trị viên của đơn vị.',
  en: 'If you do not know why, ask the administrator of your organisation.',
};

const followRequest: Text = {
  vi: 'Xem ở trang tài khoản, mục «Yêu cầu về dữ liệu».',
  en: 'You find it on your account page, under “Requests about data”.',
};

/**
 * Every kind of notice and its sentences. The data of a kind are named in its function; a missing word is left out of
 * the sentence. Capabilities that tell people something add their kinds here.
 */
const catalogue = {
  'passkey.added': ({ device = '' }) => ({
    title: {
      vi: `Một passkey mới đã được thêm vào tài khoản này${device && `: ${device}`}.`,
      en: `A new passkey was added to your account${device && `: ${device}`}.`,
    },
    remedy: notYou,
  }),
  'passkey.removed': ({ device = '' }) => ({
    title: {
      vi: `Một passkey đã bị gỡ khỏi tài khoản này${device && `: ${device}`}.`,
      en: `A passkey was removed from your account${device && `: ${device}`}.`,
    },
    remedy: notYou,
  }),
  'email.changed': () => ({
    title: {
      vi: 'Địa chỉ nhận thông báo vừa được ghi lại.',
      en: 'The address that your notices are mailed to was changed.',
    },
    remedy: {
      vi: 'Nếu không biết việc này, hãy báo ngay cho nhà trường: có thể ai đó không muốn cảnh báo tới nơi.',
      en: 'If this was not you, tell your school at once: somebody may be trying to keep warnings from you.',
    },
  }),
  'upstream.linked': ({ name = '' }) => ({
    title: {
      vi: `Từ nay tài khoản này mở được bằng cách đăng nhập vào ${name}.`,
      en: `Your account can now be opened by signing in at ${name}.`,
    },
    remedy: notYou,
  }),
  'upstream.unlinked': ({ name = '' }) => ({
    title: {
      vi: `Tài khoản này không còn mở bằng ${name}.`,
      en: `Your account no longer opens by ${name}.`,
    },
    remedy: notYou,
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
  'guardianship.limited': () => ({
    title: {
      vi: 'Nhà trường đã ghi giới hạn quyền của anh chị với một em, theo quyết định của cơ quan có thẩm quyền.',
      en: 'The school has recorded a limit on what you may see of a child, by a decision of an authority.',
    },
    remedy: ask,
  }),
  'guardianship.lifted': () => ({
    title: {
      vi: 'Giới hạn quyền của anh chị với một em đã được bỏ.',
      en: 'The limit on what you may see of a child was lifted.',
    },
    remedy: ask,
  }),
  'password.changed': () => ({
    title: { vi: 'Mật khẩu vừa được đổi.', en: 'Your password was changed.' },
    remedy: notYou,
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
    remedy: notYou,
  }),
  'second-factor.removed': () => ({
    title: {
      vi: 'Tài khoản này không còn hỏi mã từ ứng dụng xác thực.',
      en: 'Your account no longer asks for a code of your authenticator app.',
    },
    remedy: notYou,
  }),
  'recovery-code.used': () => ({
    title: {
      vi: 'Một mã dự phòng vừa được dùng để vào tài khoản này.',
      en: 'A recovery code was used to sign in to your account.',
    },
    remedy: notYou,
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
  'person.split': () => ({
    title: {
      vi: 'Hai hồ sơ bị gộp nhầm đã được tách ra; mỗi người lại có mã giáo dục của mình.',
      en: 'Two records that were merged by mistake were split; each person has an education ID of their own again.',
    },
    remedy: {
      vi: 'Xem lại hồ sơ; thấy sai thì báo cho nhà trường. Hồ sơ có lại cần mã kích hoạt mới.',
      en: 'Look at the record; tell the school if something is wrong. The record that came back needs a new activation code.',
    },
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
  'signing-phone.ended': ({ device = '' }) => ({
    title: {
      vi: `Điện thoại ký số${device && ` (${device})`} đã ngừng ký.`,
      en: `Your signing phone${device && ` (${device})`} signs no longer.`,
    },
    remedy: {
      vi: 'Đổi hoặc mất máy thì đăng ký điện thoại mới ở mục «Ký số». Nếu không phải chính mình làm, hãy báo ngay cán bộ an toàn thông tin của Sở.',
      en: 'If you lost or changed your phone, enrol the new one under "Signing". If this was not you, tell the security officer of the department at once.',
    },
  }),
  'signing-phone.lost': ({ name = '' }) => ({
    title: {
      vi: `${name || 'Một người ký'} đã báo mất hoặc đổi điện thoại ký số.`,
      en: `${name || 'A signer'} reported a signing phone as lost or replaced.`,
    },
    remedy: {
      vi: 'Gọi lại cho người đó trước khi duyệt điện thoại mới.',
      en: 'Call the person back before you approve a new phone.',
    },
  }),
  'document.returned': ({ title = '', by = '', reason = '' }) => ({
    title: {
      vi: `${by || 'Người ký'} trả lại «${title}»: ${reason}`,
      en: `${by || 'The signer'} sent back "${title}": ${reason}`,
    },
    remedy: { vi: 'Sửa điểm hoặc thông tin rồi trình lại.', en: 'Correct the marks or facts, then ask again.' },
  }),
  'delegation.made': ({ by = '', form = '' }) => ({
    title: {
      vi: `${by || 'Người đứng đầu đơn vị'} giao anh/chị ký ${form === 'KT' ? 'thay (KT.)' : form === 'TL' ? 'thừa lệnh (TL.)' : 'thừa uỷ quyền (TUQ.)'}.`,
      en: `${by || 'The head of your organisation'} lets you sign in their place (${form}.).`,
    },
    remedy: {
      vi: 'Xem loại văn bản và thời hạn ở «Trình ký» → «Giao ký». Không biết vì sao? Hãy hỏi lại người giao.',
      en: 'Which documents and until when is under “Signing requests” → “Delegations”. If you do not know why, ask them.',
    },
  }),
  'documents.waiting': ({ count = '', until = '' }) => ({
    title: {
      vi: `Có ${count} hồ sơ chờ ký${until && `, hạn sớm nhất ngày ${until}`}.`,
      en: `${count} documents wait for your signature${until && `, the first by ${until}`}.`,
    },
    remedy: { vi: 'Mở «Ký số» trên điện thoại đã đăng ký.', en: 'Open “Signing” on your enrolled phone.' },
  }),
  'documents.overdue': ({ count = '', title = '' }) => ({
    title: {
      vi: count === '1' ? `«${title}» đã quá hạn ký.` : `${count} tài liệu đã quá hạn ký, trong đó có «${title}».`,
      en:
        count === '1'
          ? `The deadline of “${title}” has passed.`
          : `The deadline of ${count} documents has passed, “${title}” among them.`,
    },
    remedy: {
      vi: 'Vẫn ký được. Mở «Trình ký» → «Tôi đã trình» để gia hạn, chuyển người ký hoặc rút lại.',
      en: 'They can still be signed. Open “Signing requests” → “What I sent” to put the deadline off, hand them on or withdraw them.',
    },
  }),
  'role.granted': ({ role = '', organisation = '', by = '' }) => ({
    title: {
      vi: `Anh/chị vừa được giao vai trò «${role}»${organisation && ` tại ${organisation}`}${by && ` bởi ${by}`}.`,
      en: `You were given the role “${role}”${organisation && ` at ${organisation}`}${by && ` by ${by}`}.`,
    },
    remedy: ask,
  }),
  'role.ended': ({ role = '', organisation = '', by = '' }) => ({
    title: {
      vi: `Vai trò «${role}»${organisation && ` tại ${organisation}`} đã kết thúc${by && ` bởi ${by}`}.`,
      en: `Your role “${role}”${organisation && ` at ${organisation}`} was ended${by && ` by ${by}`}.`,
    },
    remedy: ask,
  }),
  'webhook.disabled': ({ client = '' }) => ({
    title: {
      vi: `Hệ thống «${client}» không nhận được tin nhiều ngày, nên việc gửi đã ngừng.`,
      en: `"${client}" could not be reached for days, so sending events to it has stopped.`,
    },
    remedy: {
      vi: 'Hỏi người phụ trách hệ thống đó, rồi bật lại ở trang Đồng bộ → Webhook; tin chưa gửi vẫn còn 30 ngày.',
      en: 'Ask the people who run it, then resume it under Directory sync → Webhooks; unsent events are kept for 30 days.',
    },
  }),
  'approval.waiting': ({ what = '', whatEn = what, by = '' }) => ({
    title: {
      vi: `${by || 'Một người khác'} đề nghị: ${what}. Việc này chờ anh chị xem và duyệt.`,
      en: `${by || 'Somebody'} proposed: ${whatEn}. It waits for you to look at it and approve it.`,
    },
    remedy: {
      vi: 'Mở trang «Việc cần hai người» trong trang quản trị. Chỉ duyệt khi đã kiểm tra với người đề nghị.',
      en: 'Open “Two people” in the console. Approve only after you have checked it with the person who proposed it.',
    },
  }),
  'approval.proposed': ({ what = '', whatEn = what }) => ({
    title: {
      vi: `Anh/chị đã đề nghị: ${what}. Việc này chờ người thứ hai duyệt.`,
      en: `You proposed: ${whatEn}. It waits for a second person.`,
    },
    remedy: notYou,
  }),
  'approval.approved': ({ what = '', whatEn = what, by = '' }) => ({
    title: {
      vi: `Đã được duyệt${by && ` bởi ${by}`} và có hiệu lực: ${what}.`,
      en: `Approved${by && ` by ${by}`} and in force: ${whatEn}.`,
    },
    remedy: ask,
  }),
  'approval.given': ({ what = '', whatEn = what }) => ({
    title: {
      vi: `Anh/chị đã duyệt, bằng passkey của mình: ${what}.`,
      en: `You approved, with your passkey: ${whatEn}.`,
    },
    remedy: notYou,
  }),
  'approval.refused': ({ what = '', whatEn = what, by = '', reason = '' }) => ({
    title: {
      vi: `Bị từ chối${by && ` bởi ${by}`}: ${what}${reason && ` (${reason})`}.`,
      en: `Refused${by && ` by ${by}`}: ${whatEn}${reason && ` (${reason})`}.`,
    },
    remedy: ask,
  }),
  'approval.concerns-you': ({ what = '', whatEn = what, by = '' }) => ({
    title: {
      vi: `Có một đề nghị liên quan đến anh/chị${by && ` do ${by} lập`}: ${what}.`,
      en: `A proposal concerns you${by && `, made by ${by}`}: ${whatEn}.`,
    },
    remedy: ask,
  }),
  'data-request.acknowledged': ({ what = '', whatEn = what, until = '' }) => ({
    title: {
      vi: `Yêu cầu ${what} đã được tiếp nhận, sẽ trả lời trước hết ngày ${until}.`,
      en: `Your request to ${whatEn} was received. You have an answer by the end of ${until}.`,
    },
    remedy: followRequest,
  }),
  'data-request.extended': ({ what = '', whatEn = what, until = '', reason = '' }) => ({
    title: {
      vi: `Yêu cầu ${what} được gia hạn tới hết ngày ${until}: ${reason}.`,
      en: `Your request to ${whatEn} takes until the end of ${until}: ${reason}.`,
    },
    remedy: followRequest,
  }),
  'data-request.done': ({ what = '', whatEn = what, answer = '' }) => ({
    title: {
      vi: `Yêu cầu ${what} đã được thực hiện${answer && `: ${answer}`}.`,
      en: `Your request to ${whatEn} is done${answer && `: ${answer}`}.`,
    },
    remedy: followRequest,
  }),
  'data-request.refused': ({ what = '', whatEn = what, answer = '' }) => ({
    title: {
      vi: `Yêu cầu ${what} chưa thực hiện được: ${answer}.`,
      en: `Your request to ${whatEn} was not carried out: ${answer}.`,
    },
    remedy: {
      vi: 'Không đồng ý? Anh chị hỏi lại nhà trường hoặc khiếu nại tới Sở Giáo dục và Đào tạo.',
      en: 'If you disagree, ask the school again, or complain to the Department of Education.',
    },
  }),
  'person.corrected': ({ name = '', fields = '', fieldsEn = fields }) => ({
    title: {
      vi: `Hồ sơ của ${name} đã được sửa ${fields} theo giấy tờ, do hai người duyệt.`,
      en: `The ${fieldsEn} in the record of ${name} was corrected by a paper, agreed to by two people.`,
    },
    remedy: {
      vi: 'Có gì chưa đúng? Hỏi nhà trường và mang theo giấy khai sinh.',
      en: 'If something is not right, ask the school and bring the birth certificate.',
    },
  }),
  'transfer.asked': ({ name = '', from = '', to = '', until = '' }) => ({
    title: {
      vi: `Có đề nghị chuyển ${name} từ ${from} sang ${to}. Hai trường trả lời trước hết ngày ${until}; chưa có gì thay đổi.`,
      en: `A transfer of ${name} from ${from} to ${to} was asked for. The schools answer by the end of ${until}; nothing has changed yet.`,
    },
    remedy: {
      vi: 'Gia đình không xin chuyển? Báo ngay cho trường đang học.',
      en: 'If the family did not ask for it, tell the present school at once.',
    },
  }),
  'transfer.accepted': ({ name = '', from = '', to = '' }) => ({
    title: {
      vi: `${name} đã chuyển từ ${from} sang ${to}. Mã giáo dục giữ nguyên.`,
      en: `${name} has moved from ${from} to ${to}. The education ID stays.`,
    },
    remedy: {
      vi: 'Có gì chưa đúng? Hỏi trường mới.',
      en: 'If something is not right, ask the new school.',
    },
  }),
  'transfer.declined': ({ name = '', to = '', answer = '' }) => ({
    title: {
      vi: `Đề nghị chuyển ${name} sang ${to} không được nhận: ${answer}. Em vẫn học ở trường cũ.`,
      en: `The transfer of ${name} to ${to} was declined: ${answer}. The learner stays at the present school.`,
    },
    remedy: { vi: 'Hỏi trường đang học để biết bước tiếp theo.', en: 'Ask the present school what comes next.' },
  }),
  'transfer.withdrawn': ({ name = '', to = '' }) => ({
    title: {
      vi: `Đề nghị chuyển ${name} sang ${to} đã được rút. Không có gì thay đổi.`,
      en: `The transfer of ${name} to ${to} was withdrawn. Nothing has changed.`,
    },
    remedy: { vi: 'Muốn chuyển? Hỏi trường đang học.', en: 'If you want the transfer, ask the present school.' },
  }),
  'transfer.lapsed': ({ name = '', to = '' }) => ({
    title: {
      vi: `Đề nghị chuyển ${name} sang ${to} đã hết hạn mà chưa được nhận. Không có gì thay đổi.`,
      en: `The transfer of ${name} to ${to} ended without an answer. Nothing has changed.`,
    },
    remedy: { vi: 'Vẫn muốn chuyển? Nhờ trường gửi lại.', en: 'If you still want it, have the school ask again.' },
  }),
} satisfies Record<`${string}.${string}`, (data: NoticeData) => NoticeSentences>;

export type NoticeKind = keyof typeof catalogue;

export const noticeKinds = Object.keys(catalogue) as NoticeKind[];

/** The sentences of a notice; undefined for a kind that a newer version wrote. */
export function sentencesOf(kind: string, data: NoticeData): NoticeSentences | undefined {
  if (!Object.hasOwn(catalogue, kind)) return undefined;
  return catalogue[kind as NoticeKind](data);
}
