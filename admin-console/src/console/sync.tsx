import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Banner, Field } from '../design/form.tsx';
import { formatNumber, t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import { Empty, Show } from '../design/show.tsx';
import type { paths } from '../generated/api.d.ts';
import { useMay, useMe } from './me.ts';
import { Ago, Title } from './parts.tsx';
import { syncStateName } from './words.ts';

/** Directories that are kept in step. */
export function Sync() {
  const [targets, reload] = useLoad('targets', () => must(api.GET('/api/v1/sync/targets')));
  const mayWrite = useMay('sync.write');
  return (
    <>
      <Title
        title={t('Đồng bộ', 'Directory sync')}
        note={t(
          'Các hệ thống nhận người và nhóm từ EduTrust.',
          'Systems that receive people and groups from EduTrust.',
        )}
      />
      <Show loaded={targets}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>{t('Chưa có đích nào.', 'There is no target yet.')}</Empty>
          ) : (
            <ul class="grid gap-4">
              {items.map((target) => (
                <TargetCard key={target.id} target={target} mayWrite={mayWrite} onChange={reload} />
              ))}
            </ul>
          )
        }
      </Show>
      {mayWrite && <NewTarget onDone={reload} />}
    </>
  );
}

type Target = paths['/api/v1/sync/targets']['get']['responses']['200']['content']['application/json']['items'][number];
type Run =
  paths['/api/v1/sync/targets/{id}/runs']['get']['responses']['200']['content']['application/json']['items'][number];

/** One target: how it is, why when it is not well, what waits for a second person, and its last runs. */
function TargetCard({
  target,
  mayWrite,
  onChange,
}: {
  readonly target: Target;
  readonly mayWrite: boolean;
  readonly onChange: () => void;
}) {
  const { id, heldRunId } = target;
  const params = { params: { path: { id } } };
  const [runs, reloadRuns] = useLoad(`runs of ${id}`, () => must(api.GET('/api/v1/sync/targets/{id}/runs', params)));
  const [seen, setSeen] = useState<Run>();
  const { isBusy, error, run } = useAction();
  const start = (mode: 'plan' | 'apply', digest?: string) =>
    run(async () => {
      const body = { mode, ...(digest ? { digest } : {}) };
      setSeen(await must(api.POST('/api/v1/sync/targets/{id}/runs', { ...params, body })));
      reloadRuns();
      onChange();
    });
  const preview = seen?.mode === 'plan' && seen.state === 'done' ? seen : undefined;
  return (
    <li class="card grid gap-3">
      <div class="flex flex-wrap items-center justify-between gap-3">
        <span>
          <span class="font-semibold">{target.name}</span> <span class="text-quiet">{target.kind.toUpperCase()}</span>
        </span>
        <State state={target.state === 'healthy' ? 'good' : target.state === 'slow' ? 'warn' : 'plain'}>
          {syncStateName(target.state)}
        </State>
      </div>
      <p class="text-sm text-quiet">
        {target.lastRunAt ? (
          <>
            {t('Chạy lần cuối', 'Last run')} <Ago at={target.lastRunAt} />
          </>
        ) : (
          t('Chưa chạy lần nào.', 'It has not run yet.')
        )}
        {target.pending > 0 && (
          <>
            {' · '}
            {formatNumber(target.pending)} {t('người đang chờ sang', 'people on their way')}
          </>
        )}
      </p>
      {target.failure && <Banner state="bad">{target.failure}</Banner>}
      {error && <Banner state="bad">{error}</Banner>}
      {heldRunId && <Held runId={heldRunId} mayWrite={mayWrite} />}
      {seen && !seen.failure && (
        <Banner state={seen.state === 'done' ? 'good' : 'warn'}>
          {seen.mode === 'plan' ? t('Nếu chạy bây giờ', 'If it ran now') : syncStateName(seen.state)}:{' '}
          <Totals run={seen} />
          {preview?.heldReason && (
            <>
              {' '}
              {t('Việc vô hiệu hoá sẽ chờ người thứ hai:', 'The disabling would wait for a second person:')}{' '}
              {preview.heldReason}
            </>
          )}
        </Banner>
      )}
      {mayWrite && (
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
            <button type="button" class="button button-primary" disabled={isBusy} onClick={() => start('plan')}>
              {isBusy ? t('Đang so sánh…', 'Comparing…') : t('Xem trước', 'Preview')}
            </button>
          )}
        </div>
      )}
      <Show loaded={runs}>{({ items }) => <Runs items={items.slice(0, 20)} />}</Show>
    </li>
  );
}

