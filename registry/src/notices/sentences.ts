import type { Text } from '@edutrust/platform/messages';
import { accountSentences } from './account-sentences.ts';
import { ask, type NoticeData, type NoticeSentences, notYou } from './sentence.ts';

export type { NoticeData, NoticeSentences } from './sentence.ts';

const followRequest: Text = {
  vi: 'Xem ở trang tài khoản, mục «Yêu cầu về dữ liệu».',
  en: 'You find it on your account page, under “Requests about data”.',
};

/**
 * Every kind of notice and its sentences. The data of a kind are named in its function; a missing word is left out of
 * the sentence. Capabilities that tell people something add their kinds here.
 */
const catalogue = {
  ...accountSentences,
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
