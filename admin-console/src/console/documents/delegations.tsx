import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Tick } from '../../design/choices.tsx';
import { ActButton } from '../../design/dialog.tsx';
import { Banner, Choice, Field } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatDate, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Empty, Show } from '../../design/show.tsx';
import { toast } from '../../design/toast.tsx';
import type { paths } from '../../generated/api.d.ts';
import { useMe } from '../me.ts';
import { Title } from '../parts.tsx';

type Delegation =
  paths['/api/v1/signing/delegations']['get']['responses']['200']['content']['application/json']['items'][number];
type Candidate =
  paths['/api/v1/signing/organisations/{organisationId}/delegates']['get']['responses']['200']['content']['application/json']['items'][number];
type Form = Delegation['form'];
type Kind = Delegation['kinds'][number];

const kindNames = (): readonly { readonly value: Kind; readonly label: string }[] => [
  { value: 'school-report', label: t('Học bạ số', 'School reports') },
  { value: 'transcript', label: t('Học bạ (chỉ PDF)', 'Transcripts (PDF only)') },
  { value: 'study-confirmation', label: t('Xác nhận đang học', 'Confirmations of study') },
  { value: 'graduation-certificate', label: t('Chứng nhận tốt nghiệp tạm thời', 'Provisional certificates') },
  { value: 'decision', label: t('Quyết định', 'Decisions') },
  { value: 'diploma', label: t('Bằng tốt nghiệp', 'Diplomas') },
  { value: 'upload', label: t('Văn bản tải lên', 'Uploaded documents') },
];

const formName = (form: Form): string =>
  ({
    KT: t('Ký thay (KT.): cấp phó ký', 'KT.: a deputy signs for the head'),
    TL: t('Thừa lệnh (TL.): người đứng đầu bộ phận ký', 'TL.: the head of a unit signs by order'),
    TUQ: t('Thừa uỷ quyền (TUQ.): theo văn bản uỷ quyền', 'TUQ.: by a written authority'),
  })[form];

/** `/admin/signing/delegations`: who signs in my place, in whose place I sign; the head gives a new one. */
export function Delegations() {
  const organisation = useMe().roles.find(({ role }) => role === 'signer')?.organisation;
  const [loaded, reload] = useLoad(`delegations ${organisation?.id}`, async () => {
    const path = { organisationId: organisation?.id ?? '' };
    const [{ items }, candidates] = await Promise.all([
      must(api.GET('/api/v1/signing/delegations')),
      organisation
        ? must(api.GET('/api/v1/signing/organisations/{organisationId}/delegates', { params: { path } }))
        : { mayDelegate: false, kinds: [], items: [] },
    ]);
    return { items, candidates };
  });
  return (
    <>
      <Title
        title={t('Giao ký', 'Delegations')}
        note={t(
          'Trong thời gian giao, văn bản mới ghi người được giao là người ký, với cả hai chức vụ. Văn bản đang chờ vẫn do người đã được trình ký.',
          'While it holds, new documents name the delegate with both titles. What waits already stays with whom it was asked of.',
        )}
        back={{ href: '/admin/signing', label: t('Trình ký', 'Signing requests') }}
      />
      <Show loaded={loaded}>
        {({ items, candidates }) => (
          <>
            {items.length === 0 ? (
              <Empty icon="signature">
                {t('Chưa giao ai và chưa được ai giao ký.', 'You sign for nobody, and nobody for you.')}
              </Empty>
            ) : (
              <Ruled onMargin>
                {items.map((one) => (
                  <DelegationRow key={one.id} one={one} onDone={reload} />
                ))}
              </Ruled>
            )}
            {candidates.mayDelegate && organisation && (
              <Give
                organisationId={organisation.id}
                candidates={candidates.items}
                offered={candidates.kinds}
                onDone={reload}
              />
            )}
          </>
        )}
      </Show>
    </>
  );
}

function DelegationRow({ one, onDone }: { readonly one: Delegation; readonly onDone: () => void }) {
  const names = kindNames();
  return (
    <Row
      mark={one.isOver ? 'dot' : 'now'}
      title={
        one.isGiven
          ? t(
              `${one.delegate.fullName} ký ${one.form}. cho tôi`,
              `${one.delegate.fullName} signs for me (${one.form}.)`,
            )
          : t(`Tôi ký ${one.form}. cho ${one.signer.fullName}`, `I sign for ${one.signer.fullName} (${one.form}.)`)
      }
      note={
        <>
          <span class="block text-sm">
            {one.isOver ? t('đã hết', 'over') : t('từ', 'from')} {formatDate(one.isOver ? one.until : one.from)}
            {!one.isOver && ` ${t('đến', 'to')} ${formatDate(one.until)}`} · {one.organisation.name}
            {one.paper && ` · ${one.paper}`}
          </span>
          <span class="block text-sm">
            {one.kinds.map((kind) => names.find(({ value }) => value === kind)?.label ?? kind).join(', ')}
          </span>
        </>
      }
      act={
        one.isGiven &&
        !one.isOver && (
          <ActButton
            bad
            label={t('Thôi giao', 'End')}
            question={t(`Thôi giao ${one.delegate.fullName} ký?`, `Let ${one.delegate.fullName} sign no longer?`)}
            confirm={t('Thôi giao', 'End it')}
            onConfirm={async () => {
              await must(api.POST('/api/v1/signing/delegations/{id}/end', { params: { path: { id: one.id } } }));
              toast(t('Đã thôi giao.', 'It was ended.'));
              onDone();
            }}
          >
            <p>
              {t('Văn bản đã ký, đã trình vẫn giữ nguyên.', 'What was signed, or sent to be signed, stays as it is.')}
            </p>
          </ActButton>
        )
      }
    />
  );
}

