import { defineEvents, type EventOf } from '@edutrust/platform/events';
import { nullable, Sha256Hex, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';

const planId = Type.Optional(Uuid);
const fields = Type.Array(Type.String());
const approval = { kind: Type.String(), digest: Sha256Hex };
const closed = { ...approval, code: Type.Optional(Type.String()) };
const Count = Type.Integer({ minimum: 0 });

/** What can happen to people, organisations and permissions, and how people read it. */
export const registryEvents = defineEvents({
  'affiliation.started': {
    subject: 'person',
    data: { role: Type.String(), classId: Type.Optional(Uuid) },
    vi: 'vào đơn vị',
    en: 'joined',
  },
  'approval.proposed': {
    subject: 'approval',
    data: approval,
    vi: 'lập việc cần hai người',
    en: 'two-person act proposed',
  },
  'approval.confirmed': {
    subject: 'approval',
    data: { ...approval, assertionSha256: Sha256Hex },
    vi: 'xác nhận việc cần hai người bằng passkey',
    en: 'two-person act confirmed by its maker',
  },
  'approval.approved': {
    subject: 'approval',
    data: { ...approval, maker: nullable(Uuid), confirmSha256: Sha256Hex, approveSha256: Sha256Hex },
    vi: 'duyệt việc cần hai người bằng passkey',
    en: 'two-person act approved',
  },
  'approval.refused': {
    subject: 'approval',
    data: closed,
    vi: 'từ chối việc cần hai người',
    en: 'two-person act refused',
  },
  'approval.withdrawn': {
    subject: 'approval',
    data: closed,
    vi: 'rút việc cần hai người',
    en: 'two-person act withdrawn',
  },
  'approval.expired': {
    subject: 'approval',
    data: closed,
    vi: 'việc cần hai người quá hạn',
    en: 'two-person act expired',
  },
  'approval.failed': {
    subject: 'approval',
    data: closed,
    vi: 'việc cần hai người không còn thực hiện được',
    en: 'two-person act no longer possible',
  },
  'approval.erased': {
    subject: 'approval',
    data: approval,
    vi: 'xoá lời của một việc cần hai người vì người trong đó được xoá',
    en: 'text of a two-person act erased with a person whom it named',
  },
  'approval.wrong-code': {
    subject: 'approval',
    data: { tries: Count },
    vi: 'gõ sai mã đọc qua điện thoại',
    en: 'wrong code typed for an approval',
  },
  'class.changed': {
    subject: 'class',
    data: { fields, homeroomTeacherId: Type.Optional(Uuid) },
    vi: 'sửa lớp',
    en: 'class changed',
  },
  'class.created': { subject: 'class', vi: 'mở lớp', en: 'class opened' },
  'data-request.received': {
    subject: 'data-request',
    data: { kind: Type.String(), as: Type.String() },
    vi: 'nhận yêu cầu về dữ liệu cá nhân',
    en: 'request about personal data received',
  },
  'data-request.extended': {
    subject: 'data-request',
    vi: 'gia hạn yêu cầu về dữ liệu cá nhân',
    en: 'request about personal data extended',
  },
  'data-request.moved': {
    subject: 'data-request',
    data: { kind: Type.String(), state: Type.String(), rows: Type.Optional(Count) },
    vi: 'xử lý yêu cầu về dữ liệu cá nhân',
    en: 'request about personal data handled',
  },
  'data-breach.opened': {
    subject: 'data-breach',
    vi: 'lập hồ sơ vi phạm dữ liệu cá nhân',
    en: 'file on a personal data breach opened',
  },
  'data-breach.changed': {
    subject: 'data-breach',
    data: { fields },
    vi: 'ghi thêm vào hồ sơ vi phạm dữ liệu cá nhân',
    en: 'file on a personal data breach changed',
  },
  'guardianship.ended': {
    subject: 'person',
    data: { guardianshipId: Uuid, guardianId: Uuid },
    vi: 'thôi giám hộ',
    en: 'guardianship ended',
  },
  'guardianship.limited': {
    subject: 'person',
    data: { guardianshipId: Uuid, guardianId: Uuid, scope: Type.String() },
    vi: 'đổi quyền của người giám hộ',
    en: 'scope of a guardian changed',
  },
  'guardianship.started': {
    subject: 'person',
    data: { planId, guardianshipId: Uuid, guardianId: Uuid, relation: Type.String() },
    vi: 'thêm người giám hộ',
    en: 'guardian added',
  },
  'match.answered': {
    subject: 'person',
    data: { answer: Type.String(), rule: Type.String() },
    vi: 'trả lời một câu hỏi ghép hồ sơ',
    en: 'matching question answered',
  },
  'organisation.changed': { subject: 'organisation', data: { fields }, vi: 'sửa đơn vị', en: 'organisation changed' },
  'organisation.created': { subject: 'organisation', vi: 'thêm đơn vị', en: 'organisation added' },
  'person.archived': { subject: 'person', vi: 'lưu trữ hồ sơ', en: 'record archived' },
  'person.changed': {
    subject: 'person',
    data: { planId, fields: Type.Optional(fields), approval: Type.Optional(Uuid) },
    vi: 'sửa hồ sơ',
    en: 'record corrected',
  },
  'person.created': { subject: 'person', data: { planId }, vi: 'thêm hồ sơ', en: 'record added' },
  'person.erased': {
    subject: 'person',
    data: { request: Uuid, approval: Uuid },
    vi: 'xoá dữ liệu theo yêu cầu',
    en: 'erased on request',
  },
  'person.left': { subject: 'person', data: { planId }, vi: 'rời trường', en: 'left' },
  'person.returned': { subject: 'person', data: { planId }, vi: 'trở lại', en: 'returned' },
  'person.merged': { subject: 'person', data: { into: Uuid }, vi: 'gộp hồ sơ trùng', en: 'duplicate merged' },
  'person.split': { subject: 'person', data: { from: Uuid }, vi: 'tách hồ sơ gộp nhầm', en: 'wrong merge taken apart' },
  'person.transferred': {
    subject: 'person',
    data: { planId, from: Type.Optional(nullable(Uuid)), to: Uuid },
    vi: 'chuyển trường',
    en: 'transferred',
  },
  'role.ended': {
    subject: 'person',
    data: { role: Type.String(), approval: Type.Optional(Uuid) },
    vi: 'thu vai trò',
    en: 'role ended',
  },
  'role.granted': {
    subject: 'person',
    data: { role: Type.String(), approval: Type.Optional(Uuid) },
    vi: 'giao vai trò',
    en: 'role granted',
  },
  'roster-columns.confirmed': {
    subject: 'organisation',
    data: { kind: Type.String(), header: Sha256Hex },
    vi: 'xác nhận cách ghép cột của tệp',
    en: 'columns of a roster file confirmed',
  },
  'roster-columns.forgotten': {
    subject: 'organisation',
    data: { kind: Type.String(), header: Sha256Hex },
    vi: 'bỏ cách ghép cột đã nhớ',
    en: 'remembered columns forgotten',
  },
  'roster.applied': {
    subject: 'roster-plan',
    data: {
      added: Count,
      changed: Count,
      left: Count,
      referred: Count,
      unchanged: Count,
      refused: Count,
      skipped: Count,
      digest: Sha256Hex,
    },
    vi: 'áp dụng danh sách',
    en: 'roster applied',
  },
  'roster.held': { subject: 'roster-plan', vi: 'giữ lại một lần nhập', en: 'import held' },
  'roster.undone': {
    subject: 'roster-plan',
    data: { restored: Count, withdrawn: Count },
    vi: 'hoàn tác một lần nhập',
    en: 'import undone',
  },
  'roster.planned': { subject: 'roster-plan', vi: 'lập kế hoạch nhập', en: 'import planned' },
  'transfer.asked': {
    subject: 'person',
    data: { transferId: Uuid, side: Type.String(), from: Uuid, to: Uuid },
    vi: 'đề nghị chuyển trường',
    en: 'transfer asked for',
  },
  'transfer.closed': {
    subject: 'person',
    data: { transferId: Uuid, state: Type.String(), from: Uuid, to: Uuid },
    vi: 'trả lời đề nghị chuyển trường',
    en: 'transfer answered',
  },
  'year-plan.moved': {
    subject: 'year-plan',
    data: {
      state: Type.String(),
      digest: Type.Optional(Sha256Hex),
      schools: Type.Optional(Count),
      failed: Type.Optional(Count),
    },
    vi: 'lên lớp năm học mới của phường hoặc thành phố',
    en: 'new school year of a ward or the city',
  },
});

export const { record } = registryEvents;

/** Any event of the registry. */
export type RegistryEvent = EventOf<typeof registryEvents.table>;
