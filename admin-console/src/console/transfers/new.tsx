import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { type Entry, EntryForm, useEntry } from '../../design/entry.tsx';
import { Field, Lines } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import { ClassChoice } from '../classes/choice.tsx';
import { sayNext } from '../heading.ts';
import { useMe } from '../me.ts';
import { OrganisationChoice } from '../organisations.tsx';
import { Title } from '../parts.tsx';
import { backTo, OfPerson } from '../people/change.tsx';
import type { PersonView } from '../people/views.ts';

/** `/admin/transfers/new`: a school asks for a learner who wants to come. */
export function AskForLearner() {
  const { route } = useLocation();
  const { roles } = useMe();
  const only = roles.length === 1 && roles[0]?.organisation.kind === 'school' ? roles[0].organisation.id : '';
  const entry = useEntry('transfer request', {
    organisationId: only,
    educationId: '',
    birthDate: '',
    classId: '',
    note: '',
  });
  const { organisationId } = entry.values;
  return (
    <>
      <Title
        title={t('Xin nhận một em từ trường khác', 'Ask for a learner of another school')}
        back={{ href: '/admin/transfers', label: t('Chuyển trường', 'Transfers') }}
      />
      <EntryForm
        entry={entry}
        submit={t('Gửi đề nghị', 'Send it')}
        cancel="/admin/transfers"
        onSubmit={async ({ educationId, birthDate, classId, note }) => {
          const { id } = await must(
            api.POST('/api/v1/organisations/{id}/transfer-requests', {
              params: { path: { id: organisationId } },
              body: { educationId, birthDate, note, ...(classId ? { classId } : {}) },
            }),
          );
          sayNext(t('Đã gửi. Trường hiện tại của em trả lời.', "Sent. The learner's present school answers."));
          route(`/admin/transfers/${id}`);
        }}
      >
        {only === '' && (
          <OrganisationChoice
            label={t('Trường nhận', 'To which school')}
            kind="school"
            {...entry.choice('organisationId')}
          />
        )}
        <div class="grid gap-5 sm:grid-cols-2">
          <Field
            label={t('Mã giáo dục', 'Education ID')}
            hint={t('Gia đình đọc trên thẻ hoặc học bạ.', 'The family reads it from a badge or a report.')}
            required
            inputmode="numeric"
            autocomplete="off"
            {...entry.field('educationId')}
          />
          <Field label={t('Ngày sinh', 'Birth date')} type="date" required {...entry.field('birthDate')} />
        </div>
        <ClassChoice
          label={t('Xếp vào lớp', 'Into the class')}
          organisationId={organisationId}
          none={t('Chưa xếp lớp', 'No class yet')}
          {...entry.choice('classId')}
        />
        <Why entry={entry} />
      </EntryForm>
    </>
  );
}

function Why({ entry }: { readonly entry: Pick<Entry<{ note: string }>, 'field'> }) {
  return (
    <Lines
      label={t('Vì sao', 'Why')}
      hint={t(
        'Trường kia đọc dòng này; đừng ghi chuyện riêng của gia đình.',
        'The other school reads it; nothing private.',
      )}
      {...entry.field('note')}
    />
  );
}

/** `/admin/people/:id/offer` */
export function OfferLearner() {
  return <OfPerson>{(person) => <Offer person={person} />}</OfPerson>;
}

/** The school where a learner is offers them to another. */
function Offer({ person }: { readonly person: PersonView }) {
  const { route } = useLocation();
  const now = person.affiliations.find(({ role }) => role === 'learner');
  const entry = useEntry('transfer offer', { toId: '', note: '' });
  return (
    <>
      <Title
        title={t(`Đề nghị chuyển ${person.fullName}`, `Offer ${person.fullName} to another school`)}
        note={now && `${now.className ?? ''} ${now.organisation.name}`.trim()}
        back={backTo(person)}
      />
      <EntryForm
        entry={entry}
        submit={t('Gửi đề nghị', 'Send it')}
        cancel={`/admin/people/${person.id}`}
        onSubmit={async (body) => {
          const { id } = await must(
            api.POST('/api/v1/people/{id}/transfer-offers', { params: { path: { id: person.id } }, body }),
          );
          sayNext(t('Đã gửi. Trường kia trả lời.', 'Sent. The other school answers.'));
          route(`/admin/transfers/${id}`);
        }}
      >
        <SchoolSearch
          value={entry.values.toId}
          from={now?.organisation.id ?? ''}
          onChoose={(id) => entry.set('toId', id)}
        />
        <Why entry={entry} />
        <p class="text-quiet">
          {t(
            'Em vẫn học ở trường mình cho tới khi trường kia nhận. Gia đình được báo ngay.',
            'The learner stays with your school until the other one accepts. The family is told at once.',
          )}
        </p>
      </EntryForm>
    </>
  );
}

/** One school of the whole city, by words of its name or its code. */
function SchoolSearch({
  value,
  from,
  onChoose,
}: {
  readonly value: string;
  /** Where the learner is now. */
  readonly from: string;
  readonly onChoose: (id: string) => void;
}) {
  const [words, setWords] = useState('');
  const typed = words.trim();
  const [found] = useLoad(`schools ${typed}`, async () =>
    typed.length < 2
      ? { items: [] }
      : must(
          api.GET('/api/v1/organisations/{id}/transfer-schools', {
            params: { path: { id: from }, query: { q: typed } },
          }),
        ),
  );
  return (
    <div class="grid gap-3">
      <Field
        type="search"
        name="school"
        label={t('Trường nhận', 'To which school')}
        placeholder={t(
          'Tên trường không dấu cũng được, hoặc mã trường',
          'Words of its name, marks optional, or its code',
        )}
        autocomplete="off"
        value={words}
        onInput={({ currentTarget }) => {
          setWords(currentTarget.value);
          onChoose('');
        }}
      />
      <Show loaded={found}>
        {({ items }) => (
          <fieldset class="grid gap-2">
            <legend class="sr-only">{t('Các trường tìm thấy', 'Schools that were found')}</legend>
            {typed.length >= 2 && items.length === 0 && (
              <p class="text-quiet">{t('Không tìm thấy trường nào.', 'No school was found.')}</p>
            )}
            {items
              .filter(({ id }) => id !== from)
              .map((one) => (
                <label key={one.id} class="card p-3 flex gap-3 items-start cursor-pointer">
                  <input
                    type="radio"
                    name="to"
                    required
                    class="size-5 mt-0.5"
                    checked={value === one.id}
                    onChange={() => onChoose(one.id)}
                  />
                  <span>
                    <span class="font-semibold">{one.name}</span>
                    <span class="block text-sm text-quiet">{[one.place, one.code].filter(Boolean).join(' · ')}</span>
                  </span>
                </label>
              ))}
          </fieldset>
        )}
      </Show>
    </div>
  );
}
