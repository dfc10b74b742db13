import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Banner, Field } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import { useMay, useMe } from './me.ts';
import { Show, Table, Title } from './parts.tsx';

/** Relying apps: who they are, and a new one in three questions. */
export function Apps() {
  const [apps, reload] = useLoad('apps', () => must(api.GET('/api/v1/apps')));
  const mayWrite = useMay('apps.write');
  return (
    <>
      <Title
        title={t('Ứng dụng liên kết', 'Relying apps')}
        note={t('Các hệ thống đăng nhập qua EduTrust.', 'Systems that people reach by signing in here.')}
      />
      <Show loaded={apps}>
        {({ items }) => (
          <Table
            label={t('Ứng dụng', 'Apps')}
            heads={[t('Tên', 'Name'), 'client_id', t('Loại', 'Kind'), t('Trạng thái', 'State')]}
            empty={t('Chưa có ứng dụng nào.', 'There is no app yet.')}
          >
            {items.map((app) => (
              <tr key={app.clientId}>
                <td class="font-semibold">{app.name}</td>
                <td>
                  <code>{app.clientId}</code>
                </td>
                <td data-label={t('Loại', 'Kind')}>
                  {app.kind === 'web'
                    ? t('Web có máy chủ', 'Web with a server')
                    : t('Trình duyệt, điện thoại', 'Browser, phone')}
                </td>
                <td>
                  <State state="good">{t('Đang dùng', 'In use')}</State>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Show>
      {mayWrite && <NewApp onDone={reload} />}
    </>
  );
}

function NewApp({ onDone }: { readonly onDone: () => void }) {
  const me = useMe();
  const organisationId = me.roles[0]?.organisation.id ?? '';
  const [made, setMade] = useState<{ clientId: string; clientSecret?: string | null }>();
  const { isBusy, error, run } = useAction();
  const create = (event: Event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const fields = new FormData(form);
    const text = (name: string) => String(fields.get(name) ?? '').trim();
    run(async () => {
      setMade(
        await must(
          api.POST('/api/v1/apps', {
            body: {
              name: text('name'),
              kind: text('kind') as 'web',
              redirectUris: [text('redirectUri')],
              postLogoutRedirectUris: text('postLogoutRedirectUri') ? [text('postLogoutRedirectUri')] : [],
              organisationId,
            },
          }),
        ),
      );
      form.reset();
      onDone();
    });
  };
  return (
    <section class="card grid gap-4 max-w-2xl">
      <h2>{t('Thêm ứng dụng', 'Add an app')}</h2>
      {made && <Made {...made} />}
      {error && <Banner state="bad">{error}</Banner>}
      <form class="grid gap-4" onSubmit={create}>
        <Field label={t('Tên ứng dụng', 'Name of the app')} name="name" required maxlength={80} />
        <label class="grid gap-1.5">
          <span class="font-semibold">{t('Loại', 'Kind')}</span>
          <select name="kind" class="control">
            <option value="web">{t('Web có máy chủ (giữ được bí mật)', 'Web with a server (keeps a secret)')}</option>
            <option value="spa">
              {t('Chạy trong trình duyệt hoặc điện thoại', 'Runs in a browser or on a phone')}
            </option>
          </select>
        </label>
        <Field
          label={t('Địa chỉ nhận kết quả (redirect_uri)', 'Redirect address (redirect_uri)')}
          name="redirectUri"
          type="url"
          required
          placeholder="https://app.example.edu.vn/callback"
        />
        <Field
          label={t('Địa chỉ sau đăng xuất (không bắt buộc)', 'Address after sign-out (optional)')}
          name="postLogoutRedirectUri"
          type="url"
        />
        <button type="submit" class="button button-primary justify-self-start" disabled={isBusy}>
          {t('Tạo ứng dụng', 'Create the app')}
        </button>
      </form>
    </section>
  );
}

/** What the developer needs now, ready to be pasted; the secret is never shown again. */
function Made({ clientId, clientSecret }: { readonly clientId: string; readonly clientSecret?: string | null }) {
  const settings = [
    `ISSUER=${location.origin}`,
    `CLIENT_ID=${clientId}`,
    ...(clientSecret ? [`CLIENT_SECRET=${clientSecret}`] : []),
  ].join('\n');
  const [isCopied, setCopied] = useState(false);
  return (
    <Banner state="good" live>
      <p class="font-semibold">{t('Đã tạo ứng dụng.', 'The app is made.')}</p>
      {clientSecret && (
        <p>{t('Mã bí mật chỉ hiện lần này; hãy chép ngay.', 'The secret is shown this once; copy it now.')}</p>
      )}
      <pre class="my-2 whitespace-pre-wrap break-all">{settings}</pre>
      <button
        type="button"
        class="button"
        onClick={async () => {
          await navigator.clipboard.writeText(settings);
          setCopied(true);
        }}
      >
        {isCopied ? t('Đã chép', 'Copied') : t('Chép cấu hình', 'Copy the settings')}
      </button>
    </Banner>
  );
}
