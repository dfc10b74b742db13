import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Field } from '../../design/form.tsx';
import { formatEducationId, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import { roleName } from '../words.ts';

/** A person by name or education ID: what is typed is looked for, who is tapped is chosen. */
export function PickPerson({ label, onPick }: { readonly label: string; readonly onPick: (personId: string) => void }) {
  const [words, setWords] = useState('');
  const typed = words.trim();
  const [found] = useLoad(`pick ${typed}`, async () =>
    typed.length < 2 ? { items: [] } : must(api.GET('/api/v1/people', { params: { query: { q: typed, limit: 6 } } })),
  );
  return (
    <search class="grid gap-2 max-w-2xl">
      <Field
        type="search"
        name="pick-person"
        label={label}
        placeholder={t('Tên hoặc mã giáo dục', 'A name or an education ID')}
        autocomplete="off"
        value={words}
        onInput={({ currentTarget }) => setWords(currentTarget.value)}
      />
      <Show loaded={found}>
        {({ items }) =>
          items.length === 0 ? (
            typed.length >= 2 && <p class="text-quiet">{t('Không tìm thấy ai.', 'Nobody was found.')}</p>
          ) : (
            <ul class="grid gap-1">
              {items.map(({ id, fullName, educationId, affiliations: [first] }) => (
                <li key={id}>
                  <button
                    type="button"
                    class="pick"
                    onClick={() => {
                      setWords('');
                      onPick(id);
                    }}
                  >
                    <b>{fullName}</b>
                    <span class="text-sm text-quiet">
                      {[
                        first &&
                          [roleName(first.role), first.className, first.organisation.name].filter(Boolean).join(' · '),
                        formatEducationId(educationId),
                      ]
                        .filter(Boolean)
                        .join(' · ')}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          )
        }
      </Show>
    </search>
  );
}
