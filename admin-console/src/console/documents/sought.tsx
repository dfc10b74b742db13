import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Choice, Field } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Empty, Show } from '../../design/show.tsx';
import { useFilter } from '../filter.ts';
import { usePages } from '../pages.ts';
import { More, Title } from '../parts.tsx';
import { PickPerson } from '../people/pick.tsx';
import { Requests } from './row.tsx';
import { TakeList } from './taken-list.tsx';
import { type SigningRequest, stateName } from './views.ts';

type Kind = SigningRequest['kind'];

const kindNames = (): readonly { readonly value: Kind | ''; readonly label: string }[] => [
  { value: '', label: t('Mọi loại', 'Every kind') },
  { value: 'school-report', label: t('Học bạ số', 'School reports') },
  { value: 'transcript', label: t('Học bạ (chỉ PDF)', 'Transcripts (PDF only)') },
  { value: 'extract', label: t('Bản trích sao', 'Extracts') },
  { value: 'parcel', label: t('Gói học bạ', 'Parcels') },
  { value: 'study-confirmation', label: t('Xác nhận đang học', 'Confirmations of study') },
  { value: 'graduation-certificate', label: t('Chứng nhận tốt nghiệp tạm thời', 'Provisional certificates') },
  { value: 'decision', label: t('Quyết định', 'Decisions') },
  { value: 'diploma', label: t('Bằng tốt nghiệp', 'Diplomas') },
  { value: 'upload', label: t('Văn bản tải lên', 'Uploaded documents') },
];

const states = ['issued', 'replaced', 'revoked', 'waiting', 'signed', 'rejected', 'withdrawn'] as const;

/** `/admin/signing/sought`: documents by signer, school, kind and time, and their list as a file. */
export function SoughtDocuments() {
  const [kind, setKind] = useFilter<Kind>('kind');
  const [state, setState] = useFilter<SigningRequest['state']>('state');
  const [signer, setSigner] = useFilter('signer');
  const [school, setSchool] = useFilter('school');
  const [from, setFrom] = useFilter('from');
  const [until, setUntil] = useFilter('until');
  const query = {
    ...(kind ? { kind } : {}),
    ...(state ? { state } : {}),
    ...(signer ? { signer } : {}),
    ...(school ? { organisation: school } : {}),
    ...(from ? { from: new Date(`${from}T00:00:00+07:00`).toISOString() } : {}),
    ...(until ? { until: new Date(Date.parse(`${until}T00:00:00+07:00`) + 86_400_000).toISOString() } : {}),
  };
  const key = JSON.stringify(query);
  const { loaded, more } = usePages(`sought ${key}`, (cursor) =>
    must(
      api.GET('/api/v1/signing/requests', {
        params: { query: { ...query, limit: 50, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
  const file = (form: 'csv' | 'json') => `/api/v1/signing/exports?${new URLSearchParams({ ...query, form })}`;
  return (
    <>
      <Title
        title={t('Tra văn bản', 'Find documents')}
        note={t(
          'Mỗi lần tải danh sách được ghi vào nhật ký, kèm mã SHA-256 của tệp.',
          'That a list was taken is in the log, with the SHA-256 of the file.',
        )}
        back={{ href: '/admin/signing', label: t('Trình ký', 'Signing requests') }}
      />
      <div class="grid gap-4 sm:grid-cols-2">
        <Choice
          label={t('Loại văn bản', 'Kind')}
          name="kind"
          value={kind}
          options={kindNames()}
          onChoose={(value) => setKind(kindNames().find((one) => one.value === value)?.value ?? '')}
        />
        <Choice
          label={t('Tình trạng', 'State')}
          name="state"
          value={state}
          options={[
            { value: '', label: t('Tất cả', 'All') },
            ...states.map((value) => ({ value, label: stateName(value) })),
          ]}
          onChoose={(value) => setState(states.find((one) => one === value) ?? '')}
        />
        <Field
          type="date"
          name="from"
          label={t('Từ ngày', 'From')}
          value={from}
          onInput={({ currentTarget }) => setFrom(currentTarget.value)}
        />
        <Field
          type="date"
          name="until"
          label={t('Đến hết ngày', 'To the end of')}
          value={until}
          onInput={({ currentTarget }) => setUntil(currentTarget.value)}
        />
        <BySigner signer={signer} onChoose={setSigner} />
        <BySchool school={school} onChoose={setSchool} />
      </div>
      <TakeList key={key} address={file} />
      <Show loaded={loaded}>
        {(requests) =>
          requests.length === 0 ? (
            <Empty icon="search">{t('Không có văn bản nào như vậy.', 'There is no such document.')}</Empty>
          ) : (
            <Requests requests={requests} label={t('Văn bản tìm thấy', 'Documents that were found')} />
          )
        }
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}

interface Chosen {
  readonly label: string;
  readonly name: string;
  readonly onForget: () => void;
}

function ChosenOne({ label, name, onForget }: Chosen) {
  return (
    <p class="grid gap-1.5 content-start">
      <span class="font-semibold">{label}</span>
      <span class="flex items-center gap-3 min-h-11">
        {name}
        <button type="button" class="button button-quiet" onClick={onForget}>
          <Icon name="x" />
          {t('Bỏ', 'Any')}
        </button>
      </span>
    </p>
  );
}

function BySigner({ signer, onChoose }: { readonly signer: string; readonly onChoose: (id: string) => void }) {
  const label = t('Người ký', 'Signer');
  const [found] = useLoad(`signer ${signer}`, async () =>
    signer ? (await must(api.GET('/api/v1/people/{id}', { params: { path: { id: signer } } }))).fullName : '',
  );
  if (!signer) return <PickPerson label={label} onPick={onChoose} />;
  return <ChosenOne label={label} name={found.state === 'ready' ? found.data : ''} onForget={() => onChoose('')} />;
}

function BySchool({ school, onChoose }: { readonly school: string; readonly onChoose: (id: string) => void }) {
  const label = t('Trường', 'School');
  const [words, setWords] = useState('');
  const typed = words.trim();
  const [found] = useLoad(`school ${school} ${typed}`, async () => {
    if (school) {
      const { name } = await must(api.GET('/api/v1/organisations/{id}', { params: { path: { id: school } } }));
      return [{ id: school, name }];
    }
    if (typed.length < 2) return [];
    const { items } = await must(api.GET('/api/v1/organisations', { params: { query: { q: typed, limit: 6 } } }));
    return items.map(({ id, name }) => ({ id, name }));
  });
  const schools = found.state === 'ready' ? found.data : [];
  if (school) return <ChosenOne label={label} name={schools[0]?.name ?? ''} onForget={() => onChoose('')} />;
  return (
    <search class="grid gap-2 content-start">
      <Field
        type="search"
        name="pick-school"
        label={label}
        placeholder={t('Tên trường', 'A school’s name')}
        autocomplete="off"
        value={words}
        onInput={({ currentTarget }) => setWords(currentTarget.value)}
      />
      <ul class="grid gap-1">
        {schools.map(({ id, name }) => (
          <li key={id}>
            <button type="button" class="pick" onClick={() => onChoose(id)}>
              <b>{name}</b>
            </button>
          </li>
        ))}
      </ul>
    </search>
  );
}
