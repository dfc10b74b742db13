import type { Text } from '@edutrust/platform/messages';
import { dayText, timeZone } from '@edutrust/platform/vietnam-time';
import type { SignatureReport, ValidationReport } from '../validation/report.ts';

/** `yes`, `no`, `unknown` (not provable yet, or not checked), `none` (there is no signature to ask about). */
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

const englishDate = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'long' });

/** What the words may say, and nothing else: each claim is derived from what was checked (V10). */
interface Evidence {
  readonly verdict: ValidationReport['verdict'];
  readonly unchanged: 'yes' | 'no' | 'unknown';
  readonly trusted: 'yes' | 'no' | 'unknown';
  /** What somebody added afterwards, as is allowed; undefined when nothing shows. */
  readonly additions: Text | undefined;
  /** The signature that people mean: the last by a person; `undefined` when none could be read. */
  readonly signature: SignatureReport | undefined;
  readonly isUnreadable: boolean;
  /** The content could not be checked because of nothing but an algorithm: another copy of the same file says no more. */
  readonly isWeak: boolean;
}

function evidenceOf(report: ValidationReport): Evidence {
  const { signatures, reasons, verdict } = report;
  const people = signatures.filter(({ format }) => format !== 'document-time-stamp');
  const asked = people.length > 0 ? people : signatures;
  const isRemoved = reasons.some(({ code }) => code === 'signature-removed');
  const isChanged = isRemoved || signatures.some(({ intact }) => intact === false);
  const isChecked = asked.length > 0 && asked.every(({ intact }) => intact === true);
  const isTrusted = asked.length > 0 && !isRemoved && asked.every(({ trusted }) => trusted);
  return {
    verdict,
    unchanged: isChanged ? 'no' : isChecked ? 'yes' : 'unknown',
    trusted: isTrusted ? 'yes' : asked.some(isShownUntrusted) ? 'no' : 'unknown',
    additions: additionsIn(asked),
    signature: people.at(-1) ?? signatures.at(-1),
    isUnreadable: signatures.length === 0,
    isWeak: !isChecked && asked.every(({ intact, reasons }) => intact === true || reasons.some(isOfAlgorithm)),
  };
}

const shownAdditions = [
  ['form-fill', { vi: 'biểu mẫu được điền thêm', en: 'the form was filled in' }],
  ['comment', { vi: 'có ghi chú được thêm', en: 'comments were added' }],
] as const;

function additionsIn(signatures: readonly SignatureReport[]): Text | undefined {
  const kinds = new Set(signatures.flatMap(({ changesAfter }) => changesAfter.map(({ kind }) => kind)));
  const found = shownAdditions.flatMap(([kind, text]) => (kinds.has(kind) ? [text] : []));
  if (found.length === 0) return undefined;
  return { vi: found.map(({ vi }) => vi).join(' và '), en: found.map(({ en }) => en).join(' and ') };
}

const isOfAlgorithm = ({ code }: SignatureReport['reasons'][number]) =>
  code === 'algorithm-refused' || code === 'time-stamp-refused';

/** Reasons that show that a certificate was not good then. */
const untrustedCodes: ReadonlySet<string> = new Set([
  'certificate-revoked',
  'certificate-expired',
  'certificate-not-yet-valid',
]);

function isShownUntrusted({ trusted, reasons }: SignatureReport): boolean {
  return !trusted && reasons.some(({ code }) => untrustedCodes.has(code));
}

/** The words for a report. */
export function describe(report: ValidationReport): Wording {
  if (report.verdict === 'unsigned') return unsigned;
  const evidence = evidenceOf(report);
  if (evidence.isUnreadable) return notRead(report);
  return {
    sentence: sentenceOf(evidence),
    unchanged: { answer: evidence.unchanged, sentence: unchangedSentence(evidence) },
    trusted: { answer: evidence.trusted, sentence: trustedSentences[evidence.trusted] },
    nextStep: nextStepOf(evidence),
  };
}

function sentenceOf(evidence: Evidence): Text {
  const { verdict, unchanged, trusted } = evidence;
  // What was shown goes first, whatever the verdict: a change, then a certificate that was not good.
  if (unchanged === 'no') {
    return {
      vi: 'Không đúng: văn bản đã bị sửa sau khi ký, hoặc chữ ký không khớp.',
      en: 'Not genuine: changed after it was signed, or the signature does not match.',
    };
  }
  if (verdict === 'invalid') return invalidSentence(evidence);
  if (verdict === 'valid' && unchanged === 'yes' && trusted === 'yes') return genuine(evidence);
  return openSentence(evidence);
}

