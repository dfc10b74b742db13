import type { SignatureReport, SigningTime } from '@edutrust/signing-service/pages';
import type { ComponentChildren } from 'preact';
import { formatDate, formatTime, locale, t } from '../design/language.ts';
import { Row, Ruled } from '../design/ruled.tsx';

export type Look = 'good' | 'warn' | 'bad' | 'plain';

export const verdictLooks = { valid: 'good', indeterminate: 'warn', invalid: 'bad', unsigned: 'plain' } as const;
export const verdictWords = {
  valid: () => t('Hợp lệ', 'Valid'),
  indeterminate: () => t('Chưa kết luận được', 'Not conclusive'),
  invalid: () => t('Không hợp lệ', 'Invalid'),
  unsigned: () => t('Không có chữ ký', 'Not signed'),
} as const;

/** A name and what it is, in a definition list. */
export function Detail({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

interface Step {
  readonly look: Look;
  readonly what: string;
  readonly detail: string;
}

/** From signing to today, as far as it is proven: signed, stamped, changed, certificate's end, today. */
export function TimeLine({ signature, judgedAt }: { readonly signature: SignatureReport; readonly judgedAt: string }) {
  return (
    <section class="grid gap-3 across" aria-labelledby="time-line">
      <h2 id="time-line">{t('Từ lúc ký tới hôm nay', 'From signing to today')}</h2>
      <Ruled onMargin isTight isOrdered>
        {stepsOf(signature, judgedAt).map(({ look, what, detail }) => (
          <Row key={what} mark={look === 'plain' ? 'later' : look} title={what} note={detail} />
        ))}
      </Ruled>
    </section>
  );
}

/** Who certifies whom, from the signer up to what this page trusts; of a chain that was not found only its beginning. */
export function Chain({ signature }: { readonly signature: SignatureReport }) {
  const { chain, signer } = signature;
  if (!signer) return null;
  const until = (at: string) => t(`có hạn tới ${formatDate(at)}`, `valid until ${formatDate(at)}`);
  return (
    <section class="grid gap-3" aria-labelledby="chain">
      <h2 id="chain">{t('Ai chứng thực ai', 'Who certifies whom')}</h2>
      <Ruled onMargin isTight isOrdered>
        {chain.length > 0 ? (
          chain.map(({ name, notAfter }, index) => (
            <Row
              key={name}
              mark="good"
              title={name}
              note={
                index === chain.length - 1
                  ? t(`gốc mà Sở tin cậy, ${until(notAfter)}`, `a root that the department trusts, ${until(notAfter)}`)
                  : [index === 0 && signer.title, until(notAfter)].filter(Boolean).join(', ')
              }
            />
          ))
        ) : (
          <>
            <Row mark="warn" title={signer.name} note={until(signer.notAfter)} />
            <Row
              mark="later"
              title={
                commonName(signer.issuer) === signer.name
                  ? t('Tự chứng thực cho mình', 'Certified by itself')
                  : commonName(signer.issuer)
              }
              note={t('chưa nối được tới một gốc mà Sở tin cậy', 'does not lead to a root that the department trusts')}
            />
          </>
        )}
      </Ruled>
    </section>
  );
}

function stepsOf({ time, signer, intact, verdict, changesAfter }: SignatureReport, judgedAt: string): Step[] {
  const { proven, claimed } = time;
  const signed: Step = claimed
    ? { look: proven ? 'good' : 'warn', what: t('Ký', 'Signed'), detail: claimedDetail(claimed, proven !== null) }
    : {
        look: proven ? 'good' : 'plain',
        what: t('Ký', 'Signed'),
        detail: t('không ghi thời điểm', 'no time is given'),
      };
  const ended = signer && signer.notAfter < judgedAt ? signer.notAfter : undefined;
  const refused = changesAfter.filter(({ allowed }) => !allowed);
  return [
    signed,
    stampStep(time),
    ...(intact === false
      ? [
          {
            look: 'bad' as const,
            what: t('Bị sửa', 'Changed'),
            detail:
              refused.length > 0
                ? t('sau khi ký', 'after signing')
                : t('khác với bản đã ký', 'differs from what was signed'),
          },
        ]
      : []),
    ...(ended
      ? [
          {
            look: proven && proven < ended ? ('plain' as const) : ('warn' as const),
            what: t('Chứng thư hết hạn', 'Certificate ended'),
            detail: formatDate(ended),
          },
        ]
      : []),
    {
      look: verdictLooks[verdict],
      what: t('Lúc kiểm tra', 'When checked'),
      detail: `${formatTime(judgedAt)}: ${verdictWords[verdict]().toLocaleLowerCase(locale())}`,
    },
  ];
}

function claimedDetail(claimed: string, isProven: boolean): string {
  return isProven ? formatTime(claimed) : t(`tự khai ${formatTime(claimed)}`, `claimed ${formatTime(claimed)}`);
}

function stampStep({ proven, authority, problem }: SigningTime): Step {
  const what = t('Dấu thời gian', 'Time stamp');
  if (proven) return { look: 'good', what, detail: `${formatTime(proven)}, ${commonName(authority ?? '')}` };
  if (problem) return { look: 'warn', what, detail: problem[locale()] };
  return { look: 'plain', what, detail: t('không có', 'none') };
}

/** `CN=…` of a name as it is written; the whole of it when it has none. */
function commonName(name: string): string {
  return /(?:^|, )CN=((?:\\.|[^,\\])+)/.exec(name)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? name;
}

const formats = {
  PAdES: () => t('chữ ký trong PDF (PAdES)', 'PDF signature (PAdES)'),
  ASiC: () => t('gói tệp đã ký (ASiC)', 'a signed container (ASiC)'),
  CAdES: () => t('CMS (CAdES), tệp chữ ký riêng', 'CMS (CAdES), a signature in a file of its own'),
  XAdES: () => t('chữ ký XML (XAdES)', 'XML signature (XAdES)'),
  XMLDSig: () => t('chữ ký XML kiểu thường (XMLDSig)', 'plain XML signature (XMLDSig)'),
  JAdES: () => t('chữ ký JSON (JAdES)', 'JSON signature (JAdES)'),
  JWS: () => t('chữ ký JSON kiểu thường (JWS)', 'plain JSON signature (JWS)'),
  'PKCS#7': () => t('chữ ký trong PDF kiểu cũ (PKCS#7)', 'older PDF signature (PKCS#7)'),
  'document-time-stamp': () => t('dấu thời gian cho cả văn bản', 'time stamp over the document'),
  unknown: () => t('loại không đọc được', 'a kind that cannot be read'),
} as const;
const coverages = {
  whole: () => t('cả tệp', 'the whole file'),
  revision: () => t('tệp như lúc ký; sau đó có phần thêm vào', 'the file as it was then; more was added later'),
  none: () => t('không rõ', 'not known'),
} as const;
const intactWords = {
  true: () => t('còn nguyên', 'unchanged'),
  false: () => t('đã bị sửa hoặc không khớp', 'changed, or does not match'),
  null: () => t('chưa kiểm tra được', 'could not be checked'),
} as const;
const permissions = {
  1: () => t('không cho phép thay đổi gì', 'permits no changes'),
  2: () => t('cho phép điền biểu mẫu và ký', 'permits filling in forms and signing'),
  3: () => t('cho phép điền biểu mẫu, ký và ghi chú', 'permits filling in forms, signing and comments'),
} as const;
const logWords = {
  proven: () => t('đã kiểm tra, có trong sổ', 'checked, it stands there'),
  wrong: () => t('bằng chứng không khớp với khoá của sổ', 'the proof does not fit the log’s key'),
  unchecked: () => t('chưa kiểm tra được ở đây', 'could not be checked here'),
} as const;

/** Everything that was found of one signature, in words. */
export function SignatureDetails({
  signature,
  title,
}: {
  readonly signature: SignatureReport;
  readonly title: string;
}) {
  const { signer, time, verdict, sub, format, level, coverage, reasons, warnings, intact, certification, log } =
    signature;
  const language = locale();
  return (
    <section class="mt-5 border-t border-line pt-4 grid gap-3 text-sm">
      <h3>
        {title}: {verdictWords[verdict]()}
      </h3>
      <dl class="facts">
        {signer && (
          <>
            <Detail name={t('Người ký', 'Signer')}>
              {[signer.name, signer.title, signer.organisation].filter(Boolean).join(', ')}
            </Detail>
            <Detail name={t('Chứng thư do', 'Certified by')}>{commonName(signer.issuer)}</Detail>
            <Detail name={t('Chứng thư có hạn', 'Certificate valid')}>
              {formatDate(signer.notBefore)} – {formatDate(signer.notAfter)}
            </Detail>
            <Detail name={t('Số chứng thư', 'Certificate number')}>
              <span class="break-all">{signer.certificateSerial}</span>
            </Detail>
          </>
        )}
        {time.claimed && <Detail name={t('Tự khai ký lúc', 'Own time')}>{formatTime(time.claimed)}</Detail>}
        {time.proven && (
          <Detail name={t('Chứng minh được lúc', 'Proven time')}>
            {formatTime(time.proven)} ({commonName(time.authority ?? '')})
          </Detail>
        )}
        {time.problem && <Detail name={t('Dấu thời gian', 'Time stamp')}>{time.problem[language]}</Detail>}
        <Detail name={t('Nội dung', 'Content')}>{intactWords[`${intact}`]()}</Detail>
        <Detail name={t('Dạng', 'Kind')}>
          {formats[format]()}
          {level && `, ${t('mức', 'level')} ${level}`}
        </Detail>
        <Detail name={t('Ký trên', 'Signed')}>{coverages[coverage]()}</Detail>
        {certification && (
          <Detail name={t('Chứng thực văn bản', 'Certification')}>{permissions[certification.permits]()}</Detail>
        )}
        {log && (
          <Detail name={t('Sổ công khai', 'Public log')}>
            {log.origin && `${log.origin}, ${t('dòng', 'entry')} ${log.index}: `}
            {logWords[log.status]()}
          </Detail>
        )}
        {log?.witnesses && (
          <Detail name={t('Bên làm chứng cho sổ', 'Witnesses of the log')}>
            {log.witnesses.join(', ') || t('không bên nào ký xác nhận', 'none has cosigned')}
          </Detail>
        )}
      </dl>
      {signature.changesAfter.length > 0 && (
        <Sentences title={t('Có thêm sau chữ ký này', 'Added after this signature')}>
          {[...new Set(signature.changesAfter.map((change) => change[language]))]}
        </Sentences>
      )}
      <Sentences title={t('Lý do', 'Reasons')}>{reasons.map((reason) => reason[language])}</Sentences>
      {warnings.length > 0 && (
        <Sentences title={t('Nên xem kỹ', 'Worth a look')}>{warnings.map((warning) => warning[language])}</Sentences>
      )}
      {sub && (
        <p class="text-quiet">
          {t('Mã theo chuẩn ETSI EN 319 102-1', 'Code by ETSI EN 319 102-1')}: {sub}
        </p>
      )}
      {signature.counterSignatures.map((one, index) => (
        <div class="pl-5" key={one.field}>
          <SignatureDetails
            signature={one}
            title={t(`Chữ ký xác nhận ${index + 1} lên chữ ký này`, `Counter-signature ${index + 1} on this signature`)}
          />
        </div>
      ))}
    </section>
  );
}

function Sentences({ title, children }: { readonly title: string; readonly children: readonly string[] }) {
  return (
    <div class="grid gap-1">
      <h4 class="font-semibold">{title}</h4>
      <ul class="list-disc pl-5">
        {children.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </div>
  );
}
