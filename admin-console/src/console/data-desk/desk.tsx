import { api, must } from '../../design/api.ts';
import { Segments } from '../../design/choices.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatDate, t } from '../../design/language.ts';
import { State } from '../../design/mark.tsx';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { useFilter } from '../filter.ts';
import { useMe } from '../me.ts';
import { usePages } from '../pages.ts';
import { More, Title } from '../parts.tsx';
import { clockOf, type DataRequest, dueOf, kindName, standingOf, stateName } from './words.ts';

/** `/admin/data-desk`: what people ask of their data, by when it is due. */
export function DataDesk() {
  const { permissions } = useMe();
  const [which, setWhich] = useFilter<'closed'>('which');
  const { loaded, more } = usePages(`data requests ${which}`, (cursor) =>
    must(
      api.GET('/api/v1/data-requests', {
        params: { query: { which: which || 'open', limit: 50, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
  return (
    <>
      <Title
        title={t('Yêu cầu về dữ liệu cá nhân', 'Requests about personal data')}
        note={t(
          'Tiếp nhận trong hai ngày làm việc; trả lời trong 10, 15 hoặc 20 ngày, gia hạn một lần.',
          'Acknowledged within two working days; answered in 10, 15 or 20 days, extended once.',
        )}
      >
        {permissions.includes('recipients.read') && (
          <a class="button" href="/admin/data-desk/recipients">
            <Icon name="send" />
            {t('Nơi nhận dữ liệu', 'Recipients')}
          </a>
        )}
        {permissions.includes('data-breaches.read') && (
          <a class="button" href="/admin/data-desk/breaches">
            <Icon name="shield-alert" />
            {t('Hồ sơ vi phạm', 'Breaches')}
          </a>
        )}
        {permissions.includes('data-requests.handle') && (
          <a class="button button-primary" href="/admin/data-desk/new">
            <Icon name="plus" />
            {t('Ghi yêu cầu trên giấy', 'Record one on paper')}
          </a>
        )}
      </Title>
      <Segments
        label={t('Yêu cầu nào', 'Which requests')}
        value={which || 'open'}
        options={[
          { value: 'open', label: t('Đang chờ', 'Open') },
          { value: 'closed', label: t('Đã xong', 'Closed') },
        ]}
        onChoose={(value) => setWhich(value === 'closed' ? 'closed' : '')}
      />
      <Show loaded={loaded}>
        {(items) =>
          items.length === 0 ? (
            <Empty icon="shield-check">
              {which
                ? t('Chưa có yêu cầu nào đã xong.', 'Nothing is closed yet.')
                : t('Không có yêu cầu nào đang chờ.', 'Nothing waits.')}
            </Empty>
          ) : (
            <Ruled onMargin label={t('Các yêu cầu', 'Requests')}>
              {items.map((one) => (
                <RequestRow key={one.id} request={one} />
              ))}
            </Ruled>
          )
        }
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}

function RequestRow({ request }: { readonly request: DataRequest }) {
  const { id, kind, subject, askedAs, organisation, state, receivedAt, closedAt } = request;
  const clock = closedAt ? undefined : clockOf(dueOf(request), Date.now());
  const as = {
    person: t('tự gửi', 'by themselves'),
    guardian: t('cha mẹ gửi', 'by a guardian'),
    paper: t('trên giấy', 'on paper'),
  };
  return (
    <Row
      mark={clock?.mark ?? 'dot'}
      title={
        <a href={`/admin/data-desk/${id}`} class="no-underline text-ink hover:underline">
          {kindName(kind)} · {subject.fullName}
        </a>
      }
      note={`${organisation.name} · ${as[askedAs]} · ${formatDate(receivedAt)}`}
      act={
        <>
          {clock && <span class="text-quiet">{clock.text}</span>}
          <State state={standingOf[state]}>{stateName(state)}</State>
        </>
      }
    />
  );
}
