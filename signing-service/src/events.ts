import { defineEvents } from '@edutrust/platform/events';
import { SerialHex, Sha256Hex, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';

const Count = Type.Integer({ minimum: 0 });
const step = Type.String();
/** The app that asked for it, of its own documents. */
const app = Type.Optional(Type.String());
const signature = {
  app,
  documentId: Uuid,
  step,
  digest: Sha256Hex,
  sessionId: Uuid,
  logIndex: Count,
  isOpened: Type.Optional(Type.Boolean()),
};

/** What can happen to documents, signatures and phones, and how people read it. */
export const signingEvents = defineEvents({
  'class.subject-teachers': {
    subject: 'class',
    data: { subjects: Count },
    vi: 'phân công giáo viên môn học',
    en: 'teachers of subjects named',
  },
  'document.uploaded': {
    subject: 'signing-upload',
    data: { sizeBytes: Count, pages: Count },
    vi: 'tải lên văn bản để ký',
    en: 'document sent for signing',
  },
  'marks.entered': {
    subject: 'class',
    data: { source: Type.String(), learners: Count },
    vi: 'nhập điểm',
    en: 'marks entered',
  },
  'marks.planned': {
    subject: 'class',
    data: { planId: Uuid, changed: Count, refused: Count },
    vi: 'xem trước tệp điểm',
    en: 'marks file previewed',
  },
  'seal-picture.approved': {
    subject: 'organisation',
    data: { maskSha256: Sha256Hex },
    vi: 'duyệt hình con dấu',
    en: 'picture of a seal approved',
  },
  'seal-picture.proposed': {
    subject: 'organisation',
    data: { maskSha256: Sha256Hex },
    vi: 'đề nghị hình con dấu',
    en: 'picture of a seal proposed',
  },
  'seal-picture.refused': {
    subject: 'organisation',
    data: { maskSha256: Sha256Hex },
    vi: 'hình con dấu không được duyệt',
    en: 'picture of a seal came to nothing',
  },
  'signature-picture.kept': {
    subject: 'person',
    data: { maskSha256: Sha256Hex },
    vi: 'lưu ảnh chữ ký tay',
    en: 'handwritten signature kept',
  },
  'signature-picture.removed': {
    subject: 'person',
    vi: 'xoá ảnh chữ ký tay',
    en: 'handwritten signature removed',
  },
  'remote-authorisation.asked': {
    subject: 'remote-authorisation',
    data: { app: Type.String(), hashes: Count, listSha256: Sha256Hex },
    vi: 'ứng dụng trình mã băm để ký',
    en: 'an app asked for hashes to be signed',
  },
  'remote-authorisation.authorised': {
    subject: 'remote-authorisation',
    data: { app: Type.String(), hashes: Count, listSha256: Sha256Hex, assertionSha256: Sha256Hex },
    vi: 'xác nhận ký cho ứng dụng bằng passkey',
    en: 'signing for an app confirmed by passkey',
  },
  'remote-authorisation.expired': {
    subject: 'remote-authorisation',
    data: { code: Type.String() },
    vi: 'lượt ký cho ứng dụng quá hạn',
    en: 'signing for an app expired',
  },
  'remote-authorisation.refused': {
    subject: 'remote-authorisation',
    data: { code: Type.String() },
    vi: 'không ký cho ứng dụng',
    en: 'signing for an app refused',
  },
  'remote-authorisation.signed': {
    subject: 'remote-authorisation',
    data: { app: Type.String(), signatures: Count, signaturesSha256: Sha256Hex, listSha256: Sha256Hex },
    vi: 'đã ký mã băm cho ứng dụng',
    en: 'hashes signed for an app',
  },
  'sealing-machine.claimed': {
    subject: 'sealing-machine',
    data: { certificateSha256: Sha256Hex, keySha256: Sha256Hex },
    vi: 'đề nghị ghép máy đóng dấu',
    en: 'pairing of a sealing machine proposed',
  },
  'sealing-machine.paired': {
    subject: 'sealing-machine',
    data: { certificateSha256: Sha256Hex },
    vi: 'ghép máy đóng dấu',
    en: 'sealing machine paired',
  },
  'sealing-machine.refused': {
    subject: 'sealing-machine',
    vi: 'không ghép máy đóng dấu',
    en: 'sealing machine refused',
  },
  'sealing-machine.revoked': {
    subject: 'sealing-machine',
    vi: 'ngừng máy đóng dấu',
    en: 'sealing machine revoked',
  },
  'signing-enrolment.approved': {
    subject: 'signing-enrolment',
    vi: 'duyệt đăng ký chữ ký số',
    en: 'signing enrolment approved',
  },
  'signing-enrolment.completed': {
    subject: 'signing-enrolment',
    data: { serial: SerialHex },
    vi: 'nhận chứng thư ký',
    en: 'signing enrolment completed',
  },
  'signing-enrolment.refused': {
    subject: 'signing-enrolment',
    vi: 'từ chối đăng ký chữ ký số',
    en: 'signing enrolment refused',
  },
  'signing-enrolment.renewed': {
    subject: 'signing-enrolment',
    data: { serial: SerialHex, renews: SerialHex },
    vi: 'cấp tiếp chứng thư ký',
    en: 'signing certificate renewed',
  },
  'signing-enrolment.requested': {
    subject: 'signing-enrolment',
    data: { custody: Type.String(), keySha256: Sha256Hex },
    vi: 'đăng ký chữ ký số',
    en: 'signing enrolment requested',
  },
  'signing-enrolment.revoked': {
    subject: 'signing-enrolment',
    data: { reason: Type.String() },
    vi: 'ngừng chữ ký số',
    en: 'signing enrolment revoked',
  },
  'signing-request.archived': {
    subject: 'signing-request',
    data: { documentId: Uuid, generation: Count, goodUntil: Type.String({ format: 'date-time' }) },
    vi: 'lưu trữ lâu dài văn bản đã ký',
    en: 'signed document archived for the long term',
  },
  'signing-request.copied': {
    subject: 'signing-request',
    data: { copyId: Uuid, form: Type.String(), number: Count, year: Count },
    vi: 'sao văn bản đã phát hành',
    en: 'copy of an issued document made',
  },
  'signing-request.correction-approved': {
    subject: 'signing-request',
    data: { approvalId: Uuid },
    vi: 'duyệt sửa văn bản đã phát hành',
    en: 'correction of an issued document approved',
  },
  'signing-delegation.ended': {
    subject: 'signing-delegation',
    vi: 'thôi giao ký',
    en: 'delegation ended',
  },
  'signing-delegation.made': {
    subject: 'signing-delegation',
    data: {
      delegateId: Uuid,
      form: Type.String(),
      kinds: Type.Array(Type.String()),
      from: Type.String({ format: 'date-time' }),
      until: Type.String({ format: 'date-time' }),
    },
    vi: 'giao ký thay, thừa lệnh, thừa uỷ quyền',
    en: 'signing delegated',
  },
  'signing-export.taken': {
    subject: 'signing-export',
    data: { sha256: Sha256Hex, form: Type.String(), rows: Count },
    vi: 'tải danh sách văn bản',
    en: 'list of documents taken',
  },
  'signing-request.created': {
    subject: 'signing-request',
    data: { app, kind: Type.String(), documentId: Uuid, signerId: Uuid },
    vi: 'trình ký',
    en: 'signature requested',
  },
  'signing-request.handed-over': {
    subject: 'signing-request',
    data: { step, position: Count, fromId: Uuid, toId: Uuid },
    vi: 'chuyển người ký',
    en: 'signature handed to another',
  },
  'signing-request.issued': {
    subject: 'signing-request',
    data: { app, documentId: Uuid },
    vi: 'phát hành văn bản',
    en: 'document issued',
  },
  'signing-request.overdue': {
    subject: 'signing-request',
    data: { app },
    vi: 'quá hạn ký',
    en: 'deadline passed',
  },
  'signing-request.packed': {
    subject: 'signing-request',
    data: { parcelId: Uuid, number: Count, schoolYear: Count, reports: Count },
    vi: 'đóng gói học bạ số',
    en: 'parcel of school reports made',
  },
  'signing-request.put-off': {
    subject: 'signing-request',
    data: { dueAt: Type.Optional(Type.String({ format: 'date-time' })) },
    vi: 'đổi hạn ký',
    en: 'deadline changed',
  },
  'signing-request.rejected': {
    subject: 'signing-request',
    data: { app, step: Type.Optional(step) },
    vi: 'từ chối ký',
    en: 'signature refused',
  },
  'signing-request.registered': {
    subject: 'signing-request',
    data: { kind: Type.String(), number: Count, year: Count },
    vi: 'vào sổ văn bản',
    en: 'document entered into the register',
  },
  'signing-request.revoked': {
    subject: 'signing-request',
    data: { app, approvalId: Uuid, form: Type.String() },
    vi: 'thu hồi hoặc huỷ bỏ văn bản đã cấp',
    en: 'issued document revoked or cancelled',
  },
  'signing-request.replaced': {
    subject: 'signing-request',
    data: { app, byId: Uuid },
    vi: 'thay thế văn bản đã phát hành',
    en: 'issued document replaced',
  },
  'signing-request.sealed': { subject: 'signing-request', data: signature, vi: 'đóng dấu số', en: 'sealed' },
  'signing-request.sent': {
    subject: 'signing-request',
    data: { parcelId: Uuid },
    vi: 'gửi gói học bạ số',
    en: 'parcel of school reports sent',
  },
  'signing-request.signed': { subject: 'signing-request', data: signature, vi: 'đã ký', en: 'signed' },
  'signing-request.withdrawn': {
    subject: 'signing-request',
    data: { app, step: Type.Optional(step) },
    vi: 'rút trình ký',
    en: 'request withdrawn',
  },
  'signing-session.authorised': {
    subject: 'signing-session',
    data: { assertionSha256: Sha256Hex, listSha256: Sha256Hex, pagesDrawn: Count, notOpened: Type.Optional(Count) },
    vi: 'xác nhận ký bằng passkey',
    en: 'signing confirmed by passkey',
  },
  'signing-session.expired': {
    subject: 'signing-session',
    data: { code: Type.String() },
    vi: 'phiên ký quá hạn',
    en: 'signing session expired',
  },
  'signing-session.opened': {
    subject: 'signing-session',
    data: { listSha256: Sha256Hex, documents: Count, purpose: Type.String() },
    vi: 'mở phiên ký',
    en: 'signing session opened',
  },
  'signing-session.refused': {
    subject: 'signing-session',
    data: { code: Type.String() },
    vi: 'phiên ký bị từ chối',
    en: 'signing session refused',
  },
  'signing-session.sealed-by-token': {
    subject: 'signing-session',
    data: { machineId: Uuid, listSha256: Sha256Hex, proofSha256: Sha256Hex, signatures: Count },
    vi: 'đóng dấu bằng USB token của trường',
    en: 'sealed with the school’s own token',
  },
  'transcripts.requested': {
    subject: 'class',
    data: { runId: Uuid, learners: Count },
    vi: 'trình học bạ của lớp',
    en: 'transcripts of a class requested',
  },
});

export const { record } = signingEvents;
