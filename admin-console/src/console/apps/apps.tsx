import { api, must } from '../../design/api.ts';
import { Face } from '../../design/face.tsx';
import { Icon } from '../../design/icon.tsx';
import { locale, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import { useMay } from '../me.ts';
import { Title } from '../parts.tsx';
import type { AppView } from './views.ts';
import { kindName } from './words.ts';

/** `/admin/apps`: the systems that people reach by signing in here. */
export function Apps() {
  const [apps] = useLoad('apps', () => must(api.GET('/api/v1/apps')));
  const mayWrite = useMay('apps.write');
  return (
    <>
      <Title
        title={t('Ứng dụng liên kết', 'Relying apps')}
        note={t('Các hệ thống đăng nhập qua EduTrust.', 'Systems that people reach by signing in here.')}
      >
        <a class="button" href="/admin/apps/registration-tokens">
          {t('Mã tự đăng ký', 'Registration tokens')}
        </a>
        {mayWrite && (
          <a class="button button-primary" href="/admin/apps/new">
            <Icon name="plus" />
            {t('Thêm một ứng dụng', 'Add an app')}
          </a>
        )}
      </Title>
      <Show loaded={apps}>
        {({ items }) => (
          <Table
            label={t('Ứng dụng', 'Apps')}
            heads={[t('Tên', 'Name'), t('Loại', 'Kind'), t('Trạng thái', 'State'), t('Trang ứng dụng', 'Launcher')]}
            empty={t(
              'Chưa có ứng dụng nào. Thêm một ứng dụng, thử với người giả trước, rồi hai người duyệt.',
              'There is no app yet. Add one, try it with invented people, then two people approve it.',
            )}
          >
            {items.map((app) => (
              <tr key={app.clientId}>
                <td>
                  <span class="flex items-center gap-3">
                    <Face name={app.name} of="app" />
                    <span>
                      <a href={`/admin/apps/${app.clientId}`}>{app.name}</a>
                      <span class="block text-sm text-quiet">{app.purpose[locale()]}</span>
                    </span>
                  </span>
                </td>
                <td data-label={t('Loại', 'Kind')}>{kindName(app.kind)}</td>
                <td>
                  <AppState app={app} />
                </td>
                <td data-label={t('Trang ứng dụng', 'Launcher')}>
                  {app.homeUri ? t('Có ô', 'Has a tile') : t('Không có ô', 'No tile')}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Show>
    </>
  );
}

/** Whether anybody can use it, and whether each person is asked first. */
export function AppState({ app }: { readonly app: AppView }) {
  if (app.kind === 'device' && !app.isApproved)
    return <State state="warn">{t('Chưa duyệt, chưa dùng được', 'Not approved, cannot be used')}</State>;
  if (app.kind !== 'machine' && app.kind !== 'device' && app.redirectUris.length === 0) {
    return <State state="warn">{t('Thiếu địa chỉ nhận kết quả', 'No redirect address')}</State>;
  }
  if (app.isSandbox) return <State state="now">{t('Thử nghiệm, người giả', 'Sandbox, invented people')}</State>;
  return app.isApproved ? (
    <State state="good">{t('Đã duyệt, không hỏi lại', 'Approved, asks nobody')}</State>
  ) : (
    <State state="plain">{t('Hỏi từng người đồng ý', 'Asks each person')}</State>
  );
}
