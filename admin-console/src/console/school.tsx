import { useRoute } from 'preact-iso';
import { api, must } from '../design/api.ts';
import { formatNumber, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { Empty, Show, Title } from './parts.tsx';
import { Schools } from './schools.tsx';

export function SchoolRoute() {
  const { id = '' } = useRoute().params;
  return <SchoolPage id={id} />;
}

/** Where a teacher begins: the classes of the one school, or the schools to choose from. */
export function OwnSchool() {
  const [schools] = useLoad('own schools', () =>
    must(api.GET('/api/v1/organisations', { params: { query: { limit: 2, kind: 'school' } } })),
  );
  return (
    <Show loaded={schools}>
      {({ items: [first, second] }) => (first && !second ? <SchoolPage id={first.id} /> : <Schools />)}
    </Show>
  );
}

function SchoolPage({ id }: { readonly id: string }) {
  const params = { params: { path: { id } } };
  const [school] = useLoad(id, () => must(api.GET('/api/v1/organisations/{id}', params)));
  const [classes] = useLoad(`classes ${id}`, () => must(api.GET('/api/v1/organisations/{id}/classes', params)));
  return (
    <>
      <Show loaded={school}>
        {(data) => (
          <Title
            title={data.name}
            note={data.path
              .map(({ name }) => name)
              .slice(0, -1)
              .join(' › ')}
          />
        )}
      </Show>
      <Show loaded={classes}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>
              {t(
                'Năm học này chưa có lớp. Hãy nhập danh sách học sinh.',
                'There is no class this school year yet. Import a roster.',
              )}
            </Empty>
          ) : (
            <ul class="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
              {items.map((one) => (
                <li key={one.id}>
                  <a class="card block no-underline text-ink hover:border-accent" href={`/admin/classes/${one.id}`}>
                    <span class="block text-lg font-semibold">
                      {t('Lớp', 'Class')} {one.code}
                    </span>
                    <span class="block text-quiet">
                      {formatNumber(one.learnerCount)} {t('học sinh', 'learners')}
                    </span>
                    <span class="block text-sm text-quiet">{one.teacher?.fullName}</span>
                  </a>
                </li>
              ))}
            </ul>
          )
        }
      </Show>
    </>
  );
}
