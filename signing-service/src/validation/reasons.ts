import type { Text } from '@edutrust/platform/messages';
import type { Finding } from '../formats/pades/changes/finding.ts';
import type { LaterChange } from './later-change.ts';

type Row = readonly [indication: Reason['indication'], subIndication: string, text: Text];

const failed = (sub: string, vi: string, en: string): Row => ['TOTAL-FAILED', sub, { vi, en }];
const open = (sub: string, vi: string, en: string): Row => ['INDETERMINATE', sub, { vi, en }];

/** Every reason by its code: indication and sub-indication of ETSI EN 319 102-1 (tables 5 and 6), one sentence a language. */
export const reasonTable = {
  passed: [
    'TOTAL-PASSED',
    '',
    {
      vi: 'Văn bản nguyên vẹn kể từ khi ký và chứng thư của người ký đáng tin cậy tại thời điểm đó.',
      en: 'The document is as it was signed, and the signer’s certificate was trustworthy at that time.',
    },
  ],
  unsigned: open('SIGNED_DATA_NOT_FOUND', 'Tệp này không có chữ ký số.', 'This file carries no digital signature.'),
  'byte-range-malformed': failed(
    'FORMAT_FAILURE',
    'Phạm vi được ký (ByteRange) ghi sai quy cách.',
    'The signed range (ByteRange) is not written as it must be.',
  ),
  'byte-range-gap': failed(
    'FORMAT_FAILURE',
    'Phạm vi được ký chừa ra nhiều hơn chỗ đặt chữ ký.',
    'The signed range leaves out more than the place of the signature.',
  ),
  'byte-range-not-a-revision': failed(
    'FORMAT_FAILURE',
    'Phạm vi được ký không phải là trọn một phiên bản của tệp.',
    'The signed range is not one whole revision of the file.',
  ),
  'signature-reused': failed(
    'FORMAT_FAILURE',
    'Hai trường chữ ký dùng chung một chữ ký.',
    'Two signature fields share one signature.',
  ),
  'signature-removed': failed(
    'FORMAT_FAILURE',
    'Một chữ ký có trong phiên bản trước đã bị gỡ khỏi tệp.',
    'A signature of an earlier revision was taken out of the file.',
  ),
  'field-malformed': failed(
    'FORMAT_FAILURE',
    'Trường chữ ký ghi sai quy cách.',
    'The signature field is not written as it must be.',
  ),
  'sub-filter-unknown': open('CUSTOM', 'Loại chữ ký này chưa được hỗ trợ.', 'This kind of signature is not supported.'),
  'content-missing': open(
    'SIGNED_DATA_NOT_FOUND',
    'Chữ ký này là một tệp rời. Hãy gửi kèm tệp đã được ký để kiểm tra.',
    'This signature is a file of its own. Send the file that it signs along with it.',
  ),
  'container-unreadable': open(
    'CUSTOM',
    'Gói tệp (ZIP) bị lỗi hoặc đọc được theo hai cách, nên không thể kiểm tra chắc chắn.',
    'The container (ZIP) is broken or can be read in two ways, so it cannot be verified.',
  ),
  'container-malformed': open(
    'CUSTOM',
    'Không rõ chữ ký trong gói ký những tệp nào.',
    'Which files of the container the signature signs is not clear.',
  ),
  'file-not-signed': open(
    'SIG_CONSTRAINTS_FAILURE',
    'Trong gói có tệp mà chữ ký này không ký.',
    'The container has a file that this signature does not cover.',
  ),
  'part-not-signed': open(
    'SIG_CONSTRAINTS_FAILURE',
    'Trong tệp có phần mà chữ ký này không ký.',
    'The file has a part that this signature does not cover.',
  ),
  'xml-malformed': open(
    'CUSTOM',
    'Tệp XML bị lỗi hoặc đọc được theo hai cách, nên không thể kiểm tra chắc chắn.',
    'The XML is broken or can be read in two ways, so it cannot be verified.',
  ),
  'xml-signature-malformed': open(
    'CUSTOM',
    'Không đọc được dữ liệu chữ ký (XML), nên chưa kiểm tra được nội dung.',
    'The signature data (XML) cannot be read, so the content could not be checked.',
  ),
  'json-malformed': open(
    'CUSTOM',
    'Không đọc được dữ liệu chữ ký (JSON), hoặc đọc được theo hai cách, nên chưa kiểm tra được nội dung.',
    'The signature data (JSON) cannot be read, or can be read in two ways, so the content could not be checked.',
  ),
  'reference-refused': open(
    'SIG_CONSTRAINTS_FAILURE',
    'Chữ ký chỉ đến nội dung theo một cách không được chấp nhận, nên chưa kiểm tra được.',
    'The signature refers to its content in a way that is not accepted, so it could not be checked.',
  ),
  'cms-malformed': open(
    'CUSTOM',
    'Không đọc được dữ liệu chữ ký (CMS), nên chưa kiểm tra được nội dung.',
    'The signature data (CMS) cannot be read, so the content could not be checked.',
  ),
  'cms-signers': failed(
    'FORMAT_FAILURE',
    'Dữ liệu chữ ký phải có đúng một người ký.',
    'The signature data must have exactly one signer.',
  ),
  'content-changed': failed(
    'HASH_FAILURE',
    'Nội dung văn bản đã bị thay đổi sau khi ký.',
    'The content of the document was changed after it was signed.',
  ),
  'signature-wrong': failed(
    'SIG_CRYPTO_FAILURE',
    'Giá trị chữ ký không khớp với khoá của người ký.',
    'The signature value does not match the signer’s key.',
  ),
  'algorithm-refused': open(
    'CRYPTO_CONSTRAINTS_FAILURE',
    'Chữ ký dùng thuật toán hoặc độ dài khoá không còn an toàn hoặc không được phép.',
    'The signature uses an algorithm or key length that is weak or not allowed.',
  ),
  'signer-not-found': open(
    'NO_SIGNING_CERTIFICATE_FOUND',
    'Không tìm thấy chứng thư của người ký; cần tệp có kèm chứng thư này.',
    'The signer’s certificate was not found; a file that carries it would settle this.',
  ),
  'signer-mismatch': open(
    'NO_SIGNING_CERTIFICATE_FOUND',
    'Chứng thư kèm theo không phải là chứng thư mà người ký đã khai trong chữ ký.',
    'The certificate is not the one that the signer named in the signature.',
  ),
  'changed-afterwards': failed(
    'FORMAT_FAILURE',
    'Tệp đã bị thay đổi sau chữ ký này ngoài những bổ sung được phép.',
    'The file was changed after this signature beyond what is allowed.',
  ),
  'covered-afterwards': open(
    'SIG_CONSTRAINTS_FAILURE',
    'Phần được thêm sau (ô chữ ký, ghi chú) nằm đè lên chữ hoặc chú thích của bản đã ký, có thể che hoặc thay nội dung. Hãy xem bản như lúc ký.',
    'A block or comment that was added later lies over text or an annotation of what was signed and may hide or replace it. Look at the signed revision.',
  ),
  'form-filled-afterwards': open(
    'SIG_CONSTRAINTS_FAILURE',
    'Sau chữ ký này có người điền thêm vào biểu mẫu; người ký không nói có cho phép hay không.',
    'Somebody filled in the form after this signature; the signer does not say whether that is allowed.',
  ),
  'padded-afterwards': open(
    'SIG_CONSTRAINTS_FAILURE',
    'Cuối tệp có khoảng trắng mà chữ ký không bao gồm; nội dung trang không đổi. Bản gốc do người ký gửi sẽ cho kết luận.',
    'White space that the signature does not cover stands at the end; the pages are as signed. The original would settle this.',
  ),
  'metadata-changed-afterwards': open(
    'SIG_CONSTRAINTS_FAILURE',
    'Thông tin mô tả của tệp đã bị sửa sau khi ký; nội dung trang không đổi. Bản gốc do người ký gửi sẽ cho kết luận.',
    'The file’s description was edited after signing; the pages were not. The original from the signer would settle this.',
  ),
  'later-signature-not-valid': open(
    'SIG_CONSTRAINTS_FAILURE',
    'Một chữ ký được thêm sau chữ ký này không hợp lệ hoặc chưa thể xác nhận.',
    'A signature that was added after this one is not valid or cannot be confirmed.',
  ),
  'chain-not-found': open(
    'NO_CERTIFICATE_CHAIN_FOUND',
    'Chứng thư của người ký không dẫn tới tổ chức chứng thực nào được tin cậy ở đây.',
    'The signer’s certificate does not lead to an authority that is trusted here.',
  ),
  'chain-refused': open(
    'CHAIN_CONSTRAINTS_FAILURE',
    'Chuỗi chứng thư của người ký vi phạm quy định nên không được chấp nhận.',
    'The chain of the signer’s certificate breaks a rule and is not accepted.',
  ),
  'certificate-not-for-documents': open(
    'CHAIN_CONSTRAINTS_FAILURE',
    'Chứng thư này không được cấp để ký văn bản (của máy chủ, của bộ cấp dấu thời gian, của cơ quan cấp chứng thư…).',
    'This certificate is not for signing documents (it is a server’s, a time-stamping unit’s, an authority’s…).',
  ),
  'certificate-expired': failed(
    'EXPIRED',
    'Chứng thư của người ký đã hết hạn trước khi ký.',
    'The signer’s certificate had expired before the signature was made.',
  ),
  'certificate-not-yet-valid': failed(
    'NOT_YET_VALID',
    'Chứng thư của người ký chưa có hiệu lực khi ký.',
    'The signer’s certificate was not valid yet when the signature was made.',
  ),
  'out-of-bounds': open(
    'OUT_OF_BOUNDS_NO_POE',
    'Chứng thư không còn (hoặc chưa) hiệu lực và không có dấu thời gian chứng minh văn bản được ký khi chứng thư còn hiệu lực.',
    'The certificate is outside its validity, and no time stamp proves that the signature was made within it.',
  ),
  'certificate-revoked': failed(
    'REVOKED',
    'Chứng thư của người ký đã bị thu hồi trước khi ký.',
    'The signer’s certificate had been revoked before the signature was made.',
  ),
  'revoked-no-proof': open(
    'REVOKED_NO_POE',
    'Chứng thư của người ký đã bị thu hồi và không có dấu thời gian chứng minh văn bản được ký trước đó.',
    'The signer’s certificate is revoked, and no time stamp proves that the signature was made before.',
  ),
  'revocation-unknown': open(
    'TRY_LATER',
    'Chưa biết chứng thư có bị thu hồi hay không; danh sách thu hồi mới sẽ cho kết luận.',
    'Whether the certificate was revoked is not known; a fresh revocation list would settle this.',
  ),
  'time-stamp-wrong': open(
    'SIG_CONSTRAINTS_FAILURE',
    'Dấu thời gian bị hỏng hoặc không thuộc về chữ ký này.',
    'The time stamp is damaged or does not belong to this signature.',
  ),
  'time-stamp-refused': open(
    'CRYPTO_CONSTRAINTS_FAILURE',
    'Dấu thời gian dùng thuật toán không còn an toàn hoặc không được phép, nên không chứng minh được thời điểm.',
    'The time stamp uses an algorithm that is weak or not allowed, so it proves no time.',
  ),
  'time-stamp-untrusted': open(
    'NO_POE',
    'Dấu thời gian không chứng minh được thời điểm: nơi cấp không được tin cậy ở đây, hoặc chưa biết chứng thư của nó có bị thu hồi không.',
    'The time stamp proves no time: its authority is not trusted here, or whether its certificate was revoked is not known.',
  ),
  'time-stamp-order': open(
    'TIMESTAMP_ORDER_FAILURE',
    'Các dấu thời gian mâu thuẫn nhau.',
    'The time stamps contradict each other.',
  ),
  'signed-later': open(
    'TIMESTAMP_ORDER_FAILURE',
    'Chữ ký được tạo sau thời điểm được hỏi; vào lúc đó chưa có chữ ký này.',
    'The signature was made after the time that was asked about; it did not exist then.',
  ),
  unreadable: open(
    'CUSTOM',
    'Tệp có chữ ký, nhưng cấu trúc PDF bị lỗi hoặc đọc được theo hai cách, nên không thể xác minh chắc chắn.',
    'The file carries a signature, but its structure is broken or can be read in two ways, so it cannot be verified.',
  ),
  'unreadable-unsigned': open(
    'CUSTOM',
    'Cấu trúc tệp PDF bị lỗi; không đọc được tệp có chữ ký hay không.',
    'The structure of the PDF is broken; whether it is signed cannot be read.',
  ),
  encrypted: open(
    'SIGNED_DATA_NOT_FOUND',
    'Tệp PDF được đặt mật khẩu; hãy nhập mật khẩu của tệp rồi kiểm tra lại.',
    'The PDF is protected by a password; give the password of the file and check it again.',
  ),
  'beyond-limits': open(
    'CUSTOM',
    'Tệp vượt quá giới hạn mà hệ thống xử lý.',
    'The file is beyond what this service processes.',
  ),
} as const satisfies Record<string, Row>;

