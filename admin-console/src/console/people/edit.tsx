import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { type Entry, EntryForm, useEntry } from '../../design/entry.tsx';
import { Choice, Field, Lines } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { sayNext } from '../heading.ts';
import { Title } from '../parts.tsx';
import { useProposed } from '../proposed.ts';
import { backTo, EmailField, OfPerson, PersonFields } from './change.tsx';
import type { PersonView } from './views.ts';

/** `/admin/people/:id/edit` */
export function EditPerson() {
  return <OfPerson>{(person) => <Edit person={person} />}</OfPerson>;
}

type Correction = Readonly<
  Record<
    'fullName' | 'birthDate' | 'ministryId' | 'lifelongCode' | 'gender' | 'email' | 'paper' | 'paperNumber' | 'reason',
    string
  >
>;

/** A name, a birth date or a number of the state goes to a second person, by a paper; the rest is written at once. */
function Edit({ person }: { readonly person: PersonView }) {
  const { route } = useLocation();
  const proposed = useProposed();
  const entry = useEntry<Correction>('correct', {
    fullName: person.fullName,
    birthDate: person.birthDate ?? '',
    ministryId: person.ministryId ?? '',
    lifelongCode: person.lifelongCode ?? '',
    gender: person.gender ?? '',
    email: person.email ?? '',
    paper: 'birth-certificate',
    paperNumber: '',
    reason: '',
  });
  const isPupil = person.affiliations.every(({ role }) => role === 'learner');
  const hasNumbers = isNumbered(person, entry.values);
  const takesTwo = hasNumbers || (!person.correctsAlone && isOfficial(person, entry.values));
  return (
    <>
      <Title title={t('Sửa hồ sơ', 'Correct the record')} back={backTo(person)} />
      <EntryForm
        entry={entry}
        submit={takesTwo ? t('Gửi người thứ hai duyệt', 'Send to a second person') : t('Lưu', 'Save')}
        cancel={`/admin/people/${person.id}`}
        onSubmit={async (values) => {
          await saveRest(person, values, { isPupil, takesTwo });
          if (takesTwo && proposed(await proposeCorrection(person, values))) return;
          sayNext(t('Đã lưu hồ sơ.', 'The record was saved.'));
          route(`/admin/people/${person.id}`);
        }}
      >
        <PersonFields entry={entry} />
        <NumberFields entry={entry} />
        {!isPupil && <EmailField {...entry.field('email')} />}
        {takesTwo && <PaperFields entry={entry} />}
      </EntryForm>
    </>
  );
}

/** Whether the name or the birth date was typed anew. */
const isOfficial = (person: PersonView, { fullName, birthDate }: Pick<Correction, 'fullName' | 'birthDate'>) =>
  fullName.trim() !== person.fullName || (birthDate !== '' && birthDate !== person.birthDate);

/** Whether a number of the state was typed anew; it takes a second person always. */
const isNumbered = (person: PersonView, { ministryId, lifelongCode }: Correction) =>
  ministryId.trim() !== (person.ministryId ?? '') || lifelongCode.trim() !== (person.lifelongCode ?? '');

const officialOf = ({ fullName, birthDate }: Correction) => ({ fullName, ...(birthDate ? { birthDate } : {}) });

async function saveRest(
  person: PersonView,
  values: Correction,
  { isPupil, takesTwo }: { readonly isPupil: boolean; readonly takesTwo: boolean },
): Promise<void> {
  const { gender, email } = values;
  await must(
    api.PATCH('/api/v1/people/{id}', {
      params: { path: { id: person.id } },
      body: {
        ...(takesTwo ? {} : officialOf(values)),
        ...(gender ? { gender: gender as 'female' } : {}),
        ...(isPupil ? {} : { email: email || null }),
      },
    }),
  );
}

const proposeCorrection = (person: PersonView, values: Correction) =>
  must(
    api.POST('/api/v1/people/{id}/corrections', {
      params: { path: { id: person.id } },
      body: {
        ...officialOf(values),
        ...(isNumbered(person, values) ? { ministryId: values.ministryId, lifelongCode: values.lifelongCode } : {}),
        paper: values.paper as 'birth-certificate', // one of the choices below
        paperNumber: values.paperNumber,
        reason: values.reason,
      },
    }),
  );

function NumberFields({ entry }: { readonly entry: Pick<Entry<Correction>, 'field'> }) {
  return (
    <div class="grid gap-5 sm:grid-cols-2 items-start">
      <Field
        label={t('Mã định danh Bộ GD&ĐT', 'Ministry’s identifier')}
        hint={t('Như trên cơ sở dữ liệu ngành.', 'As in the ministry’s database.')}
        maxlength={60}
        autocomplete="off"
        {...entry.field('ministryId')}
      />
      <Field
        label={t('Mã hồ sơ học tập suốt đời', 'Lifelong learning record code')}
        hint={t('Chưa được cấp thì để trống.', 'Leave it empty when there is none yet.')}
        maxlength={60}
        autocomplete="off"
        {...entry.field('lifelongCode')}
      />
    </div>
  );
}

function PaperFields({ entry }: { readonly entry: Pick<Entry<Correction>, 'field' | 'choice'> }) {
  return (
    <>
      <p>
        {t(
          'Họ tên, ngày sinh và mã do Nhà nước cấp là dữ liệu gốc. Chưa có gì thay đổi cho đến khi người thứ hai xem giấy tờ và duyệt.',
          'Full name, birth date and numbers of the state are of an official record. Nothing changes until a second person has seen the paper and approved.',
        )}
      </p>
      <Choice
        label={t('Căn cứ vào', 'It stands on')}
        {...entry.choice('paper')}
        options={[
          { value: 'birth-certificate', label: t('Giấy khai sinh', 'Birth certificate') },
          {
            value: 'civil-status-decision',
            label: t('Trích lục hoặc quyết định cải chính hộ tịch', 'Extract or decision correcting the civil status'),
          },
          {
            value: 'ministry-database',
            label: t('Cơ sở dữ liệu ngành giáo dục', 'The ministry’s database of education'),
          },
          { value: 'identity-card', label: t('Thẻ căn cước', 'Identity card') },
          {
            value: 'school-record',
            label: t('Hồ sơ gốc của đơn vị (ghi sai khi nhập)', 'The office’s own file (mistyped)'),
          },
        ]}
      />
      <Field
        label={t('Số và ngày của giấy', 'Number and day of the paper')}
        required
        maxlength={200}
        autocomplete="off"
        {...entry.field('paperNumber')}
      />
      <Lines label={t('Lý do', 'Reason')} rows={2} {...entry.field('reason')} />
    </>
  );
}
