import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { locale, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';
import { sayNext } from '../heading.ts';
import { useMayDo } from '../may.ts';
import { Title } from '../parts.tsx';
import { AppState } from './apps.tsx';
import { Settings } from './settings.tsx';
import { kindName, scopeName } from './words.ts';

export type AppView = paths['/api/v1/apps/{clientId}']['get']['responses']['200']['content']['application/json'];

/** `/admin/apps/:clientId`: what it is told, where it may send people, and its secret. */
export function AppPage() {
  const { clientId = '' } = useRoute().params;
  const [app] = useLoad(clientId, () => must(api.GET('/api/v1/apps/{clientId}', { params: { path: { clientId } } })));
  return <Show loaded={app}>{(data) => <Loaded app={data} />}</Show>;
}

function Loaded({ app }: { readonly app: AppView }) {
  const may = useMayDo(app);
  const { route } = useLocation();
  const [secret, setSecret] = useState<string>();
  const path = { params: { path: { clientId: app.clientId } } };
  return (
    <>
      <Title title={app.name} note={app.purpose[locale()]} back={{ href: '/admin/apps', label: t('Ứng dụng', 'Apps') }}>
        <AppState app={app} />
      </Title>
      {secret && <Settings clientId={app.clientId} clientSecret={secret} />}
      <dl class="grid gap-x-6 gap-y-3 sm:grid-cols-[12rem_minmax(0,1fr)]">
        <dt class="text-quiet">client_id</dt>
        <dd class="code break-all whitespace-normal!">{app.clientId}</dd>
        <dt class="text-quiet">{t('Loại', 'Kind')}</dt>
        <dd>{kindName(app.kind)}</dd>
        <dt class="text-quiet">{t('Được biết gì', 'What it is told')}</dt>
        <dd>
          <ul>
            {app.scopes.map((scope) => (
              <li key={scope}>
                {scopeName(scope)} <span class="text-quiet">({scope})</span>
              </li>
            ))}
          </ul>
        </dd>
        <Addresses label={t('Địa chỉ nhận kết quả', 'Redirect addresses')} addresses={app.redirectUris} />
        <Addresses label={t('Sau đăng xuất', 'After sign-out')} addresses={app.postLogoutRedirectUris} />
        <Addresses
          label={t('Báo đăng xuất', 'Back-channel logout')}
          addresses={app.backchannelLogoutUri ? [app.backchannelLogoutUri] : []}
        />
        <Addresses
          label={t('Ô trên trang ứng dụng dẫn tới', 'Launcher tile leads to')}
          addresses={app.homeUri ? [app.homeUri] : []}
        />
      </dl>
      {may('apps.write') && (
        <div class="flex flex-wrap gap-3">
          <a class="button button-primary" href={`/admin/apps/${app.clientId}/edit`}>
            {t('Sửa', 'Change')}
          </a>
          {app.kind !== 'spa' && (
            <ActButton
              label={t('Đổi mã bí mật', 'Rotate the secret')}
              question={t(`Đổi mã bí mật của ${app.name}?`, `Rotate the secret of ${app.name}?`)}
              confirm={t('Đổi mã bí mật', 'Rotate the secret')}
              onConfirm={async () =>
                setSecret((await must(api.POST('/api/v1/apps/{clientId}/secret', path))).clientSecret)
              }
            >
              <p>
                {t(
                  'Mã cũ còn dùng được một ngày, để ứng dụng kịp thay. Mã mới chỉ hiện một lần.',
                  'The old one works for another day, so that the app can change over. The new one is shown once.',
                )}
              </p>
            </ActButton>
          )}
          <ActButton
            bad
            label={t('Ngừng ứng dụng', 'End the app')}
            question={t(`Ngừng ${app.name}?`, `End ${app.name}?`)}
            confirm={t('Ngừng ứng dụng', 'End the app')}
            onConfirm={async () => {
              await must(api.DELETE('/api/v1/apps/{clientId}', path));
              sayNext(t(`Đã ngừng ${app.name}.`, `${app.name} was ended.`));
              route('/admin/apps');
            }}
          >
            <p>
              {t(
                'Không ai đăng nhập vào ứng dụng này qua EduTrust được nữa, kể cả người đang mở nó. Dữ liệu ở bên ứng dụng không đổi.',
                'Nobody signs in to it through EduTrust any longer, those who have it open included. The app’s own data stay.',
              )}
            </p>
          </ActButton>
        </div>
      )}
    </>
  );
}

function Addresses({ label, addresses }: { readonly label: string; readonly addresses: readonly string[] }) {
  return (
    <>
      <dt class="text-quiet">{label}</dt>
      <dd class="break-all">
        {addresses.length === 0 ? (
          <span class="text-quiet">{t('chưa có', 'none')}</span>
        ) : (
          addresses.map((address) => (
            <span key={address} class="block">
              {address}
            </span>
          ))
        )}
      </dd>
    </>
  );
}
