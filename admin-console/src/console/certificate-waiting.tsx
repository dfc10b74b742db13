import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Banner, Field } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { useAction } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import type { Request } from './certificate-requests.tsx';
import { useMay, useMe } from './me.ts';
import { usePages } from './pages.ts';
import { Ago, Empty, Hex, More, Show } from './parts.tsx';
import { custodyName, profileName } from './words.ts';

/** What a certificate is asked for, as the officer must see it before deciding. */
export function WaitingRequests({ onDone }: { readonly onDone: () => void }) {
  const { loaded, more } = usePages('certificate requests waiting', (cursor) =>
    must(
      api.GET('/api/v1/certificate-requests', {
        params: { query: { state: 'waiting', limit: 50, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
  return (
    <section class="grid gap-3">
      <h2>{t('Chờ duyệt', 'Waiting for approval')}</h2>
      <Show loaded={loaded}>
        {(requests) =>
          requests.length === 0 ? (
            <Empty>{t('Không có yêu cầu nào chờ duyệt.', 'No request waits.')}</Empty>
          ) : (
            <ul class="grid gap-3 lg:grid-cols-2">
              {requests.map((one) => (
                <li key={one.id} class="grid">
                  <WaitingCard request={one} onDone={onDone} />
                </li>
              ))}
            </ul>
          )
        }
      </Show>
      {more && <More onClick={more} />}
    </section>
  );
}

function WaitingCard({ request, onDone }: { readonly request: Request; readonly onDone: () => void }) {
  const { id, subject, requestedBy, requestedAt, renews, person, organisation } = request;
  const me = useMe();
  const mayApprove = useMay('certificates.approve');
  const mayAsk = useMay('certificates.request');
  const isMine = [requestedBy?.id, person?.id].includes(me.person.id);
  return (
    <article class="card grid gap-3 content-start">
      <div class="flex flex-wrap gap-2 items-start justify-between">
        <h3>{person?.fullName ?? organisation.name}</h3>
        <State state="plain">{profileName(request.profile)}</State>
      </div>
      <dl class="text-sm grid gap-x-3 gap-y-1 sm:grid-cols-[auto_1fr]">
        <dt class="text-quiet">{t('Sẽ chứng nhận tên', 'Name to be certified')}</dt>
        <dd class="break-words">
          {subject ?? t('Người này không còn là người ký ở đơn vị.', 'The person signs for the organisation no more.')}
        </dd>
        <dt class="text-quiet">{t('Khoá', 'Key')}</dt>
        <dd>
          {custodyName(request.custody)}
          {request.key && `: ${request.key.kind}`}
        </dd>
        {request.key && (
          <>
            <dt class="text-quiet">{t('SHA-256 của khoá', 'SHA-256 of the key')}</dt>
            <dd>
              <Hex hex={request.key.sha256} />
            </dd>
          </>
        )}
        {renews && (
          <>
            <dt class="text-quiet">{t('Cấp tiếp cho', 'Follows')}</dt>
            <dd>
              <a href={`/admin/certificates/${renews}`} class="number">
                {renews.slice(0, 16)}…
              </a>
            </dd>
          </>
        )}
        <dt class="text-quiet">{t('Người xin', 'Asked by')}</dt>
        <dd>
          {requestedBy?.fullName} · <Ago at={requestedAt} />
        </dd>
      </dl>
      {mayApprove && !isMine && <Decide request={request} onDone={onDone} />}
      {mayApprove && isMine && (
        <p class="text-sm text-quiet">{t('Một cán bộ khác phải duyệt.', 'Another officer must approve.')}</p>
      )}
      {mayAsk && (!mayApprove || isMine) && <Withdraw id={id} onDone={onDone} />}
    </article>
  );
}

function Decide({ request, onDone }: { readonly request: Request; readonly onDone: () => void }) {
  const { isBusy, error, run } = useAction();
  const [reason, setReason] = useState<string>();
  const params = { path: { id: request.id } };
  const approve = () =>
    run(async () => {
      await must(api.POST('/api/v1/certificate-requests/{id}/approve', { params }));
      onDone();
    });
  const refuse = () =>
    run(async () => {
      await must(
        api.POST('/api/v1/certificate-requests/{id}/refuse', { params, body: { reason: (reason ?? '').trim() } }),
      );
      onDone();
    });
  return (
    <div class="grid gap-3">
      {request.key && (
        <p class="text-sm">
          {t(
            'So mã SHA-256 với mã mà đơn vị đọc từ phần mềm của token, qua điện thoại hoặc gặp trực tiếp.',
            'Compare the SHA-256 with what the organisation reads from the token’s software, by telephone or in person.',
          )}
        </p>
      )}
      {reason !== undefined && (
        <Field
          label={t('Lý do từ chối', 'Why it is refused')}
          name={`reason-${request.id}`}
          value={reason}
          maxlength={500}
          required
          onInput={({ currentTarget }) => setReason(currentTarget.value)}
        />
      )}
      {error && <Banner state="bad">{error}</Banner>}
      <div class="flex flex-wrap gap-3">
        {reason === undefined ? (
          <>
            <button
              type="button"
              class="button button-primary"
              disabled={isBusy || request.subject === null}
              onClick={approve}
            >
              {t('Duyệt và cấp', 'Approve and issue')}
            </button>
            <button type="button" class="button" disabled={isBusy} onClick={() => setReason('')}>
              {t('Từ chối', 'Refuse')}
            </button>
          </>
        ) : (
          <>
            <button
              type="button"
              class="button button-bad"
              disabled={isBusy || reason.trim().length < 3}
              onClick={refuse}
            >
              {t('Gửi lời từ chối', 'Send the refusal')}
            </button>
            <button type="button" class="button button-quiet" disabled={isBusy} onClick={() => setReason(undefined)}>
              {t('Thôi', 'Back')}
            </button>
          </>
        )}
      </div>
    </div>
  );
}

function Withdraw({ id, onDone }: { readonly id: string; readonly onDone: () => void }) {
  const { isBusy, error, run } = useAction();
  const withdraw = () =>
    run(async () => {
      await must(api.POST('/api/v1/certificate-requests/{id}/withdraw', { params: { path: { id } } }));
      onDone();
    });
  return (
    <>
      {error && <Banner state="bad">{error}</Banner>}
      <button type="button" class="button justify-self-start" disabled={isBusy} onClick={withdraw}>
        {t('Rút yêu cầu', 'Withdraw')}
      </button>
    </>
  );
}
