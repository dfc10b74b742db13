import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Choice, Field } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import type { Me } from './me.ts';

/** The department, as far up as this person sees. */
export function departmentOf({ roles }: Me): { readonly id: string; readonly name: string } | undefined {
  return roles[0]?.organisation.path[0];
}

type Kind = 'ward' | 'school';

/** Chooses one organisation among those that the person may see: typed letters narrow the list, also in a whole city. */
export function OrganisationChoice({
  label,
  name,
  kind,
  value,
  none,
  error,
  onChoose,
}: {
  readonly label: string;
  readonly name: string;
  /** Absent: every kind. */
  readonly kind?: Kind;
  readonly value: string;
  /** What choosing none means; absent when one must be chosen. */
  readonly none?: string;
  readonly error?: string | undefined;
  readonly onChoose: (id: string) => void;
}) {
  const [query, setQuery] = useState('');
  const [loaded] = useLoad(`${kind} ${query}`, () =>
    must(
      api.GET('/api/v1/organisations', {
        params: { query: { limit: 100, ...(kind ? { kind } : {}), ...(query.trim() ? { q: query.trim() } : {}) } },
      }),
    ),
  );
  const [chosen] = useLoad(`organisation ${value}`, async () =>
    value ? must(api.GET('/api/v1/organisations/{id}', { params: { path: { id: value } } })) : undefined,
  );
  const found = loaded.state === 'ready' ? loaded.data.items : [];
  const kept = chosen.state === 'ready' && chosen.data && !found.some(({ id }) => id === value) ? [chosen.data] : [];
  const isLong = query !== '' || found.length === 100;
  return (
    <div class="grid gap-2">
      <Choice
        label={label}
        name={name}
        value={value}
        error={error}
        onChoose={onChoose}
        options={[
          { value: '', label: none ?? t('Chọn…', 'Choose…') },
          ...[...kept, ...found].map((one) => ({ value: one.id, label: `${one.name} (${one.code})` })),
        ]}
      />
      {isLong && (
        <Field
          type="search"
          label={t('Lọc danh sách trên', 'Narrow the list above')}
          name={`${name}-filter`}
          value={query}
          onInput={({ currentTarget }) => setQuery(currentTarget.value)}
        />
      )}
    </div>
  );
}
