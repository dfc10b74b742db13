import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Banner } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Row, type RowMark, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';
import { mayDo } from '../may.ts';
import { useMay } from '../me.ts';
import { Ago, Title } from '../parts.tsx';

type Sources = paths['/api/v1/sync/sources']['get']['responses']['200']['content']['application/json'];
type Source = Sources['items'][number];

/** `/admin/import/sources`: systems that rosters are read from every night, and what came of the last reading. */
export function SourcesPage() {
  const [loaded, reload] = useLoad('sources', () => must(api.GET('/api/v1/sync/sources')));
  const mayWrite = useMay('sync.write');
  return (
    <>
      <Title
        title={t('Nguồn danh sách', 'Roster sources')}
        back={{ href: '/admin/import', label: t('Nhập danh sách', 'Import') }}
        note={t(
          'Hệ thống được đọc mỗi tối, với quyền của người đã thêm. Mỗi lần đọc cho một kế hoạch như khi nhập tệp.',
          'Systems that are read every evening with the rights of who added them. Each reading makes a plan, as a file does.',
        )}
      >
        {mayWrite && (
          <a class="button button-primary" href="/admin/import/sources/new">
            <Icon name="plus" />
            {t('Thêm một nguồn', 'Add a source')}
          </a>
        )}
      </Title>
      <Show loaded={loaded}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="refresh-cw">
              {t(
                'Chưa có nguồn nào. Hệ thống nhân sự có LDAP hay Active Directory, hệ thống nhà trường có OneRoster thì thêm ở đây.',
                'There is no source yet. A staff system with LDAP or Active Directory, a school system with OneRoster is added here.',
              )}
            </Empty>
          ) : (
            <Ruled onMargin>
              {[...items]
                .sort((one, other) => rank(one) - rank(other))
                .map((source) => (
                  <SourceRow key={source.id} source={source} onDone={reload} />
                ))}
            </Ruled>
          )
        }
      </Show>
    </>
  );
}

type RunState = NonNullable<Source['lastRun']>['state'];

function wordOf(source: Source): { mark: RowMark; state: 'good' | 'warn' | 'bad' | 'now' | 'plain'; word: string } {
  if (source.isPaused) return { mark: 'later', state: 'plain', word: t('Tạm dừng', 'Paused') };
  const words = {
    running: { mark: 'now', state: 'now', word: t('Đang đọc', 'Being read') },
    same: { mark: 'good', state: 'good', word: t('Không có gì mới', 'Nothing new') },
    applied: { mark: 'good', state: 'good', word: t('Đã áp dụng', 'Applied') },
    waiting: { mark: 'warn', state: 'warn', word: t('Chờ xem', 'Waits for a look') },
    failed: { mark: 'bad', state: 'bad', word: t('Chưa đọc được', 'Could not be read') },
  } as const satisfies Record<RunState, ReturnType<typeof wordOf>>;
  return source.lastRun
    ? words[source.lastRun.state]
    : { mark: 'later', state: 'plain', word: t('Chưa đọc lần nào', 'Never read') };
}

/** What needs somebody comes first. */
const rank = (source: Source): number => ['bad', 'warn', 'now', 'plain', 'good'].indexOf(wordOf(source).state);

function SourceRow({ source, onDone }: { readonly source: Source; readonly onDone: () => void }) {
  const { id, name, kind, isWhole, isPaused, lastRun } = source;
  const { isBusy, error, run } = useAction();
  const { mark, state, word } = wordOf(source);
  const params = { path: { id } };
  const read = () =>
    run(async () => {
      await must(api.POST('/api/v1/sync/sources/{id}/runs', { params, body: {} }));
      onDone();
    });
  const pause = () =>
    run(async () => {
      await must(api.PATCH('/api/v1/sync/sources/{id}', { params, body: { isPaused: !isPaused } }));
      onDone();
    });
  const remove = async () => {
    await must(api.DELETE('/api/v1/sync/sources/{id}', { params }));
    onDone();
  };
  return (
    <Row
      mark={mark}
      title={name}
      note={
        <span class="text-sm">
          {{ ldap: 'LDAP', oneroster: 'OneRoster', folder: t('Thư mục thả tệp', 'Drop folder') }[kind]}
          {isWhole && ` · ${t('đầy đủ: ai vắng là rời', 'complete: who is absent has left')}`}
          {lastRun && (
            <>
              {' · '}
              <Ago at={lastRun.startedAt} />
            </>
          )}
          {lastRun?.failure && <span class="block">{lastRun.failure}</span>}
        </span>
      }
      act={
        <>
          <State state={state}>{word}</State>
          {lastRun?.planIds.map((plan) => (
            <a key={plan} class="button button-small" href={`/admin/import?plan=${plan}`}>
              {t('Xem kế hoạch', 'See the plan')}
            </a>
          ))}
          {mayDo(source)('sync.write') && (
            <>
              <a class="button button-small" href={`/admin/import/sources/${id}`}>
                {t('Sửa', 'Change')}
              </a>
              <button type="button" class="button button-small" disabled={isBusy || isPaused} onClick={read}>
                {t('Đọc ngay', 'Read now')}
              </button>
              <button type="button" class="button button-small" disabled={isBusy} onClick={pause}>
                {isPaused ? t('Đọc tiếp', 'Resume') : t('Tạm dừng', 'Pause')}
              </button>
              <ActButton
                label={t('Gỡ', 'Remove')}
                question={t(`Gỡ nguồn ${name}?`, `Remove the source ${name}?`)}
                confirm={t('Gỡ', 'Remove')}
                bad
                small
                onConfirm={remove}
              >
                <p>{t('Không ai mà nguồn đã đưa vào bị đổi gì.', 'Nobody whom it brought is touched.')}</p>
              </ActButton>
            </>
          )}
        </>
      }
    >
      {error && <Banner state="bad">{error}</Banner>}
    </Row>
  );
}
