import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { EntryForm, useEntry } from '../../design/entry.tsx';
import { Choice, Field } from '../../design/form.tsx';
import { formatEducationId, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { sayNext } from '../heading.ts';
import { Title } from '../parts.tsx';
import { relationName } from '../words.ts';
import { backTo, OfPerson } from './change.tsx';
import type { PersonView } from './views.ts';

const relations = ['mother', 'father', 'guardian'] as const;

/** `/admin/people/:id/guardian` */
export function AddGuardian() {
  return <OfPerson>{(person) => <Add person={person} />}</OfPerson>;
}

/** Somebody who has a record already (a parent of two children), or a new name: never the same parent twice. */
function Add({ person }: { readonly person: PersonView }) {
  const { route } = useLocation();
  const entry = useEntry('guardian', { relation: 'mother', fullName: '', guardianId: '' });
  const { fullName, guardianId } = entry.values;
  const [found] = useLoad(`guardian ${fullName}`, async () =>
    fullName.trim().length >= 3
      ? (await must(api.GET('/api/v1/people', { params: { query: { q: fullName, limit: 10 } } }))).items
      : [],
  );
  const known = (found.state === 'ready' ? found.data : []).filter(
    ({ id, affiliations }) => id !== person.id && !affiliations.some(({ role }) => role === 'learner'),
  );
  return (
    <>
      <Title
        title={t(`Thêm người giám hộ của ${person.fullName}`, `Add a guardian of ${person.fullName}`)}
        back={backTo(person)}
      />
      <EntryForm
        entry={entry}
        submit={t('Thêm người giám hộ', 'Add the guardian')}
        cancel={`/admin/people/${person.id}`}
        onSubmit={async ({ relation }) => {
          const made = await must(
            api.POST('/api/v1/people/{id}/guardians', {
              params: { path: { id: person.id } },
              body: {
                relation: relation as (typeof relations)[number],
                ...(known.some(({ id }) => id === guardianId) ? { guardianId } : { fullName }),
              },
            }),
          );
          sayNext(t(`Đã thêm ${made.fullName}.`, `${made.fullName} was added.`));
          route(`/admin/people/${person.id}`);
        }}
      >
        <Choice
          label={t('Là gì của em', 'Relation')}
          {...entry.choice('relation')}
          options={relations.map((value) => ({ value, label: relationName(value) }))}
        />
        <Field
          label={t('Họ và tên', 'Full name')}
          required
          maxlength={120}
          autocomplete="off"
          {...entry.field('fullName')}
        />
        {known.length > 0 && (
          <fieldset class="grid gap-2">
            <legend class="font-semibold mb-2">{t('Có phải một trong những người này?', 'Is it one of these?')}</legend>
            {[{ id: '', fullName: t('Không, đây là người mới', 'No, somebody new'), educationId: '' }, ...known].map(
              (one) => (
                <label key={one.id} class="flex gap-3 items-center min-h-11 cursor-pointer">
                  <input
                    type="radio"
                    name="guardianId"
                    class="tick"
                    checked={guardianId === one.id}
                    onChange={() => entry.set('guardianId', one.id)}
                  />
                  <span>
                    {one.fullName}{' '}
                    {one.educationId && <span class="code text-quiet">{formatEducationId(one.educationId)}</span>}
                  </span>
                </label>
              ),
            )}
          </fieldset>
        )}
      </EntryForm>
    </>
  );
}