export type ReasonCode = keyof typeof reasonTable;

/** Why. One sentence in each language; `subIndication` is of ETSI EN 319 102-1 table 5. */
export interface Reason {
  readonly code: ReasonCode;
  readonly indication: 'TOTAL-PASSED' | 'TOTAL-FAILED' | 'INDETERMINATE';
  readonly subIndication: string;
  readonly vi: string;
  readonly en: string;
  /** For specialists, not translated: what exactly (an object number, a certificate, a rule's section). */
  readonly detail?: string;
}

/** The reason for a code, with an optional detail for specialists. */
export function reason(code: ReasonCode, detail?: string): Reason {
  const [indication, subIndication, { vi, en }] = reasonTable[code];
  return { code, indication, subIndication, vi, en, ...(detail === undefined ? {} : { detail }) };
}

const changeTexts: Record<`${LaterChange['kind']}`, readonly [allowed: Text, refused: Text]> = {
  'validation-data': [
    { vi: 'Thêm dữ liệu phục vụ xác minh lâu dài.', en: 'Data for long-term validation was added.' },
    {
      vi: 'Dữ liệu xác minh được thêm không đúng quy cách.',
      en: 'Validation data was added in a way that is not allowed.',
    },
  ],
  'document-time-stamp': [
    { vi: 'Thêm dấu thời gian cho văn bản.', en: 'A document time stamp was added.' },
    { vi: 'Dấu thời gian được thêm không đúng quy cách.', en: 'A time stamp was added in a way that is not allowed.' },
  ],
  signature: [
    { vi: 'Thêm một chữ ký khác.', en: 'Another signature was added.' },
    { vi: 'Chữ ký được thêm không đúng quy cách.', en: 'A signature was added in a way that is not allowed.' },
  ],
  'form-fill': [
    { vi: 'Biểu mẫu được điền thêm, như người ký cho phép.', en: 'The form was filled in, as the signer allows.' },
    { vi: 'Biểu mẫu được điền thêm sau khi ký.', en: 'The form was filled in after signing.' },
  ],
  comment: [
    { vi: 'Có ghi chú được thêm, như người ký cho phép.', en: 'A comment was added, as the signer allows.' },
    { vi: 'Có ghi chú được thêm sau khi ký.', en: 'A comment was added after signing.' },
  ],
  covering: [
    { vi: 'Ô chữ ký được thêm vào trang.', en: 'A signature block was added to a page.' },
    { vi: 'Phần thêm vào nằm đè lên nội dung của bản đã ký.', en: 'What was added lies over what was signed.' },
  ],
  metadata: [
    { vi: 'Thông tin mô tả của tệp được sửa.', en: 'The file’s description was edited.' },
    { vi: 'Thông tin mô tả của tệp bị sửa.', en: 'The file’s description was edited.' },
  ],
  page: [
    { vi: 'Trang được bổ sung ô chữ ký.', en: 'A signature block was added to a page.' },
    { vi: 'Một trang bị thay đổi, thêm hoặc bớt.', en: 'A page was changed, added or removed.' },
  ],
  catalog: [
    { vi: 'Mục lục của tệp được bổ sung.', en: 'The catalogue of the file was extended.' },
    { vi: 'Mục lục của tệp bị thay đổi.', en: 'The catalogue of the file was changed.' },
  ],
  form: [
    { vi: 'Biểu mẫu được bổ sung chữ ký.', en: 'A signature was added to the form.' },
    { vi: 'Biểu mẫu hoặc trường chữ ký bị thay đổi.', en: 'The form or a signature field was changed.' },
  ],
  object: [
    { vi: 'Một thành phần của tệp được bổ sung.', en: 'A part of the file was added.' },
    { vi: 'Một thành phần của tệp bị thêm, sửa hoặc xóa.', en: 'A part of the file was added, changed or removed.' },
  ],
  trailer: [
    { vi: 'Phần cuối của tệp được bổ sung.', en: 'The trailer of the file was extended.' },
    { vi: 'Phần cuối của tệp bị thay đổi.', en: 'The trailer of the file was changed.' },
  ],
  padding: [
    { vi: 'Khoảng trắng ở cuối tệp.', en: 'White space at the end of the file.' },
    { vi: 'Khoảng trắng được thêm vào cuối tệp.', en: 'White space was added at the end of the file.' },
  ],
  bytes: [
    { vi: 'Dữ liệu được thêm vào tệp.', en: 'Bytes were added to the file.' },
    { vi: 'Dữ liệu lạ bị chèn vào tệp.', en: 'Stray bytes were put into the file.' },
  ],
};

/** The sentence of a change, in both languages. */
export function sentencesOf({ kind, allowed }: Finding): Text {
  return changeTexts[kind][allowed ? 0 : 1];
}
