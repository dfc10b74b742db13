import { api, must } from '../../design/api.ts';
import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Show } from '../../design/show.tsx';
import { useMay } from '../me.ts';
import { Ago } from '../parts.tsx';
import { type Client, kindOfClient } from './words.ts';

/** Systems that come and ask, by SCIM or OneRoster; those that were ended last. */
export function Clients() {
  const [clients] = useLoad('clients', () => must(api.GET('/api/v1/sync/clients')));
  const mayWrite = useMay('sync.write');
  return (
    <section class="grid gap-4" aria-labelledby="clients">
      <div class="flex flex-wrap gap-4 items-center justify-between">
        <div class="grid gap-1">
          <h2 id="clients">{t('Hệ thống tự vào lấy', 'Systems that come and ask')}</h2>
          <p class="text-quiet">
            {t(
              'Phần mềm quản lý trường, lớp học trực tuyến… đọc danh sách bằng SCIM hoặc OneRoster.',
              'School management, virtual classrooms and others read rosters by SCIM or OneRoster.',
            )}
          </p>
        </div>
        {mayWrite && (
          <a class="button" href="/admin/sync/clients/new">
            <Icon name="plus" />
            {t('Cho một hệ thống vào', 'Let a system in')}
          </a>
        )}
      </div>
      <Show loaded={clients}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="text-quiet">{t('Chưa có hệ thống nào.', 'There is none yet.')}</p>
          ) : (
            <Ruled onMargin label={t('Hệ thống tự vào lấy', 'Systems that come and ask')}>
              {[...items]
                .sort((one, other) => Number(one.endedAt !== null) - Number(other.endedAt !== null))
                .map((client) => (
                  <ClientRow key={client.id} client={client} />
                ))}
            </Ruled>
          )
        }
      </Show>
    </section>
  );
}

function ClientRow({ client }: { readonly client: Client }) {
  const { id, name, kind, mayWrite, endedAt } = client;
  return (
    <Row
      mark={endedAt ? 'dot' : client.lastUsedAt ? 'good' : 'later'}
      title={
        <a href={`/admin/sync/clients/${id}`} class="no-underline text-ink hover:underline">
          {name}
        </a>
      }
      note={
        <>
          {kindOfClient(kind)} ·{' '}
          {mayWrite ? t('đọc và đưa nhân viên vào', 'reads, and adds staff') : t('chỉ đọc', 'reads only')} ·{' '}
          <LastUse client={client} />
        </>
      }
      act={endedAt && <State state="plain">{t('Đã ngừng', 'Ended')}</State>}
    />
  );
}

export function LastUse({ client: { lastUsedAt } }: { readonly client: Client }) {
  if (!lastUsedAt) return <>{t('chưa vào lần nào', 'never came')}</>;
  return (
    <>
      {t('vào lần cuối', 'last came')} <Ago at={lastUsedAt} />
    </>
  );
}
