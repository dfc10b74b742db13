import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { Ticks } from '../../design/choices.tsx';
import { EntryForm, useEntry } from '../../design/entry.tsx';
import { Banner, Choice, Field, Lines } from '../../design/form.tsx';
import { useKept } from '../../design/keep.ts';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import { sayNext } from '../heading.ts';
import { useMe } from '../me.ts';
import { Title } from '../parts.tsx';
import { Apis, apiFields, readAccess, readApi } from './apis.tsx';
import { pemOf, readCertificates, readKeys } from './proofs.ts';
import { Settings } from './settings.tsx';
import type { AppView } from './views.ts';
import { readWays, Ways, wayFields } from './ways.tsx';
import {
  audienceName,
  kindName,
  profileName,
  profiles,
  protectionName,
  protectionRisk,
  protections,
  scopeName,
  scopes,
} from './words.ts';

const back = () => ({ href: '/admin/apps', label: t('Ứng dụng', 'Apps') });
const lines = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/** `/admin/apps/new`: three questions; the rest is on the app's page. */
export function NewApp() {
  const me = useMe();
  const writing = me.roles.find(({ role }) => role === 'department-administrator' || role === 'app-owner');
  const [made, setMade] = useState<{ clientId: string; name: string; clientSecret?: string | null | undefined }>();
  const entry = useEntry('new app', {
    name: '',
    kind: 'web',
    stage: 'sandbox',
    redirectUris: 'http://localhost:3000/callback',
  });
  if (made) {
    return (
      <>
        <Title title={t(`Đã tạo ${made.name}`, `${made.name} was made`)} back={back()} />
        <Settings {...made} />
        <p>
          <a class="button button-primary" href={`/admin/apps/${made.clientId}`}>
            {t('Tới trang của ứng dụng', 'To the app’s page')}
          </a>
        </p>
      </>
    );
  }
  return (
    <>
      <Title title={t('Thêm một ứng dụng', 'Add an app')} back={back()} />
      <EntryForm
        entry={entry}
        submit={t('Tạo ứng dụng', 'Create the app')}
        cancel="/admin/apps"
        onSubmit={async ({ name, kind, stage, redirectUris }) =>
          setMade(
            await must(
              api.POST('/api/v1/apps', {
                body: {
                  name,
                  kind: kind as AppView['kind'],
                  ...(kind === 'device'
                    ? { isSandbox: false }
                    : { redirectUris: lines(redirectUris), isSandbox: stage === 'sandbox' }),
                  organisationId: writing?.organisation.id ?? '',
                },
              }),
            ),
          )
        }
      >
        <Field label={t('Tên ứng dụng', 'Name of the app')} required maxlength={80} {...entry.field('name')} />
        <Choice
          label={t('Loại', 'Kind')}
          {...entry.choice('kind')}
          options={(['web', 'spa', 'native', 'device'] as const).map((value) => ({ value, label: kindName(value) }))}
          hint={t('Web có máy chủ thì giữ được mã bí mật.', 'A web app with a server keeps a secret.')}
        />
        {entry.values.kind === 'device' ? (
          <Banner state="now">
            {t(
              'Người dùng gõ mã của màn hình ở một máy khác. Dùng được sau khi Sở duyệt.',
              'People type the code of the screen on another device. It works once the department has approved it.',
            )}
          </Banner>
        ) : (
          <>
            <Choice
              label={t('Bắt đầu', 'Start')}
              {...entry.choice('stage')}
              options={[
                {
                  value: 'sandbox',
                  label: t('Thử trên máy mình, với người giả', 'On your machine, with invented people'),
                },
                { value: 'real', label: t('Với người thật', 'With real people') },
              ]}
              hint={t('Thử nghiệm không cần ai duyệt.', 'The sandbox needs nobody’s approval.')}
            />
            <Field
              label={t('Địa chỉ nhận kết quả đăng nhập', 'Address that receives the sign-in')}
              hint={t('Lập trình viên gọi là redirect_uri.', 'Developers call it redirect_uri.')}
              required
              placeholder="https://app.example.edu.vn/callback"
              {...entry.field('redirectUris')}
            />
          </>
        )}
      </EntryForm>
    </>
  );
}

/** `/admin/apps/:clientId/edit` */
export function EditApp() {
  const { clientId = '' } = useRoute().params;
  const [app] = useLoad(clientId, () => must(api.GET('/api/v1/apps/{clientId}', { params: { path: { clientId } } })));
  return <Show loaded={app}>{(data) => <Edit app={data} />}</Show>;
}

const algorithms = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const;

/** Where an app's software cannot do as we would have it; each is shown to those who approve. */
const exceptions = ['claims'] as const;

function exceptionName(exception: string): string {
  const names: Record<string, string> = {
    claims: t('Dữ liệu nằm cả trong ID token', 'The data stand in the ID token too'),
  };
  return names[exception] ?? exception;
}

