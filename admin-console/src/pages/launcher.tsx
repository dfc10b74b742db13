import type { LauncherProps } from '@edutrust/idp/pages';
import { t } from '../design/language.ts';
import { NotMe } from './sign-in.tsx';

/** The first letters of an app's name, on a tile whose colour is the app's own for ever. */
function Tile({ name }: { readonly name: string }) {
  const letters = name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word[0]?.toUpperCase())
    .join('');
  return (
    <span
      aria-hidden="true"
      class="grid place-items-center size-14 shrink-0 rounded-card bg-accent-soft text-accent text-lg font-semibold"
    >
      {letters}
    </span>
  );
}

export function Launcher(props: LauncherProps) {
  const { name, givenName, place, apps, ownPages, accountPath, signOutAction, isShared, address } = props;
  const isPupil = address.kind === 'pupil';
  return (
    <div class="grid gap-8">
      <div class="flex flex-wrap items-start gap-4 justify-between">
        <div>
          <h1>{t(`Chào ${givenName}`, `Hello ${givenName}`)}</h1>
          <p class="text-quiet">
            {name}
            {place && ` · ${place}`}
          </p>
        </div>
        <form method="post" action={signOutAction}>
          {isShared ? (
            <button type="submit" class="button button-primary text-lg min-h-14 px-6">
              {t('Xong – đăng xuất', 'Done – sign out')}
            </button>
          ) : (
            <button type="submit" class="button">
              {t('Đăng xuất', 'Sign out')}
            </button>
          )}
        </form>
      </div>
      {isShared && (
        <NotMe
          action={signOutAction}
          label={isPupil ? t('Không phải em?', 'Not you?') : t('Không phải bạn?', 'Not you?')}
        />
      )}
      {apps.length > 0 ? (
        <ul class="grid gap-4 sm:grid-cols-2">
          {apps.map(({ clientId, name: app, purpose, href }) => (
            <li key={clientId}>
              <a class="card flex items-center gap-4 no-underline text-ink hover:border-accent min-h-24" href={href}>
                <Tile name={app} />
                <span>
                  <span class="block font-semibold">{app}</span>
                  <span class="block text-sm text-quiet">{purpose}</span>
                </span>
              </a>
            </li>
          ))}
        </ul>
      ) : (
        <p class="card">
          {t(
            `Chưa có ứng dụng nào cho ${isPupil ? 'em' : 'bạn'}. Nhà trường sẽ thêm.`,
            'There is no app for you yet. Your school will add some.',
          )}
        </p>
      )}
      <nav aria-label={t('Trang của bạn', 'Your pages')} class="flex flex-wrap gap-3">
        {ownPages.map(({ label, href }) => (
          <a key={href} class="button" href={href}>
            {label}
          </a>
        ))}
        <a class="button" href={accountPath}>
          {isPupil ? t('Tài khoản của em', 'My account') : t('Tài khoản của tôi', 'My account')}
        </a>
      </nav>
    </div>
  );
}
