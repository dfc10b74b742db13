import type { Answer, PublicDocument, VerifyProps, VerifyReportProps } from '@edutrust/signing-service/pages';
import type { ComponentChildren } from 'preact';
import { Banner, Field } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { formatDate, formatNumber, formatTime, t } from '../design/language.ts';
import { StateShape } from '../design/mark.tsx';
import { Row, Ruled } from '../design/ruled.tsx';
import { LaterChanges } from './changed-pages.tsx';
import { Chain, Detail, type Look, SignatureDetails, TimeLine, verdictLooks, verdictWords } from './verify-details.tsx';

const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);

export function FileForm({
  action,
  maxBytes,
  label,
  isJudgedHere = false,
  isSecond,
}: {
  readonly action: string;
  readonly maxBytes: number;
  readonly label: ComponentChildren;
  /** With a script the page judges the file itself, and the server never gets it. */
  readonly isJudgedHere?: boolean;
  /** Something else is what most people do on the page. */
  readonly isSecond?: boolean;
}) {
  return (
    <form
      method="post"
      action={action}
      enctype="multipart/form-data"
      class="drop"
      data-drop
      data-judged-here={isJudgedHere || undefined}
    >
      <label for="file" class="font-semibold text-lg">
        {label}
      </label>
      <input
        id="file"
        name="file"
        type="file"
        accept="application/pdf,.pdf,.p7s,.p7m,.xml,.json,.jws,.asice,.asics,.sce,.scs"
        required
        class="control"
        aria-describedby="file-hint"
      />
      <p id="file-hint" class="text-sm text-quiet">
        {t(
          `Tệp PDF hoặc tệp chữ ký, tối đa ${mebibytes(maxBytes)} MiB. Tệp chỉ được đọc để kiểm tra, không lưu lại.`,
          `A PDF or a signature file of at most ${mebibytes(maxBytes)} MiB. It is read for this check only and not kept.`,
        )}
      </p>
      <details>
        <summary>
          {t(
            'Có hai tệp? (chữ ký riêng .p7s, hoặc học bạ số PDF và XML)',
            'Two files? (a signature of its own, .p7s, or a school report as PDF and XML)',
          )}
        </summary>
        <label for="content" class="block mt-2">
          {t(
            'Chọn thêm tệp đã được ký, hoặc bản kia của học bạ',
            'Choose the file that it signs, or the other form of the report',
          )}
        </label>
        <input id="content" name="content" type="file" class="control" />
      </details>
      <details>
        <summary>{t('Tệp PDF có mật khẩu?', 'Does the PDF have a password?')}</summary>
        <label for="password" class="block mt-2">
          {t('Mật khẩu của tệp', 'Password of the file')}
        </label>
        <input id="password" name="password" type="password" autocomplete="off" maxlength={127} class="control" />
      </details>
      <button type="submit" class={`button justify-self-start ${isSecond ? '' : 'button-primary'}`}>
        <Icon name="shield-check" />
        {t('Kiểm tra', 'Check')}
      </button>
    </form>
  );
}

export function ErrorBanner({
  error,
}: {
  readonly error: { readonly detail: string; readonly remedy?: string } | undefined;
}) {
  if (!error) return null;
  return (
    <Banner state="bad">
      {error.detail} {error.remedy}
    </Banner>
  );
}

export function Verify({ action, codeAction, maxBytes, error, code }: VerifyProps) {
  return (
    <>
      <div>
        <h1>{t('Kiểm tra chữ ký số', 'Check a digital signature')}</h1>
        <p class="text-quiet">
          {t(
            'Xem ai đã ký, tài liệu có bị sửa không, và lúc ký người ký có được tin cậy không.',
            'See who signed, whether the document was changed, and whether the signer was trusted when it was signed.',
          )}
        </p>
      </div>
      <ErrorBanner error={error} />
      <div class="split">
        <FileForm
          action={action}
          maxBytes={maxBytes}
          label={
            <>
              {t('Chọn tệp PDF', 'Choose the PDF')}
              <span class="by-mouse">{t(', hoặc thả vào đây', ', or drop it here')}</span>
            </>
          }
          isJudgedHere
        />
        <CodeForm action={codeAction} code={code} />
      </div>
    </>
  );
}

