import { api, must } from '../design/api.ts';
import { Columns } from '../design/chart.tsx';
import { Chips } from '../design/choices.tsx';
import { formatDate, formatNumber, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { Show } from '../design/show.tsx';
import { Table } from '../design/table.tsx';
import { CertificateAlarms } from './alarms.tsx';
import { AuthorityTree } from './authorities.tsx';
import { CertificateState, subjectParts } from './certificate.tsx';
import { CertificateLifetimes, headlineOf, readLifetimes } from './certificate-lifetimes.tsx';
import { useFilter } from './filter.ts';
import { useMay } from './me.ts';
import { usePages } from './pages.ts';
import { More, Search, Title } from './parts.tsx';
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
  const [filter, setFilter] = useFilter<Filter>('status');
  const [words, setWords] = useFilter('q');
  const { loaded, more } = usePages(`certificates ${filter} ${words}`, (cursor) =>
    must(
      api.GET('/api/v1/certificates', {
        params: {
          query: {
            limit: 50,
            ...(filter === '' || filter === 'all' ? {} : { status: filter }),
            ...(words ? { q: words } : {}),
            ...(cursor ? { cursor } : {}),
          },
        },
      }),
    ),
  );
  const [lifetimes] = useLoad('lifetimes', readLifetimes);
  if (lifetimes.state !== 'ready') return <Show loaded={lifetimes}>{() => null}</Show>;
  return (
    <>
      <Title title={headlineOf(lifetimes.data)}>
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
      <CertificateLifetimes lifetimes={lifetimes.data} />
      <Expiries />
      <AuthorityTree />
      <section class="grid gap-4">
        <h2>{t('Chứng thư đã cấp', 'Certificates issued')}</h2>
        <Search
          label={t('Tìm theo tên hoặc mã định danh', 'Find by name or education ID')}
          placeholder={t('Tên người, tên đơn vị, hoặc mã', 'A person, an organisation or an ID')}
          value={words}
          onSearch={setWords}
        />
        <Chips
          label={t('Trạng thái', 'State')}
          value={filter || 'all'}
          format={formatNumber}
          options={filters.map((value) => ({ value, label: filterNames[value]() }))}
          onChoose={(next) => setFilter(next === 'all' ? '' : next)}
        />
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

/** A column a month, from this one on: where a wave of renewals will come. */
function Expiries() {
  const [loaded] = useLoad('expiries', () => must(api.GET('/api/v1/certificate-expiries')));
  return (
    <section class="grid gap-4">
      <h2>{t('Hết hạn theo tháng', 'Expiring by month')}</h2>
      <Show loaded={loaded}>
        {({ months }) => {
          const most = months.reduce((top, one) => (one.count > top.count ? one : top), { month: '', count: 0 });
          if (most.count === 0) {
            return (
              <p class="text-quiet">
                {t('Mười ba tháng tới không có chứng thư nào hết hạn.', 'Nothing expires in the next thirteen months.')}
              </p>
            );
          }
          return (
            <Columns
              label={t(
                `Nhiều nhất tháng ${monthName(most.month)}: ${formatNumber(most.count)} chứng thư hết hạn.`,
                `Most in ${monthName(most.month)}: ${formatNumber(most.count)} certificates expire.`,
              )}
              heads={[t('Tháng', 'Month'), t('Hết hạn', 'Expire')]}
              columns={months.map(({ month, count }, at) => ({
                key: month,
                axis: at % 3 === 0 ? monthName(month) : '',
                name: monthName(month),
                count,
              }))}
            />
          );
        }}
      </Show>
    </section>
  );
}

/** `11/26` of `2026-11`. */
const monthName = (month: string): string => {
  const [year = '', number = ''] = month.split('-');
  return `${number}/${year.slice(2)}`;
};
