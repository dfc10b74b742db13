import { api, must } from '../../design/api.ts';
import { Choice } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';

/** Chooses one of a school's classes of this school year. */
export function ClassChoice({
  label,
  name,
  organisationId,
  value,
  none,
  error,
  onChoose,
}: {
  readonly label: string;
  readonly name: string;
  readonly organisationId: string;
  readonly value: string;
  readonly none: string;
  readonly error?: string | undefined;
  readonly onChoose: (id: string) => void;
}) {
  const [loaded] = useLoad(`classes ${organisationId}`, async () =>
    organisationId
      ? (await must(api.GET('/api/v1/organisations/{id}/classes', { params: { path: { id: organisationId } } }))).items
      : [],
  );
  const classes = loaded.state === 'ready' ? loaded.data : [];
  return (
    <Choice
      label={label}
      name={name}
      value={classes.some(({ id }) => id === value) ? value : ''}
      error={error}
      onChoose={onChoose}
      options={[
        { value: '', label: none },
        ...classes.map(({ id, code, learnerCount }) => ({
          value: id,
          label: t(`${code} (${learnerCount} em)`, `${code} (${learnerCount} pupils)`),
        })),
      ]}
    />
  );
}
