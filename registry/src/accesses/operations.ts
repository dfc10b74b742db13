import type { Text } from '@edutrust/platform/messages';

export interface Operation extends Text {
  /** Kept also when it named nobody: the reading of logs is itself logged (VIETNAM level 3: who read the logs). */
  readonly isAlwaysKept?: true;
}

/**
 * Everything by which somebody gets to know something of somebody else, as the end of a sentence that begins with who did
 * it: «Quản trị Trường Tiểu học Lê Lợi đã mở hồ sơ». Entries keep the name for years: one that was released stays here,
 * also when no route has it any longer.
 */
export const operations = {
  // The record
  'people.list': { vi: 'đã thấy trong danh sách hoặc kết quả tìm kiếm', en: 'saw it in a list or a search' },
  'people.open': { vi: 'đã mở hồ sơ', en: 'opened the record' },
  'people.change': { vi: 'đã ghi vào hồ sơ', en: 'changed the record' },
  'classes.open': { vi: 'đã xem danh sách lớp', en: 'looked at the class list' },
  'roster.plan': { vi: 'đã xem dòng trong một danh sách nhập', en: 'looked at the row in an imported roster' },
  'roster.match': {
    vi: 'đã so hồ sơ với một dòng của danh sách nhập',
    en: 'compared the record with a row of an imported roster',
  },
  'roster.export': { vi: 'đã tải kết quả của một danh sách nhập', en: 'downloaded the result of an imported roster' },
  'roster.undo': {
    vi: 'đã xem tên khi hoàn tác một danh sách nhập',
    en: 'saw the name when undoing an imported roster',
  },
  'transfers.open': { vi: 'đã xem đề nghị chuyển trường', en: 'looked at a transfer to another school' },
  'guardians.add': { vi: 'đã ghi quan hệ giám hộ', en: 'recorded a guardianship' },
  // The account
  'data-requests.open': { vi: 'đã xem yêu cầu về dữ liệu', en: 'looked at a request about data' },
  'accounts.open': { vi: 'đã xem tình trạng tài khoản', en: 'looked at the state of the account' },
  'accounts.invite': { vi: 'đã in mã đăng nhập', en: 'printed a sign-in code' },
  'badges.list': { vi: 'đã xem ai trong lớp có thẻ', en: 'looked at who of the class has a badge' },
  'badges.print': { vi: 'đã in thẻ hoặc mã PIN', en: 'printed a badge or a PIN' },
  'badges.find': { vi: 'đã tra thẻ nhặt được', en: 'looked up a badge that was found' },
  'roles.list': { vi: 'đã xem danh sách vai trò', en: 'looked at the list of roles' },
  'children.copy': { vi: 'đã tải bản sao dữ liệu của con em', en: 'downloaded a copy of the child’s data' },
  'children.receipt': {
    vi: 'đã tải giấy xác nhận đồng ý cho con em',
    en: 'downloaded a receipt of a consent for the child',
  },
  'children.open': { vi: 'đã mở trang của con em', en: 'opened the page of the child' },
  // Marks and documents
  'marks.open': { vi: 'đã xem điểm', en: 'looked at the marks' },
  'marks.change': { vi: 'đã ghi điểm', en: 'recorded marks' },
  'marks.export': { vi: 'đã tải bảng điểm', en: 'downloaded the marks' },
  'marks.import': { vi: 'đã xem điểm trong một tệp nhập', en: 'looked at marks in an imported file' },
  'documents.list': { vi: 'đã thấy trong danh sách văn bản', en: 'saw it in a list of documents' },
  'documents.open': { vi: 'đã xem thông tin văn bản', en: 'looked at a document’s details' },
  'documents.read': { vi: 'đã đọc văn bản', en: 'read a document' },
  'documents.copy': { vi: 'đã cấp bản sao văn bản', en: 'made a copy of a document' },
  'documents.sign': { vi: 'đã ký hoặc xử lý văn bản', en: 'signed or handled a document' },
  'transcripts.make': { vi: 'đã lập học bạ', en: 'made transcripts' },
  'enrolments.list': { vi: 'đã xem điện thoại ký số', en: 'looked at the signing phones' },
  // Two people, directories
  'approvals.open': { vi: 'đã xem việc cần hai người', en: 'looked at an act that takes two people' },
  'sync.open': { vi: 'đã xem thay đổi gửi sang thư mục khác', en: 'looked at changes sent to another directory' },
  // Logs
  'audit.list': { vi: 'đã đọc nhật ký hệ thống', en: 'read the audit log', isAlwaysKept: true },
  'break-glass.list': {
    vi: 'đã xem ai vào bằng truy cập khẩn cấp',
    en: 'looked at who got in by broken glass',
  },
  'sign-ins.list': { vi: 'đã đọc nhật ký đăng nhập', en: 'read the log of sign-ins', isAlwaysKept: true },
  'mail.list': { vi: 'đã xem thư đã gửi', en: 'looked at sent mail', isAlwaysKept: true },
  'accesses.list': { vi: 'đã xem ai đã xem hồ sơ', en: 'looked at who had looked', isAlwaysKept: true },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationName = keyof typeof operations;

const table: Readonly<Record<string, Operation>> = operations;

/** The operation of a name; undefined for what is none. */
export function operationOf(name: string): Operation | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** What a route discloses, by a name that there is. */
export const tells = (name: OperationName): string => name;
