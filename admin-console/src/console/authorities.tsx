import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api, must } from '../design/api.ts';
import { Icon } from '../design/icon.tsx';
import { formatDate, formatTime, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { Row, Ruled } from '../design/ruled.tsx';
import { Show } from '../design/show.tsx';
import type { paths } from '../generated/api.d.ts';
import { useMay } from './me.ts';

type Authority =
  paths['/api/v1/authorities']['get']['responses']['200']['content']['application/json']['items'][number];

/** The authorities as a tree, each root with those that it certifies. */
export function AuthorityTree() {
  const [loaded] = useLoad('authorities', () => must(api.GET('/api/v1/authorities')));
  return (
    <section class="grid gap-4">
      <h2>{t('Ai chứng thực ai', 'Who certifies whom')}</h2>
      <Show loaded={loaded}>
        {({ items }) => (
          <Ruled onMargin>
            {items
              .filter(({ issuerId }) => issuerId === null)
              .map((root) => (
                <AuthorityRow key={root.id} authority={root}>
                  <div class="mt-4">
                    <Ruled>
                      {items
                        .filter(({ issuerId }) => issuerId === root.id)
                        .map((one) => (
                          <AuthorityRow key={one.id} authority={one} />
                        ))}
                    </Ruled>
                  </div>
                </AuthorityRow>
              ))}
          </Ruled>
        )}
      </Show>
    </section>
  );
}

function AuthorityRow({
  authority: { id, name, notAfter, crl, retiredAt, isOffline },
  children,
}: {
  readonly authority: Authority;
  readonly children?: ComponentChildren;
}) {
  const maySeeAll = useMay('anchors.read');
  const isLate = crl !== null && Date.parse(crl.nextUpdate) < Date.now();
  return (
    <Row
      mark={isLate ? 'bad' : retiredAt ? 'later' : 'good'}
      title={name}
      note={
        <>
          {retiredAt
            ? t('Đã thôi cấp', 'No longer issues')
            : isOffline
              ? t('Khoá cất riêng, mở cần hai người', 'Key offline, opened by two people')
              : t('Đang cấp', 'Issuing')}
          {' · '}
          {t('hết hạn', 'ends')} <span class="number">{formatDate(notAfter)}</span>
          {crl && (
            <span class={`block ${isLate ? 'text-bad font-semibold' : ''}`}>
              {isLate
                ? t('Danh sách thu hồi quá hạn từ', 'Revocation list out of date since')
                : t('Danh sách thu hồi dùng được đến', 'Revocation list good until')}{' '}
              <span class="number">{formatTime(crl.nextUpdate)}</span>
            </span>
          )}
        </>
      }
      act={
        <>
          <a href={`/pki/${id}.crt`} class="button button-small">
            <Icon name="download" />
            {t('Chứng thư', 'Certificate')}
          </a>
          <a href={`/pki/${id}.crl`} class="button button-small">
            <Icon name="download" />
            {t('Danh sách thu hồi', 'Revocation list')}
          </a>
        </>
      }
    >
      {maySeeAll && <IfLost id={id} />}
      {children}
    </Row>
  );
}

/** “What breaks if this one dies today?”, asked when somebody wants to know. */
function IfLost({ id }: { readonly id: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{t('Nếu hôm nay mất khoá này?', 'If this key were lost today?')}</summary>
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
              {t('Câu trả lời trạng thái (OCSP) không còn được tin', 'Status answers (OCSP) are no longer trusted')}
            </li>
          )}
          {services.includes('receipts') && (
            <li>{t('Không cấp được giấy xác nhận đồng ý', 'No receipts of consents')}</li>
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
