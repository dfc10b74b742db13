import type { Text } from '@edutrust/platform/messages';

/** What a signed file holds that changes no verdict, and that whoever relies on it should look at. */
export interface Warning {
  readonly code: WarningCode;
  readonly vi: string;
  readonly en: string;
  /** For specialists, not translated: a page, a field. */
  readonly detail?: string;
}

const table = {
  'text-under-something': {
    vi: 'Trong bản đã ký có chữ nằm dưới một hình hoặc ô che: người đọc không thấy, nhưng chữ vẫn ở trong tệp.',
    en: 'In what was signed there is text below a picture or a block: it is not seen, but it is in the file.',
  },
  'layer-not-shown': {
    vi: 'Bản đã ký có lớp nội dung đang tắt: trình đọc khác có thể hiện nội dung đó.',
    en: 'What was signed has a layer that is switched off: another reader may show it.',
  },
  'note-not-shown': {
    vi: 'Bản đã ký có ghi chú hoặc ô bị ẩn trên màn hình.',
    en: 'What was signed has an annotation or a block that is hidden on the screen.',
  },
  'page-not-shown': {
    vi: 'Trong tệp đã ký có trang không nằm trong mục lục trang nên không được hiện.',
    en: 'The signed file holds a page that belongs to no page tree and is not shown.',
  },
  'field-shows-other': {
    vi: 'Một ô của biểu mẫu hiện chữ khác với giá trị lưu trong ô.',
    en: 'A form field shows other words than the value that it holds.',
  },
  'block-over-scan': {
    vi: 'Ô chữ ký được thêm sau nằm trên trang là ảnh chụp: không xác định được phần ảnh bên dưới. Hãy đối chiếu với bản lúc ký.',
    en: 'A block that was added later lies over a page that is a picture: what it hides there cannot be told. Compare with the file as it was signed.',
  },
  script: {
    vi: 'Tệp đã ký có đoạn mã tự chạy: trình đọc khác nhau có thể hiện khác nhau.',
    en: 'The signed file has a script that runs by itself: readers may show different things.',
  },
  'counter-signature-broken': {
    vi: 'Có chữ ký xác nhận trên chữ ký này không khớp: xem như không có chữ ký xác nhận đó.',
    en: 'A counter-signature on this signature does not fit it: take it as not being there.',
  },
  'counter-signature': {
    vi: 'Có người khác ký xác nhận lên chữ ký này; chữ ký xác nhận đó không đọc được nên chưa được kiểm tra.',
    en: 'Somebody else signed this signature; that counter-signature could not be read and was not checked.',
  },
} as const satisfies Record<string, Text>;

export type WarningCode = keyof typeof table;

export function warning(code: WarningCode, detail?: string): Warning {
  return { code, ...table[code], ...(detail === undefined ? {} : { detail }) };
}
