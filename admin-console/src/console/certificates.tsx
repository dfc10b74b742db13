import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { formatDate, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { Show } from '../design/show.tsx';
import { Table } from '../design/table.tsx';
import { CertificateAlarms } from './alarms.tsx';
import { AuthorityTree } from './authorities.tsx';
import { CertificateState, subjectParts } from './certificate.tsx';
import { useMay } from './me.ts';
import { usePages } from './pages.ts';
import { More, Title } from './parts.tsx';
import { profileName } from './words.ts';

const filters = ['all', 'valid', 'suspended', 'revoked', 'expired'] as const;
type Filter = (typeof filters)[number];
const filterNames: Readonly<Record<Filter, () => string>> = {
  all: () => t('Tất cả', 'All'),
  valid: () => t('Hiệu lực', 'Valid'),
  suspended: () => t('Tạm dừng', 'Suspended'),
  revoked: () => t('Thu hồi', 'Revoked'),
  expired: () => t('Hết hạn', 'Expired'),
};

/** Who certifies whom, what ends when, and every certificate. */
export function Certificates() {
  const maySeeAnchors = useMay('anchors.read');
  const [filter, setFilter] = useState<Filter>('all');
  const [words, setWords] = useState('');
  const { loaded, more } = usePages(`certificates ${filter} ${words}`, (cursor) =>
    must(
      api.GET('/api/v1/certificates', {
        params: {
          query: {
            limit: 50,
            ...(filter === 'all' ? {} : { status: filter }),
            ...(words ? { q: words } : {}),
            ...(cursor ? { cursor } : {}),
          },
        },
      }),
    ),
  );
  return (
    <>
      <Title title={t('Chứng thư', 'Certificates')}>
        <a href="/admin/certificates/requests" class="button">
          {t('Yêu cầu chứng thư', 'Certificate requests')}
        </a>
        {maySeeAnchors && (
          <a href="/admin/anchors" class="button">
            {t('Gốc tin cậy khác', 'Other trusted roots')}
          </a>
        )}
        <a href="/pki" class="button">
          {t('Trang công bố', 'Public repository')}
        </a>
      </Title>
      <CertificateAlarms />
      <AuthorityTree />
      <Expiries />
      <section class="grid gap-3">
        <h2>{t('Chứng thư đã cấp', 'Certificates issued')}</h2>
        <div class="flex flex-wrap gap-3 items-end no-print">
          <label class="grid gap-1 flex-1 min-w-56">
            <span class="text-sm">{t('Tìm theo tên hoặc mã định danh', 'Find by name or education ID')}</span>
            <input
              type="search"
              class="control"
              value={words}
              maxLength={100}
              onChange={({ currentTarget }) => setWords(currentTarget.value.trim())}
            />
          </label>
          <label class="grid gap-1">
            <span class="text-sm">{t('Trạng thái', 'State')}</span>
            <select
              class="control"
              value={filter}
              onChange={({ currentTarget }) => setFilter(currentTarget.value as Filter)}
            >
              {filters.map((one) => (
                <option key={one} value={one}>
                  {filterNames[one]()}
                </option>
              ))}
            </select>
          </label>
        </div>
        <Show loaded={loaded}>
          {(certificates) => (
            <Table
              label={t('Chứng thư đã cấp', 'Certificates issued')}
              heads={[t('Của', 'Subject'), t('Loại', 'Profile'), t('Hết hạn', 'Expires'), t('Trạng thái', 'State')]}
              empty={t('Không có chứng thư nào như vậy.', 'There is no such certificate.')}
            >
              {certificates.map((one) => (
                <tr key={one.serial}>
                  <td>
                    <a href={`/admin/certificates/${one.serial}`}>{subjectParts(one.subject).name}</a>
                    <span class="block text-sm text-quiet">{subjectParts(one.subject).rest}</span>
                    <span class="block text-sm text-quiet number">{one.serial.slice(0, 16)}…</span>
                  </td>
                  <td data-label={t('Loại', 'Profile')}>{profileName(one.profile)}</td>
                  <td class="number" data-label={t('Hết hạn', 'Expires')}>
                    {formatDate(one.notAfter)}
                  </td>
                  <td>
                    <CertificateState status={one.status} reason={one.reason} />
                  </td>
                </tr>
              ))}
            </Table>
          )}
        </Show>
        {more && <More onClick={more} />}
      </section>
    </>
  );
}

/** A bar a month, from this one on. The numbers are text too: the bars only show their shape. */
function Expiries() {
  const [loaded] = useLoad('expiries', () => must(api.GET('/api/v1/certificate-expiries')));
  return (
    <section class="grid gap-3">
      <h2>{t('Hết hạn theo tháng', 'Expiring by month')}</h2>
      <Show loaded={loaded}>
        {({ months }) => {
          const most = Math.max(1, ...months.map(({ count }) => count));
          return (
            <ol
              class="card flex items-end gap-1 sm:gap-2"
              aria-label={t('Số chứng thư hết hạn', 'Certificates that expire')}
            >
              {months.map(({ month, count }) => {
                const [year = '', number = ''] = month.split('-');
                return (
                  <li key={month} class="grid gap-1 justify-items-center text-sm min-w-0 flex-1">
                    <span class={count > 0 ? 'number font-semibold' : 'number text-quiet'}>{count}</span>
                    <span class="h-24 w-full flex items-end" aria-hidden="true">
                      <span
                        class={`w-full rounded-t ${count > 0 ? 'bg-accent' : 'bg-line'}`}
                        style={{ height: count > 0 ? `${Math.max(4, (count / most) * 96)}px` : '2px' }}
                      />
                    </span>
                    <span class="text-quiet number whitespace-nowrap">
                      {number}
                      <span class="sr-only">/{year}</span>
                    </span>
                    <span class="text-quiet number" aria-hidden="true">
                      {number === '01' || month === months[0]?.month ? year : '\u00a0'}
                    </span>
                  </li>
                );
              })}
            </ol>
          );
        }}
      </Show>
    </section>
  );
}