/** For who has only the paper. */
function CodeForm({ action, code }: { readonly action: string; readonly code: string | undefined }) {
  return (
    <section class="grid gap-4" aria-labelledby="by-code">
      <h2 id="by-code">{t('Chỉ có tờ giấy', 'With the paper only')}</h2>
      <p>
        {t(
          'Quét mã QR trên giấy bằng điện thoại, hoặc gõ mã in dưới mã QR.',
          'Scan the QR code on the paper with a phone, or type the code printed under it.',
        )}
      </p>
      <form method="get" action={action} class="grid gap-3">
        <Field
          label={t('Mã in dưới mã QR', 'The code under the QR')}
          name="code"
          value={code ?? ''}
          placeholder="F6DT-3HTX-X77M"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
        />
        <button type="submit" class="button justify-self-start">
          <Icon name="search" />
          {t('Tra mã', 'Look up the code')}
        </button>
      </form>
      <p>
        <a href="/verify/diploma">{t('Tra bằng tốt nghiệp THPT theo số', 'Look up a diploma by its number')}</a>
      </p>
    </section>
  );
}

function Verdict({ verdict, sentence }: Pick<VerifyReportProps, 'verdict' | 'sentence'>) {
  const look = verdictLooks[verdict];
  const word = verdictWords[verdict]();
  // The word stands above already: «Chưa kết luận được: văn bản …» says it twice.
  const rest = sentence.startsWith(`${word}: `) ? sentence.slice(word.length + 2) : sentence;
  return (
    <div class={`verdict look-${look}`} role="status">
      <Shape look={look} />
      <div>
        <p class="verdict-word">{word}</p>
        <h1>{rest.charAt(0).toUpperCase() + rest.slice(1)}</h1>
      </div>
    </div>
  );
}

/** Round, diamond, octagon or a dashed square: told apart without any colour. */
export function Shape({ look }: { readonly look: Look }) {
  return (
    <span class={`shape shape-${look}`} aria-hidden="true">
      <StateShape state={look} />
    </span>
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
    <div class={`answer look-${answerLooks[answer.answer]}`}>
      <dt class="text-sm text-quiet">{question}</dt>
      <dd class="verdict-word flex items-center gap-2">
        <StateShape state={answerLooks[answer.answer]} />
        {answerWords[answer.answer]()}
      </dd>
      <dd>{answer.sentence}</dd>
    </div>
  );
}

export function VerifyReport(props: VerifyReportProps) {
  const { verdict, sentence, unchanged, trusted, reasons, warnings, nextStep, document, signatures, judgedAt } = props;
  // The signature that people mean: the last by a person.
  const asked = signatures.findLast(({ format }) => format !== 'document-time-stamp') ?? signatures.at(-1);
  return (
    <>
      <Verdict verdict={verdict} sentence={sentence} />
      {document?.replacedBy && (
        <Banner state="warn">
          {t(
            `Bản này đã bị thay thế bằng bản sửa, mã ${document.replacedBy}. Hãy dùng bản mới.`,
            `This was replaced by a corrected document, code ${document.replacedBy}. Use the new one.`,
          )}
        </Banner>
      )}
      {props.otherForm && <Banner state={props.otherForm.agrees ? 'good' : 'bad'}>{props.otherForm.sentence}</Banner>}
      <div class="split">
        <div class="grid gap-8 grid-cols-[minmax(0,1fr)]">
          <dl class="grid gap-5 sm:grid-cols-2">
            <Question question={t('Còn nguyên như khi ký?', 'Unchanged since it was signed?')} answer={unchanged} />
            <Question
              question={t('Lúc ký, người ký được tin cậy?', 'Was the signer trusted when it was signed?')}
              answer={trusted}
            />
          </dl>
          <Next state={verdict === 'unsigned' ? 'now' : nextStates[verdict]}>{nextStep}</Next>
          {asked && <TimeLine signature={asked} judgedAt={judgedAt} />}
          {asked && <Chain signature={asked} />}
          {asked && <LaterChanges signature={asked} />}
          {warnings.length > 0 && (
            <section class="grid gap-2" aria-labelledby="worth-a-look">
              <h2 id="worth-a-look">{t('Nên xem kỹ', 'Worth a look')}</h2>
              <Ruled onMargin isTight>
                {warnings.map((sentence) => (
                  <Row key={sentence} mark="warn" title={sentence} />
                ))}
              </Ruled>
            </section>
          )}
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
        </div>
        <div class="grid gap-6">
          {document && <Document document={document} isSameFile={document.isSameFile} />}
          <div class="grid gap-3 no-print">
            {props.paperPath === null ? (
              <button type="button" class="button button-primary" onClick={() => print()}>
                <Icon name="printer" />
                {t('In kết quả', 'Print the result')}
              </button>
            ) : (
              <a class="button button-primary" href={props.paperPath} download>
                <Icon name="download" />
                {t('Tải biên bản (PDF)', 'Download the report (PDF)')}
              </a>
            )}
            <a class="button" href={props.downloadPath} download>
              {t('Cho máy đọc (JSON)', 'For programs (JSON)')}
            </a>
            <a class="button" href={props.etsiPath} download="bao-cao-kiem-tra.xml">
              {t('Theo chuẩn ETSI (XML)', 'By the ETSI standard (XML)')}
            </a>
            <a class="button button-quiet" href={props.again}>
              {t('Kiểm tra tệp khác', 'Check another file')}
            </a>
          </div>
        </div>
      </div>
      <details class="card">
        <summary>{t('Chi tiết kỹ thuật', 'Technical details')}</summary>
        <dl class="facts mt-4 text-sm">
          <Detail name={t('Tệp', 'File')}>
            {props.fileName} ({formatNumber(props.sizeBytes)} B)
          </Detail>
          <Detail name="SHA-256">
            <span class="break-all code whitespace-normal">{props.sha256}</span>
          </Detail>
          <Detail name={t('Kiểm tra lúc', 'Checked at')}>{formatTime(judgedAt)}</Detail>
        </dl>
        {signatures.map((signature, index) => (
          <SignatureDetails
            key={signature.field}
            signature={signature}
            title={t(`Chữ ký ${index + 1}`, `Signature ${index + 1}`)}
          />
        ))}
      </details>
    </>
  );
}

