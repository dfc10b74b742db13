import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, must, Refused } from '../../design/api.ts';
import { Chips } from '../../design/choices.tsx';
import { ActButton } from '../../design/dialog.tsx';
import { Banner, Choice, Field, Lines } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatDate, formatNumber, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { Empty, Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import type { paths } from '../../generated/api.d.ts';
import { approvalPath } from '../approvals/passkey-act.ts';
import { useFilter } from '../filter.ts';
import { sayNext } from '../heading.ts';
import { useMay, useMe } from '../me.ts';
import { usePages } from '../pages.ts';
import { More, Title } from '../parts.tsx';
import { PickPerson } from '../people/pick.tsx';
import { RequestState } from './row.tsx';

type Form =
  paths['/api/v1/signing/organisations/{organisationId}/form-kinds']['get']['responses']['200']['content']['application/json']['items'][number];
type Path = '/api/v1/signing/organisations/{organisationId}/forms';
type Kind = Form['kind'];
type Registered = paths[Path]['get']['responses']['200']['content']['application/json']['items'][number];

const kindNames = (): readonly { readonly value: Kind; readonly label: string }[] => [
  { value: 'diploma', label: t('Bằng tốt nghiệp THPT', 'Diplomas') },
  { value: 'graduation-certificate', label: t('Chứng nhận tốt nghiệp tạm thời', 'Provisional certificates') },
  { value: 'study-confirmation', label: t('Xác nhận đang học', 'Confirmations of study') },
  { value: 'decision', label: t('Quyết định', 'Decisions') },
];

const useOwnSchool = () =>
  useMe().roles.find(({ role }) => role === 'school-administrator' || role === 'clerk')?.organisation;

/** What this school issues: a primary school is offered no diplomas. */
const loadForms = (organisationId: string) =>
  must(api.GET('/api/v1/signing/organisations/{organisationId}/form-kinds', { params: { path: { organisationId } } }));

/** `/admin/signing/forms`: the register of one kind of document, with what can be done to each. */
export function FormRegister() {
  const organisation = useOwnSchool();
  const mayMake = useMe().roles.some(({ role }) => role === 'school-administrator');
  const [asked, setKind] = useFilter<Kind>('kind');
  const organisationId = organisation?.id ?? '';
  const [offered] = useLoad(`form kinds ${organisationId}`, () => loadForms(organisationId));
  const kinds = kindNames().filter(
    ({ value }) => offered.state === 'ready' && offered.data.items.some((form) => form.kind === value),
  );
  const kind = asked || kinds[0]?.value || 'study-confirmation';
  const { loaded, more } = usePages(`forms ${organisationId} ${kind} ${offered.state}`, (cursor) =>
    must(
      api.GET('/api/v1/signing/organisations/{organisationId}/forms', {
        params: { path: { organisationId }, query: { kind, limit: 50, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
  return (
    <>
      <Title
        title={t('Sổ văn bằng, giấy tờ', 'Register of certificates')}
        {...(organisation ? { note: organisation.name } : {})}
        back={{ href: '/admin/signing', label: t('Trình ký', 'Signing requests') }}
      >
        {mayMake && (
          <a class="button button-primary" href={`/admin/signing/forms/new?kind=${kind}`}>
            <Icon name="plus" />
            {t('Lập văn bản', 'New document')}
          </a>
        )}
      </Title>
      <Chips
        label={t('Loại', 'Kind')}
        value={kind}
        format={formatNumber}
        options={kinds}
        onChoose={(value) => setKind(value)}
      />
      <Show loaded={loaded}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon="graduation-cap">{t('Sổ này chưa có văn bản nào.', 'This register is empty.')}</Empty>
          ) : (
            <Table
              label={t('Sổ gốc', 'Register')}
              heads={[t('Số', 'Number'), t('Văn bản', 'Document'), t('Tình trạng', 'State'), t('Mã', 'Code'), '']}
            >
              {rows.map((row) => (
                <RegisterRow key={row.requestId} row={row} />
              ))}
            </Table>
          )
        }
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}

function RegisterRow({ row }: { readonly row: Registered }) {
  const mayAct = useMay('signing.request') && row.state === 'issued';
  return (
    <tr>
      <td class="number">
        <span class="font-semibold">{row.number}</span>
        <span class="block text-sm text-quiet">{row.year}</span>
      </td>
      <td data-label={t('Văn bản', 'Document')}>
        <a href={`/api/v1/signing/requests/${row.requestId}/document`}>{row.subject?.fullName ?? row.title}</a>
        <span class="block text-sm text-quiet">{formatDate(row.issuedAt ?? row.madeAt)}</span>
      </td>
      <td data-label={t('Tình trạng', 'State')}>
        <RequestState state={row.state} />
        {row.revocation && (
          <span class="block text-sm">
            {row.revocation.decision}: {row.revocation.reason}
          </span>
        )}
      </td>
      <td data-label={t('Mã', 'Code')}>
        <a class="code" href={`/verify/${row.code}`}>
          {row.code}
        </a>
      </td>
      <td>
        {mayAct && (
          <span class="flex flex-wrap gap-2">
            <a
              class="button"
              href={`/admin/signing/forms/new?kind=${row.kind}&replaces=${row.requestId}${row.subject ? `&person=${row.subject.id}` : ''}`}
            >
              {t('Cấp lại', 'Issue again')}
            </a>
            <Revoke row={row} />
          </span>
        )}
      </td>
    </tr>
  );
}

function Revoke({ row }: { readonly row: Registered }) {
  const { route } = useLocation();
  const [decision, setDecision] = useState('');
  const [form, setForm] = useState<'revoke' | 'cancel'>('revoke');
  return (
    <ActButton
      bad
      label={t('Thu hồi', 'Revoke')}
      question={t(`Thu hồi, huỷ bỏ số ${row.number}`, `Revoke or cancel ${row.number}`)}
      confirm={t('Đề nghị và xác nhận', 'Ask and confirm')}
      reason={t('Vì sao', 'Why')}
      onConfirm={async (reason) => {
        const { approval } = await must(
          api.POST('/api/v1/signing/requests/{id}/revocation', {
            params: { path: { id: row.requestId } },
            body: { form, reason, decision },
          }),
        );
        route(approvalPath(approval.id));
      }}
    >
      <Choice
        label={t('Việc', 'Act')}
        name="form"
        value={form}
        options={[
          { value: 'revoke', label: t('Thu hồi', 'Revoke') },
          { value: 'cancel', label: t('Huỷ bỏ', 'Cancel') },
        ]}
        onChoose={(value) => setForm(value === 'cancel' ? 'cancel' : 'revoke')}
      />
      <Field
        label={t('Theo quyết định số, ngày', 'By the decision (number, date)')}
        name="decision"
        required
        minlength={3}
        maxlength={200}
        value={decision}
        onInput={({ currentTarget }) => setDecision(currentTarget.value)}
      />
      <p>
        {t(
          'Hiệu trưởng đã ký duyệt xong thì ai tra mã cũng thấy văn bản không còn giá trị. Không hoàn lại được.',
          'Once the head who signed it approves, anyone who looks it up sees that it is not in force. It cannot be undone.',
        )}
      </p>
    </ActButton>
  );
}

/** `/admin/signing/forms/new`: one form, filled in, sent to the principal. */
export function NewForm() {
  const { query } = useLocation();
  const organisation = useOwnSchool();
  const person = query.person;
  const [loaded] = useLoad(`new form ${person}`, async () => {
    const [{ items }, learner] = await Promise.all([
      loadForms(organisation?.id ?? ''),
      person ? must(api.GET('/api/v1/people/{id}', { params: { path: { id: person } } })) : undefined,
    ]);
    return { items, learner };
  });
  const back = { href: '/admin/signing/forms', label: t('Sổ văn bằng, giấy tờ', 'Register of certificates') };
  return (
    <Show loaded={loaded}>
      {({ items, learner }) => (
        <>
          <Title
            title={t('Lập văn bản', 'New document')}
            note={learner ? learner.fullName : t('Do hiệu trưởng ký', 'Signed by the principal')}
            back={back}
          />
          {organisation && (
            <Fill
              key={person}
              forms={items.filter(({ isAboutLearner }) => isAboutLearner || !learner)}
              kind={query.kind}
              organisationId={organisation.id}
              {...(person ? { personId: person } : {})}
              {...(query.replaces ? { replacesId: query.replaces } : {})}
            />
          )}
        </>
      )}
    </Show>
  );
}

function Fill({
  forms,
  kind,
  organisationId,
  personId,
  replacesId,
}: {
  readonly forms: readonly Form[];
  readonly kind: string | undefined;
  readonly organisationId: string;
  readonly personId?: string;
  readonly replacesId?: string;
}) {
  const { route } = useLocation();
  const [chosen, setChosen] = useState(forms.find((one) => one.kind === kind)?.kind ?? forms[0]?.kind);
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [id] = useState(() => crypto.randomUUID()); // sent twice it is one document
  const { isBusy, caught, error, run } = useAction();
  const form = forms.find((one) => one.kind === chosen);
  if (!form) return null;
  const own = Object.fromEntries(form.fields.map(({ key }) => [key, values[key] ?? '']));
  const wrong = (key: string) =>
    caught instanceof Refused
      ? caught.problem.fields?.find(({ pointer }) => pointer === `/values/${key}`)?.detail
      : undefined;
  const submit = () =>
    run(async () => {
      const made = await must(
        api.POST('/api/v1/signing/organisations/{organisationId}/forms', {
          params: { path: { organisationId } },
          body: {
            id,
            kind: form.kind,
            values: own,
            ...(form.isAboutLearner && personId ? { personId } : {}),
            ...(replacesId ? { replacesId } : {}),
          },
        }),
      );
      sayNext(t(`Đã trình «${made.title}».`, `“${made.title}” was sent to be signed.`));
      route(`/admin/signing/forms?kind=${form.kind}`);
    });
  const kindChoice = (
    <Choice
      label={t('Loại văn bản', 'Kind of document')}
      name="kind"
      value={form.kind}
      options={forms.map((one) => ({ value: one.kind, label: t(one.name.vi, one.name.en) }))}
      onChoose={(value) => setChosen(forms.find((one) => one.kind === value)?.kind)}
    />
  );
  if (form.isAboutLearner && !personId)
    return (
      <div class="grid gap-6 max-w-2xl">
        {kindChoice}
        <PickPerson
          label={t('Của em nào', 'Of which pupil')}
          onPick={(id) => route(`/admin/signing/forms/new?kind=${form.kind}&person=${id}`)}
        />
      </div>
    );
  return (
    <form
      class="grid gap-6 max-w-2xl"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {error && <Banner state="bad">{error}</Banner>}
      {kindChoice}
      {form.fields.map(({ key, label, type, choices, isRequired }) => {
        const labels = { label: t(label.vi, label.en), name: key, error: wrong(key) };
        const set = (value: string) => setValues({ ...values, [key]: value });
        if (type === 'choice')
          return (
            <Choice
              key={key}
              {...labels}
              value={own[key] ?? ''}
              options={['', ...choices].map((one) => ({ value: one, label: one || '—' }))}
              onChoose={set}
            />
          );
        if (type === 'lines')
          return (
            <Lines
              key={key}
              {...labels}
              rows={5}
              value={own[key] ?? ''}
              onInput={({ currentTarget }) => set(currentTarget.value)}
            />
          );
        return (
          <Field
            key={key}
            {...labels}
            type={type === 'date' ? 'date' : 'text'}
            required={isRequired}
            value={own[key] ?? ''}
            onInput={({ currentTarget }) => set(currentTarget.value)}
          />
        );
      })}
      <button type="submit" class="button button-primary justify-self-start" disabled={isBusy}>
        <Icon name="send" />
        {t('Trình hiệu trưởng ký', 'Send to the principal')}
      </button>
    </form>
  );
}
