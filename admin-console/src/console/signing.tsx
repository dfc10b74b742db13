import { api, must } from '../design/api.ts';
import { Chips } from '../design/choices.tsx';
import { Banner } from '../design/form.tsx';
import { formatNumber, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { Row, Ruled } from '../design/ruled.tsx';
import { Empty, Show } from '../design/show.tsx';
import { approvalPath } from './approvals/passkey-act.ts';
import { NewDocumentLink, useMaySend } from './documents/link.tsx';
import { EnrolledPhones } from './documents/phones.tsx';
import { OwnQueue } from './documents/queue.tsx';
import { Requests } from './documents/row.tsx';
import type { SigningRequest } from './documents/views.ts';
import { useFilter } from './filter.ts';
import { useMay } from './me.ts';
import { usePages } from './pages.ts';
import { More, Search, Title } from './parts.tsx';

/** What waits for me, what waits for whom; and phones that wait for a second officer. */
export function Signing() {
  const mayApprove = useMay('signing.approve-enrolment');
  const isSigner = useMay('signing.sign');
  const maySend = useMaySend();
  const mayCopy = useMay('signing.copy');
  const mayAudit = useMay('audit.read');
  const [state, setState] = useFilter<SigningRequest['state']>('state');
  const [words, setWords] = useFilter('q');
  const query = { limit: 50, ...(state ? { state } : {}), ...(words.trim() ? { q: words } : {}) };
  const { loaded, more } = usePages(`requests ${state} ${words}`, (cursor) =>
    must(api.GET('/api/v1/signing/requests', { params: { query: cursor ? { ...query, cursor } : query } })),
  );
  return (
    <>
      <Title title={t('Trình ký', 'Signing requests')}>
        {maySend && (
          <a class="button" href="/admin/signing/asked">
            {t('Tôi đã trình', 'What I sent')}
          </a>
        )}
        {mayCopy && (
          <a class="button" href="/admin/signing/forms">
            {t('Văn bằng, giấy tờ', 'Certificates')}
          </a>
        )}
        {mayCopy && (
          <a class="button" href="/admin/signing/parcels">
            {t('Gói học bạ', 'Parcels')}
          </a>
        )}
        {mayAudit && (
          <a class="button" href="/admin/signing/sought">
            {t('Tra văn bản', 'Find documents')}
          </a>
        )}
        {isSigner && (
          <a class="button" href="/admin/signing/delegations">
            {t('Giao ký', 'Delegations')}
          </a>
        )}
        <NewDocumentLink />
      </Title>
      {isSigner && <OwnQueue />}
      {mayApprove && <Enrolments />}
      <Search
        label={t('Tìm tài liệu', 'Find a document')}
        placeholder={t(
          'Tên học sinh, tên tài liệu, mã giáo dục, hoặc mã in trên văn bản',
          'A pupil’s name, a title, an education ID, or the code on the paper',
        )}
        value={words}
        onSearch={setWords}
      />
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
              {words || state
                ? t('Không có tài liệu nào như vậy.', 'There is no such document.')
                : t(
                    'Chưa có tài liệu nào. Mở một lớp và bấm «Trình ký học bạ số».',
                    'There is no document yet. Open a class and press “Request transcript signatures”.',
                  )}
            </Empty>
          ) : (
            <Requests requests={requests} label={t('Tài liệu trình ký', 'Signing requests')} />
          )
        }
      </Show>
      {more && <More onClick={more} />}
      {mayApprove && <EnrolledPhones />}
    </>
  );
}

function Enrolments() {
  const [enrolments] = useLoad('enrolments', () =>
    must(api.GET('/api/v1/signing/enrolments', { params: { query: { state: 'awaiting-approval', limit: 50 } } })),
  );
  if (enrolments.state === 'failed') return <Banner state="bad">{enrolments.message}</Banner>;
  if (enrolments.state === 'loading' || enrolments.data.items.length === 0) return null;
  return (
    <section class="grid gap-3">
      <h2>{t('Điện thoại chờ duyệt', 'Phones that wait for approval')}</h2>
      <Ruled onMargin>
        {enrolments.data.items.map((one, index) => (
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
    </section>
  );
}
