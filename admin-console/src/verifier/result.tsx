import type { BrowserAnswer } from '@edutrust/signing-service/judge-messages';
import { Banner } from '../design/form.tsx';
import { locale, t } from '../design/language.ts';
import { VerifyReport } from '../pages/verify.tsx';
import type { Outcome } from './judge.ts';

export type Judged = Extract<BrowserAnswer, { readonly report: unknown }>;

/**
 * What a file turned out to be, as the server's page shows it. `note` says what could not be looked up; `sendToServer` has
 * the server judge it too and write the report as a PDF.
 */
export function Result({
  judged,
  again,
  note,
  sendToServer,
}: {
  readonly judged: Judged;
  readonly again: string;
  readonly note: string;
  readonly sendToServer?: () => void;
}) {
  const { report, etsi, shown } = judged;
  const text = JSON.stringify({ file: shown.vi.fileName, ...report }, null, 2);
  const json = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const xml = URL.createObjectURL(new Blob([etsi], { type: 'application/xml' }));
  return (
    <>
      <VerifyReport {...shown[locale()]} downloadPath={json} etsiPath={xml} again={again} />
      <Banner state="now">
        {t('Kiểm tra ngay trên máy này: tệp không rời máy.', 'Checked on this machine: the file did not leave it.')}{' '}
        {note}
      </Banner>
      {sendToServer && (
        <p class="no-print">
          <button type="button" class="button button-quiet" onClick={sendToServer}>
            {t('Gửi tệp lên máy chủ, lấy biên bản (PDF)', 'Send the file to the server for a report (PDF)')}
          </button>
        </p>
      )}
    </>
  );
}

/** Why there is no result: of the file only that it is of no kind that is judged, or too large. */
export function problemOf(outcome: Exclude<Outcome, Judged>): string {
  if ('notAPdf' in outcome) {
    return t(
      'Tệp này không phải PDF hay tệp chữ ký. Hãy chọn tệp PDF (.pdf) hoặc tệp chữ ký (.p7s, .p7m, .xml, .json, .asice).',
      'This file is neither a PDF nor a signature. Choose a PDF (.pdf) or a signature (.p7s, .p7m, .xml, .json, .asice).',
    );
  }
  if ('isTooLarge' in outcome) {
    const mebibytes = Math.round(outcome.mostBytes / 2 ** 20);
    return t(
      `Tệp lớn hơn ${mebibytes} MiB nên không được đọc.`,
      `The file is larger than ${mebibytes} MiB and was not read.`,
    );
  }
  if ('isLate' in outcome) {
    return t(
      'Máy này chưa kiểm tra xong tệp, nên không thể nói tệp đúng hay sai.',
      'This machine did not get through the file, so nothing can be said about it.',
    );
  }
  return t(
    'Chưa kiểm tra được tệp trên máy này, nên không thể nói tệp đúng hay sai.',
    'The file could not be checked on this machine, so nothing can be said about it.',
  );
}
