import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { t } from '../../design/language.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import type { AppView } from './views.ts';

/** What is to be done before real people meet an app, and the step itself. */
export function GoingLive({ app, reload }: { readonly app: AppView; readonly reload: () => void }) {
  const steps: readonly (readonly [boolean, string, string])[] = [
    [
      !app.purpose.vi.startsWith('Đăng nhập vào '),
      t('Mục đích viết cho người dùng', 'A purpose written for people'),
      t('Hiện khi hỏi đồng ý.', 'Shown when they are asked.'),
    ],
    [
      app.backchannelLogoutUri !== null || app.kind !== 'web',
      t('Nhận báo đăng xuất', 'Is notified of sign-outs'),
      t('Máy dùng chung cần nó.', 'Shared computers need it.'),
    ],
    [
      app.postLogoutRedirectUris.length > 0,
      t('Có chỗ quay về sau đăng xuất', 'Has a place to return to after sign-out'),
      t('Kèm nút đăng xuất trong ứng dụng.', 'With a sign-out button in the app.'),
    ],
  ];
  return (
    <section class="grid gap-4 min-w-0" aria-labelledby="going-live">
      <h2 id="going-live">{t('Trước khi dùng thật', 'Before real use')}</h2>
      <Ruled isTight>
        {steps.map(([isDone, title, note]) => (
          <Row key={title} mark={isDone ? 'good' : 'warn'} title={title} note={note} />
        ))}
      </Ruled>
      <div>
        <ActButton
          label={t('Chuyển sang dùng thật', 'Take it to real use')}
          question={t(`Dùng thật ${app.name}?`, `Take ${app.name} to real use?`)}
          confirm={t('Dùng thật', 'Real use')}
          onConfirm={async () => {
            await must(
              api.PATCH('/api/v1/apps/{clientId}', {
                params: { path: { clientId: app.clientId } },
                body: { isSandbox: false },
              }),
            );
            reload();
          }}
        >
          <p>
            {t(
              'Người thật vào được, mỗi người được hỏi đồng ý; ngày sinh và mã giáo dục của học sinh chỉ gửi sau khi Sở duyệt. Người giả không vào nữa. Sau bước này hãy thêm địa chỉ https. Không quay lại thử nghiệm được.',
              'Real people can enter and each is asked; pupils’ birth dates and IDs are sent only after the department’s approval. Invented people can no longer enter. Add the https addresses after this step. There is no way back to the sandbox.',
            )}
          </p>
        </ActButton>
      </div>
    </section>
  );
}
