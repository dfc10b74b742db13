import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { ActButton, Dialog } from '../../design/dialog.tsx';
import { t } from '../../design/language.ts';
import type { paths } from '../../generated/api.d.ts';
import type { ClassView } from './class.tsx';

type Made = paths['/api/v1/signing/transcripts']['post']['responses']['200']['content']['application/json'];

/** Asks for the signatures of a class, and says of everybody left out why. */
export function RequestTranscripts({ data }: { readonly data: ClassView }) {
  const [made, setMade] = useState<Made>();
  return (
    <>
      <ActButton
        label={t('Trình ký học bạ', 'Request transcript signatures')}
        question={t(`Trình ký học bạ lớp ${data.code}?`, `Request signatures for the transcripts of ${data.code}?`)}
        confirm={t('Trình ký', 'Request')}
        onConfirm={async () =>
          setMade(await must(api.POST('/api/v1/signing/transcripts', { body: { classId: data.id } })))
        }
      >
        <p>
          {t(
            'Học bạ của những em đã có điểm được lập và gửi tới người ký. Em chưa có điểm thì chưa trình.',
            'Transcripts of those who have marks are made and sent to the signer; others wait until they have marks.',
          )}
        </p>
      </ActButton>
      {made && (
        <Dialog
          title={
            made.created.length > 0
              ? t(`Đã trình ${made.created.length} học bạ`, `${made.created.length} transcripts were sent to be signed`)
              : t('Chưa trình được học bạ nào', 'No transcript was sent')
          }
          onClose={() => setMade(undefined)}
        >
          <Reasons made={made} data={data} />
          <div class="flex flex-wrap gap-3">
            <a class="button button-primary" href="/admin/signing">
              {t('Xem tài liệu trình ký', 'See what waits for signatures')}
            </a>
            <button type="button" class="button" onClick={() => setMade(undefined)}>
              {t('Đóng', 'Close')}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function Reasons({ made, data }: { readonly made: Made; readonly data: ClassView }) {
  const nameOf = new Map(data.learners.map(({ id, fullName }) => [id, fullName]));
  const groups = [
    ['no-marks', t('Chưa có điểm', 'No marks yet')],
    ['exists', t('Đã trình trước đó', 'Sent before')],
  ] as const;
  return (
    <>
      {groups.map(([reason, words]) => {
        const names = made.skipped.filter((one) => one.reason === reason).map(({ personId }) => nameOf.get(personId));
        return names.length > 0 ? (
          <p key={reason}>
            <span class="font-semibold">
              {words} ({names.length}):
            </span>{' '}
            {names.join(', ')}
          </p>
        ) : null;
      })}
    </>
  );
}
