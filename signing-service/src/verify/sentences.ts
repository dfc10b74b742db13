import type { Text } from '@edutrust/platform/messages';
import type { SignatureReport, ValidationReport } from '../validation/report.ts';

/** `yes`, `no`, `unknown` (not provable yet), `none` (there is no signature to ask about). */
export interface AnswerText {
  readonly answer: 'yes' | 'no' | 'unknown' | 'none';
  readonly sentence: Text;
}

/** The verdict in words: one sentence, two questions answered apart, and what to do. */
export interface Wording {
  readonly sentence: Text;
  readonly unchanged: AnswerText;
  readonly trusted: AnswerText;
  readonly nextStep: Text;
}

const vietnamDate = new Intl.DateTimeFormat('vi-VN', {
  timeZone: 'Asia/Ho_Chi_Minh',
  day: '2-digit',
  month: '2-digit',
  year: 'numeric',
});
const englishDate = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Ho_Chi_Minh', dateStyle: 'long' });

/** The signature that people mean: the last by a person; time stamps over the file vouch for it. */
function signatureOfPerson({ signatures }: ValidationReport): SignatureReport | undefined {
  return signatures.findLast(({ format }) => format !== 'document-time-stamp') ?? signatures.at(-1);
}

/** The words for a report. */
export function describe(report: ValidationReport): Wording {
  const signature = signatureOfPerson(report);
  if (report.verdict === 'unsigned' || !signature) return unsigned;
  const isIntact = report.signatures.every(({ intact }) => intact);
  const isTrusted = report.signatures.every(({ trusted }) => trusted);
  return {
    sentence: sentenceOf(report.verdict, signature, isIntact),
    unchanged: isIntact ? intact : changed,
    trusted: isTrusted ? trustedAnswer : report.verdict === 'invalid' && isIntact ? notTrusted : notProvable,
    nextStep: nextSteps[report.verdict === 'invalid' && isIntact ? 'refused' : report.verdict],
  };
}

function sentenceOf(
  verdict: 'valid' | 'invalid' | 'indeterminate',
  signature: SignatureReport,
  isIntact: boolean,
): Text {
  const { signer, time } = signature;
  const name = signer?.name ?? '';
  if (verdict === 'valid') {
    const at = time.proven ?? time.claimed;
    const place = signer?.organisation ? `, ${signer.organisation}` : '';
    const when = at ? new Date(at) : undefined;
    return {
      vi: `Đúng: văn bản do ${name}${place} ký${when ? ` ngày ${vietnamDate.format(when)}` : ''} và chưa bị sửa.`,
      en: `Genuine: signed by ${name}${place}${when ? ` on ${englishDate.format(when)}` : ''}, unchanged since.`,
    };
  }
  if (verdict === 'indeterminate') {
    return {
      vi: `Chưa kết luận được: văn bản chưa bị sửa từ khi ký, nhưng chưa chứng minh được người ký${name ? ` «${name}»` : ''} là ai.`,
      en: `Not settled: unchanged since it was signed, but it is not proven who the signer${name ? ` "${name}"` : ''} is.`,
    };
  }
  return isIntact
    ? {
        vi: 'Không tin được: văn bản chưa bị sửa, nhưng chữ ký không hợp lệ vào lúc ký.',
        en: 'Not to be trusted: unchanged, but the signature was not good when it was made.',
      }
    : {
        vi: 'Không đúng: văn bản đã bị sửa sau khi ký, hoặc chữ ký không khớp.',
        en: 'Not genuine: changed after it was signed, or the signature does not match.',
      };
}

const unsigned: Wording = {
  sentence: { vi: 'Văn bản này không có chữ ký số.', en: 'This document carries no digital signature.' },
  unchanged: {
    answer: 'none',
    sentence: {
      vi: 'Không có chữ ký nên không biết văn bản có bị sửa hay không.',
      en: 'Without a signature nobody can tell whether it was changed.',
    },
  },
  trusted: {
    answer: 'none',
    sentence: { vi: 'Không có người ký nào để kiểm tra.', en: 'There is no signer to check.' },
  },
  nextStep: {
    vi: 'Hỏi nơi cấp để nhận tệp PDF đã ký số. Bản chụp hoặc bản in lại không mang chữ ký.',
    en: 'Ask the issuer for the signed PDF. A photo or a new print carries no signature.',
  },
};

const intact: AnswerText = {
  answer: 'yes',
  sentence: { vi: 'Chưa bị sửa từ khi ký.', en: 'Unchanged since it was signed.' },
};
const changed: AnswerText = {
  answer: 'no',
  sentence: {
    vi: 'Đã bị sửa sau khi ký, hoặc chữ ký không khớp với nội dung.',
    en: 'Changed after it was signed, or the signature does not match.',
  },
};
const trustedAnswer: AnswerText = {
  answer: 'yes',
  sentence: {
    vi: 'Chứng thư của người ký được công nhận và còn hiệu lực vào lúc ký.',
    en: "The signer's certificate was recognised and good at the time of signing.",
  },
};
const notTrusted: AnswerText = {
  answer: 'no',
  sentence: {
    vi: 'Chứng thư của người ký không được công nhận hoặc không còn hiệu lực vào lúc ký.',
    en: "The signer's certificate was not recognised or not good at the time of signing.",
  },
};
const notProvable: AnswerText = {
  answer: 'unknown',
  sentence: {
    vi: 'Chưa chứng minh được chứng thư của người ký có hiệu lực vào lúc ký.',
    en: "It cannot be proven that the signer's certificate was good at the time of signing.",
  },
};

const nextSteps: Readonly<Record<'valid' | 'indeterminate' | 'invalid' | 'refused', Text>> = {
  valid: {
    vi: 'Bạn có thể dùng văn bản này. Hãy lưu cả tệp PDF: bản in không mang chữ ký.',
    en: 'You can rely on this document. Keep the PDF itself: paper carries no signature.',
  },
  indeterminate: {
    vi: 'Đừng vội từ chối: hỏi nơi cấp về chứng thư gốc của họ, rồi kiểm tra lại với chứng thư đó.',
    en: 'Do not refuse yet: ask the issuer for their root certificate and verify again with it.',
  },
  invalid: {
    vi: 'Đừng dùng văn bản này. Xin lại tệp gốc từ nơi cấp, hoặc mở mã QR in trên văn bản.',
    en: 'Do not rely on it. Ask the issuer for the original file, or open the QR printed on it.',
  },
  refused: {
    vi: 'Đừng dùng văn bản này. Hỏi nơi cấp xem chứng thư của người ký có bị thu hồi không.',
    en: "Do not rely on it. Ask the issuer whether the signer's certificate was revoked.",
  },
};
