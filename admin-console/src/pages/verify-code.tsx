import type { PaperQuestion, VerifyCodeProps } from '@edutrust/signing-service/pages';
import { Banner, Field } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { Row, Ruled } from '../design/ruled.tsx';
import { Document, ErrorBanner, FileForm, Shape } from './verify.tsx';

const codeLooks = {
  issued: 'good',
  signed: 'warn',
  waiting: 'warn',
  rejected: 'bad',
  withdrawn: 'bad',
  replaced: 'warn',
  revoked: 'bad',
} as const;

/** Where the QR of a paper leads: first the sentence about the paper in hand, then how to know whether it says the same. */
export function VerifyCode(props: VerifyCodeProps) {
  const { document, sentence, error } = props;
  const look = document.copy && !document.copy.isOriginalInForce ? 'warn' : codeLooks[document.state];
  const isIssued = document.state === 'issued';
  return (
    <>
      <div class={`verdict look-${look}`}>
        <Shape look={look} />
        <div class="grid gap-1">
          <p class="text-sm text-quiet">
            {t('Mã trên giấy', 'The code on the paper')} · <span class="code">{document.code}</span>
          </p>
          <h1>{sentence}</h1>
          {isIssued && (
            <p class="text-lg">
              {t(
                'Tờ giấy trong tay có ghi giống vậy không? Cách để biết:',
                'Does the paper in your hand say the same? How to know:',
              )}
            </p>
          )}
        </div>
      </div>
      <div class={isIssued ? 'split split-even' : 'grid max-w-[34rem]'}>
        <Document document={document} />
        {isIssued && <HowToKnow {...props} />}
      </div>
      {!isIssued && error && <ErrorBanner error={error} />}
    </>
  );
}

/** Three ways to know whether the paper in hand says what was signed, the quickest first. */
function HowToKnow({ document, action, maxBytes, error, paper }: VerifyCodeProps) {
  return (
    <Ruled isOrdered>
      {paper && (
        <Row mark={1} title={t('Gõ hai điểm trên giấy', 'Type two marks from the paper')}>
          <PaperForm paper={paper} />
        </Row>
      )}
      <Row
        mark={paper ? 2 : 1}
        title={t('Có tệp PDF: so từng byte với bản đã ký', 'With the PDF: compare every byte with the signed one')}
      >
        <div class="mt-3 grid gap-3">
          <ErrorBanner error={error} />
          <FileForm
            action={action}
            maxBytes={maxBytes}
            label={t('Chọn tệp PDF', 'Choose the PDF')}
            isSecond={Boolean(paper)}
          />
        </div>
      </Row>
      <Row
        mark={paper ? 3 : 2}
        title={t(`Hỏi ${document.issuer}`, `Ask ${document.issuer}`)}
        note={t(`Đọc mã ${document.code} cho trường.`, `Read them the code ${document.code}.`)}
      />
    </Ruled>
  );
}

/** Two marks in, one answer out: it never says which of them differs. */
function PaperForm({ paper }: { readonly paper: PaperQuestion }) {
  const [first, second] = paper.cells;
  const labelOf = (cell: PaperQuestion['cells'][number] | undefined) => cell && `${cell.subject}, ${cell.column}`;
  return (
    <form method="post" action={`${paper.action}#paper`} class="mt-3 grid gap-3" id="paper">
      <p class="text-quiet">
        {t(
          'Không cần tệp. Trang chỉ trả lời khớp hay không.',
          'No file needed. The answer is only whether they match.',
        )}
      </p>
      {paper.answer === 'matches' && (
        <Banner state="good">
          {t(
            'Khớp: hai điểm này giống bản trường đã ký.',
            'They match: these two marks are as the school signed them.',
          )}{' '}
          {t('Muốn chắc cả tờ, hãy so tệp PDF.', 'To be sure of the whole paper, compare the PDF.')}
        </Banner>
      )}
      {paper.answer === 'differs' && (
        <Banner state="bad">
          {t(
            'Không khớp với bản trường đã ký. Xem lại đã gõ đúng như trên giấy chưa; nếu đúng, đừng dùng tờ giấy này.',
            'They differ from what the school signed. Look whether you typed what the paper says; if so, do not use the paper.',
          )}
        </Banner>
      )}
      <ErrorBanner error={paper.error} />
      <div class="grid gap-3 sm:grid-cols-2">
        {[
          { name: 'first', label: labelOf(first), value: paper.typed?.[0] },
          { name: 'second', label: labelOf(second), value: paper.typed?.[1] },
        ].map(({ name, label = '', value }) => (
          <Field
            key={name}
            label={label}
            name={name}
            inputmode="decimal"
            autocomplete="off"
            maxlength={10}
            required
            {...(value ? { value } : {})}
          />
        ))}
      </div>
      <button type="submit" class="button button-primary justify-self-start">
        {t('So hai điểm', 'Compare the marks')}
      </button>
    </form>
  );
}
