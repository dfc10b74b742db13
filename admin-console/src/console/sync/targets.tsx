import { api, must } from '../../design/api.ts';
import { Icon } from '../../design/icon.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Row, type RowMark, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { useMay } from '../me.ts';
import { Ago, Title } from '../parts.tsx';
import { Clients } from './clients.tsx';
import { addressOf, type Target, targetState } from './words.ts';

/** `/admin/sync`: the systems that are kept in step, those that are not well first. */
export function Targets() {
  const [targets] = useLoad('targets', () => must(api.GET('/api/v1/sync/targets')));
  const mayWrite = useMay('sync.write');
  return (
    <>
      <Title
        title={t('Đồng bộ', 'Directory sync')}
        note={t(
          'Các hệ thống nhận người và nhóm từ EduTrust.',
          'Systems that receive people and groups from EduTrust.',
        )}
      >
        <a class="button" href="/admin/sync/webhooks">
          <Icon name="send" />
          {t('Báo tin', 'Webhooks')}
        </a>
        {mayWrite && (
          <a class="button button-primary" href="/admin/sync/new">
            <Icon name="plus" />
            {t('Thêm một đích', 'Add a target')}
          </a>
        )}
      </Title>
      <Show loaded={targets}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="refresh-cw">
              {t(
                'Chưa có đích nào. Máy chủ thư, thư viện hay phòng máy dùng LDAP hoặc SCIM thì thêm ở đây.',
                'There is no target yet. Mail servers, libraries and labs that use LDAP or SCIM are added here.',
              )}
            </Empty>
          ) : (
            <Ruled onMargin label={t('Các đích', 'Targets')}>
              {[...items]
                .sort((one, other) => rank(one) - rank(other))
                .map((target) => (
                  <TargetRow key={target.id} target={target} />
                ))}
            </Ruled>
          )
        }
      </Show>
      <Clients />
    </>
  );
}

const rank = (target: Target): number => ['bad', 'warn', 'now', 'plain', 'good'].indexOf(targetState(target).state);

const marks: Readonly<Record<string, RowMark>> = { good: 'good', warn: 'warn', bad: 'bad', plain: 'later', now: 'now' };

function TargetRow({ target }: { readonly target: Target }) {
  const { state, word } = targetState(target);
  const { id, name, failure, pending, lastRunAt } = target;
  return (
    <Row
      mark={marks[state] ?? 'dot'}
      title={
        <a href={`/admin/sync/${id}`} class="no-underline text-ink hover:underline">
          {name}
        </a>
      }
      note={
        <>
          {failure ?? addressOf(target)}
          {pending > 0 &&
            ` · ${t(`${formatNumber(pending)} người đang chờ sang`, `${formatNumber(pending)} people on their way`)}`}
          {lastRunAt && (
            <>
              {' · '}
              {t('chạy', 'ran')} <Ago at={lastRunAt} />
            </>
          )}
        </>
      }
      act={<State state={state}>{word}</State>}
    />
  );
}
