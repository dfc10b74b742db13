import type { Database } from '@edutrust/platform/database';
import type { Locale, Text } from '@edutrust/platform/messages';
import { dayText } from '@edutrust/platform/vietnam-time';
import type { PublicDocument, VerifyCodeProps } from '../pages.ts';
import { parseVerificationCode } from '../requests/code.ts';
import { largestFileBytes } from './limits.ts';
import { originalCode } from './original-code.ts';
import { paperCells } from './paper.ts';

/** What the page of a code shows: the document's state, and how to compare paper or a file with it. */
export async function codeProps(db: Database, document: PublicDocument, locale: Locale): Promise<VerifyCodeProps> {
  const cells = await paperCells(db, parseVerificationCode(originalCode(document)));
  return {
    document,
    sentence: sentenceOf(document)[locale],
    action: `/verify/${document.code}`,
    maxBytes: largestFileBytes,
    paper: cells.length > 0 ? { action: `/verify/${document.code}/paper`, cells } : null,
  };
}

/** About the paper in hand, first of all: who gave it out and when, or that it is worth nothing. */
function sentenceOf({ state, issuer, signedAt, replacedBy, copy }: PublicDocument): Text {
  if (copy && (state === 'issued' || state === 'replaced')) return copySentence(issuer, copy);
  if (state === 'replaced') {
    return {
      vi: `Văn bản này đã bị thay thế bằng bản sửa, mã ${replacedBy}. Hãy dùng bản mới.`,
      en: `This document was replaced by a corrected one, code ${replacedBy}. Use the new one.`,
    };
  }
  if (state !== 'issued') return stateSentences[state];
  const at = dayText(new Date(signedAt ?? 0));
  return {
    vi: `Văn bản này do ${issuer} ký số và phát hành ngày ${at}.`,
    en: `${issuer} signed and issued this document on ${at}.`,
  };
}

/** A copy is never taken for the original; and it is worth what the original is worth now. */
function copySentence(issuer: string, copy: NonNullable<PublicDocument['copy']>): Text {
  const { form, number, year, of, isOriginalInForce } = copy;
  const at = dayText(new Date(copy.madeAt));
  const [vi, en] =
    form === 'print'
      ? [
          `Đây là bản in giấy số ${number} năm ${year}, không phải bản gốc`,
          `This is paper print ${number} of ${year}, not the original`,
        ]
      : [
          `Đây là bản trích sao số ${number} năm ${year}, không phải bản gốc`,
          `This is extract ${number} of ${year}, not the original`,
        ];
  const made = {
    vi: `${vi}: ${issuer} cấp ngày ${at} từ văn bản mã ${of}`,
    en: `${en}: ${issuer} made it on ${at} from the document with the code ${of}`,
  };
  if (isOriginalInForce) return { vi: `${made.vi}.`, en: `${made.en}.` };
  return {
    vi: `${made.vi}. Bản gốc đó đã bị thay thế, hãy hỏi bản mới.`,
    en: `${made.en}. That original has been replaced since; ask for the new version.`,
  };
}

const stateSentences = {
  waiting: {
    vi: 'Văn bản này đã được lập nhưng chưa đủ chữ ký.',
    en: 'This document was made but does not have all its signatures yet.',
  },
  signed: {
    vi: 'Văn bản này đã có chữ ký của người có thẩm quyền nhưng chưa đóng dấu, nên chưa phát hành.',
    en: 'Those responsible have signed this document, but it is not sealed and so not issued yet.',
  },
  revoked: {
    vi: 'Văn bản này đã bị thu hồi hoặc huỷ bỏ theo quyết định. Bản in và tệp mang mã này không còn giá trị.',
    en: 'This document was revoked or cancelled by a decision. A paper or file with this code is no longer valid.',
  },
  rejected: {
    vi: 'Người ký đã từ chối văn bản này. Bản in mang mã này không có giá trị.',
    en: 'The signer rejected this document. A paper copy with this code is not valid.',
  },
  withdrawn: {
    vi: 'Văn bản này đã được rút lại. Bản in mang mã này không có giá trị.',
    en: 'This document was withdrawn. A paper copy with this code is not valid.',
  },
} as const;
