import { api, must } from '../../design/api.ts';
import { saveFile } from '../../design/file.ts';
import { Banner } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { csvOf } from '../audit/csv.ts';
import { mayDo } from '../may.ts';
import { isRefusal, type Run, type RunView, type Target } from './words.ts';

/** Why a target is not in step, that nothing is lost, and what helps: another try, the rows to mend, or its settings. */
export function Trouble({
  target,
  lastApply,
  onDone,
}: {
  readonly target: Target;
  /** The run that failed. */
  readonly lastApply: Run | undefined;
  readonly onDone: () => void;
}) {
  const { id, failure, failureCode, pending } = target;
  const mayWrite = mayDo(target)('sync.write');
  const hasRows = isRefusal(failureCode) && lastApply !== undefined;
  const { isBusy, error, run } = useAction();
  const again = () =>
    run(async () => {
      await must(api.POST('/api/v1/sync/targets/{id}/runs', { params: { path: { id } }, body: { mode: 'apply' } }));
      onDone();
    });
  return (
    <section class="card rounded-cover border-2 border-bad! p-6 grid gap-4" aria-labelledby="trouble">
      <div class="flex gap-4 items-start">
        <Icon name="ban" class="size-7! text-bad mt-0.5" />
        <div class="grid gap-1 min-w-0">
          <h2 id="trouble">
            {hasRows
              ? t(
                  `Đích từ chối ${formatNumber(lastApply.totals.failed)} thay đổi`,
                  `The target refused ${formatNumber(lastApply.totals.failed)} changes`,
                )
              : t('Không đồng bộ được', 'It cannot be kept in step')}
          </h2>
          {!hasRows && <p>{failure}</p>}
          {hasRows && <Reasons runId={lastApply.id} />}
          <p class="text-quiet">
            {t('Không mất gì: ', 'Nothing is lost: ')}
            {pending > 0
              ? t(`${formatNumber(pending)} người đang đợi; `, `${formatNumber(pending)} people wait; `)
              : ''}
            {t('cứ năm phút hệ thống tự thử lại.', 'it is tried again every five minutes.')}
          </p>
        </div>
      </div>
      {error && <Banner state="bad">{error}</Banner>}
      <div class="flex flex-wrap gap-3">
        {mayWrite && (
          <button type="button" class="button button-primary" disabled={isBusy} onClick={again}>
            <Icon name="refresh-cw" />
            {isBusy ? t('Đang thử…', 'Trying…') : t('Thử lại ngay', 'Try again now')}
          </button>
        )}
        {hasRows && <SaveRefused runId={lastApply.id} />}
        {mayWrite && !hasRows && (
          <a class="button" href={`/admin/sync/${id}/edit`}>
            <Icon name="pencil" />
            {t('Sửa kết nối', 'Correct the connection')}
          </a>
        )}
      </div>
    </section>
  );
}

const readRun = (runId: string) => must(api.GET('/api/v1/sync/runs/{id}', { params: { path: { id: runId } } }));

/** What the target answered, the most frequent first: one reason is often all of it. */
function Reasons({ runId }: { readonly runId: string }) {
  const [loaded] = useLoad(`run ${runId}`, () => readRun(runId));
  if (loaded.state !== 'ready') return null;
  return (
    <ul class="grid gap-1">
      {loaded.data.refusals.map(({ why, count }) => (
        <li key={why} class="break-words">
          <b class="number">{formatNumber(count)}</b> × «{why}»
        </li>
      ))}
    </ul>
  );
}

function SaveRefused({ runId }: { readonly runId: string }) {
  const { isBusy, error, run } = useAction();
  const save = () =>
    run(async () => {
      const heads = [t('Mục', 'Entry'), t('Việc', 'What'), t('Đích trả lời', 'Answer'), t('Sẽ gửi', 'Would be sent')];
      const refused = (await readRun(runId)).changes.filter(({ state }) => state === 'failed');
      saveFile('dich-tu-choi.csv', csvOf([heads, ...refused.map(rowOf)]));
    });
  return (
    <>
      <button type="button" class="button" disabled={isBusy} onClick={save}>
        <Icon name="download" />
        {t('Tải các dòng bị từ chối', 'Save the refused rows')}
      </button>
      {error && <Banner state="bad">{error}</Banner>}
    </>
  );
}

const rowOf = ({ key, action, error, after }: RunView['changes'][number]): string[] => [
  key,
  action,
  error ?? '',
  Object.entries(after)
    .map(([field, values]) => `${field}=${values.join(', ')}`)
    .join('; '),
];
