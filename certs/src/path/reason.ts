import type { Text } from '@edutrust/platform/messages';
import type { Certificate } from '../certificate/certificate.ts';

type Row = readonly [section: string, vi: string, en: string];

/** Why a path is refused: a stable code, the section of RFC 5280 (or of the document named) that asks for it, a sentence. */
const table = {
  malformed: [
    '§4.1',
    'Chứng thư không đọc được: mã hoá DER sai quy cách.',
    'The certificate cannot be parsed: it is not strict DER.',
  ],
  'bad-signature': [
    '§6.1.3 (a)(1)',
    'Chữ ký trên chứng thư không khớp với khoá của cơ quan cấp.',
    'The signature does not fit the issuer’s key.',
  ],
  'not-yet-valid': ['§6.1.3 (a)(2)', 'Chứng thư chưa có hiệu lực.', 'The certificate is not valid yet.'],
  expired: ['§6.1.3 (a)(2)', 'Chứng thư đã hết hạn.', 'The certificate has expired.'],
  revoked: ['§6.1.3 (a)(3)', 'Chứng thư đã bị thu hồi.', 'The certificate was revoked.'],
  'name-chaining': [
    '§6.1.3 (a)(4)',
    'Tên cơ quan cấp không trùng với tên trên chứng thư cấp trên.',
    'The issuer’s name is not the subject of the certificate above.',
  ],
  'name-constraints': [
    '§6.1.3 (b), (c)',
    'Một tên trong chứng thư nằm ngoài phạm vi mà cơ quan cấp được phép chứng thực.',
    'A name lies outside what an authority may certify.',
  ],
  'no-policy': [
    '§6.1.3 (f), §6.1.5 (g)',
    'Không có chính sách chứng thư nào được chấp nhận trên suốt đường dẫn.',
    'No accepted certificate policy holds along the whole path.',
  ],
  'policy-mapping': [
    '§6.1.4 (a)',
    'Chứng thư ánh xạ chính sách với anyPolicy, điều không được phép.',
    'The certificate maps a policy from or to anyPolicy.',
  ],
  'not-version-3': [
    '§6.1.4 (k)',
    'Chứng thư của cơ quan cấp không phải phiên bản 3.',
    'An authority’s certificate is not version 3.',
  ],
  'not-an-authority': [
    '§6.1.4 (k)',
    'Chứng thư cấp trên không phải của một cơ quan được cấp chứng thư.',
    'Basic constraints do not make the issuer an authority.',
  ],
  'path-length': [
    '§6.1.4 (l), (m)',
    'Số cấp trung gian vượt quá giới hạn mà một cơ quan cấp đặt ra.',
    'There are more authorities below than an authority allows.',
  ],
  'key-usage': [
    '§6.1.4 (n)',
    'Khoá của cơ quan cấp không được dùng để ký chứng thư.',
    'The key usage does not allow signing certificates.',
  ],
  'unknown-critical-extension': [
    '§6.1.4 (o), §6.1.5 (f)',
    'Chứng thư có phần mở rộng bắt buộc mà hệ thống không hiểu.',
    'A critical extension is not understood.',
  ],
  'serial-number': [
    '§4.1.2.2',
    'Số sê-ri phải là số dương, dài tối đa 20 byte.',
    'The serial number is not a positive number of at most 20 octets.',
  ],
  'empty-name': [
    '§4.1.2.4, §4.1.2.6',
    'Chứng thư không có tên chủ thể như quy định.',
    'A subject’s name is empty where it must not be.',
  ],
  'weak-key': [
    'RFC 5480 §2.1.1, RFC 8017, EN 319 312',
    'Khoá trong chứng thư quá yếu hoặc thuộc loại không được chấp nhận.',
    'The key is too weak, or of a kind that is not accepted.',
  ],
  'weak-signature': [
    'EN 319 312',
    'Thuật toán ký của chứng thư quá yếu hoặc không được chấp nhận.',
    'The signature algorithm is too weak or not accepted.',
  ],
  'key-identifier': [
    '§4.2.1.1, §4.2.1.2',
    'Chứng thư thiếu mã nhận dạng khoá, hoặc ghi sai quy cách.',
    'A key identifier is missing or not written as it must be.',
  ],
  criticality: [
    '§4.2.1',
    'Một phần mở rộng phải (hoặc không được) đánh dấu bắt buộc.',
    'An extension is critical that must not be, or is not where it must.',
  ],
  'not-for-subscribers': [
    '§4.2.1.3, §4.2.1.9, §4.2.1.10',
    'Chứng thư người dùng chứa quyền chỉ dành cho cơ quan cấp.',
    'An end entity’s certificate claims what only an authority may have.',
  ],
  'leaf-key-usage': [
    '§4.2.1.3',
    'Khoá của chứng thư không được dùng cho việc này.',
    'The key usage does not allow this use.',
  ],
  'extended-key-usage': [
    '§4.2.1.12',
    'Chứng thư không được cấp cho mục đích này.',
    'The extended key usage does not allow this use.',
  ],
  'name-mismatch': ['RFC 9525 §6', 'Chứng thư được cấp cho một tên khác.', 'The certificate is for another name.'],
  'server-profile': [
    'CA/Browser Forum BR §7.1.2',
    'Chứng thư máy chủ không đúng quy cách chung của các trình duyệt.',
    'A server’s certificate is not of the form that browsers require.',
  ],
  'time-stamp-profile': [
    'RFC 3161 §2.3',
    'Chứng thư dấu thời gian phải chỉ dành riêng cho việc cấp dấu thời gian.',
    'A time-stamping certificate is not for time stamps alone.',
  ],
  'code-profile': [
    'CA/Browser Forum CSBR §7.1.2.3',
    'Chứng thư ký phần mềm không đúng quy cách.',
    'A code-signing certificate is not of the form that is required.',
  ],
  'no-path': [
    '§6.1',
    'Không có chuỗi chứng thư nào dẫn tới một gốc tin cậy.',
    'No chain of certificates leads to a trust anchor.',
  ],
  'work-budget': [
    'own limit',
    'Dữ liệu đòi hỏi quá nhiều phép tính cho một lần kiểm tra.',
    'The input asks for more work than a validation may do.',
  ],
  'no-revocation-data': [
    '§6.3',
    'Không có dữ liệu thu hồi còn hiệu lực để biết chứng thư có bị thu hồi hay không.',
    'There is no usable revocation data.',
  ],
  'bad-request': ['own format', 'Yêu cầu không đọc được.', 'The request cannot be read.'],
} as const satisfies Record<string, Row>;

