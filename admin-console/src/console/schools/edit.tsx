import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { EntryForm, useEntry } from '../../design/entry.tsx';
import { Choice, Field } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import type { paths } from '../../generated/api.d.ts';
import { sayNext } from '../heading.ts';
import { Title } from '../parts.tsx';
import { levelOptions, type SchoolLevel } from '../words.ts';

type Organisation = paths['/api/v1/organisations/{id}']['get']['responses']['200']['content']['application/json'];

/** `/admin/schools/:id/edit` */
export function EditOrganisation() {
  const { id = '' } = useRoute().params;
  const [loaded] = useLoad(id, () => must(api.GET('/api/v1/organisations/{id}', { params: { path: { id } } })));
  return <Show loaded={loaded}>{(data) => <Edit data={data} />}</Show>;
}

function Edit({ data }: { readonly data: Organisation }) {
  const { route } = useLocation();
  const isSchool = data.kind === 'school';
  const page = isSchool ? `/admin/schools/${data.id}` : '/admin/wards';
  const entry = useEntry('edit organisation', { name: data.name, code: data.code, level: data.level ?? '' });
  return (
    <>
      <Title title={t(`Sửa ${data.name}`, `Change ${data.name}`)} back={{ href: page, label: data.name }} />
      <EntryForm
        entry={entry}
        submit={t('Lưu', 'Save')}
        cancel={page}
        onSubmit={async ({ name, code, level }) => {
          await must(
            api.PATCH('/api/v1/organisations/{id}', {
              params: { path: { id: data.id } },
              body: { name, code, ...(isSchool ? { level: (level as SchoolLevel) || null } : {}) },
            }),
          );
          sayNext(t('Đã lưu.', 'Saved.'));
          route(page);
        }}
      >
        <Field label={t('Tên', 'Name')} required maxlength={200} {...entry.field('name')} />
        <Field label={t('Mã', 'Code')} required maxlength={40} pattern="[A-Za-z0-9._\-]+" {...entry.field('code')} />
        {isSchool && (
          <Choice
            label={t('Cấp học', 'Level')}
            {...entry.choice('level')}
            options={[{ value: '', label: t('Chưa ghi', 'Not recorded') }, ...levelOptions()]}
          />
        )}
      </EntryForm>
    </>
  );
}
