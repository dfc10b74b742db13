import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { Icon } from '../../design/icon.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import { useFilter } from '../filter.ts';
import { useMay } from '../me.ts';
import { usePages } from '../pages.ts';
import { More, Search, Title } from '../parts.tsx';
import { Activated, useCoverage } from './coverage.tsx';

/** `/admin/schools`: every school that the person may see; with `?ward=` those of one ward. */
export function Schools() {
  const { ward } = useLocation().query;
  return ward ? <SchoolsOfWard id={ward} /> : <AllSchools />;
}

function SchoolsOfWard({ id }: { readonly id: string }) {
  const [ward] = useLoad(`ward ${id}`, () => must(api.GET('/api/v1/organisations/{id}', { params: { path: { id } } })));
  return (
    <Show loaded={ward}>
      {({ name }) => (
        <>
          <Title
            title={t(`Trường của ${name}`, `Schools of ${name}`)}
            back={{ href: '/admin/wards', label: t('Phường, xã', 'Wards') }}
          />
          <Organisations kind="school" />
        </>
      )}
    </Show>
  );
}

function AllSchools() {
  const mayWrite = useMay('organisations.write');
  return (
    <>
      <Title title={t('Trường', 'Schools')}>
        {mayWrite && (
          <>
            <a class="button button-primary" href="/admin/schools/new">
              <Icon name="plus" />
              {t('Thêm một trường', 'Add a school')}
            </a>
            <a class="button" href="/admin/wards">
              <Icon name="map-pin" />
              {t('Phường, xã', 'Wards')}
            </a>
          </>
        )}
      </Title>
      <Organisations kind="school" />
    </>
  );
}

/** `/admin/wards` */
export function Wards() {
  const mayWrite = useMay('organisations.write');
  return (
    <>
      <Title title={t('Phường, xã', 'Wards')} back={{ href: '/admin/schools', label: t('Trường', 'Schools') }}>
        {mayWrite && (
          <a class="button button-primary" href="/admin/wards/new">
            <Icon name="plus" />
            {t('Thêm một phường, xã', 'Add a ward')}
          </a>
        )}
      </Title>
      <Organisations kind="ward" />
    </>
  );
}

function Organisations({ kind }: { readonly kind: 'school' | 'ward' }) {
  const { query: filters } = useLocation();
  const [query, setQuery] = useFilter('q');
  const parent = filters.ward;
  const { loaded, more } = usePages(`${kind} ${query} ${parent}`, (cursor) =>
    must(
      api.GET('/api/v1/organisations', {
        params: {
          query: {
            limit: 100,
            kind,
            ...(parent ? { parent } : {}),
            ...(query ? { q: query } : {}),
            ...(cursor ? { cursor } : {}),
          },
        },
      }),
    ),
  );
  const isSchool = kind === 'school';
  const coverage = useCoverage(loaded.state === 'ready' ? loaded.data.map(({ id }) => id) : []);
  return (
    <>
      <Search
        label={isSchool ? t('Tìm trường', 'Search schools') : t('Tìm phường, xã', 'Search wards')}
        placeholder={t('Tên (không dấu cũng được) hoặc mã', 'Name (marks optional) or code')}
        value={query}
        onSearch={setQuery}
      />
      <Show loaded={loaded}>
        {(found) => (
          <Table
            label={isSchool ? t('Danh sách trường', 'Schools') : t('Danh sách phường, xã', 'Wards')}
            heads={[
              isSchool ? t('Trường', 'School') : t('Phường, xã', 'Ward'),
              t('Mã', 'Code'),
              ...(isSchool ? [t('Phường, xã', 'Ward')] : []),
              { number: t('Học sinh', 'Learners') },
              { number: t('Nhân sự', 'Staff') },
              ...(coverage ? [t('Đã kích hoạt', 'Activated')] : []),
            ]}
            empty={
              query
                ? t('Không tìm thấy. Thử gõ ít chữ hơn.', 'Nothing was found. Try fewer letters.')
                : isSchool
                  ? t(
                      'Chưa có trường nào. Thêm từng trường, hay nhập danh sách đơn vị từ một tệp.',
                      'There is no school yet. Add one, or import a list of organisations.',
                    )
                  : t(
                      'Chưa có phường, xã nào. Trường có thể trực thuộc Sở, hay nằm trong một phường, xã.',
                      'There is no ward yet. A school belongs to the department itself, or lies in a ward.',
                    )
            }
          >
            {found.map(({ id, name, code, path, counts }) => (
              <tr key={id}>
                <td>
                  <a href={isSchool ? `/admin/schools/${id}` : `/admin/schools?ward=${id}`}>{name}</a>
                </td>
                <td class="code" data-label={t('Mã', 'Code')}>
                  {code}
                </td>
                {isSchool && <td>{path.length > 2 && path.at(-2)?.name}</td>}
                <td class="number sm:text-right" data-label={t('Học sinh', 'Learners')}>
                  {formatNumber(counts.learners)}
                </td>
                <td class="number sm:text-right" data-label={t('Nhân sự', 'Staff')}>
                  {formatNumber(counts.staff)}
                </td>
                {coverage && (
                  <td data-label={t('Đã kích hoạt', 'Activated')}>
                    <Activated of={coverage.get(id)} />
                  </td>
                )}
              </tr>
            ))}
          </Table>
        )}
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}
