import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Banner } from '../../design/form.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { Seals } from '../../design/seals.tsx';
import { Show } from '../../design/show.tsx';
import { Changes } from './changes.tsx';

/** A run whose disabling waits: why, whom it is about, and how a second person is asked. */
export function Held({ runId, mayAsk }: { readonly runId: string; readonly mayAsk: boolean }) {
  const params = { params: { path: { id: runId } } };
  const [loaded] = useLoad(`run ${runId}`, () => must(api.GET('/api/v1/sync/runs/{id}', params)));
  const [asked, setAsked] = useState<{ readonly id: string; readonly code: string }>();
  const { isBusy, error, run } = useAction();
  const ask = () =>
    run(async () => setAsked((await must(api.POST('/api/v1/sync/runs/{id}/release', params))).approval));
  return (
    <Show loaded={loaded}>
      {({ heldReason, totals }) => (
        <div class="card rounded-cover p-6 grid gap-5 md:grid-cols-[auto_minmax(0,1fr)] md:items-center">
          <div class="grid gap-2 justify-items-center text-sm">
            <Seals first="closed" second="open" label={t('Chờ người thứ hai', 'Waits for a second person')} />
          </div>
          <div class="grid gap-4 min-w-0">
            <h2>
              {t(
                `${formatNumber(totals.disabled)} người sẽ bị vô hiệu hoá, nên giữ lại`,
                `${formatNumber(totals.disabled)} people would be disabled: held`,
              )}
            </h2>
            <Banner state="warn">
              <b>{t('Vì sao giữ: ', 'Why it is held: ')}</b>
              {heldReason}
            </Banner>
            <Changes runId={runId} only={({ held }) => held} />
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
              mayAsk && (
                <button type="button" class="button button-primary justify-self-start" disabled={isBusy} onClick={ask}>
                  {t('Đề nghị người thứ hai duyệt', 'Ask a second person')}
                </button>
              )
            )}
          </div>
        </div>
      )}
    </Show>
  );
}
