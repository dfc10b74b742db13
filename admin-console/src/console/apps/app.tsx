import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Face } from '../../design/face.tsx';
import { Icon } from '../../design/icon.tsx';
import { locale, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Show } from '../../design/show.tsx';
import { sayNext } from '../heading.ts';
import { mayDo } from '../may.ts';
import { Title } from '../parts.tsx';
import { useProposed } from '../proposed.ts';
import { AppState } from './apps.tsx';
import { GoingLive } from './going-live.tsx';
import { Health } from './health.tsx';
import { Preview } from './preview.tsx';
import { RedirectTest } from './redirect-test.tsx';
import { Requests } from './requests.tsx';
import { Settings } from './settings.tsx';
import { Snippets } from './snippets.tsx';
import type { AppView } from './views.ts';
import { cibaName } from './ways.tsx';
import { audienceName, claimsOf, kindName, profileName, protectionName, protectionRisk, scopeName } from './words.ts';

/** `/admin/apps/:clientId`: how to connect it, what it is told, where it may send people, and its secret. */
export function AppPage() {
  const { clientId = '' } = useRoute().params;
  const [app, reload] = useLoad(clientId, () =>
    must(api.GET('/api/v1/apps/{clientId}', { params: { path: { clientId } } })),
  );
  return <Show loaded={app}>{(data) => <Loaded app={data} reload={reload} />}</Show>;
}

function Loaded({ app, reload }: { readonly app: AppView; readonly reload: () => void }) {
  const may = mayDo(app);
  const [secret, setSecret] = useState<string>();
  return (
    <>
      <Title
        title={app.name}
        before={<Face name={app.name} of="app" isLarge />}
        note={
          <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
            <AppState app={app} />
            {app.purpose[locale()]}
          </span>
        }
        back={{ href: '/admin/apps', label: t('Ứng dụng', 'Apps') }}
      >
        {may('apps.write') && (
          <a class="button" href={`/admin/apps/${app.clientId}/edit`}>
            <Icon name="pen-line" />
            {t('Sửa', 'Change')}
          </a>
        )}
      </Title>
      {secret && <Settings clientId={app.clientId} clientSecret={secret} />}
      <div class="split">
        <div class="grid gap-10 min-w-0">
          {app.kind !== 'machine' && app.kind !== 'device' && <Snippets app={app} />}
          {may('apps.write') && <Requests app={app} />}
          <Addresses app={app} />
          {may('apps.write') && app.redirectUris.length > 0 && <RedirectTest app={app} />}
          <div class="flex flex-wrap gap-3 empty:hidden">
            {may('apps.write') && <NewSecret app={app} onSecret={setSecret} />}
            {may('apps.approve') && app.kind !== 'machine' && !app.isSandbox && <Approval app={app} reload={reload} />}
            {may('apps.write') && <End app={app} />}
          </div>
        </div>
        <div class="grid gap-4 content-start min-w-0">
          {may('apps.write') && app.kind !== 'machine' ? <Preview app={app} /> : <Told app={app} />}
          {app.isSandbox && may('apps.write') && <GoingLive app={app} reload={reload} />}
          {!app.isSandbox && app.kind !== 'machine' && may('apps.write') && <Health app={app} />}
        </div>
      </div>
    </>
  );
}

/** What the app receives of a person, scope by scope, with the names under which it reads them. */
function Told({ app }: { readonly app: AppView }) {
  return (
    <section class="grid gap-4 min-w-0" aria-labelledby="told">
      <h2 id="told">{t('Ứng dụng được biết gì', 'What the app receives')}</h2>
      <Ruled isTight>
        {app.scopes.map((scope) => (
          <Row
            key={scope}
            mark="good"
            title={scopeName(scope)}
            note={claimsOf(scope) && <span class="code text-sm whitespace-normal!">{claimsOf(scope)}</span>}
          />
        ))}
      </Ruled>
      <p class="text-sm text-quiet">
        {app.isApproved
          ? t('Sở đã duyệt những điều này.', 'The department has approved this.')
          : t(
              'Chưa duyệt: ngày sinh và mã giáo dục của học sinh không được gửi, dù ứng dụng xin.',
              'Not approved: pupils’ birth dates and IDs are not sent, though the app asks.',
            )}
      </p>
    </section>
  );
}

