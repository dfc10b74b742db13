import { useLocation } from 'preact-iso';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { useKept } from '../design/keep.ts';
import { formatDate, formatTime, t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import { Row, type RowMark, Ruled } from '../design/ruled.tsx';
import { Show } from '../design/show.tsx';
import type { paths } from '../generated/api.d.ts';
import { mayDo } from './may.ts';
import { Hex, Title } from './parts.tsx';
import { useProposed } from './proposed.ts';
import { profileName, reasonName } from './words.ts';

type Certificate = paths['/api/v1/certificates/{serial}']['get']['responses']['200']['content']['application/json'];

export function CertificateState({ status, reason }: { readonly status: string; readonly reason: string | null }) {
  if (status === 'valid') return <State state="good">{t('Hiệu lực', 'Valid')}</State>;
  if (status === 'expired') return <State state="plain">{t('Hết hạn', 'Expired')}</State>;
  if (status === 'suspended') return <State state="warn">{t('Tạm dừng', 'Suspended')}</State>;
  return <State state="bad">{`${t('Thu hồi', 'Revoked')}: ${reasonName(reason ?? '')}`}</State>;
}

/** A subject as it is kept, country first and common name last, as people read it: the name, and what else is said. */
export function subjectParts(subject: string): { readonly name: string; readonly rest: string } {
  const parts = subject.split(', ').filter((part, index) => index > 0 || part !== 'VN');
  return { name: parts.at(-1) ?? subject, rest: parts.slice(0, -1).join(', ') };
}

/** One certificate: whose, by whom, until when, and what revoking it would do. */
export function CertificatePage({ serial }: { readonly serial: string }) {
  const [loaded, reload] = useLoad(`certificate ${serial}`, () =>
    must(api.GET('/api/v1/certificates/{serial}', { params: { path: { serial } } })),
  );
  return (
    <Show loaded={loaded}>
      {(one) => (
        <>
          <Title
            title={subjectParts(one.subject).name}
            note={
              <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
                <CertificateState status={one.status} reason={one.reason} />
                {[profileName(one.profile), subjectParts(one.subject).rest].filter(Boolean).join(' · ')}
              </span>
            }
            back={{ href: '/admin/certificates', label: t('Chứng thư', 'Certificates') }}
          />
          <dl class="facts">
            <dt>{t('Số sê-ri', 'Serial number')}</dt>
            <dd>
              <Hex hex={one.serial} />
            </dd>
            <dt>{t('Hiệu lực', 'Validity')}</dt>
            <dd class="number">
              {formatDate(one.notBefore)} – {formatDate(one.notAfter)}
            </dd>
            {one.revokedAt && (
              <>
                <dt>{t('Ngừng từ', 'Stopped at')}</dt>
                <dd class="number">{formatTime(one.revokedAt)}</dd>
              </>
            )}
            <dt>{t('Tệp', 'Files')}</dt>
            <dd class="flex flex-wrap gap-4">
              <a href={pemAddress(one.certificatePem)} download={`${serial}.pem`}>
                {t('Chứng thư (PEM)', 'Certificate (PEM)')}
              </a>
              <a href={pemAddress(one.certificatePem + one.chainPem)} download={`${serial}-chain.pem`}>
                {t('Cả chuỗi (PEM)', 'With its chain (PEM)')}
              </a>
            </dd>
          </dl>
          <Chain one={one} />
          {mayDo(one)('certificates.revoke') && one.status === 'suspended' && (
            <Release serial={serial} onDone={reload} />
          )}
          {mayDo(one)('certificates.revoke') &&
            ['valid', 'suspended'].includes(one.status) &&
            ['official', 'seal'].includes(one.profile) && (
              <Revoke key={one.status} serial={serial} isSuspended={one.status === 'suspended'} onDone={reload} />
            )}
        </>
      )}
    </Show>
  );
}

/** Who vouches for whom, from the root down to this one. */
function Chain({ one }: { readonly one: Certificate }) {
  const above = (one.chainPem.match(/BEGIN/g) ?? []).length;
  return (
    <section class="grid gap-4" aria-labelledby="chain">
      <h2 id="chain">{t('Chuỗi chứng thực', 'Chain')}</h2>
      <Ruled onMargin isTight isOrdered>
        {above > 1 && (
          <Row
            mark="good"
            title={t('Gốc của hệ thống', 'The root')}
            note={t('ký cho cơ quan cấp', 'signs for the authority')}
          />
        )}
        {above > 0 && (
          <Row mark="good" title={issuerName(one.issuerId)} note={t('cấp chứng thư này', 'issued this certificate')} />
        )}
        <Row
          mark={standings[one.status] ?? 'dot'}
          title={subjectParts(one.subject).name}
          note={t('chứng thư này', 'this certificate')}
          isCurrent
        />
      </Ruled>
    </section>
  );
}

const standings: Readonly<Record<string, RowMark>> = { valid: 'good', suspended: 'warn', revoked: 'bad' };
const pemAddress = (pem: string) => `data:application/x-pem-file,${encodeURIComponent(pem)}`;
const issuerName = (id: string) =>
  id.startsWith('people')
    ? t('Cơ quan cấp cho người và đơn vị', 'The authority for people and organisations')
    : t('Cơ quan cấp cho dịch vụ', 'The authority for services');

const reasons = [
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
] as const;

/** What it would do stands above the button: nobody revokes and learns afterwards what it meant. */
function Revoke({
  serial,
  isSuspended,
  onDone,
}: {
  readonly serial: string;
  readonly isSuspended: boolean;
  readonly onDone: () => void;
}) {
  const [loaded] = useLoad(`consequences ${serial}`, () =>
    must(api.GET('/api/v1/certificates/{serial}/consequences', { params: { path: { serial } } })),
  );
  const [reason, setReason] = useKept<(typeof reasons)[number]>('reason', 'keyCompromise');
  const { isBusy, error, run } = useAction();
  const proposed = useProposed();
  const isFinal = reason !== 'certificateHold';
  const revoke = () =>
    run(async () => {
      const answer = await must(
        api.POST('/api/v1/certificates/{serial}/revoke', { params: { path: { serial } }, body: { reason } }),
      );
      if (!proposed(answer)) onDone();
    });
  return (
    <section class="card grid gap-4" aria-labelledby="revoke">
      <h2 id="revoke">{t('Thu hồi', 'Revoke')}</h2>
      <Show loaded={loaded}>
        {({ signer, waitingRequests, signedDocuments, lastSignedAt }) => (
          <ul class="grid gap-1 list-disc pl-5">
            {signer && (
              <li>
                {t(
                  `${signer.name}, ${signer.title} ${signer.organisation}, không ký được nữa cho tới khi đăng ký lại và được duyệt.`,
                  `${signer.name}, ${signer.title} of ${signer.organisation}, cannot sign until enrolled and approved again.`,
                )}
              </li>
            )}
            <li>
              {t(
                `${waitingRequests} tài liệu đang chờ người này ký sẽ phải chờ.`,
                `${waitingRequests} documents that wait for this signature keep waiting.`,
              )}
            </li>
            <li>
              {t(
                `${signedDocuments} tài liệu đã ký và đóng dấu thời gian vẫn hợp lệ`,
                `${signedDocuments} documents signed and stamped before stay valid`,
              )}
              {lastSignedAt && `; ${t('lần cuối', 'the last')} ${formatTime(lastSignedAt)}`}.
            </li>
            <li>
              {t(
                'OCSP và danh sách thu hồi báo trong vòng 10 giây.',
                'OCSP and the revocation list show it within ten seconds.',
              )}
            </li>
          </ul>
        )}
      </Show>
      <label class="grid gap-1 max-w-md">
        <span class="font-semibold">{t('Lý do', 'Reason')}</span>
        <select
          class="control"
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value as typeof reason)}
        >
          {reasons
            .filter((one) => !(isSuspended && one === 'certificateHold'))
            .map((one) => (
              <option key={one} value={one} selected={one === reason}>
                {reasonName(one)}
              </option>
            ))}
        </select>
      </label>
      <p class="text-sm text-quiet">
        {isFinal
          ? t('Thu hồi là vĩnh viễn, không đảo lại được.', 'Revocation is for good and cannot be taken back.')
          : t('Tạm dừng có thể mở lại sau.', 'A suspension can be ended later.')}
      </p>
      {error && <Banner state="bad">{error}</Banner>}
      <button type="button" class="button button-bad justify-self-start" disabled={isBusy} onClick={revoke}>
        {isFinal
          ? t('Tạm dừng ngay, và xin thu hồi hẳn', 'Suspend now, and ask to revoke for good')
          : t('Tạm dừng', 'Suspend')}
      </button>
    </section>
  );
}

function Release({ serial, onDone }: { readonly serial: string; readonly onDone: () => void }) {
  const { isBusy, error, run } = useAction();
  const release = () =>
    run(async () => {
      await must(api.POST('/api/v1/certificates/{serial}/release', { params: { path: { serial } } }));
      onDone();
    });
  return (
    <section class="card grid gap-3 justify-items-start">
      <p>
        {t(
          'Chứng thư này đang tạm dừng: chữ ký mới không được chấp nhận.',
          'This certificate is suspended: new signatures are not accepted.',
        )}
      </p>
      {error && <Banner state="bad">{error}</Banner>}
      <button type="button" class="button button-primary" disabled={isBusy} onClick={release}>
        {t('Mở lại', 'End the suspension')}
      </button>
    </section>
  );
}

/** `/admin/certificates/:serial` */
export function CertificateRoute() {
  const { path } = useLocation();
  return <CertificatePage key={path} serial={path.split('/').at(-1) ?? ''} />;
}
