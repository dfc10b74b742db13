import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { formatDate, t } from '../design/language.ts';
import { useAction } from '../design/load.ts';

interface Enrolment {
  readonly certificate: { readonly notAfter: string } | null;
  readonly renewal: { readonly renewsItself: boolean; readonly isDue: boolean } | null;
}

/** Until when the phone can sign. Says more only when the person has to do something: it does not renew itself. */
export function Validity({ enrolment, onChange }: { readonly enrolment: Enrolment; readonly onChange: () => void }) {
  const { certificate, renewal } = enrolment;
  if (!certificate || !renewal) return null;
  if (renewal.isDue) return <EnrolAgain notAfter={certificate.notAfter} onChange={onChange} />;
  return (
    <p class="text-sm text-quiet">
      {t('Chứng thư có giá trị đến', 'The certificate is valid until')}{' '}
      <span class="number">{formatDate(certificate.notAfter)}</span>
      {renewal.renewsItself && t(', tự cấp tiếp', ', renewed by itself')}
    </p>
  );
}

function EnrolAgain({ notAfter, onChange }: { readonly notAfter: string; readonly onChange: () => void }) {
  const [isSure, setSure] = useState(false);
  const { isBusy, error, run } = useAction();
  const isOver = Date.parse(notAfter) < Date.now();
  const start = () =>
    run(async () => {
      await must(api.POST('/api/v1/signing/enrolment/revoke', { body: { reason: 'replaced' } }));
      onChange();
    });
  return (
    <section class="grid gap-3">
      <Banner state={isOver ? 'bad' : 'warn'}>
        {isOver
          ? t('Chứng thư đã hết hạn ngày', 'The certificate ended on')
          : t('Chứng thư hết hạn ngày', 'The certificate ends on')}{' '}
        <span class="number">{formatDate(notAfter)}</span>.{' '}
        {t(
          'Lần này phải đăng ký lại điện thoại và được cán bộ thứ hai duyệt.',
          'This time the phone must be enrolled again, and a second officer approves.',
        )}
      </Banner>
      {error && <Banner state="bad">{error}</Banner>}
      {isSure ? (
        <>
          <p class="text-sm">
            {t(
              'Bắt đầu rồi thì chưa ký được cho tới khi cán bộ duyệt. Nên ký hết tài liệu đang chờ trước.',
              'Once begun, you cannot sign until the officer approves. Sign what waits first.',
            )}
          </p>
          <button type="button" class="button button-primary min-h-12" disabled={isBusy} onClick={start}>
            {t('Đăng ký lại ngay', 'Enrol again now')}
          </button>
          <button type="button" class="button" disabled={isBusy} onClick={() => setSure(false)}>
            {t('Để sau', 'Not now')}
          </button>
        </>
      ) : (
        <button type="button" class="button min-h-12" onClick={() => setSure(true)}>
          {t('Đăng ký lại điện thoại này', 'Enrol this phone again')}
        </button>
      )}
    </section>
  );
}
