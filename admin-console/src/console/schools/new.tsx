import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { EntryForm, useEntry } from '../../design/entry.tsx';
import { Choice, Field } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { sayNext } from '../heading.ts';
import { useMe } from '../me.ts';
import { departmentOf, OrganisationChoice } from '../organisations.tsx';
import { Title } from '../parts.tsx';
import { levelOptions, type SchoolLevel } from '../words.ts';

/** `/admin/schools/new` */
export function NewSchool() {
  const department = departmentOf(useMe());
  const { route, query } = useLocation();
  const entry = useEntry('new school', { name: '', code: '', level: 'primary', parentId: query.ward ?? '' });
  return (
    <>
      <Title
        title={t('Thêm một trường', 'Add a school')}
        back={{ href: '/admin/schools', label: t('Trường', 'Schools') }}
      />
      <EntryForm
        entry={entry}
        submit={t('Thêm trường', 'Add the school')}
        cancel="/admin/schools"
        onSubmit={async ({ name, code, level, parentId }) => {
          const { id } = await must(
            api.POST('/api/v1/organisations', {
              body: {
                kind: 'school',
                name,
                code,
                level: level as SchoolLevel,
                parentId: parentId || (department?.id ?? ''),
              },
            }),
          );
          sayNext(t(`Đã thêm ${name}.`, `${name} was added.`));
          route(`/admin/schools/${id}`);
        }}
      >
        <Field
          label={t('Tên trường', 'Name of the school')}
          required
          maxlength={200}
          {...entry.field('name')}
          hint={t('Viết đầy đủ, như in trên học bạ.', 'In full, as it is printed on transcripts.')}
        />
        <Field
          label={t('Mã trường', 'Code')}
          required
          maxlength={40}
          pattern="[A-Za-z0-9._\-]+"
          {...entry.field('code')}
          hint={t(
            'Mã trong cơ sở dữ liệu ngành; giữ nguyên số 0 ở đầu.',
            'As in the sector database; leading zeros stay.',
          )}
        />
        <Choice label={t('Cấp học', 'Level')} {...entry.choice('level')} options={levelOptions()} />
        <OrganisationChoice
          label={t('Phường, xã', 'Ward')}
          kind="ward"
          none={t('Trực thuộc Sở', 'Directly below the department')}
          {...entry.choice('parentId')}
        />
      </EntryForm>
    </>
  );
}

/** `/admin/wards/new` */
export function NewWard() {
  const department = departmentOf(useMe());
  const { route } = useLocation();
  const entry = useEntry('new ward', { name: '', code: '' });
  return (
    <>
      <Title
        title={t('Thêm một phường, xã', 'Add a ward')}
        back={{ href: '/admin/wards', label: t('Phường, xã', 'Wards') }}
      />
      <EntryForm
        entry={entry}
        submit={t('Thêm phường, xã', 'Add the ward')}
        cancel="/admin/wards"
        onSubmit={async ({ name, code }) => {
          await must(
            api.POST('/api/v1/organisations', { body: { kind: 'ward', name, code, parentId: department?.id ?? '' } }),
          );
          sayNext(t(`Đã thêm ${name}.`, `${name} was added.`));
          route('/admin/wards');
        }}
      >
        <Field
          label={t('Tên', 'Name')}
          required
          maxlength={200}
          {...entry.field('name')}
          placeholder="Phường Sài Gòn"
        />
        <Field
          label={t('Mã', 'Code')}
          required
          maxlength={40}
          pattern="[A-Za-z0-9._\-]+"
          {...entry.field('code')}
          hint={t('Mã đơn vị hành chính, thí dụ 26740.', 'Code of the administrative unit, such as 26740.')}
        />
      </EntryForm>
    </>
  );
}
