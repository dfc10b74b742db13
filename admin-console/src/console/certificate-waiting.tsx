import { t } from '../design/language.ts';
import { State } from '../design/mark.tsx';
import { approvalPath } from './approvals/passkey-act.ts';
import type { Request } from './certificate-requests.tsx';
import { useMay, useMe } from './me.ts';
import { Ago, Hex } from './parts.tsx';
import { custodyName, profileName } from './words.ts';

/** What certificates are asked for, as the officer must see it before deciding. */
export function WaitingRequests({ requests }: { readonly requests: readonly Request[] }) {
  if (requests.length === 0) return null;
  return (
    <ul class="grid gap-3 lg:grid-cols-2" aria-label={t('Chờ duyệt', 'Waiting for approval')}>
      {requests.map((one, index) => (
        <li key={one.id} class="grid">
          <WaitingCard request={one} isFirst={index === 0} />
        </li>
      ))}
    </ul>
  );
}

function WaitingCard({ request, isFirst }: { readonly request: Request; readonly isFirst: boolean }) {
  const { subject, requestedBy, requestedAt, renews, person, organisation } = request;
  const me = useMe();
  const mayApprove = useMay('certificates.approve');
  const mayDecide = mayApprove && ![requestedBy?.id, person?.id].includes(me.person.id);
  return (
    <article class="card grid gap-3 content-start">
      <div class="flex flex-wrap gap-2 items-start justify-between">
        <h2 class="text-lg">{person?.fullName ?? organisation.name}</h2>
        <State state="plain">{profileName(request.profile)}</State>
      </div>
      <dl class="text-sm grid gap-x-3 gap-y-1 sm:grid-cols-[auto_1fr]">
        <dt class="text-quiet">{t('Sẽ chứng nhận tên', 'Name to be certified')}</dt>
        <dd class="break-words">
          {subject ??
            t('Người này không còn là người ký ở đơn vị.', 'This person is no longer a signer of the organisation.')}
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
      {request.approvalId && (
        <a
          class={`button justify-self-start ${isFirst && mayDecide ? 'button-primary' : ''}`}
          href={approvalPath(request.approvalId)}
        >
          {mayDecide ? t('Xem và duyệt', 'Look and decide') : t('Xem việc này', 'Look at it')}
        </a>
      )}
    </article>
  );
}
