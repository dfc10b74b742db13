import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { Banner, Choice } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';
import { sayNext } from '../heading.ts';
import { Title } from '../parts.tsx';

type Teachers =
  paths['/api/v1/signing/classes/{id}/subject-teachers']['get']['responses']['200']['content']['application/json'];

/** `/teach/classes/:id/subjects`, `/admin/classes/:id/subjects`: who teaches what, enters its marks and signs for them. */
export function SubjectTeachersPage() {
  const { id = '' } = useRoute().params;
  const [loaded] = useLoad(`subject teachers ${id}`, () =>
    must(api.GET('/api/v1/signing/classes/{id}/subject-teachers', { params: { path: { id } } })),
  );
  return <Show loaded={loaded}>{(data) => <Loaded data={data} />}</Show>;
}

function Loaded({ data }: { readonly data: Teachers }) {
  const { path, route } = useLocation();
  const back = path.replace(/\/subjects$/, '');
  const [chosen, setChosen] = useState<Readonly<Record<string, string>>>(
    Object.fromEntries(data.subjects.map(({ id, teacher }) => [id, teacher?.id ?? ''])),
  );
  const { isBusy, error, run } = useAction();
  // Who teaches a subject and is no signer any more stays to be seen, and to be changed.
  const gone = data.subjects.flatMap(({ teacher }) =>
    teacher && !data.signers.some(({ id }) => id === teacher.id) ? [teacher] : [],
  );
  const options = [
    { value: '', label: t('Giáo viên chủ nhiệm', 'The class teacher') },
    ...[...data.signers, ...gone].map(({ id, fullName }) => ({ value: id, label: fullName })),
  ];
  const save = () =>
    run(async () => {
      const teachers = Object.entries(chosen).flatMap(([subject, personId]) =>
        personId ? [{ subject, personId }] : [],
      );
      await must(
        api.PUT('/api/v1/signing/classes/{id}/subject-teachers', {
          params: { path: { id: data.class.id } },
          body: { teachers },
        }),
      );
      sayNext(t('Đã lưu giáo viên môn học.', 'The teachers of subjects were saved.'));
      route(back);
    });
  return (
    <>
      <Title
        title={t(`Giáo viên môn học lớp ${data.class.code}`, `Teachers of subjects, class ${data.class.code}`)}
        note={t(
          'Thầy cô được chọn nhập điểm môn mình và ký học bạ số trước giáo viên chủ nhiệm. Chỉ chọn được người đã có vai trò «người ký».',
          'They enter the marks of their subject and sign school reports before the class teacher. Only holders of the role “signer” can be chosen.',
        )}
        back={{ href: back, label: `${t('Lớp', 'Class')} ${data.class.code}` }}
      />
      <form
        class="grid gap-5 max-w-3xl"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        {error && <Banner state="bad">{error}</Banner>}
        <div class="grid gap-4 sm:grid-cols-2">
          {data.subjects.map(({ id, name }) => (
            <Choice
              key={id}
              label={name}
              name={id}
              value={chosen[id] ?? ''}
              options={options}
              onChoose={(value) => setChosen({ ...chosen, [id]: value })}
            />
          ))}
        </div>
        <div class="flex flex-wrap gap-3">
          <button type="submit" class="button button-primary" disabled={isBusy}>
            {t('Lưu', 'Save')}
          </button>
          <a class="button" href={back}>
            {t('Thôi', 'Cancel')}
          </a>
        </div>
      </form>
    </>
  );
}
