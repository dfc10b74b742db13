import type {
  Answer,
  PublicDocument,
  VerifyCodeProps,
  VerifyProps,
  VerifyReportProps,
} from '@edutrust/signing-service/pages';
import { Banner, Field } from '../design/form.tsx';
import { formatDate, formatNumber, formatTime, t } from '../design/language.ts';
import { StateShape } from '../design/mark.tsx';
import { Stack } from './document.tsx';
import { Detail, SignatureDetails, TimeLine, verdictLooks, verdictWords } from './verify-details.tsx';

const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);

function FileForm({
  action,
  maxBytes,
  label,
}: {
  readonly action: string;
  readonly maxBytes: number;
  readonly label: string;
}) {
  return (
    <form
      method="post"
      action={action}
      enctype="multipart/form-data"
      class="card grid gap-4 border-dashed border-2"
      data-drop
    >
      <label for="file" class="font-semibold">
        {label}
      </label>
      <input
        id="file"
        name="file"
        type="file"
        accept="application/pdf,.pdf"
        required
        class="control py-2"
        aria-describedby="file-hint"
      />
      <p id="file-hint" class="text-sm text-quiet">
        {t(
          `Tệp PDF, tối đa ${mebibytes(maxBytes)} MiB. Tệp chỉ được đọc để kiểm tra, không lưu lại.`,
          `A PDF of at most ${mebibytes(maxBytes)} MiB. The file is read for this check only and not kept.`,
        )}
      </p>
      <button type="submit" class="button button-primary">
        {t('Kiểm tra', 'Check')}
      </button>
    </form>
  );
}

function ErrorBanner({ error }: { readonly error: { readonly detail: string; readonly remedy?: string } | undefined }) {
  if (!error) return null;
  return (
    <Banner state="bad">
      {error.detail} {error.remedy}
    </Banner>
  );
}

export function Verify({ action, codeAction, maxBytes, error, code }: VerifyProps) {
  return (
    <Stack>
      <h1>{t('Kiểm tra chữ ký số', 'Check a digital signature')}</h1>
      <p>
        {t(
          'Xem ai đã ký, tài liệu có bị sửa không, và lúc ký người ký có được tin cậy không.',
          'See who signed, whether the document was changed, and whether the signer was trusted when it was signed.',
        )}
      </p>
      <ErrorBanner error={error} />
      <FileForm
        action={action}
        maxBytes={maxBytes}
        label={t('Chọn hoặc thả tệp PDF vào đây', 'Choose a PDF or drop it here')}
      />
      <form method="get" action={codeAction} class="grid gap-3">
        <Field
          label={t('Hoặc gõ mã in dưới mã QR', 'Or type the code printed under the QR')}
          name="code"
          value={code ?? ''}
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
        />
        <button type="submit" class="button">
          {t('Tra mã', 'Look up the code')}
        </button>
      </form>
    </Stack>
  );
}

function VerdictCard({
  verdict,
  sentence,
}: {
  readonly verdict: VerifyReportProps['verdict'];
  readonly sentence: string;
}) {
  return (
    <div class={`rounded-card p-5 state-${verdictLooks[verdict]} flex gap-4 items-start`} role="status">
      <span class="text-2xl mt-1">
        <StateShape state={verdictLooks[verdict]} />
      </span>
      <div>
        <h1>{verdictWords[verdict]()}</h1>
        <p class="text-ink mt-1">{sentence}</p>
      </div>
    </div>
  );
}

const answerLooks = { yes: 'good', no: 'bad', unknown: 'warn', none: 'plain' } as const;
const answerWords = {
  yes: () => t('Có', 'Yes'),
  no: () => t('Không', 'No'),
  unknown: () => t('Chưa rõ', 'Not known yet'),
  none: () => t('Không áp dụng', 'Does not apply'),
} as const;

function Question({ question, answer }: { readonly question: string; readonly answer: Answer }) {
  return (
    <div class="card grid gap-1">
      <dt class="text-sm text-quiet">{question}</dt>
      <dd>
        <span class={`state state-${answerLooks[answer.answer]} text-base`}>
          <StateShape state={answerLooks[answer.answer]} />
          {answerWords[answer.answer]()}
        </span>
        <span class="block mt-2">{answer.sentence}</span>
      </dd>
    </div>
  );
}

