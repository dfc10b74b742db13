import { api, must } from '../design/api.ts';
import { formatDate, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import { Row, Ruled } from '../design/ruled.tsx';
import { Show } from '../design/show.tsx';
import { Table } from '../design/table.tsx';
import type { paths } from '../generated/api.d.ts';
import { inWords, sentence } from './call.ts';
import { WaitingRequests } from './certificate-waiting.tsx';
import { useMay } from './me.ts';
import { usePages } from './pages.ts';
import { Ago, More, Title } from './parts.tsx';
import { custodyName, profileName } from './words.ts';

export type Request =
  paths['/api/v1/certificate-requests']['get']['responses']['200']['content']['application/json']['items'][number];
export type Due =
  paths['/api/v1/certificate-renewals']['get']['responses']['200']['content']['application/json']['items'][number];

/** `/admin/certificates/requests`: what waits for a second officer, what ends soon, and what was decided. */
export function CertificateRequests() {
  const mayAsk = useMay('certificates.request');
  const mayApprove = useMay('certificates.approve');
  const waiting = usePages('certificate requests waiting', (cursor) => list(cursor, 'waiting'));
  return (
    <Show loaded={waiting.loaded}>
      {(requests) => (
        <>
          <Title
            title={headline(requests.length, waiting.more !== undefined)}
            note={t(
              'Dấu của đơn vị và chứng thư cho khoá trong USB token. Một người xin, một cán bộ khác duyệt.',
              'Organisations’ seals, and certificates for keys in tokens. One person asks, another officer approves.',
            )}
            back={{ href: '/admin/certificates', label: t('Chứng thư', 'Certificates') }}
          >
            {mayAsk && (
              <a class={`button ${requests.length > 0 && mayApprove ? '' : 'button-primary'}`} href={asking}>
                {t('Xin chứng thư', 'Ask for a certificate')}
              </a>
            )}
          </Title>
          <WaitingRequests requests={requests} />
          {waiting.more && <More onClick={waiting.more} />}
          <DueRenewals mayAsk={mayAsk} />
          <Decided />
        </>
      )}
    </Show>
  );
}

const asking = '/admin/certificates/requests/new';

const list = (cursor?: string, state?: 'waiting') =>
  must(
    api.GET('/api/v1/certificate-requests', {
      params: { query: { limit: 50, ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) } },
    }),
  );

function headline(waiting: number, hasMore: boolean): string {
  if (waiting === 0) return t('Không có yêu cầu chứng thư nào chờ duyệt', 'No certificate request waits');
  if (hasMore) return t(`Hơn ${waiting} yêu cầu chứng thư chờ duyệt`, `More than ${waiting} certificate requests wait`);
  return t(
    `${sentence(inWords(waiting))} yêu cầu chứng thư chờ duyệt`,
    waiting === 1 ? 'One certificate request waits' : `${sentence(inWords(waiting))} certificate requests wait`,
  );
}

/** What ends within thirty days without a follower. */
function DueRenewals({ mayAsk }: { readonly mayAsk: boolean }) {
  const [loaded] = useLoad('certificate renewals', () => must(api.GET('/api/v1/certificate-renewals')));
  if (loaded.state === 'ready' && loaded.data.items.length === 0) return null;
  return (
    <section class="grid gap-4">
      <h2>{t('Sắp hết hạn', 'Ending soon')}</h2>
      <Show loaded={loaded}>
        {({ items }) => (
          <Ruled onMargin>
            {items.map((one) => (
              <Row
                key={one.serial}
                mark={one.renewsItself ? 'later' : 'warn'}
                title={
                  <a href={`/admin/certificates/${one.serial}`}>{one.person?.fullName ?? one.organisation.name}</a>
                }
                note={
                  <>
                    {profileName(one.profile)} · {custodyName(one.custody)} · {t('hết hạn', 'ends')}{' '}
                    <span class="number">{formatDate(one.notAfter)}</span> · {renewalWay(one)}
                  </>
                }
                act={
                  mayAsk &&
                  !one.renewsItself && (
                    <a class="button" href={`${asking}?renews=${one.serial}`}>
                      {t('Xin cấp tiếp', 'Ask to renew')}
                    </a>
                  )
                }
              />
            ))}
          </Ruled>
        )}
      </Show>
    </section>
  );
}

function renewalWay({ renewsItself, keyMayStay }: Due): string {
  if (renewsItself) return t('hệ thống tự cấp tiếp đêm nay', 'renewed by itself tonight');
  return keyMayStay
    ? t('giữ được khoá cũ', 'the same key may stay')
    : t('khoá đã 3 năm: cần khoá mới', 'the key is three years old: a new one is needed');
}

function Decided() {
  const { loaded, more } = usePages('certificate requests', (cursor) => list(cursor));
  return (
    <section class="grid gap-4">
      <h2>{t('Đã gửi', 'All requests')}</h2>
      <Show loaded={loaded}>
        {(requests) => (
          <Table
            label={t('Mọi yêu cầu chứng thư', 'All certificate requests')}
            heads={[
              t('Cho', 'For'),
              t('Khoá', 'Key'),
              t('Trạng thái', 'State'),
              t('Người xin, người duyệt', 'Asked, decided by'),
              t('Chứng thư', 'Certificate'),
            ]}
            empty={t('Chưa có yêu cầu nào.', 'There is no request yet.')}
          >
            {requests.map((one) => (
              <tr key={one.id}>
                <td>
                  <span class="font-semibold">{one.person?.fullName ?? one.organisation.name}</span>
                  <span class="block text-sm text-quiet">{profileName(one.profile)}</span>
                </td>
                <td data-label={t('Khoá', 'Key')}>
                  {one.key?.kind} <span class="text-quiet">{custodyName(one.custody)}</span>
                </td>
                <td>
                  <RequestState state={one.state} />
                  {one.reason && <span class="block text-sm">{one.reason}</span>}
                </td>
                <td class="text-sm">
                  {one.requestedBy?.fullName ?? t('hệ thống', 'the system')}, <Ago at={one.requestedAt} />
                  {one.decidedBy && <span class="block">{one.decidedBy.fullName}</span>}
                </td>
                <td>
                  {one.certificate && (
                    <>
                      <a href={`/admin/certificates/${one.certificate.serial}`}>
                        {t('đến', 'until')} <span class="number">{formatDate(one.certificate.notAfter)}</span>
                      </a>
                      <a
                        href={`/api/v1/certificate-requests/${one.id}/certificate`}
                        class="block min-h-11 sm:min-h-0"
                        download
                      >
                        {t('Tải cả chuỗi (PEM)', 'Download with its chain (PEM)')}
                      </a>
                    </>
                  )}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Show>
      {more && <More onClick={more} />}
    </section>
  );
}

function RequestState({ state }: { readonly state: Request['state'] }) {
  switch (state) {
    case 'waiting':
      return <State state="warn">{t('Chờ duyệt', 'Waiting')}</State>;
    case 'approved':
      return <State state="warn">{t('Đã duyệt, đang cấp', 'Approved, being issued')}</State>;
    case 'issued':
      return <State state="good">{t('Đã cấp', 'Issued')}</State>;
    case 'failed':
      return <State state="bad">{t('Không cấp được', 'Could not be issued')}</State>;
    case 'refused':
      return <State state="bad">{t('Bị từ chối', 'Refused')}</State>;
    case 'withdrawn':
      return <State state="plain">{t('Đã rút', 'Withdrawn')}</State>;
  }
}
