import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { formatNumber, t } from '../design/language.ts';
import { usePages } from './pages.ts';
import { More, Show, Table, Title } from './parts.tsx';

export function Schools() {
  const [query, setQuery] = useState('');
  const { loaded, more } = usePages(query, (cursor) =>
    must(
      api.GET('/api/v1/organisations', {
        params: {
          query: { limit: 100, kind: 'school', ...(query ? { q: query } : {}), ...(cursor ? { cursor } : {}) },
        },
      }),
    ),
  );
  return (
    <>
      <Title title={t('Trường', 'Schools')} />
      <input
        type="search"
        class="control"
        value={query}
        onInput={(event) => setQuery(event.currentTarget.value)}
        aria-label={t('Tìm trường', 'Search schools')}
        placeholder={t('Tên hoặc mã trường', 'Name or code')}
      />
      <Show loaded={loaded}>
        {(schools) => (
          <Table
            label={t('Danh sách trường', 'Schools')}
            heads={[
              t('Trường', 'School'),
              t('Mã', 'Code'),
              t('Phường, xã', 'Ward'),
              { number: t('Học sinh', 'Learners') },
              { number: t('Nhân sự', 'Staff') },
            ]}
            empty={t('Không có trường nào bạn quản lý.', 'There is no school of yours.')}
          >
            {schools.map(({ id, name, code, path, counts }) => (
              <tr key={id}>
                <td>
                  <a class="font-semibold" href={`/admin/schools/${id}`}>
                    {name}
                  </a>
                </td>
                <td class="number" data-label={t('Mã', 'Code')}>
                  {code}
                </td>
                <td>{path.at(-2)?.name}</td>
                <td class="number sm:text-right" data-label={t('Học sinh', 'Learners')}>
                  {formatNumber(counts.learners)}
                </td>
                <td class="number sm:text-right" data-label={t('Nhân sự', 'Staff')}>
                  {formatNumber(counts.staff)}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}