/** Asking a second person to approve the app as it is, or ending the approval at once. */
function Approval({ app, reload }: { readonly app: AppView; readonly reload: () => void }) {
  const isProposed = useProposed();
  const path = { params: { path: { clientId: app.clientId } } };
  return app.isApproved ? (
    <ActButton
      bad
      label={t('Bỏ duyệt', 'End the approval')}
      question={t(`Bỏ duyệt ${app.name}?`, `End the approval of ${app.name}?`)}
      confirm={t('Bỏ duyệt', 'End the approval')}
      onConfirm={async () => {
        await must(api.DELETE('/api/v1/apps/{clientId}/approval', path));
        reload();
      }}
    >
      <p>
        {t(
          'Từng người sẽ được hỏi lại; ngày sinh và mã giáo dục của học sinh không được gửi nữa. Duyệt lại cần hai người.',
          'Each person is asked again; pupils’ birth dates and IDs are no longer sent. Approving it again takes two people.',
        )}
      </p>
    </ActButton>
  ) : (
    <ActButton
      label={t('Đề nghị duyệt', 'Propose to approve')}
      question={t(`Đề nghị duyệt ${app.name}?`, `Propose to approve ${app.name}?`)}
      confirm={t('Đề nghị duyệt', 'Propose to approve')}
      onConfirm={async () => {
        isProposed(await must(api.POST('/api/v1/apps/{clientId}/approval', path)));
      }}
    >
      <p>
        {t(
          'Anh/chị xác nhận bằng passkey, rồi một người khác, không phải chủ ứng dụng, duyệt đúng những gì trang này ghi.',
          'You confirm it with your passkey, then somebody else, who does not own the app, approves exactly what this page says.',
        )}
      </p>
    </ActButton>
  );
}

function Addresses({ app }: { readonly app: AppView }) {
  const rows = [
    [t('Nhận kết quả đăng nhập', 'Receives the sign-in'), app.redirectUris],
    [t('Trở về sau đăng xuất', 'Returns after sign-out'), app.postLogoutRedirectUris],
    [t('Nhận báo đăng xuất', 'Is notified of sign-outs'), app.backchannelLogoutUri ? [app.backchannelLogoutUri] : []],
    [t('Ô trên trang ứng dụng dẫn tới', 'Launcher tile leads to'), app.homeUri ? [app.homeUri] : []],
  ] as const;
  return (
    <section class="grid gap-4" aria-labelledby="addresses">
      <h2 id="addresses">{t('Đã đăng ký thế nào', 'How it is registered')}</h2>
      <dl class="facts">
        <dt>{t('Loại', 'Kind')}</dt>
        <dd>{kindName(app.kind)}</dd>
        <dt>{t('Dành cho', 'For')}</dt>
        <dd>{app.audience.map(audienceName).join(', ')}</dd>
        {app.securityProfile !== 'standard' && (
          <>
            <dt>{t('Mức an toàn', 'Security profile')}</dt>
            <dd>{profileName(app.securityProfile)}</dd>
          </>
        )}
        <dt>{t('ID token ký bằng', 'ID tokens signed with')}</dt>
        <dd>{app.idTokenAlg}</dd>
        {app.codeProtection !== 'pkce' && (
          <>
            <dt>{t('Bảo vệ mã đăng nhập', 'Protection of sign-in codes')}</dt>
            <dd>
              {protectionName(app.codeProtection)}
              {app.codeProtection === 'none' && <span class="block text-sm text-quiet">{protectionRisk()}</span>}
            </dd>
          </>
        )}
        {app.hasClaimsInIdToken && (
          <>
            <dt>{t('Dữ liệu trong ID token', 'Data in the ID token')}</dt>
            <dd>{t('có, ngoài userinfo', 'yes, beside userinfo')}</dd>
          </>
        )}
        {(app.kind === 'web' || app.kind === 'machine') && (
          <>
            <dt>{t('Chứng minh bằng', 'Proves itself with')}</dt>
            <dd>{proofName(app)}</dd>
          </>
        )}
        {app.ciba && (
          <>
            <dt>{t('Đăng nhập trên điện thoại', 'Sign-in on the phone')}</dt>
            <dd>{cibaName(app.ciba)}</dd>
          </>
        )}
        {app.exchangesTokens && (
          <>
            <dt>{t('Gọi tiếp thay người dùng', 'Goes on as its caller')}</dt>
            <dd>{t('có, tới các API dưới đây', 'yes, at the APIs below')}</dd>
          </>
        )}
        {app.api && (
          <>
            <dt>{t('Cho ứng dụng khác gọi', 'Offers an API')}</dt>
            <dd>
              <span class="block code whitespace-normal!">{app.api.identifier}</span>
              {app.api.scopes.map(({ name, means }) => (
                <span key={name} class="block">
                  <span class="code">{name}</span> {means[locale()]}
                </span>
              ))}
            </dd>
          </>
        )}
        {app.apiAccess.length > 0 && (
          <>
            <dt>{t('Được gọi', 'May call')}</dt>
            <dd>
              {app.apiAccess.map(({ identifier, scopes }) => (
                <span key={identifier} class="block code whitespace-normal!">
                  {identifier}: {scopes.join(', ')}
                </span>
              ))}
            </dd>
          </>
        )}
        <dt>{t('Mã của ứng dụng', 'ID of the app')}</dt>
        <dd class="code whitespace-normal!">{app.clientId}</dd>
        {rows.map(([label, addresses]) => (
          <>
            <dt key={label}>{label}</dt>
            <dd>
              {addresses.length === 0 && <span class="text-quiet">{t('chưa có', 'none')}</span>}
              {addresses.map((address) => (
                <span key={address} class="block code whitespace-normal!">
                  {address}
                </span>
              ))}
            </dd>
          </>
        ))}
      </dl>
    </section>
  );
}

