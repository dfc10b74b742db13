import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { EntryForm, useEntry } from '../../design/entry.tsx';
import { Choice, Lines } from '../../design/form.tsx';
import { formatEducationId, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import { sayNext } from '../heading.ts';
import { Title } from '../parts.tsx';
import { PickPerson } from '../people/pick.tsx';
import { type DataRequest, kindName } from './words.ts';

const kinds: readonly DataRequest['kind'][] = ['erase', 'correct', 'copy', 'restrict', 'object', 'withdraw', 'protect'];

/** `/admin/data-desk/new`: a request that came on paper. First of whom, then what. */
export function NewDataRequest() {
  const [personId, setPersonId] = useState('');
  return (
    <>
      <Title
        title={t('Ghi một yêu cầu trên giấy', 'Record a request that came on paper')}
        back={{ href: '/admin/data-desk', label: t('Yêu cầu về dữ liệu', 'Requests about data') }}
      />
      {personId === '' ? (
        <PickPerson label={t('Dữ liệu của ai', 'Whose data')} onPick={setPersonId} />
      ) : (
        <What personId={personId} onOther={() => setPersonId('')} />
      )}
    </>
  );
}

function What({ personId, onOther }: { readonly personId: string; readonly onOther: () => void }) {
  const { route } = useLocation();
  const entry = useEntry('data request on paper', { kind: 'erase', wish: '' });
  const [person] = useLoad(personId, () =>
    must(api.GET('/api/v1/people/{id}', { params: { path: { id: personId } } })),
  );
  return (
    <Show loaded={person}>
      {({ fullName, educationId }) => (
        <EntryForm
          entry={entry}
          submit={t('Ghi yêu cầu', 'Record it')}
          cancel="/admin/data-desk"
          onSubmit={async ({ kind, wish }) => {
            const { id } = await must(
              api.POST('/api/v1/data-requests', {
                body: { subjectId: personId, kind: kind as DataRequest['kind'], wish },
              }),
            );
            sayNext(t('Đã ghi. Thời hạn tính từ hôm nay.', 'Recorded. The time runs from today.'));
            route(`/admin/data-desk/${id}`);
          }}
        >
          <p class="flex flex-wrap items-center gap-3">
            <b>{fullName}</b>
            <span class="number text-quiet">{formatEducationId(educationId)}</span>
            <button type="button" class="button button-small" onClick={onOther}>
              {t('Chọn người khác', 'Somebody else')}
            </button>
          </p>
          <Choice
            label={t('Yêu cầu', 'What is asked')}
            {...entry.choice('kind')}
            options={kinds.map((value) => ({ value, label: kindName(value) }))}
          />
          <Lines label={t('Đơn viết gì', 'What was written')} {...entry.field('wish')} />
        </EntryForm>
      )}
    </Show>
  );
}
