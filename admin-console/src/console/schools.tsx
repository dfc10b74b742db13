import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { formatNumber, t } from '../design/language.ts';
import { usePages } from './pages.ts';
import { Empty, More, Show, TableFrame, Title } from './parts.tsx';

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
        {(schools) =>
          schools.length === 0 ? (
            <Empty>{t('Không có trường nào bạn quản lý.', 'There is no school of yours.')}</Empty>
          ) : (
            <TableFrame label={t('Danh sách trường', 'Schools')}>
              <table class="table">
                <thead>
                  <tr>
                    <th scope="col">{t('Trường', 'School')}</th>
                    <th scope="col">{t('Mã', 'Code')}</th>
                    <th scope="col">{t('Phường, xã', 'Ward')}</th>
                    <th scope="col" class="text-right">
                      {t('Học sinh', 'Learners')}
                    </th>
                    <th scope="col" class="text-right">
                      {t('Nhân sự', 'Staff')}
                    </th>
                  </tr>
                </thead>
                <tbody>
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
                </tbody>
              </table>
            </TableFrame>
          )
        }
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}
