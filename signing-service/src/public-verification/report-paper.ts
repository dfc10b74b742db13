import type { Locale, Text } from '@edutrust/platform/messages';
import { drawSheet, timeText } from '../sheet/sheet.ts';
import type { SignatureReport } from '../validation/report.ts';
import type { AnswerText } from './sentences.ts';
import type { VerificationReport } from './verify.ts';

const colours = { valid: '#17673b', indeterminate: '#7a4a08', invalid: '#a01f1f', unsigned: '#4d5663' } as const;
const answerColours = { yes: 'valid', no: 'invalid', unknown: 'indeterminate', none: 'unsigned' } as const;

const words = {
  title: { vi: 'Biên bản kiểm tra chữ ký số', en: 'Report of a signature check' },
  valid: { vi: 'Hợp lệ', en: 'Valid' },
  indeterminate: { vi: 'Chưa kết luận được', en: 'Not conclusive' },
  invalid: { vi: 'Không hợp lệ', en: 'Invalid' },
  unsigned: { vi: 'Không có chữ ký', en: 'Not signed' },
  unchanged: { vi: 'Còn nguyên như khi ký?', en: 'Unchanged since it was signed?' },
  trusted: { vi: 'Lúc ký, người ký được tin cậy?', en: 'Was the signer trusted when it was signed?' },
  yes: { vi: 'Có', en: 'Yes' },
  no: { vi: 'Không', en: 'No' },
  unknown: { vi: 'Chưa rõ', en: 'Not known yet' },
  none: { vi: 'Không áp dụng', en: 'Does not apply' },
  next: { vi: 'Nên làm gì', en: 'What to do now' },
  file: { vi: 'Tệp đã kiểm tra', en: 'The file that was checked' },
  name: { vi: 'Tên tệp', en: 'File name' },
  size: { vi: 'Kích thước', en: 'Size' },
  judged: { vi: 'Kiểm tra lúc', en: 'Checked at' },
  signature: { vi: 'Chữ ký', en: 'Signature' },
  signer: { vi: 'Người ký', en: 'Signer' },
  claimed: { vi: 'Tự khai ký lúc', en: 'Claimed time' },
  proven: { vi: 'Chứng minh được lúc', en: 'Proven time' },
  chain: { vi: 'Ai chứng thực ai', en: 'Who certifies whom' },
  until: { vi: 'có hạn tới', en: 'valid until' },
  later: { vi: 'Có thêm sau khi ký', en: 'Added after signing' },
  allowed: { vi: 'được phép', en: 'allowed' },
  refused: { vi: 'không được phép', en: 'not allowed' },
  page: { vi: 'trang', en: 'page' },
  document: { vi: 'Văn bản cấp ở đây', en: 'Issued here' },
  issuer: { vi: 'Nơi cấp', en: 'Issued by' },
  original: { vi: 'Xem bản gốc', en: 'See the original' },
  reasons: { vi: 'Lý do', en: 'Reasons' },
  look: { vi: 'Nên xem kỹ', en: 'Worth a look' },
  witnesses: { vi: 'Bên làm chứng cho sổ', en: 'Witnesses of the log' },
  noWitness: { vi: 'không bên nào ký xác nhận', en: 'none has cosigned' },
  counter: { vi: 'Chữ ký xác nhận lên chữ ký', en: 'Counter-signature on signature' },
  code: { vi: 'Mã ETSI EN 319 102-1', en: 'ETSI EN 319 102-1 code' },
  again: {
    vi: 'Biên bản này không mang chữ ký, nên tự nó không chứng minh gì. Ai cũng có thể kiểm tra lại chính tệp đó tại',
    en: 'This report is not signed, so it proves nothing by itself. Anyone can check the same file again at',
  },
} satisfies Record<string, Text>;

/**
 * The report of a check as a PDF to print or to put into a file: the answer first, what it rests on below. It is tagged
 * for screen readers and carries no tick that could be mistaken for a signature.
 */