const dayOf = (later: number) => new Date(Date.now() + later * 86_400_000).toISOString().slice(0, 10);

function Give({
  organisationId,
  candidates,
  offered,
  onDone,
}: {
  readonly organisationId: string;
  readonly candidates: readonly Candidate[];
  readonly offered: readonly Kind[];
  readonly onDone: () => void;
}) {
  const [id, setId] = useState(() => crypto.randomUUID()); // sent twice it is one
  const [delegateId, setDelegate] = useState((candidates.find(({ isDeputy }) => isDeputy) ?? candidates[0])?.id ?? '');
  const chosen = candidates.find((one) => one.id === delegateId);
  const [wished, setForm] = useState<Form>('KT');
  const form = wished === 'KT' && !chosen?.isDeputy ? 'TL' : wished;
  const [kinds, setKinds] = useState<readonly Kind[]>(['school-report', 'study-confirmation']);
  const [paper, setPaper] = useState('');
  const [from, setFrom] = useState(dayOf(0));
  const [until, setUntil] = useState(dayOf(14));
  const { isBusy, error, run } = useAction();
  const names = kindNames().filter(({ value }) => offered.includes(value));
  if (candidates.length === 0)
    return (
      <Banner state="now">
        {t(
          'Chưa có ai khác của trường giữ vai trò «người ký». Nhờ quản trị của Sở giao vai trò trước.',
          'Nobody else of the school holds the role "signer". Ask the department to grant it first.',
        )}
      </Banner>
    );
  const submit = () =>
    run(async () => {
      const body = {
        id,
        delegateId,
        form,
        kinds: [...kinds],
        ...(paper.trim() ? { paper } : {}),
        from: new Date(`${from}T00:00:00+07:00`).toISOString(),
        until: new Date(`${until}T23:59:59+07:00`).toISOString(),
      };
      const params = { path: { organisationId } };
      await must(api.POST('/api/v1/signing/organisations/{organisationId}/delegations', { params, body }));
      setId(crypto.randomUUID());
      toast(t('Đã giao ký.', 'It was given.'));
      onDone();
    });
  return (
    <form
      class="grid gap-6 max-w-2xl"
      aria-label={t('Giao cho người khác', 'Let somebody sign')}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <h2>{t('Giao cho người khác', 'Let somebody sign')}</h2>
      {error && <Banner state="bad">{error}</Banner>}
      <Choice
        label={t('Ai ký', 'Who signs')}
        name="delegate"
        value={delegateId}
        options={candidates.map((one) => ({ value: one.id, label: `${one.fullName} · ${one.title}` }))}
        onChoose={setDelegate}
      />
      <Choice
        label={t('Hình thức', 'As what')}
        name="form"
        value={form}
        options={(['KT', 'TL', 'TUQ'] as const)
          .filter((one) => one !== 'KT' || chosen?.isDeputy)
          .map((one) => ({ value: one, label: formName(one) }))}
        onChoose={(value) => setForm(value === 'TUQ' || value === 'TL' ? value : 'KT')}
      />
      {form === 'TUQ' && (
        <Field
          label={t('Văn bản uỷ quyền (số, ngày)', 'The written authority (number, date)')}
          name="paper"
          required
          minlength={3}
          maxlength={200}
          value={paper}
          onInput={({ currentTarget }) => setPaper(currentTarget.value)}
        />
      )}
      <fieldset class="grid gap-2">
        <legend class="font-semibold">{t('Loại văn bản', 'Documents')}</legend>
        {names.map(({ value, label }) => (
          <Tick
            key={value}
            checked={kinds.includes(value)}
            onChange={(isChosen) => setKinds(isChosen ? [...kinds, value] : kinds.filter((one) => one !== value))}
          >
            {label}
          </Tick>
        ))}
      </fieldset>
      <div class="grid gap-6 sm:grid-cols-2">
        <Field
          type="date"
          name="from"
          label={t('Từ ngày', 'From')}
          required
          value={from}
          onInput={({ currentTarget }) => setFrom(currentTarget.value)}
        />
        <Field
          type="date"
          name="until"
          label={t('Đến hết ngày', 'To the end of')}
          required
          value={until}
          onInput={({ currentTarget }) => setUntil(currentTarget.value)}
        />
      </div>
      <button type="submit" class="button button-primary justify-self-start" disabled={isBusy || kinds.length === 0}>
        <Icon name="user-check" />
        {t('Giao ký', 'Let them sign')}
      </button>
    </form>
  );
}
