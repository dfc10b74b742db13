import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { ActButton } from '../../design/dialog.tsx';
import { Banner } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import { useLive } from '../../design/live.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { State } from '../../design/mark.tsx';
import { Show } from '../../design/show.tsx';
import { toast } from '../../design/toast.tsx';
import { sayNext } from '../heading.ts';
import { mayDo } from '../may.ts';
import { useMay } from '../me.ts';
import { Title } from '../parts.tsx';
import { Changes } from './changes.tsx';
import { ContractOf } from './contract.tsx';
import { Examination } from './examination.tsx';
import { Held } from './held.tsx';
import { Lag } from './lag.tsx';
import { ProofOf } from './proof.tsx';
import { Runs } from './runs.tsx';
import { Trouble } from './trouble.tsx';
import { Why } from './why.tsx';
import { addressOf, type Run, runState, type Target, targetState, totalsOf } from './words.ts';

/** `/admin/sync/:id`: how a target is and what helps, how far behind, its last runs, and why somebody is not there. */
export function TargetPage() {
  const { id = '' } = useRoute().params;
  const [targets, reload] = useLoad(`target ${id}`, () => must(api.GET('/api/v1/sync/targets')));
  return (
    <Show loaded={targets}>
      {({ items }) => {
        const target = items.find((one) => one.id === id);
        if (target) return <Loaded target={target} onChange={reload} />;
        return <Title title={t('Không có đích này', 'There is no such target')} back={back()} />;
      }}
    </Show>
  );
}

const back = () => ({ href: '/admin/sync', label: t('Đồng bộ', 'Directory sync') });

function Loaded({ target, onChange }: { readonly target: Target; readonly onChange: () => void }) {
  const may = mayDo(target);
  const mayReadPeople = useMay('people.read');
  const { state, word } = targetState(target);
  const { id, heldRunId, failure } = target;
  const [runs, reloadRuns] = useLoad(`runs of ${id}`, () =>
    must(api.GET('/api/v1/sync/targets/{id}/runs', { params: { path: { id } } })),
  );
  useLive(`/api/v1/sync/targets/${id}/runs`, reloadRuns);
  const reload = () => {
    reloadRuns();
    onChange();
  };
  return (
    <>
      <Title
        title={target.name}
        back={back()}
        note={
          <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
            <State state={state}>{word}</State>
            {addressOf(target)}
          </span>
        }
      >
        {may('sync.write') && <Acts target={target} onChange={onChange} />}
      </Title>
      {failure && state === 'bad' && (
        <Trouble
          target={target}
          lastApply={runs.state === 'ready' ? runs.data.items.find(({ mode }) => mode === 'apply') : undefined}
          onDone={reload}
        />
      )}
      {heldRunId && <Held runId={heldRunId} mayAsk={may('sync.write')} />}
      <div class="split">
        <div class="grid gap-10 min-w-0">
          {runs.state === 'ready' && <ProofOf runs={runs.data.items} />}
          <Lag target={target} />
          <Examination targetId={id} />
          {may('sync.write') && (
            <Compare target={target} isPrimary={!failure && !heldRunId && target.state !== 'paused'} onDone={reload} />
          )}
          <Show loaded={runs}>{({ items }) => <Runs items={items.slice(0, 20)} />}</Show>
        </div>
        <div class="grid gap-10 min-w-0 content-start">
          {mayReadPeople && <Why target={target} />}
          <ContractOf title={t('Đích này được biết gì', 'What this target receives')} contract={target.contract} />
          {may('sync.write') && (
            <p>
              <Forget target={target} />
            </p>
          )}
        </div>
      </div>
    </>
  );
}