export type RefusalCode = keyof typeof table;

export interface Refused {
  readonly code: RefusalCode;
  /** English, for logs and reports. */
  readonly sentence: string;
  /** For people. */
  readonly text: Text;
  /** Section of RFC 5280 unless another document is named. */
  readonly section: string;
  /** The certificate that it is about. */
  readonly subject?: string;
}

/** Every reason by its code. */
export const refusals: Readonly<Record<RefusalCode, { readonly section: string; readonly text: Text }>> =
  Object.fromEntries(
    Object.entries<Row>(table).map(([code, [section, vi, en]]) => [code, { section, text: { vi, en } }]),
  ) as Record<RefusalCode, { section: string; text: Text }>; // the keys are those of the table

/** A subject may be as long as a certificate; in a sentence this much of it is enough. */
const longestSubject = 300;

/** Thrown inside a validation, never across its door. */
export class Refusal extends Error {
  readonly refused: Refused;
  readonly revocation: { readonly at: Date; readonly reason: number } | undefined;

  constructor(
    code: RefusalCode,
    certificate?: Certificate,
    revocation?: { readonly at: Date; readonly reason: number },
  ) {
    super(code);
    const { section, text } = refusals[code];
    this.refused = {
      code,
      sentence: text.en,
      text,
      section: section.startsWith('§') ? `RFC 5280 ${section}` : section,
      ...(certificate ? { subject: shortened(certificate.subject.toString()) } : {}),
    };
    this.revocation = revocation;
  }
}

function shortened(text: string): string {
  return text.length > longestSubject ? `${text.slice(0, longestSubject)}…` : text;
}
