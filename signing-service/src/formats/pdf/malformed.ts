import { InvalidInput, TooLarge } from '@edutrust/platform/errors';

/** The file breaks a rule of ISO 32000 that we hold strictly: what is read in two ways is never signed nor called valid. */
export class MalformedPdf extends InvalidInput {
  /** For specialists: which rule, where. */
  readonly fault: string;

  constructor(fault: string) {
    super(
      'pdf/malformed',
      { vi: `Tệp PDF bị lỗi cấu trúc (${fault}).`, en: `The structure of the PDF is broken (${fault}).` },
      {
        remedy: {
          vi: 'Hãy xuất lại tệp PDF từ phần mềm đã tạo ra nó rồi thử lại.',
          en: 'Export the PDF again from the program that made it, then try again.',
        },
      },
    );
    this.fault = fault;
  }
}

/** Reading the file would take more memory or time than any honest document needs. */
export class PdfBeyondLimits extends TooLarge {
  readonly fault: string;

  constructor(fault: string) {
    super('pdf/beyond-limits', {
      vi: `Tệp PDF vượt giới hạn xử lý (${fault}).`,
      en: `The PDF is beyond what we process (${fault}).`,
    });
    this.fault = fault;
  }
}

/** The file is encrypted. */
export class EncryptedPdf extends InvalidInput {
  readonly fault = 'encrypted';

  constructor() {
    super(
      'pdf/encrypted',
      { vi: 'Tệp PDF được đặt mật khẩu.', en: 'The PDF is protected by a password.' },
      {
        remedy: {
          vi: 'Hãy bỏ mật khẩu của tệp rồi thử lại.',
          en: 'Remove the password from the file, then try again.',
        },
      },
    );
  }
}

/** The bytes are of no format that is judged. */
export class NotAPdf extends InvalidInput {
  readonly fault = 'no known format';

  constructor() {
    super(
      'verify/not-a-pdf',
      { vi: 'Tệp này không phải PDF hay tệp chữ ký.', en: 'This file is neither a PDF nor a signature.' },
      {
        remedy: {
          vi: 'Hãy chọn tệp PDF (.pdf) hoặc tệp chữ ký (.p7s, .p7m, .xml, .json, .asice).',
          en: 'Choose a PDF (.pdf) or a signature (.p7s, .p7m, .xml, .json, .asice).',
        },
      },
    );
  }
}
