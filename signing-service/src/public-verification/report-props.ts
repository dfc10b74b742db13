import type { Locale } from '@edutrust/platform/messages';
import type { PublicDocument, VerifyReportProps } from '../pages.ts';

import type { VerificationReport } from './in-words.ts';
import { originalCode } from './original-code.ts';

/** What surrounds a report on a page. */
interface Shown extends Pick<VerifyReportProps, 'downloadPath' | 'etsiPath' | 'paperPath' | 'again'> {
  readonly fileName: string;
  readonly locale: Locale;
  /** The document that the file was compared with. */
  readonly expected?: PublicDocument;
}

/** What the page shows of a report, in the reader's language: the same from the server and in a browser. */
export function reportProps(report: VerificationReport, { locale, expected, ...shown }: Shown): VerifyReportProps {
  // "As it was signed" of one signature is no reason for the answer about a file that is not good.
  const reasons = [...report.reasons, ...report.signatures.flatMap((signature) => signature.reasons)].filter(
    ({ code }) => code !== 'passed' || report.verdict === 'valid',
  );
  const answer = ({ answer: value, sentence }: VerificationReport['unchanged']) => ({
    answer: value,
    sentence: sentence[locale],
  });
  return {
    ...shown,
    sizeBytes: report.sizeBytes,
    sha256: report.sha256,
    verdict: report.verdict,
    sentence: report.sentence[locale],
    unchanged: answer(report.unchanged),
    trusted: answer(report.trusted),
    reasons: [...new Set(reasons.map((reason) => reason[locale]))],
    warnings: [...new Set(report.signatures.flatMap(({ warnings }) => warnings.map((one) => one[locale])))],
    otherForm: report.otherForm && { ...report.otherForm, sentence: report.otherForm.sentence[locale] },
    nextStep: report.nextStep[locale],
    signatures: report.signatures,
    judgedAt: report.judgedAt,
    document: expected
      ? { ...expected, isSameFile: report.document?.code === originalCode(expected) }
      : report.document,
  };
}