/** How the app shows that it is itself. */
function proofName({ jwks, jwksUri }: AppView): string {
  if (jwksUri) return t(`khoá ở ${jwksUri}`, `keys at ${jwksUri}`);
  if (!jwks) return t('mã bí mật', 'a secret');
  const names = jwks.keys.map(({ kid, kty }) => kid ?? kty).join(', ');
  return t(`khoá công khai: ${names}`, `public keys: ${names}`);
}

function NewSecret({
  app,
  onSecret,
}: {
  readonly app: AppView;
  readonly onSecret: (secret: string | undefined) => void;
}) {
  if ((app.kind !== 'web' && app.kind !== 'machine') || app.jwks || app.jwksUri) return null;
  return (
    <ActButton
      label={t('Đổi mã bí mật', 'Rotate the secret')}
      question={t(`Đổi mã bí mật của ${app.name}?`, `Rotate the secret of ${app.name}?`)}
      confirm={t('Đổi mã bí mật', 'Rotate the secret')}
      onConfirm={async () => {
        const path = { params: { path: { clientId: app.clientId } } };
        onSecret((await must(api.POST('/api/v1/apps/{clientId}/secret', path))).clientSecret);
        scrollTo({ top: 0 });
      }}
    >
      <p>
        {t(
          'Mã cũ còn dùng được một ngày, để ứng dụng kịp thay. Mã mới chỉ hiện một lần.',
          'The old one works for another day, so that the app can change over. The new one is shown once.',
        )}
      </p>
    </ActButton>
  );
}

function End({ app }: { readonly app: AppView }) {
  const { route } = useLocation();
  return (
    <ActButton
      bad
      label={t('Ngừng ứng dụng', 'End the app')}
      question={t(`Ngừng ${app.name}?`, `End ${app.name}?`)}
      confirm={t('Ngừng ứng dụng', 'End the app')}
      onConfirm={async () => {
        await must(api.DELETE('/api/v1/apps/{clientId}', { params: { path: { clientId: app.clientId } } }));
        sayNext(t(`Đã ngừng ${app.name}.`, `${app.name} was ended.`));
        route('/admin/apps');
      }}
    >
      <p>
        {t(
          'Không ai đăng nhập vào ứng dụng này qua EduTrust được nữa, kể cả người đang mở nó. Dữ liệu ở bên ứng dụng không đổi.',
          'Nobody can sign in to it through EduTrust any longer, including those who have it open. The app’s own data stay.',
        )}
      </p>
    </ActButton>
  );
}