export function VerifyReport(props: VerifyReportProps) {
  const { verdict, sentence, unchanged, trusted, reasons, nextStep, document, signatures, judgedAt } = props;
  // The signature that people mean: the last by a person.
  const asked = signatures.findLast(({ format }) => format !== 'document-time-stamp') ?? signatures.at(-1);
  return (
    <div class="grid gap-7">
      <VerdictCard verdict={verdict} sentence={sentence} />
      <dl class="grid gap-4 sm:grid-cols-2">
        <Question question={t('Còn nguyên như khi ký?', 'Unchanged since it was signed?')} answer={unchanged} />
        <Question
          question={t('Lúc ký, người ký được tin cậy?', 'Was the signer trusted when it was signed?')}
          answer={trusted}
        />
      </dl>
      <section class={`rounded-card p-4 state-${verdictLooks[verdict]}`} aria-label={t('Nên làm gì', 'What to do now')}>
        <p class="text-ink">
          <span class="font-semibold">{t('Nên làm gì.', 'What to do now.')}</span> {nextStep}
        </p>
      </section>
      {document && <Document document={document} isSameFile={document.isSameFile} />}
      {asked && <TimeLine signature={asked} judgedAt={judgedAt} />}
      {reasons.length > 0 && (
        <section class="grid gap-2">
          <h2>{t('Vì sao', 'Why')}</h2>
          <ul class="list-disc pl-5 grid gap-1">
            {reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </section>
      )}
      <details class="card">
        <summary class="cursor-pointer font-semibold">{t('Chi tiết kỹ thuật', 'Technical details')}</summary>
        <dl class="grid gap-3 mt-4 text-sm">
          <Detail name={t('Tệp', 'File')}>
            {props.fileName} ({formatNumber(props.sizeBytes)} B)
          </Detail>
          <Detail name="SHA-256">
            <span class="break-all">{props.sha256}</span>
          </Detail>
          <Detail name={t('Kiểm tra lúc', 'Judged at')}>{formatTime(judgedAt)}</Detail>
        </dl>
        {signatures.map((signature, index) => (
          <SignatureDetails key={signature.field} signature={signature} number={index + 1} />
        ))}
      </details>
      <p class="flex flex-wrap gap-3">
        <a class="button button-primary" href={props.again}>
          {t('Kiểm tra tệp khác', 'Check another file')}
        </a>
        <a class="button" href={props.downloadPath} download>
          {t('Tải báo cáo (JSON)', 'Download the report (JSON)')}
        </a>
      </p>
    </div>
  );
}

function Document({ document, isSameFile }: { readonly document: PublicDocument; readonly isSameFile?: boolean }) {
  return (
    <section class="card grid gap-3">
      <h2>{document.title}</h2>
      <dl class="grid gap-2">
        {document.holder && <Detail name={t('Của', 'Of')}>{document.holder}</Detail>}
        <Detail name={t('Nơi cấp', 'Issued by')}>{document.issuer}</Detail>
        {document.signatures.map(({ role, name, title, at }) => (
          <Detail key={role} name={title}>
            {name}, {at ? formatTime(at) : t('chưa ký', 'not signed yet')}
          </Detail>
        ))}
        <Detail name={t('Ngày phát hành', 'Issued on')}>
          {document.signedAt ? formatDate(document.signedAt) : t('chưa phát hành', 'not issued yet')}
        </Detail>
        <Detail name={t('Mã', 'Code')}>{document.code}</Detail>
        {isSameFile !== undefined && (
          <Detail name={t('So với bản gốc', 'Against the original')}>
            {isSameFile
              ? t('đúng từng byte với bản lưu ở đây', 'byte for byte the one kept here')
              : t('không phải tệp đang lưu ở đây', 'not the file that is kept here')}
          </Detail>
        )}
      </dl>
    </section>
  );
}

export function VerifyCode({ document, sentence, action, maxBytes, error }: VerifyCodeProps) {
  const state = { issued: 'good', signed: 'warn', waiting: 'warn', rejected: 'bad', withdrawn: 'bad' } as const;
  return (
    <Stack>
      <div class={`rounded-card p-5 state-${state[document.state]} flex gap-3 items-start`}>
        <span class="text-xl mt-1">
          <StateShape state={state[document.state]} />
        </span>
        <h1 class="text-lg">{sentence}</h1>
      </div>
      <Document document={document} />
      <ErrorBanner error={error} />
      <FileForm
        action={action}
        maxBytes={maxBytes}
        label={t('Có tệp trong tay? So với bản đã ký', 'Have the file? Compare it with the signed one')}
      />
    </Stack>
  );
}
