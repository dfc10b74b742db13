import type { UpstreamProps } from '@edutrust/idp/pages';
import { formatAgo, formatDate, t } from '../design/language.ts';
import { Row, Ruled } from '../design/ruled.tsx';
import { BackLink } from './back-link.tsx';
import { FormBanner } from './sign-in.tsx';

/** `/account/upstream`: which accounts of other houses open this one. */
export function Upstream({ providers, error, accountPath }: UpstreamProps) {
  // One primary action a page: of several houses none comes before the others.
  const linkLook = providers.length === 1 ? 'button button-primary' : 'button';
  return (
    <>
      <div class="grid gap-2">
        <BackLink href={accountPath}>{t('Tài khoản', 'Account')}</BackLink>
        <h1>{t('Vào bằng tài khoản của nơi khác', 'Sign in with an account of another house')}</h1>
        <p class="text-quiet max-w-[62ch]">
          {t(
            'Nối một lần, lần sau chỉ cần đăng nhập ở nơi đó. Không ai được nối thay anh chị.',
            'Link it once, and next time you sign in over there. Nobody can link it for you.',
          )}
        </p>
      </div>
      <FormBanner error={error} />
      <Ruled onMargin>
        {providers.map(({ name, linkPath, unlinkAction, linkedAt, lastUsedAt }) => (
          <Row
            key={name}
            mark={linkedAt ? 'good' : 'later'}
            title={name}
            note={
              linkedAt
                ? `${t('Đã nối', 'Linked')} ${formatDate(linkedAt)} · ${lastUsedAt ? `${t('dùng', 'used')} ${formatAgo(lastUsedAt)}` : t('chưa dùng', 'never used')}`
                : t('Chưa nối', 'Not linked')
            }
            act={
              <>
                {linkPath && (
                  <a class={linkLook} href={linkPath}>
                    {t(`Nối với ${name}`, `Link ${name}`)}
                  </a>
                )}
                {unlinkAction && (
                  <form method="post" action={unlinkAction}>
                    <button type="submit" class="button button-bad" aria-label={`${t('Thôi nối', 'Unlink')}: ${name}`}>
                      {t('Thôi nối', 'Unlink')}
                    </button>
                  </form>
                )}
              </>
            }
          />
        ))}
      </Ruled>
      {providers.length === 0 && (
        <p class="text-quiet">{t('Ở đây chưa nhận tài khoản của nơi nào khác.', 'No other house is accepted here.')}</p>
      )}
    </>
  );
}
