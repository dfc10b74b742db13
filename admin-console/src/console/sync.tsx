import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Banner, Field } from '../design/form.tsx';
import { formatNumber, t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import { useMay, useMe } from './me.ts';
import { Ago, Empty, Show, Title } from './parts.tsx';
import { syncStateName } from './words.ts';

interface Run {
  readonly state: string;
  readonly totals: {
    readonly added: number;
    readonly changed: number;
    readonly disabled: number;
    readonly unchanged: number;
    readonly failed: number;
  };
}

/** Directories that are kept in step. */
export function Sync() {
  const [targets, reload] = useLoad('targets', () => must(api.GET('/api/v1/sync/targets')));
  const mayWrite = useMay('sync.write');
  const [runs, setRuns] = useState<Readonly<Record<string, Run>>>({});
  const { isBusy, error, run } = useAction();
  const start = (id: string, mode: 'plan' | 'apply') =>
    run(async () => {
      const result = await must(
        api.POST('/api/v1/sync/targets/{id}/runs', { params: { path: { id } }, body: { mode } }),
      );
      setRuns((before) => ({ ...before, [id]: result }));
      reload();
    });
  return (
    <>
      <Title
        title={t('Đồng bộ', 'Directory sync')}
        note={t(
          'Các hệ thống nhận người và nhóm từ EduTrust.',
          'Systems that receive people and groups from EduTrust.',
        )}
      />
      {error && <Banner state="bad">{error}</Banner>}
      <Show loaded={targets}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>{t('Chưa có đích nào.', 'There is no target yet.')}</Empty>
          ) : (
            <ul class="grid gap-4">
              {items.map((target) => {
                const last = runs[target.id];
                return (
                  <li key={target.id} class="card grid gap-3">
                    <div class="flex flex-wrap items-center justify-between gap-3">
                      <span>
                        <span class="font-semibold">{target.name}</span>{' '}
                        <span class="text-quiet">{target.kind.toUpperCase()}</span>
                      </span>
                      <State state={target.state === 'healthy' ? 'good' : target.state === 'paused' ? 'plain' : 'warn'}>
                        {syncStateName(target.state)}
                      </State>
                    </div>
                    {target.lastRunAt && (
                      <p class="text-sm text-quiet">
                        {t('Chạy lần cuối', 'Last run')} <Ago at={target.lastRunAt} />
                      </p>
                    )}
                    {last && (
                      <Banner state={last.state === 'done' ? 'good' : 'warn'}>
                        {syncStateName(last.state)}: {t('thêm', 'added')} {formatNumber(last.totals.added)} ·{' '}
                        {t('sửa', 'changed')} {formatNumber(last.totals.changed)} · {t('vô hiệu', 'disabled')}{' '}
                        {formatNumber(last.totals.disabled)} · {t('giữ nguyên', 'unchanged')}{' '}
                        {formatNumber(last.totals.unchanged)} · {t('lỗi', 'failed')} {formatNumber(last.totals.failed)}
                      </Banner>
                    )}
                    {mayWrite && (
                      <div class="flex flex-wrap gap-2">
                        <button type="button" class="button" disabled={isBusy} onClick={() => start(target.id, 'plan')}>
                          {t('Xem trước', 'Preview')}
                        </button>
                        <button
                          type="button"
                          class="button button-primary"
                          disabled={isBusy}
                          onClick={() => start(target.id, 'apply')}
                        >
                          {isBusy ? t('Đang chạy…', 'Running…') : t('Đồng bộ ngay', 'Sync now')}
                        </button>
                      </div>
                    )}
                  </li>
                );
              })}
            </ul>
          )
        }
      </Show>
      {mayWrite && <NewTarget onDone={reload} />}
    </>
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
            url: text('url'),
            baseDn: text('baseDn'),
            bindDn: text('bindDn'),
            bindPassword: String(values.get('bindPassword') ?? ''),
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
