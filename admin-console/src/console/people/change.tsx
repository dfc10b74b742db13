import type { ComponentChildren } from 'preact';
import { useLocation, useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { type Entry, EntryForm, useEntry } from '../../design/entry.tsx';
import { Choice, Field } from '../../design/form.tsx';
import { formatDate, formatEducationId, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import { ClassChoice } from '../classes/choice.tsx';
import { sayNext } from '../heading.ts';
import { useMe } from '../me.ts';
import { OrganisationChoice } from '../organisations.tsx';
import { Title } from '../parts.tsx';
import { useProposed } from '../proposed.ts';
import { roleName } from '../words.ts';
import type { PersonView } from './views.ts';

/** Pages that change one person: each is loaded first, so that its form begins with what is there. */
export function OfPerson({ children }: { readonly children: (person: PersonView) => ComponentChildren }) {
  const { id = '' } = useRoute().params;
  const [person] = useLoad(id, () => must(api.GET('/api/v1/people/{id}', { params: { path: { id } } })));
  return <Show loaded={person}>{children}</Show>;
}

export const backTo = ({ id, fullName }: PersonView) => ({ href: `/admin/people/${id}`, label: fullName });

/** Where notices about the account go. */
export function EmailField(field: ReturnType<Entry<{ email: string }>['field']>) {
  return (
    <Field
      label={t('Thư điện tử', 'E-mail')}
      hint={t(
        'Nhận cảnh báo về tài khoản và việc cần duyệt; không dùng để đăng nhập.',
        'For warnings about the account and what waits for approval; not for signing in.',
      )}
      type="email"
      maxlength={254}
      autocomplete="off"
      {...field}
    />
  );
}

/** Name, birth date and gender, as every form about a person asks for them. */
export function PersonFields({
  entry,
  needsBirthDate,
}: {
  readonly entry: Pick<Entry<{ fullName: string; birthDate: string; gender: string }>, 'field' | 'choice'>;
  readonly needsBirthDate?: boolean;
}) {
  return (
    <>
      <Field
        label={t('Họ và tên', 'Full name')}
        required
        maxlength={120}
        autocomplete="off"
        {...entry.field('fullName')}
      />
      <div class="grid gap-5 sm:grid-cols-2 items-start">
        <Field
          label={t('Ngày sinh', 'Birth date')}
          type="date"
          required={needsBirthDate ?? false}
          {...entry.field('birthDate')}
        />
        <Choice
          label={t('Giới tính', 'Gender')}
          {...entry.choice('gender')}
          options={[
            { value: '', label: t('Chưa ghi', 'Not recorded') },
            { value: 'female', label: t('Nữ', 'Female') },
            { value: 'male', label: t('Nam', 'Male') },
          ]}
        />
      </div>
    </>
  );
}

/** `/admin/people/:id/transfer` */
export function TransferPerson() {
  return <OfPerson>{(person) => <Transfer person={person} />}</OfPerson>;
}

function Transfer({ person }: { readonly person: PersonView }) {
  const { route } = useLocation();
  const now = person.affiliations.find(({ role }) => role === 'learner');
  const entry = useEntry('transfer', { organisationId: now?.organisation.id ?? '', classId: '' });
  return (
    <>
      <Title
        title={t('Chuyển trường, chuyển lớp', 'Move to another school or class')}
        note={
          now &&
          t(
            `Đang học ${now.className ?? ''} ${now.organisation.name}`,
            `Now in ${now.className ?? ''} ${now.organisation.name}`,
          )
        }
        back={backTo(person)}
      />
      <EntryForm
        entry={entry}
        submit={t('Chuyển', 'Move')}
        cancel={`/admin/people/${person.id}`}
        onSubmit={async ({ organisationId, classId }) => {
          await must(
            api.POST('/api/v1/people/{id}/transfer', {
              params: { path: { id: person.id } },
              body: { organisationId, ...(classId ? { classId } : {}) },
            }),
          );
          sayNext(t(`Đã chuyển ${person.fullName}.`, `${person.fullName} was moved.`));
          route(`/admin/people/${person.id}`);
        }}
      >
        <OrganisationChoice label={t('Trường', 'School')} kind="school" {...entry.choice('organisationId')} />
        <ClassChoice
          label={t('Lớp', 'Class')}
          organisationId={entry.values.organisationId}
          none={t('Chưa xếp lớp', 'No class yet')}
          {...entry.choice('classId')}
        />
        <p class="text-quiet">
          {t(
            'Mã giáo dục và lịch sử đi theo. Trường mới nhận từ hôm nay.',
            'The education ID and the history go along. The new school begins today.',
          )}
        </p>
      </EntryForm>
    </>
  );
}

/** `/admin/people/:id/merge` */
export function MergePerson() {
  return <OfPerson>{(person) => <Merge person={person} />}</OfPerson>;
}

function Merge({ person }: { readonly person: PersonView }) {
  const { route } = useLocation();
  const proposed = useProposed();
  const entry = useEntry('merge', { query: person.fullName, into: '' });
  const [found] = useLoad(`merge ${entry.values.query}`, () =>
    must(api.GET('/api/v1/people', { params: { query: { limit: 20, q: entry.values.query } } })),
  );
  return (
    <>
      <Title
        title={t(`Gộp hồ sơ ${person.fullName}`, `Merge the record of ${person.fullName}`)}
        note={`${formatEducationId(person.educationId)}${person.birthDate ? ` · ${formatDate(person.birthDate)}` : ''}`}
        back={backTo(person)}
      />
      <EntryForm
        entry={entry}
        submit={t('Gộp vào hồ sơ đã chọn', 'Merge into the chosen record')}
        cancel={`/admin/people/${person.id}`}
        onSubmit={async ({ into }) => {
          const answer = await must(
            api.POST('/api/v1/people/{id}/merge', { params: { path: { id: person.id } }, body: { into } }),
          );
          if (proposed(answer)) return;
          sayNext(t('Đã gộp. Mã giáo dục cũ vẫn dùng được.', 'Merged. The old education ID still works.'));
          route(`/admin/people/${into}`);
        }}
      >
        <Field
          type="search"
          label={t('Tìm hồ sơ được giữ lại', 'Find the record that stays')}
          {...entry.field('query')}
          hint={t('Tên hoặc mã giáo dục.', 'A name or an education ID.')}
        />
        <Show loaded={found}>
          {({ items }) => (
            <fieldset class="grid gap-2">
              <legend class="font-semibold mb-2">{t('Hồ sơ được giữ lại', 'The record that stays')}</legend>
              {items
                .filter(({ id }) => id !== person.id)
                .map((one) => (
                  <label key={one.id} class="card p-3 flex gap-3 items-start cursor-pointer">
                    <input
                      type="radio"
                      name="into"
                      required
                      class="tick mt-0.5"
                      value={one.id}
                      checked={entry.values.into === one.id}
                      onChange={() => entry.set('into', one.id)}
                    />
                    <span>
                      <span class="font-semibold">{one.fullName}</span>{' '}
                      <span class="code">{formatEducationId(one.educationId)}</span>
                      <span class="block text-sm text-quiet">
                        {[
                          one.birthDate && formatDate(one.birthDate),
                          ...one.affiliations.map(
                            ({ title, role, className, organisation }) =>
                              `${title ?? roleName(role)} ${className ?? ''} ${organisation.name}`,
                          ),
                        ]
                          .filter(Boolean)
                          .join(' · ')}
                      </span>
                    </span>
                  </label>
                ))}
            </fieldset>
          )}
        </Show>
        <p class="text-quiet">
          {t(
            `Hồ sơ của ${person.fullName} đang mở đóng lại; mã ${formatEducationId(person.educationId)} dẫn tới hồ sơ được giữ. Gộp nhầm thì hai người của Sở tách lại được.`,
            `This record closes; ${formatEducationId(person.educationId)} leads to the one that stays. A wrong merge is taken apart by two people of the department.`,
          )}
        </p>
      </EntryForm>
    </>
  );
}

/** `/admin/people/:id/role` */
export function GrantRole() {
  return <OfPerson>{(person) => <Grant person={person} />}</OfPerson>;
}

function Grant({ person }: { readonly person: PersonView }) {
  const me = useMe();
  const grant = useGrant();
  const { query } = useLocation();
  const home = person.affiliations.find(({ role }) => role === 'staff' || role === 'teacher')?.organisation;
  const entry = useEntry('grant', { role: query.role ?? me.grantableRoles[0] ?? '', organisationId: home?.id ?? '' });
  return (
    <>
      <Title
        title={t(`Giao vai trò cho ${person.fullName}`, `Grant ${person.fullName} a role`)}
        back={backTo(person)}
      />
      <EntryForm
        entry={entry}
        submit={t('Giao vai trò', 'Grant the role')}
        cancel={`/admin/people/${person.id}`}
        onSubmit={async ({ role, organisationId }) => {
          await grant({ personId: person.id, role, organisationId: organisationId || (home?.id ?? '') });
        }}
      >
        <Choice
          label={t('Vai trò', 'Role')}
          {...entry.choice('role')}
          options={me.grantableRoles.map((value) => ({ value, label: roleName(value) }))}
        />
        <p>
          {t('Ở', 'At')} <span class="font-semibold">{home?.name}</span>
        </p>
      </EntryForm>
    </>
  );
}

/** Grants a role, or proposes it where it takes a second person; goes on to the page that shows what came of it. */
export function useGrant(): (grant: {
  readonly personId: string;
  readonly role: string;
  readonly organisationId: string;
}) => Promise<void> {
  const { route } = useLocation();
  const proposed = useProposed();
  return async (grant) => {
    const body = grant as typeof grant & { role: 'teacher' }; // one of `grantableRoles`
    if (proposed(await must(api.POST('/api/v1/roles', { body })))) return;
    sayNext(t(`Đã giao vai trò ${roleName(grant.role)}.`, `The role ${roleName(grant.role)} was granted.`));
    route(`/admin/people/${grant.personId}`);
  };
}
