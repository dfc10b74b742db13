import { useEffect, useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { ActButton, Dialog } from '../../design/dialog.tsx';
import { Banner } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import type { paths } from '../../generated/api.d.ts';
import type { ClassView } from './views.ts';

type Run = paths['/api/v1/signing/transcripts']['post']['responses']['202']['content']['application/json'];

/** How often a run that goes on is asked how far it is, in milliseconds. */
const askEveryMs = 1_000;

/** Asks for the signatures of a class, shows how far its transcripts are, and says of everybody left out why. */
export function RequestTranscripts({ data }: { readonly data: ClassView }) {
  const [run, setRun] = useState<Run>();
  return (
    <>
      <ActButton
        label={t('Trình ký học bạ', 'Request transcript signatures')}
        question={t(`Trình ký học bạ lớp ${data.code}?`, `Request signatures for the transcripts of ${data.code}?`)}
        confirm={t('Trình ký', 'Request')}
        onConfirm={async () =>
          setRun(await must(api.POST('/api/v1/signing/transcripts', { body: { classId: data.id } })))
        }
      >
        <p>
          {t(
            'Học bạ của những em đã đủ điểm được lập, rồi chờ giáo viên chủ nhiệm ký, hiệu trưởng ký, văn thư đóng dấu. Em chưa đủ điểm thì chưa trình.',
            'Transcripts of those whose marks are complete are made; class teacher, principal and the school’s seal follow. Others wait until their marks are complete.',
          )}
        </p>
      </ActButton>
      {run && <Progress started={run} onClose={() => setRun(undefined)} />}
    </>
  );
}

function Progress({ started, onClose }: { readonly started: Run; readonly onClose: () => void }) {
  const [run, setRun] = useState(started);
  const [error, setError] = useState<string>();
  useEffect(() => {
    if (run.state === 'done' || error) return;
    const timer = setTimeout(
      () =>
        must(api.GET('/api/v1/signing/transcripts/{id}', { params: { path: { id: run.id } } })).then(
          setRun,
          (caught: unknown) => setError(caught instanceof Error ? caught.message : String(caught)),
        ),
      askEveryMs,
    );
    return () => clearTimeout(timer);
  }, [run, error]);
  const settled = run.made + run.skipped.length;
  const title =
    run.state === 'running'
      ? t(`Đang lập học bạ: ${settled}/${run.total}`, `Making transcripts: ${settled} of ${run.total}`)
      : run.made > 0
        ? t(`Đã trình ${run.made} học bạ`, `${run.made} transcripts were sent to be signed`)
        : t('Chưa trình được học bạ nào', 'No transcript was sent');
  return (
    <Dialog title={title} onClose={onClose}>
      {error && <Banner state="bad">{error}</Banner>}
      {run.state === 'running' && (
        <>
          <progress class="w-full" value={settled} max={Math.max(run.total, 1)} aria-label={title} />
          <p class="text-quiet">
            {t('Đóng cửa sổ này thì việc vẫn chạy tiếp.', 'It continues when you close this window.')}
          </p>
        </>
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
      </div>
    </Dialog>
  );
}
