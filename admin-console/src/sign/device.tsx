import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Dialog } from '../design/dialog.tsx';
import { Banner } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { formatDate, formatTime, t } from '../design/language.ts';
import { useAction } from '../design/load.ts';
import { Reminders } from './reminders.tsx';

interface Enrolment {
  readonly device: { readonly name: string; readonly registeredAt: string; readonly lastUsedAt: string | null } | null;
  readonly certificate: { readonly notAfter: string } | null;
}

/** This phone, and what to do when it is lost or replaced: one screen, one tap. */
export function Device({ enrolment, onChange }: { readonly enrolment: Enrolment; readonly onChange: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const { isBusy, error, run } = useAction();
  const { device, certificate } = enrolment;
  const end = (reason: 'lost' | 'replaced') =>
    run(async () => {
      await must(api.POST('/api/v1/signing/enrolment/revoke', { body: { reason } }));
      onChange();
    });
  return (
    <>
      <h1>{t('Điện thoại dùng để ký', 'The phone you sign with')}</h1>
      <dl class="facts card">
        <Fact name={t('Tên', 'Name')} value={device?.name ?? ''} />
        <Fact name={t('Đăng ký ngày', 'Enrolled on')} value={device ? formatDate(device.registeredAt) : ''} />
        <Fact
          name={t('Ký lần cuối', 'Last signed')}
          value={device?.lastUsedAt ? formatTime(device.lastUsedAt) : t('chưa ký', 'never')}
        />
        <Fact
          name={t('Chứng thư có giá trị đến', 'Certificate valid until')}
          value={certificate ? formatDate(certificate.notAfter) : ''}
        />
      </dl>
      <Reminders />
      <a class="button min-h-12 justify-self-start" href="/sign/picture">
        <Icon name="signature" />
        {t('Ảnh chữ ký tay', 'Handwritten signature')}
      </a>
      <button type="button" class="button button-bad min-h-12" onClick={() => setAsking(true)}>
        <Icon name="smartphone" />
        {t('Mất hoặc đổi điện thoại', 'I lost my phone or have a new one')}
      </button>
      <p class="text-sm text-quiet">
        {t(
          'Mất máy thì mở trang này trên máy khác đã đăng nhập và bấm nút trên. Văn bản đã ký trước đó vẫn có giá trị.',
          'If it is lost, open this page on another device where you sign in and tap the button. What you signed before stays valid.',
        )}
      </p>
      {isAsking && (
        <Dialog
          title={t('Ngừng ký bằng điện thoại này?', 'Stop signing with this phone?')}
          onClose={() => setAsking(false)}
        >
          <p>
            {t(
              'Từ lúc này không ai ký được bằng điện thoại đó, và cán bộ an toàn thông tin được báo. Sau đó đăng ký điện thoại mới rồi chờ duyệt.',
              'From now on nobody can sign with that phone, and the security officer is notified. You enrol the new phone and wait for approval.',
            )}
          </p>
          {error && <Banner state="bad">{error}</Banner>}
          <div class="grid gap-3">
            <button type="button" class="button button-bad min-h-12" disabled={isBusy} onClick={() => end('lost')}>
              {t('Mất điện thoại: khoá ngay', 'Lost: stop it now')}
            </button>
            <button type="button" class="button min-h-12" disabled={isBusy} onClick={() => end('replaced')}>
              {t('Đổi điện thoại khác', 'I have a new phone')}
            </button>
            <button type="button" class="button button-quiet min-h-12" onClick={() => setAsking(false)}>
              {t('Thôi', 'Cancel')}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd class="font-semibold">{value}</dd>
    </>
  );
}