export async function makeReportPaper(
  report: VerificationReport & { readonly file?: string },
  { locale, origin }: { readonly locale: Locale; readonly origin: string },
): Promise<Buffer> {
  const t = (text: Text) => text[locale];
  return drawSheet({ title: t(words.title), locale, at: new Date(report.judgedAt) }, (paper) => {
    paper.verdict(t(words[report.verdict]), t(report.sentence), colours[report.verdict]);
    paper.beside(
      (
        [
          [words.unchanged, report.unchanged],
          [words.trusted, report.trusted],
        ] as const satisfies readonly (readonly [Text, AnswerText])[]
      ).map(([question, answer]) => ({
        name: t(question),
        answer: t(words[answer.answer]),
        sentence: t(answer.sentence),
        colour: colours[answerColours[answer.answer]],
      })),
    );
    paper.fact(t(words.next), t(report.nextStep));
    paper.heading(t(words.file));
    if (report.file) paper.fact(t(words.name), report.file);
    paper.fact(t(words.size), `${report.sizeBytes.toLocaleString(locale)} B`);
    paper.fact('SHA-256', report.sha256);
    paper.fact(t(words.judged), timeText(report.judgedAt));
    if (report.document) {
      paper.heading(`${t(words.document)}: ${report.document.title}`);
      paper.fact(t(words.issuer), report.document.issuer);
      paper.fact(t(words.original), `${origin}/verify/${report.document.code}`);
    }
    report.signatures.forEach((signature, index) => {
      paper.heading(`${t(words.signature)} ${index + 1}: ${t(words[signature.verdict]).toLocaleLowerCase(locale)}`);
      for (const [name, value] of factsOf(signature, locale)) paper.fact(name, value);
      for (const counter of signature.counterSignatures) {
        paper.heading(`${t(words.counter)} ${index + 1}: ${t(words[counter.verdict]).toLocaleLowerCase(locale)}`);
        for (const [name, value] of factsOf(counter, locale)) paper.fact(name, value);
      }
    });
    paper.proves(`${t(words.again)} ${origin}/verify.`, `${origin}/verify`);
  });
}

/** What is known of one signature, as names and values; nothing that was not found. */
function factsOf(
  { signer, time: when, chain, log, reasons, warnings, sub, changesAfter }: SignatureReport,
  locale: Locale,
): [string, string][] {
  const until = (at: string) => `${words.until[locale]} ${timeText(at).slice(0, 10)}`;
  const facts: [Text, string | null | undefined][] = [
    [words.signer, signer && [signer.name, signer.title, signer.organisation].filter(Boolean).join(', ')],
    [words.claimed, when.claimed && timeText(when.claimed)],
    [words.proven, when.proven && `${timeText(when.proven)}${when.authority ? ` (${when.authority})` : ''}`],
    [words.chain, chain.map(({ name, notAfter }) => `${name}, ${until(notAfter)}`).join('\n')],
    [words.witnesses, log?.witnesses && (log.witnesses.join(', ') || words.noWitness[locale])],
    [words.later, [...new Set(changesAfter.map((change) => changeLine(change, locale)))].join('\n')],
    [words.reasons, reasons.map((reason) => reason[locale]).join(' ')],
    [words.look, warnings.map((warning) => warning[locale]).join('\n')],
    [words.code, sub],
  ];
  return facts.flatMap(([name, value]) => (value ? [[name[locale], value]] : []));
}

/** `Thêm một chữ ký khác (được phép, trang 1)` */
function changeLine(change: SignatureReport['changesAfter'][number], locale: Locale): string {
  const pages = change.pages?.map(({ page }) => page).join(', ');
  const notes = [
    words[change.allowed ? 'allowed' : 'refused'][locale],
    ...(pages ? [`${words.page[locale]} ${pages}`] : []),
  ];
  return `${change[locale].replace(/\.$/, '')} (${notes.join(', ')})`;
}
