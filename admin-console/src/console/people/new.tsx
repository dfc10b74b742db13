import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { Segments } from '../../design/choices.tsx';
import { EntryForm, useEntry } from '../../design/entry.tsx';
import { Choice, Field } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { ClassChoice } from '../classes/choice.tsx';
import { useFilter } from '../filter.ts';
import { sayNext } from '../heading.ts';
import { type Me, useMe } from '../me.ts';
import { departmentOf, OrganisationChoice } from '../organisations.tsx';
import { Title } from '../parts.tsx';
import { roleName } from '../words.ts';
import { EmailField, PersonFields, useGrant } from './change.tsx';

const kinds = ['learner', 'teacher', 'staff'] as const;
type Kind = (typeof kinds)[number];

/** Roles that lie at the department. */
const departmentRoles = new Set(['department-administrator', 'security-officer', 'auditor']);

const titles: Readonly<Record<Kind, () => string>> = {
  learner: () => t('Thêm một học sinh', 'Add a pupil'),
  teacher: () => t('Thêm một giáo viên', 'Add a teacher'),
  staff: () => t('Thêm một nhân viên', 'Add a member of staff'),
};

/** What a teacher's role opens is given with the post; other roles are chosen. */
const usualRole = (kind: Kind, { grantableRoles }: Me): string =>
  kind === 'teacher' && grantableRoles.includes('teacher') ? 'teacher' : '';

/** `/admin/people/new?as=learner|teacher|staff`, with the school, the class or the role where they are known already. */
export function NewPerson() {
  const me = useMe();
  const { route, query } = useLocation();
  const grant = useGrant();
  const [as, setAs] = useFilter<Kind>('as');
  const asked: Kind = kinds.find((kind) => kind === as) ?? 'learner';
  const askedRole = me.grantableRoles.find((role) => role === query.role);
  const own = me.roles.find(({ role }) => role === 'school-administrator')?.organisation.id;
  const department = departmentOf(me)?.id ?? '';
  const entry = useEntry('new person', {
    fullName: '',
    birthDate: '',
    gender: '',
    title: '',
    email: '',
    organisationId: query.organisation ?? own ?? '',
    classId: query.class ?? '',
    role: askedRole ?? usualRole(asked, me),
  });
  const { role } = entry.values;
  const isAtDepartment = departmentRoles.has(role);
  const back = query.organisation
    ? { href: `/admin/schools/${query.organisation}`, label: t('Trường', 'School') }
    : { href: '/admin/people', label: t('Người', 'People') };
  return (
    <>
      <Title title={askedRole ? `${t('Thêm', 'Add')}: ${roleName(askedRole)}` : titles[asked]()} back={back} />
      <EntryForm
        entry={entry}
        submit={askedRole ? t('Thêm và giao vai trò', 'Add and grant the role') : titles[asked]()}
        cancel={back.href}
        onSubmit={async ({ fullName, birthDate, gender, title, email, organisationId, classId }) => {
          const where = isAtDepartment ? department : organisationId || department;
          const { id } = await must(
            api.POST('/api/v1/people', {
              body: {
                fullName,
                role: asked,
                organisationId: where,
                ...(birthDate ? { birthDate } : {}),
                ...(gender ? { gender: gender as 'female' } : {}),
                ...(title && asked !== 'learner' ? { title } : {}),
                ...(email && asked !== 'learner' ? { email } : {}),
                ...(classId && asked === 'learner' ? { classId } : {}),
              },
            }),
          );
          sayNext(t(`Đã thêm ${fullName}.`, `${fullName} was added.`));
          if (role && asked !== 'learner') await grant({ personId: id, role, organisationId: where });
          else route(`/admin/people/${id}`);
        }}
      >
        {!askedRole && !query.class && (
          <Segments
            label={t('Là ai', 'Who')}
            value={asked}
            onChoose={(kind) => {
              setAs(kind);
              entry.set('role', usualRole(kind, me));
            }}
            options={kinds.map((value) => ({ value, label: roleName(value) }))}
          />
        )}
        <PersonFields entry={entry} needsBirthDate={asked === 'learner'} />
        {asked !== 'learner' && (
          <Field
            label={t('Chức danh', 'Title')}
            maxlength={120}
            {...entry.field('title')}
            placeholder={
              asked === 'teacher'
                ? t('Giáo viên', 'Teacher')
                : t('Hiệu trưởng, Văn thư, Kế toán…', 'Principal, clerk, accountant…')
            }
            hint={t('Người ký thì chức danh in dưới chữ ký.', 'For signers it is printed below the signature.')}
          />
        )}
        {asked !== 'learner' && <EmailField {...entry.field('email')} />}
        {!isAtDepartment && !own && (
          <OrganisationChoice
            label={t('Trường', 'School')}
            kind="school"
            {...entry.choice('organisationId')}
            {...(asked === 'staff' ? { none: t('Cơ quan Sở', 'The department itself') } : {})}
          />
        )}
        {asked === 'learner' && (
          <ClassChoice
            label={t('Lớp', 'Class')}
            organisationId={entry.values.organisationId}
            none={t('Chưa xếp lớp', 'No class yet')}
            {...entry.choice('classId')}
          />
        )}
        {asked !== 'learner' && !askedRole && me.grantableRoles.length > 0 && (
          <Choice
            label={t('Vai trò trong hệ thống', 'Role in this system')}
            {...entry.choice('role')}
            options={[
              { value: '', label: t('Không', 'None') },
              ...me.grantableRoles.map((value) => ({ value, label: roleName(value) })),
            ]}
            hint={t(
              'Vai trò mở ra việc được làm; giao sau cũng được.',
              'A role decides what a person may do; it can be granted later.',
            )}
          />
        )}
      </EntryForm>
    </>
  );
}
