import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { Segments, Tick } from '../../design/choices.tsx';
import { Banner, Field } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatDate, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { Empty, Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import type { paths } from '../../generated/api.d.ts';
import { useMe } from '../me.ts';
import { usePages } from '../pages.ts';
import { More, Title } from '../parts.tsx';
import { RequestState } from './row.tsx';

type Path = '/api/v1/signing/requests/{id}/copies';
type Choices = paths[Path]['get']['responses']['200']['content']['application/json'];
type Copy = Choices['items'][number];
type Form = Copy['form'];

/** `/admin/signing/:id/copies`: one more copy of an issued document, and those that were made. */
export function Copies() {
  const { id = '' } = useRoute().params;
  const params = { path: { id } };
  const [loaded, reload] = useLoad(`copies ${id}`, async () => {
    const [request, copies] = await Promise.all([
      must(api.GET('/api/v1/signing/requests/{id}', { params })),
      must(api.GET('/api/v1/signing/requests/{id}/copies', { params })),
    ]);
    return { request, copies };
  });
  return (
    <Show loaded={loaded}>
      {({ request, copies }) => (
        <>
          <Title
            title={t('In hoặc trích sao', 'Print or extract')}
            note={`${request.title} · ${request.code}`}
            back={{ href: '/admin/signing', label: t('Trình ký', 'Signing requests') }}
          >
            <RegisterLink />
          </Title>
          {request.may.includes('copy') ? (
            <NewCopy id={id} subjects={copies.subjects} onMade={reload} />
          ) : (
            <Banner state="warn">
              {t(
                'Chỉ sao được văn bản PDF đã phát hành và chưa bị thay thế.',
                'Only a PDF that is issued and not replaced can be copied.',
              )}
            </Banner>
          )}
          {copies.items.length > 0 && (
            <section class="grid gap-4 min-w-0">
              <h2>{t('Đã cấp', 'Made so far')}</h2>
              <CopyTable copies={copies.items} />
            </section>
          )}
        </>
      )}
    </Show>
  );
}

function NewCopy({
  id,
  subjects,
  onMade,
}: {
  readonly id: string;
  readonly subjects: readonly string[];
  readonly onMade: () => void;
}) {
  const { route } = useLocation();
  const [form, setForm] = useState<Form>('print');
  const [requester, setRequester] = useState('');
  const [purpose, setPurpose] = useState('');
  const [chosen, setChosen] = useState<readonly string[]>(subjects);
  const [withResults, setWithResults] = useState(true);
  // Of this copy until it is made: an answer that was lost on the way takes no second number.
  const [copyId, setCopyId] = useState(() => crypto.randomUUID());
  const { isBusy, error, run } = useAction();
  const submit = () =>
    run(async () => {
      const made = await must(
        api.POST('/api/v1/signing/requests/{id}/copies', {
          params: { path: { id } },
          body: {
            id: copyId,
            form,
            requester,
            purpose,
            ...(form === 'extract' ? { subjects: subjects.filter((name) => chosen.includes(name)), withResults } : {}),
          },
        }),
      );
      setCopyId(crypto.randomUUID());
      setRequester('');
      setPurpose('');
      if (form === 'print') open(`/api/v1/signing/requests/${id}/copies/${made.id}/print`, '_blank', 'noopener');
      onMade();
      route(`/admin/signing/${id}/copies`);
    });
  const isExtract = form === 'extract';
  return (
    <form
      class="grid gap-6 max-w-2xl"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {subjects.length > 0 && (
        <Segments
          label={t('Loại bản sao', 'Kind of copy')}
          value={form}
          onChoose={setForm}
          options={[
            { value: 'print', label: t('In cả văn bản', 'Print all of it'), icon: 'printer' },
            { value: 'extract', label: t('Trích một phần', 'Extract a part'), icon: 'file-text' },
          ]}
        />
      )}
      <p class="text-quiet">
        {isExtract
          ? t(
              'Bản trích là tệp riêng, có số, có mã, văn thư đóng dấu số thì mới phát hành.',
              'An extract is a file of its own with a number and a code; it is issued once the clerk has sealed it.',
            )
          : t(
              'Dưới mỗi trang in có số bản sao, mã tra cứu, người và lúc chuyển đổi, đơn vị chủ quản.',
              'Below each printed page stand the number, the code, who converted it and when, and who owns the system.',
            )}
      </p>
      {error && <Banner state="bad">{error}</Banner>}
      <Field
        label={t('Cấp cho ai', 'Who asked for it')}
        name="requester"
        required
        minlength={2}
        maxlength={200}
        value={requester}
        onInput={({ currentTarget }) => setRequester(currentTarget.value)}
      />
      <Field
        label={t('Dùng vào việc gì', 'What it is for')}
        name="purpose"
        required
        minlength={2}
        maxlength={200}
        value={purpose}
        onInput={({ currentTarget }) => setPurpose(currentTarget.value)}
      />
      {isExtract && (
        <fieldset class="grid gap-2">
          <legend class="font-semibold mb-2">{t('Trích những môn nào', 'Which subjects')}</legend>
          {subjects.map((name) => (
            <Tick
              key={name}
              checked={chosen.includes(name)}
              onChange={(isOn) => setChosen(isOn ? [...chosen, name] : chosen.filter((one) => one !== name))}
            >
              {name}
            </Tick>
          ))}
          <Tick checked={withResults} onChange={setWithResults}>
            {t('Kết quả chung, khen thưởng, lên lớp', 'Overall results, award, promotion')}
          </Tick>
        </fieldset>
      )}
      <button
        type="submit"
        class="button button-primary justify-self-start"
        disabled={isBusy || (isExtract && chosen.length === 0)}
      >
        <Icon name={isExtract ? 'send' : 'printer'} />
        {isExtract
          ? t('Lập bản trích, chờ đóng dấu', 'Make it, to be sealed')
          : t('Lấy số và in', 'Number it and print')}
      </button>
    </form>
  );
}

const RegisterLink = () => (
  <a class="button" href="/admin/signing/copies">
    <Icon name="list" />
    {t('Sổ bản sao', 'Register of copies')}
  </a>
);

/** `/admin/signing/copies`: the register of the reader's school, newest first. */
export function CopyRegister() {
  const organisation = useMe().roles.find(
    ({ role }) => role === 'clerk' || role === 'school-administrator',
  )?.organisation;
  const organisationId = organisation?.id ?? '';
  const { loaded, more } = usePages(`register ${organisationId}`, (cursor) =>
    must(
      api.GET('/api/v1/signing/organisations/{organisationId}/copies', {
        params: { path: { organisationId }, query: { limit: 50, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
  return (
    <>
      <Title
        title={t('Sổ bản sao', 'Register of copies')}
        {...(organisation ? { note: organisation.name } : {})}
        back={{ href: '/admin/signing', label: t('Trình ký', 'Signing requests') }}
      />
      <Show loaded={loaded}>
        {(copies) =>
          copies.length === 0 ? (
            <Empty icon="printer">
              {t(
                'Chưa cấp bản sao nào. Mở «Trình ký», chọn văn bản đã phát hành rồi bấm «In, trích».',
                'No copy was made yet. Open “Signing”, choose an issued document and press “Copies”.',
              )}
            </Empty>
          ) : (
            <CopyTable copies={copies} isRegister />
          )
        }
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}

function CopyTable({
  copies,
  isRegister = false,
}: {
  readonly copies: readonly Copy[];
  readonly isRegister?: boolean;
}) {
  return (
    <Table
      label={t('Bản sao đã cấp', 'Copies that were made')}
      heads={[t('Số', 'Number'), t('Cấp cho', 'For'), t('Người cấp, ngày', 'By, on'), t('Mã', 'Code'), '']}
    >
      {copies.map((one) => (
        <tr key={one.id}>
          <td class="number">
            <span class="font-semibold">{one.number}</span>
            <span class="block text-sm text-quiet">{one.year}</span>
          </td>
          <td data-label={t('Cấp cho', 'For')}>
            {isRegister && <a href={`/admin/signing/${one.requestId}/copies`}>{one.title}</a>}
            <span class={isRegister ? 'block text-sm' : 'font-semibold'}>{one.requester}</span>
            <span class="block text-sm text-quiet">{one.purpose}</span>
          </td>
          <td data-label={t('Người cấp, ngày', 'By, on')}>
            {one.madeBy.fullName}
            <span class="block text-sm text-quiet">{formatDate(one.madeAt)}</span>
          </td>
          <td data-label={t('Mã', 'Code')}>
            <a class="code" href={`/verify/${one.code}`}>
              {one.code}
            </a>
          </td>
          <td>
            {one.form === 'print' ? (
              <a href={`/api/v1/signing/requests/${one.requestId}/copies/${one.id}/print`}>
                {t('Mở tệp in', 'Open the print')}
              </a>
            ) : (
              <span class="grid gap-1 justify-items-start">
                <RequestState state={one.state} />
                <a href={`/api/v1/signing/requests/${one.extractId}/document`}>
                  {t('Mở bản trích', 'Open the extract')}
                </a>
              </span>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}
