import { useRoute } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { formatNumber, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Empty, Show } from '../../design/show.tsx';
import { useMayDo } from '../may.ts';
import { Title } from '../parts.tsx';
import { levelName, roleName } from '../words.ts';

/** `/admin/schools/:id`: its classes of this year, and who works there. */
export function SchoolPage() {
  const { id = '' } = useRoute().params;
  const params = { params: { path: { id } } };
  const [school] = useLoad(id, () => must(api.GET('/api/v1/organisations/{id}', params)));
  return (
    <Show loaded={school}>
      {(data) => (
        <>
          <SchoolHeading school={data} />
          <Classes id={id} school={data} />
          <Staff id={id} school={data} />
        </>
      )}
    </Show>
  );
}

interface School {
  readonly id: string;
  readonly name: string;
  readonly code: string;
  readonly level: string | null;
  readonly path: readonly { readonly name: string }[];
}

function SchoolHeading({ school }: { readonly school: School }) {
  const may = useMayDo(school);
  return (
    <Title
      title={school.name}
      note={[
        school.level && levelName(school.level),
        school.code,
        school.path
          .map(({ name }) => name)
          .slice(0, -1)
          .join(' › '),
      ]
        .filter(Boolean)
        .join(' · ')}
      back={{ href: '/admin/schools', label: t('Trường', 'Schools') }}
    >
      {may('classes.write') && (
        <a class="button button-primary" href={`/admin/schools/${school.id}/classes/new`}>
          {t('Mở một lớp', 'Open a class')}
        </a>
      )}
      {may('organisations.write') && (
        <a class="button" href={`/admin/schools/${school.id}/edit`}>
          {t('Sửa', 'Change')}
        </a>
      )}
      {may('accounts.invite') && (
        <a class="button" href={`/admin/schools/${school.id}/computers`}>
          {t('Máy dùng thẻ', 'Computers for badges')}
        </a>
      )}
      {may('roster.import') && (
        <a class="button" href={`/admin/import?organisation=${school.id}`}>
          {t('Nhập danh sách', 'Import a roster')}
        </a>
      )}
    </Title>
  );
}

function Classes({ id, school }: { readonly id: string; readonly school: School }) {
  const may = useMayDo(school);
  const [classes] = useLoad(`classes ${id}`, () =>
    must(api.GET('/api/v1/organisations/{id}/classes', { params: { path: { id } } })),
  );
  return (
    <section class="grid gap-3" aria-labelledby="classes">
      <h2 id="classes">{t('Lớp năm học này', 'Classes of this school year')}</h2>
      <Show loaded={classes}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>
              {may('classes.write')
                ? t(
                    'Năm học này chưa có lớp. Mở từng lớp, hoặc nhập danh sách học sinh.',
                    'There is no class this school year yet. Open one, or import a roster.',
                  )
                : t('Năm học này chưa có lớp.', 'There is no class this school year yet.')}
            </Empty>
          ) : (
            <ul class="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
              {items.map((one) => (
                <li key={one.id}>
                  <a class="card block no-underline text-ink hover:border-accent" href={`/admin/classes/${one.id}`}>
                    <span class="block text-lg font-semibold">
                      {t('Lớp', 'Class')} {one.code}
                    </span>
                    <span class="block text-quiet">
                      {formatNumber(one.learnerCount)} {t('học sinh', 'pupils')}
                    </span>
                    <span class="block text-sm text-quiet">
                      {one.teacher?.fullName ?? t('Chưa có chủ nhiệm', 'No class teacher yet')}
                    </span>
                  </a>
                </li>
              ))}
            </ul>
          )
        }
      </Show>
    </section>
  );
}

function Staff({ id, school }: { readonly id: string; readonly school: School }) {
  const may = useMayDo(school);
  const [people] = useLoad(`staff ${id}`, async () => {
    const of = (role: 'teacher' | 'staff') =>
      must(api.GET('/api/v1/people', { params: { query: { organisation: id, role, limit: 200 } } }));
    const [staff, teachers] = await Promise.all([of('staff'), of('teacher')]);
    return [...new Map([...staff.items, ...teachers.items].map((one) => [one.id, one])).values()];
  });
  if (!may('people.read')) return null;
  return (
    <section class="grid gap-3" aria-labelledby="staff">
      <div class="flex flex-wrap items-center justify-between gap-3">
        <h2 id="staff">{t('Giáo viên và nhân viên', 'Teachers and staff')}</h2>
        {may('people.write') && (
          <div class="flex flex-wrap gap-2">
            <a class="button" href={`/admin/people/new?as=teacher&organisation=${id}`}>
              {t('Thêm một giáo viên', 'Add a teacher')}
            </a>
            <a class="button" href={`/admin/people/new?as=staff&organisation=${id}`}>
              {t('Thêm một nhân viên', 'Add staff')}
            </a>
          </div>
        )}
      </div>
      <Show loaded={people}>
        {(items) =>
          items.length === 0 ? (
            <Empty>{t('Chưa có ai làm việc ở đây.', 'Nobody works here yet.')}</Empty>
          ) : (
            <ul class="grid gap-x-6 gap-y-1 sm:grid-cols-2 xl:grid-cols-3">
              {items.map((person) => (
                <li key={person.id} class="py-1">
                  <a href={`/admin/people/${person.id}`}>{person.fullName}</a>{' '}
                  <span class="text-quiet">
                    {person.affiliations
                      .filter(({ organisation }) => organisation.id === id)
                      .map(({ title, role }) => title ?? roleName(role))
                      .join(', ')}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Show>
    </section>
  );
}
