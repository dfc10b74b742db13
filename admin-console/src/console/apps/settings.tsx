import { useCopy } from '../../design/copy.ts';
import { Banner } from '../../design/form.tsx';
import { t } from '../../design/language.ts';

/** What the developer needs now, ready to be pasted; a secret is never shown again. */
export function Settings({
  clientId,
  clientSecret,
}: {
  readonly clientId: string;
  readonly clientSecret?: string | null | undefined;
}) {
  const settings = [
    `ISSUER=${location.origin}`,
    `CLIENT_ID=${clientId}`,
    ...(clientSecret ? [`CLIENT_SECRET=${clientSecret}`] : []),
  ].join('\n');
  const { isCopied, copy } = useCopy();
  return (
    <Banner state="good" live>
      {clientSecret && (
        <p class="font-semibold">
          {t('Mã bí mật chỉ hiện lần này; hãy chép ngay.', 'The secret is shown this once; copy it now.')}
        </p>
      )}
      <pre class="my-2 whitespace-pre-wrap break-all">{settings}</pre>
      <button type="button" class="button" onClick={() => copy(settings)}>
        {isCopied ? t('Đã chép', 'Copied') : t('Chép cấu hình', 'Copy the settings')}
      </button>
    </Banner>
  );
}