const nextStates = { valid: 'good', indeterminate: 'warn', invalid: 'bad' } as const;

/** What to do now, said once; the page is no alert. */
function Next({ state, children }: { readonly state: 'good' | 'warn' | 'bad' | 'now'; readonly children: string }) {
  return (
    <section class={`banner state-${state}`} aria-label={t('Nên làm gì', 'What to do now')}>
      <Icon name="info" />
      <div>
        <span class="font-semibold">{t('Nên làm gì.', 'What to do now.')}</span> {children}
      </div>
    </section>
  );
}

export function Document({
  document,
  isSameFile,
}: {
  readonly document: PublicDocument;
  readonly isSameFile?: boolean;
}) {
  return (
    <section class="grid gap-3">
      <h2>{document.title}</h2>
      <dl class="facts">
        {document.holder && <Detail name={t('Của', 'Of')}>{document.holder}</Detail>}
        <Detail name={t('Nơi cấp', 'Issued by')}>{document.issuer}</Detail>
        <Detail name={t('Ngày phát hành', 'Issued on')}>
          {document.signedAt ? formatDate(document.signedAt) : t('chưa phát hành', 'not issued yet')}
        </Detail>
        <Detail name={t('Mã', 'Code')}>
          <span class="code">{document.code}</span>
        </Detail>
        {document.copy && (
          <Detail name={t('Bản sao của', 'A copy of')}>
            <a class="code" href={`/verify/${document.copy.of}`}>
              {document.copy.of}
            </a>
          </Detail>
        )}
        {document.dataSha256 && (
          <Detail name={t('SHA-256 của bản XML', 'SHA-256 of the XML')}>
            <span class="break-all code whitespace-normal">{document.dataSha256}</span>
          </Detail>
        )}
        {isSameFile !== undefined && (
          <Detail name={t('So với bản gốc', 'Against the original')}>
            {isSameFile
              ? t('đúng từng byte với bản lưu ở đây', 'byte for byte the one kept here')
              : t('không phải tệp đang lưu ở đây', 'not the file that is kept here')}
          </Detail>
        )}
      </dl>
      <Ruled isTight isOrdered label={t('Những người ký', 'Who signs')}>
        {document.signatures.map(({ name, title, at }) => (
          <Row
            key={`${title} ${name}`}
            mark={at ? 'good' : 'later'}
            title={name}
            note={`${title} · ${at ? formatTime(at) : t('chưa ký', 'not signed yet')}`}
          />
        ))}
      </Ruled>
    </section>
  );
}
