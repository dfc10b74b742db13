import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { formatDate, formatTime, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { State } from '../design/mark.tsx';
import { Show } from '../design/show.tsx';
import type { paths } from '../generated/api.d.ts';
import { useMay } from './me.ts';

type Authority =
  paths['/api/v1/authorities']['get']['responses']['200']['content']['application/json']['items'][number];

/** The authorities as a tree, each root with those that it certifies. */
export function AuthorityTree() {
  const [loaded] = useLoad('authorities', () => must(api.GET('/api/v1/authorities')));
  return (
    <section class="grid gap-3">
      <h2>{t('Ai chứng thực ai', 'Who certifies whom')}</h2>
      <Show loaded={loaded}>
        {({ items }) => (
          <ul class="grid gap-4">
            {items
              .filter(({ issuerId }) => issuerId === null)
              .map((root) => (
                <li key={root.id} class="grid gap-3">
                  <AuthorityCard authority={root} />
                  <ul class="grid gap-3 md:grid-cols-2 pl-4 sm:pl-8 border-l-2 border-line ml-4">
                    {items
                      .filter(({ issuerId }) => issuerId === root.id)
                      .map((one) => (
                        <li key={one.id} class="grid">
                          <AuthorityCard authority={one} />
                        </li>
                      ))}
                  </ul>
                </li>
              ))}
          </ul>
        )}
      </Show>
    </section>
  );
}

function AuthorityCard({
  authority: { id, name, notAfter, crl, retiredAt, isOffline },
}: {
  readonly authority: Authority;
}) {
  const maySeeAll = useMay('anchors.read');
  const isLate = crl !== null && Date.parse(crl.nextUpdate) < Date.now();
  return (
    <article class="card grid gap-2 content-start">
      <div class="flex flex-wrap gap-2 items-start justify-between">
        <h3>{name}</h3>
        {retiredAt ? (
          <State state="plain">{t('Đã thôi cấp', 'Issues no more')}</State>
        ) : (
          <State state="good">{isOffline ? t('Khoá cất riêng', 'Key kept apart') : t('Đang cấp', 'Issuing')}</State>
        )}
      </div>
      <dl class="text-sm grid grid-cols-[auto_1fr] gap-x-3 gap-y-1">
        <dt class="text-quiet">{t('Hết hạn', 'Ends')}</dt>
        <dd class="number">{formatDate(notAfter)}</dd>
        {crl && (
          <>
            <dt class="text-quiet">{t('Danh sách thu hồi', 'Revocation list')}</dt>
            <dd>
              {isLate ? (
                <State state="bad">{t('Quá hạn từ', 'Out of date since')}</State>
              ) : (
                t('dùng được đến', 'good until')
              )}{' '}
              <span class="number">{formatTime(crl.nextUpdate)}</span>
            </dd>
          </>
        )}
      </dl>
      <p class="text-sm flex gap-4">
        <a href={`/pki/${id}.crt`} class="min-h-11 inline-flex items-center">
          {t('Tải chứng thư', 'Download')}
        </a>
        <a href={`/pki/${id}.crl`} class="min-h-11 inline-flex items-center">
          {t('Tải danh sách thu hồi', 'Revocation list')}
        </a>
      </p>
      {maySeeAll && <IfLost id={id} />}
    </article>
  );
}

/** “What breaks if this one dies today?”, asked when somebody wants to know. */
function IfLost({ id }: { readonly id: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary class="min-h-11 inline-flex items-center cursor-pointer text-accent">
        {t('Nếu hôm nay mất khoá này?', 'If this key were lost today?')}
      </summary>
      {isOpen && <Losses id={id} />}
    </details>
  );
}

function Losses({ id }: { readonly id: string }) {
  const [loaded] = useLoad(`losses ${id}`, () =>
    must(api.GET('/api/v1/authorities/{id}/consequences', { params: { path: { id } } })),
  );
  return (
    <Show loaded={loaded}>
      {({ liveCertificates, signers, schools, waitingRequests, services }) => (
        <ul class="grid gap-1 list-disc pl-5 text-sm">
          <li>
            {t(
              `${liveCertificates} chứng thư phải thu hồi và cấp lại`,
              `${liveCertificates} certificates must be revoked and issued again`,
            )}
          </li>
          <li>
            {t(
              `${signers} người ở ${schools} đơn vị không ký được, ${waitingRequests} tài liệu phải chờ`,
              `${signers} people at ${schools} schools cannot sign, ${waitingRequests} documents must wait`,
            )}
          </li>
          {services.includes('tsa') && (
            <li>{t('Không cấp được dấu thời gian: mọi việc ký dừng lại', 'No time stamps: all signing stops')}</li>
          )}
          {services.includes('ocsp') && (
            <li>
              {t('Câu trả lời trạng thái (OCSP) không còn được tin', 'Status answers (OCSP) are trusted no more')}
            </li>
          )}
          <li>
            {t(
              'Tài liệu đã ký có dấu thời gian trước lúc đó vẫn kiểm được.',
              'Documents that were signed and stamped before can still be verified.',
            )}
          </li>
        </ul>
      )}
    </Show>
  );
}
