import { api, must } from '../../design/api.ts';
import { formatDate, t } from '../../design/language.ts';
import { State } from '../../design/mark.tsx';
import { Show } from '../../design/show.tsx';
import { Table } from '../../design/table.tsx';
import { useFilter } from '../filter.ts';
import { useMay } from '../me.ts';
import { usePages } from '../pages.ts';
import { EducationId, More, Title } from '../parts.tsx';
import { roleName } from '../words.ts';

const kinds = ['learner', 'teacher', 'staff', 'guardian'] as const;

/** One box that finds anybody: name with or without marks, or an education ID. */
export function People() {
  const [query, setQuery] = useFilter('q');
  const [role, setRole] = useFilter<(typeof kinds)[number]>('role');
  const mayWrite = useMay('people.write');
  const { loaded, more } = usePages(`${query}|${role}`, (cursor) =>
    must(
      api.GET('/api/v1/people', {
        params: {
          query: {
            limit: 50,
            ...(query ? { q: query } : {}),
            ...(role ? { role } : {}),
            ...(cursor ? { cursor } : {}),
          },
        },
      }),
    ),
  );
  return (
    <>
      <Title title={t('Người', 'People')}>
        {mayWrite && (
          <>
            <a class="button" href="/admin/people/new?as=learner">
              {t('Thêm một học sinh', 'Add a pupil')}
            </a>
            <a class="button" href="/admin/people/new?as=teacher">
              {t('Thêm một giáo viên', 'Add a teacher')}
            </a>
            <a class="button" href="/admin/people/new?as=staff">
              {t('Thêm một nhân viên', 'Add staff')}
            </a>
          </>
        )}
      </Title>
      <search class="grid gap-3 sm:grid-cols-[1fr_12rem]">
        <input
          type="search"
          class="control"
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
          aria-label={t('Tìm theo tên hoặc mã giáo dục', 'Search by name or education ID')}
          placeholder={t('Tên không dấu cũng được, hoặc mã giáo dục', 'A name, marks optional, or an education ID')}
        />
        <select
          class="control"
          aria-label={t('Vai trò', 'Role')}
          value={role}
          onChange={(event) => setRole(event.currentTarget.value as typeof role)}
        >
          <option value="">{t('Mọi vai trò', 'Every role')}</option>
          {kinds.map((one) => (
            <option key={one} value={one} selected={one === role}>
              {roleName(one)}
            </option>
          ))}
        </select>
      </search>
      <Show loaded={loaded}>
        {(people) => (
          <>
            <Table
              label={t('Danh sách người', 'People')}
              empty={
                query || role
                  ? t('Không tìm thấy ai. Thử gõ ít chữ hơn.', 'Nobody was found. Try fewer letters.')
                  : t('Chưa có ai.', 'There is nobody yet.')
              }
              heads={[
                t('Họ và tên', 'Name'),
                t('Mã giáo dục', 'Education ID'),
                t('Ngày sinh', 'Born'),
                t('Ở đâu', 'Where'),
              ]}
            >
              {people.map((person) => (
                <tr key={person.id}>
                  <td>
                    <a href={`/admin/people/${person.id}`} class="font-semibold">
                      {person.fullName}
                    </a>{' '}
                    {person.status === 'left' && <State state="plain">{t('Đã rời', 'Left')}</State>}
                  </td>
                  <td>
                    <EducationId id={person.educationId} />
                  </td>
                  <td class="number" data-label={t('Ngày sinh', 'Born')}>
                    {person.birthDate && formatDate(person.birthDate)}
                  </td>
                  <td>
                    {person.affiliations.map(({ role: held, title, organisation, className }) => (
                      <span key={`${organisation.id}${held}`} class="block">
                        {title ?? roleName(held)}
                        {className && ` ${className}`} · {organisation.name}
                      </span>
                    ))}
                  </td>
                </tr>
              ))}
            </Table>
            {more && <More onClick={more} />}
          </>
        )}
      </Show>
    </>
  );
}