function genuine({ signature, additions }: Evidence): Text {
  const { signer = null, time, format } = signature ?? {};
  const at = time?.proven ?? time?.claimed;
  const when = at ? new Date(at) : undefined;
  if (format === 'document-time-stamp') {
    return {
      vi: `Đúng: văn bản có dấu thời gian${when ? ` ngày ${dayText(when)}` : ''} và chưa bị sửa từ đó; không có chữ ký của người nào.`,
      en: `Genuine: time-stamped${when ? ` on ${englishDate.format(when)}` : ''} and unchanged since; no person signed it.`,
    };
  }
  const name = signer?.name ?? '';
  // A seal is the organisation's own: its name once.
  const place = signer?.organisation && signer.organisation !== name ? `, ${signer.organisation}` : '';
  const [whenVi, whenEn] = when ? [` ngày ${dayText(when)}`, ` on ${englishDate.format(when)}`] : ['', ''];
  return additions
    ? {
        vi: `Đúng: văn bản do ${name}${place} ký${whenVi}; phần đã ký còn nguyên, ${additions.vi} như cho phép.`,
        en: `Genuine: signed by ${name}${place}${whenEn}; what was signed is as it was, ${additions.en} as allowed.`,
      }
    : {
        vi: `Đúng: văn bản do ${name}${place} ký${whenVi} và chưa bị sửa.`,
        en: `Genuine: signed by ${name}${place}${whenEn}, unchanged since.`,
      };
}

function invalidSentence({ unchanged, trusted }: Evidence): Text {
  if (trusted !== 'no') {
    return {
      vi: 'Không đúng: chữ ký ghi sai quy cách nên không có giá trị.',
      en: 'Not genuine: the signature is not written as it must be and proves nothing.',
    };
  }
  return unchanged === 'yes'
    ? {
        vi: 'Không tin được: văn bản chưa bị sửa, nhưng chứng thư của người ký không còn hiệu lực vào lúc ký.',
        en: 'Not to be trusted: unchanged, but the signer’s certificate was not good when it was signed.',
      }
    : {
        vi: 'Không tin được: chứng thư của người ký không còn hiệu lực vào lúc ký.',
        en: 'Not to be trusted: the signer’s certificate was not good when it was signed.',
      };
}

