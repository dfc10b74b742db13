import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { formatDate, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import { Show } from '../design/show.tsx';
import { Table } from '../design/table.tsx';
import { approvalPath } from './approvals/passkey-act.ts';
import { useMay } from './me.ts';
import { usePages } from './pages.ts';
import { Ago, More, Title } from './parts.tsx';

/** What waits for whom; and phones that wait for a second officer. */
export function Signing() {
  const mayApprove = useMay('signing.approve-enrolment');
  const { loaded, more } = usePages('requests', (cursor) =>
    must(api.GET('/api/v1/signing/requests', { params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } } })),
  );
  return (
    <>
      <Title title={t('Trình ký', 'Signing requests')} />
      {mayApprove && <Enrolments />}
      {mayApprove && <EnrolledPhones />}
      <Show loaded={loaded}>
        {(requests) => (
          <Table
            label={t('Tài liệu trình ký', 'Signing requests')}
            heads={[
              t('Tài liệu', 'Document'),
              t('Người ký', 'Signer'),
              t('Trạng thái', 'State'),
              t('Mã trên hai màn hình', 'Code on both screens'),
              t('Trình', 'Requested'),
            ]}
            empty={t(
              'Chưa có tài liệu nào. Mở một lớp và bấm «Trình ký học bạ».',
              'There is no document yet. Open a class and press “Request transcript signatures”.',
            )}
          >
            {requests.map((one) => (
              <tr key={one.id}>
                <td>
                  <a href={`/api/v1/signing/requests/${one.id}/document`} class="font-semibold">
                    {one.title}
                  </a>
                  <span class="block text-sm text-quiet">{one.organisation.name}</span>
                </td>
                <td data-label={t('Người ký', 'Signer')}>{one.signer.fullName}</td>
                <td>
                  {one.state === 'waiting' && <State state="warn">{t('Chờ ký', 'Waiting')}</State>}
                  {one.state === 'signed' && (
                    <State state="warn">{t('Đã ký, chờ đóng dấu', 'Signed, to be sealed')}</State>
                  )}
                  {one.state === 'issued' && <State state="good">{t('Đã phát hành', 'Issued')}</State>}
                  {one.state === 'rejected' && <State state="bad">{t('Bị từ chối', 'Rejected')}</State>}
                  {one.state === 'withdrawn' && <State state="plain">{t('Đã rút', 'Withdrawn')}</State>}
                  {one.reason && <span class="block text-sm">{one.reason}</span>}
                </td>
                <td
                  class="number font-semibold"
                  data-label={one.code4 ? t('Mã trên hai màn hình', 'Code on both screens') : undefined}
                >
                  {one.code4}
                </td>
                <td>
                  <Ago at={one.createdAt} />
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

function Enrolments() {
  const [enrolments] = useLoad('enrolments', () =>
    must(api.GET('/api/v1/signing/enrolments', { params: { query: { state: 'awaiting-approval', limit: 50 } } })),
  );
  return (
    <section class="grid gap-3">
      <h2>{t('Điện thoại chờ duyệt', 'Phones that wait for approval')}</h2>
      <Show loaded={enrolments}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="text-quiet">{t('Không có.', 'None.')}</p>
          ) : (
            <ul class="grid gap-3">
              {items.map((one) => (
                <li key={one.id} class="card flex flex-wrap items-center justify-between gap-4">
                  <span>
                    <span class="block font-semibold">{one.person.fullName}</span>
                    <span class="block text-sm text-quiet">
                      {one.title} · {one.organisation.name} · {one.deviceName}
                    </span>
                  </span>
                  {one.approvalId && (
                    <a class="button button-primary" href={approvalPath(one.approvalId)}>
                      {t('Gọi và duyệt', 'Call and approve')}
                    </a>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Show>
    </section>
  );
}

/** Phones that sign now, and until when. */
function EnrolledPhones() {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary class="min-h-11 inline-flex items-center cursor-pointer text-accent">
        {t('Điện thoại đang ký được', 'Phones that can sign')}
      </summary>
      {isOpen && <EnrolledList />}
    </details>
  );
}

function EnrolledList() {
  const { loaded, more } = usePages('enrolled phones', (cursor) =>
    must(
      api.GET('/api/v1/signing/enrolments', {
        params: { query: { state: 'enrolled', limit: 50, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
  return (
    <Show loaded={loaded}>
      {(phones) => (
        <>
          <Table
            label={t('Điện thoại đang ký được', 'Phones that can sign')}
            heads={[
              t('Người ký', 'Signer'),
              t('Điện thoại', 'Phone'),
              t('Chứng thư có giá trị đến', 'Certificate valid until'),
            ]}
          >
            {phones.map((one) => (
              <tr key={one.id}>
                <td>
                  <span class="font-semibold">{one.person.fullName}</span>
                  <span class="block text-sm text-quiet">
                    {one.title} · {one.organisation.name}
                  </span>
                </td>
                <td data-label={t('Điện thoại', 'Phone')}>{one.deviceName}</td>
                <td class="number" data-label={t('Có giá trị đến', 'Valid until')}>
                  {one.validUntil && (
                    <a href={`/admin/certificates/${one.certificateSerial}`}>{formatDate(one.validUntil)}</a>
                  )}
                </td>
              </tr>
            ))}
          </Table>
          {more && <More onClick={more} />}
        </>
      )}
    </Show>
  );
}