/** Compares first; does exactly what was seen. */
function Compare({
  target: { id },
  isPrimary,
  onDone,
}: {
  readonly target: Target;
  /** Not when something else comes first. */
  readonly isPrimary: boolean;
  readonly onDone: () => void;
}) {
  const [seen, setSeen] = useState<Run>();
  const { isBusy, error, run } = useAction();
  const start = (mode: 'plan' | 'apply', digest?: string) =>
    run(async () => {
      const body = { mode, ...(digest ? { digest } : {}) };
      setSeen(await must(api.POST('/api/v1/sync/targets/{id}/runs', { params: { path: { id } }, body })));
      onDone();
    });
  const preview = seen?.mode === 'plan' && seen.state === 'done' ? seen : undefined;
  return (
    <section class="grid gap-4" aria-labelledby="compare">
      <h2 id="compare">{t('So sánh với đích', 'Compare with the target')}</h2>
      {error && <Banner state="bad">{error}</Banner>}
      {seen && !seen.failure && (
        <Banner state={seen.state === 'done' ? 'good' : 'warn'}>
          {`${seen.mode === 'plan' ? t('Nếu chạy bây giờ', 'If it ran now') : runState(seen).word}: ${totalsOf(seen)}.`}
          {preview?.heldReason && (
            <p>
              {t('Việc vô hiệu hoá sẽ chờ người thứ hai: ', 'Disabling would wait for a second person: ')}
              {preview.heldReason}
            </p>
          )}
        </Banner>
      )}
      {seen?.failure && <Banner state="bad">{seen.failure}</Banner>}
      <div class="flex flex-wrap gap-2">
        {preview?.digest ? (
          <button
            type="button"
            class="button button-primary"
            disabled={isBusy}
            onClick={() => start('apply', preview.digest ?? undefined)}
          >
            {isBusy ? t('Đang chạy…', 'Running…') : t('Thực hiện đúng như trên', 'Do exactly this')}
          </button>
        ) : (
          <button
            type="button"
            class={`button ${isPrimary ? 'button-primary' : ''}`}
            disabled={isBusy}
            onClick={() => start('plan')}
          >
            {isBusy ? t('Đang so sánh…', 'Comparing…') : t('Xem trước', 'Preview')}
          </button>
        )}
      </div>
      {seen && <Changes runId={seen.id} />}
    </section>
  );
}

/** What is done to the target itself. */
function Acts({ target, onChange }: { readonly target: Target; readonly onChange: () => void }) {
  const { id, name, state } = target;
  const { isBusy, error, run } = useAction();
  const isPaused = state === 'paused';
  const turn = () =>
    run(async () => {
      await must(api.PATCH('/api/v1/sync/targets/{id}', { params: { path: { id } }, body: { isPaused: !isPaused } }));
      toast(isPaused ? t(`${name} chạy tiếp.`, `${name} goes on.`) : t(`Đã tạm dừng ${name}.`, `${name} is paused.`));
      onChange();
    });
  return (
    <>
      {error && <Banner state="bad">{error}</Banner>}
      <button type="button" class={isPaused ? 'button button-primary' : 'button'} disabled={isBusy} onClick={turn}>
        {isPaused ? t('Cho chạy tiếp', 'Resume') : t('Tạm dừng', 'Pause')}
      </button>
      <a class="button" href={`/admin/sync/${id}/edit`}>
        <Icon name="pencil" />
        {t('Sửa', 'Edit')}
      </a>
    </>
  );
}

function Forget({ target: { id, name } }: { readonly target: Target }) {
  const { route } = useLocation();
  return (
    <ActButton
      bad
      label={t('Bỏ đích này', 'Forget this target')}
      question={t(`Bỏ ${name}?`, `Forget ${name}?`)}
      confirm={t('Bỏ đích', 'Forget it')}
      onConfirm={async () => {
        await must(api.DELETE('/api/v1/sync/targets/{id}', { params: { path: { id } } }));
        sayNext(t(`Đã bỏ ${name}.`, `${name} was forgotten.`));
        route('/admin/sync');
      }}
    >
      <p>
        {t(
          'EduTrust thôi đồng bộ sang đó. Người và nhóm đang có ở đích thì giữ nguyên.',
          'EduTrust no longer keeps it in step. People and groups that are there stay.',
        )}
      </p>
    </ActButton>
  );
}
