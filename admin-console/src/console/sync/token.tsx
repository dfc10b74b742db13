import { useCopy } from '../../design/copy.ts';
import { Banner } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import type { Client } from './words.ts';

/** What the other system's administrator enters there; the token is never shown again. */
export function Token({
  id,
  kind,
  token,
}: {
  readonly id: string;
  readonly kind: Client['kind'];
  readonly token: string;
}) {
  const addressed = (path: string) => [t('Địa chỉ', 'Address'), `${location.origin}${path}`];
  const rows = {
    scim: [addressed('/scim/v2')],
    events: [addressed('/api/v1/feed')],
    oneroster: [
      addressed('/ims/oneroster/rostering/v1p2'),
      [t('Địa chỉ lấy mã (token URL)', 'Token URL'), `${location.origin}/ims/oneroster/token`],
      ['Client ID', id],
    ],
  }[kind];
  const secretName =
    kind === 'oneroster' ? t('Mã bí mật (client secret)', 'Client secret') : t('Mã truy cập (token)', 'Token');
  return (
    <section class="card rounded-cover p-6 grid gap-4" aria-labelledby="token">
      <h2 id="token">{t('Nhập vào hệ thống kia', 'Enter these in the other system')}</h2>
      <Banner state="warn">
        {t('Mã bí mật chỉ hiện lần này; hãy chép ngay.', 'The secret is shown this once; copy it now.')}
      </Banner>
      <dl class="facts">
        {[...rows, [secretName, token]].map(([name = '', value = '']) => (
          <CopyRow key={name} name={name} value={value} />
        ))}
      </dl>
    </section>
  );
}

function CopyRow({ name, value }: { readonly name: string; readonly value: string }) {
  const { isCopied, copy } = useCopy();
  return (
    <>
      <dt>{name}</dt>
      <dd class="flex flex-wrap gap-x-4 gap-y-1 items-baseline justify-between min-w-0 max-w-3xl">
        <code class="break-all">{value}</code>
        <button type="button" class="button button-small" onClick={() => copy(value)}>
          <Icon name={isCopied ? 'check' : 'copy'} />
          {isCopied ? t('Đã chép', 'Copied') : t('Chép', 'Copy')}
          <span class="sr-only">: {name}</span>
        </button>
      </dd>
    </>
  );
}