const audiences = ['learner', 'teacher', 'staff', 'guardian'] as const;

function Edit({ app }: { readonly app: AppView }) {
  const { route } = useLocation();
  const page = `/admin/apps/${app.clientId}`;
  const [asked, setAsked] = useKept<readonly string[]>('scopes', app.scopes);
  const [audience, setAudience] = useKept<readonly string[]>('audience', app.audience);
  const entry = useEntry('edit app', {
    name: app.name,
    purposeVi: app.purpose.vi,
    purposeEn: app.purpose.en,
    redirectUris: app.redirectUris.join('\n'),
    postLogoutRedirectUris: app.postLogoutRedirectUris.join('\n'),
    backchannelLogoutUri: app.backchannelLogoutUri ?? '',
    homeUri: app.homeUri ?? '',
    idTokenAlg: app.idTokenAlg,
    codeProtection: app.codeProtection,
    securityProfile: app.securityProfile,
    certificates: app.certificates.map(pemOf).join('\n'),
    ...apiFields(app),
    ...wayFields(app),
    jwksUri: app.jwksUri ?? '',
    jwks: app.jwks ? JSON.stringify(app.jwks, null, 2) : '',
  });
  const [excepted, setExcepted] = useKept<readonly string[]>('exceptions', app.hasClaimsInIdToken ? ['claims'] : []);
  return (
    <>
      <Title title={t(`Sửa ${app.name}`, `Change ${app.name}`)} back={{ href: page, label: app.name }} />
      <EntryForm
        entry={entry}
        submit={t('Lưu', 'Save')}
        cancel={page}
        onSubmit={async (values) => {
          await must(
            api.PATCH('/api/v1/apps/{clientId}', {
              params: { path: { clientId: app.clientId } },
              body: {
                name: values.name,
                purpose: { vi: values.purposeVi, en: values.purposeEn },
                redirectUris: lines(values.redirectUris),
                postLogoutRedirectUris: lines(values.postLogoutRedirectUris),
                backchannelLogoutUri: values.backchannelLogoutUri || null,
                homeUri: values.homeUri || null,
                scopes: scopes.filter((scope) => asked.includes(scope)),
                audience: audiences.filter((role) => audience.includes(role)),
                idTokenAlg: algorithms.find((one) => one === values.idTokenAlg) ?? 'ES256',
                codeProtection: protections.find((one) => one === values.codeProtection) ?? 'pkce',
                hasClaimsInIdToken: excepted.includes('claims'),
                api: readApi(values.apiIdentifier, values.apiScopes),
                apiAccess: readAccess(values.apiAccess),
                ...(app.kind === 'web' ? readWays(values) : {}),
                securityProfile: profiles.find((one) => one === values.securityProfile) ?? 'standard',
                certificates: readCertificates(values.certificates),
                jwksUri: values.jwksUri || null,
                jwks: readKeys(values.jwks),
              },
            }),
          );
          sayNext(t('Đã lưu.', 'Saved.'));
          route(page);
        }}
      >
        {app.isApproved && (
          <Banner state="warn">
            {t(
              'Ứng dụng đã được duyệt đúng như hiện nay. Sửa điều gì ở đây thì phải duyệt lại.',
              'The app is approved exactly as it is. Changing anything here ends the approval.',
            )}
          </Banner>
        )}
        <Field label={t('Tên ứng dụng', 'Name of the app')} required maxlength={80} {...entry.field('name')} />
        <Field
          label={t('Để làm gì (tiếng Việt)', 'Purpose (Vietnamese)')}
          required
          maxlength={200}
          {...entry.field('purposeVi')}
          hint={t(
            'Một câu, hiện khi hỏi đồng ý và dưới ô của ứng dụng.',
            'One sentence, shown when people are asked and below the tile.',
          )}
        />
        <Field
          label={t('Để làm gì (tiếng Anh)', 'Purpose (English)')}
          required
          maxlength={200}
          {...entry.field('purposeEn')}
        />
        <Ticks
          legend={t('Được biết nhiều nhất', 'What it may be told at most')}
          of={scopes}
          ticked={asked}
          onTick={setAsked}
          isFixed={(scope) => scope === 'openid'}
          nameOf={scopeName}
        />
        <Ticks
          legend={t('Dành cho ai', 'Whom it is for')}
          of={audiences}
          ticked={audience}
          onTick={setAudience}
          isFixed={(role) => audience.length === 1 && audience[0] === role}
          nameOf={audienceName}
        />
        {app.kind !== 'device' && (
          <>
            <Lines
              label={t('Địa chỉ nhận kết quả đăng nhập', 'Addresses that receive the sign-in')}
              hint={t(
                'Mỗi dòng một địa chỉ (redirect_uri), khớp từng ký tự.',
                'One per line (redirect_uri), matched character by character.',
              )}
              {...entry.field('redirectUris')}
            />
            <Lines
              label={t('Địa chỉ sau đăng xuất', 'Addresses after sign-out')}
              {...entry.field('postLogoutRedirectUris')}
            />
          </>
        )}
        <Field
          label={t('Địa chỉ nhận báo đăng xuất', 'Address for sign-out notices')}
          type="url"
          {...entry.field('backchannelLogoutUri')}
          hint={t(
            'Máy dùng chung cần nó: em này thoát thì ứng dụng cũng thoát.',
            'Shared PCs need it: when a child signs out, so does the app.',
          )}
        />
        <Field
          label={t('Ô trên trang ứng dụng dẫn tới', 'Launcher tile leads to')}
          type="url"
          {...entry.field('homeUri')}
          hint={t('Để trống thì không có ô.', 'Empty: no tile.')}
        />
        <details open={isRare(app) || rareFields.some((name) => entry.field(name).error)}>
          <summary>
            {t('Ít khi cần: API, khoá riêng, phần mềm cũ', 'Rarely needed: APIs, own keys, older software')}
          </summary>
          <div class="grid gap-5 mt-4">
            <Choice
              label={t('ID token ký bằng', 'ID tokens are signed with')}
              {...entry.choice('idTokenAlg')}
              options={algorithms.map((value) => ({ value, label: value }))}
              hint={t('Đổi chỉ khi phần mềm không nhận ES256.', 'Change it only if the software does not take ES256.')}
            />
            <Apis entry={entry} />
            {app.kind === 'web' && (
              <>
                <Ways entry={entry} />
                <Choice
                  label={t('Bảo vệ mã đăng nhập', 'Protection of sign-in codes')}
                  {...entry.choice('codeProtection')}
                  options={protections.map((value) => ({ value, label: protectionName(value) }))}
                  hint={
                    entry.values.codeProtection === 'none'
                      ? protectionRisk()
                      : t(
                          'Đổi chỉ khi phần mềm không có PKCE; người duyệt sẽ thấy.',
                          'Change it only if the software has no PKCE; those who approve see it.',
                        )
                  }
                />
                <Choice
                  label={t('Mức an toàn', 'Security profile')}
                  {...entry.choice('securityProfile')}
                  options={profiles.map((value) => ({ value, label: profileName(value) }))}
                  hint={t(
                    'Mức cao cần khoá hoặc chứng thư bên dưới; phần mềm phải nói FAPI 2.0.',
                    'High security needs the keys or a certificate below; the software has to speak FAPI 2.0.',
                  )}
                />
                <Field
                  label={t('Địa chỉ khoá công khai (jwks_uri)', 'Address of public keys (jwks_uri)')}
                  type="url"
                  {...entry.field('jwksUri')}
                  hint={t(
                    'Có khoá thì ứng dụng ký thay cho mã bí mật; mã bí mật hết hiệu lực ngay.',
                    'With keys the app signs in place of its secret, which ends at once.',
                  )}
                />
                <Lines
                  label={t('Hoặc dán khoá công khai (JWKS)', 'Or paste the public keys (JWKS)')}
                  hint={t('EC P-256, RSA từ 2048 bit hoặc Ed25519.', 'EC P-256, RSA of 2048 bits or more, or Ed25519.')}
                  {...entry.field('jwks')}
                />
                <Lines
                  label={t('Chứng thư của ứng dụng (PEM)', 'Certificates of the app (PEM)')}
                  hint={t(
                    'Có chứng thư thì ứng dụng chứng minh ngay khi kết nối (mTLS).',
                    'With a certificate the app proves itself when it connects (mTLS).',
                  )}
                  {...entry.field('certificates')}
                />
              </>
            )}
            <Ticks
              legend={t('Phần mềm cũ', 'Older software')}
              of={exceptions}
              ticked={excepted}
              onTick={setExcepted}
              isFixed={() => false}
              nameOf={exceptionName}
            />
          </div>
        </details>
      </EntryForm>
    </>
  );
}

const rareFields = [
  'idTokenAlg',
  'codeProtection',
  'apiIdentifier',
  'apiScopes',
  'apiAccess',
  'ciba',
  'cibaUri',
  'exchange',
  'securityProfile',
  'jwksUri',
  'jwks',
  'certificates',
] as const;

/** Whether it has something of what most apps never have. */
const isRare = (app: AppView): boolean =>
  app.idTokenAlg !== 'ES256' ||
  app.codeProtection !== 'pkce' ||
  app.hasClaimsInIdToken ||
  app.securityProfile !== 'standard' ||
  app.apiAccess.length + app.certificates.length > 0 ||
  Boolean(app.api ?? app.jwks ?? app.jwksUri ?? app.ciba) ||
  app.exchangesTokens;