function openSentence({ unchanged, trusted, signature, additions, isWeak }: Evidence): Text {
  const name = signature?.signer?.name;
  const [byVi, byEn] = name ? [` «${name}»`, ` "${name}"`] : ['', ''];
  if (unchanged === 'unknown' && isWeak) {
    return {
      vi: 'Chưa kết luận được: chữ ký hoặc dấu thời gian dùng thuật toán yếu hay không được phép, nên không chứng minh được nội dung có còn nguyên như khi ký hay không.',
      en: 'Not settled: the signature or time stamp uses an algorithm that is weak or not allowed, so it cannot prove what was signed.',
    };
  }
  if (unchanged === 'unknown') {
    return {
      vi: 'Chưa kết luận được: có chữ ký, nhưng chưa kiểm tra được nội dung có còn nguyên như khi ký hay không.',
      en: 'Not settled: there is a signature, but whether the content is as it was signed could not be checked.',
    };
  }
  if (trusted === 'yes') {
    return {
      vi: `Chưa kết luận được: phần người ký${byVi} đã ký còn nguyên, nhưng còn điều chưa chứng minh được; xem lý do bên dưới.`,
      en: `Not settled: what the signer${byEn} signed is as it was, but something is not proven; see the reasons below.`,
    };
  }
  const [whatVi, whatEn] = additions
    ? ['phần đã ký còn nguyên', 'what was signed is as it was']
    : ['văn bản chưa bị sửa từ khi ký', 'unchanged since it was signed'];
  return {
    vi: `Chưa kết luận được: ${whatVi}, nhưng chưa chứng minh được người ký${byVi} là ai.`,
    en: `Not settled: ${whatEn}, but it is not proven who the signer${byEn} is.`,
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

/** A file whose signatures could not be read: nothing is known, neither that it is signed nor that it is not. */
function notRead({ reasons }: ValidationReport): Wording {
  const [reason] = reasons;
  const isChanged = reason?.code === 'signature-removed';
  if (isChanged) {
    return {
      sentence: {
        vi: 'Không đúng: một chữ ký từng có trong tệp đã bị gỡ ra.',
        en: 'Not genuine: a signature that the file had was taken out.',
      },
      unchanged: { answer: 'no', sentence: unchangedSentence({ unchanged: 'no', additions: undefined }) },
      trusted: { answer: 'unknown', sentence: trustedSentences.unknown },
      nextStep: nextSteps.changed,
    };
  }
  return {
    sentence: {
      vi: 'Chưa kiểm tra được tệp này, nên không thể nói tệp đúng hay sai; xem lý do bên dưới.',
      en: 'This file could not be checked, so nothing can be said about it; see the reason below.',
    },
    unchanged: { answer: 'unknown', sentence: unchangedSentence({ unchanged: 'unknown', additions: undefined }) },
    trusted: { answer: 'unknown', sentence: trustedSentences.unknown },
    nextStep: nextSteps.unread,
  };
}

function unchangedSentence({
  unchanged,
  additions,
  isWeak,
}: Pick<Evidence, 'unchanged' | 'additions'> & Partial<Evidence>): Text {
  if (unchanged === 'no') {
    return {
      vi: 'Đã bị sửa sau khi ký, hoặc chữ ký không khớp với nội dung.',
      en: 'Changed after it was signed, or the signature does not match.',
    };
  }
  if (unchanged === 'unknown' && isWeak) {
    return {
      vi: 'Không chứng minh được: thuật toán của chữ ký hoặc dấu thời gian yếu hay không được phép.',
      en: 'Not provable: the algorithm of the signature or time stamp is weak or not allowed.',
    };
  }
  if (unchanged === 'unknown') {
    return {
      vi: 'Chưa kiểm tra được nội dung có còn nguyên như khi ký hay không.',
      en: 'Whether the content is as it was signed could not be checked.',
    };
  }
  return additions
    ? {
        vi: `Phần đã ký còn nguyên; sau đó ${additions.vi} như cho phép.`,
        en: `What was signed is as it was; ${additions.en} afterwards, as allowed.`,
      }
    : { vi: 'Chưa bị sửa từ khi ký.', en: 'Unchanged since it was signed.' };
}

const trustedSentences: Readonly<Record<'yes' | 'no' | 'unknown', Text>> = {
  yes: {
    vi: 'Chứng thư của người ký được công nhận và còn hiệu lực vào lúc ký.',
    en: "The signer's certificate was recognised and good at the time of signing.",
  },
  no: {
    vi: 'Chứng thư của người ký không còn hiệu lực vào lúc ký.',
    en: "The signer's certificate was not good at the time of signing.",
  },
  unknown: {
    vi: 'Chưa chứng minh được chứng thư của người ký được công nhận và có hiệu lực vào lúc ký.',
    en: "It is not proven that the signer's certificate was recognised and good at the time of signing.",
  },
};

function nextStepOf({ verdict, unchanged, trusted, isWeak }: Evidence): Text {
  if (unchanged === 'no') return nextSteps.changed;
  if (verdict === 'invalid') return trusted === 'no' ? nextSteps.refused : nextSteps.changed;
  if (unchanged === 'unknown') return isWeak ? nextSteps.weak : nextSteps.unread;
  if (verdict === 'valid' && trusted === 'yes') return nextSteps.valid;
  return trusted === 'yes' ? nextSteps.open : nextSteps.untrusted;
}

const nextSteps = {
  valid: {
    vi: 'Có thể dùng văn bản này. Hãy lưu cả tệp PDF: bản in không mang chữ ký.',
    en: 'You can rely on this document. Keep the PDF itself: paper carries no signature.',
  },
  untrusted: {
    vi: 'Đừng vội từ chối: hỏi nơi cấp về chứng thư gốc của họ và xin bản có dấu thời gian, rồi kiểm tra lại.',
    en: 'Do not refuse yet: ask the issuer for their root certificate and a time-stamped copy, then verify again.',
  },
  open: {
    vi: 'Xem lý do bên dưới và hỏi nơi cấp để nhận bản gốc, rồi kiểm tra lại.',
    en: 'Look at the reasons below and ask the issuer for the original, then verify again.',
  },
  unread: {
    vi: 'Đừng dùng văn bản này khi chưa kiểm tra được. Xin lại tệp gốc từ nơi cấp, hoặc mở mã QR in trên văn bản.',
    en: 'Do not rely on it before it can be checked. Ask the issuer for the original, or open the QR printed on it.',
  },
  weak: {
    vi: 'Chưa nên dùng văn bản này: hỏi nơi cấp và xin bản ký bằng thuật toán hiện hành, hoặc mở mã QR in trên văn bản.',
    en: 'Do not rely on it yet: ask the issuer for a copy signed with a current algorithm, or open the QR printed on it.',
  },
  changed: {
    vi: 'Đừng dùng văn bản này. Xin lại tệp gốc từ nơi cấp, hoặc mở mã QR in trên văn bản.',
    en: 'Do not rely on it. Ask the issuer for the original file, or open the QR printed on it.',
  },
  refused: {
    vi: 'Đừng dùng văn bản này. Hỏi nơi cấp xem chứng thư của người ký có bị thu hồi không.',
    en: "Do not rely on it. Ask the issuer whether the signer's certificate was revoked.",
  },
} as const satisfies Record<string, Text>;
