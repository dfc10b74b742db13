import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Progress } from '../../design/bar.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { Banner } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import { useLive } from '../../design/live.ts';
import { useAction } from '../../design/load.ts';
import { usePace } from '../../design/pace.ts';
import type { paths } from '../../generated/api.d.ts';
import type { ClassView } from './views.ts';

type Run = paths['/api/v1/signing/transcripts']['post']['responses']['202']['content']['application/json'];

/**
 * Asks for the signatures of a class at one tap, shows how far its transcripts are, and says of everybody left out why.
 * Nothing is signed by it, and all of it can be taken back until somebody signs: that is why it does not ask first.
 */
export function RequestTranscripts({ data }: { readonly data: ClassView }) {
  const [run, setRun] = useState<Run>();
  const { isBusy, error, run: act } = useAction();
  const ask = (template: 'transcript' | 'school-report') =>
    act(async () =>
      setRun(await must(api.POST('/api/v1/signing/transcripts', { body: { classId: data.id, template } }))),
    );
  return (
    <>
      <button type="button" class="button" disabled={isBusy} onClick={() => ask('school-report')}>
        <Icon name="signature" />
        {t('Trình ký học bạ số', 'Request school report signatures')}
      </button>
      <button type="button" class="button" disabled={isBusy} onClick={() => ask('transcript')}>
        <Icon name="signature" />
        {t('Trình ký bảng kết quả (chỉ PDF)', 'Request transcripts (PDF only)')}
      </button>
      {error && <Banner state="bad">{error}</Banner>}
      {run && <Running started={run} onClose={() => setRun(undefined)} />}
    </>
  );
}

function Running({ started, onClose }: { readonly started: Run; readonly onClose: () => void }) {
  const [run, setRun] = useState(started);
  const [error, setError] = useState<string>();
  const [withdrawn, setWithdrawn] = useState<number>();
  const back = useAction();
  const params = { path: { id: run.id } };
  const askAgain = () =>
    must(api.GET('/api/v1/signing/transcripts/{id}', { params })).then(setRun, (caught: unknown) =>
      setError(caught instanceof Error ? caught.message : String(caught)),
    );
  useLive(run.state === 'done' || error ? undefined : `/api/v1/signing/transcripts/${run.id}`, askAgain, 1_000);
  const takeBack = () =>
    back.run(async () =>
      setWithdrawn((await must(api.POST('/api/v1/signing/transcripts/{id}/withdraw', { params }))).withdrawn),
    );
  const settled = run.made + run.skipped.length;
  const pace = usePace(settled, run.total);
  const title = withdrawn === undefined ? titleOf(run) : t(`Đã rút lại ${withdrawn} học bạ`, `${withdrawn} taken back`);
  const canTakeBack = run.state === 'done' && run.made > 0 && withdrawn === undefined;
  const failed = error ?? back.error;
  return (
    <Dialog title={title} onClose={onClose}>
      {failed && <Banner state="bad">{failed}</Banner>}
      {run.state === 'running' && (
        <Progress part={run.total === 0 ? 0 : settled / run.total}>
          {pace} {t('Đóng cửa sổ này thì việc vẫn chạy tiếp.', 'It continues when you close this window.')}
        </Progress>
      )}
      {canTakeBack && (
        <p>
          {t(
            'Tiếp theo: giáo viên môn học (nếu có phân công), giáo viên chủ nhiệm ký, hiệu trưởng ký, văn thư đóng dấu. Chưa ai ký thì còn rút lại được.',
            'Next: the teachers of subjects (where named) and the class teacher sign, the principal signs, the clerk seals. Until somebody signs it can be taken back.',
          )}
        </p>
      )}
      <ul class="grid gap-2">
        {run.skipped.map(({ person, detail }) => (
          <li key={person.id}>
            <span class="font-semibold">{person.fullName}</span>: {detail}
          </li>
        ))}
      </ul>
      <div class="flex flex-wrap gap-3">
        <a class="button button-primary" href="/admin/signing">
          {t('Xem tài liệu trình ký', 'See what waits for signatures')}
        </a>
        <button type="button" class="button" onClick={onClose}>
          {t('Đóng', 'Close')}
        </button>
        {canTakeBack && (
          <button type="button" class="button button-quiet" disabled={back.isBusy} onClick={takeBack}>
            <Icon name="undo-2" />
            {t('Rút lại', 'Take it back')}
          </button>
        )}
      </div>
    </Dialog>
  );
}

function titleOf({ state, made, skipped, total }: Run): string {
  const settled = made + skipped.length;
  if (state === 'running')
    return t(`Đang lập học bạ: ${settled}/${total}`, `Making transcripts: ${settled} of ${total}`);
  return made > 0
    ? t(`Đã trình ${made} học bạ`, `${made} transcripts were sent to be signed`)
    : t('Chưa trình được học bạ nào', 'No transcript was sent');
}
