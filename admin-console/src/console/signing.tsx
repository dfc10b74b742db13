import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Chips } from '../design/choices.tsx';
import { Icon } from '../design/icon.tsx';
import { formatDate, formatNumber, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import { Row, type RowMark, Ruled } from '../design/ruled.tsx';
import { Empty, Show } from '../design/show.tsx';

import { Table } from '../design/table.tsx';
import type { paths } from '../generated/api.d.ts';
import { approvalPath } from './approvals/passkey-act.ts';
import { useFilter } from './filter.ts';
import { useMay } from './me.ts';
import { usePages } from './pages.ts';
import { Ago, More, Title } from './parts.tsx';

type Request =
  paths['/api/v1/signing/requests']['get']['responses']['200']['content']['application/json']['items'][number];

/** What waits for whom; and phones that wait for a second officer. */
export function Signing() {
  const mayApprove = useMay('signing.approve-enrolment');
  const [state, setState] = useFilter<Request['state']>('state');
  const { loaded, more } = usePages(`requests ${state}`, (cursor) =>
    must(
      api.GET('/api/v1/signing/requests', {
        params: { query: { limit: 50, ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
  return (
    <>
      <Title title={t('Trình ký', 'Signing requests')} />
      {mayApprove && <Enrolments />}
      {mayApprove && <EnrolledPhones />}
      <Chips
        label={t('Trạng thái', 'State')}
        value={state}
        format={formatNumber}
        options={[
          { value: '', label: t('Tất cả', 'All') },
          { value: 'waiting', label: t('Chờ ký', 'To be signed') },
          { value: 'signed', label: t('Chờ đóng dấu', 'To be sealed') },
          { value: 'issued', label: t('Đã phát hành', 'Issued') },
          { value: 'rejected', label: t('Bị trả lại', 'Sent back') },
        ]}
        onChoose={setState}
      />
      <Show loaded={loaded}>
        {(requests) =>
          requests.length === 0 ? (
            <Empty icon="signature">
              {t(
                'Không có tài liệu nào như vậy. Mở một lớp và bấm «Trình ký học bạ».',
                'There is no such document. Open a class and press “Request transcript signatures”.',
              )}
            </Empty>
          ) : (
            <Ruled onMargin label={t('Tài liệu trình ký', 'Signing requests')}>
              {requests.map((one) => (
                <RequestRow key={one.id} one={one} />
              ))}
            </Ruled>
          )
        }
      </Show>
      {more && <More onClick={more} />}
    </>
  );
}

/** One document with its way: who has signed, whose turn it is, and what the signer reads on both screens. */
function RequestRow({ one }: { readonly one: Request }) {
  return (
    <Row
      mark={marks[one.state]}
      title={
        <a href={`/api/v1/signing/requests/${one.id}/document`} class="no-underline text-ink hover:underline">
          {one.title}
        </a>
      }
      note={
        <>
          <span class="block text-sm">
            {one.organisation.name} · {t('trình', 'requested')} <Ago at={one.createdAt} />
          </span>
          <span class="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm mt-1">
            {one.steps.map((step) => (
              <span key={step.role} class={`inline-flex items-center gap-1.5 ${stepLooks[step.state]}`}>
                <Icon name={stepIcons[step.state]} />
                {step.person?.fullName ?? step.title}
              </span>
            ))}
          </span>
          {one.reason && <span class="block text-sm text-bad">{one.reason}</span>}
        </>
      }
      act={
        <>
          {one.code4 && (
            <span class="text-sm text-quiet">
              {t('mã trên hai màn hình', 'code on both screens')} <b class="number text-lg text-ink">{one.code4}</b>
            </span>
          )}
          <RequestState state={one.state} />
        </>
      }
    />
  );
}

const marks: Readonly<Record<Request['state'], RowMark>> = {
  waiting: 'now',
  signed: 'now',
  issued: 'good',
  rejected: 'bad',
  withdrawn: 'dot',
};
const stepIcons = {
  pending: 'circle-dashed',
  due: 'pen-line',
  done: 'check',
  rejected: 'x',
  cancelled: 'x',
} as const;
const stepLooks = {
  pending: 'text-quiet',
  due: 'text-accent font-semibold',
  done: 'text-good',
  rejected: 'text-bad',
  cancelled: 'text-quiet',
} as const;

function RequestState({ state }: { readonly state: Request['state'] }) {
  switch (state) {
    case 'waiting':
      return <State state="now">{t('Chờ ký', 'Waiting')}</State>;
    case 'signed':
      return <State state="now">{t('Đã ký, chờ đóng dấu', 'Signed, to be sealed')}</State>;
    case 'issued':
      return <State state="good">{t('Đã phát hành', 'Issued')}</State>;
    case 'rejected':
      return <State state="bad">{t('Bị từ chối', 'Rejected')}</State>;
    case 'withdrawn':
      return <State state="plain">{t('Đã rút', 'Withdrawn')}</State>;
  }
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
            <Ruled onMargin>
              {items.map((one, index) => (
                <Row
                  key={one.id}
                  mark="now"
                  title={one.person.fullName}
                  note={`${one.title} · ${one.organisation.name} · ${one.deviceName}`}
                  act={
                    one.approvalId && (
                      <a class={`button ${index === 0 ? 'button-primary' : ''}`} href={approvalPath(one.approvalId)}>
                        {t('Gọi và duyệt', 'Call and approve')}
                      </a>
                    )
                  }
                />
              ))}
            </Ruled>
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