function Totals({ run: { totals } }: { readonly run: Run }) {
  return (
    <>
      {t('thêm', 'added')} {formatNumber(totals.added)} · {t('sửa', 'changed')} {formatNumber(totals.changed)} ·{' '}
      {t('vô hiệu', 'disabled')} {formatNumber(totals.disabled)} · {t('giữ nguyên', 'unchanged')}{' '}
      {formatNumber(totals.unchanged)} · {t('lỗi', 'failed')} {formatNumber(totals.failed)}.
    </>
  );
}

/** A run whose disabling waits: why, whom it is about, and how a second person is asked. */
function Held({ runId, mayWrite }: { readonly runId: string; readonly mayWrite: boolean }) {
  const params = { params: { path: { id: runId } } };
  const [loaded] = useLoad(`run ${runId}`, () => must(api.GET('/api/v1/sync/runs/{id}', params)));
  const [asked, setAsked] = useState<{ readonly id: string; readonly code: string }>();
  const { isBusy, error, run } = useAction();
  const ask = () =>
    run(async () => setAsked((await must(api.POST('/api/v1/sync/runs/{id}/release', params))).approval));
  return (
    <Show loaded={loaded}>
      {({ heldReason, changes, totals }) => (
        <div class="grid gap-2">
          <Banner state="warn">
            {t('Giữ lại, chờ người thứ hai duyệt.', 'Held until a second person approves.')} {heldReason}
          </Banner>
          <details>
            <summary>
              {formatNumber(totals.disabled)} {t('người sẽ bị vô hiệu hoá', 'people would be disabled')}
            </summary>
            <ul class="text-sm">
              {changes
                .filter(({ held }) => held)
                .filter(({ kind }) => kind === 'person')
                .slice(0, 50)
                .map(({ key }) => (
                  <li key={key}>{key}</li>
                ))}
            </ul>
          </details>
          {error && <Banner state="bad">{error}</Banner>}
          {asked ? (
            <Banner state="good">
              {t('Đã lập đề nghị duyệt, mã', 'Asked for approval, code')} {asked.code}.{' '}
              <a href={`/admin/approvals/${asked.id}`}>
                {t(
                  'Xác nhận bằng passkey, rồi nhờ người thứ hai',
                  'Confirm with your passkey, then ask a second person',
                )}
              </a>
            </Banner>
          ) : (
            mayWrite && (
              <button type="button" class="button justify-self-start" disabled={isBusy} onClick={ask}>
                {t('Đề nghị người thứ hai duyệt', 'Ask a second person')}
              </button>
            )
          )}
        </div>
      )}
    </Show>
  );
}

function Runs({ items }: { readonly items: readonly Run[] }) {
  if (items.length === 0) return null;
  return (
    <details>
      <summary>{t('Các lượt gần đây', 'Last runs')}</summary>
      <ul class="grid gap-1 text-sm">
        {items.map((item) => (
          <li key={item.id}>
            <Ago at={item.startedAt} /> · {item.mode === 'plan' ? t('xem trước', 'preview') : t('thực hiện', 'apply')} ·{' '}
            {syncStateName(item.state)}. {item.failure ?? <Totals run={item} />}
          </li>
        ))}
      </ul>
    </details>
  );
}

function NewTarget({ onDone }: { readonly onDone: () => void }) {
  const organisationId = useMe().roles[0]?.organisation.id ?? '';
  const { isBusy, error, run } = useAction();
  const add = (event: Event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const values = new FormData(form);
    const text = (name: string) => String(values.get(name) ?? '').trim();
    run(async () => {
      await must(
        api.POST('/api/v1/sync/targets', {
          body: {
            name: text('name'),
            kind: 'ldap',
            settings: { url: text('url'), baseDn: text('baseDn'), bindDn: text('bindDn') },
            secret: String(values.get('bindPassword') ?? ''),
            organisationId,
          },
        }),
      );
      form.reset();
      onDone();
    });
  };
  return (
    <form class="card grid gap-4 max-w-2xl" onSubmit={add}>
      <h2>{t('Thêm máy chủ LDAP', 'Add an LDAP server')}</h2>
      {error && <Banner state="bad">{error}</Banner>}
      <Field label={t('Tên', 'Name')} name="name" required maxlength={60} />
      <Field label={t('Địa chỉ', 'Address')} name="url" required placeholder="ldaps://ldap.example.edu.vn" />
      <Field label="Base DN" name="baseDn" required placeholder="dc=example,dc=edu,dc=vn" />
      <Field label="Bind DN" name="bindDn" required />
      <Field label={t('Mật khẩu', 'Password')} name="bindPassword" type="password" autocomplete="off" required />
      <button type="submit" class="button button-primary justify-self-start" disabled={isBusy}>
        {t('Thêm', 'Add')}
      </button>
    </form>
  );
}
