import { useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Face } from '../../design/face.tsx';
import { formatDate, locale, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';
import { scopeName } from '../apps/words.ts';
import { Title } from '../parts.tsx';

type Offered =
  paths['/api/v1/organisations/{id}/apps']['get']['responses']['200']['content']['application/json']['items'][number];

/** `/admin/schools/:id/apps`: apps from outside that the department approved, for the school to let its pupils use. */
export function SchoolAppsPage() {
  const { id = '' } = useRoute().params;
  const params = { params: { path: { id } } };
  const [school] = useLoad(id, () => must(api.GET('/api/v1/organisations/{id}', params)));
  const [apps, reload] = useLoad(`apps of ${id}`, () => must(api.GET('/api/v1/organisations/{id}/apps', params)));
  return (
    <Show loaded={school}>
      {({ name }) => (
        <>
          <Title
            title={t('Ứng dụng của trường', 'Apps of the school')}
            icon="layout-grid"
            back={{ href: `/admin/schools/${id}`, label: name }}
            note={t(
              'Sở đã duyệt các ứng dụng này. Trường cho phép thì học sinh mới thấy, và ứng dụng mới biết dữ liệu của các em.',
              'The department approved these apps. Pupils see them, and they see pupils’ data, only when the school allows it.',
            )}
          />
          <Show loaded={apps}>
            {({ items }) =>
              items.length === 0 ? (
                <Empty icon="layout-grid">
                  {t(
                    'Chưa có ứng dụng ngoài nào được Sở duyệt.',
                    'The department has approved no app from outside yet.',
                  )}
                </Empty>
              ) : (
                <Ruled onMargin label={t('Ứng dụng', 'Apps')}>
                  {items.map((app) => (
                    <OfferedRow key={app.clientId} schoolId={id} app={app} onDone={reload} />
                  ))}
                </Ruled>
              )
            }
          </Show>
        </>
      )}
    </Show>
  );
}

function OfferedRow({
  schoolId,
  app,
  onDone,
}: {
  readonly schoolId: string;
  readonly app: Offered;
  readonly onDone: () => void;
}) {
  const isOn = app.activatedAt !== null;
  const params = { path: { id: schoolId, clientId: app.clientId } };
  const told = app.scopes
    .filter((scope) => scope !== 'openid' && scope !== 'offline_access' && scope !== 'ssf.manage')
    .map(scopeName);
  return (
    <Row
      mark={isOn ? 'good' : 'later'}
      title={
        <span class="inline-flex items-center gap-3">
          <Face name={app.name} of="app" />
          {app.name}
        </span>
      }
      note={
        <>
          {app.purpose[locale()]}{' '}
          {app.activatedAt && (
            <State state="good">{`${t('cho phép từ', 'allowed since')} ${formatDate(app.activatedAt)}`}</State>
          )}
        </>
      }
      act={
        <ActButton
          bad={isOn}
          label={isOn ? t('Thôi cho phép', 'Stop allowing') : t('Cho phép', 'Allow')}
          question={
            isOn
              ? t(`Thôi cho phép ${app.name}?`, `Stop allowing ${app.name}?`)
              : t(`Cho học sinh dùng ${app.name}?`, `Let pupils use ${app.name}?`)
          }
          confirm={isOn ? t('Thôi cho phép', 'Stop allowing') : t('Cho phép', 'Allow')}
          onConfirm={async () => {
            await must(
              isOn
                ? api.DELETE('/api/v1/organisations/{id}/apps/{clientId}', { params })
                : api.PUT('/api/v1/organisations/{id}/apps/{clientId}', { params }),
            );
            onDone();
          }}
        >
          <p>
            {isOn
              ? t('Ô của ứng dụng biến mất khỏi trang của học sinh.', 'Its tile disappears from the pupils’ page.')
              : `${t('Ứng dụng sẽ được biết: ', 'The app will be told: ')}${told.join(', ') || t('không gì ngoài việc ai quay lại', 'nothing but who came back')}.`}
          </p>
        </ActButton>
      }
    />
  );
}
